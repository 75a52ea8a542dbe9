"""The survey for Qualtrics: the rules of QSF and of its text format, and exports in all their variants."""

import csv
import dataclasses
import importlib.util
import json
import re
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import qualtrics

import dce
from dce.survey.platform_card import text_html
from dce.survey.qualtrics_ids import recode_values

EXAMPLES = Path(__file__).parents[2] / "../shared/reference/survey-examples"
ELEMENTS = {"BL", "FL", "SO", "SCO", "PROJ", "STAT", "QC", "RS", "SQ"}
OPTIONAL = {"PL", "NT", "BR", "QG", "QGO"}
ENTRY = {
    *("SurveyID", "SurveyName", "SurveyDescription", "SurveyOwnerID", "SurveyBrandID", "DivisionID"),
    *("SurveyLanguage", "SurveyActiveResponseSet", "SurveyStatus", "SurveyStartDate"),
    *("SurveyExpirationDate", "SurveyCreationDate", "CreatorID", "LastModified", "LastAccessed"),
    *("LastActivated", "Deleted"),
}
OF_ELEMENT = {
    *("SurveyID", "Element", "PrimaryAttribute", "SecondaryAttribute", "TertiaryAttribute", "Payload"),
}
OF_CHOICE = {
    *("QuestionText", "DataExportTag", "QuestionType", "Selector", "Configuration", "QuestionDescription"),
    *("Choices", "ChoiceOrder", "Validation", "Language", "QuestionID"),
}
PRIMARY = {
    "BL": ("Survey Blocks", None, None),
    "FL": ("Survey Flow", None, None),
    "SO": ("Survey Options", None, None),
    "SCO": ("Scoring", None, None),
    "PROJ": ("CORE", None, "1.1.0"),
    "STAT": ("Survey Statistics", None, None),
}
HOSTILE = (
    "${q://QID1/X} ${e://Field/y} [[Block]] </script><script>alert(1)</script> \"q\" 's' "
    "=1+1 \u202eabc 😀\n\nb"
)


