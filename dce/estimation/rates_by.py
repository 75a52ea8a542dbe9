"""Marginal rates of substitution of everybody and of subgroups, one below the other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from dce.errors import EstimationError
from dce.estimation.fit import Fit
from dce.estimation.interval_figure import draw_intervals
from dce.estimation.rates import At, marginal_rates
from dce.estimation.rates_result import Convention, MarginalRates, RateMethod
from dce.estimation.subgroups import ALL, SubgroupFits
from dce.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True)
class RatesBy:
    """Marginal rates of substitution of everybody and of subgroups.

    Attributes
    ----------
    by : str
        The characteristics that divide the respondents.
    rates : dict of str to MarginalRates
        By name of the group, everybody first.
    refused : dict of str to EstimationError
        Why other groups have none.
    """

    by: str
    rates: Mapping[str, MarginalRates]
    refused: Mapping[str, EstimationError]

    def __getitem__(self, group: str) -> MarginalRates:
        if group in self.refused:
            raise type(self.refused[group])(*self.refused[group].args)
        return self.rates[group]

    @property
    def frame(self) -> pd.DataFrame:
        """One row per rate and group: ``effect``, ``group``, ``label``, and the columns of the rates."""
        frames = [
            rates.frame.rename_axis("effect").reset_index().assign(group=group)
            for group, rates in self.rates.items()
        ]
        effects = {effect: k for k, effect in enumerate(frames[0]["effect"])}
        frame = pd.concat(frames, ignore_index=True)
        frame = frame.sort_values("effect", key=lambda names: names.map(effects), kind="stable")
        first = ["effect", "group"]
        return frame[[*first, *frame.columns.drop(first)]].reset_index(drop=True)

    def table(self) -> Table:
        """Return the table that a paper prints: below each rate, all groups."""
        everybody = self.rates[ALL]
        gains = everybody.frame["label"].astype(str).to_dict()
        names = ["rate", "standard error", "low", "high"]
        rows: list[list[float]] = []
        labels: list[str] = []
        for effect, groups in self.frame.groupby("effect", sort=False):
            labels += [gains[effect], *(f"  {group}" for group in groups["group"])]
            rows += [[math.nan] * 4, *groups[names].to_numpy().tolist()]
        columns = ["rate", "s.e.", f"{everybody.level:.0%} low", "high"]
        frame = pd.DataFrame(rows, columns=columns, index=pd.Index(labels, name=""))
        title = f"Marginal rates of substitution per {everybody.heading}, by {self.by}"
        return Table(title, frame, dict.fromkeys(columns, ".2f"), self._notes())

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the rates with their intervals, one mark per group, as the reference study does.

        Raises
        ------
        DceError
            If matplotlib is not installed.
        """
        everybody = self.rates[ALL]
        gains = everybody.frame["label"].astype(str)
        series = {group: rates.frame.reindex(gains.index) for group, rates in self.rates.items()}
        return draw_intervals(series, gains.tolist(), everybody.axis, value="rate", ax=ax)

    def _notes(self) -> tuple[str, ...]:
        """Return what all groups say once, and what some say with their name."""
        notes = list(self.rates[ALL].notes)
        for group, rates in self.rates.items():
            notes += [f"{group}: {note}" for note in rates.notes if note not in notes]
        notes += [f"Not estimated: {reason}" for reason in self.refused.values()]
        return tuple(notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def rates_by(
    fits: SubgroupFits,
    per: str,
    convention: Convention = "gain",
    level: float = 0.95,
    *,
    method: RateMethod = "delta",
    at: At | None = None,
    draws: int = 10_000,
    seed: int = 1,
) -> RatesBy:
    """Express coefficients in units of another, for everybody and each subgroup.

    The better level of each attribute is that of everybody: a subgroup that prefers the other one has
    a negative rate.

    Parameters
    ----------
    fits : SubgroupFits
        From :func:`dce.fit_by`.
    per, convention, level, method, at, draws, seed
        As for :func:`dce.marginal_rates`.

    Returns
    -------
    RatesBy

    Raises
    ------
    EstimationError
        As :func:`dce.marginal_rates`.
    """

    def of(fit: Fit) -> MarginalRates:
        return marginal_rates(
            fit,
            per,
            convention,
            level,
            directions_of=fits.everybody,
            method=method,
            at=at,
            draws=draws,
            seed=seed,
        )

    rates = {ALL: of(fits.everybody)} | {group: of(fit) for group, fit in fits.fits.items()}
    return RatesBy(fits.by, rates, fits.refused)
