"""The model fitted again to the same answers with other weights of the clusters, many times.

Where tasks are few, or few are distinct, many such fits take their Newton steps together: what
differs between them is how often each answer was given. Where tasks are many, each is fitted alone.

Notation: R sets of weights, G clusters, S distinct tasks, J alternatives, K coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.sparse import csc_array

from dce.errors import ConvergenceError, SeparationError
from dce.estimation.likelihood import NEVER, derivatives
from dce.estimation.maximum import finite_maximum
from dce.estimation.newton import CONVERGED, Maximum, inverse, maximise
from dce.estimation.tasks import Tasks
from dce.identification import is_singular
from dce.logit import BoolArray, FloatArray, IntArray

FAILURES = ("separated", "not identified", "not converged")
"""Why a set of weights has no estimates."""
TOGETHER = 4_000_000
"""Numbers in the products of attributes up to which fits take their steps together."""
MOST_STEPS = 10
"""Newton steps that fits take together; those that need more are done again with care."""
NOTHING = 1e-12
"""Share of a count of answers that may be the rounding of none, where some were subtracted."""
MUCH_LESS = 0.01
"""Share of the information of all answers in some direction, below which a fit is done again with care:
the weights may not identify it, or its answers may be separated."""


@dataclass(frozen=True, eq=False)
class Refits:
    """Estimates with each of R sets of weights.

    Attributes
    ----------
    estimates : (R, K) array
        NaN where there are none.
    failures : tuple of str
        One of :data:`FAILURES`, or empty.
    """

    estimates: FloatArray
    failures: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Answers:
    """What all refits share.

    Attributes
    ----------
    tasks : Tasks
        Centred.
    clusters : (T,) integer array
        From 0.
    best : Maximum
        Of the answers as they are.
    names : tuple of str
    """

    tasks: Tasks
    clusters: IntArray
    best: Maximum
    names: tuple[str, ...]

    @property
    def n_clusters(self) -> int:
        """The number of clusters, G."""
        return int(self.clusters.max()) + 1

    @cached_property
    def cells(self) -> csc_array:
        """Sum of the weights of each answer to each distinct task, by cluster, (S J, G)."""
        S, J, _ = self.tasks.X.shape
        at = (_cells(self.tasks), self.clusters)
        return csc_array((self.tasks.weights, at), shape=(S * J, self.n_clusters))

    @property
    def fitted_together(self) -> bool:
        """Whether fits take their steps together."""
        S, J, K = self.tasks.X.shape
        return bool(S * J * K * K <= TOGETHER)


def refit(answers: Answers, weights: FloatArray) -> Refits:
    """Fit again with each of R sets of weights of the clusters, (R, G), which multiply those of the tasks."""
    if answers.fitted_together:
        return _together(answers, np.ascontiguousarray((answers.cells @ weights.T).T))
    return _one_by_one(answers, weights)


def refit_without(answers: Answers, clusters: range) -> Refits:
    """Fit again without a cluster, for each of some."""
    if answers.fitted_together:
        total = answers.tasks.counts.ravel()
        counts = total - answers.cells[:, clusters.start : clusters.stop].toarray().T
        return _together(answers, np.where(counts > NOTHING * total, counts, 0.0))
    weights = np.ones((len(clusters), answers.n_clusters))
    weights[np.arange(len(clusters)), list(clusters)] = 0.0
    return _one_by_one(answers, weights)


def _one_by_one(answers: Answers, weights: FloatArray) -> Refits:
    C = _whitening(answers.best)
    found: list[FloatArray | str] = []
    for of_clusters in weights:
        tasks = _reweighted(answers, of_clusters)
        try:
            best = maximise(tasks, near=answers.best)
            careless = bool(_least(C.T @ best.information @ C) < MUCH_LESS)
        except ConvergenceError:
            careless = True
        found.append(_with_care(tasks, answers.names) if careless else best.beta)
    return _joined(found, answers)


def _reweighted(answers: Answers, weights: FloatArray) -> Tasks:
    """Return the tasks with other weights of the clusters, (G,)."""
    tasks = answers.tasks
    S, J, _ = tasks.X.shape
    of_tasks = tasks.weights * weights[answers.clusters]
    counts = np.bincount(_cells(tasks), weights=of_tasks, minlength=S * J).astype(np.float64)
    return replace(tasks, counts=counts.reshape(S, J), weights=of_tasks)


def _cells(tasks: Tasks) -> IntArray:
    """Return which answer to which distinct task each answer is, (T,) numbers below S J."""
    rows = np.arange(len(tasks.X)) if tasks.which is None else tasks.which
    return np.asarray(rows * tasks.X.shape[1] + tasks.chosen)


def _with_care(tasks: Tasks, names: tuple[str, ...]) -> FloatArray | str:
    """Return the estimates from some tasks, or why there are none."""
    at_zero = derivatives(tasks, np.zeros(len(names)), information=True).information
    assert at_zero is not None
    if is_singular(at_zero):
        return "not identified"
    try:
        return finite_maximum(tasks, names, at_zero).beta
    except SeparationError:
        return "separated"
    except ConvergenceError:
        return "not converged"


def _joined(found: list[FloatArray | str], answers: Answers) -> Refits:
    nothing = np.full(len(answers.names), np.nan)
    estimates = [nothing if isinstance(b, str) else b for b in found]
    return Refits(np.array(estimates), tuple(b if isinstance(b, str) else "" for b in found))


def _together(answers: Answers, counts: FloatArray) -> Refits:
    """Fit to counts of answers, (R, S J), by Newton steps from the estimates of all answers.

    The steps are on a scale on which the information of all answers is one.
    """
    tasks = answers.tasks
    S, J, _ = tasks.X.shape
    C = _whitening(answers.best)
    many = _Many(tasks.X @ C, tasks.available, counts)
    start = solve_triangular(C, answers.best.beta, lower=True)
    scaled, settled = _newton(many, start, tasks.mean_weight)
    found: list[FloatArray | str] = []
    for beta, done, own in zip(scaled @ C.T, settled, counts, strict=True):
        alone = replace(tasks, counts=own.reshape(S, J))
        found.append(beta if done else _with_care(alone, answers.names))
    return _joined(found, answers)


def _whitening(best: Maximum) -> FloatArray:
    """Return C with which C' I C is one, where I is the information."""
    return np.asarray(cholesky(inverse(best.information), lower=True))


