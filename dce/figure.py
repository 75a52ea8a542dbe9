"""Axes to draw on. The only place that knows matplotlib, which is optional."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dce.errors import DceError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""Colours that are told apart whatever one's sight (Okabe and Ito 2008), without their yellow, which is
too faint for a line on white."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
"""Shapes, so that no line is told from another by colour alone; their number and that of the colours
have no common divisor."""


def axes(ax: Axes | None = None) -> Axes:
    """Return the axes given, or new ones.

    Raises
    ------
    DceError
        If matplotlib is not installed.
    """
    if ax is not None:
        return ax
    try:
        from matplotlib import pyplot  # noqa: PLC0415  # an optional dependency
    except ImportError:
        raise DceError("figures need matplotlib, which is not installed: pip install 'dce[plot]'.") from None
    return pyplot.subplots(figsize=(8, 4.8), layout="constrained")[1]
