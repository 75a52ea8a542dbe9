"""What a notebook shows: every result as HTML with accessible tables, and the same numbers as in print."""

import inspect
from html.parser import HTMLParser

import numpy as np
import pytest

import dce

FOLDER = "designs/physiotherapy"
SCENARIOS = f"{FOLDER}/scenarios.toml"
INPUTS = {"Alternative", "Attribute", "Bound", "Criterion", "DesignSettings", "Draws", "ExtraTask", "Prior",
          "Question", "ResponseMap", "SurveySettings"}  # fmt: skip
"""Classes that are no results; their parameters are what there is to see."""


class Page(HTMLParser):
    """Counts what makes tables accessible, and refuses tags that are not closed in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("br", "meta"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)


@pytest.fixture(scope="module")
def results():
    """One result of every kind that is quickly had."""
    study = dce.Study.read(FOLDER)
    design = dce.Design.read(f"{FOLDER}/design.csv", study)
    choices = dce.simulate_choices(design, respondents=120, seed=1)
    sex = np.where(choices.frame["respondent"] % 2 == 0, "women", "men")
    choices = dce.Choices(choices.frame.assign(sex=sex), study)
    fit, groups = dce.fit_mnl(choices), dce.fit_by(choices, "sex")
    return [
        study,
        design,
        choices,
        fit,
        groups,
        dce.quality(choices),
        dce.marginal_rates(fit, per="wait"),
        dce.rates_by(groups, per="wait"),
        dce.rate_differences(groups, per="wait"),
        dce.importance(fit),
        dce.scenarios(fit, SCENARIOS),
        dce.scenarios(groups, SCENARIOS),
        dce.collinearity(fit),
        dce.influence(fit),
        dce.goodness(fit),
        dce.linearity(fit, "wait"),
        dce.left_right(fit),
        *dce.standard_tests(fit),
        dce.compare({"all": fit, "wait only": dce.fit_mnl(choices, "wait")}),
        dce.fit_scales(choices, "sex"),
        dce.fit_pooled(choices, "sex"),
        design.report(),
        dce.doctor(FOLDER),
        dce.sweep(fit, SCENARIOS, {"wait": [2, 4]}, scenario=_first(fit)),
        dce.threshold(fit, SCENARIOS, "Service 1", "wait", 0.9, scenario=_first(fit)),
    ]


def _first(fit):
    return str(dce.scenarios(fit, SCENARIOS).frame["scenario"].iloc[0])


def test_every_result_has_html(results):
    classes = {name for name in dce.__all__ if inspect.isclass(getattr(dce, name))}
    errors = {name for name in classes if issubclass(getattr(dce, name), (Exception, Warning))}
    assert {n for n in classes - errors - INPUTS if not hasattr(getattr(dce, n), "_repr_html_")} == set()


def test_tables_are_accessible_and_without_holes(results):
    for result in results:
        page = Page(result._repr_html_())
        kind = type(result).__name__
        names = [tag for tag, _ in page.tags]
        assert names.count("caption") == names.count("table"), kind
        assert all(found.get("scope") in ("row", "col") for tag, found in page.tags if tag == "th"), kind
        assert not {text.strip().lower() for text in page.texts} & {"nan", "none", "inf"}, kind
        assert '<th scope="col"></th>' not in result._repr_html_(), kind


def test_html_says_what_print_says(results):
    for result in results[:4]:
        words = " ".join(Page(result._repr_html_()).texts).split()
        numbers = [word for word in str(result).split() if word.replace(".", "").isdigit()]
        assert set(numbers) <= set(words)


def test_answers_from_a_file_tell_what_was_read(tmp_path):
    design = dce.Design.read(FOLDER)
    path = tmp_path / "responses.csv"
    dce.write_responses(dce.simulate_choices(design, respondents=30, seed=1), design, path)
    choices = dce.read_responses(path, design)
    assert "30 rows: 30 respondents" in choices.report._repr_html_()
    assert "Answers to each task" in choices.report._repr_html_()
    assert "Finished: 30" in choices._repr_html_()


def test_texts_are_escaped():
    study = dce.Study(
        "A & B <script>",
        [dce.Attribute("wait", [1, 2], "Wait <b>")],
        [dce.Alternative("A"), dce.Alternative("B")],
    )
    assert "<script>" not in study._repr_html_()
    assert "<b>" not in study._repr_html_()


def test_a_printed_study_fits_80_columns():
    for name in ("physiotherapy", "peer-support", "staff-support"):
        text = str(dce.Study.read(f"designs/{name}"))
        assert max(map(len, text.splitlines())) <= 80
