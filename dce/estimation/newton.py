"""The maximum of the log-likelihood of a multinomial logit, by Newton's method.

Notation as in :mod:`dce.estimation.tasks`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve

from dce.errors import ConvergenceError
from dce.estimation.likelihood import derivatives
from dce.estimation.tasks import Tasks, each_its_own
from dce.logit import FloatArray

CONVERGED = 1e-12
"""Largest squared Newton decrement g'H^-1 g, with weights of mean one: about twice the log-likelihood
still to be gained."""
PRECISE = 1e-22
"""Squared decrement of a step after which information need not be computed again."""
FIRST_GAIN = 1e-2
"""How much smaller the decrement is expected after the first step with the information of a part."""
SLOW = 0.25
"""A smaller gain than this, and the exact information is taken."""
MOST_ITERATIONS = 50
MOST_HALVINGS = 30
LARGE = 4_000_000
"""Numbers in X from which a part of the tasks gives the start, and the information of the first steps."""
PART = 16
"""Which share of large data that part is: one in so many tasks."""


@dataclass(frozen=True)
class Maximum:
    """Where the log-likelihood is largest, and how it was reached.

    Attributes
    ----------
    beta : (K,) array
    log_likelihood : float
    information : (K, K) array
        Minus the Hessian at ``beta``.
    iterations : int
    decrement : float
        The squared Newton decrement at the last step.
    """

    beta: FloatArray
    log_likelihood: float
    information: FloatArray
    iterations: int
    decrement: float


def maximise(tasks: Tasks, near: Maximum | None = None) -> Maximum:
    """Maximise the log-likelihood, from zero or from a maximum that is near.

    The log-likelihood is concave (McFadden 1974), so Newton's step, halved where it overshoots,
    reaches the maximum wherever one exists. On large data the first steps use the information of a part
    of the tasks, which differs little; the last one is exact.

    Raises
    ------
    ConvergenceError
        If it was not reached, with the number of iterations and the decrement.

    References
    ----------
    Boyd and Vandenberghe (2004), Convex Optimization, section 9.5.
    """
    if near is not None:
        return _newton(tasks, near.beta, near.information)
    start, known = np.zeros(tasks.X.shape[-1]), None
    if tasks.which is None and tasks.X.size >= LARGE:
        part = _part(tasks)
        try:
            of_part = _newton(part, start, None)
            start = of_part.beta
            known = of_part.information * (tasks.weights.sum() / part.weights.sum())
        except ConvergenceError:
            pass  # a part can be separated where the whole is not
    return _newton(tasks, start, known)


def _newton(tasks: Tasks, beta: FloatArray, known: FloatArray | None) -> Maximum:
    """Take Newton steps from beta, the first ones with information that is known, if any is."""
    scale = tasks.mean_weight  # so that convergence does not depend on the unit of the weights
    at = derivatives(tasks, beta, information=known is None)
    decrement = np.inf
    for iteration in range(1, MOST_ITERATIONS + 1):
        try:
            step = solve(_either(at.information, known), at.gradient)
        except LinAlgError:
            break
        before, decrement = decrement, float(at.gradient @ step) / scale
        if decrement < CONVERGED and at.information is not None:
            beta = beta + step
            if decrement > PRECISE:
                at = derivatives(tasks, beta, information=True)
            assert at.information is not None
            return Maximum(beta, at.log_likelihood, at.information, iteration, decrement)
        if known is not None:
            gained = decrement / before if iteration > 1 else FIRST_GAIN
            if decrement * gained < PRECISE or gained > SLOW:
                known = None
        # Rounding of the log-likelihood, which is a sum of T terms, hides smaller gains.
        least = at.log_likelihood - 1e-12 * abs(at.log_likelihood)
        for _ in range(MOST_HALVINGS):
            new = derivatives(tasks, beta + step, information=known is None)
            if new.log_likelihood >= least:
                break
            step = step / 2
        else:
            break
        beta, at = beta + step, new
    raise ConvergenceError(
        f"the log-likelihood did not converge: after {iteration} iterations the squared Newton "
        f"decrement is {decrement:.1e}; allowed: below {CONVERGED:.0e}."
    )


def _either(exact: FloatArray | None, known: FloatArray | None) -> FloatArray:
    information = exact if exact is not None else known
    assert information is not None
    return information


def _part(tasks: Tasks) -> Tasks:
    """Return every sixteenth task."""
    chosen, weights = tasks.chosen[::PART], tasks.weights[::PART]
    return each_its_own(tasks.X[::PART], tasks.available[::PART], chosen, weights)


def solve(A: FloatArray, b: FloatArray) -> FloatArray:
    """Solve A x = b for a positive definite A, scaled to a unit diagonal first.

    Raises
    ------
    LinAlgError
        If A is not positive definite.
    """
    d = np.diag(A)
    if not (d > 0).all():
        raise LinAlgError("a diagonal element is not positive")
    scale = 1 / np.sqrt(d)
    factor = cho_factor(A * np.outer(scale, scale), lower=True)
    right = b * scale if b.ndim == 1 else b * scale[:, None]
    x = cho_solve(factor, right)
    return np.asarray(x * scale if b.ndim == 1 else x * scale[:, None], dtype=np.float64)


def inverse(A: FloatArray) -> FloatArray:
    """Return the inverse of a positive definite matrix, symmetric to the last digit."""
    full = solve(A, np.eye(len(A)))
    return (full + full.T) / 2
