"""The parts of a questionnaire in Word: paragraphs, tick boxes, tables and a footer with page numbers.

What belongs together is kept together by Word itself: paragraphs are kept with the next one, and rows are
not split.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dce.survey.office_file import MADE, fixed_bytes, xml_text
from dce.survey.word import docx
from dce.survey.word_styles import CELL, set_styles
from dce.survey.word_xml import PARAGRAPH, TABLE, after, element

BOX = "\u2610"
TINT = "EAF2F3"
BOX_FONT = "Segoe UI Symbol"
REGIONS = {"en": "en-GB", "de": "de-DE"}
"""Languages as Word's spelling knows them."""
WIDE = 4
"""The most columns of services that stand upright on a page."""


@dataclass(frozen=True)
class WordDocument:
    """A Word file in the making.

    Attributes
    ----------
    document : docx.document.Document
    right_to_left : bool
    width : int
        Of the text, in twentieths of a point.
    """

    document: Any
    right_to_left: bool
    width: int
    word: Any = field(default_factory=docx)

    def heading(self, text: str, level: int) -> None:
        """Add a heading, the title at level 0. It stays with what follows."""
        paragraph = self.document.add_paragraph(style="Title" if level == 0 else f"Heading {level}")
        self.write(paragraph, text)

    def paragraph(self, text: str, *, bold: bool = False, keep: bool = False) -> Any:
        """Add a paragraph, kept with the next one if asked."""
        paragraph = self.document.add_paragraph()
        self.write(paragraph, text, bold=bold, keep=keep)
        return paragraph

    def box(self, text: str, *, keep: bool = False) -> None:
        """Add a tick box with its label."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.space_after = self.word.shared.Pt(2)
        self.write_box(paragraph, text, keep=keep)

    def keep_last(self) -> None:
        """Keep the last paragraph with what follows."""
        self.document.paragraphs[-1].paragraph_format.keep_with_next = True

    def line(self, *, keep: bool = False) -> None:
        """Add a line to write on."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = keep or None
        paragraph.paragraph_format.line_spacing = self.word.shared.Pt(28)  # room for handwriting
        borders = element("pBdr")
        for side in ("bottom", "between"):  # without "between", lines below one another become one
            borders.append(element(side, val="single", sz="6", space="1", color="667881"))
        paragraph._p.get_or_add_pPr().insert_element_before(borders, *after("w:pBdr", PARAGRAPH))

    def write(
        self, paragraph: Any, text: str, *, bold: bool = False, keep: bool = False, size: float | None = None
    ) -> None:
        """Write a text into a paragraph, in type of a size in points; its line feeds are line breaks."""
        run = paragraph.add_run(xml_text(text))
        run.bold = run.font.cs_bold = bold or None
        if size is not None:
            run.font.size = self.word.shared.Pt(size)
        if keep:
            paragraph.paragraph_format.keep_with_next = True
        self._turn(run)

    def write_box(self, paragraph: Any, text: str, *, bold: bool = False, keep: bool = False) -> None:
        """Write a tick box and its label into a paragraph, further lines of the label below its first."""
        indent = self.word.shared.Cm(0.75)
        paragraph.paragraph_format.left_indent = indent
        paragraph.paragraph_format.first_line_indent = -indent
        self._box(paragraph)
        self.write(paragraph, f"\t{text}", bold=bold, keep=keep)

    def table(
        self, header: Sequence[str], rows: int, *, alt: tuple[str, str] | None = None, first: float = 0.31,
        widths: Sequence[float] | None = None, grid: bool = True, centred: bool = False,
        size: float | None = None,
    ) -> Any:  # fmt: skip
        """Add a table whose first row is repeated on every page, and whose rows are never split.

        Parameters
        ----------
        header : sequence of str
            Of each column.
        rows : int
            Besides the header; without a grid there is no header.
        alt : tuple of str, optional
            Title and description for those who cannot see the table.
        first : float, optional
            Share of the width that the first column has.
        widths : sequence of float, optional
            Of the columns in points, where they are not those.
        grid : bool, optional
            Whether lines are drawn.
        centred : bool, optional
            Whether the header stands in the middle of its columns.
        size : float, optional
            Of the type of the header, in points.
        """
        columns = len(header)
        table = self.document.add_table(rows=rows + grid, cols=columns, style="Table Grid" if grid else None)
        table.autofit = False
        if widths is None:
            rest = (1 - first) / (columns - 1)
            widths = [self.width / 20 * (first if k == 0 else rest) for k in range(columns)]
        twips = [self.word.shared.Twips(round(20 * width)) for width in widths]
        for column, width in zip(table._tbl.tblGrid.gridCol_lst, twips, strict=True):
            column.w = width
        for row in table.rows:
            properties = row._tr.get_or_add_trPr()
            properties.append(element("cantSplit"))
            for cell, width in zip(row.cells, twips, strict=True):
                cell.width = width
        self._describe(table, alt)
        if grid:
            table.rows[0]._tr.get_or_add_trPr().append(element("tblHeader"))
            for cell, text in zip(table.rows[0].cells, header, strict=True):
                self.shade(cell)
                self.write_cell(cell, text, bold=True, centred=centred, size=size)
        return table

    def write_cell(
        self, cell: Any, text: str, *, bold: bool = False, keep: bool = True, centred: bool = False,
        right: bool = False, box: bool = False, size: float | None = None,
    ) -> None:  # fmt: skip
        """Write a text, or a tick box with its label, into a cell; kept with the next row by default."""
        paragraph = cell.paragraphs[0]
        paragraph._p.style = CELL  # looking styles up by name takes most of the time
        if centred or right:
            places = self.word.enum.text.WD_ALIGN_PARAGRAPH
            paragraph.alignment = places.CENTER if centred else places.RIGHT
        if box and text:
            self.write_box(paragraph, text, bold=bold, keep=keep)
        elif box:
            self._box(paragraph)
            paragraph.paragraph_format.keep_with_next = keep or None
        else:
            self.write(paragraph, text, bold=bold, keep=keep, size=size)

    def keep_row(self, row: Any) -> None:
        """Keep a row with what follows, also where its cells are parts of others and have no text."""
        for paragraph in row._tr.iter(self.word.oxml.ns.qn("w:p")):
            paragraph.get_or_add_pPr().keepNext_val = True

    def picture(self, png: bytes, width: float, alt: str) -> None:
        """Add a picture, kept with the next paragraph; its width is in points."""
        paragraph = self.document.add_paragraph()
        paragraph.paragraph_format.keep_with_next = True
        shape = paragraph.add_run().add_picture(io.BytesIO(png), width=self.word.shared.Pt(width))
        shape._inline.docPr.set("descr", xml_text(alt))

    def turn_page(self) -> None:
        """Go on on a new page, on its side after upright ones and upright after those on their side."""
        old = self.document.sections[-1]
        section = self.document.add_section()
        section.orientation = self.word.enum.section.WD_ORIENT(1 - old.orientation)
        section.page_width, section.page_height = old.page_height, old.page_width

    def shade(self, cell: Any) -> None:
        """Give a cell a light ground."""
        cell._tc.get_or_add_tcPr().append(element("shd", val="clear", color="auto", fill=TINT))

    def footer(self, parts: Sequence[str]) -> None:
        """Write a footer, in which ``{page}`` and ``{pages}`` are numbers that Word fills in."""
        paragraph = self.document.sections[0].footer.paragraphs[0]
        for part in (
            "  ·  ".join(parts).replace("{pages}", "\0NUMPAGES\0").replace("{page}", "\0PAGE\0").split("\0")
        ):
            if part not in ("PAGE", "NUMPAGES"):
                self.write(paragraph, part)
                continue
            for kind, text in (
                ("begin", ""),
                ("", f" {part} "),
                ("separate", ""),
                ("shown", "1"),
                ("end", ""),
            ):
                run = paragraph.add_run("1" if kind == "shown" else "")
                self._turn(run)
                if kind == "":
                    code = element("instrText")
                    code.text = text
                    run._r.append(code)
                elif kind != "shown":
                    run._r.append(element("fldChar", fldCharType=kind))

    def save(self, path: Path) -> None:
        """Write the file."""
        path.write_bytes(self.content())

    def content(self) -> bytes:
        """Return the bytes of the file; the same content gives the same bytes."""
        data = io.BytesIO()
        self.document.save(data)
        return fixed_bytes(data.getvalue())

    def _box(self, paragraph: Any) -> None:
        run = paragraph.add_run(BOX)
        run.font.size = self.word.shared.Pt(14)
        run._r.get_or_add_rPr().append(element("szCs", val="28"))
        fonts = dict.fromkeys(("ascii", "hAnsi", "eastAsia", "cs"), BOX_FONT)
        run._r.get_or_add_rPr().insert(0, element("rFonts", **fonts))

    def _turn(self, run: Any) -> None:
        if self.right_to_left:
            run._r.get_or_add_rPr().append(element("rtl"))

    def _describe(self, table: Any, alt: tuple[str, str] | None) -> None:
        properties = table._tbl.tblPr
        if self.right_to_left:
            properties.insert_element_before(element("bidiVisual"), *after("w:bidiVisual", TABLE))
        for name, text in zip(("tblCaption", "tblDescription"), alt or (), strict=False):
            properties.append(element(name, val=xml_text(text)))


def new_document(title: str, language: str, direction: str, services: int) -> WordDocument:
    """Return an empty document: A4, upright unless there are many services; black on white.

    Parameters
    ----------
    title : str
    language : str
        As in HTML.
    direction : str
        ``"ltr"`` or ``"rtl"``.
    services : int
        Columns of a card.
    """
    word = docx()
    document = word.Document()
    cm, section = word.shared.Cm, document.sections[0]
    section.page_width, section.page_height = cm(21), cm(29.7)
    if services > WIDE:
        section.orientation = word.enum.section.WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = cm(29.7), cm(21)
    section.left_margin = section.right_margin = cm(1.9)
    section.top_margin = section.bottom_margin = cm(1.7)
    section.footer_distance = cm(0.9)
    made = WordDocument(document, direction == "rtl", (section.page_width - 2 * cm(1.9)) // 635, word)
    set_styles(document, REGIONS.get(language, language), right_to_left=direction == "rtl")
    properties = document.core_properties
    properties.title, properties.language = xml_text(title)[:255], REGIONS.get(language, language)
    properties.author = properties.comments = properties.last_modified_by = ""
    properties.created = properties.modified = MADE
    return made
