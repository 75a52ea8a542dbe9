"""The most that people accept: the same as the rate where utility is straight, roots by hand where not."""

from dataclasses import replace

import numpy as np
import pytest

import dce
from dce.estimation.acceptable_curve import crossings

METHODS = ["delta", "fieller", "krinsky-robb"]


@pytest.fixture(scope="module")
def fit(small_choices):
    return dce.fit_mnl(small_choices)


@pytest.fixture(scope="module")
def curved(small_choices):
    return dce.fit_mnl(small_choices, "wait + I(wait**2) + parking + mode")


@pytest.mark.parametrize("method", METHODS)
def test_straight_utility_is_the_rate_added_to_the_start(fit, method):
    rates = dce.marginal_rates(fit, "wait", method=method).frame
    found = dce.maximum_acceptable(fit, "wait", method=method).frame
    for name, rate in (("parking", rates.loc["parking[yes]"]), ("mode", rates.loc["mode[group]"])):
        assert found.loc[name, "acceptable"] == pytest.approx(2 + rate["rate"])
        assert found.loc[name, "standard error"] == pytest.approx(rate["standard error"])
        assert found.loc[name, "low"] == pytest.approx(2 + rate["low"])
        assert found.loc[name, "high"] == pytest.approx(2 + rate["high"])
    assert found.loc["mode", "label"] == "Mode: face rather than group"


def test_any_change_from_any_base(fit):
    b = fit.coefficients
    found = dce.maximum_acceptable(
        fit, "wait", {"mode": "phone", "parking": "yes"}, {"mode": "group", "wait": 4}
    ).frame.iloc[0]
    worth = b["mode[phone]"] - b["mode[group]"] + b["parking[yes]"]
    assert found["acceptable"] == pytest.approx(4 - worth / b["wait"])
    assert found["label"] == "Mode: phone rather than group; Parking: yes rather than no"
    worse = dce.maximum_acceptable(fit, "wait", {"parking": "no"}, {"parking": "yes", "wait": 8}).frame.iloc[
        0
    ]
    assert worse["acceptable"] == pytest.approx(8 + b["parking[yes]"] / b["wait"])


