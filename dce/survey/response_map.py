"""What the columns and answers of a response file mean, where it is not the plain one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from dce.errors import ChoicesError, listed
from dce.toml import read_toml

EMPTY = ("", "NA")


@dataclass(frozen=True)
class ResponseMap:
    """What the columns and answers of a response file mean.

    Attributes
    ----------
    respondent, block, weight : str or None
        The columns that hold them. Without ``respondent`` every row is one, named by its line.
        Without ``block`` it follows from the tasks that were answered.
    columns : mapping of str to int
        Column to task of the design. Empty: ``t1`` ... within the block, or the survey's tags.
    answers : mapping of str to str
        Answer to name of the alternative. Empty: codes, names and labels of the alternatives.
    missing : sequence of str
        Texts that mean no answer.
    rename : mapping of str to str
        New names for characteristics.
    """

    respondent: str | None = None
    block: str | None = None
    weight: str | None = None
    columns: Mapping[str, int] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    missing: Sequence[str] = EMPTY
    rename: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, path: str | Path) -> ResponseMap:
        """Read a map from TOML, with the attributes above as keys.

        Raises
        ------
        ChoicesError
        """
        path = Path(path)
        table = read_toml(path, ChoicesError)
        kinds: dict[str, tuple[type, type | None]] = {
            "respondent": (str, None),
            "block": (str, None),
            "weight": (str, None),
            "columns": (dict, int),
            "answers": (dict, str),
            "missing": (list, str),
            "rename": (dict, str),
        }
        for key, value in table.items():
            if key not in kinds:
                allowed = listed([f.name for f in fields(cls)])
                raise ChoicesError(f"{path}: unknown key {key!r}; allowed: {allowed}.")
            outer, inner = kinds[key]
            items = value.values() if isinstance(value, dict) else value
            if not isinstance(value, outer) or (inner and not all(type(item) is inner for item in items)):
                of = f" of {inner.__name__}" if inner else ""
                raise ChoicesError(f"{path}: {key} is {value!r}; allowed: {outer.__name__}{of}.")
        return cls(**table)
