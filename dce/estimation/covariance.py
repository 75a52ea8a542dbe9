"""Covariance matrices of estimated coefficients.

K coefficients, G clusters; ``bread`` (K, K) is the inverse information.
"""

from __future__ import annotations

from dce.errors import EstimationError
from dce.estimation.inference import CovarianceKind
from dce.estimation.likelihood import cluster_sums, score_products
from dce.estimation.newton import Maximum, inverse
from dce.estimation.tasks import Tasks
from dce.logit import FloatArray, IntArray


def sandwich(tasks: Tasks, best: Maximum, kind: CovarianceKind, clusters: IntArray | None) -> FloatArray:
    """Return the covariance of the estimates, (K, K); ``clusters`` (T,) are numbers from 0."""
    bread = inverse(best.information)
    if kind == "classical":
        return bread
    if kind == "robust":
        return robust(bread, score_products(tasks, best.beta))
    if clusters is None:
        raise EstimationError("clustered standard errors need respondents.")
    return clustered(bread, cluster_sums(tasks, best.beta, clusters))


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


def check_clusters(respondents: int | None, K: int) -> None:
    """Refuse errors clustered by so few respondents, None if unknown, for K coefficients."""
    cure = "give covariance='robust' or 'classical'"
    if respondents is None:
        raise EstimationError(
            f"clustered standard errors need respondents, and these answers name none: {cure}."
        )
    if respondents == 1:
        raise EstimationError(f"clustered standard errors need two respondents, found one: {cure}.")
    if respondents <= K:
        raise EstimationError(
            f"clustered standard errors of {K} coefficients need more than {K} respondents, found "
            f"{respondents}: {cure}, or estimate fewer coefficients."
        )
