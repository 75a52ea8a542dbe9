"""Rates and their errors against car::deltaMethod, pairs of draws against mded.

``tests/reference/r_rates.R`` made the numbers, and says how.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dce
from dce.estimation.combinatorial import share_below

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "r_rates.json").read_text())
RTOL = 1e-6
"""car differentiates symbolically; both fits stop within 1e-6 standard errors of the maximum."""


@pytest.fixture(scope="module")
def choices() -> dce.Choices:
    frame = pd.read_csv(REFERENCE / "r_clogit_data.csv").drop(columns="weight")
    roles = {"task": "task", "alternative": "alternative", "chosen": "chosen"}
    return dce.read_long(frame, **roles, respondent="respondent")


def rate(choices, formula, per, row, at=None):
    fit = dce.fit_mnl(choices, formula, "classical")
    return dce.marginal_rates(fit, per, "ratio", at=at).frame.loc[row, ["rate", "standard error"]].tolist()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("one-to-one per wait", ("wait + distance + mode", "wait", "mode[one-to-one]")),
        (
            "one-to-one per wait at 5 weeks, 65 or older",
            ("wait + I(wait**2) + distance + mode + wait:age65", "wait", "mode[one-to-one]",
             {"wait": 5, "age65": 1}),
        ),
        ("wait per mile at 4 miles", ("log(distance) + wait + mode", "distance", "wait", {"distance": 4})),
        ("omitted level per wait", ("wait + distance + C(mode, contr.sum)", "wait", "mode[one-to-one]")),
    ],
)  # fmt: skip
def test_rates_are_those_of_car(choices, name, arguments):
    assert rate(choices, *arguments) == pytest.approx(R["rates"][name], rel=RTOL)


def test_differences_of_groups_are_those_of_car(choices):
    fits = dce.fit_by(choices, "age65", "wait + distance + mode", "classical")
    found = dce.rate_differences(fits, per="wait", convention="ratio").frame.loc["distance"]
    young, old = (R["rates"][f"distance per wait, {who}"] for who in ("young", "old"))
    assert [found["first rate"], found["second rate"]] == pytest.approx([young[0], old[0]], rel=RTOL)
    assert found["difference"] == pytest.approx(young[0] - old[0], rel=RTOL)
    assert found["standard error"] == pytest.approx(np.hypot(young[1], old[1]), rel=RTOL)


def test_all_pairs_are_those_of_mded():
    """Counts of 100 x 100 pairs: exact."""
    x, y = np.array(R["x"]), np.array(R["y"])
    assert share_below(x, y) == pytest.approx(R["x over y"], abs=1e-15)
    assert share_below(y, x) == pytest.approx(R["y over x"], abs=1e-15)
