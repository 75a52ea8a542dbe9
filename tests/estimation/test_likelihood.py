"""The likelihood in blocks, over distinct tasks, against the plain version in dce.logit."""

import numpy as np
import pandas as pd
import pytest

import dce
from dce import logit
from dce.coding import CodedRows
from dce.estimation import likelihood, newton
from dce.estimation.alike import alike_clusters
from dce.estimation.likelihood import (
    centre,
    centred_information,
    cluster_products,
    cluster_sums,
    derivatives,
    score_products,
)
from dce.estimation.newton import maximise
from dce.estimation.tasks import each_its_own, gather

# Sums of a few hundred terms in another order: a few units of rounding each.
CLOSE = {"rtol": 1e-11, "atol": 1e-11}


@pytest.fixture(params=["all available", "ragged"])
def problem(request, rng):
    T, J, K = 200, 4, 3
    X = rng.normal(size=(T, J, K))
    available = np.ones((T, J), dtype=bool)
    if request.param == "ragged":
        available = rng.random((T, J)) > 0.3
        available[:, :2] = True
        X[~available] = 0
    chosen = np.array([rng.choice(np.flatnonzero(row)) for row in available])
    return X, available, chosen, rng.uniform(0.5, 2, size=T), rng.normal(size=K)


@pytest.mark.parametrize("block", [1, 2**11, 2**19])
def test_derivatives_are_those_of_the_plain_version(problem, block, monkeypatch):
    monkeypatch.setattr(likelihood, "BLOCK", block)
    X, available, chosen, weights, beta = problem
    log_P = logit.log_probabilities(X, beta, available)
    found = derivatives(each_its_own(X, available, chosen, weights), beta, information=True)
    assert found.log_likelihood == pytest.approx(logit.log_likelihood(log_P, chosen, weights), rel=1e-12)
    np.testing.assert_allclose(found.gradient, logit.gradient(X, np.exp(log_P), chosen, weights), **CLOSE)
    np.testing.assert_allclose(found.information, logit.information(X, np.exp(log_P), weights), **CLOSE)


@pytest.mark.parametrize("size", [1e3, -1e3, 1e6])
def test_huge_utilities_are_stable(problem, size):
    X, available, chosen, weights, beta = problem
    found = derivatives(each_its_own(X, available, chosen, weights), size * beta, information=True)
    plain = logit.log_probabilities(X, size * beta, available)
    assert found.log_likelihood == pytest.approx(logit.log_likelihood(plain, chosen, weights), rel=1e-12)
    assert np.isfinite(found.information).all()


@pytest.mark.parametrize("block", [2**11, 2**19])
def test_scores_by_cluster_and_their_products(problem, block, monkeypatch, rng):
    monkeypatch.setattr(likelihood, "BLOCK", block)
    X, available, chosen, weights, beta = problem
    tasks = each_its_own(X, available, chosen, weights)
    P = np.exp(logit.log_probabilities(X, beta, available))
    scores = weights[:, None] * logit.scores(X, P, chosen)
    np.testing.assert_allclose(score_products(tasks, beta), scores.T @ scores, **CLOSE)
    for clusters in (np.repeat(np.arange(25), 8), rng.permutation(np.repeat(np.arange(25), 8))):
        sums = np.zeros((25, X.shape[-1]))
        np.add.at(sums, clusters, scores)
        np.testing.assert_allclose(cluster_sums(tasks, beta, clusters), sums, **CLOSE)


@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_centred_tasks_have_the_same_derivatives(problem, offset):
    X, available, chosen, weights, beta = problem
    beta = beta * [1, 1, 0]  # at 1e8 a utility would lose what the plain version is compared by
    plain = derivatives(each_its_own(X, available, chosen, weights), beta, information=True)
    moved = X + np.where(available[..., None], [0.0, 0.0, offset], 0.0)
    tasks = each_its_own(moved.copy(), available, chosen, weights)
    size = centre(tasks)
    found = derivatives(tasks, beta, information=True)
    share = available / available.sum(axis=1, keepdims=True) * weights[:, None]
    np.testing.assert_allclose(size, np.einsum("tj,tjk->k", share, moved**2), rtol=1e-12)
    digits = max(1e-11, offset * np.finfo(float).eps * 100)  # of the numbers themselves
    np.testing.assert_allclose(found.gradient, plain.gradient, rtol=digits, atol=digits)
    np.testing.assert_allclose(found.information, plain.information, rtol=digits, atol=digits * 10)


