"""The command that looks at answers by respondent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dce.cli.console import (
    DesignPath,
    ManifestPath,
    MapPath,
    Responses,
    StudyPath,
    app,
    read_answers,
    screen,
    wrote,
)
from dce.quality.quality import quality


@app.command(name="quality")
def quality_command(
    study: StudyPath,
    responses: Responses,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="CSV file for the signals of each respondent.")
    ] = None,
) -> None:
    """Signals by respondent, such as always the left service; nobody is excluded."""
    choices = read_answers(study, responses, design_path, mapping, manifest)
    if choices.report is not None:
        screen.print(str(choices.report), markup=False, soft_wrap=True)
    found = quality(choices)
    screen.print(f"\n{found}", markup=False, soft_wrap=True)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        found.frame.to_csv(out, index=False, lineterminator="\n")
        wrote(out)
