"""Compare designs of the physiotherapy study from dce and from the package choicedesign.

16 tasks x 2 alternatives, K = 9, level-balanced. choicedesign needs pandas 1.5, so it has to live
in a virtual environment of its own; name its Python, or it is skipped. Version 0.1.6 needs two
repairs, made below, to search for this design at all:

    python benchmarks/design.py --choicedesign-python PEERS/bin/python --seconds 60

All D-errors are computed here from the levels of the tasks, by code that shares nothing with either
package.
"""

import argparse
import json
import subprocess
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
import pandas as pd

from dce import Study, Table, make_design
from dce.design.make import STARTS

STUDY = Path(__file__).parents[1] / "designs" / "physiotherapy"
TASKS, J = 16, 2

# Written out by hand, so that a mistake in dce's coding would show. Categories are numbered from 0,
# the reference; their priors follow in that order.
LEVELS = {
    "clinician": ["physiotherapist", "support worker"],
    "wait": [2, 4, 6, 8],
    "continuity": ["same clinician", "different clinician"],
    "sessions": [2, 4, 6, 8],
    "mode": ["one-to-one", "one-to-one with equipment", "exercise class"],
    "distance": [2, 4, 8, 16],
    "parking": ["ample", "limited"],
}
CONSTANT = 0.0195
PRIORS = {
    "clinician": [-0.4455],
    "wait": -0.0615,
    "continuity": [-0.7865],
    "sessions": 0.0295,
    "mode": [0.0215, -0.4655],
    "distance": -0.07586,
    "parking": [-0.2328],
}

