"""The table that a paper prints of a fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dce.estimation.intervals import IntervalMethod
from dce.table import Table, number

if TYPE_CHECKING:
    from dce.estimation.fit import Fit


def fit_table(fit: Fit, level: float, method: IntervalMethod) -> Table:
    """Return coefficients, standard errors, p and intervals, with what a reader should know below."""
    ratio = "z" if np.isinf(fit.inference.degrees_of_freedom) else "t"
    columns = ["coef.", "s.e.", ratio, "p", f"{level:.0%} low", "high"]
    frame = fit.to_frame(level, method).set_axis(columns, axis=1)
    frame.index = pd.Index([fit.label(name) for name in frame.index], name="")
    formats = dict.fromkeys(frame.columns, "4") | {ratio: ".2f", "p": "p"}
    title = "Multinomial logit" + (f": {fit.study.title}" if fit.study else "")
    return Table(title, frame, formats, (*_of_intervals(method), *_notes(fit)))


def _notes(fit: Fit) -> list[str]:
    who = f"{fit.n_respondents:,d} respondents, " if fit.n_respondents is not None else ""
    constants = number(fit.log_likelihood_constants) or "not available"
    weighted = f", weighted to {fit.answers:,.0f}" if fit.answers != fit.n_tasks else ""
    notes = [
        f"Standard errors: {fit.inference}.",
        f"{who}{fit.n_tasks:,d} answered tasks{weighted}; from {fit.source}.",
        f"Log-likelihood {fit.log_likelihood:.3f}; null {fit.log_likelihood_null:.3f}; "
        f"constants only {constants}.",
        f"McFadden R2 {fit.mcfadden_r2:.4f}, adjusted {fit.adjusted_r2:.4f} (null: equal shares); "
        f"AIC {fit.aic:.2f}; BIC {fit.bic:.2f}.",
        f"Converged in {fit.iterations} iterations (squared Newton decrement {fit.decrement:.0e}).",
    ]
    if fit.study and fit.study.caution:
        notes.append(f"Caution: {fit.study.caution}.")
    return notes + [f"Left out: {n:,d} {what}." for what, n in fit.left_out.items() if n]


def _of_intervals(method: IntervalMethod) -> tuple[str, ...]:
    return {
        "normal": (),
        "percentile": ("Intervals: percentiles of the replicates; p by their standard deviation.",),
        "bca": ("Intervals: bias-corrected and accelerated percentiles (BCa); p by the standard deviation.",),
    }[method]
