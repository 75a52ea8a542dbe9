"""Whether tasks identify the coefficients of a utility, and if not, which are at fault.

Notation as in :mod:`dce.logit`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.linalg import eigh

from dce.errors import IdentificationError, listed
from dce.logit import BoolArray, FloatArray, information

SINGULAR = 1e-11
"""Smallest eigenvalue of the information, scaled to a unit diagonal, that counts as positive:
the squared relative size of the differences by which coefficients can be told apart."""
NO_DIFFERENCE = 1e-24
"""Largest mean square of differences within tasks, relative to the mean square of the values, that is
taken for the rounding of values that are all the same."""
INVOLVED = 1e-4
"""Smallest weight, relative to the largest, with which a coefficient belongs to a combination."""
ROUNDING = 1e-29
"""Mean square of differences, relative to that of the values, that rounding may leave of values that are
all the same."""
MOST_SUMS = 3
"""Linear combinations that a message shows."""


def check_identified(
    X: FloatArray, available: BoolArray, weights: FloatArray, names: tuple[str, ...]
) -> FloatArray:
    """Return the information at zero coefficients, or refuse what it does not identify.

    Raises
    ------
    IdentificationError
        Naming coefficients whose column never differs within a task, or that are linear
        combinations of one another.
    """
    P = available / available.sum(axis=1, keepdims=True)
    at_zero = information(X, P, weights)
    check_information(at_zero, np.einsum("tjk,tj->k", X**2, P * weights[:, None]), names)
    return at_zero


def check_information(at_zero: FloatArray, size: FloatArray, names: tuple[str, ...]) -> None:
    """Refuse coefficients that information at zero coefficients, (K, K), does not identify.

    Parameters
    ----------
    at_zero : (K, K) array
    size : (K,) array
        Weighted sum of squares of each column, by equal shares of the alternatives.
    names : tuple of str

    Raises
    ------
    IdentificationError
    """
    differences = np.diag(at_zero)
    constant = differences <= NO_DIFFERENCE * np.maximum(size, np.finfo(float).tiny)
    if constant.any():
        raise IdentificationError(f"not identified: {_constant(names, constant, differences, size)}")
    scale = 1 / np.sqrt(differences)
    values, vectors = eigh(at_zero * np.outer(scale, scale))
    null = vectors[:, values < SINGULAR]
    if null.size:
        weight = np.abs(null).max(axis=1)
        culprits = [name for name, w in zip(names, weight, strict=True) if w > INVOLVED * weight.max()]
        raise IdentificationError(
            f"not identified: the tasks cannot tell apart {listed(culprits, 20)}; "
            f"leave out {null.shape[1]} of them. Differences within tasks: {_sums(null.T, scale, names)}."
        )


def _constant(names: tuple[str, ...], constant: BoolArray, differences: FloatArray, size: FloatArray) -> str:
    """Say which columns never differ within a task, or by too little for their size."""
    rounded = constant & (differences > ROUNDING * size)
    if rounded.any() and (rounded == constant).all():
        culprits = listed(np.array(names)[rounded], 20)
        return (
            f"the alternatives of a task differ in {culprits} by less than a trillionth of its values, "
            "so that few digits are left; subtract a constant from it."
        )
    zero = [name for name, wrong, mean_square in zip(names, constant, size, strict=True)
            if wrong and mean_square == 0]  # fmt: skip
    culprits = listed([name for name, wrong in zip(names, constant, strict=True) if wrong], 20)
    everywhere = f" {listed(zero, 20)} is zero everywhere." if zero else ""
    return f"{culprits} never differs between the alternatives of a task.{everywhere}"


def _sums(null: FloatArray, scale: FloatArray, names: tuple[str, ...]) -> str:
    """Say which columns are sums of others, the later ones of the earlier ones.

    ``null`` (m, K) are combinations of columns, over ``scale``, that never differ within a task.
    """
    rows, largest = null.copy(), np.abs(null).max()
    free, sums = list(range(len(rows))), []
    for k in reversed(range(len(names))):
        row = max(free, key=lambda i: abs(rows[i, k]), default=None)
        if row is None or abs(rows[row, k]) <= INVOLVED * largest:
            continue
        free.remove(row)
        rows[row] /= rows[row, k]
        for other in free:
            rows[other] -= rows[other, k] * rows[row]
        sums.append((k, row))
    texts = []
    for k, row in sums:
        weights = np.where(np.abs(rows[row]) > INVOLVED, -rows[row] * scale / scale[k], 0.0)
        weights[k] = 0.0
        texts.append(f"{names[k]} = {_weighted_sum(weights, names)}")
    more = f" and {len(texts) - MOST_SUMS} more" if len(texts) > MOST_SUMS else ""
    return "; ".join(texts[:MOST_SUMS]) + more


def _weighted_sum(weights: FloatArray, names: Sequence[str]) -> str:
    """Write a sum of columns, such as ``2 price - time + 0.25 comfort``."""
    text = ""
    for weight, name in zip(weights, names, strict=True):
        size = f"{abs(weight):.4g}"
        if size != "0":
            term = name if size == "1" else f"{size} {name}"
            text += f" {'-' if weight < 0 else '+'} {term}" if text else f"{'-' if weight < 0 else ''}{term}"
    return text or "0"


def is_singular(information: FloatArray) -> bool:
    """Whether information, scaled to a unit diagonal, has an eigenvalue that counts as zero."""
    d = np.diag(information)
    if not (np.isfinite(d).all() and (d > 0).all()):
        return True
    scale = 1 / np.sqrt(d)
    return bool(eigh(information * np.outer(scale, scale), eigvals_only=True)[0] < SINGULAR)
