"""One model for all groups: the separate fits, R's numbers, and what is refused."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, ttest_ind

import dce
from dce.diagnostics.group_wald import group_wald

FOLDER = Path(__file__).parents[1] / "reference"
R = json.loads((FOLDER / "r_subgroups.json").read_text(encoding="utf-8"))
"""Of survival 3.5-3: tests/reference/r_subgroups.R."""


@pytest.fixture(scope="module")
def used() -> dce.Choices:
    """Data of tests/reference/r_clogit.R, in groups by how often somebody used the service."""
    frame = pd.read_csv(FOLDER / "r_clogit_data.csv").drop(columns="weight")
    mode = pd.Categorical(frame["mode"], categories=["class", "equipment", "one-to-one"])
    names = {"task": "task", "alternative": "alternative", "chosen": "chosen", "respondent": "respondent"}
    return dce.read_long(frame.assign(mode=mode), **names)


@pytest.fixture(scope="module")
def choices(small_choices):
    frame = small_choices.frame
    who = frame["respondent"]
    sex = np.where(who % 3 == 0, "woman", "man").astype(object)
    sex[who == 7] = None
    return dce.Choices(
        frame.assign(sex=sex, age=who + 18, **{"age group": (who % 4 > 1).map({True: "a:b", False: "T.c]"})}),
        small_choices.study,
    )


@pytest.mark.parametrize(
    ("utility", "by"),
    [
        (None, "sex"),
        ("wait + parking + mode - constants", "age group"),
        ("poly(wait, 2) + parking + mode + mode:parking", {"age": [80, 150]}),
        ("alternative + wait:alternative + C(mode, contr.sum)", "sex"),
        ("C(wait) + parking + parking:age + mode:age", "age group"),
        ("wait + wait:age", {"age": [80, 150]}),
    ],
)
def test_pooled_is_the_separate_fits(choices, utility, by):
    """With every term interacted: the same coefficients, and errors but for the factor G/(G-1)."""
    pooled = dce.fit_pooled(choices, by, utility)
    separate = dce.fit_by(choices, by, utility)
    first, *others = (separate[group] for group in pooled.groups)
    names = list(first.coefficients.index)
    assert list(pooled.differences) == names
    joint = pooled.fit
    assert joint.log_likelihood == pytest.approx(
        sum(fit.log_likelihood for fit in (first, *others)), rel=1e-10
    )
    assert joint.coefficients[names].to_numpy() == pytest.approx(first.coefficients.to_numpy(), rel=1e-6)
    G = joint.n_respondents
    own = [V_of(fit) * G / (G - 1) for fit in (first, *others)]
    assert joint.covariance.loc[names, names].to_numpy() == pytest.approx(own[0], rel=1e-5, abs=1e-12)
    for k, fit in enumerate(others):
        gaps = [pooled.differences[name][k] for name in names]
        expected = fit.coefficients - first.coefficients
        assert joint.coefficients[gaps].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-5, abs=1e-8)
        V = own[0] + own[k + 1]
        assert joint.covariance.loc[gaps, gaps].to_numpy() == pytest.approx(V, rel=1e-5, abs=1e-12)


def W(test: dce.HypothesisTest) -> float:
    """The Wald statistic of which a test made an F."""
    q, denominator = test.degrees_of_freedom, test.denominator
    return (
        test.statistic if np.isinf(denominator) else test.statistic * (denominator + q - 1) * q / denominator
    )


def V_of(fit):
    """Clustered covariance without its factor."""
    G = fit.n_respondents
    return fit.covariance.to_numpy() * (G - 1) / G


def test_against_clogit(used):
    """Tolerance: both sides converge to 11 digits; clogit's clustered errors have no G/(G-1)."""
    utility = "wait + distance + mode"
    separate = dce.fit_by(used, "used", utility)
    for name in ("used = 0", "used = 1", "used = 2"):
        fit, expected = separate["used", name[-1]], R[name]
        assert fit.log_likelihood == pytest.approx(expected["log_likelihood"], rel=1e-10)
        assert fit.coefficients.tolist() == pytest.approx(expected["coefficients"], rel=1e-8)
        G = expected["respondents"]
        errors = fit.standard_errors * np.sqrt((G - 1) / G)
        assert errors.tolist() == pytest.approx(expected["clustered"], rel=1e-8)
    for kind, factor in (("classical", 1), ("clustered", 199 / 200)):
        pooled = dce.fit_pooled(used, "used", utility, covariance=kind)
        gaps = [pooled.differences[name][k] for k in range(2) for name in pooled.differences]
        order = [*pooled.differences, *gaps]
        errors = pooled.fit.standard_errors[order] * np.sqrt(factor)
        assert pooled.fit.coefficients[order].tolist() == pytest.approx(R["pooled"]["coefficients"], rel=1e-7)
        assert errors.tolist() == pytest.approx(R["pooled"][kind], rel=1e-7)
        found = {test.hypothesis: W(test) for test in pooled.tests.tests if test.name == "Wald test"}
        expected = R[f"wald_{kind}"]
        assert found["equal coefficients"] == pytest.approx(expected["all"] * factor, rel=1e-7)
        assert found["wait equal"] == pytest.approx(expected["wait"] * factor, rel=1e-7)
        assert found["mode equal"] == pytest.approx(expected["mode"] * factor, rel=1e-7)
    apart = sum(R[f"used = {k}"]["log_likelihood"] for k in range(3))
    ratio = 2 * (apart - R["together"]["log_likelihood"])
    assert pooled.tests["Likelihood ratio test"].statistic == pytest.approx(ratio, rel=1e-8)
    assert pooled.tests["Likelihood ratio test"].p == pytest.approx(chi2.sf(ratio, 8))


