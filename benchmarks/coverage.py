"""How often the 95% intervals of dce hold the truth, in simulated studies of the reference design.

Run it as ``python benchmarks/coverage.py``; it prints the tables of ``coverage.md``. Two kinds of people
answer: such that answers are independent, as the logit has it, and such that every respondent has
coefficients of her own, so that her answers are correlated. What the logit then estimates are the
coefficients with which its expected score is zero; they are the truth of these tables.
"""

from __future__ import annotations

import argparse
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import softmax

from dce import Choices, Design, EstimationError, Fit, Study, Table, fit_mnl, marginal_rates, scenarios
from dce.estimation.newton import maximise
from dce.estimation.tasks import Tasks

STUDY = Path(__file__).parents[1] / "designs" / "physiotherapy"
SPREAD = 1.0
"""Standard deviation of respondents' coefficients, in sizes of their mean, where answers are correlated."""
PEOPLE = 200_000
"""Draws of respondents that give the expected shares of each task."""
REPLICATES = 500
DRAWS = 2_000
PERS = ("wait", "distance")
SMALL = ("classical", "robust", "clustered", "CR2", "CR3", "jackknife")
PART = 25
"""Studies that one process simulates at a time."""


@dataclass(frozen=True)
class Population:
    """Who answers, and what is true of them.

    Attributes
    ----------
    spread : float
        0 where all respondents have the same coefficients.
    beta : (K,) array
        What the logit estimates.
    """

    design: Design
    spread: float
    beta: np.ndarray


@dataclass(frozen=True)
class Job:
    """Some simulated studies of one size."""

    population: Population
    respondents: int
    seeds: tuple[int, ...]
    kinds: tuple[str, ...]
    resampled: bool


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    options = parser.parse_args()
    print("; ".join(f"{name} {version(name)}" for name in ("dce", "numpy", "scipy")), end="\n\n")
    with ProcessPoolExecutor(options.workers) as executor:
        for spread in (0.0, SPREAD):
            people = population(spread)
            found = {N: simulated(people, N, options.studies, executor) for N in (100, 382)}
            print(methods_table(found, spread, options.studies), end="\n\n", flush=True)
        for spread in (0.0, SPREAD):
            people = population(spread)
            few = simulated(people, 25, options.studies, executor, kinds=SMALL, resampled=False)
            print(clusters_table(few, spread, options.studies), end="\n\n", flush=True)


