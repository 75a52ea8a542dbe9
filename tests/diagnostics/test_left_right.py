"""The left-right test: by hand, with and without constants in the model, and what is refused."""

import numpy as np
import pandas as pd
import pytest

import dce


def test_by_hand():
    """Left is chosen in 60 of 100 tasks: the log-odds over its standard error, squared."""
    left = np.arange(100) < 60
    frame = pd.DataFrame(
        {
            "t": np.repeat(np.arange(100), 2),
            "alt": np.tile(["left", "right"], 100),
            "y": np.column_stack([left, ~left]).ravel().astype(int),
            "price": np.tile([1, 1, 1, 2, 2, 1], 34)[:200],
        }
    )
    choices = dce.read_long(frame, task="t", alternative="alt", chosen="y")
    found = dce.left_right(dce.fit_mnl(choices, "alternative", "classical"))
    assert found.statistic == pytest.approx(np.log(60 / 40) ** 2 * 100 * 0.6 * 0.4)
    assert found.hypothesis == "equal constants of left, right"
    assert "right -0.4055 (0.2041)" in str(found).replace("\n", " ")
    without = dce.left_right(dce.fit_mnl(choices, "price", "classical"))
    with_both = dce.left_right(dce.fit_mnl(choices, "price + alternative", "classical"))
    assert without.statistic == pytest.approx(with_both.statistic)
    assert "added for this test" in str(without)


def test_it_is_the_wald_test_of_the_constant(small_choices):
    fit = dce.fit_mnl(small_choices)
    assert dce.left_right(fit).statistic == dce.wald(fit, "constant[B] = 0").statistic
    bare = dce.fit_mnl(small_choices, "wait + parking + mode - constants")
    assert dce.left_right(bare).statistic == pytest.approx(dce.left_right(fit).statistic)
    assert dce.left_right(small_choices).statistic == dce.left_right(fit).statistic


@pytest.mark.parametrize("on", ["B", "neither"])
def test_the_opt_out_is_no_place(clinics, small_choices, rng, on):
    """With an opt-out: A against B, whichever alternatives have constants."""
    study = clinics(
        alternatives=[dce.Alternative("A"), dce.Alternative("B", constant=on == "B")],
        opt_out=dce.Alternative("neither", constant=on == "neither"),
        priors={},
    )
    frame = small_choices.frame
    neither = frame[frame["alternative"] == "A"].assign(alternative="neither", wait=np.nan, chosen=0)
    neither = neither.assign(parking=None, mode=None)
    refused = rng.random(len(neither)) < 0.2
    neither["chosen"] = refused.astype(int)
    refused_tasks = neither.loc[refused, ["respondent", "task"]].apply(tuple, axis=1)
    of = frame[["respondent", "task"]].apply(tuple, axis=1)
    frame = frame.assign(chosen=frame["chosen"].where(~of.isin(set(refused_tasks)), 0))
    choices = dce.Choices(pd.concat([frame, neither]), study)
    found = dce.left_right(choices)
    full = dce.fit_mnl(choices, "wait + parking + mode + alternative" if on == "neither" else None)
    name = "alternative[B] = 0" if on == "neither" else "constant[B] = 0"
    assert found.degrees_of_freedom == 1
    assert found.statistic == pytest.approx(dce.wald(full, name).statistic)


def test_three_services_in_any_order(elsewhere, long_frame):
    fit = dce.fit_mnl(elsewhere, "price + time")
    found = dce.left_right(fit)
    assert found.degrees_of_freedom == 2
    shuffled = long_frame.iloc[::-1]
    other = dce.read_long(shuffled, task="t", alternative="alt", chosen="y", respondent="id")
    assert dce.left_right(dce.fit_mnl(other, "price + time")).statistic == pytest.approx(found.statistic)
    two = dce.left_right(fit, ["car", "train"])
    constants = dce.fit_mnl(elsewhere, "price + time + alternative")
    assert two.statistic == pytest.approx(
        dce.wald(constants, "alternative[car] = alternative[train]").statistic
    )


def test_shuffled_services_are_tested_by_their_places(small_choices, rng):
    """People are drawn to the left one of the screen, which is A as often as B."""
    frame = small_choices.frame.sort_values(["respondent", "task", "alternative"])
    tasks = len(frame) // 2
    a_is_left = rng.random(tasks) < 0.5
    left = np.column_stack([a_is_left, ~a_is_left]).ravel()
    utility = -0.2 * frame["wait"].to_numpy() + 0.8 * left + rng.gumbel(size=len(frame))
    chosen = (utility.reshape(-1, 2).argmax(axis=1)[:, None] == [0, 1]).ravel().astype(int)
    choices = dce.Choices(
        frame.assign(chosen=chosen, screen_place=np.where(left, 1.0, 2.0)), small_choices.study
    )
    found = dce.left_right(choices)
    assert found.hypothesis == "equal places on the screen"
    assert found.p < 0.001
    by_hand = dce.fit_mnl(
        dce.Choices(choices.frame.assign(right=choices.frame["screen_place"] - 1), small_choices.study),
        "wait + parking + mode + right",
    )
    assert found.statistic == pytest.approx(dce.wald(by_hand, "right = 0").statistic)
    assert dce.wald(dce.fit_mnl(choices), "constant[B] = 0").p > 0.05  # names do not matter
    gone = choices.frame["screen_place"].mask(choices.frame["respondent"] == 3)
    part = dce.left_right(dce.Choices(choices.frame.assign(screen_place=gone), small_choices.study))
    assert "Left out: 6 answered tasks whose places" in str(part)
    without = choices.drop([3], reason="no places")
    assert part.statistic == pytest.approx(dce.left_right(without).statistic)


def test_refusals(small_choices):
    with pytest.raises(dce.EstimationError, match="'C' is no alternative here; allowed: 'A', 'B'"):
        dce.left_right(small_choices, ["A", "C"])
    with pytest.raises(dce.EstimationError, match="found 'A'; allowed: two alternatives or more"):
        dce.left_right(small_choices, ["A"])
