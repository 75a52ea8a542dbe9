"""How many respondents? By a rule of thumb, by expected errors, and by simulated studies.

Run it anywhere: python examples/11_power.py
"""

from pathlib import Path

import dce

DESIGN = dce.Design.read(Path(__file__).parents[1] / "designs" / "physiotherapy")


def main() -> None:
    """Begin with what costs nothing, and end with simulations."""
    print(DESIGN.report(), end="\n\n")  # Orme's rule, S-estimates, expected standard errors

    # Every simulated study is answered by other people, and fitted as the real one will be.
    sizes = [50, 100, 200]
    power = dce.power(DESIGN, respondents=sizes, simulations=100, seed=1, workers=1)
    print(power, end="\n\n")

    # And if people care half as much as assumed?
    half = (DESIGN.study.prior_means / 2).to_dict()
    print(dce.power(DESIGN, half, respondents=sizes, simulations=100, seed=1, workers=1).in_words())


if __name__ == "__main__":
    main()
