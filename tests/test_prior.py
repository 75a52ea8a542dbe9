"""Priors: moments by numerical integration, quantiles by scipy, study files there and back."""

import dataclasses
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.integrate import quad

import dce
from dce import Prior

S2 = np.log1p((0.02 / 0.08) ** 2)  # of a lognormal: e^(s^2) - 1 is its squared coefficient of variation
LOGNORMAL = stats.lognorm(np.sqrt(S2), scale=0.08 * np.exp(-S2 / 2))
HALF_NORMAL = stats.halfnorm(scale=0.3 * np.sqrt(np.pi / 2))  # its mean is scale * sqrt(2 / pi)

# A prior, and the quantiles of the same distribution in scipy.
CASES = [
    (Prior(0.4, sd=0.1), stats.norm(0.4, 0.1).ppf),
    (Prior.uniform(-0.2, 0), stats.uniform(-0.2, 0.2).ppf),
    (Prior.triangular(-0.3, -0.1, 0), stats.triang(2 / 3, -0.3, 0.3).ppf),
    (Prior.triangular(0, 0, 2), stats.triang(0, 0, 2).ppf),
    (Prior.triangular(0, 2, 2), stats.triang(1, 0, 2).ppf),
    (Prior.lognormal(0.08, 0.02), LOGNORMAL.ppf),
    (Prior.lognormal(mean=-0.08, sd=0.02), lambda u: -LOGNORMAL.ppf(1 - u)),
    (Prior.positive(0.3), HALF_NORMAL.ppf),
    (Prior.negative(0.3), lambda u: -HALF_NORMAL.ppf(1 - u)),
]


def name_of(value):
    return str(value) if isinstance(value, Prior) else ""


@pytest.mark.parametrize(("prior", "quantile"), CASES, ids=name_of)
def test_quantiles_are_those_of_scipy(prior, quantile):
    u = np.linspace(0.001, 0.999, 101).reshape(1, 101)
    assert prior.quantile(u).shape == u.shape
    np.testing.assert_allclose(prior.quantile(u), quantile(u), rtol=1e-9, atol=1e-14)
    assert prior.quantile(0.3) == pytest.approx(quantile(0.3), rel=1e-9)


@pytest.mark.parametrize("prior", [prior for prior, _ in CASES], ids=name_of)
def test_moments_are_integrals_over_the_distribution(prior):
    def moment(power):
        # A triangle has a kink, at which the adaptive rule gives up some of its digits.
        integrand = lambda z: float((prior.at(z) - prior.mean) ** power * stats.norm.pdf(z))  # noqa: E731
        return quad(integrand, -10, 10, limit=200, epsabs=1e-12)[0]

    assert moment(1) == pytest.approx(0, abs=1e-8)
    assert np.sqrt(moment(2)) == pytest.approx(prior.sd, rel=1e-6)


def test_moments_by_hand():
    assert (Prior.uniform(-0.2, 0).mean, Prior.uniform(0, 12).sd) == (-0.1, pytest.approx(12 / 12**0.5))
    assert Prior.triangular(-0.3, -0.1, 0.1).mean == pytest.approx(-0.1, abs=1e-16)
    assert Prior.triangular(-1, 0, 1).sd == pytest.approx(1 / 6**0.5)
    assert (Prior.lognormal(-0.08, 0.02).mean, Prior.lognormal(-0.08, 0.02).sd) == (-0.08, 0.02)
    assert (Prior.positive(0.3).mean, Prior.negative(0.3).mean) == (0.3, -0.3)
    assert Prior.negative(0.3).sd == pytest.approx(HALF_NORMAL.std())


def test_a_fixed_prior_is_its_mean_everywhere():
    prior = Prior(0.4)
    assert prior.is_fixed
    assert (prior.quantile([0, 0.5, 1]) == 0.4).all()
    assert not Prior(0.4, 0.1).is_fixed
    assert not Prior.uniform(0.4, 0.5).is_fixed


def test_ends_of_the_distributions():
    assert Prior.uniform(-0.2, 0).quantile([0, 1]).tolist() == [-0.2, 0]
    assert Prior.triangular(-0.3, -0.1, 0).quantile([0, 1]).tolist() == pytest.approx([-0.3, 0])
    assert Prior.lognormal(-0.08, 0.02).quantile([0, 1]).tolist() == [-np.inf, 0]
    assert Prior.positive(0.3).quantile([0, 1]).tolist() == [0, np.inf]
    assert Prior(0.4, 0.1).quantile([0, 1]).tolist() == [-np.inf, np.inf]


def test_tails_are_exact_where_probabilities_round_to_one():
    # scipy's log-survival function of a normal at 10 is exact: P(Z > 10) = 7.6e-24.
    value = Prior.positive(1.0).at(10.0) / np.sqrt(np.pi / 2)
    assert stats.norm.logsf(value) == pytest.approx(stats.norm.logsf(10) - np.log(2), rel=1e-12)
    assert Prior.negative(1.0).at(-10.0) == -Prior.positive(1.0).at(10.0)
    assert Prior(0.0, 1.0).at(10.0) == 10


