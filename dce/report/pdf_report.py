"""The report as PDF: A4, tagged for screen readers (PDF/UA-1)."""

from __future__ import annotations

from typing import Any

from dce.report.document import Figure, Paragraph, Points, Report
from dce.report.flow import Block, Heading, SetTable, runs
from dce.report.grid import is_group, one_line
from dce.report.page_layout import SIDEWAYS, UPRIGHT
from dce.report.picture_size import fitted_size
from dce.survey.typst_pages import check_glyphs, pdf

TALL, LOW = 600.0, 380.0
"""The tallest figure in points, on a page that stands upright and on its side."""


def pdf_report(report: Report) -> bytes:
    """Return the pages: a list of contents, and every section with its tables and figures.

    Tables that are too wide have smaller type, then a page on its side, then several panels; long ones go on
    over pages with their headings. Same report, same bytes.

    Raises
    ------
    DceError
        If typst is not installed, or its fonts lack a character.
    """
    data = {
        "title": one_line(report.title),
        "lines": [one_line(text) for text in report.lines],
        "contents": "Contents",
        "page-of": "Page {page} of {pages}",
        "runs": [
            {"sideways": run.sideways, "blocks": [_block(block, run.sideways) for block in run.blocks]}
            for run in runs(report)
        ],
    }
    drawings = {figure.name: figure.svg for figure in report.figures()}
    check_glyphs(data)
    return pdf("report.typ", {**data, "drawings": drawings}, "report")


def _block(block: Block, sideways: bool) -> dict[str, Any]:
    match block:
        case Heading():
            return {"kind": "heading", "text": one_line(block.text)}
        case Paragraph():
            return {"kind": "paragraph", "text": one_line(block.text)}
        case Points():
            return {"kind": "points", "items": [one_line(item) for item in block.items]}
        case Figure():
            size = fitted_size(block, SIDEWAYS if sideways else UPRIGHT, LOW if sideways else TALL)
            return {
                "kind": "figure",
                "name": block.name,
                "caption": one_line(block.caption),
                "alt": one_line(block.alt),
                "width": size[0],
            }
        case SetTable():
            return _table(block)


def _table(block: SetTable) -> dict[str, Any]:
    grid, layout = block.grid, block.layout
    panels = [
        {
            "widths": list(widths),
            "numeric": [grid.numeric[k] for k in columns],
            "headings": [grid.headings[k] for k in columns],
            "rows": [row[:1] if is_group(row) else [row[k] for k in columns] for row in grid.rows],
        }
        for columns, widths in zip(layout.panels, layout.widths, strict=True)
    ]
    return {
        "kind": "table",
        "title": grid.title,
        "size": layout.size,
        "short": layout.is_short,
        "panels": panels,
        "notes": list(grid.notes),
    }
