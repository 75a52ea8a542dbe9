"""Time fit_mnl against xlogit, from a pandas frame to estimates with standard errors.

Run it as ``python benchmarks/fit.py``. Every run times the tools one after the other, so that
whatever else the machine does falls on all of them; times are medians, ratios medians of the runs'.
"""

import argparse
import gc
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

import numpy as np
import pandas as pd
from xlogit import MultinomialLogit

from dce import Choices, Study, Table, fit_mnl, make_design, read_long, simulate_choices

STUDY = Path(__file__).parents[1] / "designs" / "physiotherapy"
AGREEMENT = 1e-6
"""Largest relative difference of log-likelihoods: xlogit stops when a step gains less than 1e-10 or
promises less than 1e-6, dce at a squared Newton decrement of 1e-12."""

XLOGIT = {
    # Hessian by forward differences of the gradient, K(K+1) evaluations; inverse information.
    "xlogit, defaults": {},
    # The same Hessian in a sandwich of independent tasks; xlogit has none for clusters.
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
    """Print a table for each problem."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=21, help="of the small problem")
    parser.add_argument("--large-runs", type=int, default=3, help="of the large problem")
    options = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("dce", "xlogit", "numpy", "pandas"))
    print(versions, end="\n\n")
    print(compare(reference_study(), options.runs), end="\n\n")
    print(compare(large_sample(), options.large_runs))


def reference_study(respondents: int = 382) -> Problem:
    """Return answers to the physiotherapy study, simulated at its priors: K = 9."""
    study = Study.read(STUDY)
    choices = simulate_choices(make_design(study), respondents=respondents, seed=1)

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
    return Problem(title, choices.frame.drop(columns="block"), None, study, columns)


def large_sample(respondents: int = 20_000) -> Problem:
    """Return simulated answers with 12 continuous attributes."""
    tasks, J, K = 8, 3, 12
    T = respondents * tasks
    rng = np.random.default_rng(1)
    X = rng.normal(size=(T, J, K))
    utility = X @ np.linspace(-0.6, 0.5, K) + rng.gumbel(size=(T, J))
    chosen = utility.argmax(axis=1)[:, None] == np.arange(J)
    names = [f"x{k}" for k in range(1, K + 1)]
    frame = pd.DataFrame(X.reshape(-1, K), columns=names).assign(
        respondent=np.repeat(np.arange(respondents), tasks * J),
        task=np.repeat(np.arange(T), J),
        alternative=np.tile(["a", "b", "c"], T),
        chosen=chosen.ravel().astype(int),
    )
    title = f"{T:,d} tasks x {J} alternatives, {K} continuous attributes"
    return Problem(title, frame, " + ".join(names), None, lambda frame: frame[names].to_numpy())


def compare(problem: Problem, runs: int) -> Table:
    """Time dce and xlogit on a problem, and compare what they find."""
    tools = {"dce": lambda: by_dce(problem)}
    for name, options in XLOGIT.items():
        tools[name] = partial(by_xlogit, problem, **options)
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
        f"Medians of {runs} interleaved runs. Ratio: xlogit's seconds per second of dce. Of dce's "
        f"{median(seconds['dce']):.4f} s, read_long takes {median(seconds['read_long']):.4f} s.",
        f"LL - LL: log-likelihood of dce ({value:.6f}) less that of xlogit. b - b: largest "
        "absolute difference of coefficients. MB: peak of allocations, in a run of its own.",
    )
    return Table(problem.title, pd.DataFrame(rows).T, formats, notes)


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
    """Return the seconds that a call takes."""
    gc.collect()
    begun = perf_counter()
    tool()
    return perf_counter() - begun


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
