"""The same model in subgroups of respondents, side by side."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.errors import ChoicesError, EstimationError, FormulaError, listed
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_coded
from dce.estimation.grouping import By, Grouping, answers_of, grouped
from dce.estimation.inference import CovarianceKind, InferenceKind, check_covariance
from dce.estimation.resampling import Progress
from dce.estimation.subgroup_table import subgroup_table
from dce.estimation.utility import learn_utility
from dce.table import Table

FEW_CLUSTERS = 40
"""Clusters below which clustered errors get a caution (Cameron and Miller 2015, section VI.A: 20 to 50)."""
ALL = "All"
"""What everybody is called beside subgroups."""
SHOWN_REASONS = 2
"""Subgroups of which an error says why they cannot be estimated."""


@dataclass(frozen=True)
class Group:
    """A group of respondents, of which ``n_respondents`` is None where respondents are unknown."""

    name: str
    characteristic: str
    value: str
    n_respondents: int | None
    n_tasks: int


@dataclass(frozen=True, repr=False)
class SubgroupFits:
    """Fits of one model to everybody and to subgroups.

    ``fits["woman"]`` is the fit of a group; of several characteristics ``fits["sex = woman"]``; always
    ``fits["sex", "woman"]``. Of a group that cannot be estimated it raises the reason.

    Attributes
    ----------
    by : str
        The characteristics that divide the respondents, with commas between them.
    fits : dict of str to Fit
        By name of the group, without those that cannot be estimated.
    left_out : dict of str to int
        Respondents and answered tasks without a value.
    everybody : Fit
        Of all respondents, those without a value included.
    groups : tuple of Group
        All groups, in order; within a characteristic the first is the reference.
    refused : dict of str to EstimationError
        Why the others cannot be estimated, by name of the group.
    """

    by: str
    fits: Mapping[str, Fit]
    left_out: Mapping[str, int]
    everybody: Fit
    groups: tuple[Group, ...]
    refused: Mapping[str, EstimationError]

    def __getitem__(self, group: str | tuple[str, str]) -> Fit:
        pairs = {(each.characteristic, each.value): each.name for each in self.groups}
        name = pairs.get(group, "") if isinstance(group, tuple) else group
        if name in self.refused:
            raise type(self.refused[name])(*self.refused[name].args)
        if name == ALL:
            return self.everybody
        if name not in self.fits:
            allowed = listed([ALL, *pairs.values()], 40)
            raise EstimationError(f"group: {group!r} is unknown; allowed: {allowed}.")
        return self.fits[name]

    @property
    def characteristics(self) -> tuple[str, ...]:
        """The characteristics that divide the respondents."""
        return tuple(dict.fromkeys(group.characteristic for group in self.groups))

    def of(self, characteristic: str) -> dict[str, Fit]:
        """Return the fits of the groups of one characteristic that could be estimated, by value."""
        return {
            group.value: self.fits[group.name]
            for group in self.groups
            if group.characteristic == characteristic and group.name in self.fits
        }

    def few_clusters(self, characteristic: str) -> dict[str, int]:
        """Return the clusters of groups that have so few that errors clustered by them are too small."""
        counts = {
            value: fit.inference.n_clusters or 0
            for value, fit in self.of(characteristic).items()
            if fit.inference.kind == "clustered"
        }
        return {value: n for value, n in counts.items() if n < FEW_CLUSTERS}

    def with_covariance(
        self,
        kind: InferenceKind,
        clusters: str | None = None,
        *,
        replicates: int = 1000,
        seed: int = 1,
        executor: Executor | None = None,
        progress: Progress | None = None,
    ) -> SubgroupFits:
        """Return the same estimates with another covariance, as :meth:`dce.Fit.with_covariance` does.

        Raises
        ------
        EstimationError
            If everybody has none, or no subgroup.
        """

        def changed(fit: Fit) -> Fit:
            return fit.with_covariance(
                kind, clusters, replicates=replicates, seed=seed, executor=executor, progress=progress
            )

        return self.changed(changed)

    def changed(self, change: Callable[[Fit], Fit]) -> SubgroupFits:
        """Return other fits in place of each; groups of which there is none are refused with the reason."""
        fits: dict[str, Fit] = {}
        refused = dict(self.refused)
        for group in self.groups:
            if group.name not in self.fits:
                continue
            try:
                fits[group.name] = change(self.fits[group.name])
            except EstimationError as error:
                refused[group.name] = type(error)(f"{group.characteristic} = {group.value}: {error}")
        _check_some(fits, refused)
        return replace(self, fits=fits, refused=refused, everybody=change(self.everybody))

    def to_frame(self) -> pd.DataFrame:
        """Return the estimates of everybody and all groups; columns are (group, quantity).

        Those of a group that cannot be estimated are NaN.
        """
        everybody = self.everybody.to_frame()
        frames = {ALL: everybody}
        for group in self.groups:
            fit = self.fits.get(group.name)
            frames[group.name] = everybody * np.nan if fit is None else fit.to_frame()
        return pd.concat(frames, axis=1)

    def table(self) -> Table:
        """Return coefficients with standard errors in brackets, one column per group."""
        return subgroup_table(self, self.characteristics, ALL)

    def tables(self) -> tuple[Table, ...]:
        """Return one table per characteristic, each with everybody first."""
        return tuple(subgroup_table(self, (name,), ALL) for name in self.characteristics)

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.tables()))

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return "\n".join(table.to_html() for table in self.tables())


def fit_by(
    choices: Choices,
    by: By,
    formula: str | None = None,
    covariance: CovarianceKind = "clustered",
    clusters: str | None = None,
) -> SubgroupFits:
    """Fit the same model to everybody and to each subgroup of respondents.

    Parameters
    ----------
    choices : Choices
    by : str, sequence of str, or mapping
        Characteristics of respondents: columns of the long frame. A mapping gives the cut points of
        classes, or None for the values as they are: ``{"age": [18, 40, 65], "sex": None}``.
    formula, covariance, clusters
        As for :func:`dce.fit_mnl`.

    Returns
    -------
    SubgroupFits
        A group that cannot be estimated is shown with the reason; the others go on.

    Raises
    ------
    ChoicesError
        If there is no such characteristic, it differs within a respondent, or has one value only.
    EstimationError
        If the model cannot be estimated for everybody, or in no subgroup.
    """
    check_covariance(covariance)
    divided = grouped(choices, by)
    coding = learn_utility(choices, formula)
    for grouping in divided:
        if grouping.name in coding.variables and not grouping.is_class:
            raise FormulaError(
                f"by: {grouping.name!r} is part of the utility, and does not differ within a subgroup."
            )
        if ALL in grouping.groups:
            raise ChoicesError(f"by: {grouping.name!r} has the value {ALL!r}, which is everybody; rename it.")
    everybody = fit_coded(choices, coding, covariance, clusters)
    groups: list[Group] = []
    fits: dict[str, Fit] = {}
    refused: dict[str, EstimationError] = {}
    for grouping in divided:
        for k, value in enumerate(grouping.groups):
            what = f"{grouping.name} = {value}"
            part = answers_of(choices, grouping, k)
            name = value if len(divided) == 1 else what
            groups.append(Group(name, grouping.name, value, part.n_respondents, part.n_tasks))
            try:
                fits[name] = fit_coded(part, coding, covariance, clusters)
            except EstimationError as error:
                refused[name] = type(error)(f"{what}: {error}")
    _check_some(fits, refused)
    left_out = {what: n for grouping in divided for what, n in _without(choices, grouping).items()}
    return SubgroupFits(
        ", ".join(grouping.name for grouping in divided), fits, left_out, everybody, tuple(groups), refused
    )


def _check_some(fits: Mapping[str, Fit], refused: Mapping[str, EstimationError]) -> None:
    if not fits:
        reasons = [str(error) for error in refused.values()]
        rest = len(reasons) - SHOWN_REASONS
        more = f" And so {rest} more." if rest > 0 else ""
        raise EstimationError(f"by: no subgroup can be estimated: {' '.join(reasons[:SHOWN_REASONS])}{more}")


def _without(choices: Choices, grouping: Grouping) -> dict[str, int]:
    """Count whoever has no value."""
    missing = choices.frame[grouping.codes < 0]
    counts = {f"answered tasks without {grouping.name}": int(missing["chosen"].sum())}
    if "respondent" in missing:
        counts = {f"respondents without {grouping.name}": int(missing["respondent"].nunique())} | counts
    return counts
