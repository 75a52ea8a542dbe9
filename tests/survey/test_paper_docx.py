"""The Word questionnaires: what stands in them, and that no card is split over pages."""

import builtins
import dataclasses
import re
import shutil
import subprocess
from pathlib import Path

import docx
import pytest
from docx.oxml.ns import qn

import dce
from dce.survey.paper_docx import write_docx
from dce.survey.survey import make_survey
from dce.survey.texts import shipped_file

ROOT = Path(__file__).parents[2]
HOSTILE = '=1+1 <script>alert("x")</script> ${q} {page} & 😀 \x07'


def surveyed(design, texts=None, **changes):
    """Return a survey of the design with these settings, and labels and texts of these studies."""
    of_study = {key: changes.pop(key) for key in ("title", "alternatives", "introduction") if key in changes}
    study = dataclasses.replace(design.study, survey=dce.SurveySettings(**changes), **of_study)
    return make_survey(dce.Design(study, design.frame), texts)


def written(survey, folder):
    return docx.Document(write_docx(survey, folder)[0])


def texts_of(document):
    return [paragraph.text for paragraph in document.paragraphs]


def cells(table):
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_one_file_for_each_block_with_its_cards(small_design, tmp_path):
    survey = surveyed(small_design)
    paths = write_docx(survey, tmp_path / "new")
    assert [path.name for path in paths] == ["questionnaire_block1.docx", "questionnaire_block2.docx"]
    for path, (_, cards) in zip(paths, survey.blocks, strict=True):
        document = docx.Document(path)
        assert [text for text in texts_of(document) if text.startswith("Card")] == [c.heading for c in cards]
        for table, card in zip(document.tables, cards, strict=True):
            rows = cells(table)
            assert rows[0] == ["", *card.labels]
            assert rows[1:-1] == [[row.label, *row.cells] for row in card.rows]
            assert rows[-1] == [card.question, "☐\tA", "☐\tB"]


def asked(small_design, **changes):
    questions = [
        dce.Question("age", "How old are you?", kind="number", when="before"),
        dce.Question("work", "Do you work?", ["Yes", "No"]),
        dce.Question("more", "What else?"),
    ]
    given = {"consent": "I know.\n\nI agree.", "ending": "Thank\nyou.", "questions": questions} | changes
    return surveyed(small_design, certainty=True, attendance=True, **given)


def test_everything_that_is_asked_stands_in_order(small_design, tmp_path):
    document = written(asked(small_design, introduction="One.\n\nTwo\nlines."), tmp_path)
    text = "\n".join(texts_of(document))
    order = [
        "Clinics", "Respondent number: ____", "One.", "Two lines.", "I know.", "I agree.", "Please tick",
        "☐\tI agree", "How to fill in", "Please answer every card", "How old are you?", "Card 1 of 6",
        "How sure are you", "Card 6 of 6", "When you chose", "Do you work?", "Tick one box:", "☐\tYes",
        "☐\tNo", "What else?", "Thank you.",
    ]  # fmt: skip
    places = [text.index(part) for part in order]
    assert places == sorted(places)
    certainty, attendance = document.tables[1], document.tables[-1]
    assert cells(certainty) == [["☐"] * 11, [str(number) for number in range(11)]]
    assert cells(attendance)[:2] == [["", "Always", "Sometimes", "Never"], ["Wait", "☐", "☐", "☐"]]


def test_the_opt_out_is_a_row_of_its_own_or_a_second_question(tmp_path):
    design = dce.Design.read(ROOT / "designs" / "peer-support")
    column = written(surveyed(design), tmp_path / "column")
    assert cells(column.tables[0])[-1] == ["Which would you choose?", *["☐\tNeither of these"] * 2]
    question = written(surveyed(design, opt_out="question"), tmp_path / "question")
    assert cells(question.tables[0])[-1] == ["Which would you choose?", "☐\tService 1", "☐\tService 2"]
    assert texts_of(question).count("☐\tNo: Neither of these") == 8


@pytest.mark.parametrize("opt_out", ["column", "question"])
@pytest.mark.parametrize("certainty", [False, True])
def test_word_keeps_a_card_on_one_page(opt_out, certainty, tmp_path):
    """Rows are not split, the first is repeated, and all but the end of a card is kept with what follows."""
    survey = surveyed(
        dce.Design.read(ROOT / "designs" / "peer-support"), opt_out=opt_out, certainty=certainty
    )
    document = written(survey, tmp_path)
    body = list(document.element.body)
    headings = [p._p for p in document.paragraphs if re.match(r"Card \d", p.text)]
    styles = {style.style_id: style for style in document.styles}
    assert len(headings) == 8
    for start, end in zip(headings, [*headings[1:], body[-1]], strict=True):
        card = body[body.index(start) : body.index(end)]
        paragraphs = [p for part in card for p in part.iter(qn("w:p"))]
        kept = [
            bool(p.pPr is not None and p.pPr.keepNext is not None)
            or bool(styles[p.style].paragraph_format.keep_with_next if p.style else None)
            for p in paragraphs
        ]
        last = (
            len(list(list(card[-1].iter(qn("w:tr")))[-1].iter(qn("w:p"))))
            if card[-1].tag == qn("w:tbl")
            else 1
        )
        assert all(kept[:-last])
        assert not any(kept[-last:])
        assert all(
            row.find(f".//{qn('w:cantSplit')}") is not None for part in card for row in part.iter(qn("w:tr"))
        )
        assert next(card[1].iter(qn("w:tr"))).find(f".//{qn('w:tblHeader')}") is not None


