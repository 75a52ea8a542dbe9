"""How often the alternative with the largest probability was chosen, with an interval for clusters.

Notation: T answered tasks, J alternatives, G clusters.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dce.logit import BoolArray, FloatArray, IntArray

TIE = 1e-9
"""Relative difference of probabilities that is taken for rounding."""


@dataclass(frozen=True)
class Rate:
    """A share of answers, its cluster-robust standard error, and its interval."""

    value: float
    standard_error: float
    low: float
    high: float


def hits(P: FloatArray, chosen: IntArray) -> FloatArray:
    """Return 1 where the most probable alternative was chosen, or its part where several tie, (T,).

    Examples
    --------
    >>> hits(np.array([[0.7, 0.3], [0.7, 0.3], [0.5, 0.5]]), np.array([0, 1, 1])).tolist()
    [1.0, 0.0, 0.5]
    """
    best = P.max(axis=1, keepdims=True) * (1 - TIE) <= P
    return np.asarray(best[np.arange(len(chosen)), chosen] / best.sum(axis=1), dtype=np.float64)


def chance(available: BoolArray) -> FloatArray:
    """Return the share of hits of a guess among the available alternatives, (T,)."""
    return np.asarray(1 / available.sum(axis=1), dtype=np.float64)


def clustered_rate(values: FloatArray, weights: FloatArray, clusters: IntArray, quantile: float) -> Rate:
    """Return the weighted mean of values between 0 and 1, with Wilson's interval for clusters.

    The effective number of answers n = p (1 - p) / V, where V is the cluster-robust variance of the
    mean (linearised ratio, G/(G-1)), takes the place of the number of answers in Wilson's formula. Where
    all values are the same, n is the number of clusters.

    Parameters
    ----------
    values : (T,) array
    weights : (T,) array
    clusters : (T,) integer array
        Numbers from 0.
    quantile : float
        Of the two-sided interval, 1.96 for 95%.

    References
    ----------
    Wilson (1927), JASA 22:209. Franco, Little, Louis and Slud (2019), Comparative study of confidence
    intervals for proportions in complex sample surveys, Journal of Survey Statistics and Methodology
    7:334.

    Examples
    --------
    >>> rate = clustered_rate(np.array([1.0, 1, 0, 1]), np.ones(4), np.array([0, 0, 1, 1]), 1.96)
    >>> f"{rate.value:.2f}, {rate.low:.2f} to {rate.high:.2f}"
    '0.75, 0.26 to 0.96'
    """
    total = float(weights.sum())
    p = float(weights @ values) / total
    G = int(clusters.max()) + 1
    residuals = np.bincount(clusters, weights=weights * (values - p), minlength=G)
    variance = float(residuals @ residuals) / total**2 * (G / (G - 1) if G > 1 else np.nan)
    spread = p * (1 - p)
    n = spread / variance if variance > 0 and spread > 0 else float(G)
    z = quantile
    middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(spread / n + z**2 / (4 * n**2))
    return Rate(p, float(np.sqrt(variance)), max(0.0, float(middle - half)), min(1.0, float(middle + half)))
