"""How answers are tied to the design that was fielded: what the cells of any file mean is decided here.

Notation: R respondents, S tasks of the survey, J alternatives.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd

from dce.cell_texts import plain_code
from dce.choices import Choices
from dce.design.design import Design
from dce.errors import ChoicesError, listed
from dce.logit import IntArray
from dce.read_report import ReadReport
from dce.survey.answers import Answers
from dce.survey.characteristics import characteristics
from dce.survey.decoding import Decoder, Unknown, chosen_codes
from dce.survey.manifest import Manifest
from dce.survey.task_records import recorded_numbers, screen_places

Duplicates = Literal["refuse", "first", "last"]


def tie(
    answers: Answers,
    design: Design,
    manifest: Manifest,
    *,
    duplicates: Duplicates = "refuse",
    unknown: Unknown = "refuse",
) -> Choices:
    """Tie answers to the design that was fielded.

    Parameters
    ----------
    answers : Answers
    design : Design
    manifest : Manifest
    duplicates : str, optional
        What of a respondent with several rows: refuse, or keep the first or the last row and count.
    unknown : str, optional
        What of answers that mean nothing: refuse, or take them for missing and count.

    Raises
    ------
    ChoicesError
    """
    study = design.study
    answers, further = _one_row_each(answers, duplicates)
    respondents = _respondents(answers)
    decoder = Decoder(answers, unknown)
    chosen = chosen_codes(decoder, study, manifest)
    block = _blocks(chosen.final, answers, respondents, manifest)
    tags = [task.tag for task in manifest.tasks]
    blocks = [task.block for task in manifest.tasks]
    numbers = recorded_numbers(answers, tags, max(map(blocks.count, blocks)))
    order = _task_order(design, manifest)
    r, s = np.nonzero(chosen.final[:, order] >= 0)
    if not len(r):
        raise ChoicesError(f"{answers.source}: there are no answers in {len(answers.where):,d} rows.")
    long = _long_frame(design, respondents[r], s, chosen.final[:, order][r, s])
    J = len(study.alternative_names)
    for name, values in numbers.items():
        if not np.isnan(values[:, order][r, s]).all():
            long[name] = np.repeat(values[:, order][r, s], J)
    if chosen.first is not None:
        names = np.array(study.alternative_names, dtype=object)
        long["forced"] = np.repeat(names[chosen.first[:, order][r, s]], J)
    places = screen_places(answers, [tags[k] for k in order], study.alternative_names)
    if places is not None:
        long["screen_place"] = places[r, s].ravel()
    for name, column in characteristics(decoder, study, manifest).items():
        long[name] = column.iloc[np.repeat(r, J)].to_numpy()
    report = _report(chosen.final, block, answers, respondents, manifest, decoder, further, design)
    left_out = {
        **{reason: n for reason, n in report.dropped.items() if n},
        "tasks left unanswered by respondents who answered others": int(
            (report.respondents["tasks"] - report.respondents["answered"]).sum()
        ),
        **{f"unknown answers taken for missing: {value}": n for value, n in decoder.seen.items()},
    }
    checks = _checks(chosen.final, block, respondents, manifest, study.alternative_names)
    if checks is not None:
        frame, rows, columns = checks
        for name, values in numbers.items():
            frame[name] = values[rows, columns]
        if chosen.first is not None:
            frame["forced"] = np.array(study.alternative_names, dtype=object)[chosen.first[rows, columns]]
    return Choices(
        long, study, left_out, answers.name, checks=None if checks is None else checks[0], report=report
    )


def _one_row_each(answers: Answers, duplicates: Duplicates) -> tuple[Answers, dict[str, int]]:
    """Return one row of each respondent, and how many further ones were left out."""
    if answers.respondents is None:
        return answers, {}
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(_ids(answers.respondents)):
        if name in answers.missing:
            column = answers.column("respondent")
            raise answers.error(row, f"column {column!r} is empty; allowed: what tells respondents apart")
        rows.setdefault(name, []).append(row)
    twice = {name: found for name, found in rows.items() if len(found) > 1}
    if not twice:
        return answers, {}
    if duplicates == "refuse":
        name, found = next(iter(twice.items()))
        raise answers.error(
            found[1],
            f"respondent {name!r} was already on {answers.where[found[0]]}; allowed: one row each, or "
            "duplicates = 'first' or 'last', which keeps one",
        )
    pick = -1 if duplicates == "last" else 0
    kept = sorted(found[pick] for found in rows.values())
    return answers.of_rows(kept), {name: len(found) - 1 for name, found in twice.items()}


def _respondents(answers: Answers) -> np.ndarray:
    """Return the respondents, (R,): whole numbers if all are, else texts."""
    if answers.respondents is None:
        return np.arange(1, len(answers.where) + 1).astype(object)
    names = _ids(answers.respondents)
    numbers = all(re.fullmatch(r"0|[1-9]\d{0,17}", name) for name in names)
    return np.array([int(name) if numbers else name for name in names], dtype=object)


def _ids(texts: Sequence[str]) -> list[str]:
    """Return ids without white space, and without decimals if every one is a whole number."""
    names = [text.strip() for text in texts]
    if all(re.fullmatch(r"\d{1,18}(?:[.,]0+)?", name) for name in names):
        return [re.split(r"[.,]", name)[0] for name in names]
    return names


def _blocks(codes: IntArray, answers: Answers, respondents: np.ndarray, manifest: Manifest) -> IntArray:
    """Return the block of every respondent: the recorded one, checked against the tasks answered.

    -1 for those who answered nothing and have none.
    """
    of_task = np.array([task.block for task in manifest.tasks])
    answered = codes >= 0
    has_any = np.asarray(answered.any(axis=1))
    recorded = _recorded_blocks(answers, has_any, sorted(set(of_task.tolist())))
    first = np.where(has_any, of_task[answered.argmax(axis=1)], -1)
    block = np.where(recorded >= 0, recorded, first)
    wrong = answered & (of_task != block[:, None])
    if wrong.any():
        row = int(wrong.any(axis=1).argmax())
        columns = [answers.column(manifest.tasks[int(k)].tag) for k in np.flatnonzero(wrong[row])]
        of = "is in" if recorded[row] >= 0 else "answered"
        raise answers.error(
            row,
            f"respondent {respondents[row]} {of} block {block[row]}, but also answered "
            f"{listed(columns)}; allowed: tasks of one block",
        )
    return np.asarray(block)


def _recorded_blocks(answers: Answers, has_any: np.ndarray, blocks: Sequence[int]) -> IntArray:
    """Return the recorded block of every respondent; -1 where there is none."""
    recorded = np.full(len(answers.where), -1, dtype=np.intp)
    known = {str(block): block for block in blocks}
    for row, value in enumerate(answers.blocks or ()):
        text = plain_code(value.strip(), known)
        if text in known:
            recorded[row] = known[text]
        elif has_any[row] or text not in answers.missing:  # others never came as far as having a block
            column = answers.column("block")
            raise answers.error(row, f"column {column!r}: {text!r} is no block; allowed: {listed(known)}")
    return recorded


def _task_order(design: Design, manifest: Manifest) -> IntArray:
    """Return which tasks of the manifest are those of the design, in the order of its frame."""
    place = {task.task: k for k, task in enumerate(manifest.tasks) if task.kind == "design"}
    J = len(design.study.alternative_names)
    return np.array([place[int(task)] for task in design.frame["task"].to_numpy()[::J]])


def _long_frame(design: Design, respondents: np.ndarray, s: IntArray, chosen: IntArray) -> pd.DataFrame:
    """Return the rows of the design's tasks s, each answered by a respondent."""
    J = len(design.study.alternative_names)
    long = design.frame.iloc[(s[:, None] * J + np.arange(J)).ravel()].reset_index(drop=True)
    long.insert(0, "respondent", np.repeat(respondents, J))
    long["respondent"] = long["respondent"].infer_objects()
    long["chosen"] = (chosen[:, None] == np.arange(J)).ravel().astype(np.int64)
    return long


