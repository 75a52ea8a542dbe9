"""Answers to the tasks of a design by people whose tastes a test says."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import dce


@pytest.fixture(scope="session")
def answered(small_choices) -> Callable[..., dce.Choices]:
    """Answer the tasks of the small study again, with utilities that are a function of the frame.

    ``scatter`` is the standard deviation of a taste that is the same in all answers of a respondent.
    """

    def answer(
        utility: Callable[[pd.DataFrame], pd.Series], seed: int, respondents: int = 200, scatter: float = 0.0
    ) -> dce.Choices:
        rng = np.random.default_rng(seed)
        frame = small_choices.frame[small_choices.frame["respondent"] <= respondents].copy()
        taste = pd.Series(rng.normal(scale=scatter, size=201))
        value = utility(frame) + rng.gumbel(size=len(frame))
        value += frame["respondent"].map(taste) * (frame["parking"] == "yes")
        best = value.groupby([frame["respondent"], frame["task"]]).transform("max")
        return dce.Choices(frame.assign(chosen=(value == best).astype(int)), small_choices.study)

    return answer
