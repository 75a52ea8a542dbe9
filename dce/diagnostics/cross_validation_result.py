"""What cross-validation found."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dce.table import Table


@dataclass(frozen=True)
class CrossValidation:
    """How well formulas predict the answers of respondents whom they were not fitted to.

    Attributes
    ----------
    frame : pandas.DataFrame
        A row for each formula; per answer, out of sample: ``log-likelihood``, ``rho2`` (1 less its
        ratio to that of equal shares), ``against constants`` (the same to that of the shares of
        alternatives among the others), ``hit rate`` with ``low`` and ``high``; ``in sample``, the
        log-likelihood where all were fitted to; ``difference`` of the log-likelihood to the first
        formula and its ``standard error`` over respondents.
    null, constants, guesses : float
        Log-likelihood per answer of equal shares and of constants, NaN where these have no estimate;
        the hit rate of guesses.
    by_respondent : pandas.DataFrame
        Per respondent ``fold``, ``answers`` (weighted), and the log-likelihood of each formula.
    folds, seed : int
    level : float
        Of the intervals.
    column : str
        Whose values were left out together.
    """

    frame: pd.DataFrame
    null: float
    constants: float
    guesses: float
    by_respondent: pd.DataFrame
    folds: int
    seed: int
    level: float
    column: str

    def table(self) -> Table:
        """Return a row for each formula; of one formula, the interval of its hit rate too."""
        columns = {"log-likelihood": "LL", "in sample": "in sample", "rho2": "rho2", "hit rate": "hits"}
        if len(self.frame) > 1:
            columns |= {"difference": "diff.", "standard error": "s.e."}
        else:
            columns |= {"low": f"{self.level:.0%} low", "high": "high"}
        frame = self.frame[list(columns)].rename(columns=columns)
        frame.index.name = ""
        formats = dict.fromkeys(frame.columns, ".4f")
        formats |= {"hits": ".1%", f"{self.level:.0%} low": ".1%", "high": ".1%"}
        return Table("Out of sample, per answer", frame, formats, tuple(self._notes()))

    def _notes(self) -> list[str]:
        who = "respondents" if self.column == "respondent" else f"clusters ({self.column})"
        constants = "" if pd.isna(self.constants) else f"; constants {self.constants:.4f}"
        notes = [
            f"{len(self.by_respondent):,d} {who} in {self.folds} folds, seed {self.seed}: each is predicted "
            "by a fit to the others. LL: mean log-likelihood of an answer; in sample: where all were fitted "
            "to.",
            f"LL of equal shares {self.null:.4f}{constants}. Hit rate of guesses {self.guesses:.1%}.",
        ]
        if len(self.frame) > 1:
            notes.append(
                "diff.: LL less that of the first formula; its error takes the folds' estimates as given."
            )
        return notes

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()
