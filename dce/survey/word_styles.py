"""How questionnaires in Word look: the sizes of their type, and their language and direction."""

from __future__ import annotations

from typing import Any

from dce.survey.word import docx
from dce.survey.word_xml import PARAGRAPH, after, element

FONT = "Arial"
CELL = "TableText"
"""The id of the style of paragraphs in tables."""
SIZES = {
    "Normal": (11, 0, 6),
    "Title": (18, 0, 10),
    "Heading 1": (14, 14, 6),
    "Heading 2": (12, 16, 6),
    "Table Text": (10.5, 3, 3),
    "Footer": (9, 0, 0),
}
"""Of each style, in points: the type, and the space above and below a paragraph."""


def set_styles(document: Any, language: str, *, right_to_left: bool) -> None:
    """Set type, language and direction of a document of python-docx: plain, in black."""
    word, styles = docx(), document.styles
    points = word.shared.Pt
    text = styles.add_style("Table Text", word.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    text.base_style = styles["Normal"]
    for name, (size, above, below) in SIZES.items():
        style = styles[name]
        properties = style.element.get_or_add_rPr()
        for old in list(properties):
            properties.remove(old)
        fonts = dict.fromkeys(("ascii", "hAnsi", "eastAsia", "cs"), FONT)
        properties.append(element("rFonts", **fonts))
        is_bold = name.startswith(("Title", "Heading"))
        for tag in ("b", "bCs") if is_bold else ():
            properties.append(element(tag))
        for tag in ("sz", "szCs"):
            properties.append(element(tag, val=str(round(2 * size))))
        spacing = style.paragraph_format
        spacing.space_before, spacing.space_after, spacing.line_spacing = points(above), points(below), 1.1
        spacing.keep_with_next = is_bold or None
        for border in style.element.findall(".//" + word.oxml.ns.qn("w:pBdr")):
            border.getparent().remove(border)
    if right_to_left:
        normal = styles["Normal"].element.get_or_add_pPr()
        normal.insert_element_before(element("bidi"), *after("w:bidi", PARAGRAPH))
        section = document.sections[0]._sectPr
        section.insert_element_before(element("bidi"), "w:rtlGutter", "w:docGrid")
    for spoken in styles.element.findall(".//" + word.oxml.ns.qn("w:lang")):
        for key in ("val", "eastAsia", "bidi"):
            spoken.set(word.oxml.ns.qn(f"w:{key}"), language)
