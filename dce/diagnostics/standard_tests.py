"""The tests that a paper reports of a discrete choice experiment."""

from __future__ import annotations

from dataclasses import replace

from dce.choices import Choices
from dce.diagnostics.hypothesis_test import HypothesisTest, HypothesisTests
from dce.diagnostics.iia import iia
from dce.diagnostics.left_right import left_right
from dce.diagnostics.linear_restrictions import zero
from dce.diagnostics.linearity import IN_PART, MOST_LEVELS, linearity
from dce.diagnostics.refit import fit_of
from dce.diagnostics.wald import wald_of
from dce.errors import EstimationError
from dce.estimation.fit import Fit
from dce.formula import ALTERNATIVE, CONSTANTS


def standard_tests(answers: Fit | Choices) -> tuple[HypothesisTests, ...]:
    """Test each attribute, left against right, straight lines, and the logit itself.

    Parameters
    ----------
    answers : Fit or Choices
        Of answers, the fit of the study's utility is made.

    Returns
    -------
    tuple of HypothesisTests
        First: that an attribute has no effect (all its coefficients, those of interactions included);
        that the constants of services with the same attributes are equal; that a numeric attribute of
        three levels or more is linear (of more than twenty: against a square). Second, with three
        alternatives or more: independence of irrelevant alternatives.

    See Also
    --------
    wald, left_right, linearity, iia : Each of them by itself.
    """
    fit = fit_of(answers)
    tests = [_no_effect(fit, name) for name in _attributes(fit)]
    notes = [f"Standard errors: {fit.inference}."]
    if _unlabelled(fit):
        test = left_right(fit)
        notes += test.notes[:1]
        tests.append(replace(test, name="left-right", hypothesis="equal constants", notes=()))
    in_part: dict[str, list[str]] = {}
    for name in _attributes(fit):
        levels = fit.choices.frame[name].nunique()
        if name not in fit.coding.names or levels < 3:
            continue
        label = _label(fit, name)
        degree = 2 if levels > MOST_LEVELS else None
        try:
            line = linearity(fit, name, degree)
        except EstimationError as error:
            notes.append(f"{label}, not tested for linearity: {str(error).removeprefix('linearity: ')}")
            continue
        hypothesis = f"{label}: linear" + (" (against a square)" if degree else "")
        tests.append(replace(line.wald, name="linearity", hypothesis=hypothesis, notes=()))
        for note in line.notes:
            if note.startswith(IN_PART):
                in_part.setdefault(note, []).append(label)
    notes += [f"{', '.join(labels)}: {note}" for note, labels in in_part.items()]
    first = HypothesisTests("Tests of the model", tuple(tests), tuple(notes))
    return (first,) if len(fit.choices.alternatives) < 3 else (first, iia(fit))


def _attributes(fit: Fit) -> list[str]:
    """Return the attributes in the utility, in the order of the study or of their coefficients."""
    used = [name for part in fit.coding.parts for name in sorted(part)]
    if fit.study is not None:
        return [name for name in fit.study.attribute_names if name in used]
    names = dict.fromkeys(name for name in used if name not in (ALTERNATIVE, CONSTANTS))
    return [name for name in names if fit.choices.differs_within_tasks(name)]


def _no_effect(fit: Fit, attribute: str) -> HypothesisTest:
    pairs = zip(fit.coding.names, fit.coding.parts, strict=True)
    names = [name for name, part in pairs if attribute in part]
    hypothesis = f"{_label(fit, attribute)}: no effect"
    return replace(wald_of(fit, zero(names, fit.coding), hypothesis), name="Wald", notes=())


def _label(fit: Fit, attribute: str) -> str:
    return fit.study.attribute(attribute).label if fit.study else attribute


def _unlabelled(fit: Fit) -> bool:
    """Whether the study's services have the same attributes, and the same tastes for them."""
    if fit.study is None or len(fit.study.alternatives) < 2:
        return False
    if any(len(part) > 1 and part & {ALTERNATIVE, CONSTANTS} for part in fit.coding.parts):
        return False
    services = {service.name for service in fit.study.alternatives}
    return all(services <= set(each.alternatives or services) for each in fit.study.attributes)
