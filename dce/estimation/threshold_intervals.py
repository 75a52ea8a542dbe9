"""Intervals of where a curve of log-odds reaches a share.

g(x) is the curve, zero at the root r. A straight curve is g(x) = g(r) + d (x - r).
"""

from __future__ import annotations

import numpy as np

from dce.estimation.threshold_curve import Curve, crossings
from dce.logit import FloatArray

Limits = tuple[float, float, float]
"""Standard error, low, high."""


def delta_limits(curve: Curve, roots: list[float], level: float) -> list[Limits]:
    """Return symmetric limits: the standard error of r is that of g(r) over the size of g'(r).

    This is the implicit function theorem, dr/db = -(dg/db) / (dg/dx).
    """
    q = curve.fit.quantile(level)
    found = []
    for root in roots:
        se = float(curve.error(curve.at(root))[0]) / abs(curve.slope(root))
        found.append((se, root - q * se, root + q * se))
    return found


def inverted_limits(
    curve: Curve, roots: list[float], errors: list[Limits], level: float
) -> tuple[list[Limits], list[str]]:
    """Return the limits of the set where \\|g(x)\\| is at most q standard errors of g(x).

    For a straight curve this is Fieller's set, found without regard to the range; else the range
    bounds it, and a limit beyond the range is infinite.
    """
    if curve.is_straight:
        return _fieller(curve, roots, errors, level)
    q = curve.fit.quantile(level)

    def excess(x: float) -> float:
        X = curve.at(x)
        return float((np.abs(curve.value(X)) - q * curve.error(X))[0])

    outside = np.abs(curve.value(curve.X)) - q * curve.error(curve.X)
    ends = crossings(curve.grid, outside, excess)
    found = []
    for root, (se, _, _) in zip(roots, errors, strict=True):
        below = [end for end in ends if end < root]
        above = [end for end in ends if end > root]
        found.append((se, below[-1] if below else -np.inf, above[0] if above else np.inf))
    return found, _open(curve, found)


def _open(curve: Curve, found: list[Limits]) -> list[str]:
    beyond = [f"below {curve.low:g}" for _, low, _ in found if np.isinf(low)]
    beyond += [f"above {curve.high:g}" for _, _, high in found if np.isinf(high)]
    if not beyond:
        return []
    return [f"The interval goes on {' and '.join(dict.fromkeys(beyond))}, beyond where it was looked for."]


def _fieller(
    curve: Curve, roots: list[float], errors: list[Limits], level: float
) -> tuple[list[Limits], list[str]]:
    """Solve (d^2 - q^2 V_dd) u^2 - 2 q^2 V_gd u - q^2 V_gg <= 0 for u = x - r, since g(r) = 0."""
    if not roots:
        return [], []
    ((root, (se, _, _)),) = zip(roots, errors, strict=True)
    q2 = curve.fit.quantile(level) ** 2
    first, last = curve.X[0], curve.X[-1]
    width = curve.high - curve.low
    at_root = curve.gradient(curve.at(root)[0])
    of_slope = (curve.gradient(last) - curve.gradient(first)) / width
    d = float(curve.value(last) - curve.value(first)) / width
    V = curve.fit.covariance.to_numpy(dtype=np.float64)
    V_gg, V_gd, V_dd = at_root @ V @ at_root, at_root @ V @ of_slope, of_slope @ V @ of_slope
    a, b, c = d**2 - q2 * V_dd, -q2 * V_gd, -q2 * V_gg
    if a <= 0:
        return [(se, -np.inf, np.inf)], [_unbounded(curve, a, b, c, root)]
    half = np.sqrt(b**2 - a * c)
    return [(se, root + (-b - half) / a, root + (-b + half) / a)], []


def _unbounded(curve: Curve, a: float, b: float, c: float, root: float) -> str:
    why = (
        f"The interval is unbounded: the effect of {curve.attribute} is not clearly different from zero at "
        "this level."
    )
    if a < 0 < b**2 - a * c:
        ends = sorted(root + (-b + sign * np.sqrt(b**2 - a * c)) / a for sign in (-1, 1))
        why += f" It leaves out the values between {ends[0]:.2f} and {ends[1]:.2f}."
    return why


def drawn_limits(
    curve: Curve, roots: list[float], B: FloatArray, level: float
) -> tuple[list[Limits], list[str]]:
    """Return percentiles of the root over draws of the coefficients, (R, K)."""
    if not roots:
        return [], []
    (root,) = roots
    drawn, notes = _straight_roots(curve, B) if curve.is_straight else _curved_roots(curve, root, B)
    tail = (1 - level) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail], method="inverted_cdf")
    bounded = drawn[np.isfinite(drawn)]
    limits = [(float(bounded.std(ddof=1)), float(low), float(high))]
    if len(bounded) < len(drawn):
        notes.append("The standard error is that of the draws with a value in the range.")
    return limits, [*notes, *_open(curve, limits)]


def _straight_roots(curve: Curve, B: FloatArray) -> tuple[FloatArray, list[str]]:
    g_0, g_1 = curve.drawn(curve.X[0], B), curve.drawn(curve.X[-1], B)
    slope = g_1 - g_0
    at_estimates = float(curve.value(curve.X[-1]) - curve.value(curve.X[0]))
    turned = float((slope * at_estimates < 0).mean())
    notes = []
    if turned:
        notes.append(
            f"Caution: in {turned:.1%} of the draws the effect of {curve.attribute} has the other sign, so "
            "that percentiles mean little; method='fieller' says whether the interval is bounded."
        )
    return curve.low - g_0 * (curve.high - curve.low) / slope, notes


def _curved_roots(curve: Curve, root: float, B: FloatArray) -> tuple[FloatArray, list[str]]:
    """Return each draw's root next to the estimate, infinite where it has none in the range."""
    g = np.array([curve.drawn(X, B) for X in curve.X])  # (points, R)
    crosses = g[:-1] * g[1:] <= 0
    step = np.diff(curve.grid)[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):  # where it does not cross
        x = np.where(crosses, curve.grid[:-1, None] - g[:-1] * step / np.diff(g, axis=0), np.inf)
    nearest = np.take_along_axis(x, np.abs(x - root).argmin(axis=0)[None], axis=0)[0]
    falls = curve.slope(root) < 0
    drawn = np.where(np.isfinite(nearest), nearest, np.where((g[0] > 0) == falls, np.inf, -np.inf))
    several = float((crosses.sum(axis=0) > 1).mean())
    notes = []
    if several:
        notes.append(f"In {several:.1%} of the draws several values give the share; the nearest counts.")
    return drawn, notes
