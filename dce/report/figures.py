"""Figures of a report: drawn once, kept as SVG and PNG, the same bytes for the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dce.estimation.interval_figure import FARTHEST
from dce.figure import pictures
from dce.report.document import Figure
from dce.report.words import with_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_SAID = 24
"""Estimates that the text for those who do not see a figure tells one by one."""


def figure_of(name: str, caption: str, alt: str, draw: Callable[[], Axes]) -> Figure:
    """Draw a figure and keep it.

    Parameters
    ----------
    name : str
        Of its files, to which ``_figure`` is added.
    caption : str
    alt : str
        What those who cannot see the figure need to know of it.
    draw : function
        Draws on new axes, and returns them.
    """
    return Figure(f"{name}_figure", caption, alt, *pictures(draw, name))


def said(what: str, series: Mapping[str, pd.DataFrame], labels: Sequence[str], value: str, spec: str) -> str:
    """Return the text for those who do not see a figure of estimates with intervals.

    Parameters
    ----------
    what : str
        What the figure shows, as the beginning of a sentence.
    series : mapping of str to DataFrame
        As they are drawn; the first is told in full, others as far as there are few.
    labels : sequence of str
        Of the rows.
    value : str
        The column of the estimates.
    spec : str
        Format of the numbers.
    """
    shown = list(series.items())
    room = MOST_SAID // max(len(labels), 1)
    told = shown[: max(1, room)]
    parts = []
    for name, frame in told:
        each = zip(labels, frame.to_dict("records"), strict=True)
        rows = "; ".join(f"{text} {with_interval(row, value, spec)}" for text, row in each)
        parts.append(f"{name}: {rows}." if len(shown) > 1 else f"{rows}.")
    left = [name for name, _ in shown[len(told) :]]
    rest = f" The numbers of {', '.join(left)} are in the table." if left else ""
    return f"{what}. {' '.join(parts)}{rest}"


def cut_off(series: Mapping[str, pd.DataFrame], value: str) -> str:
    """Say that the figure of rates cuts off intervals, if it does; else return nothing."""
    estimates = np.concatenate([[0.0], *(frame[value].to_numpy() for frame in series.values())])
    ends = np.concatenate([frame[["low", "high"]].to_numpy().ravel() for frame in series.values()])
    far = np.abs(ends - estimates.mean()) > FARTHEST * np.ptp(estimates)
    return " Very long intervals are cut off here; the table has their ends." if far.any() else ""
