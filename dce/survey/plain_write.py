"""The plain response file, written: a rehearsal of a study, or answers in a form that anybody can read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from dce.choices import Choices
from dce.design.design import Design
from dce.errors import ChoicesError, listed, plain
from dce.formula import ALTERNATIVE
from dce.survey.manifest import Manifest, make_manifest

KEYS = ["respondent", "block"]
NUMBERS = ("position", "seconds", "certainty")
INNER = {"task", ALTERNATIVE, "chosen", "available", *KEYS, *NUMBERS, "forced", "screen_place"}
"""Columns of the long frame that are no characteristics of respondents."""


def write_responses(choices: Choices, design: Design, path: str | Path) -> None:
    """Write answers to a design as the plain wide file that ``dce.read_responses`` reads.

    What was recorded of each task (``t1_seconds`` ...) and the answers to tasks besides the design
    are written too.

    Raises
    ------
    ChoicesError
        If one row per respondent cannot hold them: without respondents or blocks, with weights or
        unavailable alternatives, or with characteristics that differ between tasks.
    """
    others = [str(n) for n in choices.frame if n not in INNER and n not in design.study.attribute_names]
    _check_writable(choices, others)
    manifest = make_manifest(design)
    cells = _cells(choices, manifest)
    columns = dict.fromkeys(task.column for task in manifest.tasks if task.kind == "design")
    columns |= dict.fromkeys(cells["column"])
    wide = cells.pivot(index=KEYS, columns="column", values="text").reindex(columns=list(columns))
    extra = choices.frame.drop_duplicates("respondent").set_index(KEYS)[others]
    known = wide.join(extra).reset_index().assign(dce_design=design.hash[:16])
    known.to_csv(path, index=False, lineterminator="\n", na_rep="NA")


def _cells(choices: Choices, manifest: Manifest) -> pd.DataFrame:
    """Return every cell of a task: respondent, block, column and text."""
    frame = choices.frame
    of_task = {task.task: task.column for task in manifest.tasks if task.kind == "design"}
    code = {name: code for code, name in manifest.tasks[0].codes.items()}
    chosen = frame[frame["chosen"] == 1].rename(columns={"chosen": "one", ALTERNATIVE: "chosen"})
    chosen = chosen.assign(column=chosen["task"].map(of_task))
    cells = _of_answers(chosen, code)
    if "screen_place" in frame:
        ordered = frame.sort_values("screen_place", kind="stable").groupby(["respondent", "task"])
        names = ordered[ALTERNATIVE].agg("|".join)
        known = chosen[chosen["screen_place"].notna()]
        places = [names[key] for key in zip(known["respondent"], known["task"], strict=True)]
        cells.append(_named(known, "_places", pd.Series(places, known.index, dtype=object)))
    if choices.checks is not None:
        of_tag = {task.tag: task.column for task in manifest.tasks}
        cells += _of_answers(choices.checks.assign(column=choices.checks["tag"].map(of_tag)), code)
    return pd.concat(cells, ignore_index=True)


def _of_answers(rows: pd.DataFrame, code: Mapping[str, str]) -> list[pd.DataFrame]:
    """Return the cells of answers, and of what was recorded of each."""
    first = rows["forced"] if "forced" in rows else rows["chosen"]
    cells = [_named(rows, "", first.map(code))]
    if "forced" in rows:
        opted_out = rows["chosen"] != rows["forced"]
        cells.append(_named(rows, "_opt_out", opted_out.map({False: "1", True: "2"})))
    for name in NUMBERS:
        if name in rows:
            known = rows[rows[name].notna()]
            texts = [plain(float(value)) for value in known[name]]
            cells.append(_named(known, f"_{name}", pd.Series(texts, known.index, dtype=object)))
    return cells


def _named(rows: pd.DataFrame, suffix: str, texts: pd.Series) -> pd.DataFrame:
    return rows[KEYS].assign(column=rows["column"] + suffix, text=texts)


def _check_writable(choices: Choices, others: Sequence[str]) -> None:
    """Refuse what one row per respondent cannot hold."""
    frame = choices.frame
    missing = [name for name in KEYS if name not in frame]
    problem = f"no {listed(missing)} is known" if missing else ""
    if "weight" in frame or ("available" in frame and (frame["available"] == 0).any()):
        problem = "weights and availability have no place in it"
    if not problem:
        differs = frame.groupby("respondent", sort=False)[list(others)].nunique(dropna=False) > 1
        wrong = [name for name in others if differs[name].any() or re.fullmatch(r"[tTwdr]\d+", name)]
        if wrong:
            problem = f"{listed(wrong)} differs within a respondent, or is named as a task"
    if problem:
        raise ChoicesError(f"{choices.source}: cannot be written with one row per respondent: {problem}.")
