"""The section on the model: coefficients of everybody and of subgroups, and how well they fit."""

from __future__ import annotations

from dataclasses import replace

from dce.diagnostics.goodness import goodness
from dce.diagnostics.hypothesis_test import SIGNIFICANT
from dce.report.document import NamedTable, Paragraph, Part, Section
from dce.report.findings import Findings
from dce.table import number


def model_section(found: Findings) -> Section:
    """Show the estimates, of everybody and of each subgroup."""
    parts: list[Part] = [Paragraph(_sentences(found)), NamedTable("model", found.fit.table())]
    for name, groups in found.groups.items():
        table = replace(groups.table(), title=f"The model by {name}")
        parts.append(NamedTable(f"model_by_{found.files[name]}", table))
    if found.groups:
        parts.append(
            Paragraph(
                "Coefficients of two groups differ in size also where people differ only in how consistently "
                "they answer; trade-offs, importance and probabilities can be compared between groups."
            )
        )
    for name, reason in found.ungrouped.items():
        parts.append(Paragraph(f"The model could not be estimated by {name}: {reason}"))
    parts.append(NamedTable("goodness", goodness(found.fit).table()))
    return Section("What matters to people", tuple(parts))


def _sentences(found: Findings) -> str:
    fit = found.fit
    p = fit.to_frame()["p"]
    of = f"{int((p <= SIGNIFICANT).sum())} of {len(p)} coefficients"
    rest = [fit.label(str(name)) for name in p.index[p > SIGNIFICANT]]
    text = [
        "A coefficient says how much more, or less, a service is worth to people for one level rather than "
        "the reference level, or for one more of a number. Above zero: people want it.",
        f"{of} differ from zero at {number(SIGNIFICANT, '.0%')}"
        + (f"; not so: {'; '.join(rest)}." if rest else "."),
    ]
    return " ".join(text)
