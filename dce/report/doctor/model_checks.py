"""Can the model be estimated, and do the estimates rest on enough?"""

from __future__ import annotations

import numpy as np

from dce.choices import Choices
from dce.diagnostics.collinearity import STRONG, collinearity
from dce.diagnostics.influence import influence
from dce.errors import (
    ConvergenceError,
    DceError,
    FormulaError,
    IdentificationError,
    SeparationError,
)
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_mnl
from dce.estimation.subgroups import FEW_CLUSTERS
from dce.report.doctor.checkup import Finding, fine, look, wrong

SUBJECT = "Model"
MOVES = 1.0
"""Standard errors by which a respondent moves a coefficient, from which on he is named."""
NAMED = 5
CURES: dict[type[DceError], str] = {
    IdentificationError: "Leave these coefficients out, with --formula or in the utility of the study.",
    SeparationError: "Collect more answers, or leave out the coefficient that predicts them perfectly.",
    ConvergenceError: "Estimate a simpler utility with --formula, then add terms one by one.",
    FormulaError: "Correct the formula: names of attributes and characteristics with + and : between.",
}


def check_model(choices: Choices, formula: str | None) -> tuple[Fit | None, list[Finding]]:
    """Fit the utility, and say on what the estimates rest."""
    try:
        fit = fit_mnl(choices, formula, "clustered" if choices.n_respondents else "robust")
    except DceError as error:
        cure = next((text for kind, text in CURES.items() if isinstance(error, kind)), "")
        return None, [wrong(SUBJECT, str(error), cure or "Collect more answers, or fit fewer coefficients.")]
    return fit, [fine(SUBJECT, _what(fit)), *_few(fit), *_against_priors(fit), *_together(fit), *_moved(fit)]


def _what(fit: Fit) -> str:
    return (
        f"All {len(fit.coefficients)} coefficients are identified and converged "
        f"({fit.iterations} iterations); no answer is predicted perfectly."
    )


def _few(fit: Fit) -> list[Finding]:
    """Return how many respondents, and tellers of each coefficient, standard errors rest on."""
    found, count = [], fit.inference.n_clusters
    if count is not None and count < FEW_CLUSTERS:
        said = f"Standard errors rest on {count} respondents, fewer than {FEW_CLUSTERS}: they are too small."
        found.append(look(SUBJECT, said, "Take --covariance CR2, which allows for that."))
    for name, tellers in fit.inference.few.items():
        said = f"{fit.label(name)}: the answers of {tellers} respondents alone tell it."
        found.append(look(SUBJECT, said, "Its standard error may be too small; say how many there are."))
    return found


def _against_priors(fit: Fit) -> list[Finding]:
    """Return coefficients whose sign is clearly not that of their prior: often columns are swapped then."""
    if fit.study is None:
        return []
    found = []
    for name, prior in fit.study.priors.items():
        if name not in fit.coefficients.index or prior.mean == 0:
            continue
        b, se = float(fit.coefficients[name]), float(fit.standard_errors[name])
        if np.sign(b) != np.sign(prior.mean) and abs(b) > fit.quantile() * se:
            said = f"{fit.label(name)}: {b:+.3g} is clearly not of the sign of its prior, {prior.mean:+.3g}."
            found.append(look(SUBJECT, said, "Are columns and answers coded the right way round?"))
    return found


def _together(fit: Fit) -> list[Finding]:
    dependent = collinearity(fit)
    found = []
    for index, names in zip(dependent.indices, dependent.together, strict=False):
        if index >= STRONG:
            labels = ", ".join(fit.label(name) for name in names)
            said = f"The answers can hardly tell apart {labels} (condition index {index:.0f})."
            found.append(look(SUBJECT, said, "Read their errors together, or leave one out: dce diagnose."))
    return found


def _moved(fit: Fit) -> list[Finding]:
    """Return the respondents who move a coefficient by a standard error or more."""
    if fit.n_respondents is None or fit.n_respondents < 2:
        return []
    frame = influence(fit).top(NAMED)
    far = frame[frame["moved"].abs() >= MOVES]
    if far.empty:
        return []
    each = "; ".join(
        f"respondent {who} moves {fit.label(str(row['coefficient']))} by {abs(row['moved']):.1f}"
        for who, row in far.iterrows()
    )
    each += " standard errors"
    then = "No reason to exclude them; report results with and without: dce diagnose."
    return [look(SUBJECT, f"{each[0].upper()}{each[1:]}.", then)]
