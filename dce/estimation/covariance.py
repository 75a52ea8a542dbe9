"""Covariance matrices of estimated coefficients.

K coefficients, G clusters; ``bread`` (K, K) is the inverse information.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dce.choices import Choices
from dce.errors import EstimationError
from dce.estimation.clusters import RESPONDENT, Clusters, find_clusters
from dce.estimation.inference import CovarianceKind, Inference
from dce.estimation.leverage import POWERS, leverage_corrected
from dce.estimation.likelihood import cluster_products, score_products
from dce.estimation.newton import Maximum, inverse
from dce.estimation.tasks import Tasks
from dce.estimation.tellers import few_tellers
from dce.logit import FloatArray, IntArray


def needed_clusters(choices: Choices, kind: CovarianceKind, column: str | None, K: int) -> Clusters | None:
    """Return the clusters for a covariance of K coefficients; None where it needs none.

    Raises
    ------
    EstimationError
        If they are needed and there are none or too few, or named and not needed.
    """
    if kind in ("robust", "classical"):
        if column is not None:
            raise EstimationError(f"clusters: found {column!r}; allowed: none, because covariance={kind!r}.")
        if kind == "robust" and choices.n_tasks <= K:
            raise EstimationError(
                f"robust standard errors of {K} coefficients need more than {K} answered tasks, found "
                f"{choices.n_tasks}: give covariance='classical', or estimate fewer coefficients."
            )
        return None
    clusters = find_clusters(choices, column)
    check_clusters(clusters.count, K, clusters.column)
    return clusters


def covariance_of(
    tasks: Tasks, best: Maximum, kind: CovarianceKind, clusters: Clusters | None, names: Sequence[str]
) -> tuple[FloatArray, Inference]:
    """Return the covariance of the estimates, (K, K), and what it is."""
    if clusters is None:
        return sandwich(tasks, best, kind, None), Inference(kind)
    few = _few(tasks, clusters, best, names)
    if kind in POWERS:
        V = leverage_corrected(tasks, best.beta, inverse(best.information), clusters, POWERS[kind], names)
        df = float(clusters.count - 1)
    else:
        V, df = sandwich(tasks, best, kind, clusters.numbers), np.inf
    return V, Inference(kind, clusters.column, clusters.count, df, divided=clusters.divided, few=few)


def _few(tasks: Tasks, clusters: Clusters, best: Maximum, names: Sequence[str]) -> dict[str, int]:
    """Return the coefficients that few clusters tell, with the number of these clusters.

    Raises
    ------
    EstimationError
        If a single cluster does, so that its score is zero and a sandwich knows nothing of its error.
    """
    tellers = few_tellers(tasks, clusters, best.information)
    for k, who in tellers.items():
        if len(who) == 1:
            raise EstimationError(
                f"{names[k]!r}: nothing but the answers of {clusters.name(int(who[0]))} tells it, so that a "
                "clustered standard error does not exist. Leave the coefficient out, or give "
                "covariance='robust' or 'classical'."
            )
    return {names[k]: len(who) for k, who in tellers.items()}


def sandwich(tasks: Tasks, best: Maximum, kind: CovarianceKind, clusters: IntArray | None) -> FloatArray:
    """Return a large-sample covariance of the estimates, (K, K); ``clusters`` (T,) are numbers from 0."""
    bread = inverse(best.information)
    if kind == "classical":
        return bread
    if kind == "robust":
        return robust(bread, score_products(tasks, best.beta))
    if clusters is None:
        raise EstimationError("clustered standard errors need respondents.")
    products = cluster_products(tasks, best.beta, clusters)
    G = int(clusters.max()) + 1
    return robust(bread, products) * (G / (G - 1))


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


def check_clusters(count: int, K: int, column: str = RESPONDENT) -> None:
    """Refuse errors clustered by so few clusters for K coefficients."""
    cure = "give covariance='robust' or 'classical'"
    things = "respondents" if column == RESPONDENT else f"clusters ({column})"
    if count == 1:
        raise EstimationError(f"clustered standard errors need two {things}, found one: {cure}.")
    if count <= K:
        raise EstimationError(
            f"clustered standard errors of {K} coefficients need more than {K} {things}, found "
            f"{count}: {cure}, or estimate fewer coefficients."
        )
