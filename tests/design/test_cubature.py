"""Cubature against the moments of a normal distribution, which are known."""

from itertools import combinations, combinations_with_replacement, product
from math import prod

import numpy as np
import pytest

from dce.design.cubature import normal_cubature, smallest_cubature, sphere

MOMENTS = {0: 1.0, 1: 0.0, 2: 1.0, 3: 0.0, 4: 3.0, 5: 0.0, 6: 15.0, 7: 0.0}  # of a standard normal


def monomials(n, degree):
    """Exponents of every monomial of at most a degree."""
    for total in range(degree + 1):
        for which in combinations_with_replacement(range(n), total):
            yield np.bincount(np.array(which, dtype=int), minlength=n)


@pytest.mark.parametrize("number", [1, 100, 400])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 7, 10])
def test_polynomials_of_degree_five_are_exact(n, number):
    Z, w = normal_cubature(n, number, np.random.default_rng(n))
    assert len(Z) >= number
    for powers in monomials(n, 5):
        expected = prod(MOMENTS[int(p)] for p in powers)
        # Rounding: terms are of size (n + 2)^(5/2), at most 500, of which 1e-16 is lost.
        assert w @ np.prod(Z**powers, axis=1) == pytest.approx(expected, abs=2e-12), powers


def test_in_one_dimension_it_is_gauss_and_hermite():
    Z, w = normal_cubature(1, 8, np.random.default_rng(0))
    x, weights = np.polynomial.hermite_e.hermegauss(8)
    order = np.argsort(Z[:, 0])
    np.testing.assert_allclose(Z[order, 0], x, rtol=1e-12)
    np.testing.assert_allclose(w[order], weights / weights.sum(), rtol=1e-12)


@pytest.mark.parametrize("n", [1, 2, 5, 9, 16, 25])
def test_weights_are_positive(n):
    Z, w = normal_cubature(n, 1, np.random.default_rng(1))
    assert (w > 0).all()
    assert w.sum() == pytest.approx(1, abs=1e-13)
    assert len(Z) == len(w)
    assert n == 1 or len(Z) == smallest_cubature(n)


@pytest.mark.parametrize("n", [5, 9, 12])
def test_any_five_columns_of_the_corners_are_a_full_factorial(n):
    corners = np.round(sphere(n)[0][2 * n :] * np.sqrt(n)).astype(int)
    every = set(product([-1, 1], repeat=5))
    for columns in combinations(range(n), 5):
        rows, counts = np.unique(corners[:, columns], axis=0, return_counts=True)
        assert set(map(tuple, rows.tolist())) == every
        assert np.ptp(counts) == 0


@pytest.mark.parametrize(("n", "points"), [(2, 9), (6, 45), (9, 147), (12, 281), (18, 549)])
def test_how_many_points(n, points):
    assert smallest_cubature(n) == points


def test_same_seed_same_points():
    first, again, other = (normal_cubature(4, 100, np.random.default_rng(seed))[0] for seed in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert not np.isclose(first, other).all(axis=1).any()
