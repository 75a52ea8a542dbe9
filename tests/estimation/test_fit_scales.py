"""Scales by group: by hand, against plain maximisation and R, by invariances and simulation; refusals."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.optimize import approx_fprime, minimize
from scipy.special import logit

import dce
from dce import fit_scales
from dce.estimation.heteroscedastic import scale_derivatives, scale_sums
from dce.estimation.likelihood import centre
from dce.estimation.tasks import each_its_own
from dce.logit import log_likelihood, log_probabilities

REFERENCE = Path(__file__).parents[1] / "reference"


def wide_to_choices(data: pd.DataFrame) -> dce.Choices:
    """Two alternatives A and B, from a table with a row for each task."""
    parts = [
        data[["respondent", "task", "device"]].assign(
            alternative=name,
            chosen=(data["chosen"] == name).astype(int),
            cost=data[f"cost_{name.lower()}"].astype(float),
            time=data[f"time_{name.lower()}"].astype(float),
        )
        for name in ("A", "B")
    ]
    return dce.Choices(pd.concat(parts).sort_values(["respondent", "task", "alternative"]))


@pytest.fixture(scope="module")
def choices() -> dce.Choices:
    return wide_to_choices(pd.read_csv(REFERENCE / "r_scales_data.csv"))


@pytest.fixture(scope="module")
def fit(choices):
    return fit_scales(choices, "device", "alternative + cost + time")


def test_against_clm_of_r(choices):
    """ordinal::clm with scale effects; both stop within 1e-6 of a standard error of the maximum."""
    r = json.loads((REFERENCE / "r_scales.json").read_text())
    fit = fit_scales(choices, "device", "alternative + cost + time", covariance="classical")
    assert list(fit.coefficients.index) == r["names"]
    assert_allclose(fit.coefficients, r["coefficients"], rtol=1e-6)
    assert_allclose(fit.standard_errors, r["classical"], rtol=1e-6)
    assert_allclose(fit.log_likelihood, r["log_likelihood"], rtol=1e-10)
    assert_allclose(fit.equal.log_likelihood, r["equal"], rtol=1e-10)
    ratio = fit.tests().loc["likelihood ratio"]
    assert ratio["statistic"] == pytest.approx(r["likelihood_ratio"], rel=1e-6)
    assert ratio["degrees of freedom"] == 2


@pytest.mark.parametrize("kind", ["classical", "robust", "clustered"])
def test_against_biogeme(kind):
    """Two to five alternatives, weights; biogeme's clustered errors (a panel) have no factor G/(G-1)."""
    expected = json.loads((REFERENCE / "biogeme_scales.json").read_text())
    frame = pd.read_csv(REFERENCE / "shape_ragged.csv")
    frame = frame[frame.groupby("task")["task"].transform("size") <= 5]
    ragged = dce.Choices(frame.assign(third=frame["respondent"] % 3))
    fit = fit_scales(ragged, "third", "price + quality + green", covariance=kind)
    assert list(fit.coefficients.index) == expected["names"]
    assert_allclose(fit.log_likelihood, expected["log_likelihood"], rtol=1e-8)
    assert_allclose(fit.coefficients, expected["coefficients"], rtol=1e-5)
    G = ragged.n_respondents
    factor = np.sqrt(G / (G - 1)) if kind == "clustered" else 1.0
    assert_allclose(fit.standard_errors, np.array(expected[kind]) * factor, rtol=1e-5)


def test_by_hand():
    """A constant alone: each group's share gives it, and the scale is the ratio of two log-odds."""
    rows, takers = [], {"phone": 60, "post": 55}
    for group, count in takers.items():
        for k in range(80):
            rows += [
                (group, f"{group}{k}", "a", int(k < count)),
                (group, f"{group}{k}", "b", int(k >= count)),
            ]
    frame = pd.DataFrame(rows, columns=["place", "task", "alternative", "chosen"])
    frame["a"] = (frame["alternative"] == "a").astype(float)
    fit = fit_scales(dce.Choices(frame), "place", "a", covariance="classical")
    first, second = logit(60 / 80), logit(55 / 80)
    assert_allclose(fit.coefficients, [first, np.log(second / first)], rtol=1e-8)
    variance = {group: 1 / (80 * n / 80 * (1 - n / 80)) for group, n in takers.items()}
    error = np.sqrt(variance["phone"] / first**2 + variance["post"] / second**2)
    assert_allclose(fit.standard_errors, [np.sqrt(variance["phone"]), error], rtol=1e-8)
    scales = fit.scales()
    assert scales.loc["phone", "scale"] == 1
    assert scales.loc["post", "low"] == pytest.approx(second / first * np.exp(-1.959964 * error), rel=1e-6)
    wald = fit.tests().loc["Wald, classical"]
    assert wald["statistic"] == pytest.approx((np.log(second / first) / error) ** 2)


