"""Response files with one row per respondent, as they are read and written."""

from __future__ import annotations

import csv
import re
from collections.abc import Hashable, Sequence
from pathlib import Path

from dce.choices import Choices
from dce.design.design import Design
from dce.errors import ChoicesError, listed
from dce.formula import ALTERNATIVE
from dce.survey.manifest import make_manifest


def read_rows(path: Path) -> tuple[list[str], list[int], list[list[str]], int]:
    """Return the header, the line number and cells of every row, and how many lines are blank."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            file.seek(0)
            delimiter = max(",;\t", key=first.count)
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            header = [name.strip() for name in next(reader, [])]
            lines, rows, blank = [], [], 0
            for row in reader:
                if not any(cell.strip() for cell in row):
                    blank += 1
                else:
                    if len(row) != len(header):
                        raise ChoicesError(
                            f"{path}, line {reader.line_num}: has {len(row)} cells; allowed: "
                            f"{len(header)}, as many as the header."
                        )
                    lines.append(reader.line_num)
                    rows.append(row)
    except FileNotFoundError:
        raise ChoicesError(f"{path}: there is no such file.") from None
    except UnicodeDecodeError as error:
        raise ChoicesError(f"{path}: is not UTF-8 (byte {error.start}); save it as 'CSV UTF-8'.") from error
    except (OSError, csv.Error) as error:
        raise ChoicesError(f"{path}: cannot be read: {error}.") from error
    if not header or not rows:
        raise ChoicesError(f"{path}: there are no answers.")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise ChoicesError(f"{path}, line 1: column {listed(twice)} occurs twice; allowed: once.")
    return header, lines, rows, blank


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
    position = {task.task: f"t{task.position}" for task in tied.tasks}
    codes = {(t.task, name): code for t in tied.tasks for code, name in t.codes.items()}
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
