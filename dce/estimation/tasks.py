"""Answered tasks as the likelihood sees them: distinct tasks, and how often each answer was given.

In a designed experiment thousands of respondents answer a few dozen distinct tasks. Likelihood, its
derivatives and the scores then need each distinct task once. Where tasks hardly repeat, every answered
task is its own.

Notation: T answered tasks, S distinct ones, J alternatives, K coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dce.coding import CodedRows
from dce.layout import Layout
from dce.logit import BoolArray, FloatArray, IntArray

SAMPLE = 4_096
"""Rows among which repetition is looked for before all rows are compared."""
REPEATED = 0.5
"""Share of distinct rows, or tasks, up to which collapsing pays."""


@dataclass(frozen=True)
class Tasks:
    """S distinct tasks and the T answers to them.

    Attributes
    ----------
    X : (S, J, K) array
        Attributes as coded; zero where a task lacks an alternative.
    available : (S, J) boolean array
    counts : (S, J) array
        Sum of the weights of the answers that chose the alternative.
    which : (T,) integer array or None
        The distinct task of each answered one; None: each is its own, and S = T.
    chosen : (T,) integer array
    weights : (T,) array
    """

    X: FloatArray
    available: BoolArray
    counts: FloatArray
    which: IntArray | None
    chosen: IntArray
    weights: FloatArray

    @cached_property
    def totals(self) -> FloatArray:
        """Sum of the weights of each distinct task, (S,)."""
        return np.asarray(self.counts @ np.ones(self.counts.shape[1]))

    @cached_property
    def all_available(self) -> bool:
        """Whether no task lacks an alternative."""
        return bool(self.available.all())

    @cached_property
    def each_once(self) -> bool:
        """Whether every distinct task is answered once, with a weight of one."""
        return bool((self.totals == 1).all())

    @cached_property
    def cells(self) -> IntArray:
        """Distinct task and answer of each answered task as one number below S J, (T,)."""
        assert self.which is not None
        return np.asarray(self.which * self.X.shape[1] + self.chosen, dtype=np.intp)

    @cached_property
    def stacked_identities(self) -> FloatArray:
        """J identity matrices on top of one another, (J K, K): a product with them sums over alternatives."""
        _, J, K = self.X.shape
        return np.tile(np.eye(K), (J, 1))

    @property
    def mean_weight(self) -> float:
        """Mean weight of an answered task."""
        return float(self.weights.mean())


def gather(coded: CodedRows, layout: Layout) -> Tasks:
    """Return the answered tasks of coded rows, collapsed where that pays.

    Parameters
    ----------
    coded : CodedRows
        The N rows of a long frame.
    layout : Layout
        Where the rows stand.
    """
    rows = _repeated_rows(coded)
    if rows is not None:
        X, row_of = rows
        ids = np.where(layout.available, row_of[layout.rows] + 1, 0)
        which, first = _distinct(ids, len(X) + 1)
        if len(first) <= REPEATED * len(ids):
            return collapsed(_arranged(X, ids[first] - 1), layout, which, first)
    X = coded.matrix()
    T, J = layout.rows.shape
    arranged = X.reshape(T, J, -1) if layout.in_order else X[layout.rows]
    if not layout.available.all():
        arranged = np.where(layout.available[..., None], arranged, 0.0)
    return each_its_own(arranged, layout.available, layout.chosen, layout.weights)


def each_its_own(X: FloatArray, available: BoolArray, chosen: IntArray, weights: FloatArray) -> Tasks:
    """Return T answered tasks that are not collapsed."""
    counts = np.zeros(available.shape)
    counts[np.arange(len(chosen)), chosen] = weights
    return Tasks(X, available, counts, None, chosen, weights)


def collapsed(X: FloatArray, layout: Layout, which: IntArray, first: IntArray) -> Tasks:
    """Return S distinct tasks, X (S, J, K), of which ``which`` (T,) are the answered ones."""
    S, J, _ = X.shape
    counts: FloatArray = np.zeros(S * J)
    counts += np.bincount(which * J + layout.chosen, weights=layout.weights, minlength=S * J)
    return Tasks(X, layout.available[first], counts.reshape(S, J), which, layout.chosen, layout.weights)


def _arranged(X: FloatArray, ids: IntArray) -> FloatArray:
    """Return the rows of each task, (S, J, K); zero where the id is -1."""
    return np.where((ids >= 0)[..., None], X[np.maximum(ids, 0)], 0.0)


def _repeated_rows(coded: CodedRows) -> tuple[FloatArray, IntArray] | None:
    """Return distinct rows and which each row is, or None if they hardly repeat."""
    if coded.which is not None:
        return coded.X, coded.which
    X = coded.X
    some = X[np.random.default_rng(0).integers(0, len(X), SAMPLE)] if len(X) > SAMPLE else X
    if len(np.unique(_hashes(some))) > REPEATED * len(some):
        return None
    hashes = _hashes(X)
    which, distinct = pd.factorize(hashes)
    first = _first(which, len(distinct))
    if not np.array_equal(X, X[first][which]):
        return None  # two rows with one hash: rare, and then nothing is collapsed
    return X[first], which


def _hashes(X: FloatArray) -> np.ndarray:
    """Return a number for each row that is the same for equal rows."""
    odd = np.random.default_rng(1).integers(1, 2**63, X.shape[1], dtype=np.uint64) | np.uint64(1)
    bits = np.ascontiguousarray(X).view(np.uint64)
    mixed = bits ^ (bits >> np.uint64(32))
    return np.asarray((mixed * odd).sum(axis=1, dtype=np.uint64))


def _distinct(ids: IntArray, base: int) -> tuple[IntArray, IntArray]:
    """Return which distinct row of ids, (T, J) numbers below base, each is, and where each is first."""
    codes = np.zeros(len(ids), dtype=np.int64)
    size = 1
    for column in ids.T:
        if size > np.iinfo(np.int64).max // base:
            codes, distinct = pd.factorize(codes)
            size = len(distinct)
        codes = codes * base + column
        size *= base
    which, distinct = pd.factorize(codes)
    return np.asarray(which, dtype=np.intp), _first(which, len(distinct))


def _first(which: IntArray, count: int) -> IntArray:
    """Return where each of the numbers below count occurs first."""
    first = np.empty(count, dtype=np.intp)
    first[which[::-1]] = np.arange(len(which))[::-1]
    return first
