"""The fitted multinomial logit."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import get_args

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.coding import Coding
from dce.errors import EstimationError
from dce.estimation.clusters import Clusters, find_clusters, respondents_or_tasks
from dce.estimation.covariance import check_clusters, covariance_of, needed_clusters
from dce.estimation.fit_table import fit_table
from dce.estimation.inference import Inference, InferenceKind, check_covariance
from dce.estimation.intervals import IntervalMethod, bca_limits, check_method, percentile_limits
from dce.estimation.likelihood import centre, derivatives
from dce.estimation.newton import Maximum
from dce.estimation.refits import Answers
from dce.estimation.resampling import Progress, bootstrap, jackknife, leave_one_out
from dce.estimation.tasks import Tasks, gather
from dce.logit import FloatArray
from dce.study import Study
from dce.table import Table


@dataclass(frozen=True, repr=False)
class Fit:
    """A fitted multinomial logit. Printing it shows the table that a paper prints.

    Attributes
    ----------
    coefficients : pandas.Series
        K estimates, by name.
    covariance : pandas.DataFrame
        Their covariance matrix, K x K.
    inference : Inference
        How the covariance was found, and what intervals follow from it.
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
    choices : Choices
        The answers.
    """

    coefficients: pd.Series[float]
    covariance: pd.DataFrame
    inference: Inference
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
    choices: Choices

    @cached_property
    def tasks(self) -> Tasks:
        """The answered tasks as the likelihood sees them, centred."""
        tasks = gather(self.coding.rows(self.choices.frame, self.choices.columns), self.choices.layout)
        centre(tasks)
        return tasks

    @cached_property
    def maximum(self) -> Maximum:
        """The maximum that the estimates are, with the information there."""
        beta = np.asarray(self.coefficients, dtype=np.float64)
        information = derivatives(self.tasks, beta, information=True).information
        assert information is not None
        return Maximum(beta, self.log_likelihood, information, self.iterations, self.decrement)

    @property
    def covariance_kind(self) -> InferenceKind:
        """How the covariance was found, in a word."""
        return self.inference.kind

    @property
    def replicates(self) -> FloatArray | None:
        """Estimates from resampled answers, (R, K), where the covariance is theirs."""
        return self.inference.replicates

    def quantile(self, level: float = 0.95) -> float:
        """Return the quantile that two-sided intervals use: of the normal, or of t with few clusters."""
        return self.inference.quantile(level)

    def with_covariance(
        self,
        kind: InferenceKind,
        clusters: str | None = None,
        *,
        replicates: int = 1000,
        seed: int = 1,
        executor: Executor | None = None,
        progress: Progress | None = None,
    ) -> Fit:
        """Return the same estimates with another covariance.

        Parameters
        ----------
        kind : {"clustered", "robust", "classical", "CR2", "CR3", "bootstrap", "jackknife"}
            As in :func:`dce.fit_mnl`; or from fits to clusters that are drawn with replacement, or
            left out one at a time.
        clusters : str, optional
            The column of the answers that says which depend on one another. Default: the respondent;
            for bootstrap and jackknife the task, where respondents are not known.
        replicates, seed : int, optional
            Of the bootstrap. Same seed, same bytes.
        executor : concurrent.futures.Executor, optional
            Where bootstrap and jackknife run. Default: here.
        progress : callable, optional
            Called with the fits done, and all of them.

        Returns
        -------
        Fit

        Raises
        ------
        EstimationError
            If there are no clusters or too few, or too many resamples have no estimates.
        """
        check_covariance(kind, get_args(InferenceKind))
        names = self.coding.names
        if kind == "bootstrap":
            answers, groups = self._resampled(clusters)
            V, inference = bootstrap(
                answers, groups, replicates=replicates, seed=seed, executor=executor, progress=progress
            )
        elif kind == "jackknife":
            V, inference = jackknife(*self._resampled(clusters), executor=executor, progress=progress)
        else:
            needed = needed_clusters(self.choices, kind, clusters, len(names))
            V, inference = covariance_of(self.tasks, self.maximum, kind, needed, names)
        labelled = pd.DataFrame(V, index=self.covariance.index, columns=self.covariance.columns)
        return replace(self, covariance=labelled, inference=inference)

    def leave_one_out(
        self,
        clusters: str | None = None,
        *,
        executor: Executor | None = None,
        progress: Progress | None = None,
    ) -> pd.DataFrame:
        """Return the estimates without each cluster: G rows, whose index is its value.

        Parameters are those of :meth:`with_covariance`.
        """
        answers, groups = self._resampled(clusters)
        without = leave_one_out(answers, groups, executor=executor, progress=progress)
        index = pd.Index(groups.values, name=groups.column)
        return pd.DataFrame(without, index, self.coefficients.index)

    def _resampled(self, column: str | None) -> tuple[Answers, Clusters]:
        """Return what refits need, and the clusters, in an order that does not depend on that of rows."""
        found = find_clusters(self.choices, column) if column else respondents_or_tasks(self.choices)
        check_clusters(found.count, len(self.coding.names), found.column)
        groups = found.in_order
        return Answers(self.tasks, groups.numbers, self.maximum, self.coding.names), groups

    def intervals(self, method: IntervalMethod = "normal", level: float = 0.95) -> pd.DataFrame:
        """Return confidence limits of every coefficient, ``low`` and ``high``.

        Parameters
        ----------
        method : {"normal", "percentile", "bca"}, optional
            From standard errors, with quantiles of the normal distribution, or of t for few clusters;
            or, after ``with_covariance("bootstrap")``, from the percentiles of the replicates, as they
            are, or corrected for bias and for an error that changes with the estimate.
        level : float, optional

        Raises
        ------
        EstimationError
            If the fit has no replicates, or too few.
        """
        check_method(method)
        b = np.asarray(self.coefficients, dtype=np.float64)
        if method == "normal":
            width = self.quantile(level) * np.asarray(self.standard_errors)
            limits = np.array([b - width, b + width])
        elif self.replicates is None:
            raise EstimationError(
                f"intervals: method {method!r} needs replicates, and this covariance is "
                f"{self.covariance_kind}: take fit.with_covariance('bootstrap')."
            )
        elif method == "percentile":
            limits = percentile_limits(self.replicates, level)
        else:
            without = self.leave_one_out(self.inference.clusters).to_numpy()
            limits = bca_limits(self.replicates, b, without, level)
        return pd.DataFrame(limits.T, index=self.coefficients.index, columns=["low", "high"])

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

    def to_frame(self, level: float = 0.95, method: IntervalMethod = "normal") -> pd.DataFrame:
        """Return estimates, standard errors, z, two-sided p and confidence limits."""
        z = self.coefficients / self.standard_errors
        limits = self.intervals(method, level)
        return pd.DataFrame(
            {
                "coefficient": self.coefficients,
                "standard error": self.standard_errors,
                "z": z,
                "p": self.inference.p_value(np.asarray(z, dtype=np.float64)),
                "low": limits["low"],
                "high": limits["high"],
            }
        )

    def table(self, level: float = 0.95, method: IntervalMethod = "normal") -> Table:
        """Return the table that a paper prints; ``method`` is that of :meth:`intervals`."""
        return fit_table(self, level, method)

    def __str__(self) -> str:
        return str(self.table())

    def __repr__(self) -> str:
        return str(self)

    def _repr_html_(self) -> str:
        return self.table().to_html()
