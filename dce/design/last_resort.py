"""Where a search finds no design that keeps the rules: climbing from designs that are known to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dce.design.anneal import Cooling, anneal
from dce.design.chains import Chains
from dce.design.levels import LevelCoding
from dce.design.possibility import possible_designs
from dce.design.problem import Problem
from dce.design.search import Found

KNOWN = 8
"""Designs to climb from."""
WARM, COLD, SWEEPS = 0.05, 0.005, 60
"""How they are annealed first: from a temperature at which few rules break; units as in a search."""


def last_resort(coding: LevelCoding, problem: Problem, found: Found) -> Found:
    """Return what was found, or what is better because it keeps the rules and identifies the utility.

    A search starts from designs that break rules, where rules are hard to keep; if few designs keep
    them all, it may meet none.
    """
    if found.losses == 0 and np.isfinite(found.value):
        return found
    rng = np.random.default_rng(0)
    p = possible_designs(coding, problem.rules, problem.bounds, KNOWN, rng)
    if not len(p):
        return found
    unit = problem.objective.parts[0].counted / problem.tasks
    climbed = anneal(problem, p, Cooling(WARM * unit, COLD * unit, SWEEPS), rng).p
    chains = Chains(problem, np.concatenate([climbed, p]))
    net = np.where(chains.losses == 0, chains.net, -np.inf)
    best = int(net.argmax())
    if np.isneginf(net[best]):
        return found
    value = float(np.exp(-net[best] / problem.objective.parts[0].counted))
    return replace(found, p=chains.p[best], value=value, losses=0.0)
