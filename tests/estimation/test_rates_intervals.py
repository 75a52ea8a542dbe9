"""Intervals of ratios: by every method, by hand, and against numbers from elsewhere."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm, t

import dce
from dce.estimation.ratio_intervals import (
    Moments,
    delta_intervals,
    fieller_intervals,
    krinsky_robb_draws,
    moments,
    percentile_intervals,
)

Q = norm.isf(0.025)
RESPONDENTS = {"kenya": "respondent_id", "train_nl": "id", "electricity": "id", "swissmetro": "ID"}
REFERENCE_DRAWS = 2_000_000


def quantile_error(draws: int) -> float:
    """Monte Carlo error of a 2.5% percentile, in standard errors of a ratio that is nearly normal."""
    return np.sqrt(0.025 * 0.975 / draws) / norm.pdf(Q)


@pytest.fixture(scope="module")
def real(reference):
    """Fits of the real data sets, made once: by name and covariance."""
    cols = json.loads((reference / "reference_values.json").read_text(encoding="utf-8"))
    made = {}

    def fit(name: str, covariance: str) -> dce.Fit:
        if (name, covariance) not in made:
            frame = pd.read_csv(reference / "data" / f"{name}.csv")
            choices = dce.read_long(
                frame, task="chid", alternative="alt", chosen="y", respondent=RESPONDENTS[name]
            )
            made[name, covariance] = dce.fit_mnl(choices, " + ".join(cols[name]["cols"]), covariance)
        return made[name, covariance]

    return fit


def trade_offs(reference, real):
    """Yield key, numbers from elsewhere, the fit, numerator, reference, and its sign there."""
    for key, expected in json.loads((reference / "trade_off_reference.json").read_text()).items():
        name, terms, kind = key.split(":")
        fit = real(name, {"classical": "classical", "cluster_adj": "clustered"}[kind])
        # electricity is given as a willingness to pay, minus the ratio
        yield (key, expected, fit, *terms.split("/"), -1 if name == "electricity" else 1)


@pytest.mark.parametrize("method", ["delta", "fieller"])
def test_delta_and_fieller_are_those_of_the_reference(reference, real, method):
    for key, expected, fit, numerator, per, sign in trade_offs(reference, real):
        found = dce.marginal_rates(fit, per, convention="ratio", method=method).frame.loc[numerator]
        assert sign * found["rate"] == pytest.approx(expected["wtp"], rel=1e-9), key
        assert found["standard error"] == pytest.approx(expected["delta_se"], rel=1e-9), key
        ends = sorted([sign * found["low"], sign * found["high"]])
        assert ends == pytest.approx(expected[method], rel=1e-8), key


@pytest.mark.parametrize("draws", [100_000, pytest.param(REFERENCE_DRAWS, marks=pytest.mark.slow)])
def test_krinsky_robb_is_that_of_the_reference(reference, real, draws):
    # five Monte Carlo errors of the two sets of draws together; intervals are skewed, so that one
    # tail is up to a third less dense than the normal
    errors = 5 * 1.5 * np.hypot(quantile_error(draws), quantile_error(REFERENCE_DRAWS))
    for key, expected, fit, numerator, per, sign in trade_offs(reference, real):
        rates = dce.marginal_rates(fit, per, "ratio", method="krinsky-robb", draws=draws, seed=8)
        found = rates.frame.loc[numerator]
        ends = np.sort([sign * found["low"], sign * found["high"]])
        assert_allclose(ends, expected["krinsky_robb_2e6"], atol=errors * expected["delta_se"], err_msg=key)


def test_published_ratios_of_mlogit(reference, real):
    """Croissant (2020), Journal of Statistical Software 95(11): coefficients over that of price."""
    found = dce.marginal_rates(real("train_nl", "classical"), "price", "ratio").frame["rate"]
    assert found.round(5).to_dict() == {"time": 25.54337, "change": 4.84487, "comfort": 14.04028}


# logitr 1.1, vignette "Basic usage" (yogurt data): coefficients, covariance, and wtp(..., "price"),
# whose standard errors come from 10,000 draws, so that they have an error of about 1%.
YOGURT = np.array([-0.3665546, 0.4914392, -3.7154773, -0.6411384, 0.7345195])
YOGURT_V = np.array(
    [
        [0.0005936657, 5.729619e-04, 0.001851795, 1.249988e-04, -0.0015377721],
        [5.729619e-04, 1.441482e-02, 0.000855011, 5.092011e-06, -0.0018213311],
        [0.001851795, 0.000855011, 0.021146019, 1.490080e-03, -0.0036810363],
        [1.249988e-04, 5.092011e-06, 1.490080e-03, 2.970026e-03, 0.0007779427],
        [-0.0015377721, -0.0018213311, -0.0036810363, 0.0007779427, 0.0065031782],
    ]
)


def test_published_rates_of_logitr():
    A, b = np.eye(5)[1:], -np.eye(5)[0]
    m = moments(A, b, YOGURT, YOGURT_V)
    assert_allclose(m.n / m.d, [1.340699, -10.136219, -1.749094, 2.003848], rtol=1e-6)
    printed = [0.360685, 0.585034, 0.182224, 0.143809]
    assert_allclose(m.error, printed, rtol=0.03)  # ratios vary a little more than the delta method says
    draws = krinsky_robb_draws(YOGURT, YOGURT_V, 100_000, seed=1)
    spread = ((draws @ A.T) / (draws @ b)[:, None]).std(axis=0)
    assert_allclose(spread, printed, rtol=0.03)


def test_krinsky_robb_tends_to_fieller():
    """While the reference cannot change its sign; errors of 2 million draws of skewed ratios."""
    beta, V = np.array([0.8, -0.3]), np.array([[0.04, 0.004], [0.004, 0.0036]])  # z of the reference: 5
    A, b = np.array([[1.0, 0.0]]), np.array([0.0, 1.0])
    m = moments(A, b, beta, V)
    exact = fieller_intervals(m, Q)
    distance = []
    for draws in (2_000, 2_000_000):
        found = percentile_intervals(A, b, beta, krinsky_robb_draws(beta, V, draws, seed=3), 0.95)
        distance.append(max(abs(found.low - exact.low)[0], abs(found.high - exact.high)[0]) / m.error[0])
        assert found.turned == 0.0 or draws > 2_000
    assert distance[1] < 5 * 2 * quantile_error(2_000_000)
    assert distance[1] < distance[0]
    delta = delta_intervals(m, Q)
    assert abs(delta.low - exact.low)[0] > 50 * distance[1] * m.error[0]  # so the test can tell


def test_draws_from_t_tend_to_fieller_with_t():
    beta, V = np.array([0.8, -0.3]), np.array([[0.04, 0.004], [0.004, 0.0009]])
    A, b = np.array([[1.0, 0.0]]), np.array([0.0, 1.0])
    exact = fieller_intervals(moments(A, b, beta, V), t.isf(0.025, 19))
    draws = krinsky_robb_draws(beta, V, 1_000_000, seed=4, degrees_of_freedom=19)
    found = percentile_intervals(A, b, beta, draws, 0.95)
    assert_allclose([*found.low, *found.high], [*exact.low, *exact.high], rtol=5e-3)
    normal = fieller_intervals(moments(A, b, beta, V), Q)
    assert abs(found.low - normal.low)[0] > 0.02


def pair(n: float, d: float, V_nn: float, V_nd: float, V_dd: float) -> Moments:
    return Moments(np.array([n]), d, np.array([V_nn]), np.array([V_nd]), V_dd)


def is_inside(m: Moments, q: float, r: float) -> bool:
    variance = m.V_nn[0] - 2 * r * m.V_nd[0] + r**2 * m.V_dd
    return (m.n[0] - r * m.d) ** 2 <= q**2 * variance


@pytest.mark.parametrize(
    ("m", "shape"),
    [
        (pair(1.0, 1.0, 0.04, 0.0, 0.04), "interval"),
        (pair(1.0, -0.1, 0.04, 0.01, 0.04), "gap"),
        (pair(0.1, 0.1, 0.04, 0.0, 0.04), "all"),
        (pair(1.0, 2.0, 1.0, 0.75, 1.0), "half-line"),
        (pair(1.0, 2.0, 1.0, 0.5, 1.0), "all"),
        (pair(0.0, 1.0, 0.04, 0.0, 0.04), "interval"),
        (pair(1.0, 2.0, 1.0, 0.25, 1.0), "half-line"),
    ],
)
def test_fieller_is_what_a_test_does_not_refuse(m, shape):
    q = 2.0
    found = fieller_intervals(m, q)
    low, high, gap = found.low[0], found.high[0], (found.gap_low[0], found.gap_high[0])
    assert (np.isfinite(low) and np.isfinite(high)) == (shape == "interval")
    assert np.isfinite(gap).all() == (shape == "gap")
    assert (np.isinf(low) != np.isinf(high)) == (shape == "half-line")
    for r in np.linspace(-60, 60, 2401) + 1e-7:
        inside = low <= r <= high and not gap[0] < r < gap[1]
        assert inside == is_inside(m, q, r), r


def test_fieller_by_hand():
    """Independent, n = 4, d = 2, variances 1/4 and 1/16, q = 2: 3.75 r^2 - 16 r + 15 = 0."""
    found = fieller_intervals(pair(4.0, 2.0, 0.25, 0.0, 0.0625), 2.0)
    root = np.sqrt(256 - 4 * 3.75 * 15)
    assert found.low[0] == pytest.approx((16 - root) / 7.5, rel=1e-14)
    assert found.high[0] == pytest.approx((16 + root) / 7.5, rel=1e-14)


def test_a_reference_that_may_be_zero_gives_intervals_without_end(small_choices):
    fit = dce.fit_mnl(small_choices)
    assert abs(fit.coefficients["constant[B]"]) < 1.96 * fit.standard_errors["constant[B]"]
    rates = dce.marginal_rates(fit, "constant[B]", method="fieller")
    assert np.isneginf(rates.frame["low"]).all()
    assert np.isposinf(rates.frame["high"]).all()
    shown = " ".join(str(rates).split())
    assert "at 95% the reference may be zero" in shown
    gap = rates.frame.loc["wait"]
    assert f"every number but those between {gap['gap low']:.2f} and {gap['gap high']:.2f}" in shown
    drawn = dce.marginal_rates(fit, "constant[B]", method="krinsky-robb")
    assert "of the draws the coefficient of constant[B] has the other sign" in " ".join(str(drawn).split())
    bounded = dce.marginal_rates(fit, "constant[B]", method="fieller", level=0.5)
    assert np.isfinite(bounded.frame["low"]).all()


def test_bootstrap_takes_the_replicates_of_the_fit(small_choices):
    fit = dce.fit_mnl(small_choices)
    with pytest.raises(dce.EstimationError, match=r"needs replicates.*fit.with_covariance\(\"bootstrap\"\)"):
        dce.marginal_rates(fit, "wait", method="bootstrap")
    draws = np.random.default_rng(1).multivariate_normal(fit.coefficients, fit.covariance, 400)
    resampled = replace(fit, inference=replace(fit.inference, kind="bootstrap", replicates=draws))
    rates = dce.marginal_rates(resampled, "wait", convention="ratio", method="bootstrap")
    k, b = list(fit.coefficients.index).index("parking[yes]"), list(fit.coefficients.index).index("wait")
    expected = np.quantile(draws[:, k] / draws[:, b], [0.025, 0.975])
    assert rates.frame.loc["parking[yes]", ["low", "high"]].tolist() == pytest.approx(list(expected))
    assert "percentiles of 400 replicates" in " ".join(str(rates).split())
    jackknife = replace(fit, inference=replace(fit.inference, kind="jackknife", replicates=draws))
    with pytest.raises(dce.EstimationError, match="needs replicates"):
        dce.marginal_rates(jackknife, "wait", method="bootstrap")


def test_small_samples_widen_every_interval(small_choices):
    fit = dce.fit_mnl(small_choices)
    few = replace(fit, inference=replace(fit.inference, degrees_of_freedom=9.0))
    for method in ("delta", "fieller", "krinsky-robb"):
        wide, narrow = (dce.marginal_rates(f, "wait", method=method).frame for f in (few, fit))
        ratio = (wide["high"] - wide["low"]) / (narrow["high"] - narrow["low"])
        # a percentile of 10,000 draws has an error of 2% of the width; Fieller's grow faster than q
        assert (ratio > t.isf(0.025, 9) / Q - 0.05).all()
        assert (ratio < 1.5 * t.isf(0.025, 9) / Q).all()


def test_same_seed_same_bytes(small_choices):
    fit = dce.fit_mnl(small_choices)
    once, twice, other = (
        dce.marginal_rates(fit, "wait", method="krinsky-robb", draws=500, seed=seed).frame
        for seed in (3, 3, 4)
    )
    assert once.equals(twice)
    assert not once.equals(other)


def test_several_references_in_one_table(small_choices):
    fit = dce.fit_mnl(small_choices)
    both = dce.marginal_rates(fit, ["wait", "parking[yes]"], method="fieller")
    alone = dce.marginal_rates(fit, "wait", method="fieller")
    assert both["wait"].frame.equals(alone.frame)
    assert both.frame["wait", "rate"].dropna().tolist() == alone.frame["rate"].tolist()
    assert list(both.frame.index) == list(fit.coefficients.index)
    three = dce.marginal_rates(fit, ["mode[group]", "constant[B]", "wait"])
    assert list(three.frame.index) == list(fit.coefficients.index)
    shown = str(both)
    assert max(map(len, shown.splitlines())) <= 80
    assert "Wait (weeks), one less" in shown
    assert "In brackets: 95% intervals" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"per": []}, "per: found no name"),
        ({"per": ["wait", "cost"]}, "per: 'cost' is not a coefficient; allowed: 'constant"),
        ({"method": "bayes"}, "method: found 'bayes'; allowed: 'delta', 'krinsky-robb', 'fieller'"),
        ({"method": "krinsky-robb", "draws": 10}, "draws: found 10; allowed: a whole number of 100"),
        ({"level": 2}, "level: found 2"),
    ],
)
def test_errors(small_choices, arguments, message):
    with pytest.raises(dce.EstimationError, match=message):
        dce.marginal_rates(dce.fit_mnl(small_choices), **{"per": "wait", **arguments})


def test_a_singular_covariance_is_not_drawn_from():
    with pytest.raises(dce.EstimationError, match="singular"):
        krinsky_robb_draws(np.zeros(2), np.zeros((2, 2)), 100, 1)


@pytest.mark.parametrize("method", ["delta", "fieller", "krinsky-robb"])
def test_rescaling_an_attribute_rescales_every_interval(long_frame, method):
    def rates(frame):
        choices = dce.read_long(frame, task="t", alternative="alt", chosen="y", respondent="id")
        fit = dce.fit_mnl(choices, "price + time")
        return dce.marginal_rates(fit, "price", method=method, draws=500).frame.iloc[:, 1:5].to_numpy(float)

    days = rates(long_frame.assign(price=long_frame["price"] * 7))
    assert_allclose(days, 7 * rates(long_frame), rtol=1e-7)


def test_fieller_of_the_reciprocal_is_the_reciprocal():
    """Weeks per mile are as uncertain as miles per week; the delta method does not know that."""
    m = pair(0.8, -0.5, 0.01, 0.002, 0.01)
    other = pair(-0.5, 0.8, 0.01, 0.002, 0.01)
    one, two = fieller_intervals(m, Q), fieller_intervals(other, Q)
    assert_allclose([1 / two.high[0], 1 / two.low[0]], [one.low[0], one.high[0]], rtol=1e-12)
    assert abs(1 / delta_intervals(other, Q).high[0] - delta_intervals(m, Q).low[0]) > 0.1


def test_a_narrow_interval_keeps_its_digits():
    """z of the reference is 1e7: c^2 - a e would lose all digits; the ends are the delta method's."""
    m = pair(2.0, 1.0, 1e-14, 0.0, 1e-14)
    one, two = fieller_intervals(m, Q), delta_intervals(m, Q)
    width = two.high[0] - two.low[0]
    assert one.high[0] - one.low[0] == pytest.approx(width, rel=1e-6)
    assert one.low[0] == pytest.approx(two.low[0], abs=1e-6 * width)


def test_the_bootstrap_of_a_fit_agrees_with_the_other_methods(small_choices):
    """400 replicates: a percentile has an error of 0.13 standard errors; five of them."""
    fit = dce.fit_mnl(small_choices).with_covariance("bootstrap", replicates=400, seed=1)
    boot, drawn = (
        dce.marginal_rates(fit, "wait", method=method).frame for method in ("bootstrap", "krinsky-robb")
    )
    for end in ("low", "high"):
        assert ((boot[end] - drawn[end]).abs() < 0.65 * drawn["standard error"]).all()
