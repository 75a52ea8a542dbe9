"""Which tasks a design may have: restrictions on services, and rules between the services of a task.

Notation: tasks of J services p (..., J), as numbered by :mod:`dce.design.services`; A attributes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, permutations

import numpy as np
import numpy.typing as npt

from dce.design.dominance import preferred
from dce.design.levels import LevelCoding
from dce.design.services import Services
from dce.logit import BoolArray, IntArray

MOST_SERVICES = 500_000
"""Services of an alternative up to which a table says which are allowed."""
MOST_PAIRS = 5_000_000
"""Pairs of services up to which a table says which may stand side by side."""


@dataclass(frozen=True)
class ServiceRule:
    """A restriction: which levels of some attributes go together in a service.

    Attributes
    ----------
    text : str
    columns : tuple of int
        The attributes.
    allowed : boolean array
        One axis per attribute, one entry per level.
    """

    text: str
    columns: tuple[int, ...]
    allowed: BoolArray

    def __str__(self) -> str:
        return f"restriction {self.text!r}"


@dataclass(frozen=True)
class TaskRules:
    """Rules that every task of a design keeps.

    Attributes
    ----------
    services : Services
    labelled : bool
        Whether the alternatives are different kinds of service. Where they are not, the services of
        a task differ, and mirrored tasks are the same task.
    restrictions : sequence of ServiceRule
    better : per attribute, (n, n) boolean array, or None
        Which level (row) is better than which, where no service may be better than its rival in
        everything. None: it may.
    overlap : (int, int) or None
        Least and most attributes of which all services of a task show the same level.
    repeatable : bool
        Whether a design may have a task twice.
    """

    services: Services
    labelled: bool
    restrictions: Sequence[ServiceRule] = ()
    better: Sequence[BoolArray] | None = None
    overlap: tuple[int, int] | None = None
    repeatable: bool = False

    def only(
        self,
        restrictions: Sequence[ServiceRule],
        dominated: bool = True,
        overlap: tuple[int, int] | None = None,
    ) -> TaskRules:
        """Return some of these rules: restrictions, dominated services unless allowed, overlap."""
        better = None if dominated else self.better
        return replace(self, restrictions=tuple(restrictions), better=better, overlap=overlap)

    @cached_property
    def shown(self) -> tuple[int, ...]:
        """The alternatives with attributes: all but the opt-out."""
        return tuple(int(j) for j in np.flatnonzero(self.services.owned.any(axis=1)))

    @cached_property
    def shared(self) -> tuple[int, ...]:
        """The attributes that two services or more have."""
        return tuple(int(a) for a in np.flatnonzero(self.services.owned.sum(axis=0) > 1))

    def allowed(self, j: int, p: IntArray) -> BoolArray:
        """Whether services p of alternative j keep the restrictions, same shape."""
        table = self._tables[j]
        return self._keeps(j, p) if table is None else np.asarray(table[p])

    @cached_property
    def _tables(self) -> tuple[BoolArray | None, ...]:
        counts = self.services.counts
        return tuple(
            self._keeps(j, np.arange(count, dtype=np.intp)) if count <= MOST_SERVICES else None
            for j, count in enumerate(counts)
        )

    def _keeps(self, j: int, p: IntArray) -> BoolArray:
        keeps = np.ones(p.shape, dtype=bool)
        for rule in self.restrictions:
            if self.concerns(rule, j):
                keeps &= rule.allowed[tuple(self.services.level(j, a, p) for a in rule.columns)]
        return keeps

    def concerns(self, rule: ServiceRule, j: int) -> bool:
        """Whether alternative j has the attributes that a restriction speaks of."""
        return bool(self.services.owned[j, list(rule.columns)].all())

    def broken(self, p: IntArray) -> IntArray:
        """Return how many rules tasks p (..., J) break, shape (...), repeated tasks left aside."""
        count = np.zeros(p.shape[:-1], dtype=np.intp)
        if self.restrictions:
            for j in self.shown:
                count += ~self.allowed(j, p[..., j])
        if self.better is None and self.overlap is None:
            return count + self.identical(p)
        if self._pairs is not None:
            first, second = self.shown
            return count + self._pairs[p[..., first], p[..., second]]
        return count + self._broken_between(p)

    @cached_property
    def _pairs(self) -> npt.NDArray[np.int8] | None:
        """What pairs of services break, where there are two of them and not too many."""
        if len(self.shown) != 2:
            return None
        first, second = self.shown
        n, m = int(self.services.counts[first]), int(self.services.counts[second])
        if n * m > MOST_PAIRS:
            return None
        table = np.empty((n, m), dtype=np.int8)
        p = np.zeros((m, len(self.services.counts)), dtype=np.intp)
        p[:, second] = np.arange(m)
        for row in range(n):
            p[:, first] = row
            table[row] = self._broken_between(p)
        return table

    def _broken_between(self, p: IntArray) -> IntArray:
        count = self.identical(p) + self.dominated(p)
        if self.overlap is not None:
            least, most = self.overlap
            same = self.overlapping(p)
            count += np.maximum(least - same, 0) + np.maximum(same - most, 0)
        return count

    def identical(self, p: IntArray) -> IntArray:
        """Return how many pairs of services of tasks p (..., J) are the same, shape (...)."""
        count = np.zeros(p.shape[:-1], dtype=np.intp)
        for alike in self._alike:
            for i, j in combinations(alike, 2):
                count += p[..., i] == p[..., j]
        return count

    @cached_property
    def _alike(self) -> list[list[int]]:
        """The alternatives with attributes, those together that may change places."""
        if self.labelled:
            return [[j] for j in self.shown]
        groups: dict[bytes, list[int]] = {}
        for j in self.shown:
            groups.setdefault(self.services.owned[j].tobytes(), []).append(j)
        return list(groups.values())

    def dominated(self, p: IntArray) -> IntArray:
        """Return how many services of tasks p (..., J) a rival is better than, shape (...).

        Zero where dominated services are allowed.
        """
        count = np.zeros(p.shape[:-1], dtype=np.intp)
        if self.better is not None:
            for i, j in permutations(self.shown, 2):
                count += self.dominates(p, i, j)
        return count

    def dominates(self, p: IntArray, i: int, j: int) -> BoolArray:
        """Whether service i differs from service j and is better wherever it does, shape (...)."""
        owned = self.services.owned
        if self.better is None or (owned[i] != owned[j]).any():
            return np.zeros(p.shape[:-1], dtype=bool)
        dominates = p[..., i] != p[..., j]
        for a in np.flatnonzero(owned[i]):
            own, other = (self.services.level(k, int(a), p[..., k]) for k in (i, j))
            dominates &= self._no_worse[a][own, other]
        return np.asarray(dominates)

    @cached_property
    def _no_worse(self) -> list[BoolArray]:
        return [better | np.eye(len(better), dtype=bool) for better in self.better or ()]

    def overlapping(self, p: IntArray) -> IntArray:
        """Return the number of attributes of which all services show the same level, shape (...)."""
        count = np.zeros(p.shape[:-1], dtype=np.intp)
        for a in self.shared:
            owners = [j for j in self.shown if self.services.owned[j, a]]
            levels = [self.services.level(j, a, p[..., j]) for j in owners]
            count += np.logical_and.reduce([level == levels[0] for level in levels[1:]])
        return count

    def keys(self, p: IntArray) -> IntArray:
        """Return numbers (...) that are equal for repeated tasks; mirrored ones too if unlabelled.

        Tasks that differ share a number about once in 2^60.
        """
        columns: list[IntArray] = []
        for alike in self._alike:
            own = [p[..., j] for j in alike]
            if len(own) == 2:
                own = [np.minimum(*own), np.maximum(*own)]
            elif len(own) > 2:
                own = list(np.moveaxis(np.sort(np.stack(own, axis=-1), axis=-1), -1, 0))
            columns += own
        with np.errstate(over="ignore"):
            key = columns[0] * self._factors[0]
            for column, factor in zip(columns[1:], self._factors[1:], strict=True):
                key = key + column * factor
        return np.asarray(key)

    @cached_property
    def _factors(self) -> list[int]:
        """Factors that tell tasks apart; odd random ones where exact ones would overflow."""
        most = max(int(count) for count in self.services.counts)
        if most ** len(self.shown) < 2**62:
            return [most**i for i in range(len(self.shown))]
        return [int(x) | 1 for x in np.random.default_rng(60).integers(2**40, 2**60, len(self.shown))]

    def repeated(self, p: IntArray) -> IntArray:
        """Return how many tasks of designs p (..., S, J) repeat an earlier one, shape (...).

        Zero where they may.
        """
        if self.repeatable:
            return np.zeros(p.shape[:-2], dtype=np.intp)
        keys = np.sort(self.keys(p), axis=-1)
        return np.asarray((keys[..., 1:] == keys[..., :-1]).sum(axis=-1))

    def broken_by_kind(self, p: IntArray) -> dict[str, int]:
        """Return how often a design p (S, J) breaks each kind of rule that it breaks.

        Services that break a restriction; pairs of identical services, and of a service and a better
        one; tasks that overlap too little or too much, and that repeat an earlier one.
        """
        kinds: dict[str, int] = {}
        for rule in self.restrictions:
            alone = self.only([rule])
            kinds[str(rule)] = sum(int((~alone.allowed(j, p[:, j])).sum()) for j in self.shown)
        kinds["identical services"] = int(self.identical(p).sum())
        kinds["dominated services"] = int(self.dominated(p).sum())
        if self.overlap is not None:
            least, most = self.overlap
            same = self.overlapping(p)
            kinds[f"overlap of {least} to {most} attributes"] = int(((same < least) | (same > most)).sum())
        kinds["repeated tasks"] = int(self.repeated(p))
        return {kind: count for kind, count in kinds.items() if count}


def task_rules(
    coding: LevelCoding,
    dominated: bool = True,
    overlap: tuple[int, int] | None = None,
    repeated: bool = False,
) -> TaskRules:
    """Return the rules of a study.

    Parameters
    ----------
    coding : LevelCoding
    dominated : bool, optional
        Whether a service may be better than its rival in everything.
    overlap : (int, int), optional
    repeated : bool, optional
        Whether a design may have a task twice.
    """
    study = coding.study
    restrictions = tuple(
        ServiceRule(
            rule.text, tuple(study.attribute_names.index(name) for name in rule.attributes), rule.allowed
        )
        for rule in study.rules
    )
    better = None if dominated else better_levels(coding)
    return TaskRules(Services.of(coding), study.labelled, restrictions, better, overlap, repeated)


def better_levels(coding: LevelCoding) -> tuple[BoolArray, ...]:
    """Return, per attribute, which level (row) people prefer to which, (n, n).

    By what the study says of its attributes, otherwise by the prior means.
    """
    study = coding.study
    better = list(preferred(coding, np.asarray(study.prior_means, dtype=np.float64)))
    for a, attribute in enumerate(study.attributes):
        if attribute.better is not None:
            rank = np.arange(len(attribute.levels)) * (1 if attribute.better == "last" else -1)
            better[a] = rank[:, None] > rank
    return tuple(better)
