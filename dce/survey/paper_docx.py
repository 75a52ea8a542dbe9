"""Paper questionnaires as Word files, to be edited: one for each block."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dce.survey.card import Card, Row
from dce.survey.survey import Survey
from dce.survey.word_document import WordDocument, new_document
from dce.survey_settings import Question

BLANK = "_" * 24
GAP = 88_900
"""7 points, in the units of Word."""


def write_docx(survey: Survey, folder: Path) -> list[Path]:
    """Write ``questionnaire_block1.docx`` ..., the questionnaire of each block.

    Tick boxes stand in a card's table, below the services. Neither a card nor a question is split over pages,
    as long as it fits on one. Same survey, same bytes.

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
        If python-docx is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for block, cards in survey.blocks:
        path = folder / f"questionnaire_block{block}.docx"
        _questionnaire(survey, block, cards).save(path)
        written.append(path)
    return written


def _questionnaire(survey: Survey, block: int, cards: tuple[Card, ...]) -> WordDocument:
    texts = survey.texts
    word = new_document(
        survey.study.title, texts.language, texts.direction, max(card.services for card in cards)
    )
    word.footer(
        [
            _literal(texts.fill("paper.block", block=block)),
            _literal(texts.fill("paper.design", design=survey.design.hash[:8])),
            texts.fill("paper.page", page="{page}", pages="{pages}"),
        ]
    )
    _opening(survey, word)
    for card in cards:
        _card(survey, card, word)
    _attendance(survey, word)
    _questions(survey, "after", word)
    if survey.questions("after") and survey.ending:
        word.keep_last()
    for number, text in enumerate(survey.ending, 1):
        paragraph = word.paragraph(_flowing(text), keep=number < len(survey.ending))
        paragraph.paragraph_format.space_before = 2 * GAP if number == 1 else None
    return word


def _literal(text: str) -> str:
    """Return a text for the footer, in which no braces are page numbers."""
    return text.replace("{", "(").replace("}", ")")


def _flowing(text: str) -> str:
    """Return a paragraph on one line, to be broken where the page ends."""
    return " ".join(text.split())


def _opening(survey: Survey, word: WordDocument) -> None:
    """Write what stands before the cards."""
    texts = survey.texts
    word.heading(survey.study.title, 0)
    word.paragraph(f"{texts['paper.number']}: {BLANK}", bold=True)
    for paragraph in survey.introduction:
        word.paragraph(_flowing(paragraph))
    for paragraph in survey.consent:
        word.paragraph(_flowing(paragraph), keep=True)
    if survey.consent:
        word.paragraph(f"{texts['paper.consent']}:", bold=True, keep=True)
        word.box(texts["page.agree"])
    word.heading(texts["paper.how_to"], 1)
    word.paragraph(_flowing(texts["paper.instructions"]))
    if survey.settings.highlight == "differences" and len(survey.study.alternatives) > 1:
        word.paragraph(texts.fill("card.differ_note", mark="≠"))
    if survey.has_glossary or survey.has_tooltips:
        word.heading(texts["card.glossary"], 1)
        for label, definition in survey.glossary:
            word.paragraph(_flowing(label), bold=True, keep=True)
            word.paragraph(_flowing(definition))
    _questions(survey, "before", word)


def _questions(survey: Survey, when: str, word: WordDocument) -> None:
    questions = survey.questions(when)
    if questions:
        word.heading(survey.texts["paper.questions"], 1)
    for question in questions:
        _question(question, survey, word)


def _question(question: Question, survey: Survey, word: WordDocument) -> None:
    word.paragraph(question.text, bold=True, keep=True)
    if question.kind == "choice":
        word.paragraph(f"{survey.texts['paper.tick']}:", keep=True)
        for option in question.options:
            word.box(option, keep=option != question.options[-1])
    elif question.kind == "number":
        word.paragraph(BLANK)
    else:
        word.line(keep=True)
        word.line()


