"""Blocks against every division there is."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dce.design.blocks import assign_blocks


def loss(features, block):
    """Sum of squared deviations of each feature's total in each block from its share."""
    share = features.mean(axis=0)
    blocks = [features[block == b] for b in np.unique(block)]
    return sum(((rows.sum(axis=0) - len(rows) * share) ** 2).sum() for rows in blocks)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), columns=st.integers(1, 6))
def test_no_halving_of_eight_tasks_is_more_even(seed, columns):
    rng = np.random.default_rng(seed)
    features = rng.integers(0, 2, size=(8, columns)).astype(float)
    halves = [np.isin(np.arange(8), [0, *others]) for others in combinations(range(1, 8), 3)]
    best = min(loss(features, half) for half in halves)
    assert loss(features, assign_blocks(features, 2, rng)) == pytest.approx(best, abs=1e-9)


@pytest.mark.parametrize(("tasks", "blocks"), [(10, 3), (10, 1), (10, 10), (10, 4), (12, 3), (7, 2)])
def test_sizes_differ_by_at_most_one(tasks, blocks, rng):
    block = assign_blocks(rng.normal(size=(tasks, 4)), blocks, rng)
    assert np.unique(block).tolist() == list(range(1, blocks + 1))
    sizes = np.bincount(block)[1:]
    assert sizes.sum() == tasks
    assert np.ptp(sizes) <= 1


def test_blocks_are_numbered_by_their_first_task(rng):
    block = assign_blocks(rng.normal(size=(12, 3)), 4, rng)
    first = [int(np.flatnonzero(block == b)[0]) for b in (1, 2, 3, 4)]
    assert first == sorted(first)
    assert block[0] == 1


def test_tasks_in_pairs_are_divided_between_the_blocks(rng):
    pairs = np.repeat(np.eye(5), 2, axis=0)
    block = assign_blocks(pairs, 2, rng)
    assert (pairs[block == 1].sum(axis=0) == 1).all()


def test_the_same_seed_gives_the_same_blocks(rng):
    features = rng.normal(size=(12, 5))
    first, second = (assign_blocks(features, 3, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(first, second)
