"""Whether a maximum exists is known, and it is found wherever it is: against a plain linear programme."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

import dce
from dce import logit
from dce.estimation.maximum import finite_maximum, identified
from dce.estimation.newton import maximise
from dce.estimation.tasks import each_its_own


def small_data(rng: np.random.Generator):
    """3 to 24 tasks of any scale, some answers of very little weight: half of such data are separated."""
    T, J, K = rng.integers(3, 25), rng.integers(2, 5), rng.integers(1, 4)
    X = rng.integers(-2, 3, size=(T, J, K)) + 0.0 if rng.random() < 0.6 else rng.normal(size=(T, J, K))
    unit = 10.0 ** rng.integers(-5, 6, size=K)
    X = X * unit + (rng.random() < 0.3) * 1e3 * unit
    available = rng.random((T, J)) > 0.2
    available[:, :2] = True
    beta = rng.normal(size=K) * rng.choice([0, 1, 3, 10]) / unit
    chosen = np.where(available, X @ beta + rng.gumbel(size=(T, J)), -np.inf).argmax(axis=1)
    X[~available] = 0
    return X, available, chosen, rng.choice([0.01, 1, 50], size=T), unit


def expected(X, available, chosen, unit) -> str:
    """What the differences between chosen and other alternatives say: Albert and Anderson (1984)."""
    others = available & (np.arange(X.shape[1]) != chosen[:, None])
    D = ((X[np.arange(len(X)), chosen][:, None] - X) / unit)[others]
    D[np.abs(D) < 1e-9] = 0
    if np.linalg.matrix_rank(D) < D.shape[1]:
        return "IdentificationError"
    best = linprog(-D.sum(axis=0), A_ub=-D, b_ub=np.zeros(len(D)), bounds=(-1, 1)).fun
    return "SeparationError" if best < -1e-7 else "a maximum"


def found(X, available, chosen, weights) -> str:
    names = tuple("abc"[: X.shape[2]])
    tasks = each_its_own(X.copy(), available, chosen, weights)
    try:
        best = finite_maximum(tasks, names, identified(tasks, names))
    except dce.EstimationError as error:
        return type(error).__name__
    P = np.exp(logit.log_probabilities(X, best.beta, available))
    gradient = logit.gradient(X, P, chosen, weights)
    assert gradient @ np.linalg.solve(best.information, gradient) < 1e-12 * weights.mean()
    return "a maximum"


@pytest.mark.parametrize("sets", [200, pytest.param(4000, marks=pytest.mark.slow)])
def test_a_maximum_is_found_if_and_only_if_it_exists(sets):
    rng = np.random.default_rng(sets)
    counts = {"a maximum": 0, "SeparationError": 0, "IdentificationError": 0}
    for _ in range(sets):
        X, available, chosen, weights, unit = small_data(rng)
        wanted = expected(X, available, chosen, unit)
        assert found(X, available, chosen, weights) == wanted
        counts[wanted] += 1
    assert min(counts["a maximum"], counts["SeparationError"]) > 0.3 * sets


def nearly_separated() -> pd.DataFrame:
    """Four pairs; but for the first answer, of weight 0.01, they would be predicted perfectly."""
    X = np.array([[[2, 2], [0, 1]], [[-2, -1], [1, 1]], [[-1, 0], [0, 1]], [[1, 2], [2, -2]]])
    return pd.DataFrame(X.reshape(8, 2), columns=["a", "b"]).assign(
        t=np.repeat(np.arange(4), 2),
        alt=[1, 2] * 4,
        y=[1, 0, 1, 0, 0, 1, 1, 0],
        w=np.repeat([0.01, 1.0, 50.0, 1.0], 2),
    )


def test_a_maximum_to_which_full_steps_do_not_lead():
    frame = nearly_separated()
    choices = dce.read_long(frame, task="t", alternative="alt", chosen="y", weight="w")
    X = frame[["a", "b"]].to_numpy(dtype=float).reshape(4, 2, 2)
    chosen, weights = np.array([0, 0, 1, 0]), np.array([0.01, 1.0, 50.0, 1.0])
    with pytest.raises(dce.ConvergenceError):
        maximise(each_its_own(X - X.mean(axis=1, keepdims=True), np.ones((4, 2), bool), chosen, weights))
    fit = dce.fit_mnl(choices, "a + b", "classical")
    P = np.exp(logit.log_probabilities(X, fit.coefficients.to_numpy()))
    np.testing.assert_allclose(logit.gradient(X, P, chosen, weights), 0, atol=1e-9)
    V = np.linalg.inv(logit.information(X, P, weights))
    np.testing.assert_allclose(fit.standard_errors, np.sqrt(np.diag(V)), rtol=1e-7)


def test_without_the_answer_that_keeps_them_apart_there_is_none():
    frame = nearly_separated().query("t > 0")
    choices = dce.read_long(frame, task="t", alternative="alt", chosen="y", weight="w")
    with pytest.raises(
        dce.SeparationError, match=r"'a', 'b' together predict.* 3 of 3 .*Tasks: task 1; task 2"
    ):
        dce.fit_mnl(choices, "a + b", "classical")
