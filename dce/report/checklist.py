"""Reporting checklists for choice experiments in health, filled from the study as far as it knows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dce.formula import ALTERNATIVE, CONSTANTS
from dce.report.analysis_words import model_text, software_text
from dce.report.document import NamedTable, Paragraph, Section
from dce.report.findings import Findings
from dce.report.methods import (
    TO_BE_WRITTEN,
    design_text,
    respondents_text,
    sample_size_text,
    survey_text,
    tasks_text,
)
from dce.report.words import in_quotes
from dce.table import Table

ESTIMATES = ("coefficients with standard errors and intervals", "goodness of fit")
SHOWN = {
    "flow": "flow of respondents",
    "model": ESTIMATES[0],
    "goodness": ESTIMATES[1],
    "rates_per": "marginal rates of substitution",
    "levels_worth": "the worth of levels",
    "importance": "relative importance",
    "scenarios": "probabilities in scenarios",
    "sweep": "probabilities over the range of numbers",
    "tests": "tests",
    "sensitivity": "the model without respondents whose answers give a signal",
}
"""What a report shows, by the beginning of the names of its tables and figures."""


@dataclass(frozen=True)
class Point:
    """A point of a checklist: what it asks in our words, what the study says, and what authors must write."""

    name: str
    asks: str
    known: Sequence[str] = ()
    missing: str = ""

    @property
    def answer(self) -> str:
        """What the study says, and what is to be written."""
        text = " ".join(self.known)
        if not self.missing:
            return text or TO_BE_WRITTEN.capitalize()
        return f"{text} {TO_BE_WRITTEN.capitalize()}: {self.missing}.".strip()


def checklist_section(found: Findings, done: Collection[str]) -> Section:
    """Fill the checklists from the study; what it does not know is marked."""
    known = _known(found, done)
    return Section(
        "Reporting checklists",
        (
            Paragraph(
                "The points are in our own words; for a submission use the published forms. "
                f"What the study does not know is marked {TO_BE_WRITTEN}."
            ),
            NamedTable(
                "checklist_ispor",
                _table(
                    "ISPOR checklist for conjoint analysis",
                    ispor(known),
                    "Ten points of Bridges et al. (2011), Value in Health 14:403-413.",
                ),
            ),
            NamedTable(
                "checklist_direct",
                _table(
                    "Topics of the DIRECT checklist",
                    direct(known),
                    "Topics of Ride et al. (2024), PharmacoEconomics 42:1161-1175; order and number of its "
                    "items may differ.",
                ),
            ),
        ),
    )


def ispor(known: Mapping[str, Sequence[str]]) -> list[Point]:
    """Return the ten points of the ISPOR task force."""
    return [
        Point("1 Research question", "Is it clear, with its reasons and perspective?", known["title"],
              "the question, hypotheses, perspective, and why choices were asked for"),
        Point("2 Attributes and levels", "Which, and on what evidence?", known["attributes"],
              "where they come from, and why these levels"),
        Point("3 Construction of tasks", "How many alternatives of what kind, in how many tasks?",
              [*known["tasks"], *known["opt-out"]], "why so many, and of this kind"),
        Point("4 Experimental design", "Which design, and how good?", known["design"],
              "what was considered instead"),
        Point("5 Preference elicitation", "What are people asked, and why so?", known["survey"],
              "what they were told first, and why choices rather than ratings"),
        Point("6 Instrument", "Who is asked about themselves, is it explained and tested?",
              known["instrument"], "how the survey was piloted, and how long it took"),
        Point("7 Data collection", "Who, how many, how and with what approval?",
              [*known["respondents"], *known["sample size"]], "recruitment, inclusion, and ethics"),
        Point("8 Statistical analysis", "Which model, and are its assumptions looked at?",
              known["model"]),
        Point("9 Results and conclusions", "Are results shown with uncertainty, and limits said?",
              known["results"], "what follows, and its limits"),
        Point("10 Presentation", "Are importance, structure and funding clear?", known["software"],
              "why it matters to whom, funding and interests"),
    ]  # fmt: skip


def direct(known: Mapping[str, Sequence[str]]) -> list[Point]:
    """Return the topics of the DIRECT checklist."""
    return [
        Point("Purpose and rationale", "What the experiment is for, and why it is one", known["title"],
              "research question and its rationale"),
        Point("Attributes and levels: which", "All of them, as shown", known["attributes"]),
        Point("Attributes and levels: how", "How they were found and chosen", (), "sources and methods"),
        Point("Design: type and properties", "How tasks were made, priors, efficiency, blocks",
              [*known["tasks"], *known["design"]]),
        Point("Design: alternatives", "Labels, opt-out or status quo", known["opt-out"], "why so"),
        Point("Survey: content", "What else is asked, explained and shown",
              [*known["survey"], *known["instrument"]], "what was told to people about the tasks"),
        Point("Survey: testing", "Pilots and what they changed", (), "pilot and pretests"),
        Point("Sample: who", "Population, recruitment, inclusion", (), "who, where, when and how"),
        Point("Sample: size", "How it was decided", known["sample size"]),
        Point("Sample: answers", "How many began, finished and are analysed", known["respondents"],
              "ethics and consent"),
        Point("Analysis: model", "Utility, coding, model, errors", known["model"],
              "why this model rather than one with varying tastes"),
        Point("Analysis: differences between people", "Groups, or varying tastes", known["groups"]),
        Point("Analysis: further results", "Trade-offs, probabilities, sensitivity", known["further"]),
        Point("Results", "Estimates with uncertainty, fit, sample", known["results"]),
        Point("Interpretation", "What follows, limits, whom it holds for", (), "discussion"),
        Point("Software and data", "Which software, where are data", known["software"],
              "where answers and files can be had"),
    ]  # fmt: skip


def _known(found: Findings, done: Collection[str]) -> dict[str, list[str]]:
    """Return what the study says, by topic."""
    study = found.study
    shown = [text for name, text in SHOWN.items() if any(each.startswith(name) for each in done)]
    explained = [a.label for a in study.attributes if a.definition.strip()]
    instrument = [f"Explained to respondents: {', '.join(explained)}."] if explained else []
    own = {*study.attribute_names, ALTERNATIVE, CONSTANTS}
    differs = sorted(set(found.fit.coding.variables) - own)
    groups = [f"Groups by {', '.join(found.groups)}."] if found.groups else []
    groups += [f"The utility differs by {', '.join(differs)}."] if differs else []
    levels = [len(attribute.levels) for attribute in study.attributes]
    opt_out = f"The opt-out is {in_quotes(study.opt_out.label)}." if study.opt_out else "There is no opt-out."
    return {
        "title": [f"{study.title}."],
        "attributes": [f"{len(levels)} attributes, {sum(levels)} levels: see their table."],
        "tasks": tasks_text(found)[1:],
        "opt-out": [opt_out],
        "design": [*design_text(found)[:3], "More is said under Methods."],
        "survey": survey_text(found),
        "instrument": instrument,
        "respondents": respondents_text(found)[:2],
        "sample size": sample_size_text(found)[-1:],
        "model": model_text(found),
        "results": [f"Shown are: {'; '.join(shown)}."],
        "further": [f"Shown are: {'; '.join(text for text in shown if text not in ESTIMATES)}."],
        "groups": groups or ["No groups were compared; the model gives all people the same tastes."],
        "software": [software_text()],
    }


def _table(title: str, points: Sequence[Point], note: str) -> Table:
    frame = pd.DataFrame(
        {"asks": [point.asks for point in points], "in this study": [point.answer for point in points]},
        index=pd.Index([point.name for point in points], name="point"),
    )
    return Table(title, frame, notes=(note,))
