"""The export of a survey to the places where respondents meet it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dce.design.design import Design
from dce.errors import DceError, SurveyWarning, listed
from dce.survey.flat import write_flat
from dce.survey.html import write_html
from dce.survey.manifest import Manifest, make_manifest
from dce.survey.survey import Survey, make_survey


@dataclass(frozen=True)
class Place:
    """A place that a survey goes to.

    Attributes
    ----------
    words : str
        What it is, in a few words.
    write : function
        Writes the files of a survey into a folder, and returns them.
    cannot : mapping of str to str
        Settings that the place cannot honour, and what it does instead: ``"shuffle tasks"``,
        ``"shuffle alternatives"``, ``"shuffle attributes"``, ``"timers"``, ``"back"``, ``"certainty"`` ...
    """

    words: str
    write: Callable[[Survey, Path], list[Path]]
    cannot: Mapping[str, str] = field(default_factory=dict)


PLACES: dict[str, Place] = {
    "html": Place("a page of choice cards by block", write_html),
    "flat": Place(
        "the design as tables, as surveydown, formr and cbcTools read it",
        write_flat,
        dict.fromkeys(
            (
                "shuffle tasks",
                "shuffle alternatives",
                "shuffle attributes",
                "timers",
                "certainty",
                "attendance",
            ),
            "the tables hold the cards only; what else is asked, and in which order, is up to the survey",
        ),
    ),
}
"""Places by name."""


def export_survey(
    design: Design,
    folder: str | Path,
    to: Sequence[str] = ("html",),
    *,
    texts: str | Path | None = None,
    replace: bool = False,
) -> list[Path]:
    """Write the survey of a design, and the manifest that ties its answers to the design.

    Parameters
    ----------
    design : Design
        The ``survey`` of its study says how cards look and what is asked besides them.
    folder : path
        Made if it does not exist.
    to : sequence of str, optional
        Places, of :data:`dce.survey.export.PLACES`.
    texts : path, optional
        A translated ``texts.toml``. Default: the language of the study's survey.
    replace : bool, optional
        Replace another survey in the same folder.

    Returns
    -------
    list of Path
        The files written; the last is ``manifest.json``.

    Raises
    ------
    DceError
        If a place is unknown, or the folder holds another survey.

    Warns
    -----
    SurveyWarning
        If a place cannot do what the study asks for; it says what it does instead.
    """
    to = [to] if isinstance(to, str) else list(to)
    unknown = [place for place in to if place not in PLACES]
    if unknown:
        raise DceError(f"to: found {listed(unknown)}; allowed: {listed(PLACES, 20)}.")
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise DceError(f"{folder}: is a file; give a folder.")
    survey = make_survey(design, texts)
    made = make_manifest(survey)
    manifest = folder / "manifest.json"
    if not replace and manifest.exists():
        _check_same(manifest, made)
    for place in to:
        _warn(place, survey)
    folder.mkdir(parents=True, exist_ok=True)
    written = [path for place in to for path in PLACES[place].write(survey, folder)]
    made.write(manifest)
    return [*written, manifest]


def _check_same(path: Path, made: Manifest) -> None:
    """Refuse to replace the manifest of another survey. Other words for the same levels may be mended."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DceError(f"{path}: cannot be read: {error}; give another folder.") from error
    new = made.content()
    of_earlier = found.get("schema") != new["schema"]
    same = found.get("design") == new["design"] and (
        of_earlier or all(found.get(key) == new[key] for key in ("tasks", "questions"))
    )
    if not same:
        what = "design" if found.get("design") != new["design"] else "tasks or questions"
        raise DceError(
            f"{path}: belongs to the survey of another design, and is left as it is: it may be in the "
            "field. Give another folder."
            if what == "design"
            else f"{path}: belongs to a survey with other {what}, and is left as it is: it may be in the "
            "field. Give another folder."
        )


def _warn(name: str, survey: Survey) -> None:
    settings = survey.settings
    wanted = {f"shuffle {what}" for what in settings.shuffle}
    wanted |= {key for key in ("back", "timers", "certainty", "attendance") if getattr(settings, key)}
    for key, instead in PLACES[name].cannot.items():
        if key in wanted:
            warnings.warn(f"{name}: cannot do '{key}': {instead}", SurveyWarning, stacklevel=3)
