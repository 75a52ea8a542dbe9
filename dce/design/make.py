"""Designs from a search, and designs from elsewhere."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import replace
from importlib.metadata import version
from typing import get_args

import numpy as np
import pandas as pd

from dce.design.asked import check_seconds, settings_of, whole_number
from dce.design.blocks import blocked_design
from dce.design.design import Design, check_utility_identified
from dce.design.draws import Draws, prior_draws
from dce.design.joint_prior import PilotFit
from dce.design.last_resort import last_resort
from dce.design.levels import LevelCoding, level_coding
from dce.design.method import (
    Constants,
    Criterion,
    CriterionKind,
    Method,
    problem_of,
    utilities_of,
)
from dce.design.possibility import why_none
from dce.design.problem import Problem
from dce.design.search import Found, Progress, search
from dce.design_settings import LevelBalance
from dce.errors import DesignError, listed, quoted
from dce.prior import Prior
from dce.study import Study

DRAWS = ("auto", "cubature", "sobol", "halton")
"""What a text may ask of the draws, besides ``"mean"``."""
STARTS = 2
"""Populations of the search, unless told otherwise."""
ROUNDS = 5
"""Rounds of each, unless told otherwise."""


def make_design(
    study: Study,
    *,
    tasks: int | None = None,
    blocks: int | None = None,
    seed: int | None = None,
    level_balance: LevelBalance | None = None,
    dominated: bool | None = None,
    overlap: tuple[int, int] | None = None,
    repeated: bool | None = None,
    criterion: CriterionKind | Criterion = "D",
    constants: Constants = "estimated",
    prior: Mapping[str, Prior | float] | PilotFit | pd.DataFrame | None = None,
    draws: int | str | None = None,
    utilities: Mapping[str, float] | None = None,
    method: Method = "auto",
    starts: int = STARTS,
    rounds: int = ROUNDS,
    seconds: float | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Design:
    """Search for an efficient design.

    Parameters
    ----------
    study : Study
    tasks, blocks, seed : int, optional
        Default: what the study says.
    level_balance : bool or mapping, optional
        True: every level equally often within each alternative, counts within one. False: levels
        are free; a linear attribute then shows little but its extreme levels. A mapping bounds the
        counts, ``{"wait": (2, 6)}``, or those of some levels, ``{"mode": {"class": (2, 4)}}``, or frees
        an attribute, ``{"wait": False}``; attributes that it does not name are balanced. Default: what
        the study says.
    dominated : bool, optional
        Whether a service may be better than its rival in everything, by what the study says of its
        attributes or by the prior means. Default: what the study says.
    repeated : bool, optional
        Whether a task may occur twice, also with its services in another order: the smallest D-error
        is sometimes found so. Default: what the study says.
    overlap : (int, int), optional
        Least and most attributes of which all services of a task show the same level. Default: what
        the study says.
    criterion : str or Criterion, optional
        ``"D"``, ``"A"`` or ``"S"``; ``"C"`` needs ``Criterion("C", per=["wait"])``.
    constants : str, optional
        ``"estimated"``, ``"nuisance"`` or ``"absent"``: see :class:`Criterion`.
    prior : mapping, fit or DataFrame, optional
        Priors instead of the study's: by coefficient; the fit of a pilot, with its covariance; or
        draws made elsewhere. The study of the design carries their means and standard deviations.
    draws : int or str, optional
        How uncertain priors are averaged over: a number of Sobol draws (a power of two),
        ``"cubature"``, ``"sobol"``, ``"halton"``, or ``"mean"`` for the prior means alone. Default:
        what is accurate at least cost; see :mod:`dce.design.draws`.
    utilities : mapping of str to float, optional
        Formulas and weights: the weighted sum of their criteria counts, rather than the criterion of
        the study's utility. Coefficients without a prior get zero.
    method : str, optional
        ``"coordinate"`` exchange of levels (swaps, where levels are balanced), ``"swap"``,
        ``"fedorov"``: modified Fedorov exchange of candidate services, ``"orthogonal"``: climbing from
        orthogonal arrays only. ``"auto"``: coordinate exchange or swaps, from random designs and
        from orthogonal arrays where there are any.
    starts, rounds : int, optional
        Populations of designs, and how often each is annealed. More take longer. Same seed, starts
        and rounds, same design, on any number of processes.
    seconds : float, optional
        Search for so long, instead of so many rounds.
    executor : concurrent.futures.Executor, optional
        Where the starts run side by side. Default: a process pool.
    workers : int, optional
        Processes of the pool. Default: one a core; 1: none but this one.
    progress : callable, optional
        Called with what is done, out of how much, and the best criterion so far.

    Returns
    -------
    Design
        Ctrl-C returns the best so far.

    Raises
    ------
    DesignError
        If the restrictions leave no design, or no number of answers would identify the utility.

    References
    ----------
    Huber and Zwerina (1996), Journal of Marketing Research 33:307; Rose and Bliemer (2009),
    Transport Reviews 29:587; Bliemer and Rose (2010), Transportation Research B 44:720.
    """
    began = time.monotonic()
    settings = settings_of(
        study,
        tasks=tasks,
        blocks=blocks,
        seed=seed,
        level_balance=level_balance,
        dominated=dominated,
        overlap=overlap,
        repeated=repeated,
    )
    seed = settings.seed
    starts, rounds = whole_number("starts", starts), whole_number("rounds", rounds)
    workers = None if workers is None else whole_number("workers", workers)
    check_seconds(seconds)
    if method not in get_args(Method):
        raise DesignError(f"method: found {quoted(method)}; allowed: {listed(get_args(Method))}.")
    if not isinstance(criterion, Criterion):
        criterion = Criterion(criterion, constants)
    elif constants not in ("estimated", criterion.constants):
        raise DesignError(
            f"constants: found {quoted(constants)} beside a Criterion that says "
            f"{quoted(criterion.constants)}; allowed: one of them."
        )
    averaged = _averaged(study, prior, draws, utilities, seed)
    study = _with_priors(study, averaged[0][1], prior)
    problem = problem_of(study, settings, averaged, criterion, method)
    found = search(
        problem,
        starts=starts,
        rounds=rounds,
        # what follows the search takes about as long as what precedes it
        seconds=None if seconds is None else max(seconds - 2 * (time.monotonic() - began), 0.01),
        seed=seed,
        executor=executor,
        workers=workers,
        progress=progress,
        method=method,
    )
    coding = level_coding(study)
    found = last_resort(coding, problem, found)
    _check_found(study, coding, problem, found)
    origin = _origin(criterion, averaged, settings.level_balance, found, starts, seconds, seed)
    return blocked_design(coding, problem.services.unpack(found.p), settings, origin)


def _averaged(
    study: Study,
    prior: Mapping[str, Prior | float] | PilotFit | pd.DataFrame | None,
    draws: int | str | None,
    utilities: Mapping[str, float] | None,
    seed: int,
) -> list[tuple[Study, Draws, float]]:
    """Return the utilities that count, with their draws and weights."""
    if prior is not None and utilities:
        raise DesignError(
            "prior: found one with utilities; allowed: priors of the study, with several utilities."
        )
    averaged = []
    for of_utility, weight in utilities_of(study, utilities):
        if draws == "mean":
            means = prior_draws(of_utility, prior, seed=seed).mean
            averaged.append((of_utility, prior_draws(of_utility, dict(means)), weight))
        elif isinstance(draws, str) or draws is None:
            kind = "auto" if draws is None else draws
            if kind not in DRAWS:
                raise DesignError(
                    f"draws: found {quoted(draws)}; allowed: a number, 'mean', {listed(DRAWS)}."
                )
            averaged.append((of_utility, prior_draws(of_utility, prior, method=kind, seed=seed), weight))  # type: ignore[arg-type]  # it checks
        else:
            made = prior_draws(of_utility, prior, method="sobol", number=draws, seed=seed)
            averaged.append((of_utility, made, weight))
    return averaged


def _with_priors(
    study: Study, draws: Draws, prior: Mapping[str, Prior | float] | PilotFit | pd.DataFrame | None
) -> Study:
    """Return the study with the priors that it was given in their place."""
    if prior is None:
        return study
    if draws.prior is not None:
        return replace(study, priors=dict(zip(draws.prior.names, draws.prior.priors, strict=True)))
    sd = np.sqrt(draws.weights @ (draws.beta - draws.weights @ draws.beta) ** 2)
    means = draws.mean
    return replace(
        study,
        priors={name: Prior(float(means[name]), float(s)) for name, s in zip(draws.names, sd, strict=True)},
    )


def _check_found(study: Study, coding: LevelCoding, problem: Problem, found: Found) -> None:
    """Refuse a design that breaks a rule or does not identify the utility; say whether any could."""
    try:
        check_utility_identified(study, coding.code(problem.services.unpack(found.p)))
    except DesignError as error:
        raise DesignError(why_none(coding, problem.rules, problem.bounds, found.p)) from error
    if found.losses > 0:
        raise DesignError(why_none(coding, problem.rules, problem.bounds, found.p))


def _origin(
    criterion: Criterion,
    averaged: list[tuple[Study, Draws, float]],
    level_balance: LevelBalance,
    found: Found,
    starts: int,
    seconds: float | None,
    seed: int,
) -> str:
    """Say how a design was made."""
    name = str(criterion)
    first = averaged[0][1]
    if len(first) > 1:
        name += f" over {first.description}"
    if len(averaged) > 1:
        name += f" of {len(averaged)} utilities"
    balance = "levels bounded"
    if isinstance(level_balance, bool):
        balance = "level-balanced" if level_balance else "levels free"
    rounds = f"{found.rounds} round{'s' if found.rounds != 1 else ''}"
    effort = f"{rounds} of {starts} start{'s' if starts != 1 else ''}"
    if found.stopped == "interrupt":
        effort = f"interrupted in round {found.rounds} of {starts} start{'s' if starts != 1 else ''}"
    elif seconds is not None:
        effort += f" in {seconds:g} s"
    return f"dce {version('dce')}, {name}, {balance}, {effort}, seed {seed}"


def evaluate_design(study: Study, frame: pd.DataFrame, origin: str = "made elsewhere") -> Design:
    """Take a design that was made elsewhere.

    Parameters
    ----------
    study : Study
    frame : pandas.DataFrame
        Long frame: ``task``, ``alternative``, a column per attribute, and ``block`` if there are
        blocks.
    origin : str, optional
        Where it comes from, for the printed summary.

    Returns
    -------
    Design
        Print it for its D-error and diagnostics.

    Raises
    ------
    DesignError
    """
    return Design(study, frame, origin)
