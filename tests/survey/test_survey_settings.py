"""What a study says of its survey, and the cards, texts and answers that follow from it."""

import dataclasses
import json

import pandas as pd
import pytest

import dce
from dce.design.task_rules import task_rules
from dce.survey.html import write_html
from dce.survey.manifest import make_manifest, read_manifest
from dce.survey.survey import make_survey
from dce.survey.texts import languages, read_texts, shipped_file

QUESTION = dce.Question("sex", "Are you", ["a woman", "a man"])
OPT_OUT = dce.Alternative("none", "Neither", constant=True)


@pytest.fixture
def surveyed(small_design):
    """The small design with a survey of given settings."""

    def make(**settings) -> dce.Design:
        study = dataclasses.replace(small_design.study, survey=dce.SurveySettings(**settings))
        return dce.Design(study, small_design.frame)

    return make


def test_a_survey_is_written_and_read(tmp_path, small):
    settings = dce.SurveySettings(
        language="de",
        questions=[QUESTION, dce.Question("age", "Age?", kind="number", least=18)],
        tasks=[dce.ExtraTask("warm-up", [{"wait": 2, "parking": "no", "mode": "face"}] * 2)],
        texts={"card.differs": "anders"},
        repeat=[2],
    )
    study = dataclasses.replace(small, survey=settings)
    study.write(tmp_path / "study.toml")
    assert dce.Study.read(tmp_path / "study.toml") == study


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: dce.Question("Age", "Age?"), "small letters"),
        (lambda: dce.Question("t1", "Age?"), "no meaning of its own"),
        (lambda: dce.Question("sex", "?", ["one"]), "two or more"),
        (lambda: dce.Question("age", "?", least=18), "the answer is no number"),
        (lambda: dce.Question("age", "?", kind="number", least=9, most=1), "at most 1"),
        (lambda: dce.Question("sex", "?", ["yes", "NA"]), "found 'NA'; .* stand for no answer"),
        (lambda: dce.Question("sex", "?", ["a & b", "a &amp; b"]), "found 'a & b' twice"),
        (lambda: dce.SurveySettings(shuffle=["cards"]), "shuffle: found 'cards'"),
        (lambda: dce.SurveySettings(questions=[QUESTION, QUESTION]), "found 'sex' twice"),
        (lambda: dce.SurveySettings(repeat=[True]), "repeat: found"),
        (lambda: dce.ExtraTask("dominance", [{}, {}]), "the name of the better alternative"),
    ],
)
def test_what_a_survey_cannot_mean_is_refused(make, message):
    with pytest.raises(dce.StudyError, match=message):
        make()


def test_what_a_study_does_not_have_is_refused(small):
    with pytest.raises(dce.StudyError, match="survey: opt_out: found 'question'"):
        dataclasses.replace(small, survey=dce.SurveySettings(opt_out="question"))
    with pytest.raises(dce.StudyError, match="found 'wait'; allowed: a name that no attribute has"):
        dataclasses.replace(small, survey=dce.SurveySettings(questions=[dce.Question("wait", "?")]))


def test_tasks_besides_the_design_have_their_places(surveyed):
    survey = make_survey(surveyed(warm_up=True, dominance=True, repeat=[2]))
    tags = [card.tag.partition("_")[2] for card in survey.cards if card.block == 2]
    assert tags == ["w1", "t1", "t2", "t3", "d1", "t4", "t5", "t6", "r1"]
    assert survey.cards[0].heading == "A card to practise on"
    assert survey.cards[1].heading == "Card 1 of 8"
    again, first = survey.cards[8], survey.cards[2]
    assert (again.rows, again.repeats, again.task) == (first.rows, first.tag, None)
    with pytest.raises(dce.StudyError, match="repeat: found 7; allowed: 1 to 6"):
        make_survey(surveyed(repeat=[7]))


