"""The log-likelihood of answered tasks and its derivatives, in blocks that stay in the cache.

The plain version, with which tests compare this one, is :mod:`dce.logit`; notation as there and in
:mod:`dce.estimation.tasks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from dce.estimation.alike import AlikeClusters, alike_clusters
from dce.estimation.tasks import Tasks
from dce.logit import FloatArray, IntArray

BLOCK = 2**19
"""Bytes of X in a block: of 2^17 to 2^21, the fastest with two megabytes of cache for each core."""
NEVER = -1e300
"""Utility of an alternative that a task lacks."""
LARGEST = 600.0
"""Utilities up to which exp neither overflows nor loses all alternatives of a task."""
MOST_COUNTS = 2**18
"""Numbers in a dense matrix of answers, clusters by cells, up to which it is faster than a sparse one."""


@dataclass(frozen=True)
class Derivatives:
    """At some beta: the log-likelihood, its gradient (K,), and the information (K, K) if asked for."""

    log_likelihood: float
    gradient: FloatArray
    information: FloatArray | None


def centre(tasks: Tasks) -> FloatArray:
    """Subtract from every column its mean within each task, in place; return the columns' sums of squares.

    Only differences within tasks matter to a logit; without what is common to a task, sums of products
    lose no digits to it.

    Returns
    -------
    (K,) array
        Weighted sums of squares before, by equal shares of the alternatives.
    """
    return centred_information(tasks)[0]


def centred_information(tasks: Tasks) -> tuple[FloatArray, FloatArray]:
    """Centre the tasks as :func:`centre` does, and return also the information at zero coefficients.

    There all alternatives are equally probable, so that means by P are zero once they are subtracted.

    Returns
    -------
    sums of squares before : (K,) array
    information : (K, K) array
    """
    _, J, K = tasks.X.shape
    of_means, H = np.zeros(K), np.zeros((K, K))
    for block in _blocks(tasks):
        X, totals = tasks.X[block], tasks.totals[block]
        sizes = J if tasks.all_available else tasks.available[block] @ np.ones(J)
        means = _summed(X, tasks) / J  # of J rows; those of alternatives that a task lacks are zero
        means *= np.reshape(J / sizes, (-1, 1))
        X -= means[:, None]
        if not tasks.all_available:
            X[~tasks.available[block]] = 0.0
        rows = X.reshape(-1, K)
        H += (rows * np.repeat(totals / sizes, J)[:, None]).T @ rows
        of_means += totals @ np.square(means)
    return of_means + np.diag(H), (H + H.T) / 2


def derivatives(tasks: Tasks, beta: FloatArray, *, information: bool) -> Derivatives:
    """Return log-likelihood, gradient X'(n - N P) and, if asked for, information.

    The information is sum_t N_t (sum_j P_tj x_tj x_tj' - m_t m_t'), where m_t is the mean of x_t by P.
    """
    _, J, K = tasks.X.shape
    value, g, H = 0.0, np.zeros(K), np.zeros((K, K))
    for block in _blocks(tasks):
        rows = tasks.X[block].reshape(-1, K)
        counts, totals = tasks.counts[block], tasks.totals[block]
        V = rows @ beta
        value += _softmax(V.reshape(-1, J), counts, totals, tasks, block)
        if information:
            W = rows * V[:, None]
            H += W.T @ rows
            mean = _summed(W, tasks)
            if tasks.each_once:
                H -= mean.T @ mean
            else:
                H -= mean.T @ (mean / np.where(totals > 0, totals, 1.0)[:, None])
        g += (counts.ravel() - V) @ rows
    return Derivatives(value, g, (H + H.T) / 2 if information else None)


def _summed(X: FloatArray, tasks: Tasks) -> FloatArray:
    """Return the sum over alternatives of X, (n, J, K) or (n J, K): a matrix product is the fastest."""
    _, J, K = tasks.X.shape
    return np.asarray(X.reshape(-1, J * K) @ tasks.stacked_identities)


def _softmax(V: FloatArray, counts: FloatArray, totals: FloatArray, tasks: Tasks, block: slice) -> float:
    """Turn utilities into N P in place, and return the log-likelihood of the block."""
    if not tasks.all_available:
        V[~tasks.available[block]] = NEVER
    if max(V.max(), -V.min()) > LARGEST:
        V -= V.max(axis=1, keepdims=True)
    value = float(np.vdot(counts, V))
    np.exp(V, out=V)
    sums = V @ np.ones(V.shape[1])
    value -= float(totals @ np.log(sums))
    V *= (totals / sums)[:, None]
    return value


def cluster_sums(tasks: Tasks, beta: FloatArray, clusters: IntArray) -> FloatArray:
    """Return the weighted scores of each cluster, (G, K); ``clusters`` (T,) are numbers from 0."""
    G, K = int(clusters.max()) + 1, len(beta)
    if tasks.which is not None:
        scores = _every_score(tasks, beta)
        cells = len(scores)
        if G * cells <= MOST_COUNTS:
            answers = np.bincount(clusters * cells + tasks.cells, tasks.weights, G * cells)
            return np.asarray(answers.reshape(G, cells) @ scores)
        return np.asarray(csr_array((tasks.weights, (clusters, tasks.cells)), shape=(G, cells)) @ scores)
    sums = np.zeros((G, K))
    for block, scores in _scores(tasks, beta):
        of = clusters[block]
        starts = np.flatnonzero(np.append(True, of[1:] != of[:-1]))
        runs, of_runs = np.add.reduceat(scores, starts, axis=0), of[starts]
        if (of_runs[1:] > of_runs[:-1]).all():
            sums[of_runs] += runs
        else:
            np.add.at(sums, of_runs, runs)
    return sums


def cluster_products(tasks: Tasks, beta: FloatArray, clusters: IntArray) -> FloatArray:
    """Return the sum over clusters of the outer product of their scores, (K, K).

    Where tasks are collapsed, clusters with the same answers are counted once.
    """
    few = (int(clusters.max()) + 1) * tasks.counts.size <= MOST_COUNTS
    alike = None if few else alike_clusters(tasks, clusters)
    if alike is None:
        sums = cluster_sums(tasks, beta, clusters)
        return np.asarray(sums.T @ sums)
    return products_of_alike(tasks, beta, alike)


def products_of_alike(tasks: Tasks, beta: FloatArray, alike: AlikeClusters) -> FloatArray:
    """Return what :func:`cluster_products` does, for clusters that are counted already."""
    sums = alike.answers @ _every_score(tasks, beta)
    return np.asarray(sums.T @ (sums * alike.times[:, None]))


def score_products(tasks: Tasks, beta: FloatArray) -> FloatArray:
    """Return the sum over answered tasks of the outer product of their weighted scores, (K, K)."""
    K = len(beta)
    products = np.zeros((K, K))
    if tasks.which is not None:
        scores = _every_score(tasks, beta)
        squares = np.bincount(tasks.cells, weights=tasks.weights**2, minlength=len(scores))
        return np.asarray(scores.T @ (scores * squares[:, None]))
    for _, scores in _scores(tasks, beta):
        products += scores.T @ scores
    return products


def _every_score(tasks: Tasks, beta: FloatArray) -> FloatArray:
    """Return the score of each answer to each distinct task, x_j less the mean of x by P, (S J, K)."""
    P = _probabilities(tasks, beta, slice(None))
    scores = tasks.X - np.einsum("tj,tjk->tk", P, tasks.X)[:, None]
    return np.asarray(scores.reshape(-1, len(beta)))


def _scores(tasks: Tasks, beta: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
    """Return blocks of tasks that are each their own, with their weighted scores, (n, K)."""
    _, J, K = tasks.X.shape
    for block in _blocks(tasks):
        X, chosen = tasks.X[block], tasks.chosen[block]
        P = _probabilities(tasks, beta, block)
        scores = X.reshape(-1, K).take(np.arange(0, len(chosen) * J, J) + chosen, axis=0)
        scores -= np.einsum("tj,tjk->tk", P, X)
        scores *= tasks.weights[block, None]
        yield block, scores


def _probabilities(tasks: Tasks, beta: FloatArray, block: slice) -> FloatArray:
    K = len(beta)
    V = (tasks.X[block].reshape(-1, K) @ beta).reshape(-1, tasks.X.shape[1])
    if not tasks.all_available:
        V[~tasks.available[block]] = NEVER
    if max(V.max(), -V.min()) > LARGEST:
        V -= V.max(axis=1, keepdims=True)
    np.exp(V, out=V)
    V /= (V @ np.ones(V.shape[1]))[:, None]
    return V


def _blocks(tasks: Tasks) -> Iterator[slice]:
    S, J, K = tasks.X.shape
    size = max(1, BLOCK // (8 * J * K))
    return (slice(start, min(start + size, S)) for start in range(0, S, size))
