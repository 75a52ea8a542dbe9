"""What is believed of a coefficient before the study, as a distribution."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.stats import norm, triang

from dce.attributes import refusal
from dce.errors import plain

Kind = Literal["normal", "uniform", "triangular", "lognormal", "positive", "negative"]

LARGEST = 1e100
"""Numbers of this size or more are no coefficients."""
WIDEST = 1000.0
"""Largest standard deviation of a lognormal prior, relative to its mean."""


@dataclass(frozen=True, init=False, repr=False)
class Prior:
    """What is believed of a coefficient before the study.

    ``Prior(mean)`` is a value taken as known, ``Prior(mean, sd)`` a normal distribution; the other
    distributions have constructors of their own:

    =============================== ==========================================================
    ``Prior.uniform(low, high)``    anything between the two, all equally likely
    ``Prior.triangular(low, mode,   between low and high, most likely the mode
    high)``
    ``Prior.lognormal(mean, sd)``   mean and sd of the coefficient itself; every draw has the
                                    sign of the mean, as for a cost
    ``Prior.positive(size)``,       the sign is known, the size is not: half-normal, of which
    ``Prior.negative(size)``        ``size`` is the mean absolute value, in units of utility
    =============================== ==========================================================

    Attributes
    ----------
    kind : str
    parameters : tuple of float
        As given to the constructor.

    Raises
    ------
    StudyError
        Saying which number, what was found and what is allowed.

    Examples
    --------
    >>> Prior(0.4, sd=0.1), Prior.uniform(-0.2, 0).mean
    (Prior(0.4, sd=0.1), -0.1)
    >>> Prior.lognormal(mean=-0.08, sd=0.02).quantile([0.025, 0.5, 0.975]).round(3)
    array([-0.126, -0.078, -0.048])
    """

    kind: Kind
    parameters: tuple[float, ...]

    def __init__(self, mean: float, sd: float = 0.0) -> None:
        mean, sd = _number("mean", mean), _number("sd", sd)
        if sd < 0:
            raise refusal("sd", sd, "zero or more")
        self._set("normal", mean, sd)

    @classmethod
    def uniform(cls, low: float, high: float) -> Prior:
        """Return the belief that all values from low to high are equally likely."""
        low, high = _number("uniform, low", low), _number("uniform, high", high)
        if not low < high:
            raise refusal("uniform", [low, high], "a low below the high")
        return cls._of("uniform", low, high)

    @classmethod
    def triangular(cls, low: float, mode: float, high: float) -> Prior:
        """Return the belief in values from low to high, less likely the farther from the mode."""
        names = ("low", "mode", "high")
        low, mode, high = (
            _number(f"triangular, {name}", x) for name, x in zip(names, (low, mode, high), strict=True)
        )
        if not (low <= mode <= high and low < high):
            raise refusal("triangular", [low, mode, high], "a low, a mode and a high in rising order")
        return cls._of("triangular", low, mode, high)

    @classmethod
    def lognormal(cls, mean: float, sd: float) -> Prior:
        """Return a belief that never changes sign: mean and sd are those of the coefficient."""
        mean, sd = _number("lognormal, mean", mean), _number("lognormal, sd", sd)
        if mean == 0:
            raise refusal("lognormal, mean", mean, "a number above zero, or below zero, as all draws are")
        if not 0 < sd <= WIDEST * abs(mean):
            allowed = f"a number above zero, at most {plain(WIDEST)} times the size of the mean"
            raise refusal("lognormal, sd", sd, allowed)
        return cls._of("lognormal", mean, sd)

    @classmethod
    def positive(cls, size: float) -> Prior:
        """Return the belief that the coefficient is above zero, on average ``size``."""
        return cls._signed("positive", size)

    @classmethod
    def negative(cls, size: float) -> Prior:
        """Return the belief that the coefficient is below zero, on average ``-size``."""
        return cls._signed("negative", size)

    @classmethod
    def _signed(cls, kind: Literal["positive", "negative"], size: float) -> Prior:
        size = _number("size", size)
        if size <= 0:
            raise refusal("size", size, "a number above zero, the sign being known")
        return cls._of(kind, size)

    @classmethod
    def _of(cls, kind: Kind, *parameters: float) -> Prior:
        prior = cls.__new__(cls)
        prior._set(kind, *parameters)
        return prior

    def _set(self, kind: Kind, *parameters: float) -> None:
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "parameters", parameters)

    def __repr__(self) -> str:
        if self.is_fixed:
            return f"Prior({plain(self.parameters[0])})"
        if self.kind == "normal":
            return f"Prior({plain(self.parameters[0])}, sd={plain(self.parameters[1])})"
        return f"Prior.{self.kind}({', '.join(plain(x) for x in self.parameters)})"

    @property
    def is_fixed(self) -> bool:
        """Whether the coefficient is taken as known."""
        return self.kind == "normal" and self.parameters[1] == 0

    @property
    def mean(self) -> float:
        """Mean of the distribution."""
        if self.kind == "negative":
            return -self.parameters[0]
        if self.kind in ("uniform", "triangular"):
            return math.fsum(self.parameters) / len(self.parameters)
        return self.parameters[0]

    @property
    def sd(self) -> float:
        """Standard deviation of the distribution; zero where the coefficient is taken as known."""
        match self.kind:
            case "uniform":
                low, high = self.parameters
                return (high - low) / math.sqrt(12)
            case "triangular":
                low, mode, high = self.parameters
                return math.sqrt(((high - low) ** 2 + (mode - low) * (mode - high)) / 18)
            case "positive" | "negative":
                return self.parameters[0] * math.sqrt(math.pi / 2 - 1)
        return self.parameters[1]

    def quantile(self, u: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the values that the coefficient falls below with probabilities u, in u's shape."""
        u = np.asarray(u, dtype=np.float64)
        if not ((u >= 0) & (u <= 1)).all():
            raise refusal("u", u.min() if u.min() < 0 else u.max(), "probabilities, from 0 to 1")
        return self.at(norm.ppf(u))

    def at(self, z: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the quantiles of probabilities Phi(z), in z's shape.

        A standard normal z gives a draw of the coefficient. Normal and lognormal priors are exact in
        both tails, where Phi(z) would be rounded to one.
        """
        z = np.asarray(z, dtype=np.float64)
        match self.kind:
            case "uniform":
                low, high = self.parameters
                value = low + (high - low) * norm.cdf(z)
            case "triangular":
                low, mode, high = self.parameters
                value = triang.ppf(norm.cdf(z), (mode - low) / (high - low), low, high - low)
            case "lognormal":
                # Of |coefficient|: mean e^(m + s^2/2), squared coefficient of variation e^(s^2) - 1.
                mean, sd = self.parameters
                variance = math.log1p((sd / mean) ** 2)
                log = math.log(abs(mean)) - variance / 2 + math.copysign(math.sqrt(variance), mean) * z
                value = math.copysign(1, mean) * np.exp(log)
            case "positive":
                value = self._scale * norm.isf(norm.sf(z) / 2)
            case "negative":
                value = -self._scale * norm.isf(norm.cdf(z) / 2)
            case _:
                mean, sd = self.parameters
                value = mean + sd * z if sd else np.full(z.shape, mean)
        return np.asarray(value, dtype=np.float64)

    @property
    def _scale(self) -> float:
        """Standard deviation of the normal of which a half-normal is the absolute value."""
        return self.parameters[0] * math.sqrt(math.pi / 2)


def _number(key: str, value: object) -> float:
    if isinstance(value, np.generic):
        value = value.item()
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not is_number or not abs(value) < LARGEST:  # type: ignore[arg-type]
        raise refusal(key, value, "a finite number")
    return value  # type: ignore[return-value]
