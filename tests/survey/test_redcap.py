"""REDCap: the dictionary keeps the rules of its upload, and exports of records are read."""

import csv
import dataclasses
import re
import warnings
from collections import Counter
from itertools import groupby
from pathlib import Path

import pandas as pd
import pytest

import dce
from dce.survey.redcap_fields import TAKEN, question_fields

EXAMPLES = Path(__file__).parents[2] / "../shared/reference/survey-examples"
HEADER = (
    "Variable / Field Name,Form Name,Section Header,Field Type,Field Label,"
    '"Choices, Calculations, OR Slider Labels",Field Note,Text Validation Type OR Show Slider Number,'
    "Text Validation Min,Text Validation Max,Identifier?,Branching Logic (Show field only if...),"
    "Required Field?,Custom Alignment,Question Number (surveys only),Matrix Group Name,Matrix Ranking?,"
    "Field Annotation"
)
TYPES = "text|notes|dropdown|radio|checkbox|calc|file|descriptive|slider|yesno|truefalse"
VALIDATIONS = {"", "number", "integer", "email", "date_ymd", "date_dmy", "date_mdy", "phone", "zipcode"}
KEPT = (
    "ol|ul|li|label|pre|p|a|br|center|font|b|i|u|h[1-6]|hr|table|tbody|tr|th|td|img|span|div|em|strong|acronym|"
    "sub|sup"
)
"""Elements that REDCap keeps in labels, of early versions too."""
HOSTILE = 'A {work} [now] | ${x}, <script>alert("1")</script> "q" שלום 🙂\nnext line'


def export(design, folder, **settings):
    survey = dce.SurveySettings(**settings)
    described = dce.Design(dataclasses.replace(design.study, survey=survey), design.frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dce.SurveyWarning)
        dce.export_survey(described, folder, to=["redcap"])
    return described


def fields_of(path):
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream, strict=True))
    assert rows[0] == next(csv.reader([HEADER]))
    assert {len(row) for row in rows} == {18}
    names = "name form section type label choices note validation least most identifier branching required"
    names = [*names.split(), "alignment", "number", "matrix", "ranking", "annotation"]
    return [dict(zip(names, row, strict=True)) for row in rows[1:]]


def choices_of(field):
    pairs = [choice.strip().partition(",") for choice in field["choices"].split("|")]
    assert all(comma and label.strip() for _, comma, label in pairs), field["choices"]
    return {code.strip(): label.strip() for code, _, label in pairs}


def check_dictionary(path):
    """Refuse what REDCap would not take, or change."""
    fields = fields_of(path)
    names = [field["name"] for field in fields]
    assert fields[0]["type"] == "text"
    assert max(Counter(names).values()) == 1
    assert len(list(groupby(field["form"] for field in fields))) == len({f["form"] for f in fields})
    matrices = [name for name, _ in groupby(field["matrix"] for field in fields) if name]
    assert len(set(matrices)) == len(matrices)
    codes = {}
    for field in fields:
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,25}", field["name"])
        assert re.fullmatch(r"[a-z][a-z0-9_]*", field["form"])
        assert re.fullmatch(TYPES, field["type"])
        assert field["validation"] in VALIDATIONS
        assert field["validation"] or not field["least"] + field["most"]
        assert (field["type"] in ("radio", "dropdown", "checkbox")) == bool(field["choices"])
        assert field["required"] in ("", "y")
        assert field["identifier"] in ("", "y")
        assert field["alignment"] in ("", "RV", "RH", "LV", "LH")
        if field["choices"]:
            codes[field["name"]] = choices_of(field)
            assert all(re.fullmatch(r"\w+", code) for code in codes[field["name"]])
            assert len(codes[field["name"]]) == len(field["choices"].split("|"))
    for matrix in matrices:
        assert len({field["choices"] for field in fields if field["matrix"] == matrix}) == 1
    for field in fields:
        if field["branching"]:
            name, code = re.fullmatch(r"\[(\w+)\] = '(\w+)'", field["branching"]).groups()
            assert code in codes[name]


