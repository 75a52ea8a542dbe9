"""Whom probabilities are averaged over: the respondents, by the characteristics in the utility."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dce.estimation.calibrated import AnyFit
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import FloatArray

FEW = 1_000
"""Tasks that are looked at before all of them."""


def characteristics(fit: AnyFit) -> tuple[str, ...]:
    """Return the variables of the utility that belong to who chooses, not to a service."""
    attributes = fit.study.attribute_names if fit.study else ()
    others = [v for v in fit.coding.variables if v not in {*attributes, ALTERNATIVE, CONSTANTS}]
    return tuple(name for name in others if not _differs_within_tasks(fit, name))


def _differs_within_tasks(fit: AnyFit, name: str) -> bool:
    """Whether a variable differs between alternatives; most that do show it in the first tasks."""
    layout, column = fit.choices.layout, fit.choices.frame[name]
    rows, shown = layout.rows[:FEW], layout.shown[:FEW]
    codes = pd.factorize(column.iloc[rows.ravel()])[0].reshape(rows.shape)
    if ((codes != codes[:, :1]) & shown).any():
        return True
    return fit.choices.differs_within_tasks(name)


def mix(fit: AnyFit, names: Sequence[str]) -> tuple[pd.DataFrame, FloatArray]:
    """Return the distinct values of some characteristics among the respondents, and their shares.

    Every respondent counts with the mean weight of the answered tasks, however many these are; where
    respondents are unknown, every answered task counts with its weight.

    Returns
    -------
    pandas.DataFrame
        C rows, one column per characteristic.
    (C,) array
        Shares that sum to one.
    """
    choices = fit.choices
    layout = choices.layout
    values = choices.frame[list(names)].iloc[layout.rows[:, 0]].reset_index(drop=True)
    weight = layout.weights
    if layout.respondents is not None:
        weight = weight / np.bincount(layout.respondents)[layout.respondents]
    sums = values.assign(_weight=weight).groupby(list(names), observed=True)["_weight"].sum()
    distinct = sums.index.to_frame(index=False)
    shares = sums.to_numpy(dtype=np.float64)
    return distinct, shares / shares.sum()
