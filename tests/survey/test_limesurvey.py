"""LimeSurvey: the structure keeps the rules of its importer, and exports of responses are read."""

import csv
import dataclasses
import re
import warnings
from pathlib import Path

import pytest

import dce
from dce.survey.limesurvey_codes import TAKEN, question_codes

EXAMPLES = Path(__file__).parents[2] / "../shared/reference/survey-examples"
REAL = (
    "limesurvey_tsv_limonaid_minimal.txt",
    "limesurvey_tsv_xlsform2lstsv_all_types.tsv",
    "limesurvey_tsv_xlsform2lstsv_complex.tsv",
)
FIRST = "id related_id class type/scale name relevance text help language validation mandatory other default same_default"  # noqa: E501
TYPES = set("15ABCDEFGHIKLMNOPQRSTUXY!|;:*")
INSIDE = {"S": (), "SL": (), "G": (), "Q": "G", "SQ": "Q", "A": "Q"}
HOSTILE = 'A {work} [now] & ${x} <script>alert("1")</script>\t"q" \\" שלום 🙂\nnext line\r\nand one'


def export(design, folder, **settings):
    survey = dce.SurveySettings(**settings)
    described = dce.Design(dataclasses.replace(design.study, survey=survey), design.frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dce.SurveyWarning)
        dce.export_survey(described, folder, to=["limesurvey"])
    return described


def structure(path):
    """Return header and rows as the importer reads them: one physical line each."""
    lines = path.read_text(encoding="utf-8-sig").split("\n")
    cells = [next(csv.reader([line], delimiter="\t", strict=True)) for line in lines if line.strip()]
    header = [name.strip() for name in cells[0]]
    return header, [dict(zip(header, row, strict=False)) for row in cells[1:]]


def check_structure(path):
    """Refuse what the importer of LimeSurvey would not take, or change."""
    header, rows = structure(path)
    assert len(set(header)) == len(header)
    assert {"class", "type/scale", "name", "relevance", "text", "language"} <= set(header)
    open_classes, codes, answers = set(), set(), set()
    for row in rows:
        kind, name = row["class"], row.get("name", "")
        above = INSIDE[kind]
        assert not above or above in open_classes, f"{kind} {name} stands in no {above}"
        assert kind not in ("S", "SL") or not open_classes, f"{kind} {name} stands after groups"
        if kind == "G":
            open_classes = {"G"}
            assert len(row.get("random_group") or "") <= 20
        if kind == "Q":
            open_classes = {"G", "Q"}
            answers = set()
            assert row["type/scale"] in TYPES
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9]{0,19}", name)
            assert (name, row["language"]) not in codes
            assert (row.get("mandatory") or "") in ("", "Y", "N")
            codes.add((name, row["language"]))
        if kind in ("SQ", "A"):
            assert re.fullmatch(r"[A-Za-z0-9]{1,5}" if kind == "A" else r"[A-Za-z0-9]{1,20}", name)
            assert (kind, name, row["type/scale"]) not in answers
            answers.add((kind, name, row["type/scale"]))


@pytest.fixture(scope="module")
def everything(small_design, tmp_path_factory):
    folder = tmp_path_factory.mktemp("limesurvey")
    questions = [
        dce.Question("level", "Your level?", ["A2", "A1", "none"]),
        dce.Question("token", HOSTILE, [HOSTILE, "B"], when="before"),
        dce.Question("age_years", "Age?", kind="number", least=0, most=99.5, required=True),
    ]
    design = export(
        small_design, folder, questions=questions, consent=HOSTILE, ending=HOSTILE, certainty=True,
        attendance=True, warm_up=True, dominance=True, repeat=[1], definitions="both",
        highlight="differences",
    )  # fmt: skip
    return design, folder


@pytest.mark.parametrize("name", REAL)
def test_structures_in_the_field_pass_the_same_check(name):
    if not EXAMPLES.exists():
        pytest.skip("needs ../shared/reference, which is not part of the project")
    check_structure(EXAMPLES / name)


