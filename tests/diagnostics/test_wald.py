"""Wald, likelihood ratio and score: by hand, invariant, and what is refused."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2
from scipy.stats import f as f_distribution

import dce
from dce.diagnostics.linear_restrictions import read_restrictions
from dce.diagnostics.restricted import restricted_maximum
from dce.estimation.likelihood import derivatives


def shares(counts: dict[str, int], **more) -> dce.Choices:
    """Answers to one task, by how many chose which alternative."""
    chosen = np.repeat(list(counts), list(counts.values()))
    T, J = len(chosen), len(counts)
    frame = pd.DataFrame(
        {
            "t": np.repeat(np.arange(T), J),
            "alt": np.tile(list(counts), T),
            "y": (np.repeat(chosen, J) == np.tile(list(counts), T)).astype(int),
        }
    )
    return dce.read_long(frame.assign(**more), task="t", alternative="alt", chosen="y")


def test_three_tests_of_a_share_by_hand():
    """40 of 50 chose a: against one half the score test is (40 - 25)^2 / (50 / 4)."""
    fit = dce.fit_mnl(shares({"b": 10, "a": 40}), "alternative", "classical")
    assert dce.score_test(fit, "alternative = 0").statistic == pytest.approx(15**2 / 12.5)
    assert dce.wald(fit, "alternative = 0").statistic == pytest.approx(np.log(4) ** 2 * 50 * 0.8 * 0.2)
    of_ratio = 2 * (40 * np.log(0.8) + 10 * np.log(0.2) - 50 * np.log(0.5))
    found = dce.likelihood_ratio(fit, "alternative = 0")
    assert found.statistic == pytest.approx(of_ratio)
    assert found.p == pytest.approx(chi2.sf(of_ratio, 1))
    assert found.sentence == (
        f"Likelihood ratio test of alternative[a] = 0: chi2(1) = {of_ratio:.2f}, p <0.001: rejected at 5%."
    )


def test_equal_shares_of_two_by_hand():
    """30, 20, 50: that a and b are chosen equally often has the score (30 - 25)^2 / 25 * 2."""
    fit = dce.fit_mnl(shares({"c": 50, "a": 30, "b": 20}), "alternative", "classical")
    of_ratio = 2 * (30 * np.log(30 / 25) + 20 * np.log(20 / 25))
    equal = "alternative[a] = alternative[b]"
    assert dce.likelihood_ratio(fit, equal).statistic == pytest.approx(of_ratio)
    assert dce.score_test(fit, equal).statistic == pytest.approx(2.0)
    assert dce.wald(fit, equal).statistic == pytest.approx(np.log(1.5) ** 2 / (1 / 30 + 1 / 20))
    at = restricted_maximum(fit.tasks, read_restrictions(equal, fit.coding), fit.coefficients)
    assert at.beta == pytest.approx(np.log([0.5, 0.5]))


def test_one_coefficient_is_its_z_squared(small_choices):
    fit = dce.fit_mnl(small_choices)
    z, p = fit.to_frame().loc["wait", ["z", "p"]]
    found = dce.wald(fit, "wait = 0")
    assert found.statistic == pytest.approx(z**2)
    assert found.p == pytest.approx(p)


def test_few_clusters_make_it_f(small_choices):
    few = small_choices.drop(list(small_choices.frame["respondent"].unique()[24:]), reason="a pilot")
    fit = dce.fit_mnl(few)
    t = dataclasses.replace(fit, inference=dataclasses.replace(fit.inference, degrees_of_freedom=23.0))
    one, two = dce.wald(t, "wait = 0"), dce.wald(t, "mode = 0")
    assert one.p == pytest.approx(t.to_frame().loc["wait", "p"])
    assert two.distribution == "F(2, 23)"
    assert two.statistic == pytest.approx(dce.wald(fit, "mode = 0").statistic / 2)
    assert two.p == pytest.approx(f_distribution.sf(two.statistic, 2, 23))
    assert "F in place of chi-squared" in str(two)


def test_the_restricted_maximum_is_one(small_choices):
    fit = dce.fit_mnl(small_choices)
    restrictions = read_restrictions("wait = 2*parking, mode[phone] = 0.1", fit.coding)
    at = restricted_maximum(fit.tasks, restrictions, fit.coefficients)
    assert restrictions.R @ at.beta == pytest.approx(restrictions.r, abs=1e-12)
    gradient = derivatives(fit.tasks, at.beta, information=False).gradient
    multipliers, *_ = np.linalg.lstsq(restrictions.R.T, gradient, rcond=None)
    assert restrictions.R.T @ multipliers == pytest.approx(gradient, abs=1e-6)
    assert at.log_likelihood < fit.log_likelihood


def test_all_coefficients_at_once(small_choices):
    fit = dce.fit_mnl(small_choices, covariance="classical")
    everything = ", ".join(f"{name} = 0" for name in fit.coding.names)
    found = dce.likelihood_ratio(fit, everything)
    assert found.statistic == pytest.approx(2 * (fit.log_likelihood - fit.log_likelihood_null))
    assert found.degrees_of_freedom == len(fit.coding.names)


@pytest.mark.parametrize("formula", ["wait + parking", "wait + parking + mode - constants", "wait"])
def test_a_fit_within_a_fit_is_the_same_as_the_restriction(small_choices, formula):
    fit = dce.fit_mnl(small_choices)
    less = dce.fit_mnl(small_choices, formula)
    gone = [name for name in fit.coding.names if name not in less.coding.names]
    text = ", ".join(f"{name} = 0" for name in gone)
    two_fits, restricted = dce.likelihood_ratio(fit, less), dce.likelihood_ratio(fit, text)
    assert two_fits.statistic == pytest.approx(restricted.statistic)
    assert two_fits.degrees_of_freedom == restricted.degrees_of_freedom == len(gone)
    assert dce.score_test(less, fit.coding.formula).statistic == pytest.approx(
        dce.score_test(fit, text).statistic
    )


@pytest.mark.parametrize("test", [dce.wald, dce.likelihood_ratio, dce.score_test])
def test_units_do_not_matter(long_frame, test):
    """A price in pence: the statistics are the same, and the restriction is in its units."""
    roles = {"task": "t", "alternative": "alt", "chosen": "y", "respondent": "id"}
    fit = dce.fit_mnl(dce.read_long(long_frame, **roles), "price + time")
    pence = long_frame.assign(price=long_frame["price"] * 100 + 7)
    other = dce.fit_mnl(dce.read_long(pence, **roles), "price + time")
    assert test(other, "100*price + time = 0").statistic == pytest.approx(
        test(fit, "price + time = 0").statistic, rel=1e-8
    )


@pytest.mark.parametrize("test", [dce.wald, dce.likelihood_ratio, dce.score_test])
def test_the_reference_level_does_not_matter(long_frame, test):
    roles = {"task": "t", "alternative": "alt", "chosen": "y", "respondent": "id"}
    by_place = long_frame.assign(
        kind=np.where(long_frame["price"] < 2, "z", np.where(long_frame["time"] > 0, "a", "m"))
    )
    other = by_place.assign(kind=by_place["kind"].replace({"z": "0"}))
    fits = [dce.fit_mnl(dce.read_long(frame, **roles), "kind + time") for frame in (by_place, other)]
    assert fits[0].coding.names != fits[1].coding.names
    first, second = (test(fit, "kind = 0").statistic for fit in fits)
    assert first == pytest.approx(second, rel=1e-8)


def test_different_answers_are_refused(small_choices):
    fewer = small_choices.drop([1], reason="no consent")
    with pytest.raises(dce.EstimationError, match=r"different answers: 1,200 .* and 1,194 "):
        dce.likelihood_ratio(dce.fit_mnl(small_choices), dce.fit_mnl(fewer, "wait"))
    flipped = small_choices.frame.assign(
        chosen=lambda f: np.where(f["respondent"] == 1, 1 - f["chosen"], f["chosen"])
    )
    with pytest.raises(dce.EstimationError, match="different answers"):
        dce.likelihood_ratio(
            dce.fit_mnl(small_choices), dce.fit_mnl(dce.Choices(flipped, small_choices.study), "wait")
        )


def test_answers_with_and_without_weights_are_different(small_choices):
    weighted = dce.Choices(small_choices.frame.assign(weight=1.0), small_choices.study)
    with pytest.raises(dce.EstimationError, match="one has 'weight', the other has not"):
        dce.likelihood_ratio(dce.fit_mnl(small_choices), dce.fit_mnl(weighted, "wait"))


def test_shuffled_rows_are_the_same_answers(small_choices):
    shuffled = dce.Choices(small_choices.frame.sample(frac=1, random_state=1), small_choices.study)
    fit = dce.fit_mnl(small_choices)
    assert dce.likelihood_ratio(fit, dce.fit_mnl(shuffled, "wait")).statistic == pytest.approx(
        dce.likelihood_ratio(fit, dce.fit_mnl(small_choices, "wait")).statistic
    )


def test_what_is_not_nested_is_refused(small_choices):
    fit, other = dce.fit_mnl(small_choices, "wait + mode"), dce.fit_mnl(small_choices, "parking")
    with pytest.raises(dce.EstimationError, match="'parking' is not a special case of 'wait \\+ mode'"):
        dce.likelihood_ratio(fit, other)
    with pytest.raises(dce.EstimationError, match="give the larger one first"):
        dce.likelihood_ratio(dce.fit_mnl(small_choices, "wait"), fit)
    with pytest.raises(dce.EstimationError, match="are the same one"):
        dce.likelihood_ratio(fit, dce.fit_mnl(small_choices, "C(mode, contr.sum) + wait"))
    with pytest.raises(dce.EstimationError, match="'parking' is not a larger model"):
        dce.score_test(fit, "parking")
    with pytest.raises(dce.EstimationError, match="is not a larger model"):
        dce.score_test(fit, "wait + mode")


def test_notes_say_what_the_likelihood_ratio_assumes(small_choices):
    fit = dce.fit_mnl(small_choices)
    assert "takes all answers as independent" in str(dce.likelihood_ratio(fit, "wait = 0")).replace("\n", " ")
    weighted = dce.Choices(small_choices.frame.assign(weight=1.5), small_choices.study)
    notes = dce.likelihood_ratio(dce.fit_mnl(weighted, covariance="classical"), "wait = 0").notes
    assert any("weights as counts" in note for note in notes)


def test_a_covariance_of_low_rank_is_refused(small_choices):
    fit = dce.fit_mnl(small_choices)
    flat = dataclasses.replace(fit, covariance=fit.covariance * 0 + 1.0)
    with pytest.raises(dce.EstimationError, match="too low a rank to test 2 restrictions"):
        dce.wald(flat, "mode = 0")


def test_scores_need_clusters(elsewhere, long_frame):
    alone = dce.fit_mnl(
        dce.read_long(long_frame, task="t", alternative="alt", chosen="y"), "price + time", "robust"
    )
    assert dce.score_test(alone, "price = 0").notes == ("Scores: robust (tasks independent).",)
    with pytest.raises(dce.EstimationError, match="need respondents"):
        dce.score_test(alone, "price = 0", "clustered")
    with pytest.raises(dce.EstimationError, match="found 'HC1'; allowed: 'clustered', 'robust', 'classical'"):
        dce.score_test(alone, "price = 0", "HC1")


def test_tables_fit_a_terminal(small_choices):
    fit = dce.fit_mnl(small_choices)
    for found in (dce.wald(fit, "mode = 0, wait = 2*parking"), dce.likelihood_ratio(fit, "mode = 0")):
        lines = str(found).splitlines()
        assert max(map(len, lines)) <= 80
        assert found.frame.loc[0, "p"] == found.p
        assert "<table>" in found._repr_html_()


@pytest.mark.slow
def test_under_the_hypothesis_p_is_uniform_and_otherwise_small(small_design):
    """400 pilots without an effect of parking: p below 5% in about 5%; with one, mostly."""
    rejected = {}
    for effect in (0.0, 0.5):
        truth = small_design.study.prior_means.to_dict() | {"parking[yes]": effect}
        p = []
        for seed in range(400):
            fit = dce.fit_mnl(dce.simulate_choices(small_design, truth, respondents=60, seed=seed))
            p.append(
                [test(fit, "parking = 0").p for test in (dce.wald, dce.likelihood_ratio, dce.score_test)]
            )
        rejected[effect] = (np.array(p) < 0.05).mean(axis=0)
    # Binomial standard error 1.1%; clustered Wald tests with 60 clusters reject a little too often.
    assert (abs(rejected[0.0] - 0.05) < 0.035).all()
    assert (rejected[0.5] > 0.7).all()


@pytest.mark.slow
def test_answers_that_depend_on_one_another_need_clustered_tests(answered):
    """A taste for parking that scatters around zero, the same in all answers of a respondent."""
    p = []
    for seed in range(300):
        fit = dce.fit_mnl(answered(lambda frame: -0.2 * frame["wait"], seed, 80, scatter=1.5))
        p.append([test(fit, "parking = 0").p for test in (dce.wald, dce.score_test, dce.likelihood_ratio)])
    rejected = (np.array(p) < 0.05).mean(axis=0)
    assert (abs(rejected[:2] - 0.05) < 0.04).all()  # binomial standard error 1.3%
    assert rejected[2] > 0.1  # the likelihood ratio takes them as independent
