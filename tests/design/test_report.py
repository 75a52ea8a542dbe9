"""The report of a design: as stored, by hand, at 80 columns, in HTML and LaTeX."""

import difflib
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import dce
from dce.design.levels import level_coding
from dce.design.report import DesignReport, design_report
from dce.design.report_tables import levels_frame

STORED = Path(__file__).parents[1] / "reference" / "physiotherapy_report.txt"
STUDIES = ["physiotherapy", "peer-support", "staff-support"]


@pytest.fixture(scope="module")
def reports(request):
    root = request.config.rootpath / "designs"
    return {name: design_report(dce.Design.read(root / name)) for name in STUDIES}


@pytest.fixture(scope="module")
def report(reports):
    return reports["physiotherapy"]


def test_the_stored_report(report):
    """A change shows as a difference of lines; to accept it, write str(report) to the file."""
    stored = STORED.read_text(encoding="utf-8").splitlines()
    found = str(report).splitlines()
    difference = "\n".join(difflib.unified_diff(stored, found, "stored", "found", lineterm="", n=1))
    assert not difference, f"\n{difference}"


@pytest.mark.parametrize("name", STUDIES)
def test_the_report_fits_80_columns(name, reports):
    assert max(map(len, str(reports[name]).splitlines())) <= 80
    assert list(reports[name].tables) == [
        "criteria",
        "information",
        "sample size",
        "effects",
        "tasks",
        "levels",
        "overlap",
        "correlations",
    ]


