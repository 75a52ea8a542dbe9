"""Answers that come back: the file is recognised, read, and tied to the design that was fielded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from dce.choices import Choices
from dce.design.design import Design
from dce.errors import ChoicesError, listed
from dce.survey.answers import Answers, Duplicates, Unknown, tie
from dce.survey.flat_answers import read_flat, recognises_flat
from dce.survey.manifest import Manifest, make_manifest, read_manifest
from dce.survey.plain import read_plain
from dce.survey.response_file import ResponseFile, open_responses
from dce.survey.response_map import ResponseMap


@dataclass(frozen=True)
class Reader:
    """How the files of one platform are known, and read.

    Attributes
    ----------
    name : str
    recognises : function
        Whether a file is of this platform.
    read : function
        Takes the file, the manifest, and whether previews and tests are kept.
    """

    name: str
    recognises: Callable[[ResponseFile], bool]
    read: Callable[[ResponseFile, Manifest, bool], Answers]


READERS: tuple[Reader, ...] = (Reader("flat", recognises_flat, read_flat),)
"""Readers in the order in which they are asked; a file that none recognises is the plain one."""


def read_responses(
    path: str | Path | Sequence[str | Path],
    design: Design,
    manifest: str | Path | None = None,
    *,
    mapping: ResponseMap | str | Path | None = None,
    duplicates: Duplicates = "refuse",
    unknown: Unknown = "refuse",
    previews: bool = False,
) -> Choices:
    """Read the answers to a survey, whatever platform they come from.

    Parameters
    ----------
    path : path, or sequence of paths
        A response file, or several of the same kind, such as those of many tablets.
    design : Design
        That was fielded.
    manifest : path, optional
        The survey's ``manifest.json``, checked to belong to the design. Default: what the study says now.
    mapping : ResponseMap or path, optional
        What columns and answers mean, in a file with one row per respondent that no reader knows.
    duplicates : str, optional
        Of a respondent with several rows: ``"refuse"``, or keep the ``"first"`` or ``"last"`` and count.
    unknown : str, optional
        Of answers that mean nothing: ``"refuse"``, or take them for ``"missing"`` and count.
    previews : bool, optional
        Keep previews and test rows, which are dropped and counted otherwise.

    Returns
    -------
    Choices
        Its ``report`` tells what became of the rows, its ``checks`` holds answers to tasks besides the
        design. Unanswered tasks and rows without any answer are counted in ``left_out``.

    Raises
    ------
    ChoicesError
        Naming file, line, column, what was found and what is allowed.
    """
    for name, value, allowed in (
        ("duplicates", duplicates, ("refuse", "first", "last")),
        ("unknown", unknown, ("refuse", "missing")),
    ):
        if value not in allowed:
            raise ChoicesError(f"{name}: found {value!r}; allowed: {listed(allowed)}.")
    if isinstance(mapping, (str, Path)):
        mapping = ResponseMap.read(mapping)
    tied = read_manifest(manifest, design) if manifest is not None else make_manifest(design)
    paths = [path] if isinstance(path, (str, Path)) else list(path)
    if not paths:
        raise ChoicesError("path: found no file; allowed: one or more.")
    read = [_read(one, tied, mapping, previews) for one in paths]
    return tie(_together(read), design, tied, duplicates=duplicates, unknown=unknown)


def _read(path: str | Path, manifest: Manifest, mapping: ResponseMap | None, previews: bool) -> Answers:
    file = open_responses(path)
    if mapping is None:
        for reader in READERS:
            if reader.recognises(file):
                return reader.read(file, manifest, previews)
    if not file.records:
        raise file.error("is JSON of no survey that dce knows")
    return read_plain(file, manifest, mapping)


TABLES = ("chosen", "opt_out", "certainty", "seconds", "position", "places")


def _together(read: Sequence[Answers]) -> Answers:
    """Return the answers of several files as one, each row with its file.

    A row that stands in two files word for word, as when a tablet's answers were saved twice, is counted
    once.
    """
    if len(read) == 1:
        return read[0]
    kinds = sorted({answers.format for answers in read})
    if len(kinds) > 1:
        raise ChoicesError(f"{read[0].source} and others: found {listed(kinds)}; allowed: files of one kind.")
    first = read[0]
    tables: dict[str, pd.DataFrame | None] = {}
    for name in TABLES:
        parts = [getattr(answers, name) for answers in read]
        known = [part for part in parts if part is not None]
        tables[name] = None
        if known:
            columns = list(dict.fromkeys(column for part in known for column in part))
            filled = [
                part if part is not None else pd.DataFrame("", index=range(len(a.where)), columns=columns)
                for part, a in zip(parts, read, strict=True)
            ]
            tables[name] = pd.concat(filled, ignore_index=True).reindex(columns=columns).fillna("")
    names = list(dict.fromkeys(name for answers in read for name in answers.characteristics))
    dropped: dict[str, int] = {}
    for answers in read:
        for reason, count in answers.dropped.items():
            dropped[reason] = dropped.get(reason, 0) + count
    joined = Answers(
        source=", ".join(answers.source for answers in read) if len(read) < 4 else f"{len(read)} files",
        format=first.format,
        where=[f"{Path(a.source).name} {where}" for a in read for where in a.where],
        respondents=_joined([a.respondents for a in read], read),
        blocks=_joined([a.blocks for a in read], read),
        characteristics={
            name: [text for a in read for text in a.characteristics.get(name, [""] * len(a.where))]
            for name in names
        },
        finished=None if first.finished is None else [f for a in read for f in a.finished or ()],
        weights=_joined([a.weights for a in read], read),
        names={name: column for a in read for name, column in a.names.items()},
        decode=first.decode,
        missing=first.missing,
        rows=sum(answers.rows for answers in read),
        dropped=dropped,
        notes=list(dict.fromkeys(note for answers in read for note in answers.notes)),
        chosen=tables["chosen"] if tables["chosen"] is not None else first.chosen,
        **{name: tables[name] for name in TABLES[1:]},
    )
    return _without_copies(joined)


def _joined(lists: Sequence[list[str] | None], read: Sequence[Answers]) -> list[str] | None:
    if all(items is None for items in lists):
        return None
    return [text for items, a in zip(lists, read, strict=True) for text in items or [""] * len(a.where)]


def _without_copies(answers: Answers) -> Answers:
    if answers.respondents is None:
        return answers
    tables: dict[str, Any] = {name: getattr(answers, name) for name in TABLES}
    parts = [table for table in tables.values() if table is not None]
    whole = pd.concat([*parts, pd.DataFrame(dict(answers.characteristics))], axis=1)
    whole.columns = range(whole.shape[1])
    whole = whole.assign(respondent=answers.respondents)
    keep = [int(k) for k in (~whole.duplicated()).to_numpy().nonzero()[0]]
    copies = len(whole) - len(keep)
    if not copies:
        return answers

    def pick(items: list[str] | None) -> list[str] | None:
        return None if items is None else [items[k] for k in keep]

    for name, table in tables.items():
        tables[name] = None if table is None else table.iloc[keep].reset_index(drop=True)
    return replace(
        answers,
        where=[answers.where[k] for k in keep],
        respondents=pick(answers.respondents),
        blocks=pick(answers.blocks),
        weights=pick(answers.weights),
        finished=None if answers.finished is None else [answers.finished[k] for k in keep],
        characteristics={name: [texts[k] for k in keep] for name, texts in answers.characteristics.items()},
        dropped={**answers.dropped, "rows that stand in two files word for word": copies},
        **tables,
    )
