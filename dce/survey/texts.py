"""What dce itself says to respondents, in their language: shipped, or translated in a ``texts.toml``."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from dce.errors import StudyError, listed
from dce.toml import read_toml

SHIPPED = files("dce.survey") / "texts"
"""Folder of the languages that dce knows, one file each."""


@dataclass(frozen=True)
class Texts:
    """The texts of a survey by key, such as ``"card.heading"``.

    Attributes
    ----------
    language : str
        As in HTML.
    direction : str
        ``"ltr"`` or ``"rtl"``.
    texts : mapping of str to str
    """

    language: str
    direction: str
    texts: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.texts[key]

    def fill(self, key: str, **values: object) -> str:
        """Return a text with values in the place of its ``{names}``."""
        return self.texts[key].format(**values)


def languages() -> tuple[str, ...]:
    """Return the languages that dce knows."""
    names = (Path(entry.name) for entry in SHIPPED.iterdir())
    return tuple(sorted(name.stem for name in names if name.suffix == ".toml"))


def shipped_file(language: str) -> str:
    """Return the ``texts.toml`` of a language that dce knows, to translate from.

    Raises
    ------
    StudyError
    """
    if language not in languages():
        raise StudyError(
            f"language: found {language!r}; allowed: {listed(languages())}. For another, translate the texts "
            "that 'dce texts' writes and give the file."
        )
    return (SHIPPED / f"{language}.toml").read_text(encoding="utf-8")


def read_texts(language: str, path: str | Path | None, own: Mapping[str, str]) -> Texts:
    """Return the texts of a language, or of a translation, with own wording for some.

    Parameters
    ----------
    language : str
        That dce knows; not used where there is a path.
    path : path or None
        A translated ``texts.toml``.
    own : mapping of str to str
        Own wording by key, such as ``"card.heading"``.

    Raises
    ------
    StudyError
        If a text is missing, unknown, or lacks a ``{name}`` that is filled in.
    """
    english = _flat(_shipped("en"))
    if path is None:
        shipped_file(language)
        found, where = _flat(_shipped(language)), f"texts in {language}"
    else:
        found, where = _flat(read_toml(Path(path), StudyError, "; 'dce texts' writes one")), str(path)
    _check(found, english, where)
    _check({**found, **own}, english, "survey, texts")
    merged = {**found, **own}
    if merged["direction"] not in ("ltr", "rtl"):
        raise StudyError(f"{where}: direction is {merged['direction']!r}; allowed: 'ltr', 'rtl'.")
    return Texts(merged.pop("language"), merged.pop("direction"), merged)


def _shipped(language: str) -> dict[str, Any]:
    return read_toml(Path(str(SHIPPED / f"{language}.toml")), StudyError)


def _flat(table: Mapping[str, Any]) -> dict[str, str]:
    flat: dict[str, Any] = {}
    for key, value in table.items():
        inner = value.items() if isinstance(value, Mapping) else [("", value)]
        flat |= {f"{key}.{name}" if name else key: text for name, text in inner}
    return flat


def _check(found: Mapping[str, object], english: Mapping[str, str], where: str) -> None:
    missing = [key for key in english if key not in found]
    unknown = [key for key in found if key not in english]
    if missing or unknown:
        problem = f"{listed(missing, 40)} is missing" if missing else f"unknown key {listed(unknown)}"
        raise StudyError(f"{where}: {problem}; allowed: the keys of 'dce texts en'.")
    for key, text in found.items():
        if not isinstance(text, str) or not text.strip():
            raise StudyError(f"{where}: {key} is {text!r}; allowed: a text that is not empty.")
        try:
            given = set(_names(text))
        except ValueError as error:
            raise StudyError(
                f"{where}: {key} is {text!r}: {error}; write {{{{ and }}}} for braces."
            ) from None
        if given != set(_names(english[key])):
            raise StudyError(
                f"{where}: {key} is {text!r}; allowed: a text with "
                + (listed(f"{{{name}}}" for name in _names(english[key])) or "no {names}")
                + "."
            )


def _names(text: str) -> Iterator[str]:
    return (name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
