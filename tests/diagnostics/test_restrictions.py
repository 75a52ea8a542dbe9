"""Restrictions as they are written: what they mean, and what is refused, by name."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dce
from dce.coding import learn_coding
from dce.diagnostics.linear_restrictions import in_words, read_restrictions

FRAME = pd.DataFrame(
    {
        "clinician": ["physio", "support, worker"] * 3,
        "mode": ["one", "one", "exercise class", "exercise class", "alone", "alone"],
        "wait": [1.0, 2.0, 3.0, 4.0, 5.0, 7.0],
        "wait2": [1.0, 4.0, 3.0, 4.0, 5.0, 7.0],
        "distance": [5.0, 2.0, 8.0, 4.0, 2.0, 9.0],
        "age65": [0.0, 1.0, 0.0, 1.0, 0.0, 1.0],
    }
)
CODING = learn_coding("clinician + mode + wait + wait2 + wait:age65 + poly(distance, 2)", FRAME)
NAMES = list(CODING.names)


def of(names: dict[str, float]) -> list[float]:
    return [float(names.get(name, 0)) for name in NAMES]


@pytest.mark.parametrize(
    ("text", "rows", "right"),
    [
        ("wait = 0", [{"wait": 1}], [0]),
        ("wait == 0", [{"wait": 1}], [0]),
        ("wait = wait2", [{"wait": 1, "wait2": -1}], [0]),
        ("2*wait - wait2 = 0.5", [{"wait": 2, "wait2": -1}], [0.5]),
        ("0.5 = 2*wait - wait2", [{"wait": -2, "wait2": 1}], [-0.5]),
        ("-(wait + 1)/4 = -2*(wait2 - .5e1)", [{"wait": -0.25, "wait2": 2}], [10.25]),
        ("wait*3 + 1 = 4", [{"wait": 3}], [3]),
        ("mode[exercise class] = 0", [{"mode[exercise class]": 1}], [0]),
        ("'mode[exercise class]' = `wait`", [{"mode[exercise class]": 1, "wait": -1}], [0]),
        ("clinician[support, worker] = 0, wait=0", [{"clinician[support, worker]": 1}, {"wait": 1}], [0, 0]),
        ("clinician = 0", [{"clinician[support, worker]": 1}], [0]),
        ("mode = 0", [{"mode[exercise class]": 1}, {"mode[one]": 1}], [0, 0]),
        ("mode = wait", [{"mode[exercise class]": 1, "wait": -1}, {"mode[one]": 1, "wait": -1}], [0, 0]),
        ("wait:age65 = 0.1", [{"wait:age65": 1}], [0.1]),
        ("wait = wait2 = 0", [{"wait": 1, "wait2": -1}, {"wait2": 1}], [0, 0]),
        ("poly(distance, 2) = 0", [{"poly(distance, 2)[1]": 1}, {"poly(distance, 2)[2]": 1}], [0, 0]),
        ("distance = 0", [{"poly(distance, 2)[1]": 1}, {"poly(distance, 2)[2]": 1}], [0, 0]),
        ("poly(distance,2)[2] = 1\nwait = 0", [{"poly(distance, 2)[2]": 1}, {"wait": 1}], [1, 0]),
    ],
)
def test_meaning(text, rows, right):
    found = read_restrictions(text, CODING)
    assert found.R.tolist() == [of(r) for r in rows]
    assert found.r.tolist() == pytest.approx(right)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found ''; allowed: a text such as"),
        ("wait", "needs '=', such as 'wait = 0'"),
        ("price = 0", "'price' is not a coefficient; allowed: .*'wait'"),
        ("mode[boat] = 0", r"'mode\[boat\]' is not a coefficient"),
        ("mode[alone] = 0", "'alone' is the reference level of 'mode'"),
        ("mode:age65 = 0", "'mode:age65' is not a coefficient"),
        ("wait3 = 0", "'wait3' is not a coefficient"),
        ("'wait 3' = 0", "'wait 3' is not a coefficient"),
        ("wait * wait2 = 0", "only linear restrictions"),
        ("wait / wait2 = 1", "only linear restrictions"),
        ("wait / 0 = 1", "division by zero"),
        ("wait = 1e200 * 1e200", "numbers that are too large"),
        ("mode = clinician + mode", "same on both sides|several levels"),
        ("mode = poly(distance, 2)", "two attributes of several levels"),
        ("wait = 0 wait2 = 0", "found a name instead of ','"),
        ("wait = 0,", "it ends too early"),
        ("(wait = 0", r"found '=' instead of '\)'"),
        ("wait = *", r"'\*' is not allowed here"),
        ("1 = 1", "without a coefficient"),
        ("wait - wait = 0", "without a coefficient"),
        ("wait = 0, wait2 = 0, wait = wait2", "'wait = wait2' follows from the others"),
        ("wait = 0, 3*wait = 1", "'3\\*wait = 1' contradicts the others"),
    ],
)
def test_refusals(text, message):
    with pytest.raises(dce.EstimationError, match=message):
        read_restrictions(text, CODING)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 = wait - 2*wait2", "2*wait2 = wait"),
        ("wait - 2*wait2 = 1", "wait = 2*wait2 + 1"),
        ("wait2 - wait = 1", "wait2 = wait + 1"),
        ("-wait = 3", "wait = -3"),
        ("wait = wait2 - 0.5", "wait + 0.5 = wait2"),
    ],
)
def test_words_are_read_again_as_the_same(text, words):
    found = read_restrictions(text, CODING)
    assert str(found) == words
    again = read_restrictions(words, CODING)
    both = np.column_stack([found.R, found.r]), np.column_stack([again.R, again.r])
    assert np.linalg.matrix_rank(np.vstack(both)) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from([-2.0, -1.0, -0.25, 0.0, 0.0, 0.0, 1.0, 3.5]), min_size=8, max_size=8),
    st.sampled_from([-1.5, 0.0, 0.125, 4.0]),
)
def test_any_restriction_in_words_is_read_as_itself(weights, value):
    row = np.array(weights)
    if not row.any():
        return
    found = read_restrictions(in_words(row, value, NAMES), CODING)
    sign = np.sign(found.R[0] @ row)
    assert (sign * found.R[0]).tolist() == pytest.approx(row.tolist())
    assert sign * found.r[0] == pytest.approx(value)


PIECES = [
    *NAMES,
    "mode",
    "wait:",
    "[",
    "]",
    "(",
    ")",
    "=",
    "==",
    ",",
    "+",
    "-",
    "*",
    "/",
    "2",
    ".5",
    "1e3",
    "'",
    "x",
    " ",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_any_text_is_read_or_refused(text):
    try:
        found = read_restrictions(text, CODING)
    except dce.EstimationError:
        return
    assert np.isfinite(found.R).all()
    assert np.isfinite(found.r).all()
    assert np.linalg.matrix_rank(found.R) == len(found.R) == len(found.rows)
