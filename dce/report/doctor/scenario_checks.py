"""Can the scenarios be predicted, and are they within what was asked?"""

from __future__ import annotations

import warnings
from pathlib import Path

from dce.design.design import Design
from dce.errors import DceError, EstimationError, RangeWarning
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_mnl
from dce.estimation.scenarios import scenarios
from dce.report.doctor.checkup import Finding, count, fine, look, wrong
from dce.simulation import simulate_choices

SUBJECT = "Scenarios"
RESPONDENTS = 500
"""Simulated, where there are no answers: the scenarios are the same whoever chooses."""


def check_scenarios(path: Path, fit: Fit | None, design: Design) -> list[Finding]:
    """Predict the scenarios, from the fit or else from simulated answers, to find what is wrong with them."""
    if not path.exists():
        then = "'dce new' shows an example; 'dce scenarios' and the what-if page begin with them."
        return [look(SUBJECT, f"{path}: there are no scenarios.", then)]
    try:
        model = fit or fit_mnl(simulate_choices(design, respondents=RESPONDENTS, seed=1))
    except EstimationError:
        return []  # what the model lacks is said before
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RangeWarning)
        try:
            predicted = scenarios(model, path)
        except DceError as error:
            return [wrong(SUBJECT, str(error), "Correct that service in the file.")]
    found = [fine(SUBJECT, f"{path}: {count(predicted.frame['scenario'].nunique(), 'scenario')}, predicted.")]
    then = "Such a prediction goes beyond what respondents were asked; say so."
    messages = dict.fromkeys(str(w.message) for w in caught if issubclass(w.category, RangeWarning))
    return found + [look(SUBJECT, message, then) for message in messages]