def test_many_alternatives_and_blocks_fit_80_columns():
    attributes = [dce.Attribute(f"a{k}", [1, 2, 3], f"{k}: " + "a long label " * 5) for k in range(4)]
    alternatives = [dce.Alternative(f"the service of provider number {k}") for k in range(5)]
    study = dce.Study("T", attributes, alternatives)
    L = np.random.default_rng(1).integers(3, size=(32, 5, 4))
    for blocks in (4, 8):
        design = dce.evaluate_design(study, level_coding(study).to_frame(L, np.arange(32) * blocks // 32 + 1))
        text = str(design_report(design))
        assert max(map(len, text.splitlines())) <= 80
        assert "1: the service of provider number 0; 2:" in text
        assert ("b1: block 1" in text) == (blocks == 4)
        assert ("most in a block" in text) == (blocks == 8)


def test_what_correlation_takes_is_the_variance_it_adds(report, physiotherapy_design):
    M = physiotherapy_design.information / 2
    frame = report.tables["information"].to_frame()
    assert frame["information"].to_numpy() == pytest.approx(np.diag(M))
    for k, lost in enumerate(frame["lost"]):
        others = [i for i in range(9) if i != k]
        left = M[k, k] - M[k, others] @ np.linalg.solve(M[np.ix_(others, others)], M[others, k])
        assert lost == pytest.approx(1 - left / M[k, k])
    alone = np.sqrt(1 / np.diag(M) / 100)
    inflated = frame["s.e., N = 100"].to_numpy() * np.sqrt(1 - frame["lost"].to_numpy())
    assert inflated == pytest.approx(alone)


def test_sample_sizes_and_smallest_effects_agree(report, physiotherapy_design):
    """An effect of the size of its prior is detected with just the respondents that 80% power takes."""
    z, se = norm.isf(0.025) + norm.ppf(0.8), report.tables["information"].to_frame()["s.e., N = 100"]
    assert z == pytest.approx(2.8016, abs=1e-4)  # Cohen (1988) prints 2.80
    effects = report.tables["effects"].to_frame()
    assert list(effects) == ["prior", "N = 100", "N = 250", "N = 382"]
    assert effects["N = 382"].to_numpy() == pytest.approx(z * se.to_numpy() * math.sqrt(100 / 382))
    sizes = report.tables["sample size"].to_frame()["for 80% power"]
    for n, prior, effect in zip(sizes, effects["prior"], effects["N = 100"], strict=True):
        assert effect * math.sqrt(100 / n) <= abs(prior) <= effect * math.sqrt(100 / (n - 1))
    stricter = design_report(physiotherapy_design, respondents=[50], significance=0.01, power=0.9)
    found = stricter.tables["effects"].to_frame()["N = 50"].to_numpy()
    assert found == pytest.approx((norm.isf(0.005) + norm.ppf(0.9)) * se.to_numpy() * math.sqrt(2))


def test_a_prior_of_zero_needs_no_end_of_respondents(reports):
    table = reports["peer-support"].tables["sample size"]
    assert table.to_frame().loc["Constant: Service 2"].isna().tolist() == [False, True, True]
    assert "Empty where the prior is zero." in table.notes


def test_tasks_show_probabilities_and_balance(report, physiotherapy_design):
    tasks = report.tables["tasks"].to_frame()
    P = tasks[["P Service 1", "P Service 2"]].to_numpy()
    assert P.sum(axis=1) == pytest.approx(1)
    assert pytest.approx(physiotherapy_design.probabilities) == P
    assert tasks["balance"].to_numpy() == pytest.approx(4 * P[:, 0] * P[:, 1])
    assert tasks["block"].tolist() == [1] * 8 + [2] * 8
    assert "dominated" not in tasks  # none is
    assert "Dominated alternatives, by the prior means: in 0 of 16 tasks" in report.facts


@pytest.mark.parametrize("name", STUDIES)
def test_levels_are_counted_by_pandas(name, reports, request):
    design = dce.Design.read(request.config.rootpath / "designs" / name)
    frame = reports[name].matrices["levels"]
    pd.testing.assert_frame_equal(frame, levels_frame(design))
    for attribute in design.study.attributes:
        counts = frame.loc[attribute.label].set_axis(list(attribute.levels))
        assert counts["all"].to_dict() == design.frame[attribute.name].value_counts().to_dict()
        for block in design.blocks:
            of_block = design.frame.loc[design.frame["block"] == block, attribute.name].value_counts()
            assert counts[f"block {block}"].to_dict() == of_block.to_dict()


def test_overlap_and_largest_correlations_agree(report):
    frame, pairs = report.tables["overlap"].to_frame(), report.tables["correlations"].to_frame()
    assert list(frame) == ["overlap", "r within", "r between", "r block"]
    within = pairs[["service" in str(where) and "," not in str(where) for where in pairs.index]]
    within = within[~within["with"].str.startswith("block")]
    assert len(within) == 5
    assert within["r"].abs().max() == pytest.approx(frame["r within"].max())
    between = pairs[["," in str(where) for where in pairs.index]]
    assert between["r"].abs().max() == pytest.approx(frame["r between"].max())
    assert not (between["of"].str.split("[").str[0] == between["with"].str.split("[").str[0]).any()


def test_matrices_are_complete(report, physiotherapy_design):
    assert report.matrices["information"].to_numpy() == pytest.approx(physiotherapy_design.information)
    assert report.matrices["correlations"].shape == (17, 17)


def test_best_and_certificate_reach_the_table(physiotherapy_design):
    best = {"D-error, all coefficients": 0.1}
    made = design_report(physiotherapy_design, best=best, best_is="a day's search", per=["sessions"])
    frame = made.tables["criteria"].to_frame()
    assert frame.loc["D-error, all coefficients", "% of best"] == pytest.approx(
        0.1 / physiotherapy_design.d_error
    )
    assert "C-error per sessions" in frame.index
    assert "a day's search" in str(made)


class Structure(HTMLParser):
    """Tags that are open, and what a reader of the page needs."""

    VOID = frozenset({"meta"})

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.regions = [], [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        if dict(attributes).get("role") == "region":
            self.regions.append(dict(attributes))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_html_is_one_accessible_page(report):
    page = report.to_html()
    structure = Structure()
    structure.feed(page)
    assert not structure.open
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert structure.seen.count("h1") == structure.seen.count("main") == 1
    assert structure.seen.count("table") == structure.seen.count("caption") == len(structure.regions) == 8
    assert all(region["tabindex"] == "0" and region["aria-label"] for region in structure.regions)
    assert not re.search(r"https?:|<script|<link|<img", page)
    assert "Musculoskeletal patients&#x27; preferences" in page
    assert report._repr_html_() in page


def test_latex_has_every_table_and_no_sign_that_latex_lacks(reports):
    for made in reports.values():
        latex = made.to_latex()
        assert latex.count(r"\begin{table}") == latex.count(r"\end{table}") == 8
        assert latex.count(r"\toprule") == 8
        assert latex.isascii(), {c for c in latex if not c.isascii()}


def test_it_is_printed_whole(report):
    assert isinstance(report, DesignReport)
    for table in report.tables.values():
        assert str(table) in str(report)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"respondents": [0]}, "respondents: found 0; allowed: whole numbers of at least 1"),
        ({"respondents": [2.5]}, r"respondents: found 2.5; allowed: whole"),
        ({"significance": 1.5}, r"significance: found 1.5; allowed: between 0 and 1"),
        ({"power": 1}, r"power: found 1; allowed: below 1, and above 0.025, which chance gives"),
        ({"power": 0.01}, r"power: found 0.01; allowed: below 1, and above 0.025"),
    ],
)
def test_what_cannot_be_asked(physiotherapy_design, options, message):
    with pytest.raises(dce.DesignError, match=message):
        design_report(physiotherapy_design, **options)
