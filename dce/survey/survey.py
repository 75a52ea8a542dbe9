"""The survey of a design: its cards in order, its texts and questions. Every place is written from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

import pandas as pd

from dce.design.design import Design
from dce.errors import StudyError
from dce.study import Study
from dce.survey.card import Card, alternative_names, card_rows
from dce.survey.extra_tasks import extra_tasks
from dce.survey.texts import Texts, read_texts
from dce.survey_settings import Question, SurveySettings

LETTERS = {"design": "t", "warm-up": "w", "dominance": "d", "repeat": "r"}
"""The letter of each kind of task in its tag."""


@dataclass(frozen=True)
class Survey:
    """What respondents meet, wherever they meet it.

    Attributes
    ----------
    design : Design
    texts : Texts
    cards : tuple of Card
        Block by block, each in the order in which it is shown unless tasks are shuffled. Then the cards
        of the design change places among one another, and the others stay where they are.
    """

    design: Design
    texts: Texts
    cards: tuple[Card, ...]

    @property
    def study(self) -> Study:
        """The study."""
        return self.design.study

    @property
    def settings(self) -> SurveySettings:
        """How the survey looks and runs."""
        return self.study.survey

    @cached_property
    def blocks(self) -> tuple[tuple[int, tuple[Card, ...]], ...]:
        """The blocks, each with its cards."""
        return tuple((block, tuple(cards)) for block, cards in groupby(self.cards, lambda card: card.block))

    @property
    def introduction(self) -> tuple[str, ...]:
        """The paragraphs that respondents read first."""
        return paragraphs(self.study.introduction)

    @property
    def consent(self) -> tuple[str, ...]:
        """The paragraphs that respondents agree to; none if they are not asked."""
        return paragraphs(self.settings.consent)

    @property
    def ending(self) -> tuple[str, ...]:
        """The paragraphs that respondents read last."""
        return paragraphs(self.settings.ending)

    @property
    def glossary(self) -> tuple[tuple[str, str], ...]:
        """Labels and definitions of the attributes that the study explains."""
        defined = [attribute for attribute in self.study.attributes if attribute.definition.strip()]
        return tuple((attribute.label, attribute.definition.strip()) for attribute in defined)

    @property
    def has_glossary(self) -> bool:
        """Whether attributes are explained before the tasks."""
        return bool(self.glossary) and self.settings.definitions in ("glossary", "both")

    @property
    def has_tooltips(self) -> bool:
        """Whether attributes are explained on the cards."""
        return bool(self.glossary) and self.settings.definitions in ("tooltip", "both")

    @property
    def asks_opt_out(self) -> bool:
        """Whether choosing none is asked in a second question, after a choice among the services."""
        return self.settings.opt_out == "question"

    @property
    def opt_out_options(self) -> tuple[str, str]:
        """The answers to that second question: code ``"1"`` takes the service, ``"2"`` the opt-out."""
        opt_out = self.study.opt_out
        label = opt_out.label if opt_out else ""
        return self.texts["card.opt_out_yes"], self.texts.fill("card.opt_out_no", opt_out=label)

    @property
    def attendance_options(self) -> tuple[str, str, str]:
        """How often an attribute was considered; codes ``"1"``, ``"2"``, ``"3"``."""
        return (
            self.texts["attendance.always"],
            self.texts["attendance.sometimes"],
            self.texts["attendance.never"],
        )

    def answers(self, card: Card) -> tuple[tuple[str, str], ...]:
        """Return code and label of what can be chosen on a card, without what a second question asks."""
        pairs = tuple(zip(card.codes, card.labels, strict=True))
        return pairs[: card.services] if self.asks_opt_out else pairs

    def questions(self, when: str) -> tuple[Question, ...]:
        """Return the questions ``"before"`` or ``"after"`` the tasks."""
        return tuple(question for question in self.settings.questions if question.when == when)


def make_survey(design: Design, texts: str | Path | None = None) -> Survey:
    """Return the survey of a design.

    Parameters
    ----------
    design : Design
        Its study says how the survey looks and runs.
    texts : path, optional
        A translated ``texts.toml``. Default: the language of the study's survey.

    Raises
    ------
    StudyError
        If texts are missing or unknown, or a task besides the design cannot be made.
    """
    settings = design.study.survey
    read = read_texts(settings.language, texts, settings.texts)
    return Survey(design, read, _cards(design, read))


def paragraphs(text: str) -> tuple[str, ...]:
    """Return the paragraphs of a text, which blank lines separate."""
    parts = re.split(r"\n[ \t]*\n", line_feeds(text))
    return tuple(part.strip() for part in parts if part.strip())


def line_feeds(text: str) -> str:
    """Return a text with line feeds only between its lines."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True)
class _Shown:
    """A task before it has its place."""

    tag: str
    kind: str
    frame: pd.DataFrame
    task: int | None = None
    repeats: str | None = None
    expected: str | None = None


def _cards(design: Design, texts: Texts) -> tuple[Card, ...]:
    study = design.study
    extras = extra_tasks(design)
    made: list[Card] = []
    for block, of_block in design.frame.groupby("block", sort=True):
        shown = [
            _Shown(f"b{block}_t{number}", "design", rows, int(str(task)))
            for number, (task, rows) in enumerate(of_block.groupby("task", sort=True), 1)
        ]
        repeats = [_repeat(shown, number, k) for k, number in enumerate(study.survey.repeat, 1)]
        kinds = {"warm-up": 0, "dominance": 0}
        before: list[_Shown] = []
        middle: list[_Shown] = []
        for extra in extras:
            kinds[extra.kind] += 1
            tag = f"b{block}_{LETTERS[extra.kind]}{kinds[extra.kind]}"
            where = before if extra.kind == "warm-up" else middle
            where.append(_Shown(tag, extra.kind, extra.frame, expected=extra.expected))
        half = (len(shown) + 1) // 2
        order = [*before, *shown[:half], *middle, *shown[half:], *repeats]
        counted = len(order) - len(before)
        for position, task in enumerate(order, 1):
            place = position - len(before)
            made.append(
                Card(
                    tag=task.tag,
                    block=int(str(block)),
                    task=task.task,
                    position=position,
                    kind=task.kind,
                    heading=texts["card.warm_up"]
                    if task.kind == "warm-up"
                    else texts.fill("card.heading", position=place, cards=counted),
                    question=study.question,
                    alternatives=alternative_names(task.frame),
                    labels=tuple(alternative.label for alternative in study.all_alternatives),
                    services=len(study.alternatives),
                    rows=card_rows(task.frame, study),
                    repeats=task.repeats,
                    expected=task.expected,
                )
            )
    return tuple(made)


def _repeat(shown: list[_Shown], number: int, k: int) -> _Shown:
    if not 1 <= number <= len(shown):
        raise StudyError(
            f"survey, repeat: found {number}; allowed: 1 to {len(shown)}, the tasks of the block that "
            f"begins with {shown[0].tag}."
        )
    again = shown[number - 1]
    tag = again.tag.replace("_t" + str(number), f"_r{k}")
    return _Shown(tag, "repeat", again.frame, repeats=again.tag)
