"""The command that takes all steps at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import typer

from dce.choices import Choices
from dce.cli.answers import predict
from dce.cli.console import (
    DesignPath,
    MapPath,
    Respondents,
    Seed,
    StudyPath,
    app,
    errors,
    fielded_design,
    folder_of,
    holds,
    publish,
    range_warnings,
    read_answers,
    screen,
    show,
    step,
    wrote,
)
from dce.cli.design import searched
from dce.cli.rates import publish_rates
from dce.design.design import Design
from dce.errors import DceError
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_mnl
from dce.report.study_report import study_report
from dce.report.what_if import write_what_if
from dce.report.write_report import Kind, write_report
from dce.simulation import simulate_choices
from dce.study import Study
from dce.survey.export import export_survey
from dce.survey.plain_write import write_responses
from dce.survey.responses import read_responses


@app.command()
def run(
    study: StudyPath,
    responses: Annotated[
        Path | None,
        typer.Argument(metavar="[RESPONSES]", help="Answers. Without: simulated ones.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for all files. Default: out/STUDY, or out/STUDY-RESPONSES."),
    ] = None,
    respondents: Respondents = 400,
    seed: Seed = 1,
    per: Annotated[list[str] | None, typer.Option(help="Reference coefficients of the rates.")] = None,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    report: Annotated[
        bool, typer.Option(help="Also write the report, which needs the extras plot and paper.")
    ] = True,
) -> None:
    """Take all steps: design, survey, answers, fit, rates, scenarios, report, and a folder of files.

    Without RESPONSES the study is tried out: the design is searched anew, with the seed of the study,
    and answers are simulated from the priors. With RESPONSES the design is the one that was fielded.
    """
    described = Study.read(study)
    name = folder_of(study).resolve().name
    folder = out or Path("out") / (f"{name}-{responses.stem}" if responses else name)
    if folder.exists() and folder.samefile(folder_of(study)):
        raise DceError(
            f"{folder}: is the folder of the study, whose design may be in the field; give another."
        )
    folder.mkdir(parents=True, exist_ok=True)
    screen.record = True
    step(1, "Design")
    if responses is None and design_path is None:
        made = searched(described)
        shipped = folder_of(study) / "design.csv"
        if shipped.exists():
            same = "the same as" if holds(shipped, made) else "not that of"
            screen.print(f"The design is {same} {shipped}", markup=False)
    else:
        made = fielded_design(study, design_path)
    show(made)
    made.write(folder / "design.csv")
    step(2, "Survey")
    for path in export_survey(made, folder, ["html"], replace=True):
        wrote(path)
    step(3, "Answers")
    if responses is None:
        simulated = simulate_choices(made, respondents=respondents, seed=seed)
        responses = folder / "simulated.csv"
        write_responses(simulated, made, responses)
        wrote(responses)
        choices = read_responses(responses, made, folder / "manifest.json", mapping=mapping)
    else:
        choices = read_answers(study, responses, design_path, mapping, None)
    show(choices)
    step(4, "Fit")
    fitted = fit_mnl(choices)
    publish("fit", fitted.table(), folder)
    step(5, "Marginal rates of substitution")
    publish_rates(fitted, per, "gain", folder)
    step(6, "Scenarios")
    path = folder_of(study) / "scenarios.toml"
    if path.exists():
        publish("scenarios", predict(fitted, path).table(), folder)
    else:
        screen.print(f"{path}: there is no such file, so no scenarios.", markup=False)
    step(7, "What others open")
    _write_pages(fitted, made, choices, path if path.exists() else None, folder, report)
    screen.print(f"\nAll files are in {folder}", style="bold", markup=False)
    lines = [line.rstrip() for line in screen.export_text().splitlines()]
    (folder / "results.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    screen.record = False


def _write_pages(
    fitted: Fit, design: Design, choices: Choices, scenarios: Path | None, folder: Path, report: bool
) -> None:
    """Write the what-if page and, if asked for, the report; where an extra is missing, say which."""
    page = write_what_if(fitted, folder / "what-if.html", scenarios=scenarios)
    wrote(page)
    if not report:
        return
    try:
        with range_warnings(), errors.status("Making the report"):
            made = study_report(design, choices, scenarios=scenarios)
            files = write_report(made, folder, what_if=page)
    except DceError as error:
        screen.print(f"No report: {error}", markup=False, soft_wrap=True)
        return
    for path in files[: len(get_args(Kind))]:
        wrote(path)
