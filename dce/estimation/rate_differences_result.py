"""Differences of rates between groups, as they are kept and shown."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dce.table import Table, number

COLUMNS = ["first rate", "second rate", "difference", "low", "high", "p", "p, all pairs"]


@dataclass(frozen=True)
class RateDifferences:
    """Differences of marginal rates of substitution between independent groups, with their tests.

    Attributes
    ----------
    per : str
        The effect in whose units the rates are.
    level : float
        Of the intervals.
    frame : pandas.DataFrame
        One row per pair of groups and effect: ``characteristic``, ``first``, ``second``, ``label``,
        ``first rate``, ``second rate``, ``difference`` (first less second), ``standard error``,
        ``low``, ``high``, ``z``, ``p`` (Wald, two-sided) and ``p, all pairs`` (Poe et al., two-sided).
        The index holds the names of the effects.
    equal : pandas.DataFrame
        Wald tests of equal rates in all groups: one row per characteristic and effect, and one of all
        effects together, with ``statistic``, ``degrees of freedom`` and ``p``.
    heading : str
        Of the reference, with its unit.
    notes : tuple of str
    """

    per: str
    level: float
    frame: pd.DataFrame
    equal: pd.DataFrame
    heading: str
    notes: tuple[str, ...]

    def table(self) -> Table:
        """Return the table that a paper prints."""
        parts = []
        for (first, second), rows in self.frame.groupby(["first", "second"], sort=False):
            part = rows.set_index("label")[COLUMNS]
            head = pd.DataFrame(float("nan"), index=[f"{first} less {second}"], columns=COLUMNS)
            parts += [head, part.set_axis([f"  {label}" for label in part.index])]
        names = ["first", "second", "diff.", f"{self.level:.0%} low", "high", "p", "p*"]
        frame = pd.concat(parts).set_axis(names, axis=1)
        frame.index.name = ""
        formats = {**dict.fromkeys(names, ".2f"), "p": "p", "p*": "p"}
        title = f"Differences of marginal rates of substitution per {self.heading}"
        return Table(title, frame, formats, (*self._tests(), *self.notes))

    def _tests(self) -> list[str]:
        together = self.equal[self.equal["label"] == "all"]
        return [
            f"All rates equal in the groups of {row['characteristic']}: "
            f"chi2({row['degrees of freedom']}) = {row['statistic']:.2f}, p {_p(row['p'])}."
            for _, row in together.iterrows()
        ]

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def _p(value: float) -> str:
    text = number(value, "p")
    return text if text.startswith("<") else f"= {text}"
