"""The methods in words, and the checklists: what was done, and nothing else."""

from dataclasses import replace

import pytest

import dce
from dce.report.checklist import checklist_section
from dce.report.findings import find
from dce.report.methods import methods_section
from dce.report.study_report import study_report
from dce.table import number


def found(design, choices, **options):
    given = {"formula": None, "by": None, "covariance": "clustered", "scenarios": None, "recruited": None}
    return find(design, choices, *{**given, **options}.values(), 1)


def methods(design, choices, done=(), **options):
    parts = methods_section(found(design, choices, **options), done).parts
    return {part.text.partition(". ")[0]: part.text for part in parts}


def test_a_design_that_was_searched_says_how(small_design, small_choices):
    text = methods(small_design, small_choices)["Tasks"]
    assert f"searched by {small_design.origin.replace(', ', ': ', 1)}." in text
    assert "seed 3" in text
    assert "12 tasks in 2 blocks, of which each respondent answers one (6 tasks)" in text
    assert f"is {number(small_design.d_error, '.5g')}." in text
    assert "to be written" not in text


def test_a_design_that_was_read_does_not_claim_a_criterion(small, small_design, small_choices, tmp_path):
    small_design.write(tmp_path / "design.csv")
    text = methods(dce.Design.read(tmp_path / "design.csv", small), small_choices)["Tasks"]
    assert "does not tell by which criterion and algorithm they were made: to be written" in text
    assert "seed" not in text


def test_priors_are_told_as_they_are(clinics, small_design, small_choices):
    assert "none with a standard deviation" in methods(small_design, small_choices)["Tasks"]
    assert "DB-error" not in methods(small_design, small_choices)["Tasks"]
    unsure = replace(
        small_design.study, priors={**small_design.study.priors, "wait": dce.Prior(-0.2, sd=0.1)}
    )
    text = methods(dce.Design(unsure, small_design.frame), small_choices)["Tasks"]
    assert "1 with a standard deviation" in text
    assert "(DB-error), it is" in text
    none = dce.Design(replace(small_design.study, priors={}), small_design.frame)
    text = methods(none, small_choices)
    assert "no priors: all 5 coefficients" in text["Tasks"]
    assert "S-estimate" not in text["Sample size"]


def test_results_are_said_only_if_they_are_there(small_design, small_choices):
    assert "Marginal rates" not in methods(small_design, small_choices)["Analysis"]
    assert "Marginal rates" in methods(small_design, small_choices, ["rates_per_wait"])["Analysis"]
    report = study_report(small_design, small_choices)
    text = next(s for s in report.sections if s.title == "Methods").parts
    analysis = next(part.text for part in text if part.text.startswith("Analysis."))
    for absent in ("groups of respondents", "scenarios", "Swait", "irrelevant", "seed"):
        assert absent not in analysis
    assert "over the range of a number" in analysis


@pytest.mark.parametrize(
    ("covariance", "said"),
    [
        ("robust", "robust (sandwich, tasks independent); 95% intervals use the normal"),
        ("CR3", "CR3, clustered by respondent; t with 199 degrees of freedom; 95% intervals use Student's t"),
        ("jackknife", "jackknife by respondent"),
    ],
)
def test_errors_are_those_of_the_fit(small_design, small_choices, covariance, said):
    assert said in methods(small_design, small_choices, covariance=covariance)["Analysis"]


def test_simulated_answers_are_called_so(small_design, small_choices):
    assert "simulated, not those of people" in methods(small_design, small_choices)["Respondents"]
    real = replace(small_choices, source="answers.csv")
    text = methods(small_design, real)["Respondents"]
    assert "simulated" not in text
    assert "come from answers.csv" in text


def test_every_point_of_the_checklists_is_filled_or_marked(small_design, small_choices):
    for part in checklist_section(found(small_design, small_choices), ["flow", "model"]).parts[1:]:
        answers = part.table.frame["in this study"]
        assert (answers.str.len() > 10).all()
        assert answers.str.contains("o be written").any()
    frame = checklist_section(found(small_design, small_choices), ["flow"]).parts[1].table.frame
    assert frame.index[0] == "1 Research question"
    assert len(frame) == 10
    assert "There is no opt-out." in frame.loc["3 Construction of tasks", "in this study"]


def test_tastes_that_differ_by_people_are_not_called_the_same(small_design, small_choices):
    frame = small_choices.frame.assign(old=(small_choices.frame["respondent"] % 2).astype(float))
    choices = dce.Choices(frame, small_choices.study)
    formula = "wait + parking + mode + wait:old"
    section = checklist_section(found(small_design, choices, formula=formula), ["flow"])
    answer = section.parts[2].table.frame.loc["Analysis: differences between people", "in this study"]
    assert answer == "The utility differs by old."
