"""The clusters of a fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dce.estimation.fit import Fit
from dce.logit import IntArray


@dataclass(frozen=True)
class FitClusters:
    """Which cluster each answered task is in.

    Attributes
    ----------
    column : str
    numbers : (T,) integer array
        From 0.
    values : pandas.Index
        What the column holds in each of the G clusters.
    """

    column: str
    numbers: IntArray
    values: pd.Index

    @property
    def count(self) -> int:
        """The number of clusters, G."""
        return len(self.values)


def clusters_of(fit: Fit) -> FitClusters:
    """Return the clusters of the fit's errors, else the respondents, else the answered tasks."""
    frame, layout = fit.choices.frame, fit.choices.layout
    column = fit.inference.clusters or "respondent"
    first = layout.rows[:, 0]
    if column not in frame:
        values = pd.Index(frame["task"].to_numpy()[first], name="task")
        return FitClusters("task", np.arange(len(first)), values)
    numbers, values = pd.factorize(frame[column].to_numpy()[first])
    return FitClusters(column, np.asarray(numbers, dtype=np.intp), pd.Index(values, name=column))
