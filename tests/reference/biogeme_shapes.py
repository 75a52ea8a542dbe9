"""Makes biogeme_shapes.json, the numbers of biogeme for data sets of shapes.json.

Run it in an environment of its own, because biogeme brings jax and an older pandas (about 10 minutes):

    python -m venv /tmp/biogeme && /tmp/biogeme/bin/pip install biogeme==3.3.2 tomlkit==0.13.3
    /tmp/biogeme/bin/python biogeme_shapes.py

biogeme 3.3.2 cannot write its own settings with tomlkit 0.15.
Robust errors are per task, without a factor; those of the panel per respondent, without a factor. Weights
are part of the log-likelihood: the formula "weight" of biogeme 3.3.2 is not in its sum of outer products.
"""

import json
import os
import tempfile
from importlib.metadata import version
from pathlib import Path

import biogeme.biogeme as bio
import numpy as np
import pandas as pd
from biogeme.database import Database
from biogeme.expressions import Beta, PanelLikelihoodTrajectory, Variable, exp, log
from biogeme.models import loglogit

HERE = Path(__file__).parent
SHARED = HERE.parents[2] / "shared" / "reference" / "data"
WITHOUT = {
    "modechoice": "R's package AER holds the data",
    "units": "biogeme 3.3.2 does not converge on columns of 1e6 and 1e-6",
}
STOP = {"tolerance": 1e-13, "max_iterations": 200, "optimization_algorithm": "scipy"}


def wide(described: dict) -> tuple[pd.DataFrame, int]:
    """One row per task: x_1_price, available_1, chosen, weight, respondent."""
    place = SHARED / described["shared"] if "shared" in described else HERE / described["file"]
    frame = pd.read_csv(place)
    task = pd.factorize(frame[described["task"]])[0]
    place = frame.groupby(task).cumcount() + 1
    T, J = task.max() + 1, place.max()
    columns = {}
    there = frame[described["available"]] if "available" in described else 1
    for name, values in {"available": there, **{x: frame[x] for x in described["x"]}}.items():
        arranged = np.zeros((T, J))
        arranged[task, place - 1] = values
        columns |= {f"{name}_{j}": arranged[:, j - 1] for j in range(1, J + 1)}
    chosen = frame[described["chosen"]].to_numpy() == 1
    columns["chosen"] = np.zeros(T)
    columns["chosen"][task[chosen]] = place[chosen]
    for role in ("weight", "respondent"):
        values = frame[described[role]] if role in described else pd.Series(1, index=frame.index)
        columns[role] = np.ones(T)
        columns[role][task] = values if role == "weight" else pd.factorize(values)[0]
    return pd.DataFrame(columns), J


def fitted(described: dict, panel: bool):
    frame, J = wide(described)
    database = Database("set", frame)
    betas = {x: Beta(x, 0, None, None, 0) for x in described["x"]}
    V = {j: sum(b * Variable(f"{x}_{j}") for x, b in betas.items()) for j in range(1, J + 1)}
    available = {j: Variable(f"available_{j}") for j in V}
    answer = Variable("weight") * loglogit(V, available, Variable("chosen"))
    if panel:
        database.panel("respondent")
        answer = log(PanelLikelihoodTrajectory(exp(answer)))
    quiet = {"generate_html": False, "generate_yaml": False, "save_iterations": False}
    quiet |= {"generate_netcdf": False, "number_of_threads": 2}
    model = bio.BIOGEME(database, answer, **quiet, **STOP)
    model.model_name = "set"
    return model.estimate()


def numbers(described: dict) -> dict:
    names = described["x"]
    flat = fitted(described, panel=False)
    found = {
        "log_likelihood": flat.final_loglikelihood,
        "coefficients": [flat.get_parameter_value(x) for x in names],
        "classical": in_order(flat, flat.rao_cramer_variance_covariance_matrix, names),
        "robust": in_order(flat, flat.robust_variance_covariance_matrix, names),
    }
    if "respondent" in described:
        panel = fitted(described, panel=True)
        found["clustered"] = in_order(panel, panel.robust_variance_covariance_matrix, names)
    return found


def in_order(result, V: np.ndarray, names: list[str]) -> list[float]:
    """Standard errors in our order of coefficients."""
    where = [result.get_parameter_index(x) for x in names]
    return np.sqrt(np.diag(V))[where].tolist()


if __name__ == "__main__":
    sets = json.loads((HERE / "shapes.json").read_text())
    results = {package: version(package) for package in ("biogeme", "jax")}
    os.chdir(tempfile.mkdtemp())
    for name, described in sets.items():
        if name not in WITHOUT:
            results[name] = numbers(described)
            print(name, results[name], flush=True)
    (HERE / "biogeme_shapes.json").write_text(json.dumps(results, indent=1) + "\n")
