"""The log-odds of a service as a curve over one of its attributes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq
from scipy.special import expit, logit

from dce.errors import ScenarioError, quoted
from dce.estimation.calibrated import AnyFit
from dce.estimation.derivatives import numeric_attribute, slopes
from dce.estimation.probabilities import (
    log_odds_at,
    log_odds_gradients,
    log_odds_weights,
    log_others,
    log_shares,
)
from dce.estimation.propagation import errors
from dce.estimation.scenario import Scenario, coded_scenarios, matrix, scenario_notes
from dce.logit import FloatArray

POINTS = (41, 201)
"""Fewest and most values at which the curve is looked at; two roots between neighbours are overlooked."""
ROWS = 100_000
"""Services, as all kinds of respondents see them, from which fewer values are looked at."""
STRAIGHT = 1e-9
"""Largest bend of a column of X, as a share of its size, that is rounding."""


@dataclass(frozen=True)
class Curve:
    """g(x) = log(P/(1-P)) - log(share/(1-share)) of a service over its attribute x.

    Attributes
    ----------
    fit : Fit or CalibratedFit
    base : Scenario
        C kinds of respondents, J services.
    attribute : str
    place : int
        Of the service.
    target : float
        The log-odds of the share.
    low, high : float
        Where the curve is looked at.
    scale : float
    notes : tuple of str
    """

    fit: AnyFit
    base: Scenario
    attribute: str
    place: int
    target: float
    low: float
    high: float
    scale: float
    notes: tuple[str, ...]

    @property
    def beta(self) -> FloatArray:
        """The coefficients, (K,)."""
        return np.asarray(self.fit.coefficients, dtype=np.float64)

    @cached_property
    def grid(self) -> FloatArray:
        """The values at which the curve is looked at, (n,)."""
        rows = self.base.X.shape[0] * self.base.X.shape[1]
        return np.linspace(self.low, self.high, int(np.clip(ROWS // rows, *POINTS)))

    @cached_property
    def X(self) -> FloatArray:
        """The base at every value of the grid, (n, C, J, K)."""
        return self.at(self.grid)

    @cached_property
    def is_straight(self) -> bool:
        """Whether the curve is a line: one kind of respondent, and a utility linear in x."""
        X = self.X[:, :, self.place]
        bend = np.abs(np.diff(X, 2, axis=0)).max(axis=(0, 1))
        return X.shape[1] == 1 and bool((bend <= STRAIGHT * np.abs(X).max(axis=(0, 1))).all())

    def at(self, points: ArrayLike) -> FloatArray:
        """Return the base with the attribute at n points, (n, C, J, K)."""
        x = np.atleast_1d(np.asarray(points, dtype=np.float64))
        C, J, K = self.base.X.shape
        rows = pd.concat([self.seen(float(point)) for point in x], ignore_index=True)
        return self.scale * matrix(self.fit, rows).reshape(len(x), C, J, K)

    def seen(self, x: float) -> pd.DataFrame:
        """Return the services, as every kind of respondent sees them, with the attribute at x."""
        column = self.base.seen[self.attribute].to_numpy(dtype=np.float64, copy=True)
        column[self.place :: len(self.base.services)] = x
        return self.base.seen.assign(**{self.attribute: column})

    def value(self, X: FloatArray) -> FloatArray:
        """Return g at the estimates for X (..., C, J, K), (...)."""
        log_P = log_shares(X, self.base.shares, self.beta)
        return np.asarray((log_P - log_others(log_P))[..., self.place] - self.target)

    def drawn(self, X: FloatArray, B: FloatArray) -> FloatArray:
        """Return g for X (C, J, K) and each of R draws of the coefficients, (R,)."""
        return log_odds_at(X, self.base.shares, B, self.place) - self.target

    def gradient(self, X: FloatArray) -> FloatArray:
        """Return the gradient of g with respect to the coefficients, (..., K)."""
        return log_odds_gradients(X, self.base.shares, self.beta)[..., self.place, :]

    def error(self, X: FloatArray) -> FloatArray:
        """Return the standard error of g for X (n, C, J, K), (n,)."""
        return errors(self.fit, self.gradient(X))

    def slope(self, x: float) -> float:
        """Return dg/dx."""
        D = slopes(self.fit, self.seen(x), self.attribute).reshape(self.base.X.shape) * self.scale
        weights = log_odds_weights(self.at(x)[0], self.base.shares, self.beta)[:, self.place]
        return float(weights @ (D[:, self.place] @ self.beta))

    def probability(self, x: float) -> float:
        """Return P at x."""
        return float(expit(self.value(self.at(x))[0] + self.target))

    def roots(self) -> list[float]:
        """Return where g is zero, from the least."""
        return crossings(self.grid, self.value(self.X), lambda x: float(self.value(self.at(x))[0]))


def curve_of(
    fit: AnyFit,
    frame: pd.DataFrame,
    service: str,
    attribute: str,
    share: float,
    within: tuple[float, float] | None,
    scale: float,
) -> Curve:
    """Return the curve of a service over its attribute.

    Raises
    ------
    ScenarioError
        If the scenario or the range is wrong, or the attribute is no number.
    """
    numeric_attribute(fit, attribute)
    low, high = (float(end) for end in within) if within is not None else fit.coding.ranges[attribute]
    if not (np.isfinite([low, high]).all() and low < high):
        raise ScenarioError(
            f"within: found {quoted(low)} to {quoted(high)}; allowed: two numbers, the smaller first."
        )
    (base,) = coded_scenarios(fit, frame, scale, stacklevel=4)
    place = base.services.index(service)
    if base.frame[attribute].isna()[place]:
        raise ScenarioError(f"{service} has no {attribute}; allowed: a service that has it.")
    notes = tuple(scenario_notes(fit, [base], scale))
    return Curve(fit, base, attribute, place, float(logit(share)), low, high, scale, notes)


def crossings(grid: FloatArray, values: FloatArray, exact: Callable[[float], float]) -> list[float]:
    """Return where a function is zero, given its values on a grid."""
    found = [float(x) for x, g in zip(grid, values, strict=True) if g == 0]
    for (a, g_a), (b, g_b) in pairwise(zip(grid, values, strict=True)):
        if g_a * g_b < 0:
            found.append(float(brentq(exact, a, b, xtol=1e-12 * (grid[-1] - grid[0]))))
    return sorted(found)
