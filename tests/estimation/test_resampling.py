"""Bootstrap and jackknife: by hand, against plain fits to the same resamples, and against R."""

import json
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.special import logit

import dce
from dce.estimation.intervals import bca_limits, percentile_limits
from dce.estimation.refits import Answers, refit

R = json.loads((Path(__file__).parents[1] / "reference" / "r_covariances.json").read_text())
"""Made by ``r_covariances.R``."""
STEP = 1e-6
"""Fits stop within a squared Newton decrement of 1e-12: within this many standard errors."""


def read(frame, **roles):
    roles = {"task": "t", "alternative": "alt", "chosen": "y", "respondent": "id"} | roles
    return dce.read_long(frame, **{k: v for k, v in roles.items() if v})


def shares(chose, of):
    """Respondents who chose a so many times of so many."""
    rows = [(g, task, alt, int((alt == "a") == (task < k)))
            for g, (k, n) in enumerate(zip(chose, of, strict=True)) for task in range(n)
            for alt in ("b", "a")]  # fmt: skip
    return pd.DataFrame(rows, columns=["id", "t", "alt", "y"])


def drawn(seed, replicates, G):
    """How often each cluster is drawn in each replicate."""
    children = np.random.SeedSequence(seed).spawn(replicates)
    return np.array([np.bincount(np.random.default_rng(c).integers(0, G, G), minlength=G) for c in children])


def repeated(frame, times):
    """The answers of respondent g so many times, as respondents of their own."""
    copies = [frame[frame["id"].map(dict(enumerate(times))) > k].assign(id=lambda f, k=k: f["id"] + 1000 * k)
              for k in range(int(times.max()))]  # fmt: skip
    return pd.concat(copies)


def answers_of(fit):
    groups = dce.estimation.clusters.find_clusters(fit.choices).in_order
    return Answers(fit.tasks, groups.numbers, fit.maximum, fit.coding.names)


def test_a_share_by_hand():
    """One constant: every refit is the logit of a share."""
    chose, of = np.array([3, 1, 4, 2, 1]), np.array([4, 3, 5, 4, 2])
    fit = dce.fit_mnl(read(shares(chose, of)), "alternative")
    without = logit((chose.sum() - chose) / (of.sum() - of))
    assert_allclose(fit.leave_one_out()["alternative[a]"], without, atol=1e-9)
    jackknife = fit.with_covariance("jackknife")
    assert jackknife.covariance.iloc[0, 0] == pytest.approx(4 / 5 * ((without - without.mean()) ** 2).sum())
    assert jackknife.quantile(0.95) == pytest.approx(2.776445, rel=1e-6)  # t with 4, of every table
    w = drawn(3, 50, 5)
    boot = fit.with_covariance("bootstrap", replicates=50, seed=3)
    expected = logit((w @ chose) / (w @ of))
    assert_allclose(boot.replicates[:, 0], expected, atol=1e-9)
    assert boot.covariance.iloc[0, 0] == pytest.approx(expected.var(ddof=1))
    assert boot.quantile(0.95) == pytest.approx(1.959964)


@pytest.mark.parametrize("together", [True, False])
def test_replicates_are_plain_fits_to_the_same_resamples(long_frame, together, monkeypatch):
    if not together:
        monkeypatch.setattr("dce.estimation.refits.TOGETHER", 0)
    fit = dce.fit_mnl(read(long_frame), "price + time + price:old")
    boot = fit.with_covariance("bootstrap", replicates=12, seed=4)
    for times, found in zip(drawn(4, 12, 30), boot.replicates, strict=True):
        plain = dce.fit_mnl(read(repeated(long_frame, times)), "price + time + price:old", "classical")
        assert_allclose(found, plain.coefficients, atol=STEP * plain.standard_errors.min())


