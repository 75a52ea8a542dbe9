"""TOML files, read with errors that name the file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from dce.errors import DceError


def read_toml(path: Path, error: type[DceError], hint: str = "") -> dict[str, Any]:
    """Return the table of a TOML file.

    Parameters
    ----------
    path : Path
    error : type
        What to raise if there is no such file, or it cannot be read.
    hint : str, optional
        What to do if there is no such file.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise error(f"{path}: there is no such file{hint}.") from None
    except UnicodeDecodeError as problem:
        raise error(f"{path}: is not UTF-8 (byte {problem.start}); save it as UTF-8.") from problem
    except (OSError, tomllib.TOMLDecodeError) as problem:
        raise error(f"{path}: cannot be read: {problem}.") from problem
