"""Whether tasks identify the coefficients of a utility, and if not, which are at fault.

Notation as in :mod:`dce.logit`.
"""

from __future__ import annotations

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
    constant = np.diag(at_zero) <= NO_DIFFERENCE * np.maximum(size, np.finfo(float).tiny)
    if constant.any():
        culprits = [name for name, wrong in zip(names, constant, strict=True) if wrong]
        raise IdentificationError(
            f"not identified: {listed(culprits, 20)} never differs between the alternatives of a task."
        )
    scale = 1 / np.sqrt(np.diag(at_zero))
    values, vectors = eigh(at_zero * np.outer(scale, scale))
    null = vectors[:, values < SINGULAR]
    if null.size:
        weight = np.abs(null).max(axis=1)
        culprits = [name for name, w in zip(names, weight, strict=True) if w > INVOLVED * weight.max()]
        raise IdentificationError(
            f"not identified: the tasks cannot tell apart {listed(culprits, 20)}; "
            f"leave out {null.shape[1]} of them."
        )


def is_singular(information: FloatArray) -> bool:
    """Whether information, scaled to a unit diagonal, has an eigenvalue that counts as zero."""
    d = np.diag(information)
    if not (np.isfinite(d).all() and (d > 0).all()):
        return True
    scale = 1 / np.sqrt(d)
    return bool(eigh(information * np.outer(scale, scale), eigvals_only=True)[0] < SINGULAR)
