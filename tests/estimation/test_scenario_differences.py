"""Differences between scenarios and between subgroups: by hand, by simulation, by name."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

import dce

NEAR = {"wait": 2, "parking": "no", "mode": "face"}
FAR = {"wait": 8, "parking": "yes", "mode": "group"}
SCENARIOS = {
    "now": {"one": NEAR, "two": FAR},
    "sooner": {"one": NEAR, "two": {**FAR, "wait": 4}, "three": FAR},
    "equal": {"one": NEAR, "two": NEAR},
}


@pytest.fixture(scope="module")
def fit(small_choices):
    return dce.fit_mnl(small_choices)


@pytest.fixture(scope="module")
def groups(small_choices):
    frame = small_choices.frame
    sex = np.where(frame["respondent"] % 3 == 0, "woman", "man")
    old = np.where(frame["respondent"] % 2 == 0, "yes", "no")
    return dce.fit_by(dce.Choices(frame.assign(sex=sex, old=old), small_choices.study), ["sex", "old"])


def test_between_scenarios_by_hand(fit):
    result = dce.scenario_differences(fit, SCENARIOS)
    assert result.base == "now"
    row = result.frame.set_index(["scenario", "service"]).loc[("equal", "two")]
    b, V = fit.coefficients.to_numpy(), fit.covariance.to_numpy()
    x = np.array([0, 6, 1, 0, 1])
    p = expit(x @ b)
    assert row["base probability"] == pytest.approx(p)
    assert row["probability"] == 0.5
    d, se = 0.5 - p, p * (1 - p) * np.sqrt(x @ V @ x)
    assert row["difference"] == pytest.approx(d)
    assert row["standard error"] == pytest.approx(se)
    half = 1.959964 * se / (1 - d**2)
    assert row[["low", "high"]].tolist() == pytest.approx(
        [np.tanh(np.arctanh(d) - half), np.tanh(np.arctanh(d) + half)], rel=1e-6
    )
    assert "Left out: 1 services without one of that name" in " ".join(str(result).split())
    assert max(map(len, str(result).splitlines())) <= 80


def test_between_scenarios_against_draws(fit):
    delta = dce.scenario_differences(fit, SCENARIOS, base="sooner").frame
    drawn = dce.scenario_differences(fit, SCENARIOS, "sooner", method="krinsky-robb", draws=40_000).frame
    # 40,000 draws leave an error of about 0.001 in a percentile; linearisation adds a tenth of the error.
    columns = ["standard error", "low", "high"]
    assert drawn[columns].to_numpy() == pytest.approx(delta[columns].to_numpy(), abs=0.006)


def test_services_of_the_same_utility_do_not_differ(fit):
    same = {"a": SCENARIOS["now"], "b": SCENARIOS["now"]}
    frame = dce.scenario_differences(fit, same).frame
    assert (frame[["difference", "standard error", "low", "high"]] == 0).all(axis=None)


def test_between_subgroups_by_hand(groups):
    result = dce.scenario_differences(groups, SCENARIOS, base="sex = man")
    assert set(result.frame["group"]) == {"sex = woman"}  # other characteristics are not independent
    row = result.frame.iloc[0]
    a, b = (dce.scenarios(groups["sex", who], SCENARIOS).frame.iloc[0] for who in ("man", "woman"))
    assert row["difference"] == pytest.approx(b["probability"] - a["probability"])
    assert row["standard error"] == pytest.approx(np.hypot(a["standard error"], b["standard error"]))
    low = row["difference"] - np.hypot(b["probability"] - b["low"], a["high"] - a["probability"])
    assert row["low"] == pytest.approx(low)
    assert "independent samples" in str(result)
    assert max(map(len, str(result).splitlines())) <= 80


def test_draws_of_subgroups_are_independent(groups):
    delta = dce.scenario_differences(groups, SCENARIOS).frame
    drawn = dce.scenario_differences(groups, SCENARIOS, method="krinsky-robb", draws=40_000).frame
    columns = ["standard error", "low", "high"]
    # Newcombe's rule keeps the skewness of each probability, so little but the error of the draws is left.
    assert drawn[columns].to_numpy() == pytest.approx(delta[columns].to_numpy(), abs=0.005)


def test_certain_choices_keep_their_intervals(fit):
    sure = {
        "a": {"near": NEAR, "never": {**NEAR, "wait": 300}},
        "b": {"near": NEAR, "never": {**NEAR, "wait": 200}},
    }
    with pytest.warns(dce.RangeWarning):
        frame = dce.scenario_differences(fit, sure).frame
    never = frame.set_index("service").loc["never"]
    P = [expit(fit.coefficients["wait"] * wait) for wait in (298, 198)]
    assert never["difference"] == pytest.approx(P[1] - P[0], rel=1e-10)
    assert frame.set_index("service").loc["near", "difference"] == pytest.approx(P[0] - P[1], rel=1e-10)
    assert (frame["low"] <= frame["difference"]).all()
    assert (frame["difference"] <= frame["high"]).all()


def test_what_cannot_be_compared_is_refused(fit, groups):
    with pytest.raises(dce.ScenarioError, match="base: there is no scenario 'then'; allowed: 'now'"):
        dce.scenario_differences(fit, SCENARIOS, base="then")
    with pytest.raises(dce.ScenarioError, match="found one scenario; allowed: two or more"):
        dce.scenario_differences(fit, {"now": SCENARIOS["now"]})
    with pytest.raises(dce.ScenarioError, match="no service of scenario 'now' occurs in another one"):
        dce.scenario_differences(fit, {"now": SCENARIOS["now"], "x": {"a": NEAR, "b": FAR}})
    with pytest.raises(dce.ScenarioError, match="base: there is no group 'child'"):
        dce.scenario_differences(groups, SCENARIOS, base="child")


def test_a_frame_of_one_row_per_difference(fit):
    frame = dce.scenario_differences(fit, SCENARIOS).frame
    assert isinstance(frame, pd.DataFrame)
    assert frame[["scenario", "service"]].to_numpy().tolist() == [
        ["sooner", "one"], ["sooner", "two"], ["equal", "one"], ["equal", "two"],
    ]  # fmt: skip


def test_groups_that_share_clusters_are_not_independent(groups):
    shared = {
        name: replace(fit, inference=replace(fit.inference, clusters="clinic"))
        for name, fit in groups.fits.items()
    }
    text = " ".join(str(dce.scenario_differences(replace(groups, fits=shared), SCENARIOS)).split())
    assert "Caution: groups are compared as independent samples, which they are not" in text
    assert "share a 'clinic'" in text
