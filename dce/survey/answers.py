"""Answers as a reader takes them from a file.

Every reader (plain, flat ...) only says which cell belongs to which task; what the cells mean is decided
once, in :mod:`dce.survey.tie`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from dce.cell_texts import EMPTY
from dce.errors import ChoicesError, listed

TABLES = ("chosen", "opt_out", "certainty", "seconds", "position", "places")
"""The fields of answers with one cell for each respondent and task."""
OF_TASKS = TABLES[1:]
"""What may be recorded of a task besides the choice, in columns such as ``t1_seconds``."""


@dataclass(frozen=True)
class Answers:
    """What a response file says, one entry for each respondent in every list and table.

    Attributes
    ----------
    source : str
        The file, for messages.
    format : str
        What it was taken for.
    where : list of str
        Where each respondent stands in the file, such as ``"line 7"``.
    respondents : list of str or None
        None where the file does not name them: they are numbered.
    blocks : list of str or None
        The recorded block; empty where it is not. None: the block follows from the tasks answered.
    chosen : pandas.DataFrame of str
        Columns are tags; code, name or label of the alternative, empty where there is none.
    opt_out, certainty, seconds, position : pandas.DataFrame of str or None
        Columns are tags: the second question's code (``"1"`` takes the service, ``"2"`` the opt-out) or
        label; 0 to 10; seconds; place in the order of the screen, from 1.
    places : pandas.DataFrame of str or None
        Columns are tags: the alternatives' names in the order of the screen, with ``|`` between.
    characteristics : mapping of str to list of str
        Answers to questions by name, ``attended_`` with an attribute, and whatever else is known.
    finished : list of bool or None
        Whether the file says that they sent off; None where it does not say.
    weights : list of str or None
    sessions : list of str or None
        What is the same of a record in every file that holds it, where the place gives records such a mark.
    names : mapping of str to str
        Name of the column in the file of each tag, ``"respondent"``, ``"block"`` or characteristic, for
        messages; by default the name itself.
    written : mapping of str to mapping of str to str
        What a column of the file, by its name there, writes for each code, for messages; by default the code.
    decode : mapping of str to str
        Further texts of answers, to the names of alternatives; replaces codes, names and labels.
    missing : sequence of str
        Texts that mean no answer.
    rows : int
        Rows of respondents in the file, with those dropped.
    dropped : mapping of str to int
        Rows that the reader left out, by reason.
    notes : sequence of str
    """

    source: str
    format: str
    where: list[str]
    respondents: list[str] | None
    blocks: list[str] | None
    chosen: pd.DataFrame
    opt_out: pd.DataFrame | None = None
    certainty: pd.DataFrame | None = None
    seconds: pd.DataFrame | None = None
    position: pd.DataFrame | None = None
    places: pd.DataFrame | None = None
    characteristics: Mapping[str, list[str]] = field(default_factory=dict)
    finished: list[bool] | None = None
    weights: list[str] | None = None
    sessions: list[str] | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    written: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    decode: Mapping[str, str] = field(default_factory=dict)
    missing: Sequence[str] = EMPTY
    rows: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    @property
    def name(self) -> str:
        """The file without its folder, or the files."""
        return ", ".join(Path(part).name for part in self.source.split(", "))

    def of_rows(self, rows: Sequence[int]) -> Answers:
        """Return the answers of some respondents, in the order of ``rows``."""

        def pick(items: Any) -> Any:
            return None if items is None else [items[k] for k in rows]

        tables = {name: getattr(self, name) for name in TABLES}
        kept: dict[str, Any] = {
            name: None if table is None else table.iloc[list(rows)].reset_index(drop=True)
            for name, table in tables.items()
        }
        return replace(
            self,
            where=pick(self.where),
            respondents=pick(self.respondents),
            blocks=pick(self.blocks),
            finished=pick(self.finished),
            weights=pick(self.weights),
            sessions=pick(self.sessions),
            characteristics={name: pick(texts) for name, texts in self.characteristics.items()},
            **kept,
        )

    def error(self, row: int, problem: str) -> ChoicesError:
        """Return the error that says file, row and problem."""
        return ChoicesError(f"{self.source}, {self.where[row]}: {problem}.")

    def column(self, name: str) -> str:
        """Return what the file calls a column."""
        return self.names.get(name, name)


def together(read: Sequence[Answers]) -> Answers:
    """Return the answers of several files as one, each row with its file.

    A row that stands in two files word for word, as when a tablet's answers were saved twice, is kept
    once, and counted. So is a record that had gone further when a later file was saved.

    Raises
    ------
    ChoicesError
        If the files are of several kinds.
    """
    if len(read) == 1:
        return read[0]
    kinds = sorted({answers.format for answers in read})
    if len(kinds) > 1:
        raise ChoicesError(f"{read[0].source} and others: found {listed(kinds)}; allowed: files of one kind.")
    names = list(dict.fromkeys(name for answers in read for name in answers.characteristics))
    reasons = list(dict.fromkeys(reason for answers in read for reason in answers.dropped))
    tables: dict[str, Any] = {name: _stacked(name, read) for name in TABLES}
    joined = replace(
        read[0],
        source=", ".join(answers.source for answers in read) if len(read) < 4 else f"{len(read)} files",
        where=[f"{Path(answers.source).name} {where}" for answers in read for where in answers.where],
        respondents=_joined("respondents", read),
        blocks=_joined("blocks", read),
        weights=_joined("weights", read),
        sessions=_joined("sessions", read),
        finished=None if read[0].finished is None else [f for a in read for f in a.finished or ()],
        characteristics={
            name: [text for a in read for text in a.characteristics.get(name, [""] * len(a.where))]
            for name in names
        },
        names={name: column for answers in read for name, column in answers.names.items()},
        rows=sum(answers.rows for answers in read),
        dropped={reason: sum(a.dropped.get(reason, 0) for a in read) for reason in reasons},
        notes=list(dict.fromkeys(note for answers in read for note in answers.notes)),
        **tables,
    )
    file = [k for k, answers in enumerate(read) for _ in answers.where]
    return _without_earlier_states(*_without_copies(joined, file))


def _stacked(name: str, read: Sequence[Answers]) -> pd.DataFrame | None:
    tables = [getattr(answers, name) for answers in read]
    if all(table is None for table in tables):
        return None
    columns = list(dict.fromkeys(c for table in tables if table is not None for c in table))
    whole = [
        pd.DataFrame("", index=range(len(answers.where)), columns=columns, dtype=object)
        if table is None
        else table
        for table, answers in zip(tables, read, strict=True)
    ]
    stacked: pd.DataFrame = pd.concat(whole, ignore_index=True).reindex(columns=columns).fillna("")
    return stacked


def _joined(name: str, read: Sequence[Answers]) -> list[str] | None:
    lists = [getattr(answers, name) for answers in read]
    if all(items is None for items in lists):
        return None
    return [text for items, a in zip(lists, read, strict=True) for text in items or [""] * len(a.where)]


def _without_copies(answers: Answers, file: Sequence[int]) -> tuple[Answers, list[int]]:
    """Leave out rows that an earlier file has word for word; return the files of the others, too."""
    if answers.respondents is None:
        return answers, list(file)
    parts = [getattr(answers, name) for name in TABLES]
    lists = {"respondent": answers.respondents, "block": answers.blocks, "weight": answers.weights}
    known = {name: items for name, items in lists.items() if items is not None}
    characteristics = pd.DataFrame(dict(answers.characteristics), index=range(len(file)))
    whole = pd.concat([*(p for p in parts if p is not None), characteristics, pd.DataFrame(known)], axis=1)
    whole.columns = range(whole.shape[1])
    copies = whole.duplicated() & ~whole.assign(file=file).duplicated()
    return _kept(answers, file, copies.tolist(), "rows that stand in two files word for word")


def _without_earlier_states(answers: Answers, file: Sequence[int]) -> Answers:
    """Leave out what a record was before it had gone further in another file."""
    if answers.sessions is None:
        return answers
    answered = (answers.chosen != "").sum(axis=1).to_numpy()
    finished = answers.finished or [False] * len(file)
    rank = [(finished[k], int(answered[k]), file[k]) for k in range(len(file))]
    last: dict[str, int] = {}
    for k, session in enumerate(answers.sessions):
        if session and (session not in last or rank[k] > rank[last[session]]):
            last[session] = k
    earlier = [bool(session) and file[k] != file[last[session]] for k, session in enumerate(answers.sessions)]
    return _kept(answers, file, earlier, "rows of records that had gone further in another file")[0]


def _kept(
    answers: Answers, file: Sequence[int], gone: Sequence[bool], reason: str
) -> tuple[Answers, list[int]]:
    """Leave out and count rows; return the files of the others, too."""
    if not any(gone):
        return answers, list(file)
    rows = [k for k, out in enumerate(gone) if not out]
    kept = replace(answers.of_rows(rows), dropped={**answers.dropped, reason: sum(gone)})
    return kept, [file[k] for k in rows]
