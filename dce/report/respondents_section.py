"""The section on respondents: how many took part, who they are, and what they chose."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dce.formula import ALTERNATIVE
from dce.report.document import NamedTable, Paragraph, Part, Section
from dce.report.findings import Findings
from dce.report.words import of_count
from dce.survey.characteristics import LONG_FRAME, ORDER
from dce.table import Table, number

DROPPED = "respondents dropped: "
"""How reasons begin in what the answers left out, where respondents were dropped."""
MOST_ANSWERS = 20
"""Different answers to a question that are shown one by one."""


def respondents_section(found: Findings) -> Section:
    """Say who answered, and what became of the others."""
    parts: list[Part] = [Paragraph(_sentences(found)), NamedTable("flow", flow_table(found))]
    frame = found.choices.frame
    if "block" in frame and "respondent" in frame:
        parts.append(NamedTable("allocation", allocation_table(found)))
    parts.append(NamedTable("chosen", chosen_table(found)))
    return Section("Who answered", (*parts, *characteristics(found)))


def flow_table(found: Findings) -> Table:
    """Return the flow of respondents, from those recruited to those in the model."""
    choices, report = found.choices, found.choices.report
    steps: dict[str, int] = {}
    if found.recruited is not None:
        steps["recruited"] = found.recruited
    if report is not None:
        missing = (found.recruited or 0) - report.rows
        steps |= {"  without a row in the response file": missing} if missing > 0 else {}
        steps["rows in the response file"] = report.rows
        steps |= {f"  left out: {reason}": n for reason, n in report.dropped.items() if n}
        steps["respondents who answered"] = len(report.respondents)
        steps |= {"  finished all tasks": report.finished, "  answered in part": report.partial}
    dropped = {reason: n for reason, n in choices.left_out.items() if reason.startswith(DROPPED) and n}
    steps |= {f"  dropped: {reason.removeprefix(DROPPED)}": n for reason, n in dropped.items()}
    if found.fit.n_respondents is not None:
        steps["respondents in the model"] = found.fit.n_respondents
    steps["answered tasks in the model"] = found.fit.n_tasks
    frame = pd.DataFrame({"count": list(steps.values())}, index=pd.Index(list(steps), name=""))
    notes = [f"Left out: {n:,d} {what}." for what, n in found.fit.left_out.items() if n]
    if report is not None:
        notes += [f"Counted as missing: {what}, {of_count(n, 'time')}." for what, n in report.unknown.items()]
        notes += [f"Several rows of {who}: {n:,d} left out." for who, n in report.duplicates.items()]
        notes += report.notes
    return Table("Flow of respondents", frame, notes=tuple(notes))


def allocation_table(found: Findings) -> Table:
    """Return the respondents and answered tasks of each block."""
    answered = found.choices.frame.loc[found.choices.frame["chosen"] == 1]
    by_block = answered.groupby("block", sort=True)
    frame = pd.DataFrame({"respondents": by_block["respondent"].nunique(), "answered tasks": by_block.size()})
    frame.index = pd.Index([number(block) for block in frame.index], name="block")
    return Table("Respondents by block", frame)


def chosen_table(found: Findings) -> Table:
    """Return how often each alternative was chosen."""
    frame = found.choices.frame
    chosen = frame.loc[frame["chosen"] == 1, ALTERNATIVE].value_counts()
    alternatives = found.study.all_alternatives
    counts = [int(chosen.get(a.name, 0)) for a in alternatives]
    shares = np.array(counts) / sum(counts)
    index = pd.Index([a.label for a in alternatives], name="")
    table = pd.DataFrame({"answers": counts, "share": shares}, index=index)
    notes = ("Answers are counted without their weights.",) if "weight" in frame else ()
    return Table("What was chosen", table, {"share": ".1%"}, notes)


def characteristics(found: Findings) -> tuple[Part, ...]:
    """Return tables of the characteristics that the answers hold, or a sentence that there are none."""
    frame = found.choices.frame
    if "respondent" not in frame:
        return (Paragraph("The answers do not say which of them come from the same respondent."),)
    people = _people(found)
    if people.columns.empty:
        return (Paragraph("The answers hold no characteristics of the respondents."),)
    numeric = [name for name in people if _is_number(people[name])]
    words = [name for name in people if name not in numeric]
    few = [name for name in words if people[name].nunique() <= MOST_ANSWERS]
    parts: list[Part] = []
    if few:
        parts.append(NamedTable("characteristics", _counts(people[few], found)))
    if numeric:
        parts.append(NamedTable("characteristics_numbers", _numbers(people[numeric], found)))
    many = [f"{_asked(name, found)} ({people[name].count():,d} answers)" for name in words if name not in few]
    if many:
        parts.append(Paragraph(f"Asked too, with answers too different to be counted: {'; '.join(many)}."))
    return tuple(parts)


def _people(found: Findings) -> pd.DataFrame:
    """Return one row per respondent, a column per characteristic that anybody has."""
    frame = found.choices.frame
    hidden = {*LONG_FRAME, ORDER, *found.study.attribute_names}
    texts = {q.name for q in found.study.survey.questions if q.kind == "text"}
    names = [str(name) for name in frame if name not in hidden | texts and not str(name).startswith("dce_")]
    by = frame.groupby("respondent", sort=False)[names]
    same = (by.nunique(dropna=False) <= 1).all() if names else pd.Series(dtype=bool)
    kept = [name for name in names if same[name] and frame[name].notna().any()]
    return frame.drop_duplicates("respondent")[kept].reset_index(drop=True)


def _is_number(column: pd.Series) -> bool:
    """Whether a column holds numbers, of which some are neither 0 nor 1."""
    return bool(pd.api.types.is_numeric_dtype(column)) and column.dropna().nunique() > 2


def _counts(people: pd.DataFrame, found: Findings) -> Table:
    labels: list[str] = []
    rows: list[tuple[object, float]] = []
    for name in people:
        column, N = people[name], len(people)
        options = next((q.options for q in found.study.survey.questions if q.name == name), ())
        counts = column.dropna().map(number).value_counts()
        order = [text for text in map(str, options) if text in counts.index]
        order += sorted(text for text in counts.index if text not in order)
        labels += [_asked(name, found), *(f"  {text}" for text in order)]
        rows += [(None, np.nan), *((int(counts[text]), counts[text] / N) for text in order)]
        if column.isna().any():
            labels.append("  not answered")
            rows.append((int(column.isna().sum()), float(column.isna().mean())))
    frame = pd.DataFrame(rows, columns=["respondents", "share"], index=pd.Index(labels, name=""))
    return Table("Characteristics of the respondents", frame, {"respondents": ",.0f", "share": ".1%"})


def _numbers(people: pd.DataFrame, found: Findings) -> Table:
    frame = pd.DataFrame(
        {
            "mean": people.mean(),
            "s.d.": people.std(),
            "least": people.min(),
            "median": people.median(),
            "most": people.max(),
            "known": people.count(),
        }
    )
    frame.index = pd.Index([_asked(name, found) for name in people], name="")
    formats = {**dict.fromkeys(("mean", "s.d."), ".1f"), **dict.fromkeys(("least", "median", "most"), "g")}
    return Table("Characteristics of the respondents in numbers", frame, {**formats, "known": ",.0f"})


def _asked(name: object, found: Findings) -> str:
    """Return the question whose answer a characteristic is, with its name; or its name."""
    text = next((q.text for q in found.study.survey.questions if q.name == name), "")
    attended = {f"attended_{a.name}": f"Considered: {a.label}" for a in found.study.attributes}
    return f"{text} ({name})" if text else attended.get(str(name), str(name))


def _sentences(found: Findings) -> str:
    fit, report, recruited = found.fit, found.choices.report, found.recruited
    who = f"{number(fit.n_respondents)} respondents" if fit.n_respondents is not None else "Respondents"
    text = [f"{who} with {number(fit.n_tasks)} answered tasks are in the model."]
    if recruited is not None and fit.n_respondents is not None:
        answered = len(report.respondents) if report else fit.n_respondents
        share = number(answered / recruited, ".1%")
        text.append(f"Of {number(recruited)} people recruited, {number(answered)} ({share}) answered.")
    if report is not None:
        text.append(
            f"{number(report.finished)} finished all tasks, and {number(report.partial)} answered in part."
        )
    dropped = sum(n for reason, n in found.choices.left_out.items() if reason.startswith(DROPPED))
    text.append(
        f"{number(dropped)} respondents were dropped, for the reasons in the table."
        if dropped
        else "No respondent was dropped from the answers."
    )
    return " ".join([*text, f"The answers are from {found.choices.source}."])
