"""The likelihood of a logit whose scale differs between groups of tasks, and its maximum.

Notation as in :mod:`dce.estimation.tasks`; besides, M groups and P = K + M - 1 parameters.

theta : (P,) array
    beta (K,), then the log-scale lambda of every group but the first, whose scale is one. Utilities of
    group m are exp(lambda_m) x'beta.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError

from dce.errors import ConvergenceError
from dce.estimation.likelihood import cluster_sums, derivatives, score_products
from dce.estimation.newton import CONVERGED, maximise, solve
from dce.estimation.tasks import Tasks
from dce.logit import FloatArray, IntArray

MOST_ITERATIONS = 100
MOST_HALVINGS = 30
LONGEST = 1.0
"""Largest change of a log-scale in one step."""
LEAST = 1e-2
"""Relative scale from which a group starts whose answers go against the others'."""


@dataclass(frozen=True)
class ScaleDerivatives:
    """At some theta: log-likelihood, gradient (P,), observed and expected information (P, P)."""

    log_likelihood: float
    gradient: FloatArray
    observed: FloatArray
    expected: FloatArray


@dataclass(frozen=True)
class ScaleMaximum:
    """Where the log-likelihood is largest: theta (P,), observed information (P, P), how it was reached."""

    theta: FloatArray
    log_likelihood: float
    information: FloatArray
    iterations: int
    decrement: float


def scale_derivatives(groups: Sequence[Tasks], theta: FloatArray) -> ScaleDerivatives:
    """Return the log-likelihood and its first two derivatives.

    With gamma_m = exp(lambda_m) beta, gradient g_m and information I_m of group m at gamma_m, and
    J_m = d gamma_m / d theta, the gradient is sum_m J_m'g_m, the expected information
    sum_m J_m'I_m J_m, and the observed one is less by what J_m itself changes with theta.
    """
    P = len(theta)
    value, gradient, expected, bend = 0.0, np.zeros(P), np.zeros((P, P)), np.zeros((P, P))
    for m, tasks in enumerate(groups):
        gamma, J = group_coefficients(groups, theta, m)
        at = derivatives(tasks, gamma, information=True)
        assert at.information is not None
        value += at.log_likelihood
        gradient += J.T @ at.gradient
        expected += J.T @ at.information @ J
        if m:
            K, place = len(gamma), len(gamma) + m - 1
            change = np.exp(theta[place]) * at.gradient
            bend[:K, place] += change
            bend[place, :K] += change
            bend[place, place] += float(gamma @ at.gradient)
    return ScaleDerivatives(value, gradient, expected - bend, expected)


def group_coefficients(groups: Sequence[Tasks], theta: FloatArray, m: int) -> tuple[FloatArray, FloatArray]:
    """Return the coefficients gamma (K,) of a group, and their derivatives by theta, (K, P)."""
    K = groups[0].X.shape[-1]
    scale = float(np.exp(theta[K + m - 1])) if m else 1.0
    gamma = scale * theta[:K]
    J = np.zeros((K, len(theta)))
    J[:, :K] = scale * np.eye(K)
    if m:
        J[:, K + m - 1] = gamma
    return gamma, J


def scale_sums(
    groups: Sequence[Tasks], theta: FloatArray, clusters: Sequence[IntArray], G: int
) -> FloatArray:
    """Return the weighted scores of each of G clusters by theta, (G, P); clusters may span groups."""
    sums = np.zeros((G, len(theta)))
    for m, tasks in enumerate(groups):
        gamma, J = group_coefficients(groups, theta, m)
        of_group = cluster_sums(tasks, gamma, clusters[m])
        sums[: len(of_group)] += of_group @ J
    return sums


def scale_products(groups: Sequence[Tasks], theta: FloatArray) -> FloatArray:
    """Return the sum over tasks of the outer products of their weighted scores by theta, (P, P)."""
    products = np.zeros((len(theta), len(theta)))
    for m, tasks in enumerate(groups):
        gamma, J = group_coefficients(groups, theta, m)
        products += J.T @ score_products(tasks, gamma) @ J
    return products


def maximise_scales(groups: Sequence[Tasks], beta: FloatArray) -> ScaleMaximum:
    """Maximise the log-likelihood, from the coefficients of all groups together and from those of each.

    It is concave in beta and in the scales, but not in both, and can have several maxima; the largest
    that was found is returned.

    Raises
    ------
    ConvergenceError
        If none was reached.
    """
    starts = [beta]
    for tasks in groups:
        try:
            starts.append(maximise(tasks).beta)
        except ConvergenceError:
            continue  # a group need not identify all coefficients
    found: list[ScaleMaximum] = []
    failure: ConvergenceError | None = None
    for start in starts:
        try:
            found.append(_newton(groups, _best_scales(groups, start)))
        except ConvergenceError as error:
            failure = failure or error
    if not found:
        assert failure is not None
        raise failure
    return max(found, key=lambda maximum: maximum.log_likelihood)


def along(tasks: Tasks, beta: FloatArray) -> Tasks:
    """Return tasks whose only attribute is the utility x'beta: its coefficient is their scale."""
    utility = (tasks.X @ beta)[..., None]
    return Tasks(utility, tasks.available, tasks.counts, tasks.which, tasks.chosen, tasks.weights)


def _best_scales(groups: Sequence[Tasks], beta: FloatArray) -> FloatArray:
    """Return theta with these coefficients, up to scale, and the scales that suit them best."""
    scales = []
    for tasks in groups:
        try:
            scales.append(float(maximise(along(tasks, beta)).beta[0]))
        except ConvergenceError:
            scales.append(1.0)
    positive = np.maximum(scales, LEAST * max(*scales, LEAST))
    return np.asarray(np.r_[positive[0] * beta, np.log(positive[1:] / positive[0])])


def _newton(groups: Sequence[Tasks], theta: FloatArray) -> ScaleMaximum:
    """Take Newton steps, with the expected information where the observed one is not positive."""
    weights = sum(float(tasks.weights.sum()) for tasks in groups)
    mean_weight = weights / sum(len(tasks.weights) for tasks in groups)
    K = groups[0].X.shape[-1]
    at, decrement = scale_derivatives(groups, theta), np.inf
    for iteration in range(1, MOST_ITERATIONS + 1):
        try:
            step, exact = solve(at.observed, at.gradient), True
        except LinAlgError:
            try:
                step, exact = solve(at.expected, at.gradient), False
            except LinAlgError:
                break
        decrement = float(at.gradient @ step) / mean_weight
        if exact and decrement < CONVERGED:
            theta = theta + step
            at = scale_derivatives(groups, theta)
            return ScaleMaximum(theta, at.log_likelihood, at.observed, iteration, decrement)
        step = step * min(1.0, LONGEST / max(float(np.abs(step[K:]).max()), LONGEST))
        least = at.log_likelihood - 1e-12 * abs(at.log_likelihood)
        for _ in range(MOST_HALVINGS):
            new = scale_derivatives(groups, theta + step)
            if new.log_likelihood >= least:
                break
            step = step / 2
        else:
            break
        theta, at = theta + step, new
    raise ConvergenceError(
        f"the log-likelihood with scales did not converge: after {iteration} iterations the squared "
        f"Newton decrement is {decrement:.1e}; allowed: below {CONVERGED:.0e}."
    )
