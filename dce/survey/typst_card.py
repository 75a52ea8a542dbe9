"""The choice card as data for the templates of typst, which show every text as it is."""

from __future__ import annotations

import re
from typing import Any

from dce.icons import ICONS
from dce.survey.card import Card
from dce.survey.survey import Survey, line_feeds

INK = "#1c2a31"


def look_data(survey: Survey) -> dict[str, Any]:
    """Return what all cards of a survey have in common: language, notes and drawings."""
    texts = survey.texts
    parts = re.fullmatch(r"([A-Za-z]{2,3})(?:[-_].*?([A-Za-z]{2})?)?", texts.language)
    names = {name for card in survey.cards for row in card.rows for name in (row.icon, *row.icons) if name}
    return {
        "direction": texts.direction,
        "language": parts[1].lower() if parts else None,
        "region": parts[2].upper() if parts and parts[2] else None,
        "none": f"– ({texts['card.not_applicable']})",
        "note": texts.fill("card.differ_note", mark="≠"),
        "drawings": {
            name: '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" '
            f'stroke="{INK}" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">'
            f"{ICONS[name]}</svg>"
            for name in sorted(names)
        },
    }


def card_data(survey: Survey, card: Card, *, heading: bool = True) -> dict[str, Any]:
    """Return a card as plain values.

    Parameters
    ----------
    survey : Survey
    card : Card
    heading : bool, optional
        Whether "Card 3 of 8" stands above it.
    """
    marked = survey.settings.highlight == "differences" and card.services > 1
    return {
        "tag": card.tag,
        "heading": line(card.heading) if heading else "",
        "services": [lines(label) for label in card.labels[: card.services]],
        "rows": [
            {
                "label": lines(row.label),
                "icon": row.icon,
                "cells": [lines(cell) for cell in row.cells],
                "icons": list(row.icons),
                "marked": marked and row.differs,
            }
            for row in card.rows
        ],
    }


def line(text: str) -> str:
    """Return a text on one line, with single blanks."""
    return " ".join(text.split())


def lines(text: str) -> str:
    """Return a text with the lines that it has, and single blanks in them."""
    return "\n".join(line(part) for part in line_feeds(text).split("\n"))
