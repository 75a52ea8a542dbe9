"""What every section of a study report reads: the design, the answers, and the fits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast, get_args

from dce.choices import Choices
from dce.design.design import Design
from dce.errors import EstimationError, ReportError, quoted
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_mnl
from dce.estimation.grouping import By
from dce.estimation.inference import CovarianceKind, InferenceKind, ResampledKind, check_covariance
from dce.estimation.scenario import SeveralScenarios
from dce.estimation.subgroups import SubgroupFits, fit_by
from dce.report.words import slugs
from dce.study import Study


@dataclass(frozen=True)
class Findings:
    """What a report is made of.

    Attributes
    ----------
    design : Design
    choices : Choices
    fit : Fit
        Of all answers.
    formula : str or None
        As given; None: the utility of the study.
    groups : dict of str to SubgroupFits
        By characteristic.
    ungrouped : dict of str to str
        Characteristics of which no group can be estimated, and why.
    scenarios : path, frame or mapping, or None
    recruited : int or None
    seed : int
        Of whatever is drawn at random.
    """

    design: Design
    choices: Choices
    fit: Fit
    formula: str | None
    groups: Mapping[str, SubgroupFits]
    ungrouped: Mapping[str, str]
    scenarios: SeveralScenarios | None
    recruited: int | None
    seed: int

    @property
    def study(self) -> Study:
        """The study."""
        return self.design.study

    @property
    def files(self) -> dict[str, str]:
        """What the names of files call each characteristic that divides respondents."""
        return slugs(self.groups)

    @property
    def covariance(self) -> CovarianceKind:
        """The covariance of further fits: that of the fit, or, where it is resampled, clustered."""
        kind = self.fit.covariance_kind
        if kind in get_args(ResampledKind):
            return "robust" if self.fit.n_respondents is None else "clustered"
        return cast(CovarianceKind, kind)


def find(
    design: Design,
    choices: Choices,
    formula: str | None,
    by: By | None,
    covariance: InferenceKind,
    scenarios: SeveralScenarios | None,
    recruited: int | None,
    seed: int,
) -> Findings:
    """Fit what a report needs, once.

    Raises
    ------
    ReportError
        If the answers are not to this study, or more people answered than were recruited.
    EstimationError, ChoicesError
        If the model cannot be estimated, or there is no such characteristic.
    """
    check_covariance(covariance, get_args(InferenceKind))
    _check_study(design, choices)
    fit = _fitted(choices, formula, covariance, seed)
    _check_recruited(recruited, choices)
    groups: dict[str, SubgroupFits] = {}
    ungrouped: dict[str, str] = {}
    for name, cuts in _each(by).items():
        try:
            groups[name] = _grouped(choices, {name: cuts}, formula, covariance, seed)
        except EstimationError as error:  # everybody was estimated, so that it is the groups
            ungrouped[name] = str(error)
    return Findings(design, choices, fit, formula, groups, ungrouped, scenarios, recruited, seed)


def _each(by: By | None) -> dict[str, list[float] | None]:
    if by is None:
        return {}
    if isinstance(by, str):
        return {by: None}
    if isinstance(by, Mapping):
        return {name: None if cuts is None else list(cuts) for name, cuts in by.items()}
    return dict.fromkeys(by)


def _fitted(choices: Choices, formula: str | None, covariance: InferenceKind, seed: int) -> Fit:
    if covariance in get_args(ResampledKind):
        return fit_mnl(choices, formula, "classical").with_covariance(covariance, seed=seed)
    return fit_mnl(choices, formula, cast(CovarianceKind, covariance))


def _grouped(
    choices: Choices, by: By, formula: str | None, covariance: InferenceKind, seed: int
) -> SubgroupFits:
    if covariance in get_args(ResampledKind):
        return fit_by(choices, by, formula, "classical").with_covariance(covariance, seed=seed)
    return fit_by(choices, by, formula, cast(CovarianceKind, covariance))


def _check_study(design: Design, choices: Choices) -> None:
    study = choices.study
    if study is None:
        raise ReportError(
            f"the report: {choices.source} has no study, which says labels and levels; allowed: answers "
            "from read_responses, or read_long(..., study=)."
        )
    theirs, ours = ((s.attributes, s.alternatives, s.opt_out) for s in (study, design.study))
    if theirs != ours:
        raise ReportError(
            f"the report: {choices.source} belongs to {study.title!r}, whose attributes or alternatives are "
            "not those of the design; allowed: answers to the same study."
        )


def _check_recruited(recruited: int | None, choices: Choices) -> None:
    if recruited is None:
        return
    if isinstance(recruited, bool) or not isinstance(recruited, int) or recruited < 1:
        raise ReportError(f"recruited: found {quoted(recruited)}; allowed: a whole number of people.")
    answered = len(choices.report.respondents) if choices.report else (choices.n_respondents or 0)
    if recruited < answered:
        raise ReportError(
            f"recruited: found {recruited:,d}, fewer than the {answered:,d} who answered; allowed: all who "
            "were invited and agreed, whether they answered or not."
        )