@pytest.fixture(scope="module")
def everything(small_design, tmp_path_factory):
    folder = tmp_path_factory.mktemp("redcap")
    questions = [
        dce.Question("record_id", HOSTILE, [HOSTILE, "B, or C"], when="before"),
        dce.Question("days_complete", "Days?", kind="number", least=0, most=7.5, required=True),
        dce.Question("level", "Your level?", ["2", "1"]),
        dce.Question("remarks", "Anything else?"),
    ]
    design = export(
        small_design, folder, questions=questions, consent=HOSTILE, ending=HOSTILE, certainty=True,
        attendance=True, warm_up=True, dominance=True, repeat=[1], definitions="both",
        highlight="differences", back=True,
    )  # fmt: skip
    return design, folder


def test_a_dictionary_in_the_field_passes_the_same_check():
    path = EXAMPLES / "redcap_survey_data_dictionary_REDCapR.csv"
    if not path.exists():
        pytest.skip("needs ../shared/reference, which is not part of the project")
    check_dictionary(path)


def test_the_dictionary_keeps_the_rules(everything):
    _, folder = everything
    path = folder / "redcap_dictionary.csv"
    check_dictionary(path)
    fields = {field["name"]: field for field in fields_of(path)}
    assert list(fields)[:5] == ["record_id", "dce_intro", "dce_design", "dce_block", "consent"]
    assert {field["form"] for field in fields.values()} == {"dce"}
    assert re.fullmatch(
        "@HIDDEN-SURVEY @READONLY @DEFAULT='[0-9a-f]{16}'", fields["dce_design"]["annotation"]
    )
    assert fields["dce_block"]["annotation"] == "@HIDDEN-SURVEY"
    assert fields["b2_t3"]["branching"] == fields["b2_t3_certainty"]["branching"] == "[dce_block] = '2'"
    assert fields["b2_t3"]["required"] == "y"
    days = fields["days_complete"]
    assert (days["validation"], days["least"], days["most"]) == ("number", "0", "7.5")
    assert fields["dce_attended_2"]["matrix"] == "dce_attended"
    assert list(choices_of(fields["level"])) == ["o1", "o2"]


def test_every_card_is_a_page_with_its_place(everything):
    _, folder = everything
    fields = fields_of(folder / "redcap_dictionary.csv")
    sections = [field["section"] for field in fields if field["branching"] == "[dce_block] = '1'"]
    assert [section for section in sections if section] == [
        "A card to practise on", *(f"Card {k} of 8" for k in range(1, 9))
    ]  # fmt: skip


def test_no_text_of_the_study_means_something(everything):
    _, folder = everything
    for field in fields_of(folder / "redcap_dictionary.csv"):
        for text in (field["label"], field["section"], *choices_of_any(field)):
            assert not set("[]{}|\n") & set(text)
            assert "<script" not in text
            assert all(re.fullmatch(KEPT, element) for element in re.findall(r"</?([a-z0-9]+)", text))


def choices_of_any(field):
    return choices_of(field).values() if field["choices"] else ()


