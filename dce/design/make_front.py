"""The making of a Pareto front."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from importlib.metadata import version

import numpy as np

from dce.design.asked import check_seconds, settings_of, whole_number
from dce.design.blocks import blocked_design
from dce.design.draws import prior_draws
from dce.design.front import Front
from dce.design.front_fill import Field, corners
from dce.design.front_rule import Rule
from dce.design.front_search import FoundFront, ladder, search_front
from dce.design.levels import level_coding
from dce.design.measures import SIGN, Measures
from dce.design.method import Criterion, problem_of
from dce.design.nondominated import spread_out
from dce.design.possibility import why_none
from dce.design.problem import Problem
from dce.design.search import Progress
from dce.design_settings import DesignSettings, LevelBalance
from dce.errors import DesignError, quoted
from dce.logit import FloatArray, IntArray
from dce.study import Study

STARTS = 1
"""How often everything is searched, unless told otherwise."""
ROUNDS = 3
"""Rounds of annealing between the efficient designs, unless told otherwise."""
DESIGNS = 30
"""Designs of a front, at most, unless told otherwise."""
ABOVE = 0.25
"""D-errors that count, as a share above the lowest of designs as balanced, unless told otherwise."""


def pareto_front(
    study: Study,
    *,
    tasks: int | None = None,
    blocks: int | None = None,
    seed: int | None = None,
    dominated: bool | None = None,
    overlap: tuple[int, int] | None = None,
    d_error: float = ABOVE,
    designs: int = DESIGNS,
    starts: int = STARTS,
    rounds: int = ROUNDS,
    seconds: float | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Front:
    """Search for designs that trade D-error for balance, overlap and correlation.

    No design of the front is beaten by another: has at most its D-error, level imbalance, overlap and
    largest correlation, at least its utility balance, and is better in one of them. D-errors are those
    at the prior means. Levels are as balanced as each design of the front makes them; only bounds that
    the study sets for an attribute by name are kept by all.

    Parameters
    ----------
    study : Study
    tasks, blocks, seed, dominated, overlap : optional
        As in :func:`make_design`. Default: what the study says.
    d_error : float, optional
        Designs count whose D-error is at most so much above the lowest of those whose levels are as
        balanced, or more so; as a share of it.
    designs : int, optional
        If there are more, so many of them are kept, spread out over the front. What :meth:`Front.pick`
        takes, the best by each measure, those of the most balanced designs, and the lowest D-error at
        each level imbalance come first.
    starts, rounds : int, optional
        How often everything is searched, and rounds of annealing. More take longer. Same seed, starts and
        rounds, same front, on any number of processes.
    seconds : float, optional
        Search for so long, instead of so many rounds.
    executor, workers, progress : optional
        As in :func:`make_design`; progress is told the lowest D-error.

    Returns
    -------
    Front
        Ctrl-C returns what was found so far.

    Raises
    ------
    DesignError
        If no design was found that keeps the restrictions and identifies the utility.
    """
    settings = settings_of(
        study, tasks=tasks, blocks=blocks, seed=seed, dominated=dominated, overlap=overlap,
        level_balance=_named_bounds(study),
    )  # fmt: skip
    _check(d_error, seconds, {"designs": designs, "starts": starts, "rounds": rounds})
    coding = level_coding(study)
    problem = _problem(study, settings)
    field = Field(Measures.of(coding, problem.rules), problem.bounds, ladder(problem), d_error)
    found = search_front(
        problem, field, starts=starts, rounds=rounds, seconds=seconds, seed=settings.seed,
        executor=executor, workers=workers, progress=progress,
    )  # fmt: skip
    if not len(found.archive):
        raise DesignError(why_none(coding, problem.rules, problem.bounds, found.nearest))
    kept = _kept(found.archive.F, designs)
    origin = _origin(found, starts, seconds, settings.seed)
    levels = problem.services.unpack(found.archive.p[kept])
    made = [blocked_design(coding, L, settings, origin) for L in levels]
    return Front(tuple(sorted(made, key=lambda design: design.d_error)))


def _named_bounds(study: Study) -> LevelBalance:
    """Return the level balance that the study sets by attribute; free for all that it does not name."""
    named = study.design.level_balance
    if isinstance(named, bool):
        return False
    return {name: named.get(name, False) for name in study.attribute_names}


def _check(d_error: object, seconds: object, numbers: Mapping[str, object]) -> None:
    for name, value in numbers.items():
        whole_number(name, value)
    if isinstance(d_error, bool) or not isinstance(d_error, (int, float)) or not d_error >= 0:
        raise DesignError(f"d_error: found {quoted(d_error)}; allowed: a share of at least 0, such as 0.25.")
    check_seconds(seconds)


def _problem(study: Study, settings: DesignSettings) -> Problem:
    """Return the search for a low D-error at the prior means."""
    means = prior_draws(study, {str(name): float(mean) for name, mean in study.prior_means.items()})
    return problem_of(study, settings, [(study, means, 1.0)], Criterion(), "auto")


def _kept(F: FloatArray, most: int) -> IntArray:
    """Choose designs to keep: what the rule takes, the best by each measure, and others far apart.

    The most balanced designs come first, because most studies want one. Level imbalances are told apart
    by their ratio: from 1 to 2 is as far as from 4 to 8.
    """
    balanced = np.flatnonzero(F[:, 1] == F[:, 1].min())
    keep: list[int] = [Rule().choice(F * SIGN)]
    for group in (balanced, np.arange(len(F))):
        keep += [int(group[k]) for k in (Rule().choice(F[group] * SIGN), *corners(F[group]))]
    points = F.copy()
    points[:, 1] = np.log2(F[:, 1] + 0.5)
    return spread_out(points, most, keep)


def _origin(found: FoundFront, starts: int, seconds: float | None, seed: int) -> str:
    """Say how the designs were made."""
    rounds = f"{found.rounds} round{'s' if found.rounds != 1 else ''}"
    effort = f"{rounds} of {starts} start{'s' if starts != 1 else ''}"
    if found.stopped == "interrupt":
        effort += ", interrupted"
    elif seconds is not None:
        effort += f" in {seconds:g} s"
    return f"dce {version('dce')}, from a Pareto front, {effort}, seed {seed}"
