"""Whether answers can be told apart when they come home, as codes or as what respondents read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from dce.cell_texts import EMPTY, plain_code, readings
from dce.errors import StudyError
from dce.survey.survey import Survey


def check_told_apart(survey: Survey) -> None:
    """Refuse a survey in which an answer could mean two things, or no answer.

    Response files hold codes (``1``, ``2`` ...), names or labels, and spreadsheets change codes to ``1.0``.

    Raises
    ------
    StudyError
    """
    study, texts = survey.study, survey.texts
    alternatives = study.all_alternatives
    _check(
        {f"the label of alternative {a.name!r}": (k, a.label) for k, a in enumerate(alternatives)}
        | {f"the name of alternative {a.name!r}": (k, a.name) for k, a in enumerate(alternatives)},
        [str(number) for number in range(1, len(alternatives) + 1)],
    )
    if survey.asks_opt_out:
        yes, no = survey.opt_out_options
        _check({"text card.opt_out_yes": (0, yes), "text card.opt_out_no": (1, no)}, ["1", "2"])
    if survey.settings.attendance:
        often = ("always", "sometimes", "never")
        shown = {f"text attendance.{word}": (k, texts[f"attendance.{word}"]) for k, word in enumerate(often)}
        _check(shown, ["1", "2", "3"], often)
    if "alternatives" in survey.settings.shuffle:
        for alternative in alternatives:
            if "|" in alternative.name or alternative.name != alternative.name.strip():
                raise StudyError(
                    f"alternative {alternative.name!r}: found a name with '|' or white space at an end; "
                    "allowed: neither where alternatives are shuffled, whose order is recorded by name."
                )


def _check(texts: Mapping[str, tuple[int, str]], codes: list[str], words: Iterable[str] = ()) -> None:
    """Refuse texts of answers, numbered from 0, that mean no answer, or another answer too."""
    meaning = {code: (k, f"code {code}") for k, code in enumerate(codes)}
    meaning |= {word: (k, f"the word {word!r} in long frames") for k, word in enumerate(words)}
    for what, (k, text) in texts.items():
        for reading in readings(text):
            answer = plain_code(reading, codes)
            if answer in EMPTY:
                raise StudyError(
                    f"{what}: found {text!r}; allowed: a text that does not stand for no answer."
                )
            other, where = meaning.setdefault(answer, (k, what))
            if other != k:
                raise StudyError(
                    f"{what}: found {text!r}; allowed: a text that cannot be taken for {where}, which means "
                    "another answer in response files."
                )


def check_no_answer_is(survey: Survey, texts: Collection[str], place: str) -> None:
    """Refuse a survey in which the text of an answer is what exports of a place write for no answer.

    Raises
    ------
    StudyError
    """
    shown = {f"the label of alternative {a.name!r}": a.label for a in survey.study.all_alternatives}
    if survey.asks_opt_out:
        shown |= zip(("text card.opt_out_yes", "text card.opt_out_no"), survey.opt_out_options, strict=True)
    if survey.settings.attendance:
        shown |= {f"text attendance, {k}": text for k, text in enumerate(survey.attendance_options, 1)}
    for question in survey.settings.questions:
        shown |= {f"question {question.name!r}, option {k}": o for k, o in enumerate(question.options, 1)}
    for what, text in shown.items():
        if not set(readings(text)).isdisjoint(texts):
            raise StudyError(
                f"{what}: found {text!r}; allowed: other words, because {place} writes this for no answer."
            )