def test_equal_coefficients_of_separate_fits(used):
    """The same as the pooled model's, for classical errors; clustered ones differ in G/(G-1)."""
    for kind, rel in (("classical", 1e-7), ("clustered", 0.03)):
        fits = dce.fit_by(used, ["used", "age65"], "wait + distance + mode", covariance=kind)
        tests = dce.equal_coefficients(fits)
        assert [test.degrees_of_freedom for test in tests.tests] == [8, 8, 4, 4]
        for by in ("used", "age65"):
            pooled = dce.fit_pooled(used, by, "wait + distance + mode", covariance=kind).tests.tests[:2]
            found = [test for test in tests.tests if test.hypothesis.endswith(by)]
            assert W(found[0]) == pytest.approx(W(pooled[0]), rel=rel)
            assert found[1].statistic == pytest.approx(pooled[1].statistic, rel=1e-9)
    assert max(map(len, str(tests).splitlines())) <= 80


def test_equal_coefficients_leave_out_what_is_not_estimated(choices):
    who = choices.frame["respondent"]
    some = dce.Choices(choices.frame.assign(kind=np.where(who == 1, "one", np.where(who < 90, "a", "b"))))
    fits = dce.fit_by(some, ["sex", "kind"], "wait + parking")
    wald, likelihood = dce.equal_coefficients(fits).tests[2:]
    assert wald.degrees_of_freedom == 2
    assert "kind: without one, not estimated." in wald.notes
    rest = some.frame[some.frame["kind"] != "one"]
    pooled = dce.fit_pooled(dce.Choices(rest), "kind", "wait + parking")
    assert likelihood.statistic == pytest.approx(pooled.tests["Likelihood ratio test"].statistic, rel=1e-8)
    two = dce.Choices(choices.frame.assign(kind=np.where(who == 1, "one", "rest")))
    tests = dce.equal_coefficients(dce.fit_by(two, "kind", "wait + parking"))
    assert np.isnan(tests.tests[0].statistic)
    assert "kind: one group only could be estimated." in str(tests)


