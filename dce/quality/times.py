"""How long answers took, and how sure they were."""

from __future__ import annotations

import pandas as pd

from dce.quality.answered import Answered
from dce.quality.flag import flagged


def times(answered: Answered, share: float) -> pd.DataFrame:
    """Return who was faster than a share of the median time.

    Returns
    -------
    pandas.DataFrame
        ``seconds`` in total, NaN unless all answered tasks have a time; ``median_seconds`` of the tasks
        that have one; ``speeding``: their mean or their median is below the share of everybody's median.
    """
    seconds = pd.Series(answered.numbers("seconds"))
    by_respondent = seconds.groupby(answered.who)
    mean, median = by_respondent.mean(), by_respondent.median()
    total = by_respondent.sum().where(by_respondent.count() == by_respondent.size())
    fast = (mean < share * mean.median()) | (median < share * median.median())
    return pd.DataFrame(
        {
            "seconds": total,
            "median_seconds": median,
            "speeding": flagged(fast.to_numpy(), mean.notna().to_numpy()),
        }
    )


def certainty(answered: Answered) -> pd.DataFrame:
    """Return the mean ``certainty`` of each respondent, NaN where it was not asked."""
    return pd.DataFrame({"certainty": pd.Series(answered.numbers("certainty")).groupby(answered.who).mean()})