def test_the_dominance_task_dominates_and_the_warm_up_does_not(surveyed):
    design = surveyed(warm_up=True, dominance=True)
    survey = make_survey(design)
    rules = task_rules(design.coding, dominated=False)
    for card in survey.cards:
        if card.task is None:
            rows = make_manifest(survey).extra_levels[card.tag]
            frame = pd.DataFrame([{"alternative": name, **levels} for name, levels in rows.items()])
            p = rules.services.pack(design.coding.from_frame(frame))
            better = [bool(rules.dominates(p, i, j)[0]) for i, j in ((0, 1), (1, 0))]
            if card.kind == "dominance":
                assert better[card.alternatives.index(card.expected)]
            else:
                assert not any(better)
                assert not (rules.keys(p) == rules.keys(rules.services.pack(design.levels))).any()


def test_every_language_has_every_text():
    assert {"en", "de"} <= set(languages())
    english = read_texts("en", None, {})
    for language in languages():
        assert set(read_texts(language, None, {}).texts) == set(english.texts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace('never = "Never"', ""), "'attendance.never' is missing"),
        (lambda text: text + 'more = "x"\n', "unknown key"),
        (lambda text: text.replace("{position}", "{place}"), "allowed: a text with '{position}'"),
        (lambda text: text.replace('"ltr"', '"up"'), "direction is 'up'"),
        (lambda text: text.replace("Card {position}", "Card {{position"), "card.heading"),
    ],
)
def test_a_translation_that_lacks_something_is_refused(tmp_path, change, message):
    path = tmp_path / "texts.toml"
    path.write_text(change(shipped_file("en")), encoding="utf-8")
    with pytest.raises(dce.StudyError, match=message):
        read_texts("en", path, {})


def test_own_words_and_language_are_on_the_page(surveyed, tmp_path):
    design = surveyed(language="de", highlight="differences", texts={"card.differs": "anders"})
    page = write_html(make_survey(design), tmp_path)[0].read_text(encoding="utf-8")
    assert '<html lang="de" dir="ltr">' in page
    assert "(anders)" in page
    assert "Karte 1 von 6" in page


def test_certainty_attendance_and_consent_are_on_the_page(surveyed, tmp_path):
    design = surveyed(certainty=True, attendance=True, consent="I <agree>.", questions=[QUESTION])
    page = write_html(make_survey(design), tmp_path)[0].read_text(encoding="utf-8")
    assert page.count('name="b1_t1_certainty"') == 11
    assert page.count('name="b2_attended_wait"') == 3
    assert "I &lt;agree&gt;." in page
    assert page.count('name="sex"') == 2


def write_rows(path, header, *rows):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


HEADER = "respondent,block,w1,t1,t2,t3,d1,t4,t5,t6,r1,sex"


def test_answers_to_tasks_besides_the_design_are_kept_apart(surveyed, tmp_path):
    design = surveyed(warm_up=True, dominance=True, repeat=[2], questions=[QUESTION])
    path = write_rows(tmp_path / "a.csv", HEADER, "7,1,1,1,2,1,1,1,1,1,1,2", "8,2,2,2,2,2,2,2,2,2,,a woman")
    choices = dce.read_responses(path, design)
    assert choices.n_tasks == 12
    checks = choices.checks.set_index(["respondent", "kind"])
    assert checks.loc[(7, "repeat"), "chosen"] == "A"
    assert checks.loc[(7, "repeat"), "repeats"] == make_manifest(design).by_tag["b1_t2"].task
    assert (8, "repeat") not in checks.index
    assert choices.frame.groupby("respondent")["sex"].first().to_dict() == {7: "a man", 8: "a woman"}
    assert choices.report.finished == 2
    assert choices.report.blocks == {1: 1, 2: 1}
    assert choices.report.tasks.loc["b2_r1", ["answered", "unanswered"]].tolist() == [0, 1]
    left = choices.drop([7], reason="failed the dominance task")
    assert left.n_respondents == 1
    assert set(left.checks["respondent"]) == {8}
    assert left.left_out["respondents dropped: failed the dominance task"] == 1
    with pytest.raises(dce.ChoicesError, match="respondent 99 has no answers"):
        choices.drop([99], reason="x")


