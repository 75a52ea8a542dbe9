"""Temperatures for annealing, from how readily designs change at them.

How much a change of a task is worth differs from study to study. What an annealing needs to know is at
which temperatures designs change freely, now and then, or hardly ever; so they are measured: designs at
a local optimum are heated, and the share of visits that change a design is their mobility.

Reference: Johnson, Aragon, McGeoch and Schevon (1989), Operations Research 37:865, on acceptance ratios.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Visits = Literal["tasks", "columns"]

HOT = 0.9
"""Mobility, relative to the largest, where a first round begins."""
WARM = {"tasks": (0.5, 0.9), "columns": (0.2, 0.5)}
"""Range of mobilities where a later round begins, by what a visit looks at. These and those below are what
served six problems best, of some that were tried."""
COLD = {"tasks": 0.12, "columns": 0.05}
"""Mobility where rounds end."""
LOWEST, HIGHEST = 0.0005, 0.4
"""Temperatures between which designs are heated, per coefficient and task: the size of what one task adds
to the log-determinant."""
HEATINGS = 16
"""Sweeps in which they are."""
FEWEST = 8
"""Sweeps that are enough to tell temperatures by; typical ones are taken where there are less."""


@dataclass(frozen=True)
class Temperatures:
    """Where rounds begin and end, in units of the log-determinant.

    Attributes
    ----------
    hot : float
        Beginning of a first round.
    warm : (float, float)
        Range of the beginnings of later rounds.
    cold : float
        End of every round.
    """

    hot: float
    warm: tuple[float, float]
    cold: float


def temperatures(mobility: Sequence[tuple[float, float]], unit: float, visits: Visits) -> Temperatures:
    """Return the temperatures that designs which were heated tell.

    Parameters
    ----------
    mobility : sequence of (temperature, share)
        By rising temperature.
    unit : float
        Coefficients per task.
    visits : str
        What a visit looks at: ``"tasks"`` or ``"columns"``.

    Examples
    --------
    >>> heated = [(t, t / (t + 0.01)) for t in (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.6, 1.0)]
    >>> temperatures(heated, 0.5, "tasks").warm
    (0.01, 0.1)
    """
    if len(mobility) < FEWEST:
        return Temperatures(0.1 * unit, (0.02 * unit, 0.05 * unit), 0.004 * unit)
    at, shares = (np.array(part) for part in zip(*mobility, strict=True))
    risen = np.maximum.accumulate(shares)

    def reached(share: float) -> float:
        return float(at[int(np.argmax(risen >= share * risen[-1]))])

    low, high = (reached(share) for share in WARM[visits])
    return Temperatures(reached(HOT), (low, high), reached(COLD[visits]))
