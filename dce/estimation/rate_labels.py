"""What is gained: the better side of an effect, in words."""

from __future__ import annotations

from dce.errors import EstimationError, listed
from dce.estimation.effects import Effect
from dce.estimation.fit import Fit


def gain(fit: Fit, effect: Effect, effects: dict[str, Effect]) -> tuple[str, float]:
    """Say what is gained, and the sign that makes the better level the gain.

    Parameters
    ----------
    fit : Fit
        That says which level is the better.
    effect : Effect
    effects : dict of str to Effect
        The effects of that fit.

    Raises
    ------
    EstimationError
        If that fit does not have the effect.
    """
    if effect.name not in effects:
        raise EstimationError(
            f"directions_of: that fit has no {effect.name!r}; it has {listed(effects, 40)}."
        )
    own = effects[effect.name]
    better = 1.0 if own.value(fit) >= 0 else -1.0
    if own.kind == "other":
        return fit.label(effect.name), 1.0
    attribute = None
    if fit.study is not None and own.variable in fit.study.attribute_names:
        attribute = fit.study.attribute(own.variable)
    if own.kind == "number":
        heading = attribute.heading if attribute else own.variable
        return f"{heading}, one {'more' if better > 0 else 'less'}", better
    labels: dict[object, str] = (
        dict(zip(attribute.levels, attribute.labels, strict=True)) if attribute else {}
    )
    this, that = (str(labels.get(level, level)) for level in (own.level, own.other_level))
    winner, loser = (this, that) if better > 0 else (that, this)
    heading = attribute.label if attribute else own.variable
    return f"{heading}: {winner} rather than {loser}", better
