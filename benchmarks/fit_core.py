"""The likelihood core by itself: from arrays, against bare matrix work, collapsed or not, and its growth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from unittest.mock import patch

import numpy as np

from dce import Choices
from dce.estimation import likelihood, newton
from dce.estimation.alike import alike_clusters
from dce.estimation.likelihood import cluster_products, products_of_alike
from dce.estimation.maximum import finite_maximum, identified
from dce.estimation.newton import inverse
from dce.estimation.tasks import each_its_own, gather
from dce.estimation.utility import learn_utility


@dataclass
class Passes:
    """Passes over all tasks: for the gradient alone, and with information."""

    gradients: int = 0
    informations: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Core:
    """CPU seconds from arrays to clustered errors, and of the passes over all tasks among them."""

    seconds: float
    of_passes: float
    passes: Passes


def by_core(choices: Choices, X: np.ndarray) -> Core:
    """Fit X (N, K), whose rows are in the order of the tasks, and which is copied."""
    layout, names = choices.layout, tuple(map(str, range(X.shape[1])))
    passes, T = Passes(), len(layout.chosen)
    plain = newton.derivatives

    def counted(tasks, beta, *, information):
        begun = process_time()
        found = plain(tasks, beta, information=information)
        if len(tasks.X) == T:
            passes.gradients += 1
            passes.informations += information
            passes.seconds += process_time() - begun
        return found

    begun = process_time()
    shape = (*layout.rows.shape, X.shape[1])
    tasks = each_its_own(X.reshape(shape).copy(), layout.available, layout.chosen, layout.weights)
    at_zero = identified(tasks, names)
    with patch.object(newton, "derivatives", counted):
        best = finite_maximum(tasks, names, at_zero)
    meat = cluster_products(tasks, best.beta, layout.respondents)
    bread = inverse(best.information)
    assert np.isfinite(bread @ meat @ bread).all()
    return Core(process_time() - begun, passes.seconds, passes)


def matrix_work(X: np.ndarray, passes: Passes) -> float:
    """Return the CPU seconds of as many products by numpy on the same blocks: X b, r X and X'W X."""
    T, J, K = X.shape
    size = max(1, likelihood.BLOCK // (8 * J * K))
    beta, weights = np.full(K, 0.1), np.full(size * J, 0.3)
    H = np.zeros((K, K))
    begun = process_time()
    for n in range(passes.gradients):
        for start in range(0, T, size):
            rows = X[start : start + size].reshape(-1, K)
            _, _ = rows @ beta, weights[: len(rows)] @ rows
            if n < passes.informations:
                H += (rows * weights[: len(rows), None]).T @ rows
    return process_time() - begun


def core_only(choices: Choices, formula: str) -> str:
    """Compare the core on distinct tasks with the same core on every answered task."""
    coding = learn_utility(choices, formula)
    clusters, layout = choices.layout.respondents, choices.layout
    begun = process_time()
    coded = coding.rows(choices.frame, choices.columns)
    tasks = gather(coded, layout)
    alike = alike_clusters(tasks, clusters)
    collapsing = process_time() - begun
    assert alike is not None

    def collapsed() -> np.ndarray:
        best = finite_maximum(tasks, coding.names, identified(tasks, coding.names))
        bread = inverse(best.information)
        return np.column_stack([best.beta, bread @ products_of_alike(tasks, best.beta, alike) @ bread])

    X = coded.matrix().reshape(*layout.rows.shape, -1).copy()
    each = each_its_own(X, layout.available, layout.chosen, layout.weights)

    def plain() -> np.ndarray:
        best = finite_maximum(each, coding.names, identified(each, coding.names))
        bread = inverse(best.information)
        return np.column_stack([best.beta, bread @ cluster_products(each, best.beta, clusters) @ bread])

    few, many = _fastest(collapsed, 9), _fastest(plain, 3)
    difference = float(np.abs(collapsed() / plain() - 1).max())
    return (
        f"every task {many * 1e3:.1f} ms; {len(tasks.X)} distinct tasks and {len(alike.times):,d} kinds of "
        f"respondents {few * 1e3:.2f} ms: {many / few:.0f} times faster. Largest relative difference of "
        f"estimates and clustered covariances {difference:.0e}.\n"
        f"Finding the distinct tasks and kinds of respondents took {collapsing * 1e3:.0f} ms."
    )


def _fastest(work: Callable[[], object], times: int) -> float:
    seconds = []
    for _ in range(times):
        begun = process_time()
        work()
        seconds.append(process_time() - begun)
    return min(seconds)


def growth(seconds: Callable[[int, int, int], float], path: Path) -> None:
    """Draw the CPU seconds from frame to fit against respondents, alternatives and coefficients."""
    import matplotlib.pyplot as plt  # noqa: PLC0415

    lines = {
        "answered tasks (3 alternatives, 12 coefficients)": [
            (n, 3, 12) for n in (250, 1_000, 4_000, 16_000, 64_000)
        ],
        "alternatives (32,000 tasks, 12 coefficients)": [(4_000, J, 12) for J in (2, 4, 8, 16)],
        "coefficients (32,000 tasks, 3 alternatives)": [(4_000, 3, K) for K in (2, 4, 8, 16, 32)],
    }
    figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True)
    for n, (axis, (title, shapes)) in enumerate(zip(axes, lines.items(), strict=True)):
        x = [shape[0] * 8 if n == 0 else shape[n] for shape in shapes]
        y = [seconds(*shape) for shape in shapes]
        print(title, ", ".join(f"{a:,d}: {b:.3f} s" for a, b in zip(x, y, strict=True)))
        axis.loglog(x, y, "o-")
        axis.loglog(x, [y[-1] * a / x[-1] for a in x], ":", color="grey", label="in proportion")
        axis.set_xlabel(title.replace(" (", "\n("))
        axis.set_xticks(x, [f"{a:,d}" for a in x])
        axis.minorticks_off()
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("CPU seconds, frame to clustered errors")
    axes[0].legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
