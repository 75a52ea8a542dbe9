"""What must hold of answers for their estimates to be right.

Every check looks at the distinct values of a column where it can, or at all tasks at once; rows are
looked at one by one only to say which of them is wrong.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dce.attributes import Attribute
from dce.columns import Coded, Codes, Columns
from dce.errors import ChoicesError, listed, quoted
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.layout import TaskRows, task_rows
from dce.logit import BoolArray
from dce.study import Study

TRUTH = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
"""Words that stand for 1 and 0."""
LARGEST_WEIGHT = 1e100
"""Largest weight, and one over the smallest above zero: errors need their squares."""
MOST_PAIRS = 8
"""Alternatives of a task up to which each is compared with each other one."""


def checked(frame: pd.DataFrame, study: Study | None, source: str) -> tuple[Columns, TaskRows]:
    """Check answers, and return their columns, as numbers where they are, and the rows of each task.

    Raises
    ------
    ChoicesError
        Naming source, row or task, and value.
    """
    _check_columns(frame, study, source)
    columns = Columns(frame)
    for name in ("task", ALTERNATIVE, "respondent", "block"):
        if name in columns and columns.missing(name):
            raise ChoicesError(f"{source}, row {_first(frame[name].isna())}: {name} is missing.")
    changed: dict[str, Any] = {}
    for name in ("chosen", "available"):
        if name in columns and not _is_zero_or_one(frame[name]):
            changed[name] = _zero_or_one(frame, name, source)
    if "weight" in columns:
        changed["weight"] = _weights(frame, source)
    if study is not None:
        changed |= _levels(columns, study, source)
    for name, values in changed.items():
        frame[name] = values
    tasks = task_rows(columns)
    _check_tasks(columns, tasks, source)
    if "respondent" in columns and "block" in columns:
        _check_blocks(columns, source)
    return columns, tasks


def _check_columns(frame: pd.DataFrame, study: Study | None, source: str) -> None:
    if frame.empty:
        raise ChoicesError(f"{source}: there are no answers.")
    if CONSTANTS in frame:
        raise ChoicesError(f"{source}: column {CONSTANTS!r} has a meaning in formulas; give it another name.")
    if not frame.columns.is_unique:
        raise ChoicesError(
            f"{source}: column {listed(frame.columns[frame.columns.duplicated()])} occurs twice."
        )
    required = ["task", ALTERNATIVE, "chosen", *(study.attribute_names if study else ())]
    missing = [name for name in required if name not in frame.columns]
    if missing:
        raise ChoicesError(
            f"{source}: column {listed(missing)} is missing; found: {listed(frame.columns, 30)}."
        )


def _first(wrong: pd.Series | BoolArray) -> int:
    """Return the number of the first row that is wrong, counted from 1."""
    return int(np.flatnonzero(np.asarray(wrong))[0]) + 1


def _at(frame: pd.DataFrame, row: int) -> str:
    who = f"respondent {frame['respondent'].iloc[row]!s}, " if "respondent" in frame else ""
    return f"{who}task {frame['task'].iloc[row]!s}"


def _is_zero_or_one(values: pd.Series) -> bool:
    """Whether values are the integers 0 and 1 already."""
    if values.dtype != np.int64:
        return False
    array = values.to_numpy()
    return bool(array.min() >= 0 and array.max() <= 1)


def _zero_or_one(frame: pd.DataFrame, name: str, source: str) -> pd.Series:
    numbers = as_zero_or_one(frame[name])
    wrong = numbers.isna()
    if wrong.any():
        row = _first(wrong)
        raise ChoicesError(
            f"{source}, row {row} ({_at(frame, row - 1)}): {name} is {quoted(frame[name].iloc[row - 1])}; "
            "allowed: 0 or 1."
        )
    return numbers.astype(np.int64)


def as_zero_or_one(values: pd.Series) -> pd.Series:
    """Return 0 and 1 as numbers, missing where a value is neither.

    ``FALSE`` and ``TRUE``, ``no`` and ``yes`` are taken too, as R and Stata write them.

    Examples
    --------
    >>> as_zero_or_one(pd.Series(["TRUE", "no", 1, 2])).tolist()
    [1.0, 0.0, 1.0, nan]
    """
    numbers = pd.to_numeric(values, errors="coerce").astype(np.float64)
    if numbers.isna().any():
        words = values.astype(object).map(lambda value: TRUTH.get(str(value).strip().lower()))
        numbers = numbers.fillna(words.astype(np.float64))
    return numbers.where(numbers.isin([0, 1]))


def _weights(frame: pd.DataFrame, source: str) -> pd.Series:
    numbers = pd.to_numeric(frame["weight"], errors="coerce").astype(np.float64)
    wrong = ~(np.isfinite(numbers) & (numbers >= 0))
    extreme = (numbers > LARGEST_WEIGHT) | ((numbers > 0) & (numbers < 1 / LARGEST_WEIGHT))
    if (wrong | extreme).any():
        row = _first(wrong | extreme)
        allowed = f"zero, or from {1 / LARGEST_WEIGHT:g} to {LARGEST_WEIGHT:g}, whose squares are numbers"
        raise ChoicesError(
            f"{source}, row {row} ({_at(frame, row - 1)}): weight is "
            f"{quoted(frame['weight'].iloc[row - 1])}; allowed: "
            f"{'finite numbers of zero or more' if wrong[row - 1] else allowed}."
        )
    if not (numbers > 0).any():
        raise ChoicesError(f"{source}: every weight is zero.")
    return numbers


def _levels(columns: Columns, study: Study, source: str) -> dict[str, Any]:
    """Check alternatives and levels, and return the attributes whose column is not of the study's kind."""
    frame, names = columns.frame, study.alternative_names
    alternative = columns.coded(ALTERNATIVE)
    if not all(value in names for value in alternative.values):
        row = _first(~frame[ALTERNATIVE].isin(names))
        raise ChoicesError(
            f"{source}, row {row} ({_at(frame, row - 1)}): alternative "
            f"{quoted(frame[ALTERNATIVE].iloc[row - 1])} is not one of {listed(names)}."
        )
    changed = {}
    for attribute in study.attributes:
        owner = np.array([study.has(name, attribute) for name in alternative.values], dtype=bool)
        found = columns.coded(attribute.name)
        values = _typed(found.values, attribute)
        known = np.array([value in attribute.levels for value in values], dtype=bool)
        owned = None if owner.all() else owner[alternative.codes]
        missing = found.codes < 0
        wrong = bool((missing if owned is None else missing == owned).any())
        if wrong or not known.all():
            _refuse_level(frame, attribute, owned, np.append(known, True)[found.codes], source)
        kind = np.float64 if attribute.is_numeric else object
        if frame[attribute.name].dtype != kind:
            changed[attribute.name] = _of_kind(frame[attribute.name], found.codes, values)
        columns.known[attribute.name] = Coded(found.codes, values)
    return changed


