"""The questionnaire on paper, as PDF: one for each block, on A4 and on Letter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from dce.errors import DceError
from dce.survey.card import Card
from dce.survey.survey import Survey
from dce.survey.typst_card import card_data, line, lines, look_data
from dce.survey.typst_pages import check_glyphs, in_threads, measured, pdf
from dce.survey_settings import Question

PAPERS = ("a4", "letter")
SIZES = (14, 13, 12, 11.5, 11, 10.5, 10, 9.5, 9)
"""Sizes of the type of cards in points, from what is easy to read to the smallest that can be read."""
SMALLEST_FOR_TWO = 11
"""Two cards share a page only in type of this size or more."""


def write_pdfs(survey: Survey, folder: Path) -> list[Path]:
    """Write ``questionnaire_blockB_a4.pdf`` and ``questionnaire_blockB_letter.pdf`` for each block.

    Cards stand in the order of the design, each whole on one page: two on a page where they fit in type
    of 11 points or more, else one, in smaller type if need be. All blocks have the same size of type.
    Attributes are explained in a glossary, because paper has no tooltips. The files are tagged for
    screen readers (PDF/UA-1). Same survey, same bytes.

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
        If typst is not installed, its fonts lack a character, or a card is taller than a page.
    """
    data = _paper_data(survey)
    data["cards"] = [_card(survey, card) for card in survey.cards]
    check_glyphs(data)
    sizes = dict(zip(PAPERS, in_threads(_size, [{**data, "paper": paper} for paper in PAPERS]), strict=True))
    jobs = [
        {
            **data,
            "paper": paper,
            "size": sizes[paper],
            "block": survey.texts.fill("paper.block", block=block),
            "cards": [_card(survey, card) for card in cards],
        }
        for paper in PAPERS
        for block, cards in survey.blocks
    ]
    made = in_threads(partial(pdf, "paper.typ"), jobs)
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"questionnaire_block{block}_{paper}.pdf" for paper in PAPERS for block, _ in survey.blocks]
    for name, content in zip(names, made, strict=True):
        (folder / name).write_bytes(content)
    return [folder / name for name in names]


def _size(data: dict[str, Any]) -> float:
    """Return the size of type at which two cards fit on a page, or else one.

    Raises
    ------
    DceError
        If a card does not even fit in the smallest type.
    """
    cards = 2 if _tallest(data, SMALLEST_FOR_TWO).fits(2) else 1
    for size in SIZES:
        tallest = _tallest(data, size)
        if tallest.fits(cards):
            return size
    raise DceError(
        f"card {tallest.tag}: is taller than a page of {data['paper']} paper even in type of {SIZES[-1]} "
        "points; allowed: cards that fit on a page. Shorten labels and levels, or show fewer attributes."
    )


@dataclass(frozen=True)
class _Tallest:
    """The tallest card, the least space between cards, and a page, in points."""

    tag: str
    height: float
    between: float
    page: float

    def fits(self, cards: int) -> bool:
        """Whether so many of it fit on a page."""
        return cards * self.height + (cards - 1) * self.between <= self.page


def _tallest(data: dict[str, Any], size: float) -> _Tallest:
    found = measured("paper.typ", {**data, "size": size, "only-heights": True}, "heights")
    k = found["cards"].index(max(found["cards"]))
    return _Tallest(data["cards"][k]["tag"], found["cards"][k], found["between"], found["page"])


def _paper_data(survey: Survey) -> dict[str, Any]:
    """Return what the template of the questionnaire shows of all blocks."""
    texts, settings = survey.texts, survey.settings
    marks = settings.highlight == "differences" and len(survey.study.alternatives) > 1
    instructions = [texts["paper.instructions"]]
    look = look_data(survey)
    return {
        "look": look,
        "title": line(survey.study.title),
        "only-heights": False,
        "block": "",
        "number": texts["paper.number"],
        "page-of": texts.fill("paper.page", page="{page}", pages="{pages}"),
        "design": texts.fill("paper.design", design=survey.design.hash[:8]),
        "introduction": [line(paragraph) for paragraph in survey.introduction],
        "how-to": texts["paper.how_to"],
        "instructions": [*instructions, *([look["note"]] if marks else [])],
        "consent": [line(paragraph) for paragraph in survey.consent],
        "tick-consent": texts["paper.consent"],
        "agree": texts["page.agree"],
        "tick": texts["paper.tick"],
        "glossary-title": texts["card.glossary"],
        "glossary": [[line(label), line(meaning)] for label, meaning in survey.glossary]
        if survey.has_glossary or survey.has_tooltips
        else [],
        "questions": texts["paper.questions"],
        "before": [_question(question) for question in survey.questions("before")],
        "after": [_question(question) for question in survey.questions("after")],
        "opt-out": {
            "question": texts["card.opt_out"],
            "options": [lines(option) for option in survey.opt_out_options],
        }
        if survey.asks_opt_out
        else None,
        "certainty": {
            "question": texts["card.certainty"],
            "least": texts["card.certainty_least"],
            "most": texts["card.certainty_most"],
        }
        if settings.certainty
        else None,
        "attendance": {
            "question": texts["attendance.question"],
            "options": survey.attendance_options,
            "attributes": [lines(attribute.label) for attribute in survey.study.attributes],
        }
        if settings.attendance
        else None,
        "ending": [line(paragraph) for paragraph in survey.ending],
    }


def _card(survey: Survey, card: Card) -> dict[str, Any]:
    return {
        **card_data(survey, card),
        "question": line(card.question),
        "answers": [lines(label) for _, label in survey.answers(card)],
    }


def _question(question: Question) -> dict[str, Any]:
    return {"text": line(question.text), "kind": question.kind, "options": [*map(lines, question.options)]}
