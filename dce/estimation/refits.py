"""The model fitted again to the same answers with other weights of the clusters, many times.

Where tasks are few, or few are distinct, many such fits take their Newton steps together: what
differs between them is how often each answer was given. Where tasks are many, each is fitted alone.

Notation: R sets of weights, G clusters, S distinct tasks, J alternatives, K coefficients.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from dce.errors import ConvergenceError, SeparationError
from dce.estimation.likelihood import NEVER, derivatives
from dce.estimation.maximum import finite_maximum
from dce.estimation.newton import CONVERGED, Maximum
from dce.estimation.separation import VANISHED
from dce.estimation.tasks import Tasks
from dce.identification import is_singular
from dce.logit import FloatArray, IntArray

FAILURES = ("separated", "not identified", "not converged")
"""Why a set of weights has no estimates."""
TOGETHER = 4_000_000
"""Numbers in the products of attributes up to which fits take their steps together."""
MOST_STEPS = 10
"""Newton steps after which a fit is left to the safeguarded maximisation."""
GONE = 1e-9
"""Smallest eigenvalue of the information at zero coefficients, on the scale of all answers, below which
identification is looked at more closely."""


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

    @property
    def fitted_together(self) -> bool:
        """Whether fits take their steps together."""
        S, J, K = self.tasks.X.shape
        return bool(S * J * K * K <= TOGETHER)


def refit(answers: Answers, weights: FloatArray) -> Refits:
    """Fit again with each of R sets of weights of the clusters, (R, G), which multiply those of the tasks."""
    return _together(answers, weights) if answers.fitted_together else _one_by_one(answers, weights)


def _one_by_one(answers: Answers, weights: FloatArray) -> Refits:
    return _joined([_alone(answers, _reweighted(answers, w), near=answers.best) for w in weights], answers)


def _reweighted(answers: Answers, weights: FloatArray) -> Tasks:
    """Return the tasks with other weights of the clusters, (G,)."""
    tasks = answers.tasks
    of_tasks = tasks.weights * weights[answers.clusters]
    S, J, _ = tasks.X.shape
    rows = np.arange(S) if tasks.which is None else tasks.which
    counts = np.bincount(rows * J + tasks.chosen, weights=of_tasks, minlength=S * J).reshape(S, J)
    return replace(tasks, counts=counts.astype(np.float64), weights=of_tasks)


def _alone(answers: Answers, tasks: Tasks, near: Maximum | None = None) -> FloatArray | str:
    """Return the estimates from some tasks, or why there are none."""
    at_zero = derivatives(tasks, np.zeros(len(answers.names)), information=True).information
    assert at_zero is not None
    if is_singular(at_zero):
        return "not identified"
    try:
        return finite_maximum(tasks, answers.names, at_zero, near).beta
    except SeparationError:
        return "separated"
    except ConvergenceError:
        return "not converged"


def _joined(found: list[FloatArray | str], answers: Answers) -> Refits:
    nothing = np.full(len(answers.names), np.nan)
    estimates = [nothing if isinstance(b, str) else b for b in found]
    return Refits(np.array(estimates), tuple(b if isinstance(b, str) else "" for b in found))


def _together(answers: Answers, weights: FloatArray) -> Refits:
    """Fit with counts of answers (R, S J), by Newton steps from the estimates of all answers.

    A fit that does not settle as it should, or may be separated, is done again alone.
    """
    tasks = answers.tasks
    S, J, K = tasks.X.shape
    rows = np.arange(S) if tasks.which is None else tasks.which
    at = (rows * J + tasks.chosen, answers.clusters)
    cells = csr_array((tasks.weights, at), shape=(S * J, answers.n_clusters))
    counts = np.ascontiguousarray((cells @ weights.T).T)
    scale = 1 / np.sqrt(np.diag(answers.best.information))
    many = _Many(tasks.X * scale, tasks.available, counts)
    R = len(counts)
    beta = np.tile(answers.best.beta / scale, (R, 1))
    at_zero = many.at(np.zeros((R, K)), np.arange(R))[2]
    settled = _newton(many, beta, tasks.mean_weight, np.linalg.eigvalsh(at_zero)[:, 0] > GONE)
    settled[settled] = _information_left(at_zero[settled], many.at(beta[settled], np.flatnonzero(settled))[2])
    found: list[FloatArray | str] = []
    for r in range(R):
        if settled[r]:
            found.append(beta[r] * scale)
        else:
            found.append(_alone(answers, replace(tasks, counts=counts[r].reshape(S, J))))
    return _joined(found, answers)


def _newton(many: _Many, beta: FloatArray, mean_weight: float, active: np.ndarray) -> np.ndarray:
    """Take Newton steps in place for those that are active; return which of the R converged."""
    settled = np.zeros(len(beta), dtype=bool)
    before = np.full(len(beta), -np.inf)
    fits = np.flatnonzero(active)
    for _ in range(MOST_STEPS):
        value, gradient, information = many.at(beta[fits], fits)
        rising = value >= before[fits] - 1e-9 * np.abs(value)
        fits, gradient, information = fits[rising], gradient[rising], information[rising]
        before[fits] = value[rising]
        if not len(fits):
            break
        try:
            step = np.linalg.solve(information, gradient[..., None])[..., 0]
        except np.linalg.LinAlgError:
            break  # some information has vanished: all that have not settled are done alone
        decrement = np.einsum("rk,rk->r", gradient, step) / mean_weight
        good = np.isfinite(decrement) & (decrement >= 0)
        beta[fits[good]] += step[good]
        done = good & (decrement < CONVERGED)
        settled[fits[done]] = True
        fits = fits[good & ~done]
    return settled


def _information_left(at_zero: FloatArray, at_maximum: FloatArray) -> np.ndarray:
    """Whether information has not all but vanished in some direction, for each of (R, K, K)."""
    L = np.linalg.cholesky(at_zero)
    half = np.linalg.solve(L, at_maximum)
    left = np.linalg.solve(L, np.swapaxes(half, 1, 2))
    return np.asarray(np.linalg.eigvalsh((left + np.swapaxes(left, 1, 2)) / 2)[:, 0] > VANISHED)


class _Many:
    """Log-likelihoods of the same tasks with R different counts of answers, (R, S J)."""

    def __init__(self, X: FloatArray, available: np.ndarray, counts: FloatArray) -> None:
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
