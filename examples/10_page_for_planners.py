"""What planners get: a page that answers their questions on a phone, and the numbers behind it.

Run it anywhere: python examples/10_page_for_planners.py
"""

from pathlib import Path

import dce

FOLDER = Path(__file__).parents[1] / "designs" / "physiotherapy"
PATH = FOLDER / "scenarios.toml"
THIRD = "3: support worker sooner, nearer and more often"


def main() -> None:
    """Write the page, and check one of its numbers."""
    choices = dce.simulate_choices(dce.Design.read(FOLDER), respondents=382, seed=1)
    fit = dce.fit_mnl(choices)

    # One file without anything from elsewhere: it can be sent by mail, and works without a network.
    page = dce.write_what_if(fit, "out/what-if.html", scenarios=PATH, people="patients")
    print(f"Wrote {page}, {page.stat().st_size / 1024:.0f} kB: open it in any browser.", end="\n\n")

    print("The scenarios with which it begins:")
    print(dce.scenarios(fit, PATH), end="\n\n")

    # Answers to "how far may it be?" are not on the page: distances at which a share choose a service.
    print("How far may the support worker be, for a half and for 40% of patients?")
    for share in (0.5, 0.4):
        print(dce.threshold(fit, PATH, "Service 2", "distance", share=share, scenario=THIRD), end="\n\n")

    print("From 2 to 16 miles:")
    print(dce.sweep(fit, PATH, distance=range(2, 17, 2), service="Service 2", scenario=THIRD))


if __name__ == "__main__":
    main()
