"""Exports of Qualtrics as tables: which rows are headers, and what each column is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from dce.survey.manifest import Manifest
from dce.survey.qualtrics_ids import question_numbers
from dce.survey.response_file import ResponseFile

IMPORT_ID = re.compile(r"""^\s*\{.*?['"]ImportId['"]\s*:\s*['"]([^'"]*)['"]""", re.DOTALL)
"""Early exports have single quotes here."""
CHOICE_ID = re.compile(r"""['"]choiceId['"]\s*:\s*['"]([^'"]*)['"]""")
METADATA = {
    *("StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished"),
    *("RecordedDate", "ResponseId", "ResponseID", "ResponseSet", "Name", "EmailAddress"),
    *("ExternalDataReference", "ExternalReference", "RecipientLastName", "RecipientFirstName"),
    *("RecipientEmail", "LocationLatitude", "LocationLongitude", "LocationAccuracy"),
    *("DistributionChannel", "UserLanguage"),
}
"""What Qualtrics records of every response by itself, much of it personal."""
METADATA_IDS = {
    *("startDate", "endDate", "status", "ipAddress", "progress", "duration", "finished", "recordedDate"),
    *("_recordId", "responseId", "responseSetId", "recipientLastName", "recipientFirstName"),
    *("recipientEmail", "externalDataReference", "locationLatitude", "locationLongitude"),
    *("distributionChannel", "userLanguage"),
}
IDS = {"ResponseId": ("_recordId", "responseId"), "Status": ("status",), "Finished": ("finished",)}
"""The metadata that are read, with their ids."""
DIGITS = ("ResponseId", "StartDate", "EndDate", "RecordedDate", "Progress", "Duration (in seconds)")
"""Columns with a digit in every row of a response, and none in a row of labels."""
TELLING = ("RecordedDate", "StartDate", "Duration (in seconds)")
"""Metadata with names that hardly another table has."""
OF_BROWSER = (
    r".*_(First Click|Last Click|Page Submit|Click Count|Browser|Version|Operating System|Resolution)"
)
OF_BROWSER_ID = r"QID.*_(FIRST_CLICK|LAST_CLICK|PAGE_SUBMIT|CLICK_COUNT|BROWSER|VERSION|OS|RESOLUTION)"
"""What timers and questions on the browser record."""
ORDER = r"(.+)_DO(?:_(.+))?"
"""Columns with an order on the screen: of blocks in a randomiser, or of questions or choices."""


@dataclass(frozen=True)
class Column:
    """A column of an export.

    Attributes
    ----------
    place : int
    name : str
        In the header.
    import_id, choice_id : str
        Of the third row; empty where the export has none.
    """

    place: int
    name: str
    import_id: str = ""
    choice_id: str = ""

    @property
    def of_question(self) -> bool:
        """Whether the column may hold an answer to a question, as far as its id tells."""
        return not self.import_id or self.import_id.startswith("QID")

    @property
    def is_metadata(self) -> bool:
        """Whether Qualtrics recorded it by itself, which includes its checks for fraud."""
        if self.import_id in METADATA_IDS or re.match(r"(panel|Location)-", self.import_id):
            return True
        return self.name in METADATA or self.name.startswith("Q_")

    @property
    def is_record(self) -> bool:
        """Whether it tells of the screen or the browser rather than of the respondent."""
        return bool(
            re.fullmatch(ORDER, self.name, re.DOTALL)
            or self.import_id.endswith("_DO")
            or re.fullmatch(OF_BROWSER, self.name, re.DOTALL)
            or re.fullmatch(OF_BROWSER_ID, self.import_id)
        )

    @property
    def order(self) -> tuple[str, str] | None:
        """The randomiser and the block whose place the column holds, the latter empty where all do."""
        found = re.fullmatch(r"(FL_\d+)_DO", self.import_id)
        if found:
            return found[1], self.choice_id
        found = re.fullmatch(r"(FL_\d+)_DO(?:_(.+))?", self.name)
        return (found[1], found[2] or "") if found else None


@dataclass(frozen=True)
class Header:
    """The columns of an export, and how many of its records come before the responses."""

    columns: tuple[Column, ...]
    records: int


def read_header(file: ResponseFile) -> Header | None:
    """Return the header of an export of Qualtrics; None if the file is none.

    There are three rows of it, or two in exports before 2017 and where the row with ids was deleted, or
    only the names. Nothing but names and ids is needed of it.
    """
    at = next((k for k, record in enumerate(file.records[:4]) if _has_ids(record)), None)
    names = file.header
    if at is not None:
        cells = file.records[at]
        ids = [(_found(IMPORT_ID, cell), _found(CHOICE_ID, cell)) for cell in cells]
        ids += [("", "")] * (len(names) - len(ids))
        columns = [Column(k, name, *both) for k, (name, both) in enumerate(zip(names, ids, strict=False))]
        return Header(tuple(columns), at + 1)
    second = file.records[1] if len(file.records) > 1 else []
    if names[:2] == ["V1", "V2"] and second and second[0].strip() == "ResponseID":
        told = [
            label.strip() if re.fullmatch(r"V\d+", name) else name
            for name, label in zip(names, second, strict=False)
        ]
        told += names[len(told) :]
        return Header(tuple(Column(k, name) for k, name in enumerate(told)), 2)
    many = sum(name in METADATA for name in names) > 2
    if "ResponseId" not in names and not (many and any(name in TELLING for name in names)):
        return None
    columns = [Column(k, name) for k, name in enumerate(names)]
    told = [second[c.place] for c in columns if c.name in DIGITS and c.place < len(second)]
    has_labels = bool(told) and not any(re.search(r"\d", cell) for cell in told)
    return Header(tuple(columns), 2 if has_labels else 1)


def known_columns(file: ResponseFile, header: Header, manifest: Manifest) -> dict[str, Column]:
    """Return the column of each name that dce gave: tasks and what follows them, questions, embedded data.

    A column is known by its export tag. Where the file keeps the ids of the questions that dce wrote, a
    column with another name is known by its id; a name and an id that disagree are refused.

    Raises
    ------
    ChoicesError
        If two columns have one name, or a name has the id of another.
    """
    numbers = question_numbers(manifest)
    by_number = {number: name for name, number in numbers.items()}
    pairs = [(c, _by_name(c.name, numbers), _by_id(c.import_id, by_number)) for c in header.columns]
    both = [name == told for _, name, told in pairs if name in numbers and told]
    fielded = any("dce_design" in (c.name, c.import_id) for c in header.columns)
    keeps_ids = fielded and (sum(both) * 2 > len(both) or not both)
    known: dict[str, Column] = {}
    for column, name, told in pairs:
        if keeps_ids and told and name and name != told:
            raise file.error(
                f"column {column.name!r} has the ImportId {column.import_id!r} of {told!r}; allowed: the "
                "names as Qualtrics exported them",
                1,
            )
        found = name or (told if keeps_ids else None)
        if found is None or column.is_metadata:
            continue
        if found in known:
            raise file.error(
                f"columns {known[found].name!r} and {column.name!r} both hold {found!r}; allowed: one", 1
            )
        known[found] = column
    return known


def _by_name(name: str, numbers: Mapping[str, int]) -> str | None:
    """Return what dce calls a column of this name; None if it did not make it."""
    if name in ("dce_block", "dce_design"):
        return name
    timer = re.fullmatch(r"(.+?)(?:(?:_seconds)?_Page Submit|_seconds_3)", name)
    if timer and f"{timer[1]}_seconds" in numbers:
        return f"{timer[1]}_seconds"
    if name in numbers and not name.endswith("_seconds"):
        return name
    text = name.removesuffix("_TEXT")
    return text if text != name and text in numbers else None


def _by_id(import_id: str, by_number: Mapping[int, str]) -> str | None:
    if import_id in ("dce_block", "dce_design"):
        return import_id
    found = re.fullmatch(r"QID(\d+)(?:[_-](TEXT|PAGE_SUBMIT))?", import_id)
    name = by_number.get(int(found[1])) if found else None
    if found is None or name is None:
        return None
    return name if name.endswith("_seconds") == (found[2] == "PAGE_SUBMIT") else None


def _has_ids(record: list[str]) -> bool:
    cells = [cell for cell in record if cell.strip()]
    return bool(cells) and sum(bool(IMPORT_ID.match(cell)) for cell in cells) * 2 > len(cells)


def _found(pattern: re.Pattern[str], cell: str) -> str:
    found = pattern.search(cell)
    return found[1] if found else ""
