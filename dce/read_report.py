"""What became of the rows of a response file: the flow of respondents that a paper reports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from dce.errors import listed
from dce.table import Table, html_of


@dataclass(frozen=True)
class ReadReport:
    """What was read from response files, what was not, and why.

    Attributes
    ----------
    source : str
        The file or files.
    format : str
        What they were taken for, such as ``"Qualtrics CSV with 3 header rows, answers as codes"``.
    rows : int
        Rows of respondents in the file.
    dropped : mapping of str to int
        Rows that were left out, by reason.
    respondents : pandas.DataFrame
        One row for each respondent who answered: ``respondent``, ``block``, ``answered`` and ``tasks``
        (of the design), ``finished``, and ``where`` in the file.
    tasks : pandas.DataFrame
        One row for each task: index ``tag``, columns ``block``, ``kind``, ``answered``, ``unanswered``
        by respondents of the block who answered something.
    unknown : mapping of str to int
        Answers that mean nothing, as ``"b1_t1: 'C'"``, that were counted as missing on request.
    duplicates : mapping of str to int
        Respondents with several rows, and how many of these were left out on request.
    notes : sequence of str
        What else is worth knowing, such as that the order of tasks was not recorded.
    """

    source: str
    format: str
    rows: int
    dropped: Mapping[str, int]
    respondents: pd.DataFrame
    tasks: pd.DataFrame
    unknown: Mapping[str, int] = field(default_factory=dict)
    duplicates: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def finished(self) -> int:
        """Respondents who answered all tasks of their block, and sent off where the file says so."""
        return int(self.respondents["finished"].sum())

    @property
    def partial(self) -> int:
        """Respondents with answers who did not finish."""
        return len(self.respondents) - self.finished

    @property
    def blocks(self) -> dict[int, int]:
        """Respondents of each block."""
        counts = self.respondents["block"].value_counts().sort_index()
        return {int(str(block)): int(count) for block, count in counts.items()}

    def flow(self) -> Table:
        """Return the flow of respondents from the rows of the file to the answers."""
        steps = {"Rows in the file": self.rows}
        steps |= {f"left out: {reason}": -count for reason, count in self.dropped.items() if count}
        steps |= {"Respondents": len(self.respondents), "finished": self.finished, "partial": self.partial}
        steps |= {f"block {block}": count for block, count in self.blocks.items()}
        frame = pd.DataFrame({"count": list(steps.values())}, index=list(steps))
        return Table("Flow of respondents", frame, notes=tuple(self.notes))

    def task_table(self) -> Table:
        """Return how often each task was answered."""
        return Table("Answers to each task", self.tasks)

    def __str__(self) -> str:
        of_blocks = ", ".join(f"{block}: {count:,d}" for block, count in self.blocks.items())
        lines = [
            f"Read {self.source} as {self.format}.",
            f"{self.rows:,d} rows: {len(self.respondents):,d} respondents, of whom {self.finished:,d} "
            f"finished and {self.partial:,d} answered in part.",
            f"Respondents by block: {of_blocks}.",
        ]
        lines += [f"Left out: {count:,d} {reason}." for reason, count in self.dropped.items() if count]
        lines += [f"Unknown: {value}, {count:,d} times." for value, count in self.unknown.items()]
        if self.duplicates:
            lines.append(f"Duplicates: {listed(self.duplicates)}.")
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        return html_of(str(self).splitlines(), [self.task_table()])