def test_against_plain_maximisation(elsewhere):
    """Three alternatives, by scipy from the plain log-likelihood."""
    fit = fit_scales(elsewhere, "old", "price + time")
    layout = elsewhere.layout
    X = elsewhere.frame[["price", "time"]].to_numpy()[layout.rows]
    old = elsewhere.frame["old"].to_numpy()[layout.rows[:, 0]]

    def loss(theta):
        scale = np.where(old == 1, np.exp(theta[2]), 1.0)[:, None, None]
        return -log_likelihood(log_probabilities(scale * X, theta[:2]), layout.chosen)

    best = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-8})
    assert fit.log_likelihood == pytest.approx(-best.fun, rel=1e-10)
    assert_allclose(fit.coefficients, best.x, rtol=1e-4)


def test_derivatives_are_those_of_finite_differences(rng):
    groups = []
    for T in (30, 20, 25):
        available = np.ones((T, 3), dtype=bool)
        available[:4, 2] = False
        X = np.where(available[..., None], rng.normal(size=(T, 3, 2)), 0.0)
        tasks = each_its_own(X, available, rng.integers(0, 2, T), rng.uniform(0.5, 2, T))
        centre(tasks)
        groups.append(tasks)
    theta = np.array([0.4, -0.7, 0.3, -0.5])
    at = scale_derivatives(groups, theta)
    numeric = approx_fprime(theta, lambda b: scale_derivatives(groups, b).log_likelihood, 1e-6)
    assert_allclose(at.gradient, numeric, rtol=1e-4)
    hessian = approx_fprime(theta, lambda b: scale_derivatives(groups, b).gradient, 1e-7)
    assert_allclose(at.observed, -hessian, rtol=1e-4, atol=1e-4)
    clusters = [rng.integers(0, 9, len(tasks.chosen)) for tasks in groups]
    assert_allclose(scale_sums(groups, theta, clusters, 9).sum(axis=0), at.gradient, rtol=1e-10)


def test_clusters_that_span_groups(choices):
    """The scale may differ between halves of the survey; a respondent is in both."""
    late = dce.Choices(choices.frame.assign(half=np.where(choices.frame["task"] > 3, "second", "first")))
    fit = fit_scales(late, "half", "cost + time")
    layout, b = late.layout, fit.coefficients.to_numpy()
    X = late.frame[["cost", "time"]].to_numpy()[layout.rows]
    second = late.frame["half"].to_numpy()[layout.rows[:, 0]] == "second"

    def of_tasks(theta):
        scale = np.where(second, np.exp(theta[2]), 1.0)[:, None, None]
        log_P = log_probabilities(scale * X, theta[:2])
        return np.take_along_axis(log_P, layout.chosen[:, None], axis=1)[:, 0]

    eps = 1e-5
    scores = np.column_stack([(of_tasks(b + d) - of_tasks(b - d)) / (2 * eps) for d in eps * np.eye(3)])
    sums = pd.DataFrame(scores).groupby(layout.respondents).sum().to_numpy()
    bread = fit_scales(late, "half", "cost + time", covariance="classical").covariance.to_numpy()
    G = len(sums)
    assert_allclose(fit.covariance, bread @ sums.T @ sums @ bread * G / (G - 1), rtol=1e-5)
    robust = fit_scales(late, "half", "cost + time", covariance="robust").covariance
    assert_allclose(robust, bread @ scores.T @ scores @ bread, rtol=1e-5)


def test_another_reference_is_another_unit(choices, fit):
    other = fit_scales(choices, "device", "alternative + cost + time", reference="phone")
    assert other.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-12)
    scale = fit.scales().loc["phone", "scale"]
    assert_allclose(other.coefficients.iloc[:3], scale * fit.coefficients.iloc[:3], rtol=1e-6)
    assert other.scales().loc["desktop", "scale"] == pytest.approx(1 / scale, rel=1e-6)
    assert_allclose(other.tests().to_numpy(dtype=float), fit.tests().to_numpy(dtype=float), rtol=1e-5)


def test_order_of_rows_and_units_do_not_matter(choices, fit):
    frame = choices.frame.sample(frac=1, random_state=1)
    frame["time"] = frame["time"] / 60 + 1e3
    other = fit_scales(dce.Choices(frame), "device", "alternative + cost + time")
    changed = fit.coefficients.to_numpy() * [
        -1 if other.coefficients.index[0] != "alternative[B]" else 1,
        1,
        60,
        1,
        1,
    ]
    assert_allclose(other.coefficients, changed, rtol=1e-5)


