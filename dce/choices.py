"""Answers, checked: one row per alternative of a task that a respondent answered.

Every way in (:func:`read_long`, ``dce.read_wide``, ``dce.simulate_choices``, ``dce.read_responses``)
ends in the same checks, so that whatever comes after can trust the frame.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from dce.choice_checks import checked
from dce.columns import Columns
from dce.errors import ChoicesError, listed
from dce.formula import ALTERNATIVE
from dce.layout import Layout, layout_of, task_rows
from dce.read_report import ReadReport
from dce.study import Study
from dce.table import html_of


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
    columns : Columns
        The frame's columns as numbers.
    layout : Layout
        The frame arranged by task.

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
    columns: Columns = field(init=False, repr=False, compare=False)
    layout: Layout = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        columns, tasks = checked(self.frame.reset_index(drop=True), self.study, self.source)
        if "weight" in columns and (columns.frame["weight"] == 0).any():
            weightless = columns.frame["weight"].to_numpy() == 0
            count = len(np.unique(tasks.task[weightless]))
            left_out = {**self.left_out, "answered tasks with a weight of zero": count}
            object.__setattr__(self, "left_out", left_out)
            columns = Columns(columns.frame[~weightless].reset_index(drop=True))
            tasks = task_rows(columns)
        object.__setattr__(self, "frame", columns.frame)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "layout", layout_of(columns, tasks))

    @property
    def n_tasks(self) -> int:
        """Number of answered tasks."""
        return len(self.layout.chosen)

    @property
    def n_respondents(self) -> int | None:
        """Number of respondents, None where they are unknown."""
        respondents = self.layout.respondents
        return None if respondents is None else int(respondents.max()) + 1

    @property
    def alternatives(self) -> tuple[object, ...]:
        """The alternatives, in the order of the study or of their first appearance."""
        if self.study is not None:
            return self.study.alternative_names
        return tuple(self.columns.coded(ALTERNATIVE).values.tolist())

    def differs_within_tasks(self, column: str) -> bool:
        """Whether a column differs between the alternatives of some task."""
        codes = self.columns.coded(column).codes
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

    def _repr_html_(self) -> str:
        return html_of(str(self).splitlines())


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
    renamed = frame.set_axis([names.get(name, name) for name in frame.columns], axis=1)
    return Choices(renamed, study, {}, source)
