"""Scenarios: probabilities and intervals by hand, by simulation from the covariance, and by name."""

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, softmax

import dce

NEAR = {"wait": 2, "parking": "no", "mode": "face"}
FAR = {"wait": 8, "parking": "yes", "mode": "group"}


@pytest.fixture(scope="module")
def fit(small_choices):
    return dce.fit_mnl(small_choices)


def test_two_services_by_hand(fit):
    result = dce.scenarios(fit, {"one": {"near": NEAR, "far": FAR}}).frame
    b, V = fit.coefficients, fit.covariance
    x = pd.Series({"constant[B]": 0, "wait": -6, "parking[yes]": -1, "mode[phone]": 0, "mode[group]": -1})
    v, se = x @ b, np.sqrt(x @ V @ x)
    assert result["probability"].tolist() == pytest.approx([expit(v), expit(-v)])
    assert result["low"].iloc[0] == pytest.approx(expit(v - 1.959964 * se), rel=1e-6)
    assert result["high"].iloc[0] == pytest.approx(expit(v + 1.959964 * se), rel=1e-6)
    assert result["standard error"].iloc[0] == pytest.approx(expit(v) * expit(-v) * se)


def test_three_services_against_draws_from_the_covariance(fit):
    middle = {"wait": 4, "parking": "yes", "mode": "phone"}
    result = dce.scenarios(fit, {"one": {"near": NEAR, "far": FAR, "middle": middle}}).frame
    X = np.array([[0, 2, 0, 0, 0], [0, 8, 1, 0, 1], [0, 4, 1, 1, 0]])
    draws = np.random.default_rng(1).multivariate_normal(fit.coefficients, fit.covariance, size=200_000)
    P = softmax(draws @ X.T, axis=1)
    assert result["probability"].sum() == pytest.approx(1)
    # 200,000 draws leave an error of about 0.001 in a quantile; linearisation adds as much.
    assert result["low"].to_numpy() == pytest.approx(np.quantile(P, 0.025, axis=0), abs=0.004)
    assert result["high"].to_numpy() == pytest.approx(np.quantile(P, 0.975, axis=0), abs=0.004)


def test_constants_count_only_where_an_alternative_is_named(fit):
    named = {"a": {"alternative": "A", **NEAR}, "b": {"alternative": "B", **NEAR}}
    constant = fit.coefficients["constant[B]"]
    assert dce.scenarios(fit, {"x": named}).frame["probability"].iloc[1] == pytest.approx(expit(constant))
    blank = {"a": NEAR, "b": dict(NEAR)}
    result = dce.scenarios(fit, {"x": blank})
    assert result.frame["probability"].tolist() == pytest.approx([0.5, 0.5])
    assert "no alternative get no constant" in str(result)


def test_a_frame_and_a_mapping_give_the_same(fit):
    frame = pd.DataFrame([{"scenario": "x", "service": "near", **NEAR},
                          {"scenario": "x", "service": "far", **FAR}])  # fmt: skip
    a = dce.scenarios(fit, frame).frame
    b = dce.scenarios(fit, {"x": {"near": NEAR, "far": FAR}}).frame
    pd.testing.assert_frame_equal(a, b)


def test_scenarios_may_be_interleaved_and_of_different_sizes(fit):
    rows = [("x", "n", NEAR), ("y", "n", NEAR), ("x", "f", FAR), ("y", "f", FAR), ("y", "g", FAR)]
    frame = pd.DataFrame([{"scenario": s, "service": n, **a} for s, n, a in rows])
    result = dce.scenarios(fit, frame).frame.groupby("scenario")["probability"].sum()
    assert result.tolist() == pytest.approx([1, 1])


def test_outside_the_studied_range_warns_by_name(fit):
    with pytest.warns(dce.RangeWarning, match="'x', 'far': wait is 12, outside the studied range, 2 to 8"):
        dce.scenarios(fit, {"x": {"near": NEAR, "far": {**FAR, "wait": 12}}})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dce.scenarios(fit, {"x": {"near": NEAR, "far": {**FAR, "wait": 5}}})


