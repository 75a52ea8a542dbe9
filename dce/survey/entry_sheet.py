"""The workbook in which the answers of paper questionnaires are entered: a sheet for each block."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dce.errors import plain
from dce.survey.entry_columns import BLOCK, DESIGN, RESPONDENT, EntryColumn, entry_columns
from dce.survey.excel import openpyxl, save_workbook, write_text
from dce.survey.survey import Survey

CODES = "Codes"
"""The sheet that explains the others, and holds their lists."""
MARK = "dce entry sheet"
"""Stands in the second row of a sheet, which is no questionnaire but repeats what stands on paper."""
PREPARED = 1_000
"""Rows of a sheet that are prepared with its block and design; further ones are read too."""
CHECKED = 10_000
"""Rows in which cells offer lists and refuse what is not in them."""
FIRST = 3
"""The first row of answers."""
LISTS = 8
"""The column of the codes from which on lists stand, hidden."""
TINT = "EAF2F3"
FONT = "Calibri"
HEADINGS = {"entry_column": 26, "entry_holds": 44, "entry_code": 12, "entry_label": 44}
"""Headings of the codes, and how wide their columns are."""


def write_entry(survey: Survey, folder: Path) -> list[Path]:
    """Write ``entry.xlsx``: a row for each questionnaire, in the sheet of its block.

    Cells offer what can be ticked. Columns are named as in response files, by the tag of the task; the
    second row says what stands on paper. The columns of block and design are filled in beforehand, and
    hidden. Nothing is locked. Same survey, same bytes.

    Parameters
    ----------
    survey : Survey
    folder : Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The file.

    Raises
    ------
    DceError
        If openpyxl is not installed.
    """
    excel = openpyxl()
    book = excel.Workbook()
    book.remove(book.active)
    columns = {block: entry_columns(survey, cards) for block, cards in survey.blocks}
    sheets = {block: book.create_sheet(f"Block {block}") for block in columns}
    lists = _write_codes(excel, book.create_sheet(CODES), survey, list(columns.values()))
    for block, sheet in sheets.items():
        _write_block(excel, sheet, survey, block, columns[block], lists)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "entry.xlsx"
    save_workbook(book, path)
    return [path]


def _write_block(
    excel: Any, sheet: Any, survey: Survey, block: int, columns: Sequence[EntryColumn],
    lists: dict[tuple[str | int, ...], str],
) -> None:  # fmt: skip
    styles = excel.styles
    fill = styles.PatternFill("solid", fgColor=TINT)
    wrapped = styles.Alignment(wrap_text=True, vertical="top")
    for k, column in enumerate(columns, 1):
        letter = excel.utils.get_column_letter(k)
        hidden = column.name in (BLOCK, DESIGN)
        width = 18 if len(column.title) < 40 else 26
        dimension = sheet.column_dimensions[letter]
        dimension.width, dimension.hidden = width, hidden
        dimension.number_format = "General" if column.is_number or hidden else "@"
        name, title = sheet.cell(1, k), sheet.cell(2, k)
        write_text(name, column.name)
        write_text(title, MARK if column.name == DESIGN else " ".join(column.title.split()))
        name.font, title.font = styles.Font(FONT, 9, color="43535C"), styles.Font(FONT, 11, bold=True)
        name.fill = title.fill = fill
        title.alignment = wrapped
        lines = -(-len(column.title) * 13 // (width * 10))
        height = sheet.row_dimensions[2].height or 15
        sheet.row_dimensions[2].height = min(max(height, 15 * lines + 3), 200)
        if not hidden:
            _explain(excel, name, title, column)
            _check(excel, sheet, survey, column, letter, lists)
    _prepare(sheet, survey, block, [column.name for column in columns])
    sheet.freeze_panes = "D3"
    sheet.sheet_view.rightToLeft = survey.texts.direction == "rtl" or None


def _prepare(sheet: Any, survey: Survey, block: int, names: Sequence[str]) -> None:
    """Fill in block and design."""
    for row in range(FIRST, FIRST + PREPARED):
        sheet.cell(row, names.index(BLOCK) + 1).value = block
        write_text(sheet.cell(row, names.index(DESIGN) + 1), survey.design.hash[:16])


def _explain(excel: Any, name: Any, title: Any, column: EntryColumn) -> None:
    """Say in comments to the header what to enter."""
    for cell in (name, title):
        comment = excel.comments.Comment(f"{column.title}\n{column.asks}", "dce")
        lines = sum(-(-max(len(line), 1) // 45) for line in comment.text.split("\n"))
        comment.width, comment.height = 340, min(30 + 18 * lines, 600)
        cell.comment = comment


def _check(
    excel: Any, sheet: Any, survey: Survey, column: EntryColumn, letter: str,
    lists: dict[tuple[str | int, ...], str],
) -> None:  # fmt: skip
    """Let the cells of a column offer what can be ticked, and refuse what cannot be."""
    rows = f"{letter}{FIRST}:{letter}{FIRST + CHECKED - 1}"
    error = survey.texts["paper.entry_error"]
    if column.offered:
        rule = {"type": "list", "formula1": lists[column.offered]}
    elif column.name == RESPONDENT:
        absolute = f"${letter}${FIRST}:${letter}${FIRST + CHECKED - 1}"
        rule = {"type": "custom", "formula1": f"COUNTIF({absolute},{letter}{FIRST})=1"}
        error = survey.texts["paper.entry_twice"]
    elif column.is_number:
        least = -1e15 if column.least is None else column.least
        most = 1e15 if column.most is None else column.most
        rule = {"type": "decimal", "operator": "between", "formula1": plain(least), "formula2": plain(most)}
        error = column.how
    else:
        return
    made = excel.worksheet.datavalidation.DataValidation(**rule, allow_blank=True, showErrorMessage=True)
    made.error, made.errorTitle = error[:225], column.name[:32]
    made.add(rows)
    sheet.add_data_validation(made)


def _write_codes(
    excel: Any, sheet: Any, survey: Survey, blocks: Sequence[Sequence[EntryColumn]]
) -> dict[tuple[str | int, ...], str]:
    """Write what can be entered, and return where the list of each kind of cell stands."""
    texts = survey.texts
    bold = excel.styles.Font(FONT, 11, bold=True)
    write_text(sheet.cell(1, 1), texts["paper.entry_title"])
    sheet.cell(1, 1).font = excel.styles.Font(FONT, 14, bold=True)
    write_text(sheet.cell(2, 1), " ".join(texts["paper.entry_how"].split()))
    sheet.cell(2, 1).alignment = excel.styles.Alignment(wrap_text=True, vertical="top")
    sheet.merge_cells("A2:D2")
    sheet.row_dimensions[2].height = 15 * (len(texts["paper.entry_how"]) // 110 + 1) + 6
    for k, (key, width) in enumerate(HEADINGS.items(), 1):
        heading = sheet.cell(4, k)
        write_text(heading, texts[f"paper.{key}"])
        heading.font, heading.fill = bold, excel.styles.PatternFill("solid", fgColor=TINT)
        sheet.column_dimensions[excel.utils.get_column_letter(k)].width = width
    _write_kinds(excel, sheet, blocks)
    sheet.freeze_panes = "A5"
    sheet.sheet_view.rightToLeft = texts.direction == "rtl" or None
    return _write_lists(excel, sheet, blocks)


def _write_kinds(excel: Any, sheet: Any, blocks: Sequence[Sequence[EntryColumn]]) -> None:
    """Write what each kind of cell holds, and what its numbers stand for."""
    row = 5
    for names, title, column in _kinds(blocks):
        what = f"{title}\n{column.how}"
        lines = max(len(names) // 22 + 1, sum(len(part) // 40 + 1 for part in what.split("\n")))
        for number, (code, label) in enumerate(column.meanings or (("", ""),)):
            first = ("", "") if number else (names, what)
            for k, text in enumerate((*first, code, label), 1):
                write_text(sheet.cell(row, k), text)
                sheet.cell(row, k).alignment = excel.styles.Alignment(wrap_text=True, vertical="top")
            sheet.row_dimensions[row].height = 15 * max(1 if number else lines, len(label) // 40 + 1) + 3
            row += 1


def _kinds(blocks: Sequence[Sequence[EntryColumn]]) -> list[tuple[str, str, EntryColumn]]:
    """Return names, title and one column of those in which the same is entered."""
    kinds: dict[tuple[str, ...], list[EntryColumn]] = {}
    for column in (column for columns in blocks for column in columns):
        if column.name not in (BLOCK, DESIGN):
            kinds.setdefault((column.asks, *(label for _, label in column.meanings)), []).append(column)
    described = []
    for columns in kinds.values():
        titles = list(dict.fromkeys(column.title for column in columns))
        names = list(dict.fromkeys(column.name for column in columns))
        names = names if len(names) < 5 else [f"{names[0]} … {names[-1]}"]
        described.append((", ".join(names), " … ".join(dict.fromkeys((titles[0], titles[-1]))), columns[0]))
    return described


def _write_lists(
    excel: Any, sheet: Any, blocks: Sequence[Sequence[EntryColumn]]
) -> dict[tuple[str | int, ...], str]:
    """Write what cells offer into hidden columns, and return the range of each list."""
    offered = dict.fromkeys(c.offered for columns in blocks for c in columns if c.offered)
    ranges = {}
    for k, items in enumerate(offered, LISTS):
        letter = excel.utils.get_column_letter(k)
        sheet.column_dimensions[letter].hidden = True
        for row, item in enumerate(items, 1):
            if isinstance(item, int):
                sheet.cell(row, k).value = item
            else:
                write_text(sheet.cell(row, k), item)
        ranges[items] = f"{CODES}!${letter}$1:${letter}${len(items)}"
    return ranges
