"""What is asked of a search, checked at the door."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dce.design_settings import DesignSettings
from dce.errors import DesignError, StudyError, quoted
from dce.study import Study


def settings_of(study: Study, **given: object) -> DesignSettings:
    """Return the settings of the study, with those that are given (not None) in their place.

    Raises
    ------
    DesignError
        If they contradict the study or themselves, or leave fewer tasks than coefficients need.
    """
    try:
        wanted = {name: value for name, value in given.items() if value is not None}
        settings = replace(study.design, **wanted)  # type: ignore[arg-type]  # it checks
        study.check_settings(settings)
    except StudyError as error:
        raise DesignError(str(error)) from None
    K, J = len(study.coefficients), len(study.alternative_names)
    if settings.tasks * (J - 1) < K:
        raise DesignError(
            f"tasks: found {settings.tasks}; allowed: at least {-(-K // (J - 1))}, because the utility has "
            f"{K} coefficients."
        )
    return settings


def whole_number(name: str, value: object, least: int = 1) -> int:
    """Return a whole number, or refuse what is none."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise DesignError(f"{name}: found {quoted(value)}; allowed: a whole number of at least {least}.")
    return int(value)


def check_seconds(seconds: object) -> None:
    """Refuse a time that is none."""
    is_number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
    if seconds is not None and not (is_number and 0 < seconds < np.inf):  # type: ignore[operator]  # a number
        raise DesignError(f"seconds: found {quoted(seconds)}; allowed: a number above zero.")
