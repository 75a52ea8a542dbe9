"""A scenario as arrays: services that compete, as every kind of respondent sees them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dce.errors import FormulaError, ScenarioError, listed, plain, quoted
from dce.estimation.averaging import characteristics, mix
from dce.estimation.calibrated import AnyFit, CalibratedFit
from dce.estimation.services import (
    Services,
    as_frame,
    checked_services,
    warn_of_range,
    warn_of_restrictions,
)
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import FloatArray

SeveralScenarios = str | Path | pd.DataFrame | Mapping[str, Services]
"""A file, a frame, or a mapping of scenario to service to attributes."""
OneScenario = str | Path | pd.DataFrame | Services | Mapping[str, Services]
"""The same with one scenario, whose name a mapping may leave out."""


@dataclass(frozen=True)
class Scenario:
    """J services and the C kinds of respondents who choose between them.

    Attributes
    ----------
    name : object
    services : tuple
    frame : pandas.DataFrame
        J rows as they were given.
    seen : pandas.DataFrame
        C * J rows, with the characteristics over which probabilities are averaged filled in.
    X : (C, J, K) array
        As coded, times the scale.
    shares : (C,) array
        Of the kinds of respondents.
    """

    name: object
    services: tuple[object, ...]
    frame: pd.DataFrame
    seen: pd.DataFrame
    X: FloatArray
    shares: FloatArray


def coded_scenarios(
    fit: AnyFit,
    services: SeveralScenarios,
    scale: float = 1.0,
    least: int = 2,
    stacklevel: int = 3,
    quiet: bool = False,
) -> list[Scenario]:
    """Return checked and coded scenarios.

    Parameters
    ----------
    fit : Fit or CalibratedFit
    services : path, frame or mapping
    scale : float, optional
        Multiplies all utilities.
    least : int, optional
        Services that a scenario must have.
    stacklevel : int, optional
        Of warnings; 3 for the caller of the public function that calls this one.
    quiet : bool, optional
        Leave out warnings about the studied range.

    Raises
    ------
    ScenarioError

    Warns
    -----
    RangeWarning
    """
    check_scale(fit, scale)
    frame, source = as_frame(services)
    frame = checked_services(frame, fit, source, least)
    if not quiet:
        warn_of_range(frame, fit, source, stacklevel)
        if fit.study is not None:
            warn_of_restrictions(frame, fit.study, source, stacklevel)
    who = characteristics(fit)
    parts = []
    for name, rows in frame.groupby("scenario", sort=False):
        averaged = [c for c in who if rows[c].isna().all()]
        seen, shares = _seen(fit, rows.reset_index(drop=True), averaged)
        parts.append((name, rows.reset_index(drop=True), seen, shares))
    X = matrix(fit, pd.concat([seen for _, _, seen, _ in parts], ignore_index=True), source)
    coded, start = [], 0
    for name, rows, seen, shares in parts:
        block = X[start : start + len(seen)].reshape(len(shares), len(rows), -1)
        coded.append(Scenario(name, tuple(rows["service"]), rows, seen, scale * block, shares))
        start += len(seen)
    return coded


def matrix(fit: AnyFit, frame: pd.DataFrame, source: str = "the scenarios") -> FloatArray:
    """Return X of services, (N, K).

    Raises
    ------
    ScenarioError
        If the formula cannot code them.
    """
    try:
        return fit.coding.matrix(frame)
    except FormulaError as error:
        raise ScenarioError(f"{source}: {error}") from error


def _seen(fit: AnyFit, rows: pd.DataFrame, averaged: list[str]) -> tuple[pd.DataFrame, FloatArray]:
    """Return the services once for every kind of respondent, and the shares of the kinds."""
    if not averaged:
        return rows, np.ones(1)
    kinds, shares = mix(fit, averaged)
    C, J = len(kinds), len(rows)
    seen = rows.take(np.tile(np.arange(J), C)).reset_index(drop=True)
    each = kinds.take(np.repeat(np.arange(C), J)).reset_index(drop=True)
    return seen.assign(**{name: each[name] for name in averaged}), shares


def base_frame(base: OneScenario, scenario: str | None = None) -> pd.DataFrame:
    """Return the services of one scenario, one row each.

    Parameters
    ----------
    base : path, frame or mapping
        One scenario, or several of which ``scenario`` names one. A mapping may be of service to
        attributes.
    scenario : str, optional

    Raises
    ------
    ScenarioError
    """
    given: Any = base
    if isinstance(base, Mapping) and not _nested(base):
        given = {scenario or "base": base}
    if isinstance(base, pd.DataFrame) and "scenario" not in base:
        given = base.assign(scenario=scenario or "base")
    frame, source = as_frame(given)
    names = list(dict.fromkeys(frame["scenario"]))
    if scenario is None and len(names) > 1:
        raise ScenarioError(
            f"{source}: found {len(names)} scenarios; allowed: one; scenario= names one of {listed(names)}."
        )
    if scenario is not None and scenario not in names:
        raise ScenarioError(f"{source}: there is no scenario {scenario!r}; found: {listed(names)}.")
    keep = frame["scenario"] == (scenario or names[0])
    return frame[keep].reset_index(drop=True)


def _nested(base: Mapping[str, object]) -> bool:
    """Whether a mapping is of scenario to service to attributes."""
    return all(
        isinstance(of_scenario, Mapping)
        and of_scenario
        and all(isinstance(a, Mapping) for a in of_scenario.values())
        for of_scenario in base.values()
    )


def check_service(frame: pd.DataFrame, service: object) -> None:
    """Refuse a service that a scenario does not have.

    Raises
    ------
    ScenarioError
    """
    names = list(frame["service"])
    if service not in names:
        raise ScenarioError(f"service: found {quoted(service)}; allowed: {listed(names)}.")


def changed(fit: AnyFit, frame: pd.DataFrame, service: object, name: str, value: object) -> pd.DataFrame:
    """Return services of which one has another value of an attribute.

    A characteristic of whoever chooses changes for all of them.
    """
    check_service(frame, service)
    known = [*(fit.study.attribute_names if fit.study else ()), *fit.coding.variables]
    allowed = [v for v in dict.fromkeys(known) if v not in (ALTERNATIVE, CONSTANTS)]
    if name not in allowed:
        raise ScenarioError(f"{service}: unknown attribute {name!r}; allowed: {listed(allowed, 40)}.")
    frame = frame.copy()
    rows = np.ones(len(frame), bool) if name in characteristics(fit) else frame["service"] == service
    column = frame[name].astype(object) if name in frame else pd.Series(None, frame.index, dtype=object)
    frame[name] = column.where(~rows, value)
    return frame


def check_scale(fit: AnyFit, scale: float) -> None:
    """Refuse a scale that is no positive number, or a second one.

    Raises
    ------
    ScenarioError
    """
    is_number = isinstance(scale, (int, float, np.number)) and not isinstance(scale, bool)
    if not (is_number and np.isfinite(scale) and scale > 0):
        raise ScenarioError(f"scale: found {quoted(scale)}; allowed: a positive number.")
    if isinstance(fit, CalibratedFit) and scale != 1:
        raise ScenarioError(
            "scale: the constants were calibrated at another scale; allowed: dce.calibrate(..., scale=)."
        )


def scenario_notes(fit: AnyFit, coded: list[Scenario], scale: float = 1.0) -> list[str]:
    """Say what readers must know: constants, averages, scale and calibration."""
    notes = []
    uses = {ALTERNATIVE, CONSTANTS} & set(fit.coding.variables)
    if uses and any(one.frame[ALTERNATIVE].isna().any() for one in coded):
        notes.append("Services that name no alternative get no constant.")
    averaged = {c: None for one in coded for c in characteristics(fit) if one.frame[c].isna().all()}
    if averaged:
        count = fit.choices.n_respondents
        whom = f"the {count:,d} respondents" if count is not None else "the answered tasks"
        given = (
            "; characteristics that a scenario names are the same for all" if _some_given(fit, coded) else ""
        )
        weighted = ", weighted" if "weight" in fit.choices.frame else ""
        notes.append(
            f"Averaged over {', '.join(averaged)} of {whom}{weighted}{given}. Intervals take the mix of "
            "respondents as known."
        )
    if scale != 1:
        notes.append(f"All utilities are multiplied by {plain(float(scale))}, which is taken as known.")
    if isinstance(fit, CalibratedFit):
        notes += fit.notes
    return notes


def _some_given(fit: AnyFit, coded: list[Scenario]) -> bool:
    return any(one.frame[c].notna().any() for one in coded for c in characteristics(fit))
