"""The words that restrictions are made of: names of coefficients, numbers, operators."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dce.coding import Coding
from dce.errors import EstimationError, listed

Word = str | float | tuple[int, ...]
"""An operator, a number, or the positions of the coefficients that a name stands for."""

ENDS = r"(?![\w.\[:])"
"""What does not follow a whole name or number."""
SPACE = re.compile(r"[^\S\n]+")
QUOTED = re.compile(r"([`'\"])(.*?)\1")
NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(e[+-]?\d+)?" + ENDS, re.IGNORECASE)
OPERATOR = re.compile(r"==?|[-+*/(),;\n]")
SAME = {"==": "=", ";": ",", "\n": ","}
"""Operators that may be written in another way."""
OTHER = re.compile(r"[\w.:]+(\[[^\]]*\]?)?(:[\w.:\[\]]+)?|.")


@dataclass
class Words:
    """Words of a text, taken one by one."""

    text: str
    words: Sequence[Word]
    at: int = 0

    @property
    def next(self) -> Word | None:
        """The word to be taken next; None at the end."""
        return self.words[self.at] if self.at < len(self.words) else None

    def take(self, wanted: str | None = None) -> Word | None:
        """Take a word, which must be the wanted one if there is any."""
        word = self.next
        if wanted is not None and word != wanted:
            found = "the end" if word is None else "a name" if isinstance(word, tuple) else repr(word)
            raise self.error(f"found {found} instead of {wanted!r}")
        self.at += 1
        return word

    def error(self, reason: str) -> EstimationError:
        """Return the error that says what is wrong with the text."""
        return EstimationError(f"restrictions {self.text!r}: {reason}.")


def read_words(text: str, coding: Coding) -> Words:
    """Divide restrictions into words; longer names go before shorter ones that they begin with."""
    meaning = meanings(coding)
    names = sorted(meaning, key=len, reverse=True)
    patterns = [(re.compile(_loosely(name) + ENDS), meaning[name]) for name in names]
    words: list[Word] = []
    at = 0
    while at < len(text):
        if space := SPACE.match(text, at):
            at = space.end()
        elif quoted := QUOTED.match(text, at):
            if quoted[2] not in meaning:
                raise _unknown(text, quoted[2], coding)
            words.append(meaning[quoted[2]])
            at = quoted.end()
        elif found := next(((m, k) for p, k in patterns if (m := p.match(text, at))), None):
            words.append(found[1])
            at = found[0].end()
        elif digits := NUMBER.match(text, at):
            words.append(float(digits[0]))
            at = digits.end()
        elif operator := OPERATOR.match(text, at):
            words.append(SAME.get(operator[0], operator[0]))
            at = operator.end()
        else:
            other = OTHER.match(text, at)
            raise _unknown(text, other[0] if other else text[at:], coding)
    return Words(text, words)


def meanings(coding: Coding) -> dict[str, tuple[int, ...]]:
    """Return the positions of the coefficients that each name stands for.

    Examples
    --------
    >>> import pandas as pd
    >>> from dce.coding import learn_coding
    >>> frame = pd.DataFrame({"mode": ["bus", "car", "train"], "wait": [1, 2, 3]})
    >>> meanings(learn_coding("mode + wait", frame))["mode"]
    (0, 1)
    """
    found: dict[str, list[int]] = {}
    for k, (name, part) in enumerate(zip(coding.names, coding.parts, strict=True)):
        of_term = re.sub(r"\[[^\[\]]*\]", "", name)
        for group in {of_term, *(part if len(part) == 1 else ())} - set(coding.names):
            found.setdefault(group, []).append(k)
    groups = {name: tuple(positions) for name, positions in found.items()}
    return groups | {name: (k,) for k, name in enumerate(coding.names)}


def _loosely(name: str) -> str:
    """Return a pattern for a name in which spaces may be left out."""
    return r"\s*".join(re.escape(part) for part in name.split())


def _unknown(text: str, name: str, coding: Coding) -> EstimationError:
    for variable, levels in coding.categories.items():
        if levels and name == f"{variable}[{levels[0]}]":
            return EstimationError(
                f"restrictions {text!r}: {levels[0]!r} is the reference level of {variable!r}, with which "
                "the others are compared, and has no coefficient."
            )
    return EstimationError(
        f"restrictions {text!r}: {name!r} is not a coefficient; allowed: {listed(coding.names, 40)}."
    )
