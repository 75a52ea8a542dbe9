"""What the figures of a report are drawn with: rows of intervals, curves with bands, axes of shares."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dce.estimation.interval_figure import LABEL
from dce.figure import COLOURS, MARKERS, axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Headed = tuple[str, Sequence[str]]
"""A heading, and the labels of the rows below it."""
WIDTH, HEIGHT = 6.8, 4.2
"""Of figures, in inches, so that letters keep their size on A4 paper; rows of intervals are as high as
they need."""
ROW, MORE, LINE = 0.3, 0.13, 0.19
"""Height of a row with one estimate, of each further one, and of a line of its label, in inches."""
HIGHEST = 9.6
"""Of a figure with headings, in inches: a page."""
HEADING = 44
"""Characters of a line of a heading within a figure."""
ACROSS = 60
"""Characters of the names of series that stand beside one another above a figure."""


def headed_intervals(
    series: Mapping[str, pd.DataFrame],
    labels: Sequence[Headed],
    value: str,
    *,
    neutral: float | None = None,
    ax: Axes,
) -> Axes:
    """Draw estimates with their intervals, in parts with a heading each.

    Parameters
    ----------
    series : mapping of str to DataFrame
        By name, shown in a legend if there are several: ``value``, ``low``, ``high``, a row for each label.
    labels : sequence of (heading, labels of its rows)
        From top to bottom.
    value : str
        The column of the estimates.
    neutral : float, optional
        Where a line stands that means no difference.
    ax : matplotlib.axes.Axes
    """
    y, headings, place = [], [], 0.0
    for heading, rows in labels:
        text = textwrap.fill(heading, HEADING)
        headings.append((place + _heading(heading) / 2, text))
        place += _heading(heading)
        for height in _rows(rows, len(series)):
            y.append(place + height / 2)
            place += height
    ax.figure.figure.set_size_inches(WIDTH, 1.1 + place)
    if neutral is not None:
        ax.axvline(neutral, color="#43535c", linewidth=0.9, zorder=1)
    for k, (name, frame) in enumerate(series.items()):
        at = np.array(y) + (k - (len(series) - 1) / 2) * MORE
        colour, marker = COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]
        ax.hlines(at, frame["low"], frame["high"], color=colour, linewidth=1.6, zorder=2)
        ax.plot(frame[value].to_numpy(), at, marker, color=colour, markersize=5.5, zorder=3, label=name)
    ax.set_yticks(y, [textwrap.fill(row, LABEL) for _, rows in labels for row in rows])
    ax.set_ylim(place, 0)
    for middle, text in headings:
        ax.text(0.01, middle, text, transform=ax.get_yaxis_transform(), weight="bold", va="center", ha="left")
    ax.grid(axis="x", color="#e3e7ea", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    return legend_above(ax, list(series))


def lines_of(series: Mapping[str, pd.DataFrame], xlabel: str, *, levels: Sequence[float], ax: Axes) -> Axes:
    """Draw probabilities with bands over a number: a line per series, marks at the levels.

    Series with nothing but the levels are drawn as marks with bars.

    Parameters
    ----------
    series : mapping of str to DataFrame
        By name, shown in a legend if there are several: ``value``, ``probability``, ``low``, ``high``.
    xlabel : str
        With the unit.
    levels : sequence of float
        Where marks stand: what respondents were asked about.
    ax : matplotlib.axes.Axes
    """
    ax.figure.figure.set_size_inches(WIDTH, HEIGHT)
    for k, (name, rows) in enumerate(series.items()):
        colour, marker = COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]
        x = rows["value"].to_numpy(dtype=np.float64)
        at = np.flatnonzero(np.isin(x, np.asarray(levels, dtype=np.float64))).tolist()
        P, low, high = (rows[column].to_numpy(dtype=np.float64) for column in ("probability", "low", "high"))
        if len(at) == len(x):  # nothing is known between the levels
            apart = 0.012 * np.ptp(x) * (k - (len(series) - 1) / 2)
            ax.errorbar(x + apart, P, [P - low, high - P], fmt=marker, color=colour, capsize=3, label=name)
            continue
        ax.fill_between(x, low, high, color=colour, alpha=0.14, linewidth=0)
        ax.plot(x, P, color=colour, marker=marker, markevery=at, markersize=6, label=name)
    ax.set(xlabel=xlabel, ylim=(0, 1))
    as_shares(ax, "y", "Probability of choosing")
    ax.grid(axis="y", color="#e3e7ea", linewidth=0.8)
    return legend_above(ax, list(series))


def legend_above(ax: Axes, names: Sequence[str]) -> Axes:
    """Name the series above the axes, in as many columns as fit; nothing for one series."""
    if len(names) > 1:
        columns = max(1, min(len(names), 4, ACROSS // (max(map(len, names)) + 6)))
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=columns, frameon=False)
    return ax


def axes_for(labels: Sequence[str], series: int) -> Axes:
    """Return axes as high as equal rows with such labels, and so many estimates each, need."""
    ax = axes()
    ax.figure.figure.set_size_inches(WIDTH, 1.3 + len(labels) * max(_rows(labels, series)))
    return ax


def pages(labels: Sequence[Headed], series: int) -> list[slice]:
    """Return which labels with headings go into each figure, so that none is higher than a page."""
    found, start, high = [], 0, 0.0
    for k, (heading, rows) in enumerate(labels):
        part = _heading(heading) + sum(_rows(rows, series))
        if k > start and high + part > HIGHEST:
            found.append(slice(start, k))
            start, high = k, 0.0
        high += part
    return [*found, slice(start, len(labels))]


def _heading(text: str) -> float:
    """Return the height of a heading, with room above and below."""
    return LINE * len(textwrap.wrap(text, HEADING)) + 0.2


def _rows(labels: Sequence[str], series: int) -> list[float]:
    """Return the height of each row."""
    most = ROW + MORE * (series - 1)
    return [max(most, LINE * len(textwrap.wrap(label, LABEL)) + 0.08) for label in labels]


def as_shares(ax: Axes, axis: str, label: str, most: float = 1.0) -> Axes:
    """Let an axis run from 0% up, and say so."""
    which = ax.xaxis if axis == "x" else ax.yaxis
    which.set_major_formatter(lambda p, _: f"{p:.0%}")
    if axis == "x":
        ax.set(xlabel=label, xlim=(0, most))
    else:
        ax.set(ylabel=label, ylim=(0, most))
    ax.spines[["top", "right"]].set_visible(False)
    ax.set_axisbelow(True)
    return ax
