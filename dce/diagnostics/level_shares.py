"""Observed against predicted shares of the answers by level of each attribute.

Notation: T answered tasks, S distinct ones, J alternatives, K coefficients, G clusters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from dce.errors import plain
from dce.estimation.clusters import Clusters
from dce.estimation.fit import Fit
from dce.estimation.likelihood import cluster_sums
from dce.estimation.newton import solve
from dce.formula import ALTERNATIVE
from dce.layout import Layout
from dce.logit import FloatArray, IntArray, mean_attributes

MOST_LEVELS = 12
"""Values up to which each is a level of its own; more are put into classes."""
CLASSES = 5
"""Classes of equal size of an attribute with many values."""
EXACT = 1e-7
"""Standard error, relative to what it were if coefficients were known, below which a difference is zero
because the estimates make it so."""


def level_shares(fit: Fit, P: FloatArray, clusters: Clusters) -> pd.DataFrame:
    """Return observed and predicted shares of all answers, and their difference with its error.

    Parameters
    ----------
    fit : Fit
    P : (S, J) array
        Probabilities of the distinct tasks.
    clusters : Clusters

    Returns
    -------
    pandas.DataFrame
        A row for each level: ``attribute``, ``level``, ``observed``, ``predicted``, ``difference``,
        ``standard error``, ``z``, and ``fitted``: whether the estimates make both shares equal.

    Notes
    -----
    With r_t = sum_j z_tj w_t (y_tj - P_tj) for the indicator z of a level, the difference is sum_t r_t.
    The estimates depend on the same answers, so cluster c contributes r_c - A I^-1 s_c to it, where A is
    the derivative of the predicted sum by the coefficients, I the information and s_c the cluster's
    score. The squared sum of these, times G/(G-1), is the variance; the square of z is the
    cluster-robust score test of adding the level to the utility.
    """
    parts = _residuals(fit, P, clusters)
    return pd.concat(
        [
            pd.DataFrame({"attribute": attribute, "level": labels} | _of_levels(parts, codes, len(labels)))
            for attribute, labels, codes in _attributes(fit)
        ],
        ignore_index=True,
    )


@dataclass(frozen=True)
class _Residuals:
    """What the shares of all attributes need.

    Attributes
    ----------
    layout : Layout
    clusters : Clusters
    residual : (T, J) array
        w (y - P).
    cells : (T, J) integer array
        Row of ``slope``.
    slope : (S J, K) array
        Derivatives of P by the coefficients.
    influence : (G, K) array
        I^-1 s_c.
    """

    layout: Layout
    clusters: Clusters
    residual: FloatArray
    cells: IntArray
    slope: FloatArray
    influence: FloatArray


def _residuals(fit: Fit, P: FloatArray, clusters: Clusters) -> _Residuals:
    tasks, layout = fit.tasks, fit.choices.layout
    T, J = layout.rows.shape
    which = np.arange(T) if tasks.which is None else tasks.which
    residual = -P[which] * layout.weights[:, None]
    residual[np.arange(T), layout.chosen] += layout.weights
    slope = P[..., None] * (tasks.X - mean_attributes(tasks.X, P)[:, None])
    scores = cluster_sums(tasks, fit.maximum.beta, clusters.numbers)
    influence = solve(fit.maximum.information, scores.T).T
    cells = which[:, None] * J + np.arange(J)
    return _Residuals(layout, clusters, residual, cells, slope.reshape(P.size, -1), influence)


def _of_levels(parts: _Residuals, codes: IntArray, L: int) -> dict[str, np.ndarray]:
    """Return the columns of one attribute, whose L levels the rows (N,) of the frame have."""
    layout, numbers, G = parts.layout, parts.clusters.numbers, parts.clusters.count
    of_rows = np.where(layout.available, codes[layout.rows], -1)
    T, J = of_rows.shape
    there = of_rows >= 0
    level, weights = of_rows[there], np.repeat(layout.weights, J).reshape(T, J)[there]
    place = np.repeat(numbers, J).reshape(T, J)[there] * L + level
    r = np.bincount(place, weights=parts.residual[there], minlength=G * L).reshape(G, L)
    A = csr_array((weights, (level, parts.cells[there])), shape=(L, len(parts.slope))) @ parts.slope
    contributions = r - parts.influence @ A.T
    total = float(layout.weights.sum())
    factor = G / (G - 1) if G > 1 else np.nan
    se = np.sqrt((contributions**2).sum(axis=0) * factor) / total
    known = np.sqrt((r**2).sum(axis=0)) / total
    fitted = se <= EXACT * np.maximum(known, np.finfo(float).tiny)
    taken = of_rows[np.arange(T), layout.chosen]
    chose = taken >= 0
    observed = np.bincount(taken[chose], weights=layout.weights[chose], minlength=L) / total
    difference = r.sum(axis=0) / total
    return {
        "observed": observed,
        "predicted": observed - difference,
        "difference": difference,
        "standard error": np.where(fitted, 0.0, se),
        "z": np.divide(difference, se, out=np.full(L, np.nan), where=~fitted),
        "fitted": fitted,
    }


def _attributes(fit: Fit) -> Iterator[tuple[str, list[str], IntArray]]:
    """Yield each attribute, its levels, and the number of each row's, -1 where empty; alternatives first."""
    choices, study = fit.choices, fit.study
    if len(choices.alternatives) <= MOST_LEVELS:
        codes, labels = _alternatives(fit)
        yield "Alternative" if study else ALTERNATIVE, labels, codes
    names = study.attribute_names if study else fit.coding.variables
    for name in names:
        if name in choices.frame and name != ALTERNATIVE and choices.differs_within_tasks(name):
            codes, labels = _classes(fit, name)
            yield study.attribute(name).label if study else name, labels, codes


