"""The study report: what it holds, that its numbers are those of the package, and what it refuses."""

import re
import sys
import warnings
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest

import dce
from dce.errors import ChoicesError, DceError, EstimationError, ReportError
from dce.read_report import ReadReport
from dce.report.document import Figure, NamedTable, Paragraph, Points
from dce.report.findings import find
from dce.report.respondents_section import flow_table
from dce.report.study_report import study_report
from dce.report.trade_off_section import largest
from dce.table import number

DESIGNS = Path(__file__).parents[2] / "designs"
SCENARIOS = {
    "now": {
        "near": {"wait": 8, "parking": "no", "mode": "face"},
        "far": {"wait": 2, "parking": "yes", "mode": "phone"},
    }
}


def with_people(choices, **more):
    """Answers with characteristics: sex, age, a group of one person, and what nobody can be told by."""
    frame = choices.frame.copy()
    who = frame["respondent"].to_numpy()
    frame["sex"] = np.where(who % 3 == 0, "a woman", "a man")
    frame["age"] = 20 + (who * 7) % 60
    frame["lonely"] = np.where(who == who[0], "one", "others")
    return dce.Choices(frame, choices.study, {}, choices.source, report=more.get("report"))


def texts(report):
    """Everything that somebody reads."""
    for section in report.sections:
        yield section.title
        for part in section.parts:
            if isinstance(part, Paragraph):
                yield part.text
            elif isinstance(part, Points):
                yield from part.items
            elif isinstance(part, NamedTable):
                yield str(part.table)
            else:
                yield from (part.caption, part.alt)


def check(report):
    """No empty table or cell that says NaN, every figure readable, every text whole."""
    for text in texts(report):
        assert text.strip()
        assert not re.search(r"\bnan\b|\bNone\b|\binf\b", text), text
    for part in report.tables():
        assert len(part.table.frame), part.name
        assert len(part.table.frame.columns), part.name
        assert max(map(len, str(part.table).splitlines())) <= 80, part.name
    for part in report.figures():
        assert part.png.startswith(b"\x89PNG")
        ET.fromstring(part.svg)
        assert "." in part.alt


def table(report, name):
    return next(part.table for part in report.tables() if part.name == name)


@pytest.fixture(scope="module")
def people(small_choices):
    return with_people(small_choices)


@pytest.fixture(scope="module")
def report(small_design, people):
    by = {"sex": None, "lonely": None}
    return study_report(small_design, people, by=by, scenarios=SCENARIOS, recruited=250)


def test_nothing_is_empty_and_every_section_is_there(report):
    check(report)
    assert [section.title for section in report.sections][:4] == [
        "In short",
        "What was asked",
        "Who answered",
        "What matters to people",
    ]
    assert {"card", "rates_per_wait_by_sex_figure", "levels_worth_figure", "importance_figure"} <= {
        figure.name for figure in report.figures()
    }
    assert {"model", "model_by_sex", "rates_per_wait_by_sex", "scenarios_by_sex", "sweep_wait", "tests"} <= {
        table.name for table in report.tables()
    }


def test_numbers_are_those_of_the_package(report, people):
    fit = dce.fit_mnl(people)
    groups = dce.fit_by(people, "sex")
    pd.testing.assert_frame_equal(table(report, "model").frame, fit.table().frame)
    pd.testing.assert_frame_equal(
        table(report, "rates_per_wait_by_sex").frame, dce.rates_by(groups, "wait").table().frame
    )
    scenarios = dce.scenarios(groups, SCENARIOS)
    pd.testing.assert_frame_equal(table(report, "scenarios_by_sex").frame, scenarios.table().frame)
    first = scenarios.frame.iloc[0]
    assert any(
        f"near is chosen by {number(first['probability'], '.0%')} (95% interval" in text
        for text in texts(report)
    )
    rate = dce.marginal_rates(fit, "wait").frame.loc["mode[group]"]
    assert any(f"{number(rate['rate'], '.1f')} (95% interval" in text for text in texts(report))


