"""The choice card as HTML for questions of survey platforms.

Platforms have pages, styles and scripts of their own, and strip those of others. So the card is one table
on one line, with inline styles only, that fits a phone as it is: each label stands above its values.
"""

from __future__ import annotations

import html

from dce.survey.card import Card, Row
from dce.survey.survey import Survey, line_feeds

ENTITIES = {ord(sign): f"&#{ord(sign)};" for sign in "${}[]|`\\"}
"""Characters that mean something to a platform, such as ``${q://...}``, ``{name}`` and ``[field]``."""
RULE = "border-bottom:1px solid #d5dddf"
PADDING = "padding:8px 5px;text-align:start;vertical-align:top"
TINT = "background-color:#eaf2f3"


def text_html(text: str) -> str:
    """Return a text of the study as HTML on one line, in which no platform finds a command.

    Examples
    --------
    >>> text_html("a < b & ${c}")
    'a &lt; b &amp; &#36;&#123;c&#125;'
    """
    lines = line_feeds(text).split("\n")
    return "<br />".join(html.escape(line).translate(ENTITIES) for line in lines)


def paragraphs_html(paragraphs: tuple[str, ...]) -> str:
    """Return paragraphs of the study as HTML on one line; single line breaks are blanks."""
    return "".join(f"<p>{text_html(' '.join(paragraph.split()))}</p>" for paragraph in paragraphs)


def glossary_html(survey: Survey) -> str:
    """Return what the words on the cards mean, as HTML on one line."""
    terms = (
        f"<dt><strong>{text_html(label)}</strong></dt>"
        f'<dd style="margin:0 0 8px 0">{text_html(" ".join(definition.split()))}</dd>'
        for label, definition in survey.glossary
    )
    return f"<dl>{''.join(terms)}</dl>"


def card_html(survey: Survey, card: Card, *, heading: bool = False) -> str:
    """Return a card as HTML on one line: the table, what its words mean, and the question.

    Parameters
    ----------
    survey : Survey
    card : Card
    heading : bool, optional
        Whether "Card 3 of 8" stands above it, where its place is known.
    """
    texts = survey.texts
    marked = survey.settings.highlight == "differences" and card.services > 1
    caption = texts["card.what_differs"] if card.services > 1 else texts["card.what_offers"]
    parts = []
    if heading or card.kind == "warm-up":
        parts.append(f"<p><strong>{text_html(card.heading)}</strong></p>")
    size = "font-size:0.9em;" if card.services > 2 else ""  # so that long words fit a phone
    columns = "".join(
        f'<th scope="col" style="{PADDING};{size}border-bottom:2px solid #0d5160;{TINT}">'
        f"{text_html(label)}</th>"
        for label in card.labels[: card.services]
    )
    body = "".join(_row_html(row, card, survey, marked and row.differs) for row in card.rows)
    parts.append(
        f'<table dir="{texts.direction}" style="width:100%;max-width:{max(640, 260 * card.services)}px;'
        'border-collapse:collapse;table-layout:fixed;overflow-wrap:break-word">'
        '<caption style="text-align:start;padding:0 5px 6px 5px;color:#43535c">'
        f"{text_html(caption)}</caption>"
        f"<thead><tr>{columns}</tr></thead>{body}</table>"
    )
    if marked:
        parts.append(f"<p>{text_html(texts.fill('card.differ_note', mark='≠'))}</p>")
    if survey.has_tooltips:
        summary = text_html(texts["card.glossary"])
        parts.append(
            f'<details><summary style="padding:10px 0;cursor:pointer">{summary}</summary>'
            f"{glossary_html(survey)}</details>"
        )
    parts.append(f"<p><strong>{text_html(card.question)}</strong></p>")
    return "".join(parts)


def _row_html(row: Row, card: Card, survey: Survey, marked: bool) -> str:
    """Return the label of an attribute above its values, as a group of rows."""
    tint = f";{TINT}" if marked else ""
    label = text_html(row.label)
    if marked:
        differs = text_html(survey.texts["card.differs"])
        label = f'<strong>{label} <span title="{differs}">≠</span></strong>'
    none = text_html(survey.texts["card.not_applicable"])
    cells = "".join(
        f'<td style="{PADDING};padding-top:0;{RULE}{tint}">'
        + (text_html(cell) if cell else f'<span style="color:#43535c">– ({none})</span>')
        + "</td>"
        for cell in row.cells
    )
    return (
        f'<tbody><tr><th scope="rowgroup" colspan="{card.services}" style="{PADDING};padding-bottom:0;'
        f'font-weight:400;color:#43535c{tint}">{label}</th></tr><tr>{cells}</tr></tbody>'
    )
