"""The analysis in words: the model, how its results were computed, and by which software."""

from __future__ import annotations

import platform
from collections.abc import Collection
from importlib.metadata import version

import numpy as np

from dce.report.findings import Findings
from dce.report.words import of_count
from dce.table import number

PACKAGES = ("numpy", "scipy", "pandas", "formulaic", "matplotlib")
"""What the numbers and figures of a report come from, besides this package."""
RESULTS = {
    "rates_per_": "Marginal rates of substitution are ratios of two coefficients, as gains: how much more of "
    "the reference people accept for the better level; their intervals are by the delta method.",
    "levels_worth": "The worth of a level is its part-worth less that of the first level of its attribute.",
    "importance": "The importance of an attribute is the range of its part-worths over the sum of all "
    "ranges, with intervals by the delta method on the log-odds.",
    "scenarios": "Probabilities in scenarios are those of the logit; intervals: delta method, log-odds.",
    "sweep_": "Probabilities over the range of a number are those of the logit; intervals: delta method, "
    "log-odds, at each value by itself.",
    "model_by_": "The same model was fitted in groups of respondents.",
    "rate_differences_": "Rates of two groups were compared by Wald tests, and by the complete "
    "combinatorial test of Poe et al. (2005).",
    "tests_iia": "Independence of irrelevant alternatives was tested.",
    "tests_by_": "Tastes and scale of groups were compared as by Swait and Louviere (1993).",
    "sensitivity": "The model was fitted again without respondents whose answers give a signal.",
}
"""What is said of results, by the beginning of the names of their tables and figures."""


def model_text(found: Findings) -> list[str]:
    """Say which model was fitted, and how its errors were found."""
    fit, study = found.fit, found.study
    coding = fit.coding
    names = [a.label for a in study.all_alternatives if f"constant[{a.name}]" in coding.names]
    words = [a.name for a in study.attributes if not a.is_numeric]
    of_words = [k for k, part in enumerate(coding.parts) if part & set(words)]
    text = [
        f"Choices were analysed by a multinomial (conditional) logit with {len(coding.names)} coefficients, "
        f"fitted by maximum likelihood (converged in {of_count(fit.iterations, 'iteration')}).",
        f"Its utility, as a formula, is {coding.formula}, "
        + (f"with a constant for {', '.join(names)}." if names else "without constants."),
    ]
    if fit.answers != fit.n_tasks:
        text.append(f"Answers are weighted, to a sum of {number(fit.answers, ',.0f')}.")
    if of_words and all(coding.treatment[k] for k in of_words):
        text.append("Levels in words are dummy-coded against the first level of their attribute.")
    free = np.isinf(fit.inference.degrees_of_freedom)
    quantiles = "the normal distribution" if free else "Student's t distribution"
    return [*text, f"Standard errors: {fit.inference}; 95% intervals use {quantiles}."]


def results_text(found: Findings, done: Collection[str]) -> list[str]:
    """Say how the results that a report has were computed, by the names of its tables and figures."""
    text = [words for name, words in RESULTS.items() if any(each.startswith(name) for each in done)]
    if found.groups:
        text.append(f"Groups are by {', '.join(found.groups)}.")
    if "tests" in done:
        text.append("Hypotheses on coefficients were tested by Wald tests.")
    if any(name.startswith("rate_differences_") for name in done):
        text.append(f"Random draws begin with seed {found.seed}.")
    return text


def software_text() -> str:
    """Say by which versions of which software everything was computed."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"Computed by dce {version('dce')} in Python {platform.python_version()}, with {versions}."
