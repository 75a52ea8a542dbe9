"""From a long frame and a utility formula to X and the names of its coefficients.

The only place that knows coding. Designs, choices and scenarios pass through the same
:class:`Coding`, so a level means the same number everywhere.

- Formulas are read by :mod:`dce.formula`.
- An attribute that an alternative does not have is empty there, and every term with it is zero.
- Coefficients are called ``wait``, ``clinician[support worker]``, ``constant[service 2]``,
  ``wait:alternative[peers]``, ``poly(distance, 2)[1]``.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from formulaic import Formula, ModelSpec
from formulaic.errors import DataMismatchWarning, FormulaicError

from dce.columns import Columns, coded, first_rows
from dce.errors import FormulaError, listed
from dce.formula import ALTERNATIVE, CONSTANTS, hide_margins, names_in, parse_formula, reason, variables_of
from dce.logit import BoolArray, FloatArray, IntArray
from dce.products import Products, coded_products, products_of

ROWS_ALONE = 7
"""Rows that are coded one by one to see whether a transform looks at other rows."""
ROWS_WITHOUT_TRANSFORMS = 100
"""Rows that are enough to learn a formula that remembers nothing of the data."""
NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")
"""What pandas calls a column of objects that are all numbers."""
MOST_LEVEL_ROWS = 5_000
"""Rows of the frame in which all levels of all attributes occur equally often."""


@dataclass(frozen=True)
class CodedRows:
    """Rows of X, and which of them each row of a frame is.

    Attributes
    ----------
    X : (n, K) array
    which : (N,) integer array or None
        None: the rows of X are those of the frame.
    """

    X: FloatArray
    which: IntArray | None

    def matrix(self) -> FloatArray:
        """Return X of every row of the frame, (N, K)."""
        return self.X if self.which is None else self.X[self.which]


@dataclass(frozen=True)
class Coding:
    """How a long frame becomes the columns of X.

    Attributes
    ----------
    formula : str
        The formula as given.
    names : tuple of str
        Names of the K coefficients, in the order of the columns of X.
    variables : tuple of str
        Columns of a long frame that X depends on.
    parts : tuple of frozenset of str
        Per coefficient, the variables of its term.
    treatment : tuple of bool
        Per coefficient, whether it is a level against the reference level.
    categories : dict
        Per categorical variable, its levels; the first is the reference.
    ranges : dict
        Per numeric variable, its smallest and largest value when the coding was learned.
    steps : dict
        Per numeric variable that the formula takes as categories, ``C(wait)``, its levels.
    spec : formulaic.ModelSpec
    columns : tuple of int
        Per coefficient, its column among those that formulaic makes.
    constants : tuple of str
        Alternatives with a constant.
    products : tuple or None
        Per coefficient, the factors of its column; None where a column is no plain product.
    """

    formula: str
    names: tuple[str, ...]
    variables: tuple[str, ...]
    parts: tuple[frozenset[str], ...]
    treatment: tuple[bool, ...]
    categories: dict[str, tuple[object, ...]]
    ranges: dict[str, tuple[float, float]]
    steps: dict[str, tuple[float, ...]]
    spec: ModelSpec
    columns: tuple[int, ...]
    constants: tuple[str, ...]
    products: Products | None

    def matrix(self, frame: pd.DataFrame) -> FloatArray:
        """Return X, shape (N, K), for the N rows of a long frame.

        Raises
        ------
        FormulaError
            If a column is missing, a level is unknown, or a term is not finite.
        """
        return self.rows(frame).matrix()

    def rows(self, frame: pd.DataFrame, columns: Columns | None = None) -> CodedRows:
        """Return the rows of a long frame as coded, each distinct one once where that is known.

        An empty cell makes the terms that use it zero.

        Parameters
        ----------
        frame : pandas.DataFrame
        columns : Columns, optional
            The frame's columns as numbers, where they are known already.

        Raises
        ------
        FormulaError
            If a column is missing, a level is unknown, or a term is not finite.
        """
        if self.products is not None:
            found = coded_products(self.products, columns or Columns(frame), self.categories, self.constants)
            if found is not None:
                return CodedRows(*found)
        return self._materialised(frame)

    def _materialised(self, frame: pd.DataFrame) -> CodedRows:
        """Return the distinct rows of a long frame as formulaic codes them."""
        data = _with_constants(frame, self.variables, self.constants)
        first, inverse = _distinct_rows(data)
        small = data.iloc[first]
        absent = {name: small[name].isna().to_numpy() for name in self.variables}
        filled = pd.DataFrame(
            {name: self._fill(name, small[name], absent[name]) for name in self.variables},
            index=range(len(small)),
        )
        X = _materialise(self.spec, filled)[:, list(self.columns)]
        for k, part in enumerate(self.parts):
            for name in part:
                X[absent[name], k] = 0.0
        if not np.isfinite(X).all():
            row, k = np.argwhere(~np.isfinite(X))[0]
            cells = ", ".join(f"{name} is {small[name].iloc[row]}" for name in sorted(self.parts[k]))
            raise FormulaError(f"{self.names[k]}: not a finite number where {cells}.")
        return CodedRows(X, inverse)

    def _fill(self, name: str, values: pd.Series, absent: BoolArray) -> pd.Series | pd.Categorical:
        if name not in self.categories:
            numbers = pd.to_numeric(values).to_numpy(dtype=np.float64, na_value=np.nan)
            steps = self.steps.get(name, ())
            unknown = ~np.isin(numbers, steps) & ~absent
            if steps and unknown.any():
                raise FormulaError(
                    f"{name}: unknown level {numbers[unknown][0]:g}; allowed: {listed(steps)}."
                )
            return pd.Series(np.where(absent, self.ranges[name][0], numbers))
        levels = self.categories[name]
        known = values.isin(levels).to_numpy() | absent
        if not known.all():
            raise FormulaError(
                f"{name}: unknown level {values[~known].iloc[0]!r}; allowed: {listed(levels)}."
            )
        return pd.Categorical(values.where(~absent, levels[0]), categories=list(levels))


def learn_coding(
    formula: str,
    frame: pd.DataFrame,
    levels: Mapping[str, Sequence[object]] | None = None,
    constants: Sequence[str] = (),
    fixed: Collection[str] = (),
) -> Coding:
    """Learn a coding from a formula and the data that it is to code.

    Parameters
    ----------
    formula : str
        Utility, such as ``"clinician + wait + wait:age65"``.
    frame : pandas.DataFrame
        A long frame. Characteristics of respondents, and data from elsewhere, are learned from it.
    levels : mapping of str to sequence, optional
        Levels of the study's attributes and alternatives. What depends on the levels, such as the
        basis of ``poly``, is learned from these alone, so that it is the same for design, choices
        and scenarios.
    constants : sequence of str, optional
        Alternatives with a constant.
    fixed : collection of str, optional
        Variables that never differ between the alternatives of a task.

    Raises
    ------
    FormulaError
        If the formula cannot be read, uses an unknown variable, or removes the intercept.
    """
    parsed = hide_margins(parse_formula(formula, bool(constants)), lambda name: name in fixed)
    levels = dict(levels or {})
    variables = parsed.variables
    unknown = [v for v in variables if v not in {*levels, *frame.columns, CONSTANTS, ALTERNATIVE}]
    if unknown:
        known = sorted(({*levels, *map(str, frame.columns)}) - {"chosen", "task", "weight"})
        raise FormulaError(f"{formula!r}: unknown variable {listed(unknown)}; known: {listed(known, 20)}.")
    others = [name for name in variables if name not in levels and name != CONSTANTS]
    observed = frame[others].dropna() if parsed.transforms else _telling_rows(frame, others)
    if others and observed.empty:
        raise FormulaError(f"{formula!r}: {listed(others)} has no row without a missing value.")
    known_levels = {name: levels[name] for name in variables if name in levels}
    if CONSTANTS in variables:
        known_levels[CONSTANTS] = ["", *constants]
    try:
        learned = _side_by_side(_every_level(known_levels), observed)
        few = learned if parsed.transforms else learned.head(ROWS_WITHOUT_TRANSFORMS)
        spec = _learn_spec(parsed.terms, few)
        if known_levels:
            spec = spec.update(transform_state=_states(spec, known_levels, observed))
        if parsed.transforms:
            _check_rows_alone(formula, spec, learned)
    except FormulaicError as error:
        raise FormulaError(f"{formula!r}: {reason(error)}") from error

    parts: list[frozenset[str]] = []
    names: list[str] = []
    columns: list[int] = []
    treatment: list[bool] = []
    categories = {
        name: tuple(learned[name].cat.categories)
        for name in variables
        if isinstance(learned[name].dtype, pd.CategoricalDtype)
    }
    start = 0
    for term in spec.structure:
        part = frozenset(name for factor in term.term.factors for name in variables_of(factor))
        for offset, column in enumerate(term.columns):
            if part and str(term.term) not in parsed.hidden:
                parts.append(part)
                names.append(_tidy(column))
                treatment.append(bool(len(parts[-1]) == 1 and "[T." in column))
                columns.append(start + offset)
        start += len(term.columns)
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise FormulaError(f"{formula!r}: {listed(repeated)} occurs twice; write each term once.")
    if not names:
        raise FormulaError(f"{formula!r}: no term is left; name at least one attribute.")
    return Coding(
        formula=formula,
        names=tuple(names),
        variables=variables,
        parts=tuple(parts),
        treatment=tuple(treatment),
        categories=categories,
        ranges={
            name: (float(learned[name].min()), float(learned[name].max()))
            for name in variables
            if name not in categories
        },
        steps=_steps(spec, learned),
        spec=spec,
        columns=tuple(columns),
        constants=tuple(constants),
        products=_products(spec, categories, variables, columns),
    )


def _telling_rows(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return rows without a missing value: the first ones, and every level and the range of each column."""
    extremes = [_extremes(frame[name]) for name in names]
    if any(found is None for found in extremes):
        whole = np.ones(len(frame), dtype=bool)
        for name in names:
            whole &= frame[name].notna().to_numpy()
        frame = frame.loc[whole, list(names)]
        extremes = [_extremes(frame[name]) for name in names]
    rows = [np.arange(min(len(frame), ROWS_WITHOUT_TRANSFORMS)), *(e for e in extremes if e is not None)]
    every = np.unique(np.concatenate(rows))
    return pd.DataFrame({name: frame[name].iloc[every] for name in names})


