"""Rates at a point: derivatives by hand, whatever the form of the attribute; omitted levels."""

import numpy as np
import pytest

import dce
from dce.estimation.effects import coefficient_effects
from dce.estimation.effects_at import effects_at


@pytest.fixture(scope="module")
def aged(small_choices):
    old = small_choices.frame["respondent"] % 2
    return dce.Choices(small_choices.frame.assign(old=old), small_choices.study)


def weights(fit, at, name):
    return dict(zip(fit.coding.names, effects_at(fit, at)[name].weights, strict=True))


def test_without_curves_a_point_changes_nothing(small_choices):
    fit = dce.fit_mnl(small_choices)
    plain, point = (dce.marginal_rates(fit, "wait", at=at, method="fieller") for at in (None, {}))
    assert point.frame.equals(plain.frame)
    assert str(point) == str(plain)


@pytest.mark.parametrize(
    ("formula", "derivatives"),
    [
        ("wait + I(wait**2) + parking", {"wait": 1.0, "I(wait ** 2)": 8.0}),
        ("log(wait) + parking", {"log(wait)": 0.25}),
        ("np.sqrt(wait) + parking", {"np.sqrt(wait)": 0.25}),
        ("np.exp(-wait) + parking", {"np.exp(-wait)": -np.exp(-4.0)}),
        ("I(np.maximum(wait - 3, 0)) + parking", {"I(np.maximum(wait - 3, 0))": 1.0}),
        ("center(wait) + parking", {"center(wait)": 1.0}),
        ("wait + wait:log(wait) + parking", {"wait": 1.0, "wait:log(wait)": 1 + np.log(4.0)}),
    ],
)
def test_derivatives_by_hand(small_choices, formula, derivatives):
    fit = dce.fit_mnl(small_choices, formula)
    found = weights(fit, {"wait": 4}, "wait")
    for name, expected in derivatives.items():
        assert found[name] == pytest.approx(expected, rel=1e-9), name
    assert all(found[name] == 0 for name in found if name not in derivatives)


@pytest.mark.parametrize("wait", [2, 2.0001, 4, 8, 12])
def test_at_the_ends_of_the_range_and_beyond(small_choices, wait):
    fit = dce.fit_mnl(small_choices, "log(wait) + parking")
    assert weights(fit, {"wait": wait}, "wait")["log(wait)"] == pytest.approx(1 / wait, rel=1e-9)


def test_splines_are_not_left_at_the_ends_of_the_range(elsewhere):
    """Outside the range bs refuses; a natural check: the slope is that of a secant."""
    fit = dce.fit_mnl(elsewhere, "bs(price, df=4) + time")
    for price in (1.0, 2.2, 5.0):
        slope = effects_at(fit, {"price": price})["price"].weights
        inside = price + (1e-5 if price < 5 else -1e-5)
        frame = elsewhere.frame.head(2).assign(price=[price, inside])
        first, second = fit.coding.matrix(frame)
        columns = [k for k, name in enumerate(fit.coding.names) if "price" in name]
        secant = (second - first)[columns] / (inside - price)
        assert slope[columns] == pytest.approx(secant, abs=1e-4)


def test_poly_is_the_power_that_it_stands_for(small_choices):
    """Two ways to write one parabola give the same rates, errors and intervals."""
    plain = dce.fit_mnl(small_choices, "wait + I(wait**2) + parking + mode")
    poly = dce.fit_mnl(small_choices, "poly(wait, 2) + parking + mode")
    for at in ({"wait": 2}, {"wait": 5.5}, {"wait": 8}):
        one, two = (dce.marginal_rates(fit, "wait", at=at, method="fieller").frame for fit in (plain, poly))
        assert list(one.index) == list(two.index)
        columns = ["rate", "standard error", "low", "high"]
        assert one[columns].to_numpy() == pytest.approx(two[columns].to_numpy(), rel=1e-7)
    b = plain.coefficients
    expected = b["parking[yes]"] / abs(b["wait"] + 2 * 5.5 * b["I(wait ** 2)"])
    rate = dce.marginal_rates(plain, "wait", at={"wait": 5.5}).frame.loc["parking[yes]", "rate"]
    assert rate == pytest.approx(expected, rel=1e-9)


def test_the_error_is_the_delta_method_of_a_numerical_gradient(small_choices):
    fit = dce.fit_mnl(small_choices, "wait + I(wait**2) + parking + mode")
    names = list(fit.coefficients.index)

    def rate(beta):
        b = dict(zip(names, beta, strict=True))
        return b["mode[group]"] / (b["wait"] + 2 * 3 * b["I(wait ** 2)"])

    beta, h = fit.coefficients.to_numpy(), 1e-6
    gradient = np.array([(rate(beta + h * e) - rate(beta - h * e)) / (2 * h) for e in np.eye(len(beta))])
    expected = np.sqrt(gradient @ fit.covariance.to_numpy() @ gradient)
    found = dce.marginal_rates(fit, "wait", at={"wait": 3}).frame.loc["mode[group]", "standard error"]
    assert found == pytest.approx(expected, rel=1e-7)


