"""The multinomial logit model on arrays.

Notation
--------
T tasks, J alternatives, K coefficients.

X : (..., J, K) array
    Attributes as coded; rows of alternatives that a task lacks are zero.
beta : (K,) array
    Coefficients.
available : (..., J) boolean array
    False where a task lacks the alternative. Omitted: all are available.
P : (..., J) array
    Choice probabilities, P_tj = exp(x_tj'b) / sum_i exp(x_ti'b).
chosen : (T,) integer array
    Index of the chosen alternative.
weights : (T,) array
    Weight of each task. Omitted: one.

This is the plain version: short, and the reference for faster ones.

Reference: Train (2009), Discrete Choice Methods with Simulation, 2nd ed., chapters 3 and 8;
McFadden (1974) for the derivatives.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import log_softmax

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]
BoolArray = npt.NDArray[np.bool_]


def log_probabilities(X: FloatArray, beta: FloatArray, available: BoolArray | None = None) -> FloatArray:
    """Return log P, shape (..., J); minus infinity where not available (Train, eq. 3.6)."""
    V = X @ beta
    if available is not None:
        V = np.where(available, V, -np.inf)
    return np.asarray(log_softmax(V, axis=-1), dtype=np.float64)


def log_likelihood(log_P: FloatArray, chosen: IntArray, weights: FloatArray | None = None) -> float:
    """Return the sum over tasks of w_t log P_t,chosen (Train, eq. 3.12)."""
    of_chosen = np.take_along_axis(log_P, chosen[:, None], axis=1)[:, 0]
    return float(of_chosen.sum() if weights is None else weights @ of_chosen)


def scores(X: FloatArray, P: FloatArray, chosen: IntArray) -> FloatArray:
    """Return each task's gradient of log P_chosen, x_chosen - sum_j P_j x_j, shape (T, K)."""
    x_chosen = np.take_along_axis(X, chosen[:, None, None], axis=1)[:, 0]
    return x_chosen - mean_attributes(X, P)


def gradient(X: FloatArray, P: FloatArray, chosen: IntArray, weights: FloatArray) -> FloatArray:
    """Return the weighted sum of the scores, X'W(y - P), shape (K,), without an array of scores."""
    residual = -P * weights[:, None]
    residual[np.arange(len(chosen)), chosen] += weights
    return np.asarray(residual.ravel() @ X.reshape(-1, X.shape[-1]), dtype=np.float64)


def mean_attributes(X: FloatArray, P: FloatArray) -> FloatArray:
    """Return each task's probability-weighted mean of x, shape (..., K)."""
    return np.asarray((P[..., None, :] @ X)[..., 0, :], dtype=np.float64)


def half_information(X: FloatArray, P: FloatArray) -> FloatArray:
    """Return Z with rows sqrt(P_j) (x_j - mean), shape (..., J, K); Z'Z is the information."""
    return np.asarray(np.sqrt(P)[..., None] * (X - mean_attributes(X, P)[..., None, :]))


def task_information(X: FloatArray, P: FloatArray) -> FloatArray:
    """Return every task's Fisher information X'(diag P - PP')X, shape (..., K, K)."""
    Z = half_information(X, P)
    return np.asarray(np.swapaxes(Z, -1, -2) @ Z, dtype=np.float64)


def information(X: FloatArray, P: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Return the Fisher information summed over tasks, shape (K, K).

    It does not depend on the answers: the same function gives the D-error of a design and the
    standard errors of a fit (minus the Hessian of the log-likelihood; Train, section 8.6).
    """
    Z = half_information(X, P)
    if weights is not None:
        Z *= np.sqrt(weights)[:, None, None]
    rows = Z.reshape(-1, Z.shape[-1])
    return np.asarray(rows.T @ rows, dtype=np.float64)
