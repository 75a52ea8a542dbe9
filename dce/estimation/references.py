"""What rates divide by unless told otherwise: numbers that people want less of."""

from __future__ import annotations

from dce.estimation.fit import Fit
from dce.formula import ALTERNATIVE


def references(fit: Fit) -> list[str]:
    """Return the coefficients below zero of numeric attributes, such as a wait or a cost.

    Those that interact with anything but the alternative are left out, and so are curves.
    """
    numeric = {a.name for a in fit.study.attributes if a.is_numeric} if fit.study else set()
    coding = fit.coding
    return [
        name
        for name, part in zip(coding.names, coding.parts, strict=True)
        if len(part & numeric) == 1
        and part <= numeric | {ALTERNATIVE}
        and fit.coefficients[name] < 0
        and name.partition(":")[0] in part
    ]
