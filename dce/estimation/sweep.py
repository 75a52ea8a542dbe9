"""Choice probabilities as one attribute of a service goes through a range of values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dce.errors import ScenarioError, listed, quoted
from dce.estimation.calibrated import AnyFit, check_fit
from dce.estimation.propagation import Method, Uncertainty, intervals
from dce.estimation.scenario import OneScenario, base_frame, changed, coded_scenarios, scenario_notes
from dce.estimation.scenarios import probabilities
from dce.figure import COLOURS, MARKERS
from dce.figure import axes as new_axes
from dce.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTWISE = "They hold at each value by itself, not for the whole curve."


@dataclass(frozen=True)
class Sweep:
    """Probabilities of all services at every value of an attribute of one of them.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per value and service: ``value``, ``service``, ``probability``, ``standard error``,
        ``low``, ``high``.
    attribute : str
    heading : str
        Of the attribute, with its unit.
    service : str
        Whose attribute it is.
    level : float
        Of the intervals, at each value.
    notes : tuple of str
    """

    frame: pd.DataFrame
    attribute: str
    heading: str
    service: str
    level: float
    notes: tuple[str, ...]

    def table(self) -> Table:
        """Return the probabilities of the service whose attribute it is."""
        own = self.frame[self.frame["service"] == self.service].set_index("value")
        columns = ["P", f"{self.level:.0%} low", "high"]
        frame = own[["probability", "low", "high"]].set_axis(columns, axis=1)
        frame.index = pd.Index(
            [f"{value:g}" if not isinstance(value, str) else value for value in frame.index]
        )
        frame.index.name = self.heading
        formats = dict.fromkeys(columns, ".2%")
        return Table(f"Probability of choosing {self.service}", frame, formats, self.notes)

    def plot(self, ax: Axes | None = None, *, services: Iterable[str] | None = None) -> Axes:
        """Draw probabilities with their bands; words as points with bars. Needs matplotlib.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Default: new ones.
        services : iterable of str, optional
            Default: the one whose attribute it is.

        Raises
        ------
        DceError
            If matplotlib is not installed, or a service is unknown.
        """
        ax = new_axes(ax)
        shown = [self.service] if services is None else list(services)
        known = list(dict.fromkeys(self.frame["service"]))
        for k, service in enumerate(shown):
            if service not in known:
                raise ScenarioError(f"services: found {quoted(service)}; allowed: {listed(known)}.")
            rows = self.frame[self.frame["service"] == service]
            colour, marker = COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)]
            x, P = rows["value"].tolist(), rows["probability"].to_numpy()
            low, high = rows["low"].to_numpy(), rows["high"].to_numpy()
            if isinstance(x[0], str):
                ax.errorbar(x, P, [P - low, high - P], fmt=marker, color=colour, capsize=4, label=service)
            else:
                ax.plot(x, P, color=colour, marker=marker, markersize=4, label=service)
                ax.fill_between(x, low, high, color=colour, alpha=0.2, linewidth=0)
        ax.set(xlabel=f"{self.heading}, {self.service}", ylabel="Probability of choosing", ylim=(0, 1))
        ax.yaxis.set_major_formatter(lambda p, _: f"{p:.0%}")
        if len(shown) > 1:
            ax.legend(frameon=False)
        return ax

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def sweep(
    fit: AnyFit,
    base: OneScenario,
    values: Mapping[str, Iterable[object]] | None = None,
    *,
    service: str | None = None,
    scenario: str | None = None,
    level: float = 0.95,
    method: Method = "delta",
    draws: int = 10_000,
    seed: int = 1,
    scale: float = 1.0,
    **attribute: Iterable[object],
) -> Sweep:
    """Predict probabilities at a range of values of one attribute.

    Parameters
    ----------
    fit : Fit or CalibratedFit
    base : path, pandas.DataFrame or mapping
        One scenario, as for :func:`dce.scenarios`; a mapping may be of service to attributes.
    values : mapping of str to iterable, optional
        The attribute and its values: ``{"wait": range(2, 13)}``, for attributes that are called like
        a parameter; of others ``wait=range(2, 13)`` is the same.
    service : str, optional
        Whose attribute changes. Default: the first of the base. A characteristic of the respondents
        changes for all.
    scenario : str, optional
        Which scenario the base is, where there are several.
    level, method, draws, seed, scale
        As for :func:`dce.scenarios`. The band holds at each value, not for the whole curve.

    Returns
    -------
    Sweep

    Raises
    ------
    ScenarioError
        If the base is wrong, or there is not one attribute with values.

    Warns
    -----
    RangeWarning
        For values outside the studied range.
    """
    check_fit(fit)
    how = Uncertainty(level, method, draws, seed)
    name, points = _swept({**(values or {}), **attribute})
    frame = base_frame(base, scenario)
    service = str(frame["service"].iloc[0]) if service is None else service
    each = [
        changed(fit, frame, service, name, value).assign(scenario=f"{name} = {value}") for value in points
    ]
    coded = coded_scenarios(fit, pd.concat(each, ignore_index=True), scale)
    quantity = probabilities(fit, coded)
    found = intervals(fit, quantity, how)
    result = pd.DataFrame(
        {
            "value": np.repeat(np.array(points, dtype=object), len(frame)),
            "service": [name for one in coded for name in one.services],
            "probability": quantity.value,
            "standard error": found.error,
            "low": found.low,
            "high": found.high,
        }
    ).infer_objects()
    heading = fit.study.attribute(name).heading if fit.study and name in fit.study.attribute_names else name
    notes = (how.note([fit], " on the log-odds"), POINTWISE, *scenario_notes(fit, coded, scale))
    return Sweep(result, name, heading, service, level, notes)


def _swept(given: Mapping[str, Iterable[object]]) -> tuple[str, list[object]]:
    """Return the one attribute and its distinct values."""
    if len(given) != 1:
        found = listed(given) or "none"
        raise ScenarioError(
            f"attributes: found {found}; allowed: one with its values, such as wait=range(2, 13)."
        )
    ((name, values),) = given.items()
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise ScenarioError(f"{name}: found {quoted(values)}; allowed: several values, such as range(2, 13).")
    points = [value.item() if isinstance(value, np.generic) else value for value in values]
    if not points or len(set(points)) < len(points):
        raise ScenarioError(f"{name}: found {listed(points)}; allowed: one or more values, each once.")
    return name, points
