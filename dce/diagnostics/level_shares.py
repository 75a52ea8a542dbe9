"""Observed against predicted shares of the answers by level of each attribute.

Notation: T answered tasks, S distinct ones, J alternatives, K coefficients, G clusters.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from dce.errors import plain
from dce.estimation.clusters import Clusters
from dce.estimation.fit import Fit
from dce.estimation.likelihood import cluster_sums
from dce.estimation.newton import solve
from dce.formula import ALTERNATIVE
from dce.logit import BoolArray, FloatArray, IntArray, mean_attributes

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
    tasks, layout = fit.tasks, fit.choices.layout
    beta = np.asarray(fit.coefficients, dtype=np.float64)
    T, J = layout.rows.shape
    which = np.arange(T) if tasks.which is None else tasks.which
    residual = -P[which] * layout.weights[:, None]
    residual[np.arange(T), layout.chosen] += layout.weights
    slope = P[..., None] * (tasks.X - mean_attributes(tasks.X, P)[:, None])
    scores = cluster_sums(tasks, beta, clusters.numbers)
    influence = solve(_information(slope, tasks.X, tasks.totals), scores.T).T
    cells = (which[:, None] * J + np.arange(J)).ravel()
    every_weight = np.repeat(layout.weights, J)
    total, G = float(layout.weights.sum()), clusters.count
    factor = G / (G - 1) if G > 1 else np.nan
    rows = []
    for attribute, level, of_rows in _levels(fit):
        z = of_rows[layout.rows] & layout.available
        r = np.bincount(clusters.numbers, weights=(residual * z).sum(axis=1), minlength=G)
        seen = np.bincount(cells, weights=every_weight * z.ravel(), minlength=P.size).reshape(P.shape)
        A = np.einsum("sj,sjk->k", seen, slope)
        contributions = r - influence @ A
        se = float(np.sqrt(contributions @ contributions * factor)) / total
        fitted = se <= EXACT * max(float(np.sqrt(r @ r)) / total, np.finfo(float).tiny)
        observed = float(layout.weights @ z[np.arange(T), layout.chosen]) / total
        difference = float(r.sum()) / total
        rows.append((attribute, level, observed, observed - difference, difference,
                     0.0 if fitted else se, np.nan if fitted else difference / se, fitted))  # fmt: skip
    columns = ["attribute", "level", "observed", "predicted", "difference", "standard error", "z", "fitted"]
    return pd.DataFrame(rows, columns=columns)


def _information(slope: FloatArray, X: FloatArray, totals: FloatArray) -> FloatArray:
    K = X.shape[-1]
    weighted = slope * totals[:, None, None]
    return np.asarray(weighted.reshape(-1, K).T @ X.reshape(-1, K))


def _levels(fit: Fit) -> Iterator[tuple[str, str, BoolArray]]:
    """Yield attribute, level, and which rows of the frame have it, (N,); alternatives come first."""
    choices, study = fit.choices, fit.study
    if len(choices.alternatives) <= MOST_LEVELS:
        codes, labels = _alternatives(fit)
        for k, label in enumerate(labels):
            yield "Alternative" if study else ALTERNATIVE, label, codes == k
    names = study.attribute_names if study else fit.coding.variables
    for name in names:
        if name in choices.frame and name != ALTERNATIVE and choices.differs_within_tasks(name):
            codes, labels = _classes(fit, name)
            for k, label in enumerate(labels):
                yield study.attribute(name).label if study else name, label, codes == k


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
        classes, edges = pd.qcut(column, CLASSES, labels=False, retbins=True, duplicates="drop")
        labels = [f"{low:.4g} to {high:.4g}" for low, high in pairwise(edges)]
        return np.asarray(classes.fillna(-1), dtype=np.intp), labels
    labels = [plain(float(v)) if isinstance(v, (int, float, np.number)) else str(v) for v in values]
    return _numbered(column, values), labels


def _numbered(column: pd.Series, values: list[object]) -> IntArray:
    rows = pd.Index(column.astype(object))
    return np.asarray(pd.Index(values, dtype=object).get_indexer(rows), dtype=np.intp)
