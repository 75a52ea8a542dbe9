"""Answers of Sawtooth Lighthouse Studio: a CSV export with the version, or a ``.cho`` file.

The names of the columns, ``sys_RespNum``, ``sys_CBCVersion_CBC``, ``CBC_Random1``, ``CBC_Random1_none`` and
``CBC_Fixed1`` for an exercise called CBC, are those of published exports.
"""

from __future__ import annotations

import re
from dataclasses import replace

from dce.cell_texts import EMPTY
from dce.errors import listed
from dce.survey.answers import Answers
from dce.survey.manifest import Manifest
from dce.survey.platform_columns import read_columns
from dce.survey.response_file import ResponseFile
from dce.survey.sawtooth import sawtooth_tasks
from dce.survey.sawtooth_cho import read_cho

VERSION = r"sys_CBCVersion_(.+)"
RESPONDENT = "sys_RespNum"
STATUS = "sys_RespStatus"
COMPLETE = "5"
"""The status of those who qualified and completed the survey."""


def recognises_sawtooth(file: ResponseFile) -> bool:
    """Whether a file is a ``.cho`` file, or a table with the version of a CBC exercise."""
    return file.path.suffix.lower() == ".cho" or any(re.fullmatch(VERSION, name) for name in file.header)


def read_sawtooth(file: ResponseFile, manifest: Manifest) -> Answers:
    """Read the answers of a CBC exercise.

    Raises
    ------
    ChoicesError
        If a task has no column, or a respondent who answered no version; if a ``.cho`` file shows levels
        that no block of the design has.
    """
    return read_cho(file, manifest) if file.path.suffix.lower() == ".cho" else _table(file, manifest)


def _table(file: ResponseFile, manifest: Manifest) -> Answers:
    lines, cells = file.columns()
    tasks = sawtooth_tasks(manifest)
    exercise = _exercise(file)
    version = f"sys_CBCVersion_{exercise}"
    columns = _columns(file, manifest, exercise)
    blocks = [re.sub(r"\.0+$", "", text) for text in cells[version]]
    known = {str(block): block for block, _, _ in tasks}
    table: dict[str, list[str]] = {}
    for column, (kind, number, suffix) in columns.items():
        own = {
            block: tasks[block, kind, number] for block in known.values() if (block, kind, number) in tasks
        }
        table |= {f"{tag}{suffix}": [""] * len(lines) for tag in own.values()}
        for row, answer in enumerate(cells[column]):
            if answer in EMPTY:
                continue
            if blocks[row] not in known:
                allowed = listed(known)
                raise file.error(f"column {version!r} is {blocks[row]!r}; allowed: {allowed}", lines[row])
            tag = own.get(known[blocks[row]])
            if tag is None:
                problem = f"column {column!r} is answered, but version {blocks[row]} has no such task"
                raise file.error(problem, lines[row])
            table[f"{tag}{suffix}"][row] = answer
    ours = {RESPONDENT, version, *(question.name for question in manifest.questions)}
    system = [name for name in cells if name.startswith("sys_") and name not in ours]
    kept = {name: texts for name, texts in cells.items() if name not in columns and name != version}
    answers = read_columns(
        file,
        manifest,
        {**kept, **table, "dce_block": [b if b in known else "" for b in blocks]},
        [f"line {line}" for line in lines],
        format="answers of Sawtooth, CSV",
        respondent=RESPONDENT if RESPONDENT in cells else None,
        block="dce_block",
        ignored=system,
        dropped={"blank lines": file.blank} if file.blank else None,
        notes=["The order of tasks was not recorded."]
        + ([f"Not used: the columns {listed(system, 30)}."] if system else []),
        finished=_finished(cells.get(STATUS)),
    )
    names = {
        f"{tasks[block, kind, number]}{suffix}": column
        for column, (kind, number, suffix) in columns.items()
        for block in known.values()
        if (block, kind, number) in tasks
    }
    return replace(answers, names={**answers.names, **names, "block": version})


def _exercise(file: ResponseFile) -> str:
    """Return the name of the exercise that a table holds the answers of."""
    found = [match[1] for name in file.header if (match := re.fullmatch(VERSION, name))]
    if len(found) > 1:
        raise file.error(
            f"holds the exercises {listed(found)}; allowed: one. Export the columns of this design only", 1
        )
    return found[0]


def _columns(file: ResponseFile, manifest: Manifest, exercise: str) -> dict[str, tuple[str, int, str]]:
    """Return the columns of tasks: random or fixed, the number, and what is added to the tag."""
    of_task = {(kind, number): tag for (_, kind, number), tag in sawtooth_tasks(manifest).items()}
    found: dict[str, tuple[str, int, str]] = {}
    for name in file.header:
        match = re.fullmatch(rf"{re.escape(exercise)}_(Random|Fixed)(\d+)(_none)?", name)
        if match is None:
            continue
        kind, number = match[1], int(match[2])
        if (kind, number) not in of_task:
            allowed = listed([f"{exercise}_{kind}{number}" for kind, number in of_task], 40)
            raise file.error(f"column {name!r} is no task; allowed: {allowed}", 1)
        if match[3] and not manifest.asks_opt_out:
            raise file.error(
                f"column {name!r} answers a second question on the None option; allowed: none, the survey of "
                "the manifest does not ask it",
                1,
            )
        found[name] = (kind, number, "_opt_out" if match[3] else "")
    needed = {key for key, tag in of_task.items() if manifest.by_tag[tag].kind == "design"}
    missing = sorted(needed - {(kind, number) for kind, number, suffix in found.values() if not suffix})
    if missing:
        names = listed([f"{exercise}_{kind}{number}" for kind, number in missing], 40)
        raise file.error(f"column {names} is missing; found: {listed(file.header, 30)}", 1)
    return found


def _finished(statuses: list[str] | None) -> list[bool] | None:
    """Return who completed the survey; None where the file does not say it in numbers."""
    if statuses is None or not all(status.isdecimal() for status in statuses):
        return None
    return [status == COMPLETE for status in statuses]
