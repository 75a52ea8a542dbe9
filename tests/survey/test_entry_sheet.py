"""The workbook in which paper questionnaires are entered: what it offers, and what is read from it."""

import dataclasses
import shutil
import subprocess

import openpyxl
import pandas as pd
import pytest
from openpyxl.utils import range_boundaries

import dce
from dce.survey.entry_answers import recognises_entry
from dce.survey.entry_sheet import write_entry
from dce.survey.manifest import make_manifest
from dce.survey.response_file import open_responses
from dce.survey.survey import make_survey

QUESTIONS = (
    dce.Question("age_years", "How old are you?", kind="number", least=18, most=99),
    dce.Question("work", "=1+1?", ["-yes", "+no", "@home"], when="before"),
    dce.Question("remarks", "Anything else?"),
)


@pytest.fixture(scope="module")
def design(clinics, small_design):
    """A survey that asks for everything; the labels of the clinics begin as formulas do."""
    survey = dce.SurveySettings(
        consent="I agree.", questions=QUESTIONS, certainty=True, attendance=True, opt_out="question"
    )
    alternatives = [dce.Alternative("A", "=SUM(1)"), dce.Alternative("B", "-B, or\n not", constant=True)]
    opt_out = dce.Alternative("none", "@neither")
    study = clinics(alternatives=alternatives, opt_out=opt_out, survey=survey)
    services = small_design.frame.astype({"wait": float})
    none = services[services["alternative"] == "B"].assign(alternative="none", wait=float("nan"))
    none[["parking", "mode"]] = None
    frame = pd.concat([services, none]).sort_values(["task", "alternative"], ignore_index=True)
    return dce.Design(study, frame)


@pytest.fixture
def folder(design, tmp_path):
    survey = make_survey(design)
    write_entry(survey, tmp_path)
    make_manifest(survey).write(tmp_path / "manifest.json")
    return tmp_path


def opened(folder):
    return openpyxl.load_workbook(folder / "entry.xlsx")


def enter(sheet, row, **cells):
    """Enter cells by the names of their columns, as text unless they are numbers."""
    columns = {cell.value: cell.column for cell in sheet[1]}
    for name, value in cells.items():
        cell = sheet.cell(row, columns[name], value)
        if isinstance(value, str):
            cell.data_type = "s"


def questionnaire(block=1, **changes):
    """Return one respondent's cells, as numbers."""
    cells = {"respondent": "7", "consent": "1", "work": "1", "age_years": 40, "remarks": "=a"}
    for k in range(1, 7):
        cells |= {f"b{block}_t{k}": "1", f"b{block}_t{k}_opt_out": "1", f"b{block}_t{k}_certainty": 7}
    cells |= {f"attended_{name}": "1" for name in ("wait", "parking", "mode")}
    return cells | changes


def read(book, folder, design):
    book.save(folder / "entered.xlsx")
    return dce.read_responses(folder / "entered.xlsx", design, folder / "manifest.json")


def rules(sheet):
    """Return what validates the cells of each column."""
    return {
        sheet.cell(1, area.min_col).value: rule
        for rule in sheet.data_validations.dataValidation
        for area in rule.sqref.ranges
    }


def items(book, rule):
    title, _, area = rule.formula1.partition("!")
    column, top, _, bottom = range_boundaries(area.replace("$", ""))
    return [book[title].cell(row, column).value for row in range(top, bottom + 1)]


def test_columns_are_named_by_tag_in_the_order_of_the_questionnaire(folder):
    names = [cell.value for cell in opened(folder)["Block 2"][1]]
    assert names[:6] == ["respondent", "dce_block", "dce_design", "consent", "work", "b2_t1"]
    assert names[6:9] == ["b2_t1_opt_out", "b2_t1_certainty", "b2_t2"]
    assert names[-5:] == ["attended_wait", "attended_parking", "attended_mode", "age_years", "remarks"]


