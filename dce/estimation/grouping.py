"""Characteristics of respondents, and the groups into which they divide them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.errors import ChoicesError, listed, plain, quoted
from dce.logit import FloatArray, IntArray

MOST_GROUPS = 20
"""Groups of one characteristic that can be compared side by side."""
RESERVED = frozenset({"task", "alternative", "chosen", "available", "weight", "respondent"})
"""Columns of a long frame that say something of a task."""

By = str | Sequence[str] | Mapping[str, Sequence[float] | None]
"""A characteristic, several, or each with the cut points of its classes."""


@dataclass(frozen=True)
class Grouping:
    """A characteristic and the groups into which it divides the respondents.

    Attributes
    ----------
    name : str
        The column of the long frame.
    groups : tuple of str
        The first is the reference.
    codes : (N,) integer array
        Number of the group of every row of the long frame, -1 without a value.
    is_class : bool
        Whether the groups are classes of numbers, within which the numbers differ.
    """

    name: str
    groups: tuple[str, ...]
    codes: IntArray
    is_class: bool = False


def grouped(choices: Choices, by: By) -> tuple[Grouping, ...]:
    """Return the groups by one characteristic or several.

    Parameters
    ----------
    choices : Choices
    by : str, sequence of str, or mapping
        Columns of the long frame; a mapping gives the cut points of classes, or None for the values
        as they are: ``{"age": [18, 40, 65], "sex": None}``.

    Raises
    ------
    ChoicesError
        If there is no such characteristic, it differs within a respondent, or has less than two
        groups, or too many.

    Notes
    -----
    Groups stand in the order of the question's options where the study asks for them, of numbers, of
    a categorical column, or of the alphabet.
    """
    if isinstance(by, str):
        wanted: dict[str, Sequence[float] | None] = {by: None}
    elif isinstance(by, Mapping):
        wanted = dict(by)
    else:
        wanted = dict.fromkeys(by)
        if len(wanted) < len(by):
            raise ChoicesError(f"by: found {listed(by)}; allowed: each characteristic once.")
    if not wanted:
        raise ChoicesError("by: names no characteristic.")
    return tuple(_grouping(choices, name, cuts) for name, cuts in wanted.items())


def answers_of(choices: Choices, grouping: Grouping, k: int) -> Choices:
    """Return the answers of the k-th group."""
    frame = choices.frame[grouping.codes == k]
    checks = choices.checks
    if checks is not None and "respondent" in frame:
        checks = checks[checks["respondent"].isin(frame["respondent"])].reset_index(drop=True)
    source = f"{choices.source}, {grouping.name} = {grouping.groups[k]}"
    return replace(choices, frame=frame, source=source, checks=checks)


def _grouping(choices: Choices, name: str, cuts: Sequence[float] | None) -> Grouping:
    _check_characteristic(choices, name)
    if cuts is not None:
        groups, codes = _classes(choices, name, cuts)
    else:
        groups, codes = _values(choices, name)
    if len(groups) < 2:
        what = "value" if cuts is None else "class"
        raise ChoicesError(f"by: {name!r} has {len(groups)} {what}; allowed: two or more.")
    return Grouping(name, groups, codes, cuts is not None)


def _check_characteristic(choices: Choices, name: str) -> None:
    frame = choices.frame
    attributes = set(choices.study.attribute_names) if choices.study else set()
    if not isinstance(name, str) or name not in frame or name in RESERVED | attributes:
        known = [str(column) for column in frame if column not in RESERVED | attributes]
        raise ChoicesError(f"by: {name!r} is no characteristic of respondents; known: {listed(known, 30)}.")
    if "respondent" in frame:
        values = frame.groupby("respondent", sort=False)[name].nunique(dropna=False)
        if (values > 1).any():
            who = values.index[values > 1][0]
            raise ChoicesError(
                f"by: {name!r} differs within respondent {quoted(who)}; allowed: one value each."
            )
    elif choices.differs_within_tasks(name):
        raise ChoicesError(f"by: {name!r} differs within a task; allowed: one value each.")


def _values(choices: Choices, name: str) -> tuple[tuple[str, ...], IntArray]:
    column = choices.frame[name]
    values = _in_order(choices, column)
    if len(values) > MOST_GROUPS:
        cure = f"Give cut points of classes, such as by={{{name!r}: [18, 40, 65]}}"
        if not pd.api.types.is_numeric_dtype(column):
            cure = "Put it into classes first"
        raise ChoicesError(f"by: {name!r} has {len(values)} values; allowed: up to {MOST_GROUPS}. {cure}.")
    groups = tuple(_shown(value) for value in values)
    if len(set(groups)) < len(groups):
        raise ChoicesError(f"by: {name!r} has values that read the same: {listed(values)}.")
    of_values, distinct = pd.factorize(column.astype(object))
    place = np.array([values.index(value) for value in distinct] + [-1], dtype=np.intp)
    return groups, place[of_values]


def _in_order(choices: Choices, column: pd.Series) -> list[object]:
    found = list(column.dropna().unique())
    questions = choices.study.survey.questions if choices.study else ()
    options = next((list(question.options) for question in questions if question.name == column.name), [])
    if isinstance(column.dtype, pd.CategoricalDtype):
        options = list(column.cat.categories)
    if options and set(found) <= set(options):
        return sorted(found, key=options.index)
    if all(isinstance(value, (int, float, np.number)) for value in found):
        return sorted(found)
    return sorted(found, key=str)


def _classes(choices: Choices, name: str, cuts: Sequence[float]) -> tuple[tuple[str, ...], IntArray]:
    """Return the classes below, between and from the cut points in which somebody is."""
    column = choices.frame[name]
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = (np.isnan(numbers) & column.notna().to_numpy()) | np.isinf(numbers)
    if wrong.any():
        raise ChoicesError(
            f"by: {name!r} has the value {quoted(column[wrong].iloc[0])}; allowed: finite numbers, "
            "because cut points are given."
        )
    edges = _edges(name, cuts)
    whole = bool((numbers[~np.isnan(numbers)] % 1 == 0).all() and (edges % 1 == 0).all() and edges[0] >= 0)
    classes = np.where(np.isnan(numbers), -1, np.searchsorted(edges, numbers, side="right"))
    taken = np.unique(classes[classes >= 0])
    codes = np.where(classes < 0, -1, np.searchsorted(taken, classes))
    return tuple(_class_name(edges, int(k), whole) for k in taken), np.asarray(codes, dtype=np.intp)


def _edges(name: str, cuts: Sequence[float]) -> FloatArray:
    problem = f"by: the cut points of {name!r} are {cuts!r}; allowed: rising numbers, such as [18, 40, 65]."
    try:
        edges = np.asarray(list(cuts), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ChoicesError(problem) from error
    if isinstance(cuts, str) or not len(edges) or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
        raise ChoicesError(problem)
    return edges


def _class_name(edges: FloatArray, k: int, whole: bool) -> str:
    """Return what the k-th class is called; 18-39 means 18 to below 40."""
    shown = [plain(float(edge)) for edge in edges]
    if k == 0:
        return f"under {shown[0]}"
    if k == len(edges):
        return f"{shown[-1]}+" if whole else f"from {shown[-1]}"
    if not whole:
        return f"[{shown[k - 1]}, {shown[k]})"
    last = plain(float(edges[k] - 1))
    return shown[k - 1] if last == shown[k - 1] else f"{shown[k - 1]}-{last}"


def _shown(value: object) -> str:
    if isinstance(value, np.generic):
        value = value.item()
    return plain(value) if isinstance(value, float) else str(value)