def test_probabilities_close_to_one_keep_their_intervals(fit):
    with pytest.warns(dce.RangeWarning):
        result = dce.scenarios(fit, {"x": {"now": NEAR, "never": {**NEAR, "wait": 200}}}).frame
    assert (result["low"] <= result["probability"]).all()
    assert (result["probability"] <= result["high"]).all()
    assert np.isfinite(result[["probability", "low", "high"]]).all(axis=None)
    assert result["probability"].iloc[1] > 0


def test_characteristics_that_the_utility_uses_are_asked_for(small_choices):
    frame = small_choices.frame.assign(age65=lambda f: f["respondent"] % 2)
    fit = dce.fit_mnl(dce.Choices(frame, small_choices.study), "wait + parking + wait:age65")
    with pytest.raises(dce.ScenarioError, match="age65 is missing; allowed: a number, from 0 to 1"):
        dce.scenarios(fit, {"x": {"near": NEAR, "far": FAR}})
    old = {"near": {**NEAR, "age65": 1}, "far": {**FAR, "age65": 1}}
    assert dce.scenarios(fit, {"x": old}).frame["probability"].sum() == pytest.approx(1)


def test_labelled_services_must_say_which_they_are():
    study = dce.Study(
        "Labelled",
        attributes=[dce.Attribute("wait", [1, 2, 4])],
        alternatives=[dce.Alternative("bus"), dce.Alternative("car", constant=True)],
        labelled=True,
        utility="wait:alternative",
        priors={"constant[car]": 0.3, "wait:alternative[bus]": -0.5, "wait:alternative[car]": -0.2},
    )
    design = dce.make_design(study, tasks=9, starts=1)
    fit = dce.fit_mnl(dce.simulate_choices(design, respondents=100, seed=1))
    with pytest.raises(dce.ScenarioError, match="alternative is missing, and the utility depends on it"):
        dce.scenarios(fit, {"x": {"a": {"wait": 1}, "b": {"wait": 2}}})
    both = {"a": {"alternative": "bus", "wait": 1}, "b": {"alternative": "car", "wait": 2}}
    v = fit.coefficients @ pd.Series(
        [-1, 1, -2], index=["constant[car]", "wait:alternative[bus]", "wait:alternative[car]"]
    )
    assert dce.scenarios(fit, {"x": both}).frame["probability"].iloc[0] == pytest.approx(expit(v))


def test_text_is_that_of_a_paper(fit, tmp_path):
    shown = str(dce.scenarios(fit, {"What if nearer?": {"near": NEAR, "far": FAR}}))
    assert "What if nearer?" in shown
    assert "%" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_service_that_was_never_shown_warns(clinics):
    study = clinics(restrictions=["not (mode == 'group' and wait == 8)"], design=dce.DesignSettings(tasks=12))
    design = dce.make_design(study, starts=1)
    fit = dce.fit_mnl(dce.simulate_choices(design, respondents=100, seed=1))
    with pytest.warns(dce.RangeWarning, match="'far': such a service was never shown"):
        dce.scenarios(fit, {"x": {"near": NEAR, "far": FAR}})


def test_a_scenario_without_a_name_is_refused(fit):
    frame = pd.DataFrame([{"scenario": "x", "service": "near", **NEAR},
                          {"scenario": None, "service": "far", **FAR}])  # fmt: skip
    with pytest.raises(dce.ScenarioError, match="row 2: scenario is missing"):
        dce.scenarios(fit, frame)


def test_one_person_chooses_in_a_scenario(small_choices):
    frame = small_choices.frame.assign(old=small_choices.frame["respondent"] % 2 == 0)
    fit = dce.fit_mnl(dce.Choices(frame, small_choices.study), "wait + parking + wait:old")
    both = {"near": {**NEAR, "old": True}, "far": {**FAR, "old": True}}
    assert dce.scenarios(fit, {"x": both}).frame["probability"].sum() == pytest.approx(1)
    both["far"]["old"] = False
    with pytest.raises(dce.ScenarioError, match="'x': old differs between services"):
        dce.scenarios(fit, {"x": both})


@pytest.mark.parametrize("services", [[1], {"a": {"A": 3}}, 7])
def test_scenarios_of_a_wrong_kind_are_refused(fit, services):
    with pytest.raises(dce.ScenarioError, match="allowed: a path, a frame, or a mapping"):
        dce.scenarios(fit, services)
