"""Near-collinearity: coefficients that the answers can hardly tell apart.

Notation: K coefficients; I (K, K) the information at the estimates, R the same scaled to a unit diagonal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.linalg import eigh

from dce.estimation.fit import Fit
from dce.estimation.newton import inverse
from dce.logit import FloatArray
from dce.table import Table

WEAK, STRONG = 10.0, 30.0
"""Condition indices from which dependencies are weak, and strong (Belsley, Kuh and Welsch 1980)."""
LARGE = 0.5
"""Share of a coefficient's variance that makes it part of a dependency."""


@dataclass(frozen=True)
class Collinearity:
    """How far coefficients stand together. Printing it shows its tables.

    Attributes
    ----------
    frame : pandas.DataFrame
        A row for each coefficient: ``vif``, its variance over what it were if the others were known;
        ``vif of term``, the generalized VIF of all coefficients with the same variables, to the power
        1/df, so that it compares; ``closest``, the coefficient with which its estimate correlates most,
        and ``correlation``.
    indices : pandas.Series
        Condition indices, the largest first.
    proportions : pandas.DataFrame
        A row for each condition index, a column for each coefficient: the share of its variance.
    labels : dict of str to str
        What tables call the coefficients.
    """

    frame: pd.DataFrame
    indices: pd.Series[float]
    proportions: pd.DataFrame
    labels: dict[str, str]

    @property
    def together(self) -> tuple[tuple[str, ...], ...]:
        """The coefficients of each dependency with a condition index of 10 or more, the strongest first."""
        return tuple(self._members(k) for k in range(len(self.indices)) if self.indices.iloc[k] >= WEAK)

    def _members(self, k: int) -> tuple[str, ...]:
        """Coefficients with most of their variance in a dependency, at least two."""
        shares = self.proportions.iloc[k].sort_values(ascending=False, kind="stable")
        count = max(2, int((shares > LARGE).sum()))
        return tuple(str(name) for name in shares.index[:count])

    def table(self) -> Table:
        """Return the coefficients and what they stand together with."""
        frame = self.frame[["vif", "vif of term", "correlation", "closest"]].copy()
        frame["closest"] = [self.labels[name] for name in frame["closest"]]
        frame = frame.set_axis(["VIF", "of term", "corr.", "with"], axis=1)
        frame.index = pd.Index([self.labels[str(name)] for name in frame.index], name="")
        formats = {"VIF": ".2f", "of term": ".2f", "corr.": ".2f"}
        return Table("Collinearity", frame, formats, tuple(self._notes()))

    def _notes(self) -> list[str]:
        notes = [
            "VIF: variance of an estimate over what it were if all others were known; of term: the same for "
            "all levels of an attribute together, comparable. From the information at the estimates; it "
            "depends on the coding.",
            f"Largest condition index {self.indices.iloc[0]:.1f} (from {WEAK:.0f} on weak, from "
            f"{STRONG:.0f} on strong dependencies).",
        ]
        for index, names in zip(self.indices, self.together, strict=False):
            strength = "Strong" if index >= STRONG else "Weak"
            listed = ", ".join(self.labels[name] for name in names)
            notes.append(f"{strength} dependency (index {index:.1f}) between {listed}.")
        return notes

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def collinearity(fit: Fit) -> Collinearity:
    """Tell which coefficients the answers can hardly tell apart.

    Parameters
    ----------
    fit : Fit

    Returns
    -------
    Collinearity

    Notes
    -----
    With the eigenvalues mu of R and its eigenvectors v, condition indices are sqrt(mu_max / mu_k), and
    coefficient j has the share (v_jk^2 / mu_k) / sum_l (v_jl^2 / mu_l) of its variance in dimension k.
    VIFs are the diagonal of R^-1; that of a term is det(R_term) det(R_others) / det(R).

    References
    ----------
    Belsley, Kuh and Welsch (1980), Regression Diagnostics, chapter 3. Fox and Monette (1992),
    Generalized collinearity diagnostics, JASA 87:178.
    """
    information = fit.maximum.information
    names = list(fit.coding.names)
    scale = 1 / np.sqrt(np.diag(information))
    R = information * np.outer(scale, scale)
    mu, v = eigh(R)
    parts = v**2 / mu
    shares = parts / parts.sum(axis=1, keepdims=True)
    terms = [", ".join(sorted(part)) for part in fit.coding.parts]
    covariance = inverse(R)
    closest, correlation = _closest(covariance)
    frame = pd.DataFrame(
        {
            "vif": np.diag(covariance),
            "vif of term": _of_terms(R, terms),
            "closest": [names[k] if k >= 0 else "" for k in closest],
            "correlation": correlation,
        },
        index=pd.Index(names, name="coefficient"),
    )
    indices = pd.Series(np.sqrt(mu[-1] / mu), name="condition index")
    proportions = pd.DataFrame(shares.T, columns=names)
    labels = {name: fit.label(name) for name in names} | {"": ""}
    return Collinearity(frame, indices, proportions, labels)


def _closest(covariance: FloatArray) -> tuple[list[int], FloatArray]:
    """Return per coefficient the one whose estimate correlates most with its own, -1 if it is alone."""
    d = np.sqrt(np.diag(covariance))
    correlation = covariance / np.outer(d, d)
    np.fill_diagonal(correlation, 0.0)
    K = len(d)
    if K == 1:
        return [-1], np.array([np.nan])
    closest = np.abs(correlation).argmax(axis=1)
    return closest.tolist(), np.asarray(correlation[np.arange(K), closest])


def _of_terms(R: FloatArray, terms: list[str]) -> FloatArray:
    """Return the generalized variance inflation of each coefficient's term, to the power 1/df."""
    values = np.ones(len(terms))
    whole = np.linalg.slogdet(R)[1]
    for term in set(terms):
        mine = np.array([other == term for other in terms])
        log_gvif = -whole
        for members in (mine, ~mine):
            log_gvif += np.linalg.slogdet(R[np.ix_(members, members)])[1] if members.any() else 0.0
        values[mine] = np.exp(log_gvif / mine.sum())
    return values
