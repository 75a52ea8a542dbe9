"""Whether answers are predicted perfectly, so that no maximum exists, and by which coefficients.

Notation as in :mod:`dce.logit`.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import linprog

from dce.errors import SeparationError, listed
from dce.estimation.tasks import Tasks
from dce.logit import FloatArray

VANISHED = 1e-4
"""Information left in some direction at the maximum, relative to zero coefficients, below which
the answers may be separated; a linear programme then decides."""


def may_be_separated(at_zero: FloatArray, at_maximum: FloatArray) -> bool:
    """Whether information has all but vanished in some direction."""
    scale = 1 / np.sqrt(np.diag(at_zero))
    left = eigh(
        at_maximum * np.outer(scale, scale),
        at_zero * np.outer(scale, scale),
        eigvals_only=True,
        subset_by_index=[0, 0],
    )
    return bool(left[0] < VANISHED)


def check_separated(tasks: Tasks, names: tuple[str, ...]) -> None:
    """Refuse answers that some combination of coefficients predicts perfectly.

    The maximum exists if and only if there is no direction d with (x_chosen - x_j)'d >= 0 for
    every alternative of every task, and > 0 for some (Albert and Anderson 1984). Coefficients are
    taken out one by one for as long as such a direction remains; what is left is named.

    Raises
    ------
    SeparationError
    """
    task, chosen = np.nonzero(tasks.counts > 0)
    others = tasks.available[task]
    others[np.arange(len(task)), chosen] = False
    X = tasks.X[task]
    D = np.unique((X[np.arange(len(task)), chosen][:, None] - X)[others], axis=0)
    scale = np.abs(D).max(axis=0)
    D = D / np.where(scale > 0, scale, 1.0)
    if not _separates(D):
        return
    kept = list(range(len(names)))
    for k in range(len(names)):
        fewer = [i for i in kept if i != k]
        if fewer and _separates(D[:, fewer]):
            kept = fewer
    raise SeparationError(
        f"perfect prediction: {listed([names[k] for k in kept], 20)} predicts answers without "
        "exception, so that its estimate is infinite. Is a level always or never chosen?"
    )


def _separates(D: FloatArray) -> bool:
    result = linprog(-D.sum(axis=0), A_ub=-D, b_ub=np.zeros(len(D)), bounds=(-1, 1), method="highs")
    return bool(result.status == 0 and float(result.fun or 0.0) < -1e-7)
