"""A study of one's own, from a question to what-if: described, designed, put into cards, answered, fitted.

Run it anywhere: python examples/05_own_study.py
"""

from pathlib import Path

import dce

FOLDER = Path("out/test-result")
STUDY = dce.Study(
    title="How people want to hear a test result",
    question="Which way would you choose?",
    attributes=[
        dce.Attribute("who", ["doctor", "nurse", "letter"], "Who tells you",
                      labels=["A doctor", "A nurse", "A letter, with a number to call"]),
        dce.Attribute("wait", [1, 3, 7, 14], "Time until you know", "days"),
        dce.Attribute("length", [5, 10, 20], "Time for your questions", "minutes"),
    ],
    alternatives=[
        dce.Alternative("first", "First way"),
        dce.Alternative("second", "Second way", constant=True),
    ],
    # What is expected before anybody was asked. Of the time for questions only the sign is known.
    priors={
        "constant[second]": 0,
        "who[nurse]": -0.2,
        "who[letter]": -0.8,
        "wait": -0.1,
        "length": dce.Prior.positive(0.03),
    },
    design=dce.DesignSettings(tasks=12, blocks=1, seed=4),
)  # fmt: skip

SCENARIOS = {
    "A letter tomorrow, or a doctor next week": {
        "Letter": {"who": "letter", "wait": 1, "length": 5},
        "Doctor": {"who": "doctor", "wait": 7, "length": 10},
    }
}


def main() -> None:
    """Take every step once."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    STUDY.write(FOLDER / "study.toml")  # 'dce design out/test-result' reads it too
    design = dce.make_design(STUDY, starts=1, rounds=1)
    design.write(FOLDER / "design.csv")
    print(design)

    for path in dce.export_survey(design, FOLDER, to=["html"], replace=True):
        print("Wrote", path)

    # A rehearsal: people who answer as expected. Real answers come from dce.read_responses(path, design).
    choices = dce.simulate_choices(design, respondents=200, seed=1)
    dce.write_responses(choices, design, FOLDER / "responses.csv")
    choices = dce.read_responses(FOLDER / "responses.csv", design)
    print(choices.report)

    fit = dce.fit_mnl(choices)
    print(fit)
    print(dce.marginal_rates(fit, per="wait"))  # in days of waiting
    print(dce.scenarios(fit, SCENARIOS))


if __name__ == "__main__":
    main()
