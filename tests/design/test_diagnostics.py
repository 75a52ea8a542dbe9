"""What is printed of a design: by hand on four tasks, by the textbook on the shipped ones."""

import io
import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import dce
from dce.design import diagnostics
from dce.design.criteria_table import criteria
from dce.design.levels import level_coding
from dce.design.report import design_report

TINY = """
block task alternative wait parking
1 1 A 2 no
1 1 B 8 yes
1 2 A 4 yes
1 2 B 4 no
2 3 A 8 no
2 3 B 2 no
2 4 A 2 yes
2 4 B 4 yes
"""


def tiny(opt_out=False, **changes):
    parts = {
        "title": "Tiny",
        "attributes": [
            dce.Attribute("wait", [2, 4, 8], "Wait", "weeks"),
            dce.Attribute("parking", ["no", "yes"]),
        ],
        "alternatives": [dce.Alternative("A"), dce.Alternative("B")],
        "opt_out": dce.Alternative("none", constant=True) if opt_out else None,
    }
    frame = pd.read_csv(io.StringIO(TINY), sep=" ")
    if opt_out:
        none = pd.DataFrame({"block": [1, 1, 2, 2], "task": [1, 2, 3, 4], "alternative": "none"})
        frame = pd.concat([frame, none])
    return dce.evaluate_design(dce.Study(**{**parts, **changes}), frame)


def shipped(name, request):
    return dce.Design.read(request.config.rootpath / "designs" / name)


@pytest.mark.parametrize("opt_out", [False, True])
def test_counts_overlap_and_blocks_by_hand(opt_out):
    design = tiny(opt_out)
    counts = diagnostics.level_counts(design)
    assert list(counts.columns) == ["A", "B"]
    assert counts.loc["Wait"].to_numpy().tolist() == [[2, 1], [1, 2], [1, 1]]
    assert counts.loc["parking"].to_numpy().tolist() == [[2, 2], [2, 2]]
    assert list(counts.loc["Wait"].index) == ["2 weeks", "4 weeks", "8 weeks"]
    assert diagnostics.level_imbalance(design) == 1
    assert diagnostics.overlap(design).to_dict() == {"wait": 0.25, "parking": 0.5}
    # A waits 4 weeks in one task of block 1 only: correlation 1/sqrt(3); parking is even.
    expected = {"wait": pytest.approx(1 / math.sqrt(3)), "parking": 0}
    assert diagnostics.block_correlations(design).to_dict() == expected


def test_attributes_of_some_alternatives_have_no_counts_elsewhere(request):
    design = shipped("staff-support", request)
    counts = diagnostics.level_counts(design)
    event = counts.loc["What is held for staff"]
    assert event["peers"].isna().all()
    assert event["employer"].tolist() == design.frame["event"].value_counts()[
        ["one-hour session", "half day", "whole day"]
    ].tolist()  # fmt: skip
    overlaps = diagnostics.overlap(design)
    assert math.isnan(overlaps["event"])
    waits = design.frame.dropna(subset="wait").groupby("task")["wait"].nunique()
    assert overlaps["wait"] == pytest.approx((waits == 1).mean())


def test_utility_balance_is_the_product_rule():
    assert diagnostics.utility_balance(np.full((3, 4), 0.25)) == pytest.approx(1)
    assert diagnostics.utility_balance(np.array([[1.0, 0.0], [0.5, 0.5]])) == pytest.approx(0.5)
    assert diagnostics.utility_balance(np.array([[0.9, 0.1]])) == pytest.approx(0.36)
    # None is as likely as A and B together: 1/4, 1/4, 1/2, and 27 / 32.
    priors = {"constant[none]": math.log(2), "wait": 0, "parking[yes]": 0}
    design = tiny(opt_out=True, priors=priors)
    assert diagnostics.utility_balance(design.probabilities) == pytest.approx(27 / 32)
    assert "Utility balance 84.4%" in str(design)


