"""Makes the simulated data sets of shapes.json, shape_*.csv. Run it in this folder: python shapes.py

Made with numpy 2.4.6. The files are stored because streams of random numbers may change with numpy; other
packages fitted them in r_shapes.R and biogeme_shapes.py. Numbers are written with few digits, so that
everybody reads the same ones.
"""

import numpy as np
import pandas as pd

SEED = 20261128


def choose(
    frame: pd.DataFrame, beta: dict[str, float], rng: np.random.Generator, taste: float
) -> pd.DataFrame:
    """Let everybody choose the best available alternative; tastes for the first column differ by person."""
    own = rng.normal(0, taste, size=frame["respondent"].max() + 1)[frame["respondent"]]
    first = next(iter(beta))
    U = sum(frame[name] * b for name, b in beta.items()) + own * frame[first] * abs(beta[first])
    U = U + rng.gumbel(size=len(frame))
    if "available" in frame:
        U = U.where(frame["available"] == 1, -np.inf)
    best = U.groupby(frame["task"]).transform("max")
    frame.insert(3, "chosen", (best == U).astype(int))
    return frame


def tasks(sizes: np.ndarray, respondents: np.ndarray) -> pd.DataFrame:
    """One row per alternative of tasks of these sizes."""
    return pd.DataFrame(
        {
            "respondent": np.repeat(respondents, sizes),
            "task": np.repeat(np.arange(len(sizes)), sizes),
            "alternative": np.concatenate([np.arange(1, size + 1) for size in sizes]),
        }
    )


def ragged(rng: np.random.Generator) -> pd.DataFrame:
    """2 to 15 alternatives, 1 to 12 tasks per respondent, weights of a survey."""
    per_person = rng.integers(1, 13, size=45)
    who = np.repeat(np.arange(45), per_person)
    frame = tasks(rng.integers(2, 16, size=len(who)), who)
    n = len(frame)
    frame["price"] = rng.integers(1, 40, n) / 4
    frame["quality"] = rng.integers(0, 5, n)
    frame["green"] = rng.integers(0, 2, n)
    frame["weight"] = np.array([0.4, 0.75, 1.0, 1.3, 2.55])[rng.integers(0, 5, 45)][frame["respondent"]]
    return choose(frame, {"price": -0.3, "quality": 0.4, "green": 0.5}, rng, 0.6)


def fifteen(rng: np.random.Generator) -> pd.DataFrame:
    """15 labelled alternatives with constants, each available to two thirds, the first to all."""
    frame = tasks(np.full(200, 15), np.repeat(np.arange(50), 4))
    n = len(frame)
    for j in range(2, 16):
        frame[f"asc{j}"] = (frame["alternative"] == j).astype(int)
    frame["time"] = rng.integers(5, 90, n)
    frame["cost"] = rng.integers(10, 300, n) / 10
    frame["available"] = ((rng.random(n) < 2 / 3) | (frame["alternative"] == 1)).astype(int)
    asc = {f"asc{j}": 0.15 * ((7 * j) % 9 - 4) for j in range(2, 16)}
    return choose(frame, {"time": -0.02, "cost": -0.08, **asc}, rng, 0.5)


def designed(rng: np.random.Generator) -> pd.DataFrame:
    """Two blocks of 6 tasks of 2, answered by 120 people, with weights per person: tasks repeat."""
    design = pd.DataFrame(rng.integers(0, 4, size=(24, 4)), columns=["wait", "near", "kind", "place"])
    which = np.repeat(np.arange(120) % 2, 6) * 6 + np.tile(np.arange(6), 120)
    frame = tasks(np.full(720, 2), np.repeat(np.arange(120), 6))
    rows = (which[:, None] * 2 + np.arange(2)).ravel()
    for name in design:
        frame[name] = design[name].to_numpy()[rows]
    frame["second"] = frame["alternative"] - 1
    frame["weight"] = (rng.integers(20, 400, 120) / 100)[frame["respondent"]]
    beta = {"wait": -0.4, "near": 0.3, "kind": 0.2, "place": 0.1, "second": 0.15}
    return choose(frame, beta, rng, 0.5)


def few(rng: np.random.Generator) -> pd.DataFrame:
    """8 respondents who answer 40 tasks of 5, and whose tastes differ much."""
    frame = tasks(np.full(320, 5), np.repeat(np.arange(8), 40))
    frame["x"] = rng.integers(-30, 30, len(frame)) / 10
    frame["z"] = rng.integers(0, 2, len(frame))
    return choose(frame, {"x": 0.8, "z": -0.7}, rng, 0.8)


def units(rng: np.random.Generator) -> pd.DataFrame:
    """Columns in units that are far apart: millions, millionths, years of the calendar."""
    frame = tasks(np.full(300, 3), np.repeat(np.arange(60), 5))
    n = len(frame)
    frame["income"] = rng.integers(1_000_000, 9_000_000, n)
    frame["dose"] = rng.integers(1, 90, n) / 10_000_000
    frame["year"] = rng.integers(1990, 2030, n)
    return choose(frame, {"income": 3e-7, "dose": -2e5, "year": 0.05}, rng, 0.4)


def rare(rng: np.random.Generator) -> pd.DataFrame:
    """6 alternatives; a property that 2 in 100 have, and an alternative that 3 in 100 choose."""
    frame = tasks(np.full(350, 6), np.repeat(np.arange(50), 7))
    frame["price"] = rng.integers(1, 10, len(frame))
    frame["seldom"] = (rng.random(len(frame)) < 0.02).astype(int)
    frame["last"] = (frame["alternative"] == 6).astype(int)
    return choose(frame, {"price": -0.25, "seldom": 0.9, "last": -1.8}, rng, 0.5)


if __name__ == "__main__":
    for k, make in enumerate((ragged, fifteen, designed, few, units, rare)):
        made = make(np.random.default_rng([SEED, k]))
        made.to_csv(f"shape_{make.__name__}.csv", index=False)
        print(make.__name__, made.shape, made["chosen"].sum())
