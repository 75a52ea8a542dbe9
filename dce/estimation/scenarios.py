"""What if: choice probabilities of services that nobody was shown."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from dce.errors import FormulaError, ScenarioError
from dce.estimation.fit import Fit
from dce.estimation.services import (
    Services,
    as_frame,
    checked_services,
    warn_of_range,
    warn_of_restrictions,
)
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import FloatArray, log_probabilities, mean_attributes
from dce.table import Table


@dataclass(frozen=True)
class ScenarioProbabilities:
    """Choice probabilities of services, with intervals.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per service: ``scenario``, ``service``, ``probability``, ``standard error``,
        ``low``, ``high``.
    level : float
        Of the intervals.
    notes : tuple of str
    """

    frame: pd.DataFrame
    level: float
    notes: tuple[str, ...]

    def table(self) -> Table:
        """Return the table that a paper prints."""
        columns = ["P", f"{self.level:.0%} low", "high"]
        rows: list[list[float]] = []
        labels: list[str] = []
        for scenario, services in self.frame.groupby("scenario", sort=False):
            labels += [str(scenario), *(f"  {service}" for service in services["service"])]
            rows += [[math.nan] * 3, *services[["probability", "low", "high"]].to_numpy().tolist()]
        frame = pd.DataFrame(rows, columns=columns, index=pd.Index(labels, name=""))
        formats = dict.fromkeys(columns, ".2%")
        return Table("Probability of choosing each service", frame, formats, self.notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def scenarios(
    fit: Fit,
    services: str | Path | pd.DataFrame | Mapping[str, Services],
    level: float = 0.95,
) -> ScenarioProbabilities:
    """Predict how services that compete in a scenario share the choices.

    Parameters
    ----------
    fit : Fit
    services : path, pandas.DataFrame or mapping
        A ``scenarios.toml`` file; a frame with one row per service and columns ``scenario``,
        ``service`` and one per attribute; or a mapping of scenario to service to attributes.
        ``alternative`` says which alternative of the study a service is, for its constant; without
        it the constants are not used. A characteristic that the utility uses needs a column too.
    level : float, optional
        Of the confidence intervals.

    Returns
    -------
    ScenarioProbabilities

    Raises
    ------
    ScenarioError
        For an unknown key or level, a missing attribute, or fewer than two services.

    Warns
    -----
    RangeWarning
        For values outside the range that respondents were asked about, and for services that the
        restrictions of the study kept from every card.

    Notes
    -----
    The gradient of log(P/(1-P)) is (x_j - sum_i P_i x_i) / (1 - P_j); intervals are computed on
    that scale by the delta method and transformed back, so that they stay between 0 and 1. For two
    services they are exact in the sense that the log-odds are linear in the coefficients.
    """
    frame, source = as_frame(services)
    frame = checked_services(frame, fit, source)
    warn_of_range(frame, fit, source)
    if fit.study is not None:
        warn_of_restrictions(frame, fit.study, source)
    try:
        X = fit.coding.matrix(frame)
    except FormulaError as error:
        raise ScenarioError(f"{source}: {error}") from error
    beta = np.asarray(fit.coefficients, dtype=np.float64)
    V = fit.covariance.to_numpy()
    half = fit.quantile(level)
    probability, error_of_p, low, high = (np.full(len(frame), np.nan) for _ in range(4))
    for _, rows in frame.groupby("scenario", sort=False).indices.items():
        log_P, se = _log_odds_error(X[rows], beta, V)
        P = np.exp(log_P)
        log_odds = log_P - _log1m(log_P)
        probability[rows] = P
        error_of_p[rows] = P * (1 - P) * se
        low[rows] = expit(log_odds - half * se)
        high[rows] = expit(log_odds + half * se)
    result = frame[["scenario", "service"]].assign(
        probability=probability, **{"standard error": error_of_p}, low=low, high=high
    )
    return ScenarioProbabilities(result, level, tuple(_notes(fit, frame)))


def _log_odds_error(X: FloatArray, beta: FloatArray, V: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return log P and the delta-method standard error of log(P/(1-P)) of one scenario's services.

    (x_j - mean) / (1 - P_j) equals x_j minus the mean over the other services, which stays exact
    where P_j is close to one.
    """
    log_P = log_probabilities(X, beta)
    gradients = []
    for j in range(len(X)):
        others = np.delete(X, j, axis=0)
        P_others = np.exp(log_probabilities(others, beta))
        gradients.append(X[j] - mean_attributes(others, P_others))
    G = np.array(gradients)
    return log_P, np.sqrt(np.einsum("jk,kl,jl->j", G, V, G))


def _log1m(log_P: FloatArray) -> FloatArray:
    """Return log(1 - P) of every alternative, exact where P is close to one."""
    total = [np.logaddexp.reduce(np.delete(log_P, j)) for j in range(len(log_P))]
    return np.array(total, dtype=np.float64)


def _notes(fit: Fit, frame: pd.DataFrame) -> list[str]:
    notes = [f"Intervals: delta method on the log-odds; standard errors {fit.covariance_kind}."]
    uses = {ALTERNATIVE, CONSTANTS} & set(fit.coding.variables)
    if uses and frame[ALTERNATIVE].isna().any():
        notes.append("Services that name no alternative get no constant.")
    return notes
