"""The most of an attribute that people accept for a better service: how long they would wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import get_args

import numpy as np
import pandas as pd

from dce.errors import EstimationError, listed
from dce.estimation.acceptable_curve import Level, estimate, grid_of, not_refused, percentiles
from dce.estimation.acceptable_services import Offer, gap_rows, offers, start_of
from dce.estimation.coefficient_draws import coefficient_draws
from dce.estimation.effects import Effect
from dce.estimation.effects_at import checked_point, needs, slope
from dce.estimation.fit import Fit
from dce.estimation.rate_notes import intervals_of, reference_z
from dce.estimation.rates_result import RateMethod
from dce.estimation.ratio_intervals import (
    delta_intervals,
    fieller_intervals,
    moments,
    percentile_intervals,
)
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import FloatArray
from dce.table import Table


@dataclass(frozen=True)
class Acceptable:
    """The most of an attribute that people accept for better services.

    Attributes
    ----------
    attribute : str
    start : float
        The level of the service beside it.
    level : float
        Of the intervals.
    frame : pandas.DataFrame
        One row per better service: ``label``, ``acceptable`` level of the attribute, ``standard error``
        (delta method), ``low``, ``high``, and ``outside``, whether it is beyond the studied range. Where
        the attribute is not linear, a level beyond the range is infinite.
    heading : str
        Of the attribute, with its unit.
    notes : tuple of str
    """

    attribute: str
    start: float
    level: float
    frame: pd.DataFrame
    heading: str
    notes: tuple[str, ...]

    def table(self) -> Table:
        """Return the table that a paper prints."""
        frame = self.frame.set_index("label")[["acceptable", "standard error", "low", "high", "outside"]]
        frame = frame.assign(outside=np.where(frame["outside"], "outside", ""))
        frame = frame.set_axis(["accepted", "s.e.", f"{self.level:.0%} low", "high", "range"], axis=1)
        if not self.frame["outside"].any():
            frame = frame.drop(columns="range")
        frame.index.name = ""
        formats = {str(name): ".2f" for name in frame.columns}
        return Table(f"Accepted for a better service: {self.heading}", frame, formats, self.notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def maximum_acceptable(
    fit: Fit,
    attribute: str,
    change: Mapping[str, object] | None = None,
    base: Mapping[str, object] | None = None,
    method: RateMethod = "delta",
    level: float = 0.95,
    *,
    draws: int = 10_000,
    seed: int = 1,
) -> Acceptable:
    """Say up to which level of an attribute people prefer a better service to another one.

    Someone who can have a service at once, but with a support worker, would wait for a physiotherapist
    up to this many weeks.

    Parameters
    ----------
    fit : Fit
    attribute : str
        A numeric attribute, such as ``"wait"``.
    change : mapping of attribute to level, optional
        What is better, such as ``{"clinician": "physiotherapist"}``. Default: a row for each other
        attribute, its best level beside its worst.
    base : mapping of variable to value, optional
        The service beside it: the attribute's own level (default: the end of the studied range that
        people want most), levels of what changes (default: the worst), and whatever else matters, such
        as a characteristic.
    method : {"delta", "krinsky-robb", "fieller", "bootstrap"}, optional
        Of the intervals, as for :func:`dce.marginal_rates`.
    level : float, optional
        Of the confidence intervals.
    draws, seed : int, optional
        For Krinsky-Robb. Same seed, same draws.

    Returns
    -------
    Acceptable

    Raises
    ------
    EstimationError
        If the attribute is not numeric, a level is unknown, or something that matters is missing.

    Notes
    -----
    The level z at which both services have one utility. Where utility is linear in the attribute, z is
    a ratio of two sums of coefficients, carried on beyond the studied range, and said to be. Where it is
    not, z is looked for within the range: its error is that of an implicit function, Fieller's interval
    all z at which a test does not refuse indifference.
    """
    if method not in get_args(RateMethod):
        raise EstimationError(f"method: found {method!r}; allowed: {listed(get_args(RateMethod))}.")
    service = checked_point(fit, base or {})
    start, unwanted = start_of(fit, attribute, service)
    sampled = coefficient_draws(fit, method, draws, seed)
    low, high = fit.coding.ranges[attribute]
    straight = attribute not in needs(fit.coding, attribute)
    found = {}
    for offer in offers(fit, attribute, change, service, start):
        if straight:
            result = _straight(fit, offer, attribute, method, level, sampled)
        else:
            onward = 1.0 if unwanted == high else -1.0
            result = _curved(fit, offer, attribute, method, level, sampled, start, onward)
        outside = not low <= result.estimate <= high
        found[offer.name] = (offer.label, result.estimate, result.error, result.low, result.high, outside)
    columns = ["label", "acceptable", "standard error", "low", "high", "outside"]
    frame = pd.DataFrame(list(found.values()), columns=columns, index=list(found))
    heading = fit.study.label(attribute) if fit.study else attribute
    notes = _notes(fit, attribute, start, service, frame, intervals_of(fit, method, draws), straight)
    if straight:
        notes += _unclear_slope(fit, attribute, {**service, attribute: start}, level)
    return Acceptable(attribute, start, level, frame, heading, tuple(notes))


def _straight(
    fit: Fit, offer: Offer, attribute: str, method: str, level: float, draws: FloatArray | None
) -> Level:
    """Return the level where d(0)'beta + z s'beta = 0: a ratio."""
    at_zero = gap_rows(fit, offer, attribute, np.zeros(1))
    s = slope(fit, offer.better, attribute)
    beta, V = np.asarray(fit.coefficients, dtype=np.float64), fit.covariance.to_numpy()
    m, q = moments(-at_zero, s, beta, V), fit.quantile(level)
    if draws is not None:
        interval = percentile_intervals(-at_zero, s, beta, draws, level)
    else:
        interval = fieller_intervals(m, q) if method == "fieller" else delta_intervals(m, q)
    return Level(float(m.n[0] / m.d), float(m.error[0]), float(interval.low[0]), float(interval.high[0]))


def _curved(
    fit: Fit,
    offer: Offer,
    attribute: str,
    method: str,
    level: float,
    draws: FloatArray | None,
    start: float,
    onward: float,
) -> Level:
    """Return the level within the studied range where utility is made up for."""
    beta, V = np.asarray(fit.coefficients, dtype=np.float64), fit.covariance.to_numpy()
    z = grid_of(start, *fit.coding.ranges[attribute])

    def rows(levels: FloatArray) -> FloatArray:
        return gap_rows(fit, offer, attribute, levels)

    def slopes(levels: FloatArray) -> FloatArray:
        return np.array([slope(fit, {**offer.better, attribute: float(x)}, attribute) for x in levels])

    point, error = estimate(rows, slopes, beta, V, z, start, onward)
    q = fit.quantile(level)
    if draws is not None:
        low, high = percentiles(rows, draws, z, start, onward, level)
    elif method == "fieller":
        low, high = not_refused(rows, beta, V, z, q)
    else:
        low, high = point - q * error, point + q * error
    return Level(point, error, low, high)


def _unclear_slope(fit: Fit, attribute: str, point: Mapping[str, object], level: float) -> list[str]:
    """Caution where more of the attribute may make no difference."""
    effect = Effect(attribute, slope(fit, point, attribute))
    z = reference_z(fit, effect)
    if z >= fit.quantile(level):
        return []
    return [
        f"Caution: what more of {attribute} is worth is not clearly different from zero (z = {z:.2f}); "
        "Fieller's intervals have no end then."
    ]


def _notes(
    fit: Fit,
    attribute: str,
    start: float,
    service: Mapping[str, object],
    frame: pd.DataFrame,
    intervals: str,
    straight: bool,
) -> list[str]:
    low, high = fit.coding.ranges[attribute]
    notes = [
        f"Level of {attribute} at which the better service is worth as much as the other one with "
        f"{start:g}. {intervals}"
    ]
    if {ALTERNATIVE, CONSTANTS} & set(fit.coding.variables) and ALTERNATIVE not in service:
        notes.append("No constant is used: neither service has a name.")
    rest = {name: value for name, value in service.items() if name != attribute}
    if rest:
        notes.append("With " + ", ".join(f"{name} = {value}" for name, value in rest.items()) + ".")
    if frame["outside"].any():
        beyond = "carried on in a straight line" if straight else "where the curve is not carried on (∞)"
        notes.append(f"Caution: outside the studied range, {low:g} to {high:g}, {beyond}.")
    if not low <= start <= high:
        notes.append(f"Caution: {attribute} = {start:g} is outside the studied range, {low:g} to {high:g}.")
    return notes
