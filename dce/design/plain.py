"""The search for a D-efficient design.

Columns are the attributes of each alternative. A level-balanced search swaps two tasks' levels of a
column, so that how often each level occurs never changes; a free search exchanges single levels.
Only the information of the tasks that change is computed anew. From a local optimum, iterated local
search shakes a few levels and descends again (Lourenço, Martin and Stützle 2003).

Notation as in :mod:`dce.design.levels`; M (S, K, K) is the information of every task.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from pyDOE3 import fullfact

from dce.design.levels import LevelCoding
from dce.design.task_rules import task_rules
from dce.errors import DesignError
from dce.logit import BoolArray, FloatArray, IntArray, log_probabilities, task_information

SMALLEST_GAIN = 1e-9
"""Smallest increase of the log-determinant that counts as an improvement."""
KICKS = 60
"""Shakes without improvement after which a start is given up."""
SHAKEN = 5
"""Exchanges in a shake."""
REPAIRS = 2_000
"""Exchanges tried to make a random start feasible."""
ANY_TASKS = 500
"""Random tasks that show whether any design identifies a utility."""
REPAIRS_OF_A_SHAKE = 100
"""The same, after a shake."""
MOST_PROFILES = 200_000
"""Full factorials up to this size are enumerated for starting profiles."""

Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes
    ----------
    L : (S, J, A) integer array
    log_determinant : float
        Of the information; minus infinity if no start identified the utility.
    starts : int
        Starts that were finished.
    """

    L: IntArray
    log_determinant: float
    starts: int