def test_clusters_across_groups_need_the_pooled_model(choices):
    frame = choices.frame.assign(clinic=choices.frame["respondent"] % 40)
    clinics = dce.Choices(frame, choices.study)
    fits = dce.fit_by(clinics, "sex", "wait + parking", clusters="clinic")
    wald, likelihood = dce.equal_coefficients(fits).tests
    assert np.isnan(wald.statistic)
    assert any("(clinic) have answers in both man and woman" in note for note in wald.notes)
    pooled = dce.fit_pooled(clinics, "sex", "wait + parking", clusters="clinic")
    assert pooled.fit.inference.n_clusters == 40
    assert likelihood.statistic == pytest.approx(pooled.tests["Likelihood ratio test"].statistic, rel=1e-8)


def test_welch_and_hotelling():
    """One difference of two means is Welch's t-test (scipy); one group is Hotelling's T-squared."""
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=8), rng.normal(0.5, 3, size=30)
    parts = [np.array([[x.var(ddof=1) / len(x)]]) for x in (a, b)]
    test = group_wald(np.array([b.mean() - a.mean()]), parts[0] + parts[1], parts, [8, 30], "equal means")
    welch = ttest_ind(b, a, equal_var=False)
    assert (test.statistic, test.p) == pytest.approx((welch.statistic**2, welch.pvalue))
    assert test.denominator == pytest.approx(welch.df)
    X = rng.normal(size=(12, 3))
    V = np.cov(X.T) / 12
    one = group_wald(X.mean(axis=0), V, [7 * V], [12], "means of zero")
    T2 = X.mean(axis=0) @ np.linalg.inv(V) @ X.mean(axis=0)
    assert (one.statistic, one.denominator) == pytest.approx((T2 * (12 - 3) / (11 * 3), 12 - 3))


def test_too_few_clusters_have_no_wald_test():
    V = np.eye(5)
    test = group_wald(np.ones(5), V, [V], [5], "all")
    assert np.isnan(test.statistic)
    assert "5 differences are too many" in test.notes[0]
    assert np.isnan(group_wald(np.ones(2), np.ones((2, 2)), (), (), "all").statistic)


def test_few_clusters_use_f(choices):
    """Degrees of freedom between those of the smaller group and all, and a caution."""
    small = dce.Choices(
        choices.frame.assign(group=np.where(choices.frame["respondent"] <= 20, "few", "most"))
    )
    for kind in ("clustered", "CR3"):
        fits = dce.fit_by(small, "group", "wait + parking", covariance=kind)
        pooled = dce.fit_pooled(small, "group", "wait + parking", covariance=kind)
        assert pooled.clusters == {"few": 20, "most": 180}
        for test in (pooled.tests.tests[0], dce.equal_coefficients(fits).tests[0]):
            assert 18 < test.denominator < 40
        assert ("few clusters (few: 20)" in str(pooled)) == (kind == "clustered")
    robust = dce.fit_pooled(small, "group", "wait + parking", covariance="robust")
    assert robust.tests.tests[0].distribution == "chi2(2)"


def test_some_terms_differ(choices):
    """As an interaction with a 0/1 column that is written by hand."""
    known = choices.frame[choices.frame["sex"].notna()]
    known = known.assign(woman=(known["sex"] == "woman").astype(float))
    by_hand = dce.fit_mnl(
        dce.Choices(known, choices.study), "wait + parking + mode + wait:woman + constants:woman"
    )
    for interact in ("wait + constants", ["constants", "wait"]):
        pooled = dce.fit_pooled(choices, "sex", interact=interact)
        assert set(pooled.differences) == {"constant[B]", "wait"}
        assert pooled.fit.log_likelihood == pytest.approx(by_hand.log_likelihood, rel=1e-12)
        gap = pooled.fit.to_frame().loc["wait:sex[woman]"]
        assert gap.tolist() == pytest.approx(by_hand.to_frame().loc["wait:woman"].tolist(), rel=1e-7)
        assert np.isnan(pooled.frame.loc["mode[phone]", ("woman", "difference")])
        assert pooled.frame.loc["wait", ("equal", "p")] == pytest.approx(gap["p"], rel=0.1)
    assert pooled.fit.left_out["answered tasks without sex"] == 6


