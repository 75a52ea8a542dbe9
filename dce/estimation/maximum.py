"""The maximum of the log-likelihood, where the answers identify it and it is finite."""

from __future__ import annotations

import numpy as np

from dce.errors import ConvergenceError, IdentificationError, listed
from dce.estimation.likelihood import centred_information
from dce.estimation.newton import Maximum, maximise
from dce.estimation.separation import check_separated, may_be_separated
from dce.estimation.tasks import Tasks
from dce.estimation.trust_region import by_trust_region
from dce.identification import check_information
from dce.logit import FloatArray

SMALLEST = 1e-300
"""Sum of squares of a column below which digits are lost."""


def identified(tasks: Tasks, names: tuple[str, ...]) -> FloatArray:
    """Centre the tasks, and return the information at zero coefficients, which identifies them."""
    with np.errstate(over="ignore"):
        size, at_zero = centred_information(tasks)
    extreme = ~np.isfinite(size) | ((size > 0) & (size < SMALLEST))
    if extreme.any():
        culprits = [name for name, wrong in zip(names, extreme, strict=True) if wrong]
        raise IdentificationError(
            f"{listed(culprits, 20)}: squares of its values are too large or too small for a computer; take "
            "another unit."
        )
    check_information(at_zero, size, names)
    return at_zero


def finite_maximum(tasks: Tasks, names: tuple[str, ...], at_zero: FloatArray) -> Maximum:
    """Maximise the log-likelihood, and refuse answers that are predicted perfectly.

    ``at_zero`` (K, K) is the information at zero coefficients.

    Raises
    ------
    SeparationError
        If the maximum is at infinity, with the names of the coefficients.
    ConvergenceError
        If it is finite, but was not reached.
    """
    try:
        best = maximise(tasks)
    except ConvergenceError:
        check_separated(tasks, names)
        best = maximise(tasks, by_trust_region(tasks, at_zero))
    if may_be_separated(at_zero, best.information):
        check_separated(tasks, names)
    return best
