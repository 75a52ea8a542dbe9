"""Axes to draw on, and pictures of them. The only place that knows matplotlib, which is optional."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dce.errors import DceError, listed

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
"""Colours that are told apart whatever one's sight (Okabe and Ito 2008), without their yellow, which is
too faint for a line on white."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
"""Shapes, so that no line is told from another by colour alone; their number and that of the colours
have no common divisor."""
ENDINGS = (".png", ".svg", ".pdf")
"""Of the names of figures."""
PPI = 160
"""Dots per inch of the pictures as PNG."""
STYLE: dict[str, object] = {
    "font.size": 11,
    "figure.facecolor": "white",
    "svg.fonttype": "path",  # letters as drawings: the same on every machine, and none is clipped
}
"""What pictures look like beside matplotlib's defaults."""


def axes(ax: Axes | None = None) -> Axes:
    """Return the axes given, or new ones.

    Raises
    ------
    DceError
        If matplotlib is not installed.
    """
    if ax is not None:
        return ax
    found: Axes = matplotlib().pyplot.subplots(figsize=(8, 4.8), layout="constrained")[1]
    return found


def pictures(draw: Callable[[], Axes], salt: str) -> tuple[str, bytes]:
    """Return a figure as SVG and as PNG: the same bytes for the same numbers, whatever one's own style.

    Parameters
    ----------
    draw : function
        Draws on new axes, and returns them.
    salt : str
        What the names inside the SVG are made from, so that those of two figures differ.

    Raises
    ------
    DceError
        If matplotlib is not installed.
    """
    package = matplotlib()
    svg, png = io.StringIO(), io.BytesIO()
    before = set(package.pyplot.get_fignums())
    try:
        with package.style.context(["default", {**STYLE, "svg.hashsalt": salt}], after_reset=True):
            figure = draw().figure.figure
            figure.savefig(svg, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
            figure.savefig(png, format="png", bbox_inches="tight", dpi=PPI, metadata={"Software": None})
    finally:
        for number in set(package.pyplot.get_fignums()) - before:
            package.pyplot.close(number)
    return svg.getvalue(), png.getvalue()


def save(ax: Axes, path: Path) -> None:
    """Write a figure to a file, as PNG, SVG or PDF by its name."""
    check_name(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    ax.figure.figure.savefig(path, bbox_inches="tight")


def check_name(path: Path) -> None:
    """Refuse a figure that could not be written, before the work that it shows is done.

    Raises
    ------
    DceError
        If its name has another ending, or matplotlib is not installed.
    """
    if path.suffix.lower() not in ENDINGS:
        raise DceError(f"{path}: found {path.suffix!r}; allowed: {listed(ENDINGS)}.")
    matplotlib()


def matplotlib() -> Any:
    """Return the package matplotlib.

    Raises
    ------
    DceError
        If it is not installed.
    """
    try:
        import matplotlib  # noqa: PLC0415  # an optional dependency
        import matplotlib.pyplot  # noqa: PLC0415
        import matplotlib.style  # noqa: PLC0415
    except ImportError:
        raise DceError("figures need matplotlib, which is not installed: pip install 'dce[plot]'.") from None
    return matplotlib