def test_interactions_hold_for_somebody(aged):
    fit = dce.fit_mnl(aged, "wait + wait:old + parking + mode + mode:old")
    b = fit.coefficients
    young, old = (dce.marginal_rates(fit, "wait", at={"old": old}).frame for old in (0, 1))
    assert young.loc["parking[yes]", "rate"] == pytest.approx(b["parking[yes]"] / abs(b["wait"]))
    assert old.loc["parking[yes]", "rate"] == pytest.approx(
        b["parking[yes]"] / abs(b["wait"] + b["wait:old"])
    )
    expected = abs(b["mode[group]"] + b["mode[group]:old"]) / abs(b["wait"] + b["wait:old"])
    assert old.loc["mode[group]", "rate"] == pytest.approx(expected)
    assert old.loc["mode[group]", "label"] == "Mode: face rather than group"
    assert "old" not in old.index


def test_services_by_name(small_choices):
    fit = dce.fit_mnl(small_choices, "wait:alternative + parking + mode")
    b = fit.coefficients
    rates = dce.marginal_rates(fit, "wait", at={"alternative": "B", "wait": 4}).frame
    assert rates.loc["parking[yes]", "rate"] == pytest.approx(
        b["parking[yes]"] / abs(b["wait:alternative[B]"])
    )
    expected = b["constant[B]"] + 4 * (b["wait:alternative[B]"] - b["wait:alternative[A]"])
    assert rates.loc["alternative[B]", "rate"] == pytest.approx(expected / abs(b["wait:alternative[B]"]))


def test_data_from_elsewhere(elsewhere):
    fit = dce.fit_mnl(elsewhere, "alternative + price + I(price**2) + time + time:old")
    rates = dce.marginal_rates(fit, "price", at={"price": 3, "old": 1}).frame
    b = fit.coefficients
    expected = abs(b["time"] + b["time:old"]) / abs(b["price"] + 6 * b["I(price ** 2)"])
    assert rates.loc["time", "rate"] == pytest.approx(expected)
    assert list(rates.index) == ["alternative[car]", "alternative[train]", "time"]


def test_the_omitted_level_of_effects_coding_has_its_error(small_choices):
    """The same model with dummies: a level less the mean of all three."""
    effects = dce.fit_mnl(small_choices, "wait + parking + C(mode, contr.sum)")
    dummies = dce.fit_mnl(small_choices, "wait + parking + mode")
    names = list(dummies.coefficients.index)
    phone, group, wait = (names.index(n) for n in ("mode[phone]", "mode[group]", "wait"))
    beta, V = dummies.coefficients.to_numpy(), dummies.covariance.to_numpy()
    n, gradient = beta[group] - (beta[phone] + beta[group]) / 3, np.zeros(len(beta))
    gradient[[phone, group]] = -1 / 3, 2 / 3
    gradient = gradient / abs(beta[wait])
    gradient[wait] = n / beta[wait] ** 2
    for at in (None, {}):
        found = dce.marginal_rates(effects, "wait", at=at).frame
        assert found.index.tolist()[-3:] == ["mode[face]", "mode[phone]", "mode[group]"]
        assert found["rate"].iloc[-3:].sum() == pytest.approx(0, abs=1e-12)
        assert found.loc["mode[group]", "label"] == "Mode: group"
        assert found.loc["mode[group]", "rate"] == pytest.approx(n / abs(beta[wait]), rel=1e-6)
        expected = np.sqrt(gradient @ V @ gradient)
        assert found.loc["mode[group]", "standard error"] == pytest.approx(expected, rel=1e-6)


def test_steps_of_a_number_have_an_omitted_level_too(small_choices):
    fit = dce.fit_mnl(small_choices, "C(wait, contr.sum) + parking")
    found = coefficient_effects(fit)
    assert list(found)[1:4] == ["wait[2]", "wait[4]", "wait[8]"]
    assert found["wait[8]"].value(fit) == pytest.approx(-fit.coefficients[["wait[2]", "wait[4]"]].sum())
    other = dce.fit_mnl(small_choices, "C(wait) + C(mode, contr.helmert) + parking")
    assert list(coefficient_effects(other)) == list(other.coefficients.index)
    at = dce.marginal_rates(other, "parking[yes]", at={}).frame
    assert at.loc["wait[8]", "label"] == "Wait: 2 weeks rather than 8 weeks"
    plain = dce.fit_mnl(small_choices, "C(wait) + mode + parking")
    expected = dce.marginal_rates(plain, "parking[yes]").frame
    assert at.loc["mode[group]", "rate"] == pytest.approx(expected.loc["mode[group]", "rate"], rel=1e-6)


