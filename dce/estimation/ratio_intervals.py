"""Intervals of ratios of linear combinations of coefficients. Arrays only.

Notation: beta (K,) estimates with covariance V (K, K); A (R, K) and b (K,) weights, so that the ratios
are r = A beta / b'beta. With n = A beta and d = b'beta, V_nn, V_nd and V_dd are their variances and
covariances. q is the quantile of a two-sided interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dce.errors import EstimationError
from dce.logit import FloatArray


@dataclass(frozen=True)
class RatioIntervals:
    """Intervals of R ratios.

    Attributes
    ----------
    low, high : (R,) array
        Infinite where the interval has no end.
    gap_low, gap_high : (R,) array
        What lies between these is not part of an interval that has no end; NaN where there is no gap.
    turned : float
        Share of the draws in which the denominator has the other sign.
    """

    low: FloatArray
    high: FloatArray
    gap_low: FloatArray
    gap_high: FloatArray
    turned: float = 0.0


@dataclass(frozen=True)
class Moments:
    """Numerators (R,) and the denominator, with their variances and covariances."""

    n: FloatArray
    d: float
    V_nn: FloatArray
    V_nd: FloatArray
    V_dd: float

    @property
    def error(self) -> FloatArray:
        """Standard errors by the delta method, (R,): (V_nn - 2 r V_nd + r^2 V_dd) / d^2."""
        r = self.n / self.d
        return np.sqrt(self.V_nn - 2 * r * self.V_nd + r**2 * self.V_dd) / abs(self.d)


def moments(A: FloatArray, b: FloatArray, beta: FloatArray, V: FloatArray) -> Moments:
    """Return numerators and denominator with their variances and covariances."""
    return Moments(A @ beta, float(b @ beta), np.einsum("rk,kl,rl->r", A, V, A), A @ V @ b, float(b @ V @ b))


def ratio_covariance(A: FloatArray, b: FloatArray, beta: FloatArray, V: FloatArray) -> FloatArray:
    """Return the covariance of the ratios by the delta method, (R, R): J V J' with J = (A - r b') / d."""
    n, d = A @ beta, float(b @ beta)
    J = (A - np.outer(n / d, b)) / d
    return np.asarray(J @ V @ J.T)


def delta_intervals(m: Moments, q: float) -> RatioIntervals:
    """Return r +- q times its standard error (Hole 2007, Health Economics 16:827)."""
    r, none = m.n / m.d, np.full(len(m.n), np.nan)
    return RatioIntervals(r - q * m.error, r + q * m.error, none, none)


def fieller_intervals(m: Moments, q: float) -> RatioIntervals:
    """Return all r at which n - r d is not different from zero.

    These are the solutions of a r^2 - 2 c r + e <= 0 with a = d^2 - q^2 V_dd, c = n d - q^2 V_nd and
    e = n^2 - q^2 V_nn: an interval where a > 0, which is where the denominator differs from zero; else
    all numbers but an interval, or all numbers, or a half-line where a = 0.

    References
    ----------
    Fieller (1954), Journal of the Royal Statistical Society B 16:175; Hole (2007).
    """
    n, d = m.n, m.d
    a = d**2 - q**2 * m.V_dd
    c, e = n * d - q**2 * m.V_nd, n**2 - q**2 * m.V_nn
    # c^2 - a e, in a form that loses no digits where the interval is narrow
    spread = n**2 * m.V_dd - 2 * n * d * m.V_nd + d**2 * m.V_nn - q**2 * (m.V_nn * m.V_dd - m.V_nd**2)
    low, high = np.full(len(n), -np.inf), np.full(len(n), np.inf)
    gap_low, gap_high = np.full(len(n), np.nan), np.full(len(n), np.nan)
    for k in np.flatnonzero(spread >= 0):
        far = c[k] + np.copysign(q * np.sqrt(spread[k]), c[k])
        if a == 0:
            if c[k] > 0:
                low[k] = e[k] / (2 * c[k])
            elif c[k] < 0:
                high[k] = e[k] / (2 * c[k])
            continue
        ends = sorted((far / a, e[k] / far if far else 0.0))
        if a > 0:
            low[k], high[k] = ends
        else:
            gap_low[k], gap_high[k] = ends
    return RatioIntervals(low, high, gap_low, gap_high)


def percentile_intervals(
    A: FloatArray, b: FloatArray, beta: FloatArray, draws: FloatArray, level: float
) -> RatioIntervals:
    """Return percentiles of the ratios in D draws of the coefficients, (D, K)."""
    d = draws @ b
    tails = [(1 - level) / 2, (1 + level) / 2]
    ends = np.array([np.quantile((draws @ row) / d, tails) for row in A]).reshape(len(A), 2)
    none = np.full(len(A), np.nan)
    turned = float(np.mean(np.sign(d) != np.sign(b @ beta)))
    return RatioIntervals(ends[:, 0], ends[:, 1], none, none, turned)


def krinsky_robb_draws(
    beta: FloatArray,
    V: FloatArray,
    draws: int,
    seed: int | Sequence[int],
    degrees_of_freedom: float = np.inf,
) -> FloatArray:
    """Draw coefficients from their estimated distribution, (D, K).

    Normal, or multivariate t with the degrees of freedom whose quantiles the other intervals use.

    Raises
    ------
    EstimationError
        If the covariance is singular.

    References
    ----------
    Krinsky and Robb (1986), Review of Economics and Statistics 68:715.
    """
    if isinstance(draws, bool) or not isinstance(draws, (int, np.integer)) or draws < 100:
        raise EstimationError(f"draws: found {draws!r}; allowed: a whole number of 100 or more.")
    try:
        root = np.linalg.cholesky(V)
    except np.linalg.LinAlgError:
        raise EstimationError(
            "the covariance of the coefficients is singular, so that nothing can be drawn from it; "
            "use the delta method."
        ) from None
    rng = np.random.default_rng(seed)
    steps = rng.standard_normal((draws, len(beta))) @ root.T
    if np.isfinite(degrees_of_freedom):
        steps *= np.sqrt(degrees_of_freedom / rng.chisquare(degrees_of_freedom, size=(draws, 1)))
    steps += beta
    return steps
