"""The multinomial logit, fitted to answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.stats import norm

from dce.choices import Choices
from dce.coding import CodedRows, Coding, learn_coding
from dce.errors import (
    ChoicesError,
    ConvergenceError,
    EstimationError,
    FormulaError,
    SeparationError,
    listed,
)
from dce.estimation.covariance import clustered, robust
from dce.estimation.likelihood import centre, cluster_sums, derivatives, score_products
from dce.estimation.newton import Maximum, inverse, maximise
from dce.estimation.separation import check_separated, may_be_separated
from dce.estimation.tasks import Tasks, gather
from dce.formula import ALTERNATIVE, parse_formula
from dce.identification import check_information
from dce.logit import FloatArray, IntArray
from dce.study import Study
from dce.table import Table, number

MOST_CONSTANTS = 100
"""Alternatives, not all available everywhere, up to which the constants-only model is fitted."""

CovarianceKind = Literal["clustered", "robust", "classical"]


@dataclass(frozen=True)
class Fit:
    """A fitted multinomial logit. Printing it shows the table that a paper prints.

    Attributes
    ----------
    coefficients : pandas.Series
        K estimates, by name.
    covariance : pandas.DataFrame
        Their covariance matrix, K x K.
    covariance_kind : str
        ``"clustered"`` by respondent, ``"robust"`` or ``"classical"``.
    log_likelihood, log_likelihood_null, log_likelihood_constants : float
        At the estimates, at zero, and with nothing but a constant for every alternative; the last
        is NaN where that model has no maximum, or more than a hundred alternatives.
    n_tasks : int
        Answered tasks.
    n_respondents : int or None
    answers : float
        Sum of the weights of the tasks; their number where there are no weights.
    coding : Coding
        How services become columns of X.
    study : Study or None
    iterations : int
    decrement : float
        The squared Newton decrement at the end, below 1e-12.
    left_out : dict
        What was not used, and how often.
    source : str
        Where the answers come from.
    """

    coefficients: pd.Series[float]
    covariance: pd.DataFrame
    covariance_kind: CovarianceKind
    log_likelihood: float
    log_likelihood_null: float
    log_likelihood_constants: float
    n_tasks: int
    n_respondents: int | None
    answers: float
    coding: Coding
    study: Study | None
    iterations: int
    decrement: float
    left_out: Mapping[str, int]
    source: str

    @property
    def standard_errors(self) -> pd.Series[float]:
        """Standard error of every coefficient."""
        return pd.Series(np.sqrt(np.diag(self.covariance)), index=self.coefficients.index)

    @property
    def mcfadden_r2(self) -> float:
        """1 - LL / LL(0)."""
        return 1 - self.log_likelihood / self.log_likelihood_null

    @property
    def adjusted_r2(self) -> float:
        """1 - (LL - K) / LL(0)."""
        return 1 - (self.log_likelihood - len(self.coefficients)) / self.log_likelihood_null

    @property
    def aic(self) -> float:
        """Akaike's criterion, 2 K - 2 LL."""
        return 2 * len(self.coefficients) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's criterion, K log(answers) - 2 LL."""
        return float(len(self.coefficients) * np.log(self.answers) - 2 * self.log_likelihood)

    def label(self, coefficient: str) -> str:
        """Return what tables call a coefficient."""
        return self.study.label(coefficient) if self.study else coefficient

    def to_frame(self, level: float = 0.95) -> pd.DataFrame:
        """Return estimates, standard errors, z, two-sided p and confidence limits."""
        b, se = self.coefficients, self.standard_errors
        z = b / se
        width = quantile(level) * se
        return pd.DataFrame(
            {
                "coefficient": b,
                "standard error": se,
                "z": z,
                "p": 2 * norm.sf(z.abs()),
                "low": b - width,
                "high": b + width,
            }
        )

    def table(self, level: float = 0.95) -> Table:
        """Return the table that a paper prints."""
        frame = self.to_frame(level).set_axis(["coef.", "s.e.", "z", "p", f"{level:.0%} low", "high"], axis=1)
        frame.index = pd.Index([self.label(name) for name in frame.index], name="")
        formats = dict.fromkeys(frame.columns, "4") | {"z": ".2f", "p": "p"}
        title = "Multinomial logit" + (f": {self.study.title}" if self.study else "")
        return Table(title, frame, formats, tuple(self._notes()))

    def _notes(self) -> list[str]:
        errors = {
            "clustered": "clustered by respondent, with G/(G-1)",
            "robust": "robust (sandwich, tasks independent)",
            "classical": "classical (inverse information)",
        }[self.covariance_kind]
        who = f"{self.n_respondents:,d} respondents, " if self.n_respondents is not None else ""
        constants = number(self.log_likelihood_constants) or "not available"
        weighted = f", weighted to {self.answers:,.0f}" if self.answers != self.n_tasks else ""
        notes = [
            f"Standard errors: {errors}.",
            f"{who}{self.n_tasks:,d} answered tasks{weighted}; from {self.source}.",
            f"Log-likelihood {self.log_likelihood:.3f}; null {self.log_likelihood_null:.3f}; "
            f"constants only {constants}.",
            f"McFadden R2 {self.mcfadden_r2:.4f}, adjusted {self.adjusted_r2:.4f} (null: equal shares); "
            f"AIC {self.aic:.2f}; BIC {self.bic:.2f}.",
            f"Converged in {self.iterations} iterations (squared Newton decrement {self.decrement:.0e}).",
        ]
        if self.study and self.study.caution:
            notes.append(f"Caution: {self.study.caution}.")
        return notes + [f"Left out: {n:,d} {what}." for what, n in self.left_out.items() if n]

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def quantile(level: float) -> float:
    """Return the standard normal quantile of a two-sided interval.

    Raises
    ------
    EstimationError
        If the level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise EstimationError(f"level: found {level!r}; allowed: between 0 and 1, such as 0.95.")
    return float(norm.isf((1 - level) / 2))


def check_covariance(covariance: str) -> None:
    """Refuse a kind of covariance that does not exist."""
    if covariance not in get_args(CovarianceKind):
        allowed = listed(get_args(CovarianceKind))
        raise EstimationError(f"covariance: found {covariance!r}; allowed: {allowed}.")


def fit_mnl(choices: Choices, formula: str | None = None, covariance: CovarianceKind = "clustered") -> Fit:
    """Fit a multinomial logit by maximum likelihood.

    Parameters
    ----------
    choices : Choices
    formula : str, optional
        Utility, such as ``"clinician + wait + wait:age65 + poly(distance, 2)"``. Default: that of
        the study, every attribute's main effect. The constants that the study declares are part of
        every formula, unless it says ``- constants``.
    covariance : {"clustered", "robust", "classical"}, optional
        Clustered by respondent with G/(G-1), as in Stata; the sandwich with independent tasks; or
        the inverse information.

    Returns
    -------
    Fit

    Raises
    ------
    FormulaError
        If the formula cannot be read or coded.
    ChoicesError
        If a value that the formula uses is missing or not finite.
    IdentificationError
        If coefficients cannot be told apart, with their names.
    SeparationError
        If answers are predicted perfectly, with the names of the coefficients.
    ConvergenceError
        If the maximum is not reached.

    References
    ----------
    Train (2009), Discrete Choice Methods with Simulation, 2nd ed., section 3.7.
    """
    check_covariance(covariance)
    return fit_coded(choices, learn_utility(choices, formula), covariance)


def fit_coded(choices: Choices, coding: Coding, covariance: CovarianceKind) -> Fit:
    """Fit a utility whose coding is known: the same for all subgroups, for example."""
    layout = choices.layout
    if covariance == "clustered":
        respondents = None if layout.respondents is None else int(layout.respondents.max()) + 1
        check_clusters(respondents, len(coding.names))
    tasks = gather(coding.rows(choices.frame), layout)
    at_zero = _identified(tasks, coding.names)
    best = finite_maximum(tasks, coding.names, at_zero)
    V = sandwich(tasks, best, covariance, layout.respondents)
    names = list(coding.names)
    return Fit(
        coefficients=pd.Series(best.beta, index=names, name="coefficient"),
        covariance=pd.DataFrame(V, index=names, columns=names),
        covariance_kind=covariance,
        log_likelihood=best.log_likelihood,
        log_likelihood_null=-float(layout.weights @ np.log(layout.available.sum(axis=1))),
        log_likelihood_constants=_constants_only(choices),
        n_tasks=choices.n_tasks,
        n_respondents=choices.n_respondents,
        answers=float(layout.weights.sum()),
        coding=coding,
        study=choices.study,
        iterations=best.iterations,
        decrement=best.decrement,
        left_out=dict(choices.left_out),
        source=choices.source,
    )


def _identified(tasks: Tasks, names: tuple[str, ...]) -> FloatArray:
    """Centre the tasks, and return the information at zero coefficients, which identifies them."""
    size = centre(tasks)
    at_zero = derivatives(tasks, np.zeros(len(names)), information=True).information
    assert at_zero is not None
    check_information(at_zero, size, names)
    return at_zero


def finite_maximum(tasks: Tasks, names: tuple[str, ...], at_zero: FloatArray) -> Maximum:
    """Maximise the log-likelihood, and refuse answers that are predicted perfectly.

    ``at_zero`` (K, K) is the information at zero coefficients.

    Raises
    ------
    SeparationError
        If the maximum is at infinity, with the names of the coefficients.
    ConvergenceError
        If it is finite, but was not reached.
    """
    try:
        best = maximise(tasks)
    except ConvergenceError:
        check_separated(tasks, names)
        raise
    if may_be_separated(at_zero, best.information):
        check_separated(tasks, names)
    return best


def learn_utility(choices: Choices, formula: str | None) -> Coding:
    """Return the coding of a formula (default: the study's utility) for these answers."""
    study, frame = choices.study, choices.frame
    if formula is None and study is None:
        raise FormulaError("give a formula, such as 'cost + time': these answers have no study that says it.")
    if study is not None and formula is None:
        return study.coding
    text = formula or (study.utility if study else "")
    parsed = parse_formula(text, bool(study and study.constants))
    _check_used(choices, parsed.variables)
    candidates = [name for name in parsed.variables if name in frame] if parsed.interactions else []
    fixed = {name for name in candidates if not choices.differs_within_tasks(name)}
    if study is not None:
        return study.learn(formula, frame, fixed - set(study.levels))
    alternatives = pd.Categorical(frame[ALTERNATIVE], categories=choices.alternatives)
    return learn_coding(text, frame.assign(**{ALTERNATIVE: alternatives}), fixed=fixed)


def check_clusters(respondents: int | None, K: int) -> None:
    """Refuse errors clustered by so few respondents, None if unknown, for K coefficients."""
    cure = "give covariance='robust' or 'classical'"
    if respondents is None:
        raise EstimationError(
            f"clustered standard errors need respondents, and these answers name none: {cure}."
        )
    if respondents == 1:
        raise EstimationError(f"clustered standard errors need two respondents, found one: {cure}.")
    if respondents <= K:
        raise EstimationError(
            f"clustered standard errors of {K} coefficients need more than {K} respondents, found "
            f"{respondents}: {cure}, or estimate fewer coefficients."
        )


def _check_used(choices: Choices, variables: Sequence[str]) -> None:
    """Refuse missing and non-finite values in the columns that the formula uses."""
    attributes = choices.study.attribute_names if choices.study else ()
    for name in variables:
        if name in attributes or name not in choices.frame:
            continue  # attributes were checked when the Choices were made
        values = choices.frame[name]
        wrong = values.isna().to_numpy()
        if pd.api.types.is_numeric_dtype(values):
            wrong = wrong | ~np.isfinite(values.to_numpy(dtype=np.float64, na_value=np.nan))
        if "available" in choices.frame:
            wrong = wrong & choices.frame["available"].to_numpy(dtype=bool)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            at = choices.frame.iloc[row]
            who = f"respondent {at['respondent']}, " if "respondent" in at else ""
            raise ChoicesError(
                f"{choices.source}, {who}task {at['task']}: {name} is {values.iloc[row]!s}; allowed: "
                f"a value in every row, because the formula uses it ({int(wrong.sum()):,d} rows lack it)."
            )


def sandwich(tasks: Tasks, best: Maximum, kind: CovarianceKind, clusters: IntArray | None) -> FloatArray:
    """Return the covariance of the estimates, (K, K); ``clusters`` (T,) are numbers from 0."""
    bread = inverse(best.information)
    if kind == "classical":
        return bread
    if kind == "robust":
        return robust(bread, score_products(tasks, best.beta))
    if clusters is None:
        raise EstimationError("clustered standard errors need respondents.")
    return clustered(bread, cluster_sums(tasks, best.beta, clusters))


def _constants_only(choices: Choices) -> float:
    """Largest log-likelihood with a constant for every alternative and nothing else.

    Alternatives that nobody chose have a probability of zero there. NaN if there is no maximum.
    """
    layout = choices.layout
    codes = pd.factorize(choices.frame[ALTERNATIVE])[0][layout.rows]
    chosen = np.take_along_axis(codes, layout.chosen[:, None], axis=1)[:, 0]
    counts = np.bincount(chosen, weights=layout.weights, minlength=int(codes.max()) + 1)
    available = layout.available & (counts > 0)[codes]
    taken = np.flatnonzero(counts > 0)
    if available.sum() == len(taken) * len(codes):
        shares = counts[taken] / counts.sum()
        return float(counts[taken] @ np.log(shares))
    if len(taken) > MOST_CONSTANTS:
        return float("nan")
    names = tuple(map(str, taken[1:]))
    dummies = (np.arange(int(codes.max()) + 1)[:, None] == taken[1:]).astype(np.float64)
    coded = CodedRows(dummies, pd.factorize(choices.frame[ALTERNATIVE])[0])
    try:
        tasks = gather(coded, replace(layout, available=available))
        _identified(tasks, names)
        return maximise(tasks).log_likelihood
    except (EstimationError, SeparationError):
        return float("nan")
