"""Response files as they are found: tables of text from CSV and Excel, or JSON."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass
from pathlib import Path

from dce.errors import ChoicesError, listed
from dce.survey.excel import read_workbook

BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


@dataclass(frozen=True)
class ResponseFile:
    """What is in a file, before it is known what it means.

    Attributes
    ----------
    path : Path
    records : list of list of str
        The rows of a table, the header first, blank ones left out; none for JSON. Rows may differ in length.
    lines : list of int
        The line of the file, or row of the sheet, where each record ends.
    blank : int
        How many rows are blank.
    content : object
        What a JSON file says, else None.
    sheets : dict of str to list of list of str
        All sheets of an Excel file by name, else none; ``records`` are those of the first.
    """

    path: Path
    records: list[list[str]]
    lines: list[int]
    blank: int = 0
    content: object = None
    sheets: dict[str, list[list[str]]] | None = None

    @property
    def header(self) -> list[str]:
        """The first record, without white space around the names; empty for JSON."""
        return [name.strip() for name in self.records[0]] if self.records else []

    def error(self, problem: str, line: int | None = None) -> ChoicesError:
        """Return the error that says file, line and problem."""
        at = f", line {line}" if line is not None else ""
        return ChoicesError(f"{self.path}{at}: {problem}.")

    def rows(self, after: int = 1) -> tuple[list[int], list[list[str]]]:
        """Return line numbers and cells of the records after the header records.

        Raises
        ------
        ChoicesError
            If there are none, a column occurs twice, or a row has another number of cells than the header.
        """
        header = self.header
        lines, rows = self.lines[after:], self.records[after:]
        for line, row in zip(lines, rows, strict=True):
            if len(row) != len(header):
                allowed = f"{len(header)}, as many as the header"
                raise self.error(f"has {len(row)} cells; allowed: {allowed}", line)
        if not header or not rows:
            raise self.error("there are no answers")
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            raise self.error(f"column {listed(twice)} occurs twice; allowed: once", 1)
        return lines, rows


def open_responses(path: str | Path) -> ResponseFile:
    """Read a response file as it is: CSV, JSON by its name, or Excel by its name.

    CSV may have commas, semicolons or tabs, and be UTF-8 or UTF-16 with a byte order mark.

    Raises
    ------
    ChoicesError
        If it cannot be read.
    """
    path = Path(path)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        sheets = read_workbook(path)
        records = next(iter(sheets.values()))
        kept = [(n, row) for n, row in enumerate(records, 1) if any(cell.strip() for cell in row)]
        blank = len(records) - len(kept)
        return ResponseFile(path, [row for _, row in kept], [n for n, _ in kept], blank, None, sheets)
    text = _text(path)
    if path.suffix.lower() == ".json":
        try:
            return ResponseFile(path, [], [], content=json.loads(text))
        except ValueError as error:
            raise ChoicesError(f"{path}: is not JSON: {error}.") from error
    return _table(path, text)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ChoicesError(f"{path}: there is no such file.") from None
    except OSError as error:
        raise ChoicesError(f"{path}: cannot be read: {error}.") from error
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        found = "UTF-8" if encoding.startswith("utf-8") else "UTF-16"
        raise ChoicesError(f"{path}: is not {found} (byte {error.start}); save it as 'CSV UTF-8'.") from error


def _table(path: Path, text: str) -> ResponseFile:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    records: list[list[str]] = []
    lines: list[int] = []
    blank = 0
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                records.append(row)
                lines.append(reader.line_num)
            else:
                blank += 1
    except csv.Error as error:
        raise ChoicesError(f"{path}, line {reader.line_num}: cannot be read: {error}.") from error
    if not records:
        raise ChoicesError(f"{path}: there are no answers.")
    return ResponseFile(path, records, lines, blank)


def _delimiter(text: str) -> str:
    """Return the sign that separates cells: the most frequent one outside quotes in the first record."""
    counts = dict.fromkeys(",;\t", 0)
    quoted = False
    for sign in text:
        if sign == '"':
            quoted = not quoted
        elif not quoted and sign in counts:
            counts[sign] += 1
        elif not quoted and sign in "\r\n":
            break
    return max(counts, key=lambda sign: counts[sign])
