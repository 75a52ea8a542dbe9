"""A proven lower bound on the D-error of all designs of a study: how good the best can be.

A design of S tasks is S times a probability measure on the possible tasks, so that no design is better
than the best measure. Convex duality bounds that. With F the logarithm of the D-error per task
(:mod:`dce.design.relaxation`), any positive definite A_r, any weights pi of the draws with sum one, and
any prices of showing levels, every measure that keeps to the allowed shares of levels has

    F >= sum_r pi_r (log det(A_r) / K - log(pi_r / omega_r)) + log(K / g),
    g = max over tasks of (sum_r pi_r tr(A_r M_r) - its prices) + max over shares of their prices,

because log det M <= tr(AM) - log det A - K for every M, and A and the prices may be scaled by K / g.
The maximum over tasks is exact: every one is looked at (:mod:`dce.design.possible_tasks`). At the best
measure with A_r = inv(M_r) the bound is F itself. Column generation comes close: tasks that are worth
much join those among which the next measure is sought.

References: Atkinson, Donev and Tobias (2007), Optimum Experimental Designs, chapter 9 (the general
equivalence theorem); Boyd and Vandenberghe (2004), Convex Optimization, section 7.5.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, solve_triangular

from dce.design.criteria import information_at, log_determinants
from dce.design.design import check_utility_identified
from dce.design.draws import Draws
from dce.design.level_shares import LevelShares, level_shares
from dce.design.levels import level_coding
from dce.design.possible_tasks import PossibleTasks, possible_tasks
from dce.design.relaxation import Centre, Relaxation
from dce.design_settings import LevelBalance
from dce.errors import DesignError, listed, quoted
from dce.identification import SINGULAR, is_singular
from dce.logit import FloatArray, IntArray, log_probabilities
from dce.parallel import one_blas_thread
from dce.study import Study

GAP = 1e-4
"""How far, relative to it, the bound may stay below the D-error of the best measure."""
ROUNDING = 1e-9
"""Taken off the bound, relative to it, for rounding of probabilities and sums; differences of services
and determinants, where rounding can be larger, have their own allowance."""
FIRST = 400
"""Random tasks to begin with."""
ADDED = 200
"""Tasks that join after a pass over all of them, at most."""
ROUGH = 0.02
"""Gap at which a measure for the mean of the draws is good enough to begin with."""
PENALTY = 100.0
"""What shares of levels that are not allowed cost at first, in units of F; more while there are any."""
SHORTFALL = 1e-4
"""Sum of shares of levels that counts as none."""
CLOSER = 0.1
"""What the next measure is to be from the minimum, relative to the present gap."""
STALLED = 12
"""Passes in which the gap has to shrink by a tenth, or the search for a higher bound ends."""
SMALLEST = 1e-13
"""The least barrier whose centre can be computed."""

Progress = Callable[[float, float], None]
"""Called after each pass with the bound so far and the D-error of the best measure so far."""


@dataclass(frozen=True)
class Bound:
    """What no design of a study can be below.

    Attributes
    ----------
    bound : float
        Proven lower bound of the D-error, or of the DB-error over draws.
    relaxed : float
        The same of the best measure found: the bound cannot be raised above it.
    level_balance : bool or mapping
        Which designs it is about.
    tasks : int
        Their number of tasks.
    tasks_considered : int
        Possible tasks, all of which were looked at.
    passes : int
        How many times.
    stopped : str
        What stopped the search for a higher bound; empty if it came as close as was asked for.
    """

    bound: float
    relaxed: float
    level_balance: LevelBalance
    tasks: int
    tasks_considered: int
    passes: int
    stopped: str = ""


@one_blas_thread()
def d_error_bound(
    study: Study,
    tasks: int,
    *,
    level_balance: LevelBalance | None = None,
    draws: Draws | None = None,
    gap: float = GAP,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Bound:
    """Prove what the D-error of no design of so many tasks can be below.

    Parameters are those of :func:`certify`; ``level_balance`` is what the study says by default.

    Raises
    ------
    DesignError
    """
    start = time.monotonic()
    if not gap > 0:
        raise DesignError(f"gap: found {quoted(gap)}; allowed: a number above zero, such as {GAP}.")
    level_balance = study.design.level_balance if level_balance is None else level_balance
    betas, omega = draws_or_means(study, draws)
    coding = level_coding(study)
    shares = level_shares(coding, tasks, level_balance)
    possible = possible_tasks(coding)
    scaled, first, offset = _begin(possible, betas, omega)
    offset -= np.log(tasks)
    best, value, passes, stopped = -np.inf, np.inf, 0, ""
    try:
        if len(betas) > 1:
            mean = (omega @ betas)[None]
            for step in _passes(scaled, shares, mean, np.ones(1), first, ROUGH):
                first = step.tasks
                if seconds is not None and time.monotonic() - start > seconds:
                    break
        for step in _passes(scaled, shares, betas, omega, first, gap):
            best, value, passes = step.bound, step.value, passes + 1
            if progress is not None:
                progress(float(np.exp(best + offset)), float(np.exp(value + offset)))
            if seconds is not None and time.monotonic() - start > seconds:
                stopped = f"stopped after {seconds:g} s"
                break
        if value - best <= np.log1p(gap):
            stopped = ""
        elif not stopped:
            stopped = "rounding keeps it from rising"
    except KeyboardInterrupt:
        if not passes:
            raise
        stopped = "interrupted"
    bound, relaxed = (float(np.exp(x + offset)) for x in (best, value))
    return Bound(bound * (1 - ROUNDING), relaxed, level_balance, tasks, possible.number, passes, stopped)


def draws_or_means(study: Study, draws: Draws | None) -> tuple[FloatArray, FloatArray]:
    """Return draws (R, K) and their weights (R,); without draws, the prior means alone."""
    if draws is None:
        return np.asarray(study.prior_means, dtype=np.float64)[None], np.ones(1)
    if draws.names != study.coefficients:
        raise DesignError(
            f"draws: found coefficients {listed(draws.names)}; allowed: {listed(study.coefficients)}."
        )
    return draws.beta, draws.weights


def _begin(
    possible: PossibleTasks, betas: FloatArray, omega: FloatArray
) -> tuple[PossibleTasks, IntArray, float]:
    """Return random tasks that identify the utility, in coordinates in which information is about I.

    So that rounding is small whatever the units of attributes. The logarithm of a D-error in the
    coordinates of the study is that in these plus the last number returned.
    """
    rng = np.random.default_rng(1)
    tasks = possible.random(FIRST, rng)
    K = betas.shape[1]
    even = np.zeros((1, K))
    for _ in range(K):
        unknown = _unknown(information_at(possible.code(tasks), even)[0])
        if not unknown.size:
            break
        priced = possible.price((unknown @ unknown.T)[None], even, None, K)
        tasks = np.unique(np.concatenate([tasks, priced.tasks]), axis=0)
    X = possible.code(tasks)
    check_utility_identified(possible.coding.study, X)
    M = information_at(X, betas)
    if any(is_singular(M_r) for M_r in M):
        raise DesignError(
            "certificate: at the priors choices are all but certain, so that they tell nothing. Is every "
            "prior per unit of its attribute?"
        )
    M_mean = np.tensordot(omega, M, axes=1) / len(X)
    T = np.asarray(solve_triangular(np.linalg.cholesky(M_mean), np.eye(K), lower=True).T, dtype=np.float64)
    shift = np.concatenate(possible.coded).mean(axis=0)
    offset = 2 * float(np.log(np.abs(np.diag(T))).sum()) / K
    return possible.transformed(shift, T), tasks, offset


def _unknown(M: FloatArray) -> FloatArray:
    """Return combinations of coefficients (K, D) that information M says nothing about."""
    d = np.diag(M)
    scale = 1 / np.sqrt(np.where(d > 0, d, 1.0))
    values, vectors = eigh(M * np.outer(scale, scale))
    return np.asarray(scale[:, None] * vectors[:, values < SINGULAR])


@dataclass(frozen=True)
class _Pass:
    """Highest bound and lowest value of F so far, and the tasks of the measure."""

    bound: float
    value: float
    tasks: IntArray


def _passes(
    possible: PossibleTasks,
    shares: LevelShares,
    betas: FloatArray,
    omega: FloatArray,
    tasks: IntArray,
    gap: float,
) -> Iterator[_Pass]:
    """Yield bounds, pass by pass over all tasks, until they are within the gap or cannot rise."""
    aim = np.log1p(gap)
    mu, penalty = 0.01 / len(tasks), PENALTY
    bound, value, gaps = -np.inf, np.inf, [np.inf]
    w, slack = np.full(len(tasks), 1 / len(tasks)), None
    while mu > SMALLEST:
        E = shares.cells(possible.levels(tasks))
        X = possible.code(tasks)
        P = np.stack([np.exp(log_probabilities(X, beta)) for beta in betas])
        relaxation = Relaxation(possible.measured(tasks), P, E, shares, omega)
        w, slack = relaxation.start(w, len(tasks) - len(w), slack)
        centre = relaxation.centre(w, slack, mu, penalty)
        w, slack = centre.w, centre.slack
        A = centre.draws[:, None, None] * centre.inverses
        priced = possible.price(A, betas, shares.charges(centre.price, possible.services), ADDED)
        g = priced.highest + shares.support(centre.price)
        if g <= 0:  # of no measure, as tr(AM) >= 0
            raise DesignError(
                "level_balance: no design has such counts of levels under the restrictions; allowed: "
                "level_balance=False, or wider bounds."
            )
        bound = max(bound, _log_bound(centre, g, omega))
        now = centre.log_error + penalty * centre.shortfall
        value = min(value, now)
        yield _Pass(bound, value, tasks)
        if now - bound <= aim:
            if centre.shortfall <= SHORTFALL:
                return
            penalty *= 100
            value = np.inf
        gaps.append(now - bound)
        if len(gaps) > STALLED and gaps[-1] > 0.9 * gaps[-STALLED]:
            return
        new = _new(priced.tasks, tasks)
        closer = max(CLOSER * (now - bound), 0.1 * aim) / (len(tasks) + len(new) + len(slack))
        mu = min(mu, closer) if len(new) else mu / 10
        tasks = np.concatenate([tasks, new])


def _new(tasks: IntArray, known: IntArray) -> IntArray:
    """Return those of some tasks that are not known."""
    old = set(map(tuple, known.tolist()))
    new = [task for task in tasks.tolist() if tuple(task) not in old]
    return np.array(new, dtype=np.intp).reshape(-1, known.shape[1])


def _log_bound(centre: Centre, g: float, omega: FloatArray) -> float:
    """Return the bound of F that a centre's inverses, weights and prices prove."""
    K = centre.inverses.shape[-1]
    used = centre.draws > 0  # what vanishes in double precision adds nothing
    pi, inverses = centre.draws[used], centre.inverses[used]
    log_bound = pi @ (log_determinants(inverses) / K - np.log(pi / omega[used])) + np.log(K / g)
    rounding = K * np.finfo(np.float64).eps * pi @ np.linalg.cond(inverses)
    return float(log_bound - rounding)
