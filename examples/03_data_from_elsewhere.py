"""A published study, analysed again from its data: where women in Kenya prefer to give birth.

Oluoch-Aridi et al. (2020), BMJ Open 10:e038865: 466 women, 16 tasks, two facilities or neither. The
data are not part of this project; the script looks for them beside it, in ../shared/reference/data,
or in the folder given as argument.

The paper's coefficients come out to about two decimals: 14 women of the stored file have rows of another
block's tasks, and the authors may have treated them otherwise.

Run: python examples/03_data_from_elsewhere.py [FOLDER]
"""

import sys
from pathlib import Path

import pandas as pd

import dce

PAPER = {
    "attitudekindsupportive": 1.184,
    "medicalequipmentdrugsavail": 1.073,
    "goodqualityclinicalservices": 0.826,
    "distancetofacilityshort": 0.457,
    "referralservicesavailable": 0.266,
}
"""Coefficients of its Table 4."""


def main() -> None:
    beside = Path(__file__).parents[2] / "shared/reference/data"
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else beside
    if not (data / "kenya.csv").exists():
        print(f"Skipped: there is no {data / 'kenya.csv'}.")
        return
    frame = pd.read_csv(data / "kenya.csv")
    choices = dce.read_long(
        frame.assign(cost=frame["cost"] / 1000),  # in thousands of shillings, so that effects can be read
        task="chid",
        alternative="alt",
        chosen="y",
        respondent="respondent_id",
        source="kenya.csv",
    )
    print(choices)
    fit = dce.fit_mnl(choices, " + ".join([*PAPER, "cost", "asc_optout"]))
    print(fit, end="\n\n")
    print("Beside the paper:")
    print(pd.DataFrame({"here": fit.coefficients[list(PAPER)], "paper": PAPER}).round(3), end="\n\n")

    # How much each matters beside a short distance. The sign of cost is that of a gain, so that nothing
    # can be expressed in money.
    print(dce.marginal_rates(fit, per="distancetofacilityshort", convention="ratio"), end="\n\n")

    # Standard errors for answers of one woman that are alike are up to 1.7 times those without.
    errors = {kind: fit.with_covariance(kind).standard_errors for kind in ("classical", "clustered", "CR2")}
    print(pd.DataFrame(errors).round(4), end="\n\n")

    print("What if one facility were kind and far, and the other near and not?")
    nothing = dict.fromkeys(fit.coefficients.index, 0)
    services = {
        "kind, far": nothing | {"cost": 5, "attitudekindsupportive": 1},
        "near": nothing | {"cost": 5, "distancetofacilityshort": 1},
        "neither": nothing | {"asc_optout": 1},
    }
    print(dce.scenarios(fit, {"Two facilities": services}))


if __name__ == "__main__":
    main()
