"""What a design is compared by, for many designs at once: D-error, balance, overlap, correlation.

The same as :mod:`dce.design.diagnostics` says of one design; the search for a Pareto front computes
them for hundreds of thousands.

Notation as in :mod:`dce.design.services`: C designs p (C, S, J) of S tasks and J alternatives; A
attributes, K coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dce.design.balance import LevelBounds
from dce.design.levels import LevelCoding
from dce.design.services import MOST_CELLS, CodedServices, coded_services
from dce.design.task_rules import TaskRules
from dce.design.update import half_rows
from dce.identification import SINGULAR
from dce.logit import BoolArray, FloatArray, IntArray

MEASURES = ("d_error", "level_imbalance", "utility_balance", "overlap", "correlation")
"""The measures, in the order of the columns of arrays of them."""
SIGN = np.array([1.0, 1.0, -1.0, 1.0, 1.0])
"""Minus one where more is better."""
NO_DIFFERENCE = 1e-20
"""Mean square about the mean, relative to the squared range of a column, up to which it is constant."""


@dataclass(frozen=True)
class Measures:
    """The measures of the designs of a study.

    Attributes
    ----------
    rules : TaskRules
    coded : CodedServices
        At one draw, the prior means.
    shares : (K,) integer array
        Coefficients of the same attributes have the same number: they are not correlated with one
        another.
    """

    rules: TaskRules
    coded: CodedServices
    shares: IntArray

    @classmethod
    def of(cls, coding: LevelCoding, rules: TaskRules) -> Measures:
        """Return the measures at the prior means."""
        parts = coding.study.coding.parts
        beta = np.asarray(coding.study.prior_means, dtype=np.float64)
        shares = np.array([parts.index(part) for part in parts], dtype=np.intp)
        return cls(rules, coded_services(coding, beta), shares)

    def __call__(self, p: IntArray) -> FloatArray:
        """Return measures (C, 5) in the order of ``MEASURES``; an infinite D-error where singular."""
        X, V = self.coded.code(p)
        return np.stack(
            [
                self._d_errors(X, V),
                self.level_imbalance(p),
                _utility_balance(V),
                self._overlap(p),
                self._correlation(X),
            ],
            axis=-1,
        )

    def _d_errors(self, X: list[FloatArray], V: list[FloatArray]) -> FloatArray:
        rows = half_rows(X, V)[:, 0]
        C, K = len(rows), rows.shape[-1]
        rows = rows.reshape(C, -1, K)
        M = np.swapaxes(rows, 1, 2) @ rows
        d = np.maximum(np.einsum("ckk->ck", M), np.finfo(float).tiny)
        scale = 1 / np.sqrt(d)
        scaled = M * scale[:, None] * scale[..., None]
        sign, log_det = np.linalg.slogdet(scaled)
        regular = sign > 0
        # If an eigenvalue is that small, so is the determinant: the others multiply to e at most.
        doubtful = np.flatnonzero(regular & (log_det < np.log(SINGULAR) + 1))
        regular[doubtful] = np.linalg.eigvalsh(scaled[doubtful])[:, 0] > SINGULAR
        return np.where(regular, np.exp(-(log_det + np.log(d).sum(axis=1)) / K), np.inf)

    def level_imbalance(self, p: IntArray) -> FloatArray:
        """Return the largest difference between counts of two levels within an alternative, (C,)."""
        largest = np.zeros(len(p))
        for j in self.rules.shown:
            counts = self._counts(j, p)
            most = np.maximum.reduceat(counts, self._first_levels[j], axis=1)
            least = np.minimum.reduceat(counts, self._first_levels[j], axis=1)
            largest = np.maximum(largest, (most - least).max(axis=1))
        return largest

    def _counts(self, j: int, p: IntArray) -> IntArray:
        """Return how often alternative j shows each level of each attribute that it has, (C, levels)."""
        table = self._indicators[j]
        if table is not None:
            return np.asarray(table[p[..., j]].sum(axis=1, dtype=np.intp))
        return np.asarray(self._shown(j, p[..., j]).sum(axis=1))

    def _shown(self, j: int, p: IntArray) -> BoolArray:
        """Return which levels services p of alternative j show, laid side by side, (..., levels)."""
        services = self.rules.services
        each = [
            services.level(j, a, p)[..., None] == np.arange(services.sizes[j, a])
            for a in np.flatnonzero(services.owned[j]).tolist()
        ]
        return np.concatenate(each, axis=-1)

    @cached_property
    def _first_levels(self) -> tuple[IntArray, ...]:
        """Where the levels of each attribute of an alternative begin, laid side by side."""
        services = self.rules.services
        sizes = [n[owned] for n, owned in zip(services.sizes, services.owned, strict=True)]
        return tuple(np.cumsum(n) - n for n in sizes)

    @cached_property
    def _is_level(self) -> tuple[BoolArray, ...]:
        """Per alternative, which cells (A, n) of bounds are of levels that it can show."""
        services = self.rules.services
        numbers = np.arange(services.sizes.max())
        return tuple(
            (numbers < n[:, None]) & owned[:, None]
            for n, owned in zip(services.sizes, services.owned, strict=True)
        )

    @cached_property
    def _indicators(self) -> dict[int, np.ndarray | None]:
        """Which levels each service of an alternative shows, (P, levels); None if there are too many."""
        services = self.rules.services
        tables: dict[int, np.ndarray | None] = {}
        for j in self.rules.shown:
            count = int(services.counts[j])
            fits = count * int(services.sizes[j][services.owned[j]].sum()) <= MOST_CELLS
            tables[j] = self._shown(j, np.arange(count, dtype=np.intp)).astype(np.int8) if fits else None
        return tables

    def _overlap(self, p: IntArray) -> FloatArray:
        """Return the mean share of attributes that overlap, (C,); zero where none can."""
        shared = len(self.rules.shared)
        if not shared:
            return np.zeros(len(p))
        return np.asarray(self.rules.overlapping(p).mean(axis=-1) / shared)

    def _correlation(self, X: list[FloatArray]) -> FloatArray:
        """Return the largest absolute correlation of coded attributes within an alternative, (C,)."""
        largest = np.zeros(len(X[0]))
        for x, (columns, size) in zip(X, self._columns, strict=True):
            if len(columns) < 2:
                continue
            own = x[..., columns]
            own = own - own.mean(axis=1, keepdims=True)
            R = np.swapaxes(own, 1, 2) @ own
            d = np.einsum("ckk->ck", R)
            varies = d > NO_DIFFERENCE * x.shape[1] * size**2
            scale = 1 / np.sqrt(np.where(varies, d, np.inf))
            R = np.abs(R) * scale[:, None] * scale[..., None]
            R[:, self.shares[columns][:, None] == self.shares[columns]] = 0
            largest = np.maximum(largest, R.max(axis=(1, 2)))
        return largest

    @cached_property
    def _columns(self) -> tuple[tuple[IntArray, FloatArray], ...]:
        """Per alternative, the coefficients whose column depends on its attributes, and their size."""
        found = []
        for components in self.coded.components:
            size = np.zeros(len(self.shares))
            for component in components:
                size = np.maximum(size, np.ptp(component.values, axis=0))
            columns = np.flatnonzero(size > 0)
            found.append((columns, size[columns]))
        return tuple(found)

    def allowed(self, p: IntArray, bounds: LevelBounds) -> BoolArray:
        """Whether designs p (C, S, J) break no rule, repeat no task and keep the bounds, (C,)."""
        keeps = (self.rules.broken(p).sum(axis=-1) + self.rules.repeated(p)) == 0
        if bounds.free:
            return np.asarray(keeps)
        for j in self.rules.shown:
            least, most = (b[j][self._is_level[j]] for b in (bounds.least, bounds.most))
            counts = self._counts(j, p)
            keeps &= ((counts >= least) & (counts <= most)).all(axis=1)
        return np.asarray(keeps)


def _utility_balance(V: list[FloatArray]) -> FloatArray:
    """Return the mean over tasks of the product of J P_j, (C,)."""
    v = np.stack([at[..., 0] for at in V], axis=-1)
    v = v - v.max(axis=-1, keepdims=True)
    J = v.shape[-1]
    log_product = v.sum(axis=-1) - J * np.log(np.exp(v).sum(axis=-1)) + J * np.log(J)
    return np.asarray(np.exp(log_product).mean(axis=-1))
