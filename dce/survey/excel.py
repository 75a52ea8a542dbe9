"""Excel files, through the optional package openpyxl."""

from __future__ import annotations

import warnings
from datetime import datetime
from pathlib import Path
from types import ModuleType

from dce.errors import ChoicesError, DceError


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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and rules that openpyxl leaves out
            book = excel.load_workbook(path, read_only=True, data_only=True)
            sheets = {sheet.title: [[_text(c) for c in row] for row in sheet.iter_rows(values_only=True)]
                      for sheet in book.worksheets}  # fmt: skip
            book.close()
    except Exception as error:  # openpyxl lets through whatever zipfile, xml and others raise
        raise ChoicesError(f"{path}: cannot be read as an Excel file: {error}.") from error
    return sheets


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
