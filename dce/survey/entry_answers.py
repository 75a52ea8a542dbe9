"""Answers of paper questionnaires that were entered in the workbook of :mod:`dce.survey.entry_sheet`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dce.errors import ChoicesError, listed
from dce.survey.answers import Answers
from dce.survey.entry_columns import BLOCK, CONSENT, DESIGN, RESPONDENT
from dce.survey.entry_sheet import CODES, MARK
from dce.survey.manifest import Manifest
from dce.survey.platform_columns import read_columns
from dce.survey.response_file import ResponseFile

OURS = (RESPONDENT, BLOCK, DESIGN)
TASK = r"b\d+_[twdr]\d+(_opt_out|_certainty)?"
NO_CONSENT = "questionnaires without consent"


def recognises_entry(file: ResponseFile) -> bool:
    """Whether an Excel file is the workbook for paper questionnaires, as changed as its sheets may be."""
    sheets = file.sheets or {}
    marked = any(MARK in row for rows in sheets.values() for row in rows[:3])
    named = [[cell.strip() for cell in rows[0]] for title, rows in sheets.items() if title != CODES and rows]
    return marked or (CODES in sheets and any(name in header for header in named for name in OURS))


def read_entry(file: ResponseFile, manifest: Manifest) -> Answers:
    """Read the entered questionnaires of all blocks.

    Rows in which nothing was entered are passed over. Questionnaires without consent are left out, and
    counted.

    Raises
    ------
    ChoicesError
        If a sheet is not of this workbook, its header was changed, it belongs to another design, or a
        questionnaire does not say whether there is consent.
    """
    sheets = [
        _Sheet(file, manifest, title, [[cell.strip() for cell in row] for row in rows])
        for title, rows in (file.sheets or {}).items()
        if title != CODES and any(cell.strip() for row in rows for cell in row)
    ]
    questionnaires = [found for sheet in sheets for found in sheet.questionnaires()]
    kept = [found for found in questionnaires if found.cells.get(CONSENT) != "2"]
    if not kept:
        raise file.error(f"there are no answers, and {len(questionnaires)} {NO_CONSENT}")
    names = dict.fromkeys(name for found in kept for name in found.cells)
    without = len(questionnaires) - len(kept)
    return read_columns(
        file,
        manifest,
        {name: [found.cells.get(name, "") for found in kept] for name in names},
        [found.where for found in kept],
        format="the entry sheet of paper questionnaires",
        respondent=RESPONDENT,
        block=BLOCK,
        ignored=(CONSENT,),
        dropped={NO_CONSENT: without} if without else None,
    )


@dataclass(frozen=True)
class _Questionnaire:
    """A row: where it stands, and its cells by column."""

    where: str
    cells: Mapping[str, str]


@dataclass(frozen=True)
class _Sheet:
    file: ResponseFile
    manifest: Manifest
    title: str
    rows: list[list[str]]

    def questionnaires(self) -> list[_Questionnaire]:
        """Return the rows in which something was entered."""
        columns, block = self._columns()
        found = []
        for number, row in enumerate(self.rows[1:], 2):
            cells = {name: row[k] if k < len(row) else "" for name, k in columns.items()}
            entered = {name for name, text in cells.items() if text and name not in (BLOCK, DESIGN)}
            if not entered or cells[DESIGN] == MARK:
                continue
            if entered != {RESPONDENT} and CONSENT in cells and cells[CONSENT] not in ("1", "2"):
                cell = _cell(columns[CONSENT], number)
                raise self._error(
                    f"cell {cell}: consent is {cells[CONSENT]!r}; allowed: '1' for ticked, '2' for not ticked"
                )
            cells[BLOCK] = cells[BLOCK] or str(block)
            cells[DESIGN] = cells[DESIGN] or self.manifest.design_hash[:16]
            found.append(_Questionnaire(f"sheet {self.title!r}, row {number}", cells))
        return found

    def _columns(self) -> tuple[dict[str, int], int]:
        """Return where each column stands, and the block of the sheet."""
        header = self.rows[0]
        blocks = {task.tag: task.block for task in self.manifest.tasks}
        held = sorted({blocks[name] for name in header if name in blocks})
        if len(held) != 1:
            problem = f"has tasks of the blocks {listed(held)}" if held else "has no task of this survey"
            raise self._error(
                f"{problem} in its first row; allowed: the sheets that 'dce survey' wrote, of one block each"
            )
        columns: dict[str, int] = {}
        for k, name in enumerate(header):
            if name in columns:
                both = f"{_cell(columns[name], 1)} and {_cell(k, 1)}"
                raise self._error(f"cells {both}: column {name!r} occurs twice; allowed: once")
            if name:
                columns[name] = k
        if DESIGN in columns:
            self._check_design(columns[DESIGN])
        self._check_header(columns, self._expected(held[0]))
        self._check_nameless(set(columns.values()))
        return columns, held[0]

    def _expected(self, block: int) -> list[str]:
        settings = self.manifest.settings
        names = [*OURS]
        for task in self.manifest.tasks:
            if task.block == block:
                names.append(task.tag)
                names += [f"{task.tag}_opt_out"] * self.manifest.asks_opt_out
                names += [f"{task.tag}_certainty"] * bool(settings.get("certainty"))
        if settings.get("attendance"):
            names += [f"attended_{name}" for name in self.manifest.tasks[0].attributes]
        return [*names, *(question.name for question in self.manifest.questions)]

    def _check_header(self, columns: Mapping[str, int], expected: Sequence[str]) -> None:
        missing = [name for name in expected if name not in columns]
        unknown = [name for name in columns if name not in expected and name != CONSENT]
        if missing:
            at = [f"cell {_cell(columns[name], 1)} is {name!r}" for name in unknown]
            instead = f"found instead: {', '.join(at)}" if at else "nothing stands instead"
            raise self._error(f"column {listed(missing)} is missing in its first row; {instead}")
        for name in unknown:
            if re.fullmatch(TASK, name) or name.startswith(("dce_", "attended_")):
                cell = _cell(columns[name], 1)
                raise self._error(f"cell {cell}: found {name!r}; allowed: {listed(expected, 60)}")

    def _check_nameless(self, named: set[int]) -> None:
        """Refuse cells with a text in a column without a name."""
        for number, row in enumerate(self.rows, 1):
            for k, text in enumerate(row):
                if text and k not in named:
                    raise self._error(
                        f"cell {_cell(k, number)}: found {text!r} in a column without a name; allowed: "
                        f"nothing, or give cell {_cell(k, 1)} a name"
                    )

    def _check_design(self, column: int) -> None:
        """Refuse a sheet of another design, and one that does not say of which it is."""
        said: dict[str, int] = {}
        for number, row in enumerate(self.rows[1:], 2):
            text = row[column] if column < len(row) else ""
            if text and text != MARK:
                said.setdefault(text, number)
        allowed = f"allowed: {self.manifest.design_hash[:16]!r}, the design that is given"
        if not said:
            raise self._error(f"column {DESIGN!r} is empty; {allowed}")
        for text, number in said.items():
            if len(text) < 8 or not self.manifest.design_hash.startswith(text):
                raise self._error(f"cell {_cell(column, number)}: {DESIGN!r} is {text!r}; {allowed}")

    def _error(self, problem: str) -> ChoicesError:
        return ChoicesError(f"{self.file.path}, sheet {self.title!r}: {problem}.")


def _cell(column: int, row: int) -> str:
    """Return the name of a cell, such as ``"B7"``, of a column that is counted from 0."""
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"