def test_worth_is_the_coefficient_with_its_interval(report, people):
    fit = dce.fit_mnl(people)
    worth = table(report, "levels_worth").frame
    row = fit.to_frame().loc["mode[group]"]
    np.testing.assert_allclose(worth.loc["  group"], row[["coefficient", "standard error", "low", "high"]])
    weeks = 6 * fit.coefficients["wait"]
    np.testing.assert_allclose(worth.loc["  8 weeks", "worth"], weeks, rtol=1e-12)


def test_a_group_that_cannot_be_estimated_is_named_with_the_reason(report):
    notes = table(report, "model_by_lonely").notes
    assert any("lonely = one" in note for note in notes)
    assert any("Whether groups by lonely differ" in text for text in texts(report))


@pytest.mark.slow
def test_same_answers_same_report(report, small_design, people):
    again = study_report(
        small_design, people, by={"sex": None, "lonely": None}, scenarios=SCENARIOS, recruited=250
    )
    for one, two in zip(report.figures(), again.figures(), strict=True):
        assert (one.svg, one.png, one.alt) == (two.svg, two.png, two.alt), one.name
    assert list(texts(report)) == list(texts(again))


def test_text_for_those_who_do_not_see_a_figure_has_its_numbers(report):
    figure = next(f for f in report.figures() if f.name == "scenarios_by_sex_figure")
    frame = table(report, "scenarios_by_sex").frame
    assert number(frame.loc["  near, All", "P"], ".1%") in figure.alt


def test_flow_counts_everybody(small_design, small_choices, people):
    read = ReadReport(
        "a.csv",
        "a file",
        210,
        {"no answer to any task": 10},
        pd.DataFrame({"respondent": range(200), "block": 1, "finished": [True] * 180 + [False] * 20}),
        pd.DataFrame(),
    )
    dropped = with_people(small_choices, report=read).drop([1, 2], reason="took part twice")
    found = find(small_design, dropped, None, None, "clustered", None, 300, 1)
    flow = flow_table(found).frame["count"]
    assert flow.to_dict() == {
        "recruited": 300,
        "  without a row in the response file": 90,
        "rows in the response file": 210,
        "  left out: no answer to any task": 10,
        "respondents who answered": 200,
        "  finished all tasks": 180,
        "  answered in part": 20,
        "  dropped: took part twice": 2,
        "respondents in the model": 198,
        "answered tasks in the model": 198 * 6,
    }


def test_sensitivity_leaves_out_who_is_flagged_and_counts_them(report, people):
    signals = dce.quality(people)
    flagged = {who for flag in signals.rules for who in signals.flagged(flag)}
    assert flagged
    frame = table(report, "sensitivity").frame
    assert frame.loc["Respondents", "without"] == number(people.n_respondents - len(flagged))
    assert any(f"{len(flagged)} of 200 respondents gave at least one signal" in t for t in texts(report))


def test_without_respondents_scenarios_groups_or_numbers(clinics):
    study = clinics(
        attributes=[dce.Attribute("parking", ["no", "yes"]), dce.Attribute("mode", ["face", "phone"])],
        alternatives=[dce.Alternative("A"), dce.Alternative("B")],
        priors={"parking[yes]": 0.5, "mode[phone]": -0.3},
        design=dce.DesignSettings(tasks=4, level_balance=False),
    )
    design = dce.make_design(study, starts=1, rounds=1)
    frame = dce.simulate_choices(design, respondents=60, seed=1).frame
    task = np.arange(len(frame)) // 2
    choices = dce.Choices(frame.drop(columns=["respondent", "block"]).assign(task=task), study)
    report = study_report(design, choices, covariance="robust")
    check(report)
    assert "What if" not in [section.title for section in report.sections]
    assert any("nothing natural to express trade-offs in" in text for text in texts(report))