def test_the_structure_keeps_the_rules(everything):
    _, folder = everything
    path = folder / "limesurvey.txt"
    check_structure(path)
    header, rows = structure(path)
    assert " ".join(header[:14]) == FIRST
    assert header[14:] == sorted(header[14:])
    assert path.read_bytes().startswith(b"\xef\xbb\xbfid\t")
    assert b"\r" not in path.read_bytes()
    if EXAMPLES.exists():
        assert set(header) <= set(structure(EXAMPLES / REAL[0])[0])
    assert len(rows) == len(path.read_text(encoding="utf-8").splitlines()) - 1


def test_no_text_of_the_study_is_an_expression(everything):
    _, folder = everything
    _, rows = structure(folder / "limesurvey.txt")
    for row in rows:
        text = row["text"]
        if row.get("type/scale") == "*" and row["class"] == "Q":
            continue
        assert "{" not in text
        assert "[" not in text
        assert "\\" not in text
        assert "<script" not in text
        assert "&lt;" not in text
    equations = {row["name"]: row["text"] for row in rows if row["class"] == "Q" and row["type/scale"] == "*"}
    assert equations.pop("dceblock") == "{if(is_empty(dceblock),rand(1,2),dceblock)}"
    assert re.fullmatch("[0-9a-f]{16}", equations.pop("dcedesign"))
    assert set(equations.values()) == {"{self.gseq + 1}"}


def test_only_tasks_of_the_design_change_places(everything):
    _, folder = everything
    _, rows = structure(folder / "limesurvey.txt")
    groups = [row for row in rows if row["class"] == "G"]
    names = [row["name"] for row in groups]
    assert names[:2] == ["introduction", "questions before"]
    of_block = [row for row in groups if row["relevance"] == "dceblock == 1"]
    kinds = [row["name"][2] for row in of_block]
    assert kinds == ["w", "t", "t", "t", "d", "t", "t", "t", "r"]
    assert {row["random_group"] for row in of_block if row["name"][2] == "t"} == {"dceb1"}
    assert {row["random_group"] for row in of_block if row["name"][2] != "t"} == {""}
    assert len(groups) == 2 + 2 * len(of_block) + 2


def test_tasks_in_order_show_their_number(small_design, tmp_path):
    export(small_design, tmp_path, shuffle=[], timers=False, back=True)
    _, rows = structure(tmp_path / "limesurvey.txt")
    settings = {row["name"]: row["text"] for row in rows if row["class"] == "S"}
    assert (settings["savetimings"], settings["allowprev"], settings["format"]) == ("N", "Y", "G")
    assert not any(row["random_group"] for row in rows)
    assert not any(row["name"].endswith("pos") for row in rows)
    first = next(row for row in rows if row["name"] == "b1t1" and row["class"] == "Q")
    assert "Card 1 of 6" in first["text"]


def test_blocks_with_other_numbers(small_design, tmp_path):
    frame = small_design.frame.assign(block=small_design.frame["block"] * 3)
    export(dce.Design(small_design.study, frame), tmp_path)
    _, rows = structure(tmp_path / "limesurvey.txt")
    texts = {row["name"]: row["text"] for row in rows if row["class"] == "Q"}
    assert texts["dcedraw"] == "{if(is_empty(dcedraw),rand(1,2),dcedraw)}"
    assert texts["dceblock"] == "{if(dcedraw == 1,3,6)}"
    assert "dceblock == 6" in {row["relevance"] for row in rows}


def test_the_same_survey_gives_the_same_bytes(everything, tmp_path):
    design, folder = everything
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dce.SurveyWarning)
        dce.export_survey(design, tmp_path, to=["limesurvey"])
    assert (tmp_path / "limesurvey.txt").read_bytes() == (folder / "limesurvey.txt").read_bytes()


META = ["id", "submitdate", "lastpage", "startlanguage", "seed"]
TASKS = [f"b{b}t{k}" for b in (1, 2) for k in range(1, 7)]
COLUMNS = [*META, "dceblock", "dcedesign", *TASKS, *(f"{task}pos" for task in TASKS)]


def row_of(design, respondent="7", block=2, answers="121212", places="4 6 5 9 8 7", **changes):
    """Return the cells of one response by code."""
    cells = dict.fromkeys(COLUMNS, "") | {
        "id": respondent, "submitdate": "2026-11-25 10:00:00", "lastpage": "14", "startlanguage": "en",
        "seed": "829", "dceblock": str(block), "dcedesign": design.hash[:16],
    }  # fmt: skip
    for k, (answer, place) in enumerate(zip(answers, places.split(), strict=False), 1):
        cells[f"b{block}t{k}"] = f"A{answer}"
        cells[f"b{block}t{k}pos"] = place
    return cells | changes


