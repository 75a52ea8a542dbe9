"""Whether people are drawn to a place on the card, such as the left service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dce.choices import Choices
from dce.diagnostics.hypothesis_test import HypothesisTest
from dce.diagnostics.linear_restrictions import LinearRestrictions, zero
from dce.diagnostics.refit import fit_of, refit
from dce.diagnostics.screen_places import places_differ, with_places
from dce.diagnostics.wald import wald_of
from dce.errors import EstimationError, listed
from dce.estimation.fit import Fit
from dce.estimation.utility import learn_utility
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import FloatArray


def left_right(answers: Fit | Choices, alternatives: Sequence[object] | None = None) -> HypothesisTest:
    """Test whether the constants of unlabelled alternatives are equal.

    Services that differ in nothing but their attributes have equal constants, unless people are drawn
    to one place on the card. Constants that the model lacks are added for the test. Where the survey
    shuffled the services, and recorded their places, the test is of the places.

    Parameters
    ----------
    answers : Fit or Choices
        Of answers, the fit of the study's utility is made.
    alternatives : sequence, optional
        The alternatives that are unlabelled. Default: all but the opt-out.

    Returns
    -------
    HypothesisTest
        The Wald test, with the covariance of the fit.

    Raises
    ------
    EstimationError
        If fewer than two alternatives are left, or one is unknown.
    """
    fit = fit_of(answers)
    services = _services(fit, alternatives)
    if places_differ(fit.choices, services):
        return _of_places(fit, services)
    notes: tuple[str, ...] = ()
    if sum(_constant(fit, service) is None for service in services) > 1:
        coding = learn_utility(fit.choices, f"{fit.coding.formula} + {ALTERNATIVE}")
        fit, notes = refit(fit, coding)
        notes = ("The model has a constant for every alternative but one, added for this test.", *notes)
    labels = [_label(fit, service) for service in services]
    R = np.zeros((len(services), len(fit.coding.names)))
    for row, service in enumerate(services):
        name = _constant(fit, service)
        if name is not None:
            R[row, fit.coding.names.index(name)] = 1.0
    R = R[1:] - R[0]
    rows = tuple(f"{label} = {labels[0]}" for label in labels[1:])
    test = wald_of(
        fit, LinearRestrictions(R, np.zeros(len(R)), rows), f"equal constants of {', '.join(labels)}"
    )
    notes = (_found(fit, R, labels, "Constants less that of"), *test.notes, *notes, *_interacting(fit))
    return replace(test, name="Left-right test", notes=notes)


def _of_places(fit: Fit, services: Sequence[object]) -> HypothesisTest:
    """Test whether places on the screen matter."""
    choices, columns, unknown = with_places(fit.choices, services)
    coding = learn_utility(choices, f"{fit.coding.formula} + {' + '.join(columns)}")
    placed, notes = refit(replace(fit, choices=choices), coding)
    test = wald_of(placed, zero(columns, coding))
    numbers = [f"place {k}" for k in range(1, len(columns) + 2)]
    left_out = f"Left out: {unknown:,d} answered tasks whose places on the screen are unknown."
    return replace(
        test,
        name="Left-right test",
        hypothesis="equal places on the screen",
        notes=(
            _found(placed, zero(columns, coding).R, numbers, "Utility less that of"),
            *test.notes,
            *notes,
            *((left_out,) if unknown else ()),
        ),
    )


def _services(fit: Fit, alternatives: Sequence[object] | None) -> list[object]:
    known = list(fit.choices.alternatives)
    if alternatives is None:
        opt_out = fit.study.opt_out.name if fit.study and fit.study.opt_out else None
        services = [name for name in known if name != opt_out]
    else:
        services = list(dict.fromkeys(alternatives))
        unknown = [name for name in services if name not in known]
        if unknown:
            raise EstimationError(
                f"left-right: {listed(unknown)} is no alternative here; allowed: {listed(known, 20)}."
            )
    if len(services) < 2:
        raise EstimationError(
            f"left-right: found {listed(services) or 'no alternative'}; allowed: two alternatives or more."
        )
    return services


def _constant(fit: Fit, service: object) -> str | None:
    """Return the name of an alternative's constant, if it has one."""
    names = (f"constant[{service}]", f"{ALTERNATIVE}[{service}]")
    return next((name for name in names if name in fit.coding.names), None)


def _label(fit: Fit, service: object) -> str:
    if fit.study is None:
        return str(service)
    labels = {each.name: each.label for each in fit.study.all_alternatives}
    return labels.get(str(service), str(service))


def _found(fit: Fit, R: FloatArray, labels: list[str], what: str) -> str:
    gaps = R @ fit.coefficients.to_numpy()
    errors = np.sqrt(np.diag(R @ fit.covariance.to_numpy() @ R.T))
    each = [f"{label} {gap:+.4f} ({se:.4f})" for label, gap, se in zip(labels[1:], gaps, errors, strict=True)]
    return f"{what} {labels[0]}, with standard errors: {', '.join(each)}."


def _interacting(fit: Fit) -> tuple[str, ...]:
    """Say where constants differ with something else, so that these are not all of them."""
    others = [
        name
        for name, part in zip(fit.coding.names, fit.coding.parts, strict=True)
        if len(part) > 1 and part & {ALTERNATIVE, CONSTANTS}
    ]
    return (f"Where the variables of {', '.join(others)} are zero.",) if others else ()
