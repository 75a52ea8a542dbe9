"""A flag: true, false, or missing where nobody can know."""

from __future__ import annotations

import pandas as pd

from dce.logit import BoolArray


def flagged(so: BoolArray, known: BoolArray) -> pd.Series:
    """Return a flag that is missing where it is unknown."""
    return pd.Series(so).astype("boolean").where(pd.Series(known))
