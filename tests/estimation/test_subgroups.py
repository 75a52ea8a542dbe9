"""Subgroups: the same as fitting each alone; what is refused, by name."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dce

FOLDER = Path(__file__).parents[1] / "reference"


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
    assert "Left out of the groups: 1 respondents without sex." in shown
    assert "Left out of the groups: 6 answered tasks without sex." in shown
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


def test_a_group_that_cannot_be_fitted_is_shown_with_the_reason(choices):
    frame = choices.frame.assign(who=(choices.frame["respondent"] == 1).astype(int))
    fits = dce.fit_by(dce.Choices(frame, choices.study), "who")
    assert list(fits.fits) == ["0"]
    assert [group.n_respondents for group in fits.groups] == [199, 1]
    with pytest.raises(dce.EstimationError, match=r"^who = 1: .*two respondents") as first:
        fits["1"]
    with pytest.raises(dce.EstimationError) as second:
        fits["who", "1"]
    assert first.value is not second.value
    shown = str(fits)
    assert "–: not estimated." in shown
    assert "who = 1: clustered standard errors need two respondents" in shown
    assert fits.to_frame()["1"].isna().all(axis=None)


def test_separated_and_unidentified_groups(choices):
    """One group always takes the shorter wait; another has seen one mode of treatment only."""
    frame = choices.frame.copy()
    frame["kind"] = frame["respondent"].map({who: "abc"[who % 3] for who in frame["respondent"]})
    best = frame.groupby(["respondent", "task"])["wait"].transform("idxmin")
    frame.loc[frame["kind"] == "a", "chosen"] = (best == frame.index)[frame["kind"] == "a"].astype(int)
    frame.loc[frame["kind"] == "b", "mode"] = "face"
    fits = dce.fit_by(dce.Choices(frame, choices.study), "kind")
    assert list(fits.fits) == ["c"]
    with pytest.raises(dce.SeparationError, match=r"^kind = a: .*'wait'"):
        fits["a"]
    with pytest.raises(dce.IdentificationError, match=r"^kind = b: .*'mode\[group\]'"):
        fits["b"]
    with pytest.raises(dce.EstimationError, match=r"no subgroup can be estimated: kind = a.* kind = b"):
        dce.fit_by(dce.Choices(frame[frame["kind"] != "c"], choices.study), "kind", covariance="classical")


def test_several_characteristics_side_by_side(choices):
    rng = np.random.default_rng(0)
    age = pd.Series(rng.integers(18, 90, 201)).astype(float)
    age[[3, 4]] = np.nan
    frame = choices.frame.assign(age=choices.frame["respondent"].map(age))
    both = dce.Choices(frame, choices.study)
    fits = dce.fit_by(both, {"sex": None, "age": [18, 40, 65]})
    names = ["sex = man", "sex = woman", "age = 18-39", "age = 40-64", "age = 65+"]
    assert list(fits.fits) == names == [group.name for group in fits.groups]
    assert fits.by == "sex, age"
    alone = dce.fit_by(both, "sex")
    assert fits["sex", "woman"].coefficients.equals(alone["woman"].coefficients)
    assert fits["All"].coefficients.equals(dce.fit_mnl(both).coefficients)
    old = dce.Choices(frame[frame["age"] >= 65], choices.study)
    assert fits["age", "65+"].coefficients.tolist() == dce.fit_mnl(old).coefficients.tolist()
    assert fits.left_out["respondents without age"] == 2
    assert list(fits.of("age")) == ["18-39", "40-64", "65+"]
    for shown in (str(fits), str(fits.table())):
        assert max(map(len, shown.splitlines())) <= 80
        assert "…" not in shown
    assert [table.title for table in fits.tables()] == ["By sex", "By age"]
    assert fits._repr_html_().count("<table>") == 2
    with pytest.raises(dce.EstimationError, match="group: 'child' is unknown; allowed: 'All', 'sex = man'"):
        fits["child"]


@pytest.mark.parametrize(
    ("cuts", "groups"),
    [
        ([25, 40], ("under 25", "25-39", "40+")),
        ([30, 31], ("under 30", "30", "31+")),
        ([29.5], ("under 29.5", "from 29.5")),
        ([20, 29.5, 40], ("[20, 29.5)", "[29.5, 40)", "from 40")),
        ([0, 25, 200], ("0-24", "25-199")),
    ],
)
def test_classes_hold_who_they_say(elsewhere, cuts, groups):
    age = elsewhere.frame["respondent"] + 20
    choices = dce.Choices(elsewhere.frame.assign(age=age))
    fits = dce.fit_by(choices, {"age": cuts}, "price + time", covariance="classical")
    assert tuple(group.value for group in fits.groups) == groups
    edges = [-np.inf, *cuts, np.inf]
    counts = [((age >= low) & (age < high)).sum() for low, high in pairwise(edges)]
    assert [3 * group.n_tasks for group in fits.groups] == [n for n in counts if n]


@pytest.mark.parametrize(
    ("by", "message"),
    [
        ({"age": [65, 40]}, r"cut points of 'age' are \[65, 40\]; allowed: rising numbers"),
        ({"age": []}, "allowed: rising numbers"),
        ({"age": "old"}, "allowed: rising numbers"),
        ({"age": [500]}, "'age' has 1 class; allowed: two or more"),
        ({"old": ["x"]}, "allowed: rising numbers"),
        ({"town": [3]}, "'town' has the value 'a'; allowed: finite numbers"),
        ([], "names no characteristic"),
        (["old", "old"], "each characteristic once"),
        ("everybody", "'everybody' has the value 'All'"),
    ],
)
def test_bad_groups(elsewhere, by, message):
    who = elsewhere.frame["respondent"]
    frame = elsewhere.frame.assign(age=who + 20, town="a", everybody=np.where(who > 9, "All", "x"))
    with pytest.raises(dce.ChoicesError, match=message):
        dce.fit_by(dce.Choices(frame), by, "price")


def test_order_of_groups(elsewhere):
    """Numbers by size, categories as they are declared."""
    who = elsewhere.frame["respondent"] % 3
    frame = elsewhere.frame.assign(
        n=who.map({0: 10.0, 1: 9.0, 2: 2.5}),
        c=pd.Categorical(who.map({0: "low", 1: "high", 2: "low"}), categories=["low", "high", "none"]),
    )
    fits = dce.fit_by(dce.Choices(frame), ["n", "c"], "price", covariance="classical")
    assert [group.value for group in fits.groups] == ["2.5", "9", "10", "low", "high"]


def test_classes_may_enter_the_utility(elsewhere):
    """Age differs within a class of ages."""
    frame = elsewhere.frame.assign(age=elsewhere.frame["respondent"] + 20.0)
    fits = dce.fit_by(dce.Choices(frame), {"age": [35]}, "price + price:age", covariance="classical")
    assert list(fits.fits) == ["under 35", "35+"]


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
    with pytest.raises(dce.EstimationError, match=r"old = 0: .*'price:region\[c\]'"):
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


def test_few_clusters_get_a_caution(choices):
    frame = choices.frame.assign(kind=np.where(choices.frame["respondent"] <= 20, "pilot", "main"))
    few = dce.Choices(frame, choices.study, {"rows without any answer": 3})
    shown = " ".join(str(dce.fit_by(few, "kind")).split())
    assert "Caution: few clusters (pilot: 20)" in shown
    assert "Left out: 3 rows without any answer." in shown
    assert "Caution" not in str(dce.fit_by(few, "kind", covariance="CR3"))


def test_covariances_of_all_groups(choices):
    fits = dce.fit_by(choices, "sex", "wait + parking")
    booted = fits.with_covariance("bootstrap", replicates=50, seed=3)
    for group in ("All", "man", "woman"):
        alone = fits[group].with_covariance("bootstrap", replicates=50, seed=3)
        assert booted[group].covariance.equals(alone.covariance)
    frame = choices.frame.assign(site=np.where(choices.frame["sex"] == "man", 1, choices.frame["respondent"]))
    sites = dce.fit_by(dce.Choices(frame, choices.study), "sex", "wait + parking")
    by_site = sites.with_covariance("CR3", "site")
    assert list(by_site.fits) == ["woman"]
    with pytest.raises(dce.EstimationError, match=r"^sex = man: .*site"):
        by_site["man"]


def test_a_real_survey_against_clogit(reference):
    """Classes of age of the nutrition survey; survival 3.5-3, whose clustered errors have no G/(G-1)."""
    expected = json.loads((FOLDER / "r_nutrition.json").read_text(encoding="utf-8"))
    frame = pd.read_csv(reference / "data" / "nutrition_long.csv")
    choices = dce.read_long(frame, task="gid", alternative="alts", chosen="choice", respondent="id")
    utility = "pers2 + pers3 + pers4 + form2 + rut2 + prec2 + prec3 + prec4"
    fits = dce.fit_by(choices, {"age": [30, 45, 65]}, utility)
    for group in ("All", "under 30", "30-44", "45-64"):
        fit, numbers = fits[group], expected[group]
        G = numbers["respondents"]
        assert (fit.n_respondents, fit.n_tasks) == (G, numbers["tasks"])
        assert fit.log_likelihood == pytest.approx(numbers["log_likelihood"], rel=1e-10)
        assert fit.coefficients.tolist() == pytest.approx(numbers["coefficients"], rel=1e-8)
        errors = fit.standard_errors * np.sqrt((G - 1) / G)
        assert errors.tolist() == pytest.approx(numbers["clustered"], rel=1e-7)
    assert {group.name: group.n_respondents for group in fits.groups}["65+"] == 10


def test_groups_stand_in_the_order_of_the_options(clinics):
    """Of the question in the study; an answer that it does not have brings back the alphabet."""
    asked = dce.SurveySettings(questions=[dce.Question("size", "How tall?", ["tall", "middle", "short"])])
    study = clinics(survey=asked)
    answers = dce.simulate_choices(dce.make_design(study, starts=1), respondents=90, seed=2)
    names = np.array(["short", "tall", "middle"])
    frame = answers.frame.assign(size=names[answers.frame["respondent"] % 3])
    fits = dce.fit_by(dce.Choices(frame, study), "size")
    assert [group.value for group in fits.groups] == ["tall", "middle", "short"]
    other = dce.Choices(frame.replace({"size": {"middle": "between"}}), study)
    assert [group.value for group in dce.fit_by(other, "size").groups] == ["between", "short", "tall"]


def test_the_order_of_rows_never_matters(choices):
    frame = choices.frame.assign(kind=choices.frame["respondent"] % 3)
    shuffled = dce.Choices(frame.sample(frac=1, random_state=3), choices.study)
    first, second = (
        dce.fit_by(each, ["sex", "kind"]) for each in (dce.Choices(frame, choices.study), shuffled)
    )
    assert first.groups == second.groups
    for group in first.groups:
        a, b = first[group.name], second[group.name]
        assert b.coefficients.to_numpy() == pytest.approx(a.coefficients.to_numpy(), rel=1e-10)
        assert b.covariance.to_numpy() == pytest.approx(a.covariance.to_numpy(), rel=1e-8, abs=1e-14)


def test_counted_answers_are_weights(choices):
    """Everybody twice is everybody with a weight of two, in every group."""
    frame = choices.frame
    twice = pd.concat([frame, frame.assign(respondent=frame["respondent"] + 1000)])
    doubled = dce.fit_by(dce.Choices(twice, choices.study), "sex", covariance="classical")
    weighted = dce.fit_by(dce.Choices(frame.assign(weight=2.0), choices.study), "sex", covariance="classical")
    for group in ("All", "man", "woman"):
        a, b = doubled[group], weighted[group]
        assert b.coefficients.to_numpy() == pytest.approx(a.coefficients.to_numpy(), rel=1e-8)
        assert b.covariance.to_numpy() == pytest.approx(a.covariance.to_numpy(), rel=1e-7, abs=1e-14)
