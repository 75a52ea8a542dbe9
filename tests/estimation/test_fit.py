"""The fit: by hand, by invariances, by simulation; what is refused, by name."""

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import logit
from scipy.stats import binom

import dce
from dce.estimation.newton import CONVERGED, maximise
from dce.estimation.tasks import each_its_own
from dce.logit import log_likelihood, log_probabilities


def read(frame, **roles):
    roles = {"task": "t", "alternative": "alt", "chosen": "y", "respondent": "id"} | roles
    return dce.read_long(frame, **{k: v for k, v in roles.items() if v})


def test_a_share_by_hand():
    """40 choose a of 50: the constant is logit(0.8), its variance 1 / (n p (1-p))."""
    chose_a = np.arange(50) < 40
    frame = pd.DataFrame(
        {
            "t": np.repeat(np.arange(50), 2),
            "alt": np.tile(["b", "a"], 50),
            "y": np.column_stack([~chose_a, chose_a]).ravel().astype(int),
        }
    )
    fit = dce.fit_mnl(read(frame, respondent=None), "alternative", covariance="classical")
    assert fit.coefficients["alternative[a]"] == pytest.approx(logit(0.8), rel=1e-10)
    assert fit.standard_errors["alternative[a]"] == pytest.approx((50 * 0.8 * 0.2) ** -0.5, rel=1e-10)
    # One coefficient, all residuals +-0.2 or +-0.8: bread 1/8, meat 40 * 0.04 + 10 * 0.64 = 8.
    robust = dce.fit_mnl(read(frame, respondent=None), "alternative", covariance="robust")
    assert robust.standard_errors["alternative[a]"] == pytest.approx((8 / 8**2) ** 0.5, rel=1e-10)
    assert fit.log_likelihood == pytest.approx(binom.logpmf(40, 50, 0.8) - np.log(binom_factor(50, 40)))
    assert fit.log_likelihood_constants == pytest.approx(fit.log_likelihood)
    assert fit.log_likelihood_null == pytest.approx(50 * np.log(0.5))
    assert fit.mcfadden_r2 == pytest.approx(1 - fit.log_likelihood / fit.log_likelihood_null)
    assert fit.aic == pytest.approx(2 - 2 * fit.log_likelihood)
    assert fit.bic == pytest.approx(np.log(50) - 2 * fit.log_likelihood)


def binom_factor(n, k):
    return binom.pmf(k, n, 0.5) * 2**n


def test_one_cluster_per_task_is_robust_but_for_the_factor(long_frame):
    T = long_frame["t"].nunique()
    clustered = dce.fit_mnl(read(long_frame, respondent="t", task="id_t") if False else
                            read(long_frame.assign(id=long_frame["t"])), "price + time")  # fmt: skip
    robust = dce.fit_mnl(read(long_frame), "price + time", covariance="robust")
    ratio = clustered.covariance / robust.covariance
    assert ratio.to_numpy() == pytest.approx(T / (T - 1), rel=1e-10)


def test_it_is_the_maximum(elsewhere):
    fit = dce.fit_mnl(elsewhere, "price + time")
    layout = elsewhere.layout
    X = fit.coding.matrix(elsewhere.frame)[layout.rows]
    at = log_likelihood(log_probabilities(X, fit.coefficients.to_numpy()), layout.chosen)
    assert fit.log_likelihood == pytest.approx(at)
    for step in np.vstack([np.eye(2), -np.eye(2)]) * 1e-3:
        beside = fit.coefficients.to_numpy() + step
        assert log_likelihood(log_probabilities(X, beside), layout.chosen) < at
    assert fit.decrement < CONVERGED


def test_rows_and_alternatives_in_any_order(long_frame):
    fit = dce.fit_mnl(read(long_frame), "price + time")
    shuffled = dce.fit_mnl(read(long_frame.sample(frac=1, random_state=2)), "price + time")
    assert shuffled.coefficients.to_numpy() == pytest.approx(fit.coefficients.to_numpy(), rel=1e-9)
    assert shuffled.covariance.to_numpy() == pytest.approx(fit.covariance.to_numpy(), rel=1e-9)


