"""Figures of estimates with their intervals: one row each, one mark per series."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dce.figure import COLOURS, MARKERS
from dce.figure import axes as new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW = 0.42
"""Height of a row with one series, in inches."""
MORE = 0.2
"""What each further series adds to it."""
LINE = 0.19
"""Height of a line of a label."""
LABEL = 34
"""Characters of a line of a row's label."""
FARTHEST = 8.0
"""An interval is cut off where it reaches farther than so many times the range of the estimates."""


def draw_intervals(
    series: Mapping[str, pd.DataFrame],
    labels: Sequence[str],
    xlabel: str,
    *,
    value: str,
    neutral: float | None = 0.0,
    ax: Axes | None = None,
) -> Axes:
    """Draw estimates as marks with the lines of their intervals.

    Parameters
    ----------
    series : mapping of str to DataFrame
        By name, shown in a legend if there are several: ``value``, ``low``, ``high``, the same rows in each.
        A row without a value is a heading.
    labels : sequence of str
        Of the rows, which stand from top to bottom.
    xlabel : str
        With the unit.
    value : str
        The column of the estimates.
    neutral : float, optional
        Where a line stands that means no difference.
    ax : matplotlib.axes.Axes, optional
    """
    labels = [textwrap.fill(label, LABEL) for label in labels]
    ax = _sized(labels, len(series)) if ax is None else new_axes(ax)
    y = np.arange(len(labels))
    apart = 0.62 / max(len(series), 1)
    headings = next(iter(series.values()))[value].isna().to_numpy()
    estimates = np.concatenate([frame[value].to_numpy()[~headings] for frame in series.values()])
    if neutral is not None:
        ax.axvline(neutral, color="#43535c", linewidth=0.9, zorder=1)
        estimates = np.append(estimates, neutral)
    middle, room = estimates.mean(), FARTHEST * max(np.ptp(estimates), 1e-12)
    for k, (name, rows) in enumerate(series.items()):
        at, frame = y[~headings] + (k - (len(series) - 1) / 2) * apart, rows[~headings]
        low, high = (np.clip(frame[end].to_numpy(), middle - room, middle + room) for end in ("low", "high"))
        colour = COLOURS[k % len(COLOURS)]
        ax.hlines(at, low, high, color=colour, linewidth=1.6, zorder=2)
        ax.plot(
            frame[value].to_numpy(),
            at,
            MARKERS[k % len(MARKERS)],
            color=colour,
            markersize=5.5,
            zorder=3,
            label=name,
        )
    ax.set_yticks(y, labels)
    for is_heading, label in zip(headings, ax.get_yticklabels(), strict=True):
        label.set_fontweight("bold" if is_heading else "normal")
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_xlabel(textwrap.fill(xlabel, 56))
    ax.grid(axis="x", color="#e3e7ea", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.spines[["top", "right", "left"]].set_visible(False)
    if len(series) > 1:
        ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=min(len(series), 4), frameon=False)
    return ax


def in_percent(ax: Axes) -> Axes:
    """Let the axis of the estimates show shares from 0% to 100%."""
    ax.set_xlim(0, 1)
    ax.xaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    return ax


def _sized(labels: Sequence[str], series: int) -> Axes:
    """Return axes as high as the rows need."""
    ax = new_axes()
    lines = max((label.count("\n") + 1 for label in labels), default=1)
    row = max(ROW + MORE * (series - 1), LINE * (lines + 0.5))
    ax.figure.figure.set_size_inches(8, 1.3 + len(labels) * row)
    return ax
