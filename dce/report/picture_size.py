"""How large a figure is drawn."""

from __future__ import annotations

import re

from dce.errors import ReportError
from dce.report.document import Figure

POINTS = {"pt": 1.0, "": 0.75, "px": 0.75, "in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4}
"""Of the units of lengths in SVG."""


def picture_size(figure: Figure) -> tuple[float, float]:
    """Return width and height of a figure in points, as its SVG says them.

    Raises
    ------
    ReportError
        If it does not.
    """
    begin = re.search(r"<svg\b[^>]*>", figure.svg)
    sizes = [
        re.search(rf'\s{side}="([\d.]+)([a-z]*)"', begin[0] if begin else "") for side in ("width", "height")
    ]
    if not all(size and size[2] in POINTS and float(size[1]) > 0 for size in sizes):
        raise ReportError(
            f"report, figure {figure.name!r}: its SVG does not say how large it is; allowed: width and "
            f"height in {', '.join(unit for unit in POINTS if unit)}."
        )
    width, height = (float(size[1]) * POINTS[size[2]] for size in sizes if size)
    return width, height


def fitted_size(figure: Figure, width: float, height: float) -> tuple[float, float]:
    """Return the size of a figure in points, made smaller where it is larger than there is room."""
    own = picture_size(figure)
    scale = min(1.0, width / own[0], height / own[1])
    return own[0] * scale, own[1] * scale
