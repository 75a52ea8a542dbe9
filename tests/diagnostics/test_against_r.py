"""Wald, likelihood ratio and score tests of r_clogit_data.csv against R: survival 3.5-3, car 3.1-1.

tests/reference/r_tests.R makes the numbers. They agree to 8 digits: both sides converge to 11 or more.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dce

FOLDER = Path(__file__).parents[1] / "reference"
R = json.loads((FOLDER / "r_tests.json").read_text(encoding="utf-8"))
KINDS = ["classical", "robust", "clustered"]
REL = 1e-8


@pytest.fixture(scope="module")
def choices() -> dce.Choices:
    frame = pd.read_csv(FOLDER / "r_clogit_data.csv").drop(columns="weight")
    mode = pd.Categorical(frame["mode"], categories=["class", "equipment", "one-to-one"])
    return dce.read_long(
        frame.assign(mode=mode),
        task="task",
        alternative="alternative",
        chosen="chosen",
        respondent="respondent",
    )


@pytest.fixture(scope="module")
def fits(choices):
    return {kind: dce.fit_mnl(choices, "wait + distance + mode", kind) for kind in KINDS}


def factor(kind: str, choices: dce.Choices) -> float:
    """survival's clustered sandwich has no small-sample factor; dce's has G/(G-1)."""
    G = choices.n_respondents
    return (G - 1) / G if kind == "clustered" else 1.0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("restrictions", R["wald"])
def test_wald_is_that_of_linear_hypothesis(fits, choices, kind, restrictions):
    expected = R["wald"][restrictions][kind] * factor(kind, choices)
    assert dce.wald(fits[kind], restrictions).statistic == pytest.approx(expected, rel=REL)


@pytest.mark.parametrize("restrictions", R["likelihood_ratio"])
def test_likelihood_ratio_is_that_of_substitution(fits, restrictions):
    found = dce.likelihood_ratio(fits["clustered"], restrictions)
    assert found.statistic == pytest.approx(R["likelihood_ratio"][restrictions], rel=1e-7)  # of a difference


@pytest.mark.parametrize("kind", KINDS)
def test_score_is_that_of_coxph(fits, choices, kind):
    of_restriction = dce.score_test(fits[kind], "mode = 0")
    small = dce.fit_mnl(choices, "wait + distance", kind)
    of_formula = dce.score_test(small, "wait + distance + mode")
    assert of_restriction.statistic == pytest.approx(R["score"][kind], rel=REL)
    assert of_formula.statistic == pytest.approx(R["score"][kind], rel=REL)
    assert of_formula.degrees_of_freedom == of_restriction.degrees_of_freedom == 2


@pytest.mark.parametrize("gone", ["A", "B", "C"])
def test_iia_is_that_of_two_fits_of_clogit(fits, gone):
    expected = R["iia"][gone]
    found = dce.iia(fits["clustered"], gone)
    hausman = found["Hausman-McFadden"].statistic
    if expected["smallest"] > 0:
        assert hausman == pytest.approx(expected["hausman"], rel=1e-6)  # of a difference of covariances
    else:
        assert np.isnan(hausman)
    assert found["scores by respondent"].statistic == pytest.approx(expected["scores"], rel=REL)
