"""Answers of REDCap: an export with the names of fields as headings, as codes or as labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from dce.cell_texts import EMPTY
from dce.errors import listed
from dce.survey.answers import Answers
from dce.survey.manifest import Manifest
from dce.survey.platform_columns import read_columns
from dce.survey.redcap_fields import FORM, attendance_field, question_fields
from dce.survey.response_file import ResponseFile

OWN = r"redcap_\w+|\w+_timestamp|\w+_complete"
"""Columns that REDCap itself writes."""
EVENTS = ("redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance")
"""Columns of exports in which a record can have several rows."""
RECORD = "dce_record"
"""The id of a record among the other columns."""
COMPLETE = ("2", "Complete")
LABELS = {"Complete?", "Record ID"}
"""Headings of an export with labels instead of names."""


def recognises_redcap(file: ResponseFile) -> bool:
    """Whether a table is an export of REDCap: forms are complete or not, or records have events."""
    header = set(file.header)
    records = file.header[:1] == ["record_id"] and any(name.endswith("_complete") for name in header)
    own = {f"{FORM}_complete", "redcap_survey_identifier", *EVENTS}
    return records or bool(header & own) or header >= LABELS


def read_redcap(file: ResponseFile, manifest: Manifest) -> Answers:
    """Read the answers of a survey in REDCap.

    Respondents are the records, in the first column. Where records can have several rows, for events or
    repeated instruments, the rows without answers to tasks are left out and counted.

    Raises
    ------
    ChoicesError
        If headings are labels, or tasks of the design have no column.
    """
    if set(file.header) >= LABELS:
        raise file.error(
            "the headings are labels, which do not name the tasks; allowed: an export of the raw data, with "
            "the names of fields as headings",
            1,
        )
    lines, rows = file.rows()
    _check_tasks(file, manifest)
    tags = [task.tag for task in manifest.tasks]
    columns = {name: k for k, name in enumerate(file.header)}
    kept, dropped = list(range(len(rows))), {"blank lines": file.blank} if file.blank else {}
    if any(name in columns for name in EVENTS):
        asked = [columns[name] for name in (*tags, "dce_block") if name in columns]
        kept = [n for n, row in enumerate(rows) if any(row[k].strip() not in EMPTY for k in asked)]
        dropped["rows of events or instruments without tasks"] = len(rows) - len(kept)
    read = {name: [rows[n][k].strip() for n in kept] for name, k in columns.items()}
    names = _names(manifest)
    own = [name for name in read if re.fullmatch(OWN, name) and name not in names]
    cells: dict[str, list[str]] = {}
    for name, texts in read.items():
        ours = RECORD if name == file.header[0] else names.get(name, name)
        if ours in cells:
            raise file.error(f"column {name!r} holds {ours!r}, which another column holds too", 1)
        cells[ours] = texts
    if "dce_block" in cells:
        cells["dce_block"] = [re.sub(r"^Block (\d+)$", r"\1", text) for text in cells["dce_block"]]
    complete = _complete(file, manifest)
    unused = [name for name in own if not name.endswith("_complete") and name not in EVENTS]
    notes = ["The order of tasks was not recorded: REDCap shows them in the order of the survey."]
    if unused:
        notes.append(f"Not used: the columns {listed(unused, 30)}.")
    answers = read_columns(
        file,
        manifest,
        cells,
        [f"line {lines[n]}" for n in kept],
        format="records of REDCap",
        respondent=RECORD,
        block="dce_block" if "dce_block" in cells else None,
        ignored=own,
        dropped=dropped,
        notes=notes,
        finished=[text in COMPLETE for text in read[complete]] if complete else None,
    )
    fields = {ours: name for name, ours in names.items() if name in read}
    return replace(answers, names={**answers.names, **fields, "respondent": file.header[0]})


def _check_tasks(file: ResponseFile, manifest: Manifest) -> None:
    needed = [task.tag for task in manifest.tasks if task.kind == "design"]
    missing = [tag for tag in needed if tag not in file.header]
    if missing:
        raise file.error(
            f"column {listed(missing)} of a task is missing; found: {listed(file.header, 20)}", 1
        )


def _names(manifest: Manifest) -> Mapping[str, str]:
    """Return what dce calls the fields of questions, and of how often attributes were considered."""
    attributes = manifest.tasks[0].attributes
    fields = question_fields([question.name for question in manifest.questions])
    return {
        **{attendance_field(k): f"attended_{name}" for k, name in enumerate(attributes, 1)},
        **{field: name for name, field in fields.items()},
    }


def _complete(file: ResponseFile, manifest: Manifest) -> str | None:
    """Return the column that says whether the form with the tasks is complete: the next one of its kind.

    The form may have another name, where the cards were added to other instruments.
    """
    last = max(file.header.index(task.tag) for task in manifest.tasks if task.tag in file.header)
    forms = (
        name for name in file.header[last:] if name.endswith("_complete") and name not in _names(manifest)
    )
    return next(forms, None)
