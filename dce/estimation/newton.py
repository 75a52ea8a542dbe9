"""The maximum of the log-likelihood of a multinomial logit, by Newton's method.

Notation as in :mod:`dce.logit`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from dce.errors import ConvergenceError
from dce.logit import (
    BoolArray,
    FloatArray,
    IntArray,
    gradient,
    information,
    log_likelihood,
    log_probabilities,
)

CONVERGED = 1e-12
"""Largest squared Newton decrement g'H^-1 g, with weights of mean one: about twice the log-likelihood
still to be gained."""
MOST_ITERATIONS = 50
MOST_HALVINGS = 30


@dataclass(frozen=True)
class Maximum:
    """Where the log-likelihood is largest, and how it was reached.

    Attributes
    ----------
    beta : (K,) array
    log_likelihood : float
    information : (K, K) array
        Minus the Hessian at ``beta``.
    P : (T, J) array
        Choice probabilities at ``beta``.
    iterations : int
    decrement : float
        The squared Newton decrement at the last step.
    """

    beta: FloatArray
    log_likelihood: float
    information: FloatArray
    P: FloatArray
    iterations: int
    decrement: float


def maximise(X: FloatArray, available: BoolArray, chosen: IntArray, weights: FloatArray) -> Maximum:
    """Maximise the log-likelihood from zero coefficients.

    The log-likelihood is concave (McFadden 1974), so Newton's step, halved where it overshoots,
    reaches the maximum wherever one exists.

    Raises
    ------
    ConvergenceError
        If it was not reached, with the number of iterations and the decrement.

    References
    ----------
    Boyd and Vandenberghe (2004), Convex Optimization, section 9.5.
    """
    beta = np.zeros(X.shape[-1])
    scale = float(weights.mean())
    weights = weights / scale  # so that convergence does not depend on the unit of the weights
    log_P = log_probabilities(X, beta, available)
    value = log_likelihood(log_P, chosen, weights)
    decrement = np.inf
    for iteration in range(1, MOST_ITERATIONS + 1):
        P = np.exp(log_P)
        g = gradient(X, P, chosen, weights)
        try:
            step = solve(information(X, P, weights), g)
        except LinAlgError:
            break
        decrement = float(g @ step)
        # Rounding of the log-likelihood, which is a sum of T terms, hides smaller gains.
        allowance = 1e-12 * abs(value)
        for _ in range(MOST_HALVINGS):
            log_P_new = log_probabilities(X, beta + step, available)
            value_new = log_likelihood(log_P_new, chosen, weights)
            if value_new >= value - allowance:
                break
            step = step / 2
        else:
            break
        beta, log_P, value = beta + step, log_P_new, value_new
        if decrement < CONVERGED:
            P = np.exp(log_P)
            at_maximum = scale * information(X, P, weights)
            return Maximum(beta, scale * value, at_maximum, P, iteration, decrement)
    raise ConvergenceError(
        f"the log-likelihood did not converge: after {iteration} iterations the squared Newton "
        f"decrement is {decrement:.1e}; allowed: below {CONVERGED:.0e}."
    )


def solve(A: FloatArray, b: FloatArray) -> FloatArray:
    """Solve A x = b for a positive definite A, scaled to a unit diagonal first.

    Raises
    ------
    LinAlgError
        If A is not positive definite.
    """
    d = np.diag(A)
    if not (d > 0).all():
        raise LinAlgError("a diagonal element is not positive")
    scale = 1 / np.sqrt(d)
    factor = cho_factor(A * np.outer(scale, scale), lower=True)
    right = b * scale if b.ndim == 1 else b * scale[:, None]
    x = cho_solve(factor, right)
    return np.asarray(x * scale if b.ndim == 1 else x * scale[:, None], dtype=np.float64)


def inverse(A: FloatArray) -> FloatArray:
    """Return the inverse of a positive definite matrix, symmetric to the last digit."""
    full = solve(A, np.eye(len(A)))
    return (full + full.T) / 2
