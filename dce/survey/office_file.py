"""Files of Word and Excel, which are zip archives of XML: the same content gives the same bytes."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime

MADE = datetime(2000, 1, 1)  # the formats hold no time zone
"""When every file says that it was made: a fixed time, so that it does not change its bytes."""


def fixed_bytes(data: bytes) -> bytes:
    """Return the archive of a Word or Excel file with fixed times, of its parts and of its last change."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                stamp = MADE.isoformat().encode() + b"Z"
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp, content)
            part = zipfile.ZipInfo(name, date_time=(2000, 1, 1, 0, 0, 0))
            part.compress_type = zipfile.ZIP_DEFLATED
            part.external_attr = 0o600 << 16
            new.writestr(part, content)
    return made.getvalue()


def xml_text(text: str) -> str:
    """Return a text in which a replacement character stands for each that XML cannot hold.

    Examples
    --------
    >>> xml_text("a\\x07b") == "a\\ufffdb"
    True
    """
    return re.sub("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
