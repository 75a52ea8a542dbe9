"""Makes biogeme_shapes.json, the numbers of biogeme for data sets of shapes.json.

Run it in an environment of its own, because biogeme brings jax and an older pandas (about 10 minutes):

    python -m venv /tmp/biogeme && /tmp/biogeme/bin/pip install biogeme==3.3.2 tomlkit==0.13.3
    /tmp/biogeme/bin/python biogeme_shapes.py [sets]

biogeme 3.3.2 cannot write its own settings with tomlkit 0.15.
Columns are in units of their standard deviation, and the numbers are turned back: in other units biogeme
stops early (on those of the set "units", 5% below the largest log-likelihood). Robust errors are per task,
without a factor; those of the panel per respondent, without a factor. Weights are part of the
log-likelihood: the formula "weight" of biogeme 3.3.2 is not in its sum of outer products.
"""

import json
import os
import sys
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
WITHOUT = {"modechoice": "R's package AER holds the data"}
PANELS = ("infert", "swissmetro", "nutrition", "designed", "few", "units", "rare")
"""Sets whose likelihood by respondent compiles in a minute or two: of many tasks or alternatives it takes
half an hour."""
STOP = {"tolerance": 1e-13, "max_iterations": 200, "optimization_algorithm": "scipy"}


def wide(described: dict) -> tuple[pd.DataFrame, int, np.ndarray]:
    """One row per task: price_1, available_1, chosen, weight, respondent."""
    place = SHARED / described["shared"] if "shared" in described else HERE / described["file"]
    frame = pd.read_csv(place)
    unit = frame[described["x"]].to_numpy(dtype=np.float64).std(axis=0)
    frame[described["x"]] = frame[described["x"]] / unit
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
    return pd.DataFrame(columns), J, unit


def fitted(described: dict, panel: bool):
    frame, J, _ = wide(described)
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


def numbers(described: dict, panel: bool) -> dict:
    names, unit = described["x"], wide(described)[-1]
    flat = fitted(described, panel=False)
    found = {
        "log_likelihood": flat.final_loglikelihood,
        "coefficients": (np.array([flat.get_parameter_value(x) for x in names]) / unit).tolist(),
        "classical": errors(flat, flat.rao_cramer_variance_covariance_matrix, names, unit),
        "robust": errors(flat, flat.robust_variance_covariance_matrix, names, unit),
    }
    if panel and "respondent" in described:
        of_panel = fitted(described, panel=True)
        found["clustered"] = errors(of_panel, of_panel.robust_variance_covariance_matrix, names, unit)
    return found


def errors(result, V: np.ndarray, names: list[str], unit: np.ndarray) -> list[float]:
    """Standard errors in our order of coefficients, and for the columns as they are."""
    where = [result.get_parameter_index(x) for x in names]
    return (np.sqrt(np.diag(V))[where] / unit).tolist()


def main(names: list[str]) -> None:
    """Put the numbers of these sets, or of all, into the file; one that fails leaves the others there."""
    sets, path = json.loads((HERE / "shapes.json").read_text()), HERE / "biogeme_shapes.json"
    os.chdir(tempfile.mkdtemp())  # where biogeme leaves its settings
    for name in names or [name for name in sets if name not in WITHOUT]:
        stored = json.loads(path.read_text()) if path.exists() else {}
        stored |= {package: version(package) for package in ("biogeme", "jax")}
        stored[name] = numbers(sets[name], name in PANELS)
        path.write_text(json.dumps(stored, indent=1) + "\n")
        print(name, stored[name], flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
