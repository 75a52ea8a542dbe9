"""The markets in which elasticities are computed: a scenario, or all answered tasks together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dce.estimation.calibrated import AnyFit
from dce.estimation.derivatives import numeric_attribute, slopes
from dce.estimation.scenario import coded_scenarios, matrix, scenario_notes
from dce.formula import ALTERNATIVE
from dce.logit import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Market:
    """C classes that choose between J services, and an attribute z.

    Attributes
    ----------
    services : tuple
    X, D : (C, J, K) arrays
        As coded, and the derivative with respect to the service's own attribute.
    z : (C, J) array
        The attribute; zero where a service lacks it.
    shares : (C,) array
    available : (C, J) boolean array or None
    has : (J,) boolean array
        Whether a service has the attribute.
    notes : tuple of str
    """

    services: tuple[object, ...]
    X: FloatArray
    D: FloatArray
    z: FloatArray
    shares: FloatArray
    available: BoolArray | None
    has: BoolArray
    notes: tuple[str, ...]


def scenario_market(fit: AnyFit, frame: pd.DataFrame, attribute: str, scale: float) -> Market:
    """Return a scenario, seen by the kinds of respondents over whom it is averaged.

    Raises
    ------
    ScenarioError
    """
    numeric_attribute(fit, attribute)
    (one,) = coded_scenarios(fit, frame, scale, stacklevel=4)
    C, J, _ = one.X.shape
    z = one.seen[attribute].to_numpy(dtype=np.float64, na_value=np.nan).reshape(C, J)
    D = slopes(fit, one.seen, attribute).reshape(one.X.shape) * scale
    notes = tuple(scenario_notes(fit, [one], scale))
    has = ~np.isnan(z).any(axis=0)
    return Market(one.services, one.X, D, np.nan_to_num(z), one.shares, None, has, notes)


def answered_market(fit: AnyFit, attribute: str, scale: float) -> Market:
    """Return the answered tasks as classes, distinct ones once, by alternative.

    Raises
    ------
    ScenarioError
    """
    numeric_attribute(fit, attribute)
    choices = fit.choices
    rows, available = _by_alternative(fit)
    kinds = np.where(available, _kinds_of_rows(fit, attribute)[rows] + 1, 0)
    _, first, which = np.unique(kinds, axis=0, return_index=True, return_inverse=True)
    weights = np.bincount(which.ravel(), weights=choices.layout.weights)
    rows, available = rows[first], available[first]
    frame = choices.frame.iloc[rows.ravel()].reset_index(drop=True)
    shape = (*rows.shape, len(fit.coding.names))
    z = frame[attribute].to_numpy(dtype=np.float64, na_value=np.nan).reshape(rows.shape)
    has = (~np.isnan(z) & available).any(axis=0)
    notes = [
        "Aggregate elasticities over the answered tasks, weighted by the probability of each alternative"
        + (" and the weights." if "weight" in choices.frame else "."),
        *scenario_notes(fit, [], scale),
    ]
    return Market(
        services=choices.alternatives,
        X=matrix(fit, frame).reshape(shape) * scale,
        D=slopes(fit, frame, attribute).reshape(shape) * scale,
        z=np.where(available, np.nan_to_num(z), 0.0),
        shares=weights / weights.sum(),
        available=None if available.all() else available,
        has=has,
        notes=tuple(notes),
    )


def _by_alternative(fit: AnyFit) -> tuple[IntArray, BoolArray]:
    """Return the row of every alternative in each task, (T, J), and whether it was available."""
    choices = fit.choices
    layout = choices.layout
    code = {name: k for k, name in enumerate(choices.alternatives)}
    codes = choices.frame[ALTERNATIVE].map(code).to_numpy(dtype=np.intp)
    rows = np.repeat(layout.rows[:, :1], len(code), axis=1)
    available = np.zeros(rows.shape, dtype=bool)
    task, place = np.nonzero(layout.available)
    row = layout.rows[task, place]
    rows[task, codes[row]] = row
    available[task, codes[row]] = True
    return rows, available


def _kinds_of_rows(fit: AnyFit, attribute: str) -> IntArray:
    """Number rows of the answers that are the same in all that matters here, (N,)."""
    frame = fit.choices.frame
    which = fit.coding.rows(frame).which
    if which is None:
        return np.arange(len(frame))
    of_z = pd.factorize(frame[attribute], use_na_sentinel=False)[0]
    return np.asarray(pd.factorize(which * (of_z.max() + 1) + of_z)[0], dtype=np.intp)
