"""The model with a constant for every alternative and nothing else, with which fits are compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

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
    of_rows = choices.columns.coded(ALTERNATIVE).codes
    codes = of_rows.reshape(layout.rows.shape) if layout.in_order else of_rows[layout.rows]
    J, T = int(of_rows.max()) + 1, len(codes)
    chosen = codes.ravel().take(np.arange(0, codes.size, codes.shape[1]) + layout.chosen)
    counts = np.bincount(chosen, weights=layout.weights, minlength=J)
    taken = np.flatnonzero(counts > 0)
    available = layout.available if len(taken) == J else layout.available & (counts > 0)[codes]
    if np.count_nonzero(available) == len(taken) * T:
        shares = counts[taken] / counts.sum()
        return float(counts[taken] @ np.log(shares))
    if len(taken) > MOST_CONSTANTS:
        return float("nan")
    names = tuple(map(str, taken[1:]))
    dummies = (np.arange(J)[:, None] == taken[1:]).astype(np.float64)
    coded = CodedRows(dummies, of_rows.astype(np.intp))
    try:
        tasks = gather(coded, replace(layout, available=available))
        identified(tasks, names)
        return maximise(tasks).log_likelihood
    except (EstimationError, SeparationError):
        return float("nan")
