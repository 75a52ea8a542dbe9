"""What a change is worth to people, in units of an attribute."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from dce.errors import ScenarioError
from dce.estimation.averaging import characteristics
from dce.estimation.calibrated import AnyFit, check_fit
from dce.estimation.derivatives import numeric_attribute, slopes
from dce.estimation.probabilities import in_parts, logsums
from dce.estimation.propagation import Method, Quantity, Uncertainty, draws_of, errors, intervals
from dce.estimation.scenario import (
    OneScenario,
    Scenario,
    SeveralScenarios,
    base_frame,
    coded_scenarios,
    scenario_notes,
)
from dce.logit import FloatArray, log_probabilities, mean_attributes
from dce.table import Table

SAME = 1e-6
"""Largest difference of marginal utilities, relative, that is rounding."""


@dataclass(frozen=True)
class Welfare:
    """What a change from one scenario to another is worth.

    Attributes
    ----------
    frame : pandas.DataFrame
        Row ``"utility"``: the change of the expected greatest utility (the logsum); row
        ``"compensating variation"``, where there is a unit: the same in units of ``per``. Columns
        ``value``, ``standard error``, ``low``, ``high``.
    per : str or None
        The attribute in whose units it is.
    heading : str
        Of that attribute.
    level : float
        Of the intervals.
    notes : tuple of str
    """

    frame: pd.DataFrame
    per: str | None
    heading: str
    level: float
    notes: tuple[str, ...]

    def table(self) -> Table:
        """Return the table that a paper prints."""
        columns = ["value", "s.e.", f"{self.level:.0%} low", "high"]
        labels = ["Expected utility (logsum)", f"Compensating variation: {self.heading}"]
        frame = self.frame.set_axis(columns, axis=1)
        frame.index = pd.Index(labels[: len(frame)], name="")
        return Table("What the change is worth", frame, dict.fromkeys(columns, "4"), self.notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def compensating_variation(
    fit: AnyFit,
    before: OneScenario,
    after: OneScenario,
    per: str | None = None,
    level: float = 0.95,
    method: Method = "delta",
    *,
    scenarios: SeveralScenarios | None = None,
    draws: int = 10_000,
    seed: int = 1,
    scale: float = 1.0,
) -> Welfare:
    """Say what a change of services is worth, in units of an attribute.

    Parameters
    ----------
    fit : Fit or CalibratedFit
    before, after : mapping, pandas.DataFrame, path, or name
        One scenario each, as for :func:`dce.scenarios`, of one or more services; or the names of two
        scenarios of ``scenarios``.
    per : str, optional
        A numeric attribute whose marginal utility is the same for all services and values. Default:
        the change of the expected greatest utility alone.
    scenarios : path, pandas.DataFrame or mapping, optional
        Where ``before`` and ``after`` are names.
    level, method, draws, seed, scale
        As for :func:`dce.scenarios`.

    Returns
    -------
    Welfare

    Raises
    ------
    ScenarioError
        If the scenarios are wrong or are for different people, or the attribute is not linear.

    Notes
    -----
    CV = (log sum_j exp V_j after - log sum_j exp V_j before) / |b|, with b the marginal utility of the
    attribute: positive where people are better off. Of a wait, a distance or a cost it is how much more of
    it people would accept and be as well off as before; of a good, how much less. With one service it
    is the difference in utility over |b|. Where respondents differ it is the mean over them. The marginal
    utility is taken to be the same before and after: there are no income effects.

    References
    ----------
    Small and Rosen (1981), Econometrica 49:105; Train (2009), Discrete Choice Methods with Simulation,
    2nd ed., section 3.5.
    """
    check_fit(fit)
    how = Uncertainty(level, method, draws, seed)
    one, two = _both(fit, before, after, scenarios, scale)
    worth = _worth(fit, one, two, None)
    parts = [worth]
    notes = [how.note([fit]), "Positive: people are better off after the change."]
    heading = ""
    if per is not None:
        D = _marginal(fit, one, two, per) * scale
        notes += _cautions(fit, per, D, how)
        parts.append(_worth(fit, one, two, D))
        heading = per
        if fit.study and per in fit.study.attribute_names:
            heading = fit.study.attribute(per).heading
    found = [intervals(fit, part, how) for part in parts]
    frame = pd.DataFrame(
        {
            "value": [float(part.value[0]) for part in parts],
            "standard error": [float(each.error[0]) for each in found],
            "low": [float(each.low[0]) for each in found],
            "high": [float(each.high[0]) for each in found],
        },
        index=["utility", "compensating variation"][: len(parts)],
    )
    notes += scenario_notes(fit, [one, two], scale)
    return Welfare(frame, per, heading, level, tuple(notes))


def _both(
    fit: AnyFit,
    before: OneScenario,
    after: OneScenario,
    scenarios: SeveralScenarios | None,
    scale: float,
) -> tuple[Scenario, Scenario]:
    """Return the two scenarios, coded."""
    if scenarios is not None:
        if not (isinstance(before, str) and isinstance(after, str)):
            raise ScenarioError("before, after: allowed: two names, where scenarios= says what they are.")
        frames = [base_frame(scenarios, name) for name in (before, after)]
    else:
        frames = [base_frame(given) for given in (before, after)]
    named = [frame.assign(scenario=name) for frame, name in zip(frames, ("before", "after"), strict=True)]
    one, two = coded_scenarios(fit, pd.concat(named, ignore_index=True), scale, least=1, stacklevel=4)
    kinds = [one.seen[list(characteristics(fit))].iloc[:: len(one.services)] for one in (one, two)]
    if not kinds[0].reset_index(drop=True).equals(kinds[1].reset_index(drop=True)):
        raise ScenarioError("before and after are for different people; allowed: the same characteristics.")
    return one, two


def _worth(fit: AnyFit, before: Scenario, after: Scenario, D: FloatArray | None) -> Quantity:
    """Return the mean change of the logsum; with D (C, K), over the size of the marginal utility D'b."""
    beta, shares = np.asarray(fit.coefficients, dtype=np.float64), before.shares
    gain = logsums(after.X, beta) - logsums(before.X, beta)
    of_gain = _mean(after.X, beta) - _mean(before.X, beta)
    if D is None:
        return Quantity(
            value=np.array([shares @ gain]),
            gradient=(shares @ of_gain)[None],
            at=lambda B: in_parts(
                lambda b: _gains(before, after, b) @ shares[:, None], B, after.X[..., 0].size
            ),
        )
    unit = D @ beta
    sign = np.sign(unit)
    gradient = sign[:, None] * (of_gain / unit[:, None] - (gain / unit**2)[:, None] * D)

    def worth(B: FloatArray) -> FloatArray:
        drawn = sign * _gains(before, after, B) / (B @ D.T)
        return np.asarray(drawn @ shares[:, None], dtype=np.float64)

    return Quantity(
        value=np.array([shares @ (sign * gain / unit)]),
        gradient=(shares @ gradient)[None],
        at=lambda B: in_parts(worth, B, after.X[..., 0].size),
    )


