"""Response files as they are found: tables of text from CSV and Excel, or JSON."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass
from pathlib import Path

from dce.errors import ChoicesError, listed
from dce.survey.excel import read_workbook

KINDS_OF_BYTES = {
    b"PK\x03\x04": "a zip archive, or an Excel file under another name; unpack it, or name it '.xlsx'",
    b"\xd0\xcf\x11\xe0": "an Excel file of before 2007; save it as '.xlsx' or 'CSV UTF-8'",
    b"%PDF": "a PDF file; allowed: a table",
    b"\x89PNG": "a picture; allowed: a table",
    b"\xff\xd8\xff": "a picture; allowed: a table",
}
"""What begins with these bytes is no text."""
NO_TABLES = {
    ".toml": "a TOML file, such as a study",
    ".docx": "a Word file",
    ".html": "a web page",
    ".tex": "a LaTeX file",
    ".md": "a Markdown file",
}
"""What has such a name holds no answers."""
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

    @property
    def row(self) -> str:
        """What messages call a row: a line of a text, or a row of a sheet."""
        return "row" if self.sheets is not None else "line"

    def error(self, problem: str, line: int | None = None) -> ChoicesError:
        """Return the error that says file, line and problem."""
        at = f", {self.row} {line}" if line is not None else ""
        return ChoicesError(f"{self.path}{at}: {problem}.")

    def rows(self, after: int = 1) -> tuple[list[int], list[list[str]]]:
        """Return line numbers and cells of the records after the header records.

        Raises
        ------
        ChoicesError
            If there are none, a column occurs twice or has no name, or a row is the header again or has
            another number of cells.
        """
        header = self.header
        lines, rows = self.lines[after:], self.records[after:]
        if not rows:
            raise self.error("there are no answers; found: the header only")
        for line, row in zip(lines, rows, strict=True):
            if len(row) != len(header):
                allowed = f"{len(header)}, as many as the header"
                cells = "1 cell" if len(row) == 1 else f"{len(row)} cells"
                raise self.error(f"has {cells}; allowed: {allowed}", line)
            first = row[0].lstrip("\ufeff").strip()
            if first == header[0] and [first, *(cell.strip() for cell in row[1:])] == header and len(row) > 1:
                raise self.error("is the header again; allowed: once, so delete this line", line)
        hint = " (is the header missing?)" if any(name.isdecimal() for name in header) else ""
        if "" in header:
            k = header.index("")
            found = next(
                ((line, row[k]) for line, row in zip(lines, rows, strict=True) if row[k].strip()), None
            )
            inside = f", but {self.row} {found[0]} has {found[1]!r} in it" if found else ""
            raise self.error(
                f"column {k + 1} has no name{inside}; allowed: a name, or no such column{hint}", 1
            )
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            raise self.error(f"column {listed(twice)} occurs twice; allowed: once{hint}", 1)
        return lines, rows

    def columns(self) -> tuple[list[int], dict[str, list[str]]]:
        """Return the line numbers of the rows after the header, and their cells by column, without blanks
        around them; see :meth:`rows`.
        """
        lines, rows = self.rows()
        by_column = zip(self.header, zip(*rows, strict=True), strict=True)
        return lines, {name: [cell.strip() for cell in cells] for name, cells in by_column}


def open_responses(path: str | Path) -> ResponseFile:
    """Read a response file as it is: CSV, or by its name JSON, Excel, or numbers with blanks between (.cho).

    CSV may have commas, semicolons or tabs, and be UTF-8 or UTF-16 with a byte order mark. Columns
    that are empty throughout, without a name, are left out.

    Raises
    ------
    ChoicesError
        If it cannot be read.
    """
    path = Path(path)
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        sheets = read_workbook(path)
        records = _without_empty_columns(next(iter(sheets.values())))
        kept = [(n, row) for n, row in enumerate(records, 1) if any(cell.strip() for cell in row)]
        blank = len(records) - len(kept)
        return ResponseFile(path, [row for _, row in kept], [n for n, _ in kept], blank, None, sheets)
    text = _text(path)
    if path.suffix.lower() in (".json", ".qsf"):
        try:
            return ResponseFile(path, [], [], content=json.loads(text))
        except ValueError as error:
            raise ChoicesError(f"{path}: is not JSON: {error}.") from error
    if path.suffix.lower() == ".cho":
        return _words(path, text)
    return _table(path, text)


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise ChoicesError(f"{path}: there is no such file.") from None
    except OSError as error:
        raise ChoicesError(f"{path}: cannot be read: {error.strerror}.") from error
    if path.suffix.lower() in NO_TABLES:
        raise ChoicesError(f"{path}: is {NO_TABLES[path.suffix.lower()]}; allowed: a table of answers.")
    for begin, words in KINDS_OF_BYTES.items():
        if data.startswith(begin):
            raise ChoicesError(f"{path}: is {words}.")
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if data.startswith(mark)), "utf-8")
    if encoding.startswith("utf-8") and b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise ChoicesError(
            f"{path}, line {line}: found a NUL byte, as in UTF-16 without a mark; save it as 'CSV UTF-8'."
        )
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        found = "UTF-8" if encoding.startswith("utf-8") else "UTF-16"
        line = data.count(b"\n", 0, error.start) + 1
        raise ChoicesError(
            f"{path}, line {line}: is not {found} (byte {error.start}); save it as 'CSV UTF-8'."
        ) from error
    if re.match(r"\s*<(!doctype\s+)?html", text, re.IGNORECASE):
        raise ChoicesError(
            f"{path}: is a web page; allowed: a table. Was the login missing when it was downloaded?"
        )
    return text


def _table(path: Path, text: str) -> ResponseFile:
    if re.match(r"\s*[\[{]", text) and _is_json(text):
        raise ChoicesError(f"{path}: is JSON; allowed: a table, or a name that ends in '.json'.")
    told = re.match(r"sep=([,;\t])\r?\n", text)  # as Excel reads and writes it
    delimiter = told[1] if told else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    if told:
        next(reader)
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
        problem = f"cannot be read: {error}"
        if "unexpected end" in str(error) or "expected after" in str(error):
            problem = (
                'a quotation mark (") has no partner; allowed: around a whole cell, and doubled within one'
            )
        first = lines[-1] + 1 if lines else 1
        at = f"line {first}" if first == reader.line_num else f"lines {first} to {reader.line_num}"
        raise ChoicesError(f"{path}, {at}: {problem}.") from error
    if not records:
        raise ChoicesError(f"{path}: there are no answers; found: an empty file.")
    return ResponseFile(path, _without_empty_columns(records), lines, blank)


def _without_empty_columns(records: list[list[str]]) -> list[list[str]]:
    """Leave out the columns in which every cell is empty, that of the header too."""
    width = max(map(len, records), default=0)
    header = records[0] if records else []
    unnamed = [k for k in range(width) if k >= len(header) or not header[k].strip()]
    empty = {k for k in unnamed if not any(k < len(row) and row[k].strip() for row in records)}
    return [[cell for k, cell in enumerate(row) if k not in empty] for row in records] if empty else records


def _words(path: Path, text: str) -> ResponseFile:
    """Return a text whose cells have white space between them."""
    numbered = [(line, row.split()) for line, row in enumerate(text.splitlines(), 1) if row.strip()]
    if not numbered:
        raise ChoicesError(f"{path}: there are no answers.")
    return ResponseFile(path, [row for _, row in numbered], [line for line, _ in numbered])


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


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
