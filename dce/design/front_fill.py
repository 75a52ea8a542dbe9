"""Filling a Pareto front: designs that trade D-error for balance, overlap and correlation.

Many designs change side by side. Each goes its own way: it has a most level imbalance that it keeps,
and weights of the other criteria, and anneals towards the smallest of its weighted Chebyshev
distances, the largest weighted distance from the best value of every criterion. Such distances reach
every point of a front, weighted sums those of its convex hull only.

Notation as in :mod:`dce.design.measures`; F (N, 5) are measures of which less is better.

References
----------
Steuer and Choo (1983), Mathematical Programming 26:326, on weighted Chebyshev distances; Serafini
(1994), in Multiple Criteria Decision Making, 283-292, on annealing.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from dce.design.balance import LevelBounds
from dce.design.measures import SIGN, Measures
from dce.design.nondominated import nondominated, rounded, spread_out
from dce.logit import FloatArray, IntArray
from dce.parallel import one_blas_thread, told_to_stop

CHAINS = 64
"""Designs that change side by side."""
HOT, COLD = 0.01, 0.0003
"""Temperatures at the beginning and the end, in units of the range of a criterion."""
SUM = 0.5
"""Weight of the sum of the criteria beside the largest, so that none is neglected."""
SWAPS = 0.6
"""Share of changes that swap the levels of two tasks; the others set the level of one."""
TWICE = 0.3
"""Share of changes that are two."""
GATHERED = 50
"""Steps after which what was met is added to the archive."""
ARCHIVE = 400
"""Designs that are kept in an archive."""
CONCENTRATION = (1.5, 0.7, 0.7, 0.7)
"""Of the Dirichlet distribution that weights are drawn from: D-error, then the others."""


@dataclass(frozen=True)
class Archive:
    """Designs p (N, S, J) none of which beats another, and their measures F (N, 5), less is better."""

    p: IntArray
    F: FloatArray

    def __len__(self) -> int:
        return len(self.p)


@dataclass(frozen=True)
class Field:
    """Which designs a front may have.

    Attributes
    ----------
    measures : Measures
    bounds : LevelBounds
        Of the study, which every design keeps.
    caps : tuple of int
        Level imbalances that designs are not to exceed, some these and some those.
    above : float
        D-error is at most so much above the lowest of the designs whose levels are as balanced, or more
        so; as a share of it.
    """

    measures: Measures
    bounds: LevelBounds
    caps: tuple[int, ...]
    above: float

    def admitted(self, p: IntArray) -> Archive:
        """Return the designs that keep all rules and identify the utility, with their measures."""
        p = p[self.measures.allowed(p, self.bounds)]
        F = rounded(self.measures(p) * SIGN)
        regular = np.isfinite(F[:, 0])
        return Archive(p[regular], F[regular])

    def joined(self, *archives: Archive) -> Archive:
        """Return what no design beats of several archives, near enough to the lowest D-error."""
        S, J = self.bounds.tasks, len(self.bounds.least)
        none = Archive(np.empty((0, S, J), dtype=np.intp), np.empty((0, 5)))
        p = np.concatenate([archive.p for archive in (none, *archives)])
        F = np.concatenate([archive.F for archive in (none, *archives)])
        near = np.flatnonzero(F[:, 0] <= lowest(F, F[:, 1]) * (1 + self.above))
        kept = near[nondominated(F[near])]
        if len(kept) > ARCHIVE:
            kept = kept[spread_out(F[kept], ARCHIVE, corners(F[kept]))]
        return Archive(p[kept], F[kept])


def lowest(F: FloatArray, caps: FloatArray) -> FloatArray:
    """Return the lowest D-error of the designs F (N, 5) whose level imbalance is within each cap."""
    order = np.lexsort((F[:, 0], F[:, 1]))
    so_far = np.concatenate([[np.inf], np.minimum.accumulate(F[order, 0])])
    return np.asarray(so_far[np.searchsorted(F[order, 1], caps, side="right")])


def corners(F: FloatArray) -> list[int]:
    """Return the best design by each criterion, and the lowest D-error at every level imbalance.

    Equal ones are told apart by the D-error. Level imbalances that cost no D-error are left out.
    """
    best = [int(np.lexsort((F[:, 0], F[:, i]))[0]) for i in range(F.shape[1])]
    return [*best, *(int(k) for k in nondominated(F[:, :2]))]


@dataclass(frozen=True)
class Met:
    """What a job met.

    Attributes
    ----------
    archive : Archive
    cut : str
        What cut it short: nothing, ``"time"`` or ``"interrupt"``.
    nearest : (S, J) integer array or None
        The best design by D-error, which may break rules.
    """

    archive: Archive
    cut: str = ""
    nearest: IntArray | None = None


@dataclass(frozen=True)
class Fill:
    """A job: a field, the archive so far, steps to take, and a limit of seconds."""

    field: Field
    archive: Archive
    steps: int
    seeds: np.random.SeedSequence
    seconds: float = np.inf


@one_blas_thread()
def fill(job: Fill) -> Met:
    """Anneal designs of an archive, and return the archive with what they met on their ways.

    An interrupt (Ctrl-C) ends it at once.
    """
    rng, ends = np.random.default_rng(job.seeds), time.monotonic() + job.seconds
    field, archive, cut = job.field, job.archive, ""
    ways = _ways(field, archive, rng)
    p, at = ways.starts(archive)
    met: list[Archive] = []
    try:
        for step in range(job.steps):
            temperature = HOT * (COLD / HOT) ** (step / max(job.steps - 1, 1))
            met.append(_step(field, ways, p, at, temperature, rng))
            if len(met) == GATHERED:
                archive, met = field.joined(archive, *met), []
            if told_to_stop() or time.monotonic() > ends:
                cut = "interrupt" if told_to_stop() else "time"
                break
    except KeyboardInterrupt:
        cut = "interrupt"
    return Met(field.joined(archive, *met), cut)


def _step(
    field: Field, ways: _Ways, p: IntArray, at: FloatArray, temperature: float, rng: np.random.Generator
) -> Archive:
    """Change designs p (C, S, J) at distances ``at``, in place; return those that were taken."""
    q = _changed(field, p, rng)
    who = np.flatnonzero(field.measures.allowed(q, field.bounds))
    F = np.full((len(p), 5), np.inf)
    F[who] = rounded(field.measures(q[who]) * SIGN)
    to = ways.distances(F)
    taken = np.isfinite(to)
    taken[taken] = -temperature * np.log(rng.random(int(taken.sum()))) > (to - at)[taken]
    p[taken], at[taken] = q[taken], to[taken]
    return Archive(q[taken], F[taken])


@dataclass(frozen=True)
class _Ways:
    """Where each of C designs goes.

    Attributes
    ----------
    weights : (C, 5) array
    caps, worst : (C,) arrays
        Most level imbalance and D-error.
    low, range : (C, 5) arrays
        Of the measures of designs within them.
    """

    weights: FloatArray
    caps: FloatArray
    worst: FloatArray
    low: FloatArray
    range: FloatArray

    def distances(self, F: FloatArray) -> FloatArray:
        """Return the distances (..., C) of measures F (..., C, 5); infinite where not admitted."""
        wrong = (F[..., 1] > self.caps) | ~(F[..., 0] <= self.worst)
        with np.errstate(invalid="ignore"):
            each = self.weights * (F - self.low) / self.range
        return np.where(wrong, np.inf, each.max(axis=-1) + SUM * each.sum(axis=-1))

    def starts(self, archive: Archive) -> tuple[IntArray, FloatArray]:
        """Return, per way, the design that is farthest along it, and its distance."""
        distances = self.distances(archive.F[:, None])
        nearest = distances.argmin(axis=0)
        return archive.p[nearest].copy(), distances.min(axis=0)


def _ways(field: Field, archive: Archive, rng: np.random.Generator) -> _Ways:
    """Draw weights, and share out the level imbalances that the archive has."""
    F = archive.F
    weights = np.zeros((CHAINS, 5))
    weights[:, [0, 2, 3, 4]] = rng.dirichlet(CONCENTRATION, CHAINS)
    allowed = [float(cap) for cap in field.caps if cap >= F[:, 1].min()]
    caps = np.array([allowed[n % len(allowed)] for n in range(CHAINS)])
    worst = lowest(F, caps) * (1 + field.above)
    within = (F[:, 1] <= caps[:, None]) & (F[:, 0] <= worst[:, None])
    low = np.where(within[..., None], F, np.inf).min(axis=1)
    high = np.where(within[..., None], F, -np.inf).max(axis=1)
    return _Ways(weights, caps, worst, low, np.where(high > low, high - low, 1.0))


def _changed(field: Field, p: IntArray, rng: np.random.Generator) -> IntArray:
    """Return copies of designs p (C, S, J) with a level changed, or two tasks' levels swapped."""
    q = p.copy()
    every = np.arange(len(p))
    _change(field, q, every, rng)
    _change(field, q, np.flatnonzero(rng.random(len(p)) < TWICE), rng)
    return q


def _change(field: Field, q: IntArray, who: IntArray, rng: np.random.Generator) -> None:
    services = field.measures.rules.services
    S = q.shape[1]
    j, a = np.array(services.columns)[rng.integers(len(services.columns), size=len(who))].T
    size, stride = services.sizes[j, a], services.strides[j, a]
    levels = q[who, :, j] // stride[:, None] % size[:, None]
    s, rows = rng.integers(S, size=len(who)), np.arange(len(who))
    old = levels[rows, s]
    # a task that shows another level, if there is one
    differs = levels != old[:, None]
    t = (rng.random((len(who), S)) * differs).argmax(axis=1)
    swaps = (rng.random(len(who)) < SWAPS) & differs.any(axis=1)
    new = np.where(swaps, levels[rows, t], (old + 1 + rng.integers(size - 1)) % size)
    q[who, s, j] += (new - old) * stride
    q[who[swaps], t[swaps], j[swaps]] += ((old - new) * stride)[swaps]
