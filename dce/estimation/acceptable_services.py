"""The pairs of services between which people would be indifferent: what is better, and beside what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dce.errors import EstimationError, listed
from dce.estimation.effects_at import attributes_of, checked_point, is_continuous, needs, rows_at
from dce.estimation.fit import Fit
from dce.estimation.part_worths import PartWorths, part_worths
from dce.formula import ALTERNATIVE
from dce.logit import FloatArray


@dataclass(frozen=True)
class Offer:
    """A better service and the one beside it.

    Attributes
    ----------
    name : str
        Of the attributes that differ.
    label : str
    better, base : dict
        Values of the two services, where the base has the attribute's level from which it starts.
    """

    name: str
    label: str
    better: Mapping[str, object]
    base: Mapping[str, object]


def start_of(fit: Fit, attribute: str, base: Mapping[str, object]) -> tuple[float, float]:
    """Return the level from which people start, and the end of the range that they want least.

    The start is that of the base, or else the end of the studied range that people want most.

    Raises
    ------
    EstimationError
        If the attribute is not one that can rise bit by bit.
    """
    numeric = [name for name in attributes_of(fit) if is_continuous(fit.coding, name)]
    if attribute not in numeric:
        raise EstimationError(
            f"attribute: {attribute!r} is no numeric attribute of the utility; allowed: "
            f"{listed(numeric, 40) or 'none'}."
        )
    low, high = fit.coding.ranges[attribute]
    known = {name: value for name, value in base.items() if name in needs(fit.coding, attribute)}
    missing = sorted(needs(fit.coding, attribute) - {attribute} - set(known))
    if missing:
        raise EstimationError(
            f"base: {listed(missing)} is missing, and what {attribute} is worth depends on it; allowed: a "
            f"value, such as base={{{missing[0]!r}: ...}}."
        )
    at_low, at_high = rows_at(fit, known, [{attribute: low}, {attribute: high}]) @ fit.coefficients.to_numpy()
    wanted, unwanted = (low, high) if at_low >= at_high else (high, low)
    return float(base.get(attribute, wanted)), unwanted  # type: ignore[arg-type]  # checked to be a number


def offers(
    fit: Fit, attribute: str, change: Mapping[str, object] | None, base: Mapping[str, object], start: float
) -> list[Offer]:
    """Return the services to compare: the one with the change, or one for each other attribute.

    Without a change, each is the best level of an attribute beside its worst. What the base does not say
    of an attribute that changes is its worst level.

    Raises
    ------
    EstimationError
        If an attribute or level is unknown, or nothing changes.
    """
    point = {name: value for name, value in base.items() if name != attribute}
    context = {attribute: start, **point}
    if change is None:
        worths = [worth for worth in part_worths(fit, context) if worth.attribute != attribute]
        return [_best_beside_worst(fit, worth, attribute, start, point) for worth in worths]
    known = [name for name in attributes_of(fit) if name not in (attribute, ALTERNATIVE)]
    wrong = [name for name in change if name not in known]
    if wrong or not change:
        found = listed(wrong) if wrong else "nothing"
        raise EstimationError(f"change: found {found}; allowed: {listed(known, 40)}.")
    better = checked_point(fit, change)
    parts = {worth.attribute: worth for worth in part_worths(fit, context | better)}
    before = {name: point[name] if name in point else _worst(fit, parts[name]) for name in better}
    same = [name for name in better if better[name] == before[name]]
    if same:
        raise EstimationError(
            f"change: {same[0]} is {better[same[0]]!r} in both services; allowed: another level, or say with "
            "base= what it is now."
        )
    label = "; ".join(_label(parts[name], better[name], before[name]) for name in better)
    return [
        Offer(", ".join(better), label, {**point, **better}, {**point, **before, attribute: start}),
    ]


def _best_beside_worst(
    fit: Fit, worth: PartWorths, attribute: str, start: float, point: Mapping[str, object]
) -> Offer:
    u = worth.X @ fit.coefficients.to_numpy()
    best, worst = worth.levels[int(np.argmax(u))], worth.levels[int(np.argmin(u))]
    base = {**point, worth.attribute: worst, attribute: start}
    return Offer(worth.attribute, _label(worth, best, worst), {**point, worth.attribute: best}, base)


def _worst(fit: Fit, worth: PartWorths) -> object:
    return worth.levels[int(np.argmin(worth.X @ fit.coefficients.to_numpy()))]


def _label(worth: PartWorths, better: object, before: object) -> str:
    texts = dict(zip(worth.levels, worth.texts, strict=True))
    this, that = (texts.get(level, f"{level}") for level in (better, before))
    return f"{worth.label}: {this} rather than {that}"


def gap_rows(fit: Fit, offer: Offer, attribute: str, levels: FloatArray) -> FloatArray:
    """Return what the better service with each level of the attribute has over the base, (L, K)."""
    changes: list[dict[str, object]] = [{**offer.better, attribute: float(level)} for level in levels]
    X = rows_at(fit, {}, [*changes, dict(offer.base)])
    return np.asarray(X[:-1] - X[-1])
