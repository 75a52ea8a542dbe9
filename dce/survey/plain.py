"""The plain file: one row per respondent, ``respondent``, ``block`` and ``t1``, ``t2`` ... for the tasks
of the block in order, or the tags of the survey. Other files are read through a :class:`ResponseMap`.
Every other column is a characteristic of the respondent.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from dce.cell_texts import plain_code
from dce.errors import listed
from dce.survey.answers import OF_TASKS, Answers
from dce.survey.manifest import Manifest
from dce.survey.platform_columns import check_design
from dce.survey.response_file import ResponseFile
from dce.survey.response_map import ResponseMap

Column = dict[int | None, str]
"""The tag that a column holds, for each block; under None: for any block."""


def read_plain(file: ResponseFile, manifest: Manifest, mapping: ResponseMap | None = None) -> Answers:
    """Read the plain file, or another one as a map says.

    Raises
    ------
    ChoicesError
    """
    lines, cells = file.columns()
    reader = _Plain(file, manifest, _with_defaults(mapping, file.header), mapping is not None)
    return reader.read(lines, cells)


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
class _Plain:
    file: ResponseFile
    manifest: Manifest
    mapping: ResponseMap
    mapped: bool

    def read(self, lines: list[int], cells: dict[str, list[str]]) -> Answers:
        header, mapping = self.file.header, self.mapping
        for name in (mapping.respondent, mapping.block, mapping.weight):
            if name is not None and name not in header:
                raise self.file.error(f"column {name!r} is missing; found: {listed(header, 30)}", 1)
        columns = self._task_columns()
        where = [f"{self.file.row} {line}" for line in lines]
        check_design(self.file, self.manifest, cells, where)
        blocks = cells[mapping.block] if mapping.block is not None else None
        chosen, names = self._by_tag(columns, cells, blocks, lines, "")
        extra: dict[str, Any] = {}
        used = {mapping.respondent, mapping.block, mapping.weight, "dce_design", *columns}
        for kind in OF_TASKS:
            own = {
                f"{column}_{kind}": tags for column, tags in columns.items() if f"{column}_{kind}" in header
            }
            extra[kind] = None
            if own and not mapping.columns:
                extra[kind], more = self._by_tag(own, cells, blocks, lines, f"_{kind}")
                names |= more
                used |= set(own)
        characteristics, more = self._characteristics(cells, used)
        return Answers(
            source=str(self.file.path),
            format="a file read through a map" if self.mapped else "the plain file of dce",
            where=where,
            respondents=cells[mapping.respondent] if mapping.respondent is not None else None,
            blocks=blocks,
            chosen=chosen,
            characteristics=characteristics,
            weights=cells[mapping.weight] if mapping.weight is not None else None,
            names={**names, **more, "respondent": mapping.respondent or "", "block": mapping.block or ""},
            decode=mapping.answers,
            missing=mapping.missing,
            rows=len(lines) + self.file.blank,
            dropped={"blank lines": self.file.blank},
            **extra,
        )

    def _by_tag(
        self, columns: Mapping[str, Column], cells: Mapping[str, list[str]], blocks: list[str] | None,
        lines: list[int], suffix: str,
    ) -> tuple[pd.DataFrame, dict[str, str]]:  # fmt: skip
        """Return cells by row and tag, and the column of each tag."""
        n = len(lines)
        table: dict[str, list[str]] = {}
        names: dict[str, str] = {}
        known = [str(block) for block in sorted({task.block for task in self.manifest.tasks})]
        codes = [plain_code(block, known) for block in blocks] if blocks is not None else []
        for column, tags in columns.items():
            values = cells[column]
            for block, tag in tags.items():
                names[f"{tag}{suffix}"] = column
                if block is None or blocks is None:
                    table[tag] = values
                else:
                    table[tag] = [v if codes[r] == str(block) else "" for r, v in enumerate(values)]
            if blocks is not None and None not in tags and not suffix:
                self._refuse_tasks_of_other_blocks(column, tags, values, codes, lines, known)
        return pd.DataFrame(table, index=range(n), dtype=object), names

    def _refuse_tasks_of_other_blocks(
        self, column: str, tags: Column, values: list[str], codes: list[str], lines: list[int],
        known: Sequence[str],
    ) -> None:  # fmt: skip
        own = {str(block) for block in tags}
        for line, value, code in zip(lines, values, codes, strict=True):
            if value in self.mapping.missing or code in own:
                continue
            if code not in known:
                raise self.file.error(
                    f"column {self.mapping.block!r}: {code!r} is no block; allowed: {listed(known)}", line
                )
            raise self.file.error(f"column {column!r} is answered, but block {code} has no such task", line)

    def _task_columns(self) -> dict[str, Column]:
        """Return, per column, the tag that it holds for each block."""
        tasks = self.manifest.tasks
        tags: dict[str, Column] = {t.tag: {None: t.tag} for t in tasks}
        positions: dict[str, Column] = {}
        for task in tasks:
            positions.setdefault(task.column, {})[task.block] = task.tag
        numbers: dict[str, Column] = {str(t.task): {None: t.tag} for t in tasks if t.task is not None}
        if self.mapping.columns:
            return self._mapped_columns([numbers, positions, tags])
        header = self.file.header
        optional = {name for t in tasks if t.kind != "design" for name in (t.tag, t.column)}
        by_tag = any(tag in header for tag in tags)
        naming = tags if by_tag else positions
        self._require([name for name in naming if name not in optional])
        if not by_tag:
            extra = [c for c in header if re.fullmatch(r"[tT]\d+", c) and c not in positions]
            if extra:
                allowed = listed(positions, 40)
                raise self.file.error(f"column {listed(extra)} is no task; allowed: {allowed}", 1)
            self._check_block()
        return {name: column for name, column in naming.items() if name in header}

    def _check_block(self) -> None:
        if len({task.block for task in self.manifest.tasks}) > 1 and self.mapping.block is None:
            raise self.file.error(
                "column 'block' is missing: t1, t2 ... are numbered within the block; found: "
                f"{listed(self.file.header, 30)}",
                1,
            )

    def _mapped_columns(self, namings: Sequence[dict[str, Column]]) -> dict[str, Column]:
        """Return the columns of a map, which names tasks in one of several ways."""
        self._require(list(self.mapping.columns))
        given = {column: str(task) for column, task in self.mapping.columns.items()}
        used = list(given.values())
        naming = max(namings, key=lambda names: sum(name in names for name in used))
        for column, task in given.items():
            if task not in naming:
                raise self.file.error(
                    f"the map gives column {column!r} task {task}, which is not in the "
                    f"design; allowed: {', '.join(naming)}"
                )
            if used.count(task) > 1:
                twice = [name for name, other in given.items() if other == task]
                raise self.file.error(f"the map gives task {task} to {listed(twice)}; allowed: one column")
        kinds = {t.tag: t.kind for t in self.manifest.tasks}
        required = [name for name, column in naming.items()
                    if any(kinds[tag] == "design" for tag in column.values())]  # fmt: skip
        missing = [task for task in required if task not in used]
        if missing:
            raise self.file.error(f"the map gives no column to task {', '.join(missing)}")
        if naming is namings[1]:
            self._check_block()
        return {column: naming[task] for column, task in given.items()}

    def _require(self, columns: Sequence[str]) -> None:
        missing = [name for name in columns if name not in self.file.header]
        if missing:
            found = listed(self.file.header, 30)
            raise self.file.error(f"column {listed(missing)} is missing; found: {found}", 1)

    def _characteristics(
        self, cells: Mapping[str, list[str]], used: set[str | None]
    ) -> tuple[dict[str, list[str]], dict[str, str]]:
        for name in self.mapping.rename:
            if name not in self.file.header or name in used:
                others = [column for column in self.file.header if column not in used]
                raise self.file.error(
                    f"the map renames {name!r}, which is no characteristic; found: {listed(others, 30)}"
                )
        found: dict[str, list[str]] = {}
        names: dict[str, str] = {}
        for column, values in cells.items():
            if column in used:
                continue
            name = self.mapping.rename.get(column, column)
            if name in found:
                raise self.file.error(f"column {column!r} has the same name as another, {name!r}", 1)
            found[name], names[name] = values, column
        return found, names