CHOICEDESIGN = """
import json, sys
from importlib.metadata import version
from time import time

import choicedesign.design
from biogeme.expressions import Beta, Variable
from biogeme.models import loglogit
from choicedesign.design import EffDesign

job = json.load(sys.stdin)
alternatives = ["s1", "s2"]
sizes = {name: len(levels) for name, levels in job["levels"].items()}
levels = {
    name: list(range(sizes[name])) if isinstance(job["priors"][name], list) else job["levels"][name]
    for name in sizes
}

def beta(name, prior):
    return Beta(name, prior, None, None, 0)

def utility(alternative):
    terms = []
    for name, prior in job["priors"].items():
        x = Variable(alternative + "_" + name)
        if isinstance(prior, list):
            terms += [beta(f"{name}{n}", b) * (x == n) for n, b in enumerate(prior, 1)]
        else:
            terms.append(beta(name, prior) * x)
    return sum(terms[1:], terms[0])

def negated(V, available, chosen):
    model = loglogit(V, available, chosen)
    plain = model.getValueAndDerivatives

    def derivatives(**options):
        f, g, h, bhhh = plain(**options)
        return f, g, -h, bhhh

    model.getValueAndDerivatives = derivatives
    return model

# Repair 1: choicedesign takes the Hessian of the log-likelihood for the information. Its sign is
# wrong, so with an odd number of coefficients the determinant is negative and every D-error is
# infinite.
choicedesign.design.loglogit = negated

V = {1: utility("s1"), 2: utility("s2") + beta("constant", job["constant"])}
# Repair 2: "fixed": None is the way to fix no rows, but gen_initdesign then sets whole rows to 0,
# which is no level of most attributes. An empty list keeps it from that, and None afterwards lets
# the search move every row.
attributes = [
    {"name": name, "levels": levels[name], "avail": alternatives, "fixed": []} for name in levels
]
search = EffDesign(attributes, alternatives, job["tasks"])
start = search.gen_initdesign(seed=job["seed"])
search.fixed = [None] * len(search.fixed)
begun = time()
design, _, error, iterations, _ = search.optimise(start, V, time_lim=job["seconds"] / 60)
seconds = time() - begun
shown = {
    name: [[int(row[a + "_" + name]) for a in alternatives] for _, row in design.iterrows()]
    for name in levels
}
result = {"version": version("choicedesign"), "biogeme": version("biogeme"), "seconds": seconds,
          "error": float(error), "iterations": int(iterations), "design": shown}
with open(1, "w") as out:
    out.write("\\n" + json.dumps(result))
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--choicedesign-python", help="Python that has choicedesign")
    parser.add_argument("--seconds", type=float, default=60, help="per seed of choicedesign")
    parser.add_argument("--dce-seconds", type=float, default=10, help="per seed of dce")
    parser.add_argument("--seeds", type=int, nargs="+", default=[2024, 1, 2])
    options = parser.parse_args()
    rows, used = [], [f"dce {version('dce')}", f"numpy {np.__version__}"]
    for seed in options.seeds:
        rows += [by_dce(seed), by_dce(seed, options.dce_seconds)]
    for seed in options.seeds if options.choicedesign_python else []:
        row = by_choicedesign(options.choicedesign_python, seed, options.seconds)
        if isinstance(row, str):
            print(row, end="\n\n")
            break
        used = [*used[:2], row.pop("versions")]
        rows.append(row)
    if not options.choicedesign_python:
        print("choicedesign: skipped; name a Python that has it with --choicedesign-python.\n")
    title = f"Physiotherapy study: {TASKS} tasks x {J} alternatives, level-balanced"
    formats = {"seconds": ".1f", "D-error": ".6f", "own - here": ".0e"}
    notes = (
        f"{', '.join(used)}. Effort: starts of dce, swaps tried by choicedesign.",
        "D-error: at the prior means, all 9 coefficients, one respondent who answers all tasks, "
        "computed by the benchmark; own - here: the tool's own number less that.",
    )
    print(Table(title, pd.DataFrame(rows).set_index("tool"), formats, notes))


def by_dce(seed: int, seconds: float | None = None) -> dict[str, object]:
    """Make a design with the default starts, or search for some seconds."""
    done = 0

    def progress(starts: int, _of: int, _best: float) -> None:
        nonlocal done
        done = starts
        if seconds is not None and perf_counter() - begun > seconds:
            raise KeyboardInterrupt  # as Ctrl-C would: make_design keeps the best so far

    begun = perf_counter()
    study = Study.read(STUDY)
    starts = STARTS if seconds is None else 10_000
    design = make_design(study, seed=seed, level_balance=True, starts=starts, progress=progress)
    taken = perf_counter() - begun
    frame = design.frame.sort_values(["task", "alternative"])
    shown = {name: frame[name].to_numpy().reshape(TASKS, J) for name in LEVELS}
    here = d_error(coded(shown))
    assert abs(design.d_error - here) < 1e-12, (design.d_error, here)
    tool = "dce, default" if seconds is None else f"dce, {seconds:g} s"
    return row_of(tool, seed, taken, done, here, design.d_error)


def by_choicedesign(python: str, seed: int, seconds: float) -> dict[str, object] | str:
    """Let choicedesign search; return a line that says why where it cannot."""
    job = {"levels": LEVELS, "priors": PRIORS, "constant": CONSTANT, "tasks": TASKS}
    job |= {"seed": seed, "seconds": seconds}
    try:
        done = subprocess.run(
            [python, "-c", CHOICEDESIGN],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            check=True,
        )
    except OSError as error:
        return f"choicedesign: skipped; {error}."
    except subprocess.CalledProcessError as error:
        return f"choicedesign: skipped; {error.stderr.strip().splitlines()[-1]}"
    result = json.loads(done.stdout.splitlines()[-1])
    shown = {}
    for name, values in result["design"].items():
        categories = isinstance(PRIORS[name], list)
        shown[name] = np.array(LEVELS[name], dtype=object)[values] if categories else values
    row = row_of(
        f"choicedesign, {seconds:g} s",
        seed,
        result["seconds"],
        result["iterations"],
        d_error(coded({name: np.array(values) for name, values in shown.items()})),
        result["error"],
    )
    versions = f"choicedesign {result['version']} with biogeme {result['biogeme']}"
    return row | {"versions": versions}


def row_of(
    tool: str,
    seed: int,
    seconds: float,
    effort: int,
    here: float,
    own: float,
) -> dict[str, object]:
    """Return a row of the table."""
    return {
        "tool": tool,
        "seed": str(seed),
        "seconds": seconds,
        "effort": effort,
        "D-error": here,
        "own - here": own - here,
    }


def coded(shown: dict[str, np.ndarray]) -> np.ndarray:
    """Return X, shape (S, J, K), of the levels shown, each (S, J); check their balance."""
    columns = [np.tile([0.0, 1.0], (TASKS, 1))]
    for name, values in shown.items():
        counts = np.array([[(values[:, j] == x).sum() for x in LEVELS[name]] for j in range(J)])
        assert (counts.sum(axis=1) == TASKS).all(), f"{name}: unknown levels"
        assert np.ptp(counts, axis=1).max() <= 1, f"{name}: not balanced"
        if isinstance(PRIORS[name], list):
            columns += [(values == level).astype(float) for level in LEVELS[name][1:]]
        else:
            columns.append(values.astype(float))
    return np.stack(columns, axis=-1)


def d_error(X: np.ndarray) -> float:
    """Return det(information)^(-1/K) at the priors, the information being that of all tasks."""
    beta = np.concatenate([[CONSTANT], *(np.atleast_1d(prior) for prior in PRIORS.values())])
    total = np.zeros((len(beta), len(beta)))
    for x in X:
        p = np.exp(x @ beta) / np.exp(x @ beta).sum()
        total += x.T @ (np.diag(p) - np.outer(p, p)) @ x
    return float(np.linalg.det(total) ** (-1 / len(beta)))


if __name__ == "__main__":
    main()