def test_an_opt_out_that_is_asked_second(clinics, tmp_path):
    study = clinics(opt_out=OPT_OUT, priors={}, survey=dce.SurveySettings(opt_out="question"))
    design = dce.make_design(study, tasks=6, blocks=1, starts=1)
    columns = [f"t{k}" for k in range(1, 7)]
    header = ",".join(["respondent", *columns, *(f"{c}_opt_out" for c in columns)])
    path = write_rows(tmp_path / "a.csv", header, "1,1,2,1,2,1,2,1,1,2,2,1,")
    choices = dce.read_responses(path, design)
    chosen = choices.frame[choices.frame["chosen"] == 1]
    assert chosen["alternative"].tolist() == ["A", "B", "none", "none", "A"]
    assert chosen["forced"].tolist() == ["A", "B", "A", "B", "A"]
    path = write_rows(tmp_path / "b.csv", ",".join(["respondent", *columns]), "1,1,2,1,2,1,2")
    with pytest.raises(dce.ChoicesError, match="no answers to the second question"):
        dce.read_responses(path, design)
    path = write_rows(tmp_path / "c.csv", ",".join(["respondent", *columns]), "1,1,2,3,2,1,none")
    assert (dce.read_responses(path, design).frame.query("alternative == 'none'")["chosen"]).sum() == 2


PLAIN = "respondent,block,t1,t2,t3,t4,t5,t6"


def test_what_is_recorded_of_each_task_comes_along(small_design, tmp_path):
    header = PLAIN + ",t1_position,t1_seconds,t1_certainty,t1_places"
    path = write_rows(tmp_path / "a.csv", header, "1,1,1,1,1,1,1,1,4,12.5,10,B|A")
    first = dce.read_responses(path, small_design).frame.iloc[:2]
    assert first[["position", "seconds", "certainty"]].to_numpy().tolist() == [[4, 12.5, 10]] * 2
    assert first["screen_place"].tolist() == [2, 1]


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("t1_certainty", "11", "'t1_certainty': certainty is '11'; allowed: a whole number from 0 to 10"),
        ("t1_seconds", "-1", "seconds is '-1'"),
        ("t1_seconds", "inf", "seconds is 'inf'; allowed: a number from 0"),
        ("t1_position", "0", "position is '0'"),
        ("t1_position", "1.5", "position is '1.5'; allowed: a whole number from 1 to 6"),
        ("t1_places", "A|C", "found 'A|C'"),
    ],
)
def test_impossible_records_are_refused(small_design, tmp_path, column, value, message):
    path = write_rows(tmp_path / "a.csv", f"{PLAIN},{column}", f"1,1,1,1,1,1,1,1,{value}")
    with pytest.raises(dce.ChoicesError, match=r"a.csv, line 2: column .*") as refused:
        dce.read_responses(path, small_design)
    assert message in str(refused.value)


def test_duplicates_and_unknown_answers_are_refused_or_counted(small_design, tmp_path):
    path = write_rows(tmp_path / "a.csv", PLAIN, "1,1,1,1,1,1,1,1", "1,1,2,2,2,2,2,2", "2,2,1,1,1,C,1,1")
    with pytest.raises(dce.ChoicesError, match="respondent '1' was already on line 2"):
        dce.read_responses(path, small_design, unknown="missing")
    with pytest.raises(dce.ChoicesError, match="line 4: column 't4': answer 'C'"):
        dce.read_responses(path, small_design, duplicates="last")
    choices = dce.read_responses(path, small_design, duplicates="last", unknown="missing")
    mine = choices.frame.query("respondent == 1 and chosen == 1")
    assert set(mine["alternative"]) == {"B"}
    assert choices.report.unknown == {"t4: 'C'": 1}
    assert choices.report.duplicates == {"1": 1}
    assert choices.report.partial == 1
    assert "Left out: 1 further rows of the same respondent." in str(choices.report)


def test_several_files_are_read_as_one(small_design, tmp_path):
    one = write_rows(tmp_path / "one.csv", PLAIN, "1,1,1,1,1,1,1,1", "2,2,1,1,1,1,1,1")
    two = write_rows(tmp_path / "two.csv", PLAIN, "2,2,1,1,1,1,1,1", "3,1,2,2,2,2,2,2")
    choices = dce.read_responses([one, two], small_design)
    assert choices.n_respondents == 3
    assert choices.left_out["rows that stand in two files word for word"] == 1
    other = write_rows(tmp_path / "other.csv", PLAIN, "1,1,2,1,1,1,1,1")
    with pytest.raises(dce.ChoicesError, match=r"respondent '1' was already on one\.csv line 2"):
        dce.read_responses([one, other], small_design)


