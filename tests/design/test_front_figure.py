"""The figure of a front."""

import numpy as np
import pandas as pd
import pytest

from dce.design.front_figure import LABEL, _offsets, draw
from dce.errors import DesignError

pyplot = pytest.importorskip("matplotlib.pyplot", reason="needs matplotlib, of the extra plot")
pyplot.switch_backend("agg")


@pytest.fixture
def measures():
    rng = np.random.default_rng(1)
    N = 30
    return pd.DataFrame(
        {
            "d_error": np.sort(rng.uniform(0.1, 0.13, N)),
            "level_imbalance": rng.integers(1, 9, N),
            "utility_balance": rng.uniform(0.8, 1, N),
            "overlap": rng.integers(0, 5, N) / 20,
            "correlation": rng.uniform(0.2, 0.7, N),
        },
        index=pd.RangeIndex(1, N + 1),
    )


@pytest.fixture(autouse=True)
def closed():
    yield
    pyplot.close("all")


def test_each_panel_numbers_every_design(measures):
    axes = draw(measures, 3, None)
    assert [ax.get_ylabel().split(" (")[0] for ax in axes] == [
        "Level imbalance",
        "Utility balance",
        "Overlap",
        "Largest correlation",
    ]
    for ax, name in zip(axes, list(measures)[1:], strict=True):
        assert [text.get_text() for text in ax.texts] == [str(n) for n in measures.index]
        assert ax.get_xlabel() == "D-error above the lowest"
        for text, (_, row) in zip(ax.texts, measures.iterrows(), strict=True):
            x = row["d_error"] / measures["d_error"].min() - 1
            assert text.xy == pytest.approx((x, row[name]))
        ring = ax.collections[-1]
        assert ring.get_offsets()[0][1] == pytest.approx(measures.loc[3, name])
    axes[0].figure.canvas.draw()


def test_axes_may_be_given(measures):
    figure, grid = pyplot.subplots(1, 4)
    assert draw(measures, 1, grid)[0].figure is figure
    with pytest.raises(DesignError, match=r"axes: found 2; allowed: four"):
        draw(measures, 1, grid[:2])


def test_numbers_of_near_points_do_not_hide_one_another():
    points = np.array([[0.0, 0], [3, 0], [6, 1], [9, 0]])
    at = points + _offsets(points)
    for n in range(len(at)):
        for m in range(n):
            assert (np.abs(at[n] - at[m]) >= LABEL - 1e-9).any()
