"""Do groups of respondents want the same? Fits side by side, and the tests that a reviewer asks for.

Run it anywhere: python examples/09_subgroups_and_tests.py
"""

from pathlib import Path

import pandas as pd

import dce

DESIGN = dce.Design.read(Path(__file__).parents[1] / "designs" / "physiotherapy")


def main() -> None:
    """Compare two groups, of whom one does not mind who treats them."""
    choices = two_groups()
    fits = dce.fit_by(choices, "treated_by")
    print(fits, end="\n\n")

    print("Are all coefficients equal? Is only the scale another?")
    print(dce.swait_louviere(choices, "treated_by"), end="\n\n")

    print("Which of them differ? One model for both, with interactions:")
    print(dce.fit_pooled(choices, "treated_by"), end="\n\n")

    print("What would people wait for, and do the groups differ in it?")
    print(dce.rate_differences(fits, per="wait", draws=10_000), end="\n\n")

    print("Left against right, straight lines, and the logit itself, for everybody:")
    for tests in dce.standard_tests(fits.everybody):
        print(tests, end="\n\n")

    print("Does the model predict people that it has not seen?")
    print(dce.cross_validate(choices, folds=5))


def two_groups() -> dce.Choices:
    """Simulate 200 people who mind who treats them, and 150 who do not, as one file."""
    minds = DESIGN.study.prior_means.to_dict()
    does_not = {**minds, "clinician[support worker]": 0.0}
    parts = []
    for name, beta, n in (("physiotherapist", minds, 200), ("support worker", does_not, 150)):
        frame = dce.simulate_choices(DESIGN, beta, respondents=n, seed=n).frame
        ids = name[0] + frame["respondent"].astype(str)
        parts.append(frame.assign(respondent=ids, treated_by=name))
    return dce.Choices(pd.concat(parts, ignore_index=True), DESIGN.study, source="two simulations")


if __name__ == "__main__":
    main()
