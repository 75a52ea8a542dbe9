"""Answers that come back: the file is recognised, read, and tied to the design that was fielded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dce.choices import Choices
from dce.design.design import Design
from dce.errors import ChoicesError, listed
from dce.survey.answers import Answers, together
from dce.survey.decoding import Unknown
from dce.survey.entry_answers import read_entry, recognises_entry
from dce.survey.flat_answers import read_flat, recognises_flat
from dce.survey.limesurvey_answers import read_limesurvey, recognises_limesurvey
from dce.survey.manifest import Manifest, make_manifest, read_manifest
from dce.survey.offline_answers import read_offline, recognises_offline
from dce.survey.plain import read_plain
from dce.survey.qualtrics_answers import read_qualtrics, recognises_qualtrics
from dce.survey.redcap_answers import read_redcap, recognises_redcap
from dce.survey.response_file import ResponseFile, open_responses
from dce.survey.response_map import ResponseMap
from dce.survey.sawtooth_answers import read_sawtooth, recognises_sawtooth
from dce.survey.surveyjs_answers import read_surveyjs, recognises_surveyjs
from dce.survey.tie import Duplicates, tie


@dataclass(frozen=True)
class Reader:
    """How the files of one platform are known, and read.

    Attributes
    ----------
    recognises : function
        Whether a file is of this platform.
    read : function
    """

    recognises: Callable[[ResponseFile], bool]
    read: Callable[[ResponseFile, Manifest], Answers]


READERS: tuple[Reader, ...] = (
    Reader(recognises_entry, read_entry),
    Reader(recognises_offline, read_offline),
    Reader(recognises_flat, read_flat),
    Reader(recognises_surveyjs, read_surveyjs),
    Reader(recognises_sawtooth, read_sawtooth),
    Reader(recognises_limesurvey, read_limesurvey),
    Reader(recognises_redcap, read_redcap),
    Reader(recognises_qualtrics, read_qualtrics),
)
"""Readers in the order in which they are asked; a file that none recognises is the plain one."""


def read_responses(
    path: str | Path | Sequence[str | Path],
    design: Design,
    manifest: str | Path | None = None,
    *,
    mapping: ResponseMap | str | Path | None = None,
    duplicates: Duplicates = "refuse",
    unknown: Unknown = "refuse",
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
    read = [_read(one, tied, mapping) for one in paths]
    return tie(together(read), design, tied, duplicates=duplicates, unknown=unknown)


def _read(path: str | Path, manifest: Manifest, mapping: ResponseMap | None) -> Answers:
    file = open_responses(path)
    if mapping is None:
        for reader in READERS:
            if reader.recognises(file):
                return reader.read(file, manifest)
    _refuse_definitions(file)
    if file.sheets is not None and not file.records:
        raise file.error(
            f"sheet {next(iter(file.sheets))!r} is empty; allowed: the answers on the first sheet"
        )
    if not file.records:
        raise file.error(
            "is JSON of no survey that dce knows; allowed: what its offline survey or SurveyJS saved"
        )
    return read_plain(file, manifest, mapping)


def _refuse_definitions(file: ResponseFile) -> None:
    """Refuse what says how a survey is made, which is easily given instead of its answers."""
    content = file.content if isinstance(file.content, dict) else {}
    header = set(file.header)
    words = {
        "the manifest of a survey": str(content.get("schema", "")).startswith("dce-manifest/"),
        "the definition of a Qualtrics survey": "SurveyElements" in content,
        "the definition of a SurveyJS survey": "pages" in content,
        "the structure of a LimeSurvey survey": header >= {"class", "type/scale"},
        "the data dictionary of a REDCap project": "Variable / Field Name" in header,
        "the design of a study": header >= {"task", "alternative"} and not header & {"respondent", "chosen"},
    }
    for what, found in words.items():
        if found:
            raise file.error(f"is {what}; allowed: the answers to it")