def _alternatives(fit: Fit) -> tuple[IntArray, list[str]]:
    """Return the number of each row's alternative, and the alternatives' labels."""
    values = list(fit.choices.alternatives)
    labels = [a.label for a in fit.study.all_alternatives] if fit.study else [str(v) for v in values]
    return _numbered(fit.choices.frame[ALTERNATIVE], values), labels


def _classes(fit: Fit, name: str) -> tuple[IntArray, list[str]]:
    """Return the number of each row's level, -1 where it is empty, and the levels' labels."""
    column = fit.choices.frame[name]
    if fit.study:
        attribute = fit.study.attribute(name)
        return _numbered(column, list(attribute.levels)), [str(label) for label in attribute.labels]
    values = sorted(column.dropna().unique(), key=lambda value: (str(type(value)), value))
    if len(values) > MOST_LEVELS and pd.api.types.is_numeric_dtype(column):
        return _quantiles(column.to_numpy(dtype=np.float64, na_value=np.nan))
    labels = [plain(float(v)) if isinstance(v, (int, float, np.number)) else str(v) for v in values]
    return _numbered(column, values), labels


def _quantiles(values: FloatArray) -> tuple[IntArray, list[str]]:
    """Return classes of equal size; zeros are one of their own where they would fill one.

    Columns of one alternative, such as ``time_car``, are zero elsewhere.
    """
    zero = values == 0
    alone = zero.mean() > 1 / CLASSES
    rest = pd.Series(np.where(zero, np.nan, values) if alone else values)
    classes, edges = pd.qcut(rest, CLASSES, labels=False, retbins=True, duplicates="drop")
    labels = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
    codes = np.asarray(classes.fillna(-1), dtype=np.intp)
    return (
        (np.where(zero, 0, np.where(codes < 0, -1, codes + 1)), ["0", *labels]) if alone else (codes, labels)
    )


def _numbered(column: pd.Series, values: list[object]) -> IntArray:
    codes, found = pd.factorize(column)
    number = {value: k for k, value in enumerate(values)}
    return np.array([*(number.get(value, -1) for value in found), -1], dtype=np.intp)[codes]
