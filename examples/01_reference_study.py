"""The reference study in Python: from study.toml to what-if, with simulated answers.

Sarigiovannis et al. (2024), BMC Health Services Research 24:1095, doi 10.1186/s12913-024-11585-w.

Run: python examples/01_reference_study.py
"""

from pathlib import Path

import pandas as pd

import dce

FOLDER = Path(__file__).parents[1] / "designs" / "physiotherapy"


def main() -> None:
    study = dce.Study.read(FOLDER)
    design = dce.Design.read(FOLDER)  # or, in a quarter of a minute: dce.make_design(study)
    print(design)

    for path in dce.export_survey(design, "out/reference-study", to=["html"]):
        print("Wrote", path)

    # Two in three respondents are treated by physiotherapists and mind who treats them; the others
    # do not. In the field this is a question; here it is part of the simulation.
    minds = study.prior_means.to_dict()
    does_not = {**minds, "clinician[support worker]": 0.0}
    groups = {"physiotherapist": (minds, 200), "support worker": (does_not, 100)}
    choices = together(
        {
            name: dce.simulate_choices(design, beta, respondents=n, seed=n)
            for name, (beta, n) in groups.items()
        }
    )
    print(choices)

    print(dce.fit_mnl(choices))
    fits = dce.fit_by(choices, "treated_by")
    print(fits)
    for name in groups:
        print(f"\nTreated by: {name}")
        print(dce.marginal_rates(fits[name], per="wait"))
        print(dce.scenarios(fits[name], FOLDER / "scenarios.toml"))

    # Does the effect of the wait differ for those who do not mind? An interaction tells.
    frame = choices.frame.assign(does_not_mind=choices.frame["treated_by"] == "support worker")
    interaction = dce.fit_mnl(
        dce.Choices(frame, study), f"{study.utility} + clinician:does_not_mind + wait:does_not_mind"
    )
    print(interaction)


def together(groups: dict[str, dce.Choices]) -> dce.Choices:
    """Join the answers of groups, with a column that says which."""
    frames = [
        choices.frame.assign(respondent=name[0] + choices.frame["respondent"].astype(str), treated_by=name)
        for name, choices in groups.items()
    ]
    study = next(iter(groups.values())).study
    return dce.Choices(pd.concat(frames), study, source="two simulations")


if __name__ == "__main__":
    main()
