"""Collinearity: by hand, against R's car and regressions of statsmodels, by invariances."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from statsmodels.regression.linear_model import OLS

import dce
from dce.logit import half_information, log_probabilities

REFERENCE = Path(__file__).parents[1] / "reference"


@pytest.fixture(scope="module")
def clogit_data() -> dce.Choices:
    return dce.Choices(pd.read_csv(REFERENCE / "r_clogit_data.csv").drop(columns="weight"))


def weighted_rows(fit: dce.Fit) -> np.ndarray:
    """The rows sqrt(P) (x - mean), whose cross-product is the information."""
    layout = fit.choices.layout
    X = fit.coding.matrix(fit.choices.frame)[layout.rows]
    P = np.exp(log_probabilities(X, fit.coefficients.to_numpy(), layout.available))
    return half_information(X, P).reshape(-1, X.shape[-1])


@pytest.mark.parametrize("name", ["main", "square"])
def test_inflation_is_that_of_car(clogit_data, name):
    """car::vif of survival::clogit; both stop within 1e-6 of a standard error of the maximum."""
    r = json.loads((REFERENCE / "r_vif.json").read_text())[name]
    formula = {
        "main": "alternative + wait + distance + mode",
        "square": "wait + I(wait**2) + distance + mode + wait:age65",
    }[name]
    found = dce.collinearity(dce.fit_mnl(clogit_data, formula)).frame
    for term, gvif, df in zip(r["terms"], r["gvif"], r["df"], strict=True):
        mine = term.replace("^", " ** ")
        rows = found.index.str.startswith(mine + "[") if df > 1 else found.index == mine
        assert rows.sum() == df
        if df > 1:
            assert_allclose(found.loc[rows, "vif of term"], gvif ** (1 / df), rtol=1e-6)
        else:
            assert_allclose(found.loc[rows, "vif"], gvif, rtol=1e-6)


def test_inflation_is_that_of_statsmodels(elsewhere):
    """1/(1 - R2) of regressions on the other columns, without a constant."""
    fit = dce.fit_mnl(elsewhere, "alternative + price + time + price:old")
    Z = weighted_rows(fit)
    of_others = [OLS(Z[:, k], np.delete(Z, k, axis=1)).fit().rsquared for k in range(Z.shape[1])]
    assert_allclose(dce.collinearity(fit).frame["vif"], 1 / (1 - np.array(of_others)), rtol=1e-8)


def test_two_attributes_by_hand(rng):
    """Of two columns with correlation r: VIF 1/(1 - r^2), condition index sqrt((1 + r)/(1 - r))."""
    T = 400
    frame = pd.DataFrame({"task": np.repeat(np.arange(T), 2), "alternative": np.tile(["a", "b"], T)})
    frame["respondent"] = frame["task"] // 4
    frame["x"] = rng.normal(size=2 * T)
    frame["y"] = 0.99 * frame["x"] + 0.14 * rng.normal(size=2 * T)
    utility = frame["x"].to_numpy() + rng.gumbel(size=2 * T)
    frame["chosen"] = (utility.reshape(T, 2).argmax(axis=1)[:, None] == [0, 1]).ravel().astype(int)
    fit = dce.fit_mnl(dce.Choices(frame), "x + y")
    found = dce.collinearity(fit)
    Z = weighted_rows(fit)
    r = (Z[:, 0] @ Z[:, 1]) / np.sqrt((Z[:, 0] @ Z[:, 0]) * (Z[:, 1] @ Z[:, 1]))
    assert_allclose(found.frame["vif"], 1 / (1 - r**2), rtol=1e-6)
    assert_allclose(found.indices, [np.sqrt((1 + r) / (1 - r)), 1], rtol=1e-6)
    assert_allclose(found.frame["correlation"], -r, rtol=1e-6)
    assert found.frame["closest"].tolist() == ["y", "x"]
    expected = [(1 + r) / 2, (1 - r) / 2]  # (1/mu_k) / (1/mu_1 + 1/mu_2), with mu = 1 - r and 1 + r
    assert_allclose(found.proportions["x"], expected, rtol=1e-6)
    assert [set(names) for names in found.together] == [{"x", "y"}]
    assert "Weak dependency (index" in str(found)


def test_belsley_by_singular_values(elsewhere):
    """Condition indices and shares of variance, from the singular values of columns of length one."""
    fit = dce.fit_mnl(elsewhere, "price + I(price**2) + time")
    Z = weighted_rows(fit)
    _, d, vt = np.linalg.svd(Z / np.sqrt((Z**2).sum(axis=0)), full_matrices=False)
    found = dce.collinearity(fit)
    assert_allclose(found.indices, (d[0] / d)[::-1], rtol=1e-6)
    phi = (vt.T / d) ** 2
    shares = (phi / phi.sum(axis=1, keepdims=True)).T[::-1]
    assert_allclose(found.proportions.to_numpy(), shares, atol=1e-6)
    assert_allclose(found.proportions.sum(), 1)


def test_units_and_origins_do_not_matter(elsewhere):
    plain = dce.collinearity(dce.fit_mnl(elsewhere, "price + time"))
    frame = elsewhere.frame.assign(price=elsewhere.frame["price"] * 1e4, time=elsewhere.frame["time"] + 1e5)
    other = dce.collinearity(dce.fit_mnl(dce.Choices(frame), "price + time"))
    assert_allclose(other.indices, plain.indices, rtol=1e-6)
    assert_allclose(other.frame["vif"], plain.frame["vif"], rtol=1e-6)


def test_one_coefficient_stands_alone(elsewhere):
    found = dce.collinearity(dce.fit_mnl(elsewhere, "price"))
    assert found.frame["vif"].tolist() == [1.0]
    assert found.together == ()
    assert "Largest condition index 1.0" in str(found)


def test_what_it_shows(clogit_data, small_choices):
    shown = str(dce.collinearity(dce.fit_mnl(small_choices)))
    assert "Largest condition index" in shown
    assert max(map(len, shown.splitlines())) <= 80
    square = dce.collinearity(dce.fit_mnl(clogit_data, "wait + I(wait**2) + distance"))
    assert [set(names) for names in square.together] == [{"wait", "I(wait ** 2)"}]
    assert square._repr_html_().startswith("<table>")
