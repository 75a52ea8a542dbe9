"""The files of a report: every part is in each of them, every text as it is, and the same bytes."""

import base64
import contextlib
import hashlib
import io
import re
import shutil
import subprocess
import sys
import unicodedata
import zipfile
import zlib
from dataclasses import replace
from html.parser import HTMLParser

import pandas as pd
import pytest

import dce
from dce.errors import DceError, ReportError
from dce.report import write_report as room
from dce.report.document import NamedTable, Paragraph, Report, Section
from dce.report.grid import grid_of, one_line
from dce.report.html_report import html_report
from dce.report.page_layout import table_layout
from dce.report.pdf_report import pdf_report
from dce.report.word_report import word_report

docx = pytest.importorskip("docx", reason="needs python-docx, of the extra paper")


@pytest.fixture(scope="module")
def written(report, tmp_path_factory):
    folder = tmp_path_factory.mktemp("report") / "new" / "folder"
    return dce.write_report(report, folder, what_if=folder / "what-if.html"), folder


def test_the_files(written, report):
    files, folder = written
    names = [path.relative_to(folder).as_posix() for path in files]
    assert names[:4] == ["report.html", "report.pdf", "report.docx", "tables.xlsx"]
    assert set(names[4:]) == {
        *(f"tables/{part.name}.{kind}" for part in report.tables() for kind in ("csv", "tex")),
        *(f"figures/{part.name}.{kind}" for part in report.figures() for kind in ("svg", "png")),
    }
    assert {path for path in folder.rglob("*") if path.is_file()} == set(files)


def test_same_report_same_bytes(written, report, reports, tmp_path):
    files, _ = written
    again = dce.write_report(reports.every_part(), tmp_path, what_if="elsewhere/what-if.html")
    for old, new in zip(files, again, strict=True):
        assert hashlib.sha256(old.read_bytes()).digest() == hashlib.sha256(new.read_bytes()).digest(), (
            new.name
        )


def test_only_what_is_asked_for(report, tmp_path):
    assert dce.write_report(report, tmp_path, ["html"], exports=False) == [tmp_path / "report.html"]
    assert dce.write_report(report, tmp_path, "html", False) == [tmp_path / "report.html"]
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize("to", ["html,pdf", ["html", "odt"], []])
def test_no_other_kinds(report, tmp_path, to):
    with pytest.raises(ReportError, match=r"to: found .*; allowed: 'html', 'pdf', 'docx'\."):
        dce.write_report(report, tmp_path, to)


