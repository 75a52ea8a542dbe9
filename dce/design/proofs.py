"""Proofs that no design keeps the rules.

No service, or no task, keeps the rules; there are fewer different tasks than are asked for; no choice
of tasks shows levels as often as asked; or all such choices together do not identify the utility.
Where tasks are too many to look at, only the services of each alternative are.

Notation as in :mod:`dce.design.services`: S tasks p (S, J).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import factorial, prod
from typing import Protocol

import numpy as np

from dce.design.balance import LevelBounds
from dce.design.counting import Column, Counting
from dce.design.every_task import EveryTask
from dce.design.levels import LevelCoding
from dce.design.task_rules import TaskRules
from dce.errors import IdentificationError, quoted
from dce.identification import check_identified
from dce.logit import BoolArray, IntArray
from dce.study import Study

MOST_SERVICES = 200_000
"""Services up to which all are looked at, of those attributes that restrictions tie together."""
MOST_CODED = 200_000
"""Tasks up to which it is asked whether all together identify the utility."""
SPREAD = 500
"""Tasks that usually show already that they do."""


@dataclass(frozen=True)
class Demand:
    """A rule that a design could do without.

    Attributes
    ----------
    name : str
    kind : str
        ``"restriction"``, ``"dominated"``, ``"least"`` or ``"most"`` (of overlap), ``"repeated"`` or
        ``"balance"``.
    number : int
        Of the restriction, or of the attribute whose levels are counted.
    """

    name: str
    kind: str
    number: int = 0


@dataclass(frozen=True)
class Lack:
    """What is too little for a design, and why.

    Attributes
    ----------
    kind : str
        ``"services"``, ``"tasks"``, ``"different tasks"``, ``"counts"`` of levels, or ``"identified"``.
    left : str
        What is left, in words.
    """

    kind: str
    left: str


class Proof(Protocol):
    """Returns what some demands lack, if that is proved."""

    def __call__(self, demands: Sequence[Demand]) -> Lack | None: ...


def demands_of(coding: LevelCoding, rules: TaskRules, bounds: LevelBounds) -> list[Demand]:
    """List what a design could do without; the first are the first to be found not to blame."""
    demands = []
    for a, name in enumerate(coding.study.attribute_names):
        if any(column.attribute == a for column in columns_of(rules, bounds)):
            demands.append(Demand(f"level_balance of {name!r}", "balance", a))
    if not rules.repeatable:
        demands.append(Demand("repeated=False", "repeated"))
    if rules.overlap is not None:
        least, most = rules.overlap
        if most < len(rules.shared):
            demands.append(Demand(f"overlap of at most {most}", "most"))
        if least > 0:
            demands.append(Demand(f"overlap of at least {least}", "least"))
    if rules.better is not None:
        demands.append(Demand("dominated=False", "dominated"))
    return demands + [Demand(str(r), "restriction", k) for k, r in enumerate(rules.restrictions)]


def proofs_of(
    coding: LevelCoding, rules: TaskRules, bounds: LevelBounds, most_tasks: int, whole: bool
) -> Iterator[Proof]:
    """Yield what may prove that a design is impossible: the quickest first."""
    columns = columns_of(rules, bounds)
    for j in rules.shown:
        for attributes in _tied(rules, j):
            if prod(int(rules.services.sizes[j, a]) for a in attributes) <= MOST_SERVICES:
                yield ServicesProof(coding, rules, bounds.tasks, columns, j, attributes, whole)
    every = EveryTask(rules)
    if every.number <= most_tasks:
        yield TasksProof(coding, every, bounds.tasks, columns, whole)


def columns_of(rules: TaskRules, bounds: LevelBounds) -> list[Column]:
    """Return the counts that are asked for."""
    columns = []
    for j, a in rules.services.columns:
        n = int(rules.services.sizes[j, a])
        if not bounds.is_free(j, a, n):
            columns.append(Column(j, a, bounds.least[j, a, :n], bounds.most[j, a, :n]))
    return columns


def _tied(rules: TaskRules, j: int) -> list[tuple[int, ...]]:
    """Group the attributes of an alternative that restrictions tie together, directly or not."""
    groups: list[set[int]] = []
    for rule in rules.restrictions:
        if rules.concerns(rule, j):
            joined = set(rule.columns).union(*(group for group in groups if group & set(rule.columns)))
            groups = [group for group in groups if not group & joined] + [joined]
    return [tuple(sorted(group)) for group in groups]


@dataclass(frozen=True)
class ServicesProof:
    """Proves by the services of one alternative, as far as attributes go that are tied together."""

    coding: LevelCoding
    rules: TaskRules
    tasks: int
    columns: list[Column]
    j: int
    attributes: tuple[int, ...]
    whole: bool

    def __call__(self, demands: Sequence[Demand]) -> Lack | None:
        p = self._every[self._keep(demands)]
        name = self.coding.study.alternative_names[self.j]
        if not len(p):
            return Lack("services", f"no service for {name!r}")
        balanced = [demand.number for demand in demands if demand.kind == "balance"]
        columns = [
            column
            for column in self.columns
            if column.alternative == self.j and column.attribute in {*balanced} & {*self.attributes}
        ]
        counting = Counting(self.rules.services, p, self.tasks, columns)
        return _miscounted(self.coding.study, counting) if counting.is_impossible(self.whole) else None

    @cached_property
    def _every(self) -> IntArray:
        """Services p (N, J) that differ in these attributes; the others show their first level."""
        services = self.rules.services
        sizes = [int(services.sizes[self.j, a]) for a in self.attributes]
        levels = np.stack(np.unravel_index(np.arange(prod(sizes)), sizes), axis=-1)
        p = np.zeros((len(levels), len(services.sizes)), dtype=np.intp)
        p[:, self.j] = levels @ services.strides[self.j, list(self.attributes)]
        return p

    def _keep(self, demands: Sequence[Demand]) -> BoolArray:
        keep = np.ones(len(self._every), dtype=bool)
        for demand in demands:
            if demand.kind == "restriction":
                rule = self.rules.restrictions[demand.number]
                if {*rule.columns} <= {*self.attributes}:
                    keep &= self.rules.only([rule]).allowed(self.j, self._every[:, self.j])
        return keep


@dataclass(frozen=True)
class TasksProof:
    """Proves by all tasks that there are."""

    coding: LevelCoding
    every: EveryTask
    tasks: int
    columns: list[Column]
    whole: bool

    def __call__(self, demands: Sequence[Demand]) -> Lack | None:
        counting = self.counting(demands)
        if not len(counting.p):
            return Lack("tasks", "no task" + " of different services" * (not self.every.rules.labelled))
        if counting.keys is not None and len(counting.p) < self.tasks * factorial(len(self.every.sizes)):
            different = len(np.unique(counting.keys))
            if different < self.tasks:
                mirrored = "" if self.every.rules.labelled else " (mirrored ones are the same task)"
                plural = "s" if different > 1 else ""
                left = f"only {different} different task{plural}{mirrored}; {self.tasks} are asked for"
                return Lack("different tasks", left)
        if counting.is_impossible(self.whole):
            return _miscounted(self.coding.study, counting)
        return self._not_identified(counting)

    def _not_identified(self, counting: Counting) -> Lack | None:
        """Return what the tasks of all designs together do not tell apart."""
        usable = counting.p[counting.usable()]
        some = np.random.default_rng(0).choice(len(usable), min(SPREAD, len(usable)), replace=False)
        if len(usable) > MOST_CODED:
            return None
        unknown = ""
        for tasks in (usable[some], usable):
            X = self.coding.code(self.every.rules.services.unpack(tasks))
            shown = np.ones(X.shape[:2], dtype=bool)
            try:
                check_identified(X, shown, np.ones(len(X)), self.coding.study.coefficients)
            except IdentificationError as error:
                unknown = str(error).removeprefix("not identified: ")
            else:
                return None
        left = f"no design of {self.tasks} tasks that identifies the utility: {unknown}"
        return Lack("identified", left.removesuffix("."))

    def counting(self, demands: Sequence[Demand]) -> Counting:
        """Return the tasks that meet the demands, and the counts that are asked of them."""
        rules = _only(self.every.rules, demands)
        p = self.every.services(np.flatnonzero(self.every.keep(rules)))
        balanced = {demand.number for demand in demands if demand.kind == "balance"}
        columns = [column for column in self.columns if column.attribute in balanced]
        once = any(demand.kind == "repeated" for demand in demands)
        return Counting(rules.services, p, self.tasks, columns, rules.keys(p) if once else None)


def _only(rules: TaskRules, demands: Sequence[Demand]) -> TaskRules:
    """Return the rules without those that are not among the demands."""
    kinds = {demand.kind for demand in demands}
    restrictions = [rules.restrictions[d.number] for d in demands if d.kind == "restriction"]
    overlap = rules.overlap
    if overlap is not None:
        least, most = overlap
        overlap = (least if "least" in kinds else 0, most if "most" in kinds else len(rules.shared))
    return rules.only(restrictions, dominated="dominated" not in kinds, overlap=overlap)


def _miscounted(study: Study, counting: Counting) -> Lack:
    """Return what is left where levels cannot be counted as asked: one that is never shown, if any."""
    left = f"no design of {counting.tasks} tasks"
    found = counting.never_shown()
    if found is not None:
        column, n = found
        attribute = study.attributes[column.attribute]
        left += (
            f": {attribute.name} can never be {quoted(attribute.levels[n])} for "
            f"{study.alternative_names[column.alternative]!r}, but is asked for {int(column.least[n])} times"
        )
    return Lack("counts", left)
