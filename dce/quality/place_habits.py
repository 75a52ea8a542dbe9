"""Habits of place: always the left one, always none."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dce.quality.answered import Answered
from dce.quality.flag import flagged


def straight_lined(answered: Answered, least: int) -> pd.DataFrame:
    """Return who chose the same place in all tasks with several services, at least ``least``.

    Returns
    -------
    pandas.DataFrame
        ``straight_place``: which place, where it is so; ``straight_lined``.
    """
    several = answered.services.sum(axis=1) > 1
    place = answered.places[np.arange(len(answered)), answered.first]
    known = several & ~np.isnan(place)
    N = len(answered.respondents)
    lowest, highest = np.full(N, np.inf), np.full(N, -np.inf)
    np.minimum.at(lowest, answered.who[known], place[known])
    np.maximum.at(highest, answered.who[known], place[known])
    tasks = answered.count(several)
    differs = (lowest < highest) | (lowest == 0)  # taking none is no place
    same = (answered.count(known) == tasks) & ~differs
    flag = flagged(same, (tasks >= least) & (same | differs))
    names = np.array(["", *answered.place_names], dtype=object)
    always = flag.fillna(False).to_numpy(dtype=bool)
    which = pd.Series(pd.NA, index=range(N), dtype="string")
    which[always] = names[lowest[always].astype(np.intp)]
    return pd.DataFrame({"straight_place": which, "straight_lined": flag})


def always_opted_out(answered: Answered, least: int) -> pd.DataFrame:
    """Return who chose none in all tasks that offer it, at least ``least``: ``always_opted_out``."""
    offered = np.asarray((answered.none & answered.choices.layout.available).any(axis=1))
    none = np.asarray(answered.none[np.arange(len(answered)), answered.choices.layout.chosen])
    tasks = answered.count(offered)
    return pd.DataFrame({"always_opted_out": flagged(answered.count(none) == tasks, tasks >= least)})
