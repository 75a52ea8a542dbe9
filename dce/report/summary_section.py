"""The section that comes first: what a reader in a hurry takes away."""

from __future__ import annotations

from dce.errors import EstimationError
from dce.estimation.importance import importance
from dce.estimation.rates import marginal_rates
from dce.estimation.references import references
from dce.estimation.scenarios import scenarios
from dce.report.document import Points, Section
from dce.report.findings import Findings
from dce.report.levels_worth import points
from dce.report.methods import SIMULATED
from dce.report.trade_off_section import largest
from dce.report.what_if_section import first_scenario, range_notes
from dce.report.words import of_count
from dce.report.worth_section import most_important


def summary_section(found: Findings) -> Section:
    """Say in a few sentences who answered, what matters, and what would be chosen."""
    fit = found.fit
    who = "" if fit.n_respondents is None else f"{of_count(fit.n_respondents, 'respondent')} and "
    items = [f"The results rest on {who}{of_count(fit.n_tasks, 'answered task')}."]
    if found.choices.source.startswith(SIMULATED):
        items[0] += " These answers are simulated: they are not those of people."
    for service, point in points(fit).items():
        try:
            items.append(most_important(importance(fit, at=point), f" of {service}" if service else ""))
        except EstimationError:  # the section on importance says why
            continue
    items += [largest(marginal_rates(fit, name), fit) for name in references(fit)]
    if found.scenarios is not None:
        with range_notes():  # said below the scenarios
            items.append(first_scenario(scenarios(fit, found.scenarios)))
    return Section("In short", (Points(tuple(item for item in items if item)),))
