"""The section on trade-offs: what each gain is worth, in weeks, miles or money."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from dce.errors import EstimationError
from dce.estimation.effects import coefficient_effects
from dce.estimation.fit import Fit
from dce.estimation.rate_differences import rate_differences
from dce.estimation.rates import marginal_rates
from dce.estimation.rates_by import RatesBy, rates_by
from dce.estimation.rates_result import MarginalRates
from dce.estimation.references import references
from dce.report.document import Figure, NamedTable, Paragraph, Part, Section
from dce.report.drawing import axes_for, legend_above
from dce.report.figures import cut_off, figure_of, said
from dce.report.findings import Findings
from dce.report.words import in_quotes, slugs, with_interval
from dce.table import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def trade_off_section(found: Findings) -> Section:
    """Show what each gain is worth in units of every number that people want less of."""
    parts: list[Part] = []
    names = references(found.fit)
    for name, file in slugs(names).items():
        parts += _rates(found, name, f"per_{file}")
    if not names:
        parts.append(
            Paragraph(
                "No numeric attribute has a straight effect below zero, such as a wait or a cost, so that "
                "there is nothing natural to express trade-offs in."
            )
        )
    return Section("Trade-offs", tuple(parts))


def _rates(found: Findings, name: str, per: str) -> list[Part]:
    everybody = marginal_rates(found.fit, name)
    file = f"rates_{per}"
    parts: list[Part] = [
        Paragraph(largest(everybody, found.fit) or f"Rates are in units of {everybody.heading}.")
    ]
    if not found.groups:
        parts += [
            _rates_figure(file, everybody, {"": everybody.frame}, everybody),
            NamedTable(file, everybody.table()),
        ]
    for by, groups in found.groups.items():
        rates = rates_by(groups, name)
        series = {group: each.frame for group, each in rates.rates.items()}
        parts += [
            _rates_figure(f"{file}_by_{found.files[by]}", everybody, series, rates, by),
            NamedTable(f"{file}_by_{found.files[by]}", rates.table()),
        ]
        if len(groups.fits) > 1:
            try:
                differences = rate_differences(groups, per=name, seed=found.seed)
            except EstimationError as error:
                parts.append(Paragraph(f"Differences between the groups by {by} were not tested: {error}"))
                continue
            parts.append(NamedTable(f"rate_differences_{per}_by_{found.files[by]}", differences.table()))
    return parts


def _rates_figure(
    file: str,
    everybody: MarginalRates,
    series: Mapping[str, pd.DataFrame],
    drawn: MarginalRates | RatesBy,
    by: str = "",
) -> Figure:
    labels = everybody.frame["label"].astype(str).tolist()
    who = f", everybody and groups by {by}" if by else ""
    caption = f"{everybody.axis}{who}. Lines: {number(everybody.level, '.0%')} intervals."
    alt = said(
        f"{everybody.axis}, with {number(everybody.level, '.0%')} intervals", series, labels, "rate", ".2f"
    )

    def draw() -> Axes:
        return legend_above(drawn.plot(axes_for(labels, len(series))), list(series))

    return figure_of(file, caption + cut_off(series, "rate"), alt, draw)


def largest(rates: MarginalRates, fit: Fit) -> str:
    """Say the largest trade-off in words, and whether it is larger than what people were asked about.

    Empty where no gain stands by itself, without interactions.
    """
    effects = coefficient_effects(fit)
    rows = zip(rates.frame.index, rates.frame.to_dict("records"), strict=True)
    gains = [row for name, row in rows if effects[str(name)].kind != "other" and row["rate"] > 0]
    if not gains or fit.study is None:
        return ""
    row = max(gains, key=lambda row: float(row["rate"]))
    text = (
        f"For {in_quotes(row['label'])}, people would accept "
        f"{with_interval(row, 'rate', '.1f', rates.level)} more of {rates.heading}."
    )
    levels = [float(x) for a in fit.study.attributes if a.name in rates.per.split(":") for x in a.levels]
    if row["rate"] > max(levels) - min(levels):
        asked = f"{number(min(levels), 'g')} to {number(max(levels), 'g')}"
        text += f" They were asked about {asked} only: take it as a ratio, rather than as a forecast."
    return text