@pytest.fixture
def fielded(rng):
    """300 respondents who answer one of two blocks of 4 tasks, with weights."""
    design = pd.DataFrame({"price": rng.normal(size=24), "time": rng.integers(1, 5, 24).astype(float)})
    design = design.assign(set=np.repeat(np.arange(8), 3), option=["a", "b", "c"] * 8)
    frames = []
    for who in range(300):
        mine = design[design["set"] // 4 == who % 2]
        U = (-mine["price"] + 0.2 * mine["time"]).to_numpy() + rng.gumbel(size=12)
        best = U.reshape(4, 3).argmax(axis=1)
        chosen = (best[:, None] == np.arange(3)).ravel().astype(int)
        frames.append(mine.assign(who=who, chosen=chosen, w=1 + who % 3, old=float(who % 5)))
    return pd.concat(frames, ignore_index=True)


def read(frame):
    roles = {"task": "set", "alternative": "option", "chosen": "chosen", "respondent": "who", "weight": "w"}
    return dce.read_long(frame, **roles)


@pytest.mark.parametrize("covariance", ["clustered", "robust", "classical"])
@pytest.mark.parametrize("formula", ["price + time", "price + time + alternative + price:old"])
def test_collapsing_changes_nothing(fielded, formula, covariance, monkeypatch):
    choices = read(fielded)
    collapsed = dce.fit_mnl(choices, formula, covariance)
    monkeypatch.setattr("dce.estimation.tasks.REPEATED", -1.0)
    each = dce.fit_mnl(choices, formula, covariance)
    # 1e-12: what rounding leaves of sums of 1,200 terms
    assert collapsed.log_likelihood == pytest.approx(each.log_likelihood, rel=1e-12)
    np.testing.assert_allclose(collapsed.coefficients, each.coefficients, rtol=1e-11)
    np.testing.assert_allclose(collapsed.covariance, each.covariance, rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("share_missing", [0.0, 0.2])
def test_designed_tasks_are_collapsed_and_random_ones_are_not(fielded, share_missing, rng):
    there = (rng.random(len(fielded)) >= share_missing) | (fielded["chosen"] == 1)
    there |= fielded["option"].isin(["a", "b"])
    layout = read(fielded[there]).layout
    x = fielded.loc[there, ["price", "time"]].to_numpy()
    tasks = gather(CodedRows(x, None), layout)
    assert tasks.which is not None
    assert len(tasks.X) < 8 * 2**3
    assert tasks.counts.sum() == layout.weights.sum()
    np.testing.assert_array_equal(tasks.X[tasks.which][layout.available], x[layout.rows][layout.available])
    assert gather(CodedRows(rng.normal(size=x.shape), None), layout).which is None


def test_large_data_start_from_a_part_and_end_at_the_same_maximum(problem, monkeypatch):
    X, available, chosen, weights, _ = problem
    tasks = each_its_own(X, available, chosen, weights)
    plain = maximise(tasks)
    monkeypatch.setattr(newton, "LARGE", 500)
    monkeypatch.setattr(newton, "PART", 3)
    large = maximise(tasks)
    np.testing.assert_allclose(large.beta, plain.beta, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(large.information, plain.information, rtol=1e-9)
    assert large.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-13)


def test_a_part_that_is_separated_does_not_matter(monkeypatch, rng):
    X = rng.normal(size=(60, 2, 1))
    chosen = X[:, :, 0].argmax(axis=1)
    chosen[1::2] = X[1::2, :, 0].argmin(axis=1)
    chosen[3] = 1 - chosen[3]
    tasks = each_its_own(X, np.ones((60, 2), dtype=bool), chosen, np.ones(60))
    plain = maximise(tasks)
    monkeypatch.setattr(newton, "LARGE", 100)
    monkeypatch.setattr(newton, "PART", 2)
    np.testing.assert_allclose(maximise(tasks).beta, plain.beta, rtol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("shuffled", [False, True])
def test_clusters_that_answered_alike_are_counted_once(fielded, weighted, shuffled, monkeypatch, rng):
    monkeypatch.setattr(likelihood, "MOST_COUNTS", 0)
    few = fielded.assign(price=fielded["price"].round(0), w=fielded["w"] if weighted else 1)
    few = few[few["set"] % 4 < 1 + few["who"] % 2]  # respondents answer one or two tasks
    choices = read(few.sample(frac=1, random_state=3) if shuffled else few)
    tasks = gather(CodedRows(choices.frame[["price", "time"]].to_numpy(), None), choices.layout)
    clusters, beta = choices.layout.respondents, rng.normal(size=2)
    alike = alike_clusters(tasks, clusters)
    assert alike is not None
    assert alike.times.sum() == 300
    assert len(alike.times) < 150
    sums = cluster_sums(tasks, beta, clusters)
    np.testing.assert_allclose(cluster_products(tasks, beta, clusters), sums.T @ sums, rtol=1e-12, atol=1e-12)


def test_information_at_zero_is_found_while_centring(problem):
    X, available, chosen, weights, _ = problem
    tasks = each_its_own(X, available, chosen, weights)
    at_zero = derivatives(tasks, np.zeros(X.shape[-1]), information=True).information
    np.testing.assert_allclose(centred_information(tasks)[1], at_zero, **CLOSE)
