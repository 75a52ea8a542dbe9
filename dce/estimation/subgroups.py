"""The same model in subgroups of respondents, side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dce.choices import Choices
from dce.errors import ChoicesError, EstimationError, FormulaError, listed, quoted
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_coded
from dce.estimation.inference import CovarianceKind, check_covariance
from dce.estimation.utility import learn_utility
from dce.table import Table, number

MOST_GROUPS = 20
"""Subgroups that can be compared side by side."""


@dataclass(frozen=True)
class SubgroupFits:
    """Fits of one model in subgroups.

    Attributes
    ----------
    by : str
        The characteristic that divides the respondents.
    fits : dict of str to Fit
        By value of the characteristic.
    left_out : dict of str to int
        Answers of respondents without a value.
    """

    by: str
    fits: Mapping[str, Fit]
    left_out: Mapping[str, int]

    def __getitem__(self, group: str) -> Fit:
        return self.fits[group]

    def to_frame(self) -> pd.DataFrame:
        """Return the estimates of all groups; columns are (group, quantity)."""
        return pd.concat({group: fit.to_frame() for group, fit in self.fits.items()}, axis=1)

    def table(self) -> Table:
        """Return coefficients with standard errors in brackets, one column per group."""
        columns: dict[str, list[str]] = {}
        for group, fit in self.fits.items():
            se = fit.standard_errors
            column = [
                f"{number(float(b), '4')} ({number(float(se[name]), '4')})"
                for b, name in zip(fit.coefficients, fit.coding.names, strict=True)
            ]
            who = "" if fit.n_respondents is None else number(fit.n_respondents)
            columns[group] = [*column, who, number(fit.n_tasks), number(fit.log_likelihood)]
        any_fit = next(iter(self.fits.values()))  # the coding is the same for all
        names = [any_fit.label(str(name)) for name in any_fit.coefficients.index]
        index = pd.Index([*names, "Respondents", "Answered tasks", "Log-likelihood"], name="")
        notes = (f"Standard errors in brackets: {any_fit.covariance_kind}.",)
        left_out = tuple(f"Left out: {n:,d} {what}." for what, n in self.left_out.items() if n)
        return Table(f"By {self.by}", pd.DataFrame(columns, index=index), {}, notes + left_out)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def fit_by(
    choices: Choices,
    by: str,
    formula: str | None = None,
    covariance: CovarianceKind = "clustered",
) -> SubgroupFits:
    """Fit the same model to each subgroup of respondents.

    Parameters
    ----------
    choices : Choices
    by : str
        A characteristic of respondents: a column of the long frame.
    formula, covariance
        As for :func:`dce.fit_mnl`.

    Returns
    -------
    SubgroupFits

    Raises
    ------
    ChoicesError
        If there is no such characteristic, it differs within a respondent, or has one value only.
    EstimationError
        Naming the subgroup in which the model cannot be estimated.
    """
    frame = choices.frame
    check_covariance(covariance)
    reserved = {"task", "alternative", "chosen", "available", "weight", "respondent"}
    attributes = set(choices.study.attribute_names) if choices.study else set()
    if not isinstance(by, str) or by not in frame or by in reserved | attributes:
        known = [str(name) for name in frame if name not in reserved | attributes]
        raise ChoicesError(f"by: {by!r} is no characteristic of respondents; known: {listed(known, 30)}.")
    if "respondent" in frame:
        per_respondent = frame.groupby("respondent", sort=False)[by].nunique(dropna=False)
        if (per_respondent > 1).any():
            who = per_respondent.index[per_respondent > 1][0]
            raise ChoicesError(
                f"by: {by!r} differs within respondent {quoted(who)}; allowed: one value each."
            )
    elif choices.differs_within_tasks(by):
        raise ChoicesError(f"by: {by!r} differs within a task; allowed: one value each.")
    groups = sorted(frame[by].dropna().unique(), key=str)
    if len(groups) < 2:
        raise ChoicesError(f"by: {by!r} has {len(groups)} value; allowed: two or more.")
    if len(groups) > MOST_GROUPS:
        raise ChoicesError(
            f"by: {by!r} has {len(groups)} values; allowed: up to {MOST_GROUPS}. Put it into classes first."
        )
    if len({str(group) for group in groups}) < len(groups):
        raise ChoicesError(f"by: {by!r} has values that read the same: {listed(groups)}.")
    coding = learn_utility(choices, formula)
    if by in coding.variables:
        raise FormulaError(f"by: {by!r} is part of the utility, and does not differ within a subgroup.")
    missing = frame[by].isna()
    left_out = {f"answered tasks without {by}": int(frame.loc[missing, "chosen"].sum())}
    fits = {}
    for group in groups:
        try:
            fits[str(group)] = fit_coded(choices.of(by, group), coding, covariance)
        except EstimationError as error:
            raise type(error)(f"{by} = {group}: {error}") from error
    return SubgroupFits(by, fits, left_out)