@pytest.mark.parametrize("together", [True, False])
def test_without_a_cluster_as_plain_fits_to_the_rest(long_frame, together, monkeypatch):
    if not together:
        monkeypatch.setattr("dce.estimation.refits.TOGETHER", 0)
    frame = long_frame.assign(w=1 + long_frame["t"] % 3)
    fit = dce.fit_mnl(read(frame, weight="w"), "price + time")
    without = fit.leave_one_out()
    assert without.index.name == "respondent"
    for g in (0, 7, 29):
        plain = dce.fit_mnl(read(frame[frame["id"] != g], weight="w"), "price + time", "classical")
        assert_allclose(without.loc[g], plain.coefficients, atol=STEP * plain.standard_errors.min())


def test_collapsed_tasks(small_choices):
    frame = small_choices.frame
    fit = dce.fit_mnl(small_choices)
    assert fit.tasks.which is not None
    without = fit.leave_one_out()
    for who in without.index[:3]:
        plain = dce.fit_mnl(dce.Choices(frame[frame["respondent"] != who], small_choices.study))
        assert_allclose(without.loc[who], plain.coefficients, atol=1e-8)


def test_tasks_that_lack_alternatives(long_frame):
    gone = (long_frame["alt"] == "train") & (long_frame["y"] == 0)
    ragged = dce.fit_mnl(read(long_frame[~gone]), "price + time")
    plain = dce.fit_mnl(read(long_frame[~gone & (long_frame["id"] != 3)]), "price + time")
    assert_allclose(ragged.leave_one_out().loc[3], plain.coefficients, atol=1e-8)


def test_large_samples_agree_with_the_sandwich(small_design):
    fit = dce.fit_mnl(dce.simulate_choices(small_design, respondents=1000, seed=8))
    clustered = fit.standard_errors
    boot = fit.with_covariance("bootstrap", replicates=2000, seed=1)
    # the standard deviation of 2,000 replicates has an error of 1 / sqrt(4000), 1.6%
    assert_allclose(boot.standard_errors, clustered, rtol=0.07)
    assert_allclose(fit.with_covariance("jackknife").standard_errors, clustered, rtol=0.01)
    percentile = boot.intervals("percentile")
    assert_allclose(percentile["high"] - percentile["low"], 2 * 1.96 * clustered, rtol=0.12)
    assert_allclose(boot.intervals("bca")["low"], percentile["low"], atol=0.25 * clustered.max())


@pytest.mark.parametrize("kind", ["bootstrap", "jackknife"])
def test_the_same_bytes_whatever_runs_it(elsewhere, kind):
    fit = dce.fit_mnl(elsewhere, "price + time")
    alone = fit.with_covariance(kind, replicates=250)
    with ThreadPoolExecutor(3) as threads:
        threaded = fit.with_covariance(kind, replicates=250, executor=threads)
    with ProcessPoolExecutor(2) as processes:
        elsewhere_done = fit.with_covariance(kind, replicates=250, executor=processes)
    for other in (threaded, elsewhere_done):
        assert other.covariance.to_numpy().tobytes() == alone.covariance.to_numpy().tobytes()
    if kind == "bootstrap":
        assert elsewhere_done.replicates.tobytes() == alone.replicates.tobytes()
        assert threaded.replicates.tobytes() == alone.replicates.tobytes()
        more = fit.with_covariance(kind, replicates=300)
        assert_allclose(more.replicates[:250], alone.replicates, rtol=1e-9)


def test_the_order_of_rows_does_not_matter(long_frame):
    fit = dce.fit_mnl(read(long_frame), "price + time")
    shuffled = dce.fit_mnl(read(long_frame.sample(frac=1, random_state=1)), "price + time")
    options = {"replicates": 100, "seed": 2}
    assert_allclose(shuffled.with_covariance("bootstrap", **options).replicates,
                    fit.with_covariance("bootstrap", **options).replicates, rtol=1e-9)  # fmt: skip
    mixed = long_frame.assign(id=long_frame["id"].map(lambda g: g if g % 2 else f"r{g}"))
    named = dce.fit_mnl(read(mixed), "price + time").with_covariance("bootstrap", **options)
    assert len(named.replicates) == 100
    other_seed = fit.with_covariance("bootstrap", replicates=100, seed=3)
    assert not np.allclose(other_seed.replicates, fit.with_covariance("bootstrap", **options).replicates)


