"""What if: every question that the scenarios of a fit answer, on simulated answers to the reference study.

Run it anywhere: python examples/04_what_if.py
"""

from pathlib import Path

import dce

FOLDER = Path(__file__).parents[1] / "designs" / "physiotherapy"
PATH = FOLDER / "scenarios.toml"
NEAR = "1: physiotherapist near, support worker far"
FAR = "2: physiotherapist far, support worker near"
THIRD = "3: support worker sooner, nearer and more often"


def main() -> None:
    """Print one table per question."""
    choices = dce.simulate_choices(dce.Design.read(FOLDER), respondents=382, seed=1)
    fit = dce.fit_mnl(choices)

    print("Who would choose what?")
    print(dce.scenarios(fit, PATH), end="\n\n")

    print("What does exchanging the distances change?")
    print(dce.scenario_differences(fit, PATH, base=NEAR), end="\n\n")

    print("What would better services do for the support worker in the third scenario?")
    changes = {"Service 2": {"continuity": "different clinician", "wait": 2, "distance": 2}}
    print(dce.scenario_changes(fit, PATH, changes, scenario=THIRD), end="\n\n")

    print("And a wait of 2 to 8 weeks?")
    print(dce.sweep(fit, PATH, wait=range(2, 9), service="Service 2", scenario=THIRD), end="\n\n")

    print("How near must the support worker be for half to choose this service?")
    print(dce.threshold(fit, PATH, "Service 2", "distance", share=0.5, scenario=THIRD), end="\n\n")

    print("How strongly do people respond to distance?")
    print(dce.elasticities(fit, "distance", PATH, scenario=THIRD), end="\n\n")

    print("What is it worth to them that the distances are exchanged, in weeks of waiting?")
    print(dce.compensating_variation(fit, FAR, NEAR, per="wait", scenarios=PATH), end="\n\n")

    print("Today 70% see a physiotherapist. What if the support worker were 2 miles away?")
    today = {
        "physiotherapist": {
            "alternative": "service 1", "clinician": "physiotherapist", "wait": 6, "distance": 4,
            "continuity": "same clinician", "sessions": 4, "mode": "one-to-one", "parking": "limited",
        },
        "support worker": {
            "alternative": "service 2", "clinician": "support worker", "wait": 4, "distance": 8,
            "continuity": "same clinician", "sessions": 4, "mode": "one-to-one", "parking": "limited",
        },
    }  # fmt: skip
    calibrated = dce.calibrate(fit, {"physiotherapist": 0.7}, today)
    print(dce.scenario_changes(calibrated, today, {"support worker": {"distance": 2}}))


if __name__ == "__main__":
    main()
