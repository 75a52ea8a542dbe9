"""The maximum of the log-likelihood under linear restrictions.

Notation: K coefficients b, q restrictions R b = r; N (K, K - q) spans what they leave free.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import LinAlgError, null_space

from dce.diagnostics.linear_restrictions import LinearRestrictions
from dce.errors import ConvergenceError
from dce.estimation.likelihood import derivatives
from dce.estimation.newton import CONVERGED, MOST_HALVINGS, MOST_ITERATIONS, Maximum, solve
from dce.estimation.tasks import Tasks


def restricted_maximum(tasks: Tasks, restrictions: LinearRestrictions, estimates: ArrayLike) -> Maximum:
    """Maximise the log-likelihood where R b = r, from the estimates without restrictions.

    It exists wherever the maximum without restrictions does, since the log-likelihood is concave.

    Parameters
    ----------
    tasks : Tasks
        Centred.
    restrictions : LinearRestrictions
    estimates : (K,) array
        Without restrictions.

    Raises
    ------
    ConvergenceError
    """
    beta = np.asarray(estimates, dtype=np.float64)
    at = derivatives(tasks, beta, information=True)
    assert at.information is not None
    R, size = restrictions.R, np.sqrt(np.diag(at.information))
    N = null_space(R / size) / size[:, None]
    towards = solve(at.information, R.T)
    beta = beta - towards @ solve(R @ towards, R @ beta - restrictions.r)
    decrement = np.inf
    for iteration in range(1, MOST_ITERATIONS + 1):
        at = derivatives(tasks, beta, information=True)
        assert at.information is not None
        g = N.T @ at.gradient
        try:
            step = N @ solve(N.T @ at.information @ N, g) if N.size else np.zeros(len(beta))
        except LinAlgError:
            break
        decrement = float(at.gradient @ step) / tasks.mean_weight
        if decrement < CONVERGED:
            at = derivatives(tasks, beta + step, information=True)
            assert at.information is not None
            return Maximum(beta + step, at.log_likelihood, at.information, iteration, decrement)
        least = at.log_likelihood - 1e-12 * abs(at.log_likelihood)
        for _ in range(MOST_HALVINGS):
            if derivatives(tasks, beta + step, information=False).log_likelihood >= least:
                break
            step = step / 2
        else:
            break
        beta = beta + step
    raise ConvergenceError(
        f"under {restrictions} the log-likelihood did not converge: the squared Newton decrement is "
        f"{decrement:.1e}; allowed: below {CONVERGED:.0e}."
    )
