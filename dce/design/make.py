"""Designs from a search, and designs from elsewhere."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np
import pandas as pd

from dce.design.blocks import assign_blocks
from dce.design.design import Design, check_utility_identified
from dce.design.levels import LevelCoding, level_coding
from dce.design.search import Progress, Search
from dce.errors import DesignError, quoted
from dce.logit import FloatArray, IntArray
from dce.study import Study

STARTS = 5
"""Random starts of the search, unless told otherwise."""


def make_design(
    study: Study,
    *,
    tasks: int | None = None,
    blocks: int | None = None,
    seed: int | None = None,
    level_balance: bool | None = None,
    starts: int = STARTS,
    progress: Progress | None = None,
) -> Design:
    """Search for a D-efficient design at the prior means.

    Parameters
    ----------
    study : Study
    tasks, blocks, seed, level_balance : optional
        Default: what the study says. With ``level_balance`` every level occurs equally often
        within each alternative, counts within one; without it, a linear attribute shows little
        but its extreme levels.
    starts : int, optional
        Random starts of the iterated local search. Same seed and starts, same design. Ctrl-C
        returns the best so far.
    progress : callable, optional
        Called after each start with the number done, the number of all, and the best D-error.

    Returns
    -------
    Design

    Raises
    ------
    DesignError
        If the restrictions leave no design, or no number of answers would identify the utility.

    References
    ----------
    Huber and Zwerina (1996), Journal of Marketing Research 33:307; Rose and Bliemer (2009),
    Transport Reviews 29:587.
    """
    settings = study.design
    tasks = settings.tasks if tasks is None else tasks
    blocks = settings.blocks if blocks is None else blocks
    seed = settings.seed if seed is None else seed
    level_balance = settings.level_balance if level_balance is None else level_balance
    tasks, blocks, starts = (
        _whole(name, value, 1) for name, value in (("tasks", tasks), ("blocks", blocks), ("starts", starts))
    )
    seed = _whole("seed", seed, 0)
    if not isinstance(level_balance, bool):
        raise DesignError(f"level_balance: found {level_balance!r}; allowed: True or False.")
    if blocks > tasks:
        raise DesignError(f"blocks: found {blocks}; allowed: at most the number of tasks, {tasks}.")
    coding = level_coding(study)
    K, J = len(study.coefficients), len(study.alternative_names)
    if tasks * (J - 1) < K:
        least = -(-K // (J - 1))
        raise DesignError(
            f"tasks: found {tasks}; allowed: at least {least}, because the utility has {K} coefficients."
        )
    rng = np.random.default_rng(seed)
    search = Search(coding, np.asarray(study.prior_means, dtype=np.float64), tasks, level_balance)
    found = search.best(starts, rng, progress)
    L = found.L
    _check_identified(study, coding.code(L), search, rng)
    block = assign_blocks(_indicators(L, coding), blocks, rng)
    order = np.lexsort((rng.permutation(tasks), block))
    kind = "level-balanced" if level_balance else "levels free"
    origin = f"dce {version('dce')}, D-efficient, {kind}, {_starts(found.starts, starts)}, seed {seed}"
    return Design(study, coding.to_frame(L[order], block[order]), origin)


def _whole(name: str, value: object, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise DesignError(f"{name}: found {quoted(value)}; allowed: a whole number of at least {least}.")
    return int(value)


def _check_identified(study: Study, X: FloatArray, search: Search, rng: np.random.Generator) -> None:
    """Refuse a design that does not identify the utility, and say whether any design could."""
    try:
        check_utility_identified(study, X)
    except DesignError as error:
        any_tasks = search.coding.code(search.any_tasks(rng))
        check_utility_identified(study, any_tasks)  # raises if no design could
        cures = "level_balance=False (--free-levels), " if search.balanced else ""
        raise DesignError(
            f"{error} Other tasks would: {cures}more tasks, more starts or another seed may help."
        ) from error


def _starts(done: int, wanted: int) -> str:
    if done < wanted:
        return f"interrupted after {done} of {wanted} starts"
    return "1 start" if done == 1 else f"{done} starts"


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


def _indicators(L: IntArray, coding: LevelCoding) -> FloatArray:
    """Return (S, F): whether a task shows a level of an attribute in an alternative."""
    return np.column_stack(
        [L[:, j, a] == level for j, a in np.argwhere(coding.owned) for level in range(coding.sizes[a])]
    ).astype(np.float64)
