"""Other packages that search designs, each run in a process of its own.

Neither is part of the project: name a Python that has choicedesign 0.1.6, an Rscript that has idefix.
What a package cannot do (restrictions, an opt-out, balanced levels) is said in a line instead of a row.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import numpy.typing as npt
from problems import Factor, Problem

Shown = Mapping[str, npt.NDArray[np.object_]]


@dataclass(frozen=True)
class Run:
    """One search by one tool: its time, the levels shown, each (S, J), and the tool's own D-error."""

    tool: str
    seconds: float
    cpu: float
    shown: Shown
    own: float
    version: str


class Skipped(Exception):  # noqa: N818
    """A tool cannot run, or not on this problem; the text says why."""


CHOICEDESIGN = """
import json, sys
from importlib.metadata import version
from time import perf_counter, process_time

import choicedesign.design
from biogeme.expressions import Beta, Variable
from biogeme.models import loglogit
from choicedesign.design import EffDesign

job = json.load(sys.stdin)
alternatives = job["alternatives"]

def beta(name, prior):
    return Beta(name, prior, None, None, 0)

def utility(alternative):
    terms = [beta("constant_" + alternative, b) for a, b in job["constants"].items() if a == alternative]
    for factor in job["factors"]:
        if alternative not in factor["avail"]:
            continue
        x, name = Variable(alternative + "_" + factor["name"]), factor["name"]
        if factor["coding"] == "linear":
            terms.append(beta(name, factor["prior"][0]) * x)
        for n, b in enumerate(factor["prior"]) if factor["coding"] != "linear" else ():
            if factor["coding"] == "dummy":
                terms.append(beta(f"{name}{n}", b) * (x == n + 1))
            else:
                terms.append(beta(f"{name}{n}", b) * ((x == n) - (x == len(factor["prior"]))))
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

V = {n: utility(alternative) for n, alternative in enumerate(alternatives, 1)}
attributes = [
    {"name": f["name"], "levels": f["levels"], "avail": f["avail"], "fixed": None} for f in job["factors"]
]
search = EffDesign(attributes, alternatives, job["tasks"])
# Repair 2: "fixed": None is the way to fix no rows, but gen_initdesign then sets whole rows to 0,
# which is no level of most attributes. An empty list keeps it from that, and None afterwards lets
# the search move every row.
search.fixed = [[]] * len(search.names)
start = search.gen_initdesign(seed=job["seed"])
search.fixed = [None] * len(search.names)
begun = perf_counter(), process_time()
design, _, error, iterations, _ = search.optimise(start, V, time_lim=job["seconds"] / 60)
shown = {
    f["name"]: [
        [float(row[a + "_" + f["name"]]) if a in f["avail"] else None for a in alternatives]
        for _, row in design.iterrows()
    ]
    for f in job["factors"]
}
result = {"version": version("choicedesign"), "biogeme": version("biogeme"), "error": float(error),
          "seconds": perf_counter() - begun[0], "cpu": process_time() - begun[1], "design": shown}
with open(1, "w") as out:
    out.write("\\n" + json.dumps(result))
"""


def by_choicedesign(problem: Problem, python: str, seconds: float, seed: int) -> Run:
    """Let choicedesign 0.1.6 search for some seconds. Its levels are balanced whether asked or not."""
    if problem.draws is not None:
        raise Skipped("choicedesign: skipped; it draws its priors itself, so saved draws cannot be given")
    if problem.opt_out or problem.restrictions or any(factor.each for factor in problem.factors):
        raise Skipped("choicedesign: skipped; this script gives it no opt-out or restriction")
    names = {alternative: f"s{j}" for j, alternative in enumerate(problem.alternatives)}
    factors = [
        {
            "name": f.name,
            "coding": f.coding,
            "prior": f.prior,
            "levels": f.levels if f.coding == "linear" else list(range(len(f.levels))),
            "avail": [names[alternative] for alternative in f.alternatives or problem.alternatives],
        }
        for f in problem.factors
    ]
    job = {"factors": factors, "alternatives": list(names.values()), "tasks": problem.tasks}
    constants = {names[alternative]: mean for alternative, (mean, _) in problem.constants.items()}
    job |= {"constants": constants, "seed": seed, "seconds": seconds}
    result = _run("choicedesign", [python, "-c", CHOICEDESIGN], job)
    return Run(
        f"choicedesign, {seconds:g} s" + ("" if problem.balanced else ", balanced"),
        result["seconds"],
        result["cpu"],
        {f.name: _levels(f, result["design"][f.name]) for f in problem.factors},
        result["error"],
        f"choicedesign {result['version']} with biogeme {result['biogeme']}",
    )


