"""Time fit_mnl against other packages, from a pandas frame to estimates with standard errors.

    python benchmarks/fit.py small large --peers PEERS
    python benchmarks/fit.py huge repeated growth

``small`` is issue 5's (a), ``large`` (b), ``huge`` (c), ``repeated`` (d). Seconds are CPU seconds of the
process, all threads together, with BLAS on one thread, so that other work on the machine matters little.
Every run times dce and xlogit one after the other; times are medians, ratios medians of the runs'. How to
install the other peers says ``fit_peers.py``.
"""

import argparse
import gc
import io
import os
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import process_time

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")  # before numpy is imported

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from fit_core import by_core, core_only, growth, matrix_work  # noqa: E402
from fit_peers import INCLUDES, PEERS, Skipped, run_peer  # noqa: E402
from xlogit import MultinomialLogit  # noqa: E402

from dce import Choices, Study, Table, fit_mnl, make_design, read_long, simulate_choices  # noqa: E402

STUDY = Path(__file__).parents[1] / "designs" / "physiotherapy"
AGREEMENT = 1e-6
"""Largest relative difference of log-likelihoods: xlogit stops when a step gains less than 1e-10 or
promises less than 1e-6, dce at a squared Newton decrement of 1e-12."""

XLOGIT = {
    # Hessian by forward differences of the gradient, K(K+1) evaluations, in a sandwich of independent
    # tasks; xlogit has none for clusters.
    "xlogit, robust": {"robust": True},
    # No Hessian: the inverse outer product of the gradients (BHHH), the fastest that xlogit offers.
    "xlogit, no Hessian": {"num_hess": False},
}

Estimates = tuple[float, np.ndarray]


@dataclass(frozen=True)
class Problem:
    """A frame, and both tools' ways to take it.

    Attributes
    ----------
    title : str
    frame : pandas.DataFrame
        One row per alternative: ``respondent``, ``task``, ``alternative``, ``chosen``, attributes.
    formula : str or None
    study : Study or None
    columns : callable
        What a user of xlogit writes to make its matrix, (rows, K), of the frame.
    """

    title: str
    frame: pd.DataFrame
    formula: str | None
    study: Study | None
    columns: Callable[[pd.DataFrame], np.ndarray]


