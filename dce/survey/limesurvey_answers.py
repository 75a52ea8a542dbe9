"""Answers of LimeSurvey: a table with the codes of questions as headings, with their texts or without."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dce.cell_texts import EMPTY, as_numbers
from dce.errors import listed
from dce.logit import FloatArray
from dce.survey.answers import Answers
from dce.survey.limesurvey_codes import RECORDED, SUFFIXES, answer_codes, question_codes, task_code
from dce.survey.manifest import Manifest
from dce.survey.platform_columns import read_columns
from dce.survey.response_file import ResponseFile

HEADING = re.compile(r"([A-Za-z][A-Za-z0-9]*(?:\[\w+\]|_\w+)?)(?:\.(?:\s.*)?)?", re.DOTALL)
"""A code, and after a full stop the text of the question if it was exported too."""
GROUP_TIME = re.compile(r"groupTime\d+\..*: (\w+)", re.DOTALL)
"""The heading of the time on a page, which says the name of the group if texts were exported."""
FULL_TEXT = {"Response ID", "Date submitted"}
"""Headings of an export without codes."""
MISSING = (*EMPTY, "N/A", "{question_not_shown}")
"""Texts that mean no answer; the second for questions of other blocks."""
UNREAD = r"b\d+[twdr]\d+pos|dcedraw|dceintroduction|dceglossary"
"""Questions of the survey that hold no answers; the places of tasks are read apart."""
RARE = 1e-6
"""How likely it may be at most that shuffled tasks all stood in the order of the design."""


def recognises_limesurvey(file: ResponseFile) -> bool:
    """Whether a table is an export of LimeSurvey."""
    codes = {_code(heading) for heading in file.header}
    recorded = codes & {"submitdate", "lastpage", "startlanguage"}
    return len(recorded) >= 2 or {"id", "dceblock"} <= codes or set(file.header) >= FULL_TEXT


def read_limesurvey(file: ResponseFile, manifest: Manifest) -> Answers:
    """Read the answers of a survey in LimeSurvey.

    Respondents are the ids of the responses. Those without a date of submission have not finished.

    Raises
    ------
    ChoicesError
        If headings have no codes, or tasks of the design have no column.
    """
    lines, rows = file.rows()
    columns = _columns(file)
    if "id" not in columns:
        allowed = "the column of the response id, which tells respondents apart"
        raise file.error(f"column 'id' is missing; allowed: {allowed}", 1)
    _check_tasks(file, manifest, columns)
    read = {code: [row[k].strip() for row in rows] for code, k in columns.items()}
    cells, headings = _named(read, columns, file, manifest)
    places = _places(read, manifest)
    in_order = _all_in_order(places, manifest)
    position, contradicted = ({}, 0) if in_order else _positions(places, manifest)
    timed = _timed(file, manifest)
    seconds = {f"{tag}_seconds": [row[k].strip() for row in rows] for tag, k in timed.items()}
    shuffled = "tasks" in manifest.settings.get("shuffle", ())
    notes = [] if position or not shuffled else ["The order of tasks was not recorded."]
    if contradicted:
        notes.append(f"Places of tasks contradict the survey, and are left out: {contradicted} respondents.")
    if in_order:
        notes.append("All respondents saw the tasks in the order of the design: were they shuffled?")
    kept = set(timed.values())
    extra = (
        code for code, k in columns.items() if code in RECORDED[2:] or (_is_time(code) and k not in kept)
    )
    if unused := list(extra):
        notes.append(f"Not used: the columns {listed(unused, 30)}.")
    if not seconds and any(code.startswith("groupTime") for code in columns):
        notes.append(
            "Times on pages are numbered as LimeSurvey numbers groups, which no file of dce knows; to read "
            "them, export with headings 'Question code & question text'."
        )
    answers = read_columns(
        file,
        manifest,
        {**cells, **position, **seconds},
        [f"line {line}" for line in lines],
        format="responses of LimeSurvey",
        respondent="id",
        block="dce_block" if "dce_block" in cells else None,
        dropped={"blank lines": file.blank} if file.blank else None,
        notes=notes,
        finished=[text not in MISSING for text in read["submitdate"]] if "submitdate" in read else None,
    )
    known = {ours.name: ours for ours in _known(manifest).values()}
    return replace(
        answers,
        missing=MISSING,
        names={**answers.names, **headings, "block": headings.get("dce_block", "")},
        written={
            heading: {code: theirs for theirs, code in known[name].codes.items()}
            for name, heading in headings.items()
            if name in known
        },
    )


def _code(heading: str) -> str:
    """Return the code at the beginning of a heading, or else the heading."""
    match = HEADING.fullmatch(heading)
    return match[1] if match else heading


def _is_time(code: str) -> bool:
    return bool(re.fullmatch(r"groupTime\d+|b\d+[twdr]\d+\w*Time|dce\w+Time", code))


def _columns(file: ResponseFile) -> dict[str, int]:
    """Return the number of each column by its code."""
    if set(file.header) >= FULL_TEXT:
        raise file.error(
            f"the headings are texts of questions, such as {file.header[0]!r}, which do not name the tasks; "
            "allowed: an export with headings 'Question code' or 'Question code & question text'",
            1,
        )
    columns: dict[str, int] = {}
    for k, heading in enumerate(file.header):
        code = _code(heading)
        if code in columns:
            raise file.error(f"two columns have the code {code!r}; allowed: one", 1)
        columns[code] = k
    return columns


def _check_tasks(file: ResponseFile, manifest: Manifest, columns: Mapping[str, int]) -> None:
    needed = [task_code(task.tag) for task in manifest.tasks if task.kind == "design"]
    missing = [code for code in needed if code not in columns]
    if missing:
        found = listed((code for code in columns if code not in RECORDED), 20)
        raise file.error(f"column {listed(missing)} of a task is missing; found: {found}", 1)


def _named(
    read: Mapping[str, list[str]], columns: Mapping[str, int], file: ResponseFile, manifest: Manifest
) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Return the cells with the names and codes of dce, and the heading of each name."""
    known = _known(manifest)
    cells: dict[str, list[str]] = {}
    headings: dict[str, str] = {}
    for code, answered in read.items():
        if code.endswith("[other]") and code[:-7] in read:
            continue
        if code in RECORDED[1:] or _is_time(code) or re.fullmatch(UNREAD, code):
            continue
        ours = known.get(code) or known.get(re.sub(r"^attended_(a\d+)$", r"attended[\1]", code))
        name = ours.name if ours else re.sub(r"\W+", "_", code).strip("_")
        if name in cells:
            raise file.error(f"columns {headings[name]!r} and {code!r} both hold {name!r}", 1)
        cells[name] = answered
        if f"{code}[other]" in read:
            pairs = zip(answered, read[f"{code}[other]"], strict=True)
            cells[name] = [other if text == "-oth-" and other else text for text, other in pairs]
        if ours and ours.codes:
            cells[name] = [ours.codes.get(text, text) for text in cells[name]]
        headings[name] = file.header[columns[code]].partition(".")[0]
    return cells, headings