def _levels(factor: Factor, numbers: Sequence[Sequence[float | None]]) -> npt.NDArray[np.object_]:
    """Return the levels that choicedesign numbers from 0, or shows as they are if linear."""
    rows = [
        [x if x is None or factor.coding == "linear" else factor.levels[int(x)] for x in row]
        for row in numbers
    ]
    return np.array(rows, dtype=object)


IDEFIX = """
suppressMessages(library(idefix))
job <- jsonlite::fromJSON(file("stdin"), simplifyVector = TRUE)
set.seed(job$seed)
betas <- matrix(job$betas, ncol = job$K, byrow = TRUE)
cte <- sum(job$alt_cte)
draws <- if (cte > 0) {
  list(betas[, seq_len(cte), drop = FALSE], betas[, -seq_len(cte), drop = FALSE])
} else betas
levels <- if (length(job$continuous)) unname(lapply(job$continuous, as.numeric)) else NULL
alt_cte <- if (cte > 0) job$alt_cte else NULL
begun <- proc.time()
if (job$algorithm == "CEA") {
  found <- CEA(job$sizes, job$coding, levels, job$tasks, job$alternatives, draws, alt_cte,
               parallel = FALSE, n.start = job$starts)
} else {
  found <- Modfed(Profiles(job$sizes, job$coding, levels), job$tasks, job$alternatives, draws, alt_cte,
                  parallel = FALSE, n.start = job$starts)
}
took <- proc.time() - begun
design <- unname(as.matrix(found$design))
cat("\\n", jsonlite::toJSON(list(
  seconds = unname(took[["elapsed"]]), cpu = unname(took[["user.self"]] + took[["sys.self"]]),
  error = found$error, design = design[, (cte + 1):ncol(design)],
  idefix = as.character(packageVersion("idefix")),
  R = paste(R.version$major, R.version$minor, sep = ".")
), auto_unbox = TRUE, digits = NA), "\\n", sep = "")
"""


def by_idefix(problem: Problem, rscript: str, algorithm: str, starts: int, seed: int) -> Run:
    """Let idefix search, by ``"CEA"`` or ``"Modfed"``, from some random starts on one core."""
    if problem.balanced:
        raise Skipped("idefix: skipped; it cannot keep levels balanced")
    if not problem.is_simple:
        raise Skipped("idefix: skipped; it has no restrictions, and its D-error leaves the opt-out out")
    if list(problem.constants) != [a for a in problem.alternatives if a in problem.constants]:
        raise Skipped("idefix: skipped; constants are not in the order of the alternatives")
    coding = {"linear": "C", "dummy": "D", "effects": "E"}
    job = {
        "algorithm": algorithm,
        "starts": starts,
        "seed": seed,
        "tasks": problem.tasks,
        "alternatives": len(problem.alternatives),
        "alt_cte": [int(alternative in problem.constants) for alternative in problem.alternatives],
        "sizes": [len(f.levels) for f in problem.factors],
        "coding": [coding[f.coding] for f in problem.factors],
        "continuous": {f.name: f.levels for f in problem.factors if f.coding == "linear"},
        "betas": problem.betas.ravel().tolist(),
        "K": len(problem.means),
    }
    result = _run("idefix", [rscript, "--vanilla", "-e", IDEFIX], job)
    design = np.array(result["design"], dtype=float).reshape(problem.tasks, len(problem.alternatives), -1)
    shown, at = {}, 0
    for f in problem.factors:
        codes = f.code(np.array([[level] for level in f.levels], dtype=object), 1)[:, 0]
        columns = design[..., at : at + codes.shape[1]]
        at += codes.shape[1]
        match = np.abs(columns[:, :, None] - codes).max(axis=-1) < 1e-9
        assert (match.sum(axis=-1) == 1).all(), f"idefix shows an unknown level of {f.name}"
        shown[f.name] = np.array(f.levels, dtype=object)[match.argmax(axis=-1)]
    versions = f"idefix {result['idefix']} with R {result['R']}"
    tool = f"idefix {algorithm}, {starts} {'start' if starts == 1 else 'starts'}"
    return Run(tool, result["seconds"], result["cpu"], shown, result["error"], versions)


def _run(tool: str, command: Sequence[str], job: Mapping[str, object]) -> dict[str, object]:
    """Run a script that reads a job and ends with a line of JSON, on one thread."""
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    begun = perf_counter()
    try:
        done = subprocess.run(
            command,
            input=json.dumps(job),
            capture_output=True,
            text=True,
            check=True,
            env=os.environ | one_thread,
        )
    except OSError as error:
        raise Skipped(f"{tool}: skipped; {error}") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines() or ["no reason given"]
        reason = next((line for line in said if line.startswith("Error")), said[-1])
        raise Skipped(f"{tool}: skipped after {perf_counter() - begun:.0f} s; {reason}") from error
    return json.loads(done.stdout.strip().splitlines()[-1])
