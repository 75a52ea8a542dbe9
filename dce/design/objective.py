"""What a search makes as small as it can: a criterion, averaged over draws and over utilities.

Notation as in :mod:`dce.design.update`: R draws, K coefficients, I combinations f of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from dce.design.services import CodedServices
from dce.design.update import half_rows
from dce.logit import FloatArray, IntArray

Summary = Literal["determinant", "mean", "largest"]


@dataclass(frozen=True)
class Part:
    """The criterion for one utility.

    Attributes
    ----------
    coded : CodedServices
    weights : (R,) array
        Of the draws; their sum is one.
    summary : str
        ``"determinant"``: det(information)^(-1/K); with nuisance coefficients, the determinant of
        the other coefficients' covariance to the power 1/K. ``"mean"`` or ``"largest"``: of the
        variances f'Af.
    nuisance : (N,) integer array
        Coefficients that are estimated, but do not count.
    F : (R, I, K) array or None
    share : float
        Weight of this utility among all.
    """

    coded: CodedServices
    weights: FloatArray
    summary: Summary
    nuisance: IntArray
    F: FloatArray | None
    share: float = 1.0

    @property
    def counted(self) -> int:
        """Number of coefficients that count."""
        return len(self.coded.columns) - len(self.nuisance)

    def rows(self, p: IntArray) -> FloatArray:
        """Return half information (C, R, ..., J - 1, K) of tasks p (C, ..., J)."""
        return half_rows(*self.coded.code(p))

    def value(
        self, log_det: FloatArray, log_det_nuisance: FloatArray, variances: FloatArray | None
    ) -> FloatArray:
        """Return the criterion averaged over draws, (C, ...); infinite where a draw is singular.

        Parameters
        ----------
        log_det, log_det_nuisance : (C, R, ...) arrays
        variances : (C, R, ..., I) array or None
        """
        singular = np.isneginf(log_det)
        if variances is None:
            each = np.exp(-np.where(singular, -np.inf, log_det - log_det_nuisance) / self.counted)
        else:
            each = variances.mean(axis=-1) if self.summary == "mean" else variances.max(axis=-1)
            each = np.where(singular, np.inf, each)
        if len(self.weights) == 1:
            return np.asarray(each[:, 0])
        return np.asarray(np.tensordot(self.weights, each, axes=(0, 1)))


@dataclass(frozen=True)
class Objective:
    """The weighted sum of the criteria of some utilities."""

    parts: tuple[Part, ...]

    def value(self, values: list[FloatArray]) -> FloatArray:
        """Return the weighted sum of the values of the parts."""
        return np.asarray(sum(part.share * value for part, value in zip(self.parts, values, strict=True)))

    def score(self, values: list[FloatArray]) -> FloatArray:
        """Return what a search maximises: -K log of the objective, the log-determinant for D."""
        with np.errstate(divide="ignore"):
            return np.asarray(-self.parts[0].counted * np.log(self.value(values)))
