"""Changes from a base: the same as differences between scenarios that are written out."""

import numpy as np
import pandas as pd
import pytest

import dce

NEAR = {"wait": 2, "parking": "no", "mode": "face"}
FAR = {"wait": 8, "parking": "no", "mode": "group"}
BASE = {"one": NEAR, "two": FAR}


@pytest.fixture(scope="module")
def fit(small_choices):
    return dce.fit_mnl(small_choices)


def test_each_change_alone_and_all_together(fit):
    changes = {"two": {"parking": "yes", "wait": 4}, "one": {"mode": "phone"}}
    result = dce.scenario_changes(fit, BASE, changes)
    frame = result.frame
    written_out = {
        "now": BASE,
        "parking": {"one": NEAR, "two": {**FAR, "parking": "yes"}},
        "wait": {"one": NEAR, "two": {**FAR, "wait": 4}},
        "mode": {"one": {**NEAR, "mode": "phone"}, "two": FAR},
        "all": {"one": {**NEAR, "mode": "phone"}, "two": {**FAR, "parking": "yes", "wait": 4}},
    }
    pairs = [("parking", "two"), ("wait", "two"), ("mode", "one"), ("all", "two"), ("all", "one")]
    expected = dce.scenario_differences(fit, written_out).frame.set_index(["scenario", "service"])
    expected = expected.loc[pairs].reset_index(drop=True)
    pd.testing.assert_frame_equal(frame[expected.columns], expected)
    assert frame["change"].tolist() == [
        "parking no → yes", "wait 8 → 4", "mode face → phone", "all together", "all together",
    ]  # fmt: skip
    assert "  wait 8 → 4" in str(result)
    assert max(map(len, str(result).splitlines())) <= 80


def test_one_change_is_one_row(fit):
    assert len(dce.scenario_changes(fit, BASE, {"two": {"wait": 4}}).frame) == 1


def test_a_scenario_of_a_file(fit, tmp_path):
    path = tmp_path / "scenarios.toml"
    parts = [f'[[scenarios]]\nname = "{name}"\n' + "".join(
        f'[[scenarios.services]]\nname = "{service}"\nwait = {wait}\nparking = "no"\nmode = "face"\n'
        for service, wait in (("one", 2), ("two", wait))) for name, wait in (("a", 4), ("b", 8))]  # fmt: skip
    path.write_text("\n".join(parts))
    with pytest.raises(
        dce.ScenarioError, match="found 2 scenarios; allowed: one; scenario= names one of 'a'"
    ):
        dce.scenario_changes(fit, path, {"two": {"wait": 2}})
    frame = dce.scenario_changes(fit, path, {"two": {"wait": 2}}, scenario="b").frame
    assert frame["probability"].iloc[0] == 0.5
    with pytest.raises(dce.ScenarioError, match="there is no scenario 'c'; found: 'a', 'b'"):
        dce.scenario_changes(fit, path, {"two": {"wait": 2}}, scenario="c")


def test_a_characteristic_changes_for_all_services(small_choices):
    frame = small_choices.frame
    choices = dce.Choices(frame.assign(old=frame["respondent"] % 2), small_choices.study)
    fit = dce.fit_mnl(choices, "wait + parking + wait:old")
    young = {name: {**service, "old": 0} for name, service in BASE.items()}
    old = {name: {**service, "old": 1} for name, service in BASE.items()}
    found = dce.scenario_changes(fit, young, {"two": {"old": 1}}).frame["probability"].iloc[0]
    assert found == dce.scenarios(fit, {"x": old}).frame["probability"].iloc[1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, "changes: found none"),
        ({"two": {}}, "changes: found none"),
        ({"two": 4}, "changes: allowed: a mapping of service to attribute to value"),
        ({"three": {"wait": 4}}, "service: found 'three'; allowed: 'one', 'two'"),
        ({"two": {"colour": 4}}, "two: unknown attribute 'colour'; allowed: 'wait'"),
        ({"two": {"wait": 8}}, "wait of 'two' is 8 in the base already"),
        ({"two": {"parking": "full"}}, "parking is 'full'; allowed: 'no', 'yes'"),
    ],
)
def test_changes_that_are_none(fit, changes, message):
    with pytest.raises(dce.ScenarioError, match=message):
        dce.scenario_changes(fit, BASE, changes)


def test_ranges_are_warned_of(fit):
    with pytest.warns(dce.RangeWarning, match="'two: wait 8 → 20', 'two': wait is 20, outside"):
        result = dce.scenario_changes(fit, BASE, {"two": {"wait": 20}})
    assert np.isfinite(result.frame["low"]).all()
