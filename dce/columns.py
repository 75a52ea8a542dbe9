"""Columns of a frame as numbers, each worked out once: which of its distinct values every row has.

Comparing numbers is far cheaper than comparing words, and most of what is checked and coded needs no
more than which rows are equal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dce.logit import BoolArray, IntArray

Codes = npt.NDArray[np.signedinteger[Any]]

LOOKED_UP = 2
"""How many times as many numbers as rows may be possible for them to be looked up rather than hashed."""


@dataclass(frozen=True)
class Coded:
    """A column as numbers.

    Attributes
    ----------
    codes : (N,) integer array
        Which value each row has, from 0 in order of appearance; -1 where it is missing.
    values : (D,) array
        The distinct values.
    """

    codes: Codes
    values: npt.NDArray[Any]

    @property
    def some_missing(self) -> bool:
        """Whether a row has no value."""
        return bool(len(self.codes) and self.codes.min() < 0)


@dataclass(frozen=True)
class Columns:
    """The columns of a frame, coded when they are asked for, and then kept."""

    frame: pd.DataFrame
    known: dict[str, Coded] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.frame.columns

    def coded(self, name: str) -> Coded:
        """Return a column as numbers."""
        if name not in self.known:
            self.known[name] = coded(self.frame[name])
        return self.known[name]

    def missing(self, name: str) -> bool:
        """Whether some value of a column is missing."""
        values = self.frame[name]
        if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iub":
            return False
        return self.coded(name).some_missing


def coded(values: pd.Series) -> Coded:
    """Return values as numbers.

    Examples
    --------
    >>> coded(pd.Series(["b", "a", None, "b"])).codes.tolist()
    [0, 1, -1, 0]
    """
    if isinstance(values.dtype, np.dtype):
        array = values.to_numpy()
        if array.dtype.kind in "iuf" and (array[1:] >= array[:-1]).all():
            return _of_sorted(array)
        codes, distinct = pd.factorize(array)
    else:
        codes, distinct = pd.factorize(values.array)
    return Coded(narrow(codes), np.asarray(distinct))


def _of_sorted(values: npt.NDArray[Any]) -> Coded:
    """Return values in ascending order as numbers, none of which is missing unless all are."""
    if len(values) == 1 and values[0] != values[0]:
        return Coded(np.array([-1], dtype=np.int8), values[:0])
    new = np.empty(len(values), dtype=bool)
    new[:1] = True
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return Coded(numbered(new), values[new])


def numbered(new: BoolArray) -> Codes:
    """Number rows from 0, one more at each row but the first that is new."""
    codes: Codes = np.empty(len(new), dtype=np.int32 if len(new) < 2**31 else np.int64)
    np.cumsum(new, out=codes)
    codes -= 1
    return codes


def narrow(codes: IntArray) -> Codes:
    """Return numbers of 64 bits in 8 or 32 where they fit."""
    most = codes.max(initial=0) + 1  # one more, so that adding one does not overflow
    return codes.astype(np.int8 if most < 2**7 else np.int32 if most < 2**31 else np.int64)


def distinct(codes: npt.NDArray[Any], size: int) -> tuple[IntArray, IntArray]:
    """Return which distinct number each is, and where each of these is first.

    Parameters
    ----------
    codes : (N,) integer array
        Numbers from 0.
    size : int
        What they are below.

    Returns
    -------
    which : (N,) integer array
        Numbers from 0, in ascending order of the codes if these are few, else of appearance.
    first : integer array
        One row for each distinct number.
    """
    if size > LOOKED_UP * len(codes):
        which, values = pd.factorize(codes)
        which = np.asarray(which, dtype=np.intp)
        return which, first_rows(which, len(values))
    first = first_rows(codes, size)
    there = first < len(codes)
    return numbered(there)[codes].astype(np.intp), first[there]


def first_rows(codes: npt.NDArray[Any], size: int) -> IntArray:
    """Return where each of the numbers below ``size`` is first; the number of rows where it is nowhere."""
    N = len(codes)
    first = np.full(size, N, dtype=np.intp)
    first[codes[::-1]] = np.arange(N - 1, -1, -1)
    return first


def combined(columns: list[tuple[npt.NDArray[Any], int]]) -> tuple[IntArray, int]:
    """Return one number for each row that tells apart what any of the columns does.

    Parameters
    ----------
    columns : list of ((N,) integer array, int)
        Numbers from 0, and what they are below.

    Returns
    -------
    codes : (N,) integer array
    size : int
        What they are below.
    """
    codes, size = columns[0][0].astype(np.intp), columns[0][1]
    for column, below in columns[1:]:
        if size > 2**62 // max(below, 1):
            codes, first = distinct(codes, size)
            size = len(first)
        codes = codes * below
        codes += column
        size *= below
    return codes, size
