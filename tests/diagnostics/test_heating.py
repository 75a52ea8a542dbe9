"""mlogit's published example of the three tests: heating systems and income, 4.680, 4.646, 4.676.

The data are those of the R package mlogit (GPL), which are not part of the project: in R,
``write.csv(mlogit::Heating, "heating.csv", row.names = FALSE)``, and the path in DCE_HEATING.
"""

import os
from pathlib import Path

import pandas as pd
import pytest

import dce

SYSTEMS = ["hp", "gc", "gr", "ec", "er"]
BASE = "ic + oc + alternative"


@pytest.fixture(scope="module")
def choices() -> dce.Choices:
    path = Path(os.environ.get("DCE_HEATING", "heating.csv"))
    if not path.exists():
        pytest.skip("needs the Heating data of the R package mlogit, by DCE_HEATING=heating.csv")
    wide = pd.read_csv(path)
    each = [
        wide[["idcase", "income"]].assign(
            alt=system,
            y=(wide["depvar"] == system).astype(int),
            ic=wide[f"ic.{system}"],
            oc=wide[f"oc.{system}"],
        )
        for system in SYSTEMS
    ]
    frame = pd.concat(each).sort_values("idcase", kind="stable")
    return dce.read_long(frame, task="idcase", alternative="alt", chosen="y")


def test_the_published_numbers(choices):
    """Croissant, vignette 'Exercise 1' of mlogit 2.0: three decimals are printed."""
    small = dce.fit_mnl(choices, BASE, "classical")
    large = dce.fit_mnl(choices, f"{BASE} + income:alternative", "classical")
    found = [
        dce.likelihood_ratio(large, small),
        dce.wald(large, "income:alternative = 0"),
        dce.score_test(small, f"{BASE} + income:alternative"),
    ]
    assert [test.degrees_of_freedom for test in found] == [4, 4, 4]
    assert [round(test.statistic, 3) for test in found] == [4.680, 4.646, 4.676]