def test_everything_that_was_recorded_is_written_and_read_again(clinics, tmp_path):
    settings = dce.SurveySettings(opt_out="question", warm_up=True, repeat=[1])
    study = clinics(opt_out=OPT_OUT, priors={}, survey=settings)
    design = dce.make_design(study, tasks=6, blocks=1, starts=1)
    shown = ["w1", *(f"t{k}" for k in range(1, 7)), "r1"]
    kinds = ["", "_opt_out", "_seconds", "_position", "_certainty", "_places"]
    header = ",".join(["respondent", "block", "sex", *(f"{c}{kind}" for kind in kinds for c in shown)])
    rows = []
    for who in (1, 2):
        cells = [*"12121212", *"11212121", *(f"{k}.25" for k in range(8)), *"12345678", *"01234567"]
        rows.append(",".join([str(who), "1", "x", *cells, *["B|A|none", "A|B|none"] * 4]))
    path = write_rows(tmp_path / "a.csv", header, *rows)
    choices = dce.read_responses(path, design)
    dce.write_responses(choices, design, tmp_path / "b.csv")
    again = dce.read_responses(tmp_path / "b.csv", design)
    pd.testing.assert_frame_equal(again.frame, choices.frame)
    pd.testing.assert_frame_equal(again.checks, choices.checks)
    assert {"seconds", "position", "certainty", "forced", "screen_place"} < set(choices.frame)


def test_a_second_question_without_a_column_is_refused(clinics, tmp_path):
    study = clinics(opt_out=OPT_OUT, priors={}, survey=dce.SurveySettings(opt_out="question"))
    design = dce.make_design(study, tasks=6, blocks=1, starts=1)
    path = write_rows(tmp_path / "a.csv", "respondent,t1,t2,t3,t4,t5,t6,t1_opt_out", "1,1,1,1,1,1,1,2")
    with pytest.raises(dce.ChoicesError, match="no column for the second question, such as 't2_opt_out'"):
        dce.read_responses(path, design)


def test_the_same_unknown_answer_in_two_blocks_is_counted_twice(small_design, tmp_path):
    path = write_rows(tmp_path / "a.csv", PLAIN, "1,1,C,1,1,1,1,1", "2,2,C,1,1,1,1,1")
    choices = dce.read_responses(path, small_design, unknown="missing")
    assert choices.report.unknown == {"t1: 'C'": 2}
    assert choices.left_out["tasks left unanswered by respondents who answered others"] == 2


def test_numbers_with_a_leading_zero_are_numbers_where_a_number_was_asked(surveyed, tmp_path):
    design = surveyed(questions=[dce.Question("age", "Age?", kind="number")])
    path = write_rows(tmp_path / "a.csv", PLAIN + ",age", "1,1,1,1,1,1,1,1,08", "2,2,1,1,1,1,1,1,")
    assert dce.read_responses(path, design).frame.groupby("respondent")["age"].first()[1] == 8
    path = write_rows(tmp_path / "b.csv", PLAIN + ",age", "1,1,1,1,1,1,1,1,eight")
    with pytest.raises(dce.ChoicesError, match="line 2: column 'age': found 'eight'; allowed: a number"):
        dce.read_responses(path, design)


def test_no_option_is_the_code_of_another():
    question = dce.Question("children", "How many?", ["0", "1", "2 or more"])
    assert list(question.codes) == ["o1", "o2", "o3"]
    assert list(QUESTION.codes) == ["1", "2"]
    for options in (["o2", "o1", "3"], ["oo1", "o1", "08"]):
        assert not set(dce.Question("x", "?", options).codes) & set(options)
    assert list(dce.Question("x", "?", ["1.0", "2,0"]).codes) == ["o1", "o2"]