def main() -> None:
    """Print a table for each problem that is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", nargs="*", default=["small", "large"])
    parser.add_argument("--runs", type=int, default=21, help="of the small problem")
    parser.add_argument("--large-runs", type=int, default=3, help="of the large problem")
    parser.add_argument("--peers", type=Path, default=Path("peers"), help="folder of other environments")
    parser.add_argument("--limit", type=float, default=300, help="seconds that a peer may take")
    options = parser.parse_args()
    names = ("dce", "xlogit", "numpy", "pandas", "scipy")
    print(", ".join(f"{name} {version(name)}" for name in names), end="\n\n")
    for name in options.problems:
        if name == "small":
            print(compare(reference_study(), options.runs), end="\n\n")
            print(others(reference_study(), options.peers, options.limit), end="\n\n")
        if name == "large":
            print(compare(continuous(20_000, 3, 12), options.large_runs), end="\n\n")
            print(others(continuous(20_000, 3, 12), options.peers, options.limit), end="\n\n")
        if name == "huge":
            huge()
        if name == "repeated":
            repeated()
        if name == "growth":
            growth(lambda *shape: dce_seconds(continuous(*shape)), Path(__file__).with_name("growth.png"))


def reference_study(respondents: int = 382) -> Problem:
    """Return answers to the physiotherapy study, simulated at its priors: K = 9."""
    study = Study.read(STUDY)
    choices = simulate_choices(make_design(study), respondents=respondents, seed=1)
    # As a user has it: read from a file.
    frame = pd.read_csv(io.StringIO(choices.frame.drop(columns="block").to_csv(index=False)))

    def columns(frame: pd.DataFrame) -> np.ndarray:
        return np.column_stack(
            [
                frame["alternative"] == "service 2",
                frame["clinician"] == "support worker",
                frame["wait"],
                frame["continuity"] == "different clinician",
                frame["sessions"],
                frame["mode"] == "one-to-one with equipment",
                frame["mode"] == "exercise class",
                frame["distance"],
                frame["parking"] == "limited",
            ]
        ).astype(float)

    title = f"{respondents} respondents x 8 tasks x 2 alternatives, 9 coefficients"
    return Problem(title, frame, None, study, columns)


def continuous(respondents: int, J: int, K: int) -> Problem:
    """Return simulated answers of respondents to 8 tasks each, with K continuous attributes."""
    T = respondents * 8
    rng = np.random.default_rng(1)
    X = rng.normal(size=(T, J, K))
    utility = X @ np.linspace(-0.6, 0.5, K) + rng.gumbel(size=(T, J))
    chosen = utility.argmax(axis=1)[:, None] == np.arange(J)
    names = [f"x{k}" for k in range(1, K + 1)]
    # Column by column in memory, as files are read.
    columns = {name: np.ascontiguousarray(X[..., k].ravel()) for k, name in enumerate(names)}
    frame = pd.DataFrame(columns).assign(
        respondent=np.repeat(np.arange(respondents), 8 * J),
        task=np.repeat(np.arange(T), J),
        alternative=np.tile([f"a{j}" for j in range(J)], T),
        chosen=chosen.ravel().astype(int),
    )
    title = f"{T:,d} tasks x {J} alternatives, {K} continuous attributes"
    return Problem(title, frame, " + ".join(names), None, lambda frame: frame[names].to_numpy())


def compare(problem: Problem, runs: int) -> Table:
    """Time dce and xlogit on a problem, and compare what they find."""
    tools = {"dce": lambda: by_dce(problem)}
    for name, options in XLOGIT.items():
        tools[name] = partial(by_xlogit, problem, **options)
    first = timed(tools["dce"])
    found = {name: tool() for name, tool in tools.items()}  # warms up, too
    memory = {name: peak_memory(tool) for name, tool in tools.items()}
    seconds: dict[str, list[float]] = {name: [] for name in (*tools, "read_long")}
    for _ in range(runs):
        for name, tool in tools.items():
            seconds[name].append(timed(tool))
        seconds["read_long"].append(timed(lambda: read(problem)))

    value, beta = found["dce"]
    rows = {}
    for name in XLOGIT:
        other_value, other_beta = found[name]
        assert abs(value - other_value) < AGREEMENT * abs(value), (name, value, other_value)
        pairs = zip(seconds["dce"], seconds[name], strict=True)
        rows[name] = {
            "dce s": median(seconds["dce"]),
            "xlogit s": median(seconds[name]),
            "ratio": median(theirs / ours for ours, theirs in pairs),
            "LL - LL": value - other_value,
            "b - b": float(np.abs(beta - other_beta).max()),
            "dce MB": memory["dce"],
            "xlogit MB": memory[name],
        }
    formats = dict.fromkeys(["dce s", "xlogit s"], ".4f")
    formats |= {"ratio": ".2f", "LL - LL": ".1e", "b - b": ".1e"}
    formats |= dict.fromkeys(["dce MB", "xlogit MB"], ".0f")
    notes = (
        f"CPU seconds, medians of {runs} interleaved runs. Ratio: xlogit's for one of dce. Of dce's "
        f"{median(seconds['dce']):.4f} s, read_long takes {median(seconds['read_long']):.4f} s; the first "
        f"call of the process took {first:.4f} s.",
        f"LL - LL: log-likelihood of dce ({value:.6f}) less that of xlogit. b - b: largest "
        "absolute difference of coefficients. MB: peak of allocations, in a run of its own.",
    )
    return Table(problem.title, pd.DataFrame(rows).T, formats, notes)


def others(problem: Problem, folder: Path, limit: float) -> Table:
    """Time the peers that have an environment of their own, each with arrays."""
    frame = problem.frame
    J = frame["alternative"].nunique()
    X = problem.columns(frame).reshape(-1, J, problem.columns(frame.head(J)).shape[1])
    chosen = frame["chosen"].to_numpy().reshape(-1, J).argmax(axis=1)
    respondents = frame["respondent"].to_numpy()[::J]
    value, beta = by_dce(problem)
    rows, notes = {}, []
    for name in PEERS:
        try:
            run = run_peer(name, folder, X, chosen, respondents, limit)
        except Skipped as why:
            notes.append(f"{why}.")
            continue
        ours = median(timed(lambda: by_dce(problem)) for _ in range(3))
        rows[run.version] = {"dce s": ours, "first s": run.first, "again s": run.again}
        rows[run.version] |= {"ratio": run.again / ours, "LL - LL": value - run.value}
        rows[run.version] |= {"b - b": float(np.abs(beta - run.beta).max())}
        notes.append(f"{name}: {INCLUDES[name]}.")
    notes.append("CPU seconds of the first fit in a process and of a second one; ratio: of the second.")
    formats = dict.fromkeys(["dce s", "first s", "again s"], ".4f")
    formats |= {"ratio": ".1f", "LL - LL": ".1e", "b - b": ".1e"}
    return Table(problem.title, pd.DataFrame(rows).T, formats, tuple(notes))


def huge() -> None:
    """Print issue 5's (c): from the frame and from arrays, against bare matrix work, and the memory."""
    problem = continuous(125_000, 4, 15)
    bytes_of_x = problem.frame.shape[0] * 15 * 8
    by_dce(problem)
    ours = median(timed(lambda: by_dce(problem)) for _ in range(3))
    value, _ = by_dce(problem)
    peak = peak_memory(lambda: by_dce(problem))
    choices, X = read(problem), problem.columns(problem.frame)
    core = by_core(choices, X)
    bare = matrix_work(X.reshape(-1, 4, 15), core.passes)
    del choices, X
    begun = process_time()
    other, _ = by_xlogit(problem, robust=True)
    theirs = process_time() - begun
    print(problem.title)
    print(f"dce from the frame {ours:.2f} CPU s, of {bytes_of_x / 1e6:.0f} MB of X a peak of "
          f"{peak:.0f} MB beyond the frame ({peak * 1e6 / bytes_of_x:.2f} X)")  # fmt: skip
    print(f"dce from arrays, copy and clustered errors included {core.seconds:.2f} CPU s")
    print(f"xlogit, robust, from the frame {theirs:.1f} CPU s: {theirs / ours:.1f} times dce from the frame, "
          f"{theirs / core.seconds:.1f} times dce from arrays; LL - LL {value - other:.1e}")  # fmt: skip
    passes = f"{core.passes.gradients} gradients and {core.passes.informations} informations"
    print(f"bare matrix work, {passes} {bare:.2f} CPU s; the same passes in dce {core.of_passes:.2f}, "
          f"{core.of_passes / bare:.2f} times", end="\n\n")  # fmt: skip


