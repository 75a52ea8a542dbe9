"""Which points no other point beats, and a few of them that show them all.

Notation: N points F (N, I), of which less is better in every one of the I criteria.

Reference: Ehrgott (2005), Multicriteria Optimization, 2nd ed., chapter 2.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from dce.logit import BoolArray, FloatArray, IntArray

DIGITS = 9
"""Significant digits in which points are compared: rounding makes no point better than another."""
AT_ONCE = 4_000_000
"""Comparisons that are made in one step."""


def rounded(F: FloatArray) -> FloatArray:
    """Round to so many digits that arithmetic in another order gives the same."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 10.0 ** (DIGITS - 1 - np.floor(np.log10(np.abs(F))))
        return np.where(np.isfinite(scale) & np.isfinite(F), np.round(F * scale) / scale, F)


def nondominated(F: FloatArray) -> IntArray:
    """Return the numbers of the points that no other beats, sorted; the first of equal ones.

    A point beats another if it is nowhere worse and somewhere better.
    """
    _, first = np.unique(F, axis=0, return_index=True)
    order = first[np.lexsort(F[first].T[::-1])]
    # In this order none is beaten by a later one.
    kept: list[IntArray] = []
    front = np.empty((0, F.shape[1]))
    step = 64
    for start in range(0, len(order), step):
        some = order[start : start + step]
        some = some[~_beaten(F[some], front)]
        some = some[~_beaten(F[some], F[some])]
        kept.append(some)
        front = np.concatenate([front, F[some]])
    return np.sort(np.concatenate(kept)) if kept else np.empty(0, dtype=np.intp)


def _beaten(F: FloatArray, by: FloatArray) -> BoolArray:
    """Whether points are beaten by any of others, (N,)."""
    beaten = np.zeros(len(F), dtype=bool)
    at_once = max(AT_ONCE // max(F.size, 1), 1)
    for start in range(0, len(by), at_once):
        others = by[start : start + at_once]
        no_better = np.ones((len(F), len(others)), dtype=bool)
        worse = np.zeros_like(no_better)
        for i in range(F.shape[1]):
            no_better &= others[:, i] <= F[:, i, None]
            worse |= others[:, i] < F[:, i, None]
        beaten |= (no_better & worse).any(axis=1)
    return beaten


def spread_out(F: FloatArray, most: int, keep: Iterable[int]) -> IntArray:
    """Return the numbers of at most so many points, sorted, as far apart as can be.

    Those of ``keep`` come first; then, one after another, the point farthest from those that are kept,
    with every criterion in units of its range.

    Reference: Gonzalez (1985), Theoretical Computer Science 38:293.
    """
    kept = list(dict.fromkeys(keep))[:most]
    scale = np.ptp(F, axis=0)
    points = F / np.where(scale > 0, scale, 1.0)
    distance = np.full(len(F), np.inf)
    for k in kept:
        distance = np.minimum(distance, ((points - points[k]) ** 2).sum(axis=1))
    while len(kept) < most:
        k = int(distance.argmax())
        if distance[k] == 0:
            break
        kept.append(k)
        distance = np.minimum(distance, ((points - points[k]) ** 2).sum(axis=1))
    return np.sort(np.array(kept, dtype=np.intp))
