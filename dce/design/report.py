"""Everything that a reviewer asks of a design: on the screen, as a page, and for a paper."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dce.design.correlation import correlation_matrix
from dce.design.criteria_table import Certificate, criteria
from dce.design.diagnostics import quality_lines
from dce.design.draws import Draws
from dce.design.report_tables import (
    correlation_table,
    dominance_line,
    effect_table,
    information_table,
    level_table,
    levels_frame,
    overlap_table,
    sample_size_table,
    task_table,
)
from dce.errors import DesignError, quoted
from dce.table import WIDTH, Table

if TYPE_CHECKING:
    from dce.design.design import Design

RESPONDENTS = (100, 250, 382)
"""Numbers of respondents for which the smallest effect is told, unless told otherwise."""

STYLE = """
.dce-report {
  max-width: 62rem; margin: 0 auto; padding: 1.5rem clamp(.75rem, 3vw, 2rem) 3rem;
  font: 1rem/1.5 -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  color: #1c2a31; background: #fff; overflow-wrap: break-word;
}
.dce-report h1 { margin: 0 0 1rem; font-size: clamp(1.35rem, 1.1rem + 1.5vw, 1.75rem); line-height: 1.25; }
.dce-report ul { max-width: 46rem; margin: 0 0 2rem; padding-left: 1.2rem; }
.dce-report .scroll { margin: 0 0 2.5rem; overflow-x: auto; }
.dce-report .scroll:focus-visible { outline: 3px solid #0d5160; outline-offset: 2px; }
.dce-report table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.dce-report caption { padding: 0 0 .5rem; text-align: left; font-weight: 700; font-size: 1.15rem; }
.dce-report caption, .dce-report h1 { color: #0d5160; }
.dce-report th, .dce-report td {
  padding: .3rem 0 .3rem .9rem; text-align: right; vertical-align: top; border-bottom: 1px solid #d5dddf;
}
.dce-report thead th { vertical-align: bottom; border-bottom: 2px solid #0d5160; }
.dce-report tbody th, .dce-report thead th:first-child { padding-left: 0; text-align: left; }
.dce-report tbody th { font-weight: 400; min-width: min(6.5rem, 28vw); max-width: 28rem; }
.dce-report tfoot td { padding: .5rem 0 0; border: 0; text-align: left; color: #43535c; font-size: .875rem; }
.dce-report tfoot td { max-width: 0; }
@media (max-width: 32em) {
  .dce-report th, .dce-report td { padding-left: .5rem; font-size: .875rem; }
}
@media print { .dce-report .scroll { overflow: visible; break-inside: avoid; } }
"""


@dataclass(frozen=True, eq=False)
class DesignReport:
    """What a design is and how good it is. Printing it shows all; make it with :func:`design_report`.

    Attributes
    ----------
    title : str
    facts : tuple of str
        A sentence each.
    tables : mapping of str to Table
        ``"criteria"``, ``"information"``, ``"sample size"``, ``"effects"``, ``"tasks"``, ``"levels"``,
        ``"overlap"``, ``"correlations"``.
    matrices : mapping of str to DataFrame
        In full what tables show in part: ``"correlations"`` of all columns, ``"levels"`` by
        alternative and block, and the ``"information"`` matrix.
    """

    title: str
    facts: tuple[str, ...]
    tables: Mapping[str, Table]
    matrices: Mapping[str, pd.DataFrame]

    def __str__(self) -> str:
        lines = [textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in (self.title, *self.facts)]
        return "\n\n".join(["\n".join(lines), *(str(table) for table in self.tables.values())])

    def fragment(self) -> str:
        """Return HTML to stand in another page, with its own style."""
        facts = "\n".join(f"<li>{escape(fact)}</li>" for fact in self.facts)
        tables = "\n".join(
            f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(table.title)}">\n'
            f"{table.to_html()}\n</div>"
            for table in self.tables.values()
        )
        return (
            f'<style>{STYLE}</style>\n<div class="dce-report">\n<h1>{escape(self.title)}</h1>\n'
            f"<ul>\n{facts}\n</ul>\n{tables}\n</div>"
        )

    def _repr_html_(self) -> str:
        return self.fragment()

    def to_html(self) -> str:
        """Return one page that needs nothing else: no network, no script."""
        return (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{escape(self.title)}</title>\n<style>body {{ margin: 0; }}</style>\n"
            "</head>\n<body>\n<main>\n"
            f"{self.fragment()}\n</main>\n</body>\n</html>\n"
        )

    def to_latex(self) -> str:
        """Return the tables for LaTeX, with the package booktabs."""
        text = "\n".join(table.to_latex() for table in self.tables.values())
        for sign, command in (("∞", r"$\infty$"), ("×", r"$\times$")):
            text = text.replace(sign, command)
        return text


def design_report(
    design: Design,
    *,
    best: Mapping[str, float] | Design | None = None,
    best_is: str = "",
    certificate: Certificate | None = None,
    per: str | Sequence[str] | None = None,
    draws: Draws | None = None,
    respondents: Sequence[int] = RESPONDENTS,
    significance: float = 0.05,
    power: float = 0.8,
) -> DesignReport:
    """Report on a design: criteria, information, sample sizes, tasks, levels, overlap, correlations.

    Parameters
    ----------
    design : Design
    best, best_is, certificate, per, draws
        See :func:`dce.design.criteria_table.criteria`.
    respondents : sequence of int, optional
        Numbers of respondents for which the smallest effect that they detect is told.
    significance, power : float, optional
        Of S-estimates, sample sizes and smallest effects; two-sided.

    Returns
    -------
    DesignReport

    Raises
    ------
    DesignError
    """
    _check(respondents, significance, power)
    tables = {
        "criteria": criteria(
            design,
            per=per,
            draws=draws,
            best=best,
            best_is=best_is,
            certificate=certificate,
            significance=significance,
        ),
        "information": information_table(design),
        "sample size": sample_size_table(design, significance, power),
        "effects": effect_table(design, respondents, significance, power),
        "tasks": task_table(design),
        "levels": level_table(design),
        "overlap": overlap_table(design),
        "correlations": correlation_table(design),
    }
    names = list(design.study.coefficients)
    matrices = {
        "correlations": correlation_matrix(design),
        "levels": levels_frame(design),
        "information": pd.DataFrame(design.information, index=names, columns=names),
    }
    title, *facts = quality_lines(design)
    facts += [dominance_line(design), f"SHA-256 of what respondents see: {design.hash[:16]}"]
    if certificate is not None:
        facts.append(str(certificate))
    return DesignReport(title, tuple(facts), tables, matrices)


def _check(respondents: Sequence[int], significance: float, power: float) -> None:
    for n in respondents:
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
            raise DesignError(f"respondents: found {quoted(n)}; allowed: whole numbers of at least 1.")
    if not 0 < significance < 1:
        raise DesignError(f"significance: found {quoted(significance)}; allowed: between 0 and 1.")
    if not significance / 2 < power < 1:
        raise DesignError(
            f"power: found {quoted(power)}; allowed: below 1, and above {quoted(significance / 2)}, which "
            "chance gives."
        )
