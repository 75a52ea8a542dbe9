"""Titled tables. The only code that formats numbers.

A table keeps its numbers unrounded in a DataFrame; rounding happens when it is shown.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from textwrap import wrap

import numpy as np
import pandas as pd
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

WIDTH = 80
"""Columns of a terminal that every table must fit."""
LABEL = 28
"""Columns for the labels of rows where a table is wide; longer ones go on in the next line."""
LONG = 40
"""Letters from which a text is a paragraph of its own in LaTeX."""
ESTIMATE = re.compile(r"[-–]?|[-<]?[\d,.]+(e[-+]\d+)?( \([-\d,.e+∞ to]+\))?")
"""A number, with its error or interval in brackets, or a dash in its place."""


def number(value: object, spec: str = ".3f") -> str:
    """Format one cell.

    ``spec`` is a format specification, ``"p"`` for a p-value, or ``"4"`` for four decimals, or for
    three significant digits where four decimals would hide a small number.

    Examples
    --------
    >>> number(0.12345), number(0.00012, "p"), number(0.0000321, "4"), number(float("nan"))
    ('0.123', '<0.001', '3.21e-05', '')
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return value
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,d}"
    return _float(float(str(value)), spec)


def _float(value: float, spec: str) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else "-∞"
    if spec == "p":
        return "<0.001" if value < 0.001 else f"{value:.3f}"
    if spec == "4":
        spec = ".4f" if value == 0 or abs(value) >= 0.001 else ".2e"
    text = f"{value:{spec}}"
    return text[1:] if text.startswith("-") and not text.strip("-0.%") else text


