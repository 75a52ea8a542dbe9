"""Answers that could not be told apart when they come home are refused when the survey is made."""

import dataclasses
import warnings

import pandas as pd
import pytest

import dce
from dce.cell_texts import readings


def fielded(design, folder, place="flat", labels=("A", "B"), names=("A", "B"), opt_out=None, **settings):
    """Export the small design with other alternatives and settings."""
    study = dataclasses.replace(
        design.study,
        alternatives=[dce.Alternative(*both) for both in zip(names, labels, strict=True)],
        opt_out=opt_out,
        priors={},
        survey=dce.SurveySettings(**settings),
    )
    frame = design.frame.replace({"alternative": dict(zip("AB", names, strict=True))})
    if opt_out:
        none = frame.iloc[::2].assign(alternative=opt_out.name, wait=float("nan"), parking=None, mode=None)
        frame = pd.concat([frame, none]).sort_values("task", kind="stable")
    made = dce.Design(study, frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dce.SurveyWarning)
        dce.export_survey(made, folder, to=[place])
    return made


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": ("2", "1")}, "label of alternative 'A': found '2'; .* cannot be taken for code 2"),
        ({"labels": ("Two", "1.0")}, "label of alternative 'B': found '1.0'; .* code 1"),
        ({"names": ("2", "x")}, "name of alternative '2': found '2'"),
        ({"labels": ("Clinic ", " Clinic")}, "cannot be taken for the label of alternative 'A'"),
        ({"labels": ("a & b", "a &amp; b")}, "cannot be taken for the label of alternative 'A'"),
        ({"labels": ("B", "A")}, "cannot be taken for the label of alternative"),
        ({"labels": ("NA", "b")}, "found 'NA'; .* not stand for no answer"),
        ({"names": ("a|b", "c"), "shuffle": ["alternatives"]}, r"alternative 'a\|b': found a name with"),
        ({"attendance": True, "texts": {"attendance.never": "1"}}, "attendance.never: found '1'; .* code 1"),
        ({"attendance": True, "texts": {"attendance.never": "always"}}, "the word 'always'"),
        ({"place": "limesurvey", "labels": ("N/A", "b")}, "LimeSurvey writes this for no answer"),
        ({"place": "qualtrics", "labels": ("-99", "b")}, "Qualtrics writes this for no answer"),
        (
            {"place": "qualtrics", "questions": [dce.Question("x", "?", kind="number", least=-200, most=0)]},
            "question 'x', least: found -200; allowed: more than -99",
        ),
    ],
)
def test_what_could_mean_two_things_is_refused(small_design, tmp_path, changes, message):
    with pytest.raises(dce.StudyError, match=message):
        fielded(small_design, tmp_path, **changes)


def test_words_for_the_second_question_are_no_codes(small_design, tmp_path):
    none = dce.Alternative("none", "Neither", constant=True)
    asked = {"opt_out": "question"}
    for yes in ("2", "No: Neither"):
        settings = dce.SurveySettings(texts={"card.opt_out_yes": yes}, **asked)
        with pytest.raises(dce.StudyError, match=r"text card.opt_out_(yes|no): found"):
            refielded(fielded(small_design, tmp_path / "a", opt_out=none), tmp_path / "b", settings)


def refielded(design, folder, settings):
    made = dce.Design(dataclasses.replace(design.study, survey=settings), design.frame)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dce.SurveyWarning)
        dce.export_survey(made, folder)


def test_numbers_that_are_their_own_codes_are_fine(small_design, tmp_path):
    fielded(small_design, tmp_path, names=("1", "2"), labels=("1", "2"))


def test_entities_in_a_label_are_words(small_design, tmp_path):
    assert readings(" a &lt;b&gt;") == ("a <b>", "a &lt;b&gt;")
    made = fielded(small_design, tmp_path, labels=("under &lt; 65", "b"))
    for k, cell in enumerate(("under < 65", "under &lt; 65", "under &amp;lt; 65")):
        path = tmp_path / f"answers{k}.csv"
        path.write_text(f"respondent,block,t1,t2,t3,t4,t5,t6\n1,1,{cell},b,b,b,b,b\n", encoding="utf-8")
        chosen = dce.read_responses(path, made).frame.query("chosen == 1")
        assert chosen["alternative"].tolist() == ["A", "B", "B", "B", "B", "B"]