def _checks(
    codes: IntArray, block: IntArray, respondents: np.ndarray, manifest: Manifest, names: Sequence[str]
) -> tuple[pd.DataFrame, IntArray, IntArray] | None:
    """Return the answers to tasks besides the design, one row each, with their respondents and tasks."""
    extra = np.array([k for k, task in enumerate(manifest.tasks) if task.kind != "design"], dtype=np.intp)
    if not len(extra):
        return None
    r, at = np.nonzero(codes[:, extra] >= 0)
    k = extra[at]
    tasks = [manifest.tasks[int(number)] for number in k]
    repeated = [manifest.by_tag[task.repeats].task if task.repeats else None for task in tasks]
    frame = pd.DataFrame(
        {
            "respondent": pd.Series(respondents[r], dtype=object).infer_objects(),
            "block": block[r],
            "tag": [task.tag for task in tasks],
            "kind": [task.kind for task in tasks],
            "chosen": np.array(names, dtype=object)[codes[r, k]],
            "expected": pd.Series([task.expected for task in tasks], dtype=object),
            "repeats": pd.array(repeated, dtype="Int64"),
        }
    )
    return frame, r, k


def _report(
    codes: IntArray, block: IntArray, answers: Answers, respondents: np.ndarray, manifest: Manifest,
    decoder: Decoder, further: dict[str, int], design: Design,
) -> ReadReport:  # fmt: skip
    tasks = manifest.tasks
    is_design = np.array([task.kind == "design" for task in tasks])
    of_task = np.array([task.block for task in tasks])
    answered = codes >= 0
    has_any = (answered & is_design).any(axis=1)
    mine = of_task == block[:, None]
    n_tasks, n_answered = (mine & is_design).sum(axis=1), (answered & is_design).sum(axis=1)
    sent = np.array(answers.finished if answers.finished is not None else [True] * len(respondents))
    table = pd.DataFrame(
        {
            "respondent": pd.Series(respondents, dtype=object).infer_objects(),
            "block": block,
            "answered": n_answered,
            "tasks": n_tasks,
            "finished": sent & (n_answered == n_tasks),
            "where": answers.where,
        }
    )
    counted = mine & np.asarray(has_any)[:, None]
    of_tasks = pd.DataFrame(
        {
            "block": of_task,
            "kind": [task.kind for task in tasks],
            "answered": (answered & counted).sum(axis=0),
            "unanswered": (~answered & counted).sum(axis=0),
        },
        index=pd.Index([task.tag for task in tasks], name="tag"),
    )
    return ReadReport(
        source=answers.source,
        format=answers.format,
        rows=answers.rows,
        dropped={
            **answers.dropped,
            "rows without any answer": int((~has_any).sum()),
            "further rows of the same respondent": sum(further.values()),
        },
        respondents=table[list(has_any)].reset_index(drop=True),
        tasks=of_tasks,
        unknown=dict(decoder.seen),
        duplicates=further,
        notes=(*answers.notes, *manifest.changed_words(design.study)),
    )
