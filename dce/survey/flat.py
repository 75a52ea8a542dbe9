"""The design as flat tables, in the layout of cbcTools that surveydown and formr surveys read."""

from __future__ import annotations

from pathlib import Path

from dce.errors import StudyError, listed
from dce.survey.csv_table import write_table
from dce.survey.survey import Survey

BEFORE = ("profileID", "respID", "qID", "altID", "obsID")
AFTER = ("no_choice", "blockID", "dce_tag", "dce_alternative", "dce_design")
"""Columns of the design besides the attributes, which stand between them."""


def write_flat(survey: Survey, folder: Path) -> list[Path]:
    """Write ``flat_design.csv`` with levels, and ``flat_long.csv`` with what respondents read.

    A ``respID`` is a block: a survey draws one for each respondent and keeps it with the answers. A
    ``qID`` is the place of a card in its block; the opt-out is a row with ``no_choice`` 1.

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
    StudyError
        If an attribute is called like another column.
    """
    taken = [name for name in survey.study.attribute_names if name in (*BEFORE, *AFTER)]
    if taken:
        raise StudyError(
            f"attribute {listed(taken)}: is the name of another column of flat_design.csv; allowed: names "
            f"other than {listed((*BEFORE, *AFTER), 20)}."
        )
    folder.mkdir(parents=True, exist_ok=True)
    study = survey.study
    level_of = {a.name: dict(zip(a.labels, a.levels, strict=True)) for a in study.attributes}
    profiles: dict[tuple[object, ...], int] = {}
    design: list[list[object]] = []
    long: list[list[object]] = []
    observation = 0
    for block, cards in survey.blocks:
        for number, card in enumerate(cards, 1):
            observation += 1
            for j, name in enumerate(card.alternatives):
                is_service = j < card.services
                cells = [row.cells[j] if is_service else "" for row in card.rows]
                levels = [
                    level_of[r.attribute][cell] if cell else ""
                    for r, cell in zip(card.rows, cells, strict=True)
                ]
                profile = profiles.setdefault((is_service, *levels), len(profiles) + 1)
                shown = [profile, block, number, j + 1, observation, *levels]
                design.append([*shown, int(not is_service), block, card.tag, name, survey.design.hash[:16]])
                long.append(
                    [block, number, j + 1, card.tag, card.kind, card.question, name, card.labels[j], *cells]
                )
    names = list(study.attribute_names)
    files = [folder / "flat_design.csv", folder / "flat_long.csv"]
    write_table(
        files[0],
        [*BEFORE, *names, *AFTER],
        design,
    )
    titles = [f"text_{name}" for name in names]
    write_table(
        files[1],
        ["respID", "qID", "altID", "dce_tag", "dce_kind", "question", "dce_alternative", "label", *titles],
        long,
    )
    return files
