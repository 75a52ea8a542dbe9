"""Confidence limits from replicates of estimates.

R replicates, K quantities.

References
----------
Davison and Hinkley (1997), Bootstrap Methods and their Application, chapter 5; limits lie between two
replicates where their equation 5.6 puts them, as in the package boot of R.
"""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from scipy.stats import norm

from dce.errors import EstimationError, listed
from dce.estimation.inference import check_level
from dce.logit import FloatArray

IntervalMethod = Literal["normal", "percentile", "bca"]


def check_method(method: str) -> None:
    """Refuse a kind of interval that does not exist."""
    allowed = get_args(IntervalMethod)
    if method not in allowed:
        raise EstimationError(f"method: found {method!r}; allowed: {listed(allowed)}.")


def percentile_limits(draws: FloatArray, level: float) -> FloatArray:
    """Return the limits that leave out as many replicates below as above, (2, K); draws are (R, K).

    Raises
    ------
    EstimationError
        If there are too few replicates for the level.
    """
    check_level(level)
    tails = np.array([(1 - level) / 2, (1 + level) / 2])
    return np.column_stack([_quantiles(column, tails) for column in draws.T])


def bca_limits(draws: FloatArray, estimates: FloatArray, without: FloatArray, level: float) -> FloatArray:
    """Return bias-corrected and accelerated limits, (2, K).

    Parameters
    ----------
    draws : (R, K) array
        Replicates.
    estimates : (K,) array
    without : (G, K) array
        Estimates without each cluster, which tell how their error changes with their size.
    level : float

    Raises
    ------
    EstimationError
        If there are too few replicates for the level.

    References
    ----------
    Efron (1987), Better bootstrap confidence intervals, JASA 82; Davison and Hinkley (1997), section 5.3.
    """
    check_level(level)
    below = (draws < estimates).mean(axis=0)
    if ((below == 0) | (below == 1)).any():
        raise EstimationError(
            f"bca: all {len(draws):,d} replicates are on one side of an estimate; allowed: some on "
            "each side. Take more replicates."
        )
    bias = norm.ppf(below)
    influence = without.mean(axis=0) - without
    skew = (influence**3).sum(axis=0) / (6 * (influence**2).sum(axis=0) ** 1.5)
    limits = []
    for column, w, a in zip(draws.T, bias, skew, strict=True):
        z = w + norm.ppf([(1 - level) / 2, (1 + level) / 2])
        limits.append(_quantiles(column, norm.cdf(w + z / (1 - a * z))))
    return np.column_stack(limits)


def _quantiles(draws: FloatArray, shares: FloatArray) -> FloatArray:
    """Return quantiles of R draws, between order statistics on the scale of normal quantiles."""
    R = len(draws)
    rank = (R + 1) * shares
    if (rank < 1).any() or (rank > R).any():
        raise EstimationError(
            f"{R:,d} replicates are too few: a limit lies beyond all of them. Take more, or a lower level."
        )
    ordered = np.sort(draws)
    lower = np.minimum(np.floor(rank).astype(np.intp), R - 1)
    at, beside = norm.ppf(lower / (R + 1)), norm.ppf((lower + 1) / (R + 1))
    part = (norm.ppf(shares) - at) / (beside - at)
    return np.asarray(ordered[lower - 1] + part * (ordered[lower] - ordered[lower - 1]))
