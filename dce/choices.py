"""Answers, checked: one row per alternative of a task that a respondent answered.

Every way in (:func:`read_long`, ``dce.read_wide``, ``dce.simulate_choices``, ``dce.read_responses``)
ends in the same checks, so that whatever comes after can trust the frame.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from dce.errors import ChoicesError, listed, quoted
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import BoolArray, FloatArray, IntArray
from dce.read_report import ReadReport
from dce.study import Study

TRUTH = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}
"""Words that stand for 1 and 0."""


@dataclass(frozen=True)
class Layout:
    """Where the rows of a long frame stand in arrays of T tasks and J alternatives.

    Attributes
    ----------
    rows : (T, J) integer array
        Row of each alternative; 0 where a task lacks it.
    shown : (T, J) boolean array
        Whether the frame has a row for it.
    available : (T, J) boolean array
        Whether it could be chosen.
    chosen : (T,) integer array
        Index of the chosen alternative.
    weights : (T,) array
    respondents : (T,) integer array or None
        Number of the respondent, from 0; None where respondents are unknown.
    """

    rows: IntArray
    shown: BoolArray
    available: BoolArray
    chosen: IntArray
    weights: FloatArray
    respondents: IntArray | None


@dataclass(frozen=True)
class Choices:
    """Checked answers. Make them with :func:`read_long`, ``read_responses`` or a simulation.

    Attributes
    ----------
    frame : pandas.DataFrame
        Long frame: ``task``, ``alternative``, ``chosen`` (0 or 1), the attributes, and where known
        ``respondent``, ``block``, ``available``, ``weight``, characteristics of the respondent, and of
        each task its ``position`` in the order of the screen, ``seconds``, ``certainty`` (0 to 10) and
        the first choice where the opt-out was a second question, ``forced``; ``screen_place`` is where the
        alternative stood on the screen, from 1.
    study : Study or None
    left_out : dict of str to int
        What was not used, and how often.
    source : str
        Where the answers come from, for messages.
    checks : pandas.DataFrame or None
        Answers to tasks besides the design, which no estimate uses: one row each with ``respondent``,
        ``block``, ``tag``, ``kind`` (warm-up, dominance, repeat), ``chosen``, ``expected`` (of a
        dominance task) and ``repeats`` (the task of the design that a repeat asks again).
    report : ReadReport or None
        What became of the rows of the response file.

    Raises
    ------
    ChoicesError
        Naming source, task and value, for everything that would make an estimate wrong.
    """

    frame: pd.DataFrame
    study: Study | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    source: str = "the answers"
    checks: pd.DataFrame | None = None
    report: ReadReport | None = None

    def __post_init__(self) -> None:
        frame = _checked(self.frame.reset_index(drop=True), self.study, self.source)
        if "weight" in frame and (frame["weight"] == 0).any():
            weightless = frame["weight"] == 0
            count = len(frame.loc[weightless].drop_duplicates(_task_columns(frame)))
            left_out = {**self.left_out, "answered tasks with a weight of zero": count}
            object.__setattr__(self, "left_out", left_out)
            frame = frame[~weightless].reset_index(drop=True)
        object.__setattr__(self, "frame", frame)

    @property
    def n_tasks(self) -> int:
        """Number of answered tasks."""
        return len(self.layout.chosen)

    @property
    def n_respondents(self) -> int | None:
        """Number of respondents, None where they are unknown."""
        return int(self.frame["respondent"].nunique()) if "respondent" in self.frame else None

    @property
    def alternatives(self) -> tuple[object, ...]:
        """The alternatives, in the order of the study or of their first appearance."""
        if self.study is not None:
            return self.study.alternative_names
        return tuple(pd.unique(self.frame[ALTERNATIVE]))

    @cached_property
    def layout(self) -> Layout:
        """The frame arranged by task."""
        codes = _task_codes(self.frame)
        order = np.argsort(codes, kind="stable")
        sizes = np.bincount(codes)
        place = np.arange(len(codes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        rows = np.zeros((len(sizes), sizes.max()), dtype=np.intp)
        shown = np.zeros(rows.shape, dtype=bool)
        rows[codes[order], place] = order
        shown[codes[order], place] = True
        available = shown
        if "available" in self.frame:
            available = shown & self.frame["available"].to_numpy(dtype=bool)[rows]
        chosen = self.frame["chosen"].to_numpy(dtype=bool)[rows] & available
        first = rows[:, 0]
        weights = (
            self.frame["weight"].to_numpy(dtype=np.float64)[first]
            if "weight" in self.frame
            else np.ones(len(rows))
        )
        respondents = pd.factorize(self.frame["respondent"])[0][first] if "respondent" in self.frame else None
        return Layout(rows, shown, available, chosen.argmax(axis=1), weights, respondents)

    def differs_within_tasks(self, column: str) -> bool:
        """Whether a column differs between the alternatives of some task."""
        codes = pd.factorize(self.frame[column])[0]
        rows, (T, J) = self.layout.rows, self.layout.rows.shape
        first = np.repeat(codes[rows[:, 0]], J).reshape(T, J)
        return bool(((codes[rows] != first) & self.layout.shown).any())

    def of(self, column: str, value: object) -> Choices:
        """Return the answers of those whose characteristic has a value."""
        rows = self.frame[self.frame[column] == value]
        return self._of_rows(rows, self.left_out, f"{self.source}, {column} = {value}")

    def drop(self, respondents: Collection[object], *, reason: str) -> Choices:
        """Return the answers without some respondents, whose number ``left_out`` then tells.

        Parameters
        ----------
        respondents : collection
            As in the column ``respondent``.
        reason : str
            Why, as the report says it.

        Raises
        ------
        ChoicesError
            If one of them is unknown, nobody would be left, or there is no reason.

        Examples
        --------
        >>> frame = pd.DataFrame({"id": [1, 1, 2, 2], "t": [1, 1, 1, 1], "alt": ["a", "b"] * 2,
        ...                       "y": [1, 0, 0, 1], "price": [3, 4, 3, 4]})
        >>> choices = read_long(frame, respondent="id", task="t", alternative="alt", chosen="y")
        >>> dict(choices.drop([2], reason="took 9 seconds").left_out)
        {'respondents dropped: took 9 seconds': 1}
        """
        if not reason.strip():
            raise ChoicesError("reason: found ''; allowed: a text, which the report shows.")
        if "respondent" not in self.frame:
            raise ChoicesError(f"{self.source}: the respondents are not known, so none can be dropped.")
        gone = list(dict.fromkeys(respondents))
        known = set(self.frame["respondent"])
        unknown = [who for who in gone if who not in known]
        if unknown:
            raise ChoicesError(f"{self.source}: respondent {listed(unknown)} has no answers here.")
        if len(gone) == len(known):
            raise ChoicesError(f"{self.source}: without these {len(gone)} respondents no answers are left.")
        if not gone:
            return self
        key = f"respondents dropped: {reason}"
        left_out = {**self.left_out, key: self.left_out.get(key, 0) + len(gone)}
        return self._of_rows(self.frame[~self.frame["respondent"].isin(gone)], left_out, self.source)

    def _of_rows(self, rows: pd.DataFrame, left_out: Mapping[str, int], source: str) -> Choices:
        """Return some of the rows, with the checks of the respondents who are still there."""
        checks = self.checks
        if checks is not None:
            checks = checks[checks["respondent"].isin(rows["respondent"])].reset_index(drop=True)
        return replace(self, frame=rows, left_out=left_out, source=source, checks=checks)

    def __str__(self) -> str:
        who = f"{self.n_respondents:,d} respondents, " if self.n_respondents is not None else ""
        lines = [f"Choices: {who}{self.n_tasks:,d} answered tasks, from {self.source}"]
        shares = self.frame.loc[self.frame["chosen"] == 1, ALTERNATIVE].value_counts(normalize=True)
        lines.append(
            "Chosen: " + ", ".join(f"{name} {shares.get(name, 0):.1%}" for name in self.alternatives)
        )
        if self.report is not None:
            finished, partial = self.report.finished, self.report.partial
            blocks = ", ".join(f"{block}: {count:,d}" for block, count in self.report.blocks.items())
            lines.append(f"Finished: {finished:,d}, in part: {partial:,d}; respondents by block {blocks}")
        lines += [f"Left out: {count:,d} {what}" for what, count in self.left_out.items() if count]
        return "\n".join(lines)


def read_long(
    frame: pd.DataFrame,
    *,
    task: str,
    alternative: str,
    chosen: str,
    respondent: str | None = None,
    weight: str | None = None,
    available: str | None = None,
    study: Study | None = None,
    source: str = "the long frame",
) -> Choices:
    """Take answers from a long frame of anywhere: one row per alternative of a task.

    Parameters
    ----------
    frame : pandas.DataFrame
    task, alternative, chosen : str
        The columns that hold the task, the alternative, and 1 where it was chosen, else 0; or TRUE and
        FALSE, as in mlogit and support.CEs.
    respondent, weight, available : str, optional
        The columns that hold the respondent, the weight of the task, and 0 where the alternative
        was not available.
    study : Study, optional
        Checks levels and gives labels; the frame then has a column per attribute.
    source : str, optional
        What messages call the frame.

    Returns
    -------
    Choices

    Raises
    ------
    ChoicesError

    Examples
    --------
    >>> frame = pd.DataFrame({"t": [1, 1], "alt": ["a", "b"], "y": [1, 0], "price": [3, 4]})
    >>> print(read_long(frame, task="t", alternative="alt", chosen="y"))
    Choices: 1 answered tasks, from the long frame
    Chosen: a 100.0%, b 0.0%
    """
    if not isinstance(frame, pd.DataFrame):
        raise ChoicesError(f"{source}: found a {type(frame).__name__}; allowed: a pandas.DataFrame.")
    given = {
        "task": task,
        ALTERNATIVE: alternative,
        "chosen": chosen,
        "respondent": respondent,
        "weight": weight,
        "available": available,
    }
    names = {old: new for new, old in given.items() if old is not None}
    if len(names) < sum(old is not None for old in given.values()):
        raise ChoicesError(f"{source}: {given}: every role needs a column of its own.")
    missing = [name for name in names if name not in frame.columns]
    if missing:
        raise ChoicesError(
            f"{source}: column {listed(missing)} is missing; found: {listed(frame.columns, 30)}."
        )
    taken = [new for new in given if new in frame.columns and new not in names]
    if taken:
        raise ChoicesError(
            f"{source}: column {listed(taken)} has a name with a meaning in dce, but was given no role: "
            f"give it one ({taken[0]}={taken[0]!r}), or rename it."
        )
    return Choices(frame.rename(columns=names), study, {}, source)


def _task_columns(frame: pd.DataFrame) -> list[str]:
    return [name for name in ("respondent", "task") if name in frame]


def _task_codes(frame: pd.DataFrame) -> IntArray:
    """Number tasks from 0 in order of appearance; a task is one respondent's."""
    codes = pd.factorize(frame["task"])[0]
    if "respondent" in frame:
        of_respondent = pd.factorize(frame["respondent"])[0]
        codes = pd.factorize(of_respondent * (codes.max() + 1) + codes)[0]
    return np.asarray(codes, dtype=np.intp)


