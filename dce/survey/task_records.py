"""What was recorded of each answer besides the choice: when it came, how long it took, how sure it was."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dce.cell_texts import as_numbers, given
from dce.errors import listed
from dce.logit import FloatArray
from dce.survey.answers import Answers


def recorded_numbers(answers: Answers, tags: Sequence[str], most_tasks: int) -> dict[str, FloatArray]:
    """Return ``position``, ``seconds`` and ``certainty`` where they are known, (R, S) each.

    Raises
    ------
    ChoicesError
        If a number is outside its range, or two tasks of a respondent have one position.
    """
    ranges = {"position": (1.0, float(most_tasks)), "seconds": (0.0, np.inf), "certainty": (0.0, 10.0)}
    tables: dict[str, pd.DataFrame | None] = {name: getattr(answers, name) for name in ranges}
    found = {
        name: _numbers(answers, table, tags, name, ranges[name])
        for name, table in tables.items()
        if table is not None
    }
    if "position" in found:
        _check_positions(answers, tags, found["position"])
    return found


def _check_positions(answers: Answers, tags: Sequence[str], numbers: FloatArray) -> None:
    """Refuse two tasks of a respondent in one place of the order."""
    ordered = np.sort(numbers, axis=1)  # missing ones last, and never equal
    wrong = (ordered[:, 1:] == ordered[:, :-1]).any(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        values, counts = np.unique(numbers[row], return_counts=True)
        twice = float(values[counts > 1][0])
        columns = [answers.column(f"{tags[int(k)]}_position") for k in np.flatnonzero(numbers[row] == twice)]
        raise answers.error(
            row, f"column {listed(columns)}: position is {twice:g} in each; allowed: each position once"
        )


def _numbers(
    answers: Answers, table: pd.DataFrame, tags: Sequence[str], name: str, within: tuple[float, float]
) -> FloatArray:
    least, most = within
    numbers = np.full((len(table), len(tags)), np.nan)
    for k, tag in enumerate(tags):
        if tag not in table:
            continue
        cells, distinct = pd.factorize(table[tag].to_numpy(dtype=object))
        texts = given(list(distinct), answers.missing)
        value = as_numbers(texts).to_numpy()
        right = (value >= least) & (value <= most)
        if name != "seconds":
            right &= value == np.round(value)
        wrong = texts.notna().to_numpy() & ~right
        if wrong.any():
            first = int(wrong.argmax())
            row = int((cells == first).argmax())
            kind = "a number" if name == "seconds" else "a whole number"
            allowed = f"{kind} from {least:g}" + (f" to {most:g}" if np.isfinite(most) else "")
            column = answers.column(f"{tag}_{name}")
            raise answers.error(
                row, f"column {column!r}: {name} is {texts.iloc[first]!r}; allowed: {allowed}"
            )
        numbers[:, k] = value[cells]
    return numbers


def screen_places(answers: Answers, tags: Sequence[str], names: Sequence[str]) -> FloatArray | None:
    """Return where each of J alternatives stood on the screen, (R, S, J); None if nothing is known.

    Raises
    ------
    ChoicesError
        If a cell does not name every alternative once.
    """
    if answers.places is None:
        return None
    places = np.full((len(answers.places), len(tags), len(names)), np.nan)
    for k, tag in enumerate(tags):
        if tag not in answers.places:
            continue
        numbers, distinct = pd.factorize(answers.places[tag].to_numpy(dtype=object))
        by_value = np.full((len(distinct) + 1, len(names)), np.nan)
        for n, value in enumerate(distinct):
            if str(value).strip() in answers.missing:
                continue
            order = [name.strip() for name in str(value).split("|")]
            if sorted(order) != sorted(names):
                row = int(np.flatnonzero(numbers == n)[0])
                column = answers.column(f"{tag}_places")
                allowed = f"each of {listed(names)} once, with | between"
                raise answers.error(row, f"column {column!r}: found {value!r}; allowed: {allowed}")
            by_value[n] = [order.index(name) + 1 for name in names]
        places[:, k] = by_value[numbers]
    return None if np.isnan(places).all() else places
