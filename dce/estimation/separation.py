"""Whether answers are predicted perfectly, so that no maximum exists, and by which coefficients.

Notation as in :mod:`dce.logit`.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import eigh
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack

from dce.errors import SeparationError, listed
from dce.estimation.tasks import Tasks
from dce.logit import FloatArray

VANISHED = 1e-4
"""Information left in some direction at the maximum, relative to zero coefficients, below which
the answers may be separated; a linear programme then decides."""
ROUNDING = 1e-12
"""Differences, relative to the largest of their column, that are the rounding of values that are the same."""
PREDICTED = 1e-7
"""Least difference in utility that counts: what the linear programme takes for zero is smaller."""
LONGEST = 1e4
"""Largest coefficient that is looked at when answers are counted that are predicted."""


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
        With the answered tasks that are predicted.
    """
    task, chosen = np.nonzero(tasks.counts > 0)
    others = tasks.available[task]
    others[np.arange(len(task)), chosen] = False
    X = tasks.X[task]
    D = (X[np.arange(len(task)), chosen][:, None] - X)[others]
    scale = np.abs(D).max(axis=0)
    scale[scale == 0] = 1.0
    D = D / scale
    D[np.abs(D) < ROUNDING] = 0.0
    distinct, which = np.unique(D, axis=0, return_inverse=True)
    if _direction(distinct) is None:
        return
    kept = list(range(len(names)))
    for k in range(len(names)):
        fewer = [i for i in kept if i != k]
        if fewer and _direction(distinct[:, fewer]) is not None:
            kept = fewer
    direction = _farthest(distinct[:, kept])
    predicted = np.zeros(tasks.counts.shape, dtype=bool)
    row = np.nonzero(others)[0][(distinct[:, kept] @ direction > PREDICTED)[which.ravel()]]
    predicted[task[row], chosen[row]] = True
    of_answers = np.arange(len(tasks.chosen)) if tasks.which is None else tasks.which
    answers = np.flatnonzero(predicted[of_answers, tasks.chosen])
    named = [names[k] for k in kept]
    what = "predicts answers without exception, so that its estimate is"
    if len(named) > 1:
        what = "together predict answers without exception, so that their estimates are"
    how = _how(distinct[:, kept], direction, scale[kept], named)
    raise SeparationError(
        f"perfect prediction: {listed(named, 20)} {what} infinite: in {len(answers):,d} of "
        f"{len(tasks.chosen):,d} answered tasks the chosen alternative has {how}",
        answers,
    )


def _how(D: FloatArray, direction: FloatArray, scale: FloatArray, names: list[str]) -> str:
    """Say what the chosen alternative has, of which no other has more or less."""
    if len(names) > 1:
        return "more of a sum of them than others, and in none less."
    more, less = ("more", "less") if direction[0] > 0 else ("less", "more")
    text = f"{more} {names[0]} than others, and in none {less}."
    if np.isclose(scale[0], 1.0) and np.isin(np.abs(D), (0.0, 1.0)).all():
        text += f" Is a level {'always' if direction[0] > 0 else 'never'} chosen?"
    return text


def _direction(D: FloatArray) -> FloatArray | None:
    """Return a direction along which no answer becomes less probable, and some more, if there is one."""
    result = linprog(-D.sum(axis=0), A_ub=-D, b_ub=np.zeros(len(D)), bounds=(-1, 1), method="highs")
    found = result.status == 0 and float(result.fun or 0.0) < -PREDICTED
    return np.asarray(result.x, dtype=np.float64) if found else None


def _farthest(D: FloatArray) -> FloatArray:
    """Return the direction, of those that make no answer less probable, that makes most of them more so.

    It is the largest sum of min(1, D d), where as many differences as can be are above zero.
    """
    n, K = D.shape
    above = hstack([csr_array(-D), eye_array(n)])
    result = linprog(  # type: ignore[call-overload]  # its published types know no sparse matrices
        np.r_[np.zeros(K), -np.ones(n)],
        A_ub=above,
        b_ub=np.zeros(n),
        bounds=[(-LONGEST, LONGEST)] * K + [(0, 1)] * n,
        method="highs",
    )
    return np.asarray(result.x[:K], dtype=np.float64)