def _checked(frame: pd.DataFrame, study: Study | None, source: str) -> pd.DataFrame:
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
    frame = frame.copy()
    for name in ("task", ALTERNATIVE, "respondent", "block"):
        if name in frame and frame[name].isna().any():
            raise ChoicesError(f"{source}, row {_first(frame[name].isna())}: {name} is missing.")
    for name in ("chosen", "available"):
        if name in frame:
            frame[name] = _zero_or_one(frame, name, source)
    if "weight" in frame:
        frame["weight"] = _weights(frame, source)
    if study is not None:
        frame = _with_levels(frame, study, source)
    codes = _task_codes(frame)
    _check_tasks(frame, codes, source)
    if "respondent" in frame and "block" in frame:
        blocks = frame.groupby("respondent", sort=False)["block"].nunique()
        if (blocks > 1).any():
            who = blocks.index[blocks > 1][0]
            found = frame.loc[frame["respondent"] == who, "block"].unique()
            raise ChoicesError(
                f"{source}: respondent {quoted(who)} is in blocks {listed(found)}; allowed: one."
            )
    return frame


def _first(wrong: pd.Series | BoolArray) -> int:
    """Return the number of the first row that is wrong, counted from 1."""
    return int(np.flatnonzero(np.asarray(wrong))[0]) + 1


