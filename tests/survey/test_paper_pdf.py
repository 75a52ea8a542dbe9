"""The questionnaire as PDF: every card whole on one page, every text as it is, and the same bytes."""

import dataclasses
import re
import shutil
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

import dce
from dce.survey.paper_pdf import write_pdfs
from dce.survey.survey import make_survey
from dce.survey.texts import shipped_file
from dce.survey.typst_pages import check_glyphs

pytest.importorskip("typst", reason="needs typst, of the extra paper")
ROOT = Path(__file__).parents[2]
STUDIES = [
    "physiotherapy",
    pytest.param("peer-support", marks=pytest.mark.slow),
    pytest.param("staff-support", marks=pytest.mark.slow),
]
HOSTILE = (
    r"""#import "x": * #panic() $x^2$ *b* _i_ @ref <l> \ `c` 'q' // /* [x] #{1} ~ -- ... = - + {page} ≥ é"""
)
SHOWN = ("a4", "letter")


def surveyed(design, texts=None, **settings):
    """Return the survey of a design, with other settings."""
    study = dataclasses.replace(design.study, survey=dce.SurveySettings(**settings))
    return make_survey(dce.Design(study, design.frame), texts)


def asks_everything(study):
    return {
        "consent": "I agree.\n\nI may stop.",
        "ending": "Thank you.",
        "questions": [
            dce.Question("sex", "Are you", ["a woman", "a man"], when="before"),
            dce.Question("age", "How old are you?", kind="number"),
            dce.Question("remarks", "Anything else?"),
        ],
        "warm_up": True,
        "dominance": study != "staff-support",
        "repeat": [2],
        "definitions": "tooltip",
        "highlight": "differences",
        "opt_out": "question" if study == "staff-support" else "column",
        "certainty": True,
        "attendance": True,
    }


def pages(path):
    """Return the text of each page, with single blanks, in the order in which it was written."""
    if not shutil.which("pdftotext"):
        pytest.skip("needs pdftotext, of poppler-utils")
    run = subprocess.run(
        ["pdftotext", "-raw", "-enc", "UTF-8", path, "-"], capture_output=True, check=True, timeout=60
    )
    text = unicodedata.normalize("NFC", run.stdout.decode())
    return [" ".join(page.split()) for page in text.split("\f")[:-1]]


def in_order(texts, page):
    """Whether texts stand on a page one after the other."""
    return re.search(".*?".join(re.escape(" ".join(text.split())) for text in texts), page) is not None


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("name", STUDIES)
def test_each_card_is_whole_on_one_page(name, everything, tmp_path):
    survey = make_survey(dce.Design.read(ROOT / "designs" / name))
    if everything:
        survey = surveyed(survey.design, **asks_everything(name))
    files = write_pdfs(survey, tmp_path)
    blocks = dict(survey.blocks)
    assert [file.name for file in files] == [
        f"questionnaire_block{block}_{paper}.pdf" for paper in SHOWN for block in blocks
    ]
    for block, cards in (*survey.blocks[:1], *survey.blocks[-1:]):
        for paper in SHOWN:
            found = pages(tmp_path / f"questionnaire_block{block}_{paper}.pdf")
            at = []
            for card in cards:
                expected = [card.heading, *card.labels[: card.services]]
                for row in card.rows:
                    expected += [row.label, *(cell or "does not apply" for cell in row.cells)]
                expected += [card.question, *(label for _, label in survey.answers(card))]
                expected += [*survey.opt_out_options] if survey.asks_opt_out else []
                expected += ["How sure", *map(str, range(11)), "10: completely"] if everything else []
                where = [k for k, page in enumerate(found) if in_order(expected, page)]
                assert len(where) == 1, f"{card.tag} on {paper}"
                at += where
            assert at == sorted(at)


def test_two_cards_share_a_page_where_they_fit(small_design, tmp_path):
    write_pdfs(surveyed(small_design), tmp_path)
    found = pages(tmp_path / "questionnaire_block1_a4.pdf")
    assert max(len(re.findall(r"Card \d of 6", page)) for page in found) >= 2


def test_everything_that_is_asked_has_its_place(tmp_path):
    design = dce.Design.read(ROOT / "designs" / "physiotherapy")
    survey = surveyed(design, **asks_everything("physiotherapy"))
    write_pdfs(survey, tmp_path)
    found = pages(tmp_path / "questionnaire_block2_a4.pdf")
    footer = r"Respondent number Block 2 Page {} of {} Design " + survey.design.hash[:8]
    for k, page in enumerate(found, 1):
        assert re.search(footer.format(k, len(found)), page)
    assert in_order(
        [
            survey.study.title,
            *survey.introduction,
            "I agree. I may stop. Please tick this box if you agree: I agree",
            "How to fill in this questionnaire",
            "Rows marked “≠” differ",
            "What the words mean",
            "A support worker is trained",
            "Are you",
            "a woman a man",
            "A card to practise on",
            "Card 1 of 10",
            "≠",
            "Card 10 of 10",
            "how often did you consider each of these? Always Sometimes Never",
            *(attribute.label for attribute in survey.study.attributes),
            "How old are you?",
            "Anything else?",
            "Thank you.",
        ],
        " ".join(found),
    )


