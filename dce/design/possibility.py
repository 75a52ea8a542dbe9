"""Whether any design keeps the rules: what is impossible, as against hard to find.

Impossible is what is proved to be: no service, or no task, keeps the rules; there are fewer
different tasks than are asked for; no choice of tasks shows levels as often as asked; or all such
choices together do not identify the utility. The rules to blame are a minimal combination: each of
them is needed for the proof. Where tasks are too many to
look at, only the services of each alternative are.

Notation as in :mod:`dce.design.services`: S tasks p (S, J).

References
----------
Chinneck and Dravnieks (1991), ORSA Journal on Computing 3:157, on the deletion filter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import factorial, prod

import numpy as np

from dce.design.balance import LevelBounds
from dce.design.counting import Column, Counting
from dce.design.levels import LevelCoding
from dce.design.task_rules import TaskRules
from dce.errors import DesignError, IdentificationError, quoted
from dce.identification import check_identified
from dce.logit import BoolArray, IntArray
from dce.study import Study

FEW_TASKS = 20_000
"""Tasks up to which all are looked at before a search."""
MOST_TASKS = 5_000_000
"""Tasks up to which all are looked at after a search in vain."""
MOST_SERVICES = 200_000
"""Services up to which all are looked at, of those attributes that restrictions tie together."""
SAMPLED = 100_000
"""Random tasks that show how rare possible ones are, where there are too many to look at."""
MOST_CODED = 200_000
"""Tasks up to which it is asked whether all together identify the utility."""
SPREAD = 500
"""Tasks that usually show already that they do."""
AT_ONCE = 500_000
"""Tasks whose services are compared in one vectorised step."""


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


@dataclass(frozen=True)
class Conflict:
    """Demands that no design meets, each of which is needed for the proof, and what they leave."""

    demands: tuple[Demand, ...]
    lack: Lack

    def __str__(self) -> str:
        names = [demand.name for demand in self.demands]
        if not names:
            return f"impossible: the levels of the attributes allow {self.lack.left}."
        several = f"{', '.join(names[:-1])} and {names[-1]} together allow" if names[1:] else ""
        return f"impossible: {several or f'{names[0]} allows'} {self.lack.left}."


Proof = Callable[[Sequence[Demand]], Lack | None]
"""What some demands lack, if that is proved."""


def refuse_impossible(coding: LevelCoding, rules: TaskRules, bounds: LevelBounds) -> None:
    """Refuse what is quickly proved impossible.

    Raises
    ------
    DesignError
        Naming the rules to blame.
    """
    found = find_conflict(coding, rules, bounds, FEW_TASKS, whole=False)
    if found is not None:
        raise DesignError(str(found))


def why_none(coding: LevelCoding, rules: TaskRules, bounds: LevelBounds, p: IntArray) -> str:
    """Say why a search found nothing better than a design p (S, J) that breaks rules."""
    found = find_conflict(coding, rules, bounds, MOST_TASKS)
    if found is not None:
        return str(found)
    broken = [f"{kind} ({n} time{'s' * (n > 1)})" for kind, n in rules.broken_by_kind(p).items()]
    nearest = f"breaks {', '.join(broken)}" if broken else "does not identify it"
    cures = ["another number of tasks", "another seed", "more starts, rounds or seconds", "fewer rules"]
    if not bounds.free:
        cures.insert(0, "level_balance=False (--free-levels)")
    return (
        f"hard: no design of {bounds.tasks} tasks was found that keeps the rules and identifies the utility. "
        f"{_what_is_known(coding, rules, bounds)} The nearest {nearest}. What may help: {', '.join(cures)}."
    )


def find_conflict(
    coding: LevelCoding, rules: TaskRules, bounds: LevelBounds, most_tasks: int, whole: bool = True
) -> Conflict | None:
    """Return demands that are proved to allow no design, or None: possible, or not known.

    Parameters
    ----------
    coding : LevelCoding
    rules : TaskRules
    bounds : LevelBounds
    most_tasks : int
        Tasks that are looked at, at most.
    whole : bool, optional
        Whether to insist on whole numbers of tasks where counts of levels are asked for: slower.
    """
    demands = _demands(coding, rules, bounds)
    for proof in _proofs(coding, rules, bounds, most_tasks, whole):
        lack = proof(demands)
        if lack is None:
            continue
        kept = demands
        for demand in demands:
            fewer = [other for other in kept if other is not demand]
            left = proof(fewer)
            if left is not None and left.kind == lack.kind:
                kept, lack = fewer, left
        return Conflict(tuple(kept), lack)
    return None


def possible_designs(
    coding: LevelCoding, rules: TaskRules, bounds: LevelBounds, number: int, rng: np.random.Generator
) -> IntArray:
    """Return random designs (N, S, J) that keep the rules, N at most ``number``.

    None where tasks are too many to look at, or too many to count their levels.
    """
    designs = []
    counting = _every_possible(coding, rules, bounds)
    if counting is not None and len(counting.p) >= (1 if counting.keys is None else bounds.tasks):
        for _ in range(number):
            chosen = counting.solution(rng)
            if chosen is None:
                break
            designs.append(counting.p[chosen])
    return np.reshape(designs, (len(designs), bounds.tasks, len(rules.services.counts))).astype(np.intp)


def _demands(coding: LevelCoding, rules: TaskRules, bounds: LevelBounds) -> list[Demand]:
    """List what a design could do without; the first are the first to be found not to blame."""
    demands = []
    for a, name in enumerate(coding.study.attribute_names):
        if any(column.attribute == a for column in _columns(rules, bounds)):
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


def _columns(rules: TaskRules, bounds: LevelBounds) -> list[Column]:
    """Return the counts that are asked for."""
    columns = []
    for j, a in rules.services.columns:
        n = int(rules.services.sizes[j, a])
        if not bounds.is_free(j, a, n):
            columns.append(Column(j, a, bounds.least[j, a, :n], bounds.most[j, a, :n]))
    return columns


def _proofs(
    coding: LevelCoding, rules: TaskRules, bounds: LevelBounds, most_tasks: int, whole: bool
) -> Iterator[Proof]:
    """Yield what may prove that a design is impossible: the quickest first."""
    columns = _columns(rules, bounds)
    for j in rules.shown:
        for attributes in _tied(rules, j):
            if prod(int(rules.services.sizes[j, a]) for a in attributes) <= MOST_SERVICES:
                yield _ServicesOf(coding, rules, bounds.tasks, columns, j, attributes, whole)
    every = _EveryTask(rules)
    if every.number <= most_tasks:
        yield _Tasks(coding, every, bounds.tasks, columns, whole)


def _tied(rules: TaskRules, j: int) -> list[tuple[int, ...]]:
    """Group the attributes of an alternative that restrictions tie together, directly or not."""
    groups: list[set[int]] = []
    for rule in rules.restrictions:
        if rules.concerns(rule, j):
            joined = set(rule.columns).union(*(group for group in groups if group & set(rule.columns)))
            groups = [group for group in groups if not group & joined] + [joined]
    return [tuple(sorted(group)) for group in groups]


@dataclass(frozen=True)
class _ServicesOf:
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
class _EveryTask:
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


@dataclass(frozen=True)
class _Tasks:
    """Proves by all tasks that there are."""

    coding: LevelCoding
    every: _EveryTask
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


def _every_possible(coding: LevelCoding, rules: TaskRules, bounds: LevelBounds) -> Counting | None:
    """Return the tasks that keep the rules and what is asked of them; None where they are too many."""
    every = _EveryTask(rules)
    if every.number > MOST_TASKS:
        return None
    tasks = _Tasks(coding, every, bounds.tasks, _columns(rules, bounds), whole=True)
    return tasks.counting(_demands(coding, rules, bounds))


def _what_is_known(coding: LevelCoding, rules: TaskRules, bounds: LevelBounds) -> str:
    counting = _every_possible(coding, rules, bounds)
    if counting is not None:
        if not counting.columns or counting.solution(np.random.default_rng(0)) is not None:
            return "Designs that keep the rules exist."
        every = prod(int(n) for n in rules.services.counts)
        return f"Whether one exists is not known; {len(counting.p):,} of {every:,} tasks keep the rules."
    p = _random_tasks(rules, SAMPLED, np.random.default_rng(0))
    share = float((rules.broken(p) == 0).mean())
    return f"Whether one exists is not known; of {SAMPLED:,} random tasks {share:.2%} keep the rules."


def _random_tasks(rules: TaskRules, number: int, rng: np.random.Generator) -> IntArray:
    """Return random tasks (number, J), of services that keep the restrictions as far as these are found."""
    p = np.zeros((number, len(rules.services.counts)), dtype=np.intp)
    for j in rules.shown:
        drawn = rng.integers(rules.services.counts[j], size=10 * number)
        allowed = drawn[rules.allowed(j, drawn)]
        p[:, j] = rng.choice(allowed if len(allowed) else drawn, number)
    return p
