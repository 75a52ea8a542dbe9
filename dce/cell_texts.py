"""What the texts of cells mean, whichever column they stand in."""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Sequence

import numpy as np
import pandas as pd

EMPTY = ("", "NA")
"""Texts that mean no answer."""


def plain_text(text: str) -> str:
    """Return a text with single blanks, and with the characters that HTML entities stand for.

    Examples
    --------
    >>> plain_text(" Service\\u00a01 &amp;\\n more")
    'Service 1 & more'
    """
    return " ".join(html.unescape(text).replace("\u200b", "").split())


def readings(text: str) -> tuple[str, str]:
    """Return what a text of the study is in cells, whose HTML entities are undone, and what it is itself.

    Examples
    --------
    >>> readings("over  18 &amp; under 65")
    ('over 18 & under 65', 'over 18 &amp; under 65')
    """
    return plain_text(text), plain_text(html.escape(text))


def plain_code(text: str, known: Collection[str]) -> str:
    """Return a code without the decimals that spreadsheets add.

    Examples
    --------
    >>> plain_code("2.0", ["1", "2"]), plain_code("2,0", ["1", "2"]), plain_code("2.5", ["1", "2"])
    ('2', '2', '2.5')
    """
    match = re.fullmatch(r"(\d+)[.,]0+", text)
    return match[1] if match and text not in known and match[1] in known else text


def given(texts: Sequence[str], missing: Collection[str]) -> pd.Series:
    """Return texts without white space around them, None where they mean no answer."""
    cells = np.empty(len(texts), dtype=object)
    cells[:] = texts
    codes, distinct = pd.factorize(cells)
    values = np.empty(len(distinct), dtype=object)
    values[:] = [None if text.strip() in missing else text.strip() for text in distinct]
    return pd.Series(values[codes], dtype=object)


def as_numbers(values: pd.Series) -> pd.Series:
    """Return texts as numbers, missing where they are none; only finite numbers are."""
    numbers = pd.to_numeric(values, errors="coerce").astype(np.float64)
    return numbers.where(np.isfinite(numbers))


def typed(texts: Sequence[str], missing: Collection[str]) -> pd.Series:
    """Return texts as numbers if every one is a number; codes such as ``01`` are words."""
    values = given(texts, missing)
    if values.dropna().str.match(r"[+-]?0\d").any():
        return values
    numbers = as_numbers(values)
    return numbers if numbers.notna().equals(values.notna()) else values
