"""The parts of a report on pages: what stands upright, and what needs a page on its side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from dce.report.document import Figure, NamedTable, Paragraph, Points, Report
from dce.report.grid import Grid, grid_of
from dce.report.page_layout import TableLayout, table_layout


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    text: str


@dataclass(frozen=True)
class SetTable:
    """A table, and how it stands on the page."""

    grid: Grid
    layout: TableLayout


Block = Heading | Paragraph | Points | SetTable | Figure


@dataclass(frozen=True)
class Run:
    """What follows one another on pages of one direction."""

    sideways: bool
    blocks: tuple[Block, ...]


def runs(report: Report) -> tuple[Run, ...]:
    """Return a report as runs of pages; a heading stands where the first part of its section does."""
    placed = groupby(_placed(report), key=lambda pair: pair[0])
    return tuple(Run(sideways, tuple(block for _, block in pairs)) for sideways, pairs in placed)


def _placed(report: Report) -> Iterator[tuple[bool, Block]]:
    for section in report.sections:
        blocks = [_set(part) if isinstance(part, NamedTable) else part for part in section.parts]
        sideways = [isinstance(block, SetTable) and block.layout.sideways for block in blocks]
        yield sideways[0], Heading(section.title)
        yield from zip(sideways, blocks, strict=True)


def _set(part: NamedTable) -> SetTable:
    grid = grid_of(part.table)
    return SetTable(grid, table_layout(grid))
