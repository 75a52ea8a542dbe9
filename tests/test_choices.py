"""Choices: simulation in balance, layouts of ragged tasks, what is counted and shown."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

import dce


def test_a_simulation_is_balanced_and_repeatable(small_design):
    one = dce.simulate_choices(small_design, respondents=31, seed=4)
    two = dce.simulate_choices(small_design, respondents=31, seed=4)
    pd.testing.assert_frame_equal(one.frame, two.frame)
    per_block = one.frame.groupby("block")["respondent"].nunique()
    assert sorted(per_block) == [15, 16]
    assert one.n_tasks == 31 * 6
    assert one.n_respondents == 31


def test_a_simulation_follows_the_probabilities(small_design):
    n = 40_000
    choices = dce.simulate_choices(small_design, respondents=n, seed=1)
    chosen = choices.frame[choices.frame["chosen"] == 1]
    counts = chosen.groupby("task")["alternative"].value_counts().unstack()[["A", "B"]]
    expected = small_design.probabilities * (n / 2)
    assert chisquare(counts.to_numpy().ravel(), expected.ravel(), ddof=11).pvalue > 0.001


def test_tasks_may_have_different_alternatives():
    frame = pd.DataFrame(
        {
            "t": [1, 2, 1, 2, 2],
            "alt": ["a", "a", "b", "b", "c"],
            "y": [0, 0, 1, 0, 1],
            "there": [1, 1, 1, 0, 1],
        }
    )
    choices = dce.read_long(frame, task="t", alternative="alt", chosen="y", available="there")
    layout = choices.layout
    assert layout.rows.tolist() == [[0, 2, 0], [1, 3, 4]]
    assert layout.available.tolist() == [[True, True, False], [True, False, True]]
    assert layout.chosen.tolist() == [1, 2]
    assert layout.respondents is None


def test_the_same_task_number_of_two_respondents_is_two_tasks(long_frame):
    frame = long_frame.assign(t=long_frame["t"] % 5)
    choices = dce.read_long(frame, task="t", alternative="alt", chosen="y", respondent="id")
    assert choices.n_tasks == 150
    with pytest.raises(dce.ChoicesError, match="occurs twice"):
        dce.read_long(frame, task="t", alternative="alt", chosen="y")


def test_printing_shows_shares_and_what_was_left_out(small_choices):
    shown = str(dce.Choices(small_choices.frame, small_choices.study, {"rows without any answer": 3}))
    assert "200 respondents, 1,200 answered tasks" in shown
    assert "Left out: 3 rows without any answer" in shown


def test_a_respondent_in_two_blocks_is_refused(small_choices):
    frame = small_choices.frame.copy()
    who = frame["respondent"] == 1
    first = frame.loc[who, "task"].iloc[0]
    frame.loc[who & (frame["task"] == first), "block"] = 3 - frame.loc[who, "block"].iloc[0]
    with pytest.raises(
        dce.ChoicesError, match=r"respondent 1 is in blocks 1, 2|respondent 1 is in blocks 2, 1"
    ):
        dce.Choices(frame, small_choices.study)


def test_missing_values_matter_only_where_they_are_used(long_frame):
    frame = long_frame.assign(income=np.nan)
    choices = dce.read_long(frame, task="t", alternative="alt", chosen="y", respondent="id")
    dce.fit_mnl(choices, "price")
    with pytest.raises(
        dce.ChoicesError, match=r"task 0: income is missing; allowed: a value in every row.*450 rows"
    ):
        dce.fit_mnl(choices, "price + time:income")
    half = long_frame.assign(income=np.where(long_frame["id"] == 3, np.nan, 1.0 + long_frame["id"]))
    choices = dce.read_long(half, task="t", alternative="alt", chosen="y", respondent="id")
    with pytest.raises(dce.ChoicesError, match=r"respondent 3, task 15: income is .*15 rows lack it"):
        dce.fit_mnl(choices, "price + time:income")


def test_unknown_coefficients_of_a_simulation_are_refused(small_design):
    with pytest.raises(dce.ChoicesError, match="unknown: 'cost'"):
        dce.simulate_choices(small_design, {"cost": 1}, respondents=5, seed=1)


def test_a_simulation_needs_priors_or_coefficients(small_design, clinics):
    blank = dce.evaluate_design(clinics(priors={}), small_design.frame)
    with pytest.raises(dce.ChoicesError, match="no priors"):
        dce.simulate_choices(blank, respondents=5, seed=1)


def test_a_column_with_a_meaning_needs_a_role(long_frame):
    frame = long_frame.assign(weight=70.0)
    with pytest.raises(
        dce.ChoicesError, match=r"'weight' .* no role: give it one \(weight='weight'\), or rename"
    ):
        dce.read_long(frame, task="t", alternative="alt", chosen="y", respondent="id")
