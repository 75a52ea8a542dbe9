"""A survey on paper: questionnaires to print and to edit, and a workbook in which answers are entered."""

from __future__ import annotations

from pathlib import Path

from dce.survey.entry_sheet import write_entry
from dce.survey.paper_docx import write_docx
from dce.survey.paper_pdf import write_pdfs
from dce.survey.survey import Survey


def write_paper(survey: Survey, folder: Path) -> list[Path]:
    """Write the questionnaire of each block as PDF and as Word file, and ``entry.xlsx``.

    The PDFs are ready to print; the Word files are for those who have to edit, such as for an ethics
    committee. Cards stand in the order of the design, and the second question, certainty and attendance
    are asked as elsewhere. :func:`dce.read_responses` reads the workbook.

    Parameters
    ----------
    survey : Survey
    folder : Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    DceError
        If a package of ``dce[paper]`` is not installed, or a card does not fit on a page.
    """
    return [*write_pdfs(survey, folder), *write_docx(survey, folder), *write_entry(survey, folder)]