def _at(frame: pd.DataFrame, row: int) -> str:
    who = f"respondent {frame['respondent'].iloc[row]!s}, " if "respondent" in frame else ""
    return f"{who}task {frame['task'].iloc[row]!s}"


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
    if wrong.any():
        row = _first(wrong)
        raise ChoicesError(
            f"{source}, row {row} ({_at(frame, row - 1)}): weight is "
            f"{quoted(frame['weight'].iloc[row - 1])}; allowed: finite numbers of zero or more."
        )
    if not (numbers > 0).any():
        raise ChoicesError(f"{source}: every weight is zero.")
    return numbers


def _with_levels(frame: pd.DataFrame, study: Study, source: str) -> pd.DataFrame:
    names = study.alternative_names
    unknown = ~frame[ALTERNATIVE].isin(names)
    if unknown.any():
        row = _first(unknown)
        raise ChoicesError(
            f"{source}, row {row} ({_at(frame, row - 1)}): alternative "
            f"{quoted(frame[ALTERNATIVE].iloc[row - 1])} is not one of {listed(names)}."
        )
    for attribute in study.attributes:
        values = frame[attribute.name]
        if attribute.is_numeric:
            numbers = pd.to_numeric(values, errors="coerce")
            wrong = values.notna() & ~numbers.isin(attribute.levels)
        else:
            numbers = values.astype(object)
            wrong = values.notna() & ~values.isin(attribute.levels)
        owners = [name for name in names if study.has(name, attribute)]
        owned = frame[ALTERNATIVE].isin(owners)
        problem, allowed = "", listed(attribute.levels, 20)
        if (owned & values.isna()).any():
            row = _first(owned & values.isna())
            problem = f"{attribute.name} is missing"
        elif (~owned & values.notna()).any():
            row, allowed = _first(~owned & values.notna()), "an empty cell"
            problem = (
                f"{attribute.name} is {quoted(values.iloc[row - 1])}, but alternative "
                f"{quoted(frame[ALTERNATIVE].iloc[row - 1])} has no such attribute"
            )
        elif wrong.any():
            row = _first(wrong)
            problem = f"{attribute.name} has no level {quoted(values.iloc[row - 1])}"
        if problem:
            raise ChoicesError(f"{source}, row {row} ({_at(frame, row - 1)}): {problem}; allowed: {allowed}.")
        frame[attribute.name] = numbers
    return study.typed(frame)