def test_tables_have_words_for_those_who_cannot_see_them(small_design, tmp_path):
    document = written(surveyed(small_design), tmp_path)
    title, words = (
        document.tables[0]._tbl.find(f".//{qn(name)}").get(qn("w:val"))
        for name in ("w:tblCaption", "w:tblDescription")
    )
    assert title == "Card 1 of 6: What differs between the services"
    rows = make_survey(small_design).cards[0].rows
    assert words.startswith("A: " + "; ".join(f"{row.label}: {row.cells[0]}" for row in rows))


def test_what_differs_is_marked_with_more_than_colour(small_design, tmp_path):
    survey = surveyed(small_design, highlight="differences")
    document = written(survey, tmp_path)
    assert "Rows marked “≠” differ between the services." in texts_of(document)
    for row, label in zip(survey.cards[0].rows, cells(document.tables[0])[1:], strict=False):
        assert label[0] == (f"{row.label} ≠" if row.differs else row.label)
    assert "≠" not in "".join(texts_of(written(surveyed(small_design), tmp_path)))


def test_the_footer_says_block_design_and_page(small_design, tmp_path):
    survey = surveyed(small_design)
    footer = written(survey, tmp_path).sections[0].footer.paragraphs[0]
    assert footer.text == f"Block 1  ·  Design {survey.design.hash[:8]}  ·  Page 1 of 1"
    codes = [code.text.strip() for code in footer._p.iter(qn("w:instrText"))]
    assert codes == ["PAGE", "NUMPAGES"]


def test_german_and_right_to_left(small_design, tmp_path):
    german = written(surveyed(small_design, language="de"), tmp_path / "de")
    assert "Karte 1 von 6" in texts_of(german)
    assert german.styles.element.find(f".//{qn('w:lang')}").get(qn("w:val")) == "de-DE"
    assert not list(german.element.iter(qn("w:rtl"), qn("w:bidiVisual")))
    path = tmp_path / "ar.toml"
    text = shipped_file("en").replace('language = "en"', 'language = "ar"').replace('"ltr"', '"rtl"')
    path.write_text(text, encoding="utf-8")
    arabic = written(surveyed(small_design, path), tmp_path / "ar")
    assert arabic.styles["Normal"].element.find(f".//{qn('w:bidi')}") is not None
    assert all(table._tbl.find(f".//{qn('w:bidiVisual')}") is not None for table in arabic.tables)
    runs = [run for paragraph in arabic.paragraphs for run in paragraph.runs if run.text not in ("", "☐")]
    assert all(run._r.find(f".//{qn('w:rtl')}") is not None for run in runs)


def test_texts_of_the_study_are_only_texts(small_design, tmp_path):
    alternatives = [dce.Alternative("A", HOSTILE), dce.Alternative("B", "ب\nnext line", constant=True)]
    survey = surveyed(small_design, title=HOSTILE, alternatives=alternatives, introduction=HOSTILE)
    document = written(survey, tmp_path)
    shown = HOSTILE.replace("\x07", "\ufffd")
    assert document.paragraphs[0].text == shown
    assert cells(document.tables[0])[-1][1:] == [f"☐\t{shown}", "☐\tب\nnext line"]
    assert not [r for r in document.part.rels.values() if r.is_external]


def test_same_survey_same_bytes(small_design, tmp_path):
    survey = asked(small_design)
    first, second = (write_docx(survey, tmp_path / name)[0].read_bytes() for name in ("one", "two"))
    assert first == second


def test_without_python_docx_the_error_names_the_extra(small_design, tmp_path, monkeypatch):
    def refuse(name, *args, real=builtins.__import__, **keywords):
        if name == "docx":
            raise ImportError
        return real(name, *args, **keywords)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(dce.DceError, match=r"pip install 'dce\[paper\]'"):
        write_docx(surveyed(small_design), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("study", ["physiotherapy", "peer-support", "staff-support"])
def test_libreoffice_splits_no_card(study, tmp_path):
    """Between the heading of a card and its last answer there is no end of a page."""
    if not (shutil.which("soffice") and shutil.which("pdftotext")):
        pytest.skip("there is no soffice or pdftotext")
    survey = surveyed(dce.Design.read(ROOT / "designs" / study), certainty=True, highlight="differences")
    path = write_docx(survey, tmp_path)[0]
    home = f"-env:UserInstallation=file://{tmp_path / 'home'}"
    command = ["soffice", home, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    text = subprocess.run(
        ["pdftotext", "-layout", str(path.with_suffix(".pdf")), "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    cards = text.split("Card ")[1:]
    assert len(cards) == len(survey.blocks[0][1])
    for card in cards:
        assert "\f" not in card[: card.index("10: completely sure")]
        assert re.search(r"10\s*\n", card.split("\f")[0])
