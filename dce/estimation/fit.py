"""The fitted multinomial logit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.coding import Coding
from dce.estimation.inference import CovarianceKind, Inference
from dce.estimation.likelihood import centre
from dce.estimation.tasks import Tasks, gather
from dce.logit import FloatArray
from dce.study import Study
from dce.table import Table, number


@dataclass(frozen=True)
class Fit:
    """A fitted multinomial logit. Printing it shows the table that a paper prints.

    Attributes
    ----------
    coefficients : pandas.Series
        K estimates, by name.
    covariance : pandas.DataFrame
        Their covariance matrix, K x K.
    inference : Inference
        How the covariance was found, and what intervals follow from it.
    log_likelihood, log_likelihood_null, log_likelihood_constants : float
        At the estimates, at zero, and with nothing but a constant for every alternative; the last
        is NaN where that model has no maximum, or more than a hundred alternatives.
    n_tasks : int
        Answered tasks.
    n_respondents : int or None
    answers : float
        Sum of the weights of the tasks; their number where there are no weights.
    coding : Coding
        How services become columns of X.
    study : Study or None
    iterations : int
    decrement : float
        The squared Newton decrement at the end, below 1e-12.
    left_out : dict
        What was not used, and how often.
    source : str
        Where the answers come from.
    choices : Choices
        The answers.
    """

    coefficients: pd.Series[float]
    covariance: pd.DataFrame
    inference: Inference
    log_likelihood: float
    log_likelihood_null: float
    log_likelihood_constants: float
    n_tasks: int
    n_respondents: int | None
    answers: float
    coding: Coding
    study: Study | None
    iterations: int
    decrement: float
    left_out: Mapping[str, int]
    source: str
    choices: Choices

    @cached_property
    def tasks(self) -> Tasks:
        """The answered tasks as the likelihood sees them, centred."""
        tasks = gather(self.coding.rows(self.choices.frame), self.choices.layout)
        centre(tasks)
        return tasks

    @property
    def covariance_kind(self) -> CovarianceKind:
        """How the covariance was found, in a word."""
        return self.inference.kind

    @property
    def replicates(self) -> FloatArray | None:
        """Estimates from resampled answers, (R, K), where the covariance is theirs."""
        return self.inference.replicates

    def quantile(self, level: float = 0.95) -> float:
        """Return the quantile that two-sided intervals use: of the normal, or of t with few clusters."""
        return self.inference.quantile(level)

    @property
    def standard_errors(self) -> pd.Series[float]:
        """Standard error of every coefficient."""
        return pd.Series(np.sqrt(np.diag(self.covariance)), index=self.coefficients.index)

    @property
    def mcfadden_r2(self) -> float:
        """1 - LL / LL(0)."""
        return 1 - self.log_likelihood / self.log_likelihood_null

    @property
    def adjusted_r2(self) -> float:
        """1 - (LL - K) / LL(0)."""
        return 1 - (self.log_likelihood - len(self.coefficients)) / self.log_likelihood_null

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 K - 2 LL."""
        return 2 * len(self.coefficients) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, K log(answers) - 2 LL."""
        return float(len(self.coefficients) * np.log(self.answers) - 2 * self.log_likelihood)

    def label(self, coefficient: str) -> str:
        """Return what tables call a coefficient."""
        return self.study.label(coefficient) if self.study else coefficient

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """Return estimates, standard errors, z, two-sided p and confidence limits."""
        b, se = self.coefficients, self.standard_errors
        z = b / se
        width = self.quantile(level) * se
        return pd.DataFrame(
            {
                "coefficient": b,
                "standard error": se,
                "z": z,
                "p": self.inference.p_value(np.asarray(z, dtype=np.float64)),
                "low": b - width,
                "high": b + width,
            }
        )

    def table(self, level: float = 0.95) -> Table:
        """Return the table that a paper prints."""
        frame = self.to_frame(level).set_axis(["coef.", "s.e.", "z", "p", f"{level:.0%} low", "high"], axis=1)
        frame.index = pd.Index([self.label(name) for name in frame.index], name="")
        formats = dict.fromkeys(frame.columns, "4") | {"z": ".2f", "p": "p"}
        title = "Multinomial logit" + (f": {self.study.title}" if self.study else "")
        return Table(title, frame, formats, tuple(self._notes()))

    def _notes(self) -> list[str]:
        who = f"{self.n_respondents:,d} respondents, " if self.n_respondents is not None else ""
        constants = number(self.log_likelihood_constants) or "not available"
        weighted = f", weighted to {self.answers:,.0f}" if self.answers != self.n_tasks else ""
        notes = [
            f"Standard errors: {self.inference}.",
            f"{who}{self.n_tasks:,d} answered tasks{weighted}; from {self.source}.",
            f"Log-likelihood {self.log_likelihood:.3f}; null {self.log_likelihood_null:.3f}; "
            f"constants only {constants}.",
            f"McFadden R2 {self.mcfadden_r2:.4f}, adjusted {self.adjusted_r2:.4f} (null: equal shares); "
            f"AIC {self.aic:.2f}; BIC {self.bic:.2f}.",
            f"Converged in {self.iterations} iterations (squared Newton decrement {self.decrement:.0e}).",
        ]
        if self.study and self.study.caution:
            notes.append(f"Caution: {self.study.caution}.")
        return notes + [f"Left out: {n:,d} {what}." for what, n in self.left_out.items() if n]

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()
