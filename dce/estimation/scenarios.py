"""What if: choice probabilities of services that nobody was shown."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from scipy.special import expit

from dce.estimation.calibrated import AnyFit, check_fit
from dce.estimation.interval_figure import draw_intervals, in_percent
from dce.estimation.probabilities import log_odds_gradients, log_others, log_shares, shares_at
from dce.estimation.propagation import Method, Quantity, Uncertainty, intervals
from dce.estimation.scenario import Scenario, SeveralScenarios, coded_scenarios, scenario_notes
from dce.estimation.subgroups import ALL, SubgroupFits
from dce.formula import ALTERNATIVE
from dce.logit import FloatArray
from dce.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ANY_SERVICE = "any of the services"


@dataclass(frozen=True)
class ScenarioProbabilities:
    """Choice probabilities of services, with intervals.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per service: ``scenario``, ``service``, ``probability``, ``standard error``,
        ``low``, ``high``; for subgroups also ``group``.
    level : float
        Of the intervals.
    notes : tuple of str
    by : str or None
        The characteristic that divides the respondents.
    uptake : pandas.DataFrame
        One row per scenario with the study's opt-out: the probability of choosing any of its other
        services; columns as of ``frame`` without ``service``.
    """

    frame: pd.DataFrame
    level: float
    notes: tuple[str, ...]
    by: str | None = None
    uptake: pd.DataFrame = field(default_factory=pd.DataFrame)

    def table(self) -> Table:
        """Return the table that a paper prints."""
        columns = ["P", f"{self.level:.0%} low", "high"]
        rows: list[list[float]] = []
        labels: list[str] = []
        any_service = self.uptake.assign(service=ANY_SERVICE)
        every = pd.concat([self.frame, any_service], ignore_index=True)
        for scenario, services in every.groupby("scenario", sort=False):
            labels += [str(scenario), *map(self._label, services.to_dict("records"))]
            rows += [[math.nan] * 3, *services[["probability", "low", "high"]].to_numpy().tolist()]
        frame = pd.DataFrame(rows, columns=columns, index=pd.Index(labels, name=""))
        formats = dict.fromkeys(columns, ".2%")
        by = f", by {self.by}" if self.by else ""
        return Table(f"Probability of choosing each service{by}", frame, formats, self.notes)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the probabilities with their intervals below the names of the scenarios; needs matplotlib.

        Raises
        ------
        DceError
            If matplotlib is not installed.
        """
        groups = dict(tuple(self.frame.groupby("group", sort=False))) if self.by else {"": self.frame}
        series, labels = {}, []
        for group, frame in groups.items():
            each = [(name, rows) for name, rows in frame.groupby("scenario", sort=False)]
            labels = [text for name, rows in each for text in (str(name), *map(str, rows["service"]))]
            parts = [part for _, rows in each for part in (pd.DataFrame([{}], index=[0]), rows)]
            shown = pd.concat(parts, ignore_index=True)[["probability", "low", "high"]]
            series[str(group)] = shown.astype(np.float64)
        what = f"Probability of choosing, with {self.level:.0%} interval"
        return in_percent(draw_intervals(series, labels, what, value="probability", neutral=None, ax=ax))

    def _label(self, row: Mapping[Hashable, Any]) -> str:
        return f"  {row['service']}" + (f", {row['group']}" if self.by else "")

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def scenarios(
    fit: AnyFit | SubgroupFits,
    services: SeveralScenarios,
    level: float = 0.95,
    method: Method = "delta",
    *,
    draws: int = 10_000,
    seed: int = 1,
    scale: float = 1.0,
) -> ScenarioProbabilities:
    """Predict how services that compete in a scenario share the choices.

    Parameters
    ----------
    fit : Fit, CalibratedFit or SubgroupFits
        Subgroups are shown side by side.
    services : path, pandas.DataFrame or mapping
        A ``scenarios.toml`` file; a frame with one row per service and columns ``scenario``,
        ``service`` and one per attribute; or a mapping of scenario to service to attributes.
        ``alternative`` says which alternative of the study a service is, for its constant; without
        it the constants are not used. A characteristic of the respondent that the utility uses may
        be given, the same for all services of a scenario; without it the probabilities are averaged
        over the respondents of the answers.
    level : float, optional
        Of the confidence intervals.
    method : {"delta", "krinsky-robb", "bootstrap"}, optional
        The bootstrap needs ``fit.with_covariance("bootstrap")``.
    draws, seed : int, optional
        Of the Krinsky-Robb method.
    scale : float, optional
        Multiplies all utilities: the ratio of the scale of real choices to that of the stated ones.

    Returns
    -------
    ScenarioProbabilities

    Raises
    ------
    ScenarioError
        For an unknown key or level, a missing attribute, or fewer than two services.
    EstimationError
        For an unknown method, or the bootstrap without replicates.

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
    how = Uncertainty(level, method, draws, seed)
    if isinstance(fit, SubgroupFits):
        return _by_group(fit, services, how, scale)
    check_fit(fit)
    coded = coded_scenarios(fit, services, scale)
    frame, notes = _frame(fit, coded, how), _notes([fit], coded, how, scale)
    return ScenarioProbabilities(frame, level, notes, uptake=_uptake(fit, coded, frame))


def _by_group(
    groups: SubgroupFits, services: SeveralScenarios, how: Uncertainty, scale: float
) -> ScenarioProbabilities:
    fits = {ALL: groups.everybody, **groups.fits}
    coded = coded_scenarios(groups.everybody, services, scale, stacklevel=4)
    frames = [_frame(groups.everybody, coded, how).assign(group=ALL)]
    for group, fit in groups.fits.items():
        theirs = coded_scenarios(fit, services, scale, quiet=True)
        frames.append(_frame(fit, theirs, how).assign(group=group))
    each = np.tile(np.arange(len(frames[0])), len(frames))
    frame = pd.concat(frames).iloc[np.argsort(each, kind="stable")].reset_index(drop=True)
    columns = ["scenario", "service", "group", "probability", "standard error", "low", "high"]
    notes = _notes(list(fits.values()), coded, how, scale)
    refused = tuple(f"Not estimated: {error}" for error in groups.refused.values())
    uptake = _uptake(groups.everybody, coded, frame)
    return ScenarioProbabilities(frame[columns], how.level, notes + refused, groups.by, uptake)


def _frame(fit: AnyFit, coded: list[Scenario], how: Uncertainty) -> pd.DataFrame:
    quantity = probabilities(fit, coded)
    found = intervals(fit, quantity, how)
    return pd.DataFrame(
        {
            "scenario": [one.name for one in coded for _ in one.services],
            "service": [service for one in coded for service in one.services],
            "probability": quantity.value,
            "standard error": found.error,
            "low": found.low,
            "high": found.high,
        }
    )


def _uptake(fit: AnyFit, coded: list[Scenario], frame: pd.DataFrame) -> pd.DataFrame:
    """Return the probabilities of not opting out, where there is more than one way not to."""
    opt_out = fit.study.opt_out.name if fit.study and fit.study.opt_out else None
    outs = {
        (one.name, service)
        for one in coded
        for service, alternative in zip(one.services, one.frame[ALTERNATIVE], strict=True)
        if opt_out is not None and alternative == opt_out and len(one.services) > 2
    }
    is_out = [cell in outs for cell in zip(frame["scenario"], frame["service"], strict=True)]
    rows = frame[is_out].drop(columns="service").reset_index(drop=True)
    return rows.assign(probability=1 - rows["probability"], low=1 - rows["high"], high=1 - rows["low"])


def probabilities(fit: AnyFit, coded: Sequence[Scenario]) -> Quantity:
    """Return the probability of every service of every scenario, M in all, in their order."""
    beta = np.asarray(fit.coefficients, dtype=np.float64)
    log_P = [log_shares(one.X, one.shares, beta) for one in coded]
    log_Q = np.concatenate([log_others(one) for one in log_P])
    flat = np.concatenate(log_P)
    G = np.concatenate([log_odds_gradients(one.X, one.shares, beta) for one in coded])

    def at(B: FloatArray) -> FloatArray:
        return np.concatenate([shares_at(one.X, one.shares, B) for one in coded], axis=1)

    return Quantity(
        value=np.exp(flat),
        gradient=np.exp(flat + log_Q)[:, None] * G,
        at=at,
        working=flat - log_Q,
        working_gradient=G,
        natural=lambda odds: np.asarray(expit(odds), dtype=np.float64),
    )


def _notes(fits: Sequence[AnyFit], coded: list[Scenario], how: Uncertainty, scale: float) -> tuple[str, ...]:
    return (how.note(fits, " on the log-odds"), *scenario_notes(fits[0], coded, scale))
