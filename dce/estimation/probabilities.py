"""Choice probabilities of one scenario, averaged over kinds of respondents, and their gradients.

Notation
--------
C classes of respondents, J services, K coefficients, R draws of the coefficients.

X : (C, J, K) array
    Services as each class sees them.
shares : (C,) array
    Share of each class, summing to one.
beta : (K,) array
B : (R, K) array
    Draws of the coefficients.
P : (C, J) array
    P_cj; the averaged probability is P_j = sum_c s_c P_cj, and Q_j = 1 - P_j that of all others.

Reference: Train (2009), Discrete Choice Methods with Simulation, 2nd ed., sections 2.5 and 3.6.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import log_softmax, logsumexp, softmax

from dce.logit import FloatArray, log_probabilities, mean_attributes

CELLS = 2_000_000
"""Utilities that are held at once when probabilities are computed for many draws."""


def log_shares(X: FloatArray, shares: FloatArray, beta: FloatArray) -> FloatArray:
    """Return log P_j, shape (J,); of many scenarios, X (..., C, J, K), shape (..., J)."""
    log_P = log_probabilities(X, beta)
    return np.asarray(logsumexp(log_P + np.log(shares)[:, None], axis=-2), dtype=np.float64)


def log_others(log_P: FloatArray) -> FloatArray:
    """Return log(1 - P_j) along the last axis, exact where P_j is close to one or to zero."""
    J = log_P.shape[-1]
    each = [logsumexp(np.delete(log_P, j, axis=-1), axis=-1) for j in range(J)]
    return np.stack(each, axis=-1).astype(np.float64)


def log_odds_weights(X: FloatArray, shares: FloatArray, beta: FloatArray) -> FloatArray:
    """Return how much of log(P_j / Q_j) the log-odds of each class are, s_c P_cj Q_cj / (P_j Q_j).

    Shape (C, J); of many scenarios (..., C, J).
    """
    log_P, log_mean = log_probabilities(X, beta), log_shares(X, shares, beta)
    of_mean = (log_mean + log_others(log_mean))[..., None, :]
    return np.asarray(np.exp(np.log(shares)[:, None] + log_P + log_others(log_P) - of_mean))


def log_odds_gradients(X: FloatArray, shares: FloatArray, beta: FloatArray) -> FloatArray:
    """Return the gradient of every log(P_j / Q_j), shape (J, K); of many scenarios (..., J, K).

    Within a class it is x_j minus the mean of x over the other services, which stays exact where P_j
    is close to one. Averaged, it is the sum over classes of s_c P_cj Q_cj / (P_j Q_j) times that.
    """
    weights = log_odds_weights(X, shares, beta)
    gradients = []
    for j in range(X.shape[-2]):
        others = np.delete(X, j, axis=-2)
        P_others = softmax(others @ beta, axis=-1)
        contrast = X[..., j, :] - mean_attributes(others, P_others)
        gradients.append(np.einsum("...c,...ck->...k", weights[..., j], contrast))
    return np.stack(gradients, axis=-2).astype(np.float64)


def share_gradients(X: FloatArray, shares: FloatArray, beta: FloatArray) -> FloatArray:
    """Return the gradient of every P_j, shape (J, K)."""
    log_P = log_shares(X, shares, beta)
    PQ = np.exp(log_P + log_others(log_P))
    return PQ[:, None] * log_odds_gradients(X, shares, beta)


def shares_at(X: FloatArray, shares: FloatArray, B: FloatArray) -> FloatArray:
    """Return P_j for each draw of the coefficients, shape (R, J)."""

    def at(B: FloatArray) -> FloatArray:
        P = np.exp(log_softmax(X @ B.T, axis=1))  # (C, J, draws)
        return np.asarray(np.einsum("c,cjr->rj", shares, P))

    return in_parts(at, B, X[..., 0].size)


def log_odds_at(X: FloatArray, shares: FloatArray, B: FloatArray, j: int) -> FloatArray:
    """Return log(P_j / Q_j) of one service for each draw of the coefficients, shape (R,)."""
    log_s = np.log(shares)[:, None]

    def at(B: FloatArray) -> FloatArray:
        log_P = np.asarray(log_softmax(X @ B.T, axis=1))  # (C, J, draws)
        log_Q = logsumexp(np.delete(log_P, j, axis=1), axis=1)
        return np.asarray(logsumexp(log_P[:, j] + log_s, axis=0) - logsumexp(log_Q + log_s, axis=0))

    return in_parts(at, B, X[..., 0].size)


def in_parts(at: Callable[[FloatArray], FloatArray], B: FloatArray, utilities: int) -> FloatArray:
    """Return what a function gives for (R, K) draws, some at once, so that memory holds their utilities."""
    step = max(1, CELLS // utilities)
    return np.concatenate([at(B[start : start + step]) for start in range(0, len(B), step)])


def logsums(X: FloatArray, beta: FloatArray) -> FloatArray:
    """Return each class's expected greatest utility, log sum_j exp(x_j'b), shape (..., C)."""
    return np.asarray(logsumexp(X @ beta, axis=-1), dtype=np.float64)
