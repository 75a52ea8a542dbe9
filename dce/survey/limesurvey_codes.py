"""Codes of questions and answers in LimeSurvey, which allows letters and digits only, up to 20 and 5."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from string import ascii_uppercase

from dce.cell_texts import plain_text

RECORDED = (
    *("id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp"),
    *("ipaddr", "refurl", "interviewtime"),
)
"""Columns that LimeSurvey itself writes."""
TAKEN = rf"{'|'.join(RECORDED)}|consent|attended|dce.*|b\d+[twdr]\d+\w*|lang|sid|savedid|self|that|this"
"""Codes that no question of a study can have."""
LONGEST = 20
"""Letters and digits of a code of a question."""
SUFFIXES = {"": "", "opt": "_opt_out", "cert": "_certainty"}
"""What follows the code of a task, and what dce calls it."""


def task_code(tag: str) -> str:
    """Return the code of a task.

    Examples
    --------
    >>> task_code("b1_t3")
    'b1t3'
    """
    return tag.replace("_", "")


def question_codes(names: Sequence[str]) -> dict[str, str]:
    """Return the code of each question of a study by its name.

    Examples
    --------
    >>> question_codes(["age_years", "token"])
    {'age_years': 'ageyears', 'token': 'qtoken'}
    """
    codes: dict[str, str] = {}
    for name in names:
        code = name.replace("_", "")
        while re.fullmatch(TAKEN, code) or code in codes.values():
            code = f"q{code}"[:LONGEST]
        codes[name] = code
    return codes


def answer_codes(texts: Mapping[str, str]) -> dict[str, str]:
    """Return the code of each answer in LimeSurvey to its code in dce, in order.

    The letter before the number is such that no code is the text of an answer.

    Parameters
    ----------
    texts : mapping of str to str
        Code in dce to what respondents read.

    Examples
    --------
    >>> answer_codes({"1": "Yes", "2": "No"}), answer_codes({"1": "A2", "2": "B1"})
    ({'A1': '1', 'A2': '2'}, {'C1': '1', 'C2': '2'})
    """
    shown = {plain_text(text) for text in texts.values()}
    letter = next(letter for letter in _letters() if not any(f"{letter}{code}" in shown for code in texts))
    return {f"{letter}{code}": code for code in texts}


def _letters() -> Iterator[str]:
    """Return what may stand before the number: letters, then letters that are doubled, and so on."""
    times = 1
    while True:
        yield from (letter * times for letter in ascii_uppercase)
        times += 1
