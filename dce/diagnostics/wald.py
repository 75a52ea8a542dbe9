"""The Wald test of linear restrictions."""

from __future__ import annotations

import numpy as np

from dce.diagnostics.hypothesis_test import HypothesisTest
from dce.diagnostics.linear_restrictions import LinearRestrictions, read_restrictions
from dce.errors import EstimationError
from dce.estimation.fit import Fit
from dce.estimation.newton import solve
from dce.identification import is_singular


def wald(fit: Fit, restrictions: str) -> HypothesisTest:
    """Test linear restrictions with the covariance of the fit.

    Parameters
    ----------
    fit : Fit
    restrictions : str
        Such as ``"clinician = 0, wait = distance"`` or ``"2*wait - distance = 0.5"``. The name of an
        attribute stands for all its levels: ``"mode = 0"`` tests them together.

    Returns
    -------
    HypothesisTest
        Chi-squared; F(q, d) where the intervals of the fit use Student's t with d degrees of
        freedom.

    Raises
    ------
    EstimationError
        If the restrictions cannot be read, contradict or repeat one another, or the covariance
        cannot tell them apart.

    Notes
    -----
    W = (R b - r)' (R V R')^-1 (R b - r), with q restrictions; F = W / q.

    References
    ----------
    Greene (2012), Econometric Analysis, 7th ed., section 14.6.2. For F with d = G - 1 clusters:
    Cameron and Miller (2015), A practitioner's guide to cluster-robust inference, section VI.

    Examples
    --------
    >>> import pandas as pd
    >>> from dce.choices import read_long
    >>> from dce.estimation.fit_mnl import fit_mnl
    >>> frame = pd.DataFrame(
    ...     {"t": [1, 1, 2, 2, 3, 3, 4, 4], "alt": ["a", "b"] * 4, "y": [1, 0, 0, 1, 1, 0, 1, 0],
    ...      "price": [2, 4, 5, 3, 3, 4, 5, 4], "wait": [1, 2, 2, 3, 1, 1, 2, 4]}
    ... )
    >>> choices = read_long(frame, task="t", alternative="alt", chosen="y")
    >>> print(wald(fit_mnl(choices, "price", "classical"), "price = -0.5").sentence)
    Wald test of price = -0.5: chi2(1) = 0.32, p = 0.572: not rejected at 5%.
    """
    return wald_of(fit, read_restrictions(restrictions, fit.coding))


def wald_of(fit: Fit, restrictions: LinearRestrictions, hypothesis: str = "") -> HypothesisTest:
    """Test restrictions that are read already; ``hypothesis`` says what they mean."""
    R, q = restrictions.R, len(restrictions.R)
    V = R @ fit.covariance.to_numpy() @ R.T
    if is_singular(V):
        raise EstimationError(
            f"Wald test of {restrictions}: the covariance ({fit.inference.kind}) has too low a rank to test "
            f"{q} restrictions together; test fewer."
        )
    gap = R @ fit.coefficients.to_numpy() - restrictions.r
    W = float(gap @ solve(V, gap))
    freedom = fit.inference.degrees_of_freedom
    notes = [f"Standard errors: {fit.inference}."]
    if not np.isinf(freedom):
        W /= q
        notes.append(f"F in place of chi-squared, as the intervals of the fit use t({freedom:g}).")
    return HypothesisTest("Wald test", hypothesis or str(restrictions), W, q, float(freedom), tuple(notes))
