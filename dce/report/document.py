"""A report before it is written: sections of paragraphs, tables and figures, whatever file it becomes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dce.errors import ReportError
from dce.table import Table


@dataclass(frozen=True)
class Paragraph:
    """Sentences in plain words."""

    text: str


@dataclass(frozen=True)
class Points:
    """A list of short statements."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class NamedTable:
    """A table, and the name of the files that hold it."""

    name: str
    table: Table


@dataclass(frozen=True)
class Figure:
    """A figure, and the name of the files that hold it.

    Attributes
    ----------
    name : str
    caption : str
    alt : str
        What those who cannot see the figure need to know of it.
    svg : str
    png : bytes
    """

    name: str
    caption: str
    alt: str
    svg: str
    png: bytes


Part = Paragraph | Points | NamedTable | Figure


@dataclass(frozen=True)
class Section:
    """A part of a report under a heading of its own."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Report:
    """The report of a study.

    Attributes
    ----------
    title : str
    lines : tuple of str
        Below the title: who answered, when this was made, by which versions.
    sections : tuple of Section

    Raises
    ------
    ReportError
        If a section is empty, or two tables or figures have one name.
    """

    title: str
    lines: tuple[str, ...]
    sections: tuple[Section, ...]

    def __post_init__(self) -> None:
        for section in self.sections:
            if not section.parts:
                raise ReportError(f"report, {section.title!r}: the section is empty.")
        names = [*(part.name for part in self.tables()), *(part.name for part in self.figures())]
        for name in names:
            if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name):
                raise ReportError(f"report: {name!r} is no name of a file; allowed: a-z, 0-9, _ and -.")
            if names.count(name) > 1:
                raise ReportError(f"report: the name {name!r} occurs twice.")

    def tables(self) -> Iterator[NamedTable]:
        """Return the tables in their order."""
        return (part for s in self.sections for part in s.parts if isinstance(part, NamedTable))

    def figures(self) -> Iterator[Figure]:
        """Return the figures in their order."""
        return (part for s in self.sections for part in s.parts if isinstance(part, Figure))
