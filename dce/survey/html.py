"""The choice cards as one accessible page, for a browser and for print."""

from __future__ import annotations

from pathlib import Path

from dce.icons import ICONS
from dce.survey.page import page_environment
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
    page = (
        page_environment()
        .get_template("cards.html.j2")
        .render(survey=survey, texts=survey.texts, icons=ICONS)
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cards.html"
    path.write_text(line_feeds(page), encoding="utf-8", newline="\n")
    return [path]
