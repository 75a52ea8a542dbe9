"""Correlations of a design's columns, by numpy."""

import numpy as np
import pandas as pd
import pytest

import dce
from dce.design.correlation import BETWEEN, WITH_BLOCK, WITHIN, correlation_matrix, correlation_pairs, largest


def shipped(name, request):
    return dce.Design.read(request.config.rootpath / "designs" / name)


@pytest.mark.parametrize(("name", "columns"), [("physiotherapy", 2 * 8 + 1), ("peer-support", 2 * 12 + 3)])
def test_every_column_that_varies_is_in_the_matrix(name, columns, request):
    design = shipped(name, request)
    R = correlation_matrix(design)
    assert R.shape == (columns, columns)
    assert np.diag(R) == pytest.approx(1)
    for (alternative, first), (other, second) in [(R.index[0], R.index[-4]), (R.index[2], R.index[9])]:
        j, i = (design.study.alternative_names.index(a) for a in (alternative, other))
        a, b = (list(design.study.coefficients).index(k) for k in (first, second))
        expected = np.corrcoef(design.X[:, j, a], design.X[:, i, b])[0, 1]
        assert R.loc[(alternative, first), (other, second)] == pytest.approx(expected, abs=1e-12)
    in_last = (design.task_blocks == int(R.index[-1][1])).astype(float)
    expected = np.corrcoef(design.X[:, 0, 1 if name == "physiotherapy" else 2], in_last)[0, 1]
    assert R.iloc[0, -1] == pytest.approx(expected, abs=1e-12)


def test_pairs_are_all_pairs_once(physiotherapy_design):
    pairs = correlation_pairs(physiotherapy_design)
    counts = pairs.groupby("kind").size()
    assert counts[WITHIN] == 2 * (8 * 7 // 2)
    assert counts[BETWEEN] == 8 * 8
    assert counts[WITH_BLOCK] == 16  # two blocks are one column
    assert not pairs.duplicated(["kind", "where", "first", "second"]).any()
    assert pairs.loc[pairs["same attribute"] & (pairs["kind"] == WITHIN), "first"].unique().tolist() == [
        "mode[one-to-one with equipment]"
    ]
    assert pairs.loc[pairs["same attribute"] & (pairs["kind"] == BETWEEN)].shape[0] == 6 + 4
    mirror = pairs[(pairs["kind"] == BETWEEN) & (pairs["first"] == "wait") & (pairs["second"] == "wait")]
    assert mirror["correlation"].tolist() == [pytest.approx(-1)]


def test_the_largest_come_first_and_ties_stay_in_order():
    pairs = pd.DataFrame(
        {"kind": ["a", "b", "a", "a", "b"], "correlation": [0.1, -0.5, -0.3, 0.3 + 1e-15, 0.2], "n": range(5)}
    )
    assert largest(pairs, 2, ("a", "b"))["n"].tolist() == [2, 3, 1, 4]
    assert largest(pairs, 9, ("b",))["n"].tolist() == [1, 4]


def test_a_design_without_blocks_has_no_block_column(small_design):
    design = dce.evaluate_design(small_design.study, small_design.frame.assign(block=1))
    assert "block" not in correlation_matrix(design).index.get_level_values(0)
    assert WITH_BLOCK not in set(correlation_pairs(design)["kind"])
