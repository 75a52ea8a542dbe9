"""How often each level may be shown, as shares of the tasks: the linear constraints of a relaxation.

Notation: N tasks, J alternatives, A attributes; a cell is a level of an attribute of an alternative,
C of them are counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from dce.design.balance import level_bounds
from dce.design.levels import LevelCoding
from dce.design.services import Services
from dce.design_settings import LevelBalance
from dce.logit import BoolArray, FloatArray, IntArray

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class LevelShares:
    """Least and largest share of the tasks that show a level in an alternative.

    Attributes
    ----------
    columns : tuple of (j, a)
        The attributes of alternatives whose levels are counted.
    sizes : tuple of int
        Number of levels of each column; the C cells are the columns' levels one after another.
    least, most : (C,) arrays
    """

    columns: tuple[tuple[int, int], ...]
    sizes: tuple[int, ...]
    least: FloatArray
    most: FloatArray

    @property
    def implied(self) -> BoolArray:
        """Whether the other levels of the column leave a level but one share, shape (C,)."""
        implied = np.zeros(len(self.least), dtype=bool)
        equal = self._by_column(self.least >= self.most)
        ends = np.cumsum(self.sizes)
        implied[[end - 1 for end, column in zip(ends, equal, strict=True) if column.all()]] = True
        return implied

    def cells(self, levels: IntArray) -> FloatArray:
        """Return which cells tasks show, shape (N, C), from level numbers (N, J, A)."""
        shown = [
            levels[:, j, a, None] == np.arange(n) for (j, a), n in zip(self.columns, self.sizes, strict=True)
        ]
        return np.concatenate([np.empty((len(levels), 0)), *shown], axis=1)

    def charges(self, price: FloatArray, services: Sequence[IntArray]) -> list[FloatArray] | None:
        """Return, per alternative, the sum of the prices (C,) of the cells that services show."""
        if not self.columns:
            return None
        charges = [np.zeros(len(of_alternative)) for of_alternative in services]
        for (j, a), of_levels in zip(self.columns, self._by_column(price), strict=True):
            charges[j] += of_levels[services[j][:, a]]
        return charges

    def support(self, price: FloatArray) -> float:
        """Return the largest price'c of all shares c (C,) that are allowed."""
        value = 0.0
        columns = (self._by_column(part) for part in (price, self.least, self.most))
        for of_levels, least, most in zip(*columns, strict=True):
            share = least.copy()
            for level in np.argsort(-of_levels):
                share[level] += max(0.0, min(1 - share.sum(), most[level] - share[level]))
            value += float(of_levels @ share)
        return value

    def kept_by(self, levels: IntArray) -> bool:
        """Whether a design, level numbers (S, J, A), shows every level as often as is allowed."""
        shares = self.cells(levels).mean(axis=0)
        tolerance = 0.5 / len(levels)
        return bool((shares > self.least - tolerance).all() and (shares < self.most + tolerance).all())

    def _by_column(self, values: NDArray[T]) -> list[NDArray[T]]:
        return np.split(values, np.cumsum(self.sizes)[:-1]) if self.sizes else []


def level_shares(coding: LevelCoding, tasks: int, level_balance: LevelBalance) -> LevelShares:
    """Return the shares that level balance allows in designs of so many tasks.

    Raises
    ------
    DesignError
    """
    bounds = level_bounds(coding.study, Services.of(coding), tasks, level_balance)
    columns, sizes, least, most = [], [], [np.empty(0)], [np.empty(0)]
    for j, a in np.argwhere(coding.owned).tolist():
        n = coding.sizes[a]
        if not bounds.is_free(j, a, n):
            columns.append((j, a))
            sizes.append(n)
            least.append(bounds.least[j, a, :n] / tasks)
            most.append(bounds.most[j, a, :n] / tasks)
    return LevelShares(tuple(columns), tuple(sizes), np.concatenate(least), np.concatenate(most))
