"""How well a fit describes the answers it was fitted to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dce.diagnostics.clusters_of import clusters_of
from dce.diagnostics.hit_rate import chance, clustered_rate, hits
from dce.diagnostics.level_shares import level_shares
from dce.estimation.clusters import Clusters
from dce.estimation.fit import Fit
from dce.logit import FloatArray, log_probabilities
from dce.table import Table


@dataclass(frozen=True)
class Goodness:
    """How well a fit describes its answers. Printing it shows measures, and shares by level.

    Attributes
    ----------
    frame : pandas.DataFrame
        A row for each measure: ``value``, and ``low`` and ``high`` where it has an interval.
    shares : pandas.DataFrame
        Shares of all answers by level of each attribute, as :func:`dce.diagnostics.level_shares` returns
        them: a large ``z`` tells that the utility misses what people think of a level.
    level : float
        Of the intervals.
    notes : tuple of str
    """

    frame: pd.DataFrame
    shares: pd.DataFrame
    level: float
    notes: tuple[str, ...]

    def __getitem__(self, measure: str) -> float:
        return float(self.frame.loc[measure, "value"])  # type: ignore[arg-type]  # one number

    def table(self) -> Table:
        """Return the measures, as a paper prints them."""
        frame = self.frame.rename(columns={"low": f"{self.level:.0%} low"})
        frame.index.name = ""
        return Table("Goodness of fit", frame, dict.fromkeys(frame.columns, ".4f"), self.notes)

    def shares_table(self) -> Table:
        """Return observed and predicted shares by level."""
        rows: list[list[float]] = []
        labels: list[str] = []
        names = ["observed", "predicted", "difference", "standard error", "z"]
        for attribute, levels in self.shares.groupby("attribute", sort=False):
            labels += [str(attribute), *(f"  {level}" for level in levels["level"])]
            rows += [[math.nan] * 5, *levels[names].to_numpy(dtype=np.float64).tolist()]
        columns = ["observed", "predicted", "diff.", "s.e.", "z"]
        frame = pd.DataFrame(rows, columns=columns, index=pd.Index(labels, name=""))
        formats = dict.fromkeys(columns[:2], ".2%") | dict.fromkeys(columns[2:4], ".2%") | {"z": ".2f"}
        notes = (
            "Share of all answers that chose an alternative with the level. Without z: the estimates make "
            "both equal. A z beyond 2 tells that the utility misses something about the level; of 20, "
            "one is beyond 2 by chance.",
        )
        return Table("Observed and predicted shares", frame, formats, notes)

    def tables(self) -> tuple[Table, Table]:
        """Return both tables."""
        return self.table(), self.shares_table()

    def __str__(self) -> str:
        return "\n\n".join(str(table) for table in self.tables())

    def _repr_html_(self) -> str:
        return "\n".join(table.to_html() for table in self.tables())


def goodness(fit: Fit, level: float = 0.95) -> Goodness:
    """Tell how well a fit describes its answers: R2s, hit rate, and shares by level.

    Parameters
    ----------
    fit : Fit
    level : float, optional
        Of the interval of the hit rate.

    Returns
    -------
    Goodness

    Notes
    -----
    With LL the log-likelihood, LL0 that of equal shares, N the answers and K the coefficients: McFadden
    1 - LL/LL0, adjusted 1 - (LL - K)/LL0; against constants 1 - LL/LL_constants; Estrella
    1 - (LL/LL0)^(-2 LL0/N); Cox and Snell 1 - exp(2 (LL0 - LL)/N), Nagelkerke the same over its
    largest value; Ben-Akiva and Lerman the mean probability of what was chosen.

    The hit rate is the share of answers that chose the most probable alternative. It is measured on
    the answers that the fit was fitted to, which flatters it a little: :func:`dce.cross_validate`
    measures it on others.

    References
    ----------
    Ben-Akiva and Lerman (1985), Discrete Choice Analysis, section 7.5. Estrella (1998), A new measure
    of fit for equations with dichotomous dependent variables, JBES 16:198. Nagelkerke (1991),
    Biometrika 78:691.
    """
    quantile = fit.quantile(level)
    clusters = clusters_of(fit)
    beta = np.asarray(fit.coefficients, dtype=np.float64)
    P = np.exp(log_probabilities(fit.tasks.X, beta, fit.tasks.available))
    measures = _r2s(fit) | _hit_rates(fit, P, clusters, quantile)
    frame = pd.DataFrame.from_dict(measures, orient="index", columns=["value", "low", "high"])
    notes = [
        f"{fit.n_tasks:,d} answered tasks, {clusters.count:,d} clusters ({clusters.column}).",
        "Interval of the hit rate: Wilson, with the cluster-robust effective number of answers. It is "
        "measured on the answers fitted to; dce.cross_validate measures it on others.",
    ]
    return Goodness(frame, level_shares(fit, P, clusters), level, tuple(notes))


def _r2s(fit: Fit) -> dict[str, tuple[float, float, float]]:
    LL, LL0, N = fit.log_likelihood, fit.log_likelihood_null, fit.answers
    constants = fit.log_likelihood_constants or math.nan  # zero where one alternative is always chosen
    cox_snell = -math.expm1(2 * (LL0 - LL) / N)
    values = {
        "McFadden R2": fit.mcfadden_r2,
        "McFadden R2, adjusted": fit.adjusted_r2,
        "McFadden R2, against constants": 1 - LL / constants,
        "Estrella R2": 1 - (LL / LL0) ** (-2 * LL0 / N),
        "Cox-Snell R2": cox_snell,
        "Nagelkerke R2": cox_snell / -math.expm1(2 * LL0 / N),
        "geometric mean probability of the chosen": math.exp(LL / N),
    }
    return {name: (value, math.nan, math.nan) for name, value in values.items()}


def _hit_rates(
    fit: Fit, P: FloatArray, clusters: Clusters, quantile: float
) -> dict[str, tuple[float, float, float]]:
    tasks, layout = fit.tasks, fit.choices.layout
    which = np.arange(len(P)) if tasks.which is None else tasks.which
    chosen, weights = layout.chosen, layout.weights
    of_task = P[which]
    of_chosen = of_task[np.arange(len(chosen)), chosen]
    rate = clustered_rate(hits(of_task, chosen), weights, clusters.numbers, quantile)
    rows = fit.choices.frame["alternative"].to_numpy()[layout.rows[np.arange(len(chosen)), chosen]]
    most = pd.Series(weights).groupby(rows).sum().max()

    def mean(values: FloatArray) -> float:
        return float(weights @ values) / float(weights.sum())

    alone = {
        "mean probability of the chosen (Ben-Akiva-Lerman)": mean(of_chosen),
        "hit rate that the model expects": mean(of_task.max(axis=1)),
        "hit rate of guesses": mean(chance(layout.available)),
        "hit rate of the alternative chosen most": float(most) / float(weights.sum()),
    }
    found = {name: (value, math.nan, math.nan) for name, value in alone.items()}
    return {"hit rate": (rate.value, rate.low, rate.high)} | found
