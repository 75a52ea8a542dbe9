"""The utility as look-up tables, from which a page computes what Python would.

A page offers finitely many values of each attribute. Every term of the utility is coded for all of them
by the same :class:`dce.coding.Coding` that coded the answers, so that the page needs no formulas.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
import pandas as pd

from dce.attributes import Attribute
from dce.coding import Coding
from dce.errors import FormulaError, ReportError, plain
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import FloatArray
from dce.study import Study

MOST_ROWS = 20_000
"""Rows of the table of one term; more would make the page slow to load."""
FINEST = 40
"""Steps in which the studied range of a number is offered, about."""
BEYOND = 0.25
"""Part of the studied range that is offered beyond each of its ends, with a warning."""


@dataclass(frozen=True)
class Offered:
    """An attribute or characteristic, with the values that a page offers.

    Attributes
    ----------
    name, label : str
    unit : str
    numeric : bool
    values, texts : tuple
        What is coded, and what people read.
    outside : tuple of bool
        Whether a value is beyond what respondents were asked about.
    """

    name: str
    label: str
    unit: str
    numeric: bool
    values: tuple[object, ...]
    texts: tuple[str, ...]
    outside: tuple[bool, ...]


@dataclass(frozen=True)
class TermTable:
    """Columns of X that depend on the same variables, for all their values.

    Attributes
    ----------
    variables : tuple of str
    coefficients : tuple of int
        Columns of X.
    X : (n, c) array
        The last variable changes fastest. The values of ``alternative`` are none, then those of the study.
    """

    variables: tuple[str, ...]
    coefficients: tuple[int, ...]
    X: FloatArray


def offered_attributes(
    study: Study, coding: Coding, wanted: Mapping[str, Collection[object]]
) -> tuple[Offered, ...]:
    """Return the attributes with the values that the page offers; those wanted are among them."""
    return tuple(_attribute(a, coding, wanted.get(a.name, ()), study) for a in study.attributes)


def offered_characteristics(study: Study, coding: Coding) -> tuple[Offered, ...]:
    """Return the characteristics of respondents that the utility uses."""
    found = []
    for name in coding.variables:
        if name in (*study.attribute_names, ALTERNATIVE, CONSTANTS):
            continue
        values: tuple[object, ...] = coding.categories.get(name, ()) or coding.steps.get(name, ())
        if not values:
            values = tuple(_steps(*coding.ranges[name]))
        numeric = name not in coding.categories
        found.append(Offered(name, name, "", numeric, values, _texts(values), (False,) * len(values)))
    return tuple(found)


def term_tables(study: Study, coding: Coding, offered: Collection[Offered]) -> tuple[TermTable, ...]:
    """Return every term of the utility for all values of its variables.

    Raises
    ------
    ReportError
        If a term has too many combinations of values.
    """
    values = {each.name: each.values for each in offered}
    values[ALTERNATIVE] = (None, *study.alternative_names)
    return tuple(_table(part, study, coding, values) for part in dict.fromkeys(coding.parts))


def _attribute(attribute: Attribute, coding: Coding, wanted: Collection[object], study: Study) -> Offered:
    offered = Offered(attribute.name, attribute.label, attribute.unit or "", attribute.is_numeric, (), (), ())
    if not attribute.is_numeric or attribute.name in coding.steps:
        kept = tuple(attribute.levels)
        return replace(offered, values=kept, texts=tuple(attribute.labels), outside=(False,) * len(kept))
    levels = [float(level) for level in attribute.levels]
    low, high = min(levels), max(levels)
    inside = {*_steps(low, high), *levels, *(float(str(x)) for x in wanted)}
    beyond = [x for x in _beyond(low, high, inside) if x >= 0 or low < 0]
    values = sorted({*inside, *(beyond if _can_be_coded(attribute.name, beyond, study, coding) else ())})
    outside = tuple(x < low or x > high for x in values)
    return replace(
        offered, values=tuple(values), texts=_numbers_as_labels(attribute, values), outside=outside
    )


def _numbers_as_labels(attribute: Attribute, values: Collection[float]) -> tuple[str, ...]:
    """Write numbers as the labels of the levels do: "£10", "2 weeks"; "2" gets its unit."""
    named = {float(x): label for x, label in zip(attribute.levels, attribute.labels, strict=True)}
    around = {tuple(label.split(plain(x), 1)) for x, label in named.items()}
    unit = f" {attribute.unit}" if attribute.unit else ""
    if around == {("", "")}:
        around = {("", unit)}
    if len(around) == 1 and len(parts := around.pop()) == 2:
        before, after = parts
        return tuple(f"{before}{plain(x)}{after}" for x in values)
    return tuple(named.get(x, f"{plain(x)}{unit}") for x in values)


def _texts(values: Collection[object]) -> tuple[str, ...]:
    return tuple(plain(x) if isinstance(x, (int, float)) else str(x) for x in values)


def _steps(low: float, high: float) -> list[float]:
    """Return the studied range in round steps."""
    step = _round_step(low, high)
    first, last = math.ceil(low / step), math.floor(high / step)
    return sorted({low, high, *(_rounded(i * step, step) for i in range(first, last + 1))})


def _beyond(low: float, high: float, inside: Collection[float]) -> list[float]:
    step = _round_step(low, high)
    width = BEYOND * (high - low)
    first, last = math.ceil((low - width) / step), math.floor((high + width) / step)
    steps = [_rounded(i * step, step) for i in range(first, last + 1)]
    return [x for x in steps if (x < low or x > high) and x not in inside]


def _round_step(low: float, high: float) -> float:
    """Return 1, 2 or 5 times a power of ten."""
    if high == low:
        return 1.0
    rough = (high - low) / FINEST
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
    whole = float(low).is_integer() and float(high).is_integer()
    return max(step, 1.0) if whole else step


def _rounded(value: float, step: float) -> float:
    """Return a multiple of the step without the last digits of its multiplication."""
    return round(value, max(0, 2 - math.floor(math.log10(step))))


def _can_be_coded(name: str, values: list[float], study: Study, coding: Coding) -> bool:
    """Whether the formula takes values beyond the studied range: a spline or a logarithm may not."""
    if name not in coding.variables or not values:
        return True
    try:
        coding.matrix(_frame(study, coding, (name,), [(value,) for value in values]))
    except FormulaError:
        return False
    return True


def _table(
    part: frozenset[str], study: Study, coding: Coding, values: Mapping[str, tuple[object, ...]]
) -> TermTable:
    variables = tuple(sorted({ALTERNATIVE if name == CONSTANTS else name for name in part}))
    rows = math.prod(len(values[name]) for name in variables)
    if rows > MOST_ROWS:
        raise ReportError(
            f"the what-if page: {' and '.join(variables)} together take {rows:,d} values; allowed: "
            f"{MOST_ROWS:,d}. Leave their interaction out, or use dce.scenarios."
        )
    columns = tuple(k for k, other in enumerate(coding.parts) if other == part)
    frame = _frame(study, coding, variables, list(product(*(values[name] for name in variables))))
    return TermTable(variables, columns, coding.matrix(frame)[:, list(columns)])


def _frame(
    study: Study, coding: Coding, variables: tuple[str, ...], rows: list[tuple[object, ...]]
) -> pd.DataFrame:
    """Return a long frame in which some variables take these values, and all others stay the same."""
    columns: dict[str, object] = {a.name: a.levels[0] for a in study.attributes}
    columns[ALTERNATIVE] = study.alternative_names[0]
    for name in coding.variables:
        if name not in columns and name != CONSTANTS:
            columns[name] = (
                coding.categories[name][0] if name in coding.categories else coding.ranges[name][0]
            )
    index = range(len(rows))
    frame = pd.DataFrame(
        {name: pd.Series([value] * len(rows), index=index) for name, value in columns.items()}
    )
    for k, name in enumerate(variables):
        kind = np.float64 if name in coding.ranges else object
        frame[name] = pd.Series([row[k] for row in rows], index=index, dtype=kind)
    return study.typed(frame)
