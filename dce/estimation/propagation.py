"""From the uncertainty of coefficients to that of what is computed from them.

Notation: K coefficients, M quantities, R draws of the coefficients.

- *Delta*: the variance of g(b) is G V G', with G the gradient, on a scale where g is close to linear
  (log-odds for a probability) and transformed back.
- *Krinsky-Robb*: percentiles of g over draws from the normal distribution of the estimates; from
  Student's t where the fit's own intervals use it.
- *Bootstrap*: percentiles of g over estimates from resampled answers.

References: Krinsky and Robb (1986), Review of Economics and Statistics 68:715; Efron and Tibshirani
(1993), An Introduction to the Bootstrap, chapter 13.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from dce.errors import EstimationError, quoted
from dce.estimation.calibrated import AnyFit, CalibratedFit
from dce.estimation.fit import Fit
from dce.estimation.inference import check_level
from dce.estimation.ratio_intervals import krinsky_robb_draws
from dce.logit import FloatArray, IntArray

Method = Literal["delta", "krinsky-robb", "bootstrap"]
FEWEST_DRAWS = 100
"""Draws below which percentiles mean nothing."""


@dataclass(frozen=True)
class Uncertainty:
    """How intervals are found.

    Attributes
    ----------
    level : float
        Of the intervals.
    method : {"delta", "krinsky-robb", "bootstrap"}
    draws : int
        Of the Krinsky-Robb method.
    seed : int

    Raises
    ------
    EstimationError
    """

    level: float = 0.95
    method: Method = "delta"
    draws: int = 10_000
    seed: int = 1

    def __post_init__(self) -> None:
        check_level(self.level)
        if self.method not in get_args(Method):
            raise EstimationError(
                f"method: found {self.method!r}; allowed: 'delta', 'krinsky-robb', 'bootstrap'."
            )
        if (
            isinstance(self.draws, bool)
            or not isinstance(self.draws, (int, np.integer))
            or self.draws < FEWEST_DRAWS
        ):
            raise EstimationError(
                f"draws: found {quoted(self.draws)}; allowed: a whole number from {FEWEST_DRAWS}."
            )

        if isinstance(self.seed, bool) or not isinstance(self.seed, (int, np.integer)) or self.seed < 0:
            raise EstimationError(f"seed: found {quoted(self.seed)}; allowed: a whole number from 0.")

    def note(self, fits: Sequence[AnyFit], scale: str = "") -> str:
        """Say in a sentence how intervals were found; ``scale`` is where the delta method is used."""
        kind = fits[0].covariance_kind
        if self.method == "delta":
            return f"Intervals: delta method{scale}; standard errors {kind}."
        if self.method == "krinsky-robb":
            return (
                f"Intervals: Krinsky-Robb, percentiles of {self.draws:,d} draws (seed {self.seed}); "
                f"standard errors {kind}."
            )
        used = min(len(draws_of(fit, self)) for fit in fits)
        return f"Intervals: percentiles of {used:,d} bootstrap replicates."


@dataclass(frozen=True)
class Quantity:
    """M numbers computed from the coefficients of a fit.

    Attributes
    ----------
    value : (M,) array
    gradient : (M, K) array
        Of the value.
    at : callable
        Takes (R, K) coefficients, and returns (R, M) values.
    working : (M,) array or None
        The value on the scale where the delta method is used. None: the scale of the value.
    working_gradient : (M, K) array or None
    natural : callable
        From that scale back to the value; increasing.
    """

    value: FloatArray
    gradient: FloatArray
    at: Callable[[FloatArray], FloatArray]
    working: FloatArray | None = None
    working_gradient: FloatArray | None = None
    natural: Callable[[FloatArray], FloatArray] = np.asarray

    def take(self, rows: IntArray) -> Quantity:
        """Return some of the numbers."""
        at, working, gradient = self.at, self.working, self.working_gradient
        return replace(
            self,
            value=self.value[rows],
            gradient=self.gradient[rows],
            at=lambda B: at(B)[:, rows],
            working=None if working is None else working[rows],
            working_gradient=None if gradient is None else gradient[rows],
        )


@dataclass(frozen=True)
class Intervals:
    """Standard errors and limits of M quantities, each (M,)."""

    error: FloatArray
    low: FloatArray
    high: FloatArray


def intervals(fit: AnyFit, quantity: Quantity, how: Uncertainty) -> Intervals:
    """Return standard errors and limits of what is computed from a fit.

    Raises
    ------
    EstimationError
        If the bootstrap is asked of a fit without replicates.
    """
    if how.method != "delta":
        return percentiles(quantity.at(draws_of(fit, how)), how.level)
    error = errors(fit, quantity.gradient)
    middle = quantity.value if quantity.working is None else quantity.working
    on_scale = error if quantity.working_gradient is None else errors(fit, quantity.working_gradient)
    half = fit.quantile(how.level) * on_scale
    return Intervals(error, quantity.natural(middle - half), quantity.natural(middle + half))


def independent_difference(
    fits: tuple[AnyFit, AnyFit], parts: tuple[Quantity, Quantity], how: Uncertainty
) -> Intervals:
    """Return standard errors and limits of the second quantity minus the first, of independent fits.

    With the delta method, the limits of the difference d are d minus and plus the root of the sum of
    the squared distances of each quantity to its own limits, which need not be symmetric.

    References
    ----------
    Newcombe (1998), Statistics in Medicine 17:873; Zou and Donner (2008), Statistics in Medicine
    27:1693 (method of variance estimates recovery).
    """
    if how.method != "delta":
        drawn = [
            part.at(draws_of(fit, how, k)) for k, (fit, part) in enumerate(zip(fits, parts, strict=True))
        ]
        R = min(map(len, drawn))
        return percentiles(drawn[1][:R] - drawn[0][:R], how.level)
    a, b = (part.value for part in parts)
    of_a, of_b = (intervals(fit, part, how) for fit, part in zip(fits, parts, strict=True))
    low = b - a - np.hypot(b - of_b.low, of_a.high - a)
    high = b - a + np.hypot(of_b.high - b, a - of_a.low)
    return Intervals(np.hypot(of_a.error, of_b.error), low, high)


def percentiles(values: FloatArray, level: float) -> Intervals:
    """Return the spread and the percentiles of (R, M) draws."""
    tail = (1 - level) / 2
    low, high = np.quantile(values, [tail, 1 - tail], axis=0)
    return Intervals(values.std(axis=0, ddof=1), low, high)


def errors(fit: AnyFit, gradient: FloatArray) -> FloatArray:
    """Return the delta method's standard errors, the roots of the diagonal of G V G', (M,)."""
    V = fit.covariance.to_numpy(dtype=np.float64)
    variance = np.einsum("mk,kl,ml->m", gradient, V, gradient)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)))  # a variance of zero may round below it


def draws_of(fit: AnyFit, how: Uncertainty, stream: int = 0) -> FloatArray:
    """Return draws of the coefficients of one fit, (R, K).

    Parameters
    ----------
    fit : Fit or CalibratedFit
    how : Uncertainty
    stream : int, optional
        Number of the fit among independent ones, so that their draws differ.
    """
    if isinstance(fit, CalibratedFit):
        return fit.recalibrated(draws_of(fit.fit, how, stream))
    if how.method == "bootstrap":
        return _replicates(fit, how.seed, stream)
    return krinsky_robb_draws(
        np.asarray(fit.coefficients, dtype=np.float64),
        fit.covariance.to_numpy(dtype=np.float64),
        how.draws,
        _seed(how.seed, stream),
        fit.inference.degrees_of_freedom,
    )


def _replicates(fit: Fit, seed: int, stream: int) -> FloatArray:
    if fit.replicates is None:
        raise EstimationError(
            "method: 'bootstrap' needs replicates, which this fit does not have; "
            'fit.with_covariance("bootstrap") makes them.'
        )
    if stream == 0:
        return fit.replicates
    # resamples of independent groups must not go in step, as those from one seed would
    order = np.random.default_rng(_seed(seed, stream)).permutation(len(fit.replicates))
    return np.asarray(fit.replicates[order], dtype=np.float64)


def _seed(seed: int, stream: int) -> int:
    if stream == 0:
        return seed
    return int(np.random.SeedSequence(seed, spawn_key=(stream,)).generate_state(1)[0])
