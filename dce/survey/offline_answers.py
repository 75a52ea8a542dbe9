"""Answers that the offline survey saved: its CSV and JSON, which say the same."""

from __future__ import annotations

import re
from dataclasses import replace

from dce.errors import listed
from dce.survey.answers import OF_TASKS, Answers
from dce.survey.manifest import Manifest
from dce.survey.platform_columns import read_columns
from dce.survey.response_file import ResponseFile

FORMAT = "dce-offline/1"
"""What JSON of the offline survey says that it is."""
OWN = ("respondent", "dce_session", "dce_block", "dce_design", "dce_finished")
"""Columns that every file of the offline survey has."""
RECORDED = ("dce_study", "dce_cards", "dce_session", "dce_started", "dce_ended", "dce_finished")


def recognises_offline(file: ResponseFile) -> bool:
    """Whether a file was saved by the offline survey: its columns, or the mark in its JSON."""
    if isinstance(file.content, dict):
        return str(file.content.get("dce", "")).startswith(FORMAT.partition("/")[0] + "/")
    return len(set(RECORDED) & set(file.header)) > 1


def read_offline(file: ResponseFile, manifest: Manifest) -> Answers:
    """Read what the offline survey saved, with respondents who did not finish.

    Raises
    ------
    ChoicesError
        If a column is missing or of no task, or a respondent's record is damaged.
    """
    where, cells = _records(file) if file.records == [] else _rows(file)
    _check_columns(file, manifest, cells)
    for row, found in enumerate(cells["dce_finished"]):
        if found not in ("0", "1"):
            raise file.error(f"{where[row]}: column 'dce_finished' is {found!r}; allowed: '0', '1'")
    other = sum(bool(c) and not manifest.cards_hash.startswith(c) for c in cells.get("dce_cards", ()))
    answers = read_columns(
        file,
        manifest,
        cells,
        where,
        format="answers of the offline survey",
        respondent="respondent",
        block="dce_block",
        ignored=RECORDED,
        dropped={"blank lines": file.blank} if file.blank else None,
        notes=[f"{other} respondents saw cards with other words than those of the manifest."]
        if other
        else (),
        finished=[text == "1" for text in cells["dce_finished"]],
    )
    return replace(answers, sessions=cells["dce_session"])


def _rows(file: ResponseFile) -> tuple[list[str], dict[str, list[str]]]:
    lines, cells = file.columns()
    return [f"line {line}" for line in lines], cells


def _records(file: ResponseFile) -> tuple[list[str], dict[str, list[str]]]:
    """Return the records of JSON as columns; a column that a record lacks is empty there."""
    content = file.content
    assert isinstance(content, dict)
    if content["dce"] != FORMAT:
        raise file.error(f"dce is {content['dce']!r}; allowed: {FORMAT!r}")
    records = content.get("records")
    if not isinstance(records, list) or not records:
        raise file.error("there are no answers")
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict):
            raise file.error(f"record {number} is {type(record).__name__}; allowed: a table of texts")
        for name, value in record.items():
            if not isinstance(value, str):
                raise file.error(f"record {number}: column {name!r} is {value!r}; allowed: a text")
        missing = [name for name in OWN if name not in record]
        if missing:
            raise file.error(f"record {number} lacks {listed(missing)}")
    names = list(dict.fromkeys(name for record in records for name in record))
    cells = {name: [record.get(name, "").strip() for record in records] for name in names}
    return [f"record {number}" for number in range(1, len(records) + 1)], cells


def _check_columns(file: ResponseFile, manifest: Manifest, cells: dict[str, list[str]]) -> None:
    """Refuse files that lack a column, or have one of a task that the survey does not have."""
    tags = [task.tag for task in manifest.tasks]
    needed = [*OWN, *(task.tag for task in manifest.tasks if task.kind == "design")]
    missing = [name for name in needed if name not in cells]
    if missing:
        raise file.error(f"column {listed(missing)} is missing", 1 if file.records else None)
    known = {*tags, *(f"{tag}_{kind}" for tag in tags for kind in OF_TASKS)}
    unknown = [name for name in cells if re.fullmatch(r"b\d+_[twdr]\d+(_.*)?", name) and name not in known]
    if unknown:
        raise file.error(
            f"column {listed(unknown)} is of no task of this survey; allowed: {listed(tags, 20)}",
            1 if file.records else None,
        )
