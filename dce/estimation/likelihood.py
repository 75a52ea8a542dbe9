"""The log-likelihood of answered tasks and its derivatives, in blocks that stay in the cache.

The plain version, with which tests compare this one, is :mod:`dce.logit`; notation as there and in
:mod:`dce.estimation.tasks`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from dce.estimation.tasks import Tasks
from dce.logit import FloatArray, IntArray

BLOCK = 2**19
"""Bytes of X in a block: of 2^17 to 2^21, the fastest with two megabytes of cache for each core."""
NEVER = -1e300
"""Utility of an alternative that a task lacks."""
LARGEST = 600.0
"""Utilities up to which exp neither overflows nor loses all alternatives of a task."""


@dataclass(frozen=True)
class Derivatives:
    """At some beta: the log-likelihood, its gradient (K,), and the information (K, K) if asked for."""

    log_likelihood: float
    gradient: FloatArray
    information: FloatArray | None


def centre(tasks: Tasks) -> FloatArray:
    """Subtract from every column its mean within each task, in place; return the columns' mean squares.

    Only differences within tasks matter to a logit; without what is common to a task, sums of products
    lose no digits to it.

    Returns
    -------
    (K,) array
        Weighted mean squares before, by equal shares of the alternatives.
    """
    K = tasks.X.shape[-1]
    size = np.zeros(K)
    for block in _blocks(tasks):
        X, available, totals = tasks.X[block], tasks.available[block], tasks.totals[block]
        share = available / available.sum(axis=1, keepdims=True)
        size += (share * totals[:, None]).ravel() @ np.square(X).reshape(-1, K)
        X -= np.einsum("tj,tjk->tk", share, X)[:, None]
        if not tasks.all_available:
            X[~available] = 0.0
    return size


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
            by_task = W.reshape(-1, J, K)
            mean = by_task[:, 0]
            for j in range(1, J):
                mean += by_task[:, j]
            answered = totals > 0
            mean = mean[answered] / np.sqrt(totals[answered])[:, None]
            H -= mean.T @ mean
        g += (counts.ravel() - V) @ rows
    return Derivatives(value, g, (H + H.T) / 2 if information else None)


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
        S, J, _ = tasks.X.shape
        cells = tasks.which * J + tasks.chosen
        answers = csr_array((tasks.weights, (clusters, cells)), shape=(G, S * J))
        return np.asarray(answers @ _every_score(tasks, beta).reshape(S * J, K))
    sums = np.zeros((G, K))
    for block, scores in _scores(tasks, beta):
        of = clusters[block]
        starts = np.flatnonzero(np.r_[True, of[1:] != of[:-1]])
        runs = np.add.reduceat(scores * tasks.weights[block, None], starts, axis=0)
        np.add.at(sums, of[starts], runs)
    return sums


def score_products(tasks: Tasks, beta: FloatArray) -> FloatArray:
    """Return the sum over answered tasks of the outer product of their weighted scores, (K, K)."""
    K = len(beta)
    if tasks.which is not None:
        S, J, _ = tasks.X.shape
        squares = np.bincount(tasks.which * J + tasks.chosen, weights=tasks.weights**2, minlength=S * J)
        scores = np.sqrt(squares)[:, None] * _every_score(tasks, beta).reshape(S * J, K)
        return np.asarray(scores.T @ scores)
    products = np.zeros((K, K))
    for block, scores in _scores(tasks, beta):
        weighted = scores * tasks.weights[block, None]
        products += weighted.T @ weighted
    return products


def _every_score(tasks: Tasks, beta: FloatArray) -> FloatArray:
    """Return the score of each answer to each distinct task, x_j less the mean of x by P, (S, J, K)."""
    P = _probabilities(tasks, beta, slice(None))
    return np.asarray(tasks.X - np.einsum("tj,tjk->tk", P, tasks.X)[:, None])


def _scores(tasks: Tasks, beta: FloatArray) -> Iterator[tuple[slice, FloatArray]]:
    """Return blocks of tasks that are each their own, with their scores, (n, K)."""
    for block in _blocks(tasks):
        X, chosen = tasks.X[block], tasks.chosen[block]
        P = _probabilities(tasks, beta, block)
        yield block, X[np.arange(len(chosen)), chosen] - np.einsum("tj,tjk->tk", P, X)


def _probabilities(tasks: Tasks, beta: FloatArray, block: slice) -> FloatArray:
    V = tasks.X[block] @ beta
    if not tasks.all_available:
        V[~tasks.available[block]] = NEVER
    V -= V.max(axis=1, keepdims=True)
    np.exp(V, out=V)
    return np.asarray(V / V.sum(axis=1, keepdims=True))


def _blocks(tasks: Tasks) -> Iterator[slice]:
    S, J, K = tasks.X.shape
    size = max(1, BLOCK // (8 * J * K))
    return (slice(start, min(start + size, S)) for start in range(0, S, size))
