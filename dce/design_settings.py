"""What a study says once of its design: how many tasks, and which rules they keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dce.attributes import Attribute, refusal
from dce.errors import StudyError, listed, plain

Counts = tuple[int, int]
"""Least and most tasks."""
LevelCounts = bool | Counts | Mapping[str, Counts]
"""Of an attribute: balanced or free; bounds for each of its levels; or for those that are named."""
LevelBalance = bool | Mapping[str, LevelCounts]
"""True: within each alternative, counts of the levels of an attribute differ by one at most. False:
levels are free. A mapping says it by attribute; those that it does not name are balanced."""

COUNTS = "least and most tasks, such as [2, 6]"


@dataclass(frozen=True)
class DesignSettings:
    """How the design is made, unless ``make_design`` is told otherwise.

    Parameters
    ----------
    tasks, blocks, seed : int, optional
    level_balance : bool or mapping, optional
        True: every level equally often within each alternative, counts within one. False: levels are
        free. A mapping bounds counts, ``{"wait": (2, 6)}``, or those of some levels,
        ``{"mode": {"class": (2, 4)}}``, or frees an attribute, ``{"wait": False}``; attributes that it
        does not name are balanced.
    dominated : bool, optional
        Whether a service may be better than its rival in everything.
    overlap : (int, int), optional
        Least and most attributes that show the same level in all services of a task.
    repeated : bool, optional
        Whether a task may occur twice, also with its services in another order.

    Examples
    --------
    >>> DesignSettings(level_balance={"wait": [2, 6]}, overlap=[0, 1]).level_balance
    {'wait': (2, 6)}
    """

    tasks: int = 16
    blocks: int = 1
    seed: int = 1
    level_balance: LevelBalance = True
    dominated: bool = True
    overlap: Counts | None = None
    repeated: bool = False

    def __post_init__(self) -> None:
        for name, least in (("tasks", 1), ("blocks", 1), ("seed", 0)):
            value = getattr(self, name)
            if not _is_whole(value) or value < least:
                raise refusal(name, value, f"a whole number of at least {least}")
            object.__setattr__(self, name, int(value))
        if self.blocks > self.tasks:
            raise refusal("blocks", self.blocks, f"at most the number of tasks, {self.tasks}")
        object.__setattr__(self, "level_balance", level_balance_of(self.level_balance))
        for name in ("dominated", "repeated"):
            if not isinstance(getattr(self, name), bool):
                raise refusal(name, getattr(self, name), "true or false")
        if self.overlap is not None:
            allowed = "least and most attributes that services share the level of, such as [0, 2]"
            object.__setattr__(self, "overlap", _counts("overlap", self.overlap, allowed))

    def check_fit(self, attributes: Sequence[Attribute], alternatives: Sequence[str], labelled: bool) -> None:
        """Refuse rules that speak of what a study does not have.

        Parameters
        ----------
        attributes : sequence of Attribute
        alternatives : sequence of str
            All but the opt-out.
        labelled : bool
        """
        if isinstance(self.level_balance, Mapping):
            names = [attribute.name for attribute in attributes]
            for name in self.level_balance:
                if name not in names:
                    raise refusal("level_balance", name, f"the attributes {listed(names, 40)}")
            for attribute in attributes:
                _check_levels(attribute, self.level_balance.get(attribute.name, True))
        if not self.dominated and labelled:
            allowed = "true, because alternatives that are labelled do not dominate one another"
            raise refusal("dominated", False, allowed)
        if self.overlap is not None:
            shared = sum(len(a.alternatives or alternatives) > 1 for a in attributes)
            if self.overlap[1] > shared:
                allowed = f"at most {shared}, the attributes that two alternatives or more have"
                raise refusal("overlap", list(self.overlap), allowed)


def level_balance_of(value: object) -> LevelBalance:
    """Return a level balance with pairs for lists, and levels by their text.

    Raises
    ------
    StudyError
        If it is none.
    """
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if not isinstance(value, Mapping):
        raise refusal("level_balance", value, "true, false, or a table of attributes")
    return {name: _level_counts(f"level_balance, {name!r}", counts) for name, counts in value.items()} or True


def text_of(level: object) -> str:
    """Return the text of a level, by which level balance names it."""
    return plain(level) if isinstance(level, (int, float)) else str(level)


def _level_counts(key: str, value: object) -> LevelCounts:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, Mapping):
        if not value:
            raise refusal(key, {}, f"levels with {COUNTS}")
        return {text_of(level): _counts(f"{key}, {level!r}", pair, COUNTS) for level, pair in value.items()}
    return _counts(key, value, f"true, false, {COUNTS}, or those by level")


def _counts(key: str, value: Any, allowed: str) -> Counts:
    is_pair = isinstance(value, (tuple, list)) and len(value) == 2 and all(map(_is_whole, value))
    if not is_pair or not 0 <= value[0] <= value[1]:
        raise refusal(key, list(value) if isinstance(value, tuple) else value, allowed)
    return int(value[0]), int(value[1])


def _is_whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)


def _check_levels(attribute: Attribute, counts: LevelCounts) -> None:
    if not isinstance(counts, Mapping):
        return
    texts = [text_of(level) for level in attribute.levels]
    unknown = [level for level in counts if level not in texts]
    if unknown:
        raise StudyError(
            f"level_balance, {attribute.name!r}: found {listed(unknown)}; allowed: the levels "
            f"{listed(attribute.levels, 20)}."
        )
