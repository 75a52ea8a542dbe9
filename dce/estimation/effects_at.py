"""Effects of attributes at a point, whatever their form: powers, splines, logs, interactions."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from dce.coding import Coding
from dce.errors import EstimationError, FormulaError, listed, quoted
from dce.estimation.effects import Effect, level_names, omitted_levels, shown
from dce.estimation.fit import Fit
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import FloatArray

STEP = 1e-4
"""Step of differences, as a share of the studied range: their error is near 1e-11."""
NODES = np.arange(-3, 4)
"""Steps at which X is coded; seven give an error of the sixth order."""
KINK = 1e-6
"""Bend over one step, as a share of the column, from which a kink is looked for."""


def effects_at(fit: Fit, at: Mapping[str, object]) -> dict[str, Effect]:
    """Return the effect of one more of every numeric attribute, and of every level, at a point.

    Parameters
    ----------
    fit : Fit
    at : mapping of variable to value
        All that the effects depend on: a value of every variable that they interact with, and of
        every numeric attribute that is not linear.

    Returns
    -------
    dict of str to Effect
        Named ``"wait"``, ``"mode[phone]"``, ``"constant[B]"``. The effect of a number is the
        derivative of the utility. Levels are against the reference level, or against the mean of all
        levels where the formula has effects coding. Attributes that the alternative of the point does
        not have are left out.

    Raises
    ------
    EstimationError
        If the point is wrong or incomplete, or the utility has a kink there.
    """
    point = checked_point(fit, at)
    found: dict[str, Effect] = {}
    for variable in attributes_of(fit):
        if not has(fit, point, variable):
            continue
        missing = sorted(needs(fit.coding, variable) - set(point))
        if missing:
            raise EstimationError(
                f"at: {listed(missing)} is missing, and the effect of {variable} depends on it; "
                f"allowed: a value, such as at={{{missing[0]!r}: ...}}."
            )
        if is_continuous(fit.coding, variable):
            found[variable] = Effect(variable, slope(fit, point, variable), "number", variable)
        else:
            found |= _levels(fit, point, variable)
    return {name: effect for name, effect in found.items() if effect.weights.any()}


def attributes_of(fit: Fit) -> list[str]:
    """Return what differs between the services of a task, in the order of the formula.

    Constants and the alternative, of which only one is returned, are what services are by name.
    """
    coding = fit.coding
    order = [name for part in coding.parts for name in sorted(part)]
    names = [ALTERNATIVE if name == CONSTANTS else name for name in order]
    if fit.study is not None:
        vary = {*fit.study.attribute_names, ALTERNATIVE}
    else:
        vary = {name for name in set(names) if name == ALTERNATIVE or fit.choices.differs_within_tasks(name)}
    return [name for name in dict.fromkeys(names) if name in vary]


def has(fit: Fit, point: Mapping[str, object], variable: str) -> bool:
    """Whether the alternative of a point, if it has one, has an attribute."""
    alternative, study = point.get(ALTERNATIVE), fit.study
    if alternative is None or study is None or variable not in study.attribute_names:
        return True
    return study.has(str(alternative), study.attribute(variable))


def is_continuous(coding: Coding, variable: str) -> bool:
    """Whether a variable is a number that the formula does not take as categories."""
    return variable in coding.ranges and variable not in coding.steps


def needs(coding: Coding, variable: str) -> set[str]:
    """Return the variables whose values the effect of a variable depends on."""
    mine = {ALTERNATIVE, CONSTANTS} if variable == ALTERNATIVE else {variable}
    found: set[str] = set()
    for name, part in zip(coding.names, coding.parts, strict=True):
        if part & mine:
            found |= part - mine
            if is_continuous(coding, variable) and not _is_linear(name, variable):
                found.add(variable)
    return {ALTERNATIVE if name == CONSTANTS else name for name in found}


def _is_linear(name: str, variable: str) -> bool:
    """Whether a coefficient's term has the variable as it is, and in no other factor."""
    factors = [factor for factor in name.split(":") if re.search(rf"\b{re.escape(variable)}\b", factor)]
    return factors == [variable]


def checked_point(fit: Fit, at: Mapping[str, object]) -> dict[str, object]:
    """Return the point, with numbers as floats.

    Raises
    ------
    EstimationError
        If a variable is not part of the utility, or cannot have the value.
    """
    coding = fit.coding
    if not isinstance(at, Mapping):
        raise EstimationError(f"at: found {at!r}; allowed: a mapping, such as {{'wait': 4}}.")
    known = [ALTERNATIVE if name == CONSTANTS else name for name in coding.variables]
    point: dict[str, object] = {}
    for name, value in at.items():
        if name not in known:
            raise EstimationError(f"at: {name!r} is not part of the utility; allowed: {listed(known, 40)}.")
        if name in coding.ranges:
            is_number = isinstance(value, (int, float, np.number, np.bool_)) and np.isfinite(value)
            steps = coding.steps.get(name)
            if not is_number or (steps and value not in steps):
                allowed = listed(steps) if steps else "a finite number"
                raise EstimationError(f"at: {name} is {quoted(value)}; allowed: {allowed}.")
            point[name] = float(value)  # type: ignore[arg-type]  # it is a number
            continue
        levels = coding.categories.get(name, fit.choices.alternatives)
        if value not in levels:
            raise EstimationError(f"at: {name} is {quoted(value)}; allowed: {listed(levels, 20)}.")
        point[name] = value
    return point


