"""Designs that a search starts from.

Notation as in :mod:`dce.design.services`: S tasks, J alternatives, A attributes.

References
----------
Huber and Zwerina (1996), Journal of Marketing Research 33:307: alternatives made from an orthogonal
array by cyclic shifts. Street, Burgess and Louviere (2005), International Journal of Research in
Marketing 22:459: generators. The arrays are Taguchi's, from pyDOE3.
"""

from __future__ import annotations

import re
from functools import cache

import numpy as np
from pyDOE3 import get_orthogonal_array, list_orthogonal_arrays

from dce.design.problem import Problem
from dce.logit import IntArray

TRIES = 200
"""Random designs from which regular ones are drawn."""


def random_starts(problem: Problem, number: int, rng: np.random.Generator) -> IntArray:
    """Return random designs (number, S, J) that keep the bounds of the levels.

    Services that no restriction forbids are drawn where levels are free.
    """
    starts = np.stack([problem.bounds.draw(problem.services, rng) for _ in range(number)])
    if not problem.bounds.free:
        return starts
    for j in problem.rules.shown:
        wrong = ~problem.rules.allowed(j, starts[..., j])
        for _ in range(TRIES):
            if not wrong.any():
                break
            starts[..., j][wrong] = rng.integers(problem.services.counts[j], size=int(wrong.sum()))
            wrong = ~problem.rules.allowed(j, starts[..., j])
    return starts


def orthogonal_starts(problem: Problem, number: int, rng: np.random.Generator) -> IntArray:
    """Return designs (number, S, J) made from an orthogonal array of S rows; none where none fits.

    The first alternative shows the rows of the array, the others shifts of it, or, where the
    alternatives are labelled, other columns of the array. Levels are relabelled at random.
    """
    sizes, owned = problem.services.sizes, problem.services.owned
    none = np.empty((0, problem.tasks, len(sizes)), dtype=np.intp)
    fitting = [array for array in _arrays(problem.tasks) if _columns(array, problem, rng) is not None]
    if not fitting:
        return none
    designs = []
    for _ in range(number):
        array = fitting[int(rng.integers(len(fitting)))]
        columns = _columns(array, problem, rng)
        assert columns is not None
        p = np.zeros((problem.tasks, len(sizes)), dtype=np.intp)
        for a in range(sizes.shape[1]):
            owners = np.flatnonzero(owned[:, a])
            if not len(owners):
                continue
            n = int(sizes[owners[0], a])
            shifts = _shifts(n, len(owners), rng)
            same = rng.permutation(n)
            for k, j in enumerate(owners):
                column = columns[int(j), a] if problem.rules.labelled else columns[int(owners[0]), a]
                levels = array[:, column] % n
                if problem.rules.labelled:
                    levels = rng.permutation(n)[levels]
                else:
                    levels = same[_shifted(levels, int(shifts[k]), n)]
                p[:, j] += levels * problem.services.strides[j, a]
        designs.append(p)
    return np.stack(designs)


def _shifted(levels: IntArray, shift: int, n: int) -> IntArray:
    """Return levels shifted in a group of n elements: of vectors of bits where n is a power of two.

    All differences between the alternatives are then different, as they are for a prime n.
    """
    return levels ^ shift if n & (n - 1) == 0 else (levels + shift) % n


def _shifts(n: int, owners: int, rng: np.random.Generator) -> IntArray:
    """Return how far each alternative's levels are shifted: as different as can be."""
    laps = -(-owners // n)
    return np.concatenate([rng.permutation(n) for _ in range(laps)])[:owners]


def _columns(
    array: IntArray, problem: Problem, rng: np.random.Generator
) -> dict[tuple[int, int], int] | None:
    """Choose columns of an array for the attributes (of every alternative, if labelled)."""
    wanted = problem.services.columns
    if not problem.rules.labelled:
        first = {a: j for j, a in reversed(wanted)}
        wanted = [(j, a) for a, j in first.items()]
    levels = array.max(axis=0) + 1
    left = list(rng.permutation(array.shape[1]))
    chosen: dict[tuple[int, int], int] = {}
    for j, a in sorted(wanted, key=lambda column: -int(problem.services.sizes[column])):
        n = problem.services.sizes[j, a]
        fits = sorted((c for c in left if levels[c] % n == 0), key=lambda c: int(levels[c]))
        if not fits:
            return None
        chosen[j, a] = int(fits[0])
        left.remove(fits[0])
    return chosen


@cache
def _arrays(rows: int) -> list[IntArray]:
    """Return the orthogonal arrays with so many rows, levels numbered from 0."""
    named = [name for name in list_orthogonal_arrays() if re.match(rf"L{rows}\(", name)]
    arrays = [np.asarray(get_orthogonal_array(name), dtype=np.intp) for name in named]
    return [array - array.min(axis=0) for array in arrays]
