"""Clusters: answers that depend on one another, such as those of a respondent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.errors import EstimationError, listed, quoted
from dce.logit import IntArray

RESPONDENT = "respondent"


@dataclass(frozen=True, eq=False)
class Clusters:
    """Which cluster each of T answered tasks is in.

    Attributes
    ----------
    column : str
    numbers : (T,) integer array
        From 0.
    rows : (G,) integer array
        A row of the answers in each cluster.
    of_rows : pandas.Series
        What the column holds in each row.
    divided : int
        Respondents whose answers are in more than one cluster.
    """

    column: str
    numbers: IntArray
    rows: IntArray
    of_rows: pd.Series
    divided: int = 0

    @property
    def count(self) -> int:
        """The number of clusters, G."""
        return len(self.rows)

    @cached_property
    def values(self) -> np.ndarray:
        """What the column holds in each cluster, (G,)."""
        return np.asarray(self.of_rows.iloc[self.rows], dtype=object)

    @cached_property
    def in_order(self) -> Clusters:
        """The same clusters, numbered in the order of their values, whatever the order of rows."""
        try:
            order = np.argsort(self.values, kind="stable")
        except TypeError:  # values of several types
            order = np.argsort([f"{type(v).__name__} {v}" for v in self.values], kind="stable")
        rank = np.empty_like(order)
        rank[order] = np.arange(len(order))
        return Clusters(self.column, rank[self.numbers], self.rows[order], self.of_rows, self.divided)

    def name(self, number: int) -> str:
        """Return what messages call a cluster."""
        return f"{self.column} {quoted(self.values[number])}"


def find_clusters(choices: Choices, column: str | None = None) -> Clusters:
    """Return the clusters that a column of the answers tells; default: the respondents.

    Raises
    ------
    EstimationError
        If there is no such column, a value is missing, or it differs within a task.
    """
    name, frame = column or RESPONDENT, choices.frame
    if name not in frame and name != RESPONDENT:
        raise EstimationError(f"clusters: there is no column {name!r}; found: {listed(frame.columns, 30)}.")
    if name not in frame:
        raise EstimationError(
            "clustered standard errors need respondents, and these answers name none: give "
            "covariance='robust' or 'classical', or say with clusters= which column holds the clusters."
        )
    if name == RESPONDENT:
        assert choices.layout.respondents is not None
        return _numbered(choices, name, choices.layout.respondents, 0)
    missing = int(frame[name].isna().sum())
    if missing:
        raise EstimationError(
            f"clusters: {name!r} is missing in {missing:,d} rows; allowed: a value in each."
        )
    if choices.differs_within_tasks(name):
        raise EstimationError(f"clusters: {name!r} differs within a task; allowed: one value in each task.")
    of_tasks = frame[name].iloc[choices.layout.rows[:, 0]]
    numbers = np.asarray(pd.factorize(of_tasks)[0], dtype=np.intp)
    return _numbered(choices, name, numbers, _divided(choices, numbers))


def respondents_or_tasks(choices: Choices) -> Clusters:
    """Return the clusters that answers are resampled by: respondents, or tasks where none are known."""
    return find_clusters(choices, RESPONDENT if RESPONDENT in choices.frame else "task")


def _numbered(choices: Choices, column: str, numbers: IntArray, divided: int) -> Clusters:
    task = np.empty(int(numbers.max()) + 1, dtype=np.intp)
    task[numbers[::-1]] = np.arange(len(numbers))[::-1]  # the first of each cluster
    return Clusters(column, numbers, choices.layout.rows[task, 0], choices.frame[column], divided)


def _divided(choices: Choices, numbers: IntArray) -> int:
    """Return how many respondents have answers in more than one cluster."""
    respondents = choices.layout.respondents
    if respondents is None:
        return 0
    pairs = np.unique(np.column_stack([respondents, numbers]), axis=0)
    return int((np.bincount(pairs[:, 0]) > 1).sum())