def test_a_rescaled_attribute_rescales_its_coefficient(long_frame):
    fit = dce.fit_mnl(read(long_frame), "price + time")
    dear = dce.fit_mnl(read(long_frame.assign(price=long_frame["price"] * 1e6)), "price + time")
    assert dear.coefficients["price"] * 1e6 == pytest.approx(fit.coefficients["price"], rel=1e-9)
    assert dear.standard_errors["time"] == pytest.approx(fit.standard_errors["time"], rel=1e-9)


def test_weights_are_repeated_answers(long_frame):
    weights = 1 + long_frame["t"] % 3
    weighted = dce.fit_mnl(read(long_frame.assign(w=weights), weight="w"), "price + time", "classical")
    copies = pd.concat([long_frame[weights > k].assign(t=lambda f, k=k: f["t"] + 1000 * k) for k in range(3)])
    repeated = dce.fit_mnl(read(copies), "price + time", "classical")
    assert weighted.coefficients.to_numpy() == pytest.approx(repeated.coefficients.to_numpy(), rel=1e-9)
    assert weighted.covariance.to_numpy() == pytest.approx(repeated.covariance.to_numpy(), rel=1e-9)
    assert weighted.log_likelihood == pytest.approx(repeated.log_likelihood)
    assert weighted.log_likelihood_constants == pytest.approx(repeated.log_likelihood_constants)
    assert weighted.bic == pytest.approx(repeated.bic)
    assert weighted.answers == repeated.n_tasks


def test_an_unavailable_alternative_is_as_good_as_absent(long_frame):
    gone = (long_frame["alt"] == "train") & (long_frame["y"] == 0)
    flagged = dce.fit_mnl(
        read(long_frame.assign(there=(~gone).astype(int)), available="there"), "price + time"
    )
    dropped = dce.fit_mnl(read(long_frame[~gone]), "price + time")
    assert flagged.coefficients.to_numpy() == pytest.approx(dropped.coefficients.to_numpy(), rel=1e-9)
    assert flagged.log_likelihood_constants == pytest.approx(dropped.log_likelihood_constants)


def test_constants_only_with_varying_availability_is_a_fit(long_frame):
    gone = (long_frame["t"] % 4 == 0) & (long_frame["alt"] == "car") & (long_frame["y"] == 0)
    choices = read(long_frame[~gone])
    only = dce.fit_mnl(choices, "alternative", covariance="classical")
    assert dce.fit_mnl(choices, "price").log_likelihood_constants == pytest.approx(only.log_likelihood)


def test_2000_simulated_respondents_recover_the_truth(small_design):
    choices = dce.simulate_choices(small_design, respondents=2000, seed=11)
    fit = dce.fit_mnl(choices)
    z = (fit.coefficients - small_design.study.prior_means) / fit.standard_errors
    assert z.abs().max() < 4


@pytest.mark.slow
def test_intervals_cover_the_truth(small_design):
    truth = small_design.study.prior_means
    inside = []
    for seed in range(200):
        frame = dce.fit_mnl(dce.simulate_choices(small_design, respondents=60, seed=seed)).to_frame()
        inside.append((frame["low"] < truth) & (truth < frame["high"]))
    coverage = np.mean(inside)
    # 1,000 intervals at 95%: binomial sd 0.7%; clustered errors fall short a little with 60 clusters.
    assert 0.925 < coverage < 0.97


def test_the_errors_of_a_fit_are_those_of_the_design(small_design):
    """The information does not depend on the answers: D-error and errors are one function."""
    choices = dce.simulate_choices(small_design, respondents=20_000, seed=2)
    fit = dce.fit_mnl(choices, covariance="classical")
    per_block = np.linalg.inv(small_design.information) * 2 / 20_000
    assert np.sqrt(np.diag(per_block)) == pytest.approx(fit.standard_errors.to_numpy(), rel=0.03)


def test_collinear_coefficients_are_named(long_frame):
    frame = long_frame.assign(double=2 * long_frame["price"] + 3 * long_frame["time"])
    with pytest.raises(dce.IdentificationError, match="'price', 'time', 'double'; leave out 1"):
        dce.fit_mnl(read(frame), "price + time + double + old:price")


def test_what_never_differs_is_named(long_frame):
    with pytest.raises(dce.IdentificationError, match="'old' never differs between the alternatives"):
        dce.fit_mnl(read(long_frame), "price + old")