class Search:
    """A search for a design of S tasks; it holds what stays the same from start to start."""

    def __init__(self, coding: LevelCoding, beta: FloatArray, tasks: int, balanced: bool) -> None:
        self.coding = coding
        self.beta = beta
        self.tasks = tasks
        self.balanced = balanced
        self.rules = task_rules(coding)
        self.columns = [(int(j), int(a)) for j, a in np.argwhere(coding.owned)]
        first, second = np.triu_indices(tasks, k=1)
        self.pairs = (first, second)

    def best(self, starts: int, rng: np.random.Generator, progress: Progress | None = None) -> Found:
        """Return the best of several starts; an interrupt (Ctrl-C) returns the best so far."""
        best: Found | None = None
        try:
            for start in range(1, starts + 1):
                for L, value in self.iterate(self.random_start(rng), rng):
                    if best is None or value > best.log_determinant:
                        best = Found(L, value, start - 1)
                    if progress is not None:
                        progress(start - 1, starts, d_error(best.log_determinant, len(self.beta)))
                if best is not None:
                    best = replace(best, starts=start)
            if best is not None and progress is not None:
                progress(starts, starts, d_error(best.log_determinant, len(self.beta)))
        except KeyboardInterrupt:
            if best is None:
                raise
        if best is None:
            raise DesignError("starts: found 0; allowed: at least 1.")
        return best

    def random_start(self, rng: np.random.Generator) -> IntArray:
        """Return a feasible start, level-balanced where asked for.

        Raises
        ------
        DesignError
            If none is found.
        """
        for _ in range(20):
            L = self._balanced_start(rng) if self.balanced else self._factorial_start(rng)
            if self._repair(L, rng, REPAIRS):
                return L
        cures = "level_balance=False (--free-levels), " if self.balanced else ""
        raise DesignError(
            f"no design of {self.tasks} tasks was found that keeps the restrictions, repeats no task and "
            f"shows no two identical services; {cures}another number of tasks, another seed or fewer "
            "restrictions may help."
        )

    def any_tasks(self, rng: np.random.Generator) -> IntArray:
        """Return many tasks of random services that keep the restrictions, repeated or not."""
        many = Search(self.coding, self.beta, ANY_TASKS, balanced=False)
        return many._factorial_start(rng)

    def _balanced_start(self, rng: np.random.Generator) -> IntArray:
        L = self._empty()
        for j, a in self.columns:
            n = self.coding.sizes[a]
            levels = np.concatenate(
                [np.tile(np.arange(n), self.tasks // n), rng.permutation(n)[: self.tasks % n]]
            )
            L[:, j, a] = rng.permutation(levels)
        return L

    def _factorial_start(self, rng: np.random.Generator) -> IntArray:
        L = self._empty()
        sizes = self.coding.sizes
        if np.prod(sizes, dtype=np.float64) > MOST_PROFILES:
            for j, a in self.columns:
                L[:, j, a] = rng.integers(sizes[a], size=self.tasks)
            return L
        profiles = fullfact(list(sizes)).astype(np.intp)
        for j in np.flatnonzero(self.coding.owned.any(axis=1)).tolist():
            allowed = profiles[self._keep(j, profiles)]
            if not len(allowed):
                name = self.coding.study.alternative_names[j]
                raise DesignError(f"the restrictions together allow no service for {name!r}.")
            drawn = allowed[rng.integers(len(allowed), size=self.tasks)]
            L[:, j] = np.where(self.coding.owned[j], drawn, -1)
        return L

    def _empty(self) -> IntArray:
        return np.full((self.tasks, *self.coding.owned.shape), -1, dtype=np.intp)

    def _repair(self, L: IntArray, rng: np.random.Generator, most: int) -> bool:
        """Exchange levels in place until no rule is broken; say whether that succeeded."""
        broken = self.broken(L)
        for _ in range(most):
            if not broken.any():
                return True
            s, j = rng.choice(np.argwhere(broken))
            mine = [a for i, a in self.columns if i == j]
            a = int(rng.choice(mine)) if mine else None
            if a is None:
                return False
            before = L[:, j, a].copy()
            self._exchange(L, int(j), a, int(s), rng)
            after = self.broken(L)
            if after.sum() > broken.sum():
                L[:, j, a] = before
            else:
                broken = after
        return False

    def _exchange(self, L: IntArray, j: int, a: int, s: int, rng: np.random.Generator) -> None:
        """Exchange a level of task s in place: with another task's, or for any other."""
        if self.balanced:
            spare = np.flatnonzero(self._surplus(L[:, j, a], self.coding.sizes[a])[s])
            if len(spare) and rng.random() < 0.5:
                L[s, j, a] = rng.choice(spare)
                return
            t = int(rng.integers(self.tasks))
            L[[s, t], j, a] = L[[t, s], j, a]
        else:
            L[s, j, a] = rng.integers(self.coding.sizes[a])

    def iterate(self, L: IntArray, rng: np.random.Generator) -> Iterator[tuple[IntArray, float]]:
        """Descend, then shake and descend again until that no longer helps; yield the best so far."""
        L, value = self.descend(L)
        yield L, value
        failures = 0
        while failures < KICKS:
            trial = L.copy()
            for _ in range(SHAKEN):
                j, a = self.columns[int(rng.integers(len(self.columns)))]
                self._exchange(trial, j, a, int(rng.integers(self.tasks)), rng)
            trial_value = -np.inf
            if self._repair(trial, rng, REPAIRS_OF_A_SHAKE):
                trial, trial_value = self.descend(trial)
            if trial_value > value + SMALLEST_GAIN:
                L, value, failures = trial, trial_value, 0
            else:
                failures += 1
            yield L, value

    def descend(self, L: IntArray) -> tuple[IntArray, float]:
        """Exchange levels, column by column, for as long as the log-determinant grows."""
        L = L.copy()
        X = self.coding.code(L)
        M = self.information(X)
        value = float(log_determinants(M.sum(axis=0)))
        idle = 0
        while idle < len(self.columns):
            for j, a in self.columns:
                gained = self._improve_column(L, X, M, j, a, value)
                if gained is None:
                    idle += 1
                else:
                    value, idle = gained, 0
                if idle >= len(self.columns):
                    break
        return L, value

    def _improve_column(
        self, L: IntArray, X: FloatArray, M: FloatArray, j: int, a: int, value: float
    ) -> float | None:
        """Make the best exchange of a column in place; return the new value, None without one."""
        n = self.coding.sizes[a]
        trial = np.repeat(L[:, j, None, :], n, axis=1)
        trial[..., a] = np.arange(n)
        x = self.coding.code_one(j, trial)
        X_trial = np.repeat(X[:, None], n, axis=1)
        X_trial[:, :, j] = x
        M_trial = self.information(X_trial)
        allowed = self._allowed(L, trial, j)
        change = M_trial - M[:, None]
        total = M.sum(axis=0)
        now = L[:, j, a]
        s, k, t, m = self._moves(now, allowed)
        if value > -np.inf:
            # log det is concave: its gradient bounds what a move can gain.
            gain = np.einsum("snab,ab->sn", change, np.linalg.inv(total))
            hopeful = gain[s, k] + gain[t, m] > SMALLEST_GAIN
            s, k, t, m = s[hopeful], k[hopeful], t[hopeful], m[hopeful]
        values = log_determinants(total + change[s, k] + change[t, m])
        for best in np.argsort(-values, kind="stable"):
            if not values[best] > value + SMALLEST_GAIN:
                return None
            moved = [(t[best], m[best]), (s[best], k[best])]
            before = now.copy()
            for task, level in moved:
                L[task, j, a] = level
            if self._repeats_a_task(L):
                L[:, j, a] = before
                continue
            for task, level in moved:
                X[task, j] = x[task, level]
                M[task] = M_trial[task, level]
            return float(values[best])
        return None

    def _moves(self, now: IntArray, allowed: BoolArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        """Return the exchanges of a column: task s gets level k, and task t gets level m.

        Parameters
        ----------
        now : (S,) integer array
            The levels of the column.
        allowed : (S, n) boolean array
            Whether a task may have a level.

        Where only one task changes, t is s and l its level.
        """
        if not self.balanced:
            s, k = np.nonzero(allowed & (np.arange(allowed.shape[1]) != now[:, None]))
            return s, k, s, now[s]
        first, second = self.pairs
        use = (now[first] != now[second]) & allowed[first, now[second]] & allowed[second, now[first]]
        first, second = first[use], second[use]
        s, k = np.nonzero(allowed & self._surplus(now, allowed.shape[1]))
        return (
            np.concatenate([first, s]),
            np.concatenate([now[second], k]),
            np.concatenate([second, s]),
            np.concatenate([now[first], now[s]]),
        )

    def _surplus(self, now: IntArray, n: int) -> BoolArray:
        """Whether giving a task a level keeps the counts of the levels within one, shape (S, n)."""
        counts = np.bincount(now, minlength=n)
        if counts.min() == counts.max():
            return np.zeros((len(now), n), dtype=bool)
        return np.asarray((counts[now] == counts.max())[:, None] & (counts == counts.min()))

    def _allowed(self, L: IntArray, trial: IntArray, j: int) -> BoolArray:
        """Whether each task may have each level, shape (S, n): restrictions, identical services."""
        allowed = self._keep(j, trial)
        if not self.coding.study.labelled:
            for i in range(L.shape[1]):
                if i != j and self.coding.owned[i].any():
                    allowed &= (trial != L[:, None, i]).any(axis=-1)
        return allowed

    def _repeats_a_task(self, L: IntArray) -> bool:
        return bool(self.rules.repeated(self.rules.services.pack(L)))

    def _keep(self, j: int, L: IntArray) -> BoolArray:
        """Whether services L (..., A) of alternative j keep the restrictions, shape (...)."""
        return self.rules.allowed(j, (np.maximum(L, 0) * self.rules.services.strides[j]).sum(axis=-1))

    def broken(self, L: IntArray) -> IntArray:
        """Return how many rules each service of each task breaks, or may break, (S, J)."""
        p = self.rules.services.pack(L)
        broken = np.stack([~self.rules.allowed(j, p[:, j]) for j in range(p.shape[1])], axis=1).astype(
            np.intp
        )
        broken[:, list(self.rules.shown)] += self.rules.identical(p)[:, None]
        _, inverse, counts = np.unique(self.rules.keys(p), return_inverse=True, return_counts=True)
        broken[:, 0] += counts[inverse] > 1
        return broken

    def information(self, X: FloatArray) -> FloatArray:
        """Return the information of tasks (..., J, K) at the prior means, shape (..., K, K)."""
        return task_information(X, np.exp(log_probabilities(X, self.beta)))


def log_determinants(information: FloatArray) -> FloatArray:
    """Return log-determinants, shape (...); minus infinity where singular."""
    sign, value = np.linalg.slogdet(information)
    return np.asarray(np.where(sign > 0, value, -np.inf), dtype=np.float64)


def d_error(log_determinant: float, K: int) -> float:
    """Return the D-error, det(information)^(-1/K), of a log-determinant."""
    return float(np.exp(-log_determinant / K))
