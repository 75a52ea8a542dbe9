"""Fits to many sets of answers to the same tasks, without a frame for each.

Respondents of a block answer the same tasks, so the log-likelihood needs no more of their answers
than how often each alternative of each task was chosen. The estimates are those of
:func:`dce.estimation.fit.fit_mnl`, up to rounding.

Notation
--------
B blocks, of T tasks each; J alternatives, K coefficients.

X : per block, (T, J, K) array
answers : per block, (n, T) integer array
    Alternatives chosen by its n respondents, who are different ones in every block.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dce.estimation.covariance import clustered, robust
from dce.estimation.fit import CovarianceKind, finite_maximum
from dce.estimation.newton import inverse
from dce.identification import check_identified
from dce.logit import FloatArray, IntArray, mean_attributes


def information_at_zero(
    X: Sequence[FloatArray], respondents: Sequence[int], names: tuple[str, ...]
) -> FloatArray:
    """Return the information at zero coefficients of so many respondents per block.

    Raises
    ------
    IdentificationError
        Naming coefficients that the tasks they see do not identify.
    """
    tasks = np.concatenate(X)
    weights = np.concatenate([np.full(len(x), float(n)) for x, n in zip(X, respondents, strict=True)])
    return check_identified(tasks, np.ones(tasks.shape[:2], dtype=bool), weights, names)


def fit_answers(
    X: Sequence[FloatArray],
    answers: Sequence[IntArray],
    names: tuple[str, ...],
    covariance: CovarianceKind,
    at_zero: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Fit a multinomial logit.

    Returns
    -------
    (K,) array
        Estimates.
    (K, K) array
        Their covariance.

    Raises
    ------
    SeparationError, ConvergenceError
        As :func:`dce.estimation.fit.finite_maximum` does.
    """
    tasks = np.concatenate(X)
    S, J, K = tasks.shape
    counts = np.concatenate([(chosen[..., None] == np.arange(J)).sum(axis=0) for chosen in answers])
    weights = counts.ravel().astype(np.float64)
    best = finite_maximum(
        np.repeat(tasks, J, axis=0),
        np.ones((S * J, J), dtype=bool),
        np.tile(np.arange(J), S),
        weights,
        names,
        at_zero,
    )
    bread = inverse(best.information)
    if covariance == "classical":
        return best.beta, bread
    scores = tasks - mean_attributes(tasks, best.P[::J])[:, None]  # of a task, for each alternative
    if covariance == "robust":
        return best.beta, robust(bread, np.sqrt(weights)[:, None] * scores.reshape(S * J, K))
    of_respondents, start = [], 0
    for chosen in answers:
        T = chosen.shape[1]
        of_block = scores[start : start + T]
        of_respondents.append(of_block[np.arange(T), chosen].sum(axis=1))
        start += T
    of_all = np.concatenate(of_respondents)
    return best.beta, clustered(bread, of_all, np.arange(len(of_all)))
