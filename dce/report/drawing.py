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
ROW, MORE, LINE = 0.3, 0.15, 0.19
"""Height of a row with one estimate, of each further one, and of a line of its label, in inches."""
MOST_ROWS = 36
"""Rows of a figure, headings included, that fit a page."""
HEADING = 58
"""Characters of a line of a heading within a figure."""


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
    y, headings, texts, place = [], [], [], 0.0
    for heading, rows in labels:
        lines = textwrap.wrap(heading, HEADING)
        place += 0.45 * (len(lines) - 1)
        headings.append((place, "\n".join(lines)))
        y += [place + 1 + k for k in range(len(rows))]
        texts += [textwrap.fill(row, LABEL) for row in rows]
        place += len(rows) + 1.15
    row = max(ROW + MORE * (len(series) - 1), LINE * max(text.count("\n") + 1 for text in texts) + 0.06)
    ax.figure.figure.set_size_inches(8, 1.2 + place * row)
    if neutral is not None:
        ax.axvline(neutral, color="#43535c", linewidth=0.9, zorder=1)
    apart = 0.62 / max(len(series), 1)
    for k, (name, frame) in enumerate(series.items()):
        at = np.array(y) + (k - (len(series) - 1) / 2) * apart
        colour, marker = COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]
        ax.hlines(at, frame["low"], frame["high"], color=colour, linewidth=1.6, zorder=2)
        ax.plot(frame[value].to_numpy(), at, marker, color=colour, markersize=5.5, zorder=3, label=name)
    ax.set_yticks(y, texts)
    ax.set_ylim(place - 0.4, -0.6)
    for at_, heading in headings:
        ax.text(0.01, at_, heading, transform=ax.get_yaxis_transform(), weight="bold", va="center", ha="left")
    ax.grid(axis="x", color="#e3e7ea", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    if len(series) > 1:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=min(len(series), 4), frameon=False)
    return ax


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
    if len(series) > 1:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=min(len(series), 4), frameon=False)
    return ax


def axes_for(labels: Sequence[str], series: int) -> Axes:
    """Return axes as high as rows with such labels, and so many estimates each, need."""
    ax = axes()
    lines = max(len(textwrap.wrap(label, LABEL)) for label in labels)
    ax.figure.figure.set_size_inches(
        8, 1.3 + len(labels) * max(LINE * lines + 0.1, ROW + MORE * (series - 1))
    )
    return ax


def pages(labels: Sequence[Headed]) -> list[slice]:
    """Return which labels with headings go into each figure, so that none is higher than a page."""
    found, start, rows = [], 0, 0.0
    for k, (_, below) in enumerate(labels):
        if k > start and rows + len(below) + 1.2 > MOST_ROWS:
            found.append(slice(start, k))
            start, rows = k, 0.0
        rows += len(below) + 1.2
    return [*found, slice(start, len(labels))]


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
