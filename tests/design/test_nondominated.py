"""Points that no other beats, against plain loops."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dce.design.nondominated import nondominated, rounded, spread_out

POINTS = st.integers(1, 4).flatmap(
    lambda criteria: arrays(
        float, st.tuples(st.integers(1, 40), st.just(criteria)), elements=st.integers(0, 4)
    )
)


def beats(a, b):
    return all(x <= y for x, y in zip(a, b, strict=True)) and any(x < y for x, y in zip(a, b, strict=True))


@given(POINTS)
@settings(deadline=None, max_examples=200)
def test_no_point_of_the_front_is_beaten_and_every_other_is(F):
    kept = nondominated(F)
    front = F[kept]
    assert len({tuple(point) for point in front}) == len(front)
    for point in F:
        assert any(tuple(point) == tuple(other) for other in front) != any(beats(other, point) for other in F)


def test_many_points_on_a_line_and_one_that_beats_half_of_them():
    # more than are compared in one step
    x = np.arange(300.0)
    F = np.column_stack([x, x[::-1]])
    assert nondominated(F).tolist() == list(range(300))
    F = np.concatenate([F, [[0.0, 149.0]]])
    assert nondominated(F).tolist() == [*range(151, 300), 300]


def test_the_first_of_equal_points_stands_for_all():
    assert nondominated(np.array([[2.0, 1], [1, 2], [2, 1], [1, 2]])).tolist() == [0, 1]
    assert nondominated(np.empty((0, 3))).tolist() == []


def test_points_that_are_kept_lie_far_apart():
    F = np.array([[0.0, 100], [1, 99], [50, 50], [51, 49], [100, 0]])
    assert spread_out(F, 3, [0]).tolist() == [0, 2, 4]
    # by the range of each criterion: the second one does not count for less
    assert spread_out(F * [1, 1e-6], 3, [0]).tolist() == [0, 2, 4]
    assert spread_out(F, 2, [1, 3, 1]).tolist() == [1, 3]
    assert spread_out(F, 9, []).tolist() == [0, 1, 2, 3, 4]


def test_rounding_leaves_nine_digits():
    F = np.array([[1 / 3, -2e5 / 3, 0, np.inf, 7]])
    np.testing.assert_allclose(rounded(F)[0], [0.333333333, -66666.6667, 0, np.inf, 7], rtol=1e-15)
    assert (rounded(F * (1 + 1e-14)) == rounded(F)).all()