def save(path, rows, headings=None, delimiter=","):
    headings = headings or {}
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow([headings.get(name, name) for name in rows[0]])
        writer.writerows([list(row.values()) for row in rows])
    return path


@pytest.fixture
def exported(small_design, tmp_path):
    return export(small_design, tmp_path)


def read(path, design):
    return dce.read_responses(path, design, path.parent / "manifest.json")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_codes_as_headings(exported, tmp_path, delimiter):
    rows = [row_of(exported), row_of(exported, "9", 1, "22", "3 2", submitdate="", age="31")]
    rows[0]["age"] = "N/A"
    choices = read(save(tmp_path / "results.csv", rows, delimiter=delimiter), exported)
    report = choices.report
    assert report.format == "responses of LimeSurvey"
    assert (report.rows, report.finished) == (2, 1)
    chosen = choices.frame.query("chosen == 1")
    assert chosen["alternative"].tolist() == ["A", "B"] * 3 + ["B", "B"]
    assert chosen["position"].tolist() == [1, 3, 2, 6, 5, 4, 2, 1]
    assert chosen["age"].tolist()[-1] == 31
    assert chosen["age"].isna().sum() == 6
    assert not {"seed", "lastpage", "startlanguage", "dceblock"} & set(choices.frame)


def test_texts_in_headings_and_full_answers(exported, tmp_path):
    row = row_of(exported, answers="", work="-oth-") | {"work[other]": "at sea", "refurl": ""}
    row |= {f"b2t{k}": "B" for k in range(1, 7)} | {f"b1t{k}": "N/A" for k in range(1, 7)}
    row |= {"groupTime41": "3.5", "groupTime42": "12.25"}
    headings = {name: f"{name}. What. would you:\nchoose?" for name in row if name not in META}
    headings |= {"groupTime41": "groupTime41. Group time: block", "groupTime42": "groupTime42. Zeit: b2t1"}
    choices = read(save(tmp_path / "results.csv", [row], headings), exported)
    chosen = choices.frame.query("chosen == 1")
    assert chosen["alternative"].tolist() == ["B"] * 6
    assert chosen["seconds"].dropna().tolist() == [12.25]
    assert set(chosen["work"]) == {"at sea"}
    assert "groupTime41" in choices.report.notes[-1]
    assert "The order of tasks was not recorded." not in choices.report.notes


def test_times_without_names_are_not_guessed(exported, tmp_path):
    choices = read(save(tmp_path / "results.csv", [row_of(exported, groupTime12="8.1")]), exported)
    assert "seconds" not in choices.frame
    assert "'Question code & question text'" in choices.report.notes[-1]


def test_places_that_cannot_be_are_left_out(exported, tmp_path):
    rows = [row_of(exported, places="4 4 5 6 7 8"), row_of(exported, "8")]
    choices = read(save(tmp_path / "results.csv", rows), exported)
    assert choices.frame.query("respondent == 7")["position"].isna().all()
    assert choices.frame.query("respondent == 8")["position"].notna().all()
    assert "Places of tasks contradict the survey, and are left out: 1 respondents." in choices.report.notes


def test_an_order_that_was_not_random_is_told(exported, tmp_path):
    rows = [row_of(exported, str(n), places="8 9 10 11 12 13") for n in range(3)]
    choices = read(save(tmp_path / "results.csv", rows), exported)
    assert "position" not in choices.frame
    assert "were they shuffled?" in choices.report.notes[1]


