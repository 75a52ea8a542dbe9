"""Every table and figure of a report as a file of its own."""

from __future__ import annotations

from pathlib import Path

from dce.report.document import Report
from dce.report.workbook import write_workbook

WORKBOOK = "tables.xlsx"


def write_exports(report: Report, folder: Path) -> list[Path]:
    """Write ``tables/NAME.csv`` (unrounded) and ``.tex``, ``tables.xlsx``, ``figures/NAME.svg`` and ``.png``.

    Parameters
    ----------
    report : Report
    folder : Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The files. Same report, same bytes.

    Raises
    ------
    DceError
        If openpyxl is not installed.
    """
    contents: dict[Path, bytes] = {}
    for part in report.tables():
        path = folder / "tables" / part.name
        contents[path.with_suffix(".csv")] = part.table.to_frame().to_csv(lineterminator="\n").encode()
        contents[path.with_suffix(".tex")] = part.table.to_latex().encode()
    for figure in report.figures():
        path = folder / "figures" / figure.name
        contents[path.with_suffix(".svg")] = figure.svg.encode()
        contents[path.with_suffix(".png")] = figure.png
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    if any(True for _ in report.tables()):
        write_workbook(report, folder / WORKBOOK)
        written.append(folder / WORKBOOK)
    for path, content in contents.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    return written + list(contents)
