"""Where a curved utility makes up for a better service: the level, its error and its interval.

Notation: z a level of the attribute on a grid of n, D (n, K) what the better service has over the base at
each; the level sought is where D beta = 0. "Onward" is towards levels that people want less.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from dce.logit import FloatArray

POINTS = 401
"""Levels of the grid: between them the utility is nearly straight."""
DRAWS_AT_ONCE = 2_000

Rows = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Level:
    """A level with its interval; infinite where it is beyond the grid."""

    estimate: float
    error: float
    low: float
    high: float


def grid_of(start: float, low: float, high: float) -> FloatArray:
    """Return levels from one end of the studied range to the other, with the start among them."""
    return np.unique(np.r_[np.linspace(min(low, start), max(high, start), POINTS), start])


def crossings(G: FloatArray, z: FloatArray, start: float, onward: float) -> FloatArray:
    """Return where each row of G (D, n) first crosses zero, going from the start.

    A row that is positive at the start goes onward, others go back; without a crossing they go on to
    infinity.

    Parameters
    ----------
    G : (D, n) array
        Utility of the better service less that of the base.
    z : (n,) array
        Levels in rising order.
    start : float
        One of them.
    onward : {1, -1}
        Whether people want less of higher levels, 1, or of lower ones.
    """
    at = int(np.searchsorted(z, start))
    found = np.empty(len(G))
    for sign in (1.0, -1.0):
        rows = np.flatnonzero(sign * G[:, at] >= 0)
        up = sign * onward > 0
        path = np.arange(at, len(z)) if up else np.arange(at, -1, -1)
        H = sign * G[np.ix_(rows, path)]
        crossed = H < 0
        first = crossed.argmax(axis=1)
        none = ~crossed.any(axis=1)
        before = np.maximum(first - 1, 0)
        each = np.arange(len(rows))
        h0, h1 = H[each, before], H[each, first]
        with np.errstate(divide="ignore", invalid="ignore"):
            share = h0 / (h0 - h1)
            found[rows] = z[path[before]] + share * (z[path[first]] - z[path[before]])
        found[rows[none]] = np.inf if up else -np.inf
    return found


def estimate(rows: Rows, slope: Rows, beta: FloatArray, V: FloatArray, z: FloatArray, start: float,
             onward: float) -> tuple[float, float]:  # fmt: skip
    """Return the level and its standard error: the delta method of an implicit function.

    With g(z) = d(z)'beta, dz/dbeta = -d / g'(z).
    """
    rough = float(crossings((rows(z) @ beta)[None], z, start, onward)[0])
    if not np.isfinite(rough):
        return rough, np.nan
    step = (z[-1] - z[0]) / (POINTS - 1)
    ends = max(z[0], rough - 2 * step), min(z[-1], rough + 2 * step)
    values = rows(np.array(ends)) @ beta
    level = rough
    if values[0] * values[1] < 0:
        level = float(brentq(lambda x: float((rows(np.array([x])) @ beta)[0]), *ends, xtol=1e-12))
    d = rows(np.array([level]))[0]
    return level, float(np.sqrt(d @ V @ d) / abs(slope(np.array([level]))[0] @ beta))


def not_refused(rows: Rows, beta: FloatArray, V: FloatArray, z: FloatArray, q: float) -> tuple[float, float]:
    """Return the least and the greatest level at which a test does not refuse indifference.

    This is Fieller's interval where the utility is straight. An end at the end of the grid is infinite.
    """

    def excess(levels: FloatArray) -> FloatArray:
        D = rows(levels)
        return np.asarray(np.abs(D @ beta) - q * np.sqrt(np.einsum("nk,kl,nl->n", D, V, D)))

    inside = np.flatnonzero(excess(z) <= 0)
    if not len(inside):
        return np.nan, np.nan
    ends = []
    for k, beyond, infinite in ((inside[0], inside[0] - 1, -np.inf), (inside[-1], inside[-1] + 1, np.inf)):
        if not 0 <= beyond < len(z):
            ends.append(infinite)
            continue
        a, b = sorted((float(z[k]), float(z[beyond])))
        ends.append(float(brentq(lambda x: float(excess(np.array([x]))[0]), a, b, xtol=1e-10)))
    return ends[0], ends[1]


def percentiles(rows: Rows, draws: FloatArray, z: FloatArray, start: float, onward: float,
                level: float) -> tuple[float, float]:  # fmt: skip
    """Return percentiles of the level in draws of the coefficients, (D, K)."""
    D = rows(z)
    parts = [draws[k : k + DRAWS_AT_ONCE] for k in range(0, len(draws), DRAWS_AT_ONCE)]
    found = np.concatenate([crossings(part @ D.T, z, start, onward) for part in parts])
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return float(low), float(high)
