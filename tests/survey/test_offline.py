"""The offline survey's page, without a browser, and the files that it saves."""

import base64
import csv
import dataclasses
import hashlib
import json
import re

import pytest

import dce
from dce.survey.offline import labels_number_columns, write_offline
from dce.survey.survey import make_survey

HOSTILE = (
    """<script>hacked()</script></script><!-- <img src=x onerror=hacked()> "a" 'b' {{ 7 }} ${x} \u2028"""
    " שלום 🙂"
)
QUESTIONS = [
    dce.Question("study", HOSTILE, ["yes", f"no {HOSTILE}"]),
    dce.Question("age", "Age?", kind="number", least=18),
]


@pytest.fixture
def surveyed(small_design):
    """The small design with a survey of given settings, and words of its study changed."""

    def make(study=None, **settings) -> dce.Design:
        changed = dataclasses.replace(study or small_design.study, survey=dce.SurveySettings(**settings))
        return dce.Design(changed, small_design.frame)

    return make


def page_of(design, folder):
    (path,) = write_offline(make_survey(design), folder)
    assert path == folder / "survey.html"
    return path.read_bytes().decode("utf-8")


def policy_of(page):
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))


def data_of(page):
    (text,) = re.findall(r'<script type="application/json" id="survey">(.*?)</script>', page)
    return json.loads(text)


def test_policy_allows_this_style_and_this_script_only(surveyed, tmp_path):
    page = page_of(surveyed(), tmp_path)
    policy = policy_of(page)
    for name, part in (("style", r"<style>(.*?)</style>"), ("script", r"<script>(.*?)</script>")):
        (text,) = re.findall(part, page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert policy.pop(f"{name}-src") == f"'sha256-{digest}'"
    nothing = ("default-src", "connect-src", "base-uri", "form-action", "trusted-types")
    assert policy == dict.fromkeys(nothing, "'none'") | {"require-trusted-types-for": "'script'"}
    assert not re.search(r"""\bon\w+=|style=|src=|href="http|@import|url\(|innerHTML""", page)


@pytest.mark.parametrize(
    ("post", "origin"),
    [
        ("https://example.org/a?b=1;c", "https://example.org"),
        ("https://example.org:8443", "https://example.org:8443"),
        ("http://127.0.0.1:5000/x", "http://127.0.0.1:5000"),
    ],
)
def test_page_may_send_to_the_origin_of_its_address(surveyed, tmp_path, post, origin):
    page = page_of(surveyed(post=post), tmp_path)
    assert policy_of(page)["connect-src"] == origin
    assert data_of(page)["post"] == post


@pytest.mark.parametrize(
    "post",
    ["http://example.org", "example.org", "https://", "https://a b", "https://a.org; script-src *", "https://a.org,b",
     "javascript:x", "https://user@a.org/", "http://localhost.evil.org", "https://a.org\n"],
)  # fmt: skip
def test_other_addresses_are_refused(post):
    with pytest.raises(
        dce.StudyError, match=r"post: found .*; allowed: an address that begins with https://"
    ):
        dce.SurveySettings(post=post)


def test_a_hostile_study_is_data(surveyed, small, tmp_path):
    plain = page_of(surveyed(), tmp_path / "plain")
    study = dataclasses.replace(
        small,
        title=HOSTILE,
        introduction=HOSTILE,
        question=HOSTILE,
        attributes=[dataclasses.replace(a, definition=f"{a.name} {HOSTILE}") for a in small.attributes],
    )
    page = page_of(surveyed(study, questions=QUESTIONS, consent=HOSTILE, ending=HOSTILE), tmp_path)
    data = data_of(page)
    assert data["study"] == data["question"] == data["introduction"][0] == data["ending"][0] == HOSTILE
    assert data["questions"][0]["options"] == [["1", "yes"], ["2", f"no {HOSTILE}"]]
    assert "\u2028" not in page.partition('id="survey">')[2]
    for sign in ("<script", "</script", "<!--", "<img"):
        assert page.count(sign) == plain.count(sign)


def test_page_holds_the_cards_of_the_survey(surveyed, tmp_path):
    design = surveyed(warm_up=True, repeat=[2])
    data = data_of(page_of(design, tmp_path))
    cards = make_survey(design).cards
    of_page = [card for cards in data["blocks"].values() for card in cards]
    assert [card["tag"] for card in of_page] == [card.tag for card in cards]
    assert [card["cells"] for card in of_page] == [[list(row.cells) for row in card.rows] for card in cards]
    assert data["design"] == design.hash[:16]


def test_same_survey_same_bytes_and_no_larger_than_it_must_be(surveyed, tmp_path):
    page = page_of(surveyed(), tmp_path / "a")
    assert page_of(surveyed(), tmp_path / "b") == page
    assert "\r" not in page
    assert len(page.encode()) < 70_000


@pytest.mark.parametrize(
    ("labels", "labelled", "stay"),
    [
        (("Service 1", "Service 2"), False, True),
        (("Option A", "Option B"), False, True),
        (("A", "B"), False, True),
        (("Service 1", "Service 2"), True, False),
        (("Near clinic", "Far clinic"), False, False),
        (("Vitamin C", "Vitamin D"), False, False),
        (("Service 2", "Service 1"), False, False),
        (("Level 1", "Service 2"), False, False),
    ],
)
def test_only_labels_that_number_columns_stay_in_place(small_design, small, labels, labelled, stay):
    alternatives = [
        dataclasses.replace(a, label=label) for a, label in zip(small.alternatives, labels, strict=True)
    ]
    study = dataclasses.replace(small, alternatives=alternatives, labelled=labelled)
    assert labels_number_columns(make_survey(dce.Design(study, small_design.frame))) == stay


@pytest.fixture
def saved(surveyed):
    """A design, and two records as the page saves them: one finished, one not."""
    design = surveyed(questions=QUESTIONS, shuffle=["tasks", "attributes"])
    own = {
        "dce_study": "Clinics", "dce_design": design.hash[:16], "dce_cards": "", "respondent": "P1",
        "dce_session": "ABCD", "dce_block": "1", "dce_started": "2026-11-25T10:00:00.000Z",
        "dce_ended": "2026-11-25T10:09:00.000Z", "dce_finished": "1",
        "attribute_order": "mode|wait|parking",
    }  # fmt: skip
    tags = [f"b{block}_t{k}" for block in (1, 2) for k in range(1, 7)]
    names = [*own, *(tag + kind for tag in tags for kind in ("", "_seconds", "_position")), "study", "age"]
    first = own | {"study": "2", "age": "40.5"}
    for k, tag in enumerate(tags[:6]):
        first |= {tag: str(k % 2 + 1), f"{tag}_seconds": "7.25", f"{tag}_position": str(6 - k)}
    second = own | {"respondent": "P2", "dce_session": "EFGH", "dce_block": "2", "dce_finished": "0",
                    "b2_t4": "1", "b2_t4_position": "1", "b2_t4_seconds": "3.00"}  # fmt: skip
    return design, [{name: record.get(name, "") for name in names} for record in (first, second)]


def write_csv(path, records):
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)
    return path


