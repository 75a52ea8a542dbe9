"""Every table of a report in one Excel workbook, a sheet each."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dce.report.document import NamedTable, Report
from dce.report.grid import one_line
from dce.survey.excel import openpyxl, save_workbook, write_text
from dce.table import Table, number

CONTENTS = "contents"
LONGEST_NAME = 31
"""Letters that the name of a sheet may have."""
WIDEST = 60
"""Of a column, in letters."""


def write_workbook(report: Report, path: Path) -> None:
    """Write the workbook: contents, then a sheet for every table, its numbers unrounded but shown rounded.

    Texts that look like formulas stay texts. Same report, same bytes.

    Parameters
    ----------
    report : Report
    path : Path
        Its folder is there.

    Raises
    ------
    DceError
        If openpyxl is not installed.
    """
    excel = openpyxl()
    book = excel.Workbook()
    bold = excel.styles.Font(bold=True)
    contents = book.active
    contents.title = CONTENTS
    tables = list(report.tables())
    names = sheet_names([part.name for part in tables])
    _row(contents, 1, ["sheet", "table"], bold)
    link = excel.worksheet.hyperlink.Hyperlink
    for k, (name, part) in enumerate(zip(names, tables, strict=True), 2):
        cells = _row(contents, k, [name, one_line(part.table.title)])
        cells[0].hyperlink = link(ref=cells[0].coordinate, location=f"'{name}'!A1")
        _sheet(book.create_sheet(name), part, bold)
    _set_widths(contents, [LONGEST_NAME, WIDEST])
    save_workbook(book, path)


def sheet_names(names: list[str]) -> list[str]:
    """Return names of sheets: at most 31 letters, and no two the same.

    Examples
    --------
    >>> sheet_names(["contents", "worth_of_levels_in_groups_by_age_1", "worth_of_levels_in_groups_by_age_2"])
    ['contents_2', 'worth_of_levels_in_groups_by_ag', 'worth_of_levels_in_groups_by__2']
    """
    made: list[str] = []
    for name in names:
        candidate, count = name[:LONGEST_NAME], 1
        while candidate in (CONTENTS, *made):
            count += 1
            candidate = f"{name[: LONGEST_NAME - len(str(count)) - 1]}_{count}"
        made.append(candidate)
    return made


def number_format(spec: str) -> str:
    """Return how Excel shows numbers of a format of :class:`dce.Table`.

    Examples
    --------
    >>> number_format(".3f"), number_format(",.0f"), number_format(".1%"), number_format("p")
    ('0.000', '#,##0', '0.0%', '0.000')
    """
    spec = {"p": ".3f", "4": ".4f"}.get(spec, spec)
    found = re.fullmatch(r"\+?(,?)\.(\d+)([f%])", spec)
    if found is None:
        return "General"
    digits = int(found[2])
    return ("#,##0" if found[1] else "0") + ("." + "0" * digits if digits else "") + found[3].replace("f", "")


def _sheet(sheet: Any, part: NamedTable, bold: Any) -> None:
    table = part.table
    _row(sheet, 1, [one_line(table.title)], bold)
    corner = "" if table.frame.index.name is None else str(table.frame.index.name)
    _row(sheet, 3, [corner, *map(str, table.frame.columns)], bold)
    for k, (label, values) in enumerate(zip(table.frame.index, _values(table), strict=True), 4):
        for cell, column in zip(_row(sheet, k, [str(label), *values])[1:], table.frame.columns, strict=True):
            if isinstance(cell.value, float):
                cell.number_format = number_format(table.formats.get(str(column), ".3f"))
    end = 4 + len(table.frame)
    for k, note in enumerate(table.notes, end + 1):
        _row(sheet, k, [one_line(note)])
    sheet.freeze_panes = "B4"
    cells = table.cells()
    longest = [max(map(len, [name, *cells.iloc[:, k]])) for k, name in enumerate(cells.columns)]
    _set_widths(sheet, [max(map(len, [corner, *cells.index])), *longest])


def _values(table: Table) -> list[list[Any]]:
    """Return rows of plain values: numbers as they are, nothing for what is missing, and texts."""
    return [[_plain(value) for value in row] for row in table.frame.itertuples(index=False, name=None)]


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value):
        return value
    return None if value is None or value is pd.NA else number(value) or None


def _row(sheet: Any, row: int, values: list[Any], font: Any = None) -> list[Any]:
    """Write a row, and return its cells."""
    cells = [sheet.cell(row, k) for k in range(1, len(values) + 1)]
    for cell, value in zip(cells, values, strict=True):
        if isinstance(value, str):
            write_text(cell, value)
        else:
            cell.value = value
        if font is not None:
            cell.font = font
    return cells


def _set_widths(sheet: Any, letters: list[int]) -> None:
    for k, width in enumerate(letters):
        letter = sheet.cell(1, k + 1).column_letter
        sheet.column_dimensions[letter].width = min(max(width, 8), WIDEST) + 2
