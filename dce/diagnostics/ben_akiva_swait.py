"""Which of two models that are not nested fits better, and whether that can be chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from dce.diagnostics.nesting import check_same_answers, nesting
from dce.errors import EstimationError
from dce.estimation.fit import Fit
from dce.table import Table, number

LEAST_ANSWERS = 250
"""Answered tasks from which Ben-Akiva and Swait hold the bound to be a good one."""


@dataclass(frozen=True)
class BenAkivaSwait:
    """The bound of Ben-Akiva and Swait. Printing it shows both models.

    Attributes
    ----------
    better, other : Fit
        The model with the higher adjusted R2, and the one with the lower.
    statistic : float
        The argument of the bound, a standard normal deviate; NaN where there is no bound.
    p : float
        The probability that the better model would fit better by as much, if the other were the true
        one, is at most this; 1 where there is no bound.
    notes : tuple of str
    """

    better: Fit
    other: Fit
    statistic: float
    p: float
    notes: tuple[str, ...] = ()

    @property
    def degrees_of_freedom(self) -> int:
        """How many coefficients the better model has more; may be negative."""
        return len(self.better.coding.names) - len(self.other.coding.names)

    @property
    def sentence(self) -> str:
        """The outcome as a paper writes it."""
        gap = self.better.adjusted_r2 - self.other.adjusted_r2
        if np.isnan(self.statistic):
            return "The adjusted R2 of the models do not differ by enough for a bound."
        shown = number(self.p, "p")
        return (
            f"If {self.other.coding.formula!r} were the true model, the adjusted R2 of "
            f"{self.better.coding.formula!r} would be higher by {gap:.4f} or more with a probability "
            f"of at most {shown.lstrip('<')}."
        )

    @property
    def frame(self) -> pd.DataFrame:
        """Both models, the better one first."""
        fits = (self.better, self.other)
        return pd.DataFrame(
            {
                "coefficients": [len(fit.coding.names) for fit in fits],
                "log-likelihood": [fit.log_likelihood for fit in fits],
                "adjusted R2": [fit.adjusted_r2 for fit in fits],
                "AIC": [fit.aic for fit in fits],
            },
            index=pd.Index([fit.coding.formula for fit in fits], name=""),
        )

    def table(self) -> Table:
        """Return both models, with the bound below."""
        frame = self.frame.rename(columns={"coefficients": "coef."})
        formats = {"adjusted R2": ".4f", "AIC": ".2f"}
        notes = (self.sentence, "R2: McFadden's, adjusted for the number of coefficients.", *self.notes)
        return Table("Models that are not nested (Ben-Akiva and Swait)", frame, formats, notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def ben_akiva_swait(first: Fit, second: Fit) -> BenAkivaSwait:
    """Compare two models of the same answers of which neither is a special case of the other.

    Parameters
    ----------
    first, second : Fit
        In any order.

    Returns
    -------
    BenAkivaSwait

    Raises
    ------
    EstimationError
        If the fits are of different answers, or one model is a special case of the other.

    Notes
    -----
    With z > 0 the difference of the adjusted R2, 1 - (LL - K) / LL(0), of models with K1 and K2
    coefficients: P <= Phi(-(-2 z LL(0) + K1 - K2)^(1/2)) if the second model is true.

    References
    ----------
    Ben-Akiva and Swait (1986), The Akaike likelihood ratio index, Transportation Science 20:133.
    Ben-Akiva and Lerman (1985), Discrete Choice Analysis, page 172.
    """
    check_same_answers(first, second)
    better, other = (first, second) if first.adjusted_r2 >= second.adjusted_r2 else (second, first)
    for larger, smaller in ((better, other), (other, better)):
        if nesting(larger.choices, larger.coding, smaller.coding) is not None:
            raise EstimationError(
                f"Ben-Akiva-Swait: {smaller.coding.formula!r} is a special case of "
                f"{larger.coding.formula!r}: take dce.likelihood_ratio."
            )
    z = better.adjusted_r2 - other.adjusted_r2
    inside = -2 * z * better.log_likelihood_null + len(better.coding.names) - len(other.coding.names)
    notes: list[str] = []
    if better.answers < LEAST_ANSWERS:
        notes.append(
            f"Caution: {better.answers:,.0f} answers; the bound is meant for {LEAST_ANSWERS} or more."
        )
    if z <= 0 or inside <= 0:
        return BenAkivaSwait(better, other, np.nan, 1.0, tuple(notes))
    statistic = float(np.sqrt(inside))
    return BenAkivaSwait(better, other, statistic, float(norm.sf(statistic)), tuple(notes))
