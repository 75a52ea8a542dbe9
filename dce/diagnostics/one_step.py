"""What the answers of each cluster are, what they tell, and how far the estimates move without them.

Notation: T answered tasks, J alternatives, K coefficients, G clusters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dce.estimation.clusters import Clusters
from dce.estimation.fit import Fit
from dce.estimation.likelihood import cluster_sums
from dce.estimation.newton import inverse, solve
from dce.identification import SINGULAR
from dce.logit import FloatArray, IntArray, log_probabilities, task_information

AT_ONCE = 2**22
"""Numbers in the information matrices of tasks that are held at once."""


@dataclass(frozen=True)
class ClusterAnswers:
    """Of each cluster: how many answers, their mean log-likelihood, and the one-step change of the estimates.

    Attributes
    ----------
    answers : (G,) integer array
    log_likelihood : (G,) array
        Per answer, weighted.
    change : (G, K) array
        Estimates less those without the cluster; NaN where the others do not identify them.
    effective : (K,) array
        Effective number of clusters that tell each coefficient.
    """

    answers: IntArray
    log_likelihood: FloatArray
    change: FloatArray
    effective: FloatArray


def of_clusters(fit: Fit, clusters: Clusters, *, newton: bool) -> ClusterAnswers:
    """Return what each cluster's answers are, and their one-step change of the estimates.

    Parameters
    ----------
    fit : Fit
    clusters : Clusters
    newton : bool
        With the information of the others, I - I_g; else with that of all.

    Notes
    -----
    Cluster g has the part c_g = (I^-1 I_g I^-1)_kk of the variance of coefficient k; their effective
    number is (sum c_g)^2 / sum c_g^2, all clusters where their parts are equal.

    References
    ----------
    Carter, Schnepel and Steigerwald (2017), Asymptotic behavior of a t-test robust to cluster
    heterogeneity, Review of Economics and Statistics 99:698, with independent answers within clusters.
    """
    tasks, beta, G = fit.tasks, np.asarray(fit.coefficients, dtype=np.float64), clusters.count
    information = fit.maximum.information
    scores = cluster_sums(tasks, beta, clusters.numbers)
    log_P = log_probabilities(tasks.X, beta, tasks.available)
    which = np.arange(len(log_P)) if tasks.which is None else tasks.which
    of_chosen = log_P[which, tasks.chosen]
    weight = np.bincount(clusters.numbers, weights=tasks.weights, minlength=G)
    LL = np.bincount(clusters.numbers, weights=tasks.weights * of_chosen, minlength=G) / weight
    change = solve(information, scores.T).T
    scale = 1 / np.sqrt(np.diag(information))
    scaled = information * np.outer(scale, scale)
    bread = inverse(scaled)
    squares, total = np.zeros(len(beta)), np.zeros(len(beta))
    for some, unscaled in _cluster_information(fit, clusters, np.exp(log_P), which):
        own = unscaled * np.outer(scale, scale)
        parts = np.einsum("kl,glm,km->gk", bread, own, bread, optimize=True)
        squares += (parts**2).sum(axis=0)
        total += parts.sum(axis=0)
        if newton:
            others = scaled - own
            known = np.linalg.eigvalsh(others)[:, 0] > SINGULAR
            change[some] = np.nan
            right = (scores[some][known] * scale)[..., None]
            change[some[known]] = np.linalg.solve(others[known], right)[..., 0] * scale
    answers = np.bincount(clusters.numbers, minlength=G)
    return ClusterAnswers(np.asarray(answers, dtype=np.intp), LL, change, total**2 / squares)


def _cluster_information(
    fit: Fit, clusters: Clusters, P: FloatArray, which: IntArray
) -> Iterator[tuple[IntArray, FloatArray]]:
    """Yield the numbers of some clusters, (g,), and their information, (g, K, K)."""
    tasks, K = fit.tasks, len(fit.coefficients)
    order = np.argsort(clusters.numbers, kind="stable")
    starts = np.r_[0, np.cumsum(np.bincount(clusters.numbers, minlength=clusters.count))]
    most = max(1, AT_ONCE // K**2)
    first = 0
    while first < clusters.count:
        last = max(first + 1, int(np.searchsorted(starts, starts[first] + most, side="right")) - 1)
        members = order[starts[first] : starts[last]]
        each = task_information(tasks.X[which[members]], P[which[members]])
        each *= tasks.weights[members, None, None]
        yield np.arange(first, last), np.add.reduceat(each, starts[first:last] - starts[first], axis=0)
        first = last
