"""The score (Lagrange multiplier) test: it needs the estimates under the hypothesis only.

Notation: K coefficients of the larger model, q restrictions R b = r; s (K,) the gradient of the
log-likelihood at the estimates under the hypothesis, A (K, K) minus the Hessian there, B (K, K) the
sum of the outer products of the scores of tasks or clusters.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

import numpy as np
from scipy.linalg import null_space

from dce.diagnostics.hypothesis_test import HypothesisTest
from dce.diagnostics.linear_restrictions import read_restrictions
from dce.diagnostics.nesting import nesting
from dce.diagnostics.restricted import restricted_maximum
from dce.errors import EstimationError, quoted
from dce.estimation.clusters import find_clusters
from dce.estimation.covariance import check_clusters
from dce.estimation.fit import Fit
from dce.estimation.likelihood import cluster_sums, derivatives, score_products
from dce.estimation.maximum import identified
from dce.estimation.newton import solve
from dce.estimation.tasks import Tasks, gather
from dce.estimation.utility import learn_utility
from dce.identification import is_singular
from dce.logit import FloatArray

ScoreCovariance = Literal["clustered", "robust", "classical"]


def score_test(fit: Fit, hypothesis: str, covariance: ScoreCovariance | None = None) -> HypothesisTest:
    """Test a model against a larger one by the gradient of the larger one's log-likelihood.

    Parameters
    ----------
    fit : Fit
    hypothesis : str
        A formula: that of a larger model, which need not be estimated; the hypothesis is that the
        fit is enough. Or, with ``=``, linear restrictions on the fit, as for :func:`dce.wald`.
    covariance : {"clustered", "robust", "classical"}, optional
        Of the scores. Default: clustered if the covariance of the fit is by clusters, else that of
        the fit.

    Returns
    -------
    HypothesisTest
        Chi-squared.

    Raises
    ------
    EstimationError
        If the formula is not that of a larger model, or clusters are too few for so many
        restrictions.

    Notes
    -----
    Classical: s' A^-1 s. Robust and clustered: with H = R A^-1, (H s)' (H B H')^-1 (H s); B of
    clusters is multiplied by G/(G-1).

    References
    ----------
    Greene (2012), Econometric Analysis, 7th ed., section 14.6.3; Boos (1992), On generalized score
    tests, The American Statistician 46:327.
    """
    kind = covariance or _kind(fit)
    if kind not in get_args(ScoreCovariance):
        raise EstimationError(
            f"covariance: found {quoted(kind)}; allowed: 'clustered', 'robust', 'classical'."
        )
    if _has_equals_sign(hypothesis):
        restrictions = read_restrictions(hypothesis, fit.coding)
        tasks, R = fit.tasks, restrictions.R
        beta = restricted_maximum(tasks, restrictions, fit.coefficients).beta
        words = str(restrictions)
    else:
        tasks, R, beta, words = _larger(fit, hypothesis)
    at = derivatives(tasks, beta, information=True)
    assert at.information is not None
    if kind == "classical":
        statistic = float(at.gradient @ solve(at.information, at.gradient))
        return HypothesisTest("Score test", words, statistic, len(R), notes=("Scores: classical.",))
    B, note = _products(fit, tasks, beta, kind)
    H = solve(at.information, R.T).T
    V, gap = H @ B @ H.T, H @ at.gradient
    if is_singular(V):
        raise EstimationError(
            f"score test of {words}: the scores are too few for {len(R)} restrictions; test fewer."
        )
    return HypothesisTest("Score test", words, float(gap @ solve(V, gap)), len(R), notes=(note,))


def _kind(fit: Fit) -> ScoreCovariance:
    kind = str(fit.inference.kind)
    if fit.inference.clusters is not None:
        return "clustered"
    return "classical" if kind == "classical" else "robust"


def _products(fit: Fit, tasks: Tasks, beta: FloatArray, kind: ScoreCovariance) -> tuple[FloatArray, str]:
    if kind == "robust":
        return score_products(tasks, beta), "Scores: robust (tasks independent)."
    clusters = find_clusters(fit.choices, fit.inference.clusters)
    check_clusters(clusters.count, 1, clusters.column)
    sums = cluster_sums(tasks, beta, clusters.numbers)
    G = clusters.count
    return sums.T @ sums * (G / (G - 1)), f"Scores: clustered by {clusters.column}, with G/(G-1)."


def _larger(fit: Fit, formula: str) -> tuple[Tasks, FloatArray, FloatArray, str]:
    """Return the larger model's tasks, the restrictions that make it the fit, and its estimates then."""
    coding = learn_utility(fit.choices, formula)
    tasks = gather(coding.rows(fit.choices.frame), fit.choices.layout)
    size = np.sqrt(np.diag(identified(tasks, coding.names)))
    M = nesting(fit.choices, coding, fit.coding)
    if M is None or len(coding.names) <= len(fit.coding.names):
        raise EstimationError(
            f"score test: {formula!r} is not a larger model than {fit.coding.formula!r}; allowed: a formula "
            "with all its terms and more, or restrictions such as 'wait = 0'."
        )
    R = null_space((M * size[:, None]).T).T * size
    more = [name for name in coding.names if name not in fit.coding.names]
    added = len(more) == len(R)
    words = ", ".join(f"{name} = 0" for name in more) if added else f"'{fit.coding.formula}' in '{formula}'"
    return tasks, R, M @ fit.coefficients.to_numpy(), words


def _has_equals_sign(text: str) -> bool:
    """Whether there is an = outside brackets and quotes."""
    bare = re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"", "", text)
    while (fewer := re.sub(r"\([^()\[\]]*\)|\[[^()\[\]]*\]", "", bare)) != bare:
        bare = fewer
    return "=" in bare
