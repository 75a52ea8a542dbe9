"""The figure of a Pareto front: D-error against each other measure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dce.errors import DesignError
from dce.figure import COLOURS
from dce.figure import axes as new_axes
from dce.logit import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = {
    "level_imbalance": "Level imbalance (less is better)",
    "utility_balance": "Utility balance (more is better)",
    "overlap": "Overlap (less is better)",
    "correlation": "Largest correlation (less is better)",
}
BALANCED, OTHERS, PICKED = COLOURS[0], COLOURS[5], COLOURS[1]
POINT, RING = 5.0, 11.0
"""Diameters, in points."""
LABEL = np.array([11.0, 9.0])
"""Width and height of a number, in points."""
RADII = (8.0, 14.0, 20.0, 26.0)
"""How far from its point a number may stand, in points."""


def draw(measures: pd.DataFrame, picked: int, axes: Sequence[Axes] | None) -> list[Axes]:
    """Draw the measures of numbered designs on four axes, with a ring around the one that is picked."""
    if axes is None:
        figure = _figure(new_axes())
        figure.clear()
        figure.set_size_inches(10, 8)
        axes = list(figure.subplots(2, 2, sharex=True).flat)
    axes = list(axes)
    if len(axes) != len(PANELS):
        raise DesignError(f"axes: found {len(axes)}; allowed: four, one for each measure besides D-error.")
    above = measures["d_error"] / measures["d_error"].min() - 1
    for ax, (name, label) in zip(axes, PANELS.items(), strict=True):
        _points(ax, above, measures[name], measures["level_imbalance"], picked)
        ax.set(xlabel="D-error above the lowest", ylabel=label)
        ax.xaxis.set_major_formatter(_percent)
        if name in ("utility_balance", "overlap"):
            ax.yaxis.set_major_formatter(_percent)
        if name == "level_imbalance":
            ax.locator_params(axis="y", integer=True)
    axes[0].legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3, frameon=False, fontsize="small")
    _figure(axes[0]).draw_without_rendering()  # places the axes, and so the points
    for ax, name in zip(axes, PANELS, strict=True):
        _number(ax, above, measures[name])
    return axes


def _figure(ax: Axes) -> Figure:
    """Return the whole figure, whatever part of it the axes belong to."""
    return ax.figure.figure


def _points(
    ax: Axes, x: pd.Series[float], y: pd.Series[float], imbalance: pd.Series[int], picked: int
) -> None:
    balanced = imbalance == imbalance.min()
    kinds = ((balanced, BALANCED, "o", "levels most balanced"), (~balanced, OTHERS, "s", "others"))
    for which, colour, marker, label in kinds:
        ax.scatter(x[which], y[which], s=POINT**2, color=colour, marker=marker, zorder=3, label=label)
    ax.scatter(
        [x[picked]], [y[picked]], s=RING**2, facecolors="none", edgecolors=PICKED, linewidths=1.8,
        zorder=2, label="taken by pick()",
    )  # fmt: skip
    ax.grid(color="#e3e7ea", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.margins(0.07)
    ax.spines[["top", "right"]].set_visible(False)


def _number(ax: Axes, x: pd.Series[float], y: pd.Series[float]) -> None:
    """Write the numbers of points beside them, where nothing else is; a line leads from one farther off."""
    points = ax.transData.transform(np.column_stack([x, y])) * 72 / ax.figure.dpi
    for number, point, offset in zip(x.index, np.column_stack([x, y]), _offsets(points), strict=True):
        far = np.hypot(*offset) > RADII[0] + 1
        ax.annotate(
            str(number), tuple(point), xytext=tuple(offset), textcoords="offset points", ha="center",
            va="center", fontsize=7.5, zorder=4, annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": "#8a949b", "linewidth": 0.6, "shrinkA": 4, "shrinkB": 2}
            if far else None,
        )  # fmt: skip


def _offsets(points: FloatArray) -> FloatArray:
    """Return where numbers stand from their points (N, 2), one after another, each where it hides least."""
    angles = np.pi / 4 * np.array([2, 1, 0, 7, 6, 5, 4, 3])
    ring = np.column_stack([np.cos(angles), np.sin(angles)])
    candidates = np.concatenate([radius * ring for radius in RADII])
    farness = np.repeat(RADII, len(ring)) / 100
    taken = points.copy()
    size = np.tile(LABEL / 2 + POINT / 2, (len(points), 1))
    offsets = []
    for point in points:
        gap = np.abs((point + candidates)[:, None] - taken)
        hidden = np.maximum(1 - gap / size, 0).prod(axis=-1).sum(axis=-1)
        offset = candidates[int((hidden + farness).argmin())]
        offsets.append(offset)
        taken = np.concatenate([taken, [point + offset]])
        size = np.concatenate([size, [LABEL]])
    return np.array(offsets)


def _percent(value: float, _: object) -> str:
    return f"{100 * value:.3g}%"
