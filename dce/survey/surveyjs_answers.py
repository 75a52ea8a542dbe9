"""Answers of SurveyJS: a JSON list of the data of each respondent, or a table with a column for each name."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from dce.errors import listed
from dce.survey.answers import Answers
from dce.survey.manifest import Manifest
from dce.survey.platform_columns import read_columns
from dce.survey.response_file import ResponseFile

RESPONDENT = ("respondent", "instanceId", "InstanceId", "id", "Id")
"""Columns that tell respondents apart: of dce, and of the service that SurveyJS offers."""
RECORDED = ("HappendAt", "HappenedAt", "IPAddress", "pageNo", "timeSpent")
"""What the service and the library record besides the answers."""
TIED = {"dce_block", "dce_order"}


def recognises_surveyjs(file: ResponseFile) -> bool:
    """Whether a file holds data of a SurveyJS survey that dce wrote: the block and the order of the tasks."""
    if file.records:
        return set(file.header) >= TIED
    results = _results(file.content)
    return any(isinstance(result, Mapping) and TIED & set(result) for result in results or ())


def read_surveyjs(file: ResponseFile, manifest: Manifest) -> Answers:
    """Read the answers of a SurveyJS survey.

    Raises
    ------
    ChoicesError
        If there is no block, or the order of tasks cannot be one.
    """
    cells, where = _table(file) if file.records else _cells(file)
    if "dce_block" not in cells:
        raise file.error("found no value 'dce_block'; allowed: data of a survey with the block drawn")
    respondent = next((name for name in RESPONDENT if name in cells), None)
    unused = [name for name in (*RECORDED, *RESPONDENT) if name in cells and name != respondent]
    notes = [f"Not used: the columns {listed(unused, 30)}."] if unused else []
    if "dce_order" not in cells:
        notes.insert(0, "The order of tasks was not recorded.")
    answers = read_columns(
        file,
        manifest,
        cells,
        where,
        format="answers of SurveyJS",
        respondent=respondent,
        block="dce_block",
        ignored=unused,
        dropped={"blank lines": file.blank} if file.blank else None,
        notes=notes,
    )
    if "dce_order" not in cells:
        return answers
    return replace(answers, position=_positions(file, manifest, cells["dce_order"], where))


def _results(content: object) -> list[object] | None:
    """Return the results in what a JSON file says: a list, that of the service under Data, or one alone."""
    if isinstance(content, Mapping):
        of_service = next((content[key] for key in ("Data", "data") if key in content), None)
        content = [content] if of_service is None else of_service
    return content if isinstance(content, list) else None


def _cells(file: ResponseFile) -> tuple[dict[str, list[str]], list[str]]:
    """Return the texts of JSON results by name, and where each result stands."""
    results = _results(file.content) or []
    where = [f"result {k}" for k in range(1, len(results) + 1)]
    tables: list[Mapping[str, object]] = []
    for at, result in zip(where, results, strict=True):
        if not isinstance(result, Mapping):
            raise file.error(f"{at}: found {result!r}; allowed: names and values")
        tables.append(result)
    names = dict.fromkeys(name for table in tables for name in table)
    return {name: [_text(table.get(name)) for table in tables] for name in names}, where


def _text(value: object) -> str:
    """Return a value of JSON as the text of a cell."""
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _table(file: ResponseFile) -> tuple[dict[str, list[str]], list[str]]:
    lines, cells = file.columns()
    return cells, [f"line {line}" for line in lines]


def _positions(file: ResponseFile, manifest: Manifest, orders: list[str], where: list[str]) -> pd.DataFrame:
    """Return the place of each task in the order in which a respondent met them."""
    rows: list[dict[str, str]] = []
    for text, at in zip(orders, where, strict=True):
        tags = text.split("|") if text else []
        blocks = {manifest.by_tag[tag].block for tag in tags if tag in manifest.by_tag}
        if any(tag not in manifest.by_tag for tag in tags) or len(set(tags)) < len(tags) or len(blocks) > 1:
            raise file.error(
                f"{at}: dce_order is {text!r}; allowed: tags of one block, each once, with | between"
            )
        rows.append({tag: str(place) for place, tag in enumerate(tags, 1)})
    tags = [task.tag for task in manifest.tasks]
    return pd.DataFrame(rows, index=range(len(where)), columns=tags, dtype=object).fillna("")
