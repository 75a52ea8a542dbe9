"""Power: studies simulated and fitted, many times over.

Notation as in :mod:`dce.power_result`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dce.coding import Coding
from dce.design.design import Design
from dce.errors import (
    ConvergenceError,
    DceError,
    EstimationError,
    FormulaError,
    IdentificationError,
    SeparationError,
    listed,
    quoted,
)
from dce.estimation.covariance import check_clusters
from dce.estimation.inference import LARGE_SAMPLE, CovarianceKind, check_covariance, normal_quantile
from dce.estimation.repeated import fit_answers, information_at_zero
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import FloatArray, log_probabilities
from dce.parallel import one_blas_thread, run_jobs
from dce.power_result import FAILURES, Power, Simulated
from dce.simulation import simulate_answers, true_coefficients
from dce.study import Study

SIMULATIONS = 500
"""Simulations of each sample size, unless told otherwise: a power of 80% is then within 3.5 points."""
CHUNK = 25
"""Simulations that are done between two reports of progress, and that an interrupt can lose."""
ENOUGH_ANSWERS = 6_000_000
"""Simulated answers from which other processes are worth their start."""
SAME_UTILITY = 1e-9
"""Largest difference, relative to the largest utility, between a fitted utility and the simulated one
that is taken for rounding."""

Progress = Callable[[int, int], None]
"""Called with the simulations done, and all of them."""


def power(
    design: Design,
    coefficients: Mapping[str, float] | pd.Series[float] | None = None,
    *,
    respondents: Sequence[int],
    simulations: int = SIMULATIONS,
    seed: int = 1,
    formula: str | None = None,
    covariance: CovarianceKind = "clustered",
    level: float = 0.95,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Power:
    """Simulate studies of some sizes, fit them, and tell what they find.

    Parameters
    ----------
    design : Design
    coefficients : mapping of str to float, or pandas.Series, optional
        With which answers are simulated: for every coefficient of the study's utility. Default: the
        prior means.
    respondents : sequence of int
        Sample sizes. Each respondent answers one block.
    simulations : int, optional
        Of each size.
    seed : int, optional
        Same seed, same result, whatever runs it. A size keeps its simulations whichever others there
        are.
    formula : str, optional
        Utility that is fitted, of the study's attributes. Default: that of the study.
    covariance : {"clustered", "robust", "classical"}, optional
        Standard errors, as in :func:`dce.fit_mnl`.
    level : float, optional
        Of confidence intervals; significance is 1 - level, two-sided.
    executor : concurrent.futures.Executor, optional
        Where simulations run. Default: processes of this machine, if there is enough work for them.
    workers : int, optional
        How many of those; 1: none but this one. Default: one a core.
    progress : callable, optional
        Called with the simulations done, and all of them.

    Returns
    -------
    Power
        Ctrl-C returns what is finished.

    Raises
    ------
    DceError
        If a number, coefficient or formula is not what is allowed, or a size is too small to fit.

    Examples
    --------
    >>> from dce import Alternative, Attribute, Study, make_design
    >>> study = Study("T", [Attribute("wait", [1, 2, 3]), Attribute("cost", [0, 5])],
    ...               [Alternative("A"), Alternative("B")], priors={"wait": -0.4, "cost": -0.1})
    >>> design = make_design(study, tasks=6, starts=1, workers=1)
    >>> power(design, respondents=[40], simulations=20).failures()
                 simulations  fits  separated  not converged
    respondents
    40                    20    20          0              0
    """
    sizes = _sizes(respondents)
    simulations, seed = _whole("simulations", simulations, 1), _whole("seed", seed, 0)
    workers = workers if workers is None else _whole("workers", workers, 1)
    normal_quantile(level)
    check_covariance(covariance, LARGE_SAMPLE)
    study = design.study
    beta = true_coefficients(study, coefficients)
    coding = _coding(study, formula)
    X = coding.matrix(design.frame).reshape(*design.X.shape[:2], -1)
    X_true = study.coding.matrix(design.frame).reshape(design.X.shape)
    members = [design.task_blocks == block for block in design.blocks]
    log_P = tuple(log_probabilities(X_true[own], beta) for own in members)
    X_of_blocks = tuple(X[own] for own in members)
    studies = [_study_of(N, log_P, X_of_blocks, coding, covariance) for N in sizes]
    seeds = {N: _seeds(seed, N, simulations) for N in sizes}
    jobs = [
        (studies[n], seeds[N][start : start + CHUNK])
        for start in range(0, simulations, CHUNK)
        for n, N in enumerate(sizes)  # all sizes side by side, so that an interrupt leaves some of each
    ]
    done = 0

    def received(part: Simulated) -> None:
        nonlocal done
        done += len(part)
        if progress is not None:
            progress(done, simulations * len(sizes))

    answers = simulations * sum(sizes) * design.n_tasks / len(design.blocks)
    if executor is None and workers is None and answers < ENOUGH_ANSWERS:
        workers = 1
    try:
        parts, _ = run_jobs(simulate, jobs, executor=executor, workers=workers, received=received)
    except BrokenProcessPool:
        raise DceError(
            "the other processes of the simulation ended. In a script, call power under "
            "'if __name__ == \"__main__\":', or give workers=1."
        ) from None
    simulated = {N: _joined([part for part in parts[n :: len(sizes)] if part]) for n, N in enumerate(sizes)}
    if not any(simulated.values()):
        raise KeyboardInterrupt
    return Power(
        title=study.title,
        coefficients=pd.Series(_truth(X_true @ beta, X), index=list(coding.names)),
        labels=tuple(study.label(name) for name in coding.names),
        simulated={N: studies for N, studies in simulated.items() if studies is not None},
        asked=dict.fromkeys(sizes, simulations),
        covariance_kind=covariance,
        level=level,
        seed=seed,
    )


@dataclass(frozen=True, eq=False)
class StudyOfSize:
    """What all simulations of one sample size share; arrays per block."""

    respondents: int
    log_probabilities: tuple[FloatArray, ...]
    X: tuple[FloatArray, ...]
    names: tuple[str, ...]
    covariance: CovarianceKind
    at_zero: FloatArray


@one_blas_thread()
def simulate(job: tuple[StudyOfSize, tuple[int, ...]]) -> Simulated:
    """Simulate and fit a study once per seed."""
    study, seeds = job
    R, K = len(seeds), len(study.names)
    estimates, errors = np.full((R, K), np.nan), np.full((R, K), np.nan)
    failures = [""] * R
    for r, seed in enumerate(seeds):
        answers = [chosen for _, chosen in simulate_answers(study.log_probabilities, study.respondents, seed)]
        try:
            b, C = fit_answers(study.X, answers, study.names, study.covariance, study.at_zero)
        except SeparationError:
            failures[r] = FAILURES[0]
        except ConvergenceError:
            failures[r] = FAILURES[1]
        else:
            estimates[r], errors[r] = b, np.sqrt(np.diag(C))
    return Simulated(seeds, estimates, errors, tuple(failures))


def _joined(parts: Sequence[Simulated]) -> Simulated | None:
    if not parts:
        return None
    return Simulated(
        sum((part.seeds for part in parts), ()),
        np.concatenate([part.estimates for part in parts]),
        np.concatenate([part.standard_errors for part in parts]),
        sum((part.failures for part in parts), ()),
    )


def _seeds(seed: int, N: int, simulations: int) -> tuple[int, ...]:
    children = np.random.SeedSequence(seed, spawn_key=(N,)).spawn(simulations)
    return tuple(int(child.generate_state(1, np.uint64)[0]) for child in children)


def _sizes(respondents: Sequence[int]) -> list[int]:
    if isinstance(respondents, (int, str)) or not len(respondents):
        raise DceError(f"respondents: found {quoted(respondents)}; allowed: a list of sample sizes.")
    sizes = [_whole("respondents", N, 1) for N in respondents]
    if len(set(sizes)) < len(sizes):
        raise DceError(f"respondents: found {listed(sizes, 20)}; allowed: each size once.")
    return sizes


def _whole(name: str, value: object, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise DceError(f"{name}: found {quoted(value)}; allowed: a whole number of at least {least}.")
    return int(value)


def _coding(study: Study, formula: str | None) -> Coding:
    if formula is None:
        return study.coding
    known = {*study.attribute_names, ALTERNATIVE, CONSTANTS}
    coding = study.learn(formula, pd.DataFrame())
    unknown = [name for name in coding.variables if name not in known]
    if unknown:
        raise FormulaError(
            f"{formula!r}: {listed(unknown)} is not simulated; allowed: the study's attributes."
        )
    return coding


def _study_of(
    N: int,
    log_P: tuple[FloatArray, ...],
    X: tuple[FloatArray, ...],
    coding: Coding,
    covariance: CovarianceKind,
) -> StudyOfSize:
    """Return what simulations of N respondents share; refuse sizes that cannot be fitted."""
    per_block = np.bincount(np.resize(np.arange(len(X)), N), minlength=len(X))
    try:
        if covariance == "clustered":
            check_clusters(N, len(coding.names))
        at_zero = information_at_zero(X, per_block.tolist(), coding.names)
    except IdentificationError as error:
        raise IdentificationError(f"{N} respondents: {error}") from None
    except EstimationError as error:
        raise EstimationError(f"respondents: {error}") from None
    return StudyOfSize(N, log_P, X, coding.names, covariance, at_zero)


def _truth(V: FloatArray, X: FloatArray) -> FloatArray:
    """Return the coefficients of X (S, J, K) with which its utility is V (S, J); NaN if there are none.

    Utilities matter but for a sum per task. A coefficient that the simulated utility leaves out is
    zero.
    """
    D = (X - X[:, :1]).reshape(-1, X.shape[-1])
    v = (V - V[:, :1]).ravel()
    beta = np.linalg.lstsq(D, v, rcond=None)[0]
    if np.abs(D @ beta - v).max() > SAME_UTILITY * np.abs(v).max(initial=0):
        return np.full(X.shape[-1], np.nan)
    moves = np.abs(beta) * np.abs(D).max(axis=0, initial=0)  # utility, at most
    return np.where(moves < SAME_UTILITY * np.abs(v).max(initial=0), 0.0, beta)  # zero, but for rounding
