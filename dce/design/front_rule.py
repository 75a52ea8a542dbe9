"""The rule by which a design is taken from a front."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dce.design.measures import MEASURES, SIGN
from dce.errors import DesignError, listed, quoted
from dce.logit import FloatArray
from dce.table import number

TOLERANCE = 0.02
"""D-errors that count as the lowest, as a share above it."""
RULE = ("level_imbalance", "utility_balance", "correlation", "overlap")
"""What decides between them, in this order."""
SHOWN = 2
"""Decimals in which values are compared: those that are printed."""
ROUNDING = 1e-9
"""How far a value may be from a bound that it keeps."""


@dataclass(frozen=True)
class Rule:
    """Bounds that a design keeps, and what decides between those that do: see :meth:`Front.pick`.

    Attributes
    ----------
    level_imbalance, overlap, correlation : float or None
        At most so much.
    utility_balance : float or None
        At least so much.
    d_error : float
    then : tuple of str
    """

    level_imbalance: float | None = None
    utility_balance: float | None = None
    overlap: float | None = None
    correlation: float | None = None
    d_error: float = TOLERANCE
    then: tuple[str, ...] = RULE

    def __post_init__(self) -> None:
        for name in MEASURES:
            value = getattr(self, name)
            is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
            if value is not None and not (is_number and value >= 0):
                raise DesignError(f"pick, {name}: found {quoted(value)}; allowed: a number of at least 0.")
        for name in self.then:
            if name not in RULE:
                raise DesignError(f"pick, then: found {quoted(name)}; allowed: {listed(RULE)}.")

    def choice(self, values: FloatArray) -> int:
        """Return the row of values (N, 5), in the order of ``MEASURES``, that the rule takes.

        Raises
        ------
        DesignError
            If none keeps the bounds; says which is nearest, rows numbered from 1.
        """
        values = np.where(np.isnan(values), 0.0, values)
        left = np.flatnonzero((self._excess(values) <= ROUNDING).all(axis=1))
        if not len(left):
            raise self._refusal(values)
        d = values[:, 0]
        left = left[d[left] <= d[left].min() * (1 + self.d_error + ROUNDING)]
        for name in self.then:
            i = MEASURES.index(name)
            shown = np.round(SIGN[i] * values[left, i], SHOWN)
            left = left[shown == shown.min()]
        return int(left[d[left].argmin()])

    def _bounds(self) -> dict[int, float]:
        """Return the bounds by column of values."""
        bounds = {i: getattr(self, name) for i, name in enumerate(MEASURES[1:], start=1)}
        return {i: float(bound) for i, bound in bounds.items() if bound is not None}

    def _excess(self, values: FloatArray) -> FloatArray:
        """Return by how much each bound is missed, (N, bounds)."""
        columns = [SIGN[i] * (values[:, i] - bound) for i, bound in self._bounds().items()]
        return np.stack([np.full(len(values), -np.inf), *columns], axis=1)

    def _refusal(self, values: FloatArray) -> DesignError:
        bounds = self._bounds()
        unit = np.array([1.0, *(max(np.ptp(values[:, i]), ROUNDING) for i in bounds)])
        missed = np.maximum(self._excess(values), 0) / unit
        nearest = int(np.lexsort((values[:, 0], missed.sum(axis=1)))[0])
        asked = [f"{_said(i, bound)} at {'least' if SIGN[i] < 0 else 'most'}" for i, bound in bounds.items()]
        found = [_said(i, values[nearest, i]) for i in bounds]
        return DesignError(
            f"pick: no design of the front has {' and '.join(asked)}; the nearest is design {nearest + 1}, "
            f"with {' and '.join(found)}."
        )


def _said(i: int, value: float) -> str:
    shown = f"{value:g}" if MEASURES[i] == "level_imbalance" else number(float(value), ".3g")
    return f"{MEASURES[i].replace('_', ' ')} {shown}"