def test_without_a_picture_of_the_card_it_says_so(small_design, people, monkeypatch):
    def missing(*_):
        raise DceError("PDF files and images of cards need typst: pip install 'dce[paper]'.")

    monkeypatch.setattr("dce.report.design_section.write_image", missing)
    steps = []
    report = study_report(small_design, people, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(k, steps[0][1]) for k in range(1, steps[0][1] + 1)]
    assert any("no picture of a card here: PDF files and images" in text for text in texts(report))


def test_wrong_use_is_refused(small_design, people, physiotherapy_design):
    with pytest.raises(ReportError, match="fewer than the 200 who answered"):
        study_report(small_design, people, recruited=100)
    with pytest.raises(ReportError, match=r"recruited: found 2\.5"):
        study_report(small_design, people, recruited=2.5)
    with pytest.raises(ReportError, match="not those of the design"):
        study_report(physiotherapy_design, people)
    with pytest.raises(ReportError, match="has no study"):
        study_report(small_design, replace(people, study=None))
    with pytest.raises(ChoicesError, match="no characteristic of respondents"):
        study_report(small_design, people, by="shoe")
    with pytest.raises(EstimationError, match="covariance: found 'best'"):
        study_report(small_design, people, covariance="best")
    with pytest.raises(dce.ScenarioError, match="unknown key"):
        study_report(small_design, people, scenarios={"x": {"a": {"shoe": 1}, "b": {"shoe": 2}}})


def test_without_matplotlib_it_says_so_at_once(small_design, people, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(DceError, match=r"pip install 'dce\[plot\]'"):
        study_report(small_design, people)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["physiotherapy", "peer-support", "staff-support"])
def test_the_three_studies(name):
    design = dce.Design.read(DESIGNS / name)
    choices = with_people(dce.simulate_choices(design, respondents=300, seed=1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = study_report(
            design, choices, by={"sex": None, "age": [40, 60]}, scenarios=DESIGNS / name / "scenarios.toml"
        )
    check(report)
    assert all(isinstance(part, Figure) for part in report.figures())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("formula", "options"),
    [
        ("poly(wait, 2) + parking + mode", {"scenarios": SCENARIOS}),
        ("wait + parking + mode + wait:age + parking:mode", {"scenarios": SCENARIOS}),
        ("C(wait) + C(parking, contr.sum) + C(mode, contr.sum)", {"by": "sex"}),
        (None, {"covariance": "bootstrap", "by": "sex"}),
    ],
)
def test_other_utilities_and_errors(small_design, people, formula, options):
    check(study_report(small_design, people, formula=formula, **options))


@pytest.mark.slow
def test_one_service_or_none(clinics):
    priors = {
        "constant[out]": -1,
        "wait": -0.2,
        "parking[yes]": 0.5,
        "mode[phone]": -0.3,
        "mode[group]": -0.8,
    }
    study = clinics(
        alternatives=[dce.Alternative("A", "Clinic")],
        opt_out=dce.Alternative("out", "Neither", constant=True),
        priors=priors,
    )
    design = dce.make_design(study, starts=1, rounds=1)
    report = study_report(design, dce.simulate_choices(design, respondents=200, seed=2))
    check(report)
    assert any("shows one service (Clinic)" in text for text in texts(report))


def test_rates_beyond_what_was_asked_are_called_ratios(people):
    fit = dce.fit_mnl(people)
    rates = dce.marginal_rates(fit, "wait")
    assert "They were asked about" not in largest(rates, fit)
    frame = rates.frame.assign(rate=rates.frame["rate"] * 10)
    assert "They were asked about 2 to 8 only: take it as a ratio" in largest(
        replace(rates, frame=frame), fit
    )


def test_rates_that_hold_for_some_people_only_are_not_the_largest(people):
    fit = dce.fit_mnl(people, "wait + parking + mode + wait:age + parking:mode")
    assert largest(dce.marginal_rates(fit, "wait"), fit) == ""