def test_directions_of_another_fit_at_the_same_point(aged):
    everybody = dce.fit_mnl(aged, "poly(wait, 2) + parking + mode")
    part = dce.fit_mnl(aged.of("old", 1), "poly(wait, 2) + parking + mode")
    rates = dce.marginal_rates(part, "wait", directions_of=everybody, at={"wait": 4}).frame
    assert (
        rates["label"].tolist()
        == dce.marginal_rates(everybody, "wait", at={"wait": 4}).frame["label"].tolist()
    )
    other = dce.fit_mnl(aged, "wait + parking")
    with pytest.raises(dce.EstimationError, match=r"directions_of: that fit has no 'mode\[phone\]'"):
        dce.marginal_rates(part, "wait", directions_of=other, at={"wait": 4})


@pytest.mark.parametrize(
    ("at", "message"),
    [
        (None, r"'wait' is not a coefficient.*at=\{\"wait\": ...\}"),
        ({}, "at: 'old', 'wait' is missing, and the effect of wait depends on it"),
        ({"wait": 4}, "at: 'old' is missing"),
        ({"wait": 4, "old": 1, "cost": 2}, "at: 'cost' is not part of the utility; allowed: 'alternative'"),
        ({"wait": "long", "old": 1}, "at: wait is 'long'; allowed: a finite number"),
        ({"wait": np.inf, "old": 1}, "at: wait is inf; allowed: a finite number"),
        ({"wait": 4, "old": 1, "mode": "video"}, "at: mode is 'video'; allowed: 'face', 'phone', 'group'"),
        ({"wait": 0, "old": 1}, "at: .*not a finite number"),
        (4, "at: found 4; allowed: a mapping"),
    ],
)
def test_bad_points(aged, at, message):
    fit = dce.fit_mnl(aged, "log(wait) + log(wait):old + parking + mode")
    with pytest.raises(dce.EstimationError, match=message):
        dce.marginal_rates(fit, "wait", at=at)


def test_a_kink_has_no_slope(small_choices):
    fit = dce.fit_mnl(small_choices, "wait + I(np.maximum(wait - 4, 0)) + parking")
    with pytest.raises(dce.EstimationError, match="has a kink where wait is 4"):
        dce.marginal_rates(fit, "wait", at={"wait": 4})
    b = fit.coefficients
    for wait, slope in ((3.9, b["wait"]), (4.1, b["wait"] + b["I(np.maximum(wait - 4, 0))"])):
        rate = dce.marginal_rates(fit, "wait", at={"wait": wait}).frame.loc["parking[yes]", "rate"]
        assert rate == pytest.approx(b["parking[yes]"] / abs(slope))


def test_outside_the_studied_range_it_is_said(small_choices):
    fit = dce.fit_mnl(small_choices, "poly(wait, 2) + parking")
    assert "wait = 12 is outside the studied range, 2 to 8" in str(
        dce.marginal_rates(fit, "wait", at={"wait": 12})
    )


def test_what_a_service_does_not_have_has_no_rate():
    """Of two kinds of service one has no parking; the opt-out has nothing."""
    study = dce.Study(
        "Kinds",
        attributes=[
            dce.Attribute("wait", [2, 4, 8], "Wait", "weeks"),
            dce.Attribute("parking", ["no", "yes"], "Parking", alternatives=["clinic"]),
        ],
        alternatives=[dce.Alternative("clinic", constant=True), dce.Alternative("call", constant=True)],
        labelled=True,
        opt_out=dce.Alternative("neither"),
        utility="wait:alternative + parking:alternative",
        priors={
            "constant[clinic]": 1.0,
            "constant[call]": 0.8,
            "wait:alternative[clinic]": -0.2,
            "wait:alternative[call]": -0.1,
            "parking[yes]:alternative[clinic]": 0.5,
        },
        design=dce.DesignSettings(tasks=12, blocks=1, seed=1),
    )
    choices = dce.simulate_choices(dce.make_design(study, starts=1), respondents=150, seed=3)
    fit = dce.fit_mnl(choices)
    clinic = dce.marginal_rates(fit, "wait", at={"alternative": "clinic", "wait": 4, "parking": "no"}).frame
    call = dce.marginal_rates(fit, "wait", at={"alternative": "call", "wait": 4, "parking": "no"}).frame
    assert "parking[yes]" in clinic.index
    assert "parking[yes]" not in call.index
    b = fit.coefficients
    assert clinic.loc["parking[yes]", "rate"] == pytest.approx(
        b["parking[yes]:alternative[clinic]"] / abs(b["wait:alternative[clinic]"])
    )
    with pytest.raises(dce.EstimationError, match="per: 'wait' is not an effect at this point"):
        dce.marginal_rates(fit, "wait", at={"alternative": "neither", "wait": 4, "parking": "no"})
    assert list(dce.importance(fit, at={"alternative": "clinic"}).frame.index) == ["wait", "parking"]
