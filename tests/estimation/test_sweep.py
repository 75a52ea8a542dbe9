"""Sweeps over an attribute: every point is a scenario."""

import numpy as np
import pandas as pd
import pytest

import dce

NEAR = {"wait": 2, "parking": "no", "mode": "face"}
FAR = {"wait": 8, "parking": "yes", "mode": "group"}
BASE = {"one": NEAR, "two": FAR}


@pytest.fixture(scope="module")
def fit(small_choices):
    return dce.fit_mnl(small_choices)


def test_every_point_is_a_scenario(fit):
    result = dce.sweep(fit, BASE, wait=range(2, 9), service="two")
    frame = result.frame
    assert frame["value"].tolist() == np.repeat(range(2, 9), 2).tolist()
    each = {f"{wait}": {"one": NEAR, "two": {**FAR, "wait": wait}} for wait in range(2, 9)}
    expected = dce.scenarios(fit, each).frame
    columns = ["service", "probability", "standard error", "low", "high"]
    pd.testing.assert_frame_equal(frame[columns], expected[columns])
    text = str(result)
    assert "Probability of choosing two" in text
    assert len([line for line in text.splitlines() if "%" in line]) == 8  # with the heading
    assert max(map(len, text.splitlines())) <= 80


def test_the_first_service_is_the_default_and_words_have_no_order(fit):
    result = dce.sweep(fit, BASE, mode=["face", "phone", "group"])
    assert result.service == "one"
    assert result.frame["value"].tolist()[::2] == ["face", "phone", "group"]
    same = dce.sweep(fit, BASE, {"mode": ["face", "phone", "group"]})
    pd.testing.assert_frame_equal(result.frame, same.frame)


def test_beyond_the_range_is_warned_of(fit):
    with pytest.warns(dce.RangeWarning, match="'wait = 10', 'one': wait is 10, outside the studied range"):
        dce.sweep(fit, BASE, wait=[8, 10])


def test_figure(fit):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    result = dce.sweep(fit, BASE, wait=[2, 4, 8])
    ax = result.plot(services=["one", "two"])
    assert ax.get_xlabel() == "Wait (weeks), one"
    assert [line.get_ydata().tolist() for line in ax.lines] == [
        result.frame.loc[result.frame["service"] == s, "probability"].tolist() for s in ("one", "two")
    ]
    ax = dce.sweep(fit, BASE, mode=["face", "group"]).plot()
    assert len(ax.containers) == 1
    with pytest.raises(dce.ScenarioError, match="services: found 'x'; allowed: 'one', 'two'"):
        result.plot(services=["x"])
    matplotlib.pyplot.close("all")


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({}, "attributes: found none; allowed: one with its values"),
        ({"wait": [2], "mode": ["face"]}, "attributes: found 'wait', 'mode'; allowed: one"),
        ({"wait": 4}, "wait: found 4; allowed: several values"),
        ({"mode": "face"}, "mode: found 'face'; allowed: several values"),
        ({"wait": [2, 2]}, "wait: found 2, 2; allowed: one or more values, each once"),
        ({"wait": []}, "wait: found ; allowed: one or more"),
        ({"depth": [1]}, "unknown attribute 'depth'; allowed: 'wait'"),
    ],
)
def test_what_cannot_be_swept(fit, attributes, message):
    with pytest.raises(dce.ScenarioError, match=message):
        dce.sweep(fit, BASE, **attributes)
