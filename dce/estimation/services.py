"""The services of what-if scenarios: read, checked, and compared with what was studied."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dce.errors import RangeWarning, ScenarioError, listed
from dce.estimation.averaging import characteristics
from dce.estimation.calibrated import AnyFit
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.study import Study
from dce.toml import read_toml

Services = Mapping[str, Mapping[str, object]]


def read_scenarios(path: str | Path) -> pd.DataFrame:
    """Read a ``scenarios.toml``: one row per service, columns as the file names them.

    Raises
    ------
    ScenarioError
    """
    path = Path(path)
    table = read_toml(path, ScenarioError)
    _check_keys(f"{path}", table, {"scenarios"})
    rows: list[dict[str, object]] = []
    for k, scenario in enumerate(_tables(f"{path}: scenarios", table.get("scenarios")), 1):
        where = f"{path}: scenarios[{k}]"
        _check_keys(where, scenario, {"name", "services"})
        name = scenario.get("name", str(k))
        if name in [row["scenario"] for row in rows]:
            raise ScenarioError(f"{where}: name {name!r} occurs twice; allowed: once.")
        for i, service in enumerate(_tables(f"{where}, services", scenario.get("services")), 1):
            if "scenario" in service or "service" in service:
                raise ScenarioError(f"{where}, services[{i}]: 'scenario' and 'service' are not keys here.")
            rest = {key: value for key, value in service.items() if key != "name"}
            rows.append({"scenario": name, "service": service.get("name", f"Service {i}"), **rest})
    return pd.DataFrame(rows)


def _tables(where: str, value: object) -> Sequence[Mapping[str, Any]]:
    if not isinstance(value, list) or not value or not all(isinstance(x, Mapping) for x in value):
        found = "nothing" if value is None else repr(value)
        raise ScenarioError(f"{where}: found {found}; allowed: one or more tables.")
    return value


def _check_keys(where: str, table: Mapping[str, object], allowed: set[str]) -> None:
    for key in table:
        if key not in allowed:
            raise ScenarioError(f"{where}: unknown key {key!r}; allowed: {listed(sorted(allowed))}.")


def as_frame(
    services: str | Path | pd.DataFrame | Mapping[str, Services],
) -> tuple[pd.DataFrame, str]:
    """Return one row per service of every scenario, as given, and what messages call them."""
    if isinstance(services, (str, Path)):
        return read_scenarios(services), str(services)
    if isinstance(services, pd.DataFrame):
        missing = [name for name in ("scenario", "service") if name not in services]
        if missing:
            raise ScenarioError(f"the scenarios: column {listed(missing)} is missing.")
        return services.reset_index(drop=True), "the scenarios"
    nested = isinstance(services, Mapping) and all(
        isinstance(of_scenario, Mapping) and all(isinstance(a, Mapping) for a in of_scenario.values())
        for of_scenario in services.values()
    )
    if not nested:
        raise ScenarioError(
            "the scenarios: allowed: a path, a frame, or a mapping of scenario to service to attributes."
        )
    rows = [
        {"scenario": scenario, "service": service, **attributes}
        for scenario, of_scenario in services.items()
        for service, attributes in of_scenario.items()
    ]
    if not rows:
        raise ScenarioError("the scenarios: found none; allowed: one or more.")
    return pd.DataFrame(rows), "the scenarios"


def checked_services(frame: pd.DataFrame, fit: AnyFit, source: str, least: int = 2) -> pd.DataFrame:
    """Return the services with a column for everything that the utility uses; ``least`` per scenario.

    Raises
    ------
    ScenarioError
    """
    study, coding = fit.study, fit.coding
    attributes = study.attribute_names if study else ()
    known = {"scenario", "service", ALTERNATIVE, *attributes, *coding.variables} - {CONSTANTS}
    for name in frame.columns:
        if name not in known:
            raise ScenarioError(f"{source}: unknown key {name!r}; allowed: {listed(sorted(known), 40)}.")
    if frame.empty:
        raise ScenarioError(f"{source}: found no service; allowed: two or more in every scenario.")
    for name in ("scenario", "service"):
        if frame[name].isna().any():
            row = int(np.flatnonzero(frame[name].isna())[0]) + 1
            raise ScenarioError(f"{source}, row {row}: {name} is missing; allowed: a name.")
    frame = frame.astype({"scenario": object, "service": object})
    twice = frame.duplicated(["scenario", "service"])
    if twice.any():
        at = frame[twice].iloc[0]
        raise ScenarioError(f"{source}, {at['scenario']!r}: service {at['service']!r} occurs twice.")
    sizes = frame["scenario"].value_counts(sort=False)
    if (sizes < least).any():
        name = sizes.index[sizes < least][0]
        raise ScenarioError(f"{source}, {name!r}: found one service; allowed: two or more.")
    wanted = [name for name in (*attributes, *coding.variables, ALTERNATIVE) if name != CONSTANTS]
    frame = frame.reindex(columns=list(dict.fromkeys(["scenario", "service", *frame.columns, *wanted])))
    frame[ALTERNATIVE] = frame[ALTERNATIVE].astype(object).where(frame[ALTERNATIVE].notna(), None)
    choosers = characteristics(fit)
    _check_chooser(frame, choosers, source)
    for service in frame.to_dict("records"):
        _check_service(service, fit, choosers, f"{source}, {service['scenario']!r}, {service['service']!r}")
    return study.typed(frame) if study else frame


def _check_chooser(frame: pd.DataFrame, choosers: Sequence[str], source: str) -> None:
    """Refuse services of one scenario that say different things of who chooses."""
    for name in choosers:
        several = frame.groupby("scenario", sort=False)[name].nunique(dropna=False) > 1
        if several.any():
            raise ScenarioError(
                f"{source}, {several.index[several][0]!r}: {name} differs between services; allowed: one "
                "value, because one person chooses between them, or none for an average over respondents."
            )


def _check_service(service: dict[Any, Any], fit: AnyFit, choosers: Sequence[str], where: str) -> None:
    study, coding = fit.study, fit.coding
    alternative = service[ALTERNATIVE]
    if study and alternative is not None and alternative not in study.alternative_names:
        allowed = listed(study.alternative_names)
        raise ScenarioError(f"{where}: alternative {alternative!r} is unknown; allowed: {allowed}.")
    if alternative is None and _needs_alternative(fit):
        allowed = listed(study.alternative_names if study else coding.categories[ALTERNATIVE])
        raise ScenarioError(
            f"{where}: alternative is missing, and the utility depends on it; allowed: {allowed}."
        )
    names = dict.fromkeys([*(study.attribute_names if study else ()), *coding.variables])
    for name in names:
        if name in (CONSTANTS, ALTERNATIVE):
            continue
        value = service[name]
        attribute = study.attribute(name) if study and name in study.attribute_names else None
        has = not (study and attribute and alternative and not study.has(alternative, attribute))
        if pd.isna(value):
            if has and name in coding.variables and name not in choosers:
                hint = ""
                if study and attribute and study.opt_out and alternative is None:
                    hint = f", or alternative = {study.opt_out.name!r} if it is the opt-out"
                raise ScenarioError(f"{where}: {name} is missing; allowed: {_allowed(fit, name)}{hint}.")
            continue
        if not has:
            raise ScenarioError(
                f"{where}: {name} is {value!r}, but alternative {alternative!r} has no such attribute."
            )
        numeric = attribute.is_numeric if attribute else name in coding.ranges
        is_flag = isinstance(value, (bool, np.bool_))
        is_number = isinstance(value, (int, float, np.number)) and not is_flag
        if attribute is None and is_flag and numeric:
            continue  # a characteristic that is true or false counts as 1 or 0
        levels = attribute.levels if attribute else coding.categories.get(name, ())
        if (numeric and not (is_number and np.isfinite(value))) or (not numeric and value not in levels):
            raise ScenarioError(f"{where}: {name} is {value!r}; allowed: {_allowed(fit, name)}.")


def _needs_alternative(fit: AnyFit) -> bool:
    """Whether a service without an alternative would lose more than a constant."""
    labelled = fit.study is not None and fit.study.labelled
    interacts = any(len(part) > 1 and part & {ALTERNATIVE, CONSTANTS} for part in fit.coding.parts)
    uses = {ALTERNATIVE, CONSTANTS} & set(fit.coding.variables)
    return interacts or (labelled and bool(uses))


def _allowed(fit: AnyFit, name: str) -> str:
    if fit.study and name in fit.study.attribute_names and not fit.study.attribute(name).is_numeric:
        return listed(fit.study.attribute(name).levels, 20)
    if name in fit.coding.categories:
        return listed(fit.coding.categories[name], 20)
    low, high = fit.coding.ranges.get(name, (-np.inf, np.inf))
    return f"a number, from {low:g} to {high:g} in the study"


def warn_of_range(frame: pd.DataFrame, fit: AnyFit, source: str, stacklevel: int) -> None:
    """Warn of values outside the range that respondents were asked about."""
    for name, (low, high) in fit.coding.ranges.items():
        values = frame[name].astype(np.float64)
        outside = (values < low) | (values > high)
        for row in np.flatnonzero(outside):
            at = frame.iloc[row]
            warnings.warn(
                f"{source}, {at['scenario']!r}, {at['service']!r}: {name} is {values.iloc[row]:g}, outside "
                f"the studied range, {low:g} to {high:g}.",
                RangeWarning,
                stacklevel=stacklevel + 1,
            )


def warn_of_restrictions(frame: pd.DataFrame, study: Study, source: str, stacklevel: int) -> None:
    """Warn of services that the restrictions of the study kept from every card."""
    for rule in study.rules:
        attributes = [study.attribute(name) for name in rule.attributes]
        for at in frame.to_dict("records"):
            levels = [at[attribute.name] for attribute in attributes]
            if not all(v in a.levels for v, a in zip(levels, attributes, strict=True)):
                continue
            if not rule.allowed[tuple(a.levels.index(v) for v, a in zip(levels, attributes, strict=True))]:
                warnings.warn(
                    f"{source}, {at['scenario']!r}, {at['service']!r}: such a service was never shown; "
                    f"the study has the restriction {rule.text}.",
                    RangeWarning,
                    stacklevel=stacklevel + 1,
                )
