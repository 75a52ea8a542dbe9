"""The model with a constant for every alternative and nothing else, with which fits are compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.coding import CodedRows
from dce.errors import EstimationError, SeparationError
from dce.estimation.maximum import identified
from dce.estimation.newton import maximise
from dce.estimation.tasks import gather
from dce.formula import ALTERNATIVE

MOST_CONSTANTS = 100
"""Alternatives, not all available everywhere, up to which the model is fitted."""


def constants_only(choices: Choices) -> float:
    """Largest log-likelihood with a constant for every alternative and nothing else.

    Alternatives that nobody chose have a probability of zero there. NaN if there is no maximum.
    """
    layout = choices.layout
    codes = pd.factorize(choices.frame[ALTERNATIVE])[0][layout.rows]
    chosen = np.take_along_axis(codes, layout.chosen[:, None], axis=1)[:, 0]
    counts = np.bincount(chosen, weights=layout.weights, minlength=int(codes.max()) + 1)
    available = layout.available & (counts > 0)[codes]
    taken = np.flatnonzero(counts > 0)
    if available.sum() == len(taken) * len(codes):
        shares = counts[taken] / counts.sum()
        return float(counts[taken] @ np.log(shares))
    if len(taken) > MOST_CONSTANTS:
        return float("nan")
    names = tuple(map(str, taken[1:]))
    dummies = (np.arange(int(codes.max()) + 1)[:, None] == taken[1:]).astype(np.float64)
    coded = CodedRows(dummies, pd.factorize(choices.frame[ALTERNATIVE])[0])
    try:
        tasks = gather(coded, replace(layout, available=available))
        identified(tasks, names)
        return maximise(tasks).log_likelihood
    except (EstimationError, SeparationError):
        return float("nan")
