"""Answers that another program wrote: one row per alternative, or one row per task.

Run it anywhere: python examples/08_long_and_wide_files.py
"""

import numpy as np
import pandas as pd

import dce

RESPONDENTS, TASKS = 150, 6


def main() -> None:
    """Read the same answers in both layouts."""
    wide = wide_file()
    print("One row per task, as Apollo, biogeme and mlogit have them:")
    print(wide.head(3).to_string(index=False), end="\n\n")
    choices = dce.read_wide(
        wide,
        alternatives={1: "car", 2: "bus"},
        chosen="choice",
        attributes="{attribute}_{alternative}",
        respondent="id",
        missing=[-9],
    )
    print(choices, end="\n\n")  # says that three answers were missing
    first = dce.fit_mnl(choices, "time + cost + alternative")
    print(first, end="\n\n")

    long = long_file(wide)
    print("One row per alternative, as Stata, support.CEs and logitr have them:")
    print(long.head(4).to_string(index=False), end="\n\n")
    choices = dce.read_long(
        long[long["choice"] != -9], task="obsID", alternative="alt", chosen="y", respondent="id"
    )
    second = dce.fit_mnl(choices, "time + cost + alternative")
    print("The largest difference of the two fits:", np.abs(first.coefficients - second.coefficients).max())
    print(dce.marginal_rates(second, per="cost"))


def wide_file() -> pd.DataFrame:
    """Make a file such as one gets: codes of choices, -9 where nobody answered."""
    rng = np.random.default_rng(7)
    n = RESPONDENTS * TASKS
    frame = pd.DataFrame({"id": np.repeat(np.arange(RESPONDENTS) + 1, TASKS)})
    for mode, slow in {"car": 0, "bus": 10}.items():
        frame[f"time_{mode}"] = slow + rng.integers(4, 10, size=n) * 5
        frame[f"cost_{mode}"] = rng.integers(2, 9, size=n) * 0.5
    noise = rng.gumbel(size=(n, 2))
    car = -0.06 * frame["time_car"] - 0.5 * frame["cost_car"] + noise[:, 0]
    bus = -0.06 * frame["time_bus"] - 0.5 * frame["cost_bus"] - 0.3 + noise[:, 1]
    frame["choice"] = np.where(car > bus, 1, 2)
    frame.loc[[5, 100, 101], "choice"] = -9
    return frame


def long_file(wide: pd.DataFrame) -> pd.DataFrame:
    """Put each alternative into a row."""
    rows = wide.reset_index(names="obsID")
    names = ["obsID", "id", "choice"]
    parts = [
        rows[names].assign(
            alt=mode, time=rows[f"time_{mode}"], cost=rows[f"cost_{mode}"], y=(rows["choice"] == code) * 1
        )
        for code, mode in {1: "car", 2: "bus"}.items()
    ]
    return pd.concat(parts).sort_values(["obsID", "alt"])


if __name__ == "__main__":
    main()
