"""Scenarios, thresholds, elasticities and welfare against R: survival::clogit and car::deltaMethod.

``tests/reference/r_scenarios.R`` made the numbers, and says how.
"""

import json
from pathlib import Path

import pandas as pd
import pytest

import dce

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "r_scenarios.json").read_text())["numbers"]
BASE = {
    "one": {"mode": "one-to-one", "wait": 2, "distance": 16},
    "two": {"mode": "class", "wait": 8, "distance": 2},
    "three": {"mode": "equipment", "wait": 4, "distance": 4},
}
YOUNG = {name: {**service, "age65": 0} for name, service in BASE.items()}
NEARER = {**YOUNG, "one": {**YOUNG["one"], "distance": 4}}
# clogit stops at a relative change of 1e-9 of the likelihood, which leaves 1e-6 of a coefficient.
CLOSE = {"rel": 2e-5}


@pytest.fixture(scope="module")
def fit():
    frame = pd.read_csv(REFERENCE / "r_clogit_data.csv").drop(columns="weight")
    choices = dce.read_long(frame, respondent="respondent", task="task", alternative="alternative",
                            chosen="chosen")  # fmt: skip
    return dce.fit_mnl(choices, "mode + wait + distance + wait:age65", covariance="classical")


def assert_same(row, name, column):
    assert row[column] == pytest.approx(R[name]["value"], **CLOSE)
    assert row["standard error"] == pytest.approx(R[name]["se"], **CLOSE)


def test_probabilities(fit):
    frame = dce.scenarios(fit, {"x": YOUNG}).frame
    for (_, row), name in zip(frame.iterrows(), ("P1", "P2", "P3"), strict=True):
        assert_same(row, name, "probability")
    log_odds = pd.Series(frame["low"].iloc[0] / (1 - frame["low"].iloc[0]))
    expected = R["log_odds1"]["value"] - 1.959964 * R["log_odds1"]["se"]
    assert log_odds.transform("log").item() == pytest.approx(expected, **CLOSE)


def test_averages_over_respondents(fit):
    row = dce.scenarios(fit, {"x": BASE}).frame.iloc[0]
    assert_same(row, "averaged", "probability")
    high = R["log_odds_averaged"]["value"] + 1.959964 * R["log_odds_averaged"]["se"]
    assert pd.Series(row["high"] / (1 - row["high"])).transform("log").item() == pytest.approx(high, **CLOSE)


def test_differences(fit):
    changes = dce.scenario_changes(fit, YOUNG, {"one": {"distance": 4}}).frame.iloc[0]
    assert_same(changes, "nearer", "difference")


def test_elasticities_and_effects(fit):
    found = dce.elasticities(fit, "distance", YOUNG).frame.set_index(["of", "service"])
    assert_same(found.loc[("one", "one")], "direct", "elasticity")
    assert_same(found.loc[("one", "two")], "cross", "elasticity")
    assert_same(found.loc[("one", "three")], "cross", "elasticity")
    effects = dce.marginal_effects(fit, "distance", YOUNG).frame.set_index(["of", "service"])
    assert_same(effects.loc[("one", "one")], "effect", "effect")


@pytest.mark.filterwarnings("ignore::dce.RangeWarning")
def test_thresholds(fit):
    found = dce.threshold(fit, YOUNG, "one", "distance", share=0.4, method="delta", within=(0, 60))
    assert_same(found.frame.iloc[0], "threshold", "value")


@pytest.mark.filterwarnings("ignore::dce.RangeWarning")
def test_welfare(fit):
    nearer = dce.compensating_variation(fit, YOUNG, NEARER, "distance").frame
    assert_same(nearer.loc["utility"], "logsum", "value")
    sooner = {**YOUNG, "one": {**YOUNG["one"], "wait": 1}}
    found = dce.compensating_variation(fit, YOUNG, sooner, "distance").frame
    assert_same(found.loc["compensating variation"], "compensating", "value")
