"""Marginal rates of substitution, as they are kept and shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd

from dce.estimation.interval_figure import draw_intervals
from dce.table import Table, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Convention = Literal["gain", "ratio"]
RateMethod = Literal["delta", "krinsky-robb", "fieller", "bootstrap"]


@dataclass(frozen=True)
class MarginalRates:
    """Marginal rates of substitution with intervals.

    Attributes
    ----------
    per : str
        The effect in whose units the rates are: a coefficient, or an attribute at a point.
    convention : {"gain", "ratio"}
    method : {"delta", "krinsky-robb", "fieller", "bootstrap"}
        Of the intervals.
    level : float
        Of the intervals.
    frame : pandas.DataFrame
        One row per effect: ``label``, ``rate``, ``standard error`` (delta method), ``low``, ``high``.
        Fieller's intervals also have ``gap low`` and ``gap high``: where ``low`` and ``high`` are
        infinite, what lies between these two is not part of the interval; NaN where all is.
    heading : str
        Of the reference, with its unit.
    notes : tuple of str
    """

    per: str
    convention: Convention
    method: RateMethod
    level: float
    frame: pd.DataFrame
    heading: str
    notes: tuple[str, ...]

    def table(self) -> Table:
        """Return the table that a paper prints."""
        frame = self.frame.set_index("label")[["rate", "standard error", "low", "high"]]
        frame = frame.set_axis(["rate", "s.e.", f"{self.level:.0%} low", "high"], axis=1)
        frame.index.name = ""
        formats = {str(name): ".2f" for name in frame.columns}
        return Table(f"Marginal rates of substitution per {self.heading}", frame, formats, self.notes)

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the rates with their intervals, on new axes unless some are given; needs matplotlib.

        Raises
        ------
        DceError
            If matplotlib is not installed.
        """
        labels = self.frame["label"].astype(str).tolist()
        return draw_intervals({"": self.frame}, labels, self.axis, value="rate", ax=ax)

    @property
    def axis(self) -> str:
        """What the axis of a figure says."""
        ratio = f"Coefficient as a multiple of that of {self.heading}"
        return (
            ratio if self.convention == "ratio" else f"{self.heading} that people accept to lose for the gain"
        )

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


@dataclass(frozen=True)
class RatesByReference:
    """Marginal rates of substitution per each of several references.

    Attributes
    ----------
    rates : dict of str to MarginalRates
        By name of the reference.
    """

    rates: Mapping[str, MarginalRates]

    def __getitem__(self, per: str) -> MarginalRates:
        return self.rates[per]

    @property
    def frame(self) -> pd.DataFrame:
        """All rates side by side; columns are (reference, quantity)."""
        frames = {per: rates.frame.reindex(list(self._labels)) for per, rates in self.rates.items()}
        return pd.concat(frames, axis=1)

    @property
    def _labels(self) -> dict[str, str]:
        """What rows are called, by effect, in the order of the formula: each table lacks its reference."""
        labels: dict[str, str] = {}
        order: list[str] = []
        for rates in self.rates.values():
            before = -1
            for name, label in rates.frame["label"].astype(str).items():
                if name in labels:
                    before = order.index(str(name))
                    continue
                before += 1
                order.insert(before, str(name))
                labels[str(name)] = label
        return {name: labels[name] for name in order}

    def table(self) -> Table:
        """Return rates with their intervals in brackets, one column per reference."""
        labels = self._labels
        columns = {rates.heading: rates.frame.apply(_in_brackets, axis=1) for rates in self.rates.values()}
        frame = pd.DataFrame(columns).reindex(list(labels)).fillna("")
        frame.index = pd.Index(list(labels.values()), name="")
        notes = [note for rates in self.rates.values() for note in rates.notes]
        level = next(iter(self.rates.values())).level
        notes.append(f"In brackets: {level:.0%} intervals.")
        return Table("Marginal rates of substitution per", frame, {}, tuple(dict.fromkeys(notes)))

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def _in_brackets(row: pd.Series) -> str:
    rate, low, high = (number(float(row[name]), ".2f") for name in ("rate", "low", "high"))
    return f"{rate} ({low} to {high})"