def test_orme_counts_the_alternatives_that_show_an_attribute(physiotherapy_design, request):
    assert diagnostics.orme(tiny()) == 500 * 3 / (2 * 2)  # three levels, two tasks, two services
    assert diagnostics.orme(tiny(opt_out=True)) == 375
    assert diagnostics.orme(physiotherapy_design) == 500 * 4 / (8 * 2) == 125
    # The external service alone has four lengths.
    assert diagnostics.orme(shipped("staff-support", request)) == 500 * 4 / (8 * 1) == 250
    assert "500 c / (t a): 125 respondents; 250 if each of the 2 blocks is to meet it" in " ".join(
        str(physiotherapy_design).split()
    )


@pytest.mark.parametrize("name", ["physiotherapy", "peer-support", "staff-support"])
def test_s_estimates_are_the_textbook_formula(name, request):
    design = shipped(name, request)
    beta = design.study.prior_means
    total = np.zeros((len(beta), len(beta)))
    for x in design.X:
        p = np.exp(x @ beta)
        p /= p.sum()
        total += x.T @ (np.diag(p) - np.outer(p, p)) @ x
    of_one_respondent = total / len(design.blocks)
    se_1 = np.sqrt(np.diag(np.linalg.inv(of_one_respondent)))
    assert norm.isf(0.025) == pytest.approx(1.96, abs=1e-4)
    n = [
        math.ceil((norm.isf(0.025) * se / b) ** 2) if b else math.inf
        for b, se in zip(beta, se_1, strict=True)
    ]
    assert diagnostics.s_estimates(design).tolist() == n
    shown = diagnostics.coefficient_table(design).to_frame()
    assert shown["s.e., N = 100"].to_numpy() == pytest.approx(se_1 / 10, rel=1e-9)


def test_s_estimate_of_a_constant_by_hand():
    """One binary task at p = 1/2 per respondent: variance 4 / n, so n = 1.96^2 * 4 / 0.2^2 = 385."""
    rows = {"task": [1, 1, 2, 2], "block": [1, 1, 2, 2], "alternative": ["A", "B"] * 2}
    frame = pd.DataFrame(rows | {"a": ["u", "v", "v", "u"]})
    study = dce.Study(
        "One",
        [dce.Attribute("a", ["u", "v"])],
        [dce.Alternative("A"), dce.Alternative("B")],
        priors={"a[v]": 1e-9},
    )
    found = diagnostics.s_estimates(dce.evaluate_design(study, frame))["a[v]"]
    assert found * 1e-18 == pytest.approx(norm.isf(0.025) ** 2 * 4)


def test_s_estimates_of_another_level(physiotherapy_design):
    at_95, at_99 = (diagnostics.s_estimates(physiotherapy_design, level=p)["wait"] for p in (0.95, 0.99))
    assert at_99 / at_95 == pytest.approx((norm.isf(0.005) / norm.isf(0.025)) ** 2, rel=0.05)


@pytest.mark.parametrize("name", ["physiotherapy", "staff-support"])
def test_correlations_by_numpy(name, request):
    design = shipped(name, request)
    table = diagnostics.correlations(design)
    names, alternatives = list(design.study.coefficients), list(design.study.alternative_names)
    assert not table.duplicated(["alternative", "first", "second"]).any()
    for row in table.itertuples():
        X = design.X[:, alternatives.index(row.alternative)]
        x, y = X[:, names.index(row.first)], X[:, names.index(row.second)]
        assert row.correlation == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-12)
    pairs = set(zip(table["first"], table["second"], strict=True))
    assert not any(a.split("[")[0] == b.split("[")[0] for a, b in pairs)