@dataclass(frozen=True)
class Table:
    """A table with a title, as a paper prints it.

    Parameters
    ----------
    title : str
    frame : pandas.DataFrame
        Unrounded numbers; the index holds the row labels.
    formats : mapping of column to format specification, optional
        ``".3f"`` where not given; ``"p"`` for p-values.
    notes : tuple of str, optional
        Sentences below the table.

    Examples
    --------
    >>> table = Table("Levels", pd.DataFrame({"count": [8, 8]}, index=["yes", "no"]))
    >>> print(table.to_latex().splitlines()[0])
    \\begin{table}
    """

    title: str
    frame: pd.DataFrame
    formats: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def cells(self) -> pd.DataFrame:
        """Return the table with every cell as the text that is shown."""
        columns = [
            [number(value, self.formats.get(str(name), ".3f")) for value in self.frame.iloc[:, k]]
            for k, name in enumerate(self.frame.columns)
        ]
        return pd.DataFrame(
            dict(enumerate(columns)), index=[str(label) for label in self.frame.index]
        ).set_axis([str(name) for name in self.frame.columns], axis=1)

    def to_frame(self) -> pd.DataFrame:
        """Return the unrounded numbers."""
        return self.frame.copy()

    def __str__(self) -> str:
        console = Console(file=io.StringIO(), width=WIDTH, color_system=None, highlight=False)
        console.print(self)
        text = console.file.getvalue()  # type: ignore[attr-defined]  # it is the StringIO above
        return "\n".join(line.rstrip() for line in text.splitlines())

    def __rich__(self) -> RichTable:
        cells = self.cells()
        grid = RichTable.grid(padding=0)
        grid.add_row(Text(self.title, style="bold"))
        headings, panels = self._panels(cells)
        for k, columns in enumerate(panels):
            if k:
                grid.add_row("")
            grid.add_row(self._panel(cells, headings, columns))
        for note in self.notes:
            grid.add_row(Padding(Text(note, style="dim"), (0, 0)))
        return grid

    def _panels(self, cells: pd.DataFrame) -> tuple[list[str], list[list[int]]]:
        """Return the headings, and the columns of each panel: several where one would be too wide."""
        headings = [str(name) for name in cells.columns]
        widest = [max(map(len, cells.iloc[:, k]), default=0) for k in range(len(headings))]
        free = WIDTH - min(max(map(len, cells.index), default=0), LABEL)
        for k, heading in enumerate(headings):
            if self._is_words(k):
                words = [word for text in (heading, *cells.iloc[:, k]) for word in text.split()]
                widest[k] = max(map(len, words), default=0)
        if sum(max(w, len(name)) + 1 for w, name in zip(widest, headings, strict=True)) <= free:
            return headings, [list(range(len(headings)))]
        widest = [max([w, *map(len, name.split())]) for w, name in zip(widest, headings, strict=True)]
        headings = ["\n".join(wrap(name, max(w, 1))) for w, name in zip(widest, headings, strict=True)]
        panels: list[list[int]] = [[]]
        for k, width in enumerate(widest):
            if panels[-1] and sum(widest[i] + 1 for i in panels[-1]) + width + 1 > free:
                panels.append([])
            panels[-1].append(k)
        return headings, panels

    def _is_words(self, k: int) -> bool:
        """Whether the cells of a column are texts, which may go on in the next line."""
        column = self.frame.iloc[:, k]
        return len(column) > 0 and not _is_numeric(column) and not _are_estimates(column)

    def _panel(self, cells: pd.DataFrame, headings: list[str], columns: list[int]) -> RichTable:
        """Return some of the columns beside the labels of the rows."""
        body = RichTable(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
        body.add_column(
            Text("" if self.frame.index.name is None else str(self.frame.index.name)),
            overflow="fold",
            ratio=None,
        )
        for k in columns:
            words = self._is_words(k)
            body.add_column(Text(headings[k]), justify="left" if words else "right", no_wrap=not words)
        for label, row in zip(cells.index, cells.itertuples(index=False), strict=True):
            body.add_row(Text(str(label)), *(Text(str(row[k])) for k in columns))
        return body

    def to_html(self) -> str:
        """Return an accessible HTML table: a caption, scoped headers, notes in the foot."""
        cells = self.cells()
        left = ' style="text-align: left"'  # notebooks put every cell to the right
        places = [left if self._is_words(k) else "" for k in range(len(cells.columns))]
        corner = "" if self.frame.index.name is None else str(self.frame.index.name)
        head = f'<th scope="col">{escape(corner)}</th>' if corner else "<td></td>"
        head += "".join(
            f'<th scope="col"{place}>{escape(name)}</th>'
            for name, place in zip(cells.columns, places, strict=True)
        )
        rows = "\n".join(
            f'<tr><th scope="row"{left}>{escape(str(label))}</th>'
            + "".join(f"<td{place}>{escape(str(cell))}</td>" for cell, place in zip(row, places, strict=True))
            + "</tr>"
            for label, row in zip(cells.index, cells.itertuples(index=False), strict=True)
        )
        span = len(cells.columns) + 1
        foot = "".join(f'<tr><td colspan="{span}"{left}>{escape(note)}</td></tr>' for note in self.notes)
        return (
            f"<table>\n<caption>{escape(self.title)}</caption>\n<thead><tr>{head}</tr></thead>\n"
            f"<tbody>\n{rows}\n</tbody>\n" + (f"<tfoot>{foot}</tfoot>\n" if foot else "") + "</table>"
        )

    def _repr_html_(self) -> str:
        return self.to_html()

    def to_latex(self) -> str:
        """Return a LaTeX table for the package booktabs, long texts in paragraphs; the notes follow."""
        cells = self.cells().reset_index(names="")
        style = cells.style.format(escape="latex").format_index(escape="latex", axis=1)
        body = style.hide(axis="index").to_latex(
            hrules=True,
            caption=_latex(self.title),
            column_format=self._latex_columns(cells),
        )
        body = body.replace("<", "$<$")
        notes = "".join(f"\n\\par {_latex(note)}" for note in self.notes)
        return body.replace("\\end{table}", f"{notes.lstrip()}\n\\end{{table}}" if notes else "\\end{table}")

    def _latex_columns(self, cells: pd.DataFrame) -> str:
        """Return the columns: numbers at the right, and long texts as paragraphs that share the line."""
        lengths = [max(map(len, cells.iloc[:, k]), default=0) for k in range(cells.shape[1])]
        words = [k == 0 or self._is_words(k - 1) for k in range(cells.shape[1])]
        long = {k: min(n, 4 * LONG) for k, n in enumerate(lengths) if words[k] and n > LONG}
        room = max(0.3, 0.95 - 0.09 * (len(lengths) - len(long)))
        shares = {k: room * n / sum(long.values()) for k, n in long.items()}
        return "".join(
            f"p{{{shares[k]:.2f}\\linewidth}}" if k in long else "l" if words[k] else "r"
            for k in range(len(lengths))
        )


def html_of(lines: Iterable[str], tables: Iterable[Table] = ()) -> str:
    """Return sentences, and tables below them, as HTML for a notebook."""
    said = "<br>\n".join(escape(line) for line in lines)
    return "\n".join([f"<p>{said}</p>", *(table.to_html() for table in tables)])


def _is_numeric(column: pd.Series) -> bool:
    return bool(pd.api.types.is_numeric_dtype(column)) or all(
        isinstance(value, (int, float)) or value is None for value in column
    )


def _are_estimates(column: pd.Series) -> bool:
    """Whether a column is of numbers with their errors in brackets."""
    texts = [value for value in column if isinstance(value, str)]
    others = pd.Series([value for value in column if not isinstance(value, str)], dtype=object)
    some = any("(" in text or text == "–" for text in texts)
    return some and _is_numeric(others) and all(map(ESTIMATE.fullmatch, texts))


def _latex(text: str) -> str:
    return (
        str(
            pd.DataFrame({"": [text]})
            .style.format(escape="latex")
            .hide(axis="index")
            .hide(axis="columns")
            .to_latex()
        )
        .split("\n")[1]
        .removesuffix("\\\\")
        .strip()
    )
