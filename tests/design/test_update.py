"""Low-rank updates against computing everything anew."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dce.design.update import half_rows, ratios, updated
from dce.logit import task_information

CLOSE = 1e-8
"""Relative error that rounding may leave in products of well-conditioned 6 x 6 matrices."""


def tasks_of(rng, *shape, J, K=6, spread=1.0):
    """Random X (*shape, J, K), and P at random coefficients."""
    X = rng.normal(size=(*shape, J, K))
    V = spread * rng.normal(size=(*shape, J))
    P = np.exp(V - V.max(axis=-1, keepdims=True))
    return X, V, P / P.sum(axis=-1, keepdims=True)


@pytest.mark.parametrize("J", [2, 3, 4, 6])
@pytest.mark.parametrize("spread", [0.0, 1.0, 30.0])
def test_half_rows_are_half_of_the_information(J, spread, rng):
    X, V, P = tasks_of(rng, 4, 5, J=J, spread=spread)
    Y = half_rows(list(np.moveaxis(X, -2, 0)), [v[..., None] for v in np.moveaxis(V, -1, 0)])
    assert Y.shape == (4, 1, 5, J - 1, 6)
    M = np.swapaxes(Y[:, 0], -1, -2) @ Y[:, 0]
    expected = task_information(X, P)
    np.testing.assert_allclose(M, expected, rtol=1e-9, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("J", [2, 3])
def test_half_rows_of_choices_that_are_certain(J):
    """Utilities a thousand apart: nothing to learn, and no number that is not one."""
    X = [np.full((1, 1, 2), float(j)) for j in range(J)]
    V = [np.full((1, 1, 1), 1000.0 * j) for j in range(J)]
    Y = half_rows(X, V)
    assert np.isfinite(Y).all()
    np.testing.assert_allclose(Y, 0, atol=1e-200)


def information_of(rows):
    flat = rows.reshape(*rows.shape[:-3], -1, rows.shape[-1])
    return np.swapaxes(flat, -1, -2) @ flat


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    C=st.integers(1, 2),
    R=st.integers(1, 3),
    n=st.integers(1, 3),
    m=st.integers(1, 3),
    seed=st.integers(0, 99),
)
def test_ratios_are_those_of_whole_designs(C, R, n, m, seed):
    """S tasks of m rows each; each of them replaced by each of n candidates."""
    rng = np.random.default_rng(seed)
    S, K, I = 9, 6, 4  # noqa: E741  # the notation of dce.design.update
    rows = rng.normal(size=(C, R, S, m, K))
    Y = rng.normal(size=(C, R, S, n, m, K))
    F = rng.normal(size=(R, I, K))
    M = information_of(rows)
    A = np.linalg.inv(M)
    gained, lost = ratios(A, Y, rows, F)
    for s in range(S):
        for i in range(n):
            changed = rows.copy()
            changed[:, :, s] = Y[:, :, s, i]
            after = information_of(changed)
            np.testing.assert_allclose(
                gained[:, :, s, i],
                np.linalg.slogdet(after)[1] - np.linalg.slogdet(M)[1],
                rtol=CLOSE,
                atol=CLOSE,
            )
            variances = np.einsum("crkl,rik,ril->cri", np.linalg.inv(after), F, F)
            before = np.einsum("crkl,rik,ril->cri", A, F, F)
            np.testing.assert_allclose(before - lost[:, :, s, i], variances, rtol=1e-6, atol=1e-6)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(R=st.integers(1, 3), M=st.integers(1, 6), seed=st.integers(0, 99))
def test_updated_is_the_inverse_of_what_is_left(R, M, seed):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(2, R, 20, 6))
    added = rng.normal(size=(2, R, M, 6))
    before = np.swapaxes(rows, -1, -2) @ rows
    kept = rows[..., M:, :]
    after = np.swapaxes(kept, -1, -2) @ kept + np.swapaxes(added, -1, -2) @ added
    A, gained = updated(np.linalg.inv(before), added, rows[..., :M, :])
    np.testing.assert_allclose(A, np.linalg.inv(after), rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(
        gained, np.linalg.slogdet(after)[1] - np.linalg.slogdet(before)[1], rtol=1e-8, atol=1e-9
    )


def test_a_change_that_leaves_information_singular():
    """Three tasks of one row for three coefficients: replacing one by a copy of another is not allowed."""
    rows = np.eye(3).reshape(1, 1, 3, 1, 3)
    Y = np.array([[0, 1, 0], [1, 1, 1], [3, 0, 0]], dtype=float).reshape(1, 1, 1, 3, 1, 3)
    A = np.eye(3)[None, None]
    gained, lost = ratios(A, Y, rows[:, :, :1], np.eye(3)[None])
    assert gained[0, 0, 0].tolist() == [-np.inf, pytest.approx(0, abs=1e-12), pytest.approx(np.log(9))]
    assert np.isfinite(lost).all()
    for candidate, expected in zip(Y[0, 0, 0], gained[0, 0, 0], strict=True):
        new, by = updated(A, candidate[None, None], rows[:, :, 0])
        assert by[0, 0] == pytest.approx(expected)
        if expected == -np.inf:
            np.testing.assert_array_equal(new, A)


def test_an_inverse_that_rounding_has_spoilt_is_singular():
    """Not a number is never a gain."""
    A = -np.eye(2)[None, None]
    Y = np.full((1, 1, 1, 1, 1, 2), 2.0)
    gained, _ = ratios(A, Y, np.zeros((1, 1, 1, 1, 2)))
    assert gained.item() == -np.inf
