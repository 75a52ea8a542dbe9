"""Covariances from many fits: the cluster bootstrap and the jackknife.

G clusters, R replicates, K coefficients.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np

from dce.errors import EstimationError, quoted
from dce.estimation.clusters import Clusters
from dce.estimation.inference import Inference
from dce.estimation.refits import FAILURES, Answers, Refits, refit, refit_without
from dce.logit import FloatArray
from dce.parallel import one_blas_thread, run_jobs

TOGETHER = 100
"""Fits of one job, where they take their steps together."""
MOST_FAILED = 0.01
"""Share of resamples that may be without estimates. They are the extreme ones: with more of them, the
limits of 95% intervals, beyond which 2.5% should lie, would be wrong."""

Progress = Callable[[int, int], None]
"""Called with the fits done, and all of them."""


@dataclass(frozen=True, eq=False)
class _Resamples:
    """Fits to clusters drawn with replacement, one for each seed."""

    answers: Answers
    seeds: Sequence[np.random.SeedSequence]

    def done(self) -> Refits:
        G = self.answers.n_clusters
        drawn = [np.random.default_rng(seed).integers(0, G, G) for seed in self.seeds]
        weights = np.array([np.bincount(of, minlength=G) for of in drawn], dtype=np.float64)
        return refit(self.answers, weights)


@dataclass(frozen=True, eq=False)
class _LeftOut:
    """Fits without a cluster, for each of some."""

    answers: Answers
    clusters: range

    def done(self) -> Refits:
        return refit_without(self.answers, self.clusters)


def bootstrap(
    answers: Answers,
    clusters: Clusters,
    *,
    replicates: int,
    seed: int,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> tuple[FloatArray, Inference]:
    """Fit to clusters drawn with replacement.

    Parameters
    ----------
    answers : Answers
        With the numbers of ``clusters.in_order``.
    clusters : Clusters
    replicates : int
        How often, R.
    seed : int
        Same seed, same bytes, whatever runs it. A replicate stays the same when there are more.
    executor : concurrent.futures.Executor, optional
        Where the fits run. Default: here.
    progress : callable, optional
        Called with the fits done, and all of them.

    Returns
    -------
    (K, K) array
        Covariance of the replicates about their mean.
    Inference

    Raises
    ------
    EstimationError
        If more than one in a hundred resamples has no estimates.

    References
    ----------
    Cameron, Gelbach and Miller (2008), Review of Economics and Statistics 90, section III;
    Davison and Hinkley (1997), Bootstrap Methods and their Application, section 2.4.
    """
    K = len(answers.names)
    least = max(2, K + 1)
    if isinstance(replicates, bool) or not isinstance(replicates, (int, np.integer)) or replicates < least:
        raise EstimationError(
            f"replicates: found {quoted(replicates)}; allowed: a whole number of at least {least}."
        )
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise EstimationError(f"seed: found {quoted(seed)}; allowed: a whole number of at least 0.")
    seeds = np.random.SeedSequence(int(seed)).spawn(int(replicates))
    n = _fits_of_a_job(answers)
    jobs = [_Resamples(answers, seeds[start : start + n]) for start in range(0, len(seeds), n)]
    fits = _done(jobs, len(seeds), executor, progress)
    failures = Counter(failure for failure in fits.failures if failure)
    _check_failures(failures, len(seeds))
    found = fits.estimates[~np.isnan(fits.estimates[:, 0])]
    inference = Inference(
        "bootstrap",
        clusters.column,
        clusters.count,
        replicates=found,
        divided=clusters.divided,
        seed=int(seed),
        failures={why: failures[why] for why in FAILURES if failures[why]},
    )
    return np.atleast_2d(np.cov(found, rowvar=False)), inference


def jackknife(
    answers: Answers,
    clusters: Clusters,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> tuple[FloatArray, Inference]:
    """Fit without each cluster in turn; (G-1)/G times the sum of squares about the mean, as in Stata.

    References
    ----------
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, equation 11.5.
    """
    G = clusters.count
    without = leave_one_out(answers, clusters, executor=executor, progress=progress)
    deviations = without - without.mean(axis=0)
    V = deviations.T @ deviations * ((G - 1) / G)
    return V, Inference("jackknife", clusters.column, G, float(G - 1), divided=clusters.divided)


def leave_one_out(
    answers: Answers,
    clusters: Clusters,
    *,
    executor: Executor | None = None,
    progress: Progress | None = None,
) -> FloatArray:
    """Return the estimates without each cluster, (G, K).

    Raises
    ------
    EstimationError
        Naming the cluster without which there are none.
    """
    G, n = clusters.count, _fits_of_a_job(answers)
    jobs = [_LeftOut(answers, range(start, min(start + n, G))) for start in range(0, G, n)]
    fits = _done(jobs, G, executor, progress)
    failed = [g for g, failure in enumerate(fits.failures) if failure]
    if failed:
        raise EstimationError(
            f"without {clusters.name(failed[0])} the coefficients are {fits.failures[failed[0]]}"
            + (f" ({len(failed):,d} such clusters)" if len(failed) > 1 else "")
            + ": the jackknife needs the estimates without each cluster."
        )
    return fits.estimates


def _fits_of_a_job(answers: Answers) -> int:
    """Return how many fits a job does: whatever runs it, so that bytes stay the same."""
    if not answers.fitted_together:
        return 1
    S, J, K = answers.tasks.X.shape
    return int(np.clip(2**22 // (S * (J + K)), 1, TOGETHER))


def _done(
    jobs: Sequence[_Resamples | _LeftOut], total: int, executor: Executor | None, progress: Progress | None
) -> Refits:
    done = 0

    def received(part: Refits) -> None:
        nonlocal done
        done += len(part.failures)
        if progress is not None:
            progress(done, total)

    with one_blas_thread():
        parts, interrupted = run_jobs(_do, jobs, executor=executor, workers=1, received=received)
    if interrupted:
        raise KeyboardInterrupt
    finished = [part for part in parts if part is not None]
    failures = tuple(failure for part in finished for failure in part.failures)
    return Refits(np.concatenate([part.estimates for part in finished]), failures)


@one_blas_thread()
def _do(job: _Resamples | _LeftOut) -> Refits:
    return job.done()


def _check_failures(failures: Counter[str], total: int) -> None:
    failed = failures.total()
    if failed > MOST_FAILED * total:
        why = ", ".join(f"{n:,d} {reason}" for reason, n in failures.items())
        raise EstimationError(
            f"bootstrap: {failed:,d} of {total:,d} resamples have no estimates ({why}); allowed: "
            f"{MOST_FAILED:.0%}. The answers are too few for it: give covariance='CR2', or fewer "
            "coefficients."
        )
