"""The section on numbers: how many would choose a service as one of its numbers changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from dce.attributes import Attribute
from dce.estimation.effects_at import is_continuous
from dce.estimation.fit import Fit
from dce.estimation.scenarios import scenarios
from dce.estimation.services import as_frame
from dce.estimation.subgroups import ALL
from dce.estimation.sweep import Sweep, sweep
from dce.figure import axes
from dce.formula import ALTERNATIVE
from dce.report.document import Figure, NamedTable, Paragraph, Part, Points, Section
from dce.report.drawing import lines_of
from dce.report.figures import figure_of, said
from dce.report.findings import Findings
from dce.report.what_if_section import range_notes
from dce.report.words import in_quotes, slugs
from dce.study import Study
from dce.table import number

POINTS = 25
"""Points of a curve over the studied range of a number, besides the levels."""


def sweep_section(found: Findings) -> Section | None:
    """Follow the probability of a service over the studied range of each number."""
    base, about = _base(found)
    numeric = [a for a in found.study.attributes if a.is_numeric and a.name in found.fit.coding.variables]
    with range_notes() as notes:
        swept = [part for attribute in numeric for part in _sweep(found, attribute, base)]
    if not swept:
        return None
    parts: list[Part] = [Paragraph(f"The curves start from {about}; one number of one service changes.")]
    if found.scenarios is None and notes:  # else they stand below the scenarios
        parts.append(Points(tuple(f"Caution: {note}" for note in dict.fromkeys(notes))))
    return Section("What if one number changes", (*parts, *swept))


def _base(found: Findings) -> tuple[pd.DataFrame, str]:
    """Return the services that curves start from, and what sentences call them."""
    if found.scenarios is None:
        return first_levels(found.study), "services at the first level of every attribute"
    with range_notes():  # said below the scenarios
        name = _most_even(scenarios(found.fit, found.scenarios).frame)
    frame, _ = as_frame(found.scenarios)
    base = frame[frame["scenario"] == name].reset_index(drop=True)
    return base, f"the scenario {in_quotes(name)}"


def _most_even(frame: pd.DataFrame) -> object:
    """Return the scenario whose first service is chosen by nearest to one half: there curves tell most."""
    first = frame.drop_duplicates("scenario")
    return first["scenario"].iloc[int(np.argmin(np.abs(first["probability"].to_numpy() - 0.5)))]


def _sweep(found: Findings, attribute: Attribute, base: pd.DataFrame) -> list[Part]:
    """Return the curve of a number: by subgroup, or of each service where services are labelled."""
    services = _services(found.study, attribute, base)
    if not services:
        return []
    levels = sorted(float(level) for level in attribute.levels)
    between = np.linspace(levels[0], levels[-1], POINTS).tolist()
    is_curve = is_continuous(found.fit.coding, attribute.name)
    values = sorted({*between, *levels}) if is_curve else levels
    file = f"sweep_{slugs(found.study.attribute_names)[attribute.name]}"

    def of(fit: Fit, service: str) -> Sweep:
        return sweep(fit, base, {attribute.name: values}, service=service, seed=found.seed)

    everybody = {service: of(found.fit, service) for service in services}
    parts: list[Part] = []
    if len(services) > 1 or not found.groups:
        parts.append(_sweep_figure(file, everybody, levels))
    else:
        for by, groups in found.groups.items():
            fits = {ALL: found.fit, **groups.fits}
            curves = {name: of(fit, services[0]) for name, fit in fits.items()}
            parts.append(_sweep_figure(f"{file}_by_{found.files[by]}", curves, levels, by))
    for service, curve in everybody.items():
        at_levels = replace(curve, frame=curve.frame[curve.frame["value"].isin(levels)])
        more = f"_{slugs(services)[service]}" if len(services) > 1 else ""
        parts.append(NamedTable(f"{file}{more}", at_levels.table()))
    return parts


def _sweep_figure(file: str, curves: Mapping[str, Sweep], levels: list[float], by: str = "") -> Figure:
    series = {
        name: curve.frame[curve.frame["service"] == curve.service].reset_index(drop=True)
        for name, curve in curves.items()
    }
    first = next(iter(curves.values()))
    whose = first.service if by or len(curves) == 1 else "the service in the legend"
    what = f"Probability of choosing {whose} by its {first.heading}" + (f", by {by}" if by else "")
    ends = {name: frame[frame["value"].isin(levels)].reset_index(drop=True) for name, frame in series.items()}
    caption = f"{what}. Bands: {number(first.level, '.0%')} intervals; marks: levels that were asked about."
    return figure_of(
        file,
        caption,
        said(
            f"{what}, with {number(first.level, '.0%')} intervals",
            ends,
            [f"at {number(level, 'g')}" for level in levels],
            "probability",
            ".1%",
        ),
        lambda: lines_of(series, first.heading, levels=levels, ax=axes()),
    )


def _services(study: Study, attribute: Attribute, base: pd.DataFrame) -> list[str]:
    """Return whose number changes: the first that has it, or all that do where they are labelled."""
    has = base[attribute.name].notna() if attribute.name in base else pd.Series(False, base.index)
    names = base.loc[has, "service"].astype(str).tolist()
    return names if study.labelled else names[:1]


def first_levels(study: Study) -> pd.DataFrame:
    """Return all alternatives of a study as services, each attribute at its first level."""
    rows = []
    for alternative in study.all_alternatives:
        levels = {a.name: a.levels[0] for a in study.attributes if study.has(alternative.name, a)}
        rows.append({"scenario": "first levels", "service": alternative.label, **levels})
        if study.labelled or not levels:
            rows[-1][ALTERNATIVE] = alternative.name
    return pd.DataFrame(rows)
