"""One model for all groups of respondents, with coefficients of their own for each group."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.coding import Coding
from dce.diagnostics.pooled_fit import PooledFit
from dce.errors import ChoicesError, FormulaError, listed
from dce.estimation.fit_mnl import fit_coded
from dce.estimation.grouping import By, Grouping, grouped
from dce.estimation.inference import CovarianceKind, check_covariance
from dce.estimation.utility import learn_utility
from dce.formula import CONSTANTS, parse_formula

ROWS_CHECKED = 2_000
"""Rows of which the columns of interactions are compared with the products that they stand for."""


def fit_pooled(
    choices: Choices,
    by: By,
    formula: str | None = None,
    interact: str | Sequence[str] | None = None,
    covariance: CovarianceKind = "clustered",
    clusters: str | None = None,
    reference: str | None = None,
) -> PooledFit:
    """Fit all groups of respondents at once, and test whether their coefficients are equal.

    Every term, or those of ``interact``, enters a second time for each group but the reference: the
    difference between its coefficients in that group and in the reference. With every term the
    estimates are those of :func:`dce.fit_by`.

    Parameters
    ----------
    choices : Choices
    by : str or mapping
        One characteristic of respondents, as for :func:`dce.fit_by`.
    formula : str, optional
        Utility without the characteristic. Default: that of the study.
    interact : str or sequence of str, optional
        Terms of the formula that may differ between groups, such as ``["wait", "constants"]`` or
        ``"wait + mode"``. Default: all.
    covariance, clusters
        As for :func:`dce.fit_mnl`.
    reference : str, optional
        The group with which others are compared. Default: the first.

    Returns
    -------
    PooledFit

    Raises
    ------
    ChoicesError
        If there is no such characteristic or group, or it differs within a respondent.
    FormulaError
        If the formula uses the characteristic, or ``interact`` has what is no term of it.
    EstimationError
        If a coefficient has no estimate in some group, by name.

    Notes
    -----
    People without a value of the characteristic are left out and counted. The coefficients of a
    logit are tastes times the scale: where groups differ in scale alone, all of them differ
    (:func:`dce.fit_scales`). Where errors are of clusters, Wald tests between groups are F with degrees
    of freedom by the clusters of each group (Pustejovsky and Tipton 2018): a chi-squared test rejects too
    often where one group is small.

    References
    ----------
    Greene (2012), Econometric Analysis, 7th ed., section 6.2 and 14.6. Pustejovsky and Tipton (2018),
    Small-sample methods for cluster-robust variance estimation and hypothesis testing in fixed effects
    models, Journal of Business and Economic Statistics 36:672.
    """
    check_covariance(covariance)
    grouping = _one(choices, by, reference)
    base = learn_utility(choices, formula)
    if grouping.name in base.variables and not grouping.is_class:
        raise FormulaError(f"by: {grouping.name!r} is part of the utility already.")
    column = _column_name(choices, grouping)
    known = _with_group(choices, grouping, column)
    base = learn_utility(known, formula)
    terms = _terms(known, base, interact)
    text = " + ".join([base.formula, *(f"{term}:{_written(column)}" for term in terms)])
    coding = learn_utility(known, text)
    differing = _differing(known, base, coding, column, grouping.groups)
    if interact is None and len(differing) < len(base.names):
        same = [name for name in base.names if name not in differing]
        raise FormulaError(f"{text!r}: has no interaction of {listed(same)}; name terms with interact.")
    return PooledFit(
        by=grouping.name,
        groups=grouping.groups,
        differences={
            name: tuple(f"{name}:{column}[{group}]" for group in grouping.groups[1:]) for name in differing
        },
        fit=fit_coded(known, coding, covariance, clusters),
        equal=fit_coded(known, base, covariance, clusters),
        column=column,
    )


def _one(choices: Choices, by: By, reference: str | None) -> Grouping:
    """Return the groups of one characteristic, the reference first."""
    several = grouped(choices, by)
    if len(several) > 1:
        raise ChoicesError(f"by: found {len(several)} characteristics; allowed: one.")
    (grouping,) = several
    if reference is None:
        return grouping
    if reference not in grouping.groups:
        raise ChoicesError(f"reference: {reference!r} is no group; allowed: {listed(grouping.groups, 20)}.")
    k = grouping.groups.index(reference)
    groups = (reference, *(group for group in grouping.groups if group != reference))
    place = np.array([groups.index(group) for group in grouping.groups] + [-1])
    assert groups[place[k]] == reference
    return replace(grouping, groups=groups, codes=place[grouping.codes])


def _column_name(choices: Choices, grouping: Grouping) -> str:
    """Return the column for the groups: that of classes is not the one of the numbers."""
    name = f"{grouping.name}_class" if grouping.is_class else grouping.name
    if grouping.is_class and name in choices.frame:
        raise ChoicesError(
            f"by: the column {name!r} is needed for the classes of {grouping.name!r}; rename it."
        )
    return name


def _with_group(choices: Choices, grouping: Grouping, column: str) -> Choices:
    """Return the answers of those with a value, which is a category; the others are counted."""
    has = grouping.codes >= 0
    values = pd.Categorical.from_codes(grouping.codes[has], categories=pd.Index(grouping.groups))
    missing = choices.frame[~has]
    left_out = {**choices.left_out, f"answered tasks without {grouping.name}": int(missing["chosen"].sum())}
    checks = choices.checks
    if checks is not None and "respondent" in missing:
        checks = checks[~checks["respondent"].isin(missing["respondent"])].reset_index(drop=True)
    frame = choices.frame[has].assign(**{column: values})
    return replace(choices, frame=frame, left_out=left_out, checks=checks)


def _written(column: str) -> str:
    """Return a column as formulas write it."""
    return column if re.fullmatch(r"[A-Za-z_]\w*", column) else f"`{column}`"


def _terms(choices: Choices, base: Coding, interact: str | Sequence[str] | None) -> list[str]:
    """Return the terms that may differ between groups, as the formula has them."""
    has_constants = bool(choices.study and choices.study.constants)
    of_base = [term for term in parse_formula(base.formula, has_constants).terms if str(term) != "1"]
    if interact is None:
        return [str(term) for term in of_base]
    text = interact if isinstance(interact, str) else " + ".join(interact)
    wanted = [term for term in parse_formula(text, has_constants=True).terms if str(term) != "1"]
    if not re.search(rf"\b{CONSTANTS}\b", text):
        wanted = [term for term in wanted if str(term) != CONSTANTS]
    unknown = [str(term) for term in wanted if term not in of_base]
    if unknown:
        raise FormulaError(
            f"interact: {listed(unknown)} is no term of {base.formula!r}; "
            f"allowed: {listed(map(str, of_base), 30)}."
        )
    return [str(term) for term in of_base if term in wanted]


def _differing(
    choices: Choices,
    base: Coding,
    coding: Coding,
    column: str,
    groups: Sequence[str],
) -> list[str]:
    """Return the coefficients that may differ, and make sure that each differs as it should.

    The column of ``wait:sex[woman]`` must be that of ``wait`` where sex is woman, and zero elsewhere.
    """
    extra = [name for name in coding.names if name not in base.names]
    differing = [name for name in base.names if f"{name}:{column}[{groups[1]}]" in coding.names]
    products = [f"{name}:{column}[{group}]" for name in differing for group in groups[1:]]
    rows = np.unique(np.linspace(0, len(choices.frame) - 1, ROWS_CHECKED).astype(int))
    frame = choices.frame.iloc[rows]
    same = sorted(extra) == sorted(products) and bool(extra)
    if same:
        X, Z = base.matrix(frame), coding.matrix(frame)
        for name in differing:
            for group in groups[1:]:
                product = X[:, base.names.index(name)] * (frame[column] == group).to_numpy()
                same &= np.array_equal(Z[:, coding.names.index(f"{name}:{column}[{group}]")], product)
    if not same:
        raise FormulaError(
            f"{coding.formula!r}: its interactions with {column!r} are not one difference for every "
            f"coefficient and group; found {listed(extra, 20)}. Name simpler terms with interact."
        )
    return differing
