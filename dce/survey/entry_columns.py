"""The columns in which the answers of paper questionnaires are entered, block by block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dce.errors import plain
from dce.survey.card import Card
from dce.survey.survey import Survey
from dce.survey_settings import Question

RESPONDENT, BLOCK, DESIGN, CONSENT = "respondent", "dce_block", "dce_design", "consent"


@dataclass(frozen=True)
class EntryColumn:
    """One column of the sheet.

    Attributes
    ----------
    name : str
        As in response files.
    title : str
        What stands on the questionnaire.
    how : str
        What to enter.
    meanings : tuple of (str, str)
        Number and label of what can be ticked.
    offered : tuple of str or int
        What a cell offers in its list, and takes; none where anything is written.
    is_number : bool
        Whether a number is entered.
    least, most : float or None
        Of a number.
    """

    name: str
    title: str
    how: str = ""
    meanings: tuple[tuple[str, str], ...] = ()
    offered: tuple[str | int, ...] = ()
    is_number: bool = False
    least: float | None = None
    most: float | None = None

    @property
    def asks(self) -> str:
        """What to enter, and what each number stands for."""
        lines = [self.how, *(f"{code} = {label}" for code, label in self.meanings)]
        return "\n".join(line for line in lines if line)


def entry_columns(survey: Survey, cards: Sequence[Card]) -> tuple[EntryColumn, ...]:
    """Return the columns of a block, in the order of its questionnaire."""
    texts, settings = survey.texts, survey.settings
    columns = [
        EntryColumn(RESPONDENT, texts["paper.number"], texts["paper.entry_respondent"]),
        EntryColumn(BLOCK, texts["paper.entry_prepared"]),
        EntryColumn(DESIGN, texts["paper.entry_prepared"]),
    ]
    if survey.consent:
        codes = (("1", texts["paper.entry_ticked"]), ("2", texts["paper.entry_not_ticked"]))
        how = texts["paper.entry_consent"]
        columns.append(EntryColumn(CONSENT, texts["page.agree"], how, codes, ("1", "2")))
    columns += [_question(survey, question) for question in survey.questions("before")]
    for card in cards:
        columns.append(_choice(survey, card.tag, card.heading, survey.answers(card)))
        if survey.asks_opt_out:
            title = f"{card.heading}: {texts['card.opt_out']}"
            columns.append(_choice(survey, f"{card.tag}_opt_out", title, _numbered(survey.opt_out_options)))
        if settings.certainty:
            columns.append(_certainty(survey, card))
    if settings.attendance:
        columns += [
            _choice(
                survey,
                f"attended_{attribute.name}",
                f"{texts['attendance.question']} {attribute.label}",
                _numbered(survey.attendance_options),
            )
            for attribute in survey.study.attributes
        ]
    columns += [_question(survey, question) for question in survey.questions("after")]
    return tuple(columns)


def _numbered(labels: Sequence[str]) -> list[tuple[str, str]]:
    return [(str(number), label) for number, label in enumerate(labels, 1)]


def _choice(survey: Survey, name: str, title: str, answers: Sequence[tuple[str, str]]) -> EntryColumn:
    """Return a column that takes a label, or its number where no label is a number itself."""
    labels = tuple(" ".join(label.split()) for _, label in answers)
    numbers = tuple(code for code, _ in answers if code.isdecimal())
    clear = len(numbers) == len(labels) and not set(numbers) & set(labels)
    meanings = tuple(zip(numbers if clear else [""] * len(labels), labels, strict=True))
    return EntryColumn(
        name=name,
        title=title,
        how=survey.texts["paper.entry_choice"],
        meanings=meanings,
        offered=(*labels, *(numbers if clear else ())),
    )


def _certainty(survey: Survey, card: Card) -> EntryColumn:
    texts = survey.texts
    ends = f"{texts['card.certainty_least']} … {texts['card.certainty_most']}"
    return EntryColumn(
        name=f"{card.tag}_certainty",
        title=f"{card.heading}: {texts['card.certainty']}",
        how=f"{texts['paper.entry_number']}\n{ends}",
        offered=tuple(range(11)),
        is_number=True,
        least=0,
        most=10,
    )


def _question(survey: Survey, question: Question) -> EntryColumn:
    if question.kind == "choice":
        return _choice(survey, question.name, question.text, list(question.codes.items()))
    is_number = question.kind == "number"
    how = survey.texts["paper.entry_number" if is_number else "paper.entry_text"]
    if question.least is not None and question.most is not None:
        how = survey.texts.fill("paper.entry_range", least=plain(question.least), most=plain(question.most))
    return EntryColumn(
        name=question.name,
        title=question.text,
        how=how,
        is_number=is_number,
        least=question.least,
        most=question.most,
    )
