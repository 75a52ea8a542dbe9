"""What messages call answered tasks."""

from __future__ import annotations

from collections.abc import Sequence

from dce.choices import Choices
from dce.errors import SeparationError

MOST_NAMED = 3
"""Answered tasks that a message names."""


def task_names(choices: Choices, answers: Sequence[int]) -> str:
    """Name answered tasks, given by number from 0, as messages do: the first ones, and how many more.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"t": [7, 7], "alt": ["a", "b"], "y": [1, 0], "who": ["Ann", "Ann"]})
    >>> import dce
    >>> answers = dce.read_long(frame, task="t", alternative="alt", chosen="y", respondent="who")
    >>> task_names(answers, [0])
    'respondent Ann, task 7'
    """
    first = choices.layout.rows[list(answers[:MOST_NAMED]), 0]
    columns = [name for name in ("respondent", "task") if name in choices.frame]
    at = choices.frame.iloc[first]
    names = [", ".join(f"{name} {at[name].iloc[i]!s}" for name in columns) for i in range(len(first))]
    more = f" and {len(answers) - MOST_NAMED:,d} more" if len(answers) > MOST_NAMED else ""
    return "; ".join(names) + more


def with_tasks(error: SeparationError, choices: Choices) -> SeparationError:
    """Return an error of separation that names the tasks."""
    if not error.answers:
        return error
    return SeparationError(f"{error} Tasks: {task_names(choices, error.answers)}.", error.answers)
