"""Fit a multinomial logit to answers."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.coding import Coding
from dce.errors import SeparationError
from dce.estimation.constants_only import constants_only
from dce.estimation.covariance import covariance_of, needed_clusters
from dce.estimation.fit import Fit
from dce.estimation.inference import CovarianceKind, check_covariance
from dce.estimation.maximum import finite_maximum, identified
from dce.estimation.task_names import with_tasks
from dce.estimation.tasks import gather
from dce.estimation.utility import learn_utility


def fit_mnl(
    choices: Choices,
    formula: str | None = None,
    covariance: CovarianceKind = "clustered",
    clusters: str | None = None,
) -> Fit:
    """Fit a multinomial logit by maximum likelihood.

    Parameters
    ----------
    choices : Choices
    formula : str, optional
        Utility, such as ``"clinician + wait + wait:age65 + poly(distance, 2)"``. Default: that of
        the study, every attribute's main effect. The constants that the study declares are part of
        every formula, unless it says ``- constants``.
    covariance : {"clustered", "robust", "classical", "CR2", "CR3"}, optional
        Clustered with G/(G-1), as in Stata; the sandwich with independent tasks; the inverse
        information; or, for few clusters, corrected for their leverage, with quantiles of t with G-1
        degrees of freedom.
    clusters : str, optional
        The column of the answers that says which depend on one another: one value in each task.
        Default: the respondent.

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
    EstimationError
        If there are no clusters, or too few.

    See Also
    --------
    Fit.with_covariance : Other covariances of the same fit, bootstrap and jackknife among them.

    References
    ----------
    Train (2009), Discrete Choice Methods with Simulation, 2nd ed., section 3.7.
    """
    check_covariance(covariance)
    return fit_coded(choices, learn_utility(choices, formula), covariance, clusters)


def fit_coded(
    choices: Choices, coding: Coding, covariance: CovarianceKind, clusters: str | None = None
) -> Fit:
    """Fit a utility whose coding is known: the same for all subgroups, for example."""
    layout = choices.layout
    groups = needed_clusters(choices, covariance, clusters, len(coding.names))
    tasks = gather(coding.rows(choices.frame, choices.columns), layout)
    at_zero = identified(tasks, coding.names)
    try:
        best = finite_maximum(tasks, coding.names, at_zero)
    except SeparationError as error:
        raise with_tasks(error, choices) from None
    V, inference = covariance_of(tasks, best, covariance, groups, coding.names)
    names = list(coding.names)
    return Fit(
        coefficients=pd.Series(best.beta, index=names, name="coefficient"),
        covariance=pd.DataFrame(V, index=names, columns=names),
        inference=inference,
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
