"""How much each attribute matters: its share of the utility that all attributes can make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import pandas as pd
from scipy.special import expit, logit

from dce.errors import EstimationError, listed
from dce.estimation.coefficient_draws import coefficient_draws
from dce.estimation.fit import Fit
from dce.estimation.interval_figure import draw_intervals, in_percent
from dce.estimation.part_worths import PartWorths, part_worths
from dce.estimation.rate_notes import intervals_of, point_notes
from dce.logit import FloatArray
from dce.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ImportanceMethod = Literal["delta", "krinsky-robb", "bootstrap"]


@dataclass(frozen=True)
class Importance:
    """Relative importance of attributes.

    Attributes
    ----------
    level : float
        Of the intervals.
    frame : pandas.DataFrame
        One row per attribute, in the order of the formula: ``label``, ``best`` and ``worst`` level,
        ``range`` of its part-worths, ``importance``, its share of the sum of all ranges, with
        ``standard error`` (delta method), ``low`` and ``high``.
    notes : tuple of str
    """

    level: float
    frame: pd.DataFrame
    notes: tuple[str, ...]

    def table(self) -> Table:
        """Return the table that a paper prints, the most important attribute first."""
        frame = self.frame.sort_values("importance", ascending=False, kind="stable").set_index("label")
        frame = frame[["range", "importance", "low", "high"]]
        frame = frame.set_axis(["range", "share", f"{self.level:.0%} low", "high"], axis=1)
        frame.index.name = ""
        formats = {**dict.fromkeys(map(str, frame.columns), ".1%"), "range": ".3f"}
        return Table("Relative importance of the attributes", frame, formats, self.notes)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the shares with their intervals, the most important attribute first; needs matplotlib.

        Raises
        ------
        DceError
            If matplotlib is not installed.
        """
        frame = self.frame.sort_values("importance", ascending=False, kind="stable")
        what = f"Share of the utility that all attributes can make, with {self.level:.0%} interval"
        labels = frame["label"].astype(str).tolist()
        return in_percent(draw_intervals({"": frame}, labels, what, value="importance", neutral=None, ax=ax))

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def importance(
    fit: Fit,
    method: ImportanceMethod = "delta",
    level: float = 0.95,
    *,
    at: Mapping[str, object] | None = None,
    draws: int = 10_000,
    seed: int = 1,
) -> Importance:
    """Say how much each attribute matters beside the others.

    The importance of an attribute is the range of the part-worths of its levels, as a share of the sum
    of the ranges of all attributes. It depends on the levels that were studied: a wait of 2 to 52 weeks
    matters more than one of 2 to 8. Constants are no attributes.

    Parameters
    ----------
    fit : Fit
    method : {"delta", "krinsky-robb", "bootstrap"}, optional
        Of the intervals. Delta: on the log-odds, with the best and the worst level of each attribute as
        estimated. Krinsky-Robb and bootstrap: percentiles of the shares in draws of the coefficients,
        each with its own best and worst levels.
    level : float, optional
        Of the confidence intervals.
    at : mapping of str to value, optional
        Values of what attributes interact with, such as ``{"age65": 1}``.
    draws, seed : int, optional
        For Krinsky-Robb. Same seed, same draws.

    Returns
    -------
    Importance

    Raises
    ------
    EstimationError
        If there is one attribute only, a value that an attribute interacts with is missing, or the fit
        has no replicates for the bootstrap.

    Notes
    -----
    With ranges c_i'beta, the gradient of the log-odds of a share is c_i / c_i'beta - d_i / d_i'beta, where
    d_i is the sum of the other c_j. Ranges are never negative, so that with little data every share is
    drawn towards equal ones.

    References
    ----------
    Orme (2010), Getting Started with Conjoint Analysis, 2nd ed., chapter 9; Gonzalez (2019), The Patient
    12:397.
    """
    if method not in get_args(ImportanceMethod):
        raise EstimationError(f"method: found {method!r}; allowed: {listed(get_args(ImportanceMethod))}.")
    worths = part_worths(fit, at or {})
    if len(worths) < 2:
        names = [worth.attribute for worth in worths]
        raise EstimationError(f"importance: found {listed(names) or 'no attribute'}; allowed: two or more.")
    beta = np.asarray(fit.coefficients, dtype=np.float64)
    C, best, worst = _contrasts(worths, beta)
    ranges = C @ beta
    if not (ranges > 0).all():
        raise EstimationError("importance: the levels of an attribute are worth exactly the same.")
    share = ranges / ranges.sum()
    se = _log_odds_errors(C, ranges, fit.covariance.to_numpy())
    sampled = coefficient_draws(fit, method, draws, seed)
    if sampled is None:
        half = fit.quantile(level) * se
        low, high = expit(logit(share) - half), expit(logit(share) + half)
    else:
        fit.quantile(level)  # refuses a wrong level
        low, high = np.quantile(_shares(worths, sampled), [(1 - level) / 2, (1 + level) / 2], axis=0)
    frame = pd.DataFrame(
        {
            "label": [worth.label for worth in worths],
            "best": [worth.levels[k] for worth, k in zip(worths, best, strict=True)],
            "worst": [worth.levels[k] for worth, k in zip(worths, worst, strict=True)],
            "range": ranges,
            "importance": share,
            "standard error": share * (1 - share) * se,
            "low": low,
            "high": high,
        },
        index=[worth.attribute for worth in worths],
    )
    notes = [
        "Share of the range of an attribute's part-worths in the sum of all ranges; it depends on the levels "
        f"that were studied. {intervals_of(fit, method, draws)}",
        *point_notes(fit, at or {}),
        *_cautions(fit, worths, beta, level, method),
    ]
    return Importance(level, frame, tuple(notes))


