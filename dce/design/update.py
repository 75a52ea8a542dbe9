"""What a change of tasks does to the information matrix, without computing it anew.

The information of a task has rank J - 1 at most, so a changed task is an update of low rank: the
matrix determinant lemma gives the new determinant, and Woodbury's identity the new inverse.

Notation
--------
C chains, G groups of n candidate tasks each that would replace one task, R draws, m = J - 1.

Y : (C, R, G, n, m, K) array
    Half information of candidate tasks: rows with Y'Y the information of a task.
U : (C, R, G, m, K) array
    The same, of the task that a candidate would replace.
A : (C, R, K, K) array
    Inverse of the information of all tasks.
F : (R, I, K) array
    Linear combinations of coefficients whose variances f'Af count.

References
----------
Harville (1997), Matrix Algebra from a Statistician's Perspective, sections 18.1-2; Goos and Jones
(2011), Optimal Design of Experiments, section 2.3.9, on updates in coordinate exchange.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dce.logit import FloatArray

SMALLEST_PIVOT = 1e-11
"""Smallest factor of the ratio of two determinants that is told apart from a singular matrix."""


def half_rows(X: Sequence[FloatArray], V: Sequence[FloatArray]) -> FloatArray:
    """Return rows Y, (C, R, ..., J - 1, K), with Y'Y = X'(diag P - PP')X.

    The rows are those of a weighted sum of squares taken one alternative at a time (Welford 1962),
    so there is one less than alternatives.

    Parameters
    ----------
    X : per alternative, (C, ..., K) array
    V : per alternative, (C, ..., R) array
    """
    if len(X) == 2:
        half = np.exp(-np.abs(V[1] - V[0]) / 2)
        weight = np.moveaxis(half / (1 + half**2), -1, 1)  # the root of P(1 - P)
        return np.asarray((weight[..., None] * (X[1] - X[0])[:, None])[..., None, :])
    highest = np.maximum.reduce(V)
    odds = [np.moveaxis(np.exp(v - highest), -1, 1) for v in V]
    everything = np.add.reduce(odds)
    mean, mass = X[0][:, None], odds[0] / everything
    rows = []
    for i in range(1, len(X)):
        difference = X[i][:, None] - mean
        share = odds[i] / everything
        total = mass + share
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.where(total > 0, share / total, 0.0)
        rows.append(np.sqrt(part * mass)[..., None] * difference)
        if i < len(X) - 1:
            mean = mean + part[..., None] * difference
            mass = total
    return np.stack(rows, axis=-2)


def ratios(
    A: FloatArray, Y: FloatArray, U: FloatArray, F: FloatArray | None = None
) -> tuple[FloatArray, FloatArray | None]:
    """Return what replacing a task does.

    Returns
    -------
    (C, R, G, n) array
        The log-determinant of the information gains that much; minus infinity where it would be
        singular.
    (C, R, G, n, I) array or None
        Variances f'Af lose that much.
    """
    C, R, G, n, m, K = Y.shape
    YA = (Y.reshape(C, R, G * n * m, K) @ A).reshape(Y.shape)
    UA = U.reshape(C, R, G * m, K) @ A
    UA = UA.reshape(U.shape)
    with_old = YA.reshape(C, R, G, n * m, K) @ np.swapaxes(U, -1, -2)
    with_old = with_old.reshape(C, R, G, n, m, m)
    within = UA @ np.swapaxes(U, -1, -2)
    E = _bordered(YA, Y, with_old, within)
    Z = None
    if F is not None:
        of_new = YA @ np.swapaxes(F, -1, -2)[None, :, None, None]
        of_old = (UA @ np.swapaxes(F, -1, -2)[None, :, None])[:, :, :, None]
        Z = [of_new[..., i, :] for i in range(m)] + [of_old[..., i, :] for i in range(m)]
    return _eliminated(E, m, Z)


def _bordered(
    YA: FloatArray, Y: FloatArray, with_old: FloatArray, within: FloatArray
) -> list[list[FloatArray]]:
    """Return the upper triangle of E = [[I + YAY', YAU'], [UAY', UAU' - I]], entry by entry."""
    m = Y.shape[-2]
    E: list[list[FloatArray]] = [[np.empty(0)] * (2 * m) for _ in range(2 * m)]
    for i in range(m):
        for k in range(i, m):
            E[i][k] = np.einsum("...k,...k->...", YA[..., i, :], Y[..., k, :]) + (i == k)
            E[m + i][m + k] = within[..., None, i, k] - (i == k)
        for k in range(m):
            E[i][m + k] = with_old[..., i, k]
    return E


@np.errstate(divide="ignore", invalid="ignore", over="ignore")  # where rounding has spoilt A
def _eliminated(
    E: list[list[FloatArray]], m: int, Z: list[FloatArray] | None
) -> tuple[FloatArray, FloatArray | None]:
    """Eliminate E = LDL' over all candidates at once; its determinant is the ratio wanted."""
    size = 2 * m
    ratio: FloatArray | float = 1.0
    lost: FloatArray | float = 0.0
    singular = np.zeros(E[0][m].shape, dtype=bool)
    for c in range(size):
        pivot = E[c][c] if c < m else -E[c][c]
        if c >= m:
            singular |= ~(pivot > SMALLEST_PIVOT)
            pivot = np.where(singular, 1.0, pivot)
        ratio = ratio * pivot
        signed = pivot if c < m else -pivot
        for r in range(c + 1, size):
            factor = E[c][r] / signed
            for k in range(r, size):
                E[r][k] = E[r][k] - factor * E[c][k]
            if Z is not None:
                Z[r] = Z[r] - factor[..., None] * Z[c]
        if Z is not None:
            lost = lost + Z[c] ** 2 / signed[..., None]
    singular |= ~(ratio > 0)
    gained = np.where(singular, -np.inf, np.log(np.where(singular, 1.0, ratio)))
    return gained, None if Z is None else np.asarray(lost)


def updated(A: FloatArray, added: FloatArray, removed: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the inverse after some rows are added and others removed, and the gain in log det.

    Parameters
    ----------
    A : (C, R, K, K) array
    added, removed : (C, R, M, K) arrays

    Returns
    -------
    (C, R, K, K) array
    (C, R) array
        Minus infinity where the information would be singular; the inverse is then A itself.
    """
    M = added.shape[-2]
    rows = np.concatenate([added, removed], axis=-2)
    RA = rows @ A
    E = RA @ np.swapaxes(rows, -1, -2)
    E = E + np.diag(np.concatenate([np.ones(M), -np.ones(M)]))
    sign, gained = np.linalg.slogdet(E)
    regular = (sign == (-1) ** M) & (gained > np.log(SMALLEST_PIVOT))
    E = np.where(regular[..., None, None], E, np.eye(2 * M))
    new = A - np.swapaxes(RA, -1, -2) @ np.linalg.solve(E, RA)
    return np.where(regular[..., None, None], new, A), np.where(regular, gained, -np.inf)
