"""Tables: numbers as papers print them, at 80 columns, in HTML and LaTeX."""

import math

import numpy as np
import pandas as pd
import pytest

import dce
from dce.table import number


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (0.12345, ".3f", "0.123"),
        (-0.0001, ".3f", "0.000"),
        (np.float64(2.5), ".1f", "2.5"),
        (np.int64(1234), ".3f", "1,234"),
        (0.0004, "p", "<0.001"),
        (0.04, "p", "0.040"),
        (0.0000325, "4", "3.25e-05"),
        (0.0, "4", "0.0000"),
        (math.inf, ".2f", "∞"),
        (-math.inf, ".2f", "-∞"),
        (math.nan, ".2f", ""),
        (None, ".2f", ""),
        (True, ".2f", "yes"),
        ("8 8", ".2f", "8 8"),
    ],
)
def test_numbers(value, spec, text):
    assert number(value, spec) == text


@pytest.fixture
def table():
    frame = pd.DataFrame({"coef. & co": [0.5, math.nan], "p": [0.0001, 0.5]}, index=["a_b <i>", "c" * 90])
    return dce.Table("Results for 50% & more", frame, {"p": "p"}, ("A note & more.",))


def test_text_fits_80_columns(table):
    lines = str(table).splitlines()
    assert lines[0].startswith("Results for 50% & more")
    assert max(map(len, lines)) <= 80
    assert "<0.001" in str(table)


def test_html_is_escaped_and_scoped(table):
    html = table.to_html()
    assert "<caption>Results for 50% &amp; more</caption>" in html
    assert '<th scope="row" style="text-align: left">a_b &lt;i&gt;</th>' in html
    assert html.count('scope="col"') == 2
    assert "<thead><tr><td></td>" in html  # nothing is no header


def test_latex_is_escaped(table):
    latex = table.to_latex()
    assert r"\caption{Results for 50\% \& more}" in latex
    assert r"a\_b" in latex
    assert r"A note \& more." in latex
    assert latex.count(r"\toprule") == 1


def test_long_texts_are_paragraphs_in_latex(table):
    assert r"\begin{tabular}{p{0.77\linewidth}rr}" in table.to_latex()
    frame = pd.DataFrame({"n": [1], "why": ["so " * 40], "how": ["well"]}, index=["x"])
    assert r"\begin{tabular}{lrp{0.68\linewidth}l}" in dce.Table("t", frame).to_latex()


def test_numbers_stay_unrounded(table):
    assert table.to_frame()["p"].iloc[0] == 0.0001


@pytest.mark.parametrize("count", [3, 12])
def test_wide_tables_go_on_in_panels(count):
    """Columns that do not fit stand below; nothing is cut off."""
    cells = [f"-{k + 1}.{k:04d} (0.{k:04d})" for k in range(count)]
    names = [f"group = number {k}" for k in range(count)]
    frame = pd.DataFrame([cells, [k * 1234.5 for k in range(count)]], columns=names, index=["a " * 30, "b"])
    lines = str(dce.Table("Groups", frame, {}, ("Noted.",))).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines.count("Noted.") == 1
    for cell in cells:
        assert sum(cell in line for line in lines) == 1
    numbers = pd.DataFrame([range(1_000_000, 1_000_000 + count)], columns=names)
    assert all(f"1,000,0{k:02d}" in str(dce.Table("Counts", numbers)) for k in range(count))
