"""Designs of dce and of other packages, side by side, for the problems of benchmarks/problems.py.

    python benchmarks/design.py
    python benchmarks/design.py seven-free hz-3^4-15-2-k1 --seeds 1 2 3
    python benchmarks/design.py --choicedesign-python PEERS/bin/python --r-library PEERS/rlib

dce runs as its command does, ``dce design FOLDER --seconds ...``, from a cold start in a process of its
own: its seconds are wall-clock and include starting Python, reading the study, and printing. (Saved draws
cannot stand in a study file; there a cold Python calls make_design.) The other packages' seconds are
those of the search alone, so beside each of them dce searches for a tenth of its time, timed likewise.

Every D-error is computed from the levels shown, by code that shares nothing with any of the packages.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd
from peers import Run, Skipped, by_choicedesign, by_idefix
from problems import PROBLEMS, Problem, d_error, random_balanced

from dce import Table, make_design

DEFAULT = (
    "seven-free",
    "seven-balanced",
    *(name for name in PROBLEMS if name.startswith("hz-")),
    "idefix-3^3",
    "cbctools-apple",
)
SAME = 1e-9
"""Largest relative difference between a tool's own D-error and the benchmark's."""
SHORTEST = 0.1
"""Seconds that a search is given at least."""
OVERRUN = 0.1
"""Share of a tenth of a peer's time by which dce may end later than it was told to."""
RANDOM = 100
"""Random level-balanced designs to compare with, where a problem asks for them."""


@dataclass(frozen=True)
class Row:
    """A line of the table: a run, and what was asked of it."""

    run: Run
    seed: int
    d_error: float
    within: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> str:
        """Whether the run did what was asked, in time; empty if nothing was."""
        if self.at_most is None or self.within is None:
            return ""
        if self.d_error > self.at_most:
            return "missed"
        return "late" if self.run.seconds > self.within else "met"


def main() -> None:
    """Print a table for every problem."""
    options = parsed()
    if options.make:
        make(options.make[0], float(options.make[1]), int(options.make[2]), Path(options.make[3]))
        return
    if options.list:
        for problem in PROBLEMS.values():
            print(f"{problem.name:24}{problem.title}")
        return
    os.environ["R_LIBS"] = options.r_library or os.environ.get("R_LIBS", "")
    said: set[str] = set()
    missed = 0
    for name in options.problems:
        problem = PROBLEMS[name]
        rows = []
        for row in rows_of(problem, options):
            if isinstance(row, Row):
                rows.append(row)
            elif row not in said:
                said.add(row)
                print(f"{row}.", end="\n\n")
        print(table(problem, rows), end="\n\n", flush=True)
        missed += sum(row.verdict in ("late", "missed") for row in rows)
    print(f"{missed} of dce's runs missed what was asked." if missed else "dce met all that was asked.")


