"""Elasticities and marginal effects: what a little more of an attribute does to who chooses what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from dce.errors import ScenarioError
from dce.estimation.calibrated import AnyFit, check_fit
from dce.estimation.effects_on_shares import relative_effects, relative_effects_at
from dce.estimation.market import Market, answered_market, scenario_market
from dce.estimation.probabilities import log_shares, share_gradients, shares_at
from dce.estimation.propagation import Method, Quantity, Uncertainty, intervals
from dce.estimation.scenario import OneScenario, base_frame, check_scale
from dce.logit import FloatArray
from dce.table import Table

Kind = Literal["elasticity", "effect"]


@dataclass(frozen=True)
class Elasticities:
    """Effects of one attribute on the probabilities of all services, with intervals.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per pair: ``of`` (the service whose attribute changes), ``service`` (whose probability
        changes), ``elasticity`` or ``effect``, ``standard error``, ``low``, ``high``.
    attribute : str
    heading : str
        Of the attribute, with its unit.
    kind : {"elasticity", "effect"}
    level : float
        Of the intervals.
    notes : tuple of str
    """

    frame: pd.DataFrame
    attribute: str
    heading: str
    kind: Kind
    level: float
    notes: tuple[str, ...]

    def table(self) -> Table:
        """Return the table that a paper prints."""
        columns = [self.kind, "s.e.", f"{self.level:.0%} low", "high"]
        labels: list[str] = []
        rows: list[list[float]] = []
        for of, pairs in self.frame.groupby("of", sort=False):
            labels += [f"{self.heading} of {of}", *(f"  {service}" for service in pairs["service"])]
            numbers = pairs[[self.kind, "standard error", "low", "high"]].to_numpy()
            rows += [[np.nan] * len(columns), *numbers.tolist()]
        frame = pd.DataFrame(rows, columns=columns, index=pd.Index(labels, name=""))
        title = "Elasticities" if self.kind == "elasticity" else "Marginal effects on probabilities"
        return Table(title, frame, dict.fromkeys(columns, "4"), self.notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def elasticities(
    fit: AnyFit,
    attribute: str,
    base: OneScenario | None = None,
    level: float = 0.95,
    method: Method = "delta",
    *,
    scenario: str | None = None,
    draws: int = 10_000,
    seed: int = 1,
    scale: float = 1.0,
) -> Elasticities:
    """Return by how many percent probabilities change where an attribute grows by one percent.

    Parameters
    ----------
    fit : Fit or CalibratedFit
    attribute : str
        A numeric attribute.
    base : path, pandas.DataFrame or mapping, optional
        One scenario, as for :func:`dce.scenarios`: elasticities at that point. Default: aggregate
        elasticities over the answered tasks, by alternative; each task counts with its weight times
        the probability that the alternative is chosen there.
    level, method, draws, seed, scale
        As for :func:`dce.scenarios`.
    scenario : str, optional
        Which scenario the base is, where there are several.

    Returns
    -------
    Elasticities
        Direct (of a service's own attribute) and cross.

    Raises
    ------
    ScenarioError
        If the base is wrong, the attribute is no number, or the utility has a kink there.

    Notes
    -----
    Within one kind of respondents, E_ji = z_i u_i (1[i = j] - P_i), with u_i the marginal utility of the
    attribute z of service i: all cross elasticities of a column are the same, because of the
    independence of irrelevant alternatives.

    References
    ----------
    Train (2009), Discrete Choice Methods with Simulation, 2nd ed., section 3.6; Ben-Akiva and Lerman
    (1985), Discrete Choice Analysis, section 5.3 (aggregate elasticities).
    """
    check_fit(fit)
    how = Uncertainty(level, method, draws, seed)
    check_scale(fit, scale)
    if base is None:
        market = answered_market(fit, attribute, scale)
    else:
        market = scenario_market(fit, base_frame(base, scenario), attribute, scale)
    return _result(fit, market, attribute, "elasticity", _elasticity(fit, market), how)


def marginal_effects(
    fit: AnyFit,
    attribute: str,
    base: OneScenario,
    level: float = 0.95,
    method: Method = "delta",
    *,
    scenario: str | None = None,
    draws: int = 10_000,
    seed: int = 1,
    scale: float = 1.0,
) -> Elasticities:
    """Return the change in probabilities per unit of a numeric attribute, dP_j / dz_i.

    What another level of an attribute in words would do is said by :func:`dce.scenario_changes`.

    Parameters
    ----------
    fit, attribute, base, level, method, scenario, draws, seed, scale
        As for :func:`dce.elasticities`.

    Returns
    -------
    Elasticities
        Of the kind ``"effect"``; 0.01 is one percentage point per unit.

    Raises
    ------
    ScenarioError
        As :func:`dce.elasticities`.
    """
    check_fit(fit)
    how = Uncertainty(level, method, draws, seed)
    check_scale(fit, scale)
    market = scenario_market(fit, base_frame(base, scenario), attribute, scale)
    return _result(fit, market, attribute, "effect", _effect(fit, market), how)


def _elasticity(fit: AnyFit, market: Market) -> Quantity:
    beta = np.asarray(fit.coefficients, dtype=np.float64)
    zD = market.z[..., None] * market.D
    parts = (market.X, market.shares, zD)
    value, gradient = relative_effects(*parts, beta, market.available)
    J = len(market.services)
    return Quantity(
        value=value.T.ravel(),
        gradient=np.swapaxes(gradient, 0, 1).reshape(J * J, -1),
        at=lambda B: np.swapaxes(relative_effects_at(*parts, B, market.available), 1, 2).reshape(len(B), -1),
    )


def _effect(fit: AnyFit, market: Market) -> Quantity:
    beta = np.asarray(fit.coefficients, dtype=np.float64)
    parts = (market.X, market.shares, market.D)
    relative, of_relative = relative_effects(*parts, beta)
    P = np.exp(log_shares(market.X, market.shares, beta))
    of_P = share_gradients(market.X, market.shares, beta)
    gradient = P[:, None, None] * of_relative + relative[..., None] * of_P[:, None, :]
    J = len(P)

    def at(B: FloatArray) -> FloatArray:
        each = relative_effects_at(*parts, B) * shares_at(market.X, market.shares, B)[..., None]
        return np.swapaxes(each, 1, 2).reshape(len(B), -1)

    return Quantity(
        value=(P[:, None] * relative).T.ravel(),
        gradient=np.swapaxes(gradient, 0, 1).reshape(J * J, -1),
        at=at,
    )


def _result(
    fit: AnyFit, market: Market, attribute: str, kind: Kind, quantity: Quantity, how: Uncertainty
) -> Elasticities:
    J = len(market.services)
    has = np.repeat(market.has, J)  # services without the attribute change nothing
    if not has.any():
        raise ScenarioError(f"no service has {attribute}; allowed: one or more that have it.")
    quantity = quantity.take(np.flatnonzero(has))
    found = intervals(fit, quantity, how)
    frame = pd.DataFrame(
        {
            "of": np.repeat(np.array(market.services, dtype=object), J)[has],
            "service": np.tile(np.array(market.services, dtype=object), J)[has],
            kind: quantity.value,
            "standard error": found.error,
            "low": found.low,
            "high": found.high,
        }
    )
    heading = attribute
    if fit.study and attribute in fit.study.attribute_names:
        heading = fit.study.attribute(attribute).heading
    notes = (_meaning(kind), how.note([fit]), *market.notes)
    return Elasticities(frame, attribute, heading, kind, how.level, notes)


def _meaning(kind: Kind) -> str:
    if kind == "elasticity":
        return "Change in percent of the probability in the row where the attribute grows by one percent."
    return "Change of the probability in the row per unit of the attribute; 0.01 is one percentage point."
