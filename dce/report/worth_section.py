"""The section on levels and attributes: what each level is worth, and how much each attribute matters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dce.errors import EstimationError
from dce.estimation.importance import Importance, importance
from dce.estimation.interval_figure import draw_intervals
from dce.estimation.subgroups import ALL, SubgroupFits
from dce.figure import axes
from dce.report.document import Figure, NamedTable, Paragraph, Part, Section
from dce.report.drawing import Headed, as_shares, axes_for, headed_intervals, legend_above, pages
from dce.report.figures import figure_of, said
from dce.report.findings import Findings
from dce.report.levels_worth import LevelsWorth, Point, levels_worth, points
from dce.report.words import slugs, with_interval
from dce.table import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def worth_section(found: Findings) -> Section:
    """Show the worth of every level, and the relative importance of the attributes."""
    worth = levels_worth(found.fit)
    parts: list[Part] = [*_worth_figures(worth), NamedTable("levels_worth", worth.table())]
    by_service = points(found.fit)
    for service, part in slugs(by_service).items():
        file = f"importance_{part}" if service else "importance"
        parts += _importance(found, service, by_service[service], file)
    return Section("What levels are worth, and how much attributes matter", tuple(parts))


def _worth_figures(worth: LevelsWorth) -> list[Figure]:
    """Return the figure of all levels, in several where it would be higher than a page."""
    frame, ends = worth.frame, worth.frame[["low", "high"]].to_numpy()
    room = 0.05 * float(np.ptp(ends))
    what = (
        f"What each level is worth, less the first level of its attribute, with {number(worth.level, '.0%')}"
    )
    found = []
    cuts = pages(worth.labels, 1)
    for k, cut in enumerate(cuts, 1):
        labels = worth.labels[cut]
        rows = frame[frame["attribute"].isin([attribute for attribute, _ in labels])]

        def draw(labels: Sequence[Headed] = labels, rows: pd.DataFrame = rows) -> Axes:
            ax = headed_intervals({"": rows}, labels, "worth", neutral=0.0, ax=axes())
            ax.set_xlabel("Worth less that of the first level (utility)")
            ax.set_xlim(ends.min() - room, ends.max() + room)
            return ax

        flat = [f"{attribute}, {text}" for attribute, levels in labels for text in levels]
        part = f" ({k} of {len(cuts)})" if len(cuts) > 1 else ""
        caption = f"{what} intervals{part}. Right of the line: people prefer it to the first level."
        name = f"levels_worth_{k}" if len(cuts) > 1 else "levels_worth"
        found.append(
            figure_of(name, caption, said(f"{what} intervals", {"": rows}, flat, "worth", ".2f"), draw)
        )
    return found


def _importance(found: Findings, service: str, point: Point, file: str) -> list[Part]:
    """Return the relative importance of attributes, of one service where it depends on which it is."""
    of = f" of {service}" if service else ""
    try:
        everybody = importance(found.fit, at=point)
    except EstimationError as error:
        return [Paragraph(f"How much each attribute{of} matters beside the others is not shown: {error}")]
    parts: list[Part] = [Paragraph(most_important(everybody, of))]
    table = everybody.table()
    parts.append(_importance_figure(file, of, {"": everybody}))
    parts.append(NamedTable(f"{file}", table))
    for by, groups in found.groups.items():
        shares, reasons = _of_groups(groups, everybody, point)
        if len(shares) > 1:
            parts.append(_importance_figure(f"{file}_by_{found.files[by]}", of, shares, by))
        parts += [Paragraph(f"{name}, importance{of} not shown: {why}") for name, why in reasons.items()]
    return parts


def _of_groups(
    groups: SubgroupFits, everybody: Importance, point: Point
) -> tuple[dict[str, Importance], dict[str, str]]:
    shares: dict[str, Importance] = {ALL: everybody}
    reasons: dict[str, str] = {}
    for name, fit in groups.fits.items():
        try:
            shares[name] = importance(fit, at=point)
        except EstimationError as error:
            reasons[name] = str(error)
    return shares, reasons


def _importance_figure(file: str, of: str, shares: Mapping[str, Importance], by: str = "") -> Figure:
    first = next(iter(shares.values()))
    order = first.frame.sort_values("importance", ascending=False, kind="stable").index
    series: dict[str, pd.DataFrame] = {name: each.frame.loc[order] for name, each in shares.items()}
    labels = first.frame.loc[order, "label"].astype(str).tolist()
    most = min(1.0, 1.05 * max(float(frame["high"].max()) for frame in series.values()))

    def draw() -> Axes:
        ax = draw_intervals(
            series, labels, "", value="importance", neutral=None, ax=axes_for(labels, len(series))
        )
        legend_above(ax, list(series))
        return as_shares(ax, "x", "Share of the range of worth that all attributes make", most)

    what = f"How much each attribute{of} matters beside the others" + (f", by {by}" if by else "")
    caption = f"{what}, with {number(first.level, '.0%')} intervals."
    return figure_of(file, caption, said(caption.rstrip("."), series, labels, "importance", ".0%"), draw)


def most_important(found: Importance, of: str) -> str:
    top = max(found.frame.to_dict("records"), key=lambda row: float(row["importance"]))
    return (
        f"Within the levels that were asked about, the attribute{of} that matters most is {top['label']}: "
        f"{with_interval(top, 'importance', '.0%', found.level)} of what all attributes together can make a "
        "service worth."
    )
