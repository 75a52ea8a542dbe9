"""The page of choice cards with everything that a survey may ask, in a browser."""

import dataclasses

import pytest

import dce
from dce.survey.html import write_html
from dce.survey.survey import make_survey
from dce.survey.texts import shipped_file

playwright = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is absent")

pytestmark = pytest.mark.browser

WIDTHS = (320, 768, 1280)
SETTINGS = {
    "definitions": "tooltip",
    "highlight": "differences",
    "opt_out": "question",
    "certainty": True,
    "attendance": True,
    "warm_up": True,
    "dominance": True,
    "repeat": [2],
    "consent": "I have read what this survey is about.",
    "ending": "Thank you.",
    "questions": [
        dce.Question("sex", "Are you", ["a woman", "a man"], when="before"),
        dce.Question("age", "How old are you?", kind="number", least=18),
    ],
}


@pytest.fixture(scope="module")
def url(clinics, tmp_path_factory):
    attributes = [
        dce.Attribute("wait", [2, 4, 8], "Wait", "weeks", definition="Until the first visit.", icon="clock"),
        dce.Attribute("parking", ["no", "yes"], "Parking", icons=["", "car"]),
        dce.Attribute("mode", ["face", "phone", "group"], "Mode"),
    ]
    opt_out = dce.Alternative("none", "Neither of these", constant=True)
    priors = {"constant[B]": 0, "constant[none]": 0, "wait": -0.1, "parking[yes]": 0.5,
              "mode[phone]": -0.3, "mode[group]": -0.8}  # fmt: skip
    study = clinics(
        attributes=attributes, opt_out=opt_out, priors=priors, survey=dce.SurveySettings(**SETTINGS)
    )
    folder = tmp_path_factory.mktemp("options")
    design = dce.make_design(study, tasks=12, blocks=2, starts=1)
    made = {"ltr": write_html(make_survey(design), folder / "ltr")[0].as_uri()}
    texts = folder / "texts.toml"
    texts.write_text(shipped_file("en").replace('direction = "ltr"', 'direction = "rtl"'), encoding="utf-8")
    plain = dataclasses.replace(study, survey=dataclasses.replace(study.survey, highlight="none"))
    survey = make_survey(dce.Design(plain, design.frame), texts)
    return made | {"rtl": write_html(survey, folder / "rtl")[0].as_uri()}


@pytest.fixture(params=["ltr", "rtl"])
def page(request, browser, url):
    said = []
    context = browser.new_context(bypass_csp=True)  # axe is a script, which the page's policy forbids
    page = context.new_page()
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(url[request.param])
    yield page
    context.close()
    assert said == []


@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    for summary in page.locator("summary").all()[:2]:
        summary.click()
    results = axe.Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_reaches_beyond_the_screen(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    edges = page.locator("main *").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect()).map(b => [b.left, b.right])"
    )
    assert min(left for left, _ in edges) >= 0
    assert max(right for _, right in edges) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_targets_are_44_pixels_high(page, width):
    page.set_viewport_size({"width": width, "height": 800})
    targets = page.locator("label.choice, summary, input[type=number]").all()
    assert min(target.bounding_box()["height"] for target in targets) >= 44


def test_every_question_has_its_group(page):
    card = page.locator("fieldset.card").nth(1)
    for name, answers in (
        ("Which would you choose?", 2),
        ("Would you really choose it?", 2),
        ("How sure are you of your choice?", 11),
    ):
        assert card.get_by_role("radiogroup", name=name).get_by_role("radio").count() == answers
    assert page.get_by_role("radiogroup", name="Parking").count() == 2
    assert card.get_by_role("rowheader", name="Parking").count() == 1
    assert page.get_by_role("spinbutton", name="How old are you?").count() == 1


def test_a_difference_is_marked_with_more_than_colour(browser, url):
    page = browser.new_page()
    page.goto(url["ltr"])
    rows = page.locator("fieldset.card").first.locator("tbody tr")
    for row in rows.all():
        cells = row.locator("td").all_inner_texts()
        assert (cells[0] != cells[1]) == ("≠" in row.locator("th").inner_text())
    page.close()


def test_paper_has_the_definitions_that_the_screen_unfolds(page):
    words = page.locator("section.words dl")
    assert not words.is_visible()
    page.emulate_media(media="print")
    assert words.is_visible()
    assert page.locator("summary").first.is_hidden()


def test_columns_stand_from_the_right_in_scripts_that_do(browser, url):
    for direction, sign in (("ltr", 1), ("rtl", -1)):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(url[direction])
        card = page.locator("fieldset.card").first
        label = card.locator("tbody th").first.bounding_box()["x"]
        value = card.locator("tbody td").first.bounding_box()["x"]
        assert (value - label) * sign > 0
        page.close()
