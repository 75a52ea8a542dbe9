"""Thresholds: by hand where the curve is straight, by definition where it is not; none and several."""

from dataclasses import replace

import numpy as np
import pytest

import dce

NEAR = {"wait": 2, "parking": "no", "mode": "group"}
FAR = {"wait": 8, "parking": "yes", "mode": "face"}
BASE = {"one": NEAR, "two": FAR}


@pytest.fixture(scope="module")
def fit(small_choices):
    return dce.fit_mnl(small_choices)


def by_hand(fit):
    """Wait of service one at which half choose it, w = 8 + (b_parking - b_group) / b_wait, and its error."""
    b, V = fit.coefficients, fit.covariance.to_numpy()
    n, d = b["wait"] * 8 + b["parking[yes]"] - b["mode[group]"], b["wait"]
    root = n / d
    gradient = np.array([0, 8 / d - n / d**2, 1 / d, 0, -1 / d])
    return root, np.sqrt(gradient @ V @ gradient)


def fieller(fit, q=1.959964):
    """The set of w with (n - w d)^2 <= q^2 Var(n - w d)."""
    b, V = fit.coefficients.to_numpy(), fit.covariance.to_numpy()
    n, d = np.array([0, 8.0, 1, 0, -1]), np.array([0, 1.0, 0, 0, 0])
    A = (d @ b) ** 2 - q**2 * d @ V @ d
    B = (n @ b) * (d @ b) - q**2 * n @ V @ d
    C = (n @ b) ** 2 - q**2 * n @ V @ n
    return sorted(((B - np.sqrt(B**2 - A * C)) / A, (B + np.sqrt(B**2 - A * C)) / A))


@pytest.mark.filterwarnings("ignore::dce.RangeWarning")
def test_straight_curves_by_hand(fit):
    root, se = by_hand(fit)
    row = dce.threshold(fit, BASE, "one", "wait", method="delta", within=(0, 20)).frame.iloc[0]
    inverted = dce.threshold(fit, BASE, "one", "wait", within=(0, 20))
    assert row["value"] == pytest.approx(root, rel=1e-9)
    assert row["change"] == pytest.approx(root - 2, rel=1e-9)
    assert row["standard error"] == pytest.approx(se, rel=1e-7)
    assert row["high"] == pytest.approx(root + 1.959964 * se, rel=1e-6)
    assert inverted.frame[["low", "high"]].iloc[0].tolist() == pytest.approx(fieller(fit), rel=1e-6)
    assert max(map(len, str(inverted).splitlines())) <= 80


@pytest.mark.filterwarnings("ignore::dce.RangeWarning")
def test_percentiles_tend_to_fiellers_limits(fit):
    drawn = dce.threshold(fit, BASE, "one", "wait", method="krinsky-robb", draws=100_000, within=(0, 20))
    # 100,000 draws leave an error of about 0.01 weeks in a percentile.
    assert drawn.frame[["low", "high"]].iloc[0].tolist() == pytest.approx(fieller(fit), abs=0.05)


@pytest.mark.filterwarnings("ignore::dce.RangeWarning")
def test_other_shares_and_three_services(fit):
    three = {**BASE, "three": {"wait": 4, "parking": "no", "mode": "phone"}}
    result = dce.threshold(fit, three, "one", "wait", share=0.3, within=(-10, 20))
    value = result.frame["value"].iloc[0]
    at = {name: {**service} for name, service in three.items()}
    at["one"]["wait"] = value
    assert dce.scenarios(fit, {"x": at}).frame["probability"].iloc[0] == pytest.approx(0.3, rel=1e-9)
    # the limits are where the interval of P, symmetric on the log-odds, just reaches the share
    low, high = result.frame[["low", "high"]].iloc[0]
    at["one"]["wait"] = low
    assert dce.scenarios(fit, {"x": at}).frame["low"].iloc[0] == pytest.approx(0.3, rel=1e-7)
    at["one"]["wait"] = high
    assert dce.scenarios(fit, {"x": at}).frame["high"].iloc[0] == pytest.approx(0.3, rel=1e-7)


@pytest.fixture(scope="module")
def bent(small_choices):
    return dce.fit_mnl(small_choices, "poly(wait, 2, raw=True) + parking + mode")


@pytest.mark.filterwarnings("ignore::dce.RangeWarning")
@pytest.mark.parametrize("method", ["delta", "fieller", "krinsky-robb"])
def test_curved_utilities(bent, method):
    result = dce.threshold(bent, BASE, "one", "wait", share=0.4, method=method, within=(1, 12))
    row = result.frame.iloc[0]
    at = {"one": {**NEAR, "wait": row["value"]}, "two": FAR}
    assert dce.scenarios(bent, {"x": at}).frame["probability"].iloc[0] == pytest.approx(0.4, rel=1e-8)
    assert row["low"] < row["value"] < row["high"]
    if method == "fieller":
        at["one"]["wait"] = row["high"]
        ends = dce.scenarios(bent, {"x": at}).frame[["low", "high"]].iloc[0]
        assert np.abs(ends - 0.4).min() < 1e-6


