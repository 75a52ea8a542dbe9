"""Covariance matrices of estimated coefficients.

K coefficients, T tasks, G clusters; ``bread`` (K, K) is the inverse information, ``scores`` (T, K)
hold each task's weighted gradient.
"""

from __future__ import annotations

import numpy as np

from dce.logit import FloatArray, IntArray


def robust(bread: FloatArray, scores: FloatArray) -> FloatArray:
    """Return the sandwich for independent tasks (White 1982), without a small-sample factor."""
    return bread @ (scores.T @ scores) @ bread


def clustered(bread: FloatArray, scores: FloatArray, clusters: IntArray) -> FloatArray:
    """Return the sandwich for independent clusters, times G/(G-1) as in Stata.

    Parameters
    ----------
    clusters : (T,) integer array
        Number of each task's cluster, from 0 to G - 1.

    References
    ----------
    Cameron and Miller (2015), A practitioner's guide to cluster-robust inference, equation 11.
    """
    G = int(clusters.max()) + 1
    of_cluster = np.column_stack([np.bincount(clusters, weights=column, minlength=G) for column in scores.T])
    return bread @ (of_cluster.T @ of_cluster) @ bread * (G / (G - 1))
