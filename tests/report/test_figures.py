"""Figures of reports: the same bytes whatever one's style, nothing left open, words beside them."""

import re

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot

from dce.figure import axes
from dce.report.drawing import headed_intervals, lines_of, pages
from dce.report.figures import cut_off, figure_of, said
from dce.report.words import slugs

ROWS = pd.DataFrame({"worth": [0.0, -1.0], "low": [-0.5, -1.5], "high": [0.5, -0.5]})


def drawn():
    return headed_intervals({"": ROWS}, [("Wait", ["2 weeks", "8 weeks"])], "worth", ax=axes())


def test_same_bytes_whatever_the_style_and_nothing_stays_open():
    before = pyplot.get_fignums()
    first = figure_of("a", "A caption.", "Words.", drawn)
    with mpl.rc_context({"font.size": 20, "svg.hashsalt": "x", "lines.linewidth": 9}):
        again = figure_of("a", "A caption.", "Words.", drawn)
    assert (first.svg, first.png) == (again.svg, again.png)
    assert (first.name, pyplot.get_fignums()) == ("a_figure", before)
    assert not re.search(r"<dc:date>|\d{4}-\d\d-\d\dT", first.svg)


def test_names_inside_two_figures_differ():
    ids = [set(re.findall(r'clipPath id="(\w+)"', figure_of(k, ".", ".", drawn).svg)) for k in "ab"]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_a_figure_that_fails_leaves_nothing_open():
    before = pyplot.get_fignums()

    def fails():
        axes()
        raise ValueError("no such column")

    with pytest.raises(ValueError, match="no such column"):
        figure_of("a", ".", ".", fails)
    assert pyplot.get_fignums() == before


def test_words_tell_every_estimate_or_where_it_is():
    few = said("Worth", {"All": ROWS, "men": ROWS}, ["2 weeks", "8 weeks"], "worth", ".1f")
    assert few == (
        "Worth. All: 2 weeks 0.0 (-0.5 to 0.5); 8 weeks -1.0 (-1.5 to -0.5). "
        "men: 2 weeks 0.0 (-0.5 to 0.5); 8 weeks -1.0 (-1.5 to -0.5)."
    )
    many = pd.concat([ROWS] * 10)
    text = said("Worth", {"All": many, "men": many}, ["x"] * 20, "worth", ".1f")
    assert text.endswith("The numbers of men are in the table.")


def test_intervals_that_are_cut_off_are_said_to_be():
    assert cut_off({"": ROWS}, "worth") == ""
    assert "cut off" in cut_off({"": ROWS.assign(high=[0.5, 1e4])}, "worth")


def test_pages_hold_whole_attributes_and_are_no_higher_than_a_page():
    labels = [(str(k), ["a"] * 10) for k in range(7)]
    cuts = pages(labels, 1)
    assert [label for cut in cuts for label in labels[cut]] == labels
    assert [cut.stop - cut.start for cut in cuts] == [2, 2, 2, 1]
    assert pages([("one", ["a"] * 90)], 1) == [slice(0, 1)]
    some = labels[cuts[0]]
    rows = pd.concat([ROWS] * 10)
    figure = headed_intervals({"": rows}, some, "worth", ax=axes()).figure
    assert figure.get_size_inches()[1] < 11
    pyplot.close(figure)


def test_names_of_series_do_not_stand_beyond_the_figure():
    names = ["All", "a rather long name of a group", "another such name"]
    ax = headed_intervals(dict.fromkeys(names, ROWS), [("Wait", ["2", "8"])], "worth", ax=axes())
    assert ax.get_legend()._ncols == 1
    pyplot.close(ax.figure)


def test_between_levels_that_are_categories_no_line_is_drawn():
    rows = pd.DataFrame({"value": [2.0, 8.0], "probability": [0.5, 0.2], "low": 0.1, "high": 0.9})
    bars = lines_of({"": rows}, "Wait", levels=[2, 8], ax=axes())
    assert all(line.get_linestyle() == "None" for line in bars.get_lines())
    finer = pd.DataFrame({"value": np.linspace(2, 8, 7), "probability": 0.5, "low": 0.1, "high": 0.9})
    assert lines_of({"": finer}, "Wait", levels=[2, 8], ax=axes()).get_lines()[0].get_linestyle() == "-"
    pyplot.close("all")


def test_names_of_files_differ():
    names = ["wait:alternative[peers]", "Größe", "Grosse", "§", "Ω", "Wait", "wait", "wait 2"]
    assert list(slugs(names).values()) == [
        "wait_alternative_peers",
        "groe",
        "grosse",
        "x",
        "x_2",
        "wait",
        "wait_2",
        "wait_2_2",
    ]
