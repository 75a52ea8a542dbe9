"""Derivatives of coded services: exact ones of what formulas can hold, at both ends of the range."""

import numpy as np
import pandas as pd
import pytest

import dce
from dce.estimation.derivatives import slopes

WAITS = np.array([2.0, 2.00001, 3.3, 5.0, 7.9999, 8.0, 11.0])


@pytest.fixture(scope="module")
def services():
    return pd.DataFrame({"wait": WAITS, "parking": ["no", "yes", "yes", "no", "yes", "yes", "yes"],
                         "mode": "face", "alternative": None})  # fmt: skip


@pytest.mark.parametrize(
    ("formula", "column", "exact"),
    [
        ("wait + parking", "wait", lambda w, yes: np.ones_like(w)),
        ("log(wait) + parking", "log(wait)", lambda w, yes: 1 / w),
        ("wait + I(wait**2) + parking", "I(wait ** 2)", lambda w, yes: 2 * w),
        ("wait + I(wait**3) + parking", "I(wait ** 3)", lambda w, yes: 3 * w**2),
        ("I(np.exp(-wait)) + parking", "I(np.exp(-wait))", lambda w, yes: -np.exp(-w)),
        ("wait + parking + wait:parking", "wait:parking[yes]", lambda w, yes: yes),
    ],
)
def test_exact_derivatives(small_choices, services, formula, column, exact):
    fit = dce.fit_mnl(small_choices, formula)
    D = slopes(fit, services, "wait")
    k = fit.coding.names.index(column) if column in fit.coding.names else _only(fit, column)
    yes = (services["parking"] == "yes").to_numpy(dtype=float)
    # Differences of the sixth order with a step of 6e-4 weeks: rounding, 1e-13 over 6e-4, is all there is.
    assert D[:, k] == pytest.approx(exact(WAITS, yes), rel=1e-8, abs=1e-9)
    without = [i for i, part in enumerate(fit.coding.parts) if "wait" not in part]
    assert not D[:, without].any()


def _only(fit, column):
    """The one coefficient whose name is this but for spaces."""
    (k,) = [i for i, name in enumerate(fit.coding.names) if name.replace(" ", "") == column.replace(" ", "")]
    return k


def test_services_without_the_attribute_do_not_change(small_choices, services):
    fit = dce.fit_mnl(small_choices, "wait + parking")
    D = slopes(fit, services.assign(wait=np.where(WAITS == 5.0, np.nan, WAITS)), "wait")
    assert D[:, fit.coding.names.index("wait")] == pytest.approx([1, 1, 1, 0, 1, 1, 1])


def test_kinks_are_refused(small_choices, services):
    fit = dce.fit_mnl(small_choices, "wait + I(np.maximum(wait - 5, 0)) + parking")
    with pytest.raises(dce.ScenarioError, match="has a kink where wait is 5"):
        slopes(fit, services, "wait")
    beside = services[services["wait"] != 5.0].reset_index(drop=True)
    k = [i for i, name in enumerate(fit.coding.names) if "maximum" in name]
    found = slopes(fit, beside, "wait")[:, k].ravel()
    assert found == pytest.approx((beside["wait"] > 5).to_numpy(dtype=float), abs=1e-8)
