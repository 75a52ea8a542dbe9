"""The methods of a study in plain words, from what was really done: nothing is said that no object says."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from dce.design.criteria_table import db_error
from dce.design.diagnostics import level_imbalance, orme, s_estimates
from dce.design.draws import prior_draws
from dce.design.report_tables import dominance_line
from dce.report.analysis_words import model_text, results_text, software_text
from dce.report.document import Paragraph, Section
from dce.report.findings import Findings
from dce.report.words import in_quotes, of_count
from dce.table import number

MADE_HERE = "dce "
"""How the origin of designs begins that this package has searched."""
SIMULATED = "a simulation"
"""How the source of answers begins that nobody gave."""
TO_BE_WRITTEN = "to be written"


def methods_section(found: Findings, done: Collection[str]) -> Section:
    """Say how the study was done, as the section on methods of a paper begins.

    Parameters
    ----------
    found : Findings
    done : collection of str
        Names of the tables and figures that the report has.
    """
    texts = {
        "Tasks": [*tasks_text(found), *design_text(found)],
        "Sample size": sample_size_text(found),
        "Survey": survey_text(found),
        "Respondents": respondents_text(found),
        "Analysis": [*model_text(found), *results_text(found, done)],
        "Software": [software_text()],
    }
    return Section("Methods", tuple(Paragraph(f"{key}. {' '.join(text)}") for key, text in texts.items()))


def tasks_text(found: Findings) -> list[str]:
    """Say what people chose between."""
    study, design = found.study, found.design
    counts = [len(attribute.levels) for attribute in study.attributes]
    levels = f"{min(counts)} to {max(counts)}" if min(counts) < max(counts) else str(counts[0])
    services = ", ".join(a.label for a in study.alternatives)
    kinds = "labelled" if study.labelled else "unlabelled"
    opt_out = f"and the opt-out {in_quotes(study.opt_out.label)}" if study.opt_out else "without an opt-out"
    blocks = len(design.blocks)
    divided = "in one block, which each respondent answers"
    if blocks > 1:
        divided = f"in {blocks} blocks, of which each respondent answers one ({tasks_of_block(found)} tasks)"
    return [
        f"Services are described by {of_count(len(counts), 'attribute')} of {levels} levels.",
        f"Each task has {of_count(len(study.alternatives), 'alternative')} ({services}), {kinds}, {opt_out}.",
        f"The design has {of_count(design.n_tasks, 'task')} {divided}.",
    ]


def tasks_of_block(found: Findings) -> str:
    """Return how many tasks a block has, such as ``"8"`` or ``"7 or 8"``."""
    return " or ".join(str(n) for n in np.unique(np.unique(found.design.task_blocks, return_counts=True)[1]))


def design_text(found: Findings) -> list[str]:
    """Say how the tasks were made, as far as the design knows, and how good they are."""
    study, design = found.study, found.design
    K, spread = len(study.coefficients), sum(not prior.is_fixed for prior in study.priors.values())
    text = [_made(design.origin)]
    if study.priors:
        known = f"{number(spread)} with a standard deviation" if spread else "none with a standard deviation"
        text.append(f"The study has a prior for each of the {K} coefficients of its utility, {known}.")
    else:
        text.append(f"The study has no priors: all {K} coefficients of its utility count as zero here.")
    error = number(design.d_error, ".5g")
    text.append(f"The D-error at the prior means, of one respondent who answers all tasks, is {error}.")
    if spread:
        draws = prior_draws(study)
        value = number(db_error(design, draws), ".5g")
        text.append(f"Averaged over {draws.description} of the priors (DB-error), it is {value}.")
    imbalance = level_imbalance(design)
    balance = "occur equally often" if imbalance == 0 else f"differ in their counts by at most {imbalance}"
    text.append(f"Within each alternative, the levels of an attribute {balance}.")
    if not study.labelled:
        text.append(f"{dominance_line(design)}.")
    if study.rules:
        text.append(f"No service should be shown against: {'; '.join(rule.text for rule in study.rules)}.")
    if design.broken_rules:
        broken = [f"{kind}, {of_count(n, 'time')}" for kind, n in design.broken_rules.items()]
        text.append(f"The design breaks rules of the study: {'; '.join(broken)}.")
    return text


def sample_size_text(found: Findings) -> list[str]:
    """Say what rules of sample size ask for with this design."""
    design = found.design
    n, blocks = orme(design), len(design.blocks)
    text = [f"Orme's rule of thumb, 500 c / (t a), asks for {of_count(n, 'respondent')} with this design."]
    if blocks > 1:
        text.append(f"If each of the {blocks} blocks is to meet it, that is {number(n * blocks)}.")
    needed = s_estimates(design)
    of_attributes = [not str(name).startswith("constant[") for name in needed.index]
    counted = needed[np.isfinite(needed) & np.array(of_attributes)]
    if len(counted):
        most = str(counted.idxmax())
        text.append(
            f"If the priors are right, {number(int(counted[most]))} respondents are expected to make every "
            "coefficient with a prior other than zero significant at 5%, constants not counted (S-estimate; "
            f"most are needed for {found.study.label(most)})."
        )
    text.append(f"By which rule the sample size of this study was chosen: {TO_BE_WRITTEN}.")
    return text


def survey_text(found: Findings) -> list[str]:
    """Say how the survey looks and runs, by the file that describes the study."""
    settings, study = found.study.survey, found.study
    stop = "" if study.question.rstrip().endswith(("?", ".")) else "."
    text = [f"By the study file, the question below each card is {in_quotes(study.question)}{stop}"]
    shuffled = " and ".join(settings.shuffle)
    text.append(f"In random order are {shuffled}." if shuffled else "Nothing is in random order.")
    if study.opt_out:
        how = "is one of the answers" if settings.opt_out == "column" else "is asked in a second question"
        text.append(f"{in_quotes(study.opt_out.label)} {how}.")
    kinds = [task.kind for task in settings.tasks]
    extra = {
        "a task to practise on": settings.warm_up or "warm-up" in kinds,
        "a task in which one service is better in everything": settings.dominance or "dominance" in kinds,
        of_count(len(settings.repeat), "repeated task"): bool(settings.repeat),
        "how sure people are after each task": settings.certainty,
        "how often they considered each attribute": settings.attendance,
    }
    asked = [what for what, there in extra.items() if there]
    if asked:
        text.append(f"Asked besides, and used in no estimate: {'; '.join(asked)}.")
    names = [question.name for question in settings.questions]
    return [*text, f"Questions about the respondents: {', '.join(names)}."] if names else text


def respondents_text(found: Findings) -> list[str]:
    """Say where the answers come from, and how many there are."""
    fit, choices = found.fit, found.choices
    how = f", as {choices.report.format}" if choices.report else ""
    who = "" if fit.n_respondents is None else f"{of_count(fit.n_respondents, 'respondent')} with "
    return [
        f"The answers are simulated, not those of people: they come from {choices.source}."
        if choices.source.startswith(SIMULATED)
        else f"The answers come from {choices.source}{how}.",
        f"The model uses {who}{of_count(fit.n_tasks, 'answered task')}.",
        *(f"Left out: {number(n)} {what}." for what, n in fit.left_out.items() if n),
        f"Who was recruited, where, when and how: {TO_BE_WRITTEN}.",
    ]


def _made(origin: str) -> str:
    if origin.startswith(MADE_HERE):
        return f"The tasks were searched by {origin.replace(', ', ': ', 1)}."
    return (
        f"The tasks were {origin}; that does not tell by which criterion and algorithm they were made: "
        f"{TO_BE_WRITTEN}."
    )
