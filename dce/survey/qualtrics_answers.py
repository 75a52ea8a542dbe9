"""Answers in exports of Qualtrics, CSV or TSV, with codes or texts of choices."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dce.cell_texts import plain_code
from dce.errors import listed
from dce.survey.answers import Answers
from dce.survey.characteristics import LONG_FRAME, ORDER
from dce.survey.manifest import Manifest
from dce.survey.platform_columns import read_columns
from dce.survey.qualtrics_ids import OWN, recode_values
from dce.survey.qualtrics_order import screen_order
from dce.survey.qualtrics_table import IDS, Column, Header, known_columns, read_header
from dce.survey.response_file import ResponseFile

SEEN = ("-99", "-99.0", "-99,0")
"""What exports may write for a question that was seen and not answered, also through spreadsheets."""
NOT_FIELDED = {
    **{"1": "previews", "survey preview": "previews", "2": "tests", "survey test": "tests"},
    **{"4": "imported rows", "imported": "imported rows", "8": "spam", "spam": "spam"},
}
"""What a status other than that of an ordinary response means."""
FINISHED = {
    **dict.fromkeys(("1", "true", "wahr", "vrai"), True),
    **dict.fromkeys(("0", "false", "falsch", "faux", ""), False),
}
"""Also as spreadsheets in German and French write it."""


@dataclass(frozen=True)
class _Export:
    """An export with its header, and the responses that are not left out."""

    file: ResponseFile
    header: Header
    lines: list[int]
    rows: list[list[str]]
    dropped: dict[str, int]

    def cells(self, column: Column) -> list[str]:
        return [row[column.place].strip() for row in self.rows]

    def metadata(self, name: str) -> list[str] | None:
        column = _metadata(self.header, name)
        return None if column is None else self.cells(column)


def recognises_qualtrics(file: ResponseFile) -> bool:
    """Whether a table is an export of Qualtrics: its third row has ids, or it has its metadata."""
    return bool(file.records) and read_header(file) is not None


def read_qualtrics(file: ResponseFile, manifest: Manifest) -> Answers:
    """Read an export of Qualtrics.

    Previews, tests, imported rows and spam are left out and counted, by the column ``Status``. What
    Qualtrics records by itself (dates, IP address, place ...) is not read; other questions and embedded
    data are characteristics.

    Raises
    ------
    ChoicesError
        If it is of another survey, a task has no column or two, or no response is left.
    """
    header = read_header(file)
    if header is None:
        raise file.error("is no export of Qualtrics")
    for line, record in list(zip(file.lines, file.records, strict=True))[1 : header.records]:
        _check_length(file, header, line, record)
    known = known_columns(file, header, manifest)
    _check_tasks(file, manifest, known)
    export = _responses(file, header)
    cells = {name: _answers(export.cells(column)) for name, column in known.items() if name not in OWN}
    for question in manifest.questions:
        if question.kind == "choice" and question.name in cells:
            cells[question.name] = _codes(cells[question.name], recode_values(question.codes))
    for name in (f"{task.tag}_seconds" for task in manifest.tasks):
        if name in cells:
            cells[name] = [_seconds(text) for text in cells[name]]
    order, notes = screen_order(file, header, manifest, export.rows, export.lines)
    cells |= {f"{tag}_position": places for tag, places in order.items()}
    others, unused = _others(export, manifest, known)
    respondents = export.metadata("ResponseId")
    if respondents is not None:
        cells["ResponseId"] = respondents
    answers = read_columns(
        file,
        manifest,
        {**others, **cells},
        [f"line {line}" for line in export.lines],
        format="an export of Qualtrics",
        respondent=None if respondents is None else "ResponseId",
        block="dce_block" if "dce_block" in cells else None,
        dropped=export.dropped,
        notes=[*notes, *_notes(manifest, cells), *_seen(export, manifest, known), *unused],
        finished=_finished(export),
    )
    names = {name: column.name for name, column in known.items()}
    return replace(
        answers,
        names={**answers.names, **names, "block": names.get("dce_block", "")},
        written={names[q.name]: recode_values(q.codes) for q in manifest.questions if q.name in names},
    )


def _check_tasks(file: ResponseFile, manifest: Manifest, known: Mapping[str, Column]) -> None:
    missing = [task.tag for task in manifest.tasks if task.kind == "design" and task.tag not in known]
    if not missing:
        return
    if not any(task.tag in known for task in manifest.tasks):
        also = "" if "dce_design" in known else ", and no embedded data 'dce_design'"
        raise file.error(
            f"is an export of Qualtrics, but of another survey: there is no column {listed(missing)}{also}", 1
        )
    raise file.error(
        f"there is no column {listed(missing)}; allowed: all tasks of the design, so export all fields", 1
    )


def _responses(file: ResponseFile, header: Header) -> _Export:
    status = _metadata(header, "Status")
    dropped: dict[str, int] = {"blank lines": file.blank} if file.blank else {}
    lines, rows = [], []
    for line, row in zip(file.lines[header.records :], file.records[header.records :], strict=True):
        _check_length(file, header, line, row)
        text = row[status.place].strip() if status is not None else ""
        code = plain_code(text, ("0", *NOT_FIELDED))
        if code in ("", "0") or re.match(r"ip\b", code, re.IGNORECASE):
            lines.append(line)
            rows.append(row)
            continue
        reason = NOT_FIELDED.get(code.lower(), f"rows of status {text!r}")
        dropped[reason] = dropped.get(reason, 0) + 1
    if not rows:
        left_out = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
        raise file.error("there are no answers" + (f"; left out: {left_out}" if left_out else ""))
    return _Export(file, header, lines, rows, dropped)


def _check_length(file: ResponseFile, header: Header, line: int, cells: Sequence[str]) -> None:
    if len(cells) != len(header.columns):
        allowed = f"{len(header.columns)}, as many as the header"
        raise file.error(f"has {len(cells)} cells; allowed: {allowed}", line)


def _metadata(header: Header, name: str) -> Column | None:
    names = (name, "ResponseID") if name == "ResponseId" else (name,)
    by_id = (column for column in header.columns if column.import_id in IDS[name])
    by_name = (column for column in header.columns if column.name in names and not column.import_id)
    return next(by_id, None) or next(by_name, None)


def _finished(export: _Export) -> list[bool] | None:
    cells = export.metadata("Finished")
    if cells is None:
        return None
    found = []
    for line, cell in zip(export.lines, cells, strict=True):
        text = plain_code(cell, FINISHED).lower()
        if text not in FINISHED:
            raise export.file.error(f"column 'Finished' is {cell!r}; allowed: 1, 0, True or False", line)
        found.append(FINISHED[text])
    return found


def _answers(cells: list[str]) -> list[str]:
    return ["" if cell in SEEN else cell for cell in cells]


def _seen(export: _Export, manifest: Manifest, known: Mapping[str, Column]) -> list[str]:
    """Return how often what was typed in may have been what Qualtrics writes for no answer."""
    typed = [q.name for q in manifest.questions if q.kind != "choice" and q.name in known]
    counts = {name: sum(cell in SEEN for cell in export.cells(known[name])) for name in typed}
    return [f"Taken for no answer: {SEEN[0]} in {name}, {n:,d} times." for name, n in counts.items() if n]


def _seconds(text: str) -> str:
    """Return seconds with a decimal point, where a spreadsheet wrote a comma."""
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def _codes(cells: list[str], recoded: Mapping[str, str]) -> list[str]:
    """Return the codes of a question for its recode values, and other cells as they are."""
    code_of = {value: code for code, value in recoded.items()}
    return [code_of.get(plain_code(cell, code_of), cell) for cell in cells]


def _others(
    export: _Export, manifest: Manifest, known: Mapping[str, Column]
) -> tuple[dict[str, list[str]], list[str]]:
    """Return the columns of others that are characteristics, and notes on those that are not."""
    mine = {column.place for column in known.values()}
    columns = [column for column in export.header.columns if column.place not in mine and column.name]
    attributes = manifest.tasks[0].attributes if manifest.tasks else ()
    taken = {*LONG_FRAME, ORDER, *attributes, *known, "dce_order", *OWN}
    timers = tuple(f"{name}_" for name in known if name.endswith("_seconds"))
    others: dict[str, list[str]] = {}
    unused, reserved = [], []
    names = [column.name for column in columns]
    for column in columns:
        if column.order or column.name.startswith(timers):
            continue
        if column.is_metadata or column.is_record:
            unused.append(column.name)
        elif column.name in taken or names.count(column.name) > 1:
            reserved.append(column.name)
        else:
            cells = export.cells(column)
            others[column.name] = _answers(cells) if column.of_question else cells
    notes = [f"Not used: the columns {listed(unused, 30)}."] if unused else []
    if reserved:
        why = "their names have another meaning, or occur twice"
        notes.append(f"Not used: the columns {listed(dict.fromkeys(reserved), 30)}; {why}.")
    return others, notes


def _notes(manifest: Manifest, cells: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what the file does not tell."""
    notes = []
    if "dce_design" not in cells:
        notes.append("The file does not say of which design it is: there is no column 'dce_design'.")
    if "dce_block" not in cells:
        notes.append("The block was not recorded: it follows from the tasks that are answered.")
    if "ResponseId" not in cells:
        notes.append("There is no column 'ResponseId': respondents are numbered in the order of the file.")
    settings = manifest.settings
    shuffled = "tasks" in settings.get("shuffle", ())
    if shuffled and not any(name.endswith("_position") for name in cells):
        notes.append(
            "The order of tasks was not recorded; Qualtrics exports it with 'Export viewing order data for "
            "randomized surveys'."
        )
    missing = [task.tag for task in manifest.tasks if task.tag not in cells]
    if missing:
        notes.append(f"There is no column {listed(missing, 20)}.")
    for setting, suffix, words in (
        ("timers", "seconds", "The time that tasks took"),
        ("certainty", "certainty", "How sure respondents were"),
    ):
        if settings.get(setting) and not any(f"{task.tag}_{suffix}" in cells for task in manifest.tasks):
            notes.append(f"{words} was not recorded.")
    asked = [question.name for question in manifest.questions if question.name not in cells]
    if asked:
        notes.append(f"There is no column for the questions {listed(asked, 20)}.")
    return notes