def test_blocks_are_allocated_evenly(everything, tmp_path):
    design, folder = everything
    tables = [pd.read_csv(folder / f"redcap_allocation{name}.csv") for name in ("", "_test")]
    for table in tables:
        assert list(table) == ["redcap_randomization_group"]
        assert len(table) >= 1000
        drawn = table["redcap_randomization_group"].to_numpy().reshape(-1, 2)
        assert (drawn.sum(axis=1) == 3).all()
        assert 0.4 < (drawn[:, 0] == 1).mean() < 0.6
    assert not tables[0].equals(tables[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dce.SurveyWarning)
        dce.export_survey(design, tmp_path, to=["redcap"])
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_the_notes_say_what_an_upload_does(everything):
    _, folder = everything
    notes = (folder / "redcap_notes.txt").read_text(encoding="utf-8")
    assert "replaces ALL instruments" in notes
    assert 'allow the button "Previous page"' in notes
    assert " ".join(HOSTILE.split()) in notes


def test_one_block_is_not_allocated(small_design, tmp_path):
    frame = small_design.frame.assign(block=1)
    export(dce.Design(small_design.study, frame), tmp_path)
    assert not (tmp_path / "redcap_allocation.csv").exists()
    assert "nothing to randomise" in (tmp_path / "redcap_notes.txt").read_text(encoding="utf-8")
    block = next(
        field for field in fields_of(tmp_path / "redcap_dictionary.csv") if field["name"] == "dce_block"
    )
    assert block["annotation"] == "@HIDDEN-SURVEY @DEFAULT='1'"


TASKS = [f"b{b}_t{k}" for b in (1, 2) for k in range(1, 7)]


def row_of(design, record="7", block="2", answers="121212", **changes):
    """Return the cells of one record."""
    first = {"record_id": record, "redcap_survey_identifier": "", "dce_timestamp": "2026-11-25 10:00:00"}
    cells = first | {"dce_design": design.hash[:16], "dce_block": block} | dict.fromkeys(TASKS, "")
    for k, answer in enumerate(answers, 1):
        cells[f"b{block[-1]}_t{k}"] = answer
    return cells | {"dce_complete": "2"} | changes


def save(path, rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0], restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def exported(small_design, tmp_path):
    return export(small_design, tmp_path)


def read(path, design, **options):
    return dce.read_responses(path, design, path.parent / "manifest.json", **options)


def test_raw_codes(exported, tmp_path):
    rows = [row_of(exported, age="34"), row_of(exported, "9", "1", "21", dce_complete="0", age="50")]
    choices = read(save(tmp_path / "data.csv", rows), exported)
    report = choices.report
    assert (report.format, report.rows, report.finished) == ("records of REDCap", 2, 1)
    chosen = choices.frame.query("chosen == 1")
    assert chosen["alternative"].tolist() == ["A", "B"] * 3 + ["B", "A"]
    assert set(chosen["age"]) == {34, 50}
    assert not {"dce_timestamp", "redcap_survey_identifier", "dce_complete"} & set(choices.frame)
    assert "'redcap_survey_identifier', 'dce_timestamp'" in report.notes[1]


def test_labels_in_cells_and_another_name_of_form_and_record(exported, tmp_path):
    row = row_of(exported, block="Block 2", answers="BABABA")
    row["cards_complete"] = row.pop("dce_complete").replace("2", "Complete")
    row = {"participant_id": row.pop("record_id")} | row | {"visit_complete": "Incomplete", "x___1": "1"}
    choices = read(save(tmp_path / "data.csv", [row]), exported)
    assert choices.frame.query("chosen == 1")["alternative"].tolist() == ["B", "A"] * 3
    assert choices.report.finished == 1
    assert set(choices.frame["x___1"]) == {1}
    assert "visit_complete" not in choices.frame


def test_several_rows_of_a_record(exported, tmp_path):
    empty = dict.fromkeys(row_of(exported), "") | {"record_id": "7", "redcap_event_name": "baseline_arm_1"}
    asked = row_of(exported, redcap_event_name="visit_arm_1", redcap_repeat_instance="")
    path = save(tmp_path / "data.csv", [asked, empty])
    choices = read(path, exported)
    assert choices.report.dropped["rows of events or instruments without tasks"] == 1
    assert choices.report.rows == 2
    assert choices.report.finished == 1
    assert "redcap_event_name" not in choices.frame
    save(path, [asked, asked])
    with pytest.raises(dce.ChoicesError, match="line 3: respondent '7' was already on line 2"):
        read(path, exported)


def test_every_question_is_read(everything, tmp_path):
    design, folder = everything
    fields = [
        field for field in fields_of(folder / "redcap_dictionary.csv") if field["type"] != "descriptive"
    ]
    row = {field["name"]: "" for field in fields} | {"record_id": "R1", "consent": "1", "dce_complete": "2"}
    row |= {"dce_block": "1", "dce_design": design.hash[:16], "q_record_id": "2", "level": "o2"}
    row |= {"days_complete": "6.5", "remarks": "N, o\nno", "dce_attended_1": "1", "dce_attended_3": "Never"}
    for tag in ("w1", "t1", "t2", "t3", "d1", "t4", "t5", "t6", "r1"):
        row |= {f"b1_{tag}": "2", f"b1_{tag}_certainty": "10"}
    choices = dce.read_responses(save(tmp_path / "data.csv", [row]), design, folder / "manifest.json")
    first = choices.frame.iloc[0]
    assert (first["respondent"], first["record_id"], first["level"]) == ("R1", "B, or C", "1")
    assert (first["days_complete"], first["remarks"]) == (6.5, "N, o\nno")
    assert (first["attended_wait"], first["attended_mode"]) == ("always", "never")
    assert first.isna()["attended_parking"]
    assert set(choices.frame["certainty"]) == {10}
    assert choices.checks["chosen"].tolist() == ["B"] * 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dce_design": "0123456789abcdef"}, "line 2: column 'dce_design' is '0123456789abcdef'; allowed"),
        ({"b2_t3": "7"}, "line 2: column 'b2_t3': answer '7' is not one of '1', '2', 'A', 'B'"),
        ({"b1_t3": "1"}, "line 2: respondent 7 is in block 2, but also answered 'b1_t3'; allowed"),
        ({"dce_block": "5"}, "line 2: column 'dce_block': '5' is no block; allowed: '1', '2'"),
        ({"record_id": ""}, "line 2: column 'record_id' is empty"),
    ],
)
def test_what_is_refused(exported, tmp_path, change, message):
    path = save(tmp_path / "data.csv", [row_of(exported) | change])
    with pytest.raises(dce.ChoicesError, match=re.escape(message)):
        read(path, exported)


