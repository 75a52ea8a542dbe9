"""The logit core: by hand, against finite differences, by invariances, and against scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from dce import logit


@pytest.fixture
def problem(rng):
    T, J, K = 40, 3, 4
    X = rng.normal(size=(T, J, K))
    available = rng.random((T, J)) > 0.2
    available[:, 0] = True
    X[~available] = 0
    chosen = np.array([rng.choice(np.flatnonzero(row)) for row in available])
    return X, rng.normal(size=K), available, chosen, rng.uniform(0.5, 2, size=T)


def test_two_alternatives_by_hand():
    X = np.array([[[1.0], [0.0]]])
    beta = np.array([np.log(3.0)])
    log_P = logit.log_probabilities(X, beta)
    assert np.exp(log_P[0]) == pytest.approx([0.75, 0.25])
    assert logit.log_likelihood(log_P, np.array([1])) == pytest.approx(np.log(0.25))
    assert logit.scores(X, np.exp(log_P), np.array([1])) == pytest.approx(np.array([[-0.75]]))
    assert logit.information(X, np.exp(log_P)) == pytest.approx(np.array([[0.75 * 0.25]]))


@pytest.mark.parametrize("size", [1000.0, -1000.0])
def test_huge_utilities_are_stable(size):
    X = np.array([[[size], [0.0], [1.0]]])
    log_P = logit.log_probabilities(X, np.ones(1))
    assert np.isfinite(log_P).all()
    assert np.exp(log_P).sum() == pytest.approx(1)
    assert log_P.min() == pytest.approx(-1000 - (size < 0), abs=0.4)
    assert np.isfinite(logit.information(X, np.exp(log_P))).all()


def test_unavailable_alternatives_have_no_probability(problem):
    X, beta, available, *_ = problem
    P = np.exp(logit.log_probabilities(X, beta, available))
    assert (P[~available] == 0).all()
    assert P.sum(axis=1) == pytest.approx(np.ones(len(P)))


def test_scores_are_the_gradient(problem):
    X, beta, available, chosen, weights = problem

    def value(b):
        return logit.log_likelihood(logit.log_probabilities(X, b, available), chosen, weights)

    P = np.exp(logit.log_probabilities(X, beta, available))
    gradient = weights @ logit.scores(X, P, chosen)
    assert logit.gradient(X, P, chosen, weights) == pytest.approx(gradient)
    assert gradient == pytest.approx(approx_fprime(beta, value, 1e-6), abs=1e-4)


def test_information_is_minus_the_hessian(problem):
    X, beta, available, chosen, weights = problem

    def gradient(b):
        P = np.exp(logit.log_probabilities(X, b, available))
        return weights @ logit.scores(X, P, chosen)

    P = np.exp(logit.log_probabilities(X, beta, available))
    hessian = approx_fprime(beta, gradient, 1e-6)
    assert logit.information(X, P, weights) == pytest.approx(-hessian, abs=1e-4)


def test_information_of_tasks_adds_up(problem):
    X, beta, available, *_ = problem
    P = np.exp(logit.log_probabilities(X, beta, available))
    by_formula = sum(x.T @ (np.diag(p) - np.outer(p, p)) @ x for x, p in zip(X, P, strict=True))
    assert logit.task_information(X, P).sum(axis=0) == pytest.approx(by_formula)
    assert logit.information(X, P) == pytest.approx(by_formula)


@settings(max_examples=30, deadline=None)
@given(shift=st.floats(-50, 50), seed=st.integers(0, 1000))
def test_a_shift_of_all_utilities_changes_nothing(shift, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(5, 3, 2))
    shifted = np.concatenate([X, np.full((5, 3, 1), shift)], axis=2)
    plain = logit.log_probabilities(X, np.ones(2))
    assert logit.log_probabilities(shifted, np.ones(3)) == pytest.approx(plain, abs=1e-10)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000))
def test_independence_of_irrelevant_alternatives(seed):
    X = np.random.default_rng(seed).normal(size=(4, 3, 2))
    all_three = logit.log_probabilities(X, np.ones(2))
    two = logit.log_probabilities(X[:, :2], np.ones(2))
    assert all_three[:, 0] - all_three[:, 1] == pytest.approx(two[:, 0] - two[:, 1])
