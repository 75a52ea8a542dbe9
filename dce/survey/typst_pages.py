"""Pages that the optional package typst sets, with the fonts that it brings: the same on every machine."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.resources import files
from types import ModuleType
from typing import Any, Literal, TypeVar

from dce.errors import DceError, quoted

Job = TypeVar("Job")
Result = TypeVar("Result")
ROOT = files("dce")
"""What templates may import from: ``#import "/survey/templates/card.typ"`` in any room."""
NO_LETTERS = ("Cc", "Cn", "Co", "Cs")
"""Unicode categories of control codes and of codes without a meaning, whatever a font draws for them."""
JOINED = ("Mn", "Me", "Cf")
"""Unicode categories of accents and joiners, which show only together with other signs."""
UNIVERSAL = ["ua-1"]
"""PDF/UA-1: tagged for screen readers, and every glyph is there."""


def typst() -> ModuleType:
    """Return the package typst.

    Raises
    ------
    DceError
        If it is not installed.
    """
    try:
        import typst  # noqa: PLC0415
    except ImportError as error:
        raise DceError("PDF files and images of cards need typst: pip install 'dce[paper]'.") from error
    module: ModuleType = typst
    return module


def pdf(template: str, data: Mapping[str, Any], room: str = "survey") -> bytes:
    """Return a template of a room filled with data as an accessible PDF (PDF/UA-1), dated 1970-01-01."""
    return _compile(template, data, room, format="pdf", pdf_standards=UNIVERSAL, timestamp=0)[0]


def pictures(
    template: str, data: Mapping[str, Any], form: Literal["png", "svg"], ppi: float = 144
) -> list[bytes]:
    """Return the pages of a template filled with data as pictures; dots per inch are those of PNG."""
    return _compile(template, data, "survey", format=form, ppi=ppi)


def measured(template: str, data: Mapping[str, Any], label: str) -> Any:
    """Return the value that a template filled with data has found out, by its label."""
    with _errors(template):
        return json.loads(_compiler(template, data, "survey").query(f"<{label}>", field="value", one=True))


def in_threads(work: Callable[[Job], Result], jobs: Sequence[Job]) -> list[Result]:
    """Return the results of all jobs in their order: typst works outside of Python, on every core."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(work, jobs))


def check_glyphs(data: object) -> None:
    """Refuse texts with characters for which the fonts have no glyph.

    Parameters
    ----------
    data : object
        Texts, in lists and mappings of any depth.

    Raises
    ------
    DceError
        With the characters, and a text that has them.
    """
    texts = [text for text in _texts(data) if not _is_plain(text)]
    signs = list(
        dict.fromkeys(sign for text in texts for sign in text if not (_is_plain(sign) or sign == "\n"))
    )
    missing = [sign for sign in signs if unicodedata.category(sign) in NO_LETTERS]
    missing += _not_displayed([s for s in signs if unicodedata.category(s) not in (*NO_LETTERS, *JOINED)])
    if not missing:  # a sign and an accent that do not go together
        words = dict.fromkeys(word for text in texts for word in text.split() if not _is_plain(word))
        missing = _not_displayed(list(words))
    if not missing:
        return
    text = next(text for text in texts if missing[0] in text)
    found = [f"{sign} ({_points(sign)})" if sign.isprintable() else _points(sign) for sign in missing]
    more = f" and {len(found) - 8} more" if len(found) > 8 else ""
    raise DceError(
        f"text {quoted(' '.join(text.split())[:80])}: found {', '.join(found[:8])}{more}, which the fonts of "
        "PDF files and images do not have; allowed: Latin, Greek, Cyrillic and Hebrew letters, and common "
        "signs. Use other words, or the place html, which shows every text."
    )


def _texts(data: object) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, Mapping):
        for value in data.values():
            yield from _texts(value)
    elif isinstance(data, Iterable):
        for value in data:
            yield from _texts(value)


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _points(signs: str) -> str:
    return " ".join(f"U+{ord(sign):04X}" for sign in signs)


def _not_displayed(words: Sequence[str]) -> list[str]:
    """Return the words that cannot be displayed, found by halving."""
    if not words or _displays(words):
        return []
    if len(words) == 1:
        return list(words)
    half = len(words) // 2
    return _not_displayed(words[:half]) + _not_displayed(words[half:])


def _displays(words: Sequence[str]) -> bool:
    try:
        pdf("glyphs.typ", {"words": list(words)})
    except DceError as error:
        if "could not be displayed" in str(error) or "disallowed codepoint" in str(error):
            return False
        raise
    return True


def _compile(template: str, data: Mapping[str, Any], room: str, **options: Any) -> list[bytes]:
    with _errors(template):
        made = _compiler(template, data, room).compile(**options)
    return made if isinstance(made, list) else [made]


def _compiler(template: str, data: Mapping[str, Any], room: str) -> Any:
    return typst().Compiler(
        str(ROOT / room / "templates" / template),
        root=str(ROOT),
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data)},
    )


@contextmanager
def _errors(template: str) -> Iterator[None]:
    try:
        yield
    except typst().TypstError as error:
        raise DceError(f"typst cannot set {template}: {error.message}.") from error
