"""Whether two models are of the same answers, and one is a special case of the other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.coding import CodedRows, Coding
from dce.errors import EstimationError, listed
from dce.estimation.fit import Fit
from dce.estimation.likelihood import centre
from dce.estimation.tasks import gather
from dce.logit import FloatArray

LEFT_OVER = 1e-7
"""Largest part of a column, relative to its largest difference within a task, that may be left
unexplained by the columns of the larger model."""


def check_same_answers(first: Fit, second: Fit) -> None:
    """Refuse fits to different answers.

    Raises
    ------
    EstimationError
    """
    if first.choices is second.choices:
        return
    a, b = _answers(first.choices), _answers(second.choices)
    only = sorted(set(a.columns) ^ set(b.columns))
    if only:
        raise EstimationError(
            f"the two fits are of different answers: one has {listed(only)}, the other has not; only "
            "fits of the same answers can be compared."
        )
    if not a.equals(b):
        raise EstimationError(
            f"the two fits are of different answers: {first.n_tasks:,d} answered tasks from {first.source}, "
            f"and {second.n_tasks:,d} from {second.source}; only fits of the same answers can be compared."
        )


def nesting(choices: Choices, larger: Coding, smaller: Coding) -> FloatArray | None:
    """Return M (K, k) with which the k columns of the smaller model are sums of the larger one's.

    Then b = M c makes the larger model the smaller one. None if there is no such M: the models
    are not nested.
    """
    K = len(larger.names)
    frame = choices.frame
    tasks = gather(_side_by_side(larger.rows(frame), smaller.rows(frame)), choices.layout)
    centre(tasks)
    X = tasks.X.reshape(-1, K + len(smaller.names))
    M = np.zeros((K, len(smaller.names)))
    others = []
    for j, name in enumerate(smaller.names):
        i = larger.names.index(name) if name in larger.names else None
        if i is not None and np.array_equal(X[:, i], X[:, K + j]):
            M[i, j] = 1.0
        else:
            others.append(j)
    if not others:
        return M
    size = np.abs(X).max(axis=0)
    X = X / np.where(size > 0, size, 1.0)
    right = X[:, [K + j for j in others]]
    by, *_ = np.linalg.lstsq(X[:, :K], right, rcond=None)
    if np.abs(right - X[:, :K] @ by).max() > LEFT_OVER:
        return None
    M[:, others] = by * size[K:][others] / size[:K, None]
    return M


def _side_by_side(a: CodedRows, b: CodedRows) -> CodedRows:
    if a.which is None or b.which is None:
        return CodedRows(np.hstack([a.matrix(), b.matrix()]), None)
    which, pairs = pd.factorize(a.which * len(b.X) + b.which)
    X = np.hstack([a.X[pairs // len(b.X)], b.X[pairs % len(b.X)]])
    return CodedRows(X, np.asarray(which, dtype=np.intp))


def _answers(choices: Choices) -> pd.DataFrame:
    """Return who chose what among what, whatever the order of the rows."""
    names = ["respondent", "task", "alternative", "chosen", "available", "weight"]
    frame = choices.frame[[name for name in names if name in choices.frame]]
    keys = [name for name in names[:3] if name in frame]
    return frame.astype(dict.fromkeys(keys, str)).sort_values(keys).reset_index(drop=True)
