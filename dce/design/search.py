"""The search for an efficient design: starts that take rounds, side by side.

Each start is a population of designs that is annealed, round after round (:mod:`dce.design.rounds`).
Starts do not know each other, and every round has a seed of its own, so the result does not depend on
how many processes share the work.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import numpy as np

from dce.design.chains import Chains
from dce.design.problem import Problem
from dce.design.rounds import BUDGET, CUTS, Round, merged, ranked, size, take_round
from dce.errors import DesignError
from dce.logit import IntArray
from dce.parallel import processes

ENOUGH_WORK = 2e8
"""Cells in all from which other processes are worth their start."""

ENOUGH_SECONDS = 1.0
"""The same, of a limit of seconds."""
SHOWN = 0.5
"""Seconds between two looks at the clock while other processes work."""

Progress = Callable[[float, float, float], None]
"""Called with the work done, all the work (rounds, or seconds), and the best value so far."""


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes
    ----------
    p : (S, J) integer array
    value : float
        The objective.
    losses : float
        Of broken rules; zero if the design keeps them all.
    rounds : int
        Rounds that were finished, over all starts.
    stopped : str
        Empty, or what cut the search short: ``"time"`` or ``"interrupt"``.
    pool : (N, S, J) integer array
        Good designs that were met on the way, the best first.
    """

    p: IntArray
    value: float
    losses: float
    rounds: int
    stopped: str
    pool: IntArray


@dataclass
class _Start:
    seeds: np.random.SeedSequence
    best: Round | None = None
    rounds: int = 0
    running: Future[Round] | None = None


def search(
    problem: Problem,
    *,
    starts: int,
    rounds: int,
    seconds: float | None,
    seed: int,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    method: str = "auto",
) -> Found:
    """Search from several starts; Ctrl-C returns the best so far.

    Parameters
    ----------
    problem : Problem
    starts : int
        Populations.
    rounds : int
        Rounds of each; without end if ``seconds`` is given.
    seconds : float or None
        When to stop.
    seed : int
    executor : concurrent.futures.Executor, optional
        Where rounds run. Default: processes of this machine, if there is enough work for them.
    workers : int, optional
        How many of them; 1 for none but this one.
    progress : callable, optional
    method : str, optional
        ``"orthogonal"`` climbs from orthogonal arrays only.

    Raises
    ------
    DesignError
        If nothing was found that identifies the utility and keeps the rules.
    """
    began = time.monotonic()
    ends = np.inf if seconds is None else began + seconds
    each = np.inf if seconds is not None else rounds
    populations = [_Start(s) for s in np.random.SeedSequence(seed).spawn(starts)]
    if workers is None:
        workers = min(starts, os.cpu_count() or 1)
    abreast = workers if executor is None else starts
    work = starts * rounds * _work(problem)
    enough = work > ENOUGH_WORK if seconds is None else seconds > ENOUGH_SECONDS

    def report() -> None:
        if progress is not None:
            if seconds is None:
                passed, total = float(sum(start.rounds for start in populations)), float(starts * rounds)
            else:
                passed, total = min(time.monotonic() - began, seconds), seconds
            progress(passed, total, _value(problem, _best(populations)))

    try:
        with processes(executor, workers if enough else 1) as (pool, interrupt):
            try:
                cut = _take_rounds(problem, method, populations, each, ends, pool, abreast, report)
            except KeyboardInterrupt:
                interrupt()
                _gather(populations)
                cut = "interrupt"
    except BrokenProcessPool:
        raise DesignError(
            "the other processes of the search ended. In a script, call make_design under "
            "'if __name__ == \"__main__\":', or give workers=1."
        ) from None
    if _best(populations) is None:
        raise KeyboardInterrupt
    return _found(problem, populations, cut)


def _take_rounds(
    problem: Problem,
    method: str,
    populations: list[_Start],
    rounds: float,
    ends: float,
    pool: Executor | None,
    workers: int,
    report: Callable[[], None],
) -> str:
    """Let every start take its rounds, side by side where there is a pool; return what cut them."""
    cut = ""
    while cut != "interrupt":
        idle = [start for start in populations if start.running is None and start.rounds < rounds]
        idle = [start for start in idle if start.rounds == 0 or time.monotonic() < ends]
        if pool is None:
            if not idle:
                break
            start = min(idle, key=lambda start: start.rounds)
            taken = [(start, take_round(problem, method, start.best, _next(start), ends - time.monotonic()))]
        else:
            in_flight = sum(start.running is not None for start in populations)
            for start in idle[: max(workers - in_flight, 0)]:
                left = ends - time.monotonic()
                start.running = pool.submit(take_round, problem, method, start.best, _next(start), left)
            running = {start.running: start for start in populations if start.running is not None}
            if not running:
                break
            finished, _ = wait(running, timeout=SHOWN, return_when=FIRST_COMPLETED)
            taken = [(running[future], future.result()) for future in finished]
        for start, result in taken:
            _receive(start, result)
            cut = max(cut, result.cut, key=CUTS.index)
        report()
    return cut


def _next(start: _Start) -> np.random.SeedSequence:
    return start.seeds.spawn(1)[0]


def _receive(start: _Start, taken: Round) -> None:
    start.best = taken if start.best is None else merged(start.best, taken)
    start.rounds += 1
    start.running = None


def _gather(populations: list[_Start]) -> None:
    """Take the rounds that end at once after an interrupt; where there is nothing yet, wait longer."""
    running = {start.running: start for start in populations if start.running is not None}
    patience = 2.0 if _best(populations) is not None else 60.0
    finished, _ = wait(running, timeout=patience)
    for future in finished:
        if not future.exception():
            _receive(running[future], future.result())


def _work(problem: Problem) -> float:
    """Return the cells that a round handles."""
    C, sweeps = size(problem, BUDGET)
    return problem.visits * sweeps * C * problem.cells


def _best(populations: list[_Start]) -> Round | None:
    rounds = [start.best for start in populations if start.best is not None]
    return max(rounds, key=lambda taken: float(taken.score[0])) if rounds else None


def _value(problem: Problem, best: Round | None) -> float:
    if best is None:
        return np.inf
    return float(np.exp(-best.score[0] / problem.objective.parts[0].counted))


def _found(problem: Problem, populations: list[_Start], stopped: str) -> Found:
    taken = [start.best for start in populations if start.best is not None]
    both = ranked(np.concatenate([t.p for t in taken]), np.concatenate([t.score for t in taken]))
    chains = Chains(problem, both.p[:1].copy())
    score = chains.net[0] + chains.losses[0]
    value = float(np.exp(-score / problem.objective.parts[0].counted))
    done = sum(start.rounds for start in populations)
    return Found(both.p[0], value, float(chains.losses[0]), done, stopped, both.p)