def _extremes(values: pd.Series) -> IntArray | None:
    """Return rows with the least and the largest number, or with every level; None if a value is missing."""
    if not pd.api.types.is_numeric_dtype(values):
        of_values = coded(values)
        return None if of_values.some_missing else first_rows(of_values.codes, len(of_values.values))
    if not isinstance(values.dtype, np.dtype) and values.isna().any():
        return None
    numbers = values.to_numpy()
    found = np.array([numbers.argmin(), numbers.argmax()] if len(numbers) else [], dtype=np.intp)
    return None if np.isnan(numbers[found].astype(np.float64)).any() else found  # of which NaN is both


def drop_columns(coding: Coding, drop: Sequence[int]) -> Coding:
    """Return the coding without some of its coefficients."""
    keep = [k for k in range(len(coding.names)) if k not in set(drop)]
    return replace(
        coding,
        names=tuple(coding.names[k] for k in keep),
        parts=tuple(coding.parts[k] for k in keep),
        treatment=tuple(coding.treatment[k] for k in keep),
        columns=tuple(coding.columns[k] for k in keep),
        products=coding.products and tuple(coding.products[k] for k in keep),
    )


def _products(
    spec: ModelSpec,
    categories: Mapping[str, Sequence[object]],
    variables: Sequence[str],
    columns: Sequence[int],
) -> Products | None:
    """Return the factors of some columns, or None if one of them is more than a product."""
    every = products_of(spec, categories, [name for name in variables if name not in categories])
    some = [factors for factors in (every[k] for k in columns) if factors is not None]
    return tuple(some) if len(some) == len(columns) else None


