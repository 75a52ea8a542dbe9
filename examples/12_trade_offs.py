"""What an attribute is worth, with intervals by four methods.

The delta method is the common one, and symmetric. A ratio is not: where the reference attribute is known
less well, its upper end is farther away. Fieller's intervals and Krinsky and Robb's draws show that, and
so does the bootstrap, which draws respondents instead of coefficients.

Run it anywhere: python examples/12_trade_offs.py
"""

from pathlib import Path

import pandas as pd

import dce

DESIGN = dce.Design.read(Path(__file__).parents[1] / "designs" / "physiotherapy")


def main() -> None:
    """Print weeks of waiting by method, and what else can be said with the same coefficients."""
    choices = dce.simulate_choices(DESIGN, respondents=200, seed=3)
    fit = dce.fit_mnl(choices)
    print(dce.marginal_rates(fit, per="wait"), end="\n\n")

    methods = {
        "delta": dce.marginal_rates(fit, per="wait", method="delta"),
        "Fieller": dce.marginal_rates(fit, per="wait", method="fieller"),
        "Krinsky-Robb": dce.marginal_rates(fit, per="wait", method="krinsky-robb", seed=1),
        "bootstrap": dce.marginal_rates(resampled(fit), per="wait", method="bootstrap"),
    }
    row = "clinician[support worker]"
    ends = {name: rates.frame.loc[row, ["rate", "low", "high"]] for name, rates in methods.items()}
    print("Weeks that people would wait longer to see a physiotherapist, by method:")
    print(pd.DataFrame(ends).T.astype(float).round(2), end="\n\n")

    print("The same per mile:")
    print(dce.marginal_rates(fit, per="distance"), end="\n\n")

    print("How much each attribute matters beside the others:")
    print(dce.importance(fit), end="\n\n")

    print("Up to which distance would they go to see the same clinician each time?")
    print(dce.maximum_acceptable(fit, "distance", change={"continuity": "same clinician"}))


def resampled(fit: dce.Fit) -> dce.Fit:
    """Draw respondents again and again, instead of a formula for the errors."""
    return fit.with_covariance("bootstrap", replicates=200, seed=1)


if __name__ == "__main__":
    main()
