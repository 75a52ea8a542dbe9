"""What a search is about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dce.design.balance import LevelBounds
from dce.design.objective import Objective
from dce.design.services import Services
from dce.design.task_rules import TaskRules
from dce.logit import FloatArray, IntArray

LOSS = 5.0
"""What a broken rule costs, in units of the log-determinant."""


@dataclass(frozen=True)
class Problem:
    """What a search is about: arrays only, so that it travels to other processes.

    Attributes
    ----------
    objective : Objective
    rules : TaskRules
    bounds : LevelBounds
    candidates : per alternative, integer array or None
        Services that may replace a whole service (modified Fedorov). None: single levels change.
    """

    objective: Objective
    rules: TaskRules
    bounds: LevelBounds
    candidates: tuple[IntArray, ...] | None = None

    @property
    def services(self) -> Services:
        """The numbering of services."""
        return self.rules.services

    @property
    def tasks(self) -> int:
        """Number of tasks S."""
        return self.bounds.tasks

    @cached_property
    def steps(self) -> tuple[IntArray, ...]:
        """Per alternative, attribute and step of every change of a single level, each (n, 2)."""
        return tuple(self.services.neighbours(j) for j in range(len(self.services.sizes)))

    @property
    def visits(self) -> int:
        """Visits in a sweep."""
        return self.tasks if self.bounds.free else len(self.services.columns)

    @property
    def cells(self) -> float:
        """Numbers that a visit of one chain handles: a measure of its cost."""
        return self.cells_of_a_draw * sum(len(part.weights) for part in self.objective.parts)

    @property
    def cells_of_a_draw(self) -> float:
        """The same, if there were one draw of the prior."""
        if not self.bounds.free:
            levels = [self.services.sizes[column] for column in self.services.columns]
            candidates = self.tasks * float(np.mean(levels))
        elif self.candidates is None:
            candidates = float(sum(len(steps) for steps in self.steps))
        else:
            candidates = float(sum(len(services) for services in self.candidates))
        K = max(len(part.coded.columns) for part in self.objective.parts)
        return candidates * (len(self.services.counts) - 1) * K * (1 + K / 16)

    def losses(self, p: IntArray) -> FloatArray:
        """Return what the broken rules of designs p (C, S, J) cost, shape (C,)."""
        return np.asarray(LOSS * (self.rules.broken(p).sum(axis=-1) + self.rules.repeated(p)))

    def changes(self, current: IntArray) -> IntArray:
        """Return every change of tasks current (C, J), shape (C, n, J)."""
        parts = []
        for j, steps in enumerate(self.steps):
            if not len(steps):
                continue
            if self.candidates is not None:
                new = np.broadcast_to(self.candidates[j], (len(current), len(self.candidates[j])))
            else:
                a, step = steps[:, 0], steps[:, 1]
                stride, size = self.services.strides[j, a], self.services.sizes[j, a]
                level = current[:, j, None] // stride % size
                new = current[:, j, None] + ((level + step) % size - level) * stride
            part = np.repeat(current[:, None], new.shape[1], axis=1)
            part[..., j] = new
            parts.append(part)
        return np.concatenate(parts, axis=1)

    def broken(self, candidates: IntArray, others: IntArray) -> IntArray:
        """Return the rules that candidates (..., n, J) break, repeats of others (..., 1, N) included."""
        if self.rules.repeatable:
            return self.rules.broken(candidates)
        repeated = (self.rules.keys(candidates)[..., None] == others).any(axis=-1)
        return np.asarray(self.rules.broken(candidates) + repeated)
