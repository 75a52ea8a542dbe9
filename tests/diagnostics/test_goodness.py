"""Goodness: by hand, against statsmodels, by the first-order conditions and simulation."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import approx_fprime
from statsmodels.stats.proportion import proportion_confint

import dce
from dce.diagnostics.hit_rate import clustered_rate, hits
from dce.logit import log_probabilities, scores, task_information


def two_services(takers: int, n: int = 50) -> dce.Choices:
    """n respondents, a task each: so many take a."""
    frame = pd.DataFrame({"task": np.repeat(np.arange(n), 2), "alternative": np.tile(["b", "a"], n)})
    frame["respondent"] = frame["task"]
    took_a = np.arange(n) < takers
    frame["chosen"] = np.column_stack([~took_a, took_a]).ravel().astype(int)
    return dce.Choices(frame)


def test_by_hand():
    """40 of 50 take a: the model is its share, 0.8."""
    found = dce.goodness(dce.fit_mnl(two_services(40), "alternative"))
    LL, LL0 = 40 * np.log(0.8) + 10 * np.log(0.2), 50 * np.log(0.5)
    assert found["McFadden R2"] == pytest.approx(1 - LL / LL0)
    assert found["McFadden R2, adjusted"] == pytest.approx(1 - (LL - 1) / LL0)
    assert found["McFadden R2, against constants"] == pytest.approx(0, abs=1e-12)
    assert found["Estrella R2"] == pytest.approx(1 - (LL / LL0) ** (2 * np.log(2)))
    assert found["Cox-Snell R2"] == pytest.approx(1 - (np.exp(LL0 - LL)) ** (2 / 50))
    assert found["Nagelkerke R2"] == pytest.approx(found["Cox-Snell R2"] / (1 - 0.25))
    assert found["geometric mean probability of the chosen"] == pytest.approx(0.8**0.8 * 0.2**0.2)
    assert found["mean probability of the chosen (Ben-Akiva-Lerman)"] == pytest.approx(0.8**2 + 0.2**2)
    for name in ("hit rate", "hit rate that the model expects", "hit rate of the alternative chosen most"):
        assert found[name] == pytest.approx(0.8)
    assert found["hit rate of guesses"] == 0.5
    # A task each: the effective number of answers is N - 1, because of the factor N/(N-1).
    expected = proportion_confint(0.8 * 49, 49, method="wilson")
    assert_allclose(found.frame.loc["hit rate", ["low", "high"]].astype(float), expected, rtol=1e-6)


def test_one_alternative_that_all_choose(elsewhere):
    """Constants then predict every answer, and no R2 against them exists."""
    frame = elsewhere.frame.copy()
    best = frame.groupby("task")["chosen"].transform("idxmax") == frame.index
    frame.loc[best, "alternative"] = "first"
    frame.loc[~best, "alternative"] = np.tile(["second", "third"], 150)
    found = dce.goodness(dce.fit_mnl(dce.Choices(frame), "price + time"))
    assert np.isnan(found["McFadden R2, against constants"])
    assert found["hit rate of the alternative chosen most"] == 1
    assert found["McFadden R2"] < 1


def test_hits_of_ties():
    P = np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5], [0.2, 0.3, 0.5]])
    assert hits(P, np.array([0, 2, 1])).tolist() == [0.5, 1.0, 0.0]


def test_answers_that_depend_on_one_another_count_less():
    """Ten identical answers of each of 30 clusters are 30 answers, not 300."""
    rng = np.random.default_rng(1)
    of_cluster = (rng.uniform(size=30) < 0.7).astype(float)
    alone = clustered_rate(of_cluster, np.ones(30), np.arange(30), 1.96)
    tenfold = clustered_rate(np.repeat(of_cluster, 10), np.ones(300), np.repeat(np.arange(30), 10), 1.96)
    assert_allclose([tenfold.low, tenfold.high], [alone.low, alone.high], rtol=1e-10)
    all_hit = clustered_rate(np.ones(300), np.ones(300), np.repeat(np.arange(30), 10), 1.959964)
    assert (all_hit.low, all_hit.high) == pytest.approx(proportion_confint(30, 30, method="wilson"))


def test_intervals_of_hits_cover():
    """Beta-binomial clusters, 40 of 8 answers: 95% within the noise of 2,000 draws."""
    rng = np.random.default_rng(2)
    clusters, inside = np.repeat(np.arange(40), 8), 0
    for _ in range(2000):
        values = (rng.uniform(size=320) < np.repeat(rng.beta(6, 4, 40), 8)).astype(float)
        rate = clustered_rate(values, np.ones(320), clusters, 1.959964)
        inside += rate.low <= 0.6 <= rate.high
    assert 0.93 < inside / 2000 < 0.965


def test_levels_of_main_effects_are_equal_by_the_first_order_conditions(small_choices):
    shares = dce.goodness(dce.fit_mnl(small_choices)).shares.set_index(["attribute", "level"])
    for attribute in ("Parking", "Mode", "Alternative"):
        assert shares.loc[attribute, "fitted"].all()
        assert_allclose(shares.loc[attribute, "difference"], 0, atol=1e-8)
    assert not shares.loc["Wait", "fitted"].any()  # linear: three levels have one coefficient
    wait = np.array([2, 4, 8])
    assert wait @ shares.loc["Wait", "difference"].to_numpy() == pytest.approx(0, abs=1e-8)
    assert_allclose(shares["observed"] - shares["predicted"], shares["difference"], atol=1e-12)
    for _, of_attribute in shares.groupby(level=0):
        assert of_attribute[["observed", "predicted"]].sum().tolist() == pytest.approx([1, 1])


def test_errors_of_shares_are_those_of_the_plain_formula(small_choices):
    """Without collapsing, and the derivative by finite differences."""
    fit = dce.fit_mnl(small_choices, "parking + wait")
    found = dce.goodness(fit).shares.set_index("level").loc["4 weeks"]
    layout, b = small_choices.layout, fit.coefficients.to_numpy()
    X = fit.coding.matrix(small_choices.frame)[layout.rows]
    z = (small_choices.frame["wait"].to_numpy() == 4)[layout.rows].astype(float)

    def predicted(beta):
        return float((np.exp(log_probabilities(X, beta)) * z).sum())

    P = np.exp(log_probabilities(X, b))
    T = len(P)
    r = z[np.arange(T), layout.chosen] - (P * z).sum(axis=1)
    influence = scores(X, P, layout.chosen) @ np.linalg.inv(task_information(X, P).sum(axis=0))
    per_task = r - influence @ approx_fprime(b, predicted, 1e-6)
    G = small_choices.n_respondents
    per_cluster = np.bincount(layout.respondents, weights=per_task)
    assert found["difference"] == pytest.approx(r.sum() / T, rel=1e-8)
    assert found["standard error"] == pytest.approx(
        np.sqrt(per_cluster @ per_cluster * G / (G - 1)) / T, rel=1e-5
    )


def test_a_missed_level_is_seen(small_design):
    """People like 4 weeks for its own sake; a line cannot tell, the shares do."""
    choices = dce.simulate_choices(small_design, respondents=400, seed=3)
    frame = choices.frame.copy()
    likes = frame["wait"].to_numpy() == 4
    layout, rng = choices.layout, np.random.default_rng(3)
    utility = (1.5 * likes - 0.2 * frame["wait"].to_numpy())[layout.rows]
    chosen = (utility + rng.gumbel(size=utility.shape)).argmax(axis=1)
    taken = np.zeros(len(frame), dtype=int)
    taken[layout.rows[np.arange(len(chosen)), chosen]] = 1
    shares = dce.goodness(dce.fit_mnl(dce.Choices(frame.assign(chosen=taken), choices.study))).shares
    assert shares.set_index("level").loc["4 weeks", "z"] > 5


@pytest.mark.slow
def test_standardised_residuals_are_standard_where_the_model_is_true(small_design):
    z = []
    for seed in range(150):
        fit = dce.fit_mnl(dce.simulate_choices(small_design, respondents=60, seed=seed))
        z.append(dce.goodness(fit).shares.set_index("level").loc["4 weeks", "z"])
    assert abs(np.mean(z)) < 3 / np.sqrt(150)
    assert np.std(z) == pytest.approx(1, abs=3 / np.sqrt(300))


def test_frames_from_elsewhere(elsewhere):
    found = dce.goodness(dce.fit_mnl(elsewhere, "price + time"))
    shares = found.shares.set_index("attribute")
    assert list(shares.loc["alternative", "level"]) == ["bus", "car", "train"]
    assert list(shares.loc["price", "level"]) == ["1", "2", "3", "4", "5"]
    assert len(shares.loc["time"]) == 5  # classes of equal size
    assert shares.loc["time", "observed"].sum() == pytest.approx(1)
    alone = dce.goodness(dce.fit_mnl(elsewhere, "price", covariance="robust"))
    assert "clusters (respondent)" in alone.notes[0]


def test_zeros_of_other_alternatives_are_a_class(elsewhere):
    frame = elsewhere.frame.assign(
        time_car=elsewhere.frame["time"].where(elsewhere.frame["alternative"] == "car", 0)
    )
    shares = dce.goodness(dce.fit_mnl(dce.Choices(frame), "price + time_car")).shares.set_index("attribute")
    levels = shares.loc["time_car"]
    assert levels["level"].iloc[0] == "0"
    assert len(levels) == 6
    not_car = (frame["chosen"] == 1) & (frame["alternative"] != "car")
    assert levels["observed"].iloc[0] == pytest.approx(not_car.sum() / 150)
    assert levels["observed"].sum() == pytest.approx(1)


def test_weights_are_duplicates(elsewhere):
    twice = pd.concat([elsewhere.frame, elsewhere.frame.assign(task=elsewhere.frame["task"] + 1000)])
    doubled = dce.goodness(dce.fit_mnl(dce.Choices(twice), "price + time"))
    weighted = dce.goodness(dce.fit_mnl(dce.Choices(elsewhere.frame.assign(weight=2.0)), "price + time"))
    assert_allclose(weighted.frame.to_numpy(), doubled.frame.to_numpy(), rtol=1e-8)
    numbers = ["observed", "predicted", "standard error"]
    assert_allclose(weighted.shares[numbers], doubled.shares[numbers], rtol=1e-6, atol=1e-12)


def test_what_it_shows(small_choices):
    found = dce.goodness(dce.fit_mnl(small_choices))
    shown = str(found)
    assert "Observed and predicted shares" in shown
    assert "4 weeks" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert found._repr_html_().count("<table>") == 2
