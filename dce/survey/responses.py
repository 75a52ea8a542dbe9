"""Answers that come back: one row per respondent, tied to the design.

The plain file has the columns ``respondent``, ``block`` and ``t1``, ``t2`` ... for the tasks of the
respondent's block in order, or the tags of the survey (``b1_t1`` ...). Whatever else a platform
exports is read through a :class:`ResponseMap`. Every other column is a characteristic of the
respondent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.design.design import Design
from dce.errors import ChoicesError, listed
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import IntArray
from dce.survey.manifest import Manifest, ManifestTask, make_manifest, read_manifest
from dce.survey.response_file import read_rows
from dce.survey.response_map import ResponseMap

LONG_FRAME = {"block", "task", ALTERNATIVE, "respondent", "chosen", "available", "weight", CONSTANTS}
"""Columns of a long frame, whose names no characteristic can have."""


def read_responses(
    path: str | Path,
    design: Design,
    mapping: ResponseMap | str | Path | None = None,
    manifest: str | Path | None = None,
) -> Choices:
    """Read answers from a CSV file with one row per respondent.

    Parameters
    ----------
    path : path
    design : Design
        That was fielded.
    mapping : ResponseMap or path, optional
        What columns and answers mean, where the file is not the plain one.
    manifest : path, optional
        The survey's ``manifest.json``; checked to belong to the design.

    Returns
    -------
    Choices
        Unanswered tasks and rows without any answer are counted in ``left_out``.

    Raises
    ------
    ChoicesError
        Naming file, line, column, what was found and what is allowed.
    """
    path = Path(path)
    if isinstance(mapping, (str, Path)):
        mapping = ResponseMap.read(mapping)
    tied = read_manifest(manifest, design) if manifest is not None else make_manifest(design)
    header, lines, rows, blank = read_rows(path)
    mapping = _with_defaults(mapping, header)
    reader = _Reader(path, design, mapping, tied, header, blank)
    return reader.read(lines, rows)


def _with_defaults(mapping: ResponseMap | None, header: Sequence[str]) -> ResponseMap:
    """Take the columns ``respondent`` and ``block`` for what they are called."""
    if mapping is None:
        mapping = ResponseMap(respondent="respondent")
    named = {name: name for name in ("respondent", "block") if name in header}
    return replace(
        mapping,
        respondent=mapping.respondent or named.get("respondent"),
        block=mapping.block or named.get("block"),
    )


@dataclass(frozen=True)
class _Reader:
    """What is known before the first row is read."""

    path: Path
    design: Design
    mapping: ResponseMap
    manifest: Manifest
    header: list[str]
    blank: int

    def error(self, line: int, problem: str) -> ChoicesError:
        return ChoicesError(f"{self.path}, line {line}: {problem}.")

    def read(self, lines: list[int], rows: list[list[str]]) -> Choices:
        for name in (self.mapping.respondent, self.mapping.block, self.mapping.weight):
            if name is not None and name not in self.header:
                raise self.error(1, f"column {name!r} is missing; found: {listed(self.header, 30)}")
        tasks_of_column = self._task_columns()
        decode = {task.task: self._answers(task) for task in self.manifest.tasks}
        S, J = self.design.n_tasks, len(self.design.study.alternative_names)
        index_of_task = {task: s for s, task in enumerate(dict.fromkeys(self.design.frame["task"]))}
        block_of_task = {task.task: task.block for task in self.manifest.tasks}
        answers = np.full((len(rows), S), -1, dtype=np.intp)
        respondents = self._respondents(lines, rows)
        for r, (line, row) in enumerate(zip(lines, rows, strict=True)):
            given = self._given_block(line, row)
            filled = {
                column: row[k].strip()
                for k, column in enumerate(self.header)
                if column in tasks_of_column and row[k].strip() not in self.mapping.missing
            }
            answered = {
                column: self._task(line, column, tasks_of_column[column], block_of_task, given)
                for column in filled
            }
            blocks = sorted({block_of_task[task] for task in answered.values()})
            if len(blocks) > 1 or (given is not None and blocks and blocks != [given]):
                wrong = [c for c, task in answered.items() if block_of_task[task] != (given or blocks[0])]
                of = f"is in block {given}" if given is not None else f"answered block {blocks[0]}"
                raise self.error(
                    line,
                    f"respondent {respondents[r]} {of}, but also answered {listed(wrong)}; "
                    "allowed: tasks of one block",
                )
            for column, task in answered.items():
                answer = _as_code(" ".join(filled[column].split()), decode[task])
                if answer not in decode[task]:
                    raise self.error(
                        line,
                        f"column {column!r}: answer {answer!r} is not one of {listed(decode[task], 20)}",
                    )
                answers[r, index_of_task[task]] = decode[task][answer]
        return self._choices(answers, respondents, rows, J)

    def _task_columns(self) -> dict[str, dict[int | None, int]]:
        """Return, per column, the task that it holds for each block (None: for any)."""
        tasks = self.manifest.tasks
        tags: dict[str, dict[int | None, int]] = {t.tag: {None: t.task} for t in tasks}
        positions: dict[str, dict[int | None, int]] = {}
        for task in tasks:
            positions.setdefault(f"t{task.position}", {})[task.block] = task.task
        numbers: dict[str, dict[int | None, int]] = {str(t.task): {None: t.task} for t in tasks}
        if self.mapping.columns:
            return self._mapped_columns([numbers, positions, tags])
        if any(tag in self.header for tag in tags):
            self._require(list(tags))
            return tags
        self._require(list(positions))
        extra = [c for c in self.header if re.fullmatch(r"[tT]\d+", c) and c not in positions]
        if extra:
            raise self.error(1, f"column {listed(extra)} is no task; allowed: {listed(positions, 40)}")
        self._check_block()
        return positions

    def _check_block(self) -> None:
        if len(self.design.blocks) > 1 and self.mapping.block is None:
            raise self.error(
                1,
                "column 'block' is missing: t1, t2 ... are numbered within the block; found: "
                f"{listed(self.header, 30)}",
            )

    def _mapped_columns(
        self, namings: Sequence[dict[str, dict[int | None, int]]]
    ) -> dict[str, dict[int | None, int]]:
        """Return the columns of a map, which names tasks in one of several ways."""
        self._require(list(self.mapping.columns))
        given = {column: str(task) for column, task in self.mapping.columns.items()}
        used = list(given.values())
        naming = max(namings, key=lambda names: sum(name in names for name in used))
        for column, task in given.items():
            if task not in naming:
                raise ChoicesError(
                    f"{self.path}: the map gives column {column!r} task {task}, which is not in the "
                    f"design; allowed: {', '.join(naming)}."
                )
            if used.count(task) > 1:
                twice = [name for name, other in given.items() if other == task]
                raise ChoicesError(
                    f"{self.path}: the map gives task {task} to {listed(twice)}; allowed: one column."
                )
        absent = [task for task in naming if task not in used]
        if absent:
            raise ChoicesError(f"{self.path}: the map gives no column to task {', '.join(absent)}.")
        if naming is namings[1]:
            self._check_block()
        return {column: naming[task] for column, task in given.items()}

    def _require(self, columns: Sequence[str]) -> None:
        missing = [name for name in columns if name not in self.header]
        if missing:
            raise self.error(1, f"column {listed(missing, 20)} is missing; found: {listed(self.header, 30)}")

    def _answers(self, task: ManifestTask) -> dict[str, int]:
        """Return what each answer to a task means, as the index of the alternative."""
        names = self.design.study.alternative_names
        labels = [alternative.label for alternative in self.design.study.all_alternatives]
        pairs = [
            *((code, name) for code, name in task.codes.items()),
            *((name, name) for name in names),
            *zip(labels, names, strict=True),
        ]
        decode: dict[str, int] = {}
        for text, name in self.mapping.answers.items() if self.mapping.answers else pairs:
            if name not in names:
                raise ChoicesError(
                    f"{self.path}: the map gives answer {text!r} the alternative {name!r}; allowed: "
                    f"{listed(names)}."
                )
            answer = " ".join(text.split())
            if answer in self.mapping.missing:
                raise ChoicesError(
                    f"{self.path}: {answer!r} is both an answer and a text for no answer; give a map "
                    "with answers, or with other texts under missing."
                )
            if decode.setdefault(answer, names.index(name)) != names.index(name):
                raise ChoicesError(
                    f"{self.path}: answer {answer!r} could mean two alternatives; give a map of answers."
                )
        return decode

    def _respondents(self, lines: list[int], rows: list[list[str]]) -> list[Any]:
        if self.mapping.respondent is None:
            return list(range(1, len(rows) + 1))
        k = self.header.index(self.mapping.respondent)
        names = [row[k].strip() for row in rows]
        seen: dict[str, int] = {}
        for line, name in zip(lines, names, strict=True):
            if name in self.mapping.missing:
                raise self.error(line, f"column {self.mapping.respondent!r} is empty")
            if name in seen:
                raise self.error(
                    line,
                    f"respondent {name!r} was already on line {seen[name]}; allowed: one row each",
                )
            seen[name] = line
        numbers = all(re.fullmatch(r"0|[1-9]\d{0,17}", name) for name in names)
        return [int(name) for name in names] if numbers else list(names)

    def _given_block(self, line: int, row: list[str]) -> int | None:
        if self.mapping.block is None:
            return None
        known = [str(block) for block in self.design.blocks]
        text = _as_code(row[self.header.index(self.mapping.block)].strip(), known)
        if text not in [str(block) for block in self.design.blocks]:
            raise self.error(
                line,
                f"column {self.mapping.block!r}: {text!r} is no block; allowed: "
                f"{listed([str(block) for block in self.design.blocks])}",
            )
        return int(text)

    def _task(
        self, line: int, column: str, of_block: Mapping[int | None, int],
        block_of_task: Mapping[int, int], given: int | None,
    ) -> int:  # fmt: skip
        if None in of_block:
            return of_block[None]
        if given is None:
            given = block_of_task[next(iter(of_block.values()))]
        if given not in of_block:
            raise self.error(line, f"column {column!r} is answered, but block {given} has no such task")
        return of_block[given]

    def _choices(self, answers: IntArray, respondents: list[Any], rows: list[list[str]], J: int) -> Choices:
        block = self.design.task_blocks
        r, s = np.nonzero(answers >= 0)
        if not len(r):
            raise ChoicesError(f"{self.path}: there are no answers in {len(rows):,d} rows.")
        has_any = (answers >= 0).any(axis=1)
        long = self.design.frame.iloc[(s[:, None] * J + np.arange(J)).ravel()].reset_index(drop=True)
        long.insert(0, "respondent", np.repeat(np.array(respondents, dtype=object)[r], J))
        long["respondent"] = long["respondent"].infer_objects()
        long["chosen"] = (answers[r, s][:, None] == np.arange(J)).ravel().astype(np.int64)
        for name, values in self._characteristics(rows).items():
            long[name] = values.iloc[np.repeat(r, J)].to_numpy()
        sizes = np.bincount(block)
        of_respondent = block[(answers >= 0).argmax(axis=1)]
        expected = int(sizes[of_respondent[has_any]].sum())
        left_out = {
            "blank lines": self.blank,
            "rows without any answer": int((~has_any).sum()),
            "tasks left unanswered by respondents who answered others": expected - len(r),
        }
        return Choices(long, self.design.study, left_out, self.path.name)

    def _characteristics(self, rows: list[list[str]]) -> dict[str, pd.Series]:
        """Return the other columns: numbers where every value is one, else texts."""
        used = {
            self.mapping.respondent,
            self.mapping.block,
            self.mapping.weight,
            *self._task_columns(),
        }
        taken = LONG_FRAME | set(self.design.study.attribute_names)
        for name in self.mapping.rename:
            if name not in self.header or name in used:
                raise ChoicesError(
                    f"{self.path}: the map renames {name!r}, which is no characteristic; found: "
                    f"{listed([c for c in self.header if c not in used], 30)}."
                )
        found: dict[str, pd.Series] = {}
        for k, column in enumerate(self.header):
            if column == self.mapping.weight:
                found["weight"] = _typed([row[k].strip() for row in rows], self.mapping.missing)
            if column in used:
                continue
            name = self.mapping.rename.get(column, column)
            if name in taken or name in found:
                raise self.error(
                    1,
                    f"column {column!r} has a name with another meaning in dce; give it a new one in the "
                    "map, under rename"
                    + (", or say weight = 'weight' there if it weights answers" if name == "weight" else ""),
                )
            found[name] = _typed([row[k].strip() for row in rows], self.mapping.missing)
        return found


def _as_code(text: str, known: Collection[str]) -> str:
    """Return a code without the decimals that spreadsheets add: ``2`` for ``2.0`` or ``2,0``."""
    match = re.fullmatch(r"(\d+)[.,]0+", text)
    return match[1] if match and text not in known and match[1] in known else text


def _typed(texts: list[str], missing: Sequence[str]) -> pd.Series:
    values = pd.Series([None if text in missing else text for text in texts], dtype=object)
    if any(re.match(r"[+-]?0\d", text) for text in texts if text not in missing):
        return values  # codes such as 01 are words
    numbers = pd.to_numeric(values, errors="coerce")
    return numbers.astype(np.float64) if numbers.notna().equals(values.notna()) else values
