"""Services as numbers: every combination of levels that an alternative can show is one integer.

A search asks for the coded attributes of many services at once. So they are tabulated where they fit
in memory, and added up from the look-ups of :mod:`dce.design.levels` where they do not.

Notation: P_j services of alternative j, numbered in mixed radix of their A levels; K coefficients;
R draws of the prior.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from dce.design.levels import Component, LevelCoding
from dce.errors import DesignError
from dce.logit import FloatArray, IntArray

MOST_SERVICES = 2**60
"""Services of an alternative that can be numbered."""
MOST_CELLS = 4_000_000
"""Numbers of a table; a larger one is not made."""


@dataclass(frozen=True)
class Services:
    """The numbering of services.

    Attributes
    ----------
    sizes : (J, A) integer array
        Number of levels; 1 where the alternative lacks the attribute.
    owned : (J, A) boolean array
    """

    sizes: IntArray
    owned: np.ndarray

    @classmethod
    def of(cls, coding: LevelCoding) -> Services:
        """Return the services of a study's alternatives.

        Raises
        ------
        DesignError
            If there are more than integers can number.
        """
        for name, owned in zip(coding.study.alternative_names, coding.owned, strict=True):
            count = prod(n for n, own in zip(coding.sizes, owned, strict=True) if own)
            if count > MOST_SERVICES:
                raise DesignError(
                    f"alternative {name!r}: found {count:.3g} combinations of levels; allowed: at most "
                    f"{MOST_SERVICES:.3g}. Fewer attributes or levels make fewer."
                )
        return cls(np.where(coding.owned, np.asarray(coding.sizes), 1).astype(np.intp), coding.owned)

    @cached_property
    def strides(self) -> IntArray:
        """What one level more of an attribute adds to the number of a service, (J, A)."""
        after = np.ones_like(self.sizes)
        after[:, :-1] = np.cumprod(self.sizes[:, :0:-1], axis=1)[:, ::-1]
        return np.asarray(after)

    @cached_property
    def counts(self) -> IntArray:
        """Number of services of every alternative, (J,)."""
        return np.asarray(self.sizes.prod(axis=1))

    @property
    def columns(self) -> list[tuple[int, int]]:
        """Pairs of alternative and attribute that a design decides on."""
        return [(int(j), int(a)) for j, a in np.argwhere(self.owned)]

    def level(self, j: int, a: int, p: IntArray) -> IntArray:
        """Return the level numbers of attribute a of services p of alternative j, same shape."""
        return np.asarray(p // self.strides[j, a] % self.sizes[j, a])

    def levels(self, j: int, p: IntArray) -> IntArray:
        """Return level numbers (..., A) of services p of alternative j; -1 where it lacks one."""
        L = p[..., None] // self.strides[j] % self.sizes[j]
        return np.where(self.owned[j], L, -1)

    def unpack(self, p: IntArray) -> IntArray:
        """Return the level numbers, (..., J, A), of tasks of services p (..., J)."""
        return np.stack([self.levels(j, p[..., j]) for j in range(len(self.sizes))], axis=-2)

    def pack(self, L: IntArray) -> IntArray:
        """Return the numbers of services, (..., J), of level numbers L (..., J, A)."""
        return np.asarray((np.maximum(L, 0) * self.strides).sum(axis=-1))

    def neighbours(self, j: int) -> IntArray:
        """Return what to add to the level number of each attribute for every single change, (n, 2).

        Columns are the attribute and the step, which is taken modulo the number of levels.
        """
        rows = [(a, step) for i, a in self.columns if i == j for step in range(1, self.sizes[j, a])]
        return np.array(rows, dtype=np.intp).reshape(-1, 2)


@dataclass(frozen=True)
class CodedServices:
    """The coded attributes x of services, and their utilities at draws of the prior.

    Attributes
    ----------
    services : Services
    constants : (J, K) array
    components : per alternative, its components
    beta : (R, K) array
    columns : (k,) integer array
        The coefficients in the information matrix. The others are taken as known: they act on the
        choice probabilities only.
    """

    services: Services
    constants: FloatArray
    components: tuple[tuple[Component, ...], ...]
    beta: FloatArray
    columns: IntArray

    def _added_up(self, j: int, p: IntArray) -> FloatArray:
        x = np.broadcast_to(self.constants[j], (*p.shape, self.constants.shape[1]))
        if not self.components[j]:
            return np.array(x)
        L = self.services.levels(j, p)
        return np.asarray(sum((part.of(L) for part in self.components[j]), start=x))

    @cached_property
    def _tables(self) -> tuple[tuple[FloatArray, FloatArray] | None, ...]:
        tables: list[tuple[FloatArray, FloatArray] | None] = []
        for j, count in enumerate(self.services.counts):
            if count * (len(self.columns) + len(self.beta)) > MOST_CELLS:
                tables.append(None)
                continue
            X = self._added_up(j, np.arange(count, dtype=np.intp))
            tables.append((np.ascontiguousarray(X[:, self.columns]), X @ self.beta.T))
        return tuple(tables)

    def code(self, p: IntArray) -> tuple[list[FloatArray], list[FloatArray]]:
        """Return, per alternative, x (..., k) and utilities (..., R) of tasks of services p (..., J)."""
        X, V = [], []
        for j in range(p.shape[-1]):
            table = self._tables[j]
            if table is not None:
                X.append(table[0][p[..., j]])
                V.append(table[1][p[..., j]])
            else:
                x = self._added_up(j, p[..., j])
                X.append(x[..., self.columns])
                V.append(x @ self.beta.T)
        return X, V


def coded_services(coding: LevelCoding, beta: FloatArray, columns: IntArray | None = None) -> CodedServices:
    """Return the coded services of a study's utility at draws beta (R, K)."""
    K = coding.constants.shape[1]
    kept = np.arange(K) if columns is None else columns
    return CodedServices(Services.of(coding), coding.constants, coding.components, np.atleast_2d(beta), kept)
