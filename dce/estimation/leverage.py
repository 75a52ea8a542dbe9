"""Covariances for few clusters, by the leverage of each.

Residuals of a cluster with much influence on the estimates are too small, because the fit follows
them. Where s_g is the score of cluster g, I_g its information and M the inverse of the whole, I - I_g M
is what is left of the variance of its residuals, and scores are corrected by a power of it:

    CR2: (I - I_g M)^(-1/2) s_g, unbiased where the model is right;
    CR3: (I - I_g M)^(-1) s_g, nearly the jackknife.

Neither depends on which alternative is the base. For a generalised linear model clubSandwich of R takes
another root of the same matrix, which does; its CR2 differs by some tenths of a percent, its CR3 is this.

References
----------
Bell and McCaffrey (2002), Bias reduction in standard errors for linear regression with multi-stage
samples, Survey Methodology 28; Kauermann and Carroll (2001), JASA 96, and Mancl and DeRouen (2001),
Biometrics 57, for generalised linear models.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import cholesky
from scipy.sparse import csr_array

from dce.errors import EstimationError, listed
from dce.estimation.clusters import Clusters
from dce.estimation.likelihood import cluster_sums
from dce.estimation.tasks import Tasks
from dce.logit import FloatArray, IntArray, log_probabilities, task_information

ALONE = 1e-9
"""Share of the information of some direction, left without a cluster, that counts as none."""
POWERS = {"CR2": -0.5, "CR3": -1.0}
"""Of I - M I_g."""
PART = 1_024
"""Clusters that are corrected at a time."""
BLOCK = 1_024
"""Tasks whose information is held at a time."""


def leverage_corrected(
    tasks: Tasks, beta: FloatArray, bread: FloatArray, clusters: Clusters, power: float, names: Sequence[str]
) -> FloatArray:
    """Return the sandwich of scores that are corrected for the leverage of their cluster, (K, K).

    Parameters
    ----------
    tasks : Tasks
    beta : (K,) array
    bread : (K, K) array
        The inverse information.
    clusters : Clusters
    power : float
        Of I - M I_g: -1/2 or -1.
    names : sequence of str
        Of the coefficients.

    Raises
    ------
    EstimationError
        Naming the cluster without which a coefficient would not be identified.
    """
    C = cholesky(bread, lower=True)
    scores = cluster_sums(tasks, beta, clusters.numbers) @ C
    meat = np.zeros_like(bread)
    for start in range(0, clusters.count, PART):
        part = slice(start, min(start + PART, clusters.count))
        leverage = C.T @ _information(tasks, beta, clusters.numbers, part) @ C
        values, vectors = np.linalg.eigh(np.eye(len(C)) - leverage)
        _check_not_alone(values, vectors, C, clusters, start, names)
        along = np.einsum("gk,gki->gi", scores[part], vectors) * values**power
        corrected = np.einsum("gi,gki->gk", along, vectors)
        meat += corrected.T @ corrected
    return np.asarray(C @ meat @ C.T)


def _information(tasks: Tasks, beta: FloatArray, numbers: IntArray, part: slice) -> FloatArray:
    """Return the information of some of the clusters, (n, K, K)."""
    n, K = part.stop - part.start, len(beta)
    answered = np.flatnonzero((numbers >= part.start) & (numbers < part.stop))
    distinct = answered
    if tasks.which is not None:
        distinct, of_distinct = np.unique(tasks.which[answered], return_inverse=True)
    else:
        of_distinct = np.arange(len(answered))
    shape = (n, len(distinct))
    weights = csr_array(
        (tasks.weights[answered], (numbers[answered] - part.start, of_distinct)), shape
    ).tocsc()
    total = np.zeros((n, K * K))
    for start in range(0, len(distinct), BLOCK):
        some = distinct[start : start + BLOCK]
        P = np.exp(log_probabilities(tasks.X[some], beta, tasks.available[some]))
        total += weights[:, start : start + BLOCK] @ task_information(tasks.X[some], P).reshape(-1, K * K)
    return total.reshape(n, K, K)


def _check_not_alone(
    values: FloatArray,
    vectors: FloatArray,
    C: FloatArray,
    clusters: Clusters,
    start: int,
    names: Sequence[str],
) -> None:
    """Refuse a cluster that alone identifies some coefficient; eigenvalues are in rising order."""
    alone = values[:, 0] < ALONE
    if not alone.any():
        return
    g = int(np.flatnonzero(alone)[0])
    direction = np.abs(C @ vectors[g, :, 0]) / np.sqrt((C**2).sum(axis=1))
    culprits = [name for name, size in zip(names, direction, strict=True) if size > 0.5 * direction.max()]
    raise EstimationError(
        f"{listed(culprits)}: nothing but the answers of {clusters.name(start + g)} tells it, so that a "
        "correction for the leverage of clusters does not exist. Leave the coefficient out, or give "
        "covariance='clustered'."
    )
