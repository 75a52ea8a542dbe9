"""Which columns of a wide frame hold what: roles, and the attributes of each alternative."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd

from dce.errors import ChoicesError, listed, plain, quoted
from dce.formula import ALTERNATIVE
from dce.study import Study

OWN = ("task", ALTERNATIVE, "chosen", "respondent", "weight", "available")
"""Columns of the long frame that have a role."""

Cells = Mapping[object, str | float]
"""Column of each alternative, or its value in every row."""


@dataclass(frozen=True)
class WideColumns:
    """A wide frame, and the roles of its columns.

    Attributes
    ----------
    frame : pandas.DataFrame
    source : str
        What messages call it.
    roles : dict of str to str
        Column of ``chosen`` and, where known, ``respondent``, ``task`` and ``weight``.
    study : Study or None

    Raises
    ------
    ChoicesError
        If a role has no column, or shares it.
    """

    frame: pd.DataFrame
    source: str
    roles: dict[str, str]
    study: Study | None

    def __post_init__(self) -> None:
        frame, columns = self.frame, self.frame.columns
        if frame.empty:
            raise self.error("there are no answers")
        if not columns.is_unique:
            raise self.error(f"column {listed(columns[columns.duplicated()])} occurs twice; allowed: once")
        for role, name in self.roles.items():
            self._require(name, role)
        if len(set(self.roles.values())) < len(self.roles):
            raise self.error(f"{self.roles}: every role needs a column of its own")
        for role in ("respondent", "task"):
            if role in self.roles and frame[self.roles[role]].isna().any():
                row = first_row(frame[self.roles[role]].isna())
                raise self.error(f"column {self.roles[role]!r} is empty; allowed: a {role}", row)

    def error(self, problem: str, row: int | None = None) -> ChoicesError:
        """Return the error that says frame, row (given from 0) and problem."""
        at = f", row {row + 1}" if row is not None else ""
        return ChoicesError(f"{self.source}{at}: {problem}" + ("" if problem.endswith("?") else "."))

    def called(self, what: str, name: object, column: object) -> str:
        """Return what a message calls the column of an alternative, or the value given for it."""
        return f"column {column!r}" if isinstance(column, str) else f"{what} of {quoted(name)}"

    def names(self, alternatives: Sequence[object] | Mapping[object, object]) -> dict[str, object]:
        """Return the name of each alternative by the text of its code."""
        if isinstance(alternatives, Mapping):
            pairs = list(alternatives.items())
        elif isinstance(alternatives, Sequence) and not isinstance(alternatives, str):
            pairs = [(name, name) for name in alternatives]
        else:
            raise self.error(f"alternatives: found {alternatives!r}; allowed: a list, or code = name")
        names = {code_text(code): name for code, name in pairs}
        if len(pairs) < 2 or len({code_text(name) for name in names.values()}) < len(pairs):
            raise self.error(f"alternatives: found {alternatives!r}; allowed: two or more, each once")
        if self.study is not None:
            known = self.study.alternative_names
            unknown = [name for name in names.values() if name not in known]
            if unknown:
                raise self.error(f"alternatives: {listed(unknown)} is not one of {listed(known)}")
        return names

    def cells(
        self,
        attributes: str | Mapping[str, str | Cells],
        available: str | Cells | None,
        names: Sequence[object],
    ) -> dict[str, Cells]:
        """Return the columns of availability, where they are given, and of each attribute.

        Raises
        ------
        ChoicesError
            If a column is missing, or could mean two things.
        """
        found = {} if available is None else {"available": self._cells("available", available, names)}
        if isinstance(attributes, str):
            taken: set[object] = {
                *self.roles.values(),
                *(c for cells in found.values() for c in cells.values()),
            }
            attributes = self._matched(attributes, names, taken)
        if not isinstance(attributes, Mapping) or not attributes:
            raise self.error(f"attributes: found {attributes!r}; allowed: a pattern, or attribute = columns")
        wrong = [name for name in attributes if name in OWN]
        if wrong:
            raise self.error(f"attribute {listed(wrong)} has a name with a meaning in dce; give it another")
        lacking = [n for n in (self.study.attribute_names if self.study else ()) if n not in attributes]
        if lacking:
            raise self.error(f"attribute {listed(lacking)} has no columns; found: {listed(attributes)}")
        found |= {name: self._cells(name, given, names) for name, given in attributes.items()}
        self._check_meanings(found)
        return found

    def characteristics(self, cells: Mapping[str, Cells]) -> list[str]:
        """Return the columns that are neither a role nor an alternative's."""
        used = {*self.roles.values(), *(c for columns in cells.values() for c in columns.values())}
        return [column for column in self.frame.columns if column not in used]

    def _matched(self, pattern: str, names: Sequence[object], taken: set[object]) -> dict[str, Cells]:
        """Return the columns that a pattern of attribute and alternative stands for."""
        if pattern.count("{attribute}") != 1 or pattern.count("{alternative}") != 1:
            allowed = "'{attribute}' and '{alternative}' once each, as in '{attribute}_{alternative}'"
            raise self.error(f"attributes: found {pattern!r}; allowed: {allowed}")
        any_attribute = re.escape(pattern).replace(re.escape("{attribute}"), "(.+)")
        of_name = [
            (name, re.compile(any_attribute.replace(re.escape("{alternative}"), re.escape(code_text(name)))))
            for name in names
        ]
        found: dict[str, dict[object, str | float]] = {}
        for column in self.frame.columns:
            matches = [(name, expression.fullmatch(str(column))) for name, expression in of_name]
            fits = [(match[1], name) for name, match in matches if match and column not in taken]
            if self.study is not None:
                fits = [(attribute, name) for attribute, name in fits if self._has(attribute, name)]
            if len(fits) > 1:
                meanings = " or ".join(f"{attribute!r} of {quoted(name)}" for attribute, name in fits)
                raise self.error(
                    f"column {column!r} could be {meanings}; allowed: one; give a map of columns"
                )
            for attribute, name in fits:
                found.setdefault(attribute, {})[name] = column
        if not found:
            columns = listed(self.frame.columns, 30)
            raise self.error(f"attributes: no column is named as {pattern!r} says; found: {columns}")
        for attribute, cells in found.items():
            lacking = [name for name in names if name not in cells and self._has(attribute, name)]
            if lacking:
                raise self.error(
                    f"column {listed(cells.values())} is named as attribute {attribute!r}, which has none "
                    f"for alternative {listed(lacking)}; allowed: one for each; in a map of columns an "
                    "alternative may be left out"
                )
        return dict(found)

    def _cells(self, what: str, given: str | Cells, names: Sequence[object]) -> Cells:
        """Return the columns of one attribute, or of availability, given as a pattern or by alternative."""
        if isinstance(given, str):
            if given.count("{alternative}") != 1:
                raise self.error(f"{what}: found {given!r}; allowed: a pattern with '{{alternative}}' once")
            wanted = {name: given.replace("{alternative}", code_text(name)) for name in names}
            given = {name: c for name, c in wanted.items() if c in self.frame or self._has(what, name)}
        if not isinstance(given, Mapping) or not given:
            raise self.error(f"{what}: found {given!r}; allowed: a pattern, or alternative = column")
        unknown = [name for name in given if name not in names]
        if unknown:
            raise self.error(f"{what}: {listed(unknown)} is no alternative; allowed: {listed(names)}")
        is_attribute = self.study is not None and what in self.study.attribute_names
        lacking = [name for name in names if is_attribute and name not in given and self._has(what, name)]
        if lacking:
            raise self.error(f"{what}: alternative {listed(lacking)} has no column; allowed: one for each")
        for name, column in given.items():
            if isinstance(column, str):
                self._require(column, f"{what} of {quoted(name)}")
            elif isinstance(column, bool) or not isinstance(column, Real):
                raise self.error(f"{what} of {quoted(name)}: found {column!r}; allowed: a column or a number")
        return given

    def _has(self, attribute: str, name: object) -> bool:
        """Whether an alternative must have an attribute; every one, where no study says otherwise."""
        if self.study is None or attribute == "available":
            return True
        if attribute not in self.study.attribute_names:
            return False
        return self.study.has(str(name), self.study.attribute(attribute))

    def _check_meanings(self, cells: Mapping[str, Cells]) -> None:
        """Refuse columns with two meanings, and characteristics whose names have another one."""
        meaning = {name: role for role, name in self.roles.items()}
        pairs = [(what, name, c) for what, columns in cells.items() for name, c in columns.items()]
        for what, name, column in pairs:
            here = f"{what} of {quoted(name)}"
            if isinstance(column, str) and column in meaning:
                raise self.error(
                    f"column {column!r} is given twice, as {meaning[column]} and as {here}; allowed: once"
                )
            if isinstance(column, str):
                meaning[column] = here
        clash = [name for name in self.characteristics(cells) if name in cells or name in OWN]
        if clash:
            raise self.error(
                f"column {listed(clash)} was given no role, but has the name of an attribute or a name with "
                "a meaning in dce; rename it, or leave it out"
            )

    def _require(self, column: str, what: str) -> None:
        if column not in self.frame.columns:
            found = listed(self.frame.columns, 30)
            raise self.error(f"{what}: column {column!r} is missing; found: {found}")


def first_row(wrong: pd.Series | np.ndarray) -> int:
    """Return the place of the first row that is wrong, from 0."""
    return int(np.flatnonzero(np.asarray(wrong))[0])


def code_text(value: object) -> str:
    """Return a code as text.

    Examples
    --------
    >>> code_text(1), code_text(np.float64(1)), code_text(" 1 ")
    ('1', '1', '1')
    """
    if isinstance(value, np.generic):
        value = value.item()
    return plain(value) if isinstance(value, float) else str(value).strip()
