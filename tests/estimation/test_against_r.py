"""Estimates and standard errors against survival::clogit of R.

``tests/reference/r_clogit.R`` made the data and the numbers, and says how.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from dce import Choices, fit_mnl, read_long

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "r_clogit.json").read_text())
MODELS = [name for name in R if name not in ("R", "survival")]

RTOL = 1e-6
"""fit_mnl stops within a squared Newton decrement of 1e-12, so at the worst 1e-6 of a standard
error from the maximum. When the numbers were made they agreed to 1e-14."""


def answers(weighted: bool) -> Choices:
    frame = pd.read_csv(REFERENCE / "r_clogit_data.csv")
    roles = {"task": "task", "alternative": "alternative", "chosen": "chosen"}
    if not weighted:
        frame = frame.drop(columns="weight")
    weight = "weight" if weighted else None
    return read_long(frame, **roles, respondent="respondent", weight=weight)


def in_words_of_r(coefficient: str) -> str:
    return coefficient.replace("[", "").replace("]", "")


@pytest.mark.parametrize("name", MODELS)
def test_estimates_are_those_of_clogit(name):
    expected = R[name]
    fit = fit_mnl(answers(expected["weighted"]), expected["utility"])
    assert [in_words_of_r(b) for b in fit.coefficients.index] == list(expected["coefficients"])
    assert_allclose(fit.coefficients, list(expected["coefficients"].values()), rtol=RTOL)
    assert_allclose(fit.log_likelihood, expected["log_likelihood"], rtol=RTOL)


@pytest.mark.parametrize("kind", ["classical", "robust", "clustered"])
@pytest.mark.parametrize("name", MODELS)
def test_standard_errors_are_those_of_clogit(name, kind):
    expected = R[name]
    choices = answers(expected["weighted"])
    fit = fit_mnl(choices, expected["utility"], covariance=kind)
    errors = np.array(list(expected[kind].values()))
    if kind == "clustered":
        # survival's sandwich has no small-sample factor; dce's has Stata's, G/(G-1).
        G = choices.n_respondents
        errors = errors * np.sqrt(G / (G - 1))
    assert_allclose(fit.standard_errors, errors, rtol=RTOL)


def test_reference_tells_the_covariances_apart():
    """Were clusters or weights of no matter, the tests above would not notice their loss."""
    for name in MODELS:
        errors = {kind: np.array(list(R[name][kind].values())) for kind in ("classical", "robust")}
        clustered = np.array(list(R[name]["clustered"].values()))
        for others in errors.values():
            assert np.abs(clustered / others - 1).max() > 0.05
    unweighted = np.array(list(R["main"]["coefficients"].values()))
    weighted = np.array(list(R["main, weighted"]["coefficients"].values()))
    assert np.abs(weighted / unweighted - 1).max() > 0.02
