"""What is known of respondents besides their choices: answers to questions, and other columns."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dce.cell_texts import as_numbers, given, typed
from dce.errors import ChoicesError, listed
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.study import Study
from dce.survey.decoding import Decoder
from dce.survey.manifest import Manifest

LONG_FRAME = {
    *("block", "task", ALTERNATIVE, "respondent", "chosen", "available", "weight", CONSTANTS),
    *("position", "seconds", "certainty", "forced", "screen_place"),
}
"""Columns of a long frame, whose names no characteristic can have."""
ATTENDANCE = {"1": "always", "2": "sometimes", "3": "never"}
"""What the codes of the question on attendance mean."""
ORDER = "attribute_order"
"""The attributes in the order in which a respondent saw them, with ``|`` between."""


def characteristics(decoder: Decoder, study: Study, manifest: Manifest) -> dict[str, pd.Series]:
    """Return characteristics by name: options of questions, numbers where every value is one, else texts.

    Raises
    ------
    ChoicesError
        If a column has a name with another meaning, or an answer to a question cannot be one.
    """
    answers = decoder.answers
    found: dict[str, pd.Series] = {}
    questions = {question.name: question for question in manifest.questions}
    ranges = {q.name: (q.least, q.most) for q in study.survey.questions}
    attended = {f"attended_{name}" for name in study.attribute_names}
    if answers.weights is not None:
        found["weight"] = typed(answers.weights, answers.missing)
    for name, texts in answers.characteristics.items():
        column = answers.column(name)
        if name in LONG_FRAME or name in study.attribute_names or name in found:
            hint = ", or say weight = 'weight' there if it weights answers" if name == "weight" else ""
            raise ChoicesError(
                f"{answers.source}, line 1: column {column!r} has a name with another meaning in dce; give "
                f"it a new one in the map, under rename{hint}."
            )
        kind = questions[name].kind if name in questions else ""
        if kind == "choice":
            found[name] = decoder.options(texts, questions[name].codes, column)
        elif name in attended:
            shown = manifest.settings.get("attendance_options", [])
            found[name] = decoder.options(texts, ATTENDANCE, column, shown)
        elif name == ORDER:
            found[name] = _orders(decoder, texts, study, column)
        elif kind == "number":
            found[name] = _numbers(decoder, texts, column, *ranges.get(name, (None, None)))
        elif kind == "text":
            found[name] = given(texts, answers.missing)
        else:
            found[name] = typed(texts, answers.missing)
    return found


def _numbers(
    decoder: Decoder, texts: list[str], column: str, least: float | None, most: float | None
) -> pd.Series:
    values = given(texts, decoder.answers.missing)
    numbers = as_numbers(values)
    low = -np.inf if least is None else least
    high = np.inf if most is None else most
    wrong = values.notna() & ~numbers.between(low, high)
    for row in np.flatnonzero(wrong):
        value = values.iloc[row]
        if decoder.unknown == "refuse":
            allowed = "a number"
            allowed += f" from {least:g}" if least is not None else ""
            allowed += f" to {most:g}" if most is not None else ""
            raise decoder.answers.error(int(row), f"column {column!r}: found {value!r}; allowed: {allowed}")
        key = f"{column}: {value!r}"
        decoder.seen[key] = decoder.seen.get(key, 0) + 1
    return numbers.mask(wrong)


def _orders(decoder: Decoder, texts: list[str], study: Study, column: str) -> pd.Series:
    values = given(texts, decoder.answers.missing)
    for value in values.dropna().unique():
        if sorted(str(value).split("|")) != sorted(study.attribute_names):
            row = int((values == value).to_numpy().argmax())
            allowed = f"each of {listed(study.attribute_names, 40)} once, with | between"
            raise decoder.answers.error(row, f"column {column!r}: found {value!r}; allowed: {allowed}")
    return values
