"""Answered tasks as arrays: who chose what, and where it stood.

Notation: N respondents, T answered tasks, J alternatives.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.errors import ChoicesError, listed, quoted
from dce.formula import ALTERNATIVE
from dce.logit import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class Answered:
    """Answered tasks.

    Attributes
    ----------
    choices : Choices
    opt_out : object
        The alternative that takes none of the services, or None.
    respondents : (N,) pandas.Index
        In order of their first answer.
    who : (T,) integer array
        Number of the respondent.
    """

    choices: Choices
    opt_out: object
    respondents: pd.Index
    who: IntArray

    def __len__(self) -> int:
        return len(self.who)

    def count(self, which: BoolArray) -> IntArray:
        """Return how many tasks of each respondent are so, (N,)."""
        return np.bincount(self.who[which], minlength=len(self.respondents))

    def of_task(self, column: str) -> pd.Series:
        """Return what the frame says of each task, (T,)."""
        return self.choices.frame[column].iloc[self.choices.layout.rows[:, 0]].reset_index(drop=True)

    def numbers(self, column: str) -> FloatArray:
        """Return numbers of each task, (T,); NaN where they are unknown.

        Raises
        ------
        ChoicesError
            If they are not numbers.
        """
        if column not in self.choices.frame:
            return np.full(len(self), np.nan)
        values = self.of_task(column)
        numbers = pd.to_numeric(values, errors="coerce")
        wrong = (values.notna() & numbers.isna()).to_numpy()
        if wrong.any():
            raise ChoicesError(
                f"{self.choices.source}, task {self.of_task('task')[int(wrong.argmax())]}: {column} is "
                f"{quoted(values[int(wrong.argmax())])}; allowed: a number."
            )
        return numbers.to_numpy(dtype=np.float64, na_value=np.nan)

    @cached_property
    def codes(self) -> IntArray:
        """Numbers of the alternatives, (T, J); -1 where there is none."""
        layout = self.choices.layout
        names = pd.Index(self.choices.alternatives)
        codes = names.get_indexer(pd.Index(self.choices.frame[ALTERNATIVE]))
        return np.where(layout.shown, codes[layout.rows], -1)

    @cached_property
    def none(self) -> BoolArray:
        """Which alternatives are the opt-out, (T, J)."""
        names = list(self.choices.alternatives)
        number = names.index(self.opt_out) if self.opt_out is not None else -2
        return np.asarray(self.codes == number)

    @cached_property
    def services(self) -> BoolArray:
        """Which alternatives are services that could be chosen, (T, J)."""
        return np.asarray(self.choices.layout.available & ~self.none)

    @cached_property
    def first(self) -> IntArray:
        """The first choice where the opt-out was a second question, else the choice, (T,)."""
        chosen = self.choices.layout.chosen
        if "forced" not in self.choices.frame:
            return chosen
        codes = pd.Index(self.choices.alternatives).get_indexer(pd.Index(self.of_task("forced")))
        same = (self.codes == codes[:, None]) & (codes >= 0)[:, None]
        return np.where(same.any(axis=1), same.argmax(axis=1), chosen)

    @cached_property
    def screen_known(self) -> bool:
        """Whether the places on the screen were recorded."""
        return "screen_place" in self.choices.frame

    @cached_property
    def places(self) -> FloatArray:
        """Place of every alternative among the services, from 1, (T, J); 0: the opt-out; NaN: unknown."""
        screen = self._screen_places()[self.choices.layout.rows] if self.screen_known else None
        place = np.asarray(self.codes + 1.0 if screen is None else screen, dtype=np.float64)
        before = np.where(self.none, place, np.inf).min(axis=1)[:, None] < place
        return np.where(self.none, 0, np.where(self.codes >= 0, place - before, np.nan))

    @cached_property
    def place_names(self) -> tuple[str, ...]:
        """What the places are called: left and right, or numbers; alternatives where nobody knows."""
        names = [str(name) for name in self.choices.alternatives if name != self.opt_out]
        if self.choices.study is None and not self.screen_known:
            return tuple(names)
        known = self.places[~np.isnan(self.places)]
        most = max(int(known.max(initial=0)), len(names) if self.choices.study is not None else 0)
        return ("left", "right") if most == 2 else tuple(str(k + 1) for k in range(most))

    def _screen_places(self) -> FloatArray:
        """Return the place on the screen of every row of the frame, from 1; NaN where it is unknown."""
        given = self.choices.frame["screen_place"]
        places = pd.to_numeric(given, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        wrong = given.notna().to_numpy() & ~((places >= 1) & (places == np.round(places)))
        if wrong.any():
            row = int(wrong.argmax())
            raise ChoicesError(
                f"{self.choices.source}, task {self.choices.frame['task'].iloc[row]}: screen_place is "
                f"{quoted(given.iloc[row])}; allowed: whole numbers from 1."
            )
        return places


def answered_tasks(choices: Choices, opt_out: object) -> Answered:
    """Take answers apart.

    Raises
    ------
    ChoicesError
        If the respondents are unknown, or there is no such opt-out.
    """
    if "respondent" not in choices.frame:
        raise ChoicesError(
            f"{choices.source}: column 'respondent' is missing, and quality is by respondent; found: "
            f"{listed(choices.frame.columns, 30)}. Say respondent= where the answers are read."
        )
    study = choices.study
    own = study.opt_out.name if study is not None and study.opt_out is not None else None
    allowed: list[object] = [own] if own is not None else []
    if study is None:
        allowed = list(choices.alternatives)
    if opt_out is not None and opt_out not in allowed:
        names = listed(allowed) or "nothing, as the study has no opt-out"
        raise ChoicesError(f"opt_out: found {quoted(opt_out)}; allowed: {names}.")
    numbers, respondents = pd.factorize(choices.frame["respondent"])
    who = np.asarray(numbers[choices.layout.rows[:, 0]], dtype=np.intp)
    return Answered(choices, own if opt_out is None else opt_out, pd.Index(respondents), who)
