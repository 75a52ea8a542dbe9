"""Which columns of X tell all others: what tasks identify of a utility that they do not identify whole.

Notation as in :mod:`dce.estimation.tasks`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dce.estimation.likelihood import centre, derivatives
from dce.estimation.tasks import Tasks
from dce.identification import NO_DIFFERENCE, is_singular
from dce.logit import FloatArray


def independent_columns(tasks: Tasks, order: Sequence[int] | None = None) -> tuple[list[int], FloatArray]:
    """Centre tasks, and find columns that are no combinations of one another, and tell the others.

    Parameters
    ----------
    tasks : Tasks
    order : sequence of int, optional
        In which the K columns are taken for as long as they are independent of those before.

    Returns
    -------
    list of int
        The k columns, rising.
    (k, K) array
        M with X = X[..., columns] M within tasks: of coefficients b the answers tell M b.
    """
    size = centre(tasks)
    K = len(size)
    at_zero = derivatives(tasks, np.zeros(K), information=True).information
    assert at_zero is not None
    differs = np.diag(at_zero) > NO_DIFFERENCE * np.maximum(size, np.finfo(float).tiny)
    columns: list[int] = []
    for k in range(K) if order is None else order:
        more = [*columns, int(k)]
        if differs[k] and not is_singular(at_zero[np.ix_(more, more)]):
            columns = more
    columns.sort()
    M = np.zeros((len(columns), K))
    M[:, columns] = np.eye(len(columns))
    others = [k for k in np.flatnonzero(differs) if k not in columns]
    if others:
        scale = np.sqrt(np.diag(at_zero))
        X = tasks.X.reshape(-1, K)
        by, *_ = np.linalg.lstsq(X[:, columns] / scale[columns], X[:, others] / scale[others], rcond=None)
        M[:, others] = by * scale[others] / scale[columns][:, None]
    return columns, M