def parsed() -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("problems", nargs="*", default=DEFAULT, help="names; see --list")
    parser.add_argument("--list", action="store_true", help="name all problems")
    parser.add_argument("--seconds", type=float, nargs="+", help="for dce; default: what a problem asks")
    parser.add_argument("--start-up", type=float, default=2.0, help="seconds of these left for other work")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--choicedesign-python", help="Python that has choicedesign 0.1.6")
    parser.add_argument("--choicedesign-seconds", type=float, default=60)
    parser.add_argument("--rscript", default="Rscript", help="Rscript, where idefix may be installed")
    parser.add_argument("--r-library", help="folder of R packages that has idefix")
    parser.add_argument("--idefix-starts", type=int, default=12, help="of its CEA; Modfed takes one")
    parser.add_argument("--make", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = [name for name in options.problems if name not in PROBLEMS]
    if unknown:
        parser.error(f"unknown problem {unknown[0]!r}; --list names them all")
    return options


def rows_of(problem: Problem, options: argparse.Namespace) -> Iterator[Row | str]:
    """Run every tool on a problem; what a tool cannot do comes as a line that says so."""
    for seed in options.seeds:
        for seconds in options.seconds or problem.at_most or problem.seconds:
            run = by_dce(problem, seconds, options.start_up, seed)
            yield row_of(problem, run, seed, seconds, problem.at_most.get(seconds))
    peers = [
        partial(by_idefix, problem, options.rscript, "CEA", options.idefix_starts),
        partial(by_idefix, problem, options.rscript, "Modfed", 1),
    ]
    if options.choicedesign_python:
        python, seconds = options.choicedesign_python, options.choicedesign_seconds
        peers.append(partial(by_choicedesign, problem, python, seconds))
    else:
        yield "choicedesign: skipped; name a Python that has it with --choicedesign-python"
    for seed in options.seeds:
        for peer in peers:
            try:
                run = peer(seed)
            except Skipped as reason:
                yield str(reason)
                continue
            row = row_of(problem, run, seed)
            yield row
            tenth = in_a_fresh_python(
                problem, max(run.seconds / 10, SHORTEST), seed, "dce, a tenth of that", search=True
            )
            within = max(run.seconds / 10, SHORTEST) * (1 + OVERRUN)
            yield row_of(problem, tenth, seed, within, row.d_error * (1 + SAME))
    if problem.random:
        yield from random_rows(problem)


def row_of(
    problem: Problem, run: Run, seed: int, within: float | None = None, at_most: float | None = None
) -> Row:
    """Return the row of a run, its D-error computed anew and compared with the tool's own."""
    here = problem.d_error(run.shown)
    if abs(run.own / here - 1) > SAME:
        raise AssertionError(f"{problem.name}, {run.tool}: says {run.own}, the benchmark {here}")
    return Row(run, seed, here, within, at_most)


def by_dce(problem: Problem, seconds: float, start_up: float, seed: int) -> Run:
    """Make a design from a cold start of the command, all in so many seconds."""
    search = max(seconds - start_up, 0.1)
    tool = f"dce, {seconds:g} s"
    if problem.draws is not None:
        return in_a_fresh_python(problem, search, seed, tool)
    study = problem.study()
    with tempfile.TemporaryDirectory() as folder:
        study.write(Path(folder) / "study.toml")
        out = Path(folder) / "design.csv"
        command = [str(Path(sys.executable).with_name("dce")), "design", folder]
        command += ["--seconds", f"{search:g}", "--seed", str(seed), "--out", str(out)]
        wall, cpu = timed(command)
        frame = pd.read_csv(out, keep_default_na=False, na_values=[""], dtype={"alternative": str})
    shown = problem.shown(frame)
    return Run(tool, wall, cpu, shown, problem.d_error(shown), f"dce {version('dce')}")


def in_a_fresh_python(problem: Problem, seconds: float, seed: int, tool: str, *, search: bool = False) -> Run:
    """Let a fresh Python call make_design; time the process, or the search alone."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "design.json"
        command = [sys.executable, __file__, "--make", problem.name, f"{seconds:g}", str(seed), str(out)]
        wall, cpu = timed(command)
        made = json.loads(out.read_text(encoding="utf-8"))
    shown = {name: np.array(values, dtype=object) for name, values in made["shown"].items()}
    taken = (made["seconds"], made["cpu"]) if search else (wall, cpu)
    return Run(tool, *taken, shown, made["d_error"], f"dce {version('dce')}")


def make(name: str, seconds: float, seed: int, out: Path) -> None:
    """Make a design and write the levels that it shows."""
    problem = PROBLEMS[name]
    study, prior = problem.study(), problem.draws_frame()
    begun = perf_counter(), cpu_seconds()
    design = make_design(study, seconds=seconds, seed=seed, prior=prior)
    taken = perf_counter() - begun[0], cpu_seconds() - begun[1]
    shown = problem.shown(design.frame)
    own = design.d_error
    if problem.draws is not None:  # a design's own D-error is that at the means of the draws
        means = d_error(problem.code(shown), problem.draws.mean(axis=0))
        assert abs(own / means - 1) < SAME, (own, means)
        own = problem.d_error(shown)
    levels = {name: values.tolist() for name, values in shown.items()}
    result = {"seconds": taken[0], "cpu": taken[1], "d_error": own, "shown": levels}
    out.write_text(json.dumps(result), encoding="utf-8")


def timed(command: Sequence[str]) -> tuple[float, float]:
    """Run a command; return its wall-clock and CPU seconds, those of its own children included."""
    begun = perf_counter(), cpu_seconds()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return perf_counter() - begun[0], cpu_seconds() - begun[1]


def cpu_seconds() -> float:
    """Return the CPU seconds of this process and its finished children."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def random_rows(problem: Problem) -> Iterator[Row]:
    """Return the best and the median of random level-balanced designs."""
    rng = np.random.default_rng(0)
    begun = perf_counter(), cpu_seconds()
    made = [random_balanced(problem, rng) for _ in range(RANDOM)]
    errors = np.array([problem.d_error(shown) for shown in made])
    taken = perf_counter() - begun[0], cpu_seconds() - begun[1]
    order = errors.argsort()
    for what, at in (("best", order[0]), ("median", order[RANDOM // 2])):
        tool = f"random, {what} of {RANDOM}"
        yield Row(Run(tool, *taken, made[at], errors[at], f"numpy {np.__version__}"), 0, errors[at])


def table(problem: Problem, rows: Sequence[Row]) -> Table:
    """Return the table of a problem."""
    best = min([row.d_error for row in rows] + ([problem.best] if problem.best else []))
    frame = pd.DataFrame(
        {
            "tool": [row.run.tool for row in rows],
            "seed": [str(row.seed) for row in rows],
            "seconds": [row.run.seconds for row in rows],
            "CPU s": [row.run.cpu for row in rows],
            "D-error": [row.d_error for row in rows],
            "over best": [row.d_error / best - 1 for row in rows],
            "at most": [row.at_most for row in rows],
            "": [row.verdict for row in rows],
        }
    ).set_index("tool")
    formats = {"seconds": ".1f", "CPU s": ".1f", "D-error": ".5f", "over best": ".2%", "at most": ".5f"}
    known = {"lowest known": problem.best, "no design is below": problem.bound, **problem.published}
    numbers = "; ".join(f"{what}: {value:.5g}" for what, value in known.items() if value is not None)
    draws = "prior means" if problem.draws is None else f"{len(problem.draws)} saved draws"
    constants = f", {len(problem.constants)} of them constants" if problem.constants else ""
    notes = (
        f"{problem.source}. K = {len(problem.means)}{constants}; {problem.tasks} tasks; {draws}; levels "
        f"{'balanced' if problem.balanced else 'free'}.",
        f"Elsewhere: {numbers}." if numbers else "",
        "; ".join(dict.fromkeys(row.run.version for row in rows)) + ".",
    )
    return Table(problem.title, frame, formats, tuple(note for note in notes if note))


if __name__ == "__main__":
    main()
