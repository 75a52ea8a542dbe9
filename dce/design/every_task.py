"""Every task that there is, numbered: which keep some rules.

Notation as in :mod:`dce.design.services`: tasks of J services p (..., J).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from dce.design.task_rules import TaskRules
from dce.logit import BoolArray, IntArray

AT_ONCE = 500_000
"""Tasks whose services are compared in one vectorised step."""


@dataclass(frozen=True)
class EveryTask:
    """Every combination of services, numbered; restricted or not."""

    rules: TaskRules

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of services of each alternative that has any attribute."""
        return tuple(int(self.rules.services.counts[j]) for j in self.rules.shown)

    @property
    def number(self) -> int:
        """Number of tasks."""
        return prod(self.sizes)

    def services(self, numbers: IntArray) -> IntArray:
        """Return the services (..., J) of tasks by number."""
        p = np.zeros((*numbers.shape, len(self.rules.services.counts)), dtype=np.intp)
        p[..., list(self.rules.shown)] = np.stack(np.unravel_index(numbers, self.sizes), axis=-1)
        return p

    def keep(self, rules: TaskRules) -> BoolArray:
        """Return which tasks keep some rules, (N,)."""
        keep = ~self._identical
        if rules.better is not None:
            keep &= ~self._dominated
        if rules.overlap is not None:
            keep &= (self._overlap >= rules.overlap[0]) & (self._overlap <= rules.overlap[1])
        if rules.restrictions:
            grid = keep.reshape(self.sizes)
            for axis, j in enumerate(rules.shown):
                allowed = rules.allowed(j, np.arange(self.sizes[axis]))
                grid &= allowed.reshape([-1 if k == axis else 1 for k in range(len(self.sizes))])
        return keep

    @cached_property
    def _identical(self) -> BoolArray:
        return self._each(self.rules.identical) > 0

    @cached_property
    def _dominated(self) -> BoolArray:
        return self._each(self.rules.dominated) > 0

    @cached_property
    def _overlap(self) -> IntArray:
        return self._each(self.rules.overlapping)

    def _each(self, counted: Callable[[IntArray], IntArray]) -> IntArray:
        numbers = np.arange(self.number)
        parts = [
            counted(self.services(numbers[start : start + AT_ONCE])).astype(np.int8)
            for start in range(0, self.number, AT_ONCE)
        ]
        return np.concatenate(parts)