@pytest.mark.parametrize(
    ("missing", "message"),
    [("typst", "need typst"), ("docx", "need python-docx"), ("openpyxl", "need openpyxl")],
)
def test_a_missing_package_is_named_before_anything_is_written(
    report, tmp_path, monkeypatch, missing, message
):
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(DceError, match=rf"{message}: pip install 'dce\["):
        dce.write_report(report, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    if missing != "openpyxl":
        assert dce.write_report(report, tmp_path / "new", ["html"])


def test_a_sign_that_the_fonts_lack_is_named_and_html_shows_it(tmp_path):
    report = Report("Survey 日本", ("",), (Section("Results", (Paragraph("A word."),)),))
    with pytest.raises(
        DceError, match=r"text 'Survey 日本': found 日 \(U\+65E5\), 本 \(U\+672C\), which the fonts"
    ):
        dce.write_report(report, tmp_path)
    assert not list(tmp_path.iterdir())
    dce.write_report(report, tmp_path, ["html", "docx"])
    assert "日本" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_figure_says_how_large_it_is(reports):
    figure = replace(reports.figure(), svg="<svg><path/></svg>")
    report = Report("t", (), (Section("s", (figure,)),))
    with pytest.raises(ReportError, match="figure 'rates': its SVG does not say how large it is"):
        html_report(report)


# ---- the page for browsers


class Page(HTMLParser):
    """Tags with their attributes, and the texts of elements."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page(written):
    return Page(written[0][0].read_text(encoding="utf-8"))


def test_the_page_is_self_contained(page, written):
    text = written[0][0].read_text(encoding="utf-8")
    assert not page.all("script")
    assert not page.all("link")
    assert all(image["src"].startswith("data:image/svg+xml;base64,") for image in page.all("img"))
    assert [link["href"] for link in page.all("a")] == [
        "what-if.html",
        *(f"#section-{k}" for k in range(1, 8)),
    ]
    assert not any("style" in attributes or "onload" in attributes for _, attributes in page.tags)
    style = re.search("<style>(.*?)</style>", text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = page.all("meta")[1]["content"]
    assert policy.startswith(f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'")


def test_every_id_is_there_once_and_every_reference_leads_to_one(page):
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = [a["aria-labelledby"] for _, a in page.tags if "aria-labelledby" in a]
    assert set(wanted) <= set(ids)
    assert {link["href"][1:] for link in page.all("a") if link["href"].startswith("#")} <= set(ids)


def test_tables_of_the_page_have_captions_and_scoped_headers(page, report):
    tables = list(report.tables())
    assert len(page.all("table")) == len(page.all("caption")) == len(tables)
    scopes = [header["scope"] for header in page.all("th")]
    grids = [grid_of(part.table) for part in tables]
    assert scopes.count("row") == sum(bool(row[0]) for grid in grids for row in grid.rows)
    assert scopes.count("col") == sum(bool(text) for grid in grids for text in grid.headings)


def test_a_row_with_a_label_only_is_the_title_of_those_below():
    frame = pd.DataFrame({"a": [None, 1.5], "b": [None, 2.5]}, index=["Wait", "2 weeks"])
    report = Report("t", (), (Section("s", (NamedTable("x", dce.Table("Levels", frame)),)),))
    page = Page(html_report(report))
    spans = [header.get("colspan") for header in page.all("th") if header["scope"] == "row"]
    assert spans == ["3", None]
    assert len(page.all("td")) == 1 + 2
    pdf_report(report)
    table = docx.Document(io.BytesIO(word_report(report).content())).tables[0]
    assert [row.cells[0].paragraphs[0].runs[0].bold for row in table.rows[1:]] == [True, None]


def all_texts(report):
    """Every text that a report shows, in its order."""
    yield report.title
    yield from report.lines
    for section in report.sections:
        yield section.title
        for part in section.parts:
            if hasattr(part, "text"):
                yield part.text
            elif hasattr(part, "items"):
                yield from part.items
            elif hasattr(part, "caption"):
                yield part.caption
            else:
                grid = grid_of(part.table)
                yield from (
                    grid.title,
                    *filter(None, grid.headings),
                    *(c for row in grid.rows for c in row if c),
                )
                yield from grid.notes


def test_every_text_is_on_the_page_as_it_is(page, report):
    shown = {one_line(text) for text in page.texts}
    assert [text for text in all_texts(report) if one_line(text) not in shown] == []
    assert {image["alt"] for image in page.all("img")} == {figure.alt for figure in report.figures()}


# ---- PDF


def pages(path, *options):
    if not shutil.which("pdftotext"):
        pytest.skip("needs pdftotext, of poppler-utils")
    run = subprocess.run(
        ["pdftotext", *options, "-enc", "UTF-8", path, "-"], capture_output=True, check=True, timeout=60
    )
    text = unicodedata.normalize("NFC", run.stdout.decode())
    return text.split("\f")[:-1]


def squeezed(text):
    """A text without blanks and hyphens: words may be broken where a column is narrow."""
    return re.sub(r"[\s\u200b-]+", "", text)


def test_every_text_is_in_the_pdf(written, report):
    shown = squeezed("".join(pages(written[0][1], "-raw")))
    assert [text for text in all_texts(report) if squeezed(text) not in shown] == []


def test_headings_of_long_tables_are_on_every_page_and_a_wide_table_lies_on_its_side(written):
    texts = pages(written[0][1], "-layout")
    with_rows = [text for text in texts if "Respondent number" in text]
    assert len(with_rows) == 4
    assert all(re.search("respondent +coefficient +p +n", text) for text in with_rows)
    if not shutil.which("pdfinfo"):
        pytest.skip("needs pdfinfo, of poppler-utils")
    sizes = subprocess.run(
        ["pdfinfo", "-l", "99", written[0][1]], capture_output=True, check=True, text=True, timeout=60
    ).stdout
    assert re.findall(r"Page +\d+ size: +([\d.]+) x", sizes).count("841.89") == 1
    assert "Tagged:          yes" in sizes


def test_alt_texts_of_the_pdf(written, report):
    content = written[0][1].read_bytes()
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        with contextlib.suppress(zlib.error):
            content += zlib.decompress(packed)
    for alt in {figure.alt for figure in report.figures()}:
        assert content.count(f"/Alt({alt})".encode()) >= 3


# ---- Word


@pytest.fixture(scope="module")
def document(written):
    return docx.Document(io.BytesIO(written[0][2].read_bytes()))


def test_every_text_is_in_the_word_file(document, report):
    cells = {cell.text for table in document.tables for row in table.rows for cell in row.cells}
    shown = {paragraph.text for paragraph in document.paragraphs} | cells
    assert [text for text in all_texts(report) if one_line(text) not in shown] == []


def test_tables_of_the_word_file_repeat_their_headings_and_rows_are_whole(document, report):
    panels = [len(table_layout(grid_of(part.table)).panels) for part in report.tables()]
    assert max(panels) > 3
    assert len(document.tables) == sum(panels)
    for table in document.tables:
        first, *rest = (row._tr.trPr.xml for row in table.rows)
        assert "tblHeader" in first
        assert not any("tblHeader" in xml for xml in rest)
        assert all("cantSplit" in xml for xml in [first, *rest])
        assert "tblCaption" in table._tbl.tblPr.xml


def test_the_word_file_is_headed_turned_and_described(document, report):
    titles = [paragraph.text for paragraph in document.paragraphs if paragraph.style.name == "Heading 1"]
    assert titles == ["Contents", *(one_line(section.title) for section in report.sections)]
    widths = [section.page_width > section.page_height for section in document.sections]
    assert widths == [False, True, False]
    alts = re.findall(r'<wp:docPr [^>]*descr="([^"]*)"', document.element.xml)
    assert len(alts) == 3
    anchors = set(re.findall(r'w:anchor="(\w+)"', document.element.xml))
    assert anchors == set(re.findall(r'w:bookmarkStart [^>]*w:name="(\w+)"', document.element.xml))
    for shape in document.inline_shapes:
        assert shape.width.pt <= 494
        assert shape.height.pt <= 621


def test_no_date_of_today_in_the_word_file(report):
    with zipfile.ZipFile(io.BytesIO(word_report(report).content())) as archive:
        assert {info.date_time[0] for info in archive.infolist()} == {2000}


# ---- tables by themselves


def test_csv_has_the_unrounded_numbers(written, report):
    _, folder = written
    for part in report.tables():
        back = pd.read_csv(folder / "tables" / f"{part.name}.csv", index_col=0, keep_default_na=True)
        assert back.shape == part.table.frame.shape
    back = pd.read_csv(folder / "tables" / "long.csv", index_col=0)
    pd.testing.assert_frame_equal(back, next(report.tables()).table.frame)


def test_latex_is_that_of_the_table(written, report):
    for part in report.tables():
        text = (written[1] / "tables" / f"{part.name}.tex").read_text(encoding="utf-8")
        assert text == part.table.to_latex()


def test_figures_by_themselves(written, report):
    for figure in report.figures():
        assert (written[1] / "figures" / f"{figure.name}.svg").read_text(encoding="utf-8") == figure.svg
        assert (written[1] / "figures" / f"{figure.name}.png").read_bytes() == figure.png


@pytest.fixture(scope="module")
def book(written):
    return pytest.importorskip("openpyxl").load_workbook(written[1] / "tables.xlsx")


def test_the_workbook_has_a_sheet_for_each_table(book, report):
    assert book.sheetnames == ["contents", *(part.name for part in report.tables())]
    contents = [[cell.value for cell in row] for row in book["contents"].iter_rows()]
    assert contents[1:] == [[part.name, part.table.title] for part in report.tables()]


def test_numbers_of_the_workbook_are_unrounded_and_shown_rounded(book, report):
    sheet, frame = book["long"], next(report.tables()).table.frame
    assert [cell.value for cell in sheet[3]] == ["respondent", *frame.columns]
    for k, (label, values) in enumerate(zip(frame.index, frame.to_numpy(dtype=object), strict=True), 4):
        found = [cell.value for cell in sheet[k]]
        assert found[0] == label
        assert found[1:] == pytest.approx(list(values), rel=1e-15)  # openpyxl writes 16 digits
    assert [cell.number_format for cell in sheet[4]][1:3] == ["0.0000", "0.000"]
    assert book["odd"]["E4"].number_format == "0.0%"
    assert sheet.cell(4 + len(frame) + 1, 1).value == "A note below the long table."


def test_odd_cells_of_the_workbook(book):
    rows = [[cell.value for cell in row] for row in book["odd"].iter_rows(min_row=4, max_row=7)]
    assert rows == [
        ["one", 1.5, 1, "yes", 0.123456, None],
        [None, None, 2, "no", 0, "text"],
        ["three", "∞", 3, "yes", 1, 2.5],
        ["four", "-∞", 4, "no", 0.5, 1e-09],
    ]


def test_texts_that_look_like_formulas_are_texts(book, reports):
    cells = [cell for row in book["words"].iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type == "s" for cell in cells)
    risky = {cell.value for cell in cells if cell.quotePrefix}
    assert risky == {"=HYPERLINK(1)", "@SUM(1)", "+1", "-1+2", "=cmd"}
    assert reports.HOSTILE in {cell.value for cell in cells}


def test_kinds_have_what_they_need():
    assert set(room.NEEDS) == {"pdf", "docx"}
