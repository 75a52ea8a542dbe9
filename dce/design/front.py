"""Designs that no other beats, to choose from: the Pareto front."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dce.design.design import Design
from dce.design.diagnostics import correlations, level_imbalance, overlap, utility_balance
from dce.design.front_figure import draw
from dce.design.front_rule import RULE, TOLERANCE, Rule
from dce.design.measures import MEASURES
from dce.errors import DesignError, quoted
from dce.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Front:
    """Designs that no other of them beats, by rising D-error. Make it with :func:`pareto_front`.

    Attributes
    ----------
    designs : tuple of Design
        Numbered from 1 in tables, figures and :meth:`pick`.
    """

    designs: tuple[Design, ...]

    def __post_init__(self) -> None:
        if not self.designs:
            raise DesignError("a front of no designs; allowed: one or more.")

    def __len__(self) -> int:
        return len(self.designs)

    @cached_property
    def measures(self) -> pd.DataFrame:
        """Unrounded measures, a row per design: see :meth:`table`. Overlap is NaN where none can be."""
        rows = [measures_of(design) for design in self.designs]
        index = pd.RangeIndex(1, len(rows) + 1, name="design")
        return pd.DataFrame(rows, columns=list(MEASURES), index=index).astype({"level_imbalance": int})

    def table(self) -> Table:
        """Return the measures of every design."""
        m = self.measures
        frame = pd.DataFrame(
            {
                "D-error": m["d_error"],
                "of lowest": m["d_error"] / m["d_error"].min(),
                "level imbalance": m["level_imbalance"],
                "utility balance": m["utility_balance"],
                "overlap": m["overlap"],
                "correlation": m["correlation"],
            }
        )
        frame.index.name = ""
        formats = {"D-error": ".5g", "of lowest": ".1%", "utility balance": ".0%", "overlap": ".0%"}
        notes = (
            "D-error: at the prior means, all coefficients. Level imbalance: largest difference between "
            "counts of two levels within an alternative. Utility balance: mean over tasks of the product of "
            "J P, 100% where all alternatives are equally likely. Overlap: share of tasks in which all "
            "alternatives show the same level, mean over attributes. Correlation: largest absolute one of "
            "coded attributes within an alternative.",
            f"pick() takes design {self._number(Rule())}.",
        )
        return Table("Designs of which none beats another", frame, formats | {"correlation": ".2f"}, notes)

    def pick(
        self,
        number: int | None = None,
        *,
        level_imbalance: float | None = None,
        utility_balance: float | None = None,
        overlap: float | None = None,
        correlation: float | None = None,
        d_error: float = TOLERANCE,
        then: Sequence[str] = RULE,
    ) -> Design:
        """Return a design: the one with a number, or the one that a rule takes.

        Without a number: (1) of the designs within all bounds, (2) those count whose D-error is at most
        2% above the lowest of these; (3) of them, those with the least level imbalance; of these, those
        with the highest utility balance, then the smallest correlation, then the smallest overlap; in
        (3) values that print the same, in whole percent and two decimals, are equal; (4) if several are
        left, the lowest D-error decides. Without bounds this is the rule of the reference study: lowest
        D-error, then most level balance and utility balance, least correlation and overlap.

        Parameters
        ----------
        number : int, optional
            As in the table.
        level_imbalance, overlap, correlation : float, optional
            At most so much.
        utility_balance : float, optional
            At least so much.
        d_error : float, optional
            D-errors that count as lowest, as a share above it.
        then : sequence of str, optional
            Measures in the order in which they decide.

        Raises
        ------
        DesignError
            If there is no such design; says which is nearest.
        """
        rule = Rule(level_imbalance, utility_balance, overlap, correlation, d_error, tuple(then))
        if number is None:
            return self.designs[self._number(rule) - 1]
        if rule != Rule():
            raise DesignError("pick: found a number and a rule; allowed: one of them.")
        whole = isinstance(number, (int, np.integer)) and not isinstance(number, bool)
        if not whole or not 1 <= number <= len(self):
            raise DesignError(f"pick: found {quoted(number)}; allowed: a number from 1 to {len(self)}.")
        return self.designs[number - 1]

    def _number(self, rule: Rule) -> int:
        return rule.choice(self.measures.to_numpy()) + 1

    def plot(self, axes: Sequence[Axes] | None = None) -> list[Axes]:
        """Draw D-error against each other measure; needs matplotlib, the extra ``plot``.

        Numbers are those of the table; a ring marks the design that :meth:`pick` takes.

        Parameters
        ----------
        axes : sequence of four matplotlib axes, optional
            Default: those of a new figure.

        Raises
        ------
        DceError
            If matplotlib is not installed.
        """
        return draw(self.measures.fillna(0.0), self._number(Rule()), axes)

    def __str__(self) -> str:
        return f"{self._heading()}\n\n{self.table()}"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._heading())}</p>\n{self.table().to_html()}"

    def _heading(self) -> str:
        first = self.designs[0]
        return f"{first.study.title}\n{len(self)} designs of {first.n_tasks} tasks; {first.origin}"


def measures_of(design: Design) -> tuple[float, float, float, float, float]:
    """Return the measures of a design, in the order of ``MEASURES``; NaN where no attribute can overlap."""
    r = correlations(design)["correlation"].abs()
    return (
        design.d_error,
        float(level_imbalance(design)),
        utility_balance(design.probabilities),
        float(overlap(design).mean()),
        float(r.max()) if len(r) else 0.0,
    )
