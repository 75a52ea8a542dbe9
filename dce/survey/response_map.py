"""What the columns and answers of a response file mean, where it is not the plain one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

from dce.cell_texts import EMPTY
from dce.errors import ChoicesError, listed
from dce.toml import read_toml

KINDS: dict[str, tuple[type, tuple[type, ...], str]] = {
    "respondent": (str, (str,), "the name of a column"),
    "block": (str, (str,), "the name of a column"),
    "weight": (str, (str,), "the name of a column"),
    "columns": (dict, (int, str), 'column = number of the task, or place in the block such as "t3"'),
    "answers": (dict, (str,), "text = name of the alternative"),
    "missing": (list, (str,), "a list of texts"),
    "rename": (dict, (str,), "column = new name"),
}
"""What the keys of a map hold."""


@dataclass(frozen=True)
class ResponseMap:
    """What the columns and answers of a response file mean.

    Attributes
    ----------
    respondent, block, weight : str or None
        The columns that hold them. Where there is no column ``respondent`` either, every row is one,
        numbered from 1; where there is no ``block``, it follows from the tasks that were answered.
    columns : mapping of str to int or str
        Column to task of the design (``3``), to place within the block (``"t3"``) or to the tag of the
        survey (``"b1_t3"``). Empty: columns are called by place or tag.
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
    columns: Mapping[str, int | str] = field(default_factory=dict)
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
        for key, value in table.items():
            if key not in KINDS:
                allowed = listed([f.name for f in fields(cls)])
                raise ChoicesError(f"{path}: unknown key {key!r}; allowed: {allowed}.")
            outer, inner, words = KINDS[key]
            items = value.values() if isinstance(value, dict) else value
            if not isinstance(value, outer) or any(type(item) not in inner for item in items):
                raise ChoicesError(f"{path}: {key} is {value!r}; allowed: {words}.")
        return cls(**table)
