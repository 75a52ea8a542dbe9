"""Linear restrictions on coefficients, as they are written: ``"clinician = 0, wait = distance"``.

Notation: K coefficients b, q restrictions R b = r.

- A name is that of a coefficient, ``mode[exercise class]`` or ``wait:age65``, with or without quotes.
- The name of an attribute, ``mode``, stands for all coefficients of its levels; that of a term,
  ``poly(distance, 2)`` or ``mode:age65``, for all of the term.
- Between names and numbers stand ``+ - * / ( )``; commas separate restrictions; ``a = b = 0`` are two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dce.coding import Coding
from dce.diagnostics.restriction_words import Words, read_words
from dce.errors import EstimationError, plain
from dce.logit import FloatArray

DEPENDENT = 1e-9
"""Length of a restriction of length one, less what earlier ones say, below which it says nothing new."""


@dataclass(frozen=True)
class LinearRestrictions:
    """Linear restrictions R b = r.

    Attributes
    ----------
    R : (q, K) array
    r : (q,) array
    rows : tuple of str
        Each restriction in words.
    """

    R: FloatArray
    r: FloatArray
    rows: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.rows)


@dataclass(frozen=True)
class _Sum:
    """What an expression stands for: sums of coefficients (m, K) and a constant (m,), m at once."""

    weights: FloatArray
    constant: FloatArray

    @property
    def is_number(self) -> bool:
        return not self.weights.any()


def read_restrictions(text: str, coding: Coding) -> LinearRestrictions:
    """Read restrictions on the coefficients of a coding.

    Raises
    ------
    EstimationError
        If the text cannot be read, names what is no coefficient, is not linear, or contains
        a restriction that contradicts or repeats others.
    """
    if not isinstance(text, str) or not text.strip():
        raise EstimationError(f"restrictions: found {text!r}; allowed: a text such as 'wait = distance'.")
    words = read_words(text, coding)
    sums: list[_Sum] = []
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused below
        sums += _equation(words, len(coding.names))
        while words.next is not None:
            words.take(",")
            sums += _equation(words, len(coding.names))
    R = np.vstack([part.weights for part in sums])
    r = -np.concatenate([part.constant for part in sums])
    if not (np.isfinite(R).all() and np.isfinite(r).all()):
        raise EstimationError(f"restrictions {text!r}: numbers that are too large; allowed: finite ones.")
    rows = tuple(in_words(row, value, coding.names) for row, value in zip(R, r, strict=True))
    _check_independent(text, R, r, rows)
    return LinearRestrictions(R, r, rows)


def zero(names: Sequence[str], coding: Coding) -> LinearRestrictions:
    """Return the restriction that some coefficients are zero."""
    R = np.eye(len(coding.names))[[coding.names.index(name) for name in names]]
    return LinearRestrictions(R, np.zeros(len(R)), tuple(f"{name} = 0" for name in names))


def in_words(row: FloatArray, value: float, names: Sequence[str]) -> str:
    """Write a restriction with positive terms only, such as ``2*wait = distance + 0.5``."""

    def side(sign: float, number: float) -> str:
        terms = [
            name if sign * w == 1 else f"{plain(sign * float(w))}*{name}"
            for name, w in zip(names, row, strict=True)
            if sign * w > 0
        ]
        if number > 0 or not terms:
            terms.append(plain(max(float(number), 0.0)))
        return " + ".join(terms)

    if not (row > 0).any():
        row, value = -row, -value
    if not (row < 0).any():
        return f"{side(1, 0)} = {plain(float(value) + 0.0)}"
    return f"{side(1, -value)} = {side(-1, value)}"


def _equation(words: Words, K: int) -> list[_Sum]:
    """Read ``a = b = c`` as a - b and b - c."""
    sides = [_expression(words, K)]
    if words.next != "=":
        raise words.error("a restriction needs '=', such as 'wait = 0'")
    while words.next == "=":
        words.take("=")
        sides.append(_expression(words, K))
    equations = [_add(words, a, b, -1.0) for a, b in pairwise(sides)]
    if any(not row.any() for equation in equations for row in equation.weights):
        raise words.error("a restriction without a coefficient, or with the same on both sides")
    return equations


def _expression(words: Words, K: int) -> _Sum:
    total = _term(words, K)
    while words.next in ("+", "-"):
        sign = 1.0 if words.take() == "+" else -1.0
        total = _add(words, total, _term(words, K), sign)
    return total


def _term(words: Words, K: int) -> _Sum:
    product = _factor(words, K)
    while words.next in ("*", "/"):
        operator, other = words.take(), _factor(words, K)
        if operator == "*" and product.is_number:
            product, other = other, product
        if not other.is_number:
            raise words.error(
                "only linear restrictions can be tested, without products or ratios of coefficients"
            )
        by = float(other.constant[0])
        if operator == "/" and by == 0:
            raise words.error("division by zero")
        by = by if operator == "*" else 1 / by
        product = _Sum(product.weights * by, product.constant * by)
    return product


def _factor(words: Words, K: int) -> _Sum:
    word = words.take()
    if word in ("+", "-"):
        inner = _factor(words, K)
        sign = 1.0 if word == "+" else -1.0
        return _Sum(sign * inner.weights, sign * inner.constant)
    if word == "(":
        inner = _expression(words, K)
        words.take(")")
        return inner
    if isinstance(word, float):
        return _Sum(np.zeros((1, K)), np.array([word]))
    if isinstance(word, tuple):
        return _Sum(np.eye(K)[list(word)], np.zeros(len(word)))
    raise words.error(f"{word!r} is not allowed here" if word else "it ends too early")


def _add(words: Words, a: _Sum, b: _Sum, sign: float) -> _Sum:
    if min(len(a.weights), len(b.weights)) > 1:
        raise words.error(
            "two attributes of several levels in one restriction; name the coefficients of their levels"
        )
    return _Sum(a.weights + sign * b.weights, a.constant + sign * b.constant)


def _check_independent(text: str, R: FloatArray, r: FloatArray, rows: Sequence[str]) -> None:
    """Refuse restrictions that follow from earlier ones, or contradict them."""
    length = np.linalg.norm(R, axis=1)
    unit, value = R / length[:, None], r / length
    for i in range(1, len(R)):
        by, *_ = np.linalg.lstsq(unit[:i].T, unit[i], rcond=None)
        if np.linalg.norm(unit[i] - by @ unit[:i]) < DEPENDENT:
            agrees = abs(value[i] - by @ value[:i]) < DEPENDENT * max(1.0, float(np.abs(value).max()))
            how = "follows from" if agrees else "contradicts"
            raise EstimationError(f"restrictions {text!r}: {rows[i]!r} {how} the others; leave it out.")
