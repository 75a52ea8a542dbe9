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


def test_all_groups_share_one_coding(long_frame):
    """Whatever levels and rows a group has, a coefficient means the same in each."""
    frame = long_frame.sample(frac=1, random_state=0)
    frame["region"] = np.where(frame["old"] == 1, frame["id"] % 2 + 1, frame["id"] % 2)
    frame["region"] = frame["region"].map({0: "a", 1: "b", 2: "c"})
    choices = dce.read_long(frame, task="t", alternative="alt", chosen="y", respondent="id")
    fits = dce.fit_by(choices, "old", "alternative + price + poly(time, 2)", covariance="classical")
    assert fits["0"].coding is fits["1"].coding
    for group in (0, 1):
        alone = long_frame[long_frame["old"] == group]
        plain = dce.read_long(alone, task="t", alternative="alt", chosen="y", respondent="id")
        fit = dce.fit_mnl(plain, "alternative + price + time + I(time**2)")
        assert fits[str(group)].log_likelihood == pytest.approx(fit.log_likelihood)
        base = choices.alternatives[0]
        relative = fit.coefficients.filter(like="alternative").reindex([f"alternative[{base}]"]).fillna(0)
        other = next(name for name in fits["0"].coefficients.index if "alternative" in name)
        expected = fit.coefficients.get(other, 0.0) - relative.iloc[0]
        assert fits[str(group)].coefficients[other] == pytest.approx(expected, rel=1e-6)
    with pytest.raises(dce.IdentificationError, match=r"old = 0: .*'price:region\[c\]'"):
        dce.fit_by(choices, "old", "price + price:region", covariance="classical")


def test_the_characteristic_cannot_be_part_of_the_utility(elsewhere):
    with pytest.raises(dce.FormulaError, match="'old' is part of the utility"):
        dce.fit_by(elsewhere, "old", "price + price:old")


def test_groups_that_read_the_same_are_refused(elsewhere):
    frame = elsewhere.frame.assign(g=[1 if who % 2 else "1" for who in elsewhere.frame["respondent"]])
    with pytest.raises(dce.ChoicesError, match=r"read the same: 1, '1'|read the same: '1', 1"):
        dce.fit_by(dce.Choices(frame), "g", "price")


def test_a_task_is_never_cut(elsewhere):
    frame = elsewhere.frame.drop(columns="respondent")
    frame = frame.assign(g=np.where(frame["alternative"] == "bus", "x", "y"))
    with pytest.raises(dce.ChoicesError, match="'g' differs within a task"):
        dce.fit_by(dce.Choices(frame), "g", "price", covariance="robust")


def test_rates_of_subgroups_can_share_their_directions(choices):
    everybody = dce.fit_mnl(choices)
    fits = dce.fit_by(choices, "sex")
    turned = dce.marginal_rates(everybody, "wait").frame["label"]
    for fit in fits.fits.values():
        shared = dce.marginal_rates(fit, "wait", directions_of=everybody).frame
        assert shared["label"].tolist() == turned.tolist()
        assert shared["rate"].abs().to_numpy() == pytest.approx(
            dce.marginal_rates(fit, "wait").frame["rate"].abs().to_numpy()
        )


def test_many_values_are_not_groups(elsewhere):
    with pytest.raises(dce.ChoicesError, match="has 30 values; allowed: up to 20"):
        dce.fit_by(dce.Choices(elsewhere.frame.assign(age=elsewhere.frame["respondent"])), "age", "price")
