"""The neighbourhood of the maximum, from where Newton's full steps lead astray.

Notation as in :mod:`dce.estimation.tasks`.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from dce.estimation.likelihood import Derivatives, derivatives
from dce.estimation.newton import Maximum
from dce.estimation.tasks import Tasks
from dce.logit import FloatArray

SMALL = 1e-9
"""Gradient for a weight of one, by coefficients in units of their information at zero, at which to stop."""
MOST_STEPS = 500


def by_trust_region(tasks: Tasks, at_zero: FloatArray) -> Maximum:
    """Come near the maximum by steps that stay where their model of the log-likelihood holds.

    Slower than Newton's method and in need of its last steps, but it finds maxima that are far away, where
    the log-likelihood is all but flat: answers that only a few of little weight keep from being separated.

    Parameters
    ----------
    tasks : Tasks
    at_zero : (K, K) array
        Information at zero coefficients.

    References
    ----------
    Conn, Gould and Toint (2000), Trust Region Methods, section 7.3.
    """
    total = float(tasks.totals.sum())
    unit = np.sqrt(total / np.diag(at_zero))

    def at(z: FloatArray) -> Derivatives:
        return derivatives(tasks, z * unit, information=True)

    def value(z: FloatArray) -> float:
        return -at(z).log_likelihood / tasks.mean_weight

    def slope(z: FloatArray) -> FloatArray:
        return np.asarray(-at(z).gradient * unit / tasks.mean_weight)

    def curvature(z: FloatArray) -> FloatArray:
        return np.asarray(_information(at(z)) * np.outer(unit, unit) / tasks.mean_weight)

    found = minimize(
        value,
        np.zeros(len(at_zero)),
        jac=slope,
        hess=curvature,
        method="trust-exact",
        options={"gtol": SMALL, "maxiter": MOST_STEPS},
    )
    beta = np.asarray(found.x * unit, dtype=np.float64)
    there = at(found.x)
    return Maximum(beta, there.log_likelihood, _information(there), int(found.nit), np.inf)


def _information(at: Derivatives) -> FloatArray:
    assert at.information is not None
    return at.information
