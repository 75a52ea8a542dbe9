"""Word files, through the optional package python-docx."""

from __future__ import annotations

from types import ModuleType

from dce.errors import DceError


def docx() -> ModuleType:
    """Return the package python-docx.

    Raises
    ------
    DceError
        If it is not installed.
    """
    try:
        import docx  # noqa: PLC0415
    except ImportError as error:
        raise DceError("Word files need python-docx: pip install 'dce[paper]'.") from error
    module: ModuleType = docx
    return module
