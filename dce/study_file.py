"""Study files: a study as TOML tables, every key checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from typing import Any

from dce.attributes import Alternative, Attribute, refusal
from dce.design_settings import DesignSettings
from dce.errors import StudyError, listed
from dce.prior import Prior
from dce.survey_settings import ExtraTask, Question, SurveySettings


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
    if "survey" in parts:
        parts["survey"] = _survey(parts["survey"])
    if "restrictions" in parts:
        parts["restrictions"] = _list("restrictions", parts["restrictions"])
    if isinstance(parts.get("priors"), Mapping):
        parts["priors"] = {
            name: _read_prior(f"priors, {name!r}", value) if isinstance(value, Mapping) else value
            for name, value in parts["priors"].items()
        }
    return parts


def _survey(table: object) -> SurveySettings:
    if isinstance(table, Mapping):
        table = dict(table)
        for name, kind in (("questions", Question), ("tasks", ExtraTask)):
            if name in table:
                key = f"survey, {name}"
                items = enumerate(_list(key, table[name]), 1)
                table[name] = [_part(f"{key}[{k}]", item, kind) for k, item in items]
    settings: SurveySettings = _part("survey", table, SurveySettings)
    return settings


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
        if value not in ([], {}) or f.default not in (MISSING, ()):
            table[f.name] = value
    plain = {name: value for name, value in table.items() if not isinstance(value, dict)}
    return {**plain, **table}


PRIOR_KEYS = {
    "uniform": ("uniform",),
    "triangular": ("triangular",),
    "lognormal": ("lognormal",),
    "sign": ("sign", "size"),
    "size": ("sign", "size"),
    "mean": ("mean", "sd"),
}
"""Keys that may stand together in the table of a prior, by the first of them that is found."""


def _read_prior(key: str, table: Mapping[str, Any]) -> Prior:
    """Return the prior that a table describes; :func:`_prior` is the inverse."""
    kind = next((name for name in PRIOR_KEYS if name in table), None)
    if kind is None:
        every = ["mean", "sd", "uniform", "triangular", "lognormal", "sign", "size"]
        _check_keys(key, table, every, ["mean"])
    allowed = PRIOR_KEYS[kind or "mean"]
    _check_keys(key, table, allowed, [name for name in allowed if name != "sd"])
    try:
        match kind:
            case "uniform":
                return Prior.uniform(*_numbers(kind, table[kind], ("low", "high")))
            case "triangular":
                return Prior.triangular(*_numbers(kind, table[kind], ("low", "mode", "high")))
            case "lognormal":
                return _lognormal(table[kind])
            case "sign" | "size":
                if table["sign"] not in ("+", "-"):
                    raise refusal("sign", table["sign"], "'+' or '-'")
                return (Prior.positive if table["sign"] == "+" else Prior.negative)(table["size"])
        return Prior(**table)
    except StudyError as error:
        raise StudyError(f"{key}: {error}") from None


def _lognormal(table: object) -> Prior:
    if not isinstance(table, Mapping):
        raise refusal("lognormal", table, "a table with 'mean', 'sd'")
    _check_keys("lognormal", table, ["mean", "sd"], ["mean", "sd"])
    return Prior.lognormal(**table)


def _numbers(key: str, value: object, names: Sequence[str]) -> list[Any]:
    if not isinstance(value, list) or len(value) != len(names):
        raise refusal(key, value, f"a list [{', '.join(names)}]")
    return value


def _prior(prior: Prior) -> float | dict[str, Any]:
    """Return what a study file says of a prior."""
    match prior.kind:
        case "uniform" | "triangular":
            return {prior.kind: list(prior.parameters)}
        case "lognormal":
            return {"lognormal": {"mean": prior.mean, "sd": prior.sd}}
        case "positive" | "negative":
            return {"sign": "+" if prior.kind == "positive" else "-", "size": prior.parameters[0]}
    return prior.mean if prior.is_fixed else {"mean": prior.mean, "sd": prior.sd}
