"""The coding of a utility formula for answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.coding import Coding, learn_coding
from dce.errors import ChoicesError, FormulaError, quoted
from dce.formula import ALTERNATIVE, parse_formula


def learn_utility(choices: Choices, formula: str | None) -> Coding:
    """Return the coding of a formula (default: the study's utility) for these answers."""
    study, frame = choices.study, choices.frame
    if formula is None and study is None:
        raise FormulaError("give a formula, such as 'cost + time': these answers have no study that says it.")
    if study is not None and formula is None:
        return study.coding
    text = formula or (study.utility if study else "")
    parsed = parse_formula(text, bool(study and study.constants))
    _check_used(choices, parsed.variables)
    candidates = [name for name in parsed.variables if name in frame] if parsed.interactions else []
    fixed = {name for name in candidates if not choices.differs_within_tasks(name)}
    if study is not None:
        return study.learn(formula, frame, fixed - set(study.levels))
    if ALTERNATIVE in parsed.variables:
        codes = choices.columns.coded(ALTERNATIVE).codes
        frame = frame.assign(
            **{ALTERNATIVE: pd.Categorical.from_codes(codes, pd.Index(choices.alternatives))}
        )
    return learn_coding(text, frame, fixed=fixed)


def _check_used(choices: Choices, variables: Sequence[str]) -> None:
    """Refuse missing and non-finite values in the columns that the formula uses."""
    attributes = choices.study.attribute_names if choices.study else ()
    for name in variables:
        if name in attributes or name not in choices.frame:
            continue  # attributes were checked when the Choices were made
        values = choices.frame[name]
        if _every_value_is_known(values):
            continue
        wrong = values.isna().to_numpy()
        if pd.api.types.is_numeric_dtype(values):
            wrong = wrong | ~np.isfinite(values.to_numpy(dtype=np.float64, na_value=np.nan))
        if "available" in choices.frame:
            wrong = wrong & choices.frame["available"].to_numpy(dtype=bool)
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            at = choices.frame.iloc[row]
            who = f"respondent {at['respondent']}, " if "respondent" in at else ""
            found = "missing" if pd.isna(values.iloc[row]) else quoted(values.iloc[row])
            raise ChoicesError(
                f"{choices.source}, {who}task {at['task']}: {name} is {found}; allowed: "
                f"a value in every row, because the formula uses it ({int(wrong.sum()):,d} rows lack it)."
            )


def _every_value_is_known(values: pd.Series) -> bool:
    """Whether values are numbers, all of them finite, which is found quickly."""
    if not isinstance(values.dtype, np.dtype) or values.dtype.kind not in "iubf":
        return False
    return values.dtype.kind != "f" or bool(np.isfinite(values.to_numpy()).all())
