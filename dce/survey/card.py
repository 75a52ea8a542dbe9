"""The choice card: what a respondent sees of one task. Every place that a survey goes to shows it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dce.attributes import Attribute
from dce.design.design import Design
from dce.formula import ALTERNATIVE


@dataclass(frozen=True)
class Row:
    """One attribute on a card: its label, and a text for every alternative that is a service."""

    attribute: str
    label: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Card:
    """One task as a respondent sees it.

    Attributes
    ----------
    tag : str
        Name of the task in survey platforms and response files, such as ``"b1_t3"``.
    block, task : int
        As in the design; tasks are numbered through all blocks.
    position : int
        Place in the block, from 1.
    question : str
    alternatives : tuple of str
        Names of the alternatives in the order of the card, the opt-out last.
    labels : tuple of str
        What respondents see of each.
    services : int
        How many of the alternatives are services, with a column of levels.
    rows : tuple of Row
        Empty cells where an alternative does not have the attribute.
    """

    tag: str
    block: int
    task: int
    position: int
    question: str
    alternatives: tuple[str, ...]
    labels: tuple[str, ...]
    services: int
    rows: tuple[Row, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The code of each alternative in response files: ``"1"``, ``"2"`` ... as on the card."""
        return tuple(str(number) for number in range(1, len(self.alternatives) + 1))


def cards(design: Design) -> tuple[Card, ...]:
    """Return the cards of a design, block by block."""
    study = design.study
    made = []
    for block, of_block in design.frame.groupby("block", sort=True):
        for position, (task, rows) in enumerate(of_block.groupby("task", sort=True), 1):
            services = rows.iloc[: len(study.alternatives)]
            made.append(
                Card(
                    tag=f"b{block}_t{position}",
                    block=int(str(block)),
                    task=int(str(task)),
                    position=position,
                    question=study.question,
                    alternatives=tuple(rows[ALTERNATIVE]),
                    labels=tuple(alternative.label for alternative in study.all_alternatives),
                    services=len(services),
                    rows=tuple(_row(attribute, services) for attribute in study.attributes),
                )
            )
    return tuple(made)


def _row(attribute: Attribute, services: pd.DataFrame) -> Row:
    label = dict(zip(attribute.levels, attribute.labels, strict=True))
    cells = ("" if pd.isna(level) else label[level] for level in services[attribute.name])
    return Row(attribute.name, attribute.label, tuple(cells))
