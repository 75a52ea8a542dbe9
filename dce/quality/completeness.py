"""How many tasks were answered, and how many were left."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dce.quality.answered import Answered
from dce.quality.flag import flagged


def completeness(answered: Answered) -> pd.DataFrame:
    """Return who left tasks unanswered.

    Returns
    -------
    pandas.DataFrame
        ``respondent``, ``block``, ``answered``, ``missing`` tasks, ``incomplete``.
    """
    N = len(answered.respondents)
    count = np.bincount(answered.who, minlength=N)
    frame = pd.DataFrame({"respondent": answered.respondents})
    frame["block"] = pd.array([pd.NA] * N, dtype="Int64")
    if "block" in answered.choices.frame:
        frame["block"] = answered.of_task("block").groupby(answered.who).first()
    frame["answered"] = count
    report = answered.choices.report
    if report is not None:
        own = report.respondents.set_index("respondent").reindex(answered.respondents)
        missing = (own["tasks"] - own["answered"]).reset_index(drop=True).astype("Int64")
    else:
        block = frame["block"].astype(object).where(frame["block"].notna(), "")
        missing = (frame["answered"].groupby(block).transform("max") - count).astype("Int64")
    frame["missing"] = missing
    frame["incomplete"] = flagged((missing > 0).fillna(False).to_numpy(bool), missing.notna().to_numpy())
    return frame
