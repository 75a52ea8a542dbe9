"""The maximum of the log-likelihood of a multinomial logit, by Newton's method.

Notation as in :mod:`dce.estimation.tasks`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError
from scipy.linalg.lapack import dposv

from dce.errors import ConvergenceError
from dce.estimation.likelihood import derivatives
from dce.estimation.tasks import Tasks, each_its_own
from dce.logit import FloatArray

CONVERGED = 1e-12
"""Largest squared Newton decrement g'H^-1 g, with weights of mean one: about twice the log-likelihood
still to be gained."""
PRECISE = 1e-24
"""Squared decrement of a step, for each answer, after which information need not be computed again: the
mean square of how much it moves utilities, and about the square of how much it changes information."""
OF_A_PART = 0.1
"""Squared decrement to which the maximum of a part is found, which sampling moves by about K."""
QUICK = 1e-4
"""Ratio of decrements of successive steps up to which information is kept from step to step."""
MOST_ITERATIONS = 50
MOST_HALVINGS = 30
LARGE = 200_000
"""Numbers in X, which then do not fit the cache, from which a part of the tasks gives the start."""
PART = 17
"""One in so many tasks is that part: a prime, so as not to keep step with the tasks of a respondent."""


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
    reaches the maximum wherever one exists. On large data a part of the tasks gives the start and the
    first step, and information is kept for as long as steps with it gain quickly; the last is exact.

    Raises
    ------
    ConvergenceError
        If it was not reached, with the number of iterations and the decrement.

    References
    ----------
    Boyd and Vandenberghe (2004), Convex Optimization, section 9.5.
    """
    if near is not None:
        return _newton(tasks, near.beta, near.information, CONVERGED)
    return _newton(tasks, *_start(tasks), CONVERGED)


def _start(tasks: Tasks) -> tuple[FloatArray, FloatArray | None]:
    """Return where to start, and about what the information there is, if a part of the tasks tells."""
    if tasks.which is None and tasks.X.size >= LARGE:
        part = _part(tasks)
        try:
            found = _newton(part, *_start(part), OF_A_PART)
            return found.beta, found.information * (tasks.weights.sum() / part.weights.sum())
        except ConvergenceError:
            pass  # a part can be separated where the whole is not
    return np.zeros(tasks.X.shape[-1]), None


def _newton(tasks: Tasks, beta: FloatArray, known: FloatArray | None, converged: float) -> Maximum:
    """Take Newton steps from beta, the first one with information that is known, if any is."""
    scale = tasks.mean_weight  # so that convergence does not depend on the unit of the weights
    precise = PRECISE * len(tasks.chosen)
    is_large = tasks.which is None and tasks.X.size >= LARGE
    at = derivatives(tasks, beta, information=known is None)
    decrement = np.inf
    for iteration in range(1, MOST_ITERATIONS + 1):
        exact = at.information is not None
        known = at.information if at.information is not None else known
        assert known is not None
        try:
            step = solve(known, at.gradient)
        except LinAlgError:
            break
        before, decrement = decrement, float(at.gradient @ step) / scale
        if decrement < converged and exact:
            beta = beta + step
            if precise < decrement < CONVERGED:
                at = derivatives(tasks, beta, information=True)
                known = at.information if at.information is not None else known
            return Maximum(beta, at.log_likelihood, known, iteration, decrement)
        gained = decrement / before
        keep = is_large and gained < QUICK and decrement * gained > precise
        # Rounding of the log-likelihood, which is a sum of T terms, hides smaller gains.
        least = at.log_likelihood - 1e-12 * abs(at.log_likelihood)
        for _ in range(MOST_HALVINGS):
            new = derivatives(tasks, beta + step, information=not keep)
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


def _part(tasks: Tasks) -> Tasks:
    X, available = np.ascontiguousarray(tasks.X[::PART]), tasks.available[::PART]
    return each_its_own(X, available, tasks.chosen[::PART], tasks.weights[::PART])


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
    right = (b.T * scale).T
    _, x, info = dposv(A * scale * scale[:, None], right, lower=1)
    if info:
        raise LinAlgError("the matrix is not positive definite")
    return np.asarray((x.T * scale).T, dtype=np.float64)


def inverse(A: FloatArray) -> FloatArray:
    """Return the inverse of a positive definite matrix, symmetric to the last digit."""
    full = solve(A, np.eye(len(A)))
    return (full + full.T) / 2
