"""Designs that keep the rules, where a search met none."""

import numpy as np
import pytest

import dce
from dce.design.chains import Chains
from dce.design.draws import prior_draws
from dce.design.last_resort import KNOWN, last_resort
from dce.design.levels import level_coding
from dce.design.method import Criterion, problem_of
from dce.design.possibility import possible_designs
from dce.design.search import Found


def nine_tasks(priors=(0.1, 0.1), tasks=9):
    """Two prices of three levels: nine pairs of services in which each is better in one of them."""
    study = dce.Study(
        "T",
        [dce.Attribute("fee", [1, 2, 4]), dce.Attribute("fare", [1, 2, 4])],
        [dce.Alternative("A"), dce.Alternative("B")],
        priors=dict(zip(("fee", "fare"), priors, strict=True)),
    )
    settings = dce.DesignSettings(tasks, level_balance=False, dominated=False)
    utilities = [(study, prior_draws(study), 1.0)]
    return level_coding(study), problem_of(study, settings, utilities, Criterion(), "auto")


def found_as(problem, p, losses, value=1.0):
    return Found(p, value, losses, 1, "", p[None])


def test_all_tasks_that_there_are_make_a_design(rng):
    coding, problem = nine_tasks()
    p = rng.integers(9, size=(9, 2))
    found = last_resort(coding, problem, found_as(problem, p, 5.0))
    assert found.losses == 0
    assert not problem.losses(found.p[None]).any()
    assert len(set(problem.rules.keys(found.p))) == 9
    chains = Chains(problem, found.p[None].copy())
    assert found.value == pytest.approx(np.exp(-chains.score[0] / 2))


def test_it_climbs(rng):
    """From the designs of five of the nine tasks that it knows it climbs, at most to the best there is."""
    coding, problem = nine_tasks(tasks=5)
    found = last_resort(coding, problem, found_as(problem, rng.integers(9, size=(5, 2)), 0.0, np.inf))
    known = possible_designs(coding, problem.rules, problem.bounds, KNOWN, np.random.default_rng(0))
    start = np.exp(-Chains(problem, known).net.max() / 2)
    settings = {"tasks": 5, "blocks": 1, "level_balance": False, "dominated": False}
    best = dce.make_design(coding.study, **settings, starts=1, rounds=1, workers=1)
    assert best.d_error * (1 - 1e-9) <= found.value < start


def test_what_is_fine_is_left_alone(rng):
    coding, problem = nine_tasks()
    found = found_as(problem, rng.integers(9, size=(9, 2)), 0.0)
    assert last_resort(coding, problem, found) is found


def test_it_leaves_what_it_cannot_help(rng, monkeypatch):
    coding, problem = nine_tasks()
    found = found_as(problem, rng.integers(9, size=(9, 2)), 5.0)
    monkeypatch.setattr("dce.design.possibility.MOST_TASKS", 0)
    assert last_resort(coding, problem, found) is found