def _steps(spec: ModelSpec, learned: pd.DataFrame) -> dict[str, tuple[float, ...]]:
    """Return the levels of numbers that the formula takes as categories, as in ``C(wait)``."""
    found = {}
    for expression, (_, state) in spec.encoder_state.items():
        match = re.fullmatch(r"C\(\s*(\w+)\s*(,.*)?\)", str(expression), flags=re.DOTALL)
        if match and match[1] in learned and pd.api.types.is_float_dtype(learned[match[1]]):
            found[match[1]] = tuple(float(level) for level in state["categories"])
    return found


def _check_rows_alone(formula: str, spec: ModelSpec, learned: pd.DataFrame) -> None:
    """Refuse transforms that give a row another value when it stands alone.

    ``I(age - age.mean())`` would mean one thing in the fit and another in a scenario.
    """
    rows = np.unique(np.linspace(0, len(learned) - 1, ROWS_ALONE).astype(int))
    together = _materialise(spec, learned)[rows]
    alone = np.vstack([_materialise(spec, learned.iloc[[row]].reset_index(drop=True)) for row in rows])
    if not np.allclose(together, alone, rtol=1e-9, atol=1e-12, equal_nan=True):
        raise FormulaError(
            f"{formula!r}: a term depends on other rows; use transforms that remember what they "
            "learned, such as center, scale and poly."
        )


def _every_level(levels: Mapping[str, Sequence[object]]) -> pd.DataFrame:
    """Return rows in which every level of every variable occurs, equally often."""
    rows = math.lcm(*(len(values) for values in levels.values())) if levels else 0
    rows = min(rows, MOST_LEVEL_ROWS)
    return pd.DataFrame(
        {
            name: _typed(pd.Series([values[i % len(values)] for i in range(rows)], dtype=object), values)
            for name, values in levels.items()
        },
        index=range(rows),
    )


