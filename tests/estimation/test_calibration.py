"""Constants calibrated to known shares: the shares come out, the pivot-point logit, finite differences."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.special import expit, logit

import dce

NOW = {
    "ours": {"alternative": "A", "wait": 8, "parking": "no", "mode": "face"},
    "theirs": {"alternative": "B", "wait": 4, "parking": "yes", "mode": "group"},
}
SOONER = {**NOW, "ours": {**NOW["ours"], "wait": 4}}


@pytest.fixture(scope="module")
def fit(small_choices):
    return dce.fit_mnl(small_choices)


@pytest.fixture(scope="module")
def aged(small_choices):
    frame = small_choices.frame
    choices = dce.Choices(frame.assign(old=frame["respondent"] % 2), small_choices.study)
    return dce.fit_mnl(choices, "wait + parking + wait:old")


def test_the_known_shares_come_out_without_width(fit):
    calibrated = dce.calibrate(fit, {"ours": 0.3}, NOW)
    for method in ("delta", "krinsky-robb"):
        frame = dce.scenarios(calibrated, {"now": NOW}, method=method, draws=200).frame
        for column in ("probability", "low", "high"):
            assert frame[column].tolist() == pytest.approx([0.3, 0.7], abs=1e-7)
        assert frame["standard error"].tolist() == pytest.approx([0, 0], abs=1e-8)
    assert "ours 30.0%, theirs 70.0%" in " ".join(str(dce.scenarios(calibrated, {"x": NOW})).split())


def test_changes_are_the_pivot_point_logit(fit):
    """log-odds = log(0.3 / 0.7) + change of the wait times its coefficient: nothing else is uncertain."""
    calibrated = dce.calibrate(fit, {"ours": 0.3, "theirs": 0.7}, NOW)
    row = dce.scenarios(calibrated, {"x": SOONER}).frame.iloc[0]
    b, se = fit.coefficients["wait"], fit.standard_errors["wait"]
    middle, half = logit(0.3) - 4 * b, 1.959964 * 4 * se
    assert row["probability"] == pytest.approx(expit(middle), rel=1e-12)
    assert [row["low"], row["high"]] == pytest.approx([expit(middle - half), expit(middle + half)], rel=1e-6)
    drawn = dce.scenarios(calibrated, {"x": SOONER}, method="krinsky-robb", draws=40_000).frame.iloc[0]
    assert [drawn["low"], drawn["high"]] == pytest.approx([row["low"], row["high"]], abs=0.002)


def test_averages_over_respondents_are_calibrated_too(aged):
    calibrated = dce.calibrate(aged, {"ours": 0.2}, NOW)
    assert dce.scenarios(calibrated, {"x": NOW}).frame["probability"].iloc[0] == pytest.approx(0.2, rel=1e-10)
    row = dce.scenarios(calibrated, {"x": SOONER}).frame.iloc[0]
    gradient = []
    for k in range(len(aged.coefficients)):
        move = np.zeros(len(aged.coefficients))
        move[k] = 1e-5
        P = []
        for sign in (1, -1):
            near = replace(aged, coefficients=aged.coefficients + sign * move)
            again = dce.calibrate(near, {"ours": 0.2}, NOW)
            P.append(dce.scenarios(again, {"x": SOONER}).frame["probability"].iloc[0])
        gradient.append((P[0] - P[1]) / 2e-5)
    se = np.sqrt(np.array(gradient) @ aged.covariance.to_numpy() @ np.array(gradient))
    assert row["standard error"] == pytest.approx(se, rel=1e-5)
    drawn = dce.scenarios(calibrated, {"x": SOONER}, method="krinsky-robb", draws=20_000).frame.iloc[0]
    assert drawn["standard error"] == pytest.approx(se, rel=0.05)


def test_scale_is_part_of_the_calibration(fit):
    calibrated = dce.calibrate(fit, {"ours": 0.3}, NOW, scale=0.5)
    row = dce.scenarios(calibrated, {"x": SOONER}).frame.iloc[0]
    assert row["probability"] == pytest.approx(expit(logit(0.3) - 2 * fit.coefficients["wait"]), rel=1e-12)
    with pytest.raises(dce.ScenarioError, match=r"scale: the constants were calibrated .*dce.calibrate\("):
        dce.scenarios(calibrated, {"x": SOONER}, scale=2)
    assert "multiplied by 0.5" in str(calibrated)


def test_four_shares_with_an_opt_out():
    folder = Path(__file__).parents[2] / "designs" / "staff-support"
    fit = dce.fit_mnl(dce.simulate_choices(dce.Design.read(folder), respondents=150, seed=2))
    known = {"Peers": 0.3, "Employer": 0.2, "External service": 0.05}
    calibrated = dce.calibrate(fit, known, folder / "scenarios.toml", scenario="Now")
    frame = dce.scenarios(calibrated, folder / "scenarios.toml").frame
    now = frame[frame["scenario"] == "Now"]
    assert now["probability"].tolist() == pytest.approx([0.3, 0.2, 0.05, 0.45], rel=1e-12)
    constants = [f"constant[{name}]" for name in ("peers", "employer", "external")]
    assert calibrated.constants["constant"].tolist() == [*constants, ""]
    others = [name for name in fit.coefficients.index if name not in constants]
    assert calibrated.coefficients[others].tolist() == fit.coefficients[others].tolist()
    wait = dce.sweep(calibrated, folder / "scenarios.toml", wait=[2, 7, 14], scenario="Now")
    assert wait.service == "Peers"
    text = str(calibrated)
    assert "Constants calibrated to known shares" in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("shares", "message"),
    [
        ({"mine": 0.3}, "shares: 'mine' is no service of the base; allowed: 'ours', 'theirs'"),
        ({"ours": 1.3}, "shares, 'ours': found 1.3; allowed: between 0 and 1"),
        ({}, "shares: 'ours', 'theirs' are missing; allowed: at most one"),
        ({"ours": 0.5, "theirs": 0.4}, "shares: they sum to 0.9; allowed: 1"),
    ],
)
def test_shares_that_are_wrong(fit, shares, message):
    with pytest.raises(dce.ScenarioError, match=message):
        dce.calibrate(fit, shares, NOW)


def test_services_without_constants_are_refused(fit, small_choices):
    bare = {name: {k: v for k, v in service.items() if k != "alternative"} for name, service in NOW.items()}
    with pytest.raises(dce.ScenarioError, match="'ours', 'theirs' have no constant of their own"):
        dce.calibrate(fit, {"ours": 0.3}, bare)
    without = dce.fit_mnl(small_choices, "wait + parking - constants")
    with pytest.raises(dce.ScenarioError, match="have no constant of their own"):
        dce.calibrate(without, {"ours": 0.3}, NOW)
    with pytest.raises(dce.ScenarioError, match="calibrated already"):
        dce.calibrate(dce.calibrate(fit, {"ours": 0.3}, NOW), {"ours": 0.3}, NOW)