def test_cells_offer_what_stands_on_paper_and_its_numbers(folder):
    book = opened(folder)
    found = rules(book["Block 1"])
    assert items(book, found["b1_t1"]) == ["=SUM(1)", "-B, or not", "1", "2"]
    assert items(book, found["b1_t1_opt_out"])[1:] == ["No: @neither", "1", "2"]
    assert items(book, found["work"]) == ["-yes", "+no", "@home", "1", "2", "3"]
    assert items(book, found["b1_t1_certainty"]) == list(range(11))
    assert (found["age_years"].formula1, found["age_years"].formula2) == ("18", "99")
    assert found["age_years"].error == "Enter a number from 18 to 99, or leave the cell empty."
    assert "COUNTIF" in found["respondent"].formula1
    assert set(found) == {c.value for c in book["Block 1"][1]} - {"dce_block", "dce_design", "remarks"}


def test_nothing_is_a_formula(folder):
    cells = [cell for sheet in opened(folder) for row in sheet.iter_rows() for cell in row]
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]
    assert {c.quotePrefix for c in cells if str(c.value or "")[:1] in ("=", "+", "-", "@") if c.value} == {
        True
    }


def test_the_sheet_explains_itself(folder, design):
    book = opened(folder)
    sheet = book["Block 1"]
    assert "1 = =SUM(1)" in sheet["F1"].comment.text
    assert sheet["F2"].value == "Card 1 of 6"
    assert sheet.freeze_panes == "D3"
    assert sheet.column_dimensions["B"].hidden
    assert {sheet.cell(row, 3).value for row in range(3, 1003)} == {design.hash[:16]}
    codes = [[cell.value for cell in row] for row in book["Codes"].iter_rows(max_col=4)]
    assert [codes[5][0], codes[6][0]] == ["consent", None]
    assert not sheet.protection.sheet


def test_same_survey_same_bytes(folder, design, tmp_path):
    first = (folder / "entry.xlsx").read_bytes()
    write_entry(make_survey(design), tmp_path / "again")
    assert (tmp_path / "again" / "entry.xlsx").read_bytes() == first


def test_labels_and_numbers_mean_the_same(folder, design):
    book = opened(folder)
    enter(book["Block 1"], 3, **questionnaire())
    labels = {"b1_t1": "=SUM(1)", "b1_t2": "-B, or not", "work": "-yes", "attended_mode": "Always"}
    enter(book["Block 1"], 900, **questionnaire(respondent="8", **labels))
    enter(book["Block 2"], 2000, **questionnaire(2, respondent="9", b2_t6_opt_out="No: @neither"))
    choices = read(book, folder, design)
    chosen = choices.frame[choices.frame["chosen"] == 1].set_index(["respondent", "task"])["alternative"]
    assert chosen[8].tolist() == ["A", "B", "A", "A", "A", "A"]
    assert chosen[9].tolist() == ["A"] * 5 + ["none"]
    assert set(choices.frame["work"]) == {"-yes"}
    assert set(choices.frame["remarks"]) == {"=a"}
    assert set(choices.frame["certainty"]) == {7}
    assert choices.report.rows == choices.report.finished == 3
    assert choices.report.respondents["where"].tolist()[1] == "sheet 'Block 1', row 900"


def test_a_half_filled_row_is_partial_and_a_number_alone_is_no_answer(folder, design):
    book = opened(folder)
    enter(book["Block 1"], 3, respondent="1", consent="1", b1_t1="1", b1_t1_opt_out="1")
    enter(book["Block 1"], 5, respondent="2")
    report = read(book, folder, design).report
    assert report.respondents["answered"].tolist() == [1]
    assert (report.rows, report.finished, report.dropped["rows without any answer"]) == (2, 0, 1)