def _side_by_side(levels: pd.DataFrame, observed: pd.DataFrame) -> pd.DataFrame:
    """Return rows with every row of both frames at least once; observed rows as they are alone."""
    if levels.columns.empty:
        rows = len(observed)
    else:
        observed = observed.drop_duplicates()
        rows = max(len(levels), len(observed)) if len(observed.columns) else len(levels)
    columns = {name: levels[name].take(np.arange(rows) % len(levels)) for name in levels}
    columns |= {name: _typed(observed[name].take(np.arange(rows) % len(observed)), None) for name in observed}
    return pd.DataFrame({name: column.reset_index(drop=True) for name, column in columns.items()})


def _states(
    spec: ModelSpec, levels: Mapping[str, Sequence[object]], observed: pd.DataFrame
) -> dict[str, Any]:
    """Return what transforms such as ``poly`` remember: of attributes, their levels alone.

    So it is the same for design, choices and scenarios. Of characteristics, every row; of both
    together, every combination.
    """
    states = {}
    for expression in spec.transform_state:
        names = names_in(expression)
        own = _every_level({name: values for name, values in levels.items() if name in names})
        theirs = observed[[name for name in observed if name in names]]
        if own.columns.empty or theirs.columns.empty:
            frame = _side_by_side(own, theirs)
        else:
            each = pd.MultiIndex.from_product([range(len(own)), range(len(theirs))])
            of_own = own.take(each.get_level_values(0).to_numpy()).reset_index(drop=True)
            of_theirs = theirs.take(each.get_level_values(1).to_numpy()).reset_index(drop=True)
            frame = pd.concat([of_own, of_theirs], axis=1)
        states[expression] = _learn_spec(Formula(["1", expression]), frame).transform_state[expression]
    return states


def _typed(values: pd.Series, levels: Sequence[object] | None) -> pd.Series:
    numeric = (
        all(isinstance(level, (int, float)) for level in levels)
        if levels is not None
        else pd.api.types.is_numeric_dtype(values) or pd.api.types.infer_dtype(values, skipna=True) in NUMBERS
    )
    if numeric:
        return values.astype(np.float64)
    if levels is None:
        is_category = isinstance(values.dtype, pd.CategoricalDtype)
        levels = list(values.cat.categories) if is_category else sorted(values.unique(), key=str)
    return pd.Series(pd.Categorical(values, categories=list(levels)))


def _learn_spec(parsed: Formula, learned: pd.DataFrame) -> ModelSpec:
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)  # infinite terms are found later, by name
            warnings.simplefilter("error", DataMismatchWarning)
            matrix = parsed.get_model_matrix(learned, context={}, na_action="ignore", output="numpy")
    except FormulaicError:
        raise
    except Exception as error:  # formulas run code of other packages: any failure is a bad formula
        raise FormulaError(f"{reason(error)}") from error
    return matrix.model_spec


def _materialise(spec: ModelSpec, filled: pd.DataFrame) -> FloatArray:
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore", RuntimeWarning)
            warnings.simplefilter("error", DataMismatchWarning)
            return np.array(spec.get_model_matrix(filled, context={}), dtype=np.float64)
    except (FormulaicError, DataMismatchWarning, ValueError, TypeError) as error:
        raise FormulaError(reason(error)) from error


def _with_constants(frame: pd.DataFrame, variables: Sequence[str], constants: Sequence[str]) -> pd.DataFrame:
    missing = [name for name in variables if name not in frame.columns and name != CONSTANTS]
    if missing:
        raise FormulaError(f"column {listed(missing)} is missing; found: {listed(frame.columns, 20)}.")
    data = {name: frame[name] for name in variables if name != CONSTANTS}
    if CONSTANTS in variables:
        alternative = frame[ALTERNATIVE].astype(object)
        data[CONSTANTS] = alternative.where(alternative.isin(constants), "")
    return pd.DataFrame({name: data[name] for name in variables})


def _distinct_rows(data: pd.DataFrame) -> tuple[IntArray, IntArray]:
    """Return the position of each distinct row, and per row which of these it is."""
    codes = np.zeros(len(data), dtype=np.int64)
    for name in data.columns:
        of_column, values = pd.factorize(data[name])
        mixed = codes * (len(values) + 1) + of_column + 1
        codes, distinct = pd.factorize(mixed)
        if len(distinct) == len(data):
            break
    first = np.full(int(codes.max(initial=-1)) + 1, len(codes), dtype=np.intp)
    np.minimum.at(first, codes, np.arange(len(codes)))
    return first, np.asarray(codes, dtype=np.intp)


def _tidy(column: str) -> str:
    """Turn formulaic's ``C(mode, contr.sum)[S.class]`` into ``mode[class]``."""
    name = re.sub(r"\bC\((\w+)(?:,[^\[\]]*)?\)\[", r"\1[", column)
    name = re.sub(r"\[[TS]\.", "[", name)
    name = re.sub(r"\[(-?\d+)\.0\]", r"[\1]", name)
    return re.sub(rf"\b{CONSTANTS}\[", "constant[", name)
