"""The choice cards as one accessible page, for a browser and for print."""

from __future__ import annotations

import base64
import hashlib
import re
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from dce.design.design import Design
from dce.survey.card import Card, cards


def write_html(design: Design, folder: Path) -> list[Path]:
    """Write the cards of a design as ``cards.html``.

    The page needs neither network nor JavaScript. Same design, same bytes.

    Parameters
    ----------
    design : Design
    folder : Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The file.
    """
    study = design.study
    page = (
        _environment()
        .get_template("cards.html.j2")
        .render(
            study=study,
            paragraphs=_paragraphs(study.introduction),
            defined=[attribute for attribute in study.attributes if attribute.definition.strip()],
            blocks=_by_block(cards(design)),
            services=len(study.alternatives),
        )
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "cards.html"
    path.write_text(_line_feeds(page), encoding="utf-8", newline="\n")
    return [path]


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("dce.survey"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["sha256"] = _sha256
    return environment


def _sha256(text: str) -> str:
    """Return the hash by which a content security policy knows an inline style."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, which blank lines separate."""
    parts = re.split(r"\n[ \t]*\n", _line_feeds(text))
    return [part.strip() for part in parts if part.strip()]


def _line_feeds(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _by_block(made: tuple[Card, ...]) -> list[tuple[int, list[Card]]]:
    return [(block, list(group)) for block, group in groupby(made, lambda card: card.block)]
