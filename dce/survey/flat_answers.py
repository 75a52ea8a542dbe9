"""Answers of surveydown and formr surveys on the flat design: ``cbc_q1`` holds the answer to card 1."""

from __future__ import annotations

import re
from dataclasses import replace

from dce.errors import listed
from dce.survey.answers import Answers
from dce.survey.manifest import Manifest
from dce.survey.platform_columns import read_columns
from dce.survey.response_file import ResponseFile

RESPONDENT = ("session_id", "session")
"""Columns that tell respondents apart, of surveydown and formr."""
BLOCK = ("respID", "dce_block", "blockID")
ANSWER = r"(?:.*_)?q(\d+)"
TASK = r"b\d+_[twdr]\d+"
"""Columns of tasks on other platforms, where questions may have such names as ``session`` and ``q1``."""
RECORDED = r"time_.*|created|modified|ended|expired|current_page|browser|ip_address"


def recognises_flat(file: ResponseFile) -> bool:
    """Whether a table is of surveydown or formr: a session, a block, and columns such as ``cbc_q1``."""
    header = file.header
    return (
        not any(re.fullmatch(TASK, name) for name in header)
        and any(name in header for name in RESPONDENT)
        and any(name in header for name in BLOCK)
        and any(re.fullmatch(ANSWER, name) for name in header)
    )


def read_flat(file: ResponseFile, manifest: Manifest) -> Answers:
    """Read the answers of a surveydown or formr survey.

    Raises
    ------
    ChoicesError
        If a card has no column or two, or a respondent no block.
    """
    lines, cells = file.columns()
    header = file.header
    where = [f"{file.row} {line}" for line in lines]
    respondent = next(name for name in RESPONDENT if name in cells)
    block = next(name for name in BLOCK if name in cells)
    questions = {question.name for question in manifest.questions}
    columns: dict[int, str] = {}
    for name in header:
        found = re.fullmatch(ANSWER, name)
        if found is None or name in questions or name.startswith("time_"):
            continue
        number = int(found[1])
        if number in columns:
            raise file.error(f"columns {columns[number]!r} and {name!r} both answer card {number}", 1)
        columns[number] = name
    of_block = {
        b: {t.position: t.tag for t in manifest.tasks if t.block == b}
        for b in {t.block for t in manifest.tasks}
    }
    numbers = {number for tags in of_block.values() for number in tags}
    needed = {t.position for t in manifest.tasks if t.kind == "design"}
    missing = sorted(needed - set(columns))
    unknown = [name for number, name in columns.items() if number not in numbers]
    if missing or unknown:
        problem = (
            f"column {listed(unknown)} is no card" if unknown else f"card {listed(missing)} has no column"
        )
        raise file.error(f"{problem}; allowed: cbc_q1 to cbc_q{max(numbers)}", 1)
    blocks = [re.sub(r"\.0+$", "", text) for text in cells[block]]
    table: dict[str, list[str]] = {t.tag: [""] * len(lines) for t in manifest.tasks if t.position in columns}
    for row, text in enumerate(blocks):
        answered = {n: cells[name][row] for n, name in columns.items() if cells[name][row] not in ("", "NA")}
        tags = of_block.get(int(text)) if text.isdecimal() else None
        if tags is None:
            if answered:
                allowed = listed(of_block)
                raise file.error(f"column {block!r} is {text!r}; allowed: {allowed}", lines[row])
            continue
        for number, answer in answered.items():
            if number not in tags:
                raise file.error(
                    f"column {columns[number]!r} is answered, but block {text} has no card {number}",
                    lines[row],
                )
            table[tags[number]][row] = re.sub(r"^(?:option|alt)_(\d+)$", r"\1", answer)
    unused = [name for name in header if name not in questions and re.fullmatch(RECORDED, name)]
    kept = {
        name: values
        for name, values in cells.items()
        if name not in columns.values() and name != block and name not in unused
    }
    answers = read_columns(
        file,
        manifest,
        {**kept, **table, "dce_block": ["" if b == "NA" else b for b in blocks]},
        where,
        format="answers of surveydown" if respondent == "session_id" else "answers of formr",
        respondent=respondent,
        block="dce_block",
        dropped={"blank lines": file.blank} if file.blank else None,
        notes=_notes(unused),
    )
    tag_columns = {task.tag: columns[task.position] for task in manifest.tasks if task.position in columns}
    return replace(answers, names={**answers.names, **tag_columns, "block": block})


def _notes(unused: list[str]) -> list[str]:
    """Return what the file does not tell, and what of it is not used."""
    notes = ["The order of tasks was not recorded."]
    return [*notes, f"Not used: the columns {listed(unused, 30)}."] if unused else notes
