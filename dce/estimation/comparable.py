"""Whether two fits can be compared: other respondents, the same utility."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dce.errors import EstimationError, FormulaError, listed
from dce.estimation.fit import Fit

ROWS_COMPARED = 200
"""Rows of answers with which the codings of two fits are compared."""


def check_independent(one: str, first: Fit, two: str, second: Fit) -> None:
    """Refuse groups that share respondents.

    Raises
    ------
    EstimationError
    """
    a, b = first.choices.frame, second.choices.frame
    if first.choices is second.choices:
        raise EstimationError(f"{one} and {two}: are fits of the same answers; allowed: independent groups.")
    if "respondent" in a and "respondent" in b:
        both = sorted(set(a["respondent"]) & set(b["respondent"]), key=str)
        if both:
            raise EstimationError(
                f"{one} and {two}: {len(both):,d} respondents are in both, such as {listed(both, 3)}; "
                "allowed: independent groups. If these are other people, give them other names."
            )


def check_same_utility(first: Fit, second: Fit, at: Mapping[str, object] | None) -> None:
    """Refuse fits whose coefficients mean different things.

    Effects at a point mean the same, however they are coded.

    Raises
    ------
    EstimationError
    """
    if first.coding is second.coding:
        return
    differ = sorted(set(first.coding.names) ^ set(second.coding.names))
    if differ:
        raise EstimationError(f"{listed(differ)} is in one fit only; allowed: two fits of one utility.")
    if at is not None:
        return
    rows = second.choices.frame.head(ROWS_COMPARED)
    try:
        same = np.allclose(first.coding.matrix(rows), second.coding.matrix(rows), rtol=1e-9, atol=1e-12)
    except FormulaError as error:
        raise EstimationError(f"the fits have other levels: {error}") from error
    if not same:
        raise EstimationError(
            "the columns of the two fits mean different things (a transform or reference level was learned "
            "from each group's own answers); fit both with dce.fit_by, or give at=."
        )
