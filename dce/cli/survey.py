"""The commands that take a survey to the places where respondents meet it."""

from __future__ import annotations

import warnings
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer

from dce.cli.console import DesignPath, StudyPath, app, errors, fielded_design, folder_of, screen, warn, wrote
from dce.errors import DceError, SurveyWarning
from dce.survey.export import PLACES, export_survey
from dce.survey.texts import shipped_file

SHOWN = 4
"""Files of one inner folder, such as that of the pictures, up to which each is named."""


@app.command()
def survey(
    study: StudyPath,
    to: Annotated[
        str,
        typer.Option(
            help="Where to, with commas between, or 'all': "
            + "; ".join(f"{name} ({place.words})" for name, place in PLACES.items())
            + "."
        ),
    ] = "html",
    design_path: DesignPath = None,
    texts: Annotated[
        Path | None,
        typer.Option(help="Translated texts. Default: texts.toml of the study, or its language."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the files. Default: survey in the study.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace another survey in that folder.")] = False,
) -> None:
    """Write the survey for the places where it runs, and the manifest that ties answers to the design."""
    fielded = fielded_design(study, design_path)
    folder = out or folder_of(study) / "survey"
    own = folder_of(study) / "texts.toml"
    places = list(PLACES) if to.strip() == "all" else [place.strip() for place in to.split(",")]
    with warnings.catch_warnings(record=True) as caught, errors.status("Writing the survey"):
        warnings.simplefilter("always", SurveyWarning)
        written = export_survey(
            fielded, folder, places, texts=texts or (own if own.exists() else None), replace=force
        )
    for warning in caught:
        warn(f"{warning.message}.")
    for of_folder, paths in groupby(written, lambda path: path.parent):
        found = list(paths)
        if of_folder != folder and len(found) > SHOWN:
            wrote(of_folder, f"{len(found)} files in ")
        else:
            for path in found:
                wrote(path)


@app.command()
def texts(
    language: Annotated[str, typer.Argument(help="A language that dce knows: en, de.")] = "en",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File. Default: shown on the screen.")
    ] = None,
) -> None:
    """Show or write what dce itself says to respondents, to translate it into another language."""
    content = shipped_file(language)
    if out is None:
        screen.print(content, markup=False, soft_wrap=True, end="")
        return
    if out.exists():
        raise DceError(f"{out}: exists already, and is left as it is; give another file.")
    out.write_text(content, encoding="utf-8", newline="\n")
    wrote(out)
