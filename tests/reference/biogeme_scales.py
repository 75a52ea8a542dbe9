"""Makes biogeme_scales.json: scales of three groups of respondents in the tasks of shape_ragged.csv that have
2 to 5 alternatives, with weights, by biogeme. Run it in the environment that biogeme_shapes.py describes
(about two minutes):

    /tmp/biogeme/bin/python biogeme_scales.py

Groups are the respondent's number modulo 3; the scale of the first is one.
"""

import json
import os
import tempfile
from importlib.metadata import version

import biogeme.biogeme as bio
from biogeme.database import Database
from biogeme.expressions import Beta, PanelLikelihoodTrajectory, Variable, exp, log
from biogeme.models import loglogit
from biogeme_shapes import HERE, STOP, in_order, wide

X = ["price", "quality", "green"]
NAMES = [*X, "log scale[1]", "log scale[2]"]


def fitted(panel: bool):
    frame, _ = wide(json.loads((HERE / "shapes.json").read_text())["ragged"])
    J = 5
    frame = frame[frame.filter(like="available_").sum(axis=1) <= J].reset_index(drop=True)
    for group in (1, 2):
        frame[f"group_{group}"] = (frame["respondent"] % 3 == group).astype(float)
    database = Database("scales", frame)
    betas = {name: Beta(name, 0, None, None, 0) for name in NAMES}

    def scale():  # anew for each alternative: biogeme 3.3.2 cannot share an expression in a panel
        return exp(sum(betas[f"log scale[{g}]"] * Variable(f"group_{g}") for g in (1, 2)))

    V = {j: scale() * sum(betas[x] * Variable(f"{x}_{j}") for x in X) for j in range(1, J + 1)}
    available = {j: Variable(f"available_{j}") for j in V}
    answer = Variable("weight") * loglogit(V, available, Variable("chosen"))
    if panel:
        database.panel("respondent")
        answer = log(PanelLikelihoodTrajectory(exp(answer)))
    quiet = {"generate_html": False, "generate_yaml": False, "save_iterations": False}
    quiet |= {"generate_netcdf": False, "number_of_threads": 2}
    model = bio.BIOGEME(database, answer, **quiet, **STOP)
    model.model_name = "scales"
    return model.estimate()


if __name__ == "__main__":
    os.chdir(tempfile.mkdtemp())
    flat, panel = fitted(panel=False), fitted(panel=True)
    found = {
        "biogeme": version("biogeme"),
        "jax": version("jax"),
        "names": NAMES,
        "log_likelihood": flat.final_loglikelihood,
        "coefficients": [flat.get_parameter_value(name) for name in NAMES],
        "classical": in_order(flat, flat.rao_cramer_variance_covariance_matrix, NAMES),
        "robust": in_order(flat, flat.robust_variance_covariance_matrix, NAMES),
        "clustered": in_order(panel, panel.robust_variance_covariance_matrix, NAMES),
    }
    (HERE / "biogeme_scales.json").write_text(json.dumps(found, indent=1) + "\n")
