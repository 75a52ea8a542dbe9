"""Answers from wide frames of elsewhere: one row per task, the alternatives side by side in columns.

Notation: T tasks, J alternatives.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from dce.choice_checks import as_zero_or_one
from dce.choices import Choices
from dce.errors import ChoicesError, listed, quoted
from dce.formula import ALTERNATIVE
from dce.logit import FloatArray, IntArray
from dce.study import Study
from dce.wide_columns import Cells, WideColumns, code_text, first_row


def read_wide(
    frame: pd.DataFrame,
    *,
    alternatives: Sequence[object] | Mapping[object, object],
    chosen: str,
    attributes: str | Mapping[str, str | Cells],
    respondent: str | None = None,
    task: str | None = None,
    weight: str | None = None,
    available: str | Cells | None = None,
    missing: Collection[object] = (),
    study: Study | None = None,
    source: str = "the wide frame",
) -> Choices:
    """Take answers from a wide frame of anywhere: one row per task, as Apollo, biogeme and mlogit have them.

    Parameters
    ----------
    frame : pandas.DataFrame
    alternatives : sequence, or mapping of code to name
        The alternatives, by the codes in the column ``chosen`` where these are not their names.
    chosen : str
        The column that holds the chosen alternative. Rows in which it is empty are left out and counted.
    attributes : str, or mapping of str to str or mapping
        The columns of the attributes: a pattern for all, ``"{attribute}_{alternative}"``; or for each
        attribute a pattern, ``{"price": "{alternative}_CO"}``, or the column of each alternative,
        ``{"price": {"bus": "BUS_FARE", "walk": 0}}``, where a number stands for a value in every row and
        an alternative that has no such attribute may be left out. All other columns are characteristics.
    respondent, task, weight : str, optional
        The columns that hold the respondent, the task, and its weight. Without ``task``, the rows of each
        respondent (of the frame, where they are unknown) are numbered from 1.
    available : str or mapping, optional
        The columns that hold 0 where an alternative was not available, as a pattern such as
        ``"av_{alternative}"`` or by alternative; one that is left out always was.
    missing : collection, optional
        Codes in ``chosen`` that mean no answer, besides empty cells.
    study : Study, optional
        Checks levels and gives labels; a pattern then stands for its attributes only.
    source : str, optional
        What messages call the frame.

    Returns
    -------
    Choices

    Raises
    ------
    ChoicesError
        Naming row, column, what was found and what is allowed.

    Examples
    --------
    >>> frame = pd.DataFrame({"id": [7, 7], "CHOICE": [1, 2], "CAR_TT": [3, 4], "BUS_TT": [5, 2]})
    >>> choices = read_wide(frame, alternatives={1: "CAR", 2: "BUS"}, chosen="CHOICE",
    ...                     attributes={"time": "{alternative}_TT"}, respondent="id")
    >>> print(choices.frame.to_string(index=False))
     respondent  task alternative  chosen  time
              7     1         CAR       1     3
              7     1         BUS       0     5
              7     2         CAR       0     4
              7     2         BUS       1     2
    """
    if not isinstance(frame, pd.DataFrame):
        raise ChoicesError(f"{source}: found a {type(frame).__name__}; allowed: a pandas.DataFrame.")
    roles = {"chosen": chosen, "respondent": respondent, "task": task, "weight": weight}
    wide = WideColumns(frame, source, {role: name for role, name in roles.items() if name is not None}, study)
    codes = wide.names(alternatives)
    names = list(codes.values())
    cells = wide.cells(attributes, available, names)
    index = _chosen(wide, codes, missing)
    rows = np.flatnonzero(index >= 0)

    def repeated(values: pd.Series) -> pd.Series:
        return values.iloc[np.repeat(rows, len(names))].reset_index(drop=True)

    long: dict[str, object] = {}
    if respondent is not None:
        long["respondent"] = repeated(frame[respondent])
    long["task"] = repeated(_tasks(wide))
    long[ALTERNATIVE] = pd.Series(names * len(rows), dtype=object).infer_objects()
    long["chosen"] = (index[rows][:, None] == np.arange(len(names))).ravel().astype(np.int64)
    if weight is not None:
        long["weight"] = np.repeat(_weights(wide, rows), len(names))
    for what, columns in cells.items():
        if what == "available":
            long[what] = _available(wide, columns, index[rows], rows, names).ravel()
        else:
            long[what] = _attribute(wide, what, columns, rows, names)
    for column in wide.characteristics(cells):
        long[column] = repeated(frame[column])
    left_out = {"rows without a choice": len(frame) - len(rows)}
    return Choices(pd.DataFrame(long), study, left_out, source)


def _chosen(wide: WideColumns, codes: Mapping[str, object], missing: Collection[object]) -> IntArray:
    """Return the index of the chosen alternative, (T,); -1 where there is none."""
    column = wide.roles["chosen"]
    numbers, distinct = pd.factorize(wide.frame[column].to_numpy(dtype=object))
    place = {code: j for j, code in enumerate(codes)}
    none = {"", *map(code_text, missing)}
    both = sorted(none & set(place))
    if both:
        raise wide.error(f"missing: {listed(both)} is the code of an alternative too; allowed: others")
    meaning = np.full(len(distinct) + 1, -1, dtype=np.intp)
    for n, value in enumerate(distinct):
        code = code_text(value)
        if code in none:
            continue
        if code not in place:
            allowed = f"{listed(codes, 20)}, or what 'missing' names"
            row = int(np.flatnonzero(numbers == n)[0])
            raise wide.error(f"column {column!r}: found {quoted(value)}; allowed: {allowed}", row)
        meaning[n] = place[code]
    if (meaning < 0).all():
        raise wide.error(f"column {column!r}: no row has a choice; allowed: {listed(codes, 20)}")
    return np.asarray(meaning[numbers])


def _tasks(wide: WideColumns) -> pd.Series:
    """Return the task of each row, (T,): as given, or numbered from 1 within the respondent."""
    roles, frame = wide.roles, wide.frame.reset_index(drop=True)
    who = [roles["respondent"]] if "respondent" in roles else []
    if "task" not in roles:
        if who:
            return frame.groupby(who, sort=False, observed=True).cumcount() + 1
        return pd.Series(np.arange(1, len(frame) + 1))
    keys = frame[[*who, roles["task"]]].astype(object)
    twice = keys.duplicated()
    if twice.any():
        row = first_row(twice)
        found = keys.iloc[row].to_dict()
        first = first_row((keys == keys.iloc[row]).all(axis=1))
        which = ", ".join(f"{name} {quoted(value)}" for name, value in found.items())
        hint = "" if who else ". Is the respondent's column missing?"
        raise wide.error(f"{which} was already in row {first + 1}; allowed: each task once{hint}", row)
    return frame[roles["task"]]


def _weights(wide: WideColumns, rows: IntArray) -> FloatArray:
    """Return the weight of each row that has a choice."""
    values = wide.frame[wide.roles["weight"]].iloc[rows]
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64)
    wrong = ~(np.isfinite(numbers) & (numbers >= 0))
    if wrong.any():
        at = first_row(wrong)
        found, allowed = quoted(values.iloc[at]), "finite numbers of zero or more"
        column = wide.roles["weight"]
        raise wide.error(f"column {column!r}: weight is {found}; allowed: {allowed}", int(rows[at]))
    return np.asarray(numbers)


def _available(
    wide: WideColumns, cells: Cells, index: IntArray, rows: IntArray, names: Sequence[object]
) -> IntArray:
    """Return 1 where an alternative was available, else 0, for each row that has a choice, (T, J)."""
    table = np.ones((len(rows), len(names)), dtype=np.int64)
    for j, name in enumerate(names):
        column = cells.get(name, 1)
        values = _values(wide, column, rows)
        numbers = as_zero_or_one(values).to_numpy(dtype=np.float64)
        where = wide.called("available", name, column)
        if np.isnan(numbers).any():
            at = first_row(np.isnan(numbers))
            raise wide.error(f"{where}: found {quoted(values.iloc[at])}; allowed: 0 or 1", int(rows[at]))
        wrong = (index == j) & (numbers == 0)
        if wrong.any():
            raise wide.error(
                f"{where}: found 0, but column {wide.roles['chosen']!r} says that {quoted(name)} was chosen; "
                "allowed: a choice of what was available",
                int(rows[first_row(wrong)]),
            )
        table[:, j] = numbers
    return table


def _attribute(
    wide: WideColumns, attribute: str, cells: Cells, rows: IntArray, names: Sequence[object]
) -> pd.Series:
    """Return the values of an attribute, (T J,), task by task."""
    parts = [_values(wide, cells.get(name, np.nan), rows) for name in names]
    for name, part in zip(names, parts, strict=True):
        _check_levels(wide, attribute, name, cells, part, rows)
    _check_kinds(wide, attribute, [cells.get(name) for name in names], parts, rows)
    whole = pd.concat(parts, ignore_index=True)
    task_by_task = np.arange(len(whole)).reshape(len(names), -1).T.ravel()
    return whole.iloc[task_by_task].reset_index(drop=True)


def _values(wide: WideColumns, column: str | float, rows: IntArray) -> pd.Series:
    if isinstance(column, str):
        return wide.frame[column].iloc[rows]
    return pd.Series(np.full(len(rows), column))


def _check_levels(
    wide: WideColumns, attribute: str, name: object, cells: Cells, values: pd.Series, rows: IntArray
) -> None:
    """Refuse levels that the study does not have."""
    if wide.study is None or attribute not in wide.study.attribute_names:
        return
    known = wide.study.attribute(attribute)
    levels: Sequence[object] = known.levels if wide.study.has(str(name), known) else ()
    found = pd.to_numeric(values, errors="coerce") if known.is_numeric else values
    wrong = (~found.isin(levels) if levels else values.notna()).to_numpy()
    if wrong.any():
        at = first_row(wrong)
        allowed = listed(levels, 20) if levels else f"an empty cell, as {quoted(name)} has no {attribute}"
        where = wide.called(attribute, name, cells.get(name, np.nan))
        raise wide.error(f"{where}: found {quoted(values.iloc[at])}; allowed: {allowed}", int(rows[at]))


def _check_kinds(
    wide: WideColumns, attribute: str, columns: Sequence[object], parts: Sequence[pd.Series], rows: IntArray
) -> None:
    """Refuse numbers for one alternative and texts for another: together they would be words."""
    given = [(c, part) for c, part in zip(columns, parts, strict=True) if part.notna().any()]
    numeric = [column for column, part in given if pd.api.types.is_numeric_dtype(part)]
    words = [(column, part) for column, part in given if not pd.api.types.is_numeric_dtype(part)]
    if not numeric or not words:
        return
    column, part = words[0]
    no_number = pd.to_numeric(part.astype(object), errors="coerce").isna() & part.notna()
    at = first_row(no_number if no_number.any() else part.notna())
    other = f"column {numeric[0]!r}" if isinstance(numeric[0], str) else "another alternative"
    raise wide.error(
        f"column {column!r}: {attribute} is the text {quoted(part.iloc[at])}, but {other} has numbers; "
        "allowed: numbers in both, or texts in both",
        int(rows[at]),
    )
