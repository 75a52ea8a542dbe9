"""One round of a start: a population of designs is annealed.

The first round anneals random designs from a high temperature, and climbs from designs made of
orthogonal arrays; a later one heats copies of the best designs a little and anneals them again. Where
many draws of the prior make that slow, a round anneals with some of the draws, and scores and climbs
with all of them, or as many as there is time for.

Notation as in :mod:`dce.design.chains`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import numpy as np

from dce.design.anneal import Cooling, anneal
from dce.design.chains import Chains
from dce.design.method import coarser
from dce.design.problem import Problem
from dce.design.starts import orthogonal_starts, random_starts
from dce.design.thermometer import HEATINGS, HIGHEST, LOWEST, Temperatures, Visits, temperatures
from dce.errors import DesignError
from dce.logit import FloatArray, IntArray
from dce.parallel import one_blas_thread, told_to_stop

BUDGET = 1.6e8
"""Cells that a round handles, about: it decides how many designs, sweeps and draws it has."""
CELLS_A_SECOND = 2e7
"""The same in a second, about, where there is a limit of seconds."""
ROUNDS_IN_TIME = 4
"""Rounds that are to fit into such a limit."""
FEWEST_SWEEPS, MOST_SWEEPS = 30, 200
LATER = 4
"""How many times fewer sweeps a later round has than the first."""
MOST_CHAINS = 64
FEWEST_CHAINS = 8
"""Designs that a limit of seconds leaves, if there are as many."""
ABREAST = 60_000
"""Cells of a visit that keep numpy busy rather than Python."""
COARSE_CHAINS = 16
"""Designs that a round anneals abreast, with as few draws of the prior as that takes."""
SHORT = 1.5
"""Seconds that are too few to find out temperatures: typical ones are taken."""
HEATING_TIME = 0.1
"""Share of a limit of seconds for finding out temperatures."""
COARSE_TIME = 0.6
"""Share of a limit of seconds for annealing, where climbing with more draws follows."""
CLIMBS = 3
"""Sweeps of one design that are to fit into the budget when it climbs."""
LEAST_DRAWN = 40
"""Random designs, at least, from which a round takes the most promising."""
REDRAWN = 25
"""How often they are drawn again for want of a regular one."""
ORTHOGONAL = 4
"""Designs from orthogonal arrays that are looked at, in multiples of the chains."""


CUTS = ["", "time", "interrupt"]
"""What can end a round early, in order of gravity."""


@dataclass(frozen=True)
class Round:
    """What a round takes and gives: designs (N, S, J), the best first, and their scores less losses.

    ``cut`` is empty, or says what ended it early: ``"time"`` or ``"interrupt"``; ``temperatures`` are
    those that the first round has found fit.
    """

    p: IntArray
    score: FloatArray
    cut: str = ""
    temperatures: Temperatures | None = None


@one_blas_thread()
def take_round(
    problem: Problem, method: str, before: Round | None, seeds: np.random.SeedSequence, seconds: float
) -> Round:
    """Take one round of a start: a function of its arguments, unless time runs out.

    Parameters
    ----------
    problem : Problem
    method : str
        ``"orthogonal"`` climbs from orthogonal arrays only.
    before : Round or None
        What the rounds before have come to; None in the first round.
    seeds : numpy.random.SeedSequence
    seconds : float
        When to stop; infinite for a round that the seeds alone decide.
    """
    rng = np.random.default_rng(seeds)
    ends = time.monotonic() + seconds
    budget = budget_of(seconds)
    if before is None and method == "orthogonal":
        made = _orthogonal(problem, problem, MOST_CHAINS, rng, ends)
        if not len(made.p):
            raise DesignError(
                f"method 'orthogonal': no orthogonal array of {problem.tasks} rows has columns for the "
                "levels of every attribute; allowed: another number of tasks, such as 8, 9, 16, 18, 27, 32 "
                "or 36, or another method."
            )
        return made
    few = coarser(problem, max(int(ABREAST / COARSE_CHAINS / problem.cells_of_a_draw), 1))
    C, sweeps = size(few, budget)
    if np.isfinite(seconds):
        fitting = max(seconds, 0.0) * CELLS_A_SECOND / (few.visits * few.cells * FEWEST_SWEEPS)
        C = int(np.clip(fitting, min(FEWEST_CHAINS, C), C))
    if before is None:
        p = _random(few, C, rng)
        fit = _heated(few, p, ends, rng)
        hot = fit.hot
    else:
        fit = before.temperatures or _heated(few, before.p[:C], ends, rng)
        kept = before.p[: max(C // 4, 1)]
        p, hot = kept[np.arange(C) % len(kept)], float(np.exp(rng.uniform(*np.log(fit.warm))))
        sweeps = max(sweeps // LATER, FEWEST_SWEEPS)
    limit = (ends - time.monotonic()) * (1.0 if few is problem else COARSE_TIME)
    taken = _annealed(few, p, Cooling(hot, fit.cold, sweeps, max(limit, 0.0), told_to_stop), rng)
    if before is None and not taken.cut:
        made = _orthogonal(problem, few, C, rng, ends)
        taken = merged(taken, made) if len(made.p) else taken
    if few is not problem:
        taken = _finished(problem, taken, budget, rng, ends)
    return replace(taken, temperatures=fit)


def budget_of(seconds: float) -> float:
    """Return the cells that a round may handle if the search may take so many seconds."""
    if not np.isfinite(seconds):
        return BUDGET
    return max(BUDGET, seconds * CELLS_A_SECOND / ROUNDS_IN_TIME)


def size(problem: Problem, budget: float) -> tuple[int, int]:
    """Return how many designs a round anneals, in how many sweeps."""
    C = int(np.clip(ABREAST / problem.cells, 1, MOST_CHAINS))
    changes = problem.tasks * sum(len(steps) for steps in problem.steps)
    most = int(np.clip(2 * changes, FEWEST_SWEEPS, MOST_SWEEPS))
    fitting = budget / (problem.visits * max(C * problem.cells, ABREAST))
    return C, int(np.clip(fitting, FEWEST_SWEEPS, most))


def _random(problem: Problem, number: int, rng: np.random.Generator) -> IntArray:
    """Return random designs to start from; if few are regular, more are drawn."""
    p = _promising(problem, random_starts(problem, max(4 * number, LEAST_DRAWN), rng), number)
    for _ in range(REDRAWN):
        if np.isfinite(_scores(problem, p)).all():
            break
        p = _promising(problem, random_starts(problem, LEAST_DRAWN, rng), number)
    return p


def _orthogonal(problem: Problem, few: Problem, number: int, rng: np.random.Generator, ends: float) -> Round:
    """Climb from the best of some designs made of orthogonal arrays; none where none fits."""
    made = orthogonal_starts(problem, ORTHOGONAL * number, rng)
    if not len(made):
        return Round(made, np.empty(0))
    made = _promising(few, made, max(number // 4, 1))
    return _annealed(few, made, _climbing(ends), rng)


def _finished(problem: Problem, taken: Round, budget: float, rng: np.random.Generator, ends: float) -> Round:
    """Score designs with all draws, and climb from the best with as many as there is time for."""
    taken = _rescored(problem, taken)
    if taken.cut == "interrupt":
        return taken
    draws = budget / problem.visits / CLIMBS / problem.cells_of_a_draw
    finer = coarser(problem, max(int(draws), 1))
    climbed = _annealed(finer, taken.p[:1], _climbing(ends), rng)
    return merged(taken, climbed if finer is problem else _rescored(problem, climbed))


def _heated(problem: Problem, p: IntArray, ends: float, rng: np.random.Generator) -> Temperatures:
    """Return the temperatures that fit a problem: those of designs that climb and are then heated."""
    unit = problem.objective.parts[0].counted / problem.tasks
    visits: Visits = "tasks" if problem.bounds.free else "columns"
    if ends - time.monotonic() < SHORT:
        return temperatures((), unit, visits)
    limit = HEATING_TIME * (ends - time.monotonic())
    climbed = anneal(problem, p, _climbing(ends, HEATING_TIME), rng)
    heating = Cooling(LOWEST * unit, HIGHEST * unit, HEATINGS, max(limit, 0.0), told_to_stop)
    heated = () if climbed.cut else anneal(problem, climbed.p, heating, rng).mobility
    return temperatures(heated, unit, visits)


def _climbing(ends: float, share: float = 1.0) -> Cooling:
    """Return a cooling without sweeps: all there is left to do is to climb."""
    return Cooling(1.0, 1.0, 0, max(share * (ends - time.monotonic()), 0.0), told_to_stop)


def _annealed(problem: Problem, p: IntArray, cooling: Cooling, rng: np.random.Generator) -> Round:
    annealed = anneal(problem, p, cooling, rng)
    return ranked(annealed.p, annealed.score, annealed.cut)


def _rescored(problem: Problem, taken: Round) -> Round:
    """Score the designs of a round that had fewer draws with all of them."""
    return ranked(taken.p, np.concatenate([_scores(problem, p[None]) for p in taken.p]), taken.cut)


def _promising(problem: Problem, p: IntArray, number: int) -> IntArray:
    """Return the designs that are easiest to start from: regular, with few broken rules."""
    score = np.concatenate([_scores(problem, p[k : k + number]) for k in range(0, len(p), number)])
    best = np.argsort(-score, kind="stable")[:number]
    regular = best[np.isfinite(score[best])]
    return p[regular if len(regular) else best]


def _scores(problem: Problem, p: IntArray) -> FloatArray:
    return Chains(problem, p).net


def ranked(p: IntArray, score: FloatArray, cut: str = "") -> Round:
    """Return designs as a round, the best first."""
    order = np.argsort(-score, kind="stable")
    return Round(p[order], score[order], cut)


def merged(one: Round, other: Round) -> Round:
    """Return the designs of both that differ, the best first, no more than one of them had."""
    both = ranked(np.concatenate([one.p, other.p]), np.concatenate([one.score, other.score]))
    _, first = np.unique(np.round(both.score, 9), return_index=True)
    kept = np.sort(first)[: max(len(one.p), len(other.p))]
    cut = max(one.cut, other.cut, key=CUTS.index)
    return Round(both.p[kept], both.score[kept], cut, one.temperatures or other.temperatures)
