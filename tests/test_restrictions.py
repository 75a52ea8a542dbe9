"""Restrictions: which combinations they allow, and what is refused."""

import numpy as np
import pytest

from dce.errors import StudyError
from dce.restrictions import read_restriction

LEVELS = {"mode": ("face", "group"), "wait": (2, 4, 8), "who": ("you", "us")}


@pytest.mark.parametrize(
    ("text", "attributes", "allowed"),
    [
        ("not (mode == 'group' and who == 'you')", ("mode", "who"), [[1, 1], [0, 1]]),
        ("mode != 'group' or wait <= 4", ("mode", "wait"), [[1, 1, 1], [1, 1, 0]]),
        ("wait in (2, 8)", ("wait",), [1, 0, 1]),
        ("2 < wait <= 8", ("wait",), [0, 1, 1]),
        ("not wait not in [4]", ("wait",), [0, 1, 0]),
    ],
)
def test_allowed_combinations(text, attributes, allowed):
    rule = read_restriction(text, LEVELS)
    assert rule.attributes == attributes
    assert (rule.allowed == np.array(allowed, dtype=bool)).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("mode == 'fax'", "'mode' has no level 'fax'; allowed: 'face', 'group'"),
        ("'fax' == mode", "'mode' has no level 'fax'"),
        ("mode in ('face', 'fax')", "'mode' has no level 'fax'"),
        ("wait == 3", "'wait' has no level 3"),
        ("cost > 3", "found 'cost'; allowed: the attributes"),
        ("True", "True stands alone"),
        ("wait >", "cannot be read"),
        ("mode < 3", "the levels of 'mode' are words and have no order"),
        ("mode < 'group'", "the levels of 'mode' are words and have no order"),
        ("mode in ('group')", "allowed: 'in' with a list"),
        ("wait == [2]", "allowed: 'in' with a list"),
        ("wait > 2 and (mode == 'group' or 'face')", "'face' stands alone"),
        ("not (mode and wait > 2)", "mode stands alone"),
        ("wait == (2 or 4)", "allowed: comparisons of attributes with levels"),
        ("mode == -'group'", "'mode' has no level"),
        ("wait < 100", "allows every combination"),
        ("wait > 100", "allows no combination"),
        ("__import__('os')", "allowed: comparisons"),
        ("wait.__class__ == 2", "allowed: comparisons"),
        ("[x for x in wait]", "allowed: comparisons"),
    ],
)
def test_refused(text, message):
    with pytest.raises(StudyError, match=message):
        read_restriction(text, LEVELS)
