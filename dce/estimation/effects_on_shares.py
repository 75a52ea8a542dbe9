"""What an attribute of one service does to the probabilities of all, relative to each of them.

Notation: C classes of respondents, J services, K coefficients, R draws; X (C, J, K), shares (C,) and beta
(K,) as in :mod:`dce.estimation.probabilities`; D (C, J, K) the derivative of x_ci with respect to the
service's own attribute, times that attribute for an elasticity.

    d log P_j / dz_i = sum_c r_cj u_ci (delta_ij - P_ci),   r_cj = s_c P_cj / P_j,   u_ci = D_ci'b

Sums over classes are by einsum: threads of BLAS are slow where products are long and thin.

Reference: Train (2009), Discrete Choice Methods with Simulation, 2nd ed., section 3.6; Ben-Akiva and
Lerman (1985), Discrete Choice Analysis, section 5.3, for the averages.
"""

from __future__ import annotations

import numpy as np
from scipy.special import logsumexp

from dce.estimation.probabilities import in_parts
from dce.logit import BoolArray, FloatArray, log_probabilities, mean_attributes


def relative_effects(
    X: FloatArray,
    shares: FloatArray,
    D: FloatArray,
    beta: FloatArray,
    available: BoolArray | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Return d log P_j / dz_i, (J, J), and its gradient with respect to the coefficients, (J, J, K).

    Zero in the rows of services that are available to nobody.
    """
    log_P = log_probabilities(X, beta, available)
    P, r = np.exp(log_P), _parts(log_P, shares)
    u = D @ beta
    identity = np.eye(X.shape[1])
    contrast = X - mean_attributes(X, P)[:, None, :]  # the gradient of log P_cj
    of_r = r[..., None] * (contrast - np.einsum("cj,cjk->jk", r, contrast))
    through = u * P
    value = identity * np.einsum("cj,cj->j", r, u) - np.einsum("cj,ci->ji", r, through)
    of_through = P[..., None] * (D + u[..., None] * contrast)
    gradient = -(np.einsum("cjk,ci->jik", of_r, through) + np.einsum("cj,cik->jik", r, of_through))
    own = np.einsum("cjk,cj->jk", of_r, u) + np.einsum("cj,cjk->jk", r, D)
    return value, gradient + identity[..., None] * own[:, None, :]


def relative_effects_at(
    X: FloatArray,
    shares: FloatArray,
    D: FloatArray,
    B: FloatArray,
    available: BoolArray | None = None,
) -> FloatArray:
    """Return d log P_j / dz_i for each draw of the coefficients, (R, J, J)."""
    identity = np.eye(X.shape[1])

    def at(B: FloatArray) -> FloatArray:
        V, u = (np.moveaxis(array @ B.T, -1, 0) for array in (X, D))  # (draws, C, J)
        if available is not None:
            V = np.where(available, V, -np.inf)
        log_P = V - logsumexp(V, axis=-1, keepdims=True)
        r = _parts(log_P, shares)
        own = np.einsum("rcj,rcj->rj", r, u)
        cross = np.einsum("rcj,rci->rji", r, u * np.exp(log_P))
        return np.asarray(identity * own[:, None, :] - cross, dtype=np.float64)

    return in_parts(at, B, X[..., 0].size)


def _parts(log_P: FloatArray, shares: FloatArray) -> FloatArray:
    """Return r, the share of each class in the choices of a service, (..., C, J)."""
    log_part = log_P + np.log(shares)[:, None]
    total = logsumexp(log_part, axis=-2, keepdims=True)
    return np.asarray(np.exp(log_part - np.where(np.isinf(total), 0.0, total)))
