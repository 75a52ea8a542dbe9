"""The report as a Word file, to be edited."""

from __future__ import annotations

from dce.report.document import Figure, Paragraph, Points, Report
from dce.report.flow import Block, Heading, SetTable, runs
from dce.report.grid import is_group, one_line
from dce.report.page_layout import SIDEWAYS, UPRIGHT
from dce.report.picture_size import fitted_size
from dce.survey.word_document import WordDocument, new_document
from dce.survey.word_xml import element

TALL, LOW = 580.0, 380.0
"""The tallest figure in points, on a page that stands upright and on its side."""
FIRST = 4
"""Rows of a long table that stay with its title."""
NOTE = 9.0
"""Size of the type of notes in points."""


def word_report(report: Report) -> WordDocument:
    """Return the document: headings, tables whose headings are repeated on every page, and figures.

    Raises
    ------
    DceError
        If python-docx is not installed.
    """
    word = new_document(one_line(report.title), "en", "ltr", services=1)
    title = one_line(report.title).replace("{", "(").replace("}", ")")
    word.footer([title, "Page {page} of {pages}"])
    word.heading(one_line(report.title), 0)
    for text in report.lines:
        word.paragraph(one_line(text))
    _contents(report, word)
    number, turned = 0, False
    for run in runs(report):
        if run.sideways != turned:
            word.turn_page()
            turned = run.sideways
        for block in run.blocks:
            number += isinstance(block, Heading)
            _write(block, number, turned, word)
    return word


def _contents(report: Report, word: WordDocument) -> None:
    """Write the titles of the sections, which lead to them."""
    word.heading("Contents", 1)
    for number, section in enumerate(report.sections, 1):
        paragraph = word.paragraph("")
        paragraph.paragraph_format.space_after = word.word.shared.Pt(2)
        word.write(paragraph, one_line(section.title))
        link = element("hyperlink", anchor=f"section_{number}")
        link.append(paragraph.runs[-1]._r)
        paragraph._p.append(link)


def _write(block: Block, number: int, sideways: bool, word: WordDocument) -> None:
    match block:
        case Heading():
            word.heading(one_line(block.text), 1)
            _mark(number, word)
        case Paragraph():
            word.paragraph(one_line(block.text))
        case Points():
            for item in block.items:
                word.write(word.document.add_paragraph(style="List Bullet"), one_line(item))
        case Figure():
            width, _ = fitted_size(block, SIDEWAYS if sideways else UPRIGHT, LOW if sideways else TALL)
            word.picture(block.png, width, one_line(block.alt))
            caption = word.paragraph(one_line(block.caption), bold=True)
            caption.paragraph_format.space_after = word.word.shared.Pt(14)
        case SetTable():
            _table(block, word)


def _mark(number: int, word: WordDocument) -> None:
    """Make the last heading a place that the contents lead to."""
    paragraph = word.document.paragraphs[-1]._p
    paragraph.append(element("bookmarkStart", id=str(number), name=f"section_{number}"))
    paragraph.append(element("bookmarkEnd", id=str(number)))


def _table(block: SetTable, word: WordDocument) -> None:
    grid, panels = block.grid, block.layout.panels
    word.paragraph(grid.title, bold=True, keep=True)
    for number, columns in enumerate(panels):
        if number:
            _gap(word)
        _panel(block, number, columns, word)
    for number, note in enumerate(grid.notes):
        paragraph = word.document.add_paragraph()
        paragraph.paragraph_format.space_before = word.word.shared.Pt(0 if number else 4)
        word.write(paragraph, note, size=NOTE)
    _gap(word)


def _panel(block: SetTable, number: int, columns: tuple[int, ...], word: WordDocument) -> None:
    grid, layout = block.grid, block.layout
    headings = [grid.headings[k] for k in columns]
    alt = (grid.title, "; ".join(filter(None, headings)))
    table = word.table(headings, len(grid.rows), alt=alt, widths=layout.widths[number], size=layout.size)
    rows = list(table.rows)
    for cell, k in zip(rows[0].cells, columns, strict=True):
        if grid.numeric[k]:
            cell.paragraphs[0].alignment = word.word.enum.text.WD_ALIGN_PARAGRAPH.RIGHT
    noted = bool(grid.notes) and number == len(layout.panels) - 1
    end = len(grid.rows) - 1
    for at, (row, texts) in enumerate(zip(rows[1:], grid.rows, strict=True)):
        keep = noted if at == end else layout.is_short or at < FIRST or at == end - 1
        for cell, k in zip(row.cells, columns, strict=True):
            bold = k == 0 and is_group(texts)
            word.write_cell(
                cell, texts[k], bold=bold, keep=keep or bold, right=grid.numeric[k], size=layout.size
            )


def _gap(word: WordDocument) -> None:
    """Add an empty line below a table, without which two tables would become one."""
    word.paragraph("").paragraph_format.space_after = word.word.shared.Pt(2)
