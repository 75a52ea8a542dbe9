"""Pages for browsers: their templates, and how a content security policy knows their style and script."""

from __future__ import annotations

import base64
import hashlib
import json

import numpy as np
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


def page_environment(room: str = "dce.survey") -> Environment:
    """Return the environment of a room's page templates: escaped, and an error for what is not there.

    Templates of the survey can be included by those of any room.
    """
    rooms = dict.fromkeys([room, "dce.survey"])
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(name) for name in rooms]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["sha256"] = _sha256
    return environment


def as_script(content: object) -> str:
    """Return JSON that cannot end the element it stands in, whatever the texts of the study are."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), default=_plain, allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _plain(value: object) -> object:
    """Return a number of numpy as Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"not plain: {value!r}")


def _sha256(text: str) -> str:
    """Return the hash by which a content security policy knows an inline style or script."""
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
