"""Differences of rates: by hand, all pairs by a double loop, invariance, simulation, refusals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2, norm, t

import dce
from dce.estimation.combinatorial import share_below


@pytest.fixture(scope="module")
def answers(small_choices):
    frame = small_choices.frame
    third = frame["respondent"] % 3
    return dce.Choices(
        frame.assign(half=np.where(frame["respondent"] % 2 == 0, "a", "b"), third=third), small_choices.study
    )


@pytest.fixture(scope="module")
def fits(answers):
    return dce.fit_by(answers, "half")


@pytest.fixture(scope="module")
def found(fits):
    return dce.rate_differences(fits, per="wait")


def test_the_difference_and_its_test_by_hand(fits, found):
    row = found.frame.loc["parking[yes]"]
    one, two = (
        dce.marginal_rates(fits[g], "wait", directions_of=fits.everybody).frame.loc["parking[yes]"]
        for g in "ab"
    )
    assert (row["first"], row["second"], row["label"]) == ("a", "b", "Parking: yes rather than no")
    error = np.hypot(one["standard error"], two["standard error"])
    assert row["difference"] == pytest.approx(one["rate"] - two["rate"])
    assert row["standard error"] == pytest.approx(error)
    assert row["p"] == pytest.approx(2 * norm.sf(abs(one["rate"] - two["rate"]) / error))
    assert row["high"] - row["low"] == pytest.approx(2 * norm.isf(0.025) * error)
    equal = found.equal.loc["parking[yes]"]
    assert equal["statistic"] == pytest.approx(row["z"] ** 2)
    assert equal["p"] == pytest.approx(row["p"])
    together = found.equal.loc["all"]
    assert together["degrees of freedom"] == 4
    assert together["statistic"] >= found.equal["statistic"].iloc[:-1].max()


def test_two_fits_are_two_groups(fits, found):
    alone = dce.rate_differences(fits["a"], fits["b"], per="wait", directions_of=fits.everybody)
    columns = ["difference", "standard error", "p", "p, all pairs"]
    assert alone.frame[columns].equals(found.frame[columns])


def test_turned_round(fits, found):
    """Other draws for each group: p of all pairs of 100,000 draws has an error of at most 0.004."""
    turned = dce.rate_differences(fits["b"], fits["a"], per="wait", directions_of=fits.everybody).frame
    assert turned["difference"].to_numpy() == pytest.approx(-found.frame["difference"].to_numpy())
    assert turned["p"].to_numpy() == pytest.approx(found.frame["p"].to_numpy())
    assert turned["p, all pairs"].to_numpy() == pytest.approx(
        found.frame["p, all pairs"].to_numpy(), abs=0.03
    )


def test_one_way_of_coding_is_as_good_as_another(answers):
    """Levels of effects coding add up to zero, and the test of all rates counts them once."""
    dummies = dce.rate_differences(
        dce.fit_by(answers, "half", "wait + mode + parking"), per="wait", draws=1000
    )
    effects = dce.rate_differences(
        dce.fit_by(answers, "half", "wait + C(mode, contr.sum) + parking"), per="wait", draws=1000
    )
    assert "mode[group]" in effects.frame.index
    one, two = dummies.equal.loc["all"], effects.equal.loc["all"]
    assert one["degrees of freedom"] == two["degrees of freedom"] == 4
    assert two["statistic"] == pytest.approx(one["statistic"], rel=1e-6)
    at = dce.rate_differences(
        dce.fit_by(answers, "half", "poly(wait, 2) + parking"), per="wait", at={"wait": 4}
    )
    assert list(at.frame.index) == ["constant[B]", "parking[yes]"]


def test_every_pair_of_three_groups(answers):
    found = dce.rate_differences(dce.fit_by(answers, ["half", "third"]), per="wait", draws=1000)
    assert found.frame.groupby("characteristic").size().to_dict() == {"half": 4, "third": 12}
    parking = found.frame[found.frame["characteristic"] == "third"].loc["parking[yes]"]
    assert list(zip(parking["first"], parking["second"], strict=True)) == [("0", "1"), ("0", "2"), ("1", "2")]
    # by hand: squared distances from the mean that weighs by precision
    fits = dce.fit_by(answers, "third")
    rates = [
        dce.marginal_rates(fits[g], "wait", directions_of=fits.everybody).frame.loc["parking[yes]"]
        for g in "012"
    ]
    weight = np.array([1 / r["standard error"] ** 2 for r in rates])
    rate = np.array([r["rate"] for r in rates])
    statistic = float(weight @ (rate - weight @ rate / weight.sum()) ** 2)
    row = found.equal[found.equal["characteristic"] == "third"].loc["parking[yes]"]
    assert row["statistic"] == pytest.approx(statistic)
    assert row["p"] == pytest.approx(chi2.sf(statistic, 2))
    shown = str(found)
    assert max(map(len, shown.splitlines())) <= 80
    assert "All rates equal in the groups of third: chi2(8) =" in shown


@given(
    st.lists(st.integers(-3, 3), min_size=1, max_size=12),
    st.lists(st.integers(-3, 3), min_size=1, max_size=9),
)
def test_all_pairs_by_a_double_loop(first, second):
    expected = np.mean([x <= y for x in first for y in second])
    assert share_below(np.array(first, float), np.array(second, float)) == pytest.approx(expected, abs=1e-15)


def test_all_pairs_tend_to_the_normal_where_draws_are_normal():
    rng = np.random.default_rng(5)
    x, y = rng.normal(1.0, 0.6, 20_000), rng.normal(0.0, 0.8, 20_000)
    assert share_below(x, y) == pytest.approx(norm.sf(1.0), abs=0.005)  # 0.6^2 + 0.8^2 = 1


@pytest.mark.slow
def test_the_test_keeps_its_size(small, small_design):
    """Under equal rates p is uniform: 200 halves of simulated answers; Kolmogorov's 99.9% limit."""
    p = []
    for seed in range(200):
        choices = dce.simulate_choices(small_design, respondents=120, seed=1000 + seed)
        frame = choices.frame.assign(half=choices.frame["respondent"] % 2)
        fits = dce.fit_by(dce.Choices(frame, small), "half", covariance="classical")
        p.append(dce.rate_differences(fits, per="wait", draws=100).frame.loc["parking[yes]", "p"])
    steps = np.arange(1, 201) / 200
    assert np.abs(np.sort(p) - steps).max() < 1.95 / np.sqrt(200)


