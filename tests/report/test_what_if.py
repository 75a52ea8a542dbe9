"""The what-if page: what it offers, and what it refuses."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import dce
from dce.errors import ReportError
from dce.report import look_up
from dce.report.look_up import offered_attributes, offered_characteristics, term_tables
from dce.report.what_if import write_what_if


@pytest.fixture(scope="module")
def study():
    return dce.Study(
        "Clinics",
        attributes=[
            dce.Attribute("wait", [2, 4, 8], "Wait", "weeks"),
            dce.Attribute("cost", [0, 12.5, 50], labels=["£0", "£12.5", "£50"]),
            dce.Attribute("change", [-2, 0, 2], labels=["less", "the same", "more"]),
            dce.Attribute("parking", ["no", "yes"]),
        ],
        alternatives=[dce.Alternative("A"), dce.Alternative("B", constant=True)],
        priors={"constant[B]": 0, "wait": -0.1, "cost": -0.02, "change": 0.1, "parking[yes]": 0.4},
    )


@pytest.fixture(scope="module")
def choices(study):
    """Random services, of which one of two is chosen at random."""
    rng = np.random.default_rng(1)
    tasks = 480
    columns = {a.name: rng.choice(np.array(a.levels, dtype=object), 2 * tasks) for a in study.attributes}
    number = np.repeat(np.arange(tasks) // 6, 2)
    first = rng.integers(2, size=tasks)
    frame = pd.DataFrame(
        {
            "respondent": number,
            "task": np.repeat(np.arange(tasks), 2),
            "alternative": ["A", "B"] * tasks,
            "chosen": np.column_stack([first, 1 - first]).ravel(),
            "sex": np.where(number % 2, "f", "m"),
            "age": 30 + number % 40,
            **columns,
        }
    )
    return dce.Choices(frame, study)


@pytest.fixture(scope="module")
def fit(choices):
    return dce.fit_mnl(choices)


def content(path):
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="study">(.*?)</script>', text, flags=re.DOTALL)[1])


def test_numbers_are_offered_in_round_steps_within_and_a_little_beyond(study, fit):
    wait, cost, change, parking = offered_attributes(study, fit.coding, {"wait": [5.5]})
    assert wait.values == (1, 2, 3, 4, 5, 5.5, 6, 7, 8, 9)
    assert wait.texts[:2] == ("1 weeks", "2 weeks")
    assert [x for x, outside in zip(wait.values, wait.outside, strict=True) if outside] == [1, 9]
    assert cost.texts[cost.values.index(12.5)] == "£12.5"
    assert cost.texts[cost.values.index(20)] == "£20"
    assert min(cost.values) == 0, "a cost that was never below zero is not offered below zero"
    assert change.values[0] < -2, "what was below zero may be further below"
    assert change.texts[change.values.index(0)] == "the same"
    assert (parking.values, parking.numeric) == (("no", "yes"), False)


@pytest.mark.parametrize(
    "formula",
    [
        None,
        "poly(wait, 2) + cost:parking + cost + parking + wait:age + change",
        "C(wait) + np.log(cost + 1) + C(parking, contr.sum) + change:alternative",
    ],
)
def test_tables_hold_what_the_coding_gives(study, choices, formula):
    fit = dce.fit_mnl(choices, formula)
    offered = (*offered_attributes(study, fit.coding, {}), *offered_characteristics(study, fit.coding))
    tables = term_tables(study, fit.coding, offered)
    values = {each.name: each.values for each in offered}
    values["alternative"] = (None, "A", "B")
    rng = np.random.default_rng(1)
    for _ in range(50):
        at = {name: int(rng.integers(len(of))) for name, of in values.items()}
        x = np.zeros(len(fit.coding.names))
        for table in tables:
            sizes = [len(values[name]) for name in table.variables]
            row = np.ravel_multi_index([at[name] for name in table.variables], sizes)
            x[list(table.coefficients)] = table.X[row]
        service = {name: of[at[name]] for name, of in values.items()}
        frame = study.typed(pd.DataFrame([service]))
        np.testing.assert_array_equal(x, fit.coding.matrix(frame)[0])


def test_what_a_formula_cannot_code_is_not_offered(study, choices):
    fit = dce.fit_mnl(choices, "np.log(wait - 1) + cost")
    wait = offered_attributes(study, fit.coding, {})[0]
    assert not any(wait.outside)


def test_same_fits_same_bytes(fit, tmp_path):
    first = write_what_if(fit, tmp_path / "a.html").read_bytes()
    assert write_what_if(fit, tmp_path / "deep" / "b.html").read_bytes() == first


def test_groups_and_scenarios_are_in_the_page(choices, fit, tmp_path):
    groups = dce.fit_by(choices, "sex")
    services = {
        "now": {
            "near": {"wait": 2, "cost": 0, "change": 0, "parking": "no"},
            "far": {"wait": 8, "cost": 7.25, "change": 0, "parking": "yes"},
        }
    }
    path = write_what_if(fit, tmp_path / "page.html", groups=groups, scenarios=services, level=0.9)
    data = content(path)
    assert [group["name"] for group in data["groups"]] == ["Everybody", "f", "m"]
    assert data["groups"][1]["b"] == groups["f"].coefficients.tolist()
    assert data["groups"][1]["quantile"] == groups["f"].quantile(0.9)
    assert 7.25 in data["attributes"][1]["values"]
    assert data["scenarios"][0]["services"][1]["values"]["cost"] == 7.25


def test_a_fit_without_a_study_is_refused(tmp_path):
    frame = pd.DataFrame(
        {"t": np.repeat([1, 2, 3, 4], 2), "alt": ["a", "b"] * 4, "y": [1, 0, 0, 1, 1, 0, 0, 1],
         "price": [2, 4, 5, 3, 3, 3.5, 4, 5]}
    )  # fmt: skip
    choices = dce.read_long(frame, task="t", alternative="alt", chosen="y")
    fit = dce.fit_mnl(choices, "price", covariance="robust")
    with pytest.raises(ReportError, match="the fit has no study"):
        write_what_if(fit, tmp_path / "page.html")


def test_a_subgroup_with_another_utility_is_refused(choices, fit, tmp_path):
    groups = dce.fit_by(choices, "sex")
    other = replace(groups, fits={"f": dce.fit_mnl(choices, "wait + cost")})
    with pytest.raises(ReportError, match=r"f has the utility 'wait \+ cost'"):
        write_what_if(fit, tmp_path / "page.html", groups=other)


def test_an_interaction_of_too_many_values_is_refused(choices, tmp_path, monkeypatch):
    monkeypatch.setattr(look_up, "MOST_ROWS", 100)
    fit = dce.fit_mnl(choices, "wait + cost + wait:cost:age")
    with pytest.raises(ReportError, match="age and cost and wait together take"):
        write_what_if(fit, tmp_path / "page.html")


def test_scenarios_of_another_study_are_refused(fit, tmp_path):
    with pytest.raises(dce.ScenarioError, match="unknown key 'distance'"):
        write_what_if(fit, tmp_path / "page.html", scenarios={"x": {"a": {"distance": 1}, "b": {}}})


def test_a_subgroup_that_cannot_be_estimated_is_said(choices, fit, tmp_path):
    few = choices.frame["sex"].where(choices.frame["respondent"] > 1, "few")
    groups = dce.fit_by(dce.Choices(choices.frame.assign(sex=few), choices.study), "sex")
    data = content(write_what_if(fit, tmp_path / "page.html", groups=groups))
    assert [group["name"] for group in data["groups"]] == ["Everybody", "f", "m"]
    assert data["refused"] == [str(groups.refused["few"])]
