"""Influence: against R's dfbeta and fits without each respondent, by hand and by invariances."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import dce
from dce.diagnostics import one_step
from dce.logit import log_probabilities, task_information

REFERENCE = Path(__file__).parents[1] / "reference"
FORMULA = "alternative + wait + distance + mode"


@pytest.mark.parametrize("weighted", [False, True])
def test_scores_are_the_dfbeta_of_clogit(weighted):
    """survival's residuals of type dfbeta, summed by respondent."""
    frame = pd.read_csv(REFERENCE / "r_clogit_data.csv")
    r = pd.read_csv(REFERENCE / "r_dfbeta.csv", index_col="respondent")
    K = r.shape[1] // 2
    expected = r.iloc[:, K:] if weighted else r.iloc[:, :K]
    fit = dce.fit_mnl(dce.Choices(frame if weighted else frame.drop(columns="weight")), FORMULA)
    found = dce.influence(fit, "score").dfbeta
    assert_allclose(found.loc[expected.index], expected, rtol=1e-5, atol=1e-9)


@pytest.fixture(scope="module")
def few() -> dce.Fit:
    """30 respondents of the data that R made."""
    frame = pd.read_csv(REFERENCE / "r_clogit_data.csv").drop(columns="weight")
    return dce.fit_mnl(dce.Choices(frame[frame["respondent"] <= 30]), "wait + distance + mode")


def test_exact_is_a_fit_without_each(few):
    exact = dce.influence(few, "exact")
    for who in (1, 17, 30):
        without = dce.fit_mnl(few.choices.drop([who], reason="test"), "wait + distance + mode")
        assert_allclose(exact.dfbeta.loc[who], few.coefficients - without.coefficients, rtol=1e-5, atol=1e-8)


def test_one_newton_step_is_close_to_exact_and_scores_are_less(few):
    exact, newton, score = (dce.influence(few, method) for method in ("exact", "newton", "score"))
    of_newton = (newton.dfbetas - exact.dfbetas).abs().to_numpy()
    of_score = (score.dfbetas - exact.dfbetas).abs().to_numpy()
    assert of_newton.max() < 0.1 * exact.dfbetas.abs().to_numpy().max()
    assert of_newton.mean() < 0.4 * of_score.mean()
    assert score.frame["distance"].sum() < exact.frame["distance"].sum()
    assert set(newton.top(3).index) == set(exact.top(3).index)


def test_by_hand():
    """40 of 50 take a; without one who did, the constant is logit(39/49)."""
    frame = pd.DataFrame({"task": np.repeat(np.arange(50), 2), "alternative": np.tile(["b", "a"], 50)})
    took_a = np.arange(50) < 40
    frame["chosen"] = np.column_stack([~took_a, took_a]).ravel().astype(int)
    frame["respondent"] = [f"P{task}" for task in frame["task"]]
    fit = dce.fit_mnl(dce.Choices(frame), "alternative")
    score, exact = dce.influence(fit, "score"), dce.influence(fit, "exact")
    assert score.dfbeta.loc["P0"].item() == pytest.approx(0.2 / 8)
    assert score.dfbeta.loc["P49"].item() == pytest.approx(-0.8 / 8)
    newton = dce.influence(fit)
    assert newton.dfbeta.loc["P0"].item() == pytest.approx(0.2 / (8 - 0.16))
    assert exact.dfbeta.loc["P0"].item() == pytest.approx(np.log(40 / 10) - np.log(39 / 10))
    assert newton.frame.loc["P49", "distance"] == pytest.approx((0.8 / 7.84) ** 2 * 8)
    assert newton.effective.item() == pytest.approx(50)
    assert newton.frame.loc["P49", "log-likelihood"] == pytest.approx(np.log(0.2))
    assert newton.frame.loc["P0", ["answers", "alternative", "share"]].tolist() == [1, "a", 1.0]


def test_effective_clusters(few):
    """All where each tells as much; fewer where not; by the plain formula."""
    found = dce.influence(few).effective
    layout = few.choices.layout
    X = few.coding.matrix(few.choices.frame)[layout.rows]
    of_task = task_information(X, np.exp(log_probabilities(X, few.coefficients.to_numpy())))
    own = np.array([of_task[layout.respondents == g].sum(axis=0) for g in range(30)])
    bread = np.linalg.inv(own.sum(axis=0))
    parts = np.array([np.diag(bread @ part @ bread) for part in own])
    assert_allclose(parts.sum(axis=0), np.diag(bread), rtol=1e-10)
    assert_allclose(found, parts.sum(axis=0) ** 2 / (parts**2).sum(axis=0), rtol=1e-8)
    assert found.max() < 30
    doubled = few.choices.frame
    doubled = pd.concat([doubled, doubled.assign(respondent=doubled["respondent"] + 100)])
    twice = dce.influence(dce.fit_mnl(dce.Choices(doubled), "wait + distance + mode")).effective
    assert_allclose(twice, 2 * found, rtol=1e-6)


