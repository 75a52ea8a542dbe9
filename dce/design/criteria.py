"""How good a design is: the criteria, plainly; the reference that the search is compared with.

Notation
--------
S tasks, J alternatives, K coefficients, R draws.

M : (..., K, K) array
    Information of one respondent who answers all tasks. Where it is singular, what the design
    leaves unknown is infinite, and so is every criterion that needs it.
beta : (..., K) array
    Coefficients.
is_constant : (K,) boolean array
    Which coefficients are constants of alternatives.

References
----------
Kessels, Goos and Vandebroek (2006), Journal of Marketing Research 43:409 (D, A); Scarpa and Rose
(2008), Australian Journal of Agricultural and Resource Economics 52:253 (C); Rose and Bliemer (2013),
Transportation 40:1021 (S); Atkinson, Donev and Tobias (2007), Optimum Experimental Designs,
section 10.3 (D-errors of a subset of coefficients).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from scipy.special import log_softmax
from scipy.stats import norm

from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import BoolArray, FloatArray, half_information, information
from dce.study import Study

Constants = Literal["estimated", "nuisance", "absent"]
"""What becomes of the constants in a D-error: they count like all coefficients; they are estimated,
but only the others count; or they are taken as known."""

CELLS = 4_000_000
"""Numbers that the information at many draws may fill at once."""


def log_determinants(information: FloatArray) -> FloatArray:
    """Return log-determinants, shape (...); minus infinity where singular."""
    sign, value = np.linalg.slogdet(information)
    return np.asarray(np.where(sign > 0, value, -np.inf), dtype=np.float64)


def d_error(log_determinant: float, K: int) -> float:
    """Return the D-error, det(M)^(-1/K), of a log-determinant."""
    return float(np.exp(-log_determinant / K))


def d_errors(
    M: FloatArray, is_constant: BoolArray | None = None, constants: Constants = "estimated"
) -> FloatArray:
    """Return D-errors, shape (...).

    ``"estimated"``: det(M)^(-1/K). ``"nuisance"``: the determinant of the covariance of the other
    coefficients, det(inv(M)_aa)^(1/Ka) = (det(M_cc) / det(M))^(1/Ka), where c are the constants and a
    the others. ``"absent"``: det(M_aa)^(-1/Ka). NaN if no coefficient counts.
    """
    c = np.zeros(M.shape[-1], dtype=bool) if is_constant is None or constants == "estimated" else is_constant
    a = np.flatnonzero(~c)
    if not len(a):
        return np.full(M.shape[:-2], np.nan)
    if constants == "absent":
        log_det = log_determinants(M[..., a[:, None], a])
    else:
        b = np.flatnonzero(c)
        log_det = log_determinants(M) - log_determinants(M[..., b[:, None], b])
    return np.asarray(np.exp(-log_det / len(a)))


def covariances(M: FloatArray) -> FloatArray:
    """Return inverses, shape (..., K, K); infinite where M is singular."""
    d = np.diagonal(M, axis1=-2, axis2=-1)
    regular = np.asarray(np.isfinite(log_determinants(M)) & (d > 0).all(axis=-1))
    scale = 1 / np.sqrt(np.where(regular[..., None], d, 1.0))
    outer = scale[..., :, None] * scale[..., None, :]
    V = np.linalg.inv(np.where(regular[..., None, None], M * outer, np.eye(M.shape[-1]))) * outer
    regular &= (np.diagonal(V, axis1=-2, axis2=-1) > 0).all(axis=-1)
    return np.asarray(np.where(regular[..., None, None], V, np.inf))


def a_error(M: FloatArray) -> FloatArray:
    """Return the A-error, the mean variance of the coefficients, trace(inv(M)) / K, shape (...)."""
    return np.asarray(np.diagonal(covariances(M), axis1=-2, axis2=-1).mean(axis=-1))


def c_error(
    M: FloatArray, beta: FloatArray, per: Sequence[int], is_constant: BoolArray | None = None
) -> FloatArray:
    """Return the C-error, the sum of the variances of rates beta_k / beta_d, shape (...).

    For every d in ``per`` the rates are those of all k but d and the constants; with several, their
    sums are added. Variances by the delta method: with V = inv(M),
    V_kk / beta_d^2 + beta_k^2 V_dd / beta_d^4 - 2 beta_k V_kd / beta_d^3. Infinite where beta_d is zero.
    """
    V = covariances(M)
    singular = np.asarray(np.isinf(V).any(axis=(-2, -1)))
    V = np.where(singular[..., None, None], 0.0, V)
    total = np.zeros(np.broadcast_shapes(V.shape[:-2], beta.shape[:-1]))
    counted = np.ones(M.shape[-1], dtype=bool) if is_constant is None else ~is_constant
    for d in per:
        divisor = beta[..., d]
        singular = singular | (divisor == 0)
        divisor = np.where(divisor == 0, 1.0, divisor)
        for k in np.flatnonzero(counted):
            if k != d:
                rate = beta[..., k] / divisor
                variance = V[..., k, k] + rate**2 * V[..., d, d] - 2 * rate * V[..., k, d]
                total = total + variance / divisor**2
    return np.asarray(np.where(singular, np.inf, total))


def s_estimates(M: FloatArray, means: FloatArray, significance: float = 0.05) -> FloatArray:
    """Return the respondents after which each coefficient is significant, z^2 V_kk / mean_k^2.

    Two-sided, shape (..., K), not rounded; infinite where the prior mean is zero. M is of one
    respondent: divide that of all tasks by the number of blocks. At that number the estimate is
    significant in half of all studies.
    """
    z = norm.isf(significance / 2)
    with np.errstate(divide="ignore"):
        return np.asarray(z**2 * np.diagonal(covariances(M), axis1=-2, axis2=-1) / np.square(means))


def s_estimate(
    M: FloatArray, means: FloatArray, significance: float = 0.05, counted: BoolArray | None = None
) -> FloatArray:
    """Return the largest of the S-estimates whose prior mean is not zero, shape (...); NaN if none is.

    ``counted`` (K,) leaves others out: constants, say.
    """
    known = np.asarray(means != 0)
    if counted is not None:
        known = np.asarray(known & counted)
    if not known.any():
        return np.full(M.shape[:-2], np.nan)
    return np.asarray(s_estimates(M, means, significance)[..., known].max(axis=-1))


def utility_neutral(X: FloatArray) -> float:
    """Return the D-error of tasks X (S, J, K) if all coefficients are zero."""
    S, J, _ = X.shape
    return float(d_errors(information(X, np.full((S, J), 1 / J))))


def information_at(X: FloatArray, beta: FloatArray) -> FloatArray:
    """Return the information of tasks X (S, J, K) at draws beta (R, K), shape (R, K, K)."""
    at_once = max(CELLS // X.size, 1)
    parts = []
    for start in range(0, len(beta), at_once):
        V = np.moveaxis(X @ beta[start : start + at_once].T, -1, 0)
        Z = half_information(X, np.exp(log_softmax(V, axis=-1)))
        Z = Z.reshape(len(Z), -1, X.shape[-1])
        parts.append(np.swapaxes(Z, 1, 2) @ Z)
    return np.concatenate(parts)


def constants_of(study: Study) -> BoolArray:
    """Return which coefficients are constants of alternatives, shape (K,)."""
    return np.array([part <= {ALTERNATIVE, CONSTANTS} for part in study.coding.parts], dtype=bool)
