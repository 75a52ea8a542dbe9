"""The exceptions of dce.

::

    DceError
    ├── StudyError            a study file or a Study that contradicts itself
    ├── FormulaError          a utility formula that cannot be read or coded
    ├── DesignError           a design that is wrong, or cannot be made
    ├── ChoicesError          answers that are wrong, missing or not tied to the design
    ├── ScenarioError         a what-if service that cannot be coded
    ├── ReportError           what a page or report cannot show
    └── EstimationError       a model that cannot be estimated
        ├── IdentificationError   coefficients that cannot be told apart
        ├── SeparationError       answers that are predicted perfectly
        └── ConvergenceError      the maximum was not reached

Every message says where, what was found and what is allowed.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np


class DceError(Exception):
    """Anything that dce refuses to do."""


class StudyError(DceError):
    """A study file or a Study that contradicts itself."""


class FormulaError(DceError):
    """A utility formula that cannot be read or coded."""


class DesignError(DceError):
    """A design that is wrong, or cannot be made."""


class ChoicesError(DceError):
    """Answers that are wrong, missing or not tied to the design."""


class ScenarioError(DceError):
    """A what-if service that cannot be coded."""


class ReportError(DceError):
    """What a page or report cannot show."""


class EstimationError(DceError):
    """A model that cannot be estimated from these answers."""


class IdentificationError(EstimationError):
    """Coefficients that the answers cannot tell apart."""


class SeparationError(EstimationError):
    """Coefficients that predict answers perfectly: their estimates are infinite.

    Attributes
    ----------
    answers : tuple of int
        The answered tasks that are predicted, by number from 0.
    """

    def __init__(self, message: str, answers: Iterable[int] = ()) -> None:
        super().__init__(message)
        self.answers = tuple(int(answer) for answer in answers)


class ConvergenceError(EstimationError):
    """The maximum of the log-likelihood was not reached."""


class RangeWarning(UserWarning):
    """A prediction outside the range that respondents were asked about."""


class SurveyWarning(UserWarning):
    """A place that a survey goes to cannot do what the study asks for."""


def listed(values: Iterable[object], most: int = 8) -> str:
    """List values for a message, quoted, at most ``most`` of them.

    Examples
    --------
    >>> listed(["A", 2])
    "'A', 2"
    """
    shown = [quoted(value) for value in values]
    rest = len(shown) - most
    return ", ".join(shown[:most]) + (f" and {rest} more" if rest > 0 else "")


def quoted(value: object) -> str:
    """Show a value in a message as Python writes it, whatever library it comes from.

    Examples
    --------
    >>> quoted(np.int64(3)), quoted(np.float64(2.0)), quoted("two")
    ('3', '2', "'two'")
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return "missing" if value != value else plain(value)  # noqa: PLR0124
    return repr(value)


def plain(value: float) -> str:
    """Write a number with all its digits, and without a decimal point that it does not need.

    Examples
    --------
    >>> plain(2.0), plain(1000001), plain(0.1), plain(1e-7)
    ('2', '1000001', '0.1', '1e-07')
    """
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return repr(value)
