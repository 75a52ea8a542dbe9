"""Other packages that fit a multinomial logit, each run in a process of its own.

None is part of the project. Give each an environment, and name their folder with ``--peers``:

    for each of lcl-choice biogeme larch statsmodels:
        python -m venv PEERS/NAME && PEERS/NAME/bin/pip install NAME

A peer that is not there, or fails, is said in a line instead of a row. Each gets arrays and makes its own
table of them before the clock starts; what is timed is named in ``INCLUDES``.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

START = """
import json, sys
from importlib.metadata import version
from time import process_time
import numpy as np

given = np.load(sys.argv[1])
X, chosen, respondents = given["X"], given["chosen"], given["respondents"]
T, J, K = X.shape
names = [f"x{k}" for k in range(K)]

def report(package, fit):
    times = []
    for _ in range(2):
        begun = process_time()
        value, beta = fit()
        times.append(process_time() - begun)
    print(json.dumps({"version": version(package), "first": times[0], "again": times[1],
                      "value": float(value), "beta": [float(b) for b in beta]}))
"""

LCL = """
import lcl, polars as pl
from lcl import InferenceOptions, Options

frame = pl.DataFrame({name: X[..., k].ravel() for k, name in enumerate(names)} | {
    "alt": np.tile(np.arange(J), T), "case": np.repeat(np.arange(T), J),
    "panel": np.repeat(respondents, J), "choice": (chosen[:, None] == np.arange(J)).ravel()})

def fit():
    found = lcl.ConditionalLogit().fit(
        frame, alts_col="alt", cases_col="case", panels_col="panel", choice_col="choice", case_varnames=names,
        options=Options(inference=InferenceOptions(covariance="clustered")))
    return found.loglikelihood, np.asarray(found.coeff_)

report("lcl-choice", fit)
"""

STATSMODELS = """
from statsmodels.discrete.conditional_models import ConditionalLogit

y, tasks = (chosen[:, None] == np.arange(J)).ravel().astype(int), np.repeat(np.arange(T), J)

def fit():
    found = ConditionalLogit(y, X.reshape(-1, K), groups=tasks).fit(disp=False)
    found.bse
    return found.llf, found.params

report("statsmodels", fit)
"""

BIOGEME = """
import logging, os, tempfile
import pandas as pd
logging.disable(logging.CRITICAL)
os.chdir(tempfile.mkdtemp())
import biogeme.database as db
from biogeme.biogeme import BIOGEME
from biogeme.expressions import Beta, Variable
from biogeme.models import loglogit

columns = {f"{name}_{j}": X[:, j, k] for k, name in enumerate(names) for j in range(J)}
database = db.Database("data", pd.DataFrame(columns | {"chosen": chosen.astype(float)}))
coefficients = [Beta(name, 0, None, None, 0) for name in names]

def fit():
    V = {j: sum((coefficients[k] * Variable(f"{name}_{j}") for k, name in enumerate(names[1:], 1)),
                coefficients[0] * Variable(f"{names[0]}_{j}")) for j in range(J)}
    model = BIOGEME(database, loglogit(V, None, Variable("chosen")),
                    generate_html=False, generate_yaml=False, save_iterations=False)
    model.model_name = "fit"
    found = model.estimate()
    values = found.get_beta_values()
    return found.final_log_likelihood, [values[name] for name in names]

report("biogeme", fit)
"""

LARCH = """
import larch as lx, pandas as pd

index = pd.MultiIndex.from_product([np.arange(T), np.arange(1, J + 1)], names=["case", "alt"])
frame = pd.DataFrame(X.reshape(-1, K), index=index, columns=names)
frame["chosen"] = (chosen[:, None] == np.arange(J)).ravel().astype(float)

def fit():
    model = lx.Model(lx.Dataset.construct.from_idca(frame, crack=False))
    model.utility_ca = sum((lx.P(name) * lx.X(name) for name in names[1:]), lx.P(names[0]) * lx.X(names[0]))
    model.choice_ca_var = "chosen"
    model.availability_ca_var = None
    found = model.maximize_loglike(quiet=True)
    model.calculate_parameter_covariance()
    return found.loglike, [model.pvals[list(model.pnames).index(name)] for name in names]

report("larch", fit)
"""

PEERS = {"lcl-choice": LCL, "biogeme": BIOGEME, "larch": LARCH, "statsmodels": STATSMODELS}
INCLUDES = {
    "lcl-choice": "ConditionalLogit.fit from a polars frame; errors clustered by respondent",
    "biogeme": "building and estimating the model from its Database; classical and robust errors",
    "larch": "dataset from a pandas frame, estimation, classical errors",
    "statsmodels": "ConditionalLogit from arrays; classical errors",
}


@dataclass(frozen=True)
class Run:
    """CPU seconds of the first and the second fit in one process, and what was found."""

    tool: str
    first: float
    again: float
    value: float
    beta: np.ndarray
    version: str


class Skipped(Exception):  # noqa: N818
    """A tool cannot run; the text says why."""


def run_peer(
    name: str, folder: Path, X: np.ndarray, chosen: np.ndarray, respondents: np.ndarray, limit: float
) -> Run:
    """Let a peer fit X (T, J, K) twice, on one thread."""
    python = folder / name / "bin" / "python"
    if not python.exists():
        raise Skipped(f"{name}: skipped; there is no {python}")
    threads = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    with tempfile.TemporaryDirectory() as there:
        path = Path(there) / "data.npz"
        np.savez(path, X=X, chosen=chosen, respondents=respondents)
        try:
            done = subprocess.run(
                [str(python), "-W", "ignore", "-c", START + PEERS[name], str(path)],
                capture_output=True,
                text=True,
                check=True,
                timeout=limit,
                env=os.environ | dict.fromkeys(threads, "1"),
            )
        except subprocess.TimeoutExpired as error:
            raise Skipped(f"{name}: skipped; no answer in {limit:.0f} s") from error
        except subprocess.CalledProcessError as error:
            said = error.stderr.strip().splitlines() or ["no reason given"]
            raise Skipped(f"{name}: skipped; {said[-1][:150]}") from error
    found = json.loads(done.stdout.strip().splitlines()[-1])
    version = f"{name} {found['version']}"
    return Run(name, found["first"], found["again"], found["value"], np.array(found["beta"]), version)
