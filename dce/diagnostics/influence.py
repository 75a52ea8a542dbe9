"""What each respondent does to the estimates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd

from dce.diagnostics.clusters_of import clusters_of
from dce.diagnostics.one_step import ClusterAnswers, of_clusters
from dce.errors import EstimationError, listed
from dce.estimation.clusters import Clusters
from dce.estimation.fit import Fit
from dce.formula import ALTERNATIVE
from dce.logit import FloatArray
from dce.table import Table

Method = Literal["newton", "score", "exact"]
TOP = 10
"""Respondents that the table shows."""
FEW = 10
"""Effective clusters below which there is a caution."""


@dataclass(frozen=True)
class Influence:
    """What each respondent does to the estimates. Printing it shows those who do most.

    Attributes
    ----------
    frame : pandas.DataFrame
        A row for each cluster, under its value in the data: ``answers``; ``distance``, as Cook's, over
        K; ``relative``, over the mean distance; ``coefficient``, the one moved most, and ``moved``, by
        how many standard errors; ``log-likelihood``, per answer; ``alternative``, the one chosen most,
        and ``share``, how often.
    dfbeta : pandas.DataFrame
        (G, K): the estimates less what they were without the cluster. NaN where there were none.
    dfbetas : pandas.DataFrame
        The same in standard errors of the fit.
    effective : pandas.Series
        Effective number of clusters that tell each coefficient: few where the answers of a few do, and
        clustered standard errors are then too small.
    method : {"newton", "score", "exact"}
    column : str
        Whose values the clusters are.
    labels : dict of str to str
        What tables call the coefficients.
    """

    frame: pd.DataFrame
    dfbeta: pd.DataFrame
    dfbetas: pd.DataFrame
    effective: pd.Series[float]
    method: Method
    column: str
    labels: dict[str, str]

    def top(self, count: int = TOP) -> pd.DataFrame:
        """Return the rows with the largest distance, the largest first."""
        return self.frame.sort_values("distance", ascending=False, kind="stable").head(count)

    def table(self, count: int = TOP) -> Table:
        """Return those with the largest distance."""
        top = self.top(count)
        frame = pd.DataFrame(
            {
                "answers": top["answers"].to_numpy(),
                "distance": top["relative"].to_numpy(),
                "LL": top["log-likelihood"].to_numpy(),
                "s.e.": top["moved"].to_numpy(),
                "moves most": [self.labels[name] for name in top["coefficient"]],
                "chose most": [
                    f"{alternative} {share:.0%}"
                    for alternative, share in zip(top["alternative"], top["share"], strict=True)
                ],
            },
            index=pd.Index([str(value) for value in top.index], name=self.column),
        )
        formats = {"distance": ".1f", "LL": ".2f", "s.e.": "+.2f"}
        return Table("Influence on the estimates", frame, formats, tuple(self._notes()))

    def _notes(self) -> list[str]:
        G = len(self.frame)
        who = "respondents" if self.column == "respondent" else f"clusters ({self.column})"
        how = {
            "newton": "one Newton step",
            "score": "score over information, as in R and Stata",
            "exact": "fitted without each",
        }[self.method]
        notes = [
            f"Distance: Cook's, in multiples of its mean over {G:,d} {who}. LL: log-likelihood "
            "per answer. s.e.: by how many standard errors their answers move the coefficient that they "
            f"move most ({how}).",
            f"Effective clusters: at least {self.effective.min():,.1f} for every coefficient, of {G:,d}.",
            "Influence is no reason to exclude; report results with and without, by a rule written before.",
        ]
        few = [self.labels[str(name)] for name in self.effective.index[self.effective < FEW]]
        if few:
            notes.append(
                f"Caution: the answers of few tell {', '.join(few)}, so that clustered standard errors are "
                "too small there; covariance='CR2' corrects them where it can."
            )
        gone = int(np.isinf(self.frame["distance"]).sum())
        if gone:
            notes.append(f"∞: without them the estimates are not identified or not finite ({gone:,d}).")
        return notes

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def influence(fit: Fit, method: Method = "newton") -> Influence:
    """Tell what each respondent does to the estimates.

    Parameters
    ----------
    fit : Fit
        Clusters are those of its errors, else respondents, else answered tasks.
    method : {"newton", "score", "exact"}, optional
        One Newton step from the estimates on the answers of the others; scores times the inverse
        information, as in R's and Stata's dfbeta, which understates where there are few respondents;
        or a fit without each.

    Returns
    -------
    Influence

    Raises
    ------
    EstimationError
        If there is only one cluster, or ``"exact"`` and without one of them there are no estimates.

    Notes
    -----
    With the score s_g and information I_g of cluster g, the estimates change by (I - I_g)^-1 s_g (Newton)
    or I^-1 s_g (score). With that change d, the distance is d'I d / K, about what twice the log-likelihood
    loses, per coefficient: Cook's, for clusters.

    References
    ----------
    Cook (1977), Technometrics 19:15. Pregibon (1981), Logistic regression diagnostics, Annals of
    Statistics 9:705. Carter, Schnepel and Steigerwald (2017), Review of Economics and Statistics 99:698
    (effective clusters). Belsley, Kuh and Welsch (1980), Regression Diagnostics, chapter 2.
    """
    if method not in get_args(Method):
        raise EstimationError(f"method: found {method!r}; allowed: {listed(get_args(Method))}.")
    clusters = clusters_of(fit)
    if clusters.count < 2:
        raise EstimationError(f"influence needs two clusters, found {clusters.count} ({clusters.column}).")
    found = of_clusters(fit, clusters, newton=method == "newton")
    names = list(fit.coefficients.index)
    change = _exact(fit, clusters) if method == "exact" else found.change
    V = fit.covariance.to_numpy(dtype=np.float64)
    distance = np.einsum("gk,kl,gl->g", change, fit.maximum.information, change) / len(names)
    distance[np.isnan(change).any(axis=1)] = np.inf
    dfbetas = change / np.sqrt(np.diag(V))
    index = pd.Index(clusters.values, name=clusters.column)
    frame = _frame(fit, clusters, found, distance, dfbetas)
    return Influence(
        frame=frame,
        dfbeta=pd.DataFrame(change, index, names),
        dfbetas=pd.DataFrame(dfbetas, index, names),
        effective=pd.Series(found.effective, names, dtype=np.float64),
        method=method,
        column=clusters.column,
        labels={name: fit.label(name) for name in names} | {"": ""},
    )


def _exact(fit: Fit, clusters: Clusters) -> FloatArray:
    """Return the estimates less those without each cluster, (G, K)."""
    without = fit.leave_one_out(clusters.column).reindex(clusters.values)
    return np.asarray(fit.coefficients.to_numpy() - without.to_numpy(), dtype=np.float64)


def _frame(
    fit: Fit, clusters: Clusters, found: ClusterAnswers, distance: FloatArray, dfbetas: FloatArray
) -> pd.DataFrame:
    names = list(fit.coefficients.index)
    finite = np.isfinite(distance)
    size = np.where(np.isnan(dfbetas), 0.0, np.abs(dfbetas))
    most = size.argmax(axis=1)
    alternative, share = _chosen_most(fit, clusters)
    return pd.DataFrame(
        {
            "answers": found.answers,
            "distance": distance,
            "relative": distance / (distance[finite].mean() if finite.any() else np.nan),
            "coefficient": [names[k] if ok else "" for k, ok in zip(most, finite, strict=True)],
            "moved": dfbetas[np.arange(len(most)), most],
            "log-likelihood": found.log_likelihood,
            "alternative": alternative,
            "share": share,
        },
        index=pd.Index(clusters.values, name=clusters.column),
    )


def _chosen_most(fit: Fit, clusters: Clusters) -> tuple[list[str], FloatArray]:
    """Return the label of the alternative that each cluster chose most, and its share of their answers."""
    layout, frame = fit.choices.layout, fit.choices.frame
    rows = layout.rows[np.arange(len(layout.chosen)), layout.chosen]
    codes, alternatives = pd.factorize(frame[ALTERNATIVE].astype(str), sort=True)
    labels = {a.name: a.label for a in fit.study.all_alternatives} if fit.study else {}
    shown = np.array([labels.get(name, name) for name in alternatives], dtype=object)
    pairs, counts = np.unique(clusters.numbers * len(shown) + codes[rows], return_counts=True)
    who = pairs // len(shown)
    order = np.lexsort((pairs, -counts, who))
    first = order[np.flatnonzero(np.diff(who[order], prepend=-1))]
    answers = np.bincount(clusters.numbers, minlength=clusters.count)
    return list(shown[pairs[first] % len(shown)]), np.asarray(counts[first] / answers, dtype=np.float64)
