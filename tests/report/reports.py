"""Reports with every kind of part, for the tests of the files that they become."""

import io

import numpy as np
import pandas as pd
from matplotlib import style
from matplotlib.figure import Figure as Drawing

from dce.report.document import Figure, NamedTable, Paragraph, Points, Report, Section
from dce.table import Table

HOSTILE = """<script>alert(1)</script> =1+1 & "q" 'a' #import "x": * $x$ @ref \\ {page} ``` </svg> é ≥"""


def figure(name="rates", width=8.0, height=4.8, alt="Dots with lines. <b>wait</b> & more"):
    with style.context(["default", {"svg.hashsalt": name, "svg.fonttype": "path"}], after_reset=True):
        drawing = Drawing(figsize=(width, height), layout="constrained")
        drawing.add_subplot().plot([1, 2, 4], [3, 1, 2], "o-")
        svg, png = io.StringIO(), io.BytesIO()
        drawing.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
        drawing.savefig(png, format="png", dpi=160, metadata={"Software": None})
    return Figure(name, f"Figure of {name}, in weeks", alt, svg.getvalue(), png.getvalue())


def long_table(rows=130):
    frame = pd.DataFrame(
        {
            "coefficient": np.linspace(-1, 1, rows) / 3,
            "p": np.linspace(0, 0.5, rows),
            "n": np.arange(rows) * 1000,
        },
        index=pd.Index([f"Respondent number {k}" for k in range(rows)], name="respondent"),
    )
    return Table("A long table", frame, {"coefficient": "4", "p": "p"}, ("A note below the long table.",))


def wide_table(columns=9, interval=True):
    shown = "0.123 (-0.456 to 12.789)" if interval else "12,345.67"
    frame = pd.DataFrame(
        {f"{group} people from group {k}": [shown] * 5 for k, group in enumerate(["All", "Old"] * columns)},
        index=["Clinician: support worker", "Wait", "Distance", "Cost", "A rather long label of a row here"],
    )
    return Table(f"A wide table with {2 * columns} columns", frame.iloc[:, :columns])


def words_table():
    text = "What was done is told here in some words, which go on for more than one line of the page. "
    frame = pd.DataFrame(
        {
            "What the study says": [text * 3, "to be written", "", HOSTILE, "=HYPERLINK(1)", "x" * 90],
            "Where": ["Methods", "", None, "@SUM(1)", "+1", "-1+2"],
        },
        index=["1.1 Question", "1.2 Attributes", "1.3 A longer name of an item", HOSTILE, "=cmd", "last"],
    )
    return Table("A table of words", frame, notes=("First note.", HOSTILE))


def odd_table():
    frame = pd.DataFrame(
        {
            "a": [1.5, np.nan, np.inf, -np.inf],
            "b": [1, 2, 3, 4],
            "c": [True, False, True, False],
            "share": [0.123456, 0, 1, 0.5],
            "d": [None, "text", 2.5, np.float64(1e-9)],
        },
        index=["one", "", "three", "four"],
    )
    return Table("Odd cells", frame, {"a": ".2f", "share": ".1%", "d": "4"})


def every_part():
    return Report(
        "Support workers or physiotherapists",
        ("382 respondents", "Made by dce 0.1.0"),
        (
            Section("In short", (Paragraph("A few words. " * 40), Points(("One point", "Two " * 60)))),
            Section("Design", (Paragraph("Below."), NamedTable("long", long_table()))),
            Section(
                "Results",
                (
                    NamedTable("wide", wide_table(3)),
                    figure(),
                    NamedTable("smaller", wide_table(5, interval=False)),
                    figure("tall", 6, 14),
                    figure("small", 2.5, 2),
                    Paragraph("After the figures."),
                ),
            ),
            Section("Sideways", (NamedTable("sideways", wide_table(5)), Paragraph("After."))),
            Section("Panels", (NamedTable("panels", wide_table(18)), NamedTable("odd", odd_table()))),
            Section(f"Hostile {HOSTILE}", (Paragraph(HOSTILE), Points((HOSTILE,)))),
            Section("Checklist", (NamedTable("words", words_table()),)),
        ),
    )
