"""The section on the design: what was asked, how well the tasks are made, and how a card looked."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd

from dce.attributes import Attribute
from dce.coding import Coding
from dce.design.diagnostics import quality_lines
from dce.design.report_tables import dominance_line, level_table, overlap_table, sample_size_table
from dce.errors import DceError
from dce.report.document import Figure, NamedTable, Paragraph, Part, Points, Section
from dce.report.findings import Findings
from dce.report.methods import tasks_of_block
from dce.report.words import in_quotes
from dce.survey.image import alt_text, write_image
from dce.survey.survey import make_survey
from dce.table import Table

SIGNIFICANCE, POWER = 0.05, 0.8


def design_section(found: Findings) -> Section:
    """Say what respondents chose between, and how good the tasks are."""
    design, study = found.design, found.study
    facts = [*quality_lines(design)[1:], dominance_line(design)]
    parts: list[Part] = [
        Paragraph(_asked(found)),
        NamedTable("attributes", attribute_table(found)),
        *(
            [Paragraph(f"No card shows a service against these rules: {_rules(found)}.")]
            if study.rules
            else ()
        ),
        *example_card(found),
        Points(tuple(f"{fact.rstrip('.')}." for fact in facts)),
        NamedTable("levels_shown", level_table(design)),
        NamedTable("overlap", overlap_table(design)),
    ]
    if study.priors:
        parts.append(NamedTable("sample_size", sample_size_table(design, SIGNIFICANCE, POWER)))
    return Section("What was asked", tuple(parts))


def attribute_table(found: Findings) -> Table:
    """Return the attributes with their levels, and how each enters the model."""
    study = found.study
    rows = {
        attribute.heading: {
            "levels": "; ".join(attribute.labels),
            "of": _owners(found, attribute),
            "in the model": _in_model(attribute, found.fit.coding),
        }
        for attribute in study.attributes
    }
    frame = pd.DataFrame.from_dict(rows, orient="index")
    if not any(attribute.alternatives for attribute in study.attributes):
        frame = frame.drop(columns="of")
    frame.index.name = "attribute"
    return Table("Attributes and levels", frame)


def example_card(found: Findings) -> tuple[Part, ...]:
    """Return the first card of the design as respondents saw it, or say why there is no picture."""
    survey = make_survey(found.design)
    card = next(card for card in survey.cards if card.kind == "design")
    with tempfile.TemporaryDirectory() as folder:
        try:
            write_image(replace(survey, cards=(card,)), Path(folder))
        except DceError as error:
            return (Paragraph(f"There is no picture of a card here: {error}"),)
        files = [Path(folder) / "cards" / f"{card.tag}.{kind}" for kind in ("svg", "png")]
        svg, png = files[0].read_text(encoding="utf-8"), files[1].read_bytes()
    caption = (
        f"One of the cards (block {card.block}, task {card.task}). The question below it: {card.question}"
    )
    return (Figure("card", caption, alt_text(survey, card), svg, png),)


def _asked(found: Findings) -> str:
    design, study = found.design, found.study
    labels = [alternative.label for alternative in study.alternatives]
    kinds = "different kinds of service" if study.labelled else "services of one kind"
    between = f"{len(labels)} {kinds}" if len(labels) > 1 else "one service"
    choice = f"{between} ({', '.join(labels)})"
    if study.opt_out:
        choice += f", and whoever wants none can choose {in_quotes(study.opt_out.label)}"
    blocks = len(design.blocks)
    tasks = f"The design has {design.n_tasks} tasks"
    if blocks > 1:
        tasks += f" in {blocks} blocks; each respondent answers one block of {tasks_of_block(found)}"
    return f"Each card shows {choice}. {tasks}."


def _owners(found: Findings, attribute: Attribute) -> str:
    labels = {a.name: a.label for a in found.study.alternatives}
    return ", ".join(labels[name] for name in attribute.alternatives) or "all"


def _in_model(attribute: Attribute, coding: Coding) -> str:
    name = attribute.name
    own = [k for k, part in enumerate(coding.parts) if name in part]
    if not own:
        return "not used"
    if attribute.is_numeric:
        linear = all(name in coding.names[k].split(":") for k in own)
        return "number" if linear else "as in the formula"
    treatment = all(coding.treatment[k] for k in own)
    return f"against {in_quotes(attribute.labels[0])}" if treatment else "as in the formula"


def _rules(found: Findings) -> str:
    return "; ".join(rule.text for rule in found.study.rules)