def _typed(values: npt.NDArray[Any], attribute: Attribute) -> npt.NDArray[Any]:
    """Return distinct values as levels of an attribute: as floats, or as they are."""
    if not attribute.is_numeric:
        return values.astype(object)
    if values.dtype.kind in "iuf":
        return values.astype(np.float64)
    return np.asarray(pd.to_numeric(pd.Series(values), errors="coerce"), dtype=np.float64)


def _of_kind(column: pd.Series, codes: Codes, values: npt.NDArray[Any]) -> pd.Series:
    """Return a column of floats or objects; what is missing stays what it was."""
    if values.dtype != object:
        return pd.Series(np.append(values, np.nan)[codes], index=column.index, copy=False)
    if len(codes) and codes.min() < 0:
        return column.astype(object)
    return pd.Series(values[codes], index=column.index, dtype=object, copy=False)


def _refuse_level(
    frame: pd.DataFrame, attribute: Attribute, owned: BoolArray | None, known: BoolArray, source: str
) -> None:
    """Say which row lacks a level, has one that its alternative has not, or one that there is not."""
    values = frame[attribute.name]
    missing, allowed = values.isna().to_numpy(), listed(attribute.levels, 20)
    owned = np.ones(len(frame), dtype=bool) if owned is None else owned
    if (owned & missing).any():
        row = _first(owned & missing)
        problem = f"{attribute.name} is missing"
    elif (~owned & ~missing).any():
        row, allowed = _first(~owned & ~missing), "an empty cell"
        problem = (
            f"{attribute.name} is {quoted(values.iloc[row - 1])}, but alternative "
            f"{quoted(frame[ALTERNATIVE].iloc[row - 1])} has no such attribute"
        )
    else:
        row = _first(~known)
        problem = f"{attribute.name} has no level {quoted(values.iloc[row - 1])}"
    raise ChoicesError(f"{source}, row {row} ({_at(frame, row - 1)}): {problem}; allowed: {allowed}.")


