"""Clusters that gave the same answers to the same tasks, counted.

In a designed experiment many respondents are alike; sums over clusters need each kind once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from dce.columns import coded, combined, distinct
from dce.estimation.tasks import Tasks
from dce.logit import FloatArray, IntArray

MOST_KINDS = 0.5
"""Share of clusters of different kinds up to which counting them pays."""
MOST_EMPTY = 4
"""How many times as many answers as the average cluster has the largest may have: a table of clusters
by answers would be mostly empty."""


@dataclass(frozen=True)
class AlikeClusters:
    """The kinds of clusters.

    Attributes
    ----------
    answers : (A, S J) sparse array
        Sum of the weights of the answers to each distinct task.
    times : (A,) array
        How many clusters gave them.
    """

    answers: csr_array
    times: FloatArray


def alike_clusters(tasks: Tasks, clusters: IntArray) -> AlikeClusters | None:
    """Count clusters that are alike; None where tasks are not collapsed, or most clusters differ.

    Parameters
    ----------
    tasks : Tasks
    clusters : (T,) integer array
        Numbers from 0.
    """
    if tasks.which is None:
        return None
    sizes = np.bincount(clusters)
    G, most = len(sizes), int(sizes.max())
    if most > MOST_EMPTY * sizes.mean():
        return None
    cells, below = tasks.cells, tasks.counts.size
    if (tasks.weights != tasks.weights[0]).any():
        of_weights = coded(pd.Series(tasks.weights, copy=False))
        cells = of_weights.codes.astype(np.int64) * below + cells
        below *= len(of_weights.values)
    order = None if (clusters[1:] >= clusters[:-1]).all() else np.lexsort((cells, clusters))
    table = _by_cluster(cells if order is None else cells[order], sizes, most)
    codes, size = combined([(table[:, n], below + 1) for n in range(most)])
    which, first = distinct(codes, size)
    if len(first) > MOST_KINDS * G:
        return None
    times = np.bincount(which, minlength=len(first)).astype(np.float64)
    ends = np.cumsum(sizes)
    rows = np.concatenate([np.arange(end - n, end) for end, n in zip(ends[first], sizes[first], strict=True)])
    rows = rows if order is None else order[rows]
    kinds = np.repeat(np.arange(len(first)), sizes[first])
    answers = csr_array(
        (tasks.weights[rows], (kinds, tasks.cells[rows])), shape=(len(first), tasks.counts.size)
    )
    return AlikeClusters(answers, times)


def _by_cluster(cells: IntArray, sizes: IntArray, most: int) -> IntArray:
    """Return one more than the cells of each cluster, (G, most), column by column in memory; else zero."""
    table = np.zeros((len(sizes), most), dtype=np.intp, order="F")
    if sizes.min() == most:
        np.add(cells.reshape(-1, most), 1, out=table)
        return table
    place = np.arange(len(cells)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    table[np.repeat(np.arange(len(sizes)), sizes), place] = cells + 1
    return table
