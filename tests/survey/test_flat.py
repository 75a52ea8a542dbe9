"""The flat tables, and answers in the layouts of surveydown and formr."""

import dataclasses
import warnings

import pandas as pd
import pytest

import dce
from dce.survey.flat import write_flat
from dce.survey.flat_answers import recognises_flat
from dce.survey.response_file import open_responses
from dce.survey.survey import make_survey

SURVEYDOWN = "session_id,time_start,respID," + ",".join(f"cbc_q{k}" for k in range(1, 7)) + ",age"


@pytest.fixture
def exported(small_design, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dce.SurveyWarning)
        dce.export_survey(small_design, tmp_path, to=["flat"])
    return tmp_path


def answered(folder, *lines):
    path = folder / "answers.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_tables_hold_the_design(small_design, exported):
    table = pd.read_csv(exported / "flat_design.csv")
    assert len(table) == len(small_design.frame)
    merged = table.merge(small_design.frame.assign(row=range(len(table))), left_index=True, right_on="row")
    for name in small_design.study.attribute_names:
        assert (merged[f"{name}_x"] == merged[f"{name}_y"]).all()
    assert table.groupby(["respID", "qID"])["obsID"].nunique().eq(1).all()


def test_surveydown(small_design, exported):
    path = answered(
        exported, SURVEYDOWN, "s1,2026-11-25,2,option_1,option_2,option_1,option_2,option_1,,34",
        "s2,2026-11-25,NA,,,,,,,",
    )  # fmt: skip
    choices = dce.read_responses(path, small_design, exported / "manifest.json")
    chosen = choices.frame.query("chosen == 1")
    assert chosen["alternative"].tolist() == ["A", "B", "A", "B", "A"]
    assert chosen["task"].tolist() == small_design.frame.query("block == 2")["task"].unique()[:5].tolist()
    assert set(choices.frame["age"]) == {34}
    assert choices.report.dropped["rows without any answer"] == 1
    assert choices.report.notes[1] == "Not used: the columns 'time_start'."


def test_formr(small_design, exported):
    header = "session,created,dce_block," + ",".join(f"q{k}" for k in range(1, 7))
    path = answered(exported, header, "x1,2026-11-25,1,1,2,1,2,1,2")
    choices = dce.read_responses(path, small_design)
    assert choices.report.format == "answers of formr"
    assert choices.frame.query("chosen == 1")["alternative"].tolist() == ["A", "B"] * 3


@pytest.mark.parametrize(
    ("header", "line", "message"),
    [
        (SURVEYDOWN, "s1,x,3,option_1,,,,,,", "column 'respID' is '3'; allowed: 1, 2"),
        (SURVEYDOWN, "s1,x,1,option_3,,,,,,", "'cbc_q1': answer '3' is not one of"),
        (SURVEYDOWN.replace("cbc_q6", "cbc_q9"), "s1,x,1,option_1,,,,,,", "'cbc_q9' is no card"),
        (SURVEYDOWN.replace(",cbc_q6", ",age2"), "s1,x,1,option_1,,,,,,", "card 6 has no column"),
        (SURVEYDOWN.replace("cbc_q6", "q5"), "s1,x,1,option_1,,,,,,", "both answer card 5"),
    ],
)
def test_what_does_not_fit_is_refused(small_design, exported, header, line, message):
    with pytest.raises(dce.ChoicesError, match=message):
        dce.read_responses(answered(exported, header, line), small_design)


def test_questions_may_have_names_of_what_is_recorded(small_design, tmp_path):
    questions = [dce.Question(name, "?") for name in ("time_to_clinic", "browser", "session", "q1")]
    settings = dce.SurveySettings(questions=questions)
    design = dce.Design(dataclasses.replace(small_design.study, survey=settings), small_design.frame)
    path = answered(
        tmp_path, SURVEYDOWN + ",browser,time_to_clinic", "s1,9:00,2" + ",option_1" * 6 + ",34,none,long"
    )
    first = dce.read_responses(path, design).frame.iloc[0]
    assert (first["browser"], first["time_to_clinic"]) == ("none", "long")
    tags = ",".join(f"b{b}_t{k}" for b in (1, 2) for k in range(1, 7))
    path = answered(tmp_path, "respondent,dce_block,session,q1," + tags, "1,1,am,x" + ",1" * 6 + "," * 6)
    assert not recognises_flat(open_responses(path))


def test_attributes_with_names_of_columns_are_refused(small_design, tmp_path):
    study = small_design.study
    attributes = [dataclasses.replace(study.attributes[0], name="qID"), *study.attributes[1:]]
    made = dataclasses.replace(study, attributes=attributes, utility="", priors={})
    design = dce.Design(made, small_design.frame.rename(columns={"wait": "qID"}))
    with pytest.raises(dce.StudyError, match="attribute 'qID': is the name of another column"):
        write_flat(make_survey(design), tmp_path)
