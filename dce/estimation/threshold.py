"""How much of an attribute it takes for a share of people to choose a service."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from dce.errors import EstimationError, RangeWarning, ScenarioError, listed, quoted
from dce.estimation.calibrated import AnyFit, check_fit
from dce.estimation.propagation import Uncertainty, draws_of
from dce.estimation.scenario import OneScenario, base_frame, check_service
from dce.estimation.threshold_curve import Curve, curve_of
from dce.estimation.threshold_intervals import delta_limits, drawn_limits, inverted_limits
from dce.table import Table

ThresholdMethod = Literal["delta", "fieller", "krinsky-robb", "bootstrap"]


@dataclass(frozen=True)
class Threshold:
    """The values of an attribute at which a service has a given share, with intervals.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per value, none where there is none: ``value``, ``change`` (from the base),
        ``standard error``, ``low``, ``high``. An infinite limit: the interval is unbounded there.
    attribute, service : str
    heading : str
        Of the attribute, with its unit.
    share : float
    level : float
        Of the intervals.
    notes : tuple of str
    """

    frame: pd.DataFrame
    attribute: str
    service: str
    heading: str
    share: float
    level: float
    notes: tuple[str, ...]

    def table(self) -> Table:
        """Return the table that a paper prints."""
        columns = ["value", "change", "s.e.", f"{self.level:.0%} low", "high"]
        frame = self.frame.set_axis(columns, axis=1)
        if frame.empty:
            frame = pd.DataFrame([[np.nan] * 5], columns=columns)
        frame.index = pd.Index([self.heading] * len(frame), name="")
        title = f"{self.service}: where {self.share:.0%} choose it"
        return Table(title, frame, dict.fromkeys(columns, ".2f"), self.notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def threshold(
    fit: AnyFit,
    base: OneScenario,
    service: str,
    attribute: str,
    share: float = 0.5,
    level: float = 0.95,
    method: ThresholdMethod = "fieller",
    *,
    within: tuple[float, float] | None = None,
    scenario: str | None = None,
    draws: int = 10_000,
    seed: int = 1,
    scale: float = 1.0,
) -> Threshold:
    """Find the value of a numeric attribute at which a share of people choose a service.

    Parameters
    ----------
    fit : Fit or CalibratedFit
    base : path, pandas.DataFrame or mapping
        One scenario, as for :func:`dce.scenarios`; a mapping may be of service to attributes.
    service, attribute : str
        Whose attribute changes; everything else is as in the base.
    share : float, optional
        Between 0 and 1.
    level : float, optional
        Of the interval.
    method : {"fieller", "delta", "krinsky-robb", "bootstrap"}, optional
        ``"fieller"``: all values at which the share is not rejected; it says where the interval is
        unbounded. ``"delta"``: symmetric, by the implicit function theorem. The others: percentiles of
        the values in draws of the coefficients.
    within : pair of float, optional
        Where to look. Default: the studied range.
    scenario : str, optional
        Which scenario the base is, where there are several.
    draws, seed, scale
        As for :func:`dce.scenarios`.

    Returns
    -------
    Threshold
        With no row where no value gives the share, and several where several do; the notes say so.

    Raises
    ------
    ScenarioError
        If the base is wrong, or the attribute is not a number that the utility uses.
    EstimationError
        For percentiles where several values give the share.

    Warns
    -----
    RangeWarning
        For values outside the studied range.

    References
    ----------
    Fieller (1954), Journal of the Royal Statistical Society B 16:175; Finney (1971), Probit Analysis,
    section 4.6, for its use with logits.
    """
    check_fit(fit)
    if method not in get_args(ThresholdMethod):
        raise EstimationError(f"method: found {method!r}; allowed: {listed(get_args(ThresholdMethod))}.")
    if isinstance(share, bool) or not isinstance(share, (int, float)) or not 0 < share < 1:
        raise ScenarioError(f"share: found {quoted(share)}; allowed: between 0 and 1, such as 0.5.")
    how = Uncertainty(level, "delta" if method == "fieller" else method, draws, seed)
    frame = base_frame(base, scenario)
    check_service(frame, service)
    curve = curve_of(fit, frame, service, attribute, share, within, scale)
    roots = curve.roots()
    limits, said = _limits(curve, roots, how, method)
    now = frame.loc[frame["service"] == service, attribute].iloc[0] if attribute in frame else np.nan
    change = [root - float(now) for root in roots]
    result = pd.DataFrame(
        [(root, moved, *found) for root, moved, found in zip(roots, change, limits, strict=True)],
        columns=["value", "change", "standard error", "low", "high"],
        dtype=np.float64,
    )
    _warn_of_range(fit, attribute, roots)
    heading = attribute
    if fit.study and attribute in fit.study.attribute_names:
        heading = fit.study.attribute(attribute).heading
    notes = (*said, *_shape(curve, roots, heading), *curve.notes)
    return Threshold(result, attribute, service, heading, share, level, notes)


def _limits(
    curve: Curve, roots: list[float], how: Uncertainty, method: ThresholdMethod
) -> tuple[list[tuple[float, float, float]], list[str]]:
    """Return standard error, low and high of every root, and what to say of them."""
    kind = curve.fit.covariance_kind
    if method in ("krinsky-robb", "bootstrap"):
        if len(roots) > 1:
            raise EstimationError(
                f"method: {method!r} needs one value that gives the share, and there are {len(roots)}; "
                "allowed: 'delta', 'fieller', or a narrower within=."
            )
        limits, more = drawn_limits(curve, roots, draws_of(curve.fit, how), how.level)
        return limits, [how.note([curve.fit]), *more]
    errors = delta_limits(curve, roots, how.level)
    if method == "delta":
        return errors, [how.note([curve.fit])]
    limits, more = inverted_limits(curve, roots, errors, how.level)
    return limits, [
        f"Intervals: all values at which the share is not rejected; standard errors {kind}.",
        *more,
    ]


def _shape(curve: Curve, roots: list[float], heading: str) -> list[str]:
    low, high = curve.low, curve.high
    first, last = (curve.probability(x) for x in (low, high))
    where = f"between {low:g} and {high:g}"
    if not roots:
        return [
            f"No {heading} {where} gives the share: P is {first:.2%} at {low:g} and {last:.2%} at {high:g}."
        ]
    if len(roots) > 1:
        return [f"{len(roots)} values {where} give the share."]
    return [f"P is {first:.2%} at {low:g} and {last:.2%} at {high:g}."]


def _warn_of_range(fit: AnyFit, attribute: str, roots: list[float]) -> None:
    low, high = fit.coding.ranges[attribute]
    for root in roots:
        if not low <= root <= high:
            warnings.warn(
                f"{attribute} {root:g} is outside the studied range, {low:g} to {high:g}.",
                RangeWarning,
                stacklevel=3,
            )
