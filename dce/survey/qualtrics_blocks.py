"""What stands in each block of a Qualtrics survey, before it is written as QSF or as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dce.survey.card import Card
from dce.survey.platform_card import card_html, glossary_html, paragraphs_html, text_html
from dce.survey.qualtrics_ids import recode_values
from dce.survey.survey import Survey
from dce.survey_settings import Question

Kind = Literal["text", "choice", "number", "essay", "timer"]
Force = Literal["ON", "OFF", "RequestResponse"]


@dataclass(frozen=True)
class Item:
    """One question of Qualtrics.

    Attributes
    ----------
    tag : str
        Its export tag.
    kind : str
        ``"text"`` asks nothing, ``"timer"`` records the time of its page.
    html : str
        On one line.
    options : tuple of (str, str)
        Recode value and HTML of each choice.
    horizontal : bool
        Whether the choices stand in a row, as a scale.
    force : str
        Whether an answer is needed (``"ON"``), asked for once more (``"RequestResponse"``) or neither.
    least, most : float or None
        Of a number.
    """

    tag: str
    kind: Kind
    html: str
    options: tuple[tuple[str, str], ...] = ()
    horizontal: bool = False
    force: Force = "OFF"
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True)
class Block:
    """A block of Qualtrics: its name, and the questions of each of its pages."""

    name: str
    pages: tuple[tuple[Item, ...], ...]


def blocks_before(survey: Survey) -> list[Block]:
    """Return what stands before the cards: introduction, consent, questions, and what the words mean.

    The first block is there even where it is empty: Qualtrics needs a default block.
    """
    first: list[tuple[Item, ...]] = []
    if survey.introduction:
        first.append((Item("dce_introduction", "text", paragraphs_html(survey.introduction)),))
    if survey.consent:
        agree = ("1", text_html(survey.texts["page.agree"]))
        first.append((Item("consent", "choice", paragraphs_html(survey.consent), (agree,), force="ON"),))
    blocks = [Block("Introduction", tuple(first)), *_questions(survey, "before")]
    if survey.has_glossary:
        title = f"<p><strong>{text_html(survey.texts['card.glossary'])}</strong></p>"
        glossary = Item("dce_glossary", "text", title + glossary_html(survey))
        blocks.append(Block("Glossary", ((glossary,),)))
    return blocks


def card_block(survey: Survey, card: Card) -> Block:
    """Return the block of a card: the card, what follows it, and the timer, on one page."""
    settings, texts = survey.settings, survey.texts
    heading = "tasks" not in settings.shuffle
    options = tuple((code, one_line(label)) for code, label in survey.answers(card))
    items = [Item(card.tag, "choice", card_html(survey, card, heading=heading), options, force="ON")]
    if survey.asks_opt_out:
        answers = tuple((str(k), one_line(text)) for k, text in enumerate(survey.opt_out_options, 1))
        items.append(
            Item(f"{card.tag}_opt_out", "choice", text_html(texts["card.opt_out"]), answers, force="ON")
        )
    if settings.certainty:
        scale = f"{texts['card.certainty']}\n{texts['card.certainty_least']} – {texts['card.certainty_most']}"
        sure = tuple((str(number), str(number)) for number in range(11))
        items.append(Item(f"{card.tag}_certainty", "choice", text_html(scale), sure, True, force="ON"))
    if settings.timers:
        items.append(Item(f"{card.tag}_seconds", "timer", "Timing"))
    return Block(card.tag, (tuple(items),))


def blocks_after(survey: Survey) -> list[Block]:
    """Return what stands after the cards: attendance, questions and the ending."""
    blocks = []
    if survey.settings.attendance:
        often = tuple((str(k), one_line(text)) for k, text in enumerate(survey.attendance_options, 1))
        asked = f"<p>{text_html(survey.texts['attendance.question'])}</p>"
        items = [
            Item(
                f"attended_{attribute.name}",
                "choice",
                f"{'' if k else asked}<strong>{text_html(attribute.label)}</strong>",
                often,
                force="RequestResponse",
            )
            for k, attribute in enumerate(survey.study.attributes)
        ]
        blocks.append(Block("Attendance", (tuple(items),)))
    blocks += _questions(survey, "after")
    if survey.ending:
        send = f"<p><strong>{text_html(survey.texts['qualtrics.send'])}</strong></p>"
        blocks.append(
            Block("Ending", ((Item("dce_ending", "text", paragraphs_html(survey.ending) + send),),))
        )
    return blocks


def one_line(text: str) -> str:
    """Return a text of the study as HTML, without breaks: exports repeat it as an answer."""
    return text_html(" ".join(text.split()))


def _questions(survey: Survey, when: str) -> list[Block]:
    asked = survey.questions(when)
    return [Block(f"Questions {when} the cards", (tuple(map(_item, asked)),))] if asked else []


def _item(question: Question) -> Item:
    force: Force = "ON" if question.required else "OFF"
    text = text_html(question.text)
    if question.kind == "choice":
        values = recode_values(question.codes)
        options = tuple((values[code], one_line(option)) for code, option in question.codes.items())
        return Item(question.name, "choice", text, options, force=force)
    if question.kind == "number":
        return Item(question.name, "number", text, force=force, least=question.least, most=question.most)
    return Item(question.name, "essay", text, force=force)
