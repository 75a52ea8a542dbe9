"""The best D-error that any design can have if all coefficients are zero, in closed form."""

from __future__ import annotations

import numpy as np

from dce.design.criteria import constants_of, d_error, log_determinants
from dce.design.levels import LevelCoding, level_coding
from dce.logit import FloatArray
from dce.study import Study


def utility_neutral_bound(study: Study, tasks: int) -> float:
    """Return a lower bound of the utility-neutral D-error of all designs of so many tasks.

    The determinant of the information is at most the product of those of its blocks (Fischer's
    inequality), one for the constants and one per attribute. With J alternatives, the block of an
    attribute with n levels and n - 1 coefficients is largest if all pairs of levels meet equally often,
    and as many of the J (J - 1) / 2 pairs within a task as can be differ; the block of a single
    coefficient if half of the alternatives show the largest value and half the least.

    Returns
    -------
    float
        NaN where there is no such closed form: with an opt-out, attributes that some alternatives
        lack, interactions, or polynomials.

    References
    ----------
    Burgess and Street (2003), Communications in Statistics - Theory and Methods 32:2185, theorem 1.
    """
    coding = level_coding(study)
    is_constant = constants_of(study)
    J, K = coding.constants.shape
    if not coding.owned.all() or not _same_everywhere(coding):
        return float("nan")
    C = coding.constants[:, is_constant]
    log_det = float(log_determinants(tasks * C.T @ (np.eye(J) / J - 1 / J**2) @ C))
    counted = int(is_constant.sum())
    for component in coding.components[0]:
        columns = np.flatnonzero(np.ptp(component.values, axis=0) > 0)
        if len(component.attributes) > 1 or is_constant[columns].any():
            return float("nan")
        block = _largest_block(component.values[:, columns], J)
        if block is None:
            return float("nan")
        log_det += float(log_determinants(tasks * block))
        counted += len(columns)
    return d_error(log_det, K) if counted == K else float("nan")


def _same_everywhere(coding: LevelCoding) -> bool:
    """Whether a level means the same in every alternative."""
    first = coding.components[0]
    return all(
        len(parts) == len(first)
        and all(np.array_equal(a.values, b.values) for a, b in zip(parts, first, strict=True))
        for parts in coding.components
    )


def _largest_block(C: FloatArray, J: int) -> FloatArray | None:
    """Return the block of coded levels C (n, k) in a task that tells most; None without a closed form."""
    n, k = C.shape
    if k == 1:
        return np.array([[(J // 2) * (J - J // 2) / J**2 * np.ptp(C) ** 2]])
    if k != n - 1:
        return None
    least, more = divmod(J, n)
    pairs = (J**2 - (n - more) * least**2 - more * (least + 1) ** 2) / 2
    centred = C - C.mean(axis=0)
    return np.asarray(pairs / J**2 * 2 / (n - 1) * centred.T @ centred)
