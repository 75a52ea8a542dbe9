"""Whether some of the possible tasks can be put together so that levels are counted as asked.

A design is a number x_t of copies of every possible task t, with sum x = S and each level shown
between its least and most times. Whole numbers are tried where tasks are few; where they are many,
fractions are allowed, so that only a "no" is a proof.

Notation
--------
N possible tasks p (N, J), of services as numbered by :mod:`dce.design.services`.

References
----------
Lübbecke and Desrosiers (2005), Operations Research 53:1007, on column generation and its bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import coo_array, csr_array, hstack

from dce.design.services import Services
from dce.logit import BoolArray, FloatArray, IntArray

MOST_WHOLE = 3_000
"""Possible tasks up to which whole numbers are tried."""
NODES = 2_000
"""Branches of that attempt, at most."""
SHORT = 1e-6
"""Smallest sum of what counts fall short of their bounds that is told from rounding."""
FIRST, ADDED, PASSES = 500, 100, 200
"""Tasks of the first linear programme, tasks that each later one adds, and how often."""
HALF = 0.5
"""Tells tasks that are used once from those that are not used."""
INFEASIBLE = 2
"""What scipy says of a programme without a solution."""


@dataclass(frozen=True)
class Column:
    """Counts that are asked of the levels of one attribute of one alternative.

    Attributes
    ----------
    alternative, attribute : int
    least, most : (n,) integer arrays
    """

    alternative: int
    attribute: int
    least: IntArray
    most: IntArray


@dataclass(frozen=True)
class Counting:
    """Possible tasks and the counts that are asked of S of them.

    Attributes
    ----------
    services : Services
    p : (N, J) integer array
    tasks : int
        S.
    columns : sequence of Column
    keys : (N,) integer array or None
        Equal for tasks of which a design has one at most. None: tasks may be repeated.
    """

    services: Services
    p: IntArray
    tasks: int
    columns: Sequence[Column]
    keys: IntArray | None = None

    def never_shown(self) -> tuple[Column, int] | None:
        """Return a column, and a level of it that is asked for and that no task shows."""
        for column in self.columns:
            shown = np.bincount(self._levels(column, self.p), minlength=len(column.least))
            missing = np.flatnonzero((column.least > 0) & (shown == 0))
            if missing.size:
                return column, int(missing[0])
        return None

    def _levels(self, column: Column, p: IntArray) -> IntArray:
        return self.services.level(column.alternative, column.attribute, p[:, column.alternative])

    def solution(self, rng: np.random.Generator) -> IntArray | None:
        """Return the numbers of S tasks, random ones, that are counted as asked; None if none was found."""
        if len(self.p) <= MOST_WHOLE:
            return self._programme(rng.random(len(self.p)), integer=True)[0]
        if self.columns:
            return None
        return rng.choice(len(self.p), self.tasks, replace=False)

    def is_impossible(self, whole: bool = True) -> bool:
        """Whether it is proved that no S tasks are counted as asked.

        Parameters
        ----------
        whole : bool, optional
            Whether to insist on whole numbers of tasks, where these are few: slower.
        """
        if not self.columns:
            return False
        if len(self.p) > MOST_WHOLE:
            return self._is_short()
        return self._programme(np.zeros(len(self.p)), integer=whole)[1]

    def usable(self) -> BoolArray:
        """Return which tasks occur in designs that are counted as asked, (N,), fractions allowed.

        One linear programme: counts of tasks can be scaled up together until all those that can be
        used at all are used once or more. The last variable is that scale.
        """
        N = len(self.p)
        if not self.columns or N > MOST_WHOLE:
            return np.ones(N, dtype=bool)
        cells, least, most = self._cells(np.arange(N))
        every = csr_array(np.ones((1, N)))
        scaled = [
            (cells, least, 0.0, np.inf),
            (cells, most, -np.inf, 0.0),
            (every, np.full(1, float(self.tasks)), 0.0, 0.0),
        ]
        if self.keys is not None:
            once = self._once(self.keys)
            scaled.append((once, np.ones(once.shape[0]), -np.inf, 0.0))
        result = milp(
            np.repeat([-1.0, 0.0], [N, N + 1]),
            bounds=Bounds(np.repeat([0.0, 1.0], [2 * N, 1]), np.repeat([1.0, np.inf], [N, N + 1])),
            constraints=[
                LinearConstraint(hstack([part, part, csr_array(-by[:, None])]).tocsr(), low, high)
                for part, by, low, high in scaled
            ],
        )
        return np.ones(N, dtype=bool) if result.x is None else np.asarray(result.x[:N] > HALF)

    def _once(self, keys: IntArray) -> csr_array:
        """Return which tasks are the same, (n, N): a design has one of each row at most."""
        _, group = np.unique(keys, return_inverse=True)
        return coo_array((np.ones(len(keys)), (group.ravel(), np.arange(len(keys))))).tocsr()

    def _programme(self, costs: FloatArray, integer: bool) -> tuple[IntArray | None, bool]:
        """Solve the programme over all tasks: tasks that solve it at least cost, and whether none do."""
        N = len(self.p)
        parts = [LinearConstraint(np.ones((1, N)), self.tasks, self.tasks)]
        if self.columns:
            parts.append(LinearConstraint(*self._cells(np.arange(N))))
        if self.keys is not None:
            parts.append(LinearConstraint(self._once(self.keys), 0, 1))
        result = milp(
            costs,
            integrality=np.full(N, int(integer)),
            bounds=Bounds(0, self.tasks),
            constraints=parts,
            options={"node_limit": NODES},
        )
        if result.x is None or not integer:
            return None, result.status == INFEASIBLE
        return np.repeat(np.arange(N), np.round(result.x).astype(np.intp)), False

    def _cells(self, which: IntArray) -> tuple[csr_array, FloatArray, FloatArray]:
        """Return whether tasks show a level, (n, N), and the least and most counts of levels, (n,)."""
        rows, offset = [], 0
        for column in self.columns:
            rows.append(self._levels(column, self.p[which]) + offset)
            offset += len(column.least)
        at = np.tile(np.arange(len(which)), len(self.columns))
        shown = coo_array((np.ones(len(at)), (np.concatenate(rows), at)), shape=(offset, len(which)))
        least = np.concatenate([column.least for column in self.columns]).astype(np.float64)
        most = np.concatenate([column.most for column in self.columns]).astype(np.float64)
        return shown.tocsr(), least, most

    def _is_short(self) -> bool:
        """Whether fractions of tasks, too, fall short of the counts: by column generation."""
        rng = np.random.default_rng(0)
        chosen = rng.choice(len(self.p), min(FIRST, len(self.p)), replace=False)
        for _ in range(PASSES):
            short, prices, price = self._shortfall(chosen)
            if short <= SHORT:
                return False
            costs = self._costs(prices) - price
            if short + self.tasks * float(costs.min()) > SHORT:
                return True
            added = np.argpartition(costs, min(ADDED, len(costs) - 1))[:ADDED]
            chosen = np.union1d(chosen, added)
        return False

    def _shortfall(self, chosen: IntArray) -> tuple[float, FloatArray, float]:
        """Return what counts fall short with some tasks, and the prices of levels and of a task."""
        shown, least, most = self._cells(chosen)
        n, N = shown.shape
        wide = coo_array(np.hstack([np.zeros((n, N)), np.eye(n)]))
        inside = np.hstack([shown.toarray(), np.zeros((n, n))])
        result = linprog(
            np.concatenate([np.zeros(N), np.ones(n)]),
            A_ub=np.vstack([-inside - wide.toarray(), inside - wide.toarray()]),
            b_ub=np.concatenate([-least, most]),
            A_eq=np.concatenate([np.ones(N), np.zeros(n)])[None],
            b_eq=[self.tasks],
            method="highs",
        )
        marginals = result.ineqlin.marginals
        return float(result.fun or 0.0), marginals[:n] - marginals[n:], float(result.eqlin.marginals[0])

    def _costs(self, prices: FloatArray) -> FloatArray:
        """Return the price of the levels that every task shows, (N,)."""
        counts = self.services.counts
        costs, offset = np.zeros(len(self.p)), 0
        of_services: dict[int, FloatArray] = {}
        for column in self.columns:
            j, n = column.alternative, len(column.least)
            level = self.services.level(j, column.attribute, np.arange(counts[j]))
            of_services[j] = of_services.get(j, np.zeros(counts[j])) + prices[offset : offset + n][level]
            offset += n
        for j, own in of_services.items():
            costs += own[self.p[:, j]]
        return costs
