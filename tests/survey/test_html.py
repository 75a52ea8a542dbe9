"""The page of choice cards: its structure as a screen reader needs it, and the study as data."""

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from dce.attributes import Alternative, Attribute
from dce.design.make import make_design
from dce.study import Study
from dce.survey.html import write_html
from dce.survey.survey import make_survey

HOSTILE = """<script>alert(1)</script> & "double" 'single' {{ 7*7 }} {% raw %} </style> {}"""
VOID = {"meta", "input", "link", "br", "img", "hr"}

CLINICS = Study(
    "Clinics near you",
    attributes=[
        Attribute("wait", [1, 2, 4], "Wait", "weeks", definition="Until the first visit."),
        Attribute("staff", ["doctor", "nurse"], "Who you see", labels=["A doctor", "A nurse"]),
        Attribute("parking", ["no", "yes"], "Parking", alternatives=["near", "far"]),
    ],
    alternatives=[
        Alternative("near", "Near clinic"),
        Alternative("far", "Far clinic", constant=True),
        Alternative("phone", "By phone", constant=True),
    ],
    opt_out=Alternative("none", "None of these", constant=True),
    introduction="Imagine that you\nneed a clinic.\n\nThere are no wrong answers.\n",
    question="Which would you use?",
    labelled=True,
)


def hostile(place):
    return f"{place} {HOSTILE}"


TEXTS = ("title", "introduction", "question", "service A", "service B", "opt-out", "kind", "first",
         "second", "definition", "unit")  # fmt: skip
HOSTILE_STUDY = Study(
    hostile("title"),
    attributes=[
        Attribute(
            "kind",
            ["one", "two"],
            hostile("kind"),
            labels=[hostile("first"), hostile("second")],
            definition=hostile("definition"),
        ),
        Attribute("wait", [1, 2], unit=hostile("unit")),
    ],
    alternatives=[
        Alternative("a", hostile("service A")),
        Alternative("b", hostile("service B"), constant=True),
    ],
    opt_out=Alternative("none", hostile("opt-out"), constant=True),
    introduction=hostile("introduction"),
    question=hostile("question"),
)


class Node:
    """An element: tag, attributes, and children, which are elements and texts."""

    def __init__(self, tag, attributes):
        self.tag, self.attributes, self.children = tag, attributes, []

    def __getitem__(self, name):
        return self.attributes.get(name)

    @property
    def text(self):
        texts = (child if isinstance(child, str) else child.text for child in self.children)
        return "".join(texts).strip()

    @property
    def elements(self):
        return [child for child in self.children if isinstance(child, Node)]

    def all(self, tag, **attributes):
        found = []
        for child in self.elements:
            if child.tag == tag and all(child[name] == value for name, value in attributes.items()):
                found.append(child)
            found += child.all(tag, **attributes)
        return found

    def one(self, tag, **attributes):
        (node,) = self.all(tag, **attributes)
        return node


class Tree(HTMLParser):
    """Builds the tree; elements that are closed in the wrong order fail."""

    def __init__(self, page):
        super().__init__()
        self.root = Node("root", {})
        self.open = [self.root]
        self.feed(page)
        self.close()
        assert self.open == [self.root]

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs)
        node = Node(tag, dict(attrs))
        self.open[-1].children.append(node)
        if tag not in VOID:
            self.open.append(node)

    def handle_endtag(self, tag):
        assert self.open.pop().tag == tag

    def handle_data(self, data):
        self.open[-1].children.append(data)


def page_of(design, folder):
    (path,) = write_html(make_survey(design), folder)
    assert path == folder / "cards.html"
    return path.read_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def design():
    return make_design(CLINICS, tasks=4, blocks=2, starts=1)


@pytest.fixture(scope="module")
def page(design, tmp_path_factory):
    return page_of(design, tmp_path_factory.mktemp("clinics"))


@pytest.fixture(scope="module")
def tree(page):
    return Tree(page).root


@pytest.fixture(scope="module")
def hostile_page(tmp_path_factory):
    design = make_design(HOSTILE_STUDY, tasks=4, starts=1)
    return page_of(design, tmp_path_factory.mktemp("hostile"))


def test_page_says_what_the_study_says(tree):
    assert tree.one("html")["lang"] == "en"
    assert tree.one("title").text == tree.one("h1").text == "Clinics near you"
    paragraphs = [p.text for p in tree.one("div", **{"class": "introduction"}).all("p")]
    assert paragraphs == ["Imagine that you\nneed a clinic.", "There are no wrong answers."]


def test_glossary_has_the_attributes_with_a_definition(tree):
    words = tree.one("dl")
    assert [(n.tag, n.text) for n in words.elements] == [
        ("dt", "Wait"),
        ("dd", "Until the first visit."),
    ]


def test_a_section_per_block(tree, design):
    sections = tree.all("section", **{"class": "block"})
    assert [section.one("h2").text for section in sections] == ["Block 1", "Block 2"]
    for section in sections:
        assert section["aria-labelledby"] == section.one("h2")["id"]
        legends = [legend.text for legend in section.all("legend")]
        assert legends == ["Card 1 of 2", "Card 2 of 2"]
    assert "each respondent answers one block" in tree.one("p", **{"class": "researcher"}).text


