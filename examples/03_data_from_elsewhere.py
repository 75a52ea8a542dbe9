"""Answers that were not collected with dce: where women in Kenya prefer to give birth.

Oluoch-Aridi et al. (2020), BMJ Open 10:e038865: 466 women, 16 tasks, two facilities or neither. The
data are not part of this project; the script looks for them beside it, in ../shared/reference/data,
or in the folder given as argument.

Run: python examples/03_data_from_elsewhere.py [FOLDER]
"""

import sys
from pathlib import Path

import pandas as pd

import dce


def main() -> None:
    beside = Path(__file__).parents[2] / "shared/reference/data"
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else beside
    if not (data / "kenya.csv").exists():
        print(f"Skipped: there is no {data / 'kenya.csv'}.")
        return
    choices = dce.read_long(
        pd.read_csv(data / "kenya.csv"),
        task="chid",
        alternative="alt",
        chosen="y",
        respondent="respondent_id",
        source="kenya.csv",
    )
    print(choices)
    fit = dce.fit_mnl(
        choices,
        "attitudekindsupportive + medicalequipmentdrugsavail + goodqualityclinicalservices"
        " + distancetofacilityshort + referralservicesavailable + cost + asc_optout",
    )
    print(fit)
    print(dce.marginal_rates(fit, per="distancetofacilityshort", convention="ratio"))


if __name__ == "__main__":
    main()
