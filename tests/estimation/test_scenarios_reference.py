"""The reference study's scenarios: subgroups side by side, what they differ by, and the nearer clinic.

Coefficients and probabilities are those of ``../shared/reference/PHYSIOTHERAPY.md`` (Sarigiovannis et al.
2024, doi 10.1186/s12913-024-11585-w): the paper prints the probabilities, with two decimals.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit

import dce

SCENARIOS = Path(__file__).parents[2] / "designs" / "physiotherapy" / "scenarios.toml"
SECOND = "2: physiotherapist far, support worker near"
NAMES = [
    "constant[service 2]", "clinician[support worker]", "wait", "continuity[different clinician]", "sessions",
    "mode[one-to-one with equipment]", "mode[exercise class]", "distance", "parking[limited]",
]  # fmt: skip
COEFFICIENTS = {
    "physiotherapist": [
        0.0315,
        -0.58093,
        -0.066294,
        -0.89961,
        0.02340,
        0.02223,
        -0.58452,
        -0.076776,
        -0.23408,
    ],
    "support worker": [
        -0.0275,
        -0.01349,
        -0.058310,
        -0.44944,
        0.05515,
        0.02849,
        -0.06223,
        -0.081354,
        -0.23933,
    ],
}
PRINTED = {"physiotherapist": [97.80, 83.81, 59.82], "support worker": [90.74, 50.10, 30.44]}


@pytest.fixture(scope="module")
def groups(physiotherapy_design):
    """Simulated answers give the covariance; the coefficients are the study's."""
    choices = dce.simulate_choices(physiotherapy_design, respondents=382, seed=1)
    who = np.where(choices.frame["respondent"] % 5 == 0, "support worker", "physiotherapist")
    fits = dce.fit_by(dce.Choices(choices.frame.assign(treated=who), choices.study), "treated")
    known = {name: pd.Series(values, index=NAMES) for name, values in COEFFICIENTS.items()}
    assert list(fits["physiotherapist"].coefficients.index) == NAMES
    return replace(fits, fits={name: replace(fits[name], coefficients=b) for name, b in known.items()})


def test_subgroups_as_the_paper_prints_them(groups):
    frame = dce.scenarios(groups, SCENARIOS).frame
    first = frame[frame["service"] == "Service 1"]
    for name, printed in PRINTED.items():
        found = first.loc[first["group"] == name, "probability"]
        assert [round(100 * P, 2) for P in found] == printed


def test_how_much_they_differ(groups):
    frame = dce.scenario_differences(groups, SCENARIOS).frame
    found = 100 * frame.loc[frame["service"] == "Service 1", "difference"]
    printed = np.subtract(PRINTED["support worker"], PRINTED["physiotherapist"])
    assert found.to_numpy() == pytest.approx(printed, abs=0.01)  # two rounded numbers


def test_how_near_the_support_workers_clinic_must_be(groups):
    """In scenario 2, 16.19% choose the support worker 2 miles away; half would not, however near."""
    fit = groups["physiotherapist"]
    nowhere = dce.threshold(fit, SCENARIOS, "Service 2", "distance", scenario=SECOND)
    assert nowhere.frame.empty
    # log-odds fall by 0.076776 a mile: 30% choose it where the distance is less by this many miles
    change = (logit(0.3) - logit(1 - 0.8381)) / -0.076776
    with pytest.warns(dce.RangeWarning, match="distance -8"):
        found = dce.threshold(fit, SCENARIOS, "Service 2", "distance", 0.3, scenario=SECOND, within=(-20, 16))
    assert found.frame["change"].iloc[0] == pytest.approx(change, abs=0.01)
    assert found.frame["value"].iloc[0] == pytest.approx(2 + change, abs=0.01)