def test_progress_is_told(elsewhere):
    seen = []
    fit = dce.fit_mnl(elsewhere, "price + time")
    fit.with_covariance("bootstrap", replicates=250, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(100, 250), (200, 250), (250, 250)]


def test_an_interrupt_leaves_nothing_half_done(elsewhere):
    def interrupt(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        dce.fit_mnl(elsewhere, "price + time").with_covariance("bootstrap", progress=interrupt)


def test_separated_resamples_are_counted_and_shown():
    """5 of 30 respondents chose a: (25/30)^30 = 0.4% of resamples have none of them."""
    fit = dce.fit_mnl(read(shares(np.arange(30) < 5, np.ones(30, dtype=int))), "alternative")
    boot = fit.with_covariance("bootstrap", replicates=1000, seed=1)
    none = int((drawn(1, 1000, 30)[:, :5].sum(axis=1) == 0).sum())
    assert 0 < none <= 10
    assert boot.inference.failures == {"separated": none}
    assert len(boot.replicates) == 1000 - none
    assert f"{1000 - none} replicates, seed 1; left out: {none} separated" in " ".join(str(boot).split())


def test_too_many_separated_resamples_are_an_error():
    fit = dce.fit_mnl(read(shares(np.arange(30) < 2, np.ones(30, dtype=int))), "alternative")
    with pytest.raises(dce.EstimationError, match=r"\d+ of 200 resamples .*separated\); allowed: 1%"):
        fit.with_covariance("bootstrap", replicates=200)


@pytest.mark.parametrize("together", [True, False])
def test_weights_without_estimates_say_why(long_frame, together, monkeypatch):
    if not together:
        monkeypatch.setattr("dce.estimation.refits.TOGETHER", 0)
    special = long_frame["id"].isin([1, 2, 3, 4, 5])
    only_chosen = (long_frame["alt"] == "bus") & (long_frame["y"] == 1)
    frame = long_frame.assign(
        special=special * long_frame["time"].round(1),
        rare=np.where(special, long_frame["price"] % 2, only_chosen),
    )
    weights = np.ones((4, 30))
    weights[1, [1, 2, 3, 4, 5]] = 0
    weights[3] = np.arange(30) % 3
    fit = dce.fit_mnl(read(frame), "price + time + special")
    fits = refit(answers_of(fit), weights)
    assert fits.failures == ("", "not identified", "", "")
    assert np.isnan(fits.estimates[1]).all()
    assert_allclose(fits.estimates[[0, 2]], np.tile(fit.coefficients, (2, 1)), rtol=1e-9)
    plain = dce.fit_mnl(read(repeated(frame, weights[3])), "price + time + special")
    assert_allclose(fits.estimates[3], plain.coefficients, atol=STEP * plain.standard_errors.min())
    fit = dce.fit_mnl(read(frame), "price + time + rare")
    fits = refit(answers_of(fit), weights)
    assert fits.failures == ("", "separated", "", "")


@pytest.mark.parametrize("together", [True, False])
def test_the_jackknife_names_whom_it_cannot_do_without(long_frame, together, monkeypatch):
    if not together:
        monkeypatch.setattr("dce.estimation.refits.TOGETHER", 0)
    frame = long_frame.assign(only=(long_frame["id"] == 7) * long_frame["time"])
    fit = dce.fit_mnl(read(frame), "price + time + only", "classical")
    message = "without respondent 7 the coefficients are not identified: the jackknife needs"
    with pytest.raises(dce.EstimationError, match=message):
        fit.with_covariance("jackknife")


def test_far_resamples_are_done_with_care(long_frame, monkeypatch):
    """Where the joint Newton steps do not settle, the safeguarded maximisation does."""
    fit = dce.fit_mnl(read(long_frame), "price + time")
    expected = fit.with_covariance("bootstrap", replicates=20)
    monkeypatch.setattr("dce.estimation.refits.MOST_STEPS", 1)
    careful = fit.with_covariance("bootstrap", replicates=20)
    assert_allclose(careful.replicates, expected.replicates, atol=1e-8)


def test_tasks_are_drawn_where_respondents_are_unknown(long_frame):
    fit = dce.fit_mnl(read(long_frame, respondent=None), "price + time", covariance="robust")
    boot = fit.with_covariance("bootstrap", replicates=400)
    assert "bootstrap by task (150 clusters), 400 replicates" in str(boot)
    assert_allclose(boot.standard_errors, fit.standard_errors, rtol=0.2)


@pytest.mark.parametrize("option", [{"replicates": 2}, {"replicates": 10.5}, {"seed": -1}, {"seed": 1.5}])
def test_options_of_the_bootstrap_are_checked(elsewhere, option):
    fit = dce.fit_mnl(elsewhere, "price + time")
    with pytest.raises(dce.EstimationError, match=f"{next(iter(option))}: found .*; allowed: a whole number"):
        fit.with_covariance("bootstrap", **option)


# Limits


def arithmetic_draws():
    """The replicates, estimate and leave-one-out estimates of r_covariances.R."""
    u = (np.arange(1, 1000) * 577) % 1000 / 1000
    return u**2 + u / 3, 0.51, 0.5 + (np.arange(20.0) ** 2 - 100) / 4000


@pytest.mark.parametrize("level", [0.95, 0.9])
def test_limits_are_those_of_boot(level):
    draws, estimate, without = arithmetic_draws()
    found = percentile_limits(draws[:, None], level)[:, 0]
    assert_allclose(found, R["limits"][f"percentile, {level}"], rtol=1e-9)
    found = bca_limits(draws[:, None], np.array([estimate]), without[:, None], level)[:, 0]
    assert_allclose(found, R["limits"][f"bca, {level}"], rtol=1e-9)


def test_symmetric_replicates_need_no_correction(rng):
    half = rng.normal(size=(500, 2))
    draws = np.concatenate([half, -half])
    without = np.concatenate([half[:20], -half[:20]])
    assert_allclose(bca_limits(draws, np.zeros(2), without, 0.9), percentile_limits(draws, 0.9), rtol=1e-9)


def test_intervals_of_a_fit(elsewhere):
    fit = dce.fit_mnl(elsewhere, "price + time")
    pd.testing.assert_frame_equal(fit.intervals(level=0.9), fit.to_frame(0.9)[["low", "high"]])
    boot = fit.with_covariance("bootstrap", replicates=500)
    half = 1.959964 * boot.standard_errors
    assert_allclose(boot.intervals()["high"], boot.coefficients + half, rtol=1e-6)
    assert_allclose(boot.intervals("percentile").T, percentile_limits(boot.replicates, 0.95))
    bca = boot.intervals("bca")
    without = fit.leave_one_out().to_numpy()
    assert_allclose(bca.T, bca_limits(boot.replicates, boot.coefficients.to_numpy(), without, 0.95))
    assert_allclose(boot.to_frame(method="bca")[["low", "high"]], bca)
    assert "bias-corrected and accelerated" in str(boot.table(method="bca"))


def test_intervals_that_cannot_be_are_refused(elsewhere):
    fit = dce.fit_mnl(elsewhere, "price + time")
    with pytest.raises(dce.EstimationError, match="'bca' needs replicates, and this covariance is clustered"):
        fit.intervals("bca")
    with pytest.raises(dce.EstimationError, match="found 'basic'; allowed: 'normal', 'percentile', 'bca'"):
        fit.intervals("basic")
    boot = fit.with_covariance("bootstrap", replicates=30)
    with pytest.raises(dce.EstimationError, match="30 replicates are too few: a limit lies beyond all"):
        boot.intervals("percentile")
    with pytest.raises(dce.EstimationError, match="level: found 95; allowed: between 0 and 1"):
        boot.intervals("percentile", level=95)
    with pytest.raises(dce.EstimationError, match="all 40 replicates are on one side"):
        bca_limits(np.ones((40, 1)), np.zeros(1), np.arange(5.0)[:, None], 0.5)