def _least(information: FloatArray) -> FloatArray:
    """Return the smallest eigenvalue of each matrix, (n,)."""
    return np.asarray(np.linalg.eigvalsh(information)[..., 0])


def _newton(many: _Many, start: FloatArray, mean_weight: float) -> tuple[FloatArray, BoolArray]:
    """Return where Newton's method leads from ``start``, (R, K), and where it settled as it should."""
    R = len(many.counts)
    beta, settled = np.tile(start, (R, 1)), np.zeros(R, dtype=bool)
    before, fits = np.full(R, -np.inf), np.arange(R)
    for _ in range(MOST_STEPS):
        value, gradient, information = many.at(beta[fits], fits)
        good = (value >= before[fits] - 1e-9 * np.abs(value)) & (_least(information) > MUCH_LESS)
        fits, gradient = fits[good], gradient[good]
        before[fits] = value[good]
        step = np.linalg.solve(information[good], gradient[..., None])[..., 0]
        beta[fits] += step
        done = np.einsum("rk,rk->r", gradient, step) < CONVERGED * mean_weight
        settled[fits[done]] = True
        fits = fits[~done]
        if not len(fits):
            break
    return beta, settled


class _Many:
    """Log-likelihoods of the same tasks with R different counts of answers, (R, S J)."""

    def __init__(self, X: FloatArray, available: BoolArray, counts: FloatArray) -> None:
        S, J, K = X.shape
        self.X, self.available, self.counts = X, available, counts
        self.rows = X.reshape(S * J, K)
        self.products = (self.rows[:, :, None] * self.rows[:, None, :]).reshape(S * J, K * K)
        self.totals = counts.reshape(-1, S, J).sum(axis=2)

    def at(self, beta: FloatArray, fits: IntArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return log-likelihood (n,), gradient (n, K), information (n, K, K) of some fits at beta (n, K)."""
        S, J, K = self.X.shape
        n, counts, totals = len(fits), self.counts[fits], self.totals[fits]
        V = (beta @ self.rows.T).reshape(n, S, J)
        V[:, ~self.available] = NEVER
        V -= V.max(axis=2, keepdims=True)
        value = np.einsum("ri,ri->r", counts, V.reshape(n, S * J))
        P = np.exp(V, out=V)
        sums = P.sum(axis=2)
        value -= np.einsum("rs,rs->r", totals, np.log(sums))
        P /= sums[..., None]
        mean = np.swapaxes(np.swapaxes(P, 0, 1) @ self.X, 0, 1) * np.sqrt(totals)[..., None]
        P *= totals[..., None]
        expected = P.reshape(n, S * J)
        information = (expected @ self.products).reshape(n, K, K) - np.swapaxes(mean, 1, 2) @ mean
        return value, (counts - expected) @ self.rows, information
