"""The figure of rates: what is drawn is what the table says."""

import matplotlib as mpl
import numpy as np
import pytest

import dce

mpl.use("Agg")


@pytest.fixture(scope="module")
def fits():
    study = dce.Study.read("designs/physiotherapy")
    design = dce.Design.read("designs/physiotherapy/design.csv", study)
    choices = dce.simulate_choices(design, respondents=200, seed=1)
    number = choices.frame["respondent"] % 2
    sex = np.where(number == 0, "women", "men")
    return dce.fit_by(dce.Choices(choices.frame.assign(sex=sex), study), "sex")


@pytest.fixture(autouse=True)
def close():
    yield
    mpl.pyplot.close("all")


def drawn(ax):
    """Return the ends of the lines and the marks, per series."""
    lines = [np.array(c.get_segments())[:, :, 0] for c in ax.collections]
    marks = [line.get_xdata() for line in ax.lines if len(line.get_xdata()) > 2]
    return lines, marks


def test_marks_and_lines_are_rates_and_intervals(fits):
    rates = dce.marginal_rates(fits.everybody, per="wait")
    (lines,), (marks,) = drawn(rates.plot())
    np.testing.assert_array_equal(marks, rates.frame["rate"])
    np.testing.assert_array_equal(lines, rates.frame[["low", "high"]])


def test_a_series_for_each_group_with_its_name(fits):
    rates = dce.rates_by(fits, per="distance")
    ax = rates.plot()
    lines, marks = drawn(ax)
    for k, group in enumerate(["All", "men", "women"]):
        np.testing.assert_array_equal(marks[k], rates[group].frame["rate"])
        np.testing.assert_array_equal(lines[k], rates[group].frame[["low", "high"]])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["All", "men", "women"]
    assert "Distance to the clinic (miles)" in ax.get_xlabel()
    labels = [label.get_text().replace("\n", " ") for label in ax.get_yticklabels()]
    assert labels == rates["All"].frame["label"].tolist()


def test_nothing_is_clipped(fits):
    ax = dce.rates_by(fits, per="wait").plot()
    figure = ax.figure
    figure.draw_without_rendering()
    width, height = figure.canvas.get_width_height()
    for text in [*ax.get_yticklabels(), ax.xaxis.label, *ax.get_legend().get_texts()]:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.y0 >= 0
        assert box.x1 <= width + 1
        assert box.y1 <= height + 1


def test_an_unbounded_interval_ends_within_the_figure(fits):
    rates = dce.marginal_rates(fits.everybody, per="sessions", method="fieller", level=0.9999)
    assert np.isinf(rates.frame["high"]).any()
    (lines,), _ = drawn(rates.plot())
    assert np.isfinite(lines).all()
