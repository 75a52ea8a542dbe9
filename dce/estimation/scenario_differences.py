"""What a scenario, or belonging to a subgroup, changes in choice probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dce.errors import ScenarioError, listed, quoted
from dce.estimation.calibrated import AnyFit, check_fit
from dce.estimation.propagation import (
    Intervals,
    Method,
    Quantity,
    Uncertainty,
    independent_difference,
    intervals,
)
from dce.estimation.scenario import Scenario, SeveralScenarios, coded_scenarios, scenario_notes
from dce.estimation.scenarios import probabilities
from dce.estimation.subgroups import SubgroupFits
from dce.logit import FloatArray
from dce.table import Table

SCALE = " on the inverse hyperbolic tangent of the difference"
"""Where intervals of differences are symmetric, so that they stay between -100% and 100%."""
POINTS = "Differences are in percentage points."
INDEPENDENT = " on the log-odds of each group, combined by Newcombe's rule"


@dataclass(frozen=True)
class ScenarioDifferences:
    """Differences between choice probabilities, with intervals.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per difference: ``scenario``, ``service``, for subgroups ``group``, ``base
        probability``, ``probability``, ``difference``, ``standard error``, ``low``, ``high``.
    base : str
        The scenario or the group that the others are compared with.
    by : str or None
        The characteristic that divides the respondents, where groups are compared.
    level : float
        Of the intervals.
    notes : tuple of str
    """

    frame: pd.DataFrame
    base: str
    by: str | None
    level: float
    notes: tuple[str, ...]

    def table(self) -> Table:
        """Return the table that a paper prints."""
        numbers = ["base probability", "probability", "difference", "low", "high"]
        columns = ["P base", "P", "difference", f"{self.level:.0%} low", "high"]
        rows: list[list[float]] = []
        labels: list[str] = []
        for scenario, services in self.frame.groupby("scenario", sort=False):
            labels += [str(scenario), *(f"  {name}" for name in self._names(services))]
            rows += [[np.nan] * len(columns), *services[numbers].to_numpy().tolist()]
        frame = pd.DataFrame(rows, columns=columns, index=pd.Index(labels, name=""))
        formats = dict.fromkeys(columns, ".2%")
        by = f", by {self.by}" if self.by else ""
        return Table(f"Probabilities compared with: {self.base}{by}", frame, formats, self.notes)

    def _names(self, services: pd.DataFrame) -> list[str]:
        if self.by is None:
            return [str(service) for service in services["service"]]
        pairs = zip(services["service"], services["group"], strict=True)
        return [f"{service}, {group}" for service, group in pairs]

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def scenario_differences(
    fit: AnyFit | SubgroupFits,
    services: SeveralScenarios,
    base: str | None = None,
    level: float = 0.95,
    method: Method = "delta",
    *,
    draws: int = 10_000,
    seed: int = 1,
    scale: float = 1.0,
) -> ScenarioDifferences:
    """Compare probabilities between scenarios, or between subgroups.

    Parameters
    ----------
    fit : Fit, CalibratedFit or SubgroupFits
        One fit: services of the same name are compared between scenarios. Subgroups, which are
        independent samples: every service is compared between groups.
    services : path, pandas.DataFrame or mapping
        As for :func:`dce.scenarios`.
    base : str, optional
        The scenario, or the group, that the others are compared with. Default: the first.
    level, method, draws, seed, scale
        As for :func:`dce.scenarios`.

    Returns
    -------
    ScenarioDifferences

    Raises
    ------
    ScenarioError
        If the scenarios are wrong, the base is unknown, or there is nothing to compare it with.
    EstimationError

    Notes
    -----
    The delta method is used on atanh(d) = log((1 + d) / (1 - d)) / 2, whose derivative is
    1 / (1 - d^2); for small differences this is the plain interval. For independent groups the
    limits of each probability are combined: see :func:`dce.estimation.propagation.independent_difference`.
    """
    how = Uncertainty(level, method, draws, seed)
    if isinstance(fit, SubgroupFits):
        return _between_groups(fit, services, base, how, scale)
    check_fit(fit)
    return _between_scenarios(fit, coded_scenarios(fit, services, scale), base, how, scale)


def _between_scenarios(
    fit: AnyFit, coded: list[Scenario], base: str | None, how: Uncertainty, scale: float
) -> ScenarioDifferences:
    base = _checked_base("scenario", base, [one.name for one in coded])
    cells = [(one.name, service) for one in coded for service in one.services]
    place = {cell: k for k, cell in enumerate(cells)}
    pairs = [(k, place[base, cell[1]]) for k, cell in enumerate(cells)
             if cell[0] != base and (base, cell[1]) in place]  # fmt: skip
    if not pairs:
        raise ScenarioError(
            f"base: no service of scenario {base!r} occurs in another one; allowed: services of the "
            "same name."
        )
    rows, against = (np.array(side) for side in zip(*pairs, strict=True))
    P = probabilities(fit, coded)
    quantity = difference(P.take(against), P.take(rows))
    names = pd.DataFrame([cells[k] for k in rows], columns=["scenario", "service"])
    limits = intervals(fit, quantity, how)
    frame = difference_frame(names, P.value[against], P.value[rows], quantity.value, limits)
    alone = sum(cell[0] != base for cell in cells) - len(pairs)
    notes = [POINTS, how.note([fit], SCALE), *scenario_notes(fit, coded, scale)]
    if alone:
        notes.append(f"Left out: {alone} services without one of that name in the base.")
    return ScenarioDifferences(frame, base, None, how.level, tuple(notes))


def _between_groups(
    groups: SubgroupFits, services: SeveralScenarios, base: str | None, how: Uncertainty, scale: float
) -> ScenarioDifferences:
    base = _checked_base("group", base, list(groups.fits))
    (characteristic,) = (group.characteristic for group in groups.groups if group.name == base)
    others = [g.name for g in groups.groups
              if g.characteristic == characteristic and g.name in groups.fits and g.name != base]  # fmt: skip
    if not others:
        raise ScenarioError(
            f"base: no other group of {characteristic} was estimated; allowed: two or more, so that they can "
            "be compared."
        )
    coded = coded_scenarios(groups.fits[base], services, scale, stacklevel=4)
    cells = [(one.name, service) for one in coded for service in one.services]
    before = probabilities(groups.fits[base], coded)
    each = np.arange(len(cells))
    frames = []
    for group in others:
        fits = (groups.fits[base], groups.fits[group])
        after = probabilities(fits[1], coded_scenarios(fits[1], services, scale, quiet=True))
        names = pd.DataFrame(cells, columns=["scenario", "service"]).assign(group=group)
        limits = independent_difference(fits, (before, after), how)
        change = after.value - before.value
        frames.append(difference_frame(names, before.value, after.value, change, limits))
    order = np.argsort(np.tile(each, len(frames)), kind="stable")
    frame = pd.concat(frames).iloc[order].reset_index(drop=True)
    compared = [groups.fits[name] for name in (base, *others)]
    notes = [
        how.note(compared, INDEPENDENT),
        independence(compared),
        *scenario_notes(compared[0], coded, scale),
    ]
    return ScenarioDifferences(frame, base, characteristic, how.level, tuple(notes))


def independence(fits: Sequence[AnyFit]) -> str:
    """Say what comparing groups assumes."""
    clusters = {fit.inference.clusters for fit in fits} - {None, "respondent"}
    if clusters:
        return (
            f"Caution: groups are compared as independent samples, which they are not where members of "
            f"several groups share a {listed(clusters)}."
        )
    return "Groups are compared as independent samples."


def _checked_base(kind: str, base: str | None, names: Sequence[object]) -> str:
    if len(names) < 2:
        raise ScenarioError(f"found one {kind}; allowed: two or more, so that they can be compared.")
    if base is not None and base not in names:
        raise ScenarioError(f"base: there is no {kind} {quoted(base)}; allowed: {listed(names)}.")
    return str(names[0]) if base is None else base


def difference(before: Quantity, after: Quantity) -> Quantity:
    """Return probabilities after minus before, of one fit."""
    w0, w1 = _log_odds(before), _log_odds(after)
    log_P0, log_P1 = -np.logaddexp(0, -w0), -np.logaddexp(0, -w1)
    log_Q0, log_Q1 = -np.logaddexp(0, w0), -np.logaddexp(0, w1)
    likely = w0 + w1 > 0  # the smaller of P and 1 - P keeps more digits
    value = np.where(likely, np.exp(log_Q0) - np.exp(log_Q1), np.exp(log_P1) - np.exp(log_P0))
    log_above, log_below = np.logaddexp(log_Q0, log_P1), np.logaddexp(log_Q1, log_P0)  # of 1 + d, 1 - d
    gradient = after.gradient - before.gradient
    return Quantity(
        value=value,
        gradient=gradient,
        at=lambda B: np.asarray(after.at(B) - before.at(B), dtype=np.float64),
        working=(log_above - log_below) / 2,
        working_gradient=np.exp(-log_above - log_below)[:, None] * gradient,
        natural=lambda z: np.asarray(np.tanh(z), dtype=np.float64),
    )


def _log_odds(P: Quantity) -> FloatArray:
    if P.working is None:
        raise ValueError("probabilities have log-odds")
    return P.working


def difference_frame(
    names: pd.DataFrame, before: FloatArray, after: FloatArray, change: FloatArray, found: Intervals
) -> pd.DataFrame:
    """Return names of differences beside the two probabilities, the difference and its limits."""
    return names.assign(
        **{
            "base probability": before,
            "probability": after,
            "difference": change,
            "standard error": found.error,
            "low": found.low,
            "high": found.high,
        }
    )
