"""Measures of many designs at once, against those of one design."""

import dataclasses

import numpy as np
import pytest

import dce
from dce.design import measures as module
from dce.design.balance import LevelBounds
from dce.design.front import measures_of
from dce.design.levels import level_coding
from dce.design.measures import Measures
from dce.design.task_rules import task_rules

ROUNDING = 1e-10  # the same sums in another order


def measured(study, tasks, number, rng):
    """The measures of random designs, fast and plain."""
    coding = level_coding(study)
    measures = Measures.of(coding, task_rules(coding, True, None))
    services = measures.rules.services
    p = rng.integers(services.counts, size=(number, tasks, len(services.counts)))
    fast = measures(p)
    regular = np.isfinite(fast[:, 0])
    assert regular.any()
    frames = [coding.to_frame(L, np.ones(tasks, dtype=int)) for L in services.unpack(p[regular])]
    plain = np.array([measures_of(dce.Design(study, frame)) for frame in frames])
    return fast[regular], plain


@pytest.mark.parametrize("name", ["physiotherapy", "peer-support", "staff-support"])
def test_as_the_diagnostics_say(name, rng):
    study = dce.Study.read(f"designs/{name}")
    fast, plain = measured(study, 24, 4, rng)
    np.testing.assert_allclose(fast, plain, rtol=ROUNDING)


def test_as_the_diagnostics_say_where_columns_do_not_vary(small, rng):
    # of 5 random tasks some show one level only
    fast, plain = measured(small, 5, 40, rng)
    np.testing.assert_allclose(fast, plain, rtol=ROUNDING)


def test_the_same_without_tables(small, rng, monkeypatch):
    with_tables, _ = measured(small, 8, 5, np.random.default_rng(1))
    monkeypatch.setattr(module, "MOST_CELLS", 0)
    without, _ = measured(small, 8, 5, np.random.default_rng(1))
    np.testing.assert_array_equal(with_tables, without)


def test_one_attribute_has_nothing_to_correlate_with(rng):
    study = dce.Study(
        title="One",
        attributes=[dce.Attribute("wait", [1, 2, 3])],
        alternatives=[dce.Alternative("A"), dce.Alternative("B")],
    )
    fast, plain = measured(study, 4, 10, rng)
    np.testing.assert_allclose(fast, plain, rtol=ROUNDING)
    assert (fast[:, 4] == 0).all()


def test_nothing_overlaps_where_no_attribute_is_shared(rng):
    study = dce.Study(
        title="Apart",
        labelled=True,
        attributes=[
            dce.Attribute("bus", [1, 2, 3], alternatives=["A"]),
            dce.Attribute("train", [1, 2, 3], alternatives=["B"]),
        ],
        alternatives=[dce.Alternative("A"), dce.Alternative("B")],
    )
    fast, plain = measured(study, 6, 10, rng)
    assert (fast[:, 3] == 0).all()
    assert np.isnan(plain[:, 3]).all()


def test_singular_designs_have_an_infinite_d_error(small):
    coding = level_coding(small)
    measures = Measures.of(coding, task_rules(coding, True, None))
    p = np.zeros((1, 6, 2), dtype=int)
    p[0, :, 1] = np.arange(6)  # A is always the same, but B varies in two attributes only
    assert measures(p)[0, 0] == np.inf


def test_designs_that_break_rules_or_bounds_are_not_allowed(small):
    coding = level_coding(
        dataclasses.replace(small, restrictions=['not (parking == "yes" and mode == "group")'])
    )
    measures = Measures.of(coding, task_rules(coding, True, None))
    services = measures.rules.services

    def task(a, b):
        return [services.pack(np.array([a, b]))]

    fine = np.concatenate([task([0, 0, 0], [1, 1, 1]), task([1, 0, 2], [2, 1, 0])])
    mirrored = np.concatenate([task([0, 0, 0], [1, 1, 1]), task([1, 1, 1], [0, 0, 0])])
    restricted = np.concatenate([task([0, 0, 0], [1, 1, 2]), task([1, 0, 2], [2, 1, 0])])
    free = LevelBounds(np.zeros((2, 3, 3), dtype=int), np.full((2, 3, 3), 2), 2)
    designs = np.stack([fine, mirrored, restricted])
    assert measures.allowed(designs, free).tolist() == [True, False, False]
    once = LevelBounds(free.least, free.most.copy(), 2)
    once.most[0, 1, 0] = 1  # A shows no parking in one task at most; in both of the fine design
    assert measures.allowed(designs, once).tolist() == [False, False, False]