@pytest.mark.filterwarnings("ignore::dce.RangeWarning")
def test_averages_over_respondents_have_thresholds(small_choices):
    frame = small_choices.frame
    choices = dce.Choices(frame.assign(old=frame["respondent"] % 2), small_choices.study)
    fit = dce.fit_mnl(choices, "wait + parking + mode + wait:old")
    fitted = {m: dce.threshold(fit, BASE, "one", "wait", method=m, within=(0, 20), draws=3_000).frame.iloc[0]
              for m in ("delta", "fieller", "krinsky-robb")}  # fmt: skip
    root = fitted["delta"]["value"]
    at = {"one": {**NEAR, "wait": root}, "two": FAR}
    assert dce.scenarios(fit, {"x": at}).frame["probability"].iloc[0] == pytest.approx(0.5, rel=1e-8)
    # the implicit function theorem against a finite difference of the root itself
    moved = []
    for k in range(len(fit.coefficients)):
        step = np.zeros(len(fit.coefficients))
        step[k] = 1e-5
        near = [replace(fit, coefficients=fit.coefficients + sign * step) for sign in (1, -1)]
        roots = [
            dce.threshold(one, BASE, "one", "wait", within=(0, 20)).frame["value"].iloc[0] for one in near
        ]
        moved.append((roots[0] - roots[1]) / 2e-5)
    gradient = np.array(moved)
    se = np.sqrt(gradient @ fit.covariance.to_numpy() @ gradient)
    assert fitted["delta"]["standard error"] == pytest.approx(se, rel=1e-5)
    for column in ("low", "high"):
        assert fitted["krinsky-robb"][column] == pytest.approx(fitted["fieller"][column], abs=0.2)


def test_no_value_gives_the_share(fit):
    result = dce.threshold(fit, BASE, "one", "wait", share=0.99)
    assert result.frame.empty
    assert "No Wait (weeks) between 2 and 8 gives the share: P is" in " ".join(str(result).split())
    drawn = dce.threshold(fit, BASE, "one", "wait", share=0.99, method="krinsky-robb")
    assert drawn.frame.empty


@pytest.mark.filterwarnings("ignore::dce.RangeWarning")
def test_several_values_give_the_share(bent):
    names = bent.coding.names
    b = bent.coefficients.copy()
    b[:] = 0.0
    b[names[[n.startswith("poly") for n in names].index(True)]] = 1.0  # wait - 0.1 wait^2, largest at 5
    b[[n for n in names if n.startswith("poly")][1]] = -0.1
    fit = replace(bent, coefficients=b)
    base = {"one": {**NEAR, "parking": "no"}, "two": {**NEAR, "wait": 3}}
    result = dce.threshold(fit, base, "one", "wait")
    assert result.frame["value"].tolist() == pytest.approx([3, 7])
    assert "2 values between 2 and 8 give the share" in " ".join(str(result).split())
    with pytest.raises(dce.EstimationError, match="needs one value that gives the share, and there are 2"):
        dce.threshold(fit, base, "one", "wait", method="krinsky-robb")


@pytest.mark.filterwarnings("ignore::dce.RangeWarning")
def test_an_unbounded_interval_is_said(fit):
    vague = replace(fit, covariance=fit.covariance * 200)
    result = dce.threshold(vague, BASE, "one", "wait", within=(0, 20))
    assert result.frame[["low", "high"]].iloc[0].tolist() == [-np.inf, np.inf]
    text = " ".join(str(result).split())
    assert "unbounded: the effect of wait is not clearly different from zero" in text
    assert "∞" in text
    drawn = dce.threshold(vague, BASE, "one", "wait", method="krinsky-robb", within=(0, 20))
    assert "of the draws the effect of wait has the other sign" in " ".join(str(drawn).split())


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        (
            {"attribute": "mode"},
            dce.ScenarioError,
            "'mode' is no numeric attribute .*its levels are words.*allowed: 'wait'",
        ),
        ({"service": "x"}, dce.ScenarioError, "service: found 'x'"),
        ({"share": 1}, dce.ScenarioError, "share: found 1; allowed: between 0 and 1"),
        ({"method": "guess"}, dce.EstimationError, "method: found 'guess'"),
        ({"within": (4, 2)}, dce.ScenarioError, "within: found 4 to 2"),
    ],
)
def test_wrong_settings(fit, settings, error, message):
    with pytest.raises(error, match=message):
        dce.threshold(fit, BASE, **{"service": "one", "attribute": "wait", **settings})


def test_beyond_the_range_is_warned_of(fit):
    with pytest.warns(dce.RangeWarning, match=r"wait 0.95\d+ is outside the studied range, 2 to 8"):
        dce.threshold(fit, BASE, "one", "wait", within=(0, 20))
