"""Answers of a table whose columns have the names that dce gave them: tasks by tag, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from dce.errors import ChoicesError, listed
from dce.survey.answers import OF_TASKS, Answers
from dce.survey.manifest import Manifest
from dce.survey.response_file import ResponseFile


def read_columns(
    file: ResponseFile,
    manifest: Manifest,
    cells: Mapping[str, list[str]],
    where: Sequence[str],
    *,
    format: str,
    respondent: str | None,
    block: str | None,
    ignored: Sequence[str] = (),
    dropped: Mapping[str, int] | None = None,
    notes: Sequence[str] = (),
    finished: list[bool] | None = None,
) -> Answers:
    """Return the answers of columns that are named by tag.

    Raises
    ------
    ChoicesError
        If tasks of the design have no column, or the answers belong to another design.
    """
    count = len(where)
    check_design(file, manifest, cells, where)
    tags = [task.tag for task in manifest.tasks]
    if not any(tag in cells for tag in tags):
        raise file.error(f"there is no column of a task; allowed: {listed(tags, 20)}")

    def table(suffix: str) -> pd.DataFrame | None:
        held = {tag: cells[f"{tag}{suffix}"] for tag in tags if f"{tag}{suffix}" in cells}
        return pd.DataFrame(held, index=range(count), dtype=object) if held else None

    chosen = table("")
    assert chosen is not None
    used = {respondent, block, "dce_design", "dce_order", "consent", *ignored, *tags}
    used |= {f"{tag}_{kind}" for tag in tags for kind in OF_TASKS}
    return Answers(
        source=str(file.path),
        format=format,
        where=list(where),
        respondents=cells[respondent] if respondent is not None else None,
        blocks=cells[block] if block is not None else None,
        chosen=chosen,
        **{kind: table(f"_{kind}") for kind in OF_TASKS},  # type: ignore[arg-type]
        characteristics={name: values for name, values in cells.items() if name not in used},
        names={"respondent": respondent or "", "block": block or ""},
        finished=finished,
        rows=count + sum((dropped or {}).values()),
        dropped=dropped or {},
        notes=list(notes),
    )


def check_design(
    file: ResponseFile, manifest: Manifest, cells: Mapping[str, list[str]], where: Sequence[str]
) -> None:
    """Refuse rows whose column ``dce_design`` names another design.

    Raises
    ------
    ChoicesError
    """
    for row, found in enumerate(cells.get("dce_design", ())):
        if found and not (len(found) >= 8 and manifest.design_hash.startswith(found)):
            raise ChoicesError(
                f"{file.path}, {where[row]}: column 'dce_design' is {found!r}; allowed: "
                f"{manifest.design_hash[:16]!r}, the design that is given."
            )
