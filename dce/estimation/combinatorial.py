"""The complete combinatorial test of a difference between two sets of draws. Arrays only."""

from __future__ import annotations

import numpy as np

from dce.logit import FloatArray


def share_below(first: FloatArray, second: FloatArray) -> float:
    """Return the share of all pairs in which the first draw is at most as large as the second.

    Every pair counts, which a sorted copy makes quick: D log D steps instead of D^2 (10,000 draws
    have 100 million pairs).

    Parameters
    ----------
    first : (m,) array
    second : (n,) array

    Returns
    -------
    float
        The one-sided significance of first > second.

    References
    ----------
    Poe, Giraud and Loomis (2005), American Journal of Agricultural Economics 87:353.

    Examples
    --------
    >>> share_below(np.array([1.0, 3.0]), np.array([2.0, 3.0]))
    0.75
    """
    below = np.searchsorted(np.sort(second), first, side="left")
    return float(1 - below.sum() / (len(first) * len(second)))