def test_all_pairs_of_attributes_are_correlated(physiotherapy_design):
    table = diagnostics.correlations(physiotherapy_design)
    # 8 columns of attributes vary in each alternative; two of them are of mode. No constant varies.
    assert len(table) == 2 * (8 * 7 // 2 - 1)
    worst = max(table["correlation"], key=abs)
    assert f"Largest correlation within an alternative {worst:.2f}" in str(physiotherapy_design)


def widest(text):
    return max(len(line) for line in text.splitlines())


@pytest.mark.parametrize("name", ["physiotherapy", "peer-support", "staff-support"])
def test_the_summary_fits_80_columns(name, request):
    design = shipped(name, request)
    assert widest(str(design)) <= 80
    assert f"D-error {design.d_error:.5f}" in str(design)
    for label in design.study.attributes:
        assert label.label.split()[0] in str(design)


def test_a_summary_of_long_names_fits_80_columns():
    levels = ["none at all", "some of it", "most of it", "all"]
    attributes = [dce.Attribute(f"a{k}", levels, f"{k}: " + "a long label " * 9) for k in range(4)]
    alternatives = [dce.Alternative(f"the service of provider number {k}") for k in range(5)]
    study = dce.Study("A title of many words " * 10, attributes, alternatives)
    L = np.random.default_rng(1).integers(4, size=(12, 5, 4))
    frame = level_coding(study).to_frame(L, np.repeat([1, 2, 3], 4))
    design = dce.evaluate_design(study, frame)
    assert widest(str(design)) <= 80
    assert widest(str(design_report(design))) <= 80


def test_the_summary_says_what_the_d_error_is_of(request, physiotherapy_design):
    text = " ".join(str(shipped("peer-support", request)).split())
    assert "D-error 0.19608 (at the prior means; all 14 coefficients)" in text
    db_error = (
        criteria(shipped("peer-support", request)).to_frame().loc["DB-error, all coefficients", "value"]
    )
    assert f"DB-error {db_error:.5g} (D-error averaged over 277 cubature points of the priors)" in text
    assert "No S-estimate, because the prior is zero: Constant: Service 2" in text
    assert "DB-error" not in str(physiotherapy_design)
    assert "Not in the utility" not in str(physiotherapy_design)
    assert "Broken" not in str(physiotherapy_design)
    text = str(tiny(utility="wait"))
    assert "Not in the utility, and so not optimised: parking" in text
    assert "no priors given: all are zero" in text
    assert "S-estimate: needs priors other than zero" in text


def test_the_summary_counts_broken_restrictions():
    text = str(tiny(restrictions=['not (wait == 8 and parking == "yes")']))
    assert """Broken rules: restriction 'not (wait == 8 and parking == "yes")': 1""" in " ".join(text.split())


def test_the_summary_counts_tasks_that_are_all_but_decided():
    # wait differs by 6, 0, 6, 2 weeks: at -0.5 a week, 95%, 50%, 95% and 73%.
    text = str(tiny(priors={"wait": -0.5, "parking[yes]": 0}))
    assert "2 tasks with a choice above 90%" in " ".join(text.split())


def test_the_summary_says_how_level_counts_differ(physiotherapy_design, request):
    assert "counts of the levels of an attribute differ by at most 1" in str(physiotherapy_design)
    assert "each level equally often within each alternative" in str(shipped("peer-support", request))


def test_blocks_of_unequal_size_are_said():
    design = tiny()
    frame = design.frame.assign(block=np.repeat([1, 1, 1, 2], 2))
    assert "4 tasks of 2 alternatives in 2 blocks of 1 to 3" in str(dce.evaluate_design(design.study, frame))
    one = dce.evaluate_design(design.study, design.frame.drop(columns="block"))
    assert "4 tasks of 2 alternatives; made elsewhere" in str(one)
    assert "block r" not in str(one)
    assert "respondents per block" not in str(one)


def test_overlap_and_balance_task_by_task():
    design = tiny(opt_out=True, priors={"constant[none]": math.log(2), "wait": 0, "parking[yes]": 0})
    # wait is 4 and 4 in task 2; parking is no and no in task 3, yes and yes in task 4
    assert diagnostics.overlapping(design).tolist() == [
        [False, False],
        [True, False],
        [False, True],
        [False, True],
    ]
    assert diagnostics.task_balance(design.probabilities) == pytest.approx(np.full(4, 27 / 32))


def test_an_attribute_of_one_alternative_never_overlaps(request):
    design = shipped("staff-support", request)
    event = design.study.attribute_names.index("event")
    assert not diagnostics.overlapping(design)[:, event].any()
