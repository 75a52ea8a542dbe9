"""Simulated annealing of many designs side by side: the search for an efficient design.

Each visit looks at all small changes of a task, or of a column (an attribute of an alternative), and
takes one with probability proportional to exp(gain / temperature): Gibbs sampling, which turns into
steepest ascent as the temperature falls to zero. Where level balance allows no single change, two
tasks swap their levels; the gain of both is taken for the sum of their gains, and the swap that is
chosen is then computed exactly and taken or left (Metropolis).

Broken rules cost a fixed loss each, so that a search can start from any design and ends with one that
keeps the rules if it finds one.

Notation as in :mod:`dce.design.chains`.

References
----------
Kirkpatrick, Gelatt and Vecchi (1983), Science 220:671; Meyer and Nachtsheim (1995), Technometrics
37:60, on coordinate exchange; Huber and Zwerina (1996), Journal of Marketing Research 33:307, on swaps.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from dce.design.balance import LevelBounds
from dce.design.chains import Chains, Scored
from dce.design.problem import LOSS, Problem
from dce.logit import BoolArray, FloatArray, IntArray

SMALLEST_GAIN = 1e-9
"""Smallest gain in the log-determinant that counts as one."""
MOST_GREEDY = 30
"""Sweeps at temperature zero that end a round, at most."""
SECOND_CHOICES = 5
"""Moves of a column that are tried, the best first, at temperature zero."""
TASKS_A_MOVE = 8
"""Tasks for each move of a column that is tried, above it."""
FOR_COOLING = 0.85
"""Share of the time in which temperatures fall; the rest is for climbing."""
SHORTEST = 1e-3
"""Seconds that count as none."""
GRACE = 0.2
"""Seconds of climbing after an interrupt, or at most after the time is over."""
AFTER_TIME = 0.05
"""The same after the time is over, as a share of it."""
FRESH = 4
"""Sweeps after which the information is computed anew."""


@dataclass(frozen=True)
class Cooling:
    """How temperatures fall (or rise), from hot to cold, in so many sweeps; then they are zero.

    With a limit of seconds the temperature follows the clock where that is ahead of the sweeps, so
    that there is time left to climb at the end; without one the result depends on the seed alone.

    Attributes
    ----------
    hot, cold : float
        In units of the log-determinant.
    sweeps : int
    seconds : float, optional
    is_over : callable, optional
        Whether to stop at once.
    """

    hot: float
    cold: float
    sweeps: int
    seconds: float = np.inf
    is_over: Callable[[], bool] = lambda: False


@dataclass(frozen=True)
class Annealed:
    """Designs p (C, S, J), their scores less the losses of broken rules, (C,), and what cut them short.

    ``cut`` is empty, ``"time"`` or ``"interrupt"``. ``mobility`` is, per sweep of the cooling, its
    temperature and the share of designs that a visit changed.
    """

    p: IntArray
    score: FloatArray
    cut: str = ""
    mobility: tuple[tuple[float, float], ...] = ()


def anneal(problem: Problem, p: IntArray, cooling: Cooling, rng: np.random.Generator) -> Annealed:
    """Anneal designs p (C, S, J), then climb to where no change of a visit helps.

    Where an interrupt (Ctrl-C) or the clock ends it, it climbs for a moment more.
    """
    chains = Chains(problem, p.copy())
    began, cut = time.monotonic(), ""

    def passed() -> float:
        return (time.monotonic() - began) / max(cooling.seconds, SHORTEST)

    def is_over() -> bool:
        return cooling.is_over() or passed() > 1

    def temperature(sweeps: float) -> float:
        done = max(sweeps / max(cooling.sweeps - 1, 1), passed() / FOR_COOLING)
        return cooling.hot * (cooling.cold / cooling.hot) ** done if done <= 1 else 0.0

    mobility: list[tuple[float, float]] = []
    try:
        for sweep in range(cooling.sweeps):
            mobility.append((temperature(sweep), _sweep(chains, temperature, sweep, rng, is_over)))
            if sweep % FRESH == FRESH - 1:
                chains.refresh()
        _climb(chains, rng, is_over)
    except KeyboardInterrupt:
        cut = "interrupt"
    if cut or is_over():
        grace = time.monotonic() + (GRACE if cut else min(GRACE, AFTER_TIME * cooling.seconds))
        with suppress(KeyboardInterrupt):
            _climb(chains, rng, lambda: time.monotonic() > grace)
    chains.refresh()
    return Annealed(chains.p, chains.net, cut or ("time" if is_over() else ""), tuple(mobility))


def _climb(chains: Chains, rng: np.random.Generator, is_over: Callable[[], bool]) -> None:
    """Sweep at temperature zero until that changes nothing."""
    for _ in range(MOST_GREEDY):
        chains.refresh()
        before = chains.score - chains.losses
        _sweep(chains, lambda _: 0.0, 0, rng, is_over)
        if is_over() or not (chains.score - chains.losses > before + SMALLEST_GAIN).any():
            break


def _sweep(
    chains: Chains,
    temperature: Callable[[float], float],
    sweeps: float,
    rng: np.random.Generator,
    is_over: Callable[[], bool],
) -> float:
    """Visit every task, or every column, for as long as there is time; ``sweeps`` were made before.

    Returns the share of designs that a visit changed at the first try.
    """
    problem = chains.problem
    moved = 0
    for number, place in enumerate(rng.permutation(problem.visits)):
        if is_over():
            break
        at = temperature(sweeps + number / problem.visits)
        if problem.bounds.free:
            moved += _visit_task(chains, int(place), at, rng)
        else:
            j, a = problem.services.columns[place]
            moved += _visit_column(chains, j, a, at, rng)
    return moved / (problem.visits * len(chains.p))


def _visit_task(chains: Chains, s: int, temperature: float, rng: np.random.Generator) -> int:
    """Look at all changes of a task; return how many designs changed."""
    problem = chains.problem
    current = chains.p[:, s]
    candidates = problem.changes(current)
    others = np.delete(chains.keys, s, axis=1)[:, None]
    own = problem.broken(current[:, None], others)
    broken = LOSS * (problem.broken(candidates, others) - own)
    scored = chains.scored(np.array([s]), candidates[:, None])
    gains = scored.score[:, 0] - chains.score[:, None] - broken
    best, go = _choose(gains, temperature, rng)
    who = np.flatnonzero(go)
    if len(who):
        lost = chains.losses[who] + broken[who, best[who]]
        one = np.zeros((len(who), 1), dtype=np.intp)
        changed = chains.change(scored, who, one + s, one, best[who][:, None])
        fine = np.isfinite(changed.score)
        if temperature == 0:
            gained = changed.score - lost - chains.score[who] + chains.losses[who]
            fine &= gained > SMALLEST_GAIN
        chains.accept(changed, fine, lost)
        return int(fine.sum())
    return 0


def _choose(gains: FloatArray, temperature: float, rng: np.random.Generator) -> tuple[IntArray, BoolArray]:
    """Choose one of the gains (C, n) or no change: its number, and whether there is to be one."""
    if temperature > 0:
        # minus the logarithm of a standard exponential is a standard Gumbel
        gains = gains - temperature * np.log(rng.standard_exponential(gains.shape))
        none = -temperature * np.log(rng.standard_exponential(len(gains)))
    else:
        none = np.full(len(gains), SMALLEST_GAIN)
    best = gains.argmax(axis=1)
    return best, gains[np.arange(len(gains)), best] > none


def _visit_column(chains: Chains, j: int, a: int, temperature: float, rng: np.random.Generator) -> int:
    """Look at all changes of a column; return how many designs changed at the first try."""
    problem, p = chains.problem, chains.p
    services = problem.services
    _, S, _ = p.shape
    n = int(services.sizes[j, a])
    now = services.level(j, a, p[..., j])
    candidates = np.repeat(p[:, :, None], n, axis=2)
    candidates[..., j] += (np.arange(n) - now[..., None]) * services.strides[j, a]
    broken = problem.broken(candidates, _others(chains.keys)[:, :, None])
    broken = broken - np.take_along_axis(broken, now[..., None], axis=2)
    scored = chains.scored(np.arange(S), candidates)
    gains = scored.score - chains.score[:, None, None] - LOSS * broken
    moves = _moves(problem.bounds, j, a, now, gains, n)
    # the table of gains is dear and a move is cheap, so that several are tried with one table
    moved = []
    for _ in range(max(S // TASKS_A_MOVE, 1) if temperature > 0 else SECOND_CHOICES):
        best, go = _choose(moves.gains, temperature, rng)
        if not go.any():
            break
        moved.append(_take(chains, scored, now, moves, best, go, temperature, rng))
    return moved[0] if moved else 0


@dataclass(frozen=True)
class _Moves:
    """The changes of a column that keep its bounds, (C, N) each.

    ``first`` is a task s; ``second`` the task that it swaps levels with, or S + k where s alone gets
    level k; ``gains`` what is expected.
    """

    first: IntArray
    second: IntArray
    gains: FloatArray

    def strike(self, chains: IntArray, moves: IntArray) -> None:
        """Rule out moves that were tried."""
        self.gains[chains, moves] = -np.inf

    def strike_tasks(self, chains: IntArray, moves: IntArray) -> None:
        """Rule out all moves of tasks that have moved: what was expected of them holds no more."""
        first, second = self.first[chains], self.second[chains]
        at = np.arange(len(chains)), moves
        for task in (first[at][:, None], second[at][:, None]):
            self.gains[chains] = np.where((first == task) | (second == task), -np.inf, self.gains[chains])


def _take(
    chains: Chains,
    scored: Scored,
    now: IntArray,
    moves: _Moves,
    best: IntArray,
    go: BoolArray,
    temperature: float,
    rng: np.random.Generator,
) -> int:
    """Try the chosen changes of the chains that go; return how many are taken."""
    S = now.shape[1]
    who = np.flatnonzero(go)
    s, t = moves.first[who, best[who]], moves.second[who, best[who]]
    expected = moves.gains[who, best[who]]
    moves.strike(who, best[who])
    swaps, taken = t < S, 0
    for some, of_all in ((swaps, np.stack([s, t], axis=1)), (~swaps, s[:, None])):
        if not some.any():
            continue
        at, tasks = who[some], of_all[some]
        levels = t[some, None] - S if tasks.shape[1] == 1 else now[at[:, None], tasks[:, ::-1]]
        fine = _exchange(chains, scored, at, tasks, levels, expected[some], temperature, rng)
        if fine.any():
            moves.strike_tasks(at[fine], best[at[fine]])
            taken += int(fine.sum())
    return taken


def _others(keys: IntArray) -> IntArray:
    """Return, per task, the keys of the other tasks, (C, S, S - 1)."""
    C, S = keys.shape
    others = np.broadcast_to(keys[:, None], (C, S, S))
    return others[:, ~np.eye(S, dtype=bool)].reshape(C, S, S - 1)


def _moves(bounds: LevelBounds, j: int, a: int, now: IntArray, gains: FloatArray, n: int) -> _Moves:
    """List the changes of a column; two tasks are expected to gain together what each would alone."""
    C, S = now.shape
    s, t = np.triu_indices(S, k=1)
    at_s, at_t = now[:, s], now[:, t]
    flat = gains.reshape(C, S * n)
    swap = np.take_along_axis(flat, s * n + at_t, axis=1) + np.take_along_axis(flat, t * n + at_s, axis=1)
    swap = np.where(at_s == at_t, -np.inf, swap)
    s, t = np.broadcast_to(s, swap.shape), np.broadcast_to(t, swap.shape)
    least, most = bounds.least[j, a, :n], bounds.most[j, a, :n]
    if (least == most).all():
        return _Moves(s, t, swap)
    counts = (now[..., None] == np.arange(n)).sum(axis=1)
    room = (counts < most)[:, None] & np.take_along_axis(counts > least, now, axis=1)[..., None]
    room &= np.arange(n) != now[..., None]
    alone = np.where(room, gains, -np.inf).reshape(C, S * n)
    tasks = np.broadcast_to(np.repeat(np.arange(S), n), alone.shape)
    levels = np.broadcast_to(S + np.tile(np.arange(n), S), alone.shape)
    return _Moves(
        np.concatenate([s, tasks], axis=1),
        np.concatenate([t, levels], axis=1),
        np.concatenate([swap, alone], axis=1),
    )


def _exchange(
    chains: Chains,
    scored: Scored,
    who: IntArray,
    tasks: IntArray,
    levels: IntArray,
    expected: FloatArray,
    temperature: float,
    rng: np.random.Generator,
) -> BoolArray:
    """Compute the changes of chains ``who`` exactly, and take or leave them; return which are taken."""
    changed = chains.change(scored, who, tasks, tasks, levels)
    after = chains.p[who]
    after[np.arange(len(who))[:, None], tasks] = changed.new
    losses = chains.problem.losses(after)
    gained = changed.score - losses - chains.score[who] + chains.losses[who]
    if temperature > 0:
        with np.errstate(invalid="ignore"):
            fine = np.log(rng.random(len(who))) * temperature < gained - expected
    else:
        fine = gained > SMALLEST_GAIN
    fine &= np.isfinite(changed.score)
    chains.accept(changed, fine, losses)
    return np.asarray(fine)
