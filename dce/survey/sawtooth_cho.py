"""The ``.cho`` file of Sawtooth: for each respondent, the levels that every task showed and the answer.

Reference: Sawtooth Software, Lighthouse Studio Help, ".CHO and .CHS Formats".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from dce.errors import listed
from dce.survey.answers import Answers
from dce.survey.level_numbers import Concepts, level_numbers
from dce.survey.manifest import Manifest
from dce.survey.response_file import ResponseFile

DUAL_RESPONSE = 2
"""How the first line of a respondent says that the None option was asked in a second question."""


@dataclass(frozen=True)
class _Shown:
    """A task as the file has it: where it begins, its levels, the concept chosen, and the seconds."""

    line: int
    concepts: Concepts
    chosen: str
    seconds: str


@dataclass(frozen=True)
class _Respondent:
    line: int
    name: str
    extras: list[str]
    tasks: list[_Shown]


def read_cho(file: ResponseFile, manifest: Manifest) -> Answers:
    """Read a ``.cho`` file. It has no version: the block is the one whose tasks have the levels shown.

    Tasks of a block with the same levels, as when one is asked again, are told by their order, and a note
    says so.

    Raises
    ------
    ChoicesError
        If the file breaks off, or its tasks are those of no block, or of several.
    """
    levels = level_numbers(manifest)
    of_block: dict[int, dict[Concepts, list[str]]] = {}
    for task in sorted(manifest.tasks, key=lambda task: (task.block, task.position)):
        of_block.setdefault(task.block, {}).setdefault(levels[task.tag], []).append(task.tag)
    respondents = _respondents(file)
    known: dict[tuple[Concepts, ...], tuple[int, list[str]]] = {}
    blocks: list[str] = []
    chosen: list[dict[str, str]] = []
    seconds: list[dict[str, str]] = []
    for respondent in respondents:
        shown = tuple(task.concepts for task in respondent.tasks)
        if shown and shown not in known:
            known[shown] = _block(file, respondent, of_block)
        block, tags = known[shown] if shown else ("", [])
        blocks.append(str(block))
        chosen.append({tag: task.chosen for tag, task in zip(tags, respondent.tasks, strict=True)})
        seconds.append({tag: task.seconds for tag, task in zip(tags, respondent.tasks, strict=True)})
    durations = {text for row in seconds for text in row.values() if text}
    most = max(len(respondent.extras) for respondent in respondents)
    return Answers(
        source=str(file.path),
        format="answers of Sawtooth, .cho",
        where=[f"line {respondent.line}" for respondent in respondents],
        respondents=[respondent.name for respondent in respondents],
        blocks=blocks,
        chosen=_frame(chosen, manifest),
        seconds=_frame(seconds, manifest) if len(durations) > 1 else None,
        characteristics={
            f"extra_{k + 1}": [r.extras[k] if k < len(r.extras) else "" for r in respondents]
            for k in range(most)
        },
        rows=len(respondents),
        notes=["The order of tasks was not recorded.", *_alike(of_block, chosen)],
    )


def _alike(of_block: dict[int, dict[Concepts, list[str]]], chosen: list[dict[str, str]]) -> list[str]:
    """Return the note on answers to tasks that only their order in the file tells apart."""
    answered = {tag for row in chosen for tag, code in row.items() if code}
    alike = [
        f"{listed(tags)} in block {block}"
        for block, tasks in of_block.items()
        for tags in tasks.values()
        if len(tags) > 1 and answered.intersection(tags)
    ]
    same = "Tasks with the same services in the same order were told apart by their order in the file"
    return [f"{same}: {'; '.join(alike)}."] if alike else []


def _frame(rows: list[dict[str, str]], manifest: Manifest) -> pd.DataFrame:
    tags = [task.tag for task in manifest.tasks]
    return pd.DataFrame(rows, index=range(len(rows)), columns=tags, dtype=object).fillna("")


def _respondents(file: ResponseFile) -> list[_Respondent]:
    lines = iter(zip(file.lines, file.records, strict=True))
    found = []
    for line, first in lines:
        counts = [int(cell) if cell.isdecimal() else -1 for cell in first[1:]]
        if len(counts) != 4 or min(counts) < 0:
            allowed = "respondent, and numbers of extra variables, attributes and tasks, and the none option"
            raise file.error(f"found {' '.join(first)!r}; allowed: {allowed}", line)
        extras, attributes, tasks, none = counts
        if none == DUAL_RESPONSE:
            raise file.error(
                "has a Dual-Response None, which is read from a CSV export only; allowed: 0 or 1", line
            )
        of_respondent = _next(file, lines, extras, "the extra variables")[1] if extras else []
        shown = [_task(file, lines, attributes) for _ in range(tasks)]
        found.append(_Respondent(line, first[0], of_respondent, shown))
    return found


def _task(file: ResponseFile, lines: Iterator[tuple[int, list[str]]], attributes: int) -> _Shown:
    line, (concepts, depth) = _next(file, lines, 2, "the number of concepts of a task")
    if not concepts.isdecimal() or depth != "1":
        raise file.error(f"found {concepts} {depth}; allowed: the number of concepts, and 1", line)
    rows = [_next(file, lines, attributes, "the levels of a concept")[1] for _ in range(int(concepts))]
    _, (chosen, seconds) = _next(file, lines, 2, "the concept chosen and the duration")
    levels = tuple(_numbers(tuple(row)) for row in rows)
    return _Shown(line, levels, "" if chosen == "0" else chosen, "" if chosen == "0" else seconds)


def _next(
    file: ResponseFile, lines: Iterator[tuple[int, list[str]]], count: int, what: str
) -> tuple[int, list[str]]:
    """Return the next line, which must have a number of numbers."""
    line, cells = next(lines, (file.lines[-1], None))
    if cells is None:
        raise file.error(f"ends before {what}", line)
    if len(cells) != count or not _numbers(tuple(cells)):
        raise file.error(f"found {' '.join(cells)!r}; allowed: {count} numbers, {what}", line)
    return line, cells


@lru_cache(maxsize=10_000)
def _numbers(cells: tuple[str, ...]) -> tuple[float, ...]:
    """Return the numbers that texts are; none at all if one of them is no number."""
    if not all(re.fullmatch(r"-?\d+(\.\d*)?", cell) for cell in cells):
        return ()
    return tuple(float(cell) for cell in cells)


def _block(
    file: ResponseFile, respondent: _Respondent, of_block: dict[int, dict[Concepts, list[str]]]
) -> tuple[int, list[str]]:
    """Return the block that has all tasks of a respondent, and their tags."""
    tags = {block: _tags(respondent.tasks, tasks) for block, tasks in of_block.items()}
    fitting = [block for block, found in tags.items() if len(found) == len(respondent.tasks)]
    if len(fitting) == 1:
        return fitting[0], tags[fitting[0]]
    if fitting:
        raise file.error(
            f"the tasks of respondent {respondent.name} are in the blocks {listed(fitting)}; allowed: in "
            "one. Give the CSV export, which has the version",
            respondent.line,
        )
    best = max(tags, key=lambda block: len(tags[block]))
    wrong = respondent.tasks[len(tags[best])]
    shown = " / ".join(" ".join(f"{number:g}" for number in levels) for levels in wrong.concepts)
    raise file.error(
        f"respondent {respondent.name} was shown {shown}; allowed: each task of one block once, with the "
        "level numbers of sawtooth_design.csv",
        wrong.line,
    )


def _tags(shown: Sequence[_Shown], tasks: dict[Concepts, list[str]]) -> list[str]:
    """Return the tags of tasks, up to the first that is not among those of a block."""
    seen: Counter[Concepts] = Counter()
    found: list[str] = []
    for task in shown:
        of_levels = tasks.get(task.concepts, [])
        if seen[task.concepts] >= len(of_levels):
            break
        found.append(of_levels[seen[task.concepts]])
        seen[task.concepts] += 1
    return found
