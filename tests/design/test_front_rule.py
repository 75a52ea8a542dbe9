"""The rule that takes a design from a front, by hand."""

import numpy as np
import pytest

from dce.design.front_rule import Rule
from dce.errors import DesignError

#                D-error, level imbalance, utility balance, overlap, correlation
VALUES = np.array(
    [
        [0.1000, 8, 0.90, 0.00, 0.50],
        [0.1010, 4, 0.91, 0.05, 0.40],
        [0.1015, 4, 0.934, 0.05, 0.301],
        [0.1020, 4, 0.931, 0.06, 0.300],
        [0.1021, 1, 0.99, 0.00, 0.00],  # 2.1% above the lowest
        [0.1200, 1, 0.80, 0.10, 0.20],
    ]
)


@pytest.mark.parametrize(
    ("rule", "taken"),
    [
        # rows 0 to 3 are within 2%; 1 to 3 have the least imbalance; 2 and 3 print 93% and .30;
        # 2 has the smaller overlap
        (Rule(), 2),
        (Rule(d_error=0.0), 0),
        (Rule(d_error=0.021), 4),
        (Rule(d_error=0.011), 1),
        (Rule(then=()), 0),
        (Rule(then=("overlap",)), 0),
        (Rule(then=("correlation", "utility_balance")), 2),
        (Rule(then=("correlation", "level_imbalance"), d_error=0.016), 2),
        # bounds come first: the lowest D-error is that of row 4
        (Rule(level_imbalance=1), 4),
        (Rule(level_imbalance=1, d_error=0.5, then=("correlation",)), 4),
        (Rule(overlap=0), 0),  # rows 0 and 4, which is 2.1% above
        (Rule(correlation=0.35, utility_balance=0.5), 4),
        (Rule(utility_balance=0.93), 4),
    ],
)
def test_by_hand(rule, taken):
    assert rule.choice(VALUES) == taken


def test_bounds_are_kept_up_to_rounding():
    values = VALUES.copy()
    values[5, 3] = 0.1 + 1e-15
    assert Rule(overlap=0.1, utility_balance=0.8, level_imbalance=1, correlation=0.2).choice(values[5:]) == 0


def test_equal_designs_are_told_apart_by_d_error():
    values = np.array([[0.102, 1, 0.9, 0, 0.2], [0.1, 1, 0.9, 0, 0.2]])
    assert Rule().choice(values) == 1


def test_the_nearest_is_named():
    with pytest.raises(
        DesignError, match=r"has level imbalance 0 at most; the nearest is design 5, with level"
    ):
        Rule(level_imbalance=0).choice(VALUES)
    with pytest.raises(
        DesignError,
        match=r"level imbalance 1 at most and utility balance 0.995 at least; the nearest is design 5, with "
        r"level imbalance 1 and utility balance 0.99\.",
    ):
        Rule(level_imbalance=1, utility_balance=0.995).choice(VALUES)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level_imbalance": -1}, r"pick, level_imbalance: found -1; allowed: a number of at least 0"),
        ({"d_error": "low"}, r"pick, d_error: found 'low'; allowed: a number"),
        ({"overlap": True}, r"pick, overlap: found True"),
        ({"correlation": float("nan")}, r"pick, correlation: found missing"),
        (
            {"then": ("balance",)},
            r"pick, then: found 'balance'; allowed: 'level_imbalance', 'utility_balance'",
        ),
    ],
)
def test_what_is_no_rule(options, message):
    with pytest.raises(DesignError, match=message):
        Rule(**options)
