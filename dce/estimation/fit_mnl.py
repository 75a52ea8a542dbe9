"""Fit a multinomial logit to answers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.coding import Coding
from dce.estimation.constants_only import constants_only
from dce.estimation.covariance import check_clusters, sandwich
from dce.estimation.fit import Fit
from dce.estimation.inference import CovarianceKind, Inference, check_covariance
from dce.estimation.maximum import finite_maximum, identified
from dce.estimation.tasks import gather
from dce.estimation.utility import learn_utility


def fit_mnl(choices: Choices, formula: str | None = None, covariance: CovarianceKind = "clustered") -> Fit:
    """Fit a multinomial logit by maximum likelihood.

    Parameters
    ----------
    choices : Choices
    formula : str, optional
        Utility, such as ``"clinician + wait + wait:age65 + poly(distance, 2)"``. Default: that of
        the study, every attribute's main effect. The constants that the study declares are part of
        every formula, unless it says ``- constants``.
    covariance : {"clustered", "robust", "classical"}, optional
        Clustered by respondent with G/(G-1), as in Stata; the sandwich with independent tasks; or
        the inverse information.

    Returns
    -------
    Fit

    Raises
    ------
    FormulaError
        If the formula cannot be read or coded.
    ChoicesError
        If a value that the formula uses is missing or not finite.
    IdentificationError
        If coefficients cannot be told apart, with their names.
    SeparationError
        If answers are predicted perfectly, with the names of the coefficients.
    ConvergenceError
        If the maximum is not reached.

    References
    ----------
    Train (2009), Discrete Choice Methods with Simulation, 2nd ed., section 3.7.
    """
    check_covariance(covariance)
    return fit_coded(choices, learn_utility(choices, formula), covariance)


def fit_coded(choices: Choices, coding: Coding, covariance: CovarianceKind) -> Fit:
    """Fit a utility whose coding is known: the same for all subgroups, for example."""
    layout = choices.layout
    if covariance == "clustered":
        respondents = None if layout.respondents is None else int(layout.respondents.max()) + 1
        check_clusters(respondents, len(coding.names))
    tasks = gather(coding.rows(choices.frame), layout)
    at_zero = identified(tasks, coding.names)
    best = finite_maximum(tasks, coding.names, at_zero)
    V = sandwich(tasks, best, covariance, layout.respondents)
    names = list(coding.names)
    return Fit(
        coefficients=pd.Series(best.beta, index=names, name="coefficient"),
        covariance=pd.DataFrame(V, index=names, columns=names),
        inference=_inference(covariance, choices),
        log_likelihood=best.log_likelihood,
        log_likelihood_null=-float(layout.weights @ np.log(layout.available.sum(axis=1))),
        log_likelihood_constants=constants_only(choices),
        n_tasks=choices.n_tasks,
        n_respondents=choices.n_respondents,
        answers=float(layout.weights.sum()),
        coding=coding,
        study=choices.study,
        iterations=best.iterations,
        decrement=best.decrement,
        left_out=dict(choices.left_out),
        source=choices.source,
        choices=choices,
    )


def _inference(covariance: CovarianceKind, choices: Choices) -> Inference:
    if covariance == "clustered":
        return Inference("clustered", "respondent", choices.n_respondents)
    return Inference(covariance)
