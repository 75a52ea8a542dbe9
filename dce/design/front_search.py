"""The search for a Pareto front: efficient designs of many kinds, then what lies between them.

First D-error alone is searched, as for one design, with several bounds for level imbalance. Then
rounds of annealing fill the front between these designs. Every job has a seed of its own, so the
result does not depend on how many processes share the work.

Notation as in :mod:`dce.design.measures`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, as_completed, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace

import numpy as np

from dce.design.balance import LevelBounds
from dce.design.front_fill import Archive, Field, Fill, Met, fill
from dce.design.problem import Problem
from dce.design.rounds import take_round
from dce.design.search import Progress
from dce.errors import DesignError
from dce.logit import IntArray
from dce.parallel import processes

STEPS = 1_000
"""Steps of a design in a round of annealing."""
BESIDE = 2
"""Jobs of such a round, for each start."""
PATIENCE = 10.0
"""Seconds that an interrupted search waits for jobs to end."""
FOR_CLIMBING = 0.4
"""Share of the seconds, if they are limited, in which D-error alone is searched."""


@dataclass(frozen=True)
class Climb:
    """A job: problems that are searched one after another, each from the designs of the one before."""

    field: Field
    problems: tuple[Problem, ...]
    seeds: np.random.SeedSequence
    seconds: float = np.inf


@dataclass(frozen=True)
class FoundFront:
    """What a search came to.

    Attributes
    ----------
    archive : Archive
        Empty if no design was found that keeps the rules and identifies the utility.
    rounds : int
        Rounds of annealing that were finished.
    stopped : str
        Empty, or what cut the search short: ``"time"`` or ``"interrupt"``.
    nearest : (S, J) integer array
        If the archive is empty, a design that nearly belongs there.
    """

    archive: Archive
    rounds: int
    stopped: str
    nearest: IntArray


def search_front(
    problem: Problem,
    field: Field,
    *,
    starts: int,
    rounds: int,
    seconds: float | None,
    seed: int,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> FoundFront:
    """Search for designs that no other beats; Ctrl-C returns those that were found so far.

    Parameters
    ----------
    problem : Problem
        Of D-error at the prior means, with the bounds of the field.
    field : Field
    starts : int
        How often everything is done, side by side.
    rounds : int
        Of annealing; without end if ``seconds`` is given.
    seconds : float or None
    seed : int
    executor, workers, progress
        As in :func:`dce.design.search.search`.
    """
    began = time.monotonic()
    seeds = np.random.SeedSequence(seed)
    routes = climbs(problem, field.caps)
    share = np.inf if seconds is None else FOR_CLIMBING * seconds
    jobs: list[Climb | Fill] = [
        Climb(field, route, s, share) for route in routes for s in seeds.spawn(starts)
    ]
    total = len(jobs) + rounds * starts * BESIDE
    archive, done, finished, best = field.joined(), 0, 0, np.inf
    nearest = np.empty((0, 0), dtype=np.intp)

    def received(met: Met) -> None:
        nonlocal done, best
        done, best = done + 1, min(best, float(met.archive.F[:, 0].min(initial=np.inf)))
        if progress is not None and seconds is None:
            progress(float(done), float(total), best)
        elif progress is not None and seconds is not None:
            progress(min(time.monotonic() - began, seconds), seconds, best)
        if met.cut == "interrupt":
            raise KeyboardInterrupt

    try:
        with processes(executor, workers or os.cpu_count() or 1) as (pool, interrupt):
            while True:
                mets, interrupted = _done(jobs, pool, interrupt, received)
                archive = field.joined(archive, *(met.archive for met in mets))
                nearest = next((met.nearest for met in mets if met.nearest is not None), nearest)
                if interrupted and not len(archive):
                    raise KeyboardInterrupt
                if interrupted or not len(archive):
                    return FoundFront(archive, finished, "interrupt" if interrupted else "", nearest)
                finished += isinstance(jobs[0], Fill)
                left = np.inf if seconds is None else began + seconds - time.monotonic()
                if left <= 0 or (seconds is None and finished == rounds):
                    return FoundFront(archive, finished, "" if seconds is None else "time", nearest)
                jobs = [Fill(field, archive, STEPS, s, left) for s in seeds.spawn(starts * BESIDE)]
    except BrokenProcessPool:
        raise DesignError(
            "the other processes of the search ended. In a script, call pareto_front under "
            "'if __name__ == \"__main__\":', or give workers=1."
        ) from None


def _done(
    jobs: Sequence[Climb | Fill],
    pool: Executor | None,
    interrupt: Callable[[], None],
    received: Callable[[Met], None],
) -> tuple[list[Met], bool]:
    """Do all jobs; return what they met, in their order, and whether there was an interrupt."""
    mets: dict[int, Met] = {}
    futures: dict[Future[Met], int] = {}
    try:
        if pool is None:
            for k, job in enumerate(jobs):
                mets[k] = do(job)
                received(mets[k])
        else:
            futures = {pool.submit(do, job): k for k, job in enumerate(jobs)}
            for future in as_completed(futures):
                mets[futures[future]] = future.result()
                received(mets[futures[future]])
    except KeyboardInterrupt:
        interrupt()
        for future in futures:
            future.cancel()
        ended, _ = wait(futures, timeout=PATIENCE)
        mets |= {futures[f]: f.result() for f in ended if not f.cancelled() and f.exception() is None}
        return [mets[k] for k in sorted(mets)], True
    return [mets[k] for k in sorted(mets)], False


def do(job: Climb | Fill) -> Met:
    """Do a job: a function of it, unless time runs out or somebody interrupts."""
    return fill(job) if isinstance(job, Fill) else _climbed(job)


def _climbed(job: Climb) -> Met:
    """Search one problem after another, and return what they found."""
    ends = time.monotonic() + job.seconds
    field, before, cut = job.field, None, ""
    archive = field.joined()
    for problem, seeds in zip(job.problems, job.seeds.spawn(len(job.problems)), strict=True):
        left = ends - time.monotonic()
        if left <= 0 or cut:
            break
        before = take_round(problem, "auto", before, seeds, left)
        archive, cut = field.joined(archive, field.admitted(before.p)), before.cut
    return Met(archive, cut, None if before is None else before.p[0])


def climbs(problem: Problem, caps: Sequence[int]) -> list[tuple[Problem, ...]]:
    """Return the problems whose D-error is searched, in sequences that each begin anew.

    Levels balanced as well as can be, twice; levels free, twice; and what lies between.
    """
    least, *between = (replace(problem, bounds=capped(problem, cap)) for cap in caps[:-1])
    routes: list[tuple[Problem, ...]] = [(least, least), (problem, problem)]
    return [*routes, tuple(between)] if between else routes


def ladder(problem: Problem) -> tuple[int, ...]:
    """Return level imbalances from the least that there can be to the most, each twice the last."""
    S, services = problem.tasks, problem.services
    sizes = [int(services.sizes[column]) for column in services.columns]
    caps = [1 if any(S % n for n in sizes) else 0]
    cap = 2
    while cap < S / 2:
        caps.append(cap)
        cap *= 2
    return (*caps, S)


def capped(problem: Problem, cap: int) -> LevelBounds:
    """Return bounds within which counts of two levels differ by at most ``cap``.

    They lie around the mean; where the bounds of the study leave no room for that, those stay.
    """
    services, S = problem.services, problem.tasks
    least, most = problem.bounds.least.copy(), problem.bounds.most.copy()
    for j, a in services.columns:
        n = int(services.sizes[j, a])
        low = S // n - (cap - (S % n > 0)) // 2
        lower = np.maximum(least[j, a, :n], max(low, 0))
        upper = np.minimum(most[j, a, :n], min(low + cap, S))
        if (lower <= upper).all() and lower.sum() <= S <= upper.sum():
            least[j, a, :n], most[j, a, :n] = lower, upper
    return LevelBounds(least, most, S)
