"""Pictures of the choice cards, for places that take no tables, with words for those who do not see them."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dce.survey.card import Card, Row
from dce.survey.csv_table import write_table
from dce.survey.survey import Survey
from dce.survey.typst_card import card_data, line, look_data
from dce.survey.typst_pages import check_glyphs, in_threads, pictures

POINTS = 0.75
"""Points in a pixel of a screen, as CSS has it."""
PNG_PPI = 192
"""Two dots for each pixel, so that letters are sharp on phones."""
AT_ONCE = 20
"""Cards that are drawn together; the cores share out such parts."""
SMALL, LARGE = 11.5, 13.5
"""Size of the type in points: of narrow pictures and of wide ones."""


def write_image(survey: Survey, folder: Path) -> list[Path]:
    """Write each card as ``cards/TAG.png`` and ``cards/TAG.svg``, and ``alt_texts.csv``.

    The width in pixels is that of the survey's settings, and PNG files have two dots for each pixel. The
    question and the answers are not in the picture, because the platform asks them: they are in the
    table, with the codes. "Card 3 of 8" stands in the picture unless tasks are shuffled. The text in
    place of the picture is also the description inside the SVG file. Same survey, same bytes.

    Parameters
    ----------
    survey : Survey
    folder : Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    DceError
        If typst is not installed, or its fonts lack a character.
    """
    data = _data(survey)
    check_glyphs(data)
    drawn = _drawn(data)
    (folder / "cards").mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    rows: list[list[object]] = []
    for card, (dots, drawing) in zip(survey.cards, drawn, strict=True):
        alt = alt_text(survey, card)
        files = [folder / "cards" / f"{card.tag}.{kind}" for kind in ("png", "svg")]
        files[0].write_bytes(dots)
        files[1].write_bytes(_described(drawing.decode(), _title(survey, card), alt).encode())
        written += files
        answers = "; ".join(f"{code} = {line(label)}" for code, label in survey.answers(card))
        names = [path.relative_to(folder).as_posix() for path in files]
        rows.append([card.tag, card.block, card.task, card.kind, *names, alt, card.question, answers])
    table = folder / "alt_texts.csv"
    header = ["dce_tag", "block", "task", "kind", "png", "svg", "alt_text", "question", "answers"]
    write_table(table, header, rows)
    return [*written, table]


def alt_text(survey: Survey, card: Card) -> str:
    """Return the sentences that say what a card shows, service by service.

    Parameters
    ----------
    survey : Survey
    card : Card

    Returns
    -------
    str
        Such as "Card 3 of 8. Service 1: Wait: 2 weeks; Parking: Ample. Service 2: ...".
    """
    services = (
        survey.texts.fill(
            "image.service",
            service=line(card.labels[j]),
            levels="; ".join(_level(survey, card, row, j) for row in card.rows),
        )
        for j in range(card.services)
    )
    return " ".join([f"{_title(survey, card)}.", *services])


def _data(survey: Survey) -> dict[str, Any]:
    """Return what the template of the pictures shows."""
    width = survey.settings.image_width
    return {
        "title": line(survey.study.title),
        "width": width * POINTS,
        "size": LARGE if width >= 560 else SMALL,
        "look": look_data(survey),
        "cards": [card_data(survey, card, heading=_has_heading(survey, card)) for card in survey.cards],
    }


def _drawn(data: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    """Return each card as PNG and as SVG."""
    cards = data["cards"]
    some = [{**data, "cards": cards[k : k + AT_ONCE]} for k in range(0, len(cards), AT_ONCE)]
    parts = in_threads(_draw, some)
    return [picture for part in parts for picture in part]


def _draw(data: Mapping[str, Any]) -> list[tuple[bytes, bytes]]:
    png = pictures("image.typ", data, "png", PNG_PPI)
    return list(zip(png, pictures("image.typ", data, "svg"), strict=True))


def _level(survey: Survey, card: Card, row: Row, j: int) -> str:
    texts = survey.texts
    marked = survey.settings.highlight == "differences" and card.services > 1 and row.differs
    mark = f" ({texts['card.differs']})" if marked else ""
    level = line(row.cells[j]) or texts["card.not_applicable"]
    return texts.fill("image.level", attribute=line(row.label) + mark, level=level)


def _has_heading(survey: Survey, card: Card) -> bool:
    """Whether the place of a card is known, or it is the card to practise on."""
    return card.kind == "warm-up" or "tasks" not in survey.settings.shuffle


def _title(survey: Survey, card: Card) -> str:
    return line(card.heading) if _has_heading(survey, card) else survey.texts["image.title"]


def _described(svg: str, title: str, alt: str) -> str:
    """Return an SVG file with its title and description, which screen readers read."""
    start = svg.index("<svg") + len("<svg")
    end = svg.index(">", start) + 1
    opening = svg[start : end - 1]
    return (
        f'{svg[:start]} role="img" aria-labelledby="title alt"{opening}>'
        f'<title id="title">{html.escape(title)}</title><desc id="alt">{html.escape(alt)}</desc>{svg[end:]}'
    )
