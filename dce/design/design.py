"""A design: the tasks that respondents see, and how good they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from dce.design.criteria import d_error, log_determinants
from dce.design.criteria_table import Certificate
from dce.design.diagnostics import attribute_table, coefficient_table, quality_lines, summary
from dce.design.draws import Draws
from dce.design.levels import LevelCoding, level_coding
from dce.design.report import RESPONDENTS, DesignReport, design_report
from dce.design.task_rules import task_rules
from dce.errors import DesignError, IdentificationError, listed, plain, quoted
from dce.formula import ALTERNATIVE
from dce.identification import check_identified, is_singular
from dce.logit import FloatArray, IntArray, information, log_probabilities
from dce.study import Study
from dce.table import html_of


@dataclass(frozen=True)
class Design:
    """The tasks of a study. Make one with :func:`make_design` or :func:`evaluate_design`.

    Attributes
    ----------
    study : Study
    frame : pandas.DataFrame
        Long frame: ``block``, ``task`` (numbered through all blocks), ``alternative``, and a column
        per attribute, empty where the alternative does not have it.
    origin : str
        How it was made.

    Raises
    ------
    DesignError
        If the frame is not a design of the study, or does not identify its coefficients.
    """

    study: Study
    frame: pd.DataFrame
    origin: str = "made elsewhere"

    def __post_init__(self) -> None:
        object.__setattr__(self, "frame", _checked(self.frame, self.study))
        check_utility_identified(self.study, self.X)
        if is_singular(self.information):
            V = self.X @ np.asarray(self.study.prior_means, dtype=np.float64)
            raise DesignError(
                "at the prior means choices are all but certain, so that they tell nothing: utilities "
                f"within a task differ by up to {np.ptp(V, axis=1).max():.4g}. Is every prior per unit of "
                "its attribute?"
            )

    @cached_property
    def coding(self) -> LevelCoding:
        """The look-up tables of the study's coding."""
        return level_coding(self.study)

    @cached_property
    def levels(self) -> IntArray:
        """Level numbers, shape (S, J, A); -1 where an alternative lacks an attribute."""
        return self.coding.from_frame(self.frame)

    @cached_property
    def X(self) -> FloatArray:
        """Coded attributes, shape (S, J, K)."""
        return self.coding.code(self.levels)

    @cached_property
    def probabilities(self) -> FloatArray:
        """Choice probabilities at the prior means, shape (S, J)."""
        return np.exp(log_probabilities(self.X, np.asarray(self.study.prior_means, dtype=np.float64)))

    @cached_property
    def information(self) -> FloatArray:
        """Information of one respondent who answers all tasks, at the prior means, (K, K)."""
        return information(self.X, self.probabilities)

    @cached_property
    def d_error(self) -> float:
        """D-error: det(information)^(-1/K), for all K coefficients, at the prior means."""
        return d_error(float(log_determinants(self.information)), len(self.information))

    @property
    def n_tasks(self) -> int:
        """Number of tasks in all blocks."""
        return len(self.levels)

    @cached_property
    def task_blocks(self) -> IntArray:
        """Block of every task, shape (S,)."""
        J = len(self.study.alternative_names)
        return self.frame["block"].to_numpy(dtype=np.intp)[::J]

    @property
    def blocks(self) -> tuple[int, ...]:
        """The blocks."""
        return tuple(int(block) for block in np.unique(self.task_blocks))

    @cached_property
    def broken_rules(self) -> dict[str, int]:
        """How often each kind of rule is broken; empty if none is.

        Restrictions by services; identical services, and dominated ones if the study forbids them, by
        pairs; repeated tasks, and overlap outside what the study asks for, by tasks.
        """
        settings = self.study.design
        rules = task_rules(self.coding, settings.dominated, settings.overlap, settings.repeated)
        return rules.broken_by_kind(rules.services.pack(self.levels))

    @property
    def broken_restrictions(self) -> int:
        """How often a rule is broken; see ``broken_rules``."""
        return sum(self.broken_rules.values())

    @cached_property
    def hash(self) -> str:
        """SHA-256 of what respondents see: blocks, tasks, alternatives and levels."""
        rows = self.frame.astype(object).where(self.frame.notna(), None).to_numpy().tolist()
        text = json.dumps([list(self.frame.columns), rows], ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def write(self, path: str | Path) -> None:
        """Write the long frame as CSV."""
        frame = self.frame.astype(object)
        for attribute in self.study.attributes:
            if attribute.is_numeric:
                frame[attribute.name] = [
                    "" if pd.isna(value) else plain(float(value)) for value in self.frame[attribute.name]
                ]
        frame.to_csv(path, index=False, lineterminator="\n")

    @classmethod
    def read(cls, path: str | Path, study: Study | None = None) -> Design:
        """Read a design from CSV.

        Parameters
        ----------
        path : path
            A file, or the folder of a study with a ``design.csv``.
        study : Study, optional
            Default: the ``study.toml`` in the same folder.

        Raises
        ------
        DesignError
        """
        path = Path(path)
        path = path / "design.csv" if path.is_dir() else path
        study = study or Study.read(path.parent)
        try:
            frame = pd.read_csv(path, dtype=object, keep_default_na=False, encoding="utf-8-sig")
        except FileNotFoundError:
            raise DesignError(f"{path}: there is no such file; 'dce design' makes one.") from None
        except (OSError, ValueError) as error:
            raise DesignError(f"{path}: cannot be read: {error}.") from error
        try:
            return cls(study, frame, f"read from {path.name}")
        except DesignError as error:
            hint = "Has study.toml changed since the design was made?"
            raise DesignError(f"{path}: {error} {hint}") from error

    def report(
        self,
        *,
        best: Mapping[str, float] | Design | None = None,
        certificate: Certificate | None = None,
        per: str | Sequence[str] | None = None,
        draws: Draws | None = None,
        respondents: Sequence[int] = RESPONDENTS,
        significance: float = 0.05,
        power: float = 0.8,
    ) -> DesignReport:
        """Return everything that a reviewer asks of the design, as text, HTML or LaTeX.

        Parameters
        ----------
        best : Design or mapping of str to float, optional
            What criteria are compared with: another design, or values by name of the criterion.
        certificate : Certificate, optional
            Of :func:`dce.certify`; D-errors are compared with its bound.
        per : str or sequence of str, optional
            Coefficients that rates of substitution divide by, for the C-error.
        draws : Draws, optional
            What criteria are averaged over where priors are uncertain.
        respondents : sequence of int, optional
            For which the smallest effect that they detect is told.
        significance, power : float, optional
            Two-sided.
        """
        return design_report(
            self,
            best=best,
            certificate=certificate,
            per=per,
            draws=draws,
            respondents=respondents,
            significance=significance,
            power=power,
        )

    def __str__(self) -> str:
        return summary(self)

    def _repr_html_(self) -> str:
        return html_of(quality_lines(self), [attribute_table(self), coefficient_table(self)])


def _checked(frame: pd.DataFrame, study: Study) -> pd.DataFrame:
    if not isinstance(frame, pd.DataFrame):
        raise DesignError(f"the design is a {type(frame).__name__}; allowed: a pandas.DataFrame.")
    frame = frame.reset_index(drop=True)
    if not frame.columns.is_unique:
        raise DesignError(f"column {listed(frame.columns[frame.columns.duplicated()])} occurs twice.")
    if "block" not in frame:
        frame = frame.assign(block=1)
    columns = ["block", "task", ALTERNATIVE, *study.attribute_names]
    missing = [name for name in columns if name not in frame]
    unknown = [str(name) for name in frame if name not in columns]
    if missing or unknown:
        found = f"{listed(missing)} is missing" if missing else f"unknown {listed(unknown)}"
        raise DesignError(f"column {found}; allowed: {listed(columns, 40)}.")
    if frame.empty:
        raise DesignError("the design has no rows.")
    frame = frame[columns].copy()
    for name in ("block", "task"):
        frame[name] = _whole_numbers(frame[name])
    names = study.alternative_names
    unknown_alternative = ~frame[ALTERNATIVE].isin(names)
    if unknown_alternative.any():
        at = frame[unknown_alternative].iloc[0]
        raise DesignError(
            f"task {at['task']}: alternative {quoted(at[ALTERNATIVE])} is not one of {listed(names)}."
        )
    frame[ALTERNATIVE] = frame[ALTERNATIVE].astype(object)
    for attribute in study.attributes:
        frame[attribute.name] = _levels(frame, study, attribute.name)
    order = pd.Categorical(frame[ALTERNATIVE], categories=list(names)).codes
    frame = frame.iloc[np.lexsort((order, frame["task"], frame["block"]))].reset_index(drop=True)
    _check_tasks(frame, names)
    return study.typed(frame)


def _whole_numbers(values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    wrong = ~((numbers >= 1) & (numbers < 1e9)) | (numbers != np.round(numbers))
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DesignError(
            f"row {row + 1}: {values.name} is {quoted(values.iloc[row])}; allowed: whole numbers from 1."
        )
    return pd.Series(numbers.astype(np.int64), index=values.index)


def _levels(frame: pd.DataFrame, study: Study, name: str) -> pd.Series:
    attribute = study.attribute(name)
    values = frame[name].astype(object)
    values = values.where(values.notna() & (values.astype(str).str.strip() != ""), None)
    if attribute.is_numeric:
        numbers = pd.to_numeric(values, errors="coerce")
        wrong = values.notna() & ~numbers.isin(attribute.levels)
    else:
        numbers = values
        wrong = values.notna() & ~values.isin(attribute.levels)
    owners = [alternative for alternative in study.alternative_names if study.has(alternative, attribute)]
    owned = frame[ALTERNATIVE].isin(owners)
    for where, what in (
        (wrong, "has no level {}; allowed: " + listed(attribute.levels, 20)),
        (owned & values.isna(), "is {}; allowed: " + listed(attribute.levels, 20)),
        (
            ~owned & values.notna(),
            "is {}; allowed: an empty cell, the alternative has no such attribute",
        ),
    ):
        if where.any():
            row = int(np.flatnonzero(where)[0])
            at = frame.iloc[row]
            value = "" if values.isna().iloc[row] else frame[name].iloc[row]
            raise DesignError(
                f"task {at['task']}, alternative {at[ALTERNATIVE]!r}: {name} {what.format(quoted(value))}."
            )
    return numbers


def _check_tasks(frame: pd.DataFrame, names: tuple[str, ...]) -> None:
    for task, rows in frame.groupby("task", sort=False):
        if rows["block"].nunique() > 1:
            found = listed(rows["block"].unique())
            raise DesignError(f"task {task}: is in blocks {found}; allowed: one block.")
        if list(rows[ALTERNATIVE]) != list(names):
            raise DesignError(
                f"task {task}: has the alternatives {listed(rows[ALTERNATIVE], 20)}; allowed: "
                f"{listed(names)}, each once."
            )


def check_utility_identified(study: Study, X: FloatArray) -> None:
    """Refuse tasks X (S, J, K) that no number of answers would let tell coefficients apart."""
    S, J, _ = X.shape
    try:
        check_identified(X, np.ones((S, J), dtype=bool), np.ones(S), study.coefficients)
    except IdentificationError as error:
        raise DesignError(f"the design does not identify the utility: {error}") from error