def test_score_changes_make_the_clustered_covariance(few):
    """Their outer products are that covariance, but for G/(G-1)."""
    found = dce.influence(few, "score")
    G, d = few.n_respondents, found.dfbeta.to_numpy()
    assert_allclose(d.T @ d * G / (G - 1), few.covariance, rtol=1e-8)
    information = np.linalg.inv(few.with_covariance("classical").covariance)
    assert_allclose(found.frame["distance"], np.diag(d @ information @ d.T) / d.shape[1], rtol=1e-8)
    assert found.frame["relative"].mean() == pytest.approx(1)


def test_one_who_answers_against_the_others_stands_out(small_choices):
    fit = dce.fit_mnl(small_choices)
    frame, layout = small_choices.frame.copy(), small_choices.layout
    utility = (fit.coding.matrix(frame) @ fit.coefficients.to_numpy())[layout.rows]
    one = layout.respondents == 10
    worst = layout.rows[one, utility[one].argmin(axis=1)]
    frame.loc[layout.rows[one].ravel(), "chosen"] = 0
    frame.loc[worst, "chosen"] = 1
    found = dce.influence(dce.fit_mnl(dce.Choices(frame, small_choices.study)))
    who = frame["respondent"].iloc[worst[0]]
    before = dce.influence(fit)
    assert found.frame.loc[who, "relative"] > max(1.5, before.frame.loc[who, "relative"])
    assert found.frame.loc[who, "log-likelihood"] < found.frame["log-likelihood"].quantile(0.05)


def test_parts_do_not_matter(few, monkeypatch):
    whole = dce.influence(few).dfbeta
    monkeypatch.setattr(one_step, "AT_ONCE", 100)
    assert_allclose(dce.influence(few).dfbeta, whole, rtol=1e-12)


def test_order_of_rows_does_not_matter(few):
    shuffled = dce.Choices(few.choices.frame.sample(frac=1, random_state=3))
    found = dce.influence(dce.fit_mnl(shuffled, "wait + distance + mode"))
    expected = dce.influence(few)
    assert_allclose(found.dfbeta.loc[expected.dfbeta.index], expected.dfbeta, rtol=1e-6)
    assert found.top().index.tolist() == expected.top().index.tolist()


def test_without_whom_nothing_is_identified(elsewhere):
    """Only respondent 3 saw an offer: without him its coefficient is unknown."""
    frame = elsewhere.frame.copy()
    only = (frame["respondent"] == 3).to_numpy()
    frame["offer"] = np.where(only & (frame["alternative"] == "bus"), 1.0, 0.0)
    took = only & (frame["task"] == frame.loc[only, "task"].min()).to_numpy()
    frame.loc[took, "chosen"] = (frame.loc[took, "alternative"] == "bus").astype(int)
    rest = only & ~took
    frame.loc[rest, "chosen"] = (frame.loc[rest, "alternative"] == "car").astype(int)
    fit = dce.fit_mnl(dce.Choices(frame), "price + time + offer", covariance="robust")
    found = dce.influence(fit)
    assert np.isinf(found.frame.loc[3, "distance"])
    assert "∞: without them the estimates are not identified or not finite (1)" in str(found)
    assert found.effective["offer"] == pytest.approx(1, abs=0.01)
    assert "Caution: the answers of few tell offer" in " ".join(str(found).split())
    with pytest.raises(dce.EstimationError, match="without respondent 3 the coefficients are"):
        dce.influence(fit, "exact")


def test_answers_without_respondents(elsewhere):
    fit = dce.fit_mnl(dce.Choices(elsewhere.frame.drop(columns="respondent")), "price", covariance="robust")
    found = dce.influence(fit)
    assert len(found.frame) == 150
    assert found.column == "task"


def test_refusals(few):
    with pytest.raises(dce.EstimationError, match="method: found 'cook'; allowed: 'newton', 'score'"):
        dce.influence(few, "cook")
    one = few.choices.frame[few.choices.frame["respondent"] == 2]
    alone = dce.fit_mnl(dce.Choices(pd.concat([one, one.assign(task=one["task"] + 9, chosen=[0, 0, 1] * 4)])),
                        "wait", covariance="classical")  # fmt: skip
    with pytest.raises(dce.EstimationError, match=r"needs two clusters, found 1 \(respondent\)"):
        dce.influence(alone)


def test_what_it_shows(small_choices):
    found = dce.influence(dce.fit_mnl(small_choices))
    shown = str(found)
    assert "Influence on the estimates" in shown
    assert "Influence is no reason to exclude" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert len(found.table(3).frame) == 3
    assert found._repr_html_().startswith("<table>")
