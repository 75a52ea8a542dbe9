"""Excel files, through the optional package openpyxl."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

from dce.errors import ChoicesError, DceError
from dce.survey.office_file import MADE, fixed_bytes, xml_text

CELL = re.compile(rb"<c ([^>]*)>((?:(?!</c>).)*<f(?:(?!</c>).)*)</c>", re.DOTALL)
"""A cell with a formula in the XML of a sheet."""


def openpyxl() -> ModuleType:
    """Return the package openpyxl.

    Raises
    ------
    DceError
        If it is not installed.
    """
    try:
        import openpyxl  # noqa: PLC0415
    except ImportError as error:
        raise DceError("Excel files need openpyxl: pip install 'dce[excel]'.") from error
    module: ModuleType = openpyxl
    return module


def read_workbook(path: Path) -> dict[str, list[list[str]]]:
    """Return the cells of every sheet as text, whole numbers without decimals.

    Raises
    ------
    ChoicesError
        If the file is not there or cannot be read.
    """
    excel = openpyxl()
    if not path.exists():
        raise ChoicesError(f"{path}: there is no such file.")
    if path.is_file() and not zipfile.is_zipfile(path):
        raise ChoicesError(
            f"{path}: is no Excel file, or only part of one; allowed: a whole one, or a name that ends in "
            "'.csv' for a CSV file."
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and rules that openpyxl leaves out
            book = excel.load_workbook(path, read_only=True, data_only=True)
            sheets = {sheet.title: [[_text(c) for c in row] for row in sheet.iter_rows(values_only=True)]
                      for sheet in book.worksheets}  # fmt: skip
            book.close()
        uncomputed = _uncomputed(path)
    except Exception as error:  # openpyxl lets through whatever zipfile, xml and others raise
        raise ChoicesError(f"{path}: cannot be read as an Excel file: {error}.") from error
    if uncomputed:
        raise ChoicesError(
            f"{path}: cell {uncomputed} has a formula without a result; open the file in Excel and save it."
        )
    return sheets


def _uncomputed(path: Path) -> str:
    """Return the first cell with a formula that no program has computed yet; it would be read as empty."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if not name.startswith("xl/worksheets/sheet"):
                continue
            for begin, inside in CELL.findall(archive.read(name)):
                has_result = re.search(rb"<v>[^<]", inside) or b't="str"' in begin
                if b"<f" in inside and not has_result:
                    place = re.search(rb'r="([A-Z]+\d+)"', begin)
                    return place[1].decode() if place else "?"
    return ""


def save_workbook(book: Any, path: Path) -> None:
    """Write a workbook of openpyxl; the same content gives the same bytes."""
    book.properties.created = MADE
    data = io.BytesIO()
    book.save(data)
    path.write_bytes(fixed_bytes(data.getvalue()))


def write_text(cell: Any, text: str) -> None:
    """Write a text into a cell, which is no formula even if it begins with ``=``."""
    cell.value = xml_text(text)
    cell.data_type = "s"
    cell.number_format = "@"
    cell.quotePrefix = text.startswith(("=", "+", "-", "@"))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)
