"""The command that writes the study report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from dce.choices import Choices
from dce.cli.answers import characteristics
from dce.cli.console import (
    DesignPath,
    Formula,
    ManifestPath,
    MapPath,
    Responses,
    StudyPath,
    app,
    errors,
    fielded_design,
    folder_of,
    range_warnings,
    read_answers,
    show,
    warn,
    wrote,
)
from dce.cli.covariance import AnyCovariance, WantedCovariance
from dce.errors import EstimationError, ReportError
from dce.estimation.fit_mnl import fit_mnl
from dce.estimation.grouping import By
from dce.estimation.inference import InferenceKind
from dce.estimation.subgroups import SubgroupFits, fit_by
from dce.report.study_report import study_report
from dce.report.what_if import write_what_if
from dce.report.write_report import check_kinds, write_report

WHAT_IF = "what-if.html"


@app.command()
def report(
    study: StudyPath,
    responses: Responses,
    to: Annotated[
        str, typer.Option(help="Files, with commas: html for browsers, pdf, and docx for Word.")
    ] = "html,pdf,docx",
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="Also subgroups of this characteristic; may be repeated. Classes of numbers: age=18,40,65."
        ),
    ] = None,
    services: Annotated[
        Path | None, typer.Option("--scenarios", help="Default: scenarios.toml of the study.")
    ] = None,
    recruited: Annotated[
        int | None, typer.Option(min=1, help="People who were asked, whether they answered or not.")
    ] = None,
    people: Annotated[str, typer.Option(help="Who chooses, in the plural, such as 'patients'.")] = "people",
    exports: Annotated[
        bool, typer.Option(help="Also every table as CSV, LaTeX and Excel, and every figure as SVG and PNG.")
    ] = True,
    formula: Formula = None,
    covariance: AnyCovariance = "clustered",
    seed: Annotated[int, typer.Option(min=0, help="Of what is drawn at random: same seed, same report.")] = 1,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder. Default: report in the study.")
    ] = None,
) -> None:
    """Write the report of a study: design, respondents, model, trade-offs, scenarios, methods, checklist.

    With it comes the what-if page, and every table and figure as a file of its own.
    """
    kinds = check_kinds(to.split(","), exports)
    folder = out or folder_of(study) / "report"
    own = folder_of(study) / "scenarios.toml"
    scenarios = services or (own if own.exists() else None)
    groups = characteristics(by) if by else None
    wanted = WantedCovariance(covariance, None, None, seed)
    fielded = fielded_design(study, design_path)
    choices = read_answers(study, responses, design_path, mapping, manifest)
    show(choices)
    with range_warnings(), errors.status("Making the report"):
        made = study_report(
            fielded,
            choices,
            formula=formula,
            by=groups,
            covariance=cast(InferenceKind, covariance),
            scenarios=scenarios,
            recruited=recruited,
            seed=seed,
        )
    page = _what_if(choices, formula, groups, wanted, scenarios, people, folder / WHAT_IF)
    with errors.status("Writing the files"):
        files = write_report(made, folder, kinds, exports, what_if=page)
    for path in files[: len(kinds)]:
        wrote(path)
    if page is not None:
        wrote(page)
    if exports:
        wrote(folder, f"{len(files) - len(kinds)} files of tables and figures in ")


def _what_if(
    choices: Choices,
    formula: str | None,
    by: By | None,
    wanted: WantedCovariance,
    scenarios: Path | None,
    people: str,
    path: Path,
) -> Path | None:
    """Write the page with the fits that the report has; none where it cannot show this model."""
    fit = wanted.applied(fit_mnl(choices, formula, *wanted.of_fit))
    try:
        return write_what_if(
            fit, path, groups=_groups(choices, by, formula, wanted), scenarios=scenarios, people=people
        )
    except ReportError as error:
        warn(f"{error} The report is written without it.")
        return None


def _groups(
    choices: Choices, by: By | None, formula: str | None, wanted: WantedCovariance
) -> SubgroupFits | None:
    """Return the subgroups; none if no group can be estimated, for which the report has the reasons."""
    if by is None:
        return None
    try:
        return wanted.applied_to_groups(fit_by(choices, by, formula, *wanted.of_fit))
    except EstimationError:
        return None
