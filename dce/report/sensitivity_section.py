"""The section on sensitivity: the model without respondents whose answers give a signal."""

from __future__ import annotations

from dataclasses import replace

from dce.diagnostics.compare import compare
from dce.errors import ChoicesError, EstimationError
from dce.estimation.fit_mnl import fit_mnl
from dce.quality.quality import quality
from dce.quality.result import FLAGS, Quality
from dce.report.document import NamedTable, Paragraph, Part, Section
from dce.report.findings import Findings
from dce.table import Table, number

WORDS = {
    "dominance_failed": "chose the worse of two services",
    "repeat_disagreed": "answered a repeated task otherwise",
    "straight_lined": "always chose the same place",
    "always_opted_out": "always chose none",
    "lexicographic": "always followed one attribute",
    "speeding": "was much faster than others",
    "incomplete": "left tasks unanswered",
}


def sensitivity_section(found: Findings) -> Section:
    """Look at each respondent's answers, and fit the model without those that give a signal."""
    try:
        signals = quality(found.choices)
    except ChoicesError as error:
        return Section("Sensitivity", (Paragraph(f"Respondents were not looked at one by one: {error}"),))
    parts: list[Part] = [NamedTable("signals", signals_table(signals))]
    flagged = flagged_respondents(signals)
    respondents = number(len(signals.frame))
    if not flagged:
        return Section("Sensitivity", (Paragraph(f"No respondent of {respondents} gives a signal."), *parts))
    sentence = (
        f"{number(len(flagged))} of {respondents} respondents gave at least one signal. A signal is a reason "
        "to look closer, and none to leave somebody out: all are in the results above. "
    )
    try:
        answers = found.choices.drop(flagged, reason="with a signal")
        without = fit_mnl(answers, found.formula, found.covariance)
    except (ChoicesError, EstimationError) as error:
        why = f"The model cannot be estimated without them: {error}"
        return Section("Sensitivity", (Paragraph(sentence + why), *parts))
    sentence += "Below, the model is shown with everybody, and without those who gave one."
    table = compare({"everybody": found.fit, "without": without}).table()
    beside = replace(table, title="Everybody, and without respondents whose answers give a signal")
    return Section("Sensitivity", (Paragraph(sentence), *parts, NamedTable("sensitivity", beside)))


def signals_table(signals: Quality) -> Table:
    """Return how many respondents give each signal of which anything is known."""
    table = signals.summary()
    known = table.frame["known"] > 0
    notes = [f"{WORDS[flag].capitalize()}: {signals.rules[flag]}." for flag in table.frame.index[known]]
    unknown = [WORDS[flag] for flag in table.frame.index[~known]]
    if unknown:
        notes.append(f"Not asked or recorded: {'; '.join(unknown)}.")
    return replace(table, frame=table.frame[known].rename(index=WORDS), notes=(*notes, *signals.notes))


def flagged_respondents(signals: Quality) -> list[object]:
    """Return the respondents with any signal, in the order of the answers."""
    any_flag = signals.frame[list(FLAGS)].fillna(False).astype(bool).any(axis=1)
    return list(signals.frame.loc[any_flag, "respondent"])
