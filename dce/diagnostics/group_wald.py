"""The Wald test of differences between groups, some of which may be small.

q differences d with covariance V, to which group g of G_g clusters contributes V_g.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from dce.diagnostics.hypothesis_test import HypothesisTest
from dce.estimation.newton import solve
from dce.identification import is_singular
from dce.logit import FloatArray


def group_wald(
    d: FloatArray,
    V: FloatArray,
    parts: Sequence[FloatArray],
    clusters: Sequence[int],
    hypothesis: str,
    notes: tuple[str, ...] = (),
) -> HypothesisTest:
    """Test that differences are zero, with F where their covariance is of clusters.

    Parameters
    ----------
    d : (q,) array
    V : (q, q) array
    parts : sequence of (q, q) arrays
        What each group contributes to V, up to a factor; none where V is not of clusters.
    clusters : sequence of int
        Clusters of each group.
    hypothesis : str
    notes : tuple of str, optional

    Returns
    -------
    HypothesisTest
        Chi-squared without parts; not defined where V is singular, or the clusters are too few.

    Notes
    -----
    With W = d' V^-1 d and eta degrees of freedom of V, W (eta - q + 1) / (eta q) is approximately
    F(q, eta - q + 1), as Hotelling's T-squared. Matching the variance of V's elements with those of a
    Wishart matrix, eta = q (q + 1) / sum_g [tr(M_g)^2 + tr(M_g^2)] / (G_g - 1), where M_g is V_g
    standardised by their sum. With q = 1 these are the degrees of freedom of Welch's t-test. A chi-squared
    test of nine coefficients with 20 people in the smaller group rejects what is true in 3 of 10 studies.

    References
    ----------
    Pustejovsky and Tipton (2018), Small-sample methods for cluster-robust variance estimation and
    hypothesis testing in fixed effects models, Journal of Business and Economic Statistics 36:672,
    section 3.2 (AHT). Zhang (2012), An approximate Hotelling T2-test for heteroscedastic one-way
    MANOVA, Open Journal of Statistics 2:1.
    """
    q = len(d)
    if is_singular(V):
        why = f"{hypothesis}: the covariance has too low a rank for this Wald test."
        return HypothesisTest("Wald test", hypothesis, np.nan, q, notes=(*notes, why))
    W = float(d @ solve(V, d))
    if not parts:
        return HypothesisTest("Wald test", hypothesis, W, q, notes=notes)
    eta = freedom(parts, clusters)
    if eta - q + 1 <= 0:
        why = f"{hypothesis}: {q} differences are too many for a Wald test with clusters this few."
        return HypothesisTest("Wald test", hypothesis, np.nan, q, notes=(*notes, why))
    F = W * (eta - q + 1) / (eta * q)
    return HypothesisTest("Wald test", hypothesis, F, q, eta - q + 1, notes)


def freedom(parts: Sequence[FloatArray], clusters: Sequence[int]) -> float:
    """Return eta, the degrees of freedom of a covariance that is the sum of parts (q, q)."""
    whole = np.sum(parts, axis=0)
    q = len(whole)
    if is_singular(whole):
        return 0.0
    L = cholesky(whole, lower=True)
    total = 0.0
    for part, count in zip(parts, clusters, strict=True):
        M = solve_triangular(L, solve_triangular(L, part, lower=True).T, lower=True)
        total += (np.trace(M) ** 2 + np.sum(M * M.T)) / max(count - 1, 1)
    return float(q * (q + 1) / total)