def _mean(X: FloatArray, beta: FloatArray) -> FloatArray:
    """Return the gradient of each class's logsum, the mean of x over the choices, (C, K)."""
    return mean_attributes(X, np.exp(log_probabilities(X, beta)))


def _gains(before: Scenario, after: Scenario, B: FloatArray) -> FloatArray:
    """Return the change of each class's logsum for each draw, (R, C)."""
    one, two = (logsumexp(each.X @ B.T, axis=1).T for each in (before, after))
    return np.asarray(two - one, dtype=np.float64)


def _marginal(fit: AnyFit, before: Scenario, after: Scenario, per: str) -> FloatArray:
    """Return the derivative of x with respect to an attribute, the same for all services, (C, K)."""
    numeric_attribute(fit, per)
    C, _, K = before.X.shape
    found = []
    for one in (before, after):
        has = one.seen[per].notna().to_numpy()
        for value in (None, *fit.coding.ranges[per]):
            seen = one.seen if value is None else one.seen.assign(**{per: np.where(has, value, np.nan)})
            D = slopes(fit, seen, per).reshape(C, -1, K)
            found += [D[:, j] for j in np.flatnonzero(has.reshape(C, -1).all(axis=0))]
    if not found:
        raise ScenarioError(f"per: no service has {per}; allowed: an attribute that a service has.")
    every = np.array(found)
    if (np.abs(every - every[0]) > SAME * np.abs(every).max()).any():
        raise ScenarioError(
            f"per: the marginal utility of {per} depends on its value or on the service; allowed: an "
            "attribute with the same linear effect for all services."
        )
    return np.asarray(every[0])


def _cautions(fit: AnyFit, per: str, D: FloatArray, how: Uncertainty) -> list[str]:
    """Say what makes the units doubtful.

    Raises
    ------
    ScenarioError
        If some respondents want more of the attribute, and others less.
    """
    unit = D @ np.asarray(fit.coefficients, dtype=np.float64)
    if not (unit > 0).all() and not (unit < 0).all():
        raise ScenarioError(
            f"per: some respondents want more {per}, others less, so that it is no unit for all; allowed: an "
            "attribute whose effect has one sign, or one kind of respondent."
        )
    wanted = "less" if unit[0] > 0 else "more"
    notes = [f"In units of {per}: how much {wanted} of it people would accept for the change."]
    z = float((np.abs(unit) / errors(fit, D)).min())
    if z < fit.quantile(how.level):
        notes.append(
            f"Caution: the effect of {per} is not clearly different from zero (z = {z:.2f}), so that what is "
            "expressed in its units means little."
        )
    if how.method != "delta":
        turned = float(((draws_of(fit, how) @ D.T) * unit < 0).any(axis=1).mean())
        if turned:
            notes.append(f"Caution: in {turned:.1%} of the draws the effect of {per} has the other sign.")
    return notes
