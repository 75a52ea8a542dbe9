"""A fit whose constants were set so that known shares come out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from dce.choices import Choices
from dce.coding import Coding
from dce.errors import EstimationError
from dce.estimation.fit import Fit
from dce.estimation.inference import Inference
from dce.logit import FloatArray
from dce.study import Study
from dce.table import Table


@dataclass(frozen=True)
class CalibratedFit:
    """A fit whose constants give known shares in one scenario. Make it with :func:`dce.calibrate`.

    Attributes
    ----------
    fit : Fit
        As it was estimated.
    coefficients : pandas.Series
        With calibrated constants, and all utilities times ``scale``.
    covariance : pandas.DataFrame
        Of the coefficients, where the shares are known: the constants follow the others.
    recalibrated : callable
        Takes (R, K) coefficients as estimated, and returns them calibrated.
    constants : pandas.DataFrame
        One row per service: ``service``, ``share``, ``constant``, ``estimated``, ``calibrated``.
    scale : float
    notes : tuple of str
    """

    fit: Fit
    coefficients: pd.Series[float]
    covariance: pd.DataFrame
    recalibrated: Callable[[FloatArray], FloatArray]
    constants: pd.DataFrame
    scale: float
    notes: tuple[str, ...]

    @property
    def coding(self) -> Coding:
        """How services become columns of X."""
        return self.fit.coding

    @property
    def study(self) -> Study | None:
        """The study of the answers."""
        return self.fit.study

    @property
    def choices(self) -> Choices:
        """The answers."""
        return self.fit.choices

    @property
    def inference(self) -> Inference:
        """How the covariance of the estimates was found."""
        return self.fit.inference

    @property
    def covariance_kind(self) -> str:
        """How the covariance of the estimates was found, in a word."""
        return self.fit.covariance_kind

    def quantile(self, level: float = 0.95) -> float:
        """Return the quantile that two-sided intervals use."""
        return self.fit.quantile(level)

    def table(self) -> Table:
        """Return shares and constants, before and after."""
        frame = self.constants.set_index("service")[["share", "estimated", "calibrated"]]
        frame.index.name = ""
        formats = {"share": ".2%", "estimated": "4", "calibrated": "4"}
        return Table("Constants calibrated to known shares", frame, formats, self.notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


AnyFit = Fit | CalibratedFit
"""What scenarios take."""


def check_fit(fit: object) -> None:
    """Refuse what is no single fit.

    Raises
    ------
    EstimationError
    """
    if not isinstance(fit, (Fit, CalibratedFit)):
        raise EstimationError(
            f"fit: found {type(fit).__name__}; allowed: one fit, such as a group of subgroups, fits['woman']."
        )
