"""The report in a browser: nothing is loaded, nothing overflows, hostile texts, accessibility."""

import importlib.util
import re
from pathlib import Path

import pytest

import dce

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
STUDIES = ("physiotherapy", "peer-support", "staff-support")
WIDTHS = (320, 768, 1280)


def own():
    spec = importlib.util.spec_from_file_location("reports", ROOT / "tests" / "report" / "reports.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.every_part()


def of_study(name):
    from dce.report.study_report import study_report  # noqa: PLC0415

    folder = ROOT / "designs" / name
    design = dce.Design.read(folder)
    choices = dce.simulate_choices(design, respondents=150, seed=1)
    women = choices.frame["respondent"].astype(str).str[-1].isin(list("13579"))
    choices = dce.Choices(choices.frame.assign(sex=women.map({True: "women", False: "men"})), design.study)
    return study_report(design, choices, by="sex", scenarios=folder / "scenarios.toml")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return the page of a report, each made once."""
    found = {}

    def make(name):
        if name not in found:
            folder = tmp_path_factory.mktemp("report")
            report = own() if name == "own" else of_study(name)
            path, *_ = dce.write_report(report, folder, ["html"], exports=False, what_if="what-if.html")
            found[name] = path.as_uri(), report
        return found[name]

    return make


def check(page):
    """Look at a page: nothing overflows, no picture is broken, no column is squeezed, no violation."""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
    out = """[...document.querySelectorAll('main p, main li, h2, .stay, figcaption, nav a')].filter(node =>
        node.getBoundingClientRect().right > innerWidth + 1).map(node => node.textContent)"""
    assert page.evaluate(out) == []
    cut = """[...document.querySelectorAll('th, td')].filter(cell =>
        cell.scrollWidth > cell.clientWidth + 1).map(cell => cell.textContent)"""
    assert page.evaluate(cut) == []
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    found = axe.run(page, options={"resultTypes": ["violations"]})
    assert found.response["violations"] == [], found.generate_report()


@pytest.mark.parametrize("width", WIDTHS)
def test_every_part_at_every_width(made, open_page, width):
    check(open_page(made("own")[0], width))


@pytest.mark.slow
@pytest.mark.parametrize("name", STUDIES)
def test_the_studies_at_every_width(made, open_page, name):
    url, _ = made(name)
    for width in WIDTHS:
        page = open_page(url, width)
        check(page)
        assert not re.search(r"\b(nan|NaN|inf)\b", page.inner_text("main"))


def test_texts_are_texts(made, open_page):
    url, report = made("own")
    page = open_page(url)
    page.on("dialog", lambda dialog: pytest.fail("a text was run"))
    hostile = report.sections[5]
    assert page.inner_text("#section-6") == hostile.title
    assert page.inner_text("#section-6 + p") == hostile.parts[0].text


def test_contents_lead_to_sections_and_to_the_what_if_page(made, open_page):
    page = open_page(made("own")[0])
    for k, link in enumerate(page.locator("nav a").all(), 1):
        link.click()
        assert page.evaluate("location.hash") == f"#section-{k}"
        assert page.locator(f"#section-{k}").evaluate(
            "node => node.getBoundingClientRect().top < innerHeight"
        )
    assert page.get_by_role("link", name="What if?").get_attribute("href") == "what-if.html"


def test_what_is_too_wide_moves_by_keyboard_and_its_labels_stay(made, open_page):
    page = open_page(made("own")[0], 320)
    table = page.locator("#panels .scroll")
    table.focus()
    label = table.locator("tbody th").first
    before = label.bounding_box()["x"]
    assert table.evaluate("node => node.scrollWidth > node.clientWidth")
    page.keyboard.press("ArrowRight")
    for _ in range(40):  # the policy of the page forbids what playwright waits with
        page.wait_for_timeout(50)
        if table.evaluate("node => node.scrollLeft") > 0:
            break
    assert table.evaluate("node => node.scrollLeft") > 0
    assert label.bounding_box()["x"] == pytest.approx(before, abs=1)


def test_tables_of_words_are_stacked_on_a_phone_and_stay_tables(made, open_page):
    page = open_page(made("own")[0], 320)
    cells = [page.get_by_role("table", name="A table of words").get_by_role(role) for role in ("row", "cell")]
    assert [each.count() for each in cells] == [7, 2 * 5 - 1]  # the row of a group has none, and one is empty
    boxes = [cell.bounding_box() for cell in cells[1].all()[:2]]
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
    assert page.locator("#words .scroll").evaluate("node => node.scrollWidth <= node.clientWidth")
    said = cells[1].first.evaluate("node => getComputedStyle(node, '::before').content")
    assert "data-heading" in said or "What the study says" in said


def test_figures_are_readable_on_a_phone(made, open_page):
    page = open_page(made("own")[0], 320)
    box = page.locator("#rates img").bounding_box()
    assert box["width"] > 0.7 * 768  # letters of 11 points become 11 pixels, to be moved sideways


def test_print(made, open_page):
    page = open_page(made("own")[0], 794)
    page.emulate_media(media="print")
    assert page.locator("#rates img").bounding_box()["width"] <= 794
    assert page.locator("#panels .scroll").evaluate("node => getComputedStyle(node).overflowX") == "visible"
    pdf = page.pdf(prefer_css_page_size=True)
    assert pdf.startswith(b"%PDF")
