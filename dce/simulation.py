"""Simulated answers: a rehearsal of a study, and the truth that estimates are compared with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.errors import ChoicesError, listed, quoted
from dce.logit import FloatArray, IntArray, log_probabilities
from dce.study import Study


class TaskFrame(Protocol):
    """What a simulation needs of a design."""

    @property
    def study(self) -> Study: ...
    @property
    def frame(self) -> pd.DataFrame: ...


def simulate_choices(
    design: TaskFrame,
    coefficients: Mapping[str, float] | pd.Series[float] | None = None,
    *,
    respondents: int,
    seed: int,
) -> Choices:
    """Simulate what respondents with given coefficients would answer.

    Parameters
    ----------
    design : Design
    coefficients : mapping of str to float, or pandas.Series, optional
        For every coefficient of the study's utility. Default: the prior means.
    respondents : int
        Each answers one block; blocks are as balanced as can be, in random order.
    seed : int

    Returns
    -------
    Choices

    Raises
    ------
    ChoicesError
        If a coefficient is missing or unknown, or the study has no priors to fall back on.
    """
    study = design.study
    names = study.coefficients
    beta = true_coefficients(study, coefficients)
    for name, value, least in (("respondents", respondents, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            raise ChoicesError(f"{name}: found {quoted(value)}; allowed: a whole number of at least {least}.")

    tasks = [rows for _, rows in design.frame.groupby("block", sort=False)]
    J = len(study.alternative_names)
    X = [study.coding.matrix(rows).reshape(-1, J, len(names)) for rows in tasks]
    log_P = [log_probabilities(x, beta) for x in X]
    frames = []
    for of_block, (who, chosen) in zip(tasks, simulate_answers(log_P, respondents, seed), strict=True):
        if not len(who):
            continue
        rows = pd.concat([of_block] * len(who), ignore_index=True)
        rows.insert(0, "respondent", np.repeat(who + 1, len(of_block)))
        rows["chosen"] = (chosen[..., None] == np.arange(J)).reshape(-1).astype(np.int64)
        frames.append(rows)
    answers = pd.concat(frames, ignore_index=True).sort_values("respondent", kind="stable")
    return Choices(answers, study, {}, f"a simulation with seed {seed}")


def true_coefficients(
    study: Study, coefficients: Mapping[str, float] | pd.Series[float] | None
) -> FloatArray:
    """Return the coefficients that answers are simulated with, shape (K,); by default the prior means.

    Raises
    ------
    ChoicesError
        If a coefficient is missing, unknown or no number, or the study has no priors to fall back on.
    """
    names = study.coefficients
    if coefficients is None:
        if not study.priors:
            raise ChoicesError("the study has no priors: give the coefficients to simulate with.")
        coefficients = {name: prior.mean for name, prior in study.priors.items()}
    coefficients = dict(coefficients)  # of a Series too, whose items are numbers
    wrong = [name for name in coefficients if name not in names]
    lacking = [name for name in names if name not in coefficients]
    if wrong or lacking:
        found = f"unknown: {listed(wrong)}" if wrong else f"missing: {listed(lacking)}"
        raise ChoicesError(f"coefficients {found}; allowed: {listed(names, 40)}.")
    beta = np.array([float(coefficients[name]) for name in names])
    if not np.isfinite(beta).all():
        raise ChoicesError(
            f"coefficients, {names[int(np.argmin(np.isfinite(beta)))]!r}: allowed: finite numbers."
        )
    return beta


def simulate_answers(
    log_P: Sequence[FloatArray], respondents: int, seed: int
) -> list[tuple[IntArray, IntArray]]:
    """Simulate answers as arrays.

    Parameters
    ----------
    log_P : per block, (T, J) array
        Log-probabilities of its T tasks.
    respondents : int
        Spread over the blocks as evenly as can be, in random order.
    seed : int

    Returns
    -------
    list of (n,) and (n, T) integer arrays
        Per block, the numbers of its respondents, from 0, and the alternatives that they choose.
    """
    rng = np.random.default_rng(seed)
    of_respondent = rng.permutation(np.resize(np.arange(len(log_P)), respondents))
    answers = []
    for block, of_block in enumerate(log_P):
        who = np.flatnonzero(of_respondent == block)
        utilities = of_block + rng.gumbel(size=(len(who), *of_block.shape))
        answers.append((who, utilities.argmax(axis=2)))
    return answers