def write_json(path, records, mark="dce-offline/1"):
    path.write_text(json.dumps({"dce": mark, "records": records}), encoding="utf-8")
    return path


@pytest.mark.parametrize("write", [write_csv, write_json])
def test_what_was_saved_comes_back(saved, tmp_path, write):
    design, records = saved
    path = write(tmp_path / f"a.{write.__name__[6:]}", records)
    choices = dce.read_responses(path, design)
    frame = choices.frame[choices.frame["respondent"] == "P1"].drop_duplicates("task")
    assert frame["position"].tolist() == [6, 5, 4, 3, 2, 1]
    assert set(frame["seconds"]) == {7.25}
    assert set(frame["attribute_order"]) == {"mode|wait|parking"}
    assert frame[["study", "age"]].iloc[0].tolist() == [f"no {HOSTILE}", 40.5]
    assert not [name for name in frame if name.startswith("dce_")]
    report = choices.report.respondents.set_index("respondent")
    assert report["finished"].to_dict() == {"P1": True, "P2": False}
    assert report["answered"].to_dict() == {"P1": 6, "P2": 1}
    assert report["block"].to_dict() == {"P1": 1, "P2": 2}


def test_files_of_many_tablets_and_the_same_answers_twice(saved, tmp_path):
    design, records = saved
    files = [
        write_csv(tmp_path / "one.csv", records[:1]),
        write_json(tmp_path / "two.json", records[1:]),
        write_json(tmp_path / "all.json", records),
    ]
    choices = dce.read_responses(files, design)
    assert sorted(choices.report.respondents["respondent"]) == ["P1", "P2"]
    assert choices.report.dropped["rows that stand in two files word for word"] == 2