def population(spread: float) -> Population:
    """Return people whose coefficients vary, and the logit's coefficients for them."""
    study = Study.read(STUDY)
    design = Design.read(STUDY / "design.csv", study)
    mean = study.prior_means.to_numpy()
    if spread == 0:
        return Population(design, 0.0, mean)
    X = np.concatenate(list(tasks_of(design)))
    P = np.zeros(X.shape[:2])
    rng = np.random.default_rng(1)
    for _ in range(PEOPLE // 1_000):
        betas = mean + spread * np.abs(mean) * rng.standard_normal((1_000, len(mean)))
        P += softmax(np.einsum("tjk,nk->ntj", X, betas), axis=2).mean(axis=0)
    P /= PEOPLE // 1_000
    S = len(X)
    shares = Tasks(X, np.ones(P.shape, dtype=bool), P, None, np.zeros(S, dtype=np.intp), np.ones(S))
    return Population(design, spread, maximise(shares).beta)


def tasks_of(design: Design) -> Iterator[np.ndarray]:
    """Yield X of each block, (T, J, K)."""
    J = len(design.study.alternative_names)
    for _, rows in design.frame.groupby("block", sort=False):
        X = design.study.coding.matrix(rows)
        yield X.reshape(-1, J, X.shape[1])


def answers(people: Population, respondents: int, seed: int) -> Choices:
    """Simulate a study."""
    rng = np.random.default_rng(seed)
    mean = people.design.study.prior_means.to_numpy()
    frames, start = [], 0
    blocks = [rows for _, rows in people.design.frame.groupby("block", sort=False)]
    sizes = np.bincount(rng.permutation(np.resize(np.arange(len(blocks)), respondents)))
    for rows, X, n in zip(blocks, tasks_of(people.design), sizes, strict=True):
        betas = mean + people.spread * np.abs(mean) * rng.standard_normal((n, len(mean)))
        V = np.einsum("tjk,nk->ntj", X, betas)
        best = (V + rng.gumbel(size=V.shape)).argmax(axis=2)
        frame = rows.iloc[np.tile(np.arange(len(rows)), n)].reset_index(drop=True)
        chosen = (best[..., None] == np.arange(X.shape[1])).ravel().astype(int)
        who = start + np.repeat(np.arange(n), len(rows))
        frames.append(frame.assign(respondent=who, chosen=chosen))
        start += n
    return Choices(pd.concat(frames, ignore_index=True), people.design.study)


def simulated(
    people: Population,
    respondents: int,
    studies: int,
    executor: ProcessPoolExecutor | None = None,
    *,
    kinds: tuple[str, ...] = ("classical", "robust", "clustered", "CR2"),
    resampled: bool = True,
) -> dict[tuple[str, str], np.ndarray]:
    """Return, per quantity and method, in which studies each interval holds the truth, (studies, n)."""
    seeds = [int(s.generate_state(1)[0]) for s in np.random.SeedSequence(respondents).spawn(studies)]
    parts = [tuple(seeds[i : i + PART]) for i in range(0, studies, PART)]
    jobs = [Job(people, respondents, part, kinds, resampled) for part in parts]
    held: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    for part in executor.map(some_studies, jobs) if executor else map(some_studies, jobs):
        for key, rows in part.items():
            held[key] += rows
    return {key: np.array(rows) for key, rows in held.items()}


def some_studies(job: Job) -> dict[tuple[str, str], list[np.ndarray]]:
    """Simulate studies; NaN where a study has no estimates by a method."""
    held: dict[tuple[str, str], list[np.ndarray]] = defaultdict(list)
    for seed in job.seeds:
        choices = answers(job.population, job.respondents, seed)
        fit: Fit | None = None
        with suppress(EstimationError):  # so few people can be predicted perfectly
            fit = fit_mnl(choices, covariance="classical")
        for kind in job.kinds:
            held["coefficients", kind].append(by_covariance(fit, kind, job.population.beta))
        if job.resampled and fit is not None:
            for key, rows in by_method(fit.with_covariance("clustered"), job.population, seed).items():
                held[key].append(rows)
    return held


def by_covariance(fit: Fit | None, kind: str, truth: np.ndarray) -> np.ndarray:
    """Return which intervals of the coefficients hold the truth; NaN where there are none."""
    if fit is not None:
        with suppress(EstimationError):
            return inside(fit.with_covariance(kind).intervals(), truth)
    return np.full(len(truth), np.nan)


def by_method(fit: Fit, people: Population, seed: int) -> dict[tuple[str, str], np.ndarray]:
    """Return which intervals of a study hold the truth, by every method."""
    truth = fit_of(fit, people.beta)
    again: Fit | None = None
    with suppress(EstimationError):  # too few answers to resample: counted as NaN below
        again = fit.with_covariance("bootstrap", replicates=REPLICATES, seed=seed)
    held: dict[tuple[str, str], np.ndarray] = {}
    K, none = len(people.beta), np.nan
    for method in ("percentile", "bca"):
        limits = again.intervals(method) if again else None
        held["coefficients", f"bootstrap, {method}"] = (
            inside(limits, people.beta) if limits is not None else np.full(K, none)
        )
    for method in ("delta", "fieller", "krinsky-robb", "bootstrap"):
        used = again if method == "bootstrap" else fit
        for per in PERS:
            true = marginal_rates(truth, per, "ratio").frame["rate"].to_numpy()
            if used is None:
                held[f"rates per {per}", method] = np.full(len(true), none)
                continue
            rates = marginal_rates(used, per, "ratio", method=method, draws=DRAWS, seed=seed)
            held[f"rates per {per}", method] = within_rates(rates.frame, true)
        if method == "fieller":
            continue
        true = scenarios(truth, STUDY / "scenarios.toml").frame["probability"].to_numpy()
        held["probabilities", method] = (
            inside(
                scenarios(used, STUDY / "scenarios.toml", method=method, draws=DRAWS, seed=seed).frame, true
            )
            if used is not None
            else np.full(len(true), none)
        )
    return held


def fit_of(fit: Fit, beta: np.ndarray) -> Fit:
    """Return a fit whose estimates are the truth."""
    return replace(fit, coefficients=pd.Series(beta, index=fit.coefficients.index))


def inside(limits: pd.DataFrame, truth: np.ndarray) -> np.ndarray:
    """Return 1 where an interval holds the truth, else 0."""
    return ((limits["low"] <= truth) & (truth <= limits["high"])).to_numpy(dtype=float)


def within_rates(frame: pd.DataFrame, truth: np.ndarray) -> np.ndarray:
    """Return 1 where an interval of rates, which may be all numbers but an interval, holds the truth."""
    held = inside(frame, truth)
    if "gap low" in frame:
        gap = (frame["gap low"] < truth) & (truth < frame["gap high"])
        held = np.where(gap, 0.0, held)
    return held


def methods_table(
    found: Mapping[int, dict[tuple[str, str], np.ndarray]], spread: float, studies: int
) -> Table:
    """Return the coverage of each quantity by each method: mean, lowest and highest of its intervals."""
    rows: dict[str, dict[str, object]] = {}
    quantities = ["coefficients", *(f"rates per {per}" for per in PERS), "probabilities"]
    keys = sorted(next(iter(found.values())), key=lambda key: (quantities.index(key[0]), key[1]))
    for quantity, method in keys:
        row: dict[str, object] = {}
        for N, held in found.items():
            row |= {f"{N}: {name}": value for name, value in summary(held[quantity, method]).items()}
        rows[f"{quantity}: {method}"] = row
    return table(f"100 and 382 respondents, {people_are(spread)}", rows, studies)


def clusters_table(found: Mapping[tuple[str, str], np.ndarray], spread: float, studies: int) -> Table:
    """Return the coverage of the coefficients by each covariance."""
    rows = {kind: summary(found["coefficients", kind]) for kind in SMALL}
    return table(f"25 respondents, {people_are(spread)}", rows, studies)


def people_are(spread: float) -> str:
    return "answers correlated within respondents" if spread else "independent answers"


def summary(held: np.ndarray) -> dict[str, object]:
    """Return mean, lowest and highest coverage of some intervals, and studies without them."""
    without = int(np.isnan(held[:, 0]).sum())
    of_each = np.nanmean(held, axis=0)
    shares = {"mean": of_each.mean(), "low": of_each.min(), "high": of_each.max()}
    return {**shares, "none": without}


def table(title: str, rows: Mapping[str, Mapping[str, object]], studies: int) -> Table:
    frame = pd.DataFrame.from_dict(rows, orient="index")
    formats = {name: ".1%" for name in frame if not name.endswith("none")}
    noise = 1.96 * np.sqrt(0.95 * 0.05 / studies)
    notes = (
        f"Coverage of 95% intervals in {studies:,d} simulated studies: mean, lowest and highest over the "
        f"coefficients, rates or probabilities; none: studies without an interval. Noise of one number: "
        f"{noise:.1%} either way.",
    )
    return Table(title, frame, formats, notes)


if __name__ == "__main__":
    main()
