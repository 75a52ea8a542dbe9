"""The study report: everything that a paper says of a choice experiment, from the same objects."""

from __future__ import annotations

import platform
from importlib.metadata import version

from dce.choices import Choices
from dce.design.design import Design
from dce.estimation.grouping import By
from dce.estimation.inference import InferenceKind
from dce.estimation.resampling import Progress
from dce.estimation.scenario import SeveralScenarios
from dce.figure import matplotlib
from dce.report.checklist import checklist_section
from dce.report.design_section import design_section
from dce.report.document import Figure, NamedTable, Report, Section
from dce.report.findings import Findings, find
from dce.report.methods import methods_section
from dce.report.model_section import model_section
from dce.report.respondents_section import respondents_section
from dce.report.sensitivity_section import sensitivity_section
from dce.report.summary_section import summary_section
from dce.report.sweep_section import sweep_section
from dce.report.tests_section import tests_section
from dce.report.trade_off_section import trade_off_section
from dce.report.what_if_section import what_if_section
from dce.report.words import of_count
from dce.report.worth_section import worth_section

SECTIONS = (
    summary_section,
    design_section,
    respondents_section,
    model_section,
    trade_off_section,
    worth_section,
    what_if_section,
    sweep_section,
    tests_section,
    sensitivity_section,
)


def study_report(
    design: Design,
    choices: Choices,
    *,
    formula: str | None = None,
    by: By | None = None,
    covariance: InferenceKind = "clustered",
    scenarios: SeveralScenarios | None = None,
    recruited: int | None = None,
    seed: int = 1,
    progress: Progress | None = None,
) -> Report:
    """Make the report of a study: sections of sentences, tables and figures.

    Parameters
    ----------
    design : Design
        That was fielded.
    choices : Choices
        The answers to it.
    formula : str, optional
        Utility. Default: that of the study.
    by : str, sequence of str, or mapping, optional
        Characteristics of respondents whose groups are shown beside everybody, as for :func:`dce.fit_by`.
        A group that cannot be estimated is named with the reason.
    covariance : str, optional
        Standard errors: those of :func:`dce.fit_mnl`, ``"bootstrap"`` or ``"jackknife"``.
    scenarios : path, pandas.DataFrame or mapping, optional
        As for :func:`dce.scenarios`.
    recruited : int, optional
        People who were recruited, of whom some did not answer; the files of answers do not tell.
    seed : int, optional
        Of whatever is drawn at random. Same seed, same report.
    progress : callable, optional
        Called with the steps done, and all of them.

    Returns
    -------
    Report

    Raises
    ------
    DceError
        If the model cannot be estimated, a characteristic or a scenario is wrong, the answers belong to
        another study, or matplotlib is not installed.
    """
    matplotlib()  # refuses to begin without it
    found = find(design, choices, formula, by, covariance, scenarios, recruited, seed)
    sections: list[Section] = []
    for k, make in enumerate(SECTIONS, 1):
        made = make(found)
        sections += [] if made is None else [made]
        if progress is not None:
            progress(k, len(SECTIONS))
    done = {part.name for s in sections for part in s.parts if isinstance(part, (NamedTable, Figure))}
    sections += [methods_section(found, done), checklist_section(found, done)]
    return Report(found.study.title, _lines(found), tuple(sections))


def _lines(found: Findings) -> tuple[str, ...]:
    fit = found.fit
    who = "" if fit.n_respondents is None else f"{of_count(fit.n_respondents, 'respondent')}, "
    return (
        f"{who}{of_count(fit.n_tasks, 'answered task')}; from {found.choices.source}.",
        f"Made by dce {version('dce')} with Python {platform.python_version()}.",
    )