def test_every_question_is_read(everything, tmp_path):
    design, folder = everything
    _, structured = structure(folder / "limesurvey.txt")
    codes = [row["name"] for row in structured if row["class"] == "Q" and row["type/scale"] not in "XF"]
    row = {"id": "R1", "submitdate": "1980-01-01 00:00:00", **dict.fromkeys(codes, "")}
    row |= {"dceintroduction": "", "dceglossary": "N/A"}
    row |= {"consent": "A1", "dceblock": "1.0", "dcedesign": design.hash[:16]}
    row |= {"attended[a1]": "A1", "attended[a2]": "A3", "attended[a3]": "Never"}
    row |= {"level": "A1", "qtoken": "A2", "ageyears": "45.0000000000"}
    for number, tag in enumerate(("w1", "t1", "t2", "t3", "d1", "t4", "t5", "t6", "r1"), 3):
        row |= {f"b1{tag}": "A2", f"b1{tag}cert": "A10", f"b1{tag}pos": str(number)}
    path = save(tmp_path / "results.csv", [row])
    choices = dce.read_responses(path, design, folder / "manifest.json")
    first = choices.frame.iloc[0]
    assert (first["level"], first["token"], first["age_years"]) == ("A1", "B", 45)
    assert [first[f"attended_{name}"] for name in ("wait", "parking", "mode")] == ["always", "never", "never"]
    assert not [name for name in choices.frame if name.startswith("dce")]
    assert set(choices.frame["certainty"]) == {10}
    assert choices.checks["position"].tolist() == [1, 5, 9]
    assert choices.report.finished == 1
    row["b1d1pos"] = "12"
    choices = dce.read_responses(save(path, [row]), design, folder / "manifest.json")
    assert "position" not in choices.frame


def test_codes_that_a_text_could_be_have_another_letter(everything):
    _, folder = everything
    _, rows = structure(folder / "limesurvey.txt")
    at = next(k for k, row in enumerate(rows) if row["name"] == "level")
    assert [(row["name"], row["text"]) for row in rows[at + 1 : at + 4]] == [
        ("B1", "A2"), ("B2", "A1"), ("B3", "none")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dcedesign": "0123456789abcdef"}, "line 2: column 'dce_design' is '0123456789abcdef'; allowed"),
        ({"b2t3": "A7"}, "line 2: column 'b2t3': answer 'A7' is not one of 'A1', 'A2', 'A', 'B'"),
        ({"b1t3": "A1"}, "line 2: respondent 7 is in block 2, but also answered 'b1t3'; allowed"),
        ({"dceblock": "5"}, "line 2: column 'dceblock': '5' is no block; allowed: '1', '2'"),
        ({"id": ""}, "line 2: column 'id' is empty"),
        ({"b2t1.": "A1"}, "line 1: two columns have the code 'b2t1'; allowed: one"),
    ],
)
def test_what_is_refused(exported, tmp_path, change, message):
    path = save(tmp_path / "results.csv", [row_of(exported) | change])
    with pytest.raises(dce.ChoicesError, match=re.escape(message)):
        read(path, exported)


def test_columns_that_are_missing(exported, tmp_path):
    row = row_of(exported)
    short = {name: cell for name, cell in row.items() if name != "b1t4"}
    with pytest.raises(
        dce.ChoicesError, match="line 1: column 'b1t4' of a task is missing; found: 'dceblock'"
    ):
        read(save(tmp_path / "results.csv", [short]), exported)
    short = {name: cell for name, cell in row.items() if name != "id"}
    with pytest.raises(dce.ChoicesError, match="line 1: column 'id' is missing; allowed"):
        read(save(tmp_path / "results.csv", [short]), exported)


def test_headings_without_codes_are_refused(exported, tmp_path):
    headings = dict(
        zip(META, ["Response ID", "Date submitted", "Last page", "Start language", "Seed"], strict=True)
    )
    path = save(tmp_path / "results.csv", [row_of(exported)], headings)
    with pytest.raises(dce.ChoicesError, match="export with headings 'Question code' or 'Question code & "):
        read(path, exported)


def test_every_name_has_a_code():
    names = ["b1_t2x", "b_1_t_2", "dc_e_x", "b1t2xxxxxxxxxxxxxxxx", "token", "qtoken"]
    codes = list(question_codes(names).values())
    assert len(set(codes)) == len(names)
    for code in codes:
        assert re.fullmatch("[a-z][a-z0-9]{0,19}", code)
        assert not re.fullmatch(TAKEN, code)


def test_tasks_that_were_not_shuffled_have_no_places(small_design, tmp_path):
    design = export(small_design, tmp_path, shuffle=[])
    row = {name: cell for name, cell in row_of(design).items() if not name.endswith("pos")}
    choices = read(save(tmp_path / "results.csv", [row]), design)
    assert "position" not in choices.frame
    assert choices.report.finished == 1
    assert not any("order" in note for note in choices.report.notes)
