"""How numbers and names stand in the sentences of a report."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from dce.table import number


def in_quotes(text: object) -> str:
    """Return a text between quotation marks.

    Examples
    --------
    >>> in_quotes("Now")
    '“Now”'
    """
    return f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}"


def with_interval(row: Mapping[Any, Any], column: str, spec: str, level: float | None = None) -> str:
    """Return an estimate with its interval.

    Examples
    --------
    >>> with_interval({"rate": 7.24, "low": 5.93, "high": 8.55}, "rate", ".1f", 0.95)
    '7.2 (95% interval 5.9 to 8.6)'
    """
    estimate, low, high = (number(row[name], spec) for name in (column, "low", "high"))
    name = "" if level is None else f"{number(level, '.0%')} interval "
    return f"{estimate} ({name}{low} to {high})"


def of_count(count: int | None, one: str, many: str = "") -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> of_count(1, "task"), of_count(1200, "task")
    ('1 task', '1,200 tasks')
    """
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def slugs(names: Iterable[str]) -> dict[str, str]:
    """Return names as parts of the names of files, each another one.

    Examples
    --------
    >>> slugs(["wait:alternative[peers]", "Ärzte", "Wait", "wait"])
    {'wait:alternative[peers]': 'wait_alternative_peers', 'Ärzte': 'arzte', 'Wait': 'wait', 'wait': 'wait_2'}
    """
    found: dict[str, str] = {}
    for name in names:
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        slug = one = re.sub(r"[^a-z0-9]+", "_", plain).strip("_") or "x"
        count = 1
        while slug in found.values():
            count += 1
            slug = f"{one}_{count}"
        found[name] = slug
    return found
