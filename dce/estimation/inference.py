"""How the covariance of estimates was found, and which quantiles its intervals use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.stats import norm, t

from dce.errors import EstimationError, listed
from dce.logit import FloatArray

CovarianceKind = Literal["clustered", "robust", "classical"]


@dataclass(frozen=True)
class Inference:
    """How the covariance of estimates was found.

    Attributes
    ----------
    kind : str
        ``"clustered"``, ``"robust"`` or ``"classical"``.
    clusters : str or None
        The column whose values are the clusters; None where tasks are independent.
    n_clusters : int or None
    degrees_of_freedom : float
        Of Student's t, whose quantiles intervals use; infinite: normal.
    replicates : (R, K) array or None
        Estimates from resampled answers, where the covariance is theirs.
    """

    kind: CovarianceKind
    clusters: str | None = None
    n_clusters: int | None = None
    degrees_of_freedom: float = np.inf
    replicates: FloatArray | None = None

    def quantile(self, level: float) -> float:
        """Return the quantile of a two-sided interval.

        Raises
        ------
        EstimationError
            If the level is not between 0 and 1.
        """
        if np.isinf(self.degrees_of_freedom):
            return normal_quantile(level)
        check_level(level)
        return float(t.isf((1 - level) / 2, self.degrees_of_freedom))

    def p_value(self, z: FloatArray | float) -> FloatArray:
        """Return the two-sided p of estimates over their standard errors."""
        size = np.abs(np.asarray(z, dtype=np.float64))
        if np.isinf(self.degrees_of_freedom):
            return np.asarray(2 * norm.sf(size))
        return np.asarray(2 * t.sf(size, self.degrees_of_freedom))

    def __str__(self) -> str:
        return {
            "clustered": f"clustered by {self.clusters}, with G/(G-1)",
            "robust": "robust (sandwich, tasks independent)",
            "classical": "classical (inverse information)",
        }[self.kind]


def normal_quantile(level: float) -> float:
    """Return the standard normal quantile of a two-sided interval."""
    check_level(level)
    return float(norm.isf((1 - level) / 2))


def check_level(level: float) -> None:
    """Refuse levels of confidence that are not between 0 and 1."""
    if not 0 < level < 1:
        raise EstimationError(f"level: found {level!r}; allowed: between 0 and 1, such as 0.95.")


def check_covariance(covariance: str) -> None:
    """Refuse a kind of covariance that does not exist."""
    if covariance not in get_args(CovarianceKind):
        allowed = listed(get_args(CovarianceKind))
        raise EstimationError(f"covariance: found {covariance!r}; allowed: {allowed}.")
