"""The section on tests: each attribute, left against right, straight lines, IIA, and groups."""

from __future__ import annotations

import pandas as pd

from dce.diagnostics.standard_tests import standard_tests
from dce.diagnostics.swait_louviere import SwaitLouviere, swait_louviere
from dce.errors import DceError, EstimationError
from dce.estimation.subgroups import SubgroupFits
from dce.report.document import NamedTable, Paragraph, Part, Section
from dce.report.findings import Findings

GROUP = "group_of_report"
"""The column that holds the groups while they are compared."""


def tests_section(found: Findings) -> Section:
    """Test what the model assumes, and whether groups differ."""
    parts: list[Part] = [Paragraph("A small p says that the answers speak against the hypothesis.")]
    try:
        tests = standard_tests(found.fit)
    except EstimationError as error:
        tests = ()
        parts.append(Paragraph(f"The model was not tested: {error}"))
    names = ("tests", "tests_iia")
    parts += [NamedTable(name, each.table()) for name, each in zip(names, tests, strict=False)]
    for by, groups in found.groups.items():
        parts += _groups(found, by, groups)
    return Section("Tests", tuple(parts))


def _groups(found: Findings, by: str, groups: SubgroupFits) -> list[Part]:
    try:
        test = compared(found, groups)
    except DceError as error:
        return [Paragraph(f"Whether groups by {by} differ in tastes or in scale was not tested: {error}")]
    sentence = test.sentence.replace(GROUP, by)
    table = test.table()
    notes = tuple(note.replace(GROUP, by) for note in table.notes)
    title = f"Tastes and scale by {by} (Swait and Louviere)"
    shown = type(table)(title, table.frame, table.formats, notes)
    left = [] if not groups.refused else [f" Without the groups not estimated: {', '.join(groups.refused)}."]
    return [Paragraph(sentence + "".join(left)), NamedTable(f"tests_by_{found.files[by]}", shown)]


def compared(found: Findings, groups: SubgroupFits) -> SwaitLouviere:
    """Test the groups that could be estimated for equal tastes and scales.

    Raises
    ------
    EstimationError
        If there is one such group only, or they cannot be compared.
    """
    if len(groups.fits) < 2:
        raise EstimationError(f"found {len(groups.fits)} group that can be estimated; allowed: two or more.")
    names = list(groups.fits)
    rows = pd.concat(
        [groups.fits[name].choices.frame.assign(**{GROUP: name}) for name in names], ignore_index=True
    )
    rows[GROUP] = pd.Categorical(rows[GROUP], categories=names)
    together = type(found.choices)(rows, found.choices.study, {}, found.choices.source)
    return swait_louviere(together, GROUP, found.formula, found.covariance)
