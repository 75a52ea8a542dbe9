"""Lexicographic choice: the best level of one attribute wherever the services differ in it.

Notation: N respondents, T answered tasks, J alternatives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from dce.attributes import RESERVED
from dce.choices import Choices
from dce.design.levels import level_coding
from dce.design.task_rules import better_levels
from dce.errors import ChoicesError, listed
from dce.logit import BoolArray, FloatArray
from dce.quality.answered import Answered
from dce.quality.flag import flagged
from dce.study import Study

Worth = Mapping[str, Sequence[FloatArray]]
"""Per attribute, each order in which its levels may be liked: a number for every row of the frame."""


def worth(choices: Choices, attributes: Sequence[str] | None) -> Worth:
    """Return how the levels of attributes may be ordered; no order where nobody knows.

    Raises
    ------
    ChoicesError
        If there is no such attribute.
    """
    study = choices.study
    if isinstance(attributes, str):
        raise ChoicesError(f"attributes: found {attributes!r}; allowed: a list of names.")
    if study is not None:
        allowed: Sequence[str] = study.attribute_names
        names = allowed if attributes is None else list(dict.fromkeys(attributes))
    else:
        names = list(dict.fromkeys(attributes or ()))
        allowed = [str(name) for name in choices.frame if name not in RESERVED]
    unknown = [name for name in names if name not in allowed]
    if unknown:
        raise ChoicesError(f"attributes: {listed(unknown)} is unknown; allowed: {listed(allowed, 30)}.")
    if study is None:
        return {name: _either_way(choices.frame[name]) for name in names}
    better = dict(zip(study.attribute_names, better_levels(level_coding(study)), strict=True))
    return {name: _of_study(choices.frame[name], study, better[name]) for name in names}


def _of_study(values: pd.Series, study: Study, better: BoolArray) -> list[FloatArray]:
    """Return the order that the study knows, else either way."""
    rank = better.sum(axis=1)
    if better.any() and ((rank[:, None] > rank) == better).all():
        levels = study.attribute(str(values.name)).levels
        known = dict(zip(levels, rank.astype(np.float64), strict=True))
        codes, found = pd.factorize(values)
        return [np.array([*(known[level] for level in found), np.nan])[codes]]  # -1: has none
    return _either_way(values)


def _either_way(values: pd.Series) -> list[FloatArray]:
    """Return numbers up and down, or two levels in either order."""
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    else:
        codes, levels = pd.factorize(values)
        if len(levels) != 2:
            return []
        numbers = np.where(codes >= 0, codes, np.nan).astype(np.float64)
    return [numbers, -numbers]


def lexicographic(answered: Answered, orders: Worth, least: int) -> pd.DataFrame:
    """Return who chose the best level of an attribute in all tasks where the services differ in it.

    Returns
    -------
    pandas.DataFrame
        ``lexicographic_on``: the attributes, with commas between; ``lexicographic_tasks``: tasks in which
        the services differ in it, the fewest of several attributes; ``lexicographic``, unknown where
        the services never differ in at least ``least`` tasks.
    """
    N = len(answered.respondents)
    on = np.full(N, "", dtype=object)
    tasks = np.full(N, np.inf)
    known = np.zeros(N, dtype=bool)
    for name, values in orders.items():
        for value in values:
            differ, best = followed(answered, value)
            count = answered.count(differ)
            known |= count >= least
            always = (count >= least) & (answered.count(differ & best) == count)
            on[always] = np.where(on[always] == "", name, on[always] + f", {name}")
            tasks[always] = np.minimum(tasks, count)[always]
    so = tasks < np.inf
    return pd.DataFrame(
        {
            "lexicographic_on": pd.Series(on, dtype="string").where(so),
            "lexicographic_tasks": pd.Series(np.where(so, tasks, 0), dtype="Int64").where(so),
            "lexicographic": flagged(so, known),
        }
    )


def followed(answered: Answered, value: FloatArray) -> tuple[BoolArray, BoolArray]:
    """Return in which tasks the services differ in worth, and in which the best was chosen, (T,) each."""
    V = np.where(answered.services, value[answered.choices.layout.rows], np.nan)
    top, bottom = np.fmax.reduce(V, axis=1), np.fmin.reduce(V, axis=1)
    return top > bottom, V[np.arange(len(V)), answered.first] == top