def rows_at(fit: Fit, point: Mapping[str, object], changes: list[dict[str, object]]) -> FloatArray:
    """Return X of services at a point, each with its changes, (len(changes), K).

    Variables that neither names are at their reference or smallest value, alternatives at none.
    """
    coding = fit.coding
    base: dict[str, object] = {ALTERNATIVE: None}
    for name in coding.variables:
        if name in coding.ranges:
            base[name] = coding.ranges[name][0]
        elif name not in (ALTERNATIVE, CONSTANTS):
            base[name] = coding.categories[name][0]
    rows = [{**base, **point, **change} for change in changes]
    frame = pd.DataFrame(rows, columns=list(base))
    kinds = {name: np.float64 if name in coding.ranges else object for name in base}
    try:
        return coding.matrix(frame.astype(kinds))
    except FormulaError as error:
        raise EstimationError(f"at: {error}") from error


def slope(fit: Fit, point: Mapping[str, object], variable: str) -> FloatArray:
    """Return the derivative of X with respect to a numeric variable at a point, (K,).

    Exact where X is linear in it, else by differences that stay within the studied range.

    Raises
    ------
    EstimationError
        If there is a kink.
    """
    if variable not in needs(fit.coding, variable):
        one, none = rows_at(fit, point, [{variable: 1.0}, {variable: 0.0}])
        return np.asarray(one - none)
    value = float(point[variable])  # type: ignore[arg-type]  # checked_point made it a float
    low, high = fit.coding.ranges[variable]
    h = STEP * ((high - low) or max(1.0, abs(value)))
    nodes = NODES
    if low <= value <= high:
        below, above = int((value - low) / h), int((high - value) / h)
        nodes = nodes + max(0, 3 - below) - max(0, 3 - above)
    X = rows_at(fit, point, [{variable: value + node * h} for node in nodes])
    if nodes[0] == NODES[0]:
        _check_kink(fit, X, variable, value)
    powers = np.vander(nodes.astype(np.float64), increasing=True).T
    return np.asarray(np.linalg.solve(powers, np.eye(len(nodes))[1]) @ X / h)


def _check_kink(fit: Fit, X: FloatArray, variable: str, value: float) -> None:
    """Refuse points at which the slope jumps: there the bend grows like the step, not its square."""
    near, far = (np.abs(X[3 - j] - 2 * X[3] + X[3 + j]) for j in (1, 3))
    kinked = (near > KINK * np.abs(X).max(axis=0)) & (far < 6 * near)
    if kinked.any():
        name = fit.coding.names[int(np.flatnonzero(kinked)[0])]
        raise EstimationError(
            f"at: {name} has a kink where {variable} is {value:g}, so that there is no marginal utility; "
            "allowed: a point beside it."
        )


def _levels(fit: Fit, point: Mapping[str, object], variable: str) -> dict[str, Effect]:
    """Return the effects of the levels of a categorical variable."""
    coding = fit.coding
    if variable == ALTERNATIVE and ALTERNATIVE not in coding.variables:
        X = rows_at(fit, point, [{ALTERNATIVE: name} for name in (None, *coding.constants)])
        names = [f"constant[{name}]" for name in coding.constants]
        return {name: Effect(name, row - X[0]) for name, row in zip(names, X[1:], strict=True)}
    levels = tuple(coding.steps.get(variable) or coding.categories[variable])
    X = rows_at(fit, point, [{variable: level} for level in levels])
    names = [f"{variable}[{shown(level)}]" for level in levels]
    if set(omitted_levels(fit)) & set(names):
        return {name: Effect(name, row - X.mean(axis=0)) for name, row in zip(names, X, strict=True)}
    first = _reference(fit, variable, names)
    kind = "other" if variable == ALTERNATIVE and fit.study is not None else "level"
    return {
        name: Effect(name, X[k] - X[first], kind, variable, levels[k], levels[first])  # type: ignore[arg-type]
        for k, name in enumerate(names)
        if k != first
    }


def _reference(fit: Fit, variable: str, names: list[str]) -> int:
    """Return which level is the reference: the one without a coefficient, or else the first."""
    if variable != ALTERNATIVE and set(level_names(fit, variable)) != set(names):
        return 0
    without = [k for k, name in enumerate(names) if name not in fit.coding.names]
    return without[0] if len(without) == 1 else 0
