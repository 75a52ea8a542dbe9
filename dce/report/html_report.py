"""The report as one HTML file, which needs neither a network nor anything else."""

from __future__ import annotations

import base64
from typing import Any

from dce.report.document import Figure, NamedTable, Paragraph, Part, Points, Report
from dce.report.grid import grid_of, is_group, one_line
from dce.report.picture_size import picture_size
from dce.survey.page import page_environment

LONG = 24
"""Texts with more letters than this may be broken over lines, and have room for it."""


def html_report(report: Report, what_if: str | None = None) -> str:
    """Return the page: contents, sections, tables with captions and headers, and figures with what they show.

    Parameters
    ----------
    report : Report
    what_if : str, optional
        Where the what-if page lies, seen from this one.
    """
    sections = [
        {"title": one_line(section.title), "parts": [_part(part) for part in section.parts]}
        for section in report.sections
    ]
    template = page_environment("dce.report").get_template("report.html.j2")
    return template.render(
        title=one_line(report.title),
        lines=[one_line(text) for text in report.lines],
        sections=sections,
        what_if=what_if,
    )


def _part(part: Part) -> dict[str, Any]:
    match part:
        case Paragraph():
            return {"kind": "paragraph", "text": one_line(part.text)}
        case Points():
            return {"kind": "points", "items": [one_line(item) for item in part.items]}
        case NamedTable():
            return {"kind": "table", "name": part.name, **_table(part)}
        case Figure():
            return {"kind": "figure", "name": part.name, **_figure(part)}


def _table(part: NamedTable) -> dict[str, Any]:
    grid = grid_of(part.table)
    texts = [
        "number" if numeric else "words" if any(len(row[k]) > LONG for row in grid.rows) else "word"
        for k, numeric in enumerate(grid.numeric)
    ]
    rows = [("group", row[:1]) if is_group(row) else ("row", row) for row in grid.rows]
    wordy = not any(grid.numeric) and "words" in texts[1:]
    return {"grid": grid, "rows": rows, "classes": texts, "wordy": wordy}


def _figure(part: Figure) -> dict[str, Any]:
    width, height = picture_size(part)
    return {
        "caption": one_line(part.caption),
        "alt": one_line(part.alt),
        "data": base64.b64encode(part.svg.encode()).decode(),
        "width": round(width * 4 / 3),
        "height": round(height * 4 / 3),
    }
