"""The section on what would happen: how many would choose each service in each scenario."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pandas as pd

from dce.errors import RangeWarning
from dce.estimation.scenarios import ScenarioProbabilities, scenarios
from dce.figure import axes
from dce.report.document import Figure, NamedTable, Paragraph, Part, Points, Section
from dce.report.drawing import Headed, as_shares, headed_intervals, pages
from dce.report.figures import figure_of, said
from dce.report.findings import Findings
from dce.report.words import in_quotes, with_interval
from dce.table import number

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def what_if_section(found: Findings) -> Section | None:
    """Predict the scenarios, everybody and groups side by side; nothing without scenarios."""
    if found.scenarios is None:
        return None
    with range_notes() as notes:
        everybody = scenarios(found.fit, found.scenarios)
        by_group = {by: scenarios(groups, found.scenarios) for by, groups in found.groups.items()}
    parts: list[Part] = [Paragraph(first_scenario(everybody))]
    if not by_group:
        parts += _scenario_figures("scenarios", {"": everybody.frame}, everybody)
        parts.append(NamedTable("scenarios", everybody.table()))
    for by, predicted in by_group.items():
        series = {
            str(group): rows.reset_index(drop=True)
            for group, rows in predicted.frame.groupby("group", sort=False)
        }
        parts += _scenario_figures(f"scenarios_by_{found.files[by]}", series, everybody, by)
        parts.append(NamedTable(f"scenarios_by_{found.files[by]}", predicted.table()))
    if notes:
        parts.append(Points(tuple(f"Caution: {note}" for note in dict.fromkeys(notes))))
    return Section("What if", tuple(parts))


def _scenario_figures(
    file: str, series: Mapping[str, pd.DataFrame], everybody: ScenarioProbabilities, by: str = ""
) -> list[Figure]:
    """Return the figure of all scenarios, in several where it would be higher than a page."""
    labels = [
        (str(name), rows["service"].astype(str).tolist())
        for name, rows in everybody.frame.groupby("scenario", sort=False)
    ]
    what = "How many would choose each service in each scenario" + (f", by {by}" if by else "")
    what += f", with {number(everybody.level, '.0%')} intervals"
    found = []
    cuts = pages(labels, len(series))
    for k, cut in enumerate(cuts, 1):
        some = labels[cut]
        rows = {
            name: frame[frame["scenario"].astype(str).isin([scenario for scenario, _ in some])]
            for name, frame in series.items()
        }

        def draw(some: Sequence[Headed] = some, rows: Mapping[str, pd.DataFrame] = rows) -> Axes:
            return as_shares(
                headed_intervals(rows, some, "probability", ax=axes()), "x", "Probability of choosing"
            )

        flat = [f"{scenario}, {service}" for scenario, services in some for service in services]
        part, name = (f" ({k} of {len(cuts)})", f"{file}_{k}") if len(cuts) > 1 else ("", file)
        found.append(figure_of(name, f"{what}{part}.", said(what, rows, flat, "probability", ".1%"), draw))
    return found


def first_scenario(predicted: ScenarioProbabilities) -> str:
    row = predicted.frame.iloc[0].to_dict()
    return (
        f"In the scenario {in_quotes(row['scenario'])}, the model expects that {row['service']} is chosen by "
        f"{with_interval(row, 'probability', '.0%', predicted.level)}."
    )


@contextmanager
def range_notes() -> Iterator[list[str]]:
    """Collect warnings about the studied range as sentences."""
    found: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RangeWarning)
        yield found
    found += [str(warning.message) for warning in caught if issubclass(warning.category, RangeWarning)]