def test_large_constants_do_not_hide_what_is_identified(long_frame):
    frame = long_frame.assign(year=2020 + long_frame["price"])
    fit = dce.fit_mnl(read(frame), "year + time")
    plain = dce.fit_mnl(read(long_frame), "price + time")
    assert fit.coefficients["year"] == pytest.approx(plain.coefficients["price"], rel=1e-8)


def test_perfect_prediction_is_named(long_frame):
    frame = long_frame.assign(always=long_frame["y"] * long_frame["t"].clip(1, 3))
    with pytest.raises(dce.SeparationError, match="perfect prediction: 'always' predicts"):
        dce.fit_mnl(read(frame), "price + time + always")


def test_a_level_never_chosen_is_named(long_frame):
    frame = long_frame.assign(never=((long_frame["t"] % 7 == 0) & (long_frame["y"] == 0)).astype(int))
    with pytest.raises(dce.SeparationError, match="'never' predicts answers without exception"):
        dce.fit_mnl(read(frame), "price + time + never")


def test_an_alternative_never_chosen_is_named(small_design, clinics):
    study = clinics(
        opt_out=dce.Alternative("none", constant=True),
        priors={"constant[B]": 0, "constant[none]": -60, "wait": -0.1, "parking[yes]": 0.5,
                "mode[phone]": 0, "mode[group]": 0},
    )  # fmt: skip
    design = dce.make_design(study, starts=1)
    choices = dce.simulate_choices(design, respondents=50, seed=1)
    with pytest.raises(dce.SeparationError, match=r"'constant\[none\]'"):
        dce.fit_mnl(choices)


def test_strong_preferences_are_not_mistaken_for_perfect_ones(rng):
    T = 4000
    x = rng.normal(size=(T, 2)) * 10
    y = (x + rng.gumbel(size=(T, 2))).argmax(axis=1)
    frame = pd.DataFrame(
        {
            "t": np.repeat(np.arange(T), 2),
            "alt": np.tile([1, 2], T),
            "y": (y[:, None] == [0, 1]).ravel().astype(int),
            "x": x.ravel(),
        }
    )
    fit = dce.fit_mnl(read(frame, respondent=None), "x", covariance="robust")
    assert fit.coefficients["x"] == pytest.approx(1, abs=0.15)


def test_clusters_are_asked_for(long_frame):
    with pytest.raises(dce.EstimationError, match="need respondents"):
        dce.fit_mnl(read(long_frame, respondent=None), "price")
    one = long_frame[long_frame["id"] == 0]
    with pytest.raises(dce.EstimationError, match="two respondents, found one"):
        dce.fit_mnl(read(one), "price")


def test_data_from_elsewhere_need_a_formula(elsewhere):
    with pytest.raises(dce.FormulaError, match="give a formula"):
        dce.fit_mnl(elsewhere)


def test_no_convergence_is_an_error(elsewhere, monkeypatch):
    monkeypatch.setattr("dce.estimation.newton.MOST_ITERATIONS", 1)
    with pytest.raises(dce.ConvergenceError, match=r"after 1 iterations .* allowed: below 1e-12"):
        dce.fit_mnl(elsewhere, "price + time")


def test_newton_copes_with_a_far_maximum(rng):
    """From zero, the first full step overshoots: halving brings it back."""
    X = rng.normal(size=(300, 2, 2)) * [1.0, 1e4]
    utility = X @ np.array([8.0, 2e-4]) + rng.gumbel(size=(300, 2))
    chosen = utility.argmax(axis=1)
    best = maximise(each_its_own(X, np.ones((300, 2), dtype=bool), chosen, np.ones(300)))
    assert best.decrement < CONVERGED


def test_fits_are_frozen_and_print_as_papers_do(small_choices):
    fit = dce.fit_mnl(small_choices)
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit.log_likelihood = 0
    shown = str(fit)
    for part in ("Wait (weeks)", "Parking: yes", "clustered by respondent", "200 respondents, 1,200",
                 "McFadden R2", "constants only", "AIC", "BIC", "95% low"):  # fmt: skip
        assert part in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert "<table>" in fit._repr_html_()