def _check_tasks(frame: pd.DataFrame, codes: IntArray, source: str) -> None:
    alternative = pd.factorize(frame[ALTERNATIVE])[0]
    pairs = pd.Series(codes * (alternative.max() + 1) + alternative)
    if pairs.duplicated().any():
        row = _first(pairs.duplicated()) - 1
        raise ChoicesError(
            f"{source}, {_at(frame, row)}: alternative {quoted(frame[ALTERNATIVE].iloc[row])} occurs "
            "twice; allowed: once. Does the task occur twice, or is the respondent's column missing?"
        )
    chosen = frame["chosen"].to_numpy()
    per_task = np.bincount(codes, weights=chosen)
    if (per_task != 1).any():
        task = int(np.flatnonzero(per_task != 1)[0])
        row = int(np.flatnonzero(codes == task)[0])
        raise ChoicesError(
            f"{source}, {_at(frame, row)}: {int(per_task[task])} alternatives are chosen; allowed: one."
        )
    if "available" in frame:
        wrong = (chosen == 1) & (frame["available"].to_numpy() == 0)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise ChoicesError(
                f"{source}, {_at(frame, row)}: alternative {quoted(frame[ALTERNATIVE].iloc[row])} is "
                "chosen but not available."
            )
    single = np.bincount(codes) < 2
    if single.any():
        row = int(np.flatnonzero(codes == int(np.flatnonzero(single)[0]))[0])
        raise ChoicesError(f"{source}, {_at(frame, row)}: one alternative only; allowed: two or more.")
    for name in ("weight", "block"):
        if name in frame:
            values = frame[name].to_numpy()
            first = np.zeros(codes.max() + 1, dtype=np.intp)
            first[codes[::-1]] = np.arange(len(codes))[::-1]
            wrong = values != values[first[codes]]
            if wrong.any():
                row = int(np.flatnonzero(wrong)[0])
                raise ChoicesError(f"{source}, {_at(frame, row)}: {name} differs within the task.")
