"""Whether the utility of a numeric attribute is a straight line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.coding import Coding, drop_columns
from dce.diagnostics.hypothesis_test import HypothesisTest
from dce.diagnostics.independent import independent_columns
from dce.diagnostics.likelihood_ratio import ratio
from dce.diagnostics.linear_restrictions import zero
from dce.diagnostics.refit import fit_of, refit
from dce.diagnostics.wald import wald_of
from dce.errors import EstimationError, listed
from dce.estimation.fit import Fit
from dce.estimation.tasks import gather
from dce.estimation.utility import learn_utility
from dce.logit import FloatArray
from dce.table import Table

LEFT_OVER = 1e-8
"""Part of a difference in utility, relative to the largest number in it, that may be left untold."""
IN_PART = "The tasks tell"
"""How the note begins that says that the tasks tell some departures from the line only."""
MOST_LEVELS = 20
"""Levels that can each have a coefficient of their own."""


@dataclass(frozen=True)
class Linearity:
    """Tests of a straight line against a curve, and both. Printing it shows them.

    Attributes
    ----------
    attribute : str
    straight, curved : Fit
        With the attribute linear, and with levels or powers of their own.
    wald, likelihood_ratio : HypothesisTest
    frame : pandas.DataFrame
        One row per level (of many: least, quartiles, most): ``utility`` less that of the first level,
        its ``standard error``, and the same on the straight ``line``. NaN where the tasks do not tell.
    notes : tuple of str
    """

    attribute: str
    straight: Fit
    curved: Fit
    wald: HypothesisTest
    likelihood_ratio: HypothesisTest
    frame: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def statistic(self) -> float:
        """Of the Wald test, which uses the covariance of the fit."""
        return self.wald.statistic

    @property
    def degrees_of_freedom(self) -> int:
        """How many coefficients the curve needs more than the line."""
        return self.wald.degrees_of_freedom

    @property
    def p(self) -> float:
        """Of the Wald test."""
        return self.wald.p

    @property
    def sentence(self) -> str:
        """The outcome as a paper writes it."""
        return (
            f"That {self.attribute} is linear: Wald {self.wald.verdict}; likelihood ratio "
            f"{self.likelihood_ratio.verdict}."
        )

    def table(self) -> Table:
        """Return the utility of each level beside the line, with the tests below."""
        frame = self.frame.rename(columns={"standard error": "s.e.", "line": "straight line"})
        label = self.straight.label(self.attribute)
        frame.index = pd.Index([f"{level:.6g}" for level in frame.index], name="level")
        notes = (
            "Utility less that of the first level.",
            self.sentence,
            f"Standard errors: {self.curved.inference}.",
            *self.notes,
        )
        return Table(f"Linearity: {label}", frame, dict.fromkeys(frame.columns, "4"), notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def linearity(answers: Fit | Choices, attribute: str, degree: int | None = None) -> Linearity:
    """Test whether utility is linear in a numeric attribute.

    Parameters
    ----------
    answers : Fit or Choices
        A fit with the attribute linear; of answers, that of the study's utility is made.
    attribute : str
    degree : int, optional
        Against a polynomial of this degree. Default: against a coefficient for every level.

    Returns
    -------
    Linearity

    Raises
    ------
    EstimationError
        If the attribute is not linear in the fit, has two levels only, or too many, or the degree
        is not between two and one less than the number of levels.

    Notes
    -----
    The curve is the line and what is added to it, a coefficient for all levels but two, or powers; the
    hypothesis is that what is added is zero. Designs of two alternatives often show the same few pairs of
    levels, so that the tasks tell only some departures from the line; the test is then of these.
    """
    straight = fit_of(answers)
    levels = _levels(straight, attribute)
    _check(straight, attribute, len(levels), degree)
    whole = _curve(straight, attribute, degree)
    columns, M = _told(straight, whole)
    coding = drop_columns(whole, [k for k in range(len(whole.names)) if k not in columns])
    added = [name for name in coding.names if name not in straight.coding.names]
    wanted = len(whole.names) - len(straight.coding.names)
    notes: tuple[str, ...] = ()
    if not added:
        raise EstimationError(
            f"linearity: the tasks cannot tell a curve in {attribute!r} from a straight line and the other "
            "terms."
        )
    if len(added) < wanted:
        notes = (f"{IN_PART} {len(added)} of {wanted} departures from the line; the test is of these.",)
    curved, more = refit(straight, coding)
    line = f"{attribute} is linear"
    restrictions = zero(added, coding)
    likelihood_ratio = ratio(curved, straight.log_likelihood, len(added), line)
    return Linearity(
        attribute,
        straight,
        curved,
        wald_of(curved, restrictions, line),
        likelihood_ratio,
        _beside_the_line(straight, curved, (whole, M), attribute, _shown(levels)),
        (*notes, *likelihood_ratio.notes, *more),
    )


def _levels(fit: Fit, attribute: str) -> list[float]:
    if attribute not in fit.coding.names or attribute not in fit.choices.frame:
        linear = [name for name in fit.coding.names if name in fit.coding.ranges]
        raise EstimationError(
            f"linearity: {attribute!r} is not linear in this fit; allowed: {listed(linear, 20) or 'none'}."
        )
    values = fit.choices.frame[attribute].dropna().unique()
    return sorted(float(value) for value in values)


def _shown(levels: list[float]) -> list[float]:
    """Return the levels at which the curve is shown: all, or least, quartiles and most."""
    if len(levels) <= MOST_LEVELS:
        return levels
    return sorted({float(level) for level in np.quantile(levels, [0, 0.25, 0.5, 0.75, 1])})


def _check(fit: Fit, attribute: str, count: int, degree: int | None) -> None:
    if count < 3:
        raise EstimationError(
            f"linearity: {attribute!r} has {count} levels in the answers, through which a straight line "
            "always goes; allowed: three or more."
        )
    if degree is None and count > MOST_LEVELS:
        raise EstimationError(
            f"linearity: {attribute!r} has {count} values, too many for a coefficient each (allowed: up to "
            f"{MOST_LEVELS}); test against a polynomial, degree=2."
        )
    if degree is not None and not (isinstance(degree, int) and 2 <= degree < count):
        raise EstimationError(
            f"linearity: degree: found {degree!r}; allowed: 2 to {count - 1}, because {attribute!r} has "
            f"{count} levels."
        )
    k = fit.coding.names.index(attribute)
    curved = [
        name
        for i, (name, part) in enumerate(zip(fit.coding.names, fit.coding.parts, strict=True))
        if i != k and part == fit.coding.parts[k]
    ]
    if curved:
        raise EstimationError(f"linearity: {attribute!r} is curved already, by {listed(curved)}.")


def _curve(fit: Fit, attribute: str, degree: int | None) -> Coding:
    """Return the coding of the line and what bends it."""
    name = attribute if attribute.isidentifier() else f"`{attribute}`"
    bends = f"C({name})" if degree is None else f"poly({name}, {degree})"
    coding = learn_utility(fit.choices, f"{fit.coding.formula} + {bends}")
    added = [k for k, other in enumerate(coding.names) if other not in fit.coding.names]
    # All levels but the first sum up to the line, as does the first power.
    return drop_columns(coding, [added[-1] if degree is None else added[0]])


def _told(fit: Fit, coding: Coding) -> tuple[list[int], FloatArray]:
    """Return the columns that the tasks tell apart, those of the line first, and what they tell."""
    tasks = gather(coding.rows(fit.choices.frame), fit.choices.layout)
    order = sorted(range(len(coding.names)), key=lambda k: coding.names[k] not in fit.coding.names)
    return independent_columns(tasks, order)


def _beside_the_line(
    straight: Fit, curved: Fit, told: tuple[Coding, FloatArray], attribute: str, levels: list[float]
) -> pd.DataFrame:
    coding, M = told
    template = curved.choices.frame.dropna(subset=[attribute]).iloc[[0] * len(levels)]
    X = coding.matrix(template.assign(**{attribute: levels}).reset_index(drop=True))
    own = np.array([part == frozenset({attribute}) for part in coding.parts])
    D = np.where(own, X - X[0], 0.0)
    # D b is told where D is a combination of the rows of M: D = C M, and then D b = C M b.
    C = np.linalg.lstsq(M.T, D.T, rcond=None)[0].T
    is_told = np.abs(C @ M - D).max(axis=1) <= LEFT_OVER * max(float(np.abs(D).max()), 1.0)
    V = curved.covariance.to_numpy()
    utility = np.where(is_told, C @ curved.coefficients.to_numpy(), np.nan)
    error = np.where(is_told, np.sqrt(np.einsum("lk,km,lm->l", C, V, C)), np.nan)
    line = (np.array(levels) - levels[0]) * float(straight.coefficients[attribute])
    return pd.DataFrame(
        {"utility": utility, "standard error": error, "line": line}, index=pd.Index(levels, name=attribute)
    )
