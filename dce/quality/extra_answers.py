"""Answers to tasks besides the design: one with a better service, some that were asked again."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dce.quality.answered import Answered
from dce.quality.flag import flagged


def dominance(answered: Answered) -> pd.DataFrame:
    """Return who chose the worse service.

    Returns
    -------
    pandas.DataFrame
        ``dominance_tasks`` in which a service was chosen, ``dominance_wrong`` among them,
        ``dominance_opted_out``: further ones in which none was; ``dominance_failed``.
    """
    rows = _of_kind(answered, "dominance")
    rows = rows[rows["expected"].notna()]
    chosen = rows["chosen"]
    if "forced" in rows:
        chosen = rows["forced"].where(rows["forced"].notna(), chosen)
    none = chosen == answered.opt_out
    tasks = _count(answered, rows[~none])
    wrong = _count(answered, rows[~none & (chosen != rows["expected"])])
    return pd.DataFrame(
        {
            "dominance_tasks": tasks,
            "dominance_wrong": wrong,
            "dominance_opted_out": _count(answered, rows[none]),
            "dominance_failed": flagged((wrong > 0).to_numpy(bool), (tasks > 0).to_numpy(bool)),
        }
    )


def repeats(answered: Answered) -> pd.DataFrame:
    """Return who answered a repeated task otherwise.

    Returns
    -------
    pandas.DataFrame
        ``repeat_tasks`` answered both times, ``repeat_changed`` among them, ``repeat_disagreed``.
    """
    rows = _of_kind(answered, "repeat")
    frame = answered.choices.frame
    before = frame.loc[frame["chosen"] == 1, ["respondent", "task", "alternative"]].astype(object)
    again = rows[["respondent", "repeats", "chosen"]].astype(object)
    both = again.merge(before, left_on=["respondent", "repeats"], right_on=["respondent", "task"])
    tasks = _count(answered, both)
    changed = _count(answered, both[both["chosen"] != both["alternative"]])
    return pd.DataFrame(
        {
            "repeat_tasks": tasks,
            "repeat_changed": changed,
            "repeat_disagreed": flagged((changed > 0).to_numpy(bool), (tasks > 0).to_numpy(bool)),
        }
    )


def _of_kind(answered: Answered, kind: str) -> pd.DataFrame:
    checks = answered.choices.checks
    if checks is None:
        return pd.DataFrame(columns=["respondent", "chosen", "expected", "repeats"], dtype=object)
    return checks[(checks["kind"] == kind) & checks["chosen"].notna()]


def _count(answered: Answered, rows: pd.DataFrame) -> pd.Series:
    """Return how many of the rows are of each respondent, (N,)."""
    who = answered.respondents.get_indexer(pd.Index(rows["respondent"]))
    return pd.Series(np.bincount(who[who >= 0], minlength=len(answered.respondents)), dtype="Int64")
