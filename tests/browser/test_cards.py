"""The page of choice cards in a browser: reflow, keyboard, targets, roles, print."""

from collections import Counter

import pytest

from dce.attributes import Alternative, Attribute
from dce.design.make import make_design
from dce.study import Study
from dce.survey.html import write_html
from dce.survey.survey import make_survey

playwright = pytest.importorskip("playwright.sync_api")

pytestmark = pytest.mark.browser

ATTRIBUTES = [
    Attribute("wait", [2, 4, 8], "Wait to first follow-up", "weeks"),
    Attribute(
        "clinician",
        ["physiotherapist", "support worker"],
        "Who treats you",
        labels=["Physiotherapist", "Physiotherapy support worker"],
        definition="A support worker gives treatment that a physiotherapist has planned.",
    ),
    Attribute("place", ["a", "b"], labels=["Neighbourhood-rehabilitation-centre", "Hospital"]),
]
SERVICES = [Alternative(name, f"Service {name}", constant=name != "1") for name in ("1", "2", "3")]
STUDIES = {
    "two services": Study("Two services", ATTRIBUTES, SERVICES[:2], introduction="Imagine this."),
    "three services": Study(
        "Three services and an opt-out",
        ATTRIBUTES,
        SERVICES,
        opt_out=Alternative("none", "None of these services", constant=True),
    ),
}
WIDTHS = (320, 768, 1280)
TEXT_200 = "document.documentElement.style.fontSize = '225%'"


@pytest.fixture(scope="module")
def urls(tmp_path_factory):
    made = {}
    for name, study in STUDIES.items():
        design = make_design(study, tasks=6, blocks=2, starts=1)
        (path,) = write_html(make_survey(design), tmp_path_factory.mktemp("cards"))
        made[name] = path.as_uri()
    return made


@pytest.fixture(params=list(STUDIES))
def page(request, browser, urls):
    """A page that may say nothing on the console and may load nothing but itself."""
    url = urls[request.param]
    said, asked = [], []
    context = browser.new_context()
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(url)
    yield page
    context.close()
    assert said == []
    assert asked == [url]


def show(page, width):
    page.set_viewport_size({"width": width, "height": 800})


def widest(page):
    """Return how far the furthest part of the page reaches to the right, in pixels."""
    return page.evaluate(
        "Math.max(document.documentElement.scrollWidth,"
        " ...[...document.querySelectorAll('main *')].map(e => e.getBoundingClientRect().right))"
    )


@pytest.mark.parametrize("width", [*WIDTHS, 479, 480, 639, 640])
def test_no_horizontal_scroll(page, width):
    show(page, width)
    assert widest(page) <= width


@pytest.mark.parametrize("width", WIDTHS)
def test_no_horizontal_scroll_with_text_at_200_percent(page, width):
    show(page, width)
    page.evaluate(TEXT_200)
    assert widest(page) <= width


def test_radios_answer_to_the_keyboard(page):
    show(page, 1280)
    for card in page.locator("fieldset").all():
        page.keyboard.press("Tab")
        radios = card.get_by_role("radio").all()
        page.keyboard.press("Space")
        playwright.expect(radios[0]).to_be_focused()
        playwright.expect(radios[0]).to_be_checked()
        for radio in radios[1:]:
            page.keyboard.press("ArrowDown")
            playwright.expect(radio).to_be_focused()
            playwright.expect(radio).to_be_checked()
    assert page.locator("input:checked").count() == page.locator("fieldset").count()


def test_focus_is_seen(page):
    page.keyboard.press("Tab")
    outline = "getComputedStyle(document.activeElement.closest('label')).outline"
    assert "solid 3px" in page.evaluate(outline)


@pytest.mark.parametrize("width", WIDTHS)
def test_targets_are_44_pixels_high(page, width):
    show(page, width)
    boxes = [label.bounding_box() for label in page.locator("label").all()]
    assert min(box["height"] for box in boxes) >= 44
    assert min(box["width"] for box in boxes) >= 44


@pytest.mark.parametrize("width", [320, 360, 479, 1280])
def test_table_keeps_its_roles(page, width):
    show(page, width)
    services = page.locator("fieldset").first.locator("thead th").count()
    caption = "Card 1 of 3: What differs between the services"
    table = page.get_by_role("table", name=caption).first
    assert table.get_by_role("row").count() == 1 + len(ATTRIBUTES)
    headers = [f"Service {k}" for k in range(1, services + 1)]
    assert table.get_by_role("columnheader").all_inner_texts() == headers
    for attribute in ATTRIBUTES:
        row = table.get_by_role("row").filter(has_text=attribute.label)
        assert row.get_by_role("rowheader", name=attribute.label).count() == 1
        assert row.get_by_role("cell").count() == services


@pytest.mark.parametrize("width", [320, 360, 479, 768, 1280])
def test_screen_readers_count_the_same_columns_in_every_row(page, width):
    """The tree that Chromium gives to screen readers, which the style of a table can break."""
    show(page, width)
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    by_id = {node["nodeId"]: node for node in nodes}
    cells = {"cell", "gridcell", "columnheader", "rowheader"}
    roles = Counter(node["role"]["value"] for node in nodes)
    assert roles["table"] == roles["radiogroup"] == page.locator("fieldset").count() == 6
    assert roles["rowheader"] == 6 * len(ATTRIBUTES)
    rows = [node for node in nodes if node["role"]["value"] == "row"]
    counts = {sum(by_id[child]["role"]["value"] in cells for child in row["childIds"]) for row in rows}
    assert len(rows) == 6 * (1 + len(ATTRIBUTES))
    assert counts == {1 + page.locator("fieldset").first.locator("thead th").count()}


def test_radio_group_and_card_have_names(page):
    card = page.get_by_role("group", name="Card 2 of 3").first
    group = card.get_by_role("radiogroup", name="Which would you choose?")
    assert group.get_by_role("radio", name="Service 2", exact=True).count() == 1


def test_print_splits_no_card(page, tmp_path):
    page.emulate_media(media="print")
    styles = page.locator("fieldset").evaluate_all("all => all.map(e => getComputedStyle(e).breakInside)")
    assert styles == ["avoid"] * 6
    blocks = page.locator(".block").evaluate_all("all => all.map(e => getComputedStyle(e).breakBefore)")
    assert blocks == ["page"] * 2
    assert page.locator("fieldset").first.evaluate("e => getComputedStyle(e).boxShadow") == "none"
    show(page, 673)  # A4 less the margins, at 96 pixels an inch
    heights = page.locator("fieldset").evaluate_all("all => all.map(e => e.offsetHeight)")
    assert max(heights) < 1009
    assert page.pdf(prefer_css_page_size=True).startswith(b"%PDF")
