"""How coded services change with a numeric attribute, whatever the formula does with it.

N rows of services, K coefficients.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from dce.errors import ScenarioError, listed
from dce.estimation.averaging import characteristics
from dce.estimation.calibrated import AnyFit
from dce.estimation.effects_at import needs
from dce.estimation.scenario import matrix
from dce.logit import FloatArray, IntArray

STEP = 1e-4
"""Step of differences, as a share of the studied range: their error is near 1e-11."""
NODES = np.arange(-3, 4)
"""Steps at which X is coded; seven give an error of the sixth order."""
KINK = 1e-6
"""Bend over one step, as a share of the column, from which a kink is looked for."""


def numeric_attribute(fit: AnyFit, name: str) -> None:
    """Refuse what is not a numeric attribute of services in the utility.

    Raises
    ------
    ScenarioError
    """
    coding = fit.coding
    known = [v for v in coding.ranges if v not in characteristics(fit) and v not in coding.steps]
    if name not in known:
        why = ""
        if name in coding.steps:
            why = " (it is taken as categories)"
        elif name in coding.categories:
            why = " (its levels are words)"
        raise ScenarioError(
            f"{name!r} is no numeric attribute of the utility{why}; allowed: {listed(known)}."
        )


def slopes(fit: AnyFit, frame: pd.DataFrame, name: str) -> FloatArray:
    """Return the derivative of every row of X with respect to a numeric attribute, (N, K).

    Zero where a service lacks the attribute. Exact where X is linear in it, else by differences that stay
    within the studied range.

    Parameters
    ----------
    fit : Fit or CalibratedFit
    frame : pandas.DataFrame
        N services, with every variable of the utility.
    name : str

    Raises
    ------
    ScenarioError
        If there is a kink.
    """
    z = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    if name not in needs(fit.coding, name):
        at = [frame.assign(**{name: np.where(np.isnan(z), np.nan, value)}) for value in (1.0, 0.0)]
        one, none = (matrix(fit, rows) for rows in at)
        return np.asarray(one - none, dtype=np.float64)
    low, high = fit.coding.ranges[name]
    h = STEP * ((high - low) or max(1.0, abs(low)))
    shift = _shifts(z, low, high, h)
    nodes = NODES[:, None] + shift
    moved = [frame.assign(**{name: z + step * h}) for step in nodes]
    X = matrix(fit, pd.concat(moved, ignore_index=True)).reshape(len(NODES), len(frame), -1)
    _check_kinks(fit, X, z, name, shift)
    weights = np.array([_weights(NODES + s) for s in range(-3, 4)])[shift + 3]  # (N, nodes)
    D = np.einsum("nm,mnk->nk", weights, X - X[3]) / h
    D[np.isnan(z)] = 0.0
    return np.asarray(D)


def _shifts(z: FloatArray, low: float, high: float, h: float) -> IntArray:
    """Return by how many steps the nodes of each row move to stay within the studied range."""
    inside = (z >= low) & (z <= high)
    below, above = (np.where(inside, np.minimum(3, room / h + 1e-6), 3) for room in (z - low, high - z))
    return np.asarray((3 - below.astype(int)) - (3 - above.astype(int)), dtype=np.intp)


def _weights(nodes: IntArray) -> FloatArray:
    """Return what each node counts in the derivative at zero (Fornberg 1988)."""
    powers = np.vander(nodes.astype(np.float64), increasing=True).T
    return np.asarray(np.linalg.solve(powers, np.eye(len(nodes))[1]))


def _check_kinks(fit: AnyFit, X: FloatArray, z: FloatArray, name: str, shift: IntArray) -> None:
    """Refuse rows at which the slope jumps: there the bend grows like the step, not its square."""
    near, far = (np.abs(X[3 - j] - 2 * X[3] + X[3 + j]) for j in (1, 3))
    kinked = (near > KINK * np.abs(X).max(axis=(0, 1))) & (far < 6 * near) & (shift == 0)[:, None]
    if kinked.any():
        row, k = np.argwhere(kinked)[0]
        raise ScenarioError(
            f"{fit.coding.names[k]} has a kink where {name} is {z[row]:g}, so that there is no marginal "
            "effect; allowed: a point beside it."
        )
