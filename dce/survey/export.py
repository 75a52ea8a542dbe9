"""The export of a survey to the places where respondents meet it."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dce.design.design import Design
from dce.errors import DceError, SurveyWarning, listed
from dce.survey.flat import write_flat
from dce.survey.html import write_html
from dce.survey.image import write_image
from dce.survey.limesurvey import write_limesurvey
from dce.survey.manifest import Manifest, make_manifest
from dce.survey.offline import write_offline
from dce.survey.paper import write_paper
from dce.survey.qualtrics import write_qualtrics
from dce.survey.redcap import write_redcap
from dce.survey.sawtooth import write_sawtooth
from dce.survey.survey import Survey, make_survey
from dce.survey.surveyjs import write_surveyjs
from dce.survey.told_apart import check_told_apart
from dce.survey_settings import SHUFFLED

DEMANDS = (
    *(f"shuffled {what}" for what in SHUFFLED),
    *("going back", "times", "introduction", "consent", "ending", "questions", "definitions"),
    *("highlighted differences", "icons", "the second question on the opt-out", "certainty", "attendance"),
)
"""What a survey may ask of a place besides its cards."""
IN_COLUMNS = ("opt_out", "certainty", "attendance")
"""Settings that the columns of response files depend on."""


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
        What the place leaves out, of :data:`DEMANDS`, and what holds instead.
    """

    words: str
    write: Callable[[Survey, Path], list[Path]]
    cannot: Mapping[str, str] = field(default_factory=dict)


PLACES: dict[str, Place] = {
    "html": Place(
        "a page of choice cards by block",
        write_html,
        dict.fromkeys(
            ("shuffled alternatives", "shuffled attributes"),
            "the cards are as in the design",
        ),
    ),
    "offline": Place("one page that runs the survey on a tablet without a network", write_offline),
    "flat": Place(
        "the design as tables, as surveydown, formr and cbcTools read it",
        write_flat,
        dict.fromkeys(DEMANDS, "the tables hold the cards only, and the rest is up to the survey"),
    ),
    "surveyjs": Place(
        "SurveyJS: its JSON, and a script that draws the block and the order",
        write_surveyjs,
        {
            "shuffled alternatives": "the cards are as in the design",
            "shuffled attributes": "the cards are as in the design",
            "icons": "the cards show words only",
        },
    ),
    "qualtrics": Place(
        "a QSF file for Qualtrics, and the same in its Advanced Format",
        write_qualtrics,
        {
            "shuffled alternatives": "the cards are as in the design",
            "shuffled attributes": "the cards are as in the design",
            "going back": "Qualtrics may go back within a block only, and each card is one",
            "icons": "the cards are in words",
        },
    ),
    "limesurvey": Place(
        "LimeSurvey: the structure of the survey, to be imported, and notes for the set-up",
        write_limesurvey,
        {
            "shuffled alternatives": "the cards are as in the design",
            "shuffled attributes": "the cards are as in the design",
            "icons": "the cards show words only",
        },
    ),
    "image": Place(
        "a picture of each card, as PNG and SVG, with its text for those who do not see it",
        write_image,
        {
            **dict.fromkeys(
                (demand for demand in DEMANDS if demand not in ("highlighted differences", "icons")),
                "the pictures show the cards only, and the rest is up to the survey",
            ),
            "shuffled alternatives": "the cards are as in the design",
            "shuffled attributes": "the cards are as in the design",
        },
    ),
    "paper": Place(
        "questionnaires as PDF and Word files, and a workbook to enter the answers in",
        write_paper,
        {
            **{f"shuffled {what}": "the cards are in the order of the design" for what in SHUFFLED},
            "times": "nobody takes the time on paper",
            "icons": "the Word files show words only",
        },
    ),
    "sawtooth": Place(
        "the design as Sawtooth Lighthouse Studio imports it",
        write_sawtooth,
        dict.fromkeys(DEMANDS, "the files hold the tasks only, and the rest is set up in Lighthouse Studio"),
    ),
    "redcap": Place(
        "REDCap: a data dictionary, tables that allocate blocks, and notes for the set-up",
        write_redcap,
        {
            "shuffled tasks": "REDCap shows the fields of an instrument in one order, that of the design",
            "shuffled alternatives": "the cards are as in the design",
            "shuffled attributes": "the cards are as in the design",
            "times": "REDCap records when a survey ends, not how long a card takes",
            "ending": "its text stands in redcap_notes.txt, for the settings of the survey",
            "icons": "the cards show words only",
        },
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
        If a place is unknown, answers could not be told apart, or the folder holds another survey.

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
    check_told_apart(survey)
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
    if not isinstance(found, dict):
        raise DceError(f"{path}: is no manifest; give another folder.")
    new = made.content()
    what = ""
    if found.get("design") != new["design"]:
        what = "the survey of another design"
    elif found.get("schema") == new["schema"] and _asked(found) != _asked(new):
        what = "a survey with other tasks or questions"
    if what:
        raise DceError(
            f"{path}: belongs to {what}, and is left as it is: it may be in the field. Give another folder."
        )


def _asked(manifest: Mapping[str, Any]) -> list[Any]:
    """Return what of a manifest the columns of response files depend on."""
    settings = manifest.get("settings")
    kept = {key: settings.get(key) for key in IN_COLUMNS} if isinstance(settings, dict) else {}
    return [manifest.get("tasks"), manifest.get("questions"), kept]


def _warn(name: str, survey: Survey) -> None:
    """Warn once of everything that the study asks for and the place cannot do."""
    for instead, keys in _grouped(PLACES[name].cannot).items():
        lost = [key for key in keys if key in asked_for(survey)]
        if lost:
            warnings.warn(f"{name}: leaves out {', '.join(lost)}: {instead}", SurveyWarning, stacklevel=3)


def _grouped(cannot: Mapping[str, str]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for key, instead in cannot.items():
        grouped.setdefault(instead, []).append(key)
    return grouped


def asked_for(survey: Survey) -> set[str]:
    """Return what a survey asks of a place besides the cards, in the words of :data:`DEMANDS`."""
    settings = survey.settings
    whether = {
        **{f"shuffled {what}": what in settings.shuffle for what in SHUFFLED},
        "going back": settings.back,
        "times": settings.timers,
        "introduction": bool(survey.introduction),
        "consent": bool(survey.consent),
        "ending": bool(survey.ending),
        "questions": bool(settings.questions),
        "definitions": survey.has_glossary or survey.has_tooltips,
        "highlighted differences": settings.highlight == "differences",
        "icons": any(row.icon or any(row.icons) for card in survey.cards for row in card.rows),
        "the second question on the opt-out": survey.asks_opt_out,
        "certainty": settings.certainty,
        "attendance": settings.attendance,
    }
    return {demand for demand in DEMANDS if whether[demand]}