def _check_tasks(columns: Columns, tasks: TaskRows, source: str) -> None:
    frame = columns.frame
    _check_alternatives(columns, tasks, source)
    chosen = frame["chosen"].to_numpy()
    of_chosen = tasks.task[np.flatnonzero(chosen)]
    T = len(tasks.rows)
    if len(of_chosen) != T or not np.array_equal(of_chosen, np.arange(T)):
        per_task = np.bincount(of_chosen, minlength=T)
        if (per_task != 1).any():
            task = int(np.flatnonzero(per_task != 1)[0])
            raise ChoicesError(
                f"{source}, {_at(frame, _row_of(tasks, task))}: {per_task[task]} alternatives are chosen; "
                "allowed: one."
            )
    if "available" in columns:
        wrong = (chosen == 1) & (frame["available"].to_numpy() == 0)
        if wrong.any():
            row = _first(wrong) - 1
            raise ChoicesError(
                f"{source}, {_at(frame, row)}: alternative {quoted(frame[ALTERNATIVE].iloc[row])} is "
                "chosen but not available."
            )
    J = tasks.rows.shape[1]
    single = np.array([J < 2]) if tasks.in_order else tasks.shown.sum(axis=1) < 2
    if single.any():
        row = _row_of(tasks, _first(single) - 1)
        raise ChoicesError(f"{source}, {_at(frame, row)}: one alternative only; allowed: two or more.")
    for name in ("weight", "block"):
        if name in columns:
            values = frame[name].to_numpy() if name == "weight" else columns.coded(name).codes
            differs = ((tasks.arrange(values) != values[tasks.rows[:, :1]]) & tasks.shown).any(axis=1)
            if differs.any():
                row = int(np.flatnonzero(values != values[tasks.rows[:, 0]][tasks.task])[0])
                raise ChoicesError(f"{source}, {_at(frame, row)}: {name} differs within the task.")


def _row_of(tasks: TaskRows, task: int) -> int:
    return int(tasks.rows[task, 0])


def _check_alternatives(columns: Columns, tasks: TaskRows, source: str) -> None:
    """Refuse tasks in which an alternative occurs twice."""
    frame, codes = columns.frame, columns.coded(ALTERNATIVE).codes
    if not _may_repeat(tasks.arrange(codes), tasks.shown):
        return
    pairs = pd.Series(tasks.task * (int(codes.max()) + 1) + codes.astype(np.intp))
    if pairs.duplicated().any():
        row = _first(pairs.duplicated()) - 1
        raise ChoicesError(
            f"{source}, {_at(frame, row)}: alternative {quoted(frame[ALTERNATIVE].iloc[row])} occurs "
            "twice; allowed: once. Does the task occur twice, or is the respondent's column missing?"
        )


def _may_repeat(alternatives: npt.NDArray[np.generic], shown: BoolArray) -> bool:
    """Whether some row of (T, J) numbers has one twice; True where too many would have to be compared."""
    J = alternatives.shape[1]
    if (alternatives == alternatives[0]).all():
        return len(np.unique(alternatives[0])) < J or not shown.all()
    if J > MOST_PAIRS:
        return True
    return any(
        ((alternatives[:, i] == alternatives[:, j]) & shown[:, i] & shown[:, j]).any()
        for i in range(J)
        for j in range(i)
    )


def _check_blocks(columns: Columns, source: str) -> None:
    """Refuse respondents who are in more than one block."""
    frame = columns.frame
    who, block = columns.coded("respondent"), columns.coded("block")
    first = np.zeros(len(who.values), dtype=np.intp)
    first[who.codes[::-1]] = np.arange(len(who.codes))[::-1]
    wrong = block.codes != block.codes[first][who.codes]
    if wrong.any():
        someone = who.values[who.codes[wrong].min()]
        found = frame.loc[frame["respondent"] == someone, "block"].unique()
        raise ChoicesError(
            f"{source}: respondent {quoted(someone)} is in blocks {listed(found)}; allowed: one."
        )
