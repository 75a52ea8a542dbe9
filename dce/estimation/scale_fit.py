"""The fitted logit whose scale differs between groups."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.stats import chi2, f

from dce.estimation.fit import Fit
from dce.estimation.inference import Inference
from dce.estimation.newton import solve
from dce.table import Table


@dataclass(frozen=True)
class ScaleFit:
    """A fitted logit with one set of tastes, and a scale for each group. Printing it shows its tables.

    The scale is inverse to the standard deviation of what utility leaves out: answers of a group with a
    scale of 0.5 vary twice as much around the same tastes.

    Attributes
    ----------
    by : str
        The column that divides the answers.
    groups : pandas.DataFrame
        A row for each group, the reference first: ``tasks`` answered, and ``respondents`` where they
        are known.
    coefficients : pandas.Series
        K coefficients, in units of the reference group, and the log-scale of every other group.
    covariance : pandas.DataFrame
        Their covariance matrix.
    inference : Inference
    log_likelihood : float
    equal : Fit
        The same utility with equal scales, fitted to the same answers.
    iterations : int
    decrement : float
        The squared Newton decrement at the end.
    """

    by: str
    groups: pd.DataFrame
    coefficients: pd.Series[float]
    covariance: pd.DataFrame
    inference: Inference
    log_likelihood: float
    equal: Fit
    iterations: int
    decrement: float

    @property
    def standard_errors(self) -> pd.Series[float]:
        """Standard error of every coefficient and log-scale."""
        return pd.Series(np.sqrt(np.diag(self.covariance)), index=self.coefficients.index)

    @cached_property
    def log_scales(self) -> pd.Series[float]:
        """Log of the scale of every group; zero for the reference."""
        K = len(self.equal.coefficients)
        log_scales = np.r_[0.0, self.coefficients.to_numpy(dtype=np.float64)[K:]]
        return pd.Series(log_scales, index=self.groups.index, dtype=np.float64)

    def scales(self, level: float = 0.95) -> pd.DataFrame:
        """Return the scale of each group relative to the reference, with its interval.

        The interval is that of the log-scale, transformed, so that it is positive.
        """
        K = len(self.equal.coefficients)
        se = np.r_[np.nan, self.standard_errors.to_numpy()[K:]]
        half = self.inference.quantile(level) * se
        log_scale = self.log_scales.to_numpy()
        return self.groups.assign(
            scale=np.exp(log_scale),
            **{"log scale": log_scale, "standard error": se},
            low=np.exp(log_scale - half),
            high=np.exp(log_scale + half),
        )

    def tests(self) -> pd.DataFrame:
        """Test that all scales are equal, by likelihood ratio and by Wald.

        The likelihood ratio takes answered tasks as independent; Wald's test uses the covariance of the
        fit, with F where its intervals use t.
        """
        M = len(self.groups) - 1
        ratio = 2 * (self.log_likelihood - self.equal.log_likelihood)
        lam = np.asarray(self.log_scales, dtype=np.float64)[1:]
        V = self.covariance.to_numpy()[-M:, -M:]
        wald = float(lam @ solve(V, lam))
        degrees = self.inference.degrees_of_freedom
        p_wald = chi2.sf(wald, M) if np.isinf(degrees) else f.sf(wald / M, M, degrees)
        return pd.DataFrame(
            {
                "statistic": [ratio, wald],
                "degrees of freedom": M,
                "p": [float(chi2.sf(ratio, M)), float(p_wald)],
            },
            index=pd.Index(["likelihood ratio", f"Wald, {self.inference.kind}"], name=""),
        )

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """Return estimates, standard errors, z, two-sided p and confidence limits."""
        b, se = self.coefficients, self.standard_errors
        half = self.inference.quantile(level) * se
        p = self.inference.p_value(np.asarray(b / se, dtype=np.float64))
        columns = {"coefficient": b, "standard error": se, "z": b / se, "p": p}
        return pd.DataFrame(columns | {"low": b - half, "high": b + half})

    def label(self, coefficient: str) -> str:
        """Return what tables call a coefficient."""
        return self.equal.label(coefficient) if coefficient in self.equal.coefficients else coefficient

    @property
    def frame(self) -> pd.DataFrame:
        """The scales, with 95% intervals."""
        return self.scales()

    def table(self, level: float = 0.95) -> Table:
        """Return the coefficients, as a paper prints them."""
        frame = self.to_frame(level).set_axis(["coef.", "s.e.", "z", "p", f"{level:.0%} low", "high"], axis=1)
        frame.index = pd.Index([self.label(name) for name in frame.index], name="")
        formats = dict.fromkeys(frame.columns, "4") | {"z": ".2f", "p": "p"}
        notes = (
            f"Standard errors: {self.inference}.",
            f"Log-likelihood {self.log_likelihood:.3f}; with equal scales {self.equal.log_likelihood:.3f}.",
            f"Converged in {self.iterations} iterations (squared Newton decrement {self.decrement:.0e}).",
        )
        return Table(f"Multinomial logit with scales by {self.by}", frame, formats, notes)

    def scales_table(self, level: float = 0.95) -> Table:
        """Return the scale of every group, with the tests that all are equal."""
        frame = self.scales(level).drop(columns=["log scale", "standard error"])
        frame = frame.rename(columns={"low": f"{level:.0%} low"})
        frame.index = pd.Index([str(group) for group in frame.index], name="")
        tests = [
            f"Equal scales, {name}: {row.iloc[0]:.3f}, {row.iloc[1]:.0f} d.f., p = {row.iloc[2]:.4f}."
            for name, row in self.tests().iterrows()
        ]
        notes = (
            f"Scale of {self.groups.index[0]}: 1. Less means more random answers.",
            *tests,
            "The likelihood ratio takes tasks as independent.",
            *(f"Left out: {n:,d} {what}." for what, n in self.equal.left_out.items() if n),
        )
        formats = dict.fromkeys(frame.columns, ".3f")
        return Table(f"Scale by {self.by}", frame, formats, notes)

    def tables(self) -> tuple[Table, Table]:
        """Return both tables."""
        return self.table(), self.scales_table()

    def __str__(self) -> str:
        return "\n\n".join(str(table) for table in self.tables())

    def _repr_html_(self) -> str:
        return "\n".join(table.to_html() for table in self.tables())


def log_scale_name(group: object) -> str:
    """Return the name of a group's log-scale."""
    return f"log scale[{group}]"
