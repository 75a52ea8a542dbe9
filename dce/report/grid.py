"""A table of a report as texts in rows and columns, for whatever file it stands in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dce.table import Table

NUMBER = re.compile(
    r"[-–−+<>≤≥≈]? ?\d[\d.,]*(e[-+]?\d+)?%?\*{0,3}( [(\[][-–−+\d.,e%∞ to]+[)\]])?\*{0,3}|-?∞|[-–]|"
)
"""A number, with its error or interval in brackets; or nothing, or a dash in its place."""


@dataclass(frozen=True)
class Grid:
    """What a table shows.

    Attributes
    ----------
    title : str
    headings : tuple of str
        Of all columns; that of the labels comes first, and may be empty.
    rows : tuple of tuple of str
        The label of a row comes first.
    numeric : tuple of bool
        Whether a column holds numbers, which are not broken over lines and stand at the right.
    notes : tuple of str
        Sentences below it.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    notes: tuple[str, ...]


def is_group(row: tuple[str, ...]) -> bool:
    """Whether a row is the title of the rows below it: a label and nothing else."""
    return len(row) > 1 and bool(row[0]) and not any(row[1:])


def grid_of(table: Table) -> Grid:
    """Return what a table shows."""
    cells = table.cells()
    corner = "" if table.frame.index.name is None else str(table.frame.index.name)
    rows = tuple(
        (one_line(label), *map(one_line, row))
        for label, row in zip(cells.index, cells.itertuples(index=False, name=None), strict=True)
    )
    width = len(cells.columns)
    return Grid(
        title=one_line(table.title),
        headings=(one_line(corner), *map(one_line, cells.columns)),
        rows=rows,
        numeric=(False, *(all(NUMBER.fullmatch(row[k + 1]) for row in rows) for k in range(width))),
        notes=tuple(map(one_line, table.notes)),
    )


def one_line(text: object) -> str:
    """Return a text on one line, with single blanks."""
    return " ".join(str(text).split())
