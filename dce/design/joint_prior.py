"""The priors of all coefficients together, and where they may come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.linalg import eigh

from dce.errors import DesignError, StudyError, listed, quoted
from dce.logit import FloatArray
from dce.prior import Prior
from dce.study import Study

ASYMMETRIC = 1e-8
"""Largest difference between the two halves of a covariance matrix, relative to the variances."""
NEGATIVE = 1e-10
"""Size of a negative eigenvalue of a correlation matrix that is taken for rounding."""
NO_SPREAD = 1e-12
"""Largest eigenvalue of a correlation matrix that counts as zero: a direction without spread."""


@runtime_checkable
class PilotFit(Protocol):
    """What a fit must have to be a prior: estimates and their covariance."""

    @property
    def coefficients(self) -> pd.Series[float]:
        """Estimates by name."""

    @property
    def covariance(self) -> pd.DataFrame | npt.NDArray[np.float64]:
        """Their covariance, with the same names, or an array in the same order."""


@dataclass(frozen=True, eq=False)
class JointPrior:
    """A distribution over all K coefficients, driven by d independent standard normals.

    Coefficient k is ``priors[k].at(e @ factor[k])``: its own prior, at a standard normal that is a
    mixture of the independent ones. Priors that are all normal give a multivariate normal.

    Attributes
    ----------
    names : tuple of str
    priors : tuple of Prior
    factor : (K, d) array
        Rows of length one; zero for coefficients taken as known.
    """

    names: tuple[str, ...]
    priors: tuple[Prior, ...]
    factor: FloatArray

    @property
    def dimensions(self) -> int:
        """Number d of independent normals; 0 where every coefficient is taken as known."""
        return int(self.factor.shape[1])

    @property
    def means(self) -> FloatArray:
        """Mean of every coefficient, shape (K,)."""
        return np.array([prior.mean for prior in self.priors], dtype=np.float64)

    def at(self, e: FloatArray) -> FloatArray:
        """Return the coefficients at independent standard normals e, (R, d); shape (R, K)."""
        Z = e @ self.factor.T
        return np.column_stack([prior.at(Z[:, k]) for k, prior in enumerate(self.priors)])


def joint_prior(study: Study, prior: Mapping[str, Prior | float] | PilotFit | None = None) -> JointPrior:
    """Return the priors of a study, or other priors of its coefficients, together.

    Parameters
    ----------
    study : Study
    prior : mapping, or fit, optional
        Priors by coefficient, taken as independent; or the estimates and covariance of a pilot,
        taken as a multivariate normal. Default: the study's priors; all zero where it has none.

    Raises
    ------
    DesignError
        If names differ from the study's coefficients, or the covariance is not one.
    """
    names = study.coefficients
    if prior is None:
        prior = study.priors or dict.fromkeys(names, 0.0)
    if isinstance(prior, Mapping):
        check_names(list(prior), names)
        return _independent(names, [_prior(name, prior[name]) for name in names])
    if isinstance(prior, PilotFit):
        return _of_fit(names, prior)
    raise DesignError(
        f"prior: found {type(prior).__name__}; allowed: a mapping of coefficients to priors, a fit, or "
        "a DataFrame of draws with a column per coefficient."
    )


def check_names(found: Sequence[object], names: Sequence[str]) -> None:
    """Refuse names that are not exactly the coefficients of the study.

    Raises
    ------
    DesignError
        Naming those that are missing, unknown or double.
    """
    faults: dict[str, list[object]] = {
        "missing": [name for name in names if name not in found],
        "not in the utility": [name for name in found if name not in names],
        "there twice": [name for k, name in enumerate(found) if name in found[:k]],
    }
    if any(faults.values()):
        said = "; ".join(f"{listed(those, 40)} is {fault}" for fault, those in faults.items() if those)
        raise DesignError(f"prior: {said}; allowed: the study's coefficients, {listed(names, 40)}.")


def _prior(name: str, value: Prior | float) -> Prior:
    try:
        return value if isinstance(value, Prior) else Prior(value)
    except StudyError as error:
        raise DesignError(f"prior, {name!r}: {error}") from None


def _independent(names: Sequence[str], priors: Sequence[Prior]) -> JointPrior:
    uncertain = [not prior.is_fixed for prior in priors]
    return JointPrior(tuple(names), tuple(priors), np.eye(len(names))[:, uncertain])


def _of_fit(names: Sequence[str], fit: PilotFit) -> JointPrior:
    check_names(list(fit.coefficients.index), names)
    covariance = fit.covariance
    if not isinstance(covariance, pd.DataFrame):
        shape = (len(names), len(names))
        if np.shape(covariance) != shape:
            raise DesignError(f"prior, covariance: found shape {np.shape(covariance)}; allowed: {shape}.")
        covariance = pd.DataFrame(covariance, fit.coefficients.index, fit.coefficients.index)
    check_names(list(covariance.index), names)
    check_names(list(covariance.columns), names)
    C = covariance.loc[list(names), list(names)].to_numpy(dtype=np.float64)
    factor = _correlated(C, names)
    means = [_prior(name, fit.coefficients[name]).mean for name in names]
    sds = np.sqrt(np.diag(C))
    priors = tuple(Prior(mean, sd) for mean, sd in zip(means, sds, strict=True))
    return JointPrior(tuple(names), priors, factor)


def _correlated(C: FloatArray, names: Sequence[str]) -> FloatArray:
    """Return the factor F of the correlations, FF', of a covariance matrix; check that it is one."""
    if not np.isfinite(C).all():
        culprits = [name for name, row in zip(names, C, strict=True) if not np.isfinite(row).all()]
        raise DesignError(f"prior, covariance: {listed(culprits)} is not finite; allowed: finite numbers.")
    variance = np.diag(C)
    if (variance < 0).any():
        k = int(variance.argmin())
        found = f"the variance of {names[k]!r} is {quoted(variance[k])}"
        raise DesignError(f"prior, covariance: {found}; allowed: zero or more.")
    sd = np.sqrt(variance)
    scale = np.where(sd > 0, sd, 1.0)
    correlations = C / np.outer(scale, scale)
    apart = np.abs(correlations - correlations.T)
    if apart.max() > ASYMMETRIC:
        i, k = divmod(int(apart.argmax()), len(C))
        raise DesignError(
            f"prior, covariance: of {names[i]!r} with {names[k]!r} it is {quoted(C[i, k])}, the other way "
            f"round {quoted(C[k, i])}; allowed: a symmetric matrix."
        )
    values, vectors = eigh((correlations + correlations.T) / 2)
    if values[0] < -NEGATIVE:
        raise DesignError(
            f"prior, covariance: the smallest eigenvalue of the correlations is {values[0]:.3g}; allowed: "
            "zero or more, as in every covariance matrix."
        )
    # The largest spread comes first, where quasi-random draws are most even; each sign is fixed.
    kept = np.flatnonzero(values > NO_SPREAD)[::-1]
    factor = vectors[:, kept] * np.sqrt(values[kept])
    sign = np.sign(np.take_along_axis(factor, np.abs(factor).argmax(axis=0)[None], axis=0))
    return np.asarray(factor * sign)
