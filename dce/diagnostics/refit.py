"""Fits to the same answers with another utility, and the same kind of covariance."""

from __future__ import annotations

from typing import get_args

from dce.choices import Choices
from dce.coding import Coding
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_coded, fit_mnl
from dce.estimation.inference import CovarianceKind

WITHOUT_RESAMPLING: dict[str, CovarianceKind] = {"bootstrap": "clustered", "jackknife": "CR3"}
"""What takes the place of covariances that need many fits."""


def fit_of(answers: Fit | Choices) -> Fit:
    """Return a fit as it is, and that of the study's utility to answers."""
    return answers if isinstance(answers, Fit) else fit_mnl(answers)


def refit(fit: Fit, coding: Coding) -> tuple[Fit, tuple[str, ...]]:
    """Fit another utility to the same answers.

    Returns
    -------
    Fit
    tuple of str
        What is to be noted of its covariance.
    """
    kinds: dict[str, CovarianceKind] = {kind: kind for kind in get_args(CovarianceKind)}
    kind = (WITHOUT_RESAMPLING | kinds)[str(fit.inference.kind)]
    if kind in ("classical", "robust") or fit.inference.clusters == "respondent":
        other = fit_coded(fit.choices, coding, kind)
    else:
        other = fit_coded(fit.choices, coding, kind, fit.inference.clusters)
    if kind == fit.inference.kind:
        return other, ()
    return other, (f"Not {fit.inference.kind} but {kind}: the model was estimated again for this test.",)
