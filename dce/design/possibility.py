"""Whether any design keeps the rules: what is impossible, as against hard to find.

Impossible is what is proved to be (:mod:`dce.design.proofs`). The rules to blame are a minimal
combination: each of them is needed for the proof.

Notation as in :mod:`dce.design.services`: S tasks p (S, J).

References
----------
Chinneck and Dravnieks (1991), ORSA Journal on Computing 3:157, on the deletion filter.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np

from dce.design.balance import LevelBounds
from dce.design.counting import Counting
from dce.design.every_task import EveryTask
from dce.design.levels import LevelCoding
from dce.design.proofs import Demand, Lack, TasksProof, columns_of, demands_of, proofs_of
from dce.design.task_rules import TaskRules
from dce.errors import DesignError
from dce.logit import IntArray

FEW_TASKS = 20_000
"""Tasks up to which all are looked at before a search."""
MOST_TASKS = 5_000_000
"""Tasks up to which all are looked at after a search in vain."""
SAMPLED = 100_000
"""Random tasks that show how rare possible ones are, where there are too many to look at."""


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
    demands = demands_of(coding, rules, bounds)
    for proof in proofs_of(coding, rules, bounds, most_tasks, whole):
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


def _every_possible(coding: LevelCoding, rules: TaskRules, bounds: LevelBounds) -> Counting | None:
    """Return the tasks that keep the rules and what is asked of them; None where they are too many."""
    every = EveryTask(rules)
    if every.number > MOST_TASKS:
        return None
    tasks = TasksProof(coding, every, bounds.tasks, columns_of(rules, bounds), whole=True)
    return tasks.counting(demands_of(coding, rules, bounds))


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
