"""Study files: a study as TOML tables, every key checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from dce.attributes import Alternative, Attribute, DesignSettings, Prior, refusal
from dce.errors import StudyError, listed


def parts_of(table: Mapping[str, object], keys: Sequence[str]) -> dict[str, Any]:
    """Return what a study file says, as the arguments of ``Study``.

    Parameters
    ----------
    table : mapping
        The file's table.
    keys : sequence of str
        The keys that a study has.

    Raises
    ------
    StudyError
        For an unknown or missing key, or a part that contradicts itself.
    """
    _check_keys("", table, keys, required=("title", "attributes", "alternatives"))
    parts: dict[str, Any] = dict(table)
    for name, kind in (("attributes", Attribute), ("alternatives", Alternative)):
        parts[name] = [
            _part(f"{name}[{k}]", item, kind) for k, item in enumerate(_list(name, parts[name]), 1)
        ]
    if "opt_out" in parts:
        parts["opt_out"] = _part("opt_out", parts["opt_out"], Alternative)
    if "design" in parts:
        parts["design"] = _part("design", parts["design"], DesignSettings)
    if "restrictions" in parts:
        parts["restrictions"] = _list("restrictions", parts["restrictions"])
    if isinstance(parts.get("priors"), Mapping):
        parts["priors"] = {
            name: _part(f"priors, {name!r}", value, Prior) if isinstance(value, Mapping) else value
            for name, value in parts["priors"].items()
        }
    return parts


def _part(key: str, table: object, kind: type[Any]) -> Any:
    if not isinstance(table, Mapping):
        raise refusal(key, table, f"a table with {listed(f.name for f in fields(kind))}")
    required = [f.name for f in fields(kind) if f.default is MISSING and f.default_factory is MISSING]
    _check_keys(key, table, [f.name for f in fields(kind)], required)
    try:
        return kind(**table)
    except StudyError as error:
        raise StudyError(f"{key}: {error}") from None


def _list(key: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise refusal(key, value, "a list")
    return value


def _check_keys(
    key: str, table: Mapping[str, object], allowed: Sequence[str], required: Sequence[str]
) -> None:
    for name in table:
        if name not in allowed:
            raise refusal(f"{key}, unknown key" if key else "unknown key", name, listed(allowed, 20))
    for name in required:
        if name not in table:
            raise StudyError(f"{key}{key and ', '}{name}: is missing; this key is required.")


def table_of(part: Any) -> dict[str, Any]:
    """Return what a study file says of a part: everything that differs from its default."""
    table: dict[str, Any] = {}
    for f in fields(part):
        value = getattr(part, f.name)
        if value is None or (f.default is not MISSING and value == f.default):
            continue
        if f.name == "priors":
            value = {name: _prior(prior) for name, prior in value.items()}
        elif isinstance(value, tuple):
            value = [table_of(item) if is_dataclass(item) else item for item in value]
        elif is_dataclass(value):
            value = table_of(value)
        if value not in ([], {}):
            table[f.name] = value
    plain = {name: value for name, value in table.items() if not isinstance(value, dict)}
    return {**plain, **table}


def _prior(prior: Prior) -> float | dict[str, float]:
    return {"mean": prior.mean, "sd": prior.sd} if prior.sd else prior.mean
