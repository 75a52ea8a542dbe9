"""How often each level may be shown within each alternative.

Notation: S tasks, J alternatives, A attributes with at most n levels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dce.attributes import Attribute
from dce.design.services import Services
from dce.design_settings import DesignSettings, LevelBalance, LevelCounts, text_of
from dce.errors import DesignError, StudyError
from dce.logit import IntArray
from dce.study import Study


@dataclass(frozen=True)
class LevelBounds:
    """Least and most tasks in which an alternative shows a level.

    Attributes
    ----------
    least, most : (J, A, n) integer arrays
        0 and S where nothing is asked, or where there is no such level.
    tasks : int
    """

    least: IntArray
    most: IntArray
    tasks: int

    @property
    def free(self) -> bool:
        """Whether nothing is asked of any level."""
        return bool((self.least == 0).all() and (self.most >= self.tasks).all())

    def is_free(self, j: int, a: int, n: int) -> bool:
        """Whether nothing is asked of the n levels of a column."""
        return bool((self.least[j, a, :n] == 0).all() and (self.most[j, a, :n] >= self.tasks).all())

    def draw(self, services: Services, rng: np.random.Generator) -> IntArray:
        """Return a design p (S, J) with counts within the bounds, otherwise random."""
        p = np.zeros((self.tasks, len(services.sizes)), dtype=np.intp)
        for j, a in services.columns:
            n = int(services.sizes[j, a])
            counts = self.least[j, a, :n].copy()
            spare = np.repeat(np.arange(n), self.most[j, a, :n] - counts)
            if self.is_free(j, a, n):
                levels = rng.integers(n, size=self.tasks)
            else:
                extra = rng.permutation(spare)[: self.tasks - counts.sum()]
                levels = rng.permutation(np.concatenate([np.repeat(np.arange(n), counts), extra]))
            p[:, j] += levels * services.strides[j, a]
        return p


def level_bounds(study: Study, services: Services, tasks: int, level_balance: LevelBalance) -> LevelBounds:
    """Return the bounds that level balance sets for a design of so many tasks.

    Raises
    ------
    DesignError
        Naming the attribute, what was found and what is allowed.
    """
    try:
        settings = DesignSettings(tasks, level_balance=level_balance)
        study.check_settings(settings)
    except StudyError as error:
        raise DesignError(str(error)) from None
    named = settings.level_balance if isinstance(settings.level_balance, Mapping) else {}
    default = isinstance(settings.level_balance, Mapping) or settings.level_balance
    J, A = services.sizes.shape
    most_levels = int(services.sizes.max())
    least = np.zeros((J, A, most_levels), dtype=np.intp)
    most = np.full((J, A, most_levels), tasks, dtype=np.intp)
    for a, attribute in enumerate(study.attributes):
        low, high = _bounds(attribute, named.get(attribute.name, default), tasks)
        for j in np.flatnonzero(services.owned[:, a]):
            least[j, a, : len(low)], most[j, a, : len(high)] = low, high
    return LevelBounds(least, most, tasks)


def _bounds(attribute: Attribute, wanted: LevelCounts, tasks: int) -> tuple[list[int], list[int]]:
    n = len(attribute.levels)
    if isinstance(wanted, bool):
        low, high = (tasks // n, -(-tasks // n)) if wanted else (0, tasks)
        return [low] * n, [high] * n
    if isinstance(wanted, Mapping):
        pairs = [wanted.get(text_of(level), (0, tasks)) for level in attribute.levels]
    else:
        pairs = [wanted] * n
    lows, highs = [low for low, _ in pairs], [min(high, tasks) for _, high in pairs]
    if not sum(lows) <= tasks <= sum(highs):
        raise DesignError(
            f"level_balance, {attribute.name!r}: the {n} levels occur between {sum(lows)} and {sum(highs)} "
            f"times in all; allowed: bounds that add up to the {tasks} tasks."
        )
    return lows, highs
