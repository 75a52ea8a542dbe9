"""Part-worths: what each level of an attribute is worth, beside its other levels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dce.errors import EstimationError, listed
from dce.estimation.effects import level_names
from dce.estimation.effects_at import attributes_of, checked_point, has, needs, rows_at
from dce.estimation.fit import Fit
from dce.formula import ALTERNATIVE
from dce.logit import FloatArray


@dataclass(frozen=True)
class PartWorths:
    """The L levels of an attribute, and their rows of X (L, K); only differences of rows mean anything."""

    attribute: str
    label: str
    levels: tuple[object, ...]
    texts: tuple[str, ...]
    X: FloatArray


def part_worths(fit: Fit, at: Mapping[str, object]) -> list[PartWorths]:
    """Return the part-worths of every attribute that the alternative of the point has.

    Parameters
    ----------
    fit : Fit
    at : mapping of variable to value
        Of every variable that attributes interact with.

    Raises
    ------
    EstimationError
        If the point is wrong or incomplete.
    """
    point = checked_point(fit, at)
    found = []
    for name in attributes_of(fit):
        if name == ALTERNATIVE or not has(fit, point, name):
            continue
        missing = sorted(needs(fit.coding, name) - {name} - set(point))
        if missing:
            raise EstimationError(
                f"at: {listed(missing)} is missing, and what {name} is worth depends on it; allowed: a "
                f"value, such as at={{{missing[0]!r}: ...}}."
            )
        levels = levels_of(fit, name)
        label, texts = _texts(fit, name, levels)
        found.append(
            PartWorths(name, label, levels, texts, rows_at(fit, point, [{name: level} for level in levels]))
        )
    return found


def levels_of(fit: Fit, name: str) -> tuple[object, ...]:
    """Return the levels of an attribute: of the study, or those that respondents were shown."""
    levels = tuple(level_names(fit, name).values())
    if levels:
        return levels
    return tuple(np.unique(fit.choices.frame[name].dropna().to_numpy(dtype=np.float64)).tolist())


def _texts(fit: Fit, name: str, levels: tuple[object, ...]) -> tuple[str, tuple[str, ...]]:
    if fit.study is not None and name in fit.study.attribute_names:
        attribute = fit.study.attribute(name)
        return attribute.label, tuple(attribute.labels)
    return name, tuple(f"{level:g}" if isinstance(level, float) else str(level) for level in levels)
