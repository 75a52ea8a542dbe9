"""What changes of services, one by one and all together, would do to choice probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dce.errors import ScenarioError, plain, quoted
from dce.estimation.calibrated import AnyFit, check_fit
from dce.estimation.propagation import Method, Uncertainty, intervals
from dce.estimation.scenario import OneScenario, base_frame, changed, coded_scenarios, scenario_notes
from dce.estimation.scenario_differences import POINTS, SCALE, difference, difference_frame
from dce.estimation.scenarios import probabilities
from dce.table import Table

TOGETHER = "all together"


@dataclass(frozen=True)
class ScenarioChanges:
    """Changes from a base, with what they do to the services that change.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per change and service: ``change``, ``service``, ``base probability``,
        ``probability``, ``difference``, ``standard error``, ``low``, ``high``.
    level : float
        Of the intervals, which are those of the difference.
    notes : tuple of str
    """

    frame: pd.DataFrame
    level: float
    notes: tuple[str, ...]

    def table(self) -> Table:
        """Return the table that a paper prints."""
        numbers = ["base probability", "probability", "difference", "low", "high"]
        columns = ["P before", "after", "difference", f"{self.level:.0%} low", "high"]
        labels: list[str] = []
        rows: list[list[float]] = []
        for service, changes in self.frame.groupby("service", sort=False):
            labels += [str(service), *(f"  {change}" for change in changes["change"])]
            rows += [[np.nan] * len(columns), *changes[numbers].to_numpy().tolist()]
        frame = pd.DataFrame(rows, columns=columns, index=pd.Index(labels, name=""))
        formats = dict.fromkeys(columns, ".2%")
        return Table("What changes would do to the probability of choosing", frame, formats, self.notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def scenario_changes(
    fit: AnyFit,
    base: OneScenario,
    changes: Mapping[str, Mapping[str, object]],
    level: float = 0.95,
    method: Method = "delta",
    *,
    scenario: str | None = None,
    draws: int = 10_000,
    seed: int = 1,
    scale: float = 1.0,
) -> ScenarioChanges:
    """Say what each of some changes would do, alone and all together.

    Parameters
    ----------
    fit : Fit or CalibratedFit
    base : path, pandas.DataFrame or mapping
        One scenario, as for :func:`dce.scenarios`; a mapping may be of service to attributes.
    changes : mapping of service to attribute to value
        Such as ``{"Service 2": {"parking": "ample", "wait": 2}}``.
    scenario : str, optional
        Which scenario the base is, where there are several.
    level, method, draws, seed, scale
        As for :func:`dce.scenarios`.

    Returns
    -------
    ScenarioChanges

    Raises
    ------
    ScenarioError
        If the base is wrong, or a change is none.
    """
    check_fit(fit)
    how = Uncertainty(level, method, draws, seed)
    frame = base_frame(base, scenario).assign(scenario="base")
    steps = _steps(frame, changes)
    every = [frame]
    for label, step in steps.items():
        after = frame
        for service, attribute, value in step:
            after = changed(fit, after, service, attribute, value)
        every.append(after.assign(scenario=label))
    coded = coded_scenarios(fit, pd.concat(every, ignore_index=True), scale)
    P, J = probabilities(fit, coded), len(frame)
    place = {service: k for k, service in enumerate(frame["service"])}
    rows = [
        (label, service, place[service], (1 + number) * J + place[service])
        for number, (label, step) in enumerate(steps.items())
        for service in dict.fromkeys(service for service, _, _ in step)
    ]
    before, after_ = (np.array([row[k] for row in rows]) for k in (2, 3))
    quantity = difference(P.take(before), P.take(after_))
    names = pd.DataFrame(
        {
            "change": [_short(label, service) for label, service, _, _ in rows],
            "service": [row[1] for row in rows],
        }
    )
    limits = intervals(fit, quantity, how)
    result = difference_frame(names, P.value[before], P.value[after_], quantity.value, limits)
    notes = (POINTS, how.note([fit], SCALE), *scenario_notes(fit, coded, scale))
    return ScenarioChanges(result, level, notes)


def _steps(
    frame: pd.DataFrame, changes: Mapping[str, Mapping[str, object]]
) -> dict[str, list[tuple[str, str, object]]]:
    """Return the changes, each alone and all together, by name."""
    if not isinstance(changes, Mapping) or not all(isinstance(of, Mapping) for of in changes.values()):
        raise ScenarioError("changes: allowed: a mapping of service to attribute to value.")
    single = [(service, name, value) for service, of in changes.items() for name, value in of.items()]
    if not single:
        raise ScenarioError("changes: found none; allowed: one or more.")
    steps = {}
    for service, name, value in single:
        now = frame.loc[frame["service"] == service, name] if name in frame else pd.Series(dtype=object)
        was = now.iloc[0] if len(now) and pd.notna(now.iloc[0]) else None
        if was == value:
            raise ScenarioError(
                f"changes: {name} of {service!r} is {quoted(value)} in the base already; allowed: another "
                "value."
            )
        steps[f"{service}: {name} {_arrow(was)}{_shown(value)}"] = [(service, name, value)]
    if len(single) > 1:
        steps[TOGETHER] = single
    return steps


def _short(label: str, service: str) -> str:
    return label.removeprefix(f"{service}: ")


def _arrow(was: object) -> str:
    return "" if was is None else f"{_shown(was)} → "


def _shown(value: object) -> str:
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool):
        return plain(float(value))
    return str(value)
