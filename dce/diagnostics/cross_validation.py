"""How well formulas predict the answers of respondents whom they were not fitted to.

Notation: T answered tasks, J alternatives, K coefficients, G respondents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.coding import CodedRows
from dce.diagnostics.cross_validation_result import CrossValidation
from dce.diagnostics.hit_rate import chance, clustered_rate, hits
from dce.errors import EstimationError, quoted
from dce.estimation.clusters import Clusters, respondents_or_tasks
from dce.estimation.constants_only import MOST_CONSTANTS
from dce.estimation.fit import Fit
from dce.estimation.inference import normal_quantile
from dce.estimation.maximum import finite_maximum, identified
from dce.estimation.newton import Maximum
from dce.estimation.tasks import gather
from dce.estimation.utility import learn_utility
from dce.formula import ALTERNATIVE
from dce.layout import Layout, some_tasks
from dce.logit import FloatArray, IntArray, log_probabilities

FOLDS = 10
Progress = Callable[[int, int], None]
"""Called with the fits done, and all of them."""
Predicted = tuple[FloatArray, FloatArray]
"""Per task: log-likelihood of the answer, and whether it was a hit, both (T,)."""
Formulas = str | None | Sequence[str | None] | Mapping[str, str | None]


def cross_validate(
    choices: Choices | Fit,
    formula: Formulas = None,
    *,
    folds: int = FOLDS,
    seed: int = 1,
    level: float = 0.95,
    progress: Progress | None = None,
) -> CrossValidation:
    """Fit without some respondents, predict their answers, and do so until all were predicted.

    Parameters
    ----------
    choices : Choices or Fit
        Of a fit, its answers, and its formula unless there is one.
    formula : str, sequence of str, or mapping of name to str, optional
        One utility, or several that are compared on the same folds. Default: that of the study.
    folds : int, optional
        Into how many parts respondents are divided at random, within each block of the design; as many
        as there are respondents leaves out one at a time.
    seed : int, optional
        Same seed, same folds.
    level : float, optional
        Of the interval of the hit rate.
    progress : callable, optional
        Called with the fits done, and all of them.

    Returns
    -------
    CrossValidation

    Raises
    ------
    EstimationError
        If there are fewer respondents than folds, or too few to fit without a fold; or naming the
        fold without which a formula has no estimates.

    Notes
    -----
    Transforms such as ``poly`` learn their basis from all rows, never from answers. The difference to
    the first formula has a standard error over respondents; it takes the folds' estimates as given.

    References
    ----------
    Stone (1974), Cross-validatory choice and assessment of statistical predictions, JRSS B 36:111.
    """
    formulas = _named(choices, formula)
    normal_quantile(level)
    answers = choices.choices if isinstance(choices, Fit) else choices
    clusters = respondents_or_tasks(answers).in_order
    of_respondent = _folds(answers, clusters, folds, seed)
    layout, fold_of = answers.layout, of_respondent[clusters.numbers]
    fewest = clusters.count - int(np.bincount(of_respondent).max())
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, folds * len(formulas))

    predicted, in_sample = {}, {}
    for name, text in formulas.items():
        coding = learn_utility(answers, text)
        if fewest <= len(coding.names):
            raise EstimationError(
                f"{name}: {len(coding.names)} coefficients need more {clusters.column}s than that outside "
                f"each fold, found {fewest} of {clusters.count}; take more folds or fewer coefficients."
            )
        coded = coding.rows(answers.frame)
        try:
            whole = _fit(coded, layout, coding.names)
        except EstimationError as error:
            raise type(error)(f"{name}: {error}") from None
        in_sample[name] = whole.log_likelihood / float(layout.weights.sum())
        predicted[name] = _predict(coded, layout, fold_of, coding.names, name, one_more)
    return _result(answers, clusters, fold_of, predicted, in_sample, level, folds, seed)


def _named(choices: Choices | Fit, formula: Formulas) -> dict[str, str | None]:
    if formula is None and isinstance(choices, Fit):
        of_study = choices.study is not None and choices.coding is choices.study.coding
        formula = None if of_study else choices.coding.formula
    if formula is None or isinstance(formula, str):
        return {formula or "the study's utility": formula}
    if isinstance(formula, Mapping):
        named = {str(name): text for name, text in formula.items()}
    else:
        named = {text or "the study's utility": text for text in formula}
    if not named or len(named) < len(formula):
        raise EstimationError(f"formula: found {formula!r}; allowed: one formula, or several different ones.")
    return named


def _folds(choices: Choices, clusters: Clusters, folds: int, seed: int) -> IntArray:
    """Return the fold of each respondent, (G,); folds of a block differ by one respondent at most."""
    G = clusters.count
    if isinstance(folds, bool) or not isinstance(folds, (int, np.integer)) or not 2 <= folds <= G:
        raise EstimationError(
            f"folds: found {quoted(folds)} for {G} {clusters.column}s; allowed: a whole number from 2 to {G}."
        )
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise EstimationError(f"seed: found {quoted(seed)}; allowed: a whole number of at least 0.")
    rng = np.random.default_rng(seed)
    block = np.zeros(G, dtype=np.intp)
    if "block" in choices.frame and choices.layout.respondents is not None:
        of_task = choices.frame["block"].to_numpy()[choices.layout.rows[:, 0]]
        block = pd.factorize(_first(clusters, of_task), sort=True)[0].astype(np.intp)
    order = rng.permutation(G)
    order = order[np.argsort(block[order], kind="stable")]
    fold = np.empty(G, dtype=np.intp)
    fold[order] = np.arange(G) % folds
    return fold


def _first(clusters: Clusters, values: np.ndarray) -> np.ndarray:
    """Return the value of each cluster's first task."""
    first = np.empty(clusters.count, dtype=np.intp)
    first[clusters.numbers[::-1]] = np.arange(len(values))[::-1]
    return np.asarray(values[first])


