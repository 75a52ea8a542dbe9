"""How tables stand on a page: everything fits, in the largest type and the fewest pages."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dce.report.grid import grid_of
from dce.report.page_layout import LONG_WORD, PADDING, SIDEWAYS, SIZES, UPRIGHT, em_width, table_layout
from dce.table import Table


def test_a_grid_is_what_the_table_shows(reports):
    grid = grid_of(reports.odd_table())
    assert grid.headings == ("", "a", "b", "c", "share", "d")
    assert grid.rows == (
        ("one", "1.50", "1", "yes", "12.3%", ""),
        ("", "", "2", "no", "0.0%", "text"),
        ("three", "∞", "3", "yes", "100.0%", "2.5000"),
        ("four", "-∞", "4", "no", "50.0%", "1.00e-09"),
    )
    assert grid.numeric == (False, True, True, False, True, False)


@pytest.mark.parametrize(
    "text",
    ["1", "-1.5", "<0.001", "12.3%", "0.1 (0.02 to 0.3)", "0.1 [-1.0, 2]", "–", "1e-09", "0.12***", ""],
)
def test_numbers(text):
    assert grid_of(Table("t", pd.DataFrame({"x": [text, "2"]}))).numeric == (False, True)


@pytest.mark.parametrize("text", ["a", "1 of 2", "2 weeks", "to be written", "-a", "1.1 Question"])
def test_words(text):
    assert grid_of(Table("t", pd.DataFrame({"x": [text, "2"]}))).numeric == (False, False)


def layout(table):
    return table_layout(grid_of(table))


def test_the_wider_the_smaller_then_sideways_then_in_panels(reports):
    assert layout(reports.long_table()).size == SIZES[0]
    found = [layout(reports.wide_table(k)) for k in (2, 3, 5, 9)]
    assert [(each.sideways, len(each.panels)) for each in found] == [
        (False, 1), (False, 1), (True, 1), (False, 3)
    ]  # fmt: skip
    last = found[-1]
    assert last.size == SIZES[-1]
    assert [k for panel in last.panels for k in panel if k] == list(range(1, 10))
    assert all(panel[0] == 0 for panel in last.panels)


words = st.text("abcdefgh W1 ", max_size=60)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(words, min_size=3, max_size=3), min_size=1, max_size=14), st.booleans())
def test_columns_fit_the_page_and_hold_their_words(columns, wide):
    frame = pd.DataFrame(dict(enumerate(columns))).set_axis(
        [f"column {k}" for k in range(len(columns))], axis=1
    )
    grid = grid_of(Table("t", frame if wide else frame.iloc[:, :3]))
    found = table_layout(grid)
    room = SIDEWAYS if found.sideways else UPRIGHT
    for panel, widths in zip(found.panels, found.widths, strict=True):
        assert sum(widths) <= room + 0.1
        for k, width in zip(panel, widths, strict=True):
            for word in " ".join(row[k] for row in grid.rows).split():
                assert width + 0.1 >= (min(em_width(word), LONG_WORD) + PADDING) * found.size


def test_a_single_number_that_is_wider_than_a_page_stays_on_it():
    found = layout(Table("t", pd.DataFrame({"x": ["1" * 500]})))
    assert all(sum(widths) <= SIDEWAYS + 0.1 for widths in found.widths)


def test_a_table_without_rows_or_columns():
    assert layout(Table("t", pd.DataFrame({"x": np.zeros(0)}))).panels == ((0, 1),)
    assert layout(Table("t", pd.DataFrame(index=["a", "b"]))).panels == ((0,),)
