"""Damaged response files: each is read as it was, or refused in one sentence.

The sentences, and what was counted of files that are read, are in damaged.txt and damaged_places.txt, where
a change is a readable diff. After a meant change: DCE_WRITE=1 pytest -m "" tests/survey/test_damaged.py
"""

import csv
import dataclasses
import importlib.util
import io
import json
import os
import re
import warnings
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

import dce
from dce.survey.entry_sheet import write_entry
from dce.survey.survey import make_survey

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXAMPLES = ROOT.parent / "shared" / "reference" / "survey-examples"
KEYS = ["respondent", "task", "alternative"]
AS_IT_WAS = "read as it was"


@dataclasses.dataclass(frozen=True)
class Sound:
    """A survey with its answers in sound files.

    ``plain`` is the text of the plain file, ``tagged`` the same with columns by tag, ``flat`` that of a
    surveydown survey.
    """

    folder: Path
    design: dce.Design
    other: dce.Design
    plain: str
    tagged: str
    flat: str

    def file(self, content, name="answers.csv"):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    def read(self, files, **options):
        manifest = options.pop("manifest", self.folder / "manifest.json")
        return dce.read_responses(files, self.design, manifest, **options)


def make_sound(folder: Path) -> Sound:
    made = dce.Design.read(ROOT / "designs" / "physiotherapy")
    survey = dce.SurveySettings(
        questions=[
            dce.Question("age", "How old are you?", kind="number", least=18, most=99),
            dce.Question("sex", "Are you", ["a woman", "a man", "neither"]),
            dce.Question("remarks", "Anything else?"),
        ],
        shuffle=["tasks", "alternatives", "attributes"],
        certainty=True,
        attendance=True,
        dominance=True,
        repeat=[2],
    )
    design = dce.Design(dataclasses.replace(made.study, survey=survey), made.frame)
    other = dce.evaluate_design(design.study, design.frame.assign(block=3 - design.frame["block"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dce.SurveyWarning)
        dce.export_survey(design, folder, to=["flat"])
        dce.export_survey(other, folder / "other", to=["flat"])
    choices = recorded(dce.simulate_choices(design, respondents=12, seed=3))
    dce.write_responses(choices, design, folder / "sound.csv")
    plain = (folder / "sound.csv").read_text(encoding="utf-8")
    return Sound(folder, design, other, plain, tagged(plain), surveydown(plain, folder))


def recorded(choices: dce.Choices) -> dce.Choices:
    """Return choices with all that a survey can record of them."""
    rng = np.random.default_rng(1)
    frame = choices.frame.copy()
    who = frame["respondent"].to_numpy()
    J, R, T = 2, 12, len(frame) // 2
    frame["position"] = np.repeat(np.concatenate([rng.permutation(8) + 1 for _ in range(R)]), J).astype(float)
    frame["seconds"] = np.repeat(rng.integers(30, 600, T) / 10, J)
    frame["certainty"] = np.repeat(rng.integers(0, 11, T), J).astype(float)
    frame["screen_place"] = np.concatenate([rng.permutation(2) + 1 for _ in range(T)]).astype(float)
    frame["age"] = 20.0 + who
    frame["sex"] = np.array(["a woman", "a man", "neither"])[who % 3]
    frame["remarks"] = np.array(["Parking, please", "längere Öffnung", 'so "good"'])[who % 3]
    frame["attended_wait"] = np.array(["always", "never"])[who % 2]
    frame["attribute_order"] = "|".join(reversed(choices.study.attribute_names))
    return dataclasses.replace(choices, frame=frame)


def cells_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def text_of(rows: list[list[str]], delimiter: str = ",", **options) -> str:
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n", **options).writerows(rows)
    return stream.getvalue()


def tagged(plain: str) -> str:
    """Return the plain file with columns by tag, b1_t1 ... b2_t8."""
    header, *rows = cells_of(plain)
    tasks = [k for k, name in enumerate(header) if re.fullmatch(r"t\d+(_\w+)?", name)]
    names = [name for k, name in enumerate(header) if k not in tasks]
    made = [[*names, *(f"b{b}_{header[k]}" for b in "12" for k in tasks)]]
    block = header.index("block")
    for row in rows:
        rest = [cell for k, cell in enumerate(row) if k not in tasks]
        made.append([*rest, *(row[k] if row[block] == b else "" for b in "12" for k in tasks)])
    return text_of(made)


def surveydown(plain: str, folder: Path) -> str:
    """Return the answers as a surveydown survey on the flat design gives them."""
    header, *rows = cells_of(plain)
    tasks = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["tasks"]
    kept = {"respondent": "session_id", "block": "respID", "age": "age"}
    kept |= {t["tag"].partition("_")[2]: f"cbc_q{t['position']}" for t in tasks if t["kind"] == "design"}
    places = [header.index(name) for name in kept]
    return text_of([list(kept.values()), *([row[k] for k in places] for row in rows)])


def value(text: str, row: int, column: str) -> str:
    rows = cells_of(text)
    return rows[row][rows[0].index(column)]


def cell(row: int, column: str, value: str):
    """Return the damage that changes a cell of a respondent, counted from 1."""

    def damage(text: str) -> str:
        rows = cells_of(text)
        place = rows[0].index(column)
        assert rows[row][place] != value
        rows[row][place] = value
        return text_of(rows)

    return damage


def column(name: str, new: str):
    """Return the damage that renames a column."""

    def damage(text: str) -> str:
        rows = cells_of(text)
        rows[0][rows[0].index(name)] = new
        return text_of(rows)

    return damage


def without(*names: str):
    """Return the damage that drops columns."""

    def damage(text: str) -> str:
        rows = cells_of(text)
        places = [rows[0].index(name) for name in names]
        return text_of([[c for k, c in enumerate(row) if k not in places] for row in rows])

    return damage


def every(name: str, change):
    """Return the damage that changes every cell of a column."""

    def damage(text: str) -> str:
        rows = cells_of(text)
        place = rows[0].index(name)
        for row in rows[1:]:
            row[place] = change(row[place])
        return text_of(rows)

    return damage


def lines(change):
    """Return the damage that changes the list of lines."""
    return lambda text: "".join(f"{line}\n" for line in change(text.splitlines()))


def shuffled(text: str) -> str:
    rows = cells_of(text)
    order = np.random.default_rng(2).permutation(len(rows[0]))
    return text_of([[row[k] for k in order] for row in rows])


def codes(change):
    """Return the damage that changes the codes 1 and 2 of all tasks, in a file with semicolons."""

    def damage(text: str) -> str:
        rows = cells_of(text)
        tasks = [k for k, name in enumerate(rows[0]) if re.fullmatch(r"t\d+", name)]
        for row in rows[1:]:
            for k in tasks:
                row[k] = change(row[k])
        return text_of(rows, ";")

    return damage


LABELS = {"1": "Service 1", "2": "Service 2"}
REFUSED = "refused"

# What becomes of the plain file -> what must happen.
PLAIN = {
    "plain: as it is": (lambda text: text, AS_IT_WAS),
    # what spreadsheets and systems do to a file
    "plain: columns in another order": (shuffled, AS_IT_WAS),
    "plain: rows in another order": (lines(lambda ls: [ls[0], *reversed(ls[1:])]), AS_IT_WAS),
    "plain: byte order mark": (lambda text: text.encode("utf-8-sig"), AS_IT_WAS),
    "plain: UTF-16": (lambda text: text.encode("utf-16"), AS_IT_WAS),
    "plain: UTF-16 without a mark": (lambda text: text.encode("utf-16-le"), REFUSED),
    "plain: semicolons": (lambda text: text_of(cells_of(text), ";"), AS_IT_WAS),
    "plain: tabs": (lambda text: text_of(cells_of(text), "\t"), AS_IT_WAS),
    "plain: a first line that names the sign": (
        lambda text: "sep=;\n" + text_of(cells_of(text), ";"),
        AS_IT_WAS,
    ),
    "plain: header with semicolons, rows with commas": (
        lines(lambda ls: [ls[0].replace(",", ";"), *ls[1:]]),
        REFUSED,
    ),
    "plain: Latin-1": (lambda text: text.encode("latin-1"), REFUSED),
    "plain: Latin-1 taken for UTF-8 and saved": (
        lambda text: text.encode().decode("latin-1").replace("Service", "S"),
        "changed: texts",
    ),
    "plain: line ends of Windows": (lambda text: text.replace("\n", "\r\n"), AS_IT_WAS),
    "plain: line ends of old Macs": (lambda text: text.replace("\n", "\r"), AS_IT_WAS),
    "plain: no line end at the end": (lambda text: text.rstrip("\n"), AS_IT_WAS),
    "plain: blank lines": (lines(lambda ls: [*ls[:3], "", *ls[3:], "", ""]), AS_IT_WAS),
    "plain: blank lines with commas": (
        lines(lambda ls: [*ls, "," * ls[0].count(",")]),
        AS_IT_WAS,
    ),
    "plain: blank lines before the header": (lines(lambda ls: ["", "", *ls]), AS_IT_WAS),
    "plain: trailing commas": (lines(lambda ls: [line + ",,," for line in ls]), AS_IT_WAS),
    "plain: trailing commas in the rows only": (
        lines(lambda ls: [ls[0], *(f"{line}," for line in ls[1:])]),
        AS_IT_WAS,
    ),
    "plain: a cell too many": (lines(lambda ls: [*ls[:3], ls[3] + ",9", *ls[4:]]), REFUSED),
    "plain: a column without a name, of row numbers": (
        lines(lambda ls: [f",{ls[0]}", *(f"{k},{x}" for k, x in enumerate(ls[1:], 1))]),
        REFUSED,
    ),
    "plain: everything in quotation marks": (
        lambda text: text_of(cells_of(text), quoting=csv.QUOTE_ALL),
        AS_IT_WAS,
    ),
    "plain: a quotation mark that never ends": (
        lines(lambda ls: [*ls[:4], ls[4].replace(",", ',"', 1), *ls[5:]]),
        REFUSED,
    ),
    "plain: a quotation mark in the last line": (
        lines(lambda ls: [*ls[:-1], ls[-1].replace(",", ',"', 1)]),
        REFUSED,
    ),
    "plain: a quotation mark that ends a line later": (
        lines(lambda ls: [*ls[:4], ls[4].replace(",", ',"', 1), ls[5].replace(",", '",', 1), *ls[6:]]),
        REFUSED,
    ),
    "plain: NUL characters": (lambda text: text.replace("\n", "\0\n", 3), REFUSED),
    "plain: an empty file": (lambda _: "", REFUSED),
    "plain: white space only": (lambda _: "\n \n\n", REFUSED),
    "plain: the header only": (lines(lambda ls: ls[:1]), REFUSED),
    "plain: no header": (lines(lambda ls: ls[1:]), REFUSED),
    "plain: two headers": (lines(lambda ls: [ls[0], *ls]), REFUSED),
    "plain: two files put together": (lines(lambda ls: [*ls[:6], ls[0], *ls[6:]]), REFUSED),
    "plain: two files put together, with a mark": (
        lines(lambda ls: [*ls[:6], "\ufeff" + ls[0], *ls[6:]]),
        REFUSED,
    ),
    "plain: a row of labels under the header": (
        lines(lambda ls: [ls[0], ",".join(f"Label {k}" for k in range(ls[0].count(",") + 1)), *ls[1:]]),
        REFUSED,
    ),
    "plain: half a row": (lines(lambda ls: [*ls[:5], ls[5][: len(ls[5]) // 2], *ls[6:]]), REFUSED),
    "plain: half a file": (lambda text: text[: len(text) // 2], REFUSED),
    # columns
    "plain: a task column renamed": (column("t3", "T3"), REFUSED),
    "plain: a task column dropped": (without("t3"), REFUSED),
    "plain: a task column twice": (column("t3", "t4"), REFUSED),
    "plain: a task too many": (column("remarks", "t9"), REFUSED),
    "plain: the respondents' column renamed": (column("respondent", "id"), REFUSED),
    "plain: the block's column dropped": (without("block"), REFUSED),
    "plain: a column named as an attribute": (column("remarks", "wait"), REFUSED),
    # cells
    "plain: an unknown block": (cell(3, "block", "3"), REFUSED),
    "plain: no block": (cell(3, "block", ""), REFUSED),
    "plain: a block in words": (every("block", lambda b: f"Block {b}"), REFUSED),
    "plain: blocks with decimals": (every("block", lambda b: f"{b}.0"), AS_IT_WAS),
    "plain: an unknown code": (cell(4, "t2", "3"), REFUSED),
    "plain: a code of an unanswered task": (cell(4, "t2", "-99"), REFUSED),
    "plain: a code in words": (cell(4, "t2", "one"), REFUSED),
    "plain: NULL": (cell(4, "t2", "NULL"), REFUSED),
    "plain: an error of Excel": (cell(4, "t2", "#REF!"), REFUSED),
    "plain: not available in Excel": (cell(4, "t2", "#N/A"), REFUSED),
    "plain: a code that became a date": (cell(4, "t2", "01-Feb"), REFUSED),
    "plain: no code": (cell(4, "t2", ""), "changed: fewer tasks"),
    "plain: no code in the words of R": (cell(4, "t2", "NA"), "changed: fewer tasks"),
    "plain: no code, but blanks": (cell(4, "t2", " \u00a0"), "changed: fewer tasks"),
    "plain: both alternatives": (cell(4, "t2", "1|2"), REFUSED),
    "plain: codes with decimals": (codes(lambda code: f"{code}.0"), AS_IT_WAS),
    "plain: codes with decimal commas": (codes(lambda code: f"{code},0"), AS_IT_WAS),
    "plain: codes with leading zeros": (codes(lambda code: f"0{code}"), REFUSED),
    "plain: labels": (codes(lambda code: LABELS[code]), AS_IT_WAS),
    "plain: names": (codes(lambda code: LABELS[code].lower()), AS_IT_WAS),
    "plain: labels with hard blanks": (codes(lambda code: LABELS[code].replace(" ", "\u00a0")), AS_IT_WAS),
    "plain: labels with blanks around": (codes(lambda code: f"  {LABELS[code]} "), AS_IT_WAS),
    "plain: labels in capitals": (codes(lambda code: LABELS[code].upper()), REFUSED),
    "plain: labels cut off": (codes(lambda code: LABELS[code][:4]), REFUSED),
    "plain: a respondent twice, with other answers": (
        lines(lambda ls: [*ls, cell(1, "t1", "x")(f"{ls[0]}\n{ls[1]}").splitlines()[1].replace("x", "2", 1)]),
        REFUSED,
    ),
    "plain: a respondent twice, once with decimals": (cell(2, "respondent", "1.0"), REFUSED),
    "plain: a row twice": (lines(lambda ls: [*ls, ls[3]]), REFUSED),
    "plain: a respondent missing": (cell(3, "respondent", ""), REFUSED),
    "plain: respondents with decimals": (every("respondent", lambda name: f"{name}.0"), AS_IT_WAS),
    "plain: respondents with blanks around": (every("respondent", lambda name: f" {name}\u00a0"), AS_IT_WAS),
    "plain: respondents with leading zeros": (
        every("respondent", lambda name: f"00{name}"),
        "changed: respondents",
    ),
    "plain: a position of no card of the block": (cell(2, "t1_position", "11"), REFUSED),
    "plain: respondents rounded by Excel": (every("respondent", lambda name: "1.23457E+11"), REFUSED),
    # what is recorded of tasks
    "plain: seconds negative": (cell(2, "t1_seconds", "-4"), REFUSED),
    "plain: seconds with a thousands sign": (cell(2, "t1_seconds", "1,204.5"), REFUSED),
    "plain: seconds with a decimal comma": (cell(2, "t1_seconds", "12,5"), REFUSED),
    "plain: seconds as a time": (cell(2, "t1_seconds", "00:00:12"), REFUSED),
    "plain: a position that is none": (cell(2, "t1_position", "0"), REFUSED),
    "plain: a position out of range": (cell(2, "t1_position", "99"), REFUSED),
    "plain: a position twice": (
        lambda text: cell(2, "t1_position", value(text, 2, "t2_position"))(text),
        REFUSED,
    ),
    "plain: half a position": (cell(2, "t1_position", "1.5"), REFUSED),
    "plain: certainty of 11": (cell(2, "t1_certainty", "11"), REFUSED),
    "plain: places of an unknown alternative": (cell(2, "t1_places", "service 1|service 3"), REFUSED),
    "plain: places without an alternative": (cell(2, "t1_places", "service 1"), REFUSED),
    "plain: attributes in an order that lacks one": (cell(2, "attribute_order", "wait|mode"), REFUSED),
    # questions
    "plain: an age out of range": (cell(5, "age", "17"), REFUSED),
    "plain: an age of -99": (cell(5, "age", "-99"), REFUSED),
    "plain: an age in words": (cell(5, "age", "over 90"), REFUSED),
    "plain: an unknown option": (cell(5, "sex", "man"), REFUSED),
    "plain: an unknown code of an option": (cell(5, "sex", "4"), REFUSED),
    "plain: attendance that is unknown": (cell(5, "attended_wait", "mostly"), REFUSED),
    # what is no response file at all
    "plain: a web page": (lambda _: "<!DOCTYPE html>\n<html><body>Please log in</body></html>\n", REFUSED),
    "plain: a message": (lambda _: "The export has failed.\n", REFUSED),
    "plain: a picture": (lambda _: b"\x89PNG\r\n\x1a\n\x00\x00", REFUSED),
    "plain: a PDF": (lambda _: b"%PDF-1.7\n%\xe2\xe3", REFUSED),
    "plain: JSON named CSV": (lambda _: '[\n{"respondent": 1, "block": 1}\n]\n', REFUSED),
}

TAGGED = {
    "tags: as it is": (lambda text: text, AS_IT_WAS),
    "tags: no block": (without("block"), AS_IT_WAS),
    "tags: the block of another": (
        every("block", lambda b: str(3 - int(b))),
        REFUSED,
    ),
    "tags: a wrong block": (
        lambda text: cell(3, "block", {"1": "2", "2": "1"}[value(text, 3, "block")])(text),
        REFUSED,
    ),
    "tags: answers of two blocks": (
        lambda text: every("b2_t1", lambda _: "1")(every("b1_t1", lambda _: "1")(without("block")(text))),
        REFUSED,
    ),
    "tags: a tag renamed": (column("b2_t4", "b2t4"), REFUSED),
    "tags: a tag dropped": (without("b2_t4"), REFUSED),
    "tags: columns by tag and by place": (column("b2_t4", "t4"), REFUSED),
    "tags: another design": (
        every("dce_design", lambda _: "0123456789abcdef"),
        REFUSED,
    ),
}

FLAT = {
    "flat: as it is": (lambda text: text, "changed: columns"),
    "flat: a card without a column": (without("cbc_q3"), REFUSED),
    "flat: a card too many": (column("age", "cbc_q12"), REFUSED),
    "flat: a card in two columns": (column("age", "dce_q3"), REFUSED),
    "flat: an unknown option": (cell(2, "cbc_q1", "option_3"), REFUSED),
    "flat: an unknown block": (cell(2, "respID", "7"), REFUSED),
    "flat: no block": (cell(2, "respID", "NA"), REFUSED),
    "flat: no session": (cell(2, "session_id", ""), REFUSED),
    "flat: a session twice": (cell(2, "session_id", "1"), REFUSED),
}


def workbook(text: str, change=None, sheets=()) -> bytes:
    """Return an Excel file of a table, numbers as numbers; ``change`` may damage the sheet."""
    book = openpyxl.Workbook()
    for row in cells_of(text):
        book.active.append([float(c) if re.fullmatch(r"\d+(\.\d+)?", c) else c for c in row])
    if change is not None:
        change(book.active)
    for name in sheets:
        book.create_sheet(name, 0)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def in_sheet(place: str, value: object):
    def change(sheet):
        sheet[place] = value

    return change


def zipped(text: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("answers.csv", text)
    return stream.getvalue()


def manifest_with(sound: Sound, change) -> Path:
    content = json.loads((sound.folder / "manifest.json").read_text(encoding="utf-8"))
    change(content)
    return sound.file(json.dumps(content), "changed.json")


def halves(sound: Sound, change=lambda text: text) -> list[Path]:
    """Return the answers in two files, the second of them changed."""
    header, *rows = sound.plain.splitlines(keepends=True)
    first, second = header + "".join(rows[:6]), header + "".join(rows[6:])
    return [sound.file(first, "tablet_1.csv"), sound.file(change(second), "tablet_2.csv")]


# What is given to read_responses: files, and options.
FILES = {
    "excel: as it is": (lambda s: s.file(workbook(s.plain), "answers.xlsx"), AS_IT_WAS),
    "excel: a code that became a date": (
        lambda s: s.file(workbook(s.plain, in_sheet("C5", pd.Timestamp("2026-02-01"))), "answers.xlsx"),
        REFUSED,
    ),
    "excel: an error in a cell": (
        lambda s: s.file(workbook(s.plain, in_sheet("C5", "#REF!")), "answers.xlsx"),
        REFUSED,
    ),
    "excel: a formula that was never computed": (
        lambda s: s.file(workbook(s.plain, in_sheet("C5", "=1+0")), "answers.xlsx"),
        REFUSED,
    ),
    "excel: empty columns between": (
        lambda s: s.file(workbook(s.plain, lambda sheet: sheet.insert_cols(2, 2)), "answers.xlsx"),
        AS_IT_WAS,
    ),
    "excel: an empty sheet first": (
        lambda s: s.file(workbook(s.plain, sheets=["Notes"]), "answers.xlsx"),
        REFUSED,
    ),
    "excel: a title above the header": (
        lambda s: s.file(workbook("My survey\n" + s.plain), "answers.xlsx"),
        REFUSED,
    ),
    "excel: notes beside the table": (
        lambda s: s.file(workbook(s.plain, in_sheet("AZ3", "call her again")), "answers.xlsx"),
        REFUSED,
    ),
    "excel: named as CSV": (lambda s: s.file(workbook(s.plain)), REFUSED),
    "excel: CSV named as Excel": (lambda s: s.file(s.plain, "answers.xlsx"), REFUSED),
    "excel: half of it": (lambda s: s.file(workbook(s.plain)[:3000], "answers.xlsx"), REFUSED),
    "excel: of before 2007": (lambda s: s.file(b"\xd0\xcf\x11\xe0\xa1\xb1", "answers.xls"), REFUSED),
    "file: a zip archive": (lambda s: s.file(zipped(s.plain), "export.zip"), REFUSED),
    "file: a zip archive named CSV": (lambda s: s.file(zipped(s.plain)), REFUSED),
    "file: there is none": (lambda s: s.folder / "nowhere.csv", REFUSED),
    "file: a folder": (lambda s: s.folder, REFUSED),
    "file: none given": (lambda s: [], REFUSED),
    "json: of no survey": (lambda s: s.file('{"a": [1, 2]}', "answers.json"), REFUSED),
    "json: a list of numbers": (lambda s: s.file("[1, 2, null]", "answers.json"), REFUSED),
    "json: half of it": (lambda s: s.file('{"records": [', "answers.json"), REFUSED),
    "json: CSV named JSON": (lambda s: s.file(s.plain, "answers.json"), REFUSED),
    "json: the definition of a survey": (
        lambda s: s.file('{"title": "Care", "pages": []}', "answers.json"),
        REFUSED,
    ),
    "json: the manifest": (lambda s: s.folder / "manifest.json", REFUSED),
    "files: of two tablets": (halves, AS_IT_WAS),
    "files: the same twice": (lambda s: [s.file(s.plain), s.file(s.plain, "copy.csv")], AS_IT_WAS),
    "files: a respondent in two": (
        lambda s: halves(s, cell(1, "respondent", "1")),
        REFUSED,
    ),
    "files: another design in one": (
        lambda s: halves(
            s,
            every("dce_design", lambda _: s.other.hash[:16]),
        ),
        REFUSED,
    ),
    "files: a column is missing in one": (lambda s: halves(s, without("t8")), REFUSED),
    "files: of two kinds": (lambda s: [s.file(s.plain), s.file(s.flat, "flat.csv")], REFUSED),
}

OPTIONS = {
    "manifest: of another design": (
        lambda s: {"manifest": s.folder / "other" / "manifest.json"},
        REFUSED,
    ),
    "manifest: unknown schema": (
        lambda s: {"manifest": manifest_with(s, lambda m: m.update(schema="dce-manifest/9"))},
        REFUSED,
    ),
    "manifest: no manifest": (lambda s: {"manifest": s.file(s.plain, "wrong.json")}, REFUSED),
    "manifest: a task is missing": (
        lambda s: {"manifest": manifest_with(s, lambda m: m["tasks"].pop(0))},
        REFUSED,
    ),
    "manifest: a task in another block": (
        lambda s: {"manifest": manifest_with(s, lambda m: m["tasks"][1].update(block=2))},
        REFUSED,
    ),
    "manifest: codes that lack one": (
        lambda s: {"manifest": manifest_with(s, lambda m: m["tasks"][0].update(codes={"1": "service 1"}))},
        REFUSED,
    ),
    "manifest: labels of levels swapped": (
        lambda s: {"manifest": manifest_with(s, swap_labels)},
        REFUSED,
    ),
}


def swap_labels(content) -> None:
    levels = content["words"]["levels"]
    one, two = [key for key in levels if key.startswith("parking: ")]
    levels[one], levels[two] = levels[two], levels[one]


def staff_answers(folder: Path) -> tuple[dce.Design, pd.DataFrame, str]:
    """Return the study with a second question on the opt-out, its choices, and the plain file of them."""
    design = dce.Design.read(ROOT / "designs" / "staff-support")
    choices = dce.simulate_choices(design, respondents=9, seed=3)
    frame = choices.frame
    chosen = frame.loc[frame["chosen"] == 1, "alternative"]
    first = chosen.where(chosen != design.study.opt_out.name, "peers")
    frame = frame.assign(forced=np.repeat(first.to_numpy(), len(design.study.alternative_names)))
    dce.write_responses(dataclasses.replace(choices, frame=frame), design, folder / "staff.csv")
    return design, frame, (folder / "staff.csv").read_text(encoding="utf-8")


SECOND = {
    "second question: as it is": (lambda text: text, AS_IT_WAS),
    "second question: one column dropped": (without("t3_opt_out"), REFUSED),
    "second question: all columns dropped": (
        without(*(f"t{k}_opt_out" for k in range(1, 9))),
        REFUSED,
    ),
    "second question: one answer missing": (cell(3, "t3_opt_out", ""), "changed: fewer tasks"),
    "second question: an unknown code": (cell(3, "t3_opt_out", "3"), REFUSED),
    "second question: the opt-out as first choice": (cell(3, "t3", "4"), REFUSED),
}


def of_json(change):
    """Return the damage that changes what JSON says."""

    def damage(text: str) -> str:
        content = json.loads(text)
        change(content)
        return json.dumps(content)

    return damage


def every_answer(text: str, tag: str, change) -> str:
    return every(tag, lambda answer: change(answer) if answer else answer)(text)


def swap(block: str) -> str:
    return {"1": "2", "2": "1"}.get(block, block)


def other_design(content):
    """Return a text, or a workbook, in which the design is another one."""
    if isinstance(content, str):
        return re.sub(r"\b[0-9a-f]{16}\b", OTHER, content)
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(stream, "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb">[0-9a-f]{16}<", f">{OTHER}<".encode(), old.read(name)))
    return stream.getvalue()


OTHER = "0123456789abcdef"

# Place -> case -> number of the file that is damaged, the damage, what must happen.
OF_PLACES = {
    "offline": {
        "as it is": (1, lambda text: text, AS_IT_WAS),
        "no header": (1, lines(lambda ls: ls[1:]), REFUSED),
        "another design": (1, every("dce_design", lambda _: OTHER), REFUSED),
        "another design in JSON": (0, of_json(lambda c: c["records"][0].update(dce_design=OTHER)), REFUSED),
        "a wrong block": (1, every("dce_block", swap), REFUSED),
        "a later version in JSON": (0, of_json(lambda c: c.update(dce="dce-offline/9")), REFUSED),
        "a record without its block in JSON": (
            0,
            of_json(lambda c: c["records"][0].pop("dce_block")),
            REFUSED,
        ),
        "a number in JSON": (0, of_json(lambda c: c["records"][0].update(dce_block=1)), REFUSED),
        "half of the JSON": (0, lambda text: text[: len(text) // 2], REFUSED),
        "columns in another order": (1, shuffled, AS_IT_WAS),
    },
    "surveyjs": {
        "as it is": (0, lambda text: text, AS_IT_WAS),
        "another design": (0, of_json(lambda c: c[0].update(dce_design=OTHER)), REFUSED),
        "a wrong block": (
            0,
            of_json(lambda c: c[0].update(dce_block=int(swap(str(c[0]["dce_block"]))))),
            REFUSED,
        ),
        "an order with an unknown task": (
            0,
            of_json(lambda c: c[0].update(dce_order="b1_t1|b9_t9")),
            REFUSED,
        ),
        "no block": (1, without("dce_block"), REFUSED),
        "a list in a task": (0, of_json(lambda c: c[0].update(b1_t1=["1", "2"])), REFUSED),
    },
    "qualtrics": {
        "as it is": (0, lambda text: text, AS_IT_WAS),
        "names missing of three headers": (0, lambda text: text_of(cells_of(text)[1:]), AS_IT_WAS),
        "texts missing of three headers": (
            0,
            lambda text: text_of([cells_of(text)[0], *cells_of(text)[2:]]),
            AS_IT_WAS,
        ),
        "ids missing of three headers": (
            0,
            lambda text: text_of([*cells_of(text)[:2], *cells_of(text)[3:]]),
            AS_IT_WAS,
        ),
        "all headers but the names missing": (
            0,
            lambda text: text_of([cells_of(text)[0], *cells_of(text)[3:]]),
            AS_IT_WAS,
        ),
        "previews only": (0, lambda text: text_of(cells_of(text)[:4]), REFUSED),
        "another design": (0, lambda text: every_answer(text, "dce_design", lambda _: OTHER), REFUSED),
        "a wrong block": (0, lambda text: every_answer(text, "dce_block", swap), REFUSED),
    },
    "limesurvey": {
        "as it is": (0, lambda text: text, AS_IT_WAS),
        "another design": (0, other_design, REFUSED),
        "a wrong block": (0, lambda text: every(heading(text, "dceblock"), swap)(text), REFUSED),
        "a task dropped": (0, lambda text: without(heading(text, "b1t3"))(text), REFUSED),
        "an unknown code": (
            0,
            lambda text: every_answer(text, heading(text, "b1t1"), lambda _: "A9"),
            REFUSED,
        ),
    },
    "redcap": {
        "as it is": (0, lambda text: text, AS_IT_WAS),
        "another design": (0, every("dce_design", lambda _: OTHER), REFUSED),
        "a wrong block": (0, every("dce_block", swap), REFUSED),
        "a task dropped": (0, without("b1_t3"), REFUSED),
        "an unknown code": (0, lambda text: every_answer(text, "b1_t1", lambda _: "9"), REFUSED),
    },
    "sawtooth": {
        "as it is": (0, lambda text: text, AS_IT_WAS),
        "an unknown version": (
            0,
            lambda text: every(heading(text, "sys_CBCVersion"), lambda _: "9")(text),
            REFUSED,
        ),
        "a task dropped": (
            0,
            lambda text: without(heading(text, "Care_Random3", "CBC_Random3"))(text),
            REFUSED,
        ),
        "an unknown concept": (
            0,
            lambda text: every(heading(text, "Care_Random3", "CBC_Random3"), lambda _: "9")(text),
            REFUSED,
        ),
    },
    "paper": {
        "as it is": (0, lambda data: data, AS_IT_WAS),
        "another design": (0, other_design, REFUSED),
        "cut off": (0, lambda data: data[:-2000], REFUSED),
    },
}


def heading(text: str, *names: str) -> str:
    """Return the whole heading of a column that begins with a name."""
    return next(c for c in cells_of(text)[0] if c.startswith(tuple(f"{name}" for name in names)))


def platform(place: str):
    path = HERE / "platforms" / f"{place}.py"
    spec = importlib.util.spec_from_file_location(f"platform_{place}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def of_places(sound, tmp_path_factory):
    """What became of the cases of every place."""
    found = {}
    choices = dce.simulate_choices(sound.design, respondents=12, seed=3)
    for place, cases in OF_PLACES.items():
        folder = tmp_path_factory.mktemp(place)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", dce.SurveyWarning)
            dce.export_survey(sound.design, folder, to=["flat" if place == "paper" else place])
        if place == "paper":
            write_entry(make_survey(sound.design), folder)  # the questionnaires take time
        files = [Path(file) for file in platform(place).respond(folder, choices, np.random.default_rng(1))[0]]
        manifest = folder / "manifest.json"
        contents = [file.read_bytes() for file in files]
        expected = dce.read_responses(files, sound.design, manifest).frame
        for name, (number, damage, _) in cases.items():
            content = contents[number]
            changed = damage(content if content.startswith(b"PK") else content.decode("utf-8-sig"))
            files[number].write_bytes(changed if isinstance(changed, bytes) else changed.encode())
            text = outcome(lambda f=files, m=manifest: dce.read_responses(f, sound.design, m), expected)
            found[f"{place}: {name}"] = text.replace(str(folder), "FOLDER")
            files[number].write_bytes(content)
    return found


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return make_sound(tmp_path_factory.mktemp("damaged"))


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        found.sort_values(KEYS, ignore_index=True)[list(expected)],
        expected.sort_values(KEYS, ignore_index=True),
        check_dtype=False,
    )


@pytest.fixture(scope="module")
def outcomes(sound):
    """What became of every case: the sentence that refuses it, or what was read and counted."""
    expected = sound.read(sound.file(sound.plain)).frame
    found = {}
    for table, text in ((PLAIN, sound.plain), (TAGGED, sound.tagged), (FLAT, sound.flat)):
        for name, (damage, _) in table.items():
            found[name] = outcome(lambda d=damage, t=text: sound.read(sound.file(d(t))), expected)
    for name, (give, _) in FILES.items():
        found[name] = outcome(lambda give=give: sound.read(give(sound)), expected)
    for name, (give, _) in OPTIONS.items():
        found[name] = outcome(lambda give=give: sound.read(sound.file(sound.plain), **give(sound)), expected)
    staff_design, staff_frame, staff = staff_answers(sound.folder)
    for name, (damage, _) in SECOND.items():
        found[name] = outcome(
            lambda d=damage: dce.read_responses(sound.file(d(staff), "staff.csv"), staff_design), staff_frame
        )
    return {name: text.replace(str(sound.folder), "FOLDER") for name, text in found.items()}


def outcome(read, expected) -> str:
    try:
        choices = read()
    except dce.DceError as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:  # a crash is an outcome too, which the tests refuse
        return f"crashed: {error!r}"
    how = difference(choices.frame, expected)
    counts = {what: n for what, n in choices.left_out.items() if n}
    return how + "".join(f"; left out: {n} {what}" for what, n in counts.items())


def difference(found: pd.DataFrame, expected: pd.DataFrame) -> str:
    """Say what differs, in a word where it is meant to."""
    known = set(expected["respondent"])
    ids = found["respondent"].map(lambda who: who if who in known else int(who))
    named = found.assign(respondent=ids)
    texts = {*found} & {*expected} & {"remarks"} and not {*found["remarks"]} <= {*expected["remarks"]}
    columns = [name for name in expected if name in found and not (texts and name == "remarks")]
    tasks = named[["respondent", "task"]].drop_duplicates()
    try:
        same(named, expected.merge(tasks, on=["respondent", "task"])[columns])
    except AssertionError as error:
        return f"changed in silence: {' '.join(str(error).split())[:200]}"
    if set(found) - set(expected):
        return f"changed in silence: {set(found) - set(expected)}"
    if len(found) < len(expected):
        return "changed: fewer tasks"
    if len(columns) + bool(texts) < len(expected.columns):
        return "changed: columns"
    if texts:
        return "changed: texts"
    return AS_IT_WAS if found["respondent"].tolist() == ids.tolist() else "changed: respondents"


TABLES = {**PLAIN, **TAGGED, **FLAT, **FILES, **OPTIONS, **SECOND}
PLACE_TABLES = {
    f"{place}: {name}": case[1:] for place, cases in OF_PLACES.items() for name, case in cases.items()
}


def check_stored(outcomes, name: str) -> None:
    text = "".join(f"{case}\n    {sentence}\n" for case, sentence in outcomes.items())
    if os.environ.get("DCE_WRITE"):
        (HERE / name).write_text(text, encoding="utf-8")
    assert text == (HERE / name).read_text(encoding="utf-8")


def check_outcome(found: str, wanted: str) -> None:
    if wanted != REFUSED:
        assert found.split(";", maxsplit=1)[0] == wanted
        return
    assert re.match(r"(Choices|Dce)Error: (FOLDER|path: )", found)  # first of all, the file
    assert "\n" not in found
    assert found.endswith((".", "?"))
    assert not re.search(r"\bNone\b|\bnan\b|np\.|Errno", found)


def test_each_case_has_the_stored_outcome(outcomes):
    check_stored(outcomes, "damaged.txt")


def test_there_are_many():
    assert len(TABLES) == sum(map(len, (PLAIN, TAGGED, FLAT, FILES, OPTIONS, SECOND))) >= 120


@pytest.mark.parametrize("name", list(TABLES))
def test_a_damaged_file_is_read_as_it_was_or_refused(outcomes, name):
    check_outcome(outcomes[name], TABLES[name][-1])


@pytest.mark.slow
def test_each_case_of_a_place_has_the_stored_outcome(of_places):
    check_stored(of_places, "damaged_places.txt")


@pytest.mark.slow
@pytest.mark.parametrize("name", list(PLACE_TABLES))
def test_a_damaged_export_of_a_place_is_read_as_it_was_or_refused(of_places, name):
    check_outcome(of_places[name], PLACE_TABLES[name][-1])


def test_what_is_out_of_range_may_be_taken_for_missing(sound):
    damaged = cell(5, "age", "-99")(cell(6, "age", "over 90")(sound.plain))
    back = sound.read(sound.file(damaged), unknown="missing")
    assert back.report.unknown == {"age: '-99'": 1, "age: 'over 90'": 1}
    ages = back.frame.drop_duplicates("respondent").set_index("respondent")["age"]
    assert ages[ages.isna()].index.tolist() == [5, 6]
    assert ages[4] == 24


def test_a_respondent_with_two_rows_may_keep_one(sound):
    damaged = cell(2, "respondent", "1.0")(sound.plain)
    for keep, age in (("first", 21), ("last", 22)):
        back = sound.read(sound.file(damaged), duplicates=keep)
        assert back.report.duplicates == {"1": 1}
        assert back.frame.loc[back.frame["respondent"] == 1, "age"].unique().tolist() == [age]


@pytest.mark.parametrize("name", sorted(p.name for p in EXAMPLES.glob("*.*")) or [None])
def test_real_files_of_other_surveys_are_refused(sound, name):
    if name is None:
        pytest.skip("needs ../shared/reference/survey-examples, which is not part of the project")
    with pytest.raises(dce.ChoicesError, match=re.escape(name)) as refused:
        sound.read(EXAMPLES / name)
    sentence = str(refused.value)
    assert len(sentence) < 2000
    assert "\n" not in sentence
    assert sentence.endswith((".", "?"))
