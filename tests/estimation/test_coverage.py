"""Intervals hold the truth as often as they say; ``benchmarks/coverage.md`` has the whole table."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
STUDIES = 150
NOISE = 4.5 * np.sqrt(0.95 * 0.05 / STUDIES)
"""Of one interval's coverage; the lowest of some fifty numbers, which depend on one another, stays within."""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def coverage():
    """The benchmark, as a module."""
    spec = importlib.util.spec_from_file_location("coverage_benchmark", BENCHMARKS / "coverage.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.parametrize("spread", [0.0, 1.0], ids=["independent", "correlated"])
def test_large_sample_intervals_in_a_large_sample(coverage, spread):
    people = coverage.population(spread)
    held = coverage.simulated(people, 382, STUDIES)
    for (quantity, method), inside in held.items():
        if spread and method in ("classical", "robust"):
            continue  # these take answers of one respondent as independent, which they are not here
        assert not np.isnan(inside).any()
        of_each = inside.mean(axis=0)
        assert of_each.min() > 0.95 - NOISE, (quantity, method)
        assert 0.92 < of_each.mean() < 0.98, (quantity, method)


def test_few_respondents_need_small_sample_errors(coverage):
    held = coverage.simulated(
        coverage.population(1.0), 25, 2 * STUDIES, kinds=("clustered", "CR2", "CR3"), resampled=False
    )
    mean = {kind: np.nanmean(held["coefficients", kind]) for kind in ("clustered", "CR2", "CR3")}
    assert mean["clustered"] < mean["CR2"] < mean["CR3"]
    assert 0.93 < mean["CR2"] < 0.97
    assert 0.93 < mean["CR3"] < 0.98
