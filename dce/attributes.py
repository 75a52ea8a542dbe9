"""The parts of a study: attributes and alternatives."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from formulaic.transforms import TRANSFORMS

from dce.errors import StudyError, listed, plain, quoted
from dce.icons import ICONS

RESERVED = frozenset(
    {
        *("block", "task", "alternative", "respondent", "chosen", "available", "weight"),
        *("constants", "constant", "scenario", "service", "position", "np", "Q", "I"),
        *("seconds", "certainty", "forced", "screen_place"),
    }
)
"""Names that have a meaning in long frames and formulas, besides formulaic's functions."""

Level = int | float | str


def refusal(key: str, found: object, allowed: str) -> StudyError:
    """Return the error that says which key, what was found and what is allowed."""
    return StudyError(f"{key}: found {quoted(found)}; allowed: {allowed}.")


@dataclass(frozen=True)
class Attribute:
    """A property of a service, with its levels.

    Parameters
    ----------
    name : str
        Its column in long frames and its name in formulas.
    levels : sequence of numbers, or of str
        Numbers make the attribute numeric (linear in utility), words categorical; the first level
        of a categorical attribute is its reference.
    label : str, optional
        What respondents and readers of tables see. Default: the name.
    unit : str, optional
        Of a numeric attribute, in the plural, such as ``"weeks"``.
    labels : sequence of str, optional
        What respondents see of each level. Default: the level and its unit.
    alternatives : sequence of str, optional
        The alternatives that have the attribute. Default: all but the opt-out.
    definition : str, optional
        An explanation for respondents.
    better : str, optional
        ``"first"`` or ``"last"``, if the levels are in order and people prefer that end of them.
        Default: what the priors say.
    icon : str, optional
        Name of a drawing beside the label, one of :data:`dce.icons.ICONS`.
    icons : sequence of str, optional
        Names of drawings beside the levels, ``""`` for none.

    Examples
    --------
    >>> Attribute("wait", [2, 4], unit="weeks").labels
    ('2 weeks', '4 weeks')
    """

    name: str
    levels: Sequence[Level]
    label: str = ""
    unit: str | None = None
    labels: Sequence[str] = ()
    alternatives: Sequence[str] = ()
    definition: str = ""
    better: Literal["first", "last"] | None = None
    icon: str = ""
    icons: Sequence[str] = ()

    def __post_init__(self) -> None:
        for text in ("levels", "labels", "alternatives", "icons"):
            value = getattr(self, text)
            if isinstance(value, str) or not isinstance(value, Sequence):
                raise refusal(f"attribute {self.name!r}, {text}", value, "a list")
            items = (item.item() if isinstance(item, np.generic) else item for item in value)
            object.__setattr__(self, text, tuple(items))
        check_texts(f"attribute {self.name!r}", self, ("name", "label", "definition"))
        key = f"attribute {self.name!r}"
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", self.name):
            raise refusal(key, self.name, "a name of letters, digits and _, not starting with a digit")
        if self.name in RESERVED or self.name in TRANSFORMS or keyword.iskeyword(self.name):
            allowed = "a name with no meaning of its own in long frames, formulas and Python"
            raise refusal(key, self.name, allowed)
        self._check_levels(key)
        if self.unit is not None and not self.is_numeric:
            raise refusal(f"{key}, unit", self.unit, "no unit, because the levels are words")
        if self.unit is not None and not (isinstance(self.unit, str) and self.unit.strip()):
            raise refusal(f"{key}, unit", self.unit, "a text such as 'weeks', or no unit")
        if self.labels and len(self.labels) != len(self.levels):
            raise refusal(f"{key}, labels", list(self.labels), f"{len(self.levels)} labels, one a level")
        if not all(isinstance(label, str) and label.strip() for label in self.labels):
            raise refusal(f"{key}, labels", list(self.labels), "texts that are not empty")
        check_distinct(f"{key}, labels", self.labels)
        if self.better not in ("first", "last", None):
            raise refusal(
                f"{key}, better", self.better, "'first' or 'last', the end of its levels that people prefer"
            )
        self._check_icons(key)
        if not self.label:
            object.__setattr__(self, "label", self.name)
        if not self.labels:
            unit = f" {self.unit}" if self.unit else ""
            names = (f"{plain(x)}{unit}" if isinstance(x, (int, float)) else x for x in self.levels)
            object.__setattr__(self, "labels", tuple(names))

    def _check_icons(self, key: str) -> None:
        if self.icons and len(self.icons) != len(self.levels):
            raise refusal(f"{key}, icons", list(self.icons), f"{len(self.levels)} icons, one a level")
        for icon in (self.icon, *self.icons):
            if icon not in ("", *ICONS):
                raise refusal(f"{key}, icon", icon, listed(ICONS, 40))

    def _check_levels(self, key: str) -> None:
        if len(self.levels) < 2:
            raise refusal(f"{key}, levels", list(self.levels), "at least two levels")
        kinds = {type(level) for level in self.levels}
        if not (kinds <= {int, float} or kinds == {str}):
            raise refusal(f"{key}, levels", list(self.levels), "all numbers, or all words")
        if any(not isinstance(level, str) and not abs(level) < 1e300 for level in self.levels):
            raise refusal(f"{key}, levels", list(self.levels), "finite numbers")
        if any(isinstance(level, str) and not level.strip() for level in self.levels):
            raise refusal(f"{key}, levels", list(self.levels), "levels that are not empty")
        if any(isinstance(level, str) and "\r" in level for level in self.levels):
            raise refusal(f"{key}, levels", list(self.levels), "levels without carriage returns")
        check_distinct(f"{key}, levels", self.levels)

    @property
    def is_numeric(self) -> bool:
        """Whether the levels are numbers."""
        return not isinstance(self.levels[0], str)

    @property
    def heading(self) -> str:
        """The label with the unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


@dataclass(frozen=True)
class Alternative:
    """One of the options on a choice card.

    Parameters
    ----------
    name : str
        Its name in long frames.
    label : str, optional
        What respondents see. Default: the name.
    constant : bool, optional
        Whether its utility has a constant.
    """

    name: str
    label: str = ""
    constant: bool = False

    def __post_init__(self) -> None:
        check_texts(f"alternative {self.name!r}", self, ("name", "label"))
        if not self.name.strip():
            raise refusal("alternative, name", self.name, "a text that is not empty")
        if not isinstance(self.constant, bool):
            raise refusal(f"alternative {self.name!r}, constant", self.constant, "true or false")
        if not self.label:
            object.__setattr__(self, "label", self.name)


def check_texts(key: str, part: object, names: Iterable[str]) -> None:
    """Refuse what is not a text."""
    for name in names:
        value = getattr(part, name)
        if not isinstance(value, str):
            raise refusal(f"{key}, {name}", value, "a text")


def check_distinct(key: str, values: Sequence[object]) -> None:
    """Refuse what occurs twice."""
    for k, value in enumerate(values):
        if value in values[:k]:
            raise StudyError(f"{key}: found {quoted(value)} twice; allowed: once.")