def repeated() -> None:
    """Print issue 5's (d): 125,000 respondents who answer 8 of 96 distinct tasks."""
    rng = np.random.default_rng(1)
    G, J, K = 125_000, 2, 8
    design = rng.integers(0, 4, size=(96, J, K)).astype(float)
    which = (rng.integers(0, 12, G)[:, None] * 8 + np.arange(8)).ravel()
    utility = (design @ np.linspace(-0.5, 0.5, K))[which] + rng.gumbel(size=(G * 8, J))
    X = design[which].reshape(-1, K)
    names = [f"x{k}" for k in range(K)]
    frame = pd.DataFrame({name: np.ascontiguousarray(X[:, k]) for k, name in enumerate(names)}).assign(
        respondent=np.repeat(np.arange(G), 8 * J),
        task=np.tile(np.repeat(np.arange(8), J), G),
        alternative=np.tile(["a", "b"], G * 8),
        chosen=(utility.argmax(axis=1)[:, None] == np.arange(J)).ravel().astype(int),
    )
    problem = Problem("125,000 x 8 tasks", frame, " + ".join(names), None, lambda f: f[names].to_numpy())
    choices = read(problem)
    print("125,000 respondents x 8 tasks x 2 alternatives from 96 distinct tasks, 8 coefficients")
    print(core_only(choices, problem.formula), end="\n\n")


def dce_seconds(problem: Problem) -> float:
    """Return the CPU seconds of the faster of two fits."""
    return min(timed(lambda: by_dce(problem)) for _ in range(2))


def by_dce(problem: Problem) -> Estimates:
    """Read and check the frame, code it, fit, with errors clustered by respondent."""
    fit = fit_mnl(read(problem), problem.formula)
    return fit.log_likelihood, fit.coefficients.to_numpy()


def read(problem: Problem) -> Choices:
    """Take the answers from the frame."""
    return read_long(
        problem.frame,
        task="task",
        alternative="alternative",
        chosen="chosen",
        respondent="respondent",
        study=problem.study,
    )


def by_xlogit(problem: Problem, **options: bool) -> Estimates:
    """Make the matrix by hand and fit; the rows are in the order that xlogit needs already."""
    frame = problem.frame
    X = problem.columns(frame)
    model = MultinomialLogit()
    model.fit(
        X=X,
        y=frame["chosen"],
        varnames=[f"b{k}" for k in range(X.shape[1])],
        alts=frame["alternative"],
        # Without clusters, a task is known by its respondent and its number.
        ids=frame["respondent"] * (frame["task"].max() + 1) + frame["task"],
        verbose=0,
        **options,
    )
    assert model.convergence, model.estimation_message
    return model.loglikelihood, model.coeff_


def timed(tool: Callable[[], object]) -> float:
    """Return the CPU seconds that a call takes."""
    gc.collect()
    begun = process_time()
    tool()
    return process_time() - begun


def peak_memory(tool: Callable[[], Estimates]) -> float:
    """Return the peak of what a call allocates, in MB; the frame itself is not part of it."""
    gc.collect()
    tracemalloc.start()
    tool()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


if __name__ == "__main__":
    main()
