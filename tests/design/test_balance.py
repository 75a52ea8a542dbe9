"""How often each level may be shown, by hand; random designs within the bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dce
from dce.design.balance import level_bounds
from dce.design.levels import level_coding
from dce.design.services import Services

ATTRIBUTES = [
    dce.Attribute("wait", [2, 4, 8]),
    dce.Attribute("tea", ["no", "yes"], alternatives=["B"]),
    dce.Attribute("mode", ["a", "b", "c", "d"]),
]
STUDY = dce.Study(
    "T",
    ATTRIBUTES,
    [dce.Alternative("A"), dce.Alternative("B")],
    labelled=True,
    opt_out=dce.Alternative("none", constant=True),
)
SERVICES = Services.of(level_coding(STUDY))


def bounds(tasks, level_balance):
    return level_bounds(STUDY, SERVICES, tasks, level_balance)


def pairs(found, j, a):
    n = len(ATTRIBUTES[a].levels)
    return list(zip(found.least[j, a, :n].tolist(), found.most[j, a, :n].tolist(), strict=True))


def test_balance_is_within_one():
    found = bounds(10, True)
    assert pairs(found, 0, 0) == pairs(found, 1, 0) == [(3, 4)] * 3
    assert pairs(found, 1, 1) == [(5, 5)] * 2
    assert pairs(found, 0, 2) == [(2, 3)] * 4
    assert not found.free


def test_what_an_alternative_lacks_is_free():
    found = bounds(10, True)
    for j, a in ((0, 1), (2, 0), (2, 2)):
        assert pairs(found, j, a) == [(0, 10)] * len(ATTRIBUTES[a].levels)
        assert found.is_free(j, a, len(ATTRIBUTES[a].levels))


def test_free_is_free():
    assert bounds(10, False).free
    assert bounds(10, {"wait": False, "tea": False, "mode": False}).free
    assert bounds(10, {"wait": (0, 99), "tea": (0, 10), "mode": False}).free


def test_bounds_by_attribute_and_by_level():
    found = bounds(10, {"wait": (2, 6), "mode": {"c": (1, 2)}})
    assert pairs(found, 0, 0) == [(2, 6)] * 3
    assert pairs(found, 1, 1) == [(5, 5)] * 2  # not named: balanced
    assert pairs(found, 1, 2) == [(0, 10), (0, 10), (1, 2), (0, 10)]
    assert pairs(bounds(10, {"wait": {"4": (1, 2), 8: (3, 99)}}), 0, 0) == [(0, 10), (1, 2), (3, 10)]


@pytest.mark.parametrize(
    ("level_balance", "message"),
    [
        ({"wait": (4, 5)}, "level_balance, 'wait': the 3 levels occur between 12 and 15 times in all"),
        ({"wait": (0, 3)}, "between 0 and 9 times in all; allowed: bounds that add up to the 10 tasks"),
        ({"wait": (3, 2)}, r"level_balance, 'wait': found \[3, 2\]; allowed"),
        ({"cost": True}, "level_balance: found 'cost'; allowed: the attributes 'wait', 'tea', 'mode'"),
        ({"wait": {6: (1, 2)}}, "level_balance, 'wait': found '6'; allowed: the levels 2, 4, 8"),
        ("yes", "level_balance: found 'yes'; allowed: true, false, or a table"),
    ],
)
def test_bounds_that_cannot_be_are_refused(level_balance, message):
    with pytest.raises(dce.DesignError, match=message):
        bounds(10, level_balance)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.data(), st.integers(1, 14), st.integers(0, 99))
def test_random_designs_are_within_the_bounds(data, tasks, seed):
    balance = {}
    for attribute in ATTRIBUTES:
        n = len(attribute.levels)
        pair = data.draw(st.tuples(st.integers(0, tasks // n), st.integers(-(-tasks // n), tasks)))
        balance[attribute.name] = data.draw(
            st.sampled_from([True, False, pair, {attribute.levels[0]: (pair[0], pair[1])}])
        )
    found = bounds(tasks, balance)
    L = SERVICES.unpack(found.draw(SERVICES, np.random.default_rng(seed)))
    assert L.shape == (tasks, 3, 3)
    for j, a in SERVICES.columns:
        n = len(ATTRIBUTES[a].levels)
        counts = np.bincount(L[:, j, a], minlength=n)
        assert (found.least[j, a, :n] <= counts).all()
        assert (counts <= found.most[j, a, :n]).all()
    assert (L[:, ~SERVICES.owned] == -1).all()
