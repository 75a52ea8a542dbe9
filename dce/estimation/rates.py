"""Marginal rates of substitution: what one attribute is worth in units of another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args, overload

import numpy as np
import pandas as pd

from dce.errors import EstimationError, listed
from dce.estimation.coefficient_draws import coefficient_draws
from dce.estimation.effects import Effect, coefficient_effects
from dce.estimation.effects_at import effects_at
from dce.estimation.fit import Fit
from dce.estimation.rate_labels import gain
from dce.estimation.rate_notes import rate_notes
from dce.estimation.rates_result import Convention, MarginalRates, RateMethod, RatesByReference
from dce.estimation.ratio_intervals import (
    RatioIntervals,
    delta_intervals,
    fieller_intervals,
    moments,
    percentile_intervals,
)
from dce.logit import FloatArray

At = Mapping[str, object]


@overload
def marginal_rates(
    fit: Fit,
    per: str,
    convention: Convention = "gain",
    level: float = 0.95,
    directions_of: Fit | None = None,
    *,
    method: RateMethod = "delta",
    at: At | None = None,
    draws: int = 10_000,
    seed: int = 1,
) -> MarginalRates: ...
@overload
def marginal_rates(
    fit: Fit,
    per: list[str] | tuple[str, ...],
    convention: Convention = "gain",
    level: float = 0.95,
    directions_of: Fit | None = None,
    *,
    method: RateMethod = "delta",
    at: At | None = None,
    draws: int = 10_000,
    seed: int = 1,
) -> RatesByReference: ...
def marginal_rates(
    fit: Fit,
    per: str | list[str] | tuple[str, ...],
    convention: Convention = "gain",
    level: float = 0.95,
    directions_of: Fit | None = None,
    *,
    method: RateMethod = "delta",
    at: At | None = None,
    draws: int = 10_000,
    seed: int = 1,
) -> MarginalRates | RatesByReference:
    """Express every coefficient in units of another, with intervals.

    Parameters
    ----------
    fit : Fit
    per : str, or list of str
        Name of the reference coefficient, usually of a numeric attribute such as ``"wait"``. With
        ``at``, the name of the attribute, whatever its form. Of several: one table.
    convention : {"gain", "ratio"}, optional
        ``"gain"``: how much of the reference people accept to lose for the better level; a rate
        per week of waiting is the number of weeks they would wait longer. What is not an
        attribute's main effect (a constant, an interaction, effects coding) keeps its sign:
        coefficient over the size of the reference coefficient. ``"ratio"``: the plain ratio of
        the two coefficients.
    level : float, optional
        Of the confidence intervals.
    directions_of : Fit, optional
        Take which level is the better from this fit, so that the rates of subgroups are gains of
        the same levels. Default: from ``fit`` itself.
    method : {"delta", "krinsky-robb", "fieller", "bootstrap"}, optional
        Of the intervals. Krinsky-Robb: percentiles of ratios of coefficients drawn from their
        estimated distribution, which is t where the fit's intervals are. Fieller: all ratios that a
        test at this level does not refuse; such an interval has no end if the reference is not
        different from zero. Bootstrap: percentiles in the replicates of the fit.
    at : mapping of str to value, optional
        Point at which the rates hold, such as ``{"wait": 4, "age65": 1}``, for attributes with
        ``poly(wait, 2)``, ``log(wait)``, ``wait:age65`` and the like: the rate is the ratio of the
        marginal utilities there. Rows are then attributes instead of coefficients.
    draws, seed : int, optional
        For Krinsky-Robb. Same seed, same draws.

    Returns
    -------
    MarginalRates, or RatesByReference for several references

    Raises
    ------
    EstimationError
        If the reference, the convention or the method is unknown, the point does not say all that
        the rates depend on, or the fit has no replicates for the bootstrap.

    Notes
    -----
    With r = a/b, the variance is (V_aa - 2 r V_ab + r^2 V_bb) / b^2 (delta method; Hole 2007,
    Health Economics 16:827). Levels that effects coding leaves out, ``C(mode, contr.sum)``, are minus
    the sum of the others.
    """
    for key, found, kind in (("convention", convention, Convention), ("method", method, RateMethod)):
        if found not in get_args(kind):
            raise EstimationError(f"{key}: found {found!r}; allowed: {listed(get_args(kind))}.")
    sampled = coefficient_draws(fit, method, draws, seed)
    effects = coefficient_effects(fit) if at is None else effects_at(fit, at)
    source = directions_of or fit
    theirs = effects if source is fit else _effects(source, at)

    def of(reference: str) -> MarginalRates:
        b = effects[_known(reference, effects, fit, at)]
        signed = {
            name: _signed(effect, b.value(fit), convention, source, theirs)
            for name, effect in effects.items()
            if name != reference
        }
        A = np.array([weights for _, weights in signed.values()]).reshape(-1, len(b.weights))
        frame, turned = _frame(fit, A, b.weights, method, level, sampled)
        frame.insert(0, "label", [label for label, _ in signed.values()])
        frame.index = pd.Index(list(signed))
        notes = rate_notes(fit, b, frame, convention, method, level, at, turned, draws)
        heading = fit.study.label(reference) if fit.study else reference
        return MarginalRates(reference, convention, method, level, frame, heading, notes)

    if isinstance(per, str):
        return of(per)
    if not per:
        raise EstimationError("per: found no name; allowed: one or more.")
    return RatesByReference({reference: of(reference) for reference in per})


def _effects(fit: Fit, at: At | None) -> dict[str, Effect]:
    return coefficient_effects(fit) if at is None else effects_at(fit, at)


def _known(per: str, effects: dict[str, Effect], fit: Fit, at: At | None) -> str:
    if per in effects:
        return per
    what = "a coefficient" if at is None else "an effect at this point"
    hint = ""
    if at is None and any(per in part for part in fit.coding.parts):
        hint = f' Give the point at which to take {per}, such as at={{"{per}": ...}}.'
    raise EstimationError(f"per: {per!r} is not {what}; allowed: {listed(effects, 40)}.{hint}")


def _signed(
    effect: Effect, b: float, convention: Convention, source: Fit, theirs: dict[str, Effect]
) -> tuple[str, FloatArray]:
    """Return what a row is called, and the weights of its numerator."""
    if convention == "ratio":
        return source.label(effect.name), effect.weights
    label, direction = gain(source, effect, theirs)
    return label, direction * (1.0 if b >= 0 else -1.0) * effect.weights


def _frame(
    fit: Fit, A: FloatArray, b: FloatArray, method: RateMethod, level: float, draws: FloatArray | None
) -> tuple[pd.DataFrame, float]:
    """Return rates with their intervals, and the share of draws whose denominator changes sign."""
    beta = np.asarray(fit.coefficients, dtype=np.float64)
    m, q = moments(A, b, beta, fit.covariance.to_numpy()), fit.quantile(level)
    found: RatioIntervals
    if draws is not None:
        found = percentile_intervals(A, b, beta, draws, level)
    else:
        found = fieller_intervals(m, q) if method == "fieller" else delta_intervals(m, q)
    columns = {"rate": m.n / m.d, "standard error": m.error, "low": found.low, "high": found.high}
    if method == "fieller":
        columns |= {"gap low": found.gap_low, "gap high": found.gap_high}
    return pd.DataFrame(columns), found.turned