def test_questionnaires_without_consent_are_left_out_and_counted(folder, design):
    book = opened(folder)
    enter(book["Block 1"], 3, **questionnaire())
    enter(book["Block 1"], 4, **questionnaire(respondent="8", consent="2"))
    choices = read(book, folder, design)
    assert choices.report.dropped["questionnaires without consent"] == 1
    assert choices.report.rows == 2
    assert set(choices.frame["respondent"]) == {7}


def test_columns_that_moved_and_notes_of_the_clerk_are_read(folder, design):
    book = opened(folder)
    sheet = book["Block 1"]
    enter(sheet, 3, **questionnaire())
    column = sheet.max_column + 1
    sheet.cell(1, column, "clerk")
    sheet.cell(3, column, "Jo")
    for row in sheet.iter_rows(min_row=1, max_row=3, min_col=6, max_col=column):
        values = [cell.value for cell in row]
        for cell, value in zip(row, [*values[3:], *values[:3]], strict=True):
            cell.value = value
            cell.data_type = "s" if isinstance(value, str) else cell.data_type
    choices = read(book, folder, design)
    assert set(choices.frame["clerk"]) == {"Jo"}
    assert (choices.frame.groupby("task")["chosen"].sum() == 1).all()


def rename(cell, value):
    return lambda book: setattr(book["Block 1"][cell], "value", value)


