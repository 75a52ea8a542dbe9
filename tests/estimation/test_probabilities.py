"""Averaged probabilities and their gradients: finite differences, by hand, far from zero and one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, softmax

from dce.estimation.effects_on_shares import relative_effects, relative_effects_at
from dce.estimation.probabilities import (
    log_odds_gradients,
    log_others,
    log_shares,
    logsums,
    share_gradients,
    shares_at,
)


@pytest.fixture
def arrays(rng):
    C, J, K = 3, 4, 5
    return rng.normal(size=(C, J, K)), np.array([0.2, 0.5, 0.3]), rng.normal(size=K)


def by_differences(function, beta, step=1e-6):
    """Central differences of a function of the coefficients, derivatives last."""
    moves = step * np.eye(len(beta))
    return np.stack([(function(beta + m) - function(beta - m)) / (2 * step) for m in moves], axis=-1)


def test_shares_are_weighted_means_over_classes(arrays):
    X, shares, beta = arrays
    assert np.exp(log_shares(X, shares, beta)) == pytest.approx(shares @ softmax(X @ beta, axis=1))
    B = np.array([beta, 2 * beta, -beta])
    expected = [np.exp(log_shares(X, shares, b)) for b in B]
    assert shares_at(X, shares, B) == pytest.approx(np.array(expected))


def test_gradients_are_those_of_finite_differences(arrays):
    X, shares, beta = arrays

    def odds(b):
        log_P = log_shares(X, shares, b)
        return log_P - log_others(log_P)

    # Central differences with steps of 1e-6 are exact to about 1e-9.
    assert log_odds_gradients(X, shares, beta) == pytest.approx(by_differences(odds, beta), abs=1e-8)
    numeric = by_differences(lambda b: np.exp(log_shares(X, shares, b)), beta)
    assert share_gradients(X, shares, beta) == pytest.approx(numeric, abs=1e-8)


def test_relative_effects_are_those_of_finite_differences(arrays, rng):
    X, shares, beta = arrays
    D = rng.normal(size=X.shape)
    value, gradient = relative_effects(X, shares, D, beta)
    for i in range(X.shape[1]):
        only = np.zeros_like(D)
        only[:, i] = D[:, i]
        moved = [log_shares(X + h * only, shares, beta) for h in (1e-6, -1e-6)]
        assert value[:, i] == pytest.approx((moved[0] - moved[1]) / 2e-6, abs=1e-8)
    numeric = by_differences(lambda b: relative_effects(X, shares, D, b)[0], beta)
    assert gradient == pytest.approx(numeric, abs=1e-7)
    P = np.exp(log_shares(X, shares, beta))
    assert P @ value == pytest.approx(np.zeros(4), abs=1e-14)  # probabilities sum to one
    B = np.array([beta, -beta])
    expected = [relative_effects(X, shares, D, b)[0] for b in B]
    assert relative_effects_at(X, shares, D, B) == pytest.approx(np.array(expected))


def test_relative_effects_leave_out_what_is_not_available(arrays, rng):
    X, shares, beta = arrays
    D = rng.normal(size=X.shape)
    available = np.ones((3, 4), dtype=bool)
    available[:, 3] = False
    value, gradient = relative_effects(X, shares, D, beta, available)
    without, of_these = relative_effects(X[:, :3], shares, D[:, :3], beta)
    assert value[:3, :3] == pytest.approx(without)
    assert gradient[:3, :3] == pytest.approx(of_these)


@pytest.mark.parametrize("size", [50.0, 700.0])
def test_tiny_probabilities_keep_their_digits(size):
    X = np.array([[[0.0], [-1.0]]])
    log_P = log_shares(X, np.ones(1), np.array([size]))
    assert log_others(log_P)[0] == pytest.approx(-size, rel=1e-14)
    assert np.exp(log_P[1]) == pytest.approx(np.exp(-size), rel=1e-12)
    assert log_odds_gradients(X, np.ones(1), np.array([size])) == pytest.approx(np.array([[1.0], [-1.0]]))


def test_large_utilities_do_not_overflow():
    X = np.array([[[1.0], [2.0]]])
    beta = np.array([1e5])
    assert np.isfinite(log_shares(X, np.ones(1), beta)).all()
    assert logsums(X, beta) == pytest.approx([2e5])
    assert shares_at(X, np.ones(1), beta[None]).tolist() == [[0.0, 1.0]]


def test_two_services_are_the_logistic_function():
    X = np.array([[[1.0, 0.0], [0.0, 1.0]]])
    beta = np.array([0.3, -0.4])
    assert np.exp(log_shares(X, np.ones(1), beta)) == pytest.approx([expit(0.7), expit(-0.7)])
    assert log_odds_gradients(X, np.ones(1), beta) == pytest.approx(np.array([[1, -1], [-1, 1]]))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(-30, 30), st.permutations(range(4)))
def test_utility_shifts_and_the_order_of_services_do_not_matter(seed, shift, order):
    rng = np.random.default_rng(seed)
    X, beta = rng.normal(size=(3, 4, 5)), rng.normal(size=5)
    shares = rng.dirichlet(np.ones(3))
    P, G = log_shares(X, shares, beta), log_odds_gradients(X, shares, beta)
    assert log_shares(X + shift, shares, beta) == pytest.approx(P, abs=1e-11)
    assert log_odds_gradients(X + shift, shares, beta) == pytest.approx(G, abs=1e-11)
    assert log_shares(X[:, order], shares, beta) == pytest.approx(P[order], abs=1e-12)
    assert log_odds_gradients(X[:, order], shares, beta) == pytest.approx(G[order], abs=1e-12)
