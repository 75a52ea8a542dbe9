"""The plain response file, written: a rehearsal of a study, or answers in a form that anybody can read."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from pathlib import Path

from dce.choices import Choices
from dce.design.design import Design
from dce.errors import ChoicesError, listed
from dce.formula import ALTERNATIVE
from dce.survey.manifest import make_manifest


def write_responses(choices: Choices, design: Design, path: str | Path) -> None:
    """Write answers to a design as the plain wide file that ``dce.read_responses`` reads.

    Raises
    ------
    ChoicesError
        If one row per respondent cannot hold them: without respondents or blocks, with weights or
        unavailable alternatives, or with characteristics that differ between tasks.
    """
    frame = choices.frame
    inner = {"task", ALTERNATIVE, "chosen", "available", "respondent", "block"}
    others = [n for n in frame if n not in inner and n not in design.study.attribute_names]
    _check_writable(choices, others)
    tied = make_manifest(design)
    position = {task.task: task.column for task in tied.tasks if task.kind == "design"}
    codes = {(t.task, name): c for t in tied.tasks if t.kind == "design" for c, name in t.codes.items()}
    chosen = frame[frame["chosen"] == 1]
    pairs = zip(chosen["task"], chosen[ALTERNATIVE], strict=True)
    answers = chosen.assign(column=chosen["task"].map(position), code=[codes[pair] for pair in pairs])
    wide = answers.pivot(index=["respondent", "block"], columns="column", values="code")
    wide = wide.reindex(columns=list(dict.fromkeys(position.values())))
    extra = chosen.drop_duplicates("respondent").set_index(["respondent", "block"])[others]
    wide.join(extra).reset_index().to_csv(path, index=False, lineterminator="\n", na_rep="NA")


def _check_writable(choices: Choices, others: Sequence[Hashable]) -> None:
    """Refuse what one row per respondent cannot hold."""
    frame = choices.frame
    missing = [name for name in ("respondent", "block") if name not in frame]
    problem = f"no {listed(missing)} is known" if missing else ""
    if "weight" in frame or ("available" in frame and (frame["available"] == 0).any()):
        problem = "weights and availability have no place in it"
    if not problem:
        differs = frame.groupby("respondent", sort=False)[list(others)].nunique(dropna=False) > 1
        wrong = [name for name in others if differs[name].any() or re.fullmatch(r"[tT]\d+", str(name))]
        if wrong:
            problem = f"{listed(wrong)} differs within a respondent, or is named as a task"
    if problem:
        raise ChoicesError(f"{choices.source}: cannot be written with one row per respondent: {problem}.")