def test_card_is_a_fieldset_with_a_table(tree, design):
    fieldsets = tree.all("fieldset")
    made = make_survey(design).cards
    assert [fieldset["id"] for fieldset in fieldsets] == [card.tag for card in made]
    for fieldset, card in zip(fieldsets, made, strict=True):
        assert fieldset.elements[0].tag == "legend"
        table = fieldset.one("table")
        assert table.elements[0].tag == "caption"
        differs = f"{card.heading}: What differs between the services"
        assert table.one("caption").text == differs
        columns = [th.text for th in table.one("thead").all("th", scope="col")]
        assert columns == ["Near clinic", "Far clinic", "By phone"]
        rows = table.one("tbody").all("tr")
        assert [row.one("th", scope="row").text for row in rows] == ["Wait", "Who you see", "Parking"]
        for row, expected in zip(rows, card.rows, strict=True):
            cells = [td.text.removeprefix("–") for td in row.all("td")]
            assert cells == [cell or "does not apply" for cell in expected.cells]


def test_parts_of_the_table_say_their_roles(tree):
    for table in tree.all("table"):
        roles = Counter((n.tag, n["role"]) for n in [table, *(x for t in ROLES for x in table.all(t))])
        assert {tag for tag, _ in roles} == {"table", *ROLES}
        assert all(role in ROLES.get(tag, {"table"}) for tag, role in roles)
        assert all(th["role"] == "rowheader" for th in table.all("th", scope="row"))


ROLES = {
    "thead": {"rowgroup"},
    "tbody": {"rowgroup"},
    "tr": {"row"},
    "th": {"columnheader", "rowheader"},
    "td": {"cell"},
}


def test_one_radio_per_alternative(tree, design):
    for fieldset, card in zip(tree.all("fieldset"), make_survey(design).cards, strict=True):
        group = fieldset.one("div", role="radiogroup")
        assert fieldset.one("p", id=group["aria-labelledby"]).text == "Which would you use?"
        radios = [(label.one("input"), label.text) for label in group.all("label")]
        assert len(fieldset.all("input")) == len(radios) == 4
        assert {radio["type"] for radio, _ in radios} == {"radio"}
        assert {radio["name"] for radio, _ in radios} == {card.tag}
        assert [radio["value"] for radio, _ in radios] == ["1", "2", "3", "4"]
        assert tuple(text for _, text in radios) == card.labels


def test_opt_out_is_only_among_the_radios(tree):
    for fieldset in tree.all("fieldset"):
        assert "None of these" not in fieldset.one("table").text
        assert fieldset.all("label")[-1].text == "None of these"


def test_attribute_that_an_alternative_lacks(tree):
    for fieldset in tree.all("fieldset"):
        parking = fieldset.one("tbody").all("tr")[-1].all("td")
        assert [cell.text for cell in parking[:2]] != ["", ""]
        dash, words = parking[2].elements
        assert (dash.text, dash["aria-hidden"]) == ("–", "true")
        assert (words.text, words["class"]) == ("does not apply", "visually-hidden")


def test_ids_occur_once(page):
    ids = re.findall(r' id="([^"]*)"', page)
    assert len(ids) == len(set(ids)) > 8


@pytest.mark.parametrize("text", TEXTS)
def test_texts_of_a_hostile_study_are_shown_as_they_are(hostile_page, text):
    root = Tree(hostile_page).root
    assert hostile(text) in root.text


def test_hostile_study_adds_no_element(hostile_page, page):
    root = Tree(hostile_page).root
    assert not root.all("script")
    assert len(root.all("style")) == 1
    assert root.one("style").text.endswith("}")
    assert "49" not in root.one("h1").text
    cell = root.all("td", **{"data-service": hostile("service A")})
    assert len(cell) == 4 * 2
    harmless = set(re.findall(r"<(\w+)", page))
    assert set(re.findall(r"<(\w+)", hostile_page)) <= harmless


def test_same_design_same_bytes(design, page, tmp_path):
    assert page_of(design, tmp_path) == page
    again = make_design(CLINICS, tasks=4, blocks=2, starts=1)
    assert page_of(again, tmp_path / "made" / "here") == page


def test_lines_end_in_line_feeds(design, tmp_path):
    introduction = "One\r\n\r\nTwo\rstill two"
    made = replace(design, study=replace(CLINICS, introduction=introduction))
    page = page_of(made, tmp_path)
    assert "\r" not in page
    assert "<p>One</p>\n<p>Two\nstill two</p>" in page
    assert page.endswith("</html>\n")


def test_page_loads_nothing(page, hostile_page):
    for text in (page, hostile_page):
        assert "http:" not in text
        assert "https:" not in text
        assert not re.search(r"""\b(src|href|action)\s*=|url\(|@import""", text)


def test_policy_allows_nothing_but_the_style(tree):
    policy = tree.one("meta", **{"http-equiv": "Content-Security-Policy"})["content"]
    style = "".join(tree.one("style").children)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}';")


def test_one_block_of_one_service_needs_no_more_words(tmp_path):
    study = Study(
        "A vaccine",
        attributes=[Attribute("doses", [1, 2, 4])],
        alternatives=[Alternative("vaccine")],
        opt_out=Alternative("none", constant=True),
    )
    root = Tree(page_of(make_design(study, tasks=3, starts=1), tmp_path)).root
    first, *questions = [p.text for p in root.all("p")]
    assert "saves no answers" in first
    assert "blocks" not in first
    assert questions == ["Which would you choose?"] * 3
    assert not root.all("h2")
    assert not root.all("dl")
    assert root.all("caption")[0].text == "Card 1 of 3: What the service offers"
    assert root.all("legend")[2].text == "Card 3 of 3"