def test_a_respondent_who_went_on_after_the_first_file_was_saved(saved, tmp_path):
    design, records = saved
    early = write_json(tmp_path / "early.json", records)
    later = records[1] | {"b2_t1": "2", "b2_t1_position": "2"}
    late = write_json(tmp_path / "late.json", [records[0], later])
    for files in ([early, late], [late, early]):
        choices = dce.read_responses(files, design)
        answered = choices.report.respondents.set_index("respondent")["answered"]
        assert answered.to_dict() == {"P1": 6, "P2": 2}
        assert choices.report.dropped["rows of records that had gone further in another file"] == 1
    somebody_else = write_json(tmp_path / "else.json", [later | {"dce_session": "S9"}])
    with pytest.raises(dce.ChoicesError, match=r"respondent 'P2' was already on early\.json"):
        dce.read_responses([early, somebody_else], design)


def test_cards_with_other_words_are_noted(saved, tmp_path):
    design, records = saved
    path = write_json(tmp_path / "a.json", [records[0] | {"dce_cards": "0" * 16}])
    assert any(
        "1 respondents saw cards with other words" in n for n in dce.read_responses(path, design).report.notes
    )


def without(name):
    return lambda records: [{key: value for key, value in r.items() if key != name} for r in records]


def with_value(name, value):
    return lambda records: [records[0] | {name: value}, records[1] | {name: value}]


DAMAGE = [
    (without("b1_t3"), "column 'b1_t3' is missing"),
    (without("dce_design"), "(column|lacks) 'dce_design'"),
    (without("dce_session"), "(column|lacks) 'dce_session'"),
    (without("dce_finished"), "(column|lacks) 'dce_finished'"),
    (with_value("dce_finished", "yes"), r"(line 2|record 1): column 'dce_finished' is 'yes'; allowed: '0'"),
    (with_value("dce_design", "0123456789abcdef"), "'dce_design' is '0123456789abcdef'; allowed: "),
    (with_value("b9_t1", "1"), "column 'b9_t1' is of no task of this survey"),
    (with_value("b1_t1_second", "1"), "column 'b1_t1_second' is of no task of this survey"),
    (with_value("dce_block", "3"), r"'dce_block': '3' is no block; allowed: '1', '2'"),
    (with_value("b1_t1", "3"), r"'b1_t1': answer '3' is not one of"),
    (with_value("b1_t1_position", "first"), "'b1_t1_position': position is 'first'"),
    (with_value("attribute_order", "wait|mode"), "each of 'wait', 'parking', 'mode' once"),
    (with_value("b2_t1", "1"), "answered block 1, but also answered|is in block 1, but also answered"),
]  # fmt: skip


@pytest.mark.parametrize("write", [write_csv, write_json])
@pytest.mark.parametrize(("damage", "message"), DAMAGE)
def test_damaged_files_are_refused(saved, tmp_path, write, damage, message):
    design, records = saved
    path = write(tmp_path / f"a.{write.__name__[6:]}", damage(records))
    with pytest.raises(dce.ChoicesError, match=message):
        dce.read_responses(path, design)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"dce": "dce-offline/2", "records": [{}]}, "dce is 'dce-offline/2'; allowed: 'dce-offline/1'"),
        ({"dce": "dce-offline/1", "records": []}, "there are no answers"),
        ({"dce": "dce-offline/1", "records": {}}, "there are no answers"),
        ({"dce": "dce-offline/1", "records": [1]}, "record 1 is int; allowed: a table of texts"),
        ({"dce": "dce-offline/1", "records": [{"age": 4}]}, "record 1: column 'age' is 4; allowed: a text"),
        ({"dce": "dce-offline/1", "records": [{}]}, "record 1 lacks 'respondent', 'dce_session'"),
        ({"dce": "other/1", "records": [{}]}, "is JSON of no survey that dce knows"),
    ],
)
def test_damaged_json_is_refused(saved, tmp_path, content, message):
    path = tmp_path / "a.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(dce.ChoicesError, match=message):
        dce.read_responses(path, saved[0])


def test_half_a_row_is_refused(saved, tmp_path):
    path = write_csv(tmp_path / "a.csv", saved[1])
    path.write_text(path.read_text(encoding="utf-8-sig")[:-60], encoding="utf-8")
    with pytest.raises(dce.ChoicesError, match=r"a\.csv, line 3: has \d+ cells; allowed: \d+"):
        dce.read_responses(path, saved[0])
