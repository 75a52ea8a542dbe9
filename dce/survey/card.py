"""The choice card: what a respondent sees of one task. Every place that a survey goes to shows it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dce.attributes import Attribute
from dce.formula import ALTERNATIVE
from dce.study import Study


@dataclass(frozen=True)
class Row:
    """One attribute on a card: its label, and a text for every alternative that is a service.

    Attributes
    ----------
    attribute, label : str
    cells : tuple of str
        Empty where an alternative does not have the attribute.
    differs : bool
        Whether the services that have the attribute differ in it.
    icon : str
        Name of the drawing beside the label, or empty; see :mod:`dce.icons`.
    icons : tuple of str
        Names of the drawings beside the cells, or empty.
    definition : str
        What the attribute means; empty where the study does not say.
    """

    attribute: str
    label: str
    cells: tuple[str, ...]
    differs: bool
    icon: str
    icons: tuple[str, ...]
    definition: str


@dataclass(frozen=True)
class Card:
    """One task as a respondent sees it.

    Attributes
    ----------
    tag : str
        Name of the task in survey platforms and response files: the block, and ``t``, ``w``, ``d`` or
        ``r`` (task of the design, warm-up, dominance, repeat) with a number, such as ``"b1_t3"``.
    block : int
    task : int or None
        Number in the design, through all blocks; None for a task besides the design.
    position : int
        Place in the block as the survey shows it in order, from 1.
    kind : str
        ``"design"``, ``"warm-up"``, ``"dominance"`` or ``"repeat"``.
    heading : str
        Such as "Card 3 of 8".
    question : str
    alternatives : tuple of str
        Names of the alternatives in the order of the card, the opt-out last.
    labels : tuple of str
        What respondents see of each.
    services : int
        How many of the alternatives are services, with a column of levels.
    rows : tuple of Row
    repeats : str or None
        The tag of the task that a repeat asks again.
    expected : str or None
        The better alternative of a dominance task.
    """

    tag: str
    block: int
    task: int | None
    position: int
    kind: str
    heading: str
    question: str
    alternatives: tuple[str, ...]
    labels: tuple[str, ...]
    services: int
    rows: tuple[Row, ...]
    repeats: str | None = None
    expected: str | None = None

    @property
    def codes(self) -> tuple[str, ...]:
        """The code of each alternative in response files: ``"1"``, ``"2"`` ... as on the card."""
        return tuple(str(number) for number in range(1, len(self.alternatives) + 1))


def card_rows(frame: pd.DataFrame, study: Study) -> tuple[Row, ...]:
    """Return the rows of a card, from the rows of a task in a long frame, one for each alternative."""
    services = frame.iloc[: len(study.alternatives)]
    return tuple(_row(attribute, services) for attribute in study.attributes)


def _row(attribute: Attribute, services: pd.DataFrame) -> Row:
    labels = dict(zip(attribute.levels, attribute.labels, strict=True))
    icons = dict(zip(attribute.levels, attribute.icons or [""] * len(attribute.levels), strict=True))
    levels = [None if pd.isna(level) else level for level in services[attribute.name]]
    return Row(
        attribute=attribute.name,
        label=attribute.label,
        cells=tuple("" if level is None else labels[level] for level in levels),
        differs=len({level for level in levels if level is not None}) > 1,
        icon=attribute.icon,
        icons=tuple("" if level is None else icons[level] for level in levels),
        definition=attribute.definition.strip(),
    )


def alternative_names(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the alternatives of a task in the order of its rows."""
    return tuple(frame[ALTERNATIVE])
