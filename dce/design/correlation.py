"""How attributes go together: within an alternative, between alternatives, and with the block."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from dce.design.design import Design

BLOCK = "block"
COLUMNS = ["kind", "where", "first", "second", "same attribute", "correlation"]
ROUNDED = 9
"""Decimals to which correlations are compared."""
WITHIN, BETWEEN, WITH_BLOCK = "within", "between", "with block"


def correlation_matrix(design: Design) -> pd.DataFrame:
    """Return correlations of all columns that vary over tasks, symmetric.

    Rows and columns are (alternative, coefficient), and ("block", number) for whether a task is in a
    block; of two blocks the first, because the other is its opposite. Attributes are coded as in the
    utility.
    """
    labels = [(name, k) for name in design.study.alternative_names for k in design.study.coefficients]
    columns = [design.X.reshape(design.n_tasks, -1)]
    if len(design.blocks) > 1:
        blocks = design.blocks if len(design.blocks) > 2 else design.blocks[:1]
        labels += [(BLOCK, str(block)) for block in blocks]
        columns.append((design.task_blocks[:, None] == np.array(blocks)).astype(np.float64))
    values = np.column_stack(columns)
    varies = np.ptp(values, axis=0) > 0
    index = pd.MultiIndex.from_tuples(
        [label for label, use in zip(labels, varies, strict=True) if use], names=["of", "column"]
    )
    R = np.empty((0, 0)) if not varies.any() else np.atleast_2d(np.corrcoef(values[:, varies], rowvar=False))
    return pd.DataFrame(R, index=index, columns=index)


def correlation_pairs(design: Design) -> pd.DataFrame:
    """Return every pair of columns, one a row, but for pairs of blocks.

    Returns
    -------
    pandas.DataFrame
        ``kind``: ``"within"`` an alternative, ``"between"`` two, or ``"with block"``; ``where``: the
        alternatives; ``first`` and ``second``: coefficients, or a block; ``same attribute``: whether both
        are of the same; ``correlation``.
    """
    R = correlation_matrix(design)
    parts = dict(zip(design.study.coefficients, design.study.coding.parts, strict=True))
    rows: list[tuple[str, str, str, str, bool, float]] = []
    labels, values = list(R.index), R.to_numpy()
    for n, (other, second) in enumerate(labels):
        for m, (of, first) in enumerate(labels[:n]):
            r = float(values[m, n])
            if other == BLOCK:
                if of != BLOCK:
                    rows.append((WITH_BLOCK, of, first, f"block {second}", False, r))
                continue
            kind, where = (WITHIN, of) if of == other else (BETWEEN, f"{of}, {other}")
            rows.append((kind, where, first, second, parts[first] == parts[second], r))
    return pd.DataFrame(rows, columns=COLUMNS).astype({"same attribute": bool, "correlation": np.float64})


def largest(pairs: pd.DataFrame, number: int, kinds: Sequence[str]) -> pd.DataFrame:
    """Return the pairs with the largest correlations, so many of each kind, the largest first."""
    size = pairs["correlation"].abs().round(ROUNDED)  # ties stay in their order
    order = size.sort_values(ascending=False, kind="stable").index
    ranked = pairs.loc[order]
    return pd.concat([ranked[ranked["kind"] == kind].head(number) for kind in kinds], ignore_index=True)
