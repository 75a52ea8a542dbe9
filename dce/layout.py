"""Where the rows of a long frame stand in arrays of T tasks and J alternatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from dce.columns import Codes, Columns, coded, combined, numbered
from dce.logit import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class TaskRows:
    """The rows of each task.

    Attributes
    ----------
    task : (N,) integer array
        Number of each row's task, from 0 in order of appearance.
    rows : (T, J) integer array
        Row of each alternative; 0 where a task lacks it.
    shown : (T, J) boolean array
        Whether the frame has a row for it.
    in_order : bool
        Whether ``rows`` counts the rows of the frame, so that arranging them is reshaping them.
    """

    task: Codes
    rows: IntArray
    shown: BoolArray
    in_order: bool

    def arrange(self, column: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Return a column by task, (T, J); where a task lacks an alternative, what row 0 has."""
        return column.reshape(self.rows.shape) if self.in_order else column[self.rows]


@dataclass(frozen=True)
class Layout:
    """Where the rows of a long frame stand in arrays of T tasks and J alternatives.

    Attributes
    ----------
    rows : (T, J) integer array
        Row of each alternative; 0 where a task lacks it.
    shown : (T, J) boolean array
        Whether the frame has a row for it.
    available : (T, J) boolean array
        Whether it could be chosen.
    chosen : (T,) integer array
        Index of the chosen alternative.
    weights : (T,) array
    respondents : (T,) integer array or None
        Number of the respondent, from 0; None where respondents are unknown.
    in_order : bool
        Whether ``rows`` counts the rows of the frame, so that arranging them is reshaping them.
    """

    rows: IntArray
    shown: BoolArray
    available: BoolArray
    chosen: IntArray
    weights: FloatArray
    respondents: IntArray | None
    in_order: bool = False


def task_rows(columns: Columns) -> TaskRows:
    """Find the rows of each task: those with the same ``task`` and, where known, ``respondent``."""
    task = _task_of_rows(columns)
    sizes = np.bincount(task)
    most = int(sizes.max())
    sorted_already = bool((task[1:] >= task[:-1]).all())
    if sorted_already and sizes.min() == most:
        rows = np.arange(len(task)).reshape(-1, most)
        return TaskRows(task, rows, np.ones(rows.shape, dtype=bool), in_order=True)
    order = np.arange(len(task)) if sorted_already else np.argsort(task, kind="stable")
    place = np.arange(len(task)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    rows = np.zeros((len(sizes), most), dtype=np.intp)
    shown = np.zeros(rows.shape, dtype=bool)
    rows[task[order], place] = order
    shown[task[order], place] = True
    return TaskRows(task, rows, shown, in_order=False)


def layout_of(columns: Columns, of_tasks: TaskRows) -> Layout:
    """Arrange checked answers by task."""
    frame, rows, shown = columns.frame, of_tasks.rows, of_tasks.shown
    is_chosen = frame["chosen"].to_numpy()
    available = shown
    if "available" in columns:
        available = shown & frame["available"].to_numpy(dtype=bool)[rows]
    if of_tasks.in_order:
        chosen = np.flatnonzero(is_chosen) % rows.shape[1]
    else:
        chosen = (is_chosen.astype(bool)[rows] & available).argmax(axis=1)
    first = rows[:, 0]
    weights = frame["weight"].to_numpy(dtype=np.float64)[first] if "weight" in columns else np.ones(len(rows))
    respondents = None
    if "respondent" in columns:
        respondents = _at(columns, "respondent", first).astype(np.intp)
    return Layout(rows, shown, available, chosen, weights, respondents, of_tasks.in_order)


def some_tasks(layout: Layout, these: BoolArray) -> Layout:
    """Return the layout of some of the tasks; ``these`` (T,) says which."""
    return Layout(
        rows=layout.rows[these],
        shown=layout.shown[these],
        available=layout.available[these],
        chosen=layout.chosen[these],
        weights=layout.weights[these],
        respondents=None if layout.respondents is None else layout.respondents[these],
    )


def _task_of_rows(columns: Columns) -> Codes:
    """Number the rows' tasks, from the first row of each run of rows with equal values."""
    names = [name for name in ("respondent", "task") if name in columns]
    N = len(columns.frame)
    new = np.zeros(N, dtype=bool)
    new[0] = True
    for name in names:
        values = _comparable(columns, name)
        new[1:] |= values[1:] != values[:-1]
    starts = np.flatnonzero(new)
    run = numbered(new)
    parts = [_at(columns, name, starts) for name in names]
    of_run, _ = combined([(part, int(part.max()) + 1) for part in parts])
    if (of_run[1:] > of_run[:-1]).all():
        return run  # every run is a task of its own
    of_task: Codes = pd.factorize(of_run)[0].astype(np.int64)
    return of_task[run]


def _comparable(columns: Columns, name: str) -> npt.NDArray[np.generic]:
    """Return numbers that are equal where the column is."""
    values = columns.frame[name]
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iuf":
        return values.to_numpy()
    return columns.coded(name).codes


def _at(columns: Columns, name: str, rows: IntArray) -> Codes:
    """Return numbers, from 0 in order of appearance, of a column at some rows."""
    return coded(pd.Series(_comparable(columns, name)[rows], copy=False)).codes
