"""Whether groups differ in tastes, or only in scale.

Notation: M groups, K coefficients; b_g the estimates of group g alone, V_g their covariance; b and the
log-scales l_g those of all groups with one set of tastes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import least_squares

from dce.choices import Choices
from dce.diagnostics.hypothesis_test import SIGNIFICANT, HypothesisTest, HypothesisTests
from dce.errors import ConvergenceError, EstimationError, quoted
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_coded
from dce.estimation.fit_scales import fit_scales
from dce.estimation.inference import CovarianceKind
from dce.estimation.scale_fit import ScaleFit
from dce.logit import FloatArray
from dce.table import Table

TASTES = "equal tastes, any scales"
SCALES = "equal scales, if tastes are"
BOTH = "equal tastes and scales"


@dataclass(frozen=True)
class SwaitLouviere:
    """The tests of Swait and Louviere, and the fits behind them. Printing it shows them.

    Attributes
    ----------
    by : str
    fits : dict of str to Fit
        Each group alone.
    scaled : ScaleFit
        All groups with one set of tastes and a scale each.
    tests : HypothesisTests
        Equal tastes; equal scales, if tastes are equal; both: each by likelihood ratio and with the
        covariance of the fits.
    """

    by: str
    fits: Mapping[str, Fit]
    scaled: ScaleFit
    tests: HypothesisTests

    @property
    def tastes(self) -> HypothesisTest:
        """That tastes are equal, up to scale, by likelihood ratio."""
        return self.tests.tests[0]

    @property
    def scales(self) -> HypothesisTest:
        """That scales are equal, if tastes are, by likelihood ratio."""
        return self.tests.tests[2]

    @property
    def statistic(self) -> float:
        """Of the likelihood ratio test that tastes are equal, up to scale."""
        return self.tastes.statistic

    @property
    def degrees_of_freedom(self) -> int:
        """Of the same test."""
        return self.tastes.degrees_of_freedom

    @property
    def p(self) -> float:
        """Of the same test."""
        return self.tastes.p

    @property
    def frame(self) -> pd.DataFrame:
        """One row per test."""
        return self.tests.frame

    @property
    def sentence(self) -> str:
        """What follows, as a paper writes it."""
        found = f"Equal tastes up to scale: {self.tastes.verdict}"
        if self.tastes.p <= SIGNIFICANT:
            return f"{found}; so tastes differ by {self.by}, and scales cannot be compared."
        return f"{found}. Equal scales: {self.scales.verdict}."

    def table(self) -> Table:
        """Return the tests, with the scales below."""
        table = self.tests.table()
        return replace(table, notes=(self.sentence, *self._scales(), *table.notes))

    def _scales(self) -> list[str]:
        scales = self.scaled.scales()
        first, *others = scales.index
        return [
            f"Scale of {name} relative to {first}: {scales.loc[name, 'scale']:.3f} (95% interval "
            f"{scales.loc[name, 'low']:.3f} to {scales.loc[name, 'high']:.3f})."
            for name in others
        ]

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def swait_louviere(
    choices: Choices, by: str, formula: str | None = None, covariance: CovarianceKind = "clustered"
) -> SwaitLouviere:
    """Test whether groups of respondents have the same tastes, and then the same scale.

    Parameters
    ----------
    choices : Choices
    by : str
        The characteristic that divides the respondents, each into one group.
    formula, covariance
        As for :func:`dce.fit_mnl`.

    Returns
    -------
    SwaitLouviere

    Raises
    ------
    ChoicesError
        If there is no such characteristic, or it differs within a respondent.
    EstimationError
        If there is one coefficient only, or a group cannot be estimated, with its name.

    Notes
    -----
    Likelihood ratios: equal tastes, (K-1)(M-1) degrees of freedom, because of M K coefficients K and M-1
    scales are left; equal scales, M-1; both, K(M-1). They take all answers as independent. Beside each
    stands a test that uses the covariance: of tastes, the least sum over groups of
    (b_g - exp(l_g) b)' V_g^-1 (b_g - exp(l_g) b) (minimum distance); of both, the same without scales; of
    scales, Wald.

    References
    ----------
    Swait and Louviere (1993), The role of the scale parameter in the estimation and comparison of
    multinomial logit models, Journal of Marketing Research 30:305. Minimum distance: Greene (2012),
    Econometric Analysis, 7th ed., section 13.3.
    """
    scaled = fit_scales(choices, by, formula, covariance)
    known = scaled.equal.choices
    _check_divides(known, by)
    K, M = len(scaled.equal.coding.names), len(scaled.groups)
    if K < 2:
        raise EstimationError(
            "Swait-Louviere: with one coefficient tastes and scale are one; allowed: two or more."
        )
    fits = {}
    for group in scaled.groups.index:
        try:
            fits[str(group)] = fit_coded(known.of(by, group), scaled.equal.coding, covariance)
        except EstimationError as error:
            raise type(error)(f"{by} = {group}: {error}") from error
    alone = sum(fit.log_likelihood for fit in fits.values())
    equal = scaled.equal.log_likelihood
    kind = f"minimum distance, {covariance}"
    note = (
        f"Log-likelihood of the groups alone {alone:.3f}; with equal tastes {scaled.log_likelihood:.3f}; "
        f"with equal scales too {equal:.3f}."
    )
    tests = (
        _ratio(TASTES, alone - scaled.log_likelihood, (K - 1) * (M - 1)),
        HypothesisTest(kind, TASTES, _distance(list(fits.values()), scaled), (K - 1) * (M - 1)),
        _ratio(SCALES, scaled.log_likelihood - equal, M - 1),
        _wald(scaled, f"Wald, {covariance}"),
        _ratio(BOTH, alone - equal, K * (M - 1)),
        HypothesisTest(kind, BOTH, _distance(list(fits.values()), None), K * (M - 1)),
    )
    caution = ("The likelihood ratio takes all answers as independent, also those of one respondent.",)
    notes = (note, *(caution if covariance not in ("classical", "robust") else ()))
    return SwaitLouviere(by, fits, scaled, HypothesisTests(f"Tastes and scale by {by}", tests, notes))


def _ratio(hypothesis: str, gain: float, q: int) -> HypothesisTest:
    return HypothesisTest("likelihood ratio", hypothesis, max(0.0, 2 * gain), q)


def _wald(scaled: ScaleFit, name: str) -> HypothesisTest:
    q, freedom = len(scaled.groups) - 1, scaled.inference.degrees_of_freedom
    W = float(scaled.tests()["statistic"].iloc[1])
    return HypothesisTest(name, SCALES, W if np.isinf(freedom) else W / q, q, float(freedom))


def _check_divides(choices: Choices, by: str) -> None:
    if "respondent" not in choices.frame:
        return
    groups = choices.frame.groupby("respondent", sort=False)[by].nunique()
    if (groups > 1).any():
        raise EstimationError(
            f"Swait-Louviere: {by!r} differs within respondent {quoted(groups.index[groups > 1][0])}; "
            "allowed: one value each, so that the groups are independent."
        )


def _distance(fits: list[Fit], scaled: ScaleFit | None) -> float:
    """Return the least distance of the groups' estimates from equal tastes, with scales or without."""
    estimates = [np.asarray(fit.coefficients, dtype=np.float64) for fit in fits]
    roots = [cholesky(fit.covariance.to_numpy(dtype=np.float64), lower=True) for fit in fits]
    K = len(estimates[0])

    def gaps(theta: FloatArray) -> FloatArray:
        scales = np.exp(np.r_[0.0, theta[K:], np.zeros(len(fits) - 1 - len(theta[K:]))])
        each = zip(estimates, roots, scales, strict=True)
        return np.concatenate(
            [solve_triangular(root, b - scale * theta[:K], lower=True) for b, root, scale in each]
        )

    start = np.mean(estimates, axis=0) if scaled is None else scaled.coefficients.to_numpy(dtype=np.float64)
    size = np.sqrt(np.diag(fits[0].covariance.to_numpy()))
    x_scale = np.r_[size, np.full(len(start) - K, 0.1)]
    found = least_squares(gaps, start, x_scale=x_scale, xtol=1e-12, ftol=1e-12, gtol=1e-12, max_nfev=500)
    if not found.success:
        raise ConvergenceError(f"minimum distance of the groups: {found.message}")
    return 2 * float(found.cost)
