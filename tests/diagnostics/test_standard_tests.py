"""The set of tests that a paper prints, in Python and from the shell."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dce
from dce import cli


def test_a_study_of_two_services(small_choices):
    fit = dce.fit_mnl(small_choices)
    (found,) = dce.standard_tests(fit)
    assert found.frame["hypothesis"].tolist() == [
        "Wait: no effect",
        "Parking: no effect",
        "Mode: no effect",
        "equal constants",
        "Wait: linear",
    ]
    assert found["Mode: no effect"].statistic == dce.wald(fit, "mode = 0").statistic
    assert found["left-right"].statistic == dce.left_right(fit).statistic
    assert found["linearity"].statistic == dce.linearity(fit, "wait").statistic
    assert dce.standard_tests(small_choices)[0].frame.equals(found.frame)


def test_interactions_are_effects_of_the_attribute(long_frame):
    choices = dce.read_long(long_frame, task="t", alternative="alt", chosen="y", respondent="id")
    fit = dce.fit_mnl(choices, "price + time + price:old")
    found, of_iia = dce.standard_tests(fit)
    assert found["price: no effect"].statistic == dce.wald(fit, "price = 0, price:old = 0").statistic
    square = found["time: linear (against a square)"]
    assert square.statistic == dce.linearity(fit, "time", 2).statistic
    assert found["price: linear"].statistic == dce.linearity(fit, "price").statistic
    assert of_iia.frame.equals(dce.iia(fit).frame)


def test_what_cannot_be_tested_is_said(long_frame):
    """A price of three levels of which one was never chosen."""
    frame = long_frame.assign(price=long_frame["price"].clip(1, 3))
    frame.loc[(frame["price"] == 2) & (frame["y"] == 1), "price"] = 1
    choices = dce.read_long(frame, task="t", alternative="alt", chosen="y", respondent="id")
    found = str(dce.standard_tests(dce.fit_mnl(choices, "price + time"))[0]).replace("\n", " ")
    assert "price, not tested for linearity: perfect prediction" in found
    level = long_frame["price"].clip(1, 3)
    same = long_frame.assign(price=level.replace({3: 6}), dear=(level == 3).astype(int))
    again = dce.read_long(same, task="t", alternative="alt", chosen="y", respondent="id")
    with pytest.raises(dce.EstimationError, match="cannot tell a curve in 'price' from a straight line"):
        dce.linearity(dce.fit_mnl(again, "price + dear + time"), "price")


def test_from_the_shell(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    folder = Path(dce.__file__).parents[1] / "designs" / "physiotherapy"
    design = dce.Design.read(folder)
    choices = dce.simulate_choices(design, respondents=150, seed=2)
    sex = np.where(choices.frame["respondent"] % 2 == 1, "Female", "Male")
    choices = dce.Choices(choices.frame.assign(sex=sex), choices.study)
    dce.write_responses(choices, design, "plain.csv")
    monkeypatch.setattr(
        sys, "argv", ["dce", "tests", str(folder), "plain.csv", "--by", "sex", "--out", "tables"]
    )
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert not stop.value.code
    shown = capsys.readouterr().out
    assert "Tests of the model" in shown
    assert "Distance to the clinic: linear" in shown
    assert "Tastes and scale by sex" in shown
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80
    assert len(pd.read_csv("tables/tests.csv")) == 11