def test_the_reference_can_be_chosen(choices):
    one = dce.fit_pooled(choices, "sex").frame
    other = dce.fit_pooled(choices, "sex", reference="woman").frame
    assert list(other.columns.unique(0)) == ["woman", "man", "equal"]
    assert other["man", "difference"].to_numpy() == pytest.approx(
        -one["woman", "difference"].to_numpy(), rel=1e-6
    )
    assert other["equal", "p"].to_numpy() == pytest.approx(one["equal", "p"].to_numpy(), rel=1e-5)


def test_the_table_fits_and_says_what_it_holds(choices):
    pooled = dce.fit_pooled(choices, "sex")
    shown = str(pooled)
    assert max(map(len, shown.splitlines())) <= 80
    for text in ("woman - man", "man: 133 respondents, 798 answered tasks; woman: 66", "chi2(5)",
                 "Left out: 6 answered tasks without sex."):  # fmt: skip
        assert text in shown
    assert "<table>" in pooled._repr_html_()


@pytest.mark.parametrize(
    ("more", "error", "message"),
    [
        ({"interact": "price"}, dce.FormulaError, r"interact: 'price' is no term of .*allowed: .*'wait'"),
        ({"interact": "poly(wait, 2)"}, dce.FormulaError, "is no term of"),
        ({"reference": "child"}, dce.ChoicesError, "'child' is no group; allowed: 'man', 'woman'"),
        ({"by": ["sex", "age"]}, dce.ChoicesError, "'age' has 200 values|found 2 characteristics"),
        ({"by": {"sex": None, "age": [90]}}, dce.ChoicesError, "found 2 characteristics; allowed: one"),
        ({"by": "task"}, dce.ChoicesError, "no characteristic"),
        ({"formula": "wait + wait:sex"}, dce.ChoicesError, "sex is missing"),
        ({"by": "age group", "formula": "wait + wait:`age group`"}, dce.FormulaError, "part of the utility"),
        ({"by": "visit"}, dce.ChoicesError, "'visit' differs within respondent"),
    ],
)
def test_what_is_refused(choices, more, error, message):
    visits = dce.Choices(choices.frame.assign(visit=choices.frame["task"]), choices.study)
    with pytest.raises(error, match=message):
        dce.fit_pooled(visits, **{"by": "sex", **more})


def test_a_group_that_cannot_identify_a_term_is_named(choices):
    frame = choices.frame.copy()
    frame.loc[frame["sex"] == "woman", "mode"] = "face"
    with pytest.raises(dce.IdentificationError, match=r"mode\[phone\]:sex\[woman\]"):
        dce.fit_pooled(dce.Choices(frame, choices.study), "sex")


@pytest.mark.slow
@pytest.mark.parametrize("few", [20, 60])
def test_equal_groups_are_rejected_in_five_percent(small_design, few):
    """400 studies of groups that are alike: 5% of the tests reject, within binomial noise.

    A chi-squared Wald test of these five coefficients rejected 12% where the smaller group has 20.
    """
    rejected = np.zeros(4)
    for seed in range(400):
        choices = dce.simulate_choices(small_design, respondents=120, seed=seed)
        frame = choices.frame.assign(group=choices.frame["respondent"] <= few)
        groups = dce.Choices(frame, choices.study)
        pooled = dce.fit_pooled(groups, "group")
        separate = dce.equal_coefficients(dce.fit_by(groups, "group"))
        corrected = dce.equal_coefficients(dce.fit_by(groups, "group", covariance="CR3"))
        tests = [*pooled.tests.tests[:2], separate.tests[0], corrected.tests[0]]
        rejected += [test.p < 0.05 for test in tests]
    noise = 4 * np.sqrt(0.05 * 0.95 / 400)
    assert rejected / 400 == pytest.approx(np.full(4, 0.05), abs=noise), rejected
