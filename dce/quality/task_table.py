"""Every task over all respondents: how long it took, and which place was chosen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dce.quality.answered import Answered


def task_table(answered: Answered) -> pd.DataFrame:
    """Return a row for each task.

    Returns
    -------
    pandas.DataFrame
        ``block`` where it is known, ``task``, ``answered``, ``median_seconds`` and ``share_PLACE``: how
        many of the answers whose place is known chose it; of the opt-out, ``share_opt_out``.
    """
    place = answered.places[np.arange(len(answered)), answered.choices.layout.chosen]
    columns = {"median_seconds": answered.numbers("seconds")}
    for k, name in enumerate(answered.place_names):
        columns[f"share_{name}"] = np.where(np.isnan(place), np.nan, place == k + 1)
    if answered.opt_out is not None:
        columns["share_opt_out"] = np.where(np.isnan(place), np.nan, place == 0)
    keys = [name for name in ("block", "task") if name in answered.choices.frame]
    tasks = pd.DataFrame({name: answered.of_task(name) for name in keys} | columns)
    groups = tasks.groupby(keys, sort=True)
    table = groups.mean()
    table["median_seconds"] = groups["median_seconds"].median()
    table.insert(0, "answered", groups.size())
    return table.reset_index()
