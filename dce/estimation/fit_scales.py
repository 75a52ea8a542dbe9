"""Fit a multinomial logit whose scale differs between groups of answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.errors import ChoicesError, ConvergenceError, EstimationError, SeparationError, listed, quoted
from dce.estimation.covariance import check_clusters, clustered, robust
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_coded
from dce.estimation.heteroscedastic import (
    ScaleMaximum,
    along,
    group_coefficients,
    maximise_scales,
    scale_products,
    scale_sums,
)
from dce.estimation.inference import LARGE_SAMPLE, CovarianceKind, check_covariance
from dce.estimation.likelihood import centre, derivatives
from dce.estimation.newton import inverse
from dce.estimation.scale_fit import ScaleFit, log_scale_name
from dce.estimation.tasks import Tasks, gather
from dce.estimation.utility import learn_utility
from dce.identification import check_information
from dce.layout import Layout, some_tasks
from dce.logit import BoolArray, FloatArray

MOST_GROUPS = 20
"""Groups that can have a scale of their own."""
NOTHING_LEFT = 1e-6
"""Information on its scale left in a group's answers, relative to a scale of zero, below which they are
predicted perfectly."""


def fit_scales(
    choices: Choices,
    by: str,
    formula: str | None = None,
    covariance: CovarianceKind = "clustered",
    reference: object = None,
) -> ScaleFit:
    """Fit one utility to all answers, with a scale for each group of them.

    Coefficients of logits in different groups cannot be compared as they are: they are tastes times
    the scale, and people who answer on a telephone may differ in scale alone.

    Parameters
    ----------
    choices : Choices
    by : str
        A column that is the same for all alternatives of a task: a characteristic of respondents, such
        as the device, or of the task, such as the half of the survey in which it was asked.
    formula
        As for :func:`dce.fit_mnl`.
    covariance : {"clustered", "robust", "classical"}, optional
        As for :func:`dce.fit_mnl`.
    reference : optional
        The group whose scale is one. Default: the first.

    Returns
    -------
    ScaleFit

    Raises
    ------
    ChoicesError
        If there is no such column, it differs within a task, or has not two to twenty values.
    EstimationError
        If the scale of a group has no estimate: its answers go against those of the others, or are
        predicted perfectly. Else as :func:`dce.fit_mnl`.

    References
    ----------
    Swait and Louviere (1993), The role of the scale parameter in the estimation and comparison of
    multinomial logit models, Journal of Marketing Research 30:305. Hensher, Louviere and Swait (1999),
    Combining sources of preference data, Journal of Econometrics 89:197.
    """
    check_covariance(covariance, LARGE_SAMPLE)
    groups = _groups(choices, by, reference)
    known = _with_a_group(choices, by)
    coding = learn_utility(known, formula)
    equal = fit_coded(known, coding, covariance)
    layout = known.layout
    of_task = known.frame[by].to_numpy()[layout.rows[:, 0]]
    coded = coding.rows(known.frame)
    members = [np.asarray(of_task == group, dtype=bool) for group in groups]
    tasks = [gather(coded, some_tasks(layout, mine)) for mine in members]
    for of_group in tasks:
        centre(of_group)
    names = [*coding.names, *(log_scale_name(group) for group in groups[1:])]
    best = _maximum(tasks, equal, groups)
    check_information(best.information, np.diag(best.information), tuple(names))
    V = _covariance(tasks, best, covariance, layout, members)
    return ScaleFit(
        by=by,
        groups=_counts(groups, members, layout, by),
        coefficients=pd.Series(best.theta, index=names, name="coefficient"),
        covariance=pd.DataFrame(V, index=names, columns=names),
        inference=equal.inference,
        log_likelihood=best.log_likelihood,
        equal=equal,
        iterations=best.iterations,
        decrement=best.decrement,
    )


def _groups(choices: Choices, by: str, reference: object) -> list[object]:
    """Return the groups, the reference first."""
    frame = choices.frame
    reserved = {"task", "alternative", "chosen", "available", "weight", "respondent"}
    reserved |= set(choices.study.attribute_names) if choices.study else set()
    if not isinstance(by, str) or by not in frame or by in reserved:
        known = [str(name) for name in frame if name not in reserved]
        raise ChoicesError(f"by: {by!r} is no column that divides answers; known: {listed(known, 30)}.")
    if choices.differs_within_tasks(by):
        raise ChoicesError(f"by: {by!r} differs within a task; allowed: one value each.")
    groups = list(frame[by].dropna().unique())
    if isinstance(frame[by].dtype, pd.CategoricalDtype):
        groups.sort(key=list(frame[by].cat.categories).index)
    else:
        groups.sort(key=lambda value: (str(type(value)), value))
    if not 2 <= len(groups) <= MOST_GROUPS:
        raise ChoicesError(f"by: {by!r} has {len(groups)} values; allowed: two to {MOST_GROUPS}.")
    if len({str(group) for group in groups}) < len(groups):
        raise ChoicesError(f"by: {by!r} has values that read the same: {listed(groups)}.")
    if reference is None:
        return groups
    if reference not in groups:
        raise ChoicesError(f"reference: found {quoted(reference)}; allowed: {listed(groups, MOST_GROUPS)}.")
    return [reference, *(group for group in groups if group != reference)]


def _with_a_group(choices: Choices, by: str) -> Choices:
    """Return the answers whose group is known, and count the others."""
    missing = choices.frame[by].isna()
    if not missing.any():
        return choices
    count = int(choices.frame.loc[missing, "chosen"].sum())
    left_out = {**choices.left_out, f"answered tasks without {by}": count}
    return replace(choices, frame=choices.frame[~missing], left_out=left_out)


def _maximum(tasks: Sequence[Tasks], equal: Fit, groups: Sequence[object]) -> ScaleMaximum:
    """Return the maximum, or say which group's scale has none."""
    try:
        best = maximise_scales(tasks, np.asarray(equal.coefficients, dtype=np.float64))
    except ConvergenceError:
        start = np.r_[equal.coefficients.to_numpy(), np.zeros(len(tasks) - 1)]
        _check_scales(tasks, start, groups)
        raise
    _check_scales(tasks, best.theta, groups)
    return best


