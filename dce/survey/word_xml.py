"""The XML of Word files, where python-docx has no words for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dce.survey.word import docx

PARAGRAPH = (
    *("w:pBdr", "w:shd", "w:tabs", "w:suppressAutoHyphens", "w:kinsoku", "w:wordWrap", "w:overflowPunct"),
    *("w:topLinePunct", "w:autoSpaceDE", "w:autoSpaceDN", "w:bidi", "w:adjustRightInd", "w:snapToGrid"),
    *("w:spacing", "w:ind", "w:contextualSpacing", "w:mirrorIndents", "w:suppressOverlap", "w:jc"),
    *("w:textDirection", "w:textAlignment", "w:outlineLvl", "w:divId", "w:cnfStyle", "w:rPr", "w:sectPr"),
)
"""Properties of a paragraph in the order that the format wants, from the borders on."""
TABLE = (
    *("w:bidiVisual", "w:tblStyleRowBandSize", "w:tblStyleColBandSize", "w:tblW", "w:jc"),
    *("w:tblCellSpacing", "w:tblInd", "w:tblBorders", "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook"),
)


def element(name: str, /, **attributes: str) -> Any:
    """Return a new element of Word's XML with attributes, such as ``element("sz", val="22")``."""
    word = docx()
    made = word.oxml.OxmlElement(f"w:{name}")
    for key, value in attributes.items():
        made.set(word.oxml.ns.qn(f"w:{key}"), value)
    return made


def after(name: str, order: Sequence[str]) -> Sequence[str]:
    """Return what comes after a property in such an order."""
    return order[order.index(name) + 1 :]
