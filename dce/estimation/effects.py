"""The effects that rates divide by one another: weights of the coefficients, and what is gained."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dce.coding import Coding
from dce.errors import plain
from dce.estimation.fit import Fit
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import FloatArray


@dataclass(frozen=True)
class Effect:
    """A linear combination of the coefficients.

    Attributes
    ----------
    name : str
    weights : (K,) array
        The effect is weights'beta.
    kind : {"number", "level", "other"}
        One more of a numeric attribute; a level rather than another; anything else, which has no
        better side and keeps its sign.
    variable : str
    level, other_level : object
        Of a categorical attribute.
    """

    name: str
    weights: FloatArray
    kind: Literal["number", "level", "other"] = "other"
    variable: str = ""
    level: object = None
    other_level: object = None

    def value(self, fit: Fit) -> float:
        """Return the effect."""
        return float(self.weights @ fit.coefficients.to_numpy())


def coefficient_effects(fit: Fit) -> dict[str, Effect]:
    """Return an effect for each coefficient, and for the levels that effects coding leaves out."""
    coding = fit.coding
    found: dict[str, Effect] = {}
    left_out = {names[-1]: (omitted, names) for omitted, names in omitted_levels(fit).items()}
    for k, name in enumerate(coding.names):
        found[name] = _of_coefficient(fit, k)
        if name in left_out:
            omitted, names = left_out[name]
            found[omitted] = Effect(omitted, -np.isin(coding.names, names).astype(np.float64))
    return found


def _of_coefficient(fit: Fit, k: int) -> Effect:
    coding = fit.coding
    name, weights = coding.names[k], np.eye(len(coding.names))[k]
    (variable, *more) = coding.parts[k]
    other = Effect(name, weights)
    is_attribute = fit.study is None or variable in fit.study.attribute_names
    if more or not is_attribute or conditional(coding, name):
        return other
    if name == variable:
        return Effect(name, weights, "number", variable)
    if not coding.treatment[k]:
        return other
    by_name = level_names(fit, variable)
    references = [level for key, level in by_name.items() if key not in coding.names]
    if name not in by_name or len(references) != 1:
        return other
    return Effect(name, weights, "level", variable, by_name[name], references[0])


def conditional(coding: Coding, name: str) -> list[str]:
    """Return the other terms in which a coefficient's variables occur, such as ``wait:age65``.

    Levels of one attribute are not terms of one another.
    """
    k = coding.names.index(name)
    return [
        other
        for i, other in enumerate(coding.names)
        if i != k
        and coding.parts[i] & coding.parts[k] - {ALTERNATIVE, CONSTANTS}
        and not (coding.parts[i] == coding.parts[k] and name.endswith("]") and other.endswith("]"))
    ]


def level_names(fit: Fit, variable: str) -> dict[str, object]:
    """Return the levels of a categorical variable by the names that their coefficients would have."""
    if fit.study is not None and variable in fit.study.attribute_names:
        levels: tuple[object, ...] = tuple(fit.study.attribute(variable).levels)
    else:
        levels = fit.coding.categories.get(variable) or fit.coding.steps.get(variable, ())
    return {f"{variable}[{shown(level)}]": level for level in levels}


def shown(level: object) -> str:
    """Write a level as the names of coefficients do."""
    return plain(level) if isinstance(level, (int, float)) else str(level)


def omitted_levels(fit: Fit) -> dict[str, list[str]]:
    """Return, per level that effects coding leaves out, the coefficients that it is minus the sum of."""
    coding = fit.coding
    found = {}
    for variable in {part for parts in coding.parts if len(parts) == 1 for part in parts}:
        by_name = level_names(fit, variable)
        own = [k for k, part in enumerate(coding.parts) if part == {variable} and not coding.treatment[k]]
        names = [coding.names[k] for k in own]
        missing = [name for name in by_name if name not in names]
        if names and set(names) < set(by_name) and len(missing) == 1:
            found[missing[0]] = names
    return found
