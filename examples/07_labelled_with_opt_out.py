"""Labelled alternatives, each with attributes of its own, and the choice of none.

Staff choose between peer support, something that the employer holds, an external service, or no support.
Every label has a constant, and a wait has an effect for each.

Run it anywhere: python examples/07_labelled_with_opt_out.py
"""

from pathlib import Path

import dce

FOLDER = Path(__file__).parents[1] / "designs" / "staff-support"


def main() -> None:
    """Fit, test whether a wait weighs alike for all, and ask who would use no support."""
    choices = dce.simulate_choices(dce.Design.read(FOLDER), respondents=300, seed=2)
    print(choices)  # how often each label was chosen, the opt-out among them

    fit = dce.fit_mnl(choices)
    print(fit)

    print("Does a wait weigh alike for peers and for the employer?")
    waits = [name for name in fit.coefficients.index if name.startswith("wait:")]
    print(dce.wald(fit, f"{waits[0]} = {waits[1]}"), end="\n\n")

    print("What is a day of waiting for peer support worth?")
    print(dce.marginal_rates(fit, per=waits[0]), end="\n\n")

    print("How many would use no support, now and in other cases?")
    print(dce.scenarios(fit, FOLDER / "scenarios.toml"))


if __name__ == "__main__":
    main()
