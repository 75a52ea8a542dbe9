"""Marginal rates: by hand, against the general delta method, and by their sign."""

import numpy as np
import pytest

import dce


@pytest.fixture(scope="module")
def fit(small_choices):
    return dce.fit_mnl(small_choices)


def test_ratio_and_its_error_are_the_delta_method(fit):
    rates = dce.marginal_rates(fit, per="wait", convention="ratio").frame
    for name in rates.index:
        a, b = fit.coefficients[name], fit.coefficients["wait"]
        gradient = fit.coefficients * 0
        gradient[name], gradient["wait"] = 1 / b, -a / b**2
        se = np.sqrt(gradient @ fit.covariance @ gradient)
        assert rates.loc[name, "rate"] == pytest.approx(a / b)
        assert rates.loc[name, "standard error"] == pytest.approx(se)
        assert rates.loc[name, "high"] - rates.loc[name, "low"] == pytest.approx(2 * 1.959964 * se, rel=1e-6)


def test_gains_are_positive_and_named_by_the_better_level(fit):
    rates = dce.marginal_rates(fit, per="wait").frame
    assert (rates.drop("constant[B]")["rate"] > 0).all()
    assert rates.loc["mode[group]", "label"] == "Mode: face rather than group"
    assert rates.loc["parking[yes]", "label"] == "Parking: yes rather than no"
    per_parking = dce.marginal_rates(fit, per="parking[yes]").frame
    assert per_parking.loc["wait", "label"] == "Wait (weeks), one less"


def test_a_constant_keeps_its_sign(fit):
    rate = dce.marginal_rates(fit, per="wait").frame.loc["constant[B]", "rate"]
    assert rate == pytest.approx(fit.coefficients["constant[B]"] / abs(fit.coefficients["wait"]))


def test_data_from_elsewhere(elsewhere):
    fit = dce.fit_mnl(elsewhere, "price + time + alternative")
    rates = dce.marginal_rates(fit, per="price").frame
    assert rates.loc["time", "label"] == "time, one more"
    assert rates.loc["alternative[car]", "label"].startswith("alternative: ")


def test_a_reference_that_could_be_zero_is_cautioned_against(fit):
    shown = str(dce.marginal_rates(fit, per="constant[B]"))
    z = abs(fit.coefficients["constant[B]"] / fit.standard_errors["constant[B]"])
    assert ("Caution" in shown) == (z < 1.96)


def test_rescaling_the_reference_rescales_the_rates(long_frame):
    def rates(frame):
        choices = dce.read_long(frame, task="t", alternative="alt", chosen="y", respondent="id")
        return dce.marginal_rates(dce.fit_mnl(choices, "price + time"), "price").frame

    one, hundred = rates(long_frame), rates(long_frame.assign(price=long_frame["price"] * 100))
    for column in ("rate", "standard error", "low", "high"):
        assert hundred[column].to_numpy() == pytest.approx(100 * one[column].to_numpy(), rel=1e-8)


def test_effects_coded_attributes_keep_the_sign_of_their_coefficient(small_choices):
    fit = dce.fit_mnl(small_choices, "wait + parking + C(mode, contr.sum)")
    rates = dce.marginal_rates(fit, per="wait").frame
    assert rates.loc["mode[face]", "label"] == "Mode: face"
    assert rates.loc["mode[face]", "rate"] == pytest.approx(
        fit.coefficients["mode[face]"] / abs(fit.coefficients["wait"])
    )


def test_rates_beside_interactions_are_cautioned_against(small_choices):
    frame = small_choices.frame.assign(old=small_choices.frame["respondent"] % 2)
    fit = dce.fit_mnl(dce.Choices(frame, small_choices.study), "wait + parking + mode + mode:old")
    rates = dce.marginal_rates(fit, per="wait")
    assert rates.frame.loc["mode[group]", "label"] == "Mode: group"  # as estimated, not turned round
    assert rates.frame.loc["mode[group]", "rate"] == pytest.approx(
        fit.coefficients["mode[group]"] / abs(fit.coefficients["wait"])
    )
    assert rates.frame.loc["parking[yes]", "label"] == "Parking: yes rather than no"
    assert "Caution" in str(rates)
    curved = dce.fit_mnl(small_choices, "wait + I(wait**2) + parking")
    assert "hold only where the others are zero" in " ".join(str(dce.marginal_rates(curved, "wait")).split())
