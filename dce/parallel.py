"""Work that is shared out among processes, threads or machines, and may be interrupted."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from typing import TypeVar

from threadpoolctl import threadpool_limits

Job = TypeVar("Job")
Result = TypeVar("Result")


def run_jobs(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    *,
    executor: Executor | None,
    workers: int | None,
    received: Callable[[Result], None],
) -> tuple[list[Result | None], bool]:
    """Do every job, and return the results in their order.

    Parameters
    ----------
    work : callable
        A function of a module, so that other processes find it.
    jobs : sequence
    executor : concurrent.futures.Executor or None
        Default: processes of this machine.
    workers : int or None
        How many of them: 1 for none but this one, None for one a core.
    received : callable
        Called with each result as it comes.

    Returns
    -------
    list
        A result per job; None for those that an interrupt (Ctrl-C) left undone.
    bool
        Whether there was an interrupt.
    """
    results: list[Result | None] = [None] * len(jobs)
    with processes(executor, workers or os.cpu_count() or 1) as (pool, _):
        try:
            if pool is None:
                for k, job in enumerate(jobs):
                    results[k] = done = work(job)
                    received(done)
                return results, False
            futures = {pool.submit(work, job): k for k, job in enumerate(jobs)}
            try:
                for future in as_completed(futures):
                    results[futures[future]] = done = future.result()
                    received(done)
            except BaseException:
                _keep_what_is_done(futures, results)
                raise
        except KeyboardInterrupt:
            return results, True
    return results, False


def _keep_what_is_done(futures: dict[Future[Result], int], results: list[Result | None]) -> None:
    """Cancel what has not begun, and take what has ended."""
    for future, k in futures.items():
        if not future.cancel() and future.done() and future.exception() is None:
            results[k] = future.result()


@contextmanager
def processes(given: Executor | None, workers: int) -> Iterator[tuple[Executor | None, Callable[[], None]]]:
    """Yield an executor, None for this process alone, and what asks its processes to end early.

    Parameters
    ----------
    given : concurrent.futures.Executor or None
        Somebody's own executor: it is used as it is, and cannot be asked.
    workers : int
        Processes of this machine otherwise: 1 for none but this one.
    """
    if given is not None or workers == 1:
        yield given, lambda: None
        return
    # A copy of this process starts at once; from 3.12 on Python warns of it where there are threads.
    fork = sys.platform == "linux" and sys.version_info < (3, 12)
    context = multiprocessing.get_context("fork" if fork else None)
    stop = context.Event()
    with ProcessPoolExecutor(workers, context, _prepare, (stop,)) as pool:
        try:
            yield pool, stop.set
        finally:
            stop.set()


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Keep BLAS from sharing small matrices out among threads, which wait for one another.

    Measured on two cores: 0.5 s rather than 5 s for a bound, and 31 s where another program was busy.
    """
    with threadpool_limits(1, user_api="blas"):
        yield


_stop: Event | None = None


def _prepare(stop: Event) -> None:
    """Prepare a process of a pool: interrupts are for the parent, who sets ``stop``."""
    global _stop  # noqa: PLW0603  # one for each process, set once
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def told_to_stop() -> bool:
    """Whether the parent of this process wants it to end early."""
    return _stop is not None and _stop.is_set()