def test_few_clusters_use_satterthwaite(fits):
    few = [replace(fits[g], inference=replace(fits[g].inference, degrees_of_freedom=9.0)) for g in "ab"]
    row = dce.rate_differences(*few, per="wait").frame.loc["parking[yes]"]
    v = [
        dce.marginal_rates(f, "wait", directions_of=few[0]).frame.loc["parking[yes]", "standard error"] ** 2
        for f in few
    ]
    df = sum(v) ** 2 / (v[0] ** 2 / 9 + v[1] ** 2 / 9)
    assert 9 < df <= 18
    assert row["p"] == pytest.approx(2 * t.sf(abs(row["z"]), df))


def test_bootstrap_fits_bring_their_draws(fits):
    rng = np.random.default_rng(2)
    drawn = []
    for g in "ab":
        draws = rng.multivariate_normal(fits[g].coefficients, fits[g].covariance, 300)
        drawn.append(
            replace(fits[g], inference=replace(fits[g].inference, kind="bootstrap", replicates=draws))
        )
    row = dce.rate_differences(*drawn, per="wait", convention="ratio").frame.loc["parking[yes]"]
    k, b = (list(fits["a"].coefficients.index).index(name) for name in ("parking[yes]", "wait"))
    one, two = (f.replicates[:, k] / f.replicates[:, b] for f in drawn)
    pairs = np.subtract.outer(one, two)
    assert row["p, all pairs"] == pytest.approx(2 * min((pairs <= 0).mean(), (pairs >= 0).mean()))


def test_what_is_no_comparison(answers, fits, elsewhere):
    with pytest.raises(dce.EstimationError, match="are fits of the same answers"):
        dce.rate_differences(fits["a"], fits["a"], per="wait")
    with pytest.raises(dce.EstimationError, match=r"first and second: 100 respondents are in both, such as"):
        dce.rate_differences(fits["a"], fits.everybody, per="wait")
    with pytest.raises(dce.EstimationError, match="second: is missing"):
        dce.rate_differences(fits["a"], per="wait")
    with pytest.raises(dce.EstimationError, match="a fit beside subgroups"):
        dce.rate_differences(fits, fits["a"], per="wait")
    with pytest.raises(dce.EstimationError, match="per: 'cost' is not a coefficient"):
        dce.rate_differences(fits, per="cost")
    other = dce.fit_mnl(answers.of("half", "b"), "wait + parking")
    with pytest.raises(dce.EstimationError, match=r"'mode\[group\]', 'mode\[phone\]' is in one fit only"):
        dce.rate_differences(fits["a"], other, per="wait")


def test_columns_that_mean_different_things_are_refused(long_frame):
    parts = []
    for k in (0, 1):
        part = long_frame[long_frame["old"] == k]
        choices = dce.read_long(part, task="t", alternative="alt", chosen="y", respondent="id")
        parts.append(dce.fit_mnl(choices, "price + poly(time, 2)", "classical"))
    with pytest.raises(dce.EstimationError, match="mean different things"):
        dce.rate_differences(*parts, per="price")
    at = dce.rate_differences(*parts, per="price", at={"time": 0.5})
    assert np.isfinite(at.frame["difference"]).all()


def test_cautions(fits, long_frame):
    shown = " ".join(str(dce.rate_differences(fits, per="constant[B]")).split())
    assert "the coefficient of constant[B] is not clearly different from zero" in shown
    parts = []
    for k in (0, 1):
        part = long_frame[long_frame["old"] == k].assign(price=lambda d, k=k: d["price"] * (1 - 2 * k))
        choices = dce.read_long(part, task="t", alternative="alt", chosen="y")
        parts.append(dce.fit_mnl(choices, "price + time", "classical"))
    shown = " ".join(str(dce.rate_differences(*parts, per="price")).split())
    assert "second: the coefficient of price has the other sign" in shown
    assert "respondents are unknown" in shown


def test_same_seed_same_bytes(fits):
    once, twice = (dce.rate_differences(fits, per="wait", draws=500, seed=3).frame for _ in range(2))
    pd.testing.assert_frame_equal(once, twice, check_exact=True)
