"""Makes biogeme_elasticities.json from r_clogit_data.csv: aggregate elasticities as biogeme's examples do.

Run it in an environment of its own (see biogeme_shapes.py):

    /tmp/biogeme/bin/python biogeme_elasticities.py

As in biogeme's example "Direct and cross elasticities": Derive(P, x) * x / P of each task, and their mean
weighted by w P (Bierlaire 2017, Calculating indicators with PandasBiogeme, section 3). The coefficients
are fixed numbers, so that estimation plays no part.
"""

import json
from importlib.metadata import version
from pathlib import Path

import biogeme.biogeme as bio
import pandas as pd
from biogeme.database import Database
from biogeme.expressions import Derive, Variable
from biogeme.models import logit

HERE = Path(__file__).parent
COEFFICIENTS = {"equipment": 0.3, "one": 0.6, "wait": -0.25, "distance": -0.05, "old": 0.1}
NAMES = {1: "A", 2: "B", 3: "C"}


def wide() -> pd.DataFrame:
    """One row per task."""
    frame = pd.read_csv(HERE / "r_clogit_data.csv")
    frame["equipment"] = (frame["mode"] == "equipment") * 1.0
    frame["one"] = (frame["mode"] == "one-to-one") * 1.0
    columns = {}
    for j, name in NAMES.items():
        rows = frame[frame["alternative"] == name].reset_index(drop=True)
        columns |= {f"{x}_{j}": rows[x].astype(float) for x in ("equipment", "one", "wait", "distance")}
    return pd.DataFrame({**columns, "age65": rows["age65"] * 1.0, "weight": rows["weight"]})


def utility(j: int):
    b = COEFFICIENTS
    plain = sum(b[x] * Variable(f"{x}_{j}") for x in ("equipment", "one", "wait", "distance"))
    return plain + b["old"] * Variable(f"wait_{j}") * Variable("age65")


frame = wide()
V = {j: utility(j) for j in NAMES}
P = {j: logit(V, None, j) for j in NAMES}
formulas = {f"P_{j}": P[j] for j in NAMES}
for x in ("wait", "distance"):
    for i in NAMES:
        for j in NAMES:
            formulas[f"{x}_{i}_{j}"] = Derive(P[j], f"{x}_{i}") * Variable(f"{x}_{i}") / P[j]
model = bio.BIOGEME(Database("set", frame), formulas, generate_html=False, generate_yaml=False)
found = model.simulate(the_beta_values={})
result = {}
for x in ("wait", "distance"):
    for i, of in NAMES.items():
        for j, name in NAMES.items():
            chosen = frame["weight"] * found[f"P_{j}"]
            result[f"{x} of {of}, {name}"] = float((chosen * found[f"{x}_{i}_{j}"]).sum() / chosen.sum())
out = {"biogeme": version("biogeme"), "coefficients": COEFFICIENTS, "elasticities": result}
(HERE / "biogeme_elasticities.json").write_text(json.dumps(out, indent=1) + "\n")
