"""All tasks that a study allows, and which of them is worth most: an exact maximum by enumeration.

Notation
--------
J alternatives (the opt-out last), n_j services of alternative j, K coefficients, R draws of them.

x_j : (n_j, K) array
    Coded services of alternative j.
A : (R, K, K) array
    Symmetric matrices that weigh information.

With services s = (s_1 ... s_J), odds e = exp(x beta) and P = e / sum e, a task's information M has
tr(A M) = sum_{i<j} P_i P_j (x_i - x_j)'A(x_i - x_j), so that sums over pairs of services give it for
every task.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, repeat
from math import prod

import numpy as np

from dce.design.levels import LevelCoding
from dce.design.task_rules import task_rules
from dce.errors import DesignError
from dce.logit import FloatArray, IntArray

MOST_TASKS = 1_000_000_000
"""Tasks that are enumerated at most: a few seconds a pass."""
MOST_SERVICES = 1_000_000
"""Services of one alternative that are listed at most, before restrictions."""
BLOCK = 1 << 16
"""Tasks in one vectorised step: as many as stay in the cache."""
KEPT = 1 << 24
"""Pairs of services whose distances are kept, rather than computed anew for every block."""
WIDEST = 200.0
"""Largest difference of utilities: products of odds and information then fit double precision."""


@dataclass(frozen=True)
class Priced:
    """The tasks that are worth most.

    Attributes
    ----------
    highest : float
        The largest worth of all possible tasks, and as much more as rounding may have taken off it.
    tasks : (N, J) integer array
        The N tasks that were asked for, of those that are best given the services of all
        alternatives but one.
    worth : (N,) array
    """

    highest: float
    tasks: IntArray
    worth: FloatArray


@dataclass(frozen=True)
class PossibleTasks:
    """Every combination of the services that the restrictions of a study allow.

    Where alternatives are not labelled, two identical services do not make a task. A task is an
    integer array (J,): the number of the service of every alternative.

    Attributes
    ----------
    coding : LevelCoding
    services : per alternative, (n_j, A) integer array
        Level numbers, -1 where the alternative lacks an attribute.
    coded : per alternative, (n_j, K) array
        Coded services, which with coefficients give utilities.
    x : per alternative, (n_j, K) array
        The same in the coordinates in which information is measured.
    rounding : float
        Largest rounding error of a row of x, relative to machine precision.
    """

    coding: LevelCoding
    services: tuple[IntArray, ...]
    coded: tuple[FloatArray, ...]
    x: tuple[FloatArray, ...]
    rounding: float

    @cached_property
    def alike(self) -> tuple[tuple[int, int], ...]:
        """Pairs of alternatives that list the same services and may not show the same one."""
        return alike_alternatives(self.coding)

    @cached_property
    def number(self) -> int:
        """How many tasks there are; the same services in another order are another task."""
        return prod(
            max(len(services) - sum(j == second for _, second in self.alike), 0)
            for j, services in enumerate(self.services)
        )

    def code(self, tasks: IntArray) -> FloatArray:
        """Return coded services, shape (N, J, K), of tasks (N, J)."""
        return np.stack([coded[tasks[:, j]] for j, coded in enumerate(self.coded)], axis=1)

    def measured(self, tasks: IntArray) -> FloatArray:
        """Return x, shape (N, J, K), of tasks (N, J)."""
        return np.stack([x[tasks[:, j]] for j, x in enumerate(self.x)], axis=1)

    def levels(self, tasks: IntArray) -> IntArray:
        """Return level numbers, shape (N, J, A), of tasks (N, J)."""
        return np.stack([services[tasks[:, j]] for j, services in enumerate(self.services)], axis=1)

    def random(self, number: int, rng: np.random.Generator) -> IntArray:
        """Return distinct random tasks, at most ``number`` of them, shape (N, J)."""
        tasks = np.column_stack([rng.integers(len(x), size=number) for x in self.x]).astype(np.intp)
        for i, j in self.alike:
            tasks = tasks[tasks[:, i] != tasks[:, j]]
        return np.unique(tasks, axis=0)

    def transformed(self, shift: FloatArray, T: FloatArray) -> PossibleTasks:
        """Return the same tasks with x = (coded - shift) T."""
        moved = [coded - shift for coded in self.coded]
        rounding = max(float(np.linalg.norm(np.abs(x) @ np.abs(T), axis=1).max()) for x in moved)
        return replace(self, x=tuple(x @ T for x in moved), rounding=rounding)

    def price(
        self, A: FloatArray, betas: FloatArray, charges: Sequence[FloatArray] | None, most: int
    ) -> Priced:
        """Find the tasks with the largest sum_r tr(A_r M_r) - sum_j charges_j.

        Parameters
        ----------
        A : (R, K, K) array
        betas : (R, K) array
            M_r is the information of a task, measured in x, at the r-th of them.
        charges : per alternative, (n_j,) array, optional
            Default: none.
        most : int
            Number of tasks to return.
        """
        value = _Value(self, A, betas, charges)
        tasks, worth, cutoff = np.empty((0, len(self.x)), dtype=np.intp), np.empty(0), -np.inf
        for outer, rows in value.blocks():
            block = value.of(outer, rows)
            best = block.max(axis=2)
            c, a = np.nonzero(best > cutoff)
            if not len(c):
                continue
            found = np.column_stack([outer[c], rows.start + a, block[c, a].argmax(axis=1)])
            tasks, worth = np.concatenate([tasks, found]), np.concatenate([worth, best[c, a]])
            if len(worth) > most:
                top = np.argpartition(-worth, most - 1)[:most]
                tasks, worth = tasks[top], worth[top]
                cutoff = float(worth.min())
        return Priced(float(worth.max()) + value.rounding, tasks[:, np.argsort(value.order)], worth)


def possible_tasks(coding: LevelCoding) -> PossibleTasks:
    """List the services that the restrictions allow.

    Raises
    ------
    DesignError
        If they allow none, or if there are too many tasks to enumerate.
    """
    names = coding.study.alternative_names
    services = tuple(_services(coding, j) for j in range(len(names)))
    for name, of_alternative in zip(names, services, strict=True):
        if not len(of_alternative):
            raise DesignError(f"the restrictions together allow no service for {name!r}.")
    x = tuple(coding.code_one(j, L) for j, L in enumerate(services))
    rounding = max(float(np.linalg.norm(of_one, axis=1).max()) for of_one in x)
    possible = PossibleTasks(coding, services, x, x, rounding)
    if not possible.number:
        raise DesignError("no task can be made: there are fewer different services than a task shows.")
    if possible.number > MOST_TASKS:
        sizes = " x ".join(f"{len(L):,}" for L in services)
        raise DesignError(
            f"certificate: found {possible.number:,} possible tasks ({sizes} services); allowed: at most "
            f"{MOST_TASKS:,}. Fewer levels or more restrictions make fewer."
        )
    return possible


def alike_alternatives(coding: LevelCoding) -> tuple[tuple[int, int], ...]:
    """Return pairs of alternatives that list the same services and may not show the same one."""
    if coding.study.labelled:
        return ()
    pairs = combinations(np.flatnonzero(coding.owned.any(axis=1)).tolist(), 2)
    return tuple((i, j) for i, j in pairs if (coding.owned[i] == coding.owned[j]).all())


def _services(coding: LevelCoding, j: int) -> IntArray:
    sizes = [n if owned else 1 for n, owned in zip(coding.sizes, coding.owned[j], strict=True)]
    if prod(sizes) > MOST_SERVICES:
        raise DesignError(
            f"certificate: alternative {coding.study.alternative_names[j]!r} has {prod(sizes):,} "
            f"combinations of levels; allowed: at most {MOST_SERVICES:,}."
        )
    rules = task_rules(coding)
    p = np.arange(prod(sizes))
    return rules.services.levels(j, p[rules.allowed(j, p)])


class _Value:
    """The worth of tasks in blocks; the two alternatives with the most services span a matrix."""

    def __init__(
        self,
        possible: PossibleTasks,
        A: FloatArray,
        betas: FloatArray,
        charges: Sequence[FloatArray] | None,
    ) -> None:
        self.order = sorted(range(len(possible.x)), key=lambda j: len(possible.x[j]))
        place = {j: p for p, j in enumerate(self.order)}
        self.alike = {tuple(sorted((place[i], place[j]))) for i, j in possible.alike}
        self.x = [possible.x[j] for j in self.order]
        self.sizes = [len(x) for x in self.x]
        self.charges = None if charges is None else [charges[j] for j in self.order]
        self.A = A
        self.odds = [_odds([possible.coded[j] @ beta for j in self.order]) for beta in betas]
        # Of all P_i P_j, at most 1/2 in sum, times (x_i - x_j)'A(x_i - x_j), to first order.
        largest = max(np.linalg.norm(x @ A_r, axis=1).max() for x in self.x for A_r in A)
        terms = 4 * (A.shape[-1] + 4) * len(A)
        self.rounding = terms * float(np.finfo(np.float64).eps * largest * possible.rounding)
        self.halves = [[_halves(*part) for part in zip(self.x, e, repeat(A_r))]
                       for A_r, e in zip(A, self.odds, strict=True)]  # fmt: skip
        self.pair = (len(self.x) - 2, len(self.x) - 1)
        self.kept: list[FloatArray] | None = None
        if len(A) * self.sizes[-2] * self.sizes[-1] <= KEPT and prod(self.sizes[:-2]) > 1:
            every = slice(0, self.sizes[-2])
            self.kept = [self._matrix(r, every) for r in range(len(A))]

    def blocks(self) -> Iterator[tuple[IntArray, slice]]:
        """Yield services of the outer alternatives, shape (C, J - 2), and rows of the matrix."""
        *outer, n_a, n_b = self.sizes
        C, rows = max(1, BLOCK // (n_a * n_b)), max(1, BLOCK // n_b)
        for start in range(0, prod(outer), C):
            numbers = np.arange(start, min(start + C, prod(outer)))
            services = np.column_stack([*np.unravel_index(numbers, outer)]) if outer else np.empty((1, 0))
            for first in range(0, n_a, rows):
                yield services.astype(np.intp), slice(first, min(first + rows, n_a))

    def of(self, outer: IntArray, rows: slice) -> FloatArray:
        """Return the worth of tasks of a block, shape (C, rows, n_b); minus infinity if not allowed."""
        worth: FloatArray | None = None
        for r in range(len(self.A)):
            at_draw = self._of_draw(r, outer, rows)
            worth = at_draw if worth is None else np.add(worth, at_draw, out=worth)
        assert worth is not None
        if self.charges is not None:
            a, b = self.pair
            outside = sum((self.charges[p][outer[:, p]] for p in range(a)), start=np.zeros(len(outer)))
            worth -= (outside[:, None] + self.charges[a][rows])[:, :, None]
            worth -= self.charges[b]
        return worth

    def _of_draw(self, r: int, outer: IntArray, rows: slice) -> FloatArray:
        a, b = self.pair
        e = self.odds[r]
        every = np.arange(self.sizes[a])[rows], np.arange(self.sizes[b])
        total, inside = np.zeros(len(outer)), np.zeros(len(outer))
        with_a, with_b = np.zeros((len(outer), len(every[0]))), np.zeros((len(outer), len(every[1])))
        for p in range(a):
            total += e[p][outer[:, p]]
            with_a += self._products(r, p, outer[:, p], a, every[0])
            with_b += self._products(r, p, outer[:, p], b, every[1])
            for q in range(p):
                inside += self._paired(r, q, p, outer)
        worth = self._matrix(r, rows)[None] if self.kept is None else self.kept[r][None, rows]
        if a:
            worth = worth + (with_a + inside[:, None])[:, :, None]
            worth += with_b[:, None, :]
        share = (total[:, None] + e[a][rows])[:, :, None] + e[b]
        np.multiply(share, share, out=share)
        return np.asarray(np.divide(worth, share, out=worth))

    def _matrix(self, r: int, rows: slice) -> FloatArray:
        a, b = self.pair
        return self._products(r, a, np.arange(self.sizes[a])[rows], b, np.arange(self.sizes[b]))

    def _products(self, r: int, p: int, s: IntArray, q: int, t: IntArray) -> FloatArray:
        """Return e_s e_t (x_s - x_t)'A(x_s - x_t) of services s of p and t of q, (len(s), len(t))."""
        distance = self.halves[r][p][0][s] @ self.halves[r][q][1][t].T
        if (p, q) in self.alike:
            distance[s[:, None] == t] = -np.inf
        return np.asarray(distance)

    def _paired(self, r: int, p: int, q: int, outer: IntArray) -> FloatArray:
        """Return the same of the services that the rows of ``outer`` pair, (C,)."""
        s, t = outer[:, p], outer[:, q]
        difference = self.x[p][s] - self.x[q][t]
        distance = np.einsum("ck,kl,cl->c", difference, self.A[r], difference)
        distance *= self.odds[r][p][s] * self.odds[r][q][t]
        if (p, q) in self.alike:
            distance[s == t] = -np.inf
        return np.asarray(distance)


def _halves(x: FloatArray, e: FloatArray, A: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return arrays of which a row of the first times one of the second is e e (x - x)'A(x - x)."""
    xA = x @ A
    norm = np.einsum("nk,nk->n", xA, x)[:, None]
    one = np.ones_like(norm)
    return np.hstack([-2 * xA, norm, one]) * e[:, None], np.hstack([x, one, norm]) * e[:, None]


def _odds(V: Sequence[FloatArray]) -> list[FloatArray]:
    """Return exp(V), scaled so that its squares neither overflow nor vanish."""
    low, high = min(v.min() for v in V), max(v.max() for v in V)
    if not high - low <= WIDEST:
        raise DesignError(
            f"certificate: at the priors utilities of services differ by up to {high - low:.4g}; allowed: at "
            f"most {WIDEST:.0f}. Is every prior per unit of its attribute?"
        )
    return [np.exp(v - (low + high) / 2) for v in V]
