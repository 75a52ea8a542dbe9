"""Covariance matrices of estimated coefficients.

K coefficients, G clusters; ``bread`` (K, K) is the inverse information.
"""

from __future__ import annotations

from dce.logit import FloatArray


def robust(bread: FloatArray, products: FloatArray) -> FloatArray:
    """Return the sandwich for independent tasks (White 1982), without a small-sample factor.

    Parameters
    ----------
    bread : (K, K) array
    products : (K, K) array
        Sum over tasks of the outer products of their weighted scores.
    """
    return bread @ products @ bread


def clustered(bread: FloatArray, of_clusters: FloatArray) -> FloatArray:
    """Return the sandwich for independent clusters, times G/(G-1) as in Stata.

    Parameters
    ----------
    bread : (K, K) array
    of_clusters : (G, K) array
        Sum of the weighted scores of each cluster.

    References
    ----------
    Cameron and Miller (2015), A practitioner's guide to cluster-robust inference, equation 11.
    """
    G = len(of_clusters)
    return bread @ (of_clusters.T @ of_clusters) @ bread * (G / (G - 1))
