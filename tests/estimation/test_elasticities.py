"""Elasticities and marginal effects: Train's formulas by hand, finite differences of predicted shares."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dce

REFERENCE = Path(__file__).parents[1] / "reference"

NEAR = {"wait": 2, "parking": "no", "mode": "face"}
FAR = {"wait": 8, "parking": "yes", "mode": "group"}
MIDDLE = {"wait": 4, "parking": "no", "mode": "phone"}
BASE = {"one": NEAR, "two": FAR, "three": MIDDLE}


@pytest.fixture(scope="module")
def fit(small_choices):
    return dce.fit_mnl(small_choices)


@pytest.fixture(scope="module")
def aged(small_choices):
    frame = small_choices.frame
    choices = dce.Choices(frame.assign(old=frame["respondent"] % 2), small_choices.study)
    return dce.fit_mnl(choices, "poly(wait, 2) + parking + wait:old")


def by_differences(fit, function, step=1e-5):
    """Gradient of a function of a fit with respect to its coefficients."""
    columns = []
    for k in range(len(fit.coefficients)):
        move = np.zeros(len(fit.coefficients))
        move[k] = step
        near = [replace(fit, coefficients=fit.coefficients + sign * move) for sign in (1, -1)]
        columns.append((function(near[0]) - function(near[1])) / (2 * step))
    return np.stack(columns, axis=-1)


def errors(fit, G):
    return np.sqrt(np.einsum("mk,kl,ml->m", G, fit.covariance.to_numpy(), G))


def test_trains_formulas(fit):
    """Train (2009), eq. 3.7 and 3.8: direct b z (1 - P), cross -b z P of the service that changes."""
    P = dce.scenarios(fit, {"x": BASE}).frame["probability"].to_numpy()
    z, b = np.array([2.0, 8, 4]), fit.coefficients["wait"]
    frame = dce.elasticities(fit, "wait", BASE).frame
    expected = [b * z[i] * ((i == j) - P[i]) for i in range(3) for j in range(3)]
    assert frame["elasticity"].tolist() == pytest.approx(expected, rel=1e-9)
    assert frame["of"].tolist() == [name for name in BASE for _ in range(3)]
    frame = dce.marginal_effects(fit, "wait", BASE).frame
    expected = [b * P[j] * ((i == j) - P[i]) for i in range(3) for j in range(3)]
    assert frame["effect"].tolist() == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("function", [dce.elasticities, dce.marginal_effects])
def test_errors_are_those_of_finite_differences(aged, function):
    frame = function(aged, "wait", BASE).frame
    kind = frame.columns[2]
    G = by_differences(aged, lambda f: function(f, "wait", BASE).frame[kind].to_numpy())
    assert frame["standard error"].to_numpy() == pytest.approx(errors(aged, G), rel=1e-5)
    half = 1.959964 * frame["standard error"]
    assert (frame["high"] - frame[kind]).to_numpy() == pytest.approx(half.to_numpy(), rel=1e-6)


def test_effects_are_differences_of_averaged_probabilities(aged):
    """A curved utility, averaged over respondents: against scenarios a little apart."""
    frame = dce.marginal_effects(aged, "wait", BASE).frame.set_index(["of", "service"])["effect"]
    near = {s: {**BASE, "three": {**MIDDLE, "wait": 4 + s * 1e-4}} for s in (1, -1)}
    P = dce.scenarios(aged, {"up": near[1], "down": near[-1]}).frame["probability"].to_numpy()
    assert frame["three"].to_numpy() == pytest.approx((P[:3] - P[3:]) / 2e-4, abs=1e-8)
    P = dce.scenarios(aged, {"x": BASE}).frame["probability"].to_numpy()
    relative = dce.elasticities(aged, "wait", BASE).frame.set_index(["of", "service"])["elasticity"]
    assert relative["three"].to_numpy() == pytest.approx(4 * frame["three"].to_numpy() / P, rel=1e-9)


def shares_of(fit, frame):
    """Predicted shares of the alternatives, weighted."""
    X = fit.coding.matrix(frame)
    v = np.exp(X @ fit.coefficients.to_numpy())
    v *= frame["available"].to_numpy()
    task = frame.groupby(["id", "t"], sort=False).ngroup().to_numpy()
    P = v / np.bincount(task, v)[task]
    return (P * frame["weight"]).groupby(frame["alternative"].to_numpy(), sort=False).sum().to_numpy()


def test_aggregate_elasticities_are_those_of_predicted_shares(long_frame, rng):
    frame = long_frame.assign(w=1.0 + (long_frame["t"] % 3), av=1)
    frame.loc[(frame["t"] % 4 == 0) & (frame["alt"] == "train") & (frame["y"] == 0), "av"] = 0
    frame = frame.sample(frac=1, random_state=3)
    names = {"alt": "alternative", "w": "weight", "av": "available"}
    choices = dce.read_long(frame, task="t", alternative="alt", chosen="y", respondent="id", weight="w",
                            available="av")  # fmt: skip
    fit = dce.fit_mnl(choices, "alternative + price + time + price:old")
    result = dce.elasticities(fit, "price")
    found = result.frame.set_index(["of", "service"])["elasticity"]
    data = frame.rename(columns=names).reset_index(drop=True)
    order = list(dict.fromkeys(data["alternative"]))
    for of in order:
        shares = []
        for sign in (1, -1):
            change = np.where(data["alternative"] == of, 1 + sign * 1e-5, 1.0)
            shares.append(np.log(shares_of(fit, data.assign(price=data["price"] * change))))
        expected = dict(zip(order, (shares[0] - shares[1]) / 2e-5, strict=True))
        assert found[of].to_dict() == pytest.approx(expected, rel=1e-5, abs=1e-7)
    G = by_differences(fit, lambda f: dce.elasticities(f, "price").frame["elasticity"].to_numpy())
    assert result.frame["standard error"].to_numpy() == pytest.approx(errors(fit, G), rel=1e-5)
    drawn = dce.elasticities(fit, "price", method="krinsky-robb", draws=4_000).frame
    assert drawn["standard error"].to_numpy() == pytest.approx(result.frame["standard error"], rel=0.1)
    assert (
        "over the answered tasks, weighted by the probability of each alternative and the weights"
        in " ".join(str(result).split())
    )


def test_collapsed_tasks_count_as_often_as_they_were_answered(fit, small_choices):
    one_by_one = small_choices.frame.assign(
        wait=lambda f: f["wait"] * 1.0, noise=np.arange(len(small_choices.frame))
    )
    result = dce.elasticities(fit, "wait").frame["elasticity"].to_numpy()
    P = np.exp(fit.coding.matrix(one_by_one) @ fit.coefficients.to_numpy()).reshape(-1, 2)
    P /= P.sum(axis=1, keepdims=True)
    z = one_by_one["wait"].to_numpy().reshape(-1, 2)
    b = fit.coefficients["wait"]
    expected = [
        (P[:, j] * b * z[:, i] * ((i == j) - P[:, i])).sum() / P[:, j].sum() for i in (0, 1) for j in (0, 1)
    ]
    assert result.tolist() == pytest.approx(expected, rel=1e-9)


def test_rescaling_the_attribute_changes_effects_but_not_elasticities(long_frame):
    def fitted(factor):
        frame = long_frame.assign(price=long_frame["price"] * factor)
        return dce.fit_mnl(
            dce.read_long(frame, task="t", alternative="alt", chosen="y", respondent="id"), "price + time"
        )

    def base(factor):
        return {"a": {"price": 2 * factor, "time": 0.0}, "b": {"price": 3 * factor, "time": 0.5}}

    cents, euros = fitted(100), fitted(1)
    columns = ["standard error", "low", "high"]
    a, b = (dce.elasticities(f, "price", base(k)).frame for f, k in ((cents, 100), (euros, 1)))
    assert a[["elasticity", *columns]].to_numpy() == pytest.approx(
        b[["elasticity", *columns]].to_numpy(), rel=1e-6
    )
    a, b = (dce.marginal_effects(f, "price", base(k)).frame for f, k in ((cents, 100), (euros, 1)))
    assert 100 * a[["effect", *columns]].to_numpy() == pytest.approx(
        b[["effect", *columns]].to_numpy(), rel=1e-6
    )


def test_what_has_no_elasticity(fit, small_choices):
    with pytest.raises(dce.ScenarioError, match=r"'parking' is no numeric attribute of the utility .*words"):
        dce.elasticities(fit, "parking", BASE)
    steps = dce.fit_mnl(small_choices, "C(wait) + parking")
    with pytest.raises(dce.ScenarioError, match=r"'wait' is no numeric attribute .*taken as categories"):
        dce.elasticities(steps, "wait", BASE)
    kinked = dce.fit_mnl(small_choices, "wait + I(np.abs(wait - 4)) + parking")
    with pytest.raises(dce.ScenarioError, match="has a kink where wait is 4"):
        dce.elasticities(kinked, "wait", BASE)


def test_tables_fit_a_page(fit):
    for result in (dce.elasticities(fit, "wait"), dce.marginal_effects(fit, "wait", BASE)):
        assert max(map(len, str(result).splitlines())) <= 80
        assert "Wait (weeks) of" in str(result)


def test_aggregate_elasticities_against_biogeme():
    """``tests/reference/biogeme_elasticities.py`` made the numbers, at these coefficients."""
    stored = json.loads((REFERENCE / "biogeme_elasticities.json").read_text())
    frame = pd.read_csv(REFERENCE / "r_clogit_data.csv")
    choices = dce.read_long(frame, respondent="respondent", task="task", alternative="alternative",
                            chosen="chosen", weight="weight")  # fmt: skip
    fit = dce.fit_mnl(choices, "mode + wait + distance + wait:age65")
    given = stored["coefficients"]
    names = {
        "mode[equipment]": "equipment",
        "mode[one-to-one]": "one",
        "age65:wait": "old",
        "wait:age65": "old",
    }
    b = pd.Series({name: given[names.get(name, name)] for name in fit.coefficients.index})
    fit = replace(fit, coefficients=b)
    for attribute in ("wait", "distance"):
        found = dce.elasticities(fit, attribute).frame
        labels = [
            f"{attribute} of {of}, {name}" for of, name in zip(found["of"], found["service"], strict=True)
        ]
        expected = [stored["elasticities"][label] for label in labels]
        assert found["elasticity"].tolist() == pytest.approx(expected, rel=1e-10)  # float64 on both sides
