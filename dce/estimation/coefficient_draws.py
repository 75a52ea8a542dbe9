"""Draws of the coefficients, for intervals that are percentiles."""

from __future__ import annotations

import numpy as np

from dce.errors import EstimationError
from dce.estimation.fit import Fit
from dce.estimation.ratio_intervals import krinsky_robb_draws
from dce.logit import FloatArray


def coefficient_draws(fit: Fit, method: str, draws: int, seed: int) -> FloatArray | None:
    """Return draws of the coefficients, (D, K), for the methods that need them; else None.

    Raises
    ------
    EstimationError
        If the fit has no replicates for ``"bootstrap"``.
    """
    if method == "krinsky-robb":
        beta = np.asarray(fit.coefficients, dtype=np.float64)
        V = fit.covariance.to_numpy()
        return krinsky_robb_draws(beta, V, draws, seed, fit.inference.degrees_of_freedom)
    if method == "bootstrap":
        if fit.replicates is None or fit.covariance_kind != "bootstrap":
            raise EstimationError(
                f"method: 'bootstrap' needs replicates, and this fit has none (its covariance is "
                f'{fit.covariance_kind}); take fit.with_covariance("bootstrap").'
            )
        return fit.replicates
    return None
