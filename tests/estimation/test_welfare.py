"""Compensating variation: one and many services by hand, its sign, finite differences, invariances."""

from dataclasses import replace

import numpy as np
import pytest

import dce

NOW = {"wait": 8, "parking": "no", "mode": "face"}
SOONER = {**NOW, "wait": 4}
OTHER = {"wait": 4, "parking": "yes", "mode": "group"}


@pytest.fixture(scope="module")
def fit(small_choices):
    return dce.fit_mnl(small_choices)


@pytest.fixture(scope="module")
def aged(small_choices):
    frame = small_choices.frame
    choices = dce.Choices(frame.assign(old=frame["respondent"] % 2), small_choices.study)
    return dce.fit_mnl(choices, "wait + parking + mode + parking:old")


def value_of(result):
    return result.frame.loc["compensating variation", "value"]


def test_one_service_is_the_difference_in_utility(fit):
    """Four weeks less of waiting are worth four weeks; parking is worth b_parking / -b_wait."""
    sooner = dce.compensating_variation(fit, {"us": NOW}, {"us": SOONER}, per="wait")
    assert value_of(sooner) == pytest.approx(4, rel=1e-9)
    assert sooner.frame.loc["compensating variation", "standard error"] == pytest.approx(0, abs=1e-9)
    parking = dce.compensating_variation(fit, {"us": NOW}, {"us": {**NOW, "parking": "yes"}}, per="wait")
    rate = dce.marginal_rates(fit, per="wait").frame.loc["parking[yes]"]
    found = parking.frame.loc["compensating variation"]
    assert found["value"] == pytest.approx(rate["rate"], rel=1e-9)
    assert found["standard error"] == pytest.approx(rate["standard error"], rel=1e-7)
    worse = dce.compensating_variation(fit, {"us": SOONER}, {"us": NOW}, per="wait")
    assert value_of(worse) == pytest.approx(-4, rel=1e-9)


def test_many_services_by_hand(fit):
    """Small and Rosen (1981): the logsum after minus before, over the size of the marginal utility."""
    b = fit.coefficients
    v_now, v_sooner = 8 * b["wait"], 4 * b["wait"]
    v_other = 4 * b["wait"] + b["parking[yes]"] + b["mode[group]"]
    gain = np.log(np.exp(v_sooner) + np.exp(v_other)) - np.log(np.exp(v_now) + np.exp(v_other))
    result = dce.compensating_variation(fit, {"a": NOW, "b": OTHER}, {"a": SOONER, "b": OTHER}, "wait")
    assert result.frame.loc["utility", "value"] == pytest.approx(gain, rel=1e-12)
    assert value_of(result) == pytest.approx(gain / -b["wait"], rel=1e-9)
    assert 0 < value_of(result) < 4  # only those who choose it gain
    assert "Positive: people are better off" in str(result)
    assert "how much more of it people would accept" in " ".join(str(result).split())
    assert max(map(len, str(result).splitlines())) <= 80


def test_a_new_service_is_worth_something(fit):
    result = dce.compensating_variation(fit, {"a": NOW}, {"a": NOW, "b": NOW}, per="wait")
    assert value_of(result) == pytest.approx(np.log(2) / -fit.coefficients["wait"], rel=1e-9)


def test_a_good_is_given_up(long_frame):
    fit = dce.fit_mnl(
        dce.read_long(long_frame, task="t", alternative="alt", chosen="y", respondent="id"), "price + time"
    )
    assert fit.coefficients["time"] > 0
    a, b = {"price": 3, "time": 0.0}, {"price": 3, "time": 1.0}
    result = dce.compensating_variation(fit, {"x": a}, {"x": b}, per="time")
    assert value_of(result) == pytest.approx(1, rel=1e-9)
    assert "how much less of it people would accept" in " ".join(str(result).split())


