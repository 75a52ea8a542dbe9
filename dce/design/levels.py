"""Tasks as arrays of level numbers, and their coded attributes by look-up.

Notation: S tasks, J alternatives (the opt-out last), A attributes, K coefficients. ``L`` is an
integer array (S, J, A) of level numbers, -1 where an alternative lacks an attribute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from dce.formula import ALTERNATIVE
from dce.logit import BoolArray, FloatArray, IntArray
from dce.study import Study


@dataclass(frozen=True)
class Component:
    """Attributes that occur together in some term of the utility, and what they add to X.

    ``values[n]`` is what level numbers n (in mixed radix) of the attributes add to x, shape
    (number of combinations, K).
    """

    attributes: tuple[int, ...]
    radix: tuple[int, ...]
    values: FloatArray

    def of(self, L: IntArray) -> FloatArray:
        """Return what level numbers L (..., A) add to x, shape (..., K)."""
        return np.asarray(
            self.values[np.ravel_multi_index(tuple(L[..., a] for a in self.attributes), self.radix)]
        )


@dataclass(frozen=True)
class LevelCoding:
    """The coding of a study's utility, taken apart so that X is a sum of look-ups.

    Attributes
    ----------
    constants : (J, K) array
        x of every alternative without its attributes.
    components : per alternative, its components
    owned : (J, A) boolean array
        Which alternative has which attribute.
    sizes : tuple of int
        Number of levels of every attribute.
    """

    study: Study
    constants: FloatArray
    components: tuple[tuple[Component, ...], ...]
    owned: BoolArray
    sizes: tuple[int, ...]

    def code(self, L: IntArray) -> FloatArray:
        """Return X, shape (..., J, K), of level numbers (..., J, A)."""
        return np.stack([self.code_one(j, L[..., j, :]) for j in range(L.shape[-2])], axis=-2)

    def code_one(self, j: int, L: IntArray) -> FloatArray:
        """Return x, shape (..., K), of level numbers (..., A) of alternative j."""
        x = np.broadcast_to(self.constants[j], (*L.shape[:-1], self.constants.shape[1]))
        return np.asarray(sum((part.of(L) for part in self.components[j]), start=x))

    def to_frame(self, L: IntArray, blocks: IntArray) -> pd.DataFrame:
        """Return the long frame of tasks with their blocks, numbered from 1."""
        S, J, _ = L.shape
        names = np.array(self.study.alternative_names, dtype=object)
        data: dict[str, object] = {
            "block": np.repeat(blocks, J),
            "task": np.repeat(np.arange(1, S + 1), J),
            ALTERNATIVE: np.tile(names, S),
        }
        for a, attribute in enumerate(self.study.attributes):
            values = np.array([*attribute.levels, None], dtype=object)
            data[attribute.name] = values[L[..., a].ravel()]
        return self.study.typed(pd.DataFrame(data))

    def from_frame(self, frame: pd.DataFrame) -> IntArray:
        """Return the level numbers of a checked long frame, sorted by task and alternative."""
        L = np.full((len(frame), len(self.sizes)), -1, dtype=np.intp)
        for a, attribute in enumerate(self.study.attributes):
            number = {level: n for n, level in enumerate(attribute.levels)}
            values = frame[attribute.name]
            L[:, a] = [-1 if pd.isna(value) else number[value] for value in values]
        return L.reshape(-1, len(self.study.alternative_names), len(self.sizes))


def level_coding(study: Study) -> LevelCoding:
    """Take the coding of a study's utility apart into look-up tables."""
    attributes, names = study.attributes, study.alternative_names
    owned = np.array([[study.has(name, attribute) for attribute in attributes] for name in names])
    groups = _components(
        [
            sorted(a for a, attribute in enumerate(attributes) if attribute.name in part)
            for part in study.coding.parts
        ]
    )
    blank: dict[str, object] = dict.fromkeys(study.attribute_names)
    rows: list[dict[str, object]] = [{ALTERNATIVE: name, **blank} for name in names]
    places: list[tuple[int, tuple[int, ...], slice]] = []
    for j, name in enumerate(names):
        for group in groups:
            present = tuple(a for a in group if owned[j, a])
            if not present:
                continue
            first = len(rows)
            own = [attributes[a].name for a in present]
            for levels in product(*(attributes[a].levels for a in present)):
                rows.append({ALTERNATIVE: name, **blank, **dict(zip(own, levels, strict=True))})
            places.append((j, present, slice(first, len(rows))))
    X = study.coding.matrix(study.typed(pd.DataFrame(rows)))
    constants = X[: len(names)]
    components: list[list[Component]] = [[] for _ in names]
    for j, present, place in places:
        radix = tuple(len(attributes[a].levels) for a in present)
        components[j].append(Component(present, radix, X[place] - constants[j]))
    return LevelCoding(
        study,
        constants,
        tuple(map(tuple, components)),
        owned,
        tuple(len(attribute.levels) for attribute in attributes),
    )


def _components(terms: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """Group attributes that share a term, directly or through others."""
    groups: list[set[int]] = []
    for term in terms:
        if not term:
            continue
        joined = set(term).union(*(group for group in groups if group & set(term)))
        groups = [group for group in groups if not group & joined] + [joined]
    return sorted(tuple(sorted(group)) for group in groups)