def test_interactions_with_respondents(small_design):
    choices = dce.simulate_choices(small_design, respondents=300, seed=3)
    frame = choices.frame.assign(age65=lambda f: (f["respondent"] % 2).astype(int))
    both = dce.fit_mnl(
        dce.Choices(frame, choices.study), "(parking + mode + wait) * age65 - age65 - constants"
    )
    young = dce.fit_mnl(
        dce.Choices(frame[frame["age65"] == 0], choices.study), "parking + mode + wait - constants"
    )
    for name in ("wait", "parking[yes]", "mode[group]"):
        assert both.coefficients[name] == pytest.approx(young.coefficients[name], rel=1e-7)


@pytest.mark.parametrize("name", ["physiotherapy", "peer-support", "staff-support"])
def test_shipped_studies_recover_the_truth(name):
    """2,000 simulated respondents: every estimate within 4 standard errors of what was simulated."""
    design = dce.Design.read(Path(__file__).parents[2] / "designs" / name)
    fit = dce.fit_mnl(dce.simulate_choices(design, respondents=2000, seed=7))
    z = (fit.coefficients - design.study.prior_means) / fit.standard_errors
    assert z.abs().max() < 4
    # and no closer than chance allows: z is standard normal
    assert z.abs().max() > 0.5


def test_tasks_without_weight_do_not_count(long_frame):
    weights = (long_frame["id"] < 20).astype(float)
    choices = read(long_frame.assign(w=weights), weight="w")
    assert choices.left_out == {"answered tasks with a weight of zero": 50}
    weighted = dce.fit_mnl(choices, "price + time")
    alone = dce.fit_mnl(read(long_frame[long_frame["id"] < 20]), "price + time")
    assert weighted.standard_errors.to_numpy() == pytest.approx(alone.standard_errors.to_numpy())
    assert weighted.n_tasks == 100
    assert weighted.n_respondents == 20


@pytest.mark.parametrize("unit", [1e-14, 1e-6, 1e6, 1e100])
def test_the_unit_of_weights_changes_nothing(long_frame, unit):
    plain = dce.fit_mnl(read(long_frame), "price + time")
    scaled = dce.fit_mnl(read(long_frame.assign(w=unit), weight="w"), "price + time")
    assert scaled.coefficients.to_numpy() == pytest.approx(plain.coefficients.to_numpy(), rel=1e-9)
    assert scaled.standard_errors.to_numpy() == pytest.approx(plain.standard_errors.to_numpy(), rel=1e-9)


def test_fewer_clusters_than_coefficients_are_refused(long_frame):
    with pytest.raises(dce.EstimationError, match="need more than 3 respondents, found 3"):
        dce.fit_mnl(
            read(long_frame.assign(id=long_frame["id"] % 3, t=long_frame["t"])), "price + time + price:old"
        )


def test_an_offset_does_not_hide_differences(long_frame):
    plain = dce.fit_mnl(read(long_frame), "price + time")
    moved = dce.fit_mnl(read(long_frame.assign(price=1e7 + long_frame["price"])), "price + time")
    assert moved.coefficients.to_numpy() == pytest.approx(plain.coefficients.to_numpy(), rel=1e-6)


@pytest.mark.parametrize("level", [0, 1, 95, -0.5])
def test_levels_of_intervals_are_checked(elsewhere, level):
    fit = dce.fit_mnl(elsewhere, "price + time")
    with pytest.raises(dce.EstimationError, match=r"allowed: between 0 and 1"):
        fit.to_frame(level)
    with pytest.raises(dce.EstimationError, match=r"allowed: between 0 and 1"):
        dce.marginal_rates(fit, "price", level=level)


def test_missing_values_of_unavailable_alternatives_do_not_matter(long_frame):
    gone = (long_frame["alt"] == "train") & (long_frame["y"] == 0)
    there = (~gone).astype(int)
    full = dce.fit_mnl(read(long_frame.assign(there=there), available="there"), "price + time")
    frame = long_frame.assign(there=there, price=long_frame["price"].where(~gone))
    blank = dce.fit_mnl(read(frame, available="there"), "price + time")
    assert blank.coefficients.to_numpy() == pytest.approx(full.coefficients.to_numpy(), rel=1e-9)


def test_a_column_called_constants_is_refused(long_frame):
    with pytest.raises(dce.ChoicesError, match="'constants' has a meaning in formulas"):
        read(long_frame.assign(constants=1))
