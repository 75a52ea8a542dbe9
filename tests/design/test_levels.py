"""Coding by look-up against the coding itself."""

import numpy as np
import pytest

import dce
from dce.design.levels import level_coding

A, B = dce.Alternative("A"), dce.Alternative("B", constant=True)
ATTRIBUTES = [
    dce.Attribute("wait", [2, 4, 8]),
    dce.Attribute("price", [0.5, 1.5, 4.25, 9]),
    dce.Attribute("parking", ["no", "yes"]),
    dce.Attribute("mode", ["face", "phone", "group"]),
]
UTILITIES = {
    "main effects": "",
    "interaction of words": "wait + price + parking * mode",
    "interaction of numbers": "wait * price + parking",
    "three at once": "wait:parking:mode + price",
    "chained": "wait:price + price:mode + parking",
    "powers and logarithms": "poly(wait, 2) + log(price) + parking",
    "transforms in an interaction": "mode:poly(price, 2) + center(wait)",
    "effects coding": "C(mode, contr.sum) + C(wait) + parking",
    "by alternative": "wait:alternative + parking:alternative + mode",
    "not all attributes": "wait + parking - constants",
}


def random_levels(coding, tasks, rng):
    L = rng.integers(coding.sizes, size=(tasks, *coding.owned.shape))
    return np.where(coding.owned, L, -1)


def check_look_up(study, rng):
    coding = level_coding(study)
    L = random_levels(coding, 200, rng)
    frame = coding.to_frame(L, np.ones(len(L), dtype=int))
    expected = study.coding.matrix(frame).reshape(*L.shape[:2], -1)
    np.testing.assert_array_equal(coding.code(L), expected)
    np.testing.assert_array_equal(coding.from_frame(frame), L)
    np.testing.assert_array_equal(coding.code(L.reshape(10, 20, *L.shape[1:])), coding.code(L).reshape(
        10, 20, *expected.shape[1:]))  # fmt: skip


@pytest.mark.parametrize("utility", UTILITIES.values(), ids=UTILITIES)
@pytest.mark.parametrize("opt_out", [None, dce.Alternative("none", constant=True)], ids=["", "opt-out"])
def test_look_up_is_the_coding(utility, opt_out, rng):
    check_look_up(dce.Study("T", ATTRIBUTES, [A, B], utility=utility, opt_out=opt_out), rng)


@pytest.mark.parametrize("utility", ["", "wait:alternative + parking*mode + visits", "log(visits) * parking"])
def test_look_up_with_attributes_of_some_alternatives(utility, rng):
    own = [
        dce.Attribute("visits", [1, 2, 6], alternatives=["B"]),
        dce.Attribute("wait", [2, 4, 8]),
        dce.Attribute("parking", ["no", "yes"], alternatives=["B", "C"]),
        dce.Attribute("mode", ["face", "phone", "group"], alternatives=["A", "B"]),
    ]
    study = dce.Study(
        "T",
        own,
        [A, B, dce.Alternative("C", constant=True)],
        labelled=True,
        opt_out=dce.Alternative("none"),
        utility=utility,
    )
    check_look_up(study, rng)


@pytest.mark.parametrize("name", ["physiotherapy", "peer-support", "staff-support"])
def test_look_up_of_the_shipped_studies(name, request, rng):
    check_look_up(dce.Study.read(request.config.rootpath / "designs" / name), rng)