def _predict(
    coded: CodedRows,
    layout: Layout,
    fold_of: IntArray,
    names: tuple[str, ...],
    formula: str,
    one_more: Callable[[], None],
) -> Predicted:
    """Predict the answers of each fold from a fit to the others."""
    X = coded.matrix()
    of_answer, hit = np.empty(len(fold_of)), np.empty(len(fold_of))
    folds = int(fold_of.max()) + 1
    for fold in range(folds):
        out = fold_of == fold
        try:
            beta = _fit(coded, some_tasks(layout, ~out), names).beta
        except EstimationError as error:
            raise type(error)(f"{formula}, without fold {fold + 1} of {folds}: {error}") from None
        held = some_tasks(layout, out)
        log_P = log_probabilities(X[held.rows], beta, held.available)
        of_answer[out] = log_P[np.arange(len(log_P)), held.chosen]
        hit[out] = hits(np.exp(log_P), held.chosen)
        one_more()
    return of_answer, hit


def _fit(coded: CodedRows, layout: Layout, names: tuple[str, ...]) -> Maximum:
    tasks = gather(coded, layout)
    return finite_maximum(tasks, names, identified(tasks, names))


def _constants(choices: Choices, fold_of: IntArray) -> float:
    """Return the log-likelihood per answer of constants fitted to the other folds; NaN if they have none."""
    layout = choices.layout
    codes, alternatives = pd.factorize(choices.frame[ALTERNATIVE])
    A = len(alternatives)
    chosen = codes[layout.rows[np.arange(len(fold_of)), layout.chosen]]
    taken = np.flatnonzero(np.bincount(chosen, minlength=A))
    if A > MOST_CONSTANTS or len(taken) < 2:
        return float("nan")
    dummies = (np.arange(A)[:, None] == taken[1:]).astype(np.float64)
    available = layout.available & np.isin(codes[layout.rows], taken)
    of_taken = replace(layout, available=available)
    names = tuple(str(alternatives[k]) for k in taken[1:])
    try:
        predicted = _predict(CodedRows(dummies, codes), of_taken, fold_of, names, "constants", lambda: None)
    except EstimationError:
        return float("nan")
    return float(layout.weights @ predicted[0]) / float(layout.weights.sum())


def _result(
    answers: Choices,
    clusters: Clusters,
    fold_of: IntArray,
    predicted: Mapping[str, Predicted],
    in_sample: Mapping[str, float],
    level: float,
    folds: int,
    seed: int,
) -> CrossValidation:
    layout, G = answers.layout, clusters.count
    w, numbers = layout.weights, clusters.numbers
    total = float(w.sum())
    null = -float(w @ np.log(layout.available.sum(axis=1))) / total
    constants = _constants(answers, fold_of)
    of_respondent = {
        name: np.bincount(numbers, weights=w * LL, minlength=G) for name, (LL, _) in predicted.items()
    }
    counts = np.bincount(numbers, weights=w, minlength=G)
    first = next(iter(of_respondent.values()))
    rows = []
    for name, (LL, hit) in predicted.items():
        mean = float(w @ LL) / total
        rate = clustered_rate(hit, w, numbers, normal_quantile(level))
        more = of_respondent[name] - first
        difference = float(more.sum()) / total
        spread = more - difference * counts
        error = float(np.sqrt(spread @ spread * G / (G - 1))) / total
        rows.append((mean, 1 - mean / null, 1 - mean / constants, rate.value, rate.low, rate.high,
                     in_sample[name], difference, error))  # fmt: skip
    columns = ["log-likelihood", "rho2", "against constants", "hit rate", "low", "high",
               "in sample", "difference", "standard error"]  # fmt: skip
    frame = pd.DataFrame(rows, columns=columns, index=list(predicted))
    frame.loc[frame.index[0], ["difference", "standard error"]] = np.nan
    by_respondent = pd.DataFrame(
        {"fold": _first(clusters, fold_of) + 1, "answers": counts} | of_respondent,
        index=pd.Index(clusters.values, name=clusters.column),
    )
    guesses = float(w @ chance(layout.available)) / total
    return CrossValidation(
        frame, null, constants, guesses, by_respondent, folds, seed, level, clusters.column
    )