def play(folder, choices, rng):
    """Answer as a respondent would; see ``platforms/qualtrics.py``."""
    path = Path(__file__).parent / "platforms" / "qualtrics.py"
    spec = importlib.util.spec_from_file_location("platform_qualtrics", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.respond(folder, choices, rng)


def everything(**changes):
    questions = [
        dce.Question("age_years", "How old are you?", kind="number", least=18, most=99, required=True),
        dce.Question("visits", "How many visits?", ["1", "2", "3 or more"]),
        dce.Question("work", "Do you {work} [now]?", ["Yes", "No"], when="before"),
        dce.Question("remarks", "Anything else?"),
    ]
    asked = {
        "consent": "I agree.\n\nI may stop.",
        "ending": "Thank you.",
        "questions": questions,
        "definitions": "both",
        "certainty": True,
        "attendance": True,
        "warm_up": True,
        "dominance": True,
        "repeat": [2],
    }
    return dce.SurveySettings(**{**asked, **changes})


def with_survey(design, settings, **changes):
    return dce.Design(dataclasses.replace(design.study, survey=settings, **changes), design.frame)


def export(design, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dce.SurveyWarning)
        dce.export_survey(design, folder, to=["qualtrics"])
    return folder


def load(folder):
    return json.loads((folder / "qualtrics.qsf").read_text(encoding="ascii"))


def elements(document, kind):
    return [element for element in document["SurveyElements"] if element["Element"] == kind]


def nodes(node):
    yield node
    for child in node.get("Flow", ()):
        yield from nodes(child)


def blocks_of(document):
    found = elements(document, "BL")[0]["Payload"]
    return list(found.values()) if isinstance(found, dict) else found


def broken_rules(document):
    """The rules of QSF that a survey breaks; files of Qualtrics itself break none."""
    broken = []

    def must(holds, rule):
        if not holds:
            broken.append(rule)

    must(set(document) == {"SurveyEntry", "SurveyElements"}, "top level")
    entry, parts = document["SurveyEntry"], document["SurveyElements"]
    must(set(entry) == ENTRY, "the 17 keys of the entry")
    for key, prefix in (("SurveyID", "SV"), ("SurveyOwnerID", "UR"), ("SurveyActiveResponseSet", "RS")):
        must(re.fullmatch(prefix + "_[A-Za-z0-9]{11,15}", entry[key]), key)
    counts = Counter(part["Element"] for part in parts)
    must(ELEMENTS >= set(counts) - OPTIONAL >= ELEMENTS - {"PROJ"}, "elements")  # older ones have no PROJ
    must(all(counts[kind] <= 1 for kind in ELEMENTS - {"SQ", "RS"}), "one element of each kind")
    for part in parts:
        must(set(part) == OF_ELEMENT, "six keys of each element")
        must(part["SurveyID"] == entry["SurveyID"], "the survey of each element")
        if part["Element"] in PRIMARY:
            told = (part["PrimaryAttribute"], part["SecondaryAttribute"], part["TertiaryAttribute"])
            must(told == PRIMARY[part["Element"]], part["Element"])
    must(elements(document, "RS")[0]["PrimaryAttribute"] == entry["SurveyActiveResponseSet"], "response set")
    questions = {part["PrimaryAttribute"]: part for part in elements(document, "SQ")}
    numbers = [int(re.fullmatch("QID([0-9]+)", qid)[1]) for qid in questions]
    count = elements(document, "QC")[0]["SecondaryAttribute"]
    must(isinstance(count, str) and int(count) >= max(numbers), "question count")
    for qid, part in questions.items():
        payload = part["Payload"]
        must(payload["QuestionID"] == qid and len(part["SecondaryAttribute"]) <= 100, "question")
        if payload["QuestionType"] == "MC":
            must(set(payload) >= OF_CHOICE, "keys of a choice")
            order = [str(choice) for choice in payload["ChoiceOrder"]]
            must(sorted(order) == sorted(payload["Choices"]), "choices and their order")
            must(set(payload.get("RecodeValues", ())) <= set(order), "recode values")
    blocks = blocks_of(document)
    kinds = Counter(block["Type"] for block in blocks)
    must(
        kinds["Default"] <= 1 and kinds["Trash"] == 1 and set(kinds) <= {"Default", "Standard", "Trash"},
        "blocks",
    )
    must(all(re.fullmatch("BL_[A-Za-z0-9]{11,15}", block["ID"]) for block in blocks), "ids of blocks")
    held = [part.get("QuestionID") for block in blocks for part in block["BlockElements"]]
    held = [qid for qid in held if qid]
    must(sorted(held) == sorted(questions), "each question in one block")
    flow = list(nodes(elements(document, "FL")[0]["Payload"]))
    ids = [node["FlowID"] for node in flow]
    must(flow[0]["Type"] == "Root" and "Count" in flow[0]["Properties"], "root")
    must(all(re.fullmatch("FL_[1-9][0-9]*", i) for i in ids) and len(set(ids)) == len(ids), "ids of the flow")
    must({n["ID"] for n in flow if "ID" in n} <= {block["ID"] for block in blocks}, "blocks of the flow")
    return broken


def own_rules(document):
    """What holds of our own files besides: one way to write each thing, and every block shown once."""
    assert {part["Element"] for part in document["SurveyElements"]} == ELEMENTS
    assert isinstance(elements(document, "BL")[0]["Payload"], list)
    blocks = blocks_of(document)
    assert [block["Type"] for block in blocks[:2]] == ["Default", "Standard"]
    assert blocks[-1]["Type"] == "Trash"
    assert not blocks[-1]["BlockElements"]
    flow = list(nodes(elements(document, "FL")[0]["Payload"]))
    shown = [node["ID"] for node in flow if "ID" in node]
    assert Counter(shown) == Counter(block["ID"] for block in blocks[:-1])
    assert flow[0]["Properties"]["Count"] == len(flow) == int(flow[-1]["FlowID"][3:])
    tags = [part["Payload"]["DataExportTag"] for part in elements(document, "SQ")]
    assert len(set(tags)) == len(tags)
    assert all(re.fullmatch("[A-Za-z][A-Za-z0-9_]*", tag) for tag in tags)
    for block in blocks:
        questions = [e for e in block["BlockElements"] if e["Type"] == "Question"]
        assert len(questions) == len(block["BlockElements"]) or block["Description"] == "Introduction"
    for payload in (part["Payload"] for part in elements(document, "SQ")):
        assert "\n" not in payload["QuestionText"]


def texts_of(value):
    """All texts in a JSON document."""
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts_of(item)


@pytest.fixture
def design(small_design):
    return with_survey(small_design, everything())


@pytest.fixture
def hostile_design(small_design):
    study = small_design.study
    questions = [
        dce.Question("colour", HOSTILE, [HOSTILE, "${lm://x}"], when="before"),
        dce.Question("remarks", HOSTILE),
    ]
    settings = everything(
        consent=HOSTILE, ending=HOSTILE, questions=questions, texts={"page.agree": "[[I]] <b>agree</b>"}
    )
    return with_survey(
        small_design,
        settings,
        title=HOSTILE,
        introduction=HOSTILE,
        question=HOSTILE,
        attributes=[
            dataclasses.replace(
                attribute,
                label=f"{attribute.name} {HOSTILE}",
                definition=HOSTILE,
                unit=None,
                labels=[f"{level} {HOSTILE}" for level in attribute.levels],
            )
            for attribute in study.attributes
        ],
        alternatives=[dataclasses.replace(a, label=f"{a.name} {HOSTILE}") for a in study.alternatives],
    )


@pytest.mark.parametrize("shuffle", [["tasks"], []])
def test_the_definition_keeps_the_rules(design, tmp_path, shuffle):
    document = load(export(with_survey(design, everything(shuffle=shuffle)), tmp_path))
    assert broken_rules(document) == []
    own_rules(document)


def test_the_rules_are_those_of_real_surveys():
    paths = sorted(EXAMPLES.glob("*.qsf"))
    if not paths:
        pytest.skip("needs ../shared/reference/survey-examples, which is not part of the project")
    for path in paths:
        assert broken_rules(json.loads(path.read_text(encoding="utf-8"))) == [], path.name
    broken = json.loads(paths[0].read_text(encoding="utf-8"))
    elements(broken, "QC")[0]["SecondaryAttribute"] = "1"
    assert broken_rules(broken) == ["question count"]


def test_the_flow(design, tmp_path):
    document = load(export(design, tmp_path))
    names = {block["ID"]: block["Description"] for block in blocks_of(document)}
    root = elements(document, "FL")[0]["Payload"]
    around = [names.get(node.get("ID"), node["Type"]) for node in root["Flow"]]
    assert around == [
        *("Introduction", "Questions before the cards", "BlockRandomizer"),
        *("Attendance", "Questions after the cards", "Ending", "EndSurvey"),
    ]
    draw = root["Flow"][2]
    assert (draw["SubSet"], draw["EvenPresentation"]) == (1, True)
    assert [group["Description"] for group in draw["Flow"]] == ["DCE block 1", "DCE block 2"]
    for number, group in enumerate(draw["Flow"], 1):
        data, warm_up, tasks, *last = group["Flow"]
        values = {field["Field"]: field["Value"] for field in data["EmbeddedData"]}
        assert values == {"dce_block": str(number), "dce_design": design.hash[:16]}
        assert tasks["SubSet"] == len(tasks["Flow"]) == 6
        shown = [names[node["ID"]] for node in (warm_up, *tasks["Flow"], *last)]
        kinds = ["w1", *(f"t{k}" for k in range(1, 7)), "d1", "r1"]
        assert shown == [f"b{number}_{kind}" for kind in kinds]


def test_one_block_in_the_order_of_the_design(small_design, tmp_path):
    study = dataclasses.replace(small_design.study, design=dce.DesignSettings(tasks=6, blocks=1))
    one = dce.Design(study, small_design.frame.query("block == 1"))
    document = load(export(with_survey(one, everything(shuffle=[])), tmp_path))
    names = {block["ID"]: block["Description"] for block in blocks_of(document)}
    flow = list(nodes(elements(document, "FL")[0]["Payload"]))
    assert not [node for node in flow if node["Type"] == "BlockRandomizer"]
    cards = [name for node in flow if re.match("b1_", name := names.get(node.get("ID"), ""))]
    assert cards == ["b1_w1", "b1_t1", "b1_t2", "b1_t3", "b1_d1", "b1_t4", "b1_t5", "b1_t6", "b1_r1"]
    card = next(p["Payload"] for p in elements(document, "SQ") if p["SecondaryAttribute"] == "b1_t4")
    assert "Card 5 of 8" in card["QuestionText"]


def test_a_card(design, tmp_path):
    document = load(export(design, tmp_path))
    by_tag = {p["Payload"]["DataExportTag"]: p["Payload"] for p in elements(document, "SQ")}
    block = next(b for b in blocks_of(document) if b["Description"] == "b1_t2")
    tags = ["b1_t2", "b1_t2_certainty", "b1_t2_seconds"]
    assert [e["QuestionID"] for e in block["BlockElements"]] == [by_tag[tag]["QuestionID"] for tag in tags]
    card, sure, timer = (by_tag[tag] for tag in tags)
    assert card["Choices"] == {"1": {"Display": "A"}, "2": {"Display": "B"}}
    assert card["RecodeValues"] == {"1": "1", "2": "2"}
    assert card["Validation"]["Settings"]["ForceResponse"] == "ON"
    assert "Card 2 of" not in card["QuestionText"]  # its place is random
    assert sure["Selector"] == "SAHR"
    assert sure["RecodeValues"] == {str(k + 1): str(k) for k in range(11)}
    assert (timer["QuestionType"], timer["Selector"]) == ("Timing", "PageTimer")
    age = by_tag["age_years"]["Validation"]["Settings"]
    assert age["ValidNumber"] == {"Min": "18", "Max": "99", "NumDecimals": ""}
    assert by_tag["visits"]["RecodeValues"] == {"1": "1001", "2": "1002", "3": "1003"}


def test_recode_values_are_no_options():
    options = {"o1": "1", "o2": "1002", "o3": "2003"}
    assert recode_values(options) == {"o1": "3001", "o2": "3002", "o3": "3003"}


@pytest.mark.parametrize("back", [True, False])
def test_options(design, tmp_path, back):
    settings = everything(back=back, timers=False, certainty=False, consent="", language="de")
    document = load(export(with_survey(design, settings), tmp_path))
    assert elements(document, "SO")[0]["Payload"]["BackButton"] == str(back).lower()
    assert document["SurveyEntry"]["SurveyLanguage"] == "DE"
    tags = {part["Payload"]["DataExportTag"] for part in elements(document, "SQ")}
    assert not {"consent", "b1_t1_seconds", "b1_t1_certainty"} & tags
    assert ("qualtrics: leaves out going back" in warned(design, settings, tmp_path / "w")) == back


def warned(design, settings, folder):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dce.export_survey(with_survey(design, settings), folder, to=["qualtrics"])
    return " ".join(str(warning.message) for warning in caught)


def test_texts_of_the_study_are_data(hostile_design, tmp_path):
    export(hostile_design, tmp_path)
    document = load(tmp_path)
    assert broken_rules(document) == []
    own_rules(document)
    for text in texts_of(document):
        assert not re.search(r"\$\{|\[\[|<script|</script", text)
    shown = next(p["Payload"] for p in elements(document, "SQ") if p["SecondaryAttribute"] == "b1_t1")
    for level in ("parking", "mode"):
        assert f"{level} {text_html(HOSTILE)}" in shown["QuestionText"]
    text = (tmp_path / "qualtrics.txt").read_text(encoding="utf-8")
    assert not re.search(r"\$\{|<script|</script", text)
    assert Counter(re.findall(r"\[\[\w+", text)) == Counter(re.findall(r"(?m)^\[\[\w+", text))


def test_the_same_survey_gives_the_same_bytes(design, tmp_path):
    names = ("qualtrics.qsf", "qualtrics.txt", "qualtrics_notes.txt")
    first, second = (export(design, tmp_path / folder) for folder in ("a", "b"))
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()
        assert b"\r" not in (first / name).read_bytes()
    other = load(
        export(with_survey(design, everything(texts={"card.heading": "{position}/{cards}"})), tmp_path / "c")
    )
    assert other["SurveyEntry"]["SurveyID"] != load(first)["SurveyEntry"]["SurveyID"]


@pytest.mark.parametrize("settings", [everything(), dce.SurveySettings(timers=False)])
def test_the_text_format_keeps_the_rules(design, tmp_path, settings):
    described = with_survey(design, settings)
    export(described, tmp_path)
    text = (tmp_path / "qualtrics.txt").read_text(encoding="utf-8")
    assert text.startswith("[[AdvancedFormat]]\n\n[[ED:dce_block]]\n[[ED:dce_design:")
    sections = text.split("\n\n")
    allowed = r"\[\[(AdvancedFormat|ED:\w+(:\w+)?|Block:[\w -]+|PageBreak)\]\]"
    for section in sections[:-1]:
        lines = section.split("\n")
        if not lines[0].startswith("[[Question:"):
            assert all(re.fullmatch(allowed, line) for line in lines)
            continue
        assert re.fullmatch(
            r"\[\[Question:(DB|TE:SingleLine|TE:Essay|MC:SingleAnswer:(Vertical|Horizontal))\]\]", lines[0]
        )
        assert re.fullmatch(r"\[\[ID:[A-Za-z]\w*\]\]", lines[1])
        assert re.match(r"(?!\[\[).", lines[2])
        if len(lines) > 3:
            assert lines[3] == "[[AdvancedChoices]]"
            assert all(re.fullmatch(r"\[\[Choice:\d+\]\]", line) for line in lines[4::2])
            assert all(line and not line.startswith("[[") for line in lines[5::2])
            assert len(lines) % 2 == 0
    document = load(tmp_path)
    asked = [p["Payload"] for p in elements(document, "SQ") if p["Payload"]["QuestionType"] != "Timing"]
    tags = re.findall(r"(?m)^\[\[ID:(\w+)\]\]", text)
    assert tags == ["dce_set_up_notes", *(payload["DataExportTag"] for payload in asked)]
    assert "delete this block before deploying" in text
    assert ("timing question" in text) == settings.timers


def test_the_independent_package_reads_definition_and_answers(design, rng, tmp_path):
    export(design, tmp_path)
    choices = dce.simulate_choices(design, respondents=8, seed=2)
    files, _ = play(tmp_path, choices, rng)
    parsed = qualtrics.parse_survey(files[0], tmp_path / "qualtrics.qsf")
    assert [survey["survey_name"] for survey in parsed.surveys] == ["Clinics"]
    cards = [section for section in parsed.sections if re.match("b[12]_", section["section_name"])]
    assert len(cards) == 18
    payloads = [part["Payload"] for part in elements(load(tmp_path), "SQ")]
    answerable = [p for p in payloads if p["QuestionType"] in ("MC", "TE")]
    tags = {question["question_description"] for question in parsed.questions}
    assert {p["DataExportTag"] for p in answerable} <= tags
    options = sum(len(p["Choices"]) for p in payloads if p["QuestionType"] == "MC")
    assert len(parsed.answer_options) == options
    picked = [answer for answer in parsed.response_answers if answer["answer_value_type"] == "categorical"]
    assert len(picked) > 9 * 8
    assert all(answer["answer_option_id"] for answer in picked)
    assert len(parsed.responses) == 9  # with the preview


@pytest.fixture(scope="module")
def fielded_once(small_design, tmp_path_factory):
    design = with_survey(small_design, everything())
    folder = export(design, tmp_path_factory.mktemp("fielded"))
    choices = dce.simulate_choices(design, respondents=12, seed=4)
    files, shown = play(folder, choices, np.random.default_rng(7))
    with files[0].open(encoding="utf-8", newline="") as stream:
        return folder, design, choices, shown, list(csv.reader(stream))


@pytest.fixture
def fielded(fielded_once):
    """A folder, the answers of 12 respondents as they were given, and the rows of the export."""
    *rest, rows = fielded_once
    return *rest, [list(row) for row in rows]


def write(folder, rows, encoding="utf-8", delimiter=",", line="\r\n"):
    path = folder / "answers.csv"
    with path.open("w", encoding=encoding, newline="") as stream:
        csv.writer(stream, delimiter=delimiter, lineterminator=line).writerows(rows)
    return path


def chosen(choices):
    frame = choices.frame[choices.frame["chosen"] == 1].copy()
    if not pd.api.types.is_numeric_dtype(frame["respondent"]):
        frame["respondent"] = frame["respondent"].str.extract(r"(\d+)$")[0].astype(int)
    kept = frame[["respondent", "block", "task", "alternative"]]
    return kept.sort_values(["respondent", "task"], ignore_index=True)


def column(rows, name):
    return rows[0].index(name)


def change(rows, name, values):
    """The rows with other cells in a column of the responses; ``values`` maps old to new."""
    at = column(rows, name)
    return [*rows[:3], *([*row[:at], values(row[at]), *row[at + 1 :]] for row in rows[3:])]


def without(rows, pattern):
    kept = [k for k, name in enumerate(rows[0]) if not re.search(pattern, name)]
    return [[row[k] for k in kept] for row in rows]


def legacy(rows):
    names = {"ResponseId": ("V1", "ResponseID"), "Status": ("V7", "Status"), "Finished": ("V10", "Finished")}
    order = [column(rows, "ResponseId"), *(k for k, n in enumerate(rows[0]) if n != "ResponseId")]
    made = [[row[k] for k in order] for row in rows]
    told = [names.get(name, (name, label)) for name, label in zip(made[0], made[1], strict=True)]
    told.insert(1, ("V2", "ResponseSet"))
    rest = [[row[0], "Default", *row[1:], ""] for row in made[3:]]
    return [[*(name for name, _ in told), ""], [*(label for _, label in told), ""], *rest]


def single_quotes(rows):
    ids = [cell.replace('"', "'").replace(":", ": ") for cell in rows[2]]
    return [rows[0], rows[1], ids, *rows[3:]]


def one_order_column(rows):
    """The layout in which the order of a randomiser is one column, with pipes."""
    found = {}
    for k, name in enumerate(rows[0]):
        randomiser = re.fullmatch(r"(FL_\d+)_DO_(b\d_t\d)", name)
        if randomiser:
            found.setdefault(randomiser[1], {})[randomiser[2]] = k
    made = without(rows, "_DO_b")
    for randomiser, places in found.items():
        made[0].append(f"{randomiser}_DO")
        made[1].append("Display Order")
        made[2].append(json.dumps({"ImportId": f"{randomiser}_DO"}))
        for row, whole in zip(made[3:], rows[3:], strict=True):
            order = sorted((int(whole[k]), tag) for tag, k in places.items() if whole[k])
            row.append("|".join(tag for _, tag in order))
    return made


def imported_text(rows):
    """Ids as after an import of the text format: numbered in the order of the questions."""
    ids = [re.sub(r"QID(\d+)", lambda m: f"QID{int(m[1]) + 1}", cell) for cell in rows[2]]
    return [*rows[:2], ids, *rows[3:]]


def renamed(rows, old, new):
    return [[new if name == old else name for name in rows[0]], *rows[1:]]


def by_spreadsheet(rows):
    dates = change(rows, "StartDate", lambda cell: "6/12/2025 18:04")
    return change(dates, "b1_t1", lambda cell: f"{cell}.0" if cell else "")


def decimal_commas(rows):
    return change(rows, "b1_t1_seconds_Page Submit", lambda cell: cell.replace(".", ","))


READ = {
    "as it is": lambda rows: rows,
    "two header rows, of before 2017": legacy,
    "single quotes in the third row": single_quotes,
    "without the third row": lambda rows: [*rows[:2], *rows[3:]],
    "with names only": lambda rows: [rows[0], *rows[3:]],
    "little but answers, without ids": lambda rows: without(
        [*rows[:2], *rows[3:]], "IPAddress|StartDate|Location|Finished"
    ),
    "labels deleted": lambda rows: [rows[0], *rows[2:]],
    "columns in another order": lambda rows: [row[::-1] for row in rows],
    "a renamed tag, known by its id": lambda rows: renamed(rows, "b1_t3", "Q17"),
    "ids only": lambda rows: rows[2:],
    "ids of an import of the text format": imported_text,
    "order in one column": one_order_column,
    "through a spreadsheet": by_spreadsheet,
    "finished in German": lambda rows: change(rows, "Finished", lambda cell: "WAHR"),
    "decimal commas": decimal_commas,
    "other names of statuses": lambda rows: change(rows, "Status", {"0": "IP-Adresse", "1": "1.0"}.get),
}


@pytest.mark.parametrize("case", READ)
def test_exports_in_all_their_variants(fielded, case):
    folder, design, simulated, shown, rows = fielded
    back = dce.read_responses(write(folder, READ[case](rows)), design, folder / "manifest.json")
    pd.testing.assert_frame_equal(chosen(back), chosen(simulated), check_dtype=False)
    assert back.report.format == "an export of Qualtrics"
    assert back.report.dropped["previews"] == 1
    assert (back.report.rows, back.report.finished) == (13, 12)
    assert set(back.frame["work"]) <= {"Yes", "No"}
    assert set(back.frame["visits"]) <= {"1", "2", "3 or more"}
    found = back.frame.drop_duplicates(["respondent", "task"]).copy()
    found["respondent"] = found["respondent"].str[-3:].astype(int)
    found = found.sort_values(["respondent", "task"], ignore_index=True)[list(shown)]
    told = shown.sort_values(["respondent", "task"], ignore_index=True)
    pd.testing.assert_frame_equal(found, told, check_dtype=False)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_encodings(fielded, encoding, delimiter):
    folder, design, simulated, _, rows = fielded
    path = write(folder, rows, encoding, delimiter)
    back = dce.read_responses(path, design, folder / "manifest.json")
    pd.testing.assert_frame_equal(chosen(back), chosen(simulated), check_dtype=False)


def test_what_is_recorded_of_persons_is_not_read(fielded):
    folder, design, _, _, rows = fielded
    more = {"cond": "treated", "RecipientEmail": "a@b.org", "Q_RecaptchaScore": "0.9", "block": "x",
            "meta_Browser": "Firefox"}  # fmt: skip
    told = [[*row, *(more if k < 2 else more.values())] for k, row in enumerate(rows)]
    told[2] = [*rows[2], *(json.dumps({"ImportId": name}) for name in more)]
    back = dce.read_responses(write(folder, told), design, folder / "manifest.json")
    assert set(back.frame["cond"]) == {"treated"}
    personal = {"IPAddress", "StartDate", "LocationLatitude", "RecipientEmail", "Q_RecaptchaScore"}
    assert not (personal | {"meta_Browser", "ResponseId", "consent"}) & set(back.frame)
    assert set(back.frame["block"]) == {1, 2}
    note = next(note for note in back.report.notes if "IPAddress" in note)
    assert all(name in note for name in personal)
    assert any("'block'" in note for note in back.report.notes)


def test_rows_that_were_not_fielded_are_counted(fielded):
    folder, design, _, _, rows = fielded
    at = column(rows, "Status")
    statuses = ["1", "2", "4", "8", "17", "0", "IP Address", "Survey Preview", "Spam"]
    for row, status in zip(rows[3:], statuses, strict=False):
        row[at] = status
    back = dce.read_responses(write(folder, rows), design, folder / "manifest.json")
    dropped = {reason: count for reason, count in back.report.dropped.items() if count}
    assert dropped == {"previews": 2, "tests": 1, "imported rows": 1, "spam": 2, "rows of status '17'": 1}
    assert back.report.rows == 13
    assert back.n_respondents == 6


def test_unfinished_and_unanswered(fielded):
    folder, design, _, _, rows = fielded
    at = column(rows, "Finished")
    rows[4][at] = "False"
    block = rows[5][column(rows, "dce_block")]
    rows[5][column(rows, f"b{block}_t2")] = "-99"
    back = dce.read_responses(write(folder, rows), design, folder / "manifest.json")
    table = back.report.respondents
    assert table["finished"].tolist() == [False, False, *[True] * 10]
    assert table["answered"].tolist() == [6, 5, *[6] * 10]
    assert back.frame["remarks"].isna().all()  # -99: seen, and left open
    assert any("Taken for no answer: -99 in remarks, " in note for note in back.report.notes)


def test_what_was_not_recorded_is_told(fielded):
    folder, design, simulated, _, rows = fielded
    fewer = without(rows, "_DO_|ResponseId|dce_|_seconds|_certainty|visits|_w1")
    back = dce.read_responses(write(folder, fewer), design, folder / "manifest.json")
    told = "\n".join(back.report.notes)
    for words in (
        "not say of which design",
        "block was not recorded",
        "respondents are numbered",
        "order of tasks was not recorded",
        "time that tasks took was not",
        "How sure respondents were was not",
        "no column for the questions 'visits'",
        "no column 'b1_w1', 'b2_w1'",
    ):
        assert words in told
    assert not {"position", "seconds", "certainty"} & set(back.frame)
    assert chosen(back)["alternative"].tolist() == chosen(simulated)["alternative"].tolist()


def test_an_order_of_several_randomisers_is_left_out(fielded):
    folder, design, simulated, _, rows = fielded
    name = next(name for name in rows[0] if re.fullmatch(r"FL_\d+_DO_b1_t2", name))
    odd = renamed(rows, name, "FL_99_DO_b1_t2")
    odd[2] = [
        cell.replace(name[: name.index("_DO")], "FL_99") if "b1_t2" in cell else cell for cell in odd[2]
    ]
    back = dce.read_responses(write(folder, odd), design, folder / "manifest.json")
    assert any("block 1 is not told by one randomiser" in note for note in back.report.notes)
    assert back.frame.query("block == 1")["position"].isna().all()
    assert back.frame.query("block == 2")["position"].notna().all()
    assert len(chosen(back)) == len(chosen(simulated))


def test_the_order_of_cards_that_two_randomisers_show_is_left_out(fielded):
    folder, design, _, _, rows = fielded
    again = [k for k, name in enumerate(rows[0]) if re.fullmatch(r"FL_\d+_DO_b1_t\d", name)]
    twice = [[*row, *(re.sub(r"FL_\d+_DO", "FL_99_DO", row[k]) for k in again)] for row in rows]
    back = dce.read_responses(write(folder, twice), design, folder / "manifest.json")
    assert any("block 1 is not told by one randomiser" in note for note in back.report.notes)
    assert back.frame.query("block == 1")["position"].isna().all()


def swapped(rows):
    names = list(rows[0])
    a, b = column(rows, "b1_t1"), column(rows, "b1_t2")
    names[a], names[b] = names[b], names[a]
    return [names, *rows[1:]]


def other_block(rows):
    return change(rows, "dce_block", {"1": "2", "2": "1"}.get)


def same_place(rows):
    names = [name for name in rows[0] if re.search(r"_DO_b1_t[12]$", name)]
    return change(change(rows, names[0], lambda c: c and "1"), names[1], lambda c: c and "1")


REFUSED = {
    "names swapped": (swapped, r"line 1: column 'b1_t2' has the ImportId 'QID\d+' of 'b1_t1'"),
    "a tag renamed, without ids": (
        lambda rows: renamed([*rows[:2], *rows[3:]], "b1_t3", "Q17"), "line 1: there is no column 'b1_t3'"),
    "a task deleted": (lambda rows: without(rows, "^b2_t4$"), "line 1: there is no column 'b2_t4'"),
    "a column twice": (lambda rows: renamed(imported_text(rows), "b1_t3", "b1_t2"),
                       "columns 'b1_t2' and 'b1_t2' both hold 'b1_t2'"),
    "another design": (lambda rows: change(rows, "dce_design", lambda c: "0123456789abcdef"),
                       "line 9?.*'dce_design' is '0123456789abcdef'"),
    "blocks swapped": (other_block, "is in block .*, but also answered 'b"),
    "no such block": (lambda rows: change(rows, "dce_block", lambda c: "7"), "'7' is no block"),
    "an unknown code": (lambda rows: change(rows, "b1_t1", lambda c: c and "9"), "'b1_t1': answer '9'"),
    "half a row": (lambda rows: [*rows[:-1], rows[-1][:20]], "has 20 cells; allowed: "),
    "half a header": (lambda rows: [rows[0], rows[1][:9], *rows[2:]], "has 9 cells; allowed: "),
    "previews only": (lambda rows: rows[:4], "there are no answers; left out: 1 previews"),
    "no rows": (lambda rows: rows[:3], "there are no answers"),
    "odd finished": (lambda rows: change(rows, "Finished", lambda c: "maybe"), "'Finished' is 'maybe'"),
    "one place twice": (same_place, "the display order has '1'"),
    "no such place": (lambda rows: change(rows, next(n for n in rows[0] if n.endswith("_DO_b1_t1")),
                                          lambda c: c and "9"), "the display order of 'b1_t1' is '9'"),
    "the same respondent": (lambda rows: change(rows, "ResponseId", lambda c: "R_1"), "'R_1' was already on"),
    "too sure": (lambda rows: change(rows, "b1_t1_certainty", lambda c: c and "11"), "certainty is '11'"),
    "an age in words": (lambda rows: change(rows, "age_years", lambda c: "old"), "'age_years': found 'old'"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_damaged_exports_are_refused(fielded, case):
    folder, design, _, _, rows = fielded
    damage, message = REFUSED[case]
    path = write(folder, damage(rows))
    with pytest.raises(dce.ChoicesError, match=message) as refused:
        dce.read_responses(path, design, folder / "manifest.json")
    assert "answers.csv" in str(refused.value)


@pytest.mark.parametrize(
    "name",
    ["projoint_mummolo_nall", "qt_single_mc_insights", "qualtRics_sample", "qualtRics_sample_legacy",
     "twin2k_affective_priming_head", "twin2k_context_effects_head"],
)  # fmt: skip
def test_real_exports_of_other_surveys_are_refused(small_design, name):
    path = EXAMPLES / f"qualtrics_csv_{name}.csv"
    if not path.exists():
        pytest.skip("needs ../shared/reference/survey-examples, which is not part of the project")
    with pytest.raises(dce.ChoicesError, match=r"of another survey: there is no column 'b1_t1'.*dce_design"):
        dce.read_responses(path, small_design)


def test_the_plain_file_is_not_taken_for_an_export(small_choices, small_design, tmp_path):
    path = tmp_path / "plain.csv"
    dce.write_responses(small_choices, small_design, path)
    frame = pd.read_csv(path).assign(Status="in work", Name="x", Progress=3)
    frame.to_csv(path, index=False)
    assert dce.read_responses(path, small_design).report.format != "an export of Qualtrics"
