"""How the covariance of estimates was found, and which quantiles its intervals use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from scipy.stats import norm, t

from dce.errors import EstimationError, listed
from dce.logit import FloatArray

CovarianceKind = Literal["clustered", "robust", "classical", "CR2", "CR3"]
"""Covariances that the scores of one fit give."""
ResampledKind = Literal["bootstrap", "jackknife"]
"""Covariances that need many fits."""
InferenceKind = Literal[CovarianceKind, ResampledKind]
LARGE_SAMPLE: tuple[CovarianceKind, ...] = ("clustered", "robust", "classical")
"""Covariances whose intervals use the normal distribution."""


@dataclass(frozen=True)
class Inference:
    """How the covariance of estimates was found.

    Attributes
    ----------
    kind : str
        ``"clustered"``, ``"robust"``, ``"classical"``, ``"CR2"``, ``"CR3"``, ``"bootstrap"`` or
        ``"jackknife"``.
    clusters : str or None
        The column whose values are the clusters; None where tasks are independent.
    n_clusters : int or None
    degrees_of_freedom : float
        Of Student's t, whose quantiles intervals use; infinite: normal.
    replicates : (R, K) array or None
        Estimates from resampled answers, where the covariance is theirs.
    divided : int
        Respondents whose answers are in more than one cluster.
    few : dict of str to int
        Coefficients that fewer than ten clusters tell, with the number of these clusters.
    seed : int or None
        Of the resampling.
    failures : dict of str to int
        Resamples without estimates, by reason.
    """

    kind: InferenceKind
    clusters: str | None = None
    n_clusters: int | None = None
    degrees_of_freedom: float = np.inf
    replicates: FloatArray | None = field(default=None, compare=False)
    divided: int = 0
    few: Mapping[str, int] = field(default_factory=dict)
    seed: int | None = None
    failures: Mapping[str, int] = field(default_factory=dict)

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
        by, df = self._by(), f"t with {self.degrees_of_freedom:,.0f} degrees of freedom"
        text = {
            "clustered": f"clustered by {by}, with G/(G-1)",
            "robust": "robust (sandwich, tasks independent)",
            "classical": "classical (inverse information)",
            "CR2": f"CR2, clustered by {by}; {df}",
            "CR3": f"CR3, clustered by {by}; {df}",
            "bootstrap": f"bootstrap by {by}, {self._replicates()}",
            "jackknife": f"jackknife by {by}; {df}",
        }[self.kind]
        if self.divided:
            who = "1 respondent" if self.divided == 1 else f"{self.divided:,d} respondents"
            text += f". Caution: the answers of {who} are in more than one cluster"
        for name, count in self.few.items():
            text += f". Caution: {name} is told by {count} clusters only, so that its error may be too small"
        return text

    def _by(self) -> str:
        if self.clusters == "respondent" or self.n_clusters is None:
            return str(self.clusters)
        return f"{self.clusters} ({self.n_clusters:,d} clusters)"

    def _replicates(self) -> str:
        found = 0 if self.replicates is None else len(self.replicates)
        without = ", ".join(f"{n:,d} {why}" for why, n in self.failures.items() if n)
        return f"{found:,d} replicates, seed {self.seed}" + (f"; left out: {without}" if without else "")


def normal_quantile(level: float) -> float:
    """Return the standard normal quantile of a two-sided interval."""
    check_level(level)
    return float(norm.isf((1 - level) / 2))


def check_level(level: float) -> None:
    """Refuse levels of confidence that are not between 0 and 1."""
    if not 0 < level < 1:
        raise EstimationError(f"level: found {level!r}; allowed: between 0 and 1, such as 0.95.")


def check_covariance(covariance: str, allowed: Sequence[str] = get_args(CovarianceKind)) -> None:
    """Refuse a kind of covariance that does not exist, or is not allowed here."""
    if covariance in allowed:
        return
    resampled = covariance in get_args(ResampledKind)
    cure = f" Resample a fit: fit.with_covariance({covariance!r})." if resampled else ""
    raise EstimationError(f"covariance: found {covariance!r}; allowed: {listed(allowed)}.{cure}")