def test_labels_as_headings_are_refused(exported, tmp_path):
    row = {"Record ID": "7", "Survey Identifier": "", "Which?": "A", "Complete?": "Complete"}
    with pytest.raises(
        dce.ChoicesError, match="the headings are labels, which do not name the tasks; allowed"
    ):
        read(save(tmp_path / "data.csv", [row]), exported)


def test_an_export_of_another_survey_says_what_is_missing(exported, tmp_path):
    path = EXAMPLES / "redcap_survey_export_REDCapR.csv"
    if not path.exists():
        pytest.skip("needs ../shared/reference, which is not part of the project")
    with pytest.raises(
        dce.ChoicesError, match=r"REDCapR.csv, line 1: column 'b1_t1', .* is missing; found: 'pa"
    ):
        dce.read_responses(path, exported, tmp_path / "manifest.json")


def test_every_name_has_a_field():
    names = ["redcap_x", "b1_t2x", "dce", "record_id", "q_record_id"]
    fields = list(question_fields(names).values())
    assert len(set(fields)) == len(names)
    for field in fields:
        assert re.fullmatch("[a-z][a-z0-9_]{0,25}", field)
        assert not re.fullmatch(TAKEN, field)


def test_a_question_does_not_say_whether_the_form_is_complete(small_design, tmp_path):
    design = export(
        small_design, tmp_path, questions=[dce.Question("course_complete", "Did you?", ["a", "b"])]
    )
    row = row_of(design)
    row.pop("dce_complete")
    row |= {"course_complete": "1", "dce_complete": "2"}
    choices = read(save(tmp_path / "data.csv", [row]), design)
    assert choices.report.finished == 1
    assert set(choices.frame["course_complete"]) == {"a"}