def _contrasts(worths: list[PartWorths], beta: FloatArray) -> tuple[FloatArray, list[int], list[int]]:
    """Return best less worst row of X of each attribute (A, K), and which levels these are."""
    best = [int(np.argmax(worth.X @ beta)) for worth in worths]
    worst = [int(np.argmin(worth.X @ beta)) for worth in worths]
    C = [worth.X[i] - worth.X[j] for worth, i, j in zip(worths, best, worst, strict=True)]
    return np.array(C), best, worst


def _log_odds_errors(C: FloatArray, ranges: FloatArray, V: FloatArray) -> FloatArray:
    rest = ranges.sum() - ranges
    G = C / ranges[:, None] - (C.sum(axis=0) - C) / rest[:, None]
    return np.asarray(np.sqrt(np.einsum("ak,kl,al->a", G, V, G)))


def _shares(worths: list[PartWorths], draws: FloatArray) -> FloatArray:
    """Return the shares in each draw, (D, A), each with its own best and worst levels."""
    ranges = np.column_stack([np.ptp(draws @ (worth.X - worth.X[0]).T, axis=1) for worth in worths])
    return np.asarray(ranges / ranges.sum(axis=1, keepdims=True))


def _cautions(fit: Fit, worths: list[PartWorths], beta: FloatArray, level: float, method: str) -> list[str]:
    """Name attributes whose best or worst level another one may be."""
    V, q = fit.covariance.to_numpy(), fit.quantile(level)
    unclear = []
    for worth in worths:
        order = np.argsort(worth.X @ beta, kind="stable")
        for i, j in ((order[-1], order[-2]), (order[1], order[0])):
            x = worth.X[i] - worth.X[j]
            if x @ beta < q * np.sqrt(x @ V @ x):
                unclear.append(worth.label)
    if not unclear:
        return []
    names = ", ".join(dict.fromkeys(unclear))
    cure = " Draws (method='krinsky-robb') allow for that." if method == "delta" else ""
    return [f"Caution: it is not clear which level is the best or the worst of: {names}.{cure}"]
