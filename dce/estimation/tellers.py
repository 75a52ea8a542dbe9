"""Which clusters tell a coefficient: those with a task in which its column differs between alternatives.

Scores sum to zero over all clusters, so that a sandwich hides what one cluster alone tells: its score is
zero, and the standard error with it. With few such clusters it is too small.
"""

from __future__ import annotations

import numpy as np

from dce.estimation.clusters import Clusters
from dce.estimation.tasks import Tasks
from dce.logit import BoolArray, FloatArray, IntArray

FEW = 10
"""Clusters that tell a coefficient, below which its clustered standard error is cautioned."""
DIFFERS = 1e-9
"""Of the spread of a column: differences below it are rounding."""
FIRST = 256
"""Answered tasks that are looked at first; mostly they suffice. Then ever more."""


def few_tellers(tasks: Tasks, clusters: Clusters, information: FloatArray) -> dict[int, IntArray]:
    """Return the coefficients that fewer than ten clusters tell, with the numbers of these clusters.

    Parameters
    ----------
    tasks : Tasks
        Centred.
    clusters : Clusters
    information : (K, K) array
        Whose diagonal tells the spread of each column.
    """
    least = DIFFERS * np.sqrt(np.diag(information) / tasks.weights.sum())
    found: dict[int, set[int]] = {k: set() for k in range(len(least))}
    open_ones = list(found)
    of_distinct = None if tasks.which is None else _differs(tasks.X, least)
    start, size = 0, FIRST
    while open_ones and start < len(tasks.chosen):
        part = slice(start, start + size)
        if of_distinct is None or tasks.which is None:
            differs = _differs(tasks.X[part], least)
        else:
            differs = of_distinct[tasks.which[part]]
        for k in open_ones:
            found[k].update(np.unique(clusters.numbers[part][differs[:, k]]).tolist())
        open_ones = [k for k in open_ones if len(found[k]) < FEW]
        start, size = start + size, 2 * size
    return {k: np.array(sorted(found[k]), dtype=np.intp) for k in open_ones}


def _differs(X: FloatArray, least: FloatArray) -> BoolArray:
    """Return whether each column differs between the alternatives of each task, (T, K)."""
    return np.asarray((np.abs(X) > least).any(axis=1))
