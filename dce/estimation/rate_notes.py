"""What the table of rates says below: the convention, the method, and what to be careful about."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dce.estimation.effects import Effect, conditional
from dce.estimation.fit import Fit

MEANING = {
    "gain": "How much of the reference people accept to lose for the gain in the row. Constants and "
    "interactions keep their sign: positive is preferred.",
    "ratio": "The coefficient in the row divided by the coefficient of the reference.",
}
MOST_TURNED = 0.001
"""Share of draws with the other sign of the reference from which it is said."""


def rate_notes(
    fit: Fit,
    reference: Effect,
    frame: pd.DataFrame,
    convention: str,
    method: str,
    level: float,
    at: Mapping[str, object] | None,
    turned: float,
    draws: int,
) -> tuple[str, ...]:
    """Return the notes of a table of rates.

    Parameters
    ----------
    reference : Effect
    frame : pandas.DataFrame
        The rates with their intervals.
    turned : float
        Share of the draws in which the reference has the other sign.
    draws : int
        Of Krinsky and Robb.
    """
    notes = [f"{MEANING[convention]} {intervals_of(fit, method, draws)}"]
    if at is not None:
        notes += point_notes(fit, at)
    else:
        notes += _shared_terms(fit)
    z = reference_z(fit, reference)
    unclear = z < fit.quantile(level)
    if unclear:
        what = "coefficient" if at is None else "effect"
        notes.append(
            f"Caution: the {what} of {reference.name} is not clearly different from zero "
            f"(z = {z:.2f}), so that these ratios and their intervals mean little."
        )
    if method == "fieller" and unclear:
        notes += _without_end(frame, level)
    if turned > MOST_TURNED:
        where = "draws" if method == "krinsky-robb" else "replicates"
        notes.append(
            f"Caution: in {turned:.1%} of the {where} the coefficient of {reference.name} has the other "
            "sign, where ratios jump from one infinity to the other; Fieller's intervals allow for it."
        )
    return tuple(notes)


def intervals_of(fit: Fit, method: str, draws: int) -> str:
    """Say how intervals were found."""
    replicates = 0 if fit.replicates is None else len(fit.replicates)
    df = fit.inference.degrees_of_freedom
    drawn = "normal" if df == float("inf") else f"t with {df:g} degrees of freedom"
    how = {
        "delta": "Delta-method intervals",
        "fieller": "Fieller's intervals",
        "krinsky-robb": f"Krinsky-Robb intervals, percentiles of {draws:,d} draws ({drawn})",
        "bootstrap": f"Bootstrap intervals, percentiles of {replicates:,d} replicates",
    }[method]
    return f"{how}; standard errors {fit.covariance_kind}."


def reference_z(fit: Fit, reference: Effect) -> float:
    """Return the size of an effect in its standard errors."""
    b, V = reference.weights, fit.covariance.to_numpy()
    return abs(reference.value(fit)) / float((b @ V @ b) ** 0.5)


def point_notes(fit: Fit, at: Mapping[str, object]) -> list[str]:
    """Say at which point, and what of it is outside the studied range."""
    if not at:
        return []
    notes = ["At " + ", ".join(f"{name} = {_value(value)}" for name, value in at.items()) + "."]
    for name, (low, high) in fit.coding.ranges.items():
        value = at.get(name)
        if isinstance(value, (int, float)) and not low <= value <= high:
            notes.append(f"Caution: {name} = {value:g} is outside the studied range, {low:g} to {high:g}.")
    return notes


def _value(value: object) -> str:
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def _shared_terms(fit: Fit) -> list[str]:
    others = sorted({term for name in fit.coding.names for term in conditional(fit.coding, name)})
    if not others:
        return []
    return [
        f"Caution: {', '.join(others)} share variables with other terms, so that the rates of these "
        "terms hold only where the others are zero, and keep the sign of their coefficient. With at= "
        "the rates are those at a point."
    ]


def _without_end(frame: pd.DataFrame, level: float) -> list[str]:
    """Say which of Fieller's intervals have no end, and why."""
    notes = [
        f"Where an interval has no end: at {level:.0%} the reference may be zero, and then no ratio is "
        "too large."
    ]
    for row in frame.itertuples(index=False):
        label, gap_low, gap_high = row[0], row[-2], row[-1]
        if gap_low == gap_low:  # noqa: PLR0124  # not NaN
            notes.append(f"{label}: every number but those between {gap_low:.2f} and {gap_high:.2f}.")
    return notes