def test_a_column_of_attendance_or_order_is_no_attribute(small):
    wait, *others = small.attributes
    asked = dce.SurveySettings(attendance=True, shuffle=["attributes"])
    for name, message in (("attended_wait", "attendance: found"), ("attribute_order", "shuffle: found")):
        other = dce.Attribute(name, [1, 2])
        with pytest.raises(dce.StudyError, match=message):
            dataclasses.replace(small, attributes=[wait, other, *others], utility="", priors={}, survey=asked)


def test_what_is_not_shuffled_stays_so(tmp_path, small):
    study = dataclasses.replace(small, survey=dce.SurveySettings(shuffle=[]))
    study.write(tmp_path / "study.toml")
    assert dce.Study.read(tmp_path / "study.toml").survey.shuffle == ()


def test_a_place_says_what_it_leaves_out(surveyed, tmp_path):
    design = surveyed(consent="I agree.", questions=[QUESTION], shuffle=["alternatives"])
    with pytest.warns(dce.SurveyWarning) as said:
        dce.export_survey(design, tmp_path, to=["html", "flat"])
    assert [str(warning.message) for warning in said] == [
        "html: leaves out shuffled alternatives: the cards are as in the design",
        "flat: leaves out shuffled alternatives, times, consent, questions: the tables hold the cards "
        "only, and the rest is up to the survey",
    ]


def test_a_manifest_that_is_none_is_left_alone(small_design, tmp_path):
    (tmp_path / "manifest.json").write_text("[]", encoding="utf-8")
    with pytest.raises(dce.DceError, match="is no manifest; give another folder"):
        dce.export_survey(small_design, tmp_path)


def relabelled(design, **labels):
    parking = dataclasses.replace(design.study.attribute("parking"), **labels)
    attributes = [parking if a.name == "parking" else a for a in design.study.attributes]
    return dce.Design(dataclasses.replace(design.study, attributes=attributes), design.frame)


def test_a_label_that_moved_is_refused_and_a_mended_one_is_noted(small_design, tmp_path):
    manifest = dce.export_survey(small_design, tmp_path)[-1]
    path = write_rows(tmp_path / "a.csv", PLAIN, "1,1,1,1,1,1,1,1")
    with pytest.raises(dce.ChoicesError, match="respondents saw 'no' for 'parking: no'"):
        dce.read_responses(path, relabelled(small_design, labels=["yes", "no"]), manifest)
    mended = relabelled(small_design, labels=["none", "yes"])
    notes = dce.read_responses(path, mended, manifest).report.notes
    assert notes == ("parking: no: respondents saw 'no', the study now says 'none'",)


def test_the_first_schema_is_still_read(small_design, tmp_path):
    made = make_manifest(small_design)
    content = made.content() | {"schema": "dce-manifest/1"}
    kept = ("schema", "dce", "title", "design", "tasks")
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({key: content[key] for key in kept}), encoding="utf-8")
    assert read_manifest(path, small_design).tasks == made.tasks


def test_a_survey_with_other_tasks_is_not_replaced(surveyed, tmp_path):
    dce.export_survey(surveyed(repeat=[1]), tmp_path)
    with pytest.raises(dce.DceError, match="a survey with other tasks or questions"):
        dce.export_survey(surveyed(repeat=[2]), tmp_path)
    dce.export_survey(surveyed(repeat=[2]), tmp_path, replace=True)


def test_excel_files_are_read_like_csv(small_design, tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(PLAIN.split(","))
    book.active.append([1, 1.0, 1, 2, "A", "B", 1, 1])
    book.save(tmp_path / "a.xlsx")
    path = write_rows(tmp_path / "a.csv", PLAIN, "1,1,1,2,A,B,1,1")
    found = dce.read_responses(tmp_path / "a.xlsx", small_design).frame
    pd.testing.assert_frame_equal(found, dce.read_responses(path, small_design).frame)
    (tmp_path / "b.xlsx").write_bytes(b"PK no workbook")
    with pytest.raises(dce.ChoicesError, match="is no Excel file, or only part of one"):
        dce.read_responses(tmp_path / "b.xlsx", small_design)
