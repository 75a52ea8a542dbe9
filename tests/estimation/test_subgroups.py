"""Subgroups: the same as fitting each alone; what is refused, by name."""

import numpy as np
import pytest

import dce


@pytest.fixture(scope="module")
def choices(small_choices):
    frame = small_choices.frame
    sex = np.where(frame["respondent"] % 3 == 0, "woman", "man").astype(object)
    sex[frame["respondent"] == 7] = None
    return dce.Choices(frame.assign(sex=sex, visit=frame["task"]), small_choices.study)


def test_each_group_is_its_own_fit(choices):
    fits = dce.fit_by(choices, "sex")
    assert list(fits.fits) == ["man", "woman"]
    alone = dce.Choices(choices.frame[choices.frame["sex"] == "woman"], choices.study)
    assert fits["woman"].coefficients.tolist() == dce.fit_mnl(alone).coefficients.tolist()
    assert fits["man"].n_tasks + fits["woman"].n_tasks == choices.n_tasks - 6
    shown = str(fits)
    assert "Left out: 6 answered tasks without sex" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert fits.to_frame()["man", "coefficient"].tolist() == fits["man"].coefficients.tolist()


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ("income", "'income' is no characteristic of respondents; known: .*'sex'"),
        ("wait", "'wait' is no characteristic"),
        ("visit", "'visit' differs within respondent"),
    ],
)
def test_bad_characteristics(choices, by, message):
    with pytest.raises(dce.ChoicesError, match=message):
        dce.fit_by(choices, by)


def test_one_group_is_no_comparison(choices):
    frame = choices.frame.assign(one="x")
    with pytest.raises(dce.ChoicesError, match="has 1 value; allowed: two or more"):
        dce.fit_by(dce.Choices(frame, choices.study), "one")


def test_a_group_that_cannot_be_fitted_is_named(choices):
    frame = choices.frame.assign(who=(choices.frame["respondent"] == 1).astype(int))
    with pytest.raises(dce.EstimationError, match=r"who = 1: .*two respondents"):
        dce.fit_by(dce.Choices(frame, choices.study), "who")
