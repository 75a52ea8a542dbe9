"""Which levels people prefer to which, so that a service may be better than a rival in everything.

Notation as in :mod:`dce.design.levels`.
"""

from __future__ import annotations

import numpy as np

from dce.design.levels import LevelCoding
from dce.logit import BoolArray, FloatArray

EQUAL = 1e-12
"""Difference in utility up to which two levels are worth the same."""


def preferred(coding: LevelCoding, beta: FloatArray) -> tuple[BoolArray, ...]:
    """Return, per attribute, whether a level is better than another, (n, n): row over column.

    By the utility at coefficients ``beta``, whatever the levels of other attributes that interact with
    it, and in every alternative that has the attribute. Levels that are worth the same, and levels of
    attributes that the utility leaves out, have no direction.
    """
    better = [np.zeros((n, n), dtype=bool) for n in coding.sizes]
    seen: set[int] = set()
    for components in coding.components:
        for component in components:
            worth = (component.values @ beta).reshape(component.radix)
            for axis, a in enumerate(component.attributes):
                w = np.moveaxis(worth, axis, 0).reshape(component.radix[axis], -1)
                here = np.asarray((w[:, None] - w[None] > EQUAL).all(axis=-1))
                better[a] = better[a] & here if a in seen else here
                seen.add(a)
    return tuple(better)