def test_the_far_end_is_the_start_of_what_people_want(small_choices):
    frame = small_choices.frame.assign(nearness=10 - small_choices.frame["wait"])
    choices = dce.read_long(
        frame.drop(columns="block"), task="task", alternative="alternative", chosen="chosen",
        respondent="respondent",
    )  # fmt: skip
    found = dce.maximum_acceptable(dce.fit_mnl(choices, "nearness + parking"), "nearness")
    wait = dce.maximum_acceptable(dce.fit_mnl(choices, "wait + parking"), "wait")
    assert (found.start, wait.start) == (8, 2)
    assert found.frame["acceptable"].iloc[0] == pytest.approx(10 - wait.frame["acceptable"].iloc[0])
    for formula in ("I(nearness * 1.0) + parking", "nearness + parking"):
        curve = dce.maximum_acceptable(dce.fit_mnl(choices, formula), "nearness", method="fieller").frame
        straight = dce.maximum_acceptable(
            dce.fit_mnl(choices, "wait + parking"), "wait", method="fieller"
        ).frame
        assert curve["low"].iloc[0] == pytest.approx(10 - straight["high"].iloc[0], rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_a_curve_that_is_straight_gives_the_straight_answer(small_choices, fit, method):
    """The root finder, on a utility whose root is known; the grid's draws are interpolated."""
    bent = dce.fit_mnl(small_choices, "I(wait * 1.0) + parking + mode")
    found = dce.maximum_acceptable(bent, "wait", {"parking": "yes"}, method=method).frame.iloc[0]
    expected = dce.maximum_acceptable(fit, "wait", {"parking": "yes"}, method=method).frame.iloc[0]
    tolerance = 1e-2 if method == "krinsky-robb" else 1e-8  # draws of columns in another order
    for column in ("acceptable", "standard error", "low", "high"):
        assert found[column] == pytest.approx(expected[column], rel=tolerance)


def root(b):
    """Solve b1 z + b2 z^2 + parking = 2 b1 + 4 b2 for the smaller z beyond 2."""
    roots = np.roots(
        [b["I(wait ** 2)"], b["wait"], b["parking[yes]"] - 2 * b["wait"] - 4 * b["I(wait ** 2)"]]
    )
    return min(r.real for r in roots if r.real > 2)


def test_a_parabola_by_hand_and_its_error_by_a_numerical_gradient(curved):
    found = dce.maximum_acceptable(curved, "wait", {"parking": "yes"}).frame.iloc[0]
    assert found["acceptable"] == pytest.approx(root(curved.coefficients), rel=1e-10)
    h = 1e-6
    gradient = np.array(
        [
            (root(curved.coefficients + h * e) - root(curved.coefficients - h * e)) / (2 * h)
            for e in np.eye(len(curved.coefficients))
        ]
    )
    expected = np.sqrt(gradient @ curved.covariance.to_numpy() @ gradient)
    assert found["standard error"] == pytest.approx(expected, rel=1e-6)


def test_a_logarithm_is_the_exponential_of_a_ratio(small_choices):
    """log z = log 2 + parking / |b|: Fieller's ends and the draws' percentiles are its exponentials."""
    fit = dce.fit_mnl(small_choices, "log(wait) + parking")
    for method, tolerance in (("fieller", 1e-8), ("krinsky-robb", 1e-4)):
        ratio = dce.marginal_rates(fit, "log(wait)", "ratio", method=method).frame.loc["parking[yes]"]
        found = dce.maximum_acceptable(fit, "wait", method=method).frame.loc["parking"]
        assert found["acceptable"] == pytest.approx(2 * np.exp(-ratio["rate"]), rel=1e-8)
        assert found["low"] == pytest.approx(2 * np.exp(-ratio["high"]), rel=10 * tolerance)
        assert found["high"] == pytest.approx(2 * np.exp(-ratio["low"]), rel=10 * tolerance)


def test_krinsky_robb_tends_to_fieller_on_a_curve_too(curved):
    drawn = dce.maximum_acceptable(curved, "wait", {"parking": "yes"}, method="krinsky-robb", draws=40_000)
    exact = dce.maximum_acceptable(curved, "wait", {"parking": "yes"}, method="fieller").frame.iloc[0]
    assert drawn.frame["low"].iloc[0] == pytest.approx(exact["low"], rel=0.01)
    assert drawn.frame["high"].iloc[0] == pytest.approx(exact["high"], rel=0.01)


def test_beyond_the_studied_range(small_choices, curved):
    straight = dce.fit_mnl(small_choices)
    every = {"parking": "yes", "mode": "face"}
    far = dce.maximum_acceptable(straight, "wait", every)
    assert far.frame["outside"].iloc[0]
    assert "outside the studied range, 2 to 8, carried on in a straight line" in " ".join(str(far).split())
    assert max(map(len, str(far).splitlines())) <= 80
    bent = dce.maximum_acceptable(curved, "wait", every, method="fieller")
    assert bent.frame["acceptable"].iloc[0] == np.inf
    assert bent.frame["high"].iloc[0] == np.inf
    assert "the curve is not carried on" in " ".join(str(bent).split())
    assert not dce.maximum_acceptable(curved, "wait", {"parking": "yes"}).frame["outside"].any()


def test_interactions_and_characteristics(small_choices):
    frame = small_choices.frame.assign(old=small_choices.frame["respondent"] % 2)
    fit = dce.fit_mnl(
        dce.Choices(frame, small_choices.study), "wait + wait:old + wait:parking + parking + mode"
    )
    b = fit.coefficients
    with pytest.raises(
        dce.EstimationError, match="base: 'old', 'parking' is missing, and what wait is worth"
    ):
        dce.maximum_acceptable(fit, "wait")
    base = {"old": 1, "parking": "no", "wait": 3}
    found = dce.maximum_acceptable(fit, "wait", {"parking": "yes"}, base).frame["acceptable"].iloc[0]
    slope, before = b["wait"] + b["wait:old"] + b["wait:parking[yes]"], b["wait"] + b["wait:old"]
    assert found == pytest.approx((3 * before - b["parking[yes]"]) / slope)
    # the same person is indifferent between the two services
    services = {
        "one": {"wait": 3, "parking": "no", "mode": "face", "old": 1},
        "two": {"wait": found, "parking": "yes", "mode": "face", "old": 1},
    }
    probability = dce.scenarios(fit, {"same": services}).frame["probability"]
    assert probability.tolist() == pytest.approx([0.5, 0.5])


def test_a_slope_that_may_be_zero_is_cautioned_against(small_choices):
    few = small_choices.frame[small_choices.frame["respondent"] < 13]
    fit = dce.fit_mnl(dce.Choices(few, small_choices.study), "wait + parking", "classical")
    wide = replace(fit, covariance=fit.covariance * 100)
    found = dce.maximum_acceptable(wide, "wait", method="fieller")
    assert found.frame["high"].iloc[0] == np.inf
    assert "Fieller's intervals have no end then" in " ".join(str(found).split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"attribute": "mode"}, "attribute: 'mode' is no numeric attribute of the utility; allowed: 'wait'"),
        ({"attribute": "cost"}, "attribute: 'cost' is no numeric attribute"),
        ({"change": {}}, "change: found nothing; allowed: 'parking', 'mode'"),
        ({"change": {"wait": 2}}, "change: found 'wait'; allowed: 'parking', 'mode'"),
        ({"change": {"mode": "video"}}, "mode is 'video'; allowed: 'face', 'phone', 'group'"),
        ({"change": {"mode": "group"}}, "change: mode is 'group' in both services"),
        ({"base": {"age": 3}}, "'age' is not part of the utility"),
        ({"method": "exact"}, "method: found 'exact'"),
    ],
)
def test_errors(fit, arguments, message):
    with pytest.raises(dce.EstimationError, match=message):
        dce.maximum_acceptable(fit, **{"attribute": "wait", **arguments})


def test_crossings_by_hand():
    z = np.array([0.0, 1.0, 2.0, 3.0])
    G = np.array(
        [[9.0, 1.0, -1.0, 5.0], [9.0, 1.0, 2.0, 3.0], [1.0, -1.0, -2.0, -3.0], [-4.0, -1.0, -2.0, -3.0]]
    )
    assert crossings(G, z, 1.0, 1.0).tolist() == [1.5, np.inf, 0.5, -np.inf]
    assert crossings(G, z, 1.0, -1.0).tolist() == [-np.inf, -np.inf, np.inf, np.inf]