size = st.floats(1e-6, 1e6)
ordered = st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3, unique=True).map(sorted)
priors = st.one_of(
    st.builds(Prior, st.floats(-5, 5), st.floats(0, 5)),
    ordered.map(lambda x: Prior.uniform(x[0], x[2])),
    ordered.map(lambda x: Prior.triangular(*x)),
    st.builds(lambda mean, cv, sign: Prior.lognormal(sign * mean, cv * mean), size,
              st.floats(0.001, 3), st.sampled_from([-1, 1])),
    size.map(Prior.positive),
    size.map(Prior.negative),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(prior=priors, u=st.lists(st.floats(0.0001, 0.9999), min_size=2, max_size=6).map(sorted))
def test_quantiles_rise_and_keep_the_sign(prior, u):
    values = prior.quantile(u)
    assert np.isfinite(values).all()
    assert (np.diff(values) >= -1e-12 * np.abs(values).max()).all()
    if prior.kind in ("lognormal", "positive", "negative"):
        assert (np.sign(values) == np.sign(prior.mean)).all()


@settings(max_examples=60, deadline=None)
@given(first=priors, second=priors)
def test_study_files_keep_every_prior(tmp_path_factory, first, second):
    study = dce.Study(
        "T",
        attributes=[dce.Attribute("wait", [1, 2])],
        alternatives=[dce.Alternative("A"), dce.Alternative("B", constant=True)],
        priors={"constant[B]": first, "wait": second},
    )
    path = tmp_path_factory.mktemp("study") / "study.toml"
    study.write(path)
    assert dce.Study.read(path) == study
    assert dce.Study.read(path).prior_means.tolist() == [first.mean, second.mean]


def test_how_priors_are_written(clinics, tmp_path):
    given = {
        "constant[B]": Prior(0.1),
        "wait": Prior.lognormal(-0.2, 0.05),
        "parking[yes]": Prior.positive(0.5),
        "mode[phone]": Prior.uniform(-1, 0),
        "mode[group]": Prior.triangular(-2, -1, 0),
    }
    clinics(priors=given).write(tmp_path / "study.toml")
    text = " ".join((tmp_path / "study.toml").read_text(encoding="utf-8").split())
    for line in (
        '"constant[B]" = 0.1',
        'wait.lognormal] mean = -0.2 sd = 0.05',
        'parking[yes]"] sign = "+" size = 0.5',
        'mode[phone]"] uniform = [ -1, 0, ]',
        'mode[group]"] triangular = [ -2, -1, 0, ]',
    ):  # fmt: skip
        assert line in text


@pytest.mark.parametrize("prior", [prior for prior, _ in CASES] + [Prior(2)], ids=name_of)
def test_priors_are_values(prior):
    assert eval(repr(prior)) == prior
    assert pickle.loads(pickle.dumps(prior)) == prior
    assert hash(eval(repr(prior))) == hash(prior)
    assert prior != Prior(0.123)
    with pytest.raises(dataclasses.FrozenInstanceError):
        prior.kind = "normal"
    with pytest.raises(AttributeError):
        prior.mean = 3


def test_kinds_with_the_same_numbers_differ():
    assert len({Prior(1, 2), Prior.uniform(1, 2), Prior.lognormal(1, 2)}) == 3
    assert Prior.positive(1) != Prior.negative(1)
    assert Prior(0.4, 0) == Prior(0.4)


def test_numpy_numbers_become_plain():
    assert [type(x) for x in Prior.uniform(np.float64(0), np.int64(2)).parameters] == [float, int]
    assert Prior(np.float32(0.5)).mean == 0.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Prior(True), "mean: found True; allowed: a finite number"),
        (lambda: Prior(np.nan), "mean: found missing; allowed: a finite number"),
        (lambda: Prior(10**400), "mean: found 1000.*; allowed: a finite number"),
        (lambda: Prior(1, sd=-1), "sd: found -1; allowed: zero or more"),
        (lambda: Prior.uniform(1, 1), r"uniform: found \[1, 1\]; allowed: a low below the high"),
        (lambda: Prior.uniform("a", 1), "uniform, low: found 'a'; allowed: a finite number"),
        (lambda: Prior.triangular(0, 3, 2), r"triangular: found \[0, 3, 2\]; allowed: .* in rising order"),
        (lambda: Prior.triangular(2, 2, 2), "in rising order"),
        (lambda: Prior.triangular(0, np.inf, 2), "triangular, mode: found inf"),
        (lambda: Prior.lognormal(0, 1), "lognormal, mean: found 0; allowed: a number above zero, or below"),
        (lambda: Prior.lognormal(-1, 0), "lognormal, sd: found 0; allowed: a number above zero"),
        (lambda: Prior.lognormal(-1, -1), "lognormal, sd: found -1; allowed: a number above zero"),
        (lambda: Prior.lognormal(-1, 1001), "at most 1000 times the size of the mean"),
        (lambda: Prior.positive(0), "size: found 0; allowed: a number above zero"),
        (lambda: Prior.negative(-0.1), "size: found -0.1; allowed: a number above zero"),
        (lambda: Prior.negative("large"), "size: found 'large'; allowed: a finite number"),
        (lambda: Prior(0, 1).quantile([0.5, 1.5]), "u: found 1.5; allowed: probabilities"),
        (lambda: Prior(0, 1).quantile(-0.5), "u: found -0.5; allowed: probabilities"),
    ],
)
def test_what_is_no_prior_is_refused(make, message):
    with pytest.raises(dce.StudyError, match=message):
        make()