@dataclass(frozen=True)
class _Known:
    """What dce calls a column, and what the codes in it are in dce."""

    name: str
    codes: Mapping[str, str]


def _known(manifest: Manifest) -> dict[str, _Known]:
    """Return the columns that a survey of this manifest has, by code."""
    labels = manifest.words.get("alternatives", {})
    options = [str(text) for text in manifest.settings.get("opt_out_options", ())]
    attendance = [str(text) for text in manifest.settings.get("attendance_options", ())]
    known = {"dceblock": _Known("dce_block", {}), "dcedesign": _Known("dce_design", {})}
    numbers = {f"{number}": f"{number}" for number in range(11)}
    second = answer_codes(dict(zip("12", options, strict=False))) if options else {}
    for task in manifest.tasks:
        shown = {code: str(labels.get(name, name)) for code, name in task.codes.items()}
        codes = {"": answer_codes(shown), "opt": second, "cert": answer_codes(numbers)}
        for suffix, name in SUFFIXES.items():
            known[f"{task_code(task.tag)}{suffix}"] = _Known(f"{task.tag}{name}", codes[suffix])
    often = answer_codes(dict(zip("123", attendance, strict=False))) if attendance else {}
    for k, attribute in enumerate(manifest.tasks[0].attributes, 1):
        known[f"attended[a{k}]"] = _Known(f"attended_{attribute}", often)
    questions = {question.name: question for question in manifest.questions}
    for name, code in question_codes(list(questions)).items():
        known[code] = _Known(name, answer_codes(questions[name].codes))
    return known


