"""The division of tasks into blocks, one of which each respondent answers."""

from __future__ import annotations

import numpy as np

from dce.design.design import Design
from dce.design.levels import LevelCoding
from dce.design_settings import DesignSettings
from dce.logit import FloatArray, IntArray

STARTS = 50
SMALLEST_CHANGE = 1e-6
"""Changes of indicators are whole numbers; smaller ones are rounding."""


def blocked_design(coding: LevelCoding, L: IntArray, settings: DesignSettings, origin: str) -> Design:
    """Return a design of tasks L (S, J, A), divided into blocks and in random order."""
    rng = np.random.default_rng([settings.seed, 1])
    shown = [L[:, j, a] == level for j, a in np.argwhere(coding.owned) for level in range(coding.sizes[a])]
    block = assign_blocks(np.column_stack(shown).astype(np.float64), settings.blocks, rng)
    order = np.lexsort((rng.permutation(len(L)), block))
    return Design(coding.study, coding.to_frame(L[order], block[order]), origin)


def assign_blocks(features: FloatArray, blocks: int, rng: np.random.Generator) -> IntArray:
    """Divide tasks into blocks in which features occur as evenly as can be.

    Tasks are swapped between blocks for as long as the sum of squared deviations of every
    feature's total in every block from its share falls, from several random starts.

    Parameters
    ----------
    features : (S, F) array
        Per task, an indicator of every level of every attribute of every alternative.
    blocks : int
        Their sizes differ by at most one task.
    rng : numpy.random.Generator

    Returns
    -------
    (S,) integer array
        Block of every task, from 1.
    """
    S = len(features)
    if blocks == 1:
        return np.ones(S, dtype=np.intp)
    # Whole numbers, so that the arithmetic is exact and ties are ties on every machine.
    F = S * features - features.sum(axis=0)
    gram = F @ F.T
    best, best_loss = None, np.inf
    for _ in range(STARTS):
        block = rng.permutation(np.arange(S) % blocks)
        block, loss = _descend(block, gram, blocks)
        if loss < best_loss:
            best, best_loss = block, loss
    assert best is not None
    return _renumbered(best)


def _descend(block: IntArray, gram: FloatArray, blocks: int) -> tuple[IntArray, float]:
    """Swap tasks between blocks while the loss, the sum over blocks of |sum of features|^2, falls."""
    block = block.copy()
    S = len(block)
    first, second = np.triu_indices(S, k=1)
    member = np.eye(blocks)[block]
    while True:
        with_block = gram @ member  # (S, blocks): inner product of a task with a block's sum
        a, b = block[first], block[second]
        change = 2 * (
            with_block[second, a] - with_block[first, a] + with_block[first, b] - with_block[second, b]
        ) + 2 * (gram[first, first] + gram[second, second] - 2 * gram[first, second])
        change = np.where(a == b, 0.0, change)
        swap = int(change.argmin())
        if change[swap] > -SMALLEST_CHANGE:
            return block, float(np.einsum("sb,st,tb->", member, gram, member))
        s, t = first[swap], second[swap]
        block[[s, t]] = block[[t, s]]
        member[[s, t]] = member[[t, s]]


def _renumbered(block: IntArray) -> IntArray:
    """Number blocks from 1 in order of their first task."""
    _, first, inverse = np.unique(block, return_index=True, return_inverse=True)
    rank = np.argsort(np.argsort(first))
    return np.asarray(rank[inverse] + 1, dtype=np.intp)