def test_same_survey_same_bytes(small_design, tmp_path):
    survey = surveyed(small_design, certainty=True)
    first, second = (write_pdfs(survey, tmp_path / name) for name in ("first", "second"))
    assert len(first) == 4
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()
        assert b"pdfuaid" in one.read_bytes() or b"StructTreeRoot" in one.read_bytes()


def hostile(small_design, sign=HOSTILE):
    """Return a survey whose every text is hostile."""
    small = small_design.study
    attributes = [
        dataclasses.replace(
            attribute,
            label=f"label {attribute.name} {sign}",
            labels=[f"level {level} {sign}" for level in attribute.levels],
            definition=f"definition {attribute.name} {sign}",
        )
        for attribute in small.attributes
    ]
    study = dataclasses.replace(
        small,
        title=f"title {sign}",
        introduction=f"introduction {sign}",
        question=f"question {sign}",
        attributes=attributes,
        alternatives=[dataclasses.replace(a, label=f"service {a.name} {sign}") for a in small.alternatives],
        survey=dce.SurveySettings(
            consent=f"consent {sign}",
            ending=f"ending {sign}",
            questions=[dce.Question("q", f"asked {sign}", [f"one {sign}", f"two {sign}"])],
            certainty=True,
            image_width=480,
        ),
    )
    return make_survey(dce.Design(study, small_design.frame))


def test_every_text_is_data(small_design, tmp_path):
    write_pdfs(hostile(small_design), tmp_path)
    for paper in SHOWN:
        found = "".join(pages(tmp_path / f"questionnaire_block1_{paper}.pdf")).replace(" ", "")
        for text in ("title", "introduction", "question", "label wait", "level 2", "definition mode", "one",
                     "service A", "consent", "ending", "asked", "two"):  # fmt: skip
            assert f"{text}{HOSTILE}".replace(" ", "") in found, text


@pytest.mark.parametrize(
    ("sign", "named"),
    [
        ("😀", r"😀 \(U\+1F600\)"),
        ("中文", r"中 \(U\+4E2D\), 文 \(U\+6587\)"),
        ("مرحبا", r"U\+0645"),
        ("👩\u200d⚕", r"U\+1F469"),
        ("a\x07", r"U\+0007"),
        ("\ue000", r"U\+E000"),
        ("\ud800", r"U\+D800"),
    ],
)
def test_signs_without_a_glyph_are_refused(sign, named):
    with pytest.raises(dce.DceError, match=f"text 'Wait.*{named}.*do not have; allowed: Latin"):
        check_glyphs({"a": ["fine", {"b": f"Wait {sign}"}]})


def test_a_questionnaire_with_such_signs_is_refused(small_design, tmp_path):
    with pytest.raises(dce.DceError, match=r"U\+1F600"):
        write_pdfs(hostile(small_design, "😀"), tmp_path)
    assert not list(tmp_path.iterdir())


def test_letters_and_signs_that_surveys_need_have_glyphs():
    check_glyphs(
        "ÄÖÜäöüß éèêëç ñ åø ŁŹčř ǎ Ελληνικά Русский Việt שלום “x” „y“ «z» – — … ≥ ≤ ≠ ± × ½ € £ ¥ ° µ ₂ ² → ☐"
    )


def test_from_right_to_left(small_design, tmp_path):
    texts = tmp_path / "texts.toml"
    for direction in ("ltr", "rtl"):
        words = (
            shipped_file("en")
            .replace('"ltr"', f'"{direction}"')
            .replace('language = "en"', 'language = "he"')
        )
        texts.write_text(words, encoding="utf-8")
        write_pdfs(surveyed(small_design, texts), tmp_path / direction)
    name = "questionnaire_block1_a4.pdf"
    left, right = (_left(tmp_path / direction / name, "Respondent") for direction in ("ltr", "rtl"))
    assert left < 100
    assert right > 400


def _left(path, word):
    """Return how far from the left edge a word of the first page begins, in points."""
    if not shutil.which("pdftotext"):
        pytest.skip("needs pdftotext, of poppler-utils")
    run = subprocess.run(["pdftotext", "-bbox", "-l", "1", path, "-"], capture_output=True, check=True)
    return float(re.search(rf'xMin="([\d.]+)"[^>]*>{word}<', run.stdout.decode())[1])


def test_a_card_taller_than_a_page_is_refused(small_design, tmp_path):
    long = "Many words that say at length what could be said in few. " * 60
    attribute = dataclasses.replace(small_design.study.attributes[0], label=long)
    study = dataclasses.replace(
        small_design.study, attributes=[attribute, *small_design.study.attributes[1:]]
    )
    with pytest.raises(dce.DceError, match=r"card b\d_t\d: is taller than a page .* 9 points; allowed"):
        write_pdfs(make_survey(dce.Design(study, small_design.frame)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_without_typst(small_design, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(dce.DceError, match=r"need typst: pip install 'dce\[paper\]'"):
        write_pdfs(surveyed(small_design), tmp_path)
