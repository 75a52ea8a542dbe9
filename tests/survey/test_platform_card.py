"""The card for survey platforms: one line, no commands of any platform, a real table."""

import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path

import dce
from dce.survey.platform_card import card_html, glossary_html, paragraphs_html, text_html
from dce.survey.survey import make_survey

ROOT = Path(__file__).parents[2]
HOSTILE = "<script>alert(1)</script> ${q://QID1} {TOKEN} [record_id] a|b \\n \"x\" 'y' & © 🙂 שלום"


class Reader(HTMLParser):
    """Collects what a browser would show, and the tags on the way."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.words = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.words.append(data)


def survey_of(name, **settings):
    made = dce.Design.read(ROOT / "designs" / name)
    study = dataclasses.replace(made.study, survey=dce.SurveySettings(**settings))
    return make_survey(dce.Design(study, made.frame))


def test_a_text_says_what_the_study_says_and_nothing_to_a_platform():
    shown = text_html(HOSTILE)
    assert not re.search(r"[${}\[\]|\\<>]", shown)
    assert "".join(Reader(shown).words) == HOSTILE
    assert text_html("one\r\ntwo") == "one<br />two"
    assert paragraphs_html(("a\nb", "c")) == "<p>a b</p><p>c</p>"


def test_a_card_is_a_table_of_all_its_words_on_one_line():
    survey = survey_of("staff-support")
    for card in survey.cards:
        shown = card_html(survey, card)
        assert not re.search(r"[\n{}\[\]$]", shown)
        read = Reader(shown)
        words = " ".join(" ".join(read.words).split())
        for text in (*card.labels[: card.services], card.question):
            assert text in words
        for row in card.rows:
            assert row.label in words
            assert all(cell in words for cell in row.cells)
        columns = [a for tag, a in read.tags if a.get("scope") == "col"]
        groups = [a for tag, a in read.tags if a.get("scope") == "rowgroup"]
        cells = [tag for tag, _ in read.tags if tag == "td"]
        assert len(columns) == card.services
        assert len(groups) == len(card.rows)
        assert len(cells) == card.services * len(card.rows)
        assert card.heading not in words


def test_differences_are_marked_by_a_sign_and_not_by_colour_alone():
    marked = survey_of("physiotherapy", highlight="differences")
    card = marked.cards[0]
    differing = sum(row.differs for row in card.rows)
    assert 0 < card_html(marked, card).count("≠") - 1 == differing  # one more in the note
    assert "≠" not in card_html(survey_of("physiotherapy"), card)


def test_meanings_stand_on_the_card_where_the_study_asks_for_them():
    on_card = survey_of("peer-support", definitions="tooltip")
    before = survey_of("peer-support", definitions="glossary")
    label, definition = on_card.glossary[0]
    assert definition.split()[0] in card_html(on_card, on_card.cards[0])
    assert "<details>" not in card_html(before, before.cards[0])
    assert label in "".join(Reader(glossary_html(before)).words)
