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

from dce.estimation.covariance import sandwich
from dce.estimation.inference import CovarianceKind
from dce.estimation.maximum import finite_maximum
from dce.estimation.tasks import Tasks
from dce.identification import check_identified
from dce.logit import FloatArray, IntArray


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
    distinct = np.concatenate(X)
    S, J, _ = distinct.shape
    which, chosen, clusters, start, respondents = [], [], [], 0, 0
    for of_block in answers:
        n, T = of_block.shape
        which.append(np.tile(np.arange(start, start + T), n))
        chosen.append(of_block.ravel())
        clusters.append(np.repeat(np.arange(respondents, respondents + n), T))
        start, respondents = start + T, respondents + n
    of_task, picked = np.concatenate(which), np.concatenate(chosen)
    tasks = Tasks(
        distinct,
        np.ones((S, J), dtype=bool),
        np.bincount(of_task * J + picked, minlength=S * J).reshape(S, J).astype(np.float64),
        of_task,
        picked,
        np.ones(len(of_task)),
    )
    best = finite_maximum(tasks, names, at_zero)
    return best.beta, sandwich(tasks, best, covariance, np.concatenate(clusters))