@pytest.mark.parametrize("per", [None, "wait"])
def test_errors_are_those_of_finite_differences(aged, per):
    before, after = {"a": NOW, "b": OTHER}, {"a": {**NOW, "parking": "yes"}, "b": OTHER}
    row = dce.compensating_variation(aged, before, after, per).frame.iloc[-1]
    gradient = []
    for k in range(len(aged.coefficients)):
        move = np.zeros(len(aged.coefficients))
        move[k] = 1e-5
        near = [replace(aged, coefficients=aged.coefficients + sign * move) for sign in (1, -1)]
        values = [dce.compensating_variation(f, before, after, per).frame["value"].iloc[-1] for f in near]
        gradient.append((values[0] - values[1]) / 2e-5)
    se = np.sqrt(np.array(gradient) @ aged.covariance.to_numpy() @ np.array(gradient))
    assert row["standard error"] == pytest.approx(se, rel=1e-6)
    drawn = dce.compensating_variation(aged, before, after, per, method="krinsky-robb", draws=20_000)
    assert drawn.frame["standard error"].iloc[-1] == pytest.approx(se, rel=0.05)


def test_respondents_are_averaged_over(aged):
    b = aged.coefficients
    result = dce.compensating_variation(aged, {"a": NOW}, {"a": {**NOW, "parking": "yes"}}, per="wait")
    mean = b["parking[yes]"] + 0.5 * b["parking[yes]:old"]
    assert value_of(result) == pytest.approx(mean / -b["wait"], rel=1e-9)
    young = {"a": {**NOW, "old": 0}}, {"a": {**NOW, "old": 0, "parking": "yes"}}
    assert value_of(dce.compensating_variation(aged, *young, per="wait")) == pytest.approx(
        b["parking[yes]"] / -b["wait"], rel=1e-9
    )
    with pytest.raises(dce.ScenarioError, match="before and after are for different people"):
        dce.compensating_variation(aged, {"a": {**NOW, "old": 0}}, {"a": {**NOW, "old": 1}})


def test_scale_changes_utility_and_units_alike(fit):
    before, after = {"a": NOW}, {"a": {**NOW, "parking": "yes"}}
    plain = dce.compensating_variation(fit, before, after, "wait").frame
    scaled = dce.compensating_variation(fit, before, after, "wait", scale=0.5).frame
    assert scaled.loc["utility", "value"] == pytest.approx(plain.loc["utility", "value"] / 2)
    columns = ["value", "standard error", "low", "high"]
    found, expected = (f.loc["compensating variation", columns].tolist() for f in (scaled, plain))
    assert found == pytest.approx(expected, rel=1e-9)


def test_scenarios_by_name(fit):
    many = {"now": {"a": NOW, "b": OTHER}, "then": {"a": SOONER, "b": OTHER}}
    named = dce.compensating_variation(fit, "now", "then", "wait", scenarios=many).frame
    given = dce.compensating_variation(fit, many["now"], many["then"], "wait").frame
    assert named.equals(given)


def test_what_is_no_unit(fit, small_choices):
    before, after = {"a": NOW}, {"a": SOONER}
    with pytest.raises(dce.ScenarioError, match=r"'mode' is no numeric attribute"):
        dce.compensating_variation(fit, before, after, "mode")
    curved = dce.fit_mnl(small_choices, "poly(wait, 2) + parking")
    with pytest.raises(
        dce.ScenarioError, match="marginal utility of wait depends on its value or on the service"
    ):
        dce.compensating_variation(curved, before, after, "wait")
    crossed = dce.fit_mnl(small_choices, "wait + mode + wait:mode")
    with pytest.raises(
        dce.ScenarioError, match="marginal utility of wait depends on its value or on the service"
    ):
        dce.compensating_variation(crossed, {"a": NOW, "b": OTHER}, {"a": SOONER, "b": OTHER}, "wait")
    vague = replace(fit, covariance=fit.covariance * 1000)
    result = dce.compensating_variation(vague, before, after, "wait", method="krinsky-robb")
    text = " ".join(str(result).split())
    assert "effect of wait is not clearly different from zero" in text
    assert "of the draws the effect of wait has the other sign" in text
