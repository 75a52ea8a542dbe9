"""Marginal rates of substitution: what one attribute is worth in units of another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from dce.errors import EstimationError, listed, plain
from dce.estimation.fit import Fit
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import FloatArray
from dce.table import Table

CLEARLY_NOT_ZERO = 1.96
"""Smallest z of the reference coefficient that passes without a caution."""

Convention = Literal["gain", "ratio"]


@dataclass(frozen=True)
class MarginalRates:
    """Marginal rates of substitution with delta-method intervals.

    Attributes
    ----------
    per : str
        The coefficient in whose units the rates are.
    convention : {"gain", "ratio"}
    level : float
        Of the intervals.
    frame : pandas.DataFrame
        One row per coefficient: ``label``, ``rate``, ``standard error``, ``low``, ``high``.
    heading : str
        Of the reference, with its unit.
    notes : tuple of str
    """

    per: str
    convention: Convention
    level: float
    frame: pd.DataFrame
    heading: str
    notes: tuple[str, ...]

    def table(self) -> Table:
        """Return the table that a paper prints."""
        frame = self.frame.set_index("label").set_axis(
            ["rate", "s.e.", f"{self.level:.0%} low", "high"], axis=1
        )
        frame.index.name = ""
        formats = {str(name): ".2f" for name in frame.columns}
        return Table(f"Marginal rates of substitution per {self.heading}", frame, formats, self.notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def marginal_rates(
    fit: Fit,
    per: str,
    convention: Convention = "gain",
    level: float = 0.95,
    directions_of: Fit | None = None,
) -> MarginalRates:
    """Express every coefficient in units of another, with delta-method intervals.

    Parameters
    ----------
    fit : Fit
    per : str
        Name of the reference coefficient, usually of a numeric attribute such as ``"wait"``.
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

    Returns
    -------
    MarginalRates

    Raises
    ------
    EstimationError
        If the reference is not a coefficient.

    Notes
    -----
    With r = a/b, the variance is (V_aa - 2 r V_ab + r^2 V_bb) / b^2 (delta method; Hole 2007,
    Health Economics 16:827).
    """
    if per not in fit.coefficients.index:
        allowed = listed(fit.coefficients.index, 40)
        raise EstimationError(f"per: {per!r} is not a coefficient; allowed: {allowed}.")
    if convention not in get_args(Convention):
        raise EstimationError(f"convention: found {convention!r}; allowed: 'gain', 'ratio'.")
    b = float(fit.coefficients[per])
    others = [name for name in fit.coefficients.index if name != per]
    rows = []
    for name in others:
        if convention == "ratio":
            label, sign = fit.label(name), 1.0
        else:
            label, direction = _gain(directions_of or fit, name)
            sign = direction * (1.0 if b >= 0 else -1.0)
        rows.append((label, sign * float(fit.coefficients[name]) / b))
    rates = np.array([rate for _, rate in rows], dtype=np.float64)
    error = _delta_errors(fit, others, per)
    width = fit.quantile(level) * error
    frame = pd.DataFrame(
        {
            "label": [label for label, _ in rows],
            "rate": rates,
            "standard error": error,
            "low": rates - width,
            "high": rates + width,
        },
        index=others,
    )
    heading = fit.study.label(per) if fit.study else per
    return MarginalRates(per, convention, level, frame, heading, tuple(_notes(fit, per, convention)))


def _delta_errors(fit: Fit, names: list[str], per: str) -> FloatArray:
    b = float(fit.coefficients[per])
    ratio = fit.coefficients[names].to_numpy() / b
    V = fit.covariance
    variance = (
        np.diag(V.loc[names, names])
        - 2 * ratio * V.loc[names, per].to_numpy()
        + ratio**2 * float(V.to_numpy()[V.index.get_loc(per), V.index.get_loc(per)])
    ) / b**2
    return np.asarray(np.sqrt(variance), dtype=np.float64)


def _gain(fit: Fit, name: str) -> tuple[str, float]:
    """Say what is gained, and the sign that makes the better level the gain."""
    coding = fit.coding
    k = coding.names.index(name)
    better = 1.0 if fit.coefficients[name] >= 0 else -1.0
    (variable, *more) = coding.parts[k]
    if _conditional(fit, name):
        return fit.label(name), 1.0
    attribute = None
    if fit.study and variable in fit.study.attribute_names:
        attribute = fit.study.attribute(variable)
    if more or (attribute is None and fit.study):
        return fit.label(name), 1.0
    if name == variable:
        heading = attribute.heading if attribute else name
        return f"{heading}, one {'more' if better > 0 else 'less'}", better
    if not coding.treatment[k]:
        return fit.label(name), 1.0
    levels = attribute.levels if attribute else coding.categories.get(variable, ())
    by_name = {f"{variable}[{_shown(level)}]": level for level in levels}
    references = [level for key, level in by_name.items() if key not in coding.names]
    if name not in by_name or len(references) != 1:
        return fit.label(name), 1.0
    labels: dict[object, str] = (
        dict(zip(attribute.levels, attribute.labels, strict=True)) if attribute else {}
    )
    this, that = (str(labels.get(level, level)) for level in (by_name[name], references[0]))
    winner, loser = (this, that) if better > 0 else (that, this)
    heading = attribute.label if attribute else variable
    return f"{heading}: {winner} rather than {loser}", better


def _conditional(fit: Fit, name: str) -> list[str]:
    """Return the other terms in which a coefficient's variables occur, such as ``wait:age65``.

    Levels of one attribute are not terms of one another.
    """
    coding = fit.coding
    k = coding.names.index(name)
    return [
        other
        for i, other in enumerate(coding.names)
        if i != k
        and coding.parts[i] & coding.parts[k] - {ALTERNATIVE, CONSTANTS}
        and not (coding.parts[i] == coding.parts[k] and name.endswith("]") and other.endswith("]"))
    ]


def _shown(level: object) -> str:
    return plain(level) if isinstance(level, (int, float)) else str(level)


def _notes(fit: Fit, per: str, convention: Convention) -> list[str]:
    meaning = {
        "gain": "How much of the reference people accept to lose for the gain in the row. Constants and "
        "interactions keep their sign: positive is preferred.",
        "ratio": "The coefficient in the row divided by the coefficient of the reference.",
    }[convention]
    notes = [f"{meaning} Delta-method intervals; standard errors {fit.covariance_kind}."]
    others = sorted({term for name in fit.coding.names for term in _conditional(fit, name)})
    if others:
        notes.append(
            f"Caution: {', '.join(others)} share variables with other terms, so that the rates of these "
            "terms hold only where the others are zero, and keep the sign of their coefficient."
        )
    z = abs(float(fit.coefficients[per]) / float(fit.standard_errors[per]))
    if z < CLEARLY_NOT_ZERO:
        notes.append(
            f"Caution: the coefficient of {per} is not clearly different from zero (z = {z:.2f}), so "
            "that these ratios and their intervals mean little."
        )
    return notes
