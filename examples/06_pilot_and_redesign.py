"""A pilot of forty people, and a design for the main study that uses what they said.

The first design assumes that nothing matters. The second averages its D-error over the pilot's estimates
and their uncertainty, so that no number is taken for truth.

Run it anywhere: python examples/06_pilot_and_redesign.py
"""

from dataclasses import replace

import dce

STUDY = dce.Study(
    title="Where to be vaccinated",
    attributes=[
        dce.Attribute("where", ["practice", "pharmacy", "workplace"], "Where"),
        dce.Attribute("wait", [0, 2, 4, 8], "Wait for an appointment", "weeks"),
        dce.Attribute("distance", [1, 5, 10], "Distance", "miles"),
        dce.Attribute("evening", ["no", "yes"], "Open in the evening"),
    ],
    alternatives=[dce.Alternative("first"), dce.Alternative("second")],
    design=dce.DesignSettings(tasks=12, blocks=2),
)
TRUTH = {
    "where[pharmacy]": 0.3,
    "where[workplace]": -0.4,
    "wait": -0.25,
    "distance": -0.2,
    "evening[yes]": 0.6,
}
"""How people really choose: known here, because answers are simulated."""


def main() -> None:
    """Design, pilot, redesign, and compare the two."""
    nothing = dict.fromkeys(STUDY.coefficients, 0)
    first = dce.make_design(STUDY, prior=nothing, starts=1, rounds=1)
    pilot = dce.fit_mnl(dce.simulate_choices(first, TRUTH, respondents=40, seed=11))
    print(pilot, end="\n\n")

    second = dce.make_design(STUDY, prior=pilot, draws=256, starts=1, rounds=1)

    # Both designs at what people really want, and the error that the main study will have with each.
    known = replace(STUDY, priors=TRUTH)
    d_errors = {}
    for name, design in {"first": first, "second": second}.items():
        d_errors[name] = dce.evaluate_design(known, design.frame).d_error
        fit = dce.fit_mnl(dce.simulate_choices(design, TRUTH, respondents=300, seed=5))
        print(f"The {name} design: D-error {d_errors[name]:.4f}; standard errors of 300 respondents")
        print(fit.standard_errors.round(4).to_string(), end="\n\n")
    fewer = 1 - d_errors["second"] / d_errors["first"]
    print(f"The second design needs {fewer:.0%} fewer respondents for the same D-error.")


if __name__ == "__main__":
    main()
