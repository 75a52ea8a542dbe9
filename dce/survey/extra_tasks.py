"""Tasks besides the design: one to practise on, one whose answer is known, some that are asked again.

They say how attentively respondents answered, and are left out of estimation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dce.attributes import Level
from dce.design.design import Design
from dce.design.task_rules import TaskRules, better_levels, task_rules
from dce.errors import StudyError, listed, quoted
from dce.logit import IntArray
from dce.study import Study
from dce.survey_settings import ExtraTask

ATTEMPTS = 2_000
"""Random tasks among which one to practise on is looked for."""


@dataclass(frozen=True)
class Extra:
    """A task besides the design.

    Attributes
    ----------
    kind : str
        ``"warm-up"`` or ``"dominance"``.
    frame : pandas.DataFrame
        One row for each alternative, with its levels, as in a design.
    expected : str or None
        The alternative that is better, of a dominance task.
    """

    kind: str
    frame: pd.DataFrame
    expected: str | None


def extra_tasks(design: Design) -> tuple[Extra, ...]:
    """Return the warm-up and dominance tasks that the study's survey asks for, the same in all blocks.

    Raises
    ------
    StudyError
        If levels are unknown, or a task cannot be made.
    """
    study = design.study
    made = [_given(task, study) for task in study.survey.tasks]
    if study.survey.warm_up:
        made.append(_warm_up(design))
    if study.survey.dominance:
        made.append(_dominance(design))
    return tuple(sorted(made, key=lambda extra: extra.kind != "warm-up"))


def _given(task: ExtraTask, study: Study) -> Extra:
    rows: list[Mapping[str, Level | None]] = []
    for alternative, service in zip(study.alternatives, task.services, strict=True):
        key = f"survey, tasks, {task.kind}, {alternative.name!r}"
        own = [attribute for attribute in study.attributes if study.has(alternative.name, attribute)]
        names = [attribute.name for attribute in own]
        missing = [name for name in names if name not in service]
        unknown = [name for name in service if name not in names]
        if missing or unknown:
            problem = f"{listed(missing)} is missing" if missing else f"unknown {listed(unknown)}"
            raise StudyError(f"{key}: {problem}; allowed: a level for each of {listed(names, 40)}.")
        for attribute in own:
            if service[attribute.name] not in attribute.levels:
                raise StudyError(
                    f"{key}: {attribute.name} is {quoted(service[attribute.name])}; allowed: "
                    f"{listed(attribute.levels, 20)}."
                )
        rows.append(service)
    rows += [{}] * (study.opt_out is not None)
    frame = pd.DataFrame(rows, columns=list(study.attribute_names)).astype(object)
    frame = frame.where(frame.notna(), None)
    frame.insert(0, "alternative", list(study.alternative_names))
    return Extra(task.kind, study.typed(frame), task.expected)


def _warm_up(design: Design) -> Extra:
    """Make a random task that keeps the rules of the study and is not in the design."""
    rules = task_rules(design.coding, dominated=False)
    rng = np.random.default_rng(design.study.design.seed)
    p = rng.integers(0, rules.services.counts, size=(ATTEMPTS, len(rules.services.counts)))
    fielded = rules.keys(rules.services.pack(design.levels))
    new = (rules.identical(p) + rules.dominated(p) == 0) & ~np.isin(rules.keys(p), fielded)
    for j in rules.shown:
        new &= rules.allowed(j, p[:, j])
    if not new.any():
        raise StudyError(
            f"survey, warm_up: none of {ATTEMPTS:,d} random tasks keeps the rules of the study and is not in "
            "the design; give one under tasks."
        )
    differ = np.where(new, -rules.overlapping(p), -len(design.study.attributes) - 1)
    return Extra("warm-up", _frame(design, rules, p[int(differ.argmax())]), None)


def _dominance(design: Design) -> Extra:
    """Make a task in which one service is as good as can be, and the other as bad in everything."""
    study = design.study
    rules = task_rules(design.coding, dominated=False)
    own = rules.services.owned[list(rules.shown)]
    if study.labelled or len(own) != 2 or (own[0] != own[1]).any():
        raise StudyError(
            "survey, dominance: dce makes such a task for two unlabelled services with the same attributes; "
            "for this study give one under tasks."
        )
    better = better_levels(design.coding)
    directed = [a for a in range(len(better)) if own[0, a] and better[a].any()]
    if len(directed) < 2:
        names = [study.attribute_names[a] for a in directed]
        raise StudyError(
            f"survey, dominance: only for {listed(names) or 'no attribute'} it is known which level people "
            "prefer; say it of at least two, by their priors or with better = 'first' or 'last'."
        )
    best, worst = _best_and_worst(design, rules, directed)
    i, j = rules.shown
    p = np.zeros(len(rules.services.counts), dtype=np.intp)
    left = bool(int(design.hash[:8], 16) % 2)  # either side, the same for the same design
    p[i], p[j] = (best, worst) if left else (worst, best)
    return Extra("dominance", _frame(design, rules, p), study.alternative_names[i if left else j])


def _best_and_worst(design: Design, rules: TaskRules, directed: Sequence[int]) -> tuple[int, int]:
    """Return the service that most attributes and steps set above another one, and that other one."""
    better = better_levels(design.coding)
    j = rules.shown[0]
    rng = np.random.default_rng(design.study.design.seed)
    count = int(rules.services.counts[j])
    p = np.arange(count) if count <= 200_000 else rng.integers(0, count, 200_000)
    p = p[rules.allowed(j, p)]
    L = rules.services.levels(j, p)
    rank = np.zeros(len(p), dtype=np.intp)  # how many levels of each attribute are worse
    for a in directed:
        rank += better[a].sum(axis=1)[L[:, a]]
    best = int(p[int(rank.argmax())])
    task = np.zeros((len(p), len(rules.services.counts)), dtype=np.intp)
    task[:, rules.shown[0]], task[:, rules.shown[1]] = best, p
    below = rules.dominates(task, rules.shown[0], rules.shown[1])
    if not below.any():
        raise StudyError(
            "survey, dominance: the restrictions allow no service that another is better than in everything; "
            "give such a task under tasks."
        )
    worst = int(p[int(np.where(below, rank, np.iinfo(np.intp).max).argmin())])
    return best, worst


def _frame(design: Design, rules: TaskRules, p: IntArray) -> pd.DataFrame:
    frame = design.coding.to_frame(rules.services.unpack(p)[None], np.ones(1, dtype=np.intp))
    return frame.drop(columns=["block", "task"]).reset_index(drop=True)
