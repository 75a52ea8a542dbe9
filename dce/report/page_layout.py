"""How a table stands on a page: its size of type, its columns, upright or on its side.

Widths are in em, and a little too large rather than too small, because every program that sets the page has
its own letters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np

from dce.report.grid import Grid

UPRIGHT, SIDEWAYS = 174 * 72 / 25.4, 261 * 72 / 25.4
"""The widths of the text on A4 in points: upright, and on its side."""
SIZES = (9.5, 9.0, 8.5, 8.0)
"""Of the type of tables, in points, from the largest to the smallest that is easy to read."""
PADDING = 1.4
"""Room at both sides of the text of a cell."""
BOLD = 1.07
"""How much wider bold letters are."""
TIGHT, LONG_WORD = 8.0, 16.0
"""Texts get at least the one, and words that are longer than the other may be broken."""
SHORT = 5.0
"""Headings that are not longer than this stay on one line."""
MOST = 150.0
"""No column asks for more, however long its texts are."""
FEW_LINES = 26
"""A table with so many lines of text or fewer stays on one page."""
NARROW, THIN, WIDE = "fijlrtI.,:;'|!()[]{} -/", "1", "mwMW@%–—"
"""Letters that are narrower or wider than others."""


@dataclass(frozen=True)
class TableLayout:
    """How a table stands on a page.

    Attributes
    ----------
    size : float
        Of the type in points.
    sideways : bool
        Whether the page lies on its side.
    panels : tuple of tuple of int
        Columns that stand beside one another, each with the labels of the rows (column 0) first. More than
        one panel where even a page on its side is too narrow.
    widths : tuple of tuple of float
        Of the columns of each panel, in points.
    lines : int
        About how many lines its rows take.
    """

    size: float
    sideways: bool
    panels: tuple[tuple[int, ...], ...]
    widths: tuple[tuple[float, ...], ...]
    lines: int

    @property
    def is_short(self) -> bool:
        """Whether it is to stay on one page."""
        return self.lines <= FEW_LINES


def table_layout(grid: Grid) -> TableLayout:
    """Return how a table stands on A4: in smaller type, on its side or in panels as far as it must."""
    least, wanted = _needs(grid)
    everything = tuple(range(len(least)))
    for sideways in (False, True):
        for size in SIZES:
            room = (SIDEWAYS if sideways else UPRIGHT) / size
            if sum(least) <= room:
                widths = _shared(least, wanted, room, size)
                return _layout(grid, size, sideways, (everything,), (widths,))
    room = UPRIGHT / SIZES[-1]
    panels = _panels(least, room)
    shares = [_shared([least[k] for k in p], [wanted[k] for k in p], room, SIZES[-1]) for p in panels]
    return _layout(grid, SIZES[-1], False, panels, tuple(shares))


def em_width(text: str) -> float:
    """Return about how wide a text is, in em of a plain sans serif font.

    Examples
    --------
    >>> em_width("0.12") < em_width("word") < em_width("WORD")
    True
    """
    return sum(map(_letter, text))


def _letter(letter: str) -> float:
    if letter in NARROW:
        return 0.34
    if letter in WIDE:
        return 0.95
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.0
    if unicodedata.combining(letter):
        return 0.0
    return 0.72 if letter.isupper() else 0.56 if letter.isascii() else 0.62


def _layout(
    grid: Grid,
    size: float,
    sideways: bool,
    panels: tuple[tuple[int, ...], ...],
    widths: tuple[tuple[float, ...], ...],
) -> TableLayout:
    columns = [
        (k, max(width / size - PADDING, 1.0))
        for panel, own in zip(panels, widths, strict=True)
        for k, width in zip(panel, own, strict=True)
    ]
    lines = sum(max(ceil(em_width(row[k]) / room) for k, room in columns) for row in grid.rows)
    return TableLayout(size, sideways, panels, widths, lines + len(grid.rows) * (len(panels) - 1))


def _needs(grid: Grid) -> tuple[list[float], list[float]]:
    """Return the least width of each column, and that at which no text is broken, both with padding."""
    least, wanted = [], []
    for k, heading in enumerate(grid.headings):
        texts = [row[k] for row in grid.rows]
        longest = max(map(em_width, texts), default=0.0)
        short = em_width(heading) <= SHORT
        title = BOLD * (em_width(heading) if short else _longest_word(heading))
        if grid.numeric[k]:
            need = max(longest, title)
            want = max(longest, min(BOLD * em_width(heading), 2 * need))
        else:
            want = min(max(longest, BOLD * em_width(heading)), MOST)
            words = max(map(_longest_word, texts), default=0.0)
            need = max(words, title, min(want, TIGHT))
        least.append(need + PADDING)
        wanted.append(max(want, need) + PADDING)
    return least, wanted


def _longest_word(text: str) -> float:
    return min(max(map(em_width, text.split()), default=0.0), LONG_WORD)


def _shared(least: Sequence[float], wanted: Sequence[float], room: float, size: float) -> tuple[float, ...]:
    """Return widths in points: those wanted, or what is left over shared out by what is wanted."""
    low, high = np.array(least), np.array(wanted)
    more = high - low
    if more.sum() > 0:
        low = low + more * min(1.0, (room - low.sum()) / more.sum())
    return tuple(float(width) for width in np.round(low * min(1.0, room / low.sum()) * size, 2))


def _panels(least: Sequence[float], room: float) -> tuple[tuple[int, ...], ...]:
    """Return the columns of each panel, from left to right, as many as there is room for."""
    panels: list[list[int]] = [[0]]
    for k in range(1, len(least)):
        if len(panels[-1]) > 1 and sum(least[i] for i in panels[-1]) + least[k] > room:
            panels.append([0])
        panels[-1].append(k)
    return tuple(map(tuple, panels))