def enter_also(block, row, **changes):
    return lambda book: enter(book[f"Block {block}"], row, **questionnaire(block, **changes))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (rename("F1", "b1_t9"), r"sheet 'Block 1': column 'b1_t1' is missing .* cell F1 is 'b1_t9'"),
        (rename("F1", None), r"column 'b1_t1' is missing .*nothing stands instead"),
        (rename("I1", "b1_t1"), r"cells F1 and I1: column 'b1_t1' occurs twice"),
        (rename("I1", "b2_t1"), r"has tasks of the blocks 1, 2 in its first row"),
        (rename("AD1", "b1_t7"), r"cell AD1: found 'b1_t7'; allowed: 'respondent'"),
        (rename("AD9", "x"), r"cell AD9: found 'x' in a column without a name; allowed: .* cell AD1"),
        (rename("C3", "0123456789abcdef"), r"cell C3: 'dce_design' is '0123456789abcdef'; allowed"),
        (rename("B3", 2), r"sheet 'Block 1', row 3: respondent 7 is in block 2, but also answered 'b1_t1'"),
        (rename("B3", 5), r"row 3: column 'dce_block': '5' is no block; allowed: '1', '2'"),
        (rename("A3", None), r"row 3: column 'respondent' is empty"),
        (rename("D3", None), r"cell D3: consent is ''; allowed: '1' for ticked"),
        (rename("D3", "yes"), r"cell D3: consent is 'yes'"),
        (rename("F3", "@neither"), r"row 3: column 'b1_t1': answer '@neither' is not one of '1', '2'"),
        (rename("G3", 3), r"row 3: column 'b1_t1_opt_out': answer '3' is not one of"),
        (rename("H3", 11), r"row 3: column 'b1_t1_certainty': certainty is '11'; allowed: .* 0 to 10"),
        (enter_also(1, 8), r"row 8: respondent '7' was already on sheet 'Block 1', row 3"),
        (enter_also(2, 4), r"sheet 'Block 2', row 4: respondent '7' was already on sheet 'Block 1', row 3"),
        (lambda book: book.create_sheet("Mine").cell(1, 1, "x"), r"sheet 'Mine': has no task of this survey"),
        (lambda book: book["Block 1"].delete_rows(1), r"sheet 'Block 1': has no task of this survey"),
        (lambda book: book["Block 1"].delete_rows(3, 999), "there are no answers"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(folder, design, damage, message):
    book = opened(folder)
    enter(book["Block 1"], 3, **questionnaire())
    damage(book)
    with pytest.raises(dce.ChoicesError, match=message):
        read(book, folder, design)


def test_a_sheet_without_its_design_is_refused(folder, design):
    book = opened(folder)
    enter(book["Block 1"], 3, **questionnaire())
    for row in range(2, 1003):
        book["Block 1"].cell(row, 3).value = None
    with pytest.raises(dce.ChoicesError, match="'dce_design' is empty; allowed"):
        read(book, folder, design)


def test_a_workbook_of_another_design_is_refused(folder, design, small_design):
    book = opened(folder)
    enter(book["Block 1"], 3, **questionnaire())
    book.save(folder / "entered.xlsx")
    with pytest.raises(dce.ChoicesError, match=r"cell C3: 'dce_design' is '\w{16}'; allowed: '\w{16}'"):
        dce.read_responses(folder / "entered.xlsx", small_design)


def test_empty_and_own_sheets_are_passed_over_and_two_clerks_read_together(folder, design):
    book = opened(folder)
    book.create_sheet("Sheet4")
    enter(book["Block 1"], 3, **questionnaire())
    book.save(folder / "first.xlsx")
    other = opened(folder)
    enter(other["Block 2"], 3, **questionnaire(2, respondent="8"))
    other.save(folder / "second.xlsx")
    files = [folder / "first.xlsx", folder / "second.xlsx"]
    choices = dce.read_responses(files, design, folder / "manifest.json")
    assert choices.report.rows == 2
    assert choices.report.format == "the entry sheet of paper questionnaires"


def test_another_workbook_is_not_taken_for_it(small_design, tmp_path):
    book = openpyxl.Workbook()
    names = [f"b{block}_t{k}" for block in (1, 2) for k in range(1, 7)]
    book.active.append(["respondent", "dce_block", "dce_design", *names])
    book.active.append(["1", 1, small_design.hash[:16], *["1"] * 6])
    book.save(tmp_path / "other.xlsx")
    assert not recognises_entry(open_responses(tmp_path / "other.xlsx"))
    book.create_sheet("Codes")
    book.save(tmp_path / "ours.xlsx")
    assert recognises_entry(open_responses(tmp_path / "ours.xlsx"))


def test_without_the_sheet_of_codes_and_the_second_row_it_reads_the_same(folder, design):
    book = opened(folder)
    del book["Codes"]
    book["Block 1"].delete_rows(2)
    enter(book["Block 1"], 2, **questionnaire())
    assert read(book, folder, design).report.finished == 1


def test_a_question_whose_options_are_numbers_offers_no_other_numbers(small_design, tmp_path):
    asked = dce.Question("children", "How many children?", ["0", "1", "2"])
    settings = dce.SurveySettings(questions=[asked], language="de")
    study = dataclasses.replace(small_design.study, survey=settings)
    write_entry(make_survey(dce.Design(study, small_design.frame)), tmp_path)
    book = opened(tmp_path)
    assert items(book, rules(book["Block 1"])["children"]) == ["0", "1", "2"]
    assert book["Codes"]["A1"].value == "So werden die Fragebögen eingegeben"


@pytest.mark.slow
def test_what_libreoffice_saved_again_reads_the_same(folder, design, tmp_path):
    book = opened(folder)
    enter(book["Block 1"], 3, **questionnaire(b1_t2="-B, or not"))
    enter(book["Block 2"], 9, **questionnaire(2, respondent="08", work="@home"))
    first = read(book, folder, design)
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("there is no soffice")
    home = f"-env:UserInstallation=file://{tmp_path / 'home'}"
    command = [soffice, home, "--headless", "--convert-to", "xlsx", "--outdir", str(tmp_path / "again"),
               str(folder / "entered.xlsx")]  # fmt: skip
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    saved = tmp_path / "again" / "entered.xlsx"
    if "could not be loaded" in done.stderr and not saved.exists():
        pytest.skip("this soffice has no Calc")
    again = dce.read_responses(saved, design, folder / "manifest.json")
    assert again.frame.equals(first.frame)
    assert again.frame["respondent"].nunique() == 2
