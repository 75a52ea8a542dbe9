"""The choice cards as one accessible page, for a browser and for print."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from dce.icons import ICONS
from dce.survey.survey import Survey, line_feeds


def write_html(survey: Survey, folder: Path) -> list[Path]:
    """Write the cards of a survey as ``cards.html``.

    The page needs neither network nor JavaScript. Same survey, same bytes.

    Parameters
    ----------
    survey : Survey
    folder : Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The file.
    """
    page = _environment().get_template("cards.html.j2").render(survey=survey, texts=survey.texts, icons=ICONS)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cards.html"
    path.write_text(line_feeds(page), encoding="utf-8", newline="\n")
    return [path]


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dce.survey"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["sha256"] = _sha256
    return environment


def _sha256(text: str) -> str:
    """Return the hash by which a content security policy knows an inline style."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
