"""The command that checks everything, and says what to do next."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dce.cli.console import (
    DesignPath,
    Formula,
    ManifestPath,
    MapPath,
    StudyPath,
    app,
    errors,
    response_files,
    screen,
)
from dce.report.doctor.doctor import doctor


@app.command(name="doctor")
def doctor_command(
    study: StudyPath,
    responses: Annotated[
        Path | None,
        typer.Argument(metavar="[RESPONSES]", help="Answers, a file or a folder.", show_default=False),
    ] = None,
    services: Annotated[
        Path | None, typer.Option("--scenarios", help="Default: scenarios.toml of the study.")
    ] = None,
    formula: Formula = None,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
) -> None:
    """Check everything, and say in plain words what is wrong and what to do next.

    Study, design, survey, answers, model, scenarios and optional packages. The exit code is 1 where
    something needs doing, else 0.
    """
    files = None
    if responses is not None:
        files = response_files(responses) if responses.is_dir() else [responses]
    with errors.status("Checking"):
        found = doctor(
            study,
            files,
            design=design_path,
            manifest=manifest,
            mapping=mapping,
            scenarios=services,
            formula=formula,
        )
    screen.print(str(found), markup=False, soft_wrap=True)
    if not found.is_well:
        raise typer.Exit(1)