def test_simulated_scales_are_found():
    """A group with half the scale of the other, at 2,000 respondents: within three standard errors."""
    rng = np.random.default_rng(4)
    n = 12_000
    wide = pd.DataFrame({"respondent": np.arange(n) // 6, "task": np.arange(n) % 6})
    wide["device"] = np.where(wide["respondent"] % 2, "phone", "desktop")
    for name in ("a", "b"):
        wide[f"cost_{name}"], wide[f"time_{name}"] = rng.integers(1, 7, n), rng.normal(size=n)
    V = -0.6 * (wide["cost_b"] - wide["cost_a"]) + 0.8 * (wide["time_b"] - wide["time_a"])
    P = 1 / (1 + np.exp(-V * np.where(wide["device"] == "phone", 0.5, 1.0)))
    wide["chosen"] = np.where(rng.uniform(size=n) < P, "B", "A")
    fit = fit_scales(wide_to_choices(wide), "device", "cost + time")
    assert_allclose(fit.coefficients, [-0.6, 0.8, np.log(0.5)], atol=3 * fit.standard_errors.max())
    z = (fit.coefficients - [-0.6, 0.8, np.log(0.5)]) / fit.standard_errors
    assert np.abs(z).max() < 3
    assert fit.tests()["p"].max() < 1e-10


@pytest.mark.slow
def test_equal_scales_are_rarely_rejected():
    """200 studies of 150 respondents with one scale: both tests reject 5%, within three standard errors."""
    rng, n = np.random.default_rng(8), 900
    p = []
    for _ in range(200):
        wide = pd.DataFrame({"respondent": np.arange(n) // 6, "task": np.arange(n) % 6})
        wide["device"] = np.array(["desktop", "phone", "tablet"])[wide["respondent"] % 3]
        for name in ("a", "b"):
            wide[f"cost_{name}"], wide[f"time_{name}"] = rng.integers(1, 7, n), rng.normal(size=n)
        V = -0.5 * (wide["cost_b"] - wide["cost_a"]) + 0.7 * (wide["time_b"] - wide["time_a"])
        wide["chosen"] = np.where(rng.uniform(size=n) < 1 / (1 + np.exp(-V)), "B", "A")
        p.append(fit_scales(wide_to_choices(wide), "device", "cost + time").tests()["p"].to_numpy())
    rejected = (np.array(p) < 0.05).mean(axis=0)
    assert np.abs(rejected - 0.05).max() < 3 * np.sqrt(0.05 * 0.95 / 200)


def test_what_it_shows(fit):
    shown = str(fit)
    assert "Scale by device" in shown
    assert "log scale[phone]" in shown
    assert "Equal scales, likelihood ratio" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert fit._repr_html_().count("<table>") == 2
    assert fit.frame.index.tolist() == ["desktop", "phone", "tablet"]


def test_opposite_tastes_have_no_scale(choices):
    frame = choices.frame.copy()
    phone = frame["device"] == "phone"
    frame.loc[phone, "chosen"] = 1 - frame.loc[phone, "chosen"]
    with pytest.raises(dce.EstimationError, match="the scale of phone has no positive estimate"):
        fit_scales(dce.Choices(frame), "device", "cost + time")


def test_a_group_without_errors_has_no_scale(choices):
    frame = choices.frame.copy()
    utility = -0.5 * frame["cost"] - 0.0433 * frame["time"] + 1e-6 * (frame["alternative"] == "A")
    best = utility.groupby([frame["respondent"], frame["task"]]).transform("max")
    phone = frame["device"] == "phone"
    frame.loc[phone, "chosen"] = (utility == best)[phone].astype(int)
    with pytest.raises(dce.SeparationError, match="the scale of phone is infinite"):
        fit_scales(dce.Choices(frame), "device", "cost + time")


def test_tastes_of_every_group_leave_no_scale(elsewhere):
    with pytest.raises(dce.IdentificationError, match=r"cannot tell apart .*log scale\[1\]"):
        fit_scales(elsewhere, "old", "price + time + price:old + time:old")


def test_refusals(choices, elsewhere):
    with pytest.raises(dce.ChoicesError, match=r"by: 'cost' differs within a task"):
        fit_scales(choices, "cost", "cost")
    with pytest.raises(dce.ChoicesError, match=r"by: 'chosen' is no column that divides answers"):
        fit_scales(choices, "chosen", "cost")
    with pytest.raises(dce.ChoicesError, match=r"reference: found 'fax'; allowed: 'desktop'"):
        fit_scales(choices, "device", "cost", reference="fax")
    one = dce.Choices(choices.frame.assign(one=1))
    with pytest.raises(dce.ChoicesError, match=r"has 1 values; allowed: two to 20"):
        fit_scales(one, "one", "cost")
    with pytest.raises(dce.EstimationError, match="covariance: found 'CR2'"):
        fit_scales(choices, "device", "cost", covariance="CR2")


def test_categories_keep_their_order(choices):
    order = ["tablet", "desktop", "phone"]
    frame = choices.frame.assign(device=pd.Categorical(choices.frame["device"], categories=order))
    assert fit_scales(dce.Choices(frame), "device", "cost").groups.index.tolist() == order


def test_answers_without_a_group_are_counted(choices):
    frame = choices.frame.copy()
    frame["device"] = frame["device"].where(frame["respondent"] != 3)
    fit = fit_scales(dce.Choices(frame), "device", "cost + time")
    assert fit.groups["tasks"].sum() == choices.n_tasks - 6
    assert "Left out: 6 answered tasks without device." in str(fit)
