"""The files of a report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, cast, get_args

from dce.errors import ReportError, listed
from dce.report.document import Report
from dce.report.exports import write_exports
from dce.report.html_report import html_report
from dce.report.pdf_report import pdf_report
from dce.report.word_report import word_report
from dce.survey.excel import openpyxl
from dce.survey.typst_pages import typst
from dce.survey.word import docx

Kind = Literal["html", "pdf", "docx"]
NAME = "report"
NEEDS: dict[str, Callable[[], object]] = {"pdf": typst, "docx": docx}
"""The optional packages of the kinds of files."""


def write_report(
    report: Report,
    folder: str | Path,
    to: Sequence[Kind] = ("html", "pdf", "docx"),
    exports: bool = True,
    *,
    what_if: str | Path | None = None,
) -> list[Path]:
    """Write a report: as one page for browsers, as PDF and for Word, and each table and figure by itself.

    Parameters
    ----------
    report : Report
    folder : path
        Made if it is not there; files of an earlier report are replaced.
    to : sequence of str, optional
        ``"html"``, ``"pdf"`` and ``"docx"``, for ``report.html`` (self-contained), ``report.pdf`` (A4, tagged
        for screen readers) and ``report.docx``.
    exports : bool, optional
        Whether tables are also written as ``tables/NAME.csv`` (unrounded), ``tables/NAME.tex`` and in
        ``tables.xlsx``, and figures as ``figures/NAME.svg`` and ``figures/NAME.png``.
    what_if : path, optional
        The what-if page in the same folder, from :func:`dce.write_what_if`, to which the page leads.

    Returns
    -------
    list of Path
        The files. Same report, same bytes.

    Raises
    ------
    ReportError
        If there is no such kind of file.
    DceError
        If an optional package is not installed, or the fonts of PDF files lack a character. Then no
        file has been written.
    """
    folder = Path(folder)
    kinds = check_kinds(to, exports)
    contents = {folder / f"{NAME}.{kind}": _content(report, kind, what_if) for kind in kinds}
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in contents.items():
        path.write_bytes(content)
    return list(contents) + (write_exports(report, folder) if exports else [])


def check_kinds(to: Sequence[str], exports: bool = True) -> list[Kind]:
    """Return each kind of file once, when there are such kinds, and all packages that they take.

    Raises
    ------
    ReportError
        If there is no such kind.
    DceError
        If an optional package is not installed.
    """
    wanted = [to] if isinstance(to, str) else list(dict.fromkeys(to))
    if not wanted or not set(wanted) <= set(get_args(Kind)):
        raise ReportError(f"to: found {listed(wanted) or 'nothing'}; allowed: {listed(get_args(Kind))}.")
    for kind in wanted:
        NEEDS.get(kind, str)()
    if exports:
        openpyxl()
    return cast(list[Kind], wanted)


def _content(report: Report, kind: Kind, what_if: str | Path | None) -> bytes:
    if kind == "html":
        return html_report(report, Path(what_if).name if what_if else None).encode()
    return pdf_report(report) if kind == "pdf" else word_report(report).content()
