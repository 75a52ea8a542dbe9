"""The outcome of fitting groups of respondents together, with coefficients of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dce.diagnostics.group_wald import group_wald
from dce.diagnostics.hypothesis_test import HypothesisTest, HypothesisTests
from dce.diagnostics.likelihood_ratio import ratio
from dce.estimation.clusters import find_clusters
from dce.estimation.fit import Fit
from dce.estimation.likelihood import cluster_sums
from dce.estimation.newton import inverse
from dce.estimation.subgroups import FEW_CLUSTERS
from dce.logit import FloatArray
from dce.table import Table, number


@dataclass(frozen=True)
class PooledFit:
    """One model for all groups, with coefficients of their own. Printing it shows the differences.

    Attributes
    ----------
    by : str
        The characteristic that divides the respondents.
    groups : tuple of str
        The first is the reference.
    differences : dict of str to tuple of str
        By coefficient of the reference group, the coefficients of ``fit`` that are its differences in
        the other groups, in their order.
    fit : Fit
        With the differences.
    equal : Fit
        Of the same answers, with coefficients that are equal in all groups.
    column : str
        Of the group in the answers.
    """

    by: str
    groups: tuple[str, ...]
    differences: Mapping[str, tuple[str, ...]]
    fit: Fit
    equal: Fit
    column: str

    @property
    def tests(self) -> HypothesisTests:
        """The tests that the groups have equal coefficients: together, and for each term."""
        coding, names = self.equal.coding, list(self.differences)
        q = sum(map(len, self.differences.values()))
        tests = [
            self._wald(names, "equal coefficients"),
            ratio(self.fit, self.equal.log_likelihood, q, "equal coefficients"),
        ]
        part_of = {name: coding.parts[coding.names.index(name)] for name in names}
        for part in dict.fromkeys(part_of.values()):
            of_term = [name for name in names if part_of[name] == part]
            what = ":".join(sorted(part)) if len(of_term) > 1 else of_term[0]
            tests.append(self._wald(of_term, f"{what} equal"))
        return HypothesisTests(f"Equal coefficients by {self.by}", tuple(tests))

    @cached_property
    def clusters(self) -> dict[str, int]:
        """Clusters of each group; of all together, ``""``, where some have answers in several groups."""
        return {group: len(sums) for group, sums in self._scores.items()}

    @cached_property
    def _scores(self) -> dict[str, FloatArray]:
        """Sums of the scores of the clusters of each group, (G_g, K); empty where errors have none."""
        if self.fit.inference.clusters is None:
            return {}
        clusters = find_clusters(self.fit.choices, self.fit.inference.clusters)
        sums = cluster_sums(self.fit.tasks, self.fit.maximum.beta, clusters.numbers)
        codes = self.fit.choices.frame[self.column].cat.codes.to_numpy()
        of_clusters = codes[clusters.rows]
        if (of_clusters[clusters.numbers] != codes[self.fit.choices.layout.rows[:, 0]]).any():
            return {"": sums}
        return {group: sums[of_clusters == k] for k, group in enumerate(self.groups)}

    def _wald(self, names: list[str], hypothesis: str) -> HypothesisTest:
        """Test that coefficients are equal in all groups."""
        gaps = [gap for name in names for gap in self.differences[name]]
        places = [self.fit.coding.names.index(gap) for gap in gaps]
        V = self.fit.covariance.to_numpy()[np.ix_(places, places)]
        bread = inverse(self.fit.maximum.information)[places]
        parts = [bread @ sums.T @ sums @ bread.T for sums in self._scores.values()]
        return group_wald(self.fit.maximum.beta[places], V, parts, list(self.clusters.values()), hypothesis)

    @property
    def frame(self) -> pd.DataFrame:
        """One row per coefficient.

        Columns are (group, quantity): the reference group's ``coefficient`` and ``standard error``;
        ``difference``, ``standard error``, ``low`` and ``high`` of the others; and (``"equal"``, ``p``)
        of the Wald test that all groups have the same. NaN where a coefficient is the same by assumption.
        """
        estimates = self.fit.to_frame()
        names = list(self.equal.coding.names)
        columns: dict[tuple[str, str], list[float]] = {}
        for quantity in ("coefficient", "standard error"):
            columns[self.groups[0], quantity] = estimates.loc[names, quantity].tolist()
        for k, group in enumerate(self.groups[1:]):
            gaps = [self.differences[name][k] if name in self.differences else None for name in names]
            of_group = estimates.reindex(gaps)  # empty where the coefficient is the same
            for quantity in ("coefficient", "standard error", "low", "high"):
                heading = "difference" if quantity == "coefficient" else quantity
                columns[group, heading] = of_group[quantity].tolist()
        columns["equal", "p"] = [
            self._wald([name], name).p if name in self.differences else np.nan for name in names
        ]
        return pd.DataFrame(columns, index=names)

    def table(self) -> Table:
        """Return the table that a paper prints."""
        frame, reference = self.frame, self.groups[0]
        columns: dict[str, list[object]] = {
            reference: _bracketed(frame[reference, "coefficient"], frame[reference, "standard error"])
        }
        for group in self.groups[1:]:
            heading = f"{group} - {reference}"
            columns[heading] = _bracketed(frame[group, "difference"], frame[group, "standard error"])
        columns["p"] = frame["equal", "p"].tolist()
        index = pd.Index([self.equal.label(str(name)) for name in frame.index], name="")
        title = f"Coefficients by {self.by}, and how they differ"
        return Table(title, pd.DataFrame(columns, index=index), {"p": "p"}, self._notes())

    def _notes(self) -> tuple[str, ...]:
        fit, (joint, likelihood, *_) = self.fit, self.tests.tests
        p = "of the difference" if len(self.groups) == 2 else "that all groups are equal (Wald)"
        return (
            f"Standard errors in brackets: {fit.inference}. p: {p}.",
            *self._few(),
            self._counts(),
            joint.sentence,
            *joint.notes,
            likelihood.sentence,
            *likelihood.notes[1:],
            "Coefficients are tastes times the scale; groups may differ in scale alone.",
            *(f"Left out: {n:,d} {what}." for what, n in fit.left_out.items() if n),
        )

    def _few(self) -> list[str]:
        """Caution against groups of few clusters."""
        small = [f"{group}: {n}" for group, n in self.clusters.items() if n < FEW_CLUSTERS]
        if not small or self.fit.inference.kind != "clustered":
            return []
        return [
            f"Caution: few clusters ({', '.join(small)}), with which clustered errors are too small; "
            "covariance='CR3' corrects them."
        ]

    def _counts(self) -> str:
        """Say how many are in each group."""
        frame = self.fit.choices.frame
        parts = []
        for group in self.groups:
            rows = frame[frame[self.column] == group]
            tasks = f"{int(rows['chosen'].sum()):,d} answered tasks"
            who = f"{rows['respondent'].nunique():,d} respondents, " if "respondent" in rows else ""
            parts.append(f"{group}: {who}{tasks}")
        return "; ".join(parts) + "."

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def _bracketed(estimates: pd.Series, errors: pd.Series) -> list[object]:
    """Return estimates with their errors in brackets, empty where there are none."""
    pairs = zip(estimates, errors, strict=True)
    return ["" if np.isnan(b) else f"{number(float(b), '4')} ({number(float(e), '4')})" for b, e in pairs]