def _positions(places: Mapping[str, FloatArray], manifest: Manifest) -> tuple[dict[str, list[str]], int]:
    """Return the place of each task in its block, and for how many respondents it cannot be.

    The equations hold the place of each group among all groups of the survey, so within a block their
    order counts. It cannot be where two are in one place, or a card has moved that never moves.
    """
    found: dict[str, list[str]] = {}
    contradicted = np.zeros(len(next(iter(places.values()), ())), dtype=bool)
    for block in {task.block for task in manifest.tasks}:
        tasks = [task for task in manifest.tasks if task.block == block and task.tag in places]
        if not tasks:
            continue
        groups = np.array([places[task.tag] for task in tasks])
        known = ~np.isnan(groups)
        rank = (groups[:, None] >= groups).sum(axis=1)
        fixed = np.array([task.position if task.kind != "design" else 0 for task in tasks])[:, None]
        twice = (rank > known.sum(axis=0)) | ((groups[:, None] == groups).sum(axis=1) > 1)
        wrong = (known & (twice | ((fixed > 0) & (rank != fixed)))).any(axis=0)
        contradicted |= wrong
        shown = np.where(known & ~wrong, rank, 0)
        for task, row in zip(tasks, shown, strict=True):
            found[f"{task.tag}_position"] = [str(place) if place else "" for place in row.tolist()]
    return found, int(contradicted.sum())


def _places(read: Mapping[str, list[str]], manifest: Manifest) -> dict[str, FloatArray]:
    """Return the place of the group of each task among all groups, by tag; missing where it is not known."""
    columns = {task.tag: f"{task_code(task.tag)}pos" for task in manifest.tasks}
    return {
        tag: as_numbers(pd.Series(read[column], dtype=object)).to_numpy()
        for tag, column in columns.items()
        if column in read
    }


def _all_in_order(places: Mapping[str, FloatArray], manifest: Manifest) -> bool:
    """Whether tasks that were to be shuffled all stand in the order of the design, against all chance."""
    chance = 0.0
    for block in {task.block for task in manifest.tasks}:
        of_block = [task for task in manifest.tasks if task.block == block and task.kind == "design"]
        groups = np.array([places[task.tag] for task in of_block if task.tag in places])
        if not len(groups):
            continue
        if (groups < np.fmax.accumulate(groups, axis=0)).any():
            return False
        seen = (~np.isnan(groups)).sum(axis=0)
        chance -= sum(math.lgamma(number + 1) for number in seen.tolist())
    return chance < math.log(RARE)


def _timed(file: ResponseFile, manifest: Manifest) -> dict[str, int]:
    """Return the column of the time on the page of each task, where headings say the names of groups."""
    tags = {task_code(task.tag): task.tag for task in manifest.tasks}
    matches = ((k, GROUP_TIME.fullmatch(heading)) for k, heading in enumerate(file.header))
    return {tags[match[1]]: k for k, match in matches if match and match[1] in tags}