def _card(survey: Survey, card: Card, word: WordDocument) -> None:
    texts, settings = survey.texts, survey.settings
    word.heading(card.heading, 2)
    caption = texts["card.what_differs"] if card.services > 1 else texts["card.what_offers"]
    answers = survey.answers(card)
    none = answers[card.services :]
    table = word.table(
        ["", *card.labels[: card.services]],
        len(card.rows) + 1 + len(none),
        alt=(f"{card.heading}: {caption}", _described(card)),
    )
    marked = settings.highlight == "differences" and card.services > 1
    for row, cells in zip(card.rows, table.rows[1:], strict=False):
        _row(row, cells.cells, word, marked=marked and row.differs)
    more = survey.asks_opt_out or settings.certainty
    ticks = table.rows[len(card.rows) + 1 :]
    for cell, (_, label) in zip(ticks[0].cells[1:], answers, strict=False):
        word.write_cell(cell, label, box=True, bold=True, keep=False)
    question = ticks[0].cells[0]
    word.write_cell(question, card.question, bold=True, keep=False)
    for (_, label), row in zip(none, ticks[1:], strict=True):
        question.merge(row.cells[0])
        word.write_cell(row.cells[1].merge(row.cells[-1]), label, box=True, bold=True, keep=False)
    for row in ticks if more else ticks[:-1]:
        word.keep_row(row)
    if survey.asks_opt_out:
        word.paragraph(texts["card.opt_out"], bold=True, keep=True).paragraph_format.space_before = GAP
        for label in survey.opt_out_options:
            word.box(label, keep=settings.certainty or label != survey.opt_out_options[-1])
    if settings.certainty:
        _certainty(survey, word)


def _described(card: Card) -> str:
    """Return a card in words, for those who cannot see the table."""
    parts = []
    for j, label in enumerate(card.labels[: card.services]):
        levels = (f"{row.label}: {row.cells[j]}" for row in card.rows if row.cells[j])
        parts.append(f"{label}: {'; '.join(levels)}")
    return _flowing(". ".join(parts) + ".")


def _row(row: Row, cells: Sequence[Any], word: WordDocument, *, marked: bool) -> None:
    label, *values = cells
    word.write_cell(label, f"{row.label} ≠" if marked else row.label, bold=marked)
    for cell, text in zip(values, row.cells, strict=True):
        word.write_cell(cell, text or "–")
    if marked:
        for cell in (label, *values):
            word.shade(cell)


def _certainty(survey: Survey, word: WordDocument) -> None:
    """Write the question how sure the respondent is, with a box for each of 0 to 10."""
    texts = survey.texts
    word.paragraph(texts["card.certainty"], bold=True, keep=True).paragraph_format.space_before = GAP
    word.paragraph(f"{texts['card.certainty_least']}   …   {texts['card.certainty_most']}", keep=True)
    alt = (texts["card.certainty"], f"{texts['card.certainty_least']}, {texts['card.certainty_most']}")
    table = word.table([""] * 11, 2, alt=alt, first=1 / 11, grid=False)
    for number in range(11):
        word.write_cell(table.rows[0].cells[number], "", box=True, centred=True)
        word.write_cell(table.rows[1].cells[number], str(number), centred=True, keep=False)


def _attendance(survey: Survey, word: WordDocument) -> None:
    if not survey.settings.attendance:
        return
    texts = survey.texts
    word.heading(texts["attendance.question"], 2)
    attributes = survey.study.attributes
    table = word.table(
        ["", *survey.attendance_options],
        len(attributes),
        alt=(texts["attendance.question"], ", ".join(survey.attendance_options)),
        first=0.46,
        centred=True,
    )
    for attribute, row in zip(attributes, table.rows[1:], strict=True):
        last = attribute is attributes[-1]
        word.write_cell(row.cells[0], attribute.label, keep=not last)
        for cell in row.cells[1:]:
            word.write_cell(cell, "", box=True, centred=True, keep=not last)