def _check_scales(tasks: Sequence[Tasks], theta: FloatArray, groups: Sequence[object]) -> None:
    """Refuse groups whose scale tends to zero or to infinity.

    The log-likelihood is concave in a group's scale. If it does not rise from zero, the best scale is
    not positive.
    """
    for m, group in enumerate(groups):
        gamma, _ = group_coefficients(tasks, theta, m)
        direction = gamma / np.abs(gamma).max()
        line = along(tasks[m], direction)
        at_zero = derivatives(line, np.zeros(1), information=True)
        here = derivatives(line, np.array([np.abs(gamma).max()]), information=True)
        assert at_zero.information is not None
        assert here.information is not None
        if at_zero.gradient[0] <= 0:
            raise EstimationError(
                f"the scale of {group} has no positive estimate: its answers do not share the tastes of "
                "the others. Fit it alone, with dce.fit_by."
            )
        if here.information[0, 0] < NOTHING_LEFT * at_zero.information[0, 0]:
            raise SeparationError(
                f"the scale of {group} is infinite: the tastes of the others predict its answers without "
                "exception."
            )


def _covariance(
    tasks: Sequence[Tasks],
    best: ScaleMaximum,
    kind: CovarianceKind,
    layout: Layout,
    members: Sequence[BoolArray],
) -> FloatArray:
    bread = inverse(best.information)
    if kind == "classical":
        return bread
    if kind == "robust":
        return robust(bread, scale_products(tasks, best.theta))
    assert layout.respondents is not None  # the fit with equal scales has them
    G = int(layout.respondents.max()) + 1
    check_clusters(G, len(best.theta))
    clusters = [layout.respondents[mine] for mine in members]
    return clustered(bread, scale_sums(tasks, best.theta, clusters, G))


def _counts(groups: Sequence[object], members: Sequence[BoolArray], layout: Layout, by: str) -> pd.DataFrame:
    counts = {"tasks": [int(mine.sum()) for mine in members]}
    if layout.respondents is not None:
        counts["respondents"] = [len(np.unique(layout.respondents[mine])) for mine in members]
    return pd.DataFrame(counts, index=pd.Index(list(groups), name=by))
