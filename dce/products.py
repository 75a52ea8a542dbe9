"""Columns of X that are products of columns of a frame and of dummies for levels.

Most utilities consist of nothing else. Their X needs no formula to be evaluated: each factor is a number
for each distinct value of its column. Whatever these functions do not know they leave to formulaic, which
also says what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from formulaic import ModelSpec

from dce.columns import Coded, Columns, combined, distinct
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import FloatArray, IntArray

Factor = tuple[str, object]
"""A variable, and the level for which a dummy is 1; None where the variable itself is the factor."""
Products = tuple[tuple[Factor, ...], ...]
"""The factors of each column of X."""

SAMPLE = 4_096
"""Rows among which repetition is looked for before all rows are compared."""
REPEATED = 0.5
"""Share of distinct rows up to which it pays to code each once."""
ROWS_AT_ONCE = 4_096
"""Rows that are coded at once, so that they stay in the cache."""


def products_of(
    spec: ModelSpec, levels: Mapping[str, Sequence[object]], numeric: Sequence[str]
) -> list[tuple[Factor, ...] | None]:
    """Return the factors of each column that formulaic makes; None where it is no such product.

    A column is known by the name that formulaic gives it.

    Parameters
    ----------
    spec : formulaic.ModelSpec
    levels : mapping
        Levels of each categorical variable.
    numeric : sequence of str
        The other variables.
    """
    columns: list[tuple[Factor, ...] | None] = []
    for term in spec.structure:
        known: dict[str, tuple[Factor, ...]] = {}
        for names in product(*(_named(str(f.expr), f, levels, numeric) for f in term.term.factors)):
            label = ":".join(name for name, _ in names)
            known[label] = () if label in known else tuple(factor for _, factor in names)
        columns += [known.get(str(name)) or None for name in term.columns]
    return columns


def _named(
    variable: str, factor: Any, levels: Mapping[str, Sequence[object]], numeric: Sequence[str]
) -> list[tuple[str, Factor]]:
    """Return the columns that a factor may have, with formulaic's names for them."""
    if factor.eval_method.value != "lookup":
        return []
    if variable in numeric:
        return [(variable, (variable, None))]
    dummies = [(str(level), (variable, level)) for level in levels.get(variable, ())]
    return [(f"{variable}[{mark}{level}]", f) for level, f in dummies for mark in ("T.", "")]


def coded_products(
    products: Products, columns: Columns, levels: Mapping[str, Sequence[object]], constants: Sequence[str]
) -> tuple[FloatArray, IntArray | None] | None:
    """Return rows of X, and which of them each row of the frame is.

    Parameters
    ----------
    products : tuple
        The factors of each of the K columns.
    columns : Columns
    levels : mapping
        Levels of each categorical variable.
    constants : sequence of str
        Alternatives with a constant.

    Returns
    -------
    tuple or None
        X (n, K), and for each of N rows which row of X it is; None there: the rows of X are those of
        the frame, since they hardly repeat. None for all: something is unknown or not finite.
    """
    variables = list(dict.fromkeys(name for factors in products for name, _ in factors))
    if any((ALTERNATIVE if name == CONSTANTS else name) not in columns for name in variables):
        return None
    for name in variables:
        if name not in levels and columns.frame[name].dtype.kind not in "iuf":
            return None
    if _hardly_repeat(variables, columns, levels):
        X = _every_row(products, columns, levels, constants)
        return None if X is None else (X, None)
    values = {name: _values(name, columns, constants) for name in variables}
    tables = _tables(products, values, levels)
    if tables is None:
        return None
    codes, size = combined([(values[name].codes + 1, len(values[name].values) + 1) for name in variables])
    which, first = distinct(codes, size)
    X = np.ones((len(first), len(products)))
    of_first = {name: values[name].codes[first] for name in variables}
    for k, factors in enumerate(products):
        for factor in factors:
            X[:, k] *= tables[factor][of_first[factor[0]]]
    return (X, which) if np.isfinite(X).all() else None


def _values(name: str, columns: Columns, constants: Sequence[str]) -> Coded:
    if name != CONSTANTS:
        return columns.coded(name)
    alternative = columns.coded(ALTERNATIVE)
    named = [value if value in constants else "" for value in alternative.values]
    return Coded(alternative.codes, np.array(named, dtype=object))


def _tables(
    products: Products, values: Mapping[str, Coded], levels: Mapping[str, Sequence[object]]
) -> dict[Factor, FloatArray] | None:
    """Return what each factor is for each distinct value, and last, for a missing one, zero."""
    for name, found in values.items():
        if name in levels and not all(value in levels[name] for value in found.values):
            return None
    tables: dict[Factor, FloatArray] = {}
    for name, level in (factor for factors in products for factor in factors):
        of_values = values[name].values
        if level is not None:
            of_values = np.array([float(value == level) for value in of_values])
        tables[name, level] = np.append(of_values.astype(np.float64), 0.0)
    return tables


def _hardly_repeat(
    variables: Sequence[str], columns: Columns, levels: Mapping[str, Sequence[object]]
) -> bool:
    """Whether most rows among some differ in the variables."""
    N = len(columns.frame)
    numbers = [name for name in variables if name not in levels and name not in columns.known]
    if not numbers or N <= SAMPLE:
        return False
    rows = np.random.default_rng(0).integers(0, N, SAMPLE)
    some: list[tuple[npt.NDArray[Any], int]] = []
    for name in variables:
        if name in numbers:
            of_some, found = np.unique(columns.frame[name].to_numpy()[rows], return_inverse=True)[::-1]
            some.append((of_some, len(found)))
        else:
            column = columns.coded(ALTERNATIVE if name == CONSTANTS else name)
            some.append((column.codes[rows] + 1, len(column.values) + 1))
    codes, size = combined(some)
    return len(distinct(codes, size)[1]) > REPEATED * SAMPLE


def _every_row(
    products: Products, columns: Columns, levels: Mapping[str, Sequence[object]], constants: Sequence[str]
) -> FloatArray | None:
    """Return X of all rows, row by row in memory, with nothing else of that size on the way."""
    of_levels = {
        name: _values(name, columns, constants)
        for name in levels
        if any(name == variable for factors in products for variable, _ in factors)
    }
    tables = _tables(
        tuple(tuple(f for f in factors if f[0] in of_levels) for factors in products), of_levels, levels
    )
    if tables is None:
        return None
    numbers = {
        name: columns.frame[name].to_numpy()
        for factors in products
        for name, level in factors
        if level is None
    }
    N = len(columns.frame)
    X = np.empty((N, len(products)))
    for start in range(0, N, ROWS_AT_ONCE):
        rows = slice(start, min(start + ROWS_AT_ONCE, N))
        for k, factors in enumerate(products):
            column = X[rows, k]
            for n, (name, level) in enumerate(factors):
                if level is None:
                    part = numbers[name][rows]
                    part = np.where(np.isnan(part), 0.0, part) if np.isnan(part).any() else part
                else:
                    part = tables[name, level][of_levels[name].codes[rows]]
                if n:
                    column *= part
                else:
                    column[:] = part
        if not np.isfinite(X[rows]).all():
            return None
    return X
