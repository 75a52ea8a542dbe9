"""Simulated answers: a rehearsal of a study, and the truth that estimates are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.errors import ChoicesError, listed, quoted
from dce.logit import log_probabilities
from dce.study import Study


class TaskFrame(Protocol):
    """What a simulation needs of a design."""

    @property
    def study(self) -> Study: ...
    @property
    def frame(self) -> pd.DataFrame: ...


def simulate_choices(
    design: TaskFrame,
    coefficients: Mapping[str, float] | None = None,
    *,
    respondents: int,
    seed: int,
) -> Choices:
    """Simulate what respondents with given coefficients would answer.

    Parameters
    ----------
    design : Design
    coefficients : mapping of str to float, optional
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
    if coefficients is None:
        if not study.priors:
            raise ChoicesError("the study has no priors: give the coefficients to simulate with.")
        coefficients = {name: prior.mean for name, prior in study.priors.items()}
    wrong = [name for name in coefficients if name not in names]
    lacking = [name for name in names if name not in coefficients]
    if wrong or lacking:
        found = f"unknown: {listed(wrong)}" if wrong else f"missing: {listed(lacking)}"
        raise ChoicesError(f"coefficients {found}; allowed: {listed(names, 40)}.")
    for name, value, least in (("respondents", respondents, 1), ("seed", seed, 0)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            raise ChoicesError(f"{name}: found {quoted(value)}; allowed: a whole number of at least {least}.")
    beta = np.array([float(coefficients[name]) for name in names])

    rng = np.random.default_rng(seed)
    blocks = list(design.frame["block"].unique())
    of_respondent = rng.permutation(np.resize(np.array(blocks), respondents))
    frames = []
    tasks = dict(iter(design.frame.groupby("block", sort=False)))
    J = len(study.alternative_names)
    X = {block: study.coding.matrix(rows).reshape(-1, J, len(names)) for block, rows in tasks.items()}
    for block in blocks:
        who = np.flatnonzero(of_respondent == block) + 1
        if not len(who):
            continue
        log_P = log_probabilities(X[block], beta)
        utilities = log_P + rng.gumbel(size=(len(who), *log_P.shape))
        rows = pd.concat([tasks[block]] * len(who), ignore_index=True)
        best = utilities.argmax(axis=2)[..., None] == np.arange(J)
        rows.insert(0, "respondent", np.repeat(who, len(tasks[block])))
        rows["chosen"] = best.reshape(-1).astype(np.int64)
        frames.append(rows)
    answers = pd.concat(frames, ignore_index=True).sort_values("respondent", kind="stable")
    return Choices(answers, study, {}, f"a simulation with seed {seed}")
