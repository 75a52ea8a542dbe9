"""The outcome of a test of a hypothesis, and of several side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2, f

from dce.errors import EstimationError, listed, plain
from dce.table import Table, number

SIGNIFICANT = 0.05
"""Largest p at which sentences say that a hypothesis is rejected."""


@dataclass(frozen=True)
class HypothesisTest:
    """The outcome of one test. Printing it shows a table and a sentence.

    Attributes
    ----------
    name : str
        Of the test, such as ``"Wald test"``.
    hypothesis : str
        What is tested, such as ``"wait = distance"``.
    statistic : float
        NaN where the test is not defined for these answers; the notes then say why.
    degrees_of_freedom : int
    denominator : float
        Degrees of freedom of the denominator of F; infinite: the statistic is chi-squared.
    notes : tuple of str
    """

    name: str
    hypothesis: str
    statistic: float
    degrees_of_freedom: int
    denominator: float = np.inf
    notes: tuple[str, ...] = ()

    @property
    def distribution(self) -> str:
        """The distribution of the statistic if the hypothesis is true, such as ``"chi2(2)"``."""
        if np.isinf(self.denominator):
            return f"chi2({self.degrees_of_freedom})"
        return f"F({self.degrees_of_freedom}, {plain(round(self.denominator, 1))})"

    @property
    def p(self) -> float:
        """Probability of a statistic as large as this one if the hypothesis is true."""
        if np.isinf(self.denominator):
            return float(chi2.sf(self.statistic, self.degrees_of_freedom))
        return float(f.sf(self.statistic, self.degrees_of_freedom, self.denominator))

    @property
    def verdict(self) -> str:
        """The outcome in a few words, such as ``"chi2(2) = 8.41, p = 0.015: rejected at 5%"``."""
        if np.isnan(self.statistic):
            return "not defined for these answers"
        shown = number(self.p, "p")
        outcome = "rejected" if self.p <= SIGNIFICANT else "not rejected"
        p = shown if shown.startswith("<") else f"= {shown}"
        return f"{self.distribution} = {self.statistic:.2f}, p {p}: {outcome} at {SIGNIFICANT:.0%}"

    @property
    def sentence(self) -> str:
        """The outcome as a paper writes it."""
        return f"{self.name} of {self.hypothesis}: {self.verdict}."

    @property
    def frame(self) -> pd.DataFrame:
        """The outcome as one row."""
        return HypothesisTests(self.name, (self,)).frame

    def table(self) -> Table:
        """Return the outcome as a table, with the sentence below."""
        return HypothesisTests(self.name, (self,), (f"{self.verdict}.", *self.notes)).table()

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


@dataclass(frozen=True)
class HypothesisTests:
    """Outcomes of several tests.

    Attributes
    ----------
    title : str
    tests : tuple of HypothesisTest
    notes : tuple of str
    """

    title: str
    tests: tuple[HypothesisTest, ...]
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> HypothesisTest:
        found = [test for test in self.tests if name in (test.name, test.hypothesis)]
        if len(found) != 1:
            names = [test.name for test in self.tests]
            few = names if len(set(names)) == len(names) else [test.hypothesis for test in self.tests]
            raise EstimationError(f"{name!r} names {len(found)} of these tests; allowed: {listed(few, 20)}.")
        return found[0]

    @property
    def sentences(self) -> tuple[str, ...]:
        """The outcomes as a paper writes them."""
        return tuple(test.sentence for test in self.tests)

    @property
    def frame(self) -> pd.DataFrame:
        """One row per test."""
        return pd.DataFrame(
            {
                "test": [test.name for test in self.tests],
                "hypothesis": [test.hypothesis for test in self.tests],
                "statistic": [test.statistic for test in self.tests],
                "degrees of freedom": [test.degrees_of_freedom for test in self.tests],
                "denominator": [test.denominator for test in self.tests],
                "p": [test.p for test in self.tests],
            }
        )

    def table(self) -> Table:
        """Return the table that a paper prints; a cell is empty where a test is not defined."""
        frame = self.frame
        several = frame["test"].nunique() > 1
        same = frame["hypothesis"].nunique() == 1 and several
        columns = {
            "statistic": frame["statistic"].to_numpy(),
            "distribution": [test.distribution for test in self.tests],
            "p": frame["p"].to_numpy(),
        }
        label = frame["test"] if same else frame["hypothesis"]
        if several and not same:
            columns = {"test": frame["test"].to_numpy(), **columns}
        shown = pd.DataFrame(columns, index=pd.Index(label, name=""))
        notes = tuple(dict.fromkeys(note for test in self.tests for note in test.notes))
        own = self.notes if len(self.tests) == 1 else (*self.notes, *notes)
        return Table(self.title, shown, {"statistic": ".2f", "p": "p"}, own)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()
