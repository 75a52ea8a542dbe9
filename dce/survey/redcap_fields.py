"""Names of REDCap fields: small letters, digits and ``_``, up to 26."""

from __future__ import annotations

import re
from collections.abc import Sequence

FORM = "dce"
"""The instrument that holds everything."""
TAKEN = r"record_id|consent|dce|dce_.*|redcap_.*|b\d+_[twdr]\d+\w*"
"""Names that no question of a study can have."""


def attendance_field(number: int) -> str:
    """Return the field of an attribute, numbered from 1: names of attributes may be too long for REDCap."""
    return f"dce_attended_{number}"


def question_fields(names: Sequence[str]) -> dict[str, str]:
    """Return the field of each question of a study by its name.

    Examples
    --------
    >>> question_fields(["age", "record_id"])
    {'age': 'age', 'record_id': 'q_record_id'}
    """
    fields: dict[str, str] = {}
    for name in names:
        field = name
        while re.fullmatch(TAKEN, field) or field in fields.values():
            field = f"q_{field}"
        fields[name] = field
    return fields
