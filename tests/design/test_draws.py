"""Draws of priors: moments by closed forms, integrals by brute force, pilots by their covariance."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax

import dce
from dce import Prior
from dce.design.draws import Draws, integration_error, prior_draws
from dce.logit import log_probabilities, task_information

UNCERTAIN = {
    "constant[B]": 0.1,
    "wait": Prior(-0.2, sd=0.05),
    "parking[yes]": Prior.uniform(0, 1),
    "mode[phone]": Prior.negative(0.3),
    "mode[group]": Prior.triangular(-1.5, -0.8, 0),
}
NORMAL = {
    "constant[B]": Prior(0.1, 0.2),
    "wait": Prior(-0.2, 0.08),
    "parking[yes]": Prior(0.5, 0.3),
    "mode[phone]": Prior(-0.3, 0.3),
    "mode[group]": Prior(-0.8, 0.4),
}
NAMES = list(UNCERTAIN)
METHODS = ["sobol", "halton", "cubature", "auto"]


@dataclass
class Pilot:
    coefficients: pd.Series
    covariance: pd.DataFrame | np.ndarray


def pilot(covariance=None, names=NAMES):
    """A pilot whose estimates are correlated."""
    if covariance is None:
        root = np.random.default_rng(4).normal(size=(5, 5)) * [0.1, 0.02, 0.2, 0.1, 0.3]
        covariance = root.T @ root
    means = pd.Series([0.1, -0.2, 0.5, -0.3, -0.8][: len(names)], index=list(names))
    return Pilot(means, covariance)


def db_error(X):
    """The plain DB-error: the average over draws of det(information)^(-1/K)."""

    def value(beta, weights):
        total = 0.0
        for b, w in zip(beta, weights, strict=True):
            M = task_information(X, np.exp(log_probabilities(X, b))).sum(axis=0)
            total += w * math.exp(-np.linalg.slogdet(M)[1] / len(b))
        return total

    return value


def fast_db_error(X):
    """The same for many draws at once."""

    def value(beta, weights):
        total = 0.0
        for some in np.array_split(np.arange(len(beta)), -(-len(beta) // 4096)):
            P = softmax(np.einsum("sjk,rk->rsj", X, beta[some]), axis=-1)
            M = task_information(X, P).sum(axis=1)
            total += weights[some] @ np.exp(-np.linalg.slogdet(M)[1] / beta.shape[1])
        return float(total)

    return value


@pytest.mark.parametrize("method", METHODS)
def test_means_and_spreads_are_those_of_the_priors(clinics, method):
    study = clinics(priors=UNCERTAIN)
    draws = prior_draws(study, method=method, number=1024, seed=2)
    assert draws.names == study.coefficients
    assert draws.weights.sum() == pytest.approx(1, abs=1e-12)
    mean = draws.weights @ draws.beta
    sd = np.sqrt(draws.weights @ (draws.beta - mean) ** 2)
    for k, prior in enumerate(study.priors.values()):
        # Over 30 seeds means err by at most 0.006 sd, standard deviations by 1.2%; those of independent
        # draws by 0.03 sd and 2% on average.
        assert mean[k] == pytest.approx(prior.mean, abs=0.01 * prior.sd + 1e-12)
        assert sd[k] == pytest.approx(prior.sd, rel=0.02, abs=1e-12)
    assert (draws.beta[:, 0] == 0.1).all()
    assert draws.mean.to_dict() == study.prior_means.to_dict()


def test_coefficients_that_are_known_take_no_dimension(clinics):
    draws = prior_draws(clinics(priors=UNCERTAIN), method="sobol", number=256, seed=1)
    fewer = prior_draws(clinics(priors=UNCERTAIN | {"parking[yes]": 0.5}), method="sobol", number=256, seed=1)
    assert draws.prior.dimensions == 4
    assert fewer.prior.dimensions == 3
    assert (fewer.beta[:, 2] == 0.5).all()


@pytest.mark.parametrize("method", METHODS)
def test_fixed_priors_need_one_draw(small, clinics, method):
    draws = prior_draws(small, method=method, number=64)
    assert draws.beta.tolist() == [small.prior_means.tolist()]
    assert draws.weights.tolist() == [1.0]
    assert draws.description == "fixed priors"
    assert (prior_draws(clinics(priors={})).beta == 0).all()


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_bytes(clinics, method):
    study = clinics(priors=NORMAL)
    first, again, other = (prior_draws(study, method=method, number=64, seed=seed) for seed in (1, 1, 2))
    assert first.beta.tobytes() == again.beta.tobytes()
    assert first.weights.tobytes() == again.weights.tobytes()
    assert not np.isclose(first.beta, other.beta).all(axis=1).any()


def test_each_draw_of_sobol_has_its_own_slice(clinics):
    draws = prior_draws(clinics(priors=NORMAL), method="sobol", number=256, seed=5)
    for k, prior in enumerate(NORMAL.values()):
        slices = np.searchsorted(prior.quantile(np.arange(1, 256) / 256), draws.beta[:, k])
        assert sorted(slices) == list(range(256))


@pytest.mark.parametrize("method", ["cubature", "sobol"])
@pytest.mark.parametrize("as_array", [False, True])
def test_a_pilot_gives_its_mean_and_covariance(small, method, as_array):
    fit = pilot()
    expected = fit.covariance
    # Names in another order, unless there are none: an array is in the order of the coefficients.
    order = np.arange(5) if as_array else np.array([3, 0, 4, 1, 2])
    covariance = expected[np.ix_(order, order)]
    index = fit.coefficients.index[order]
    given = covariance if as_array else pd.DataFrame(covariance, index, index)
    shuffled = Pilot(fit.coefficients.iloc[order if as_array else [4, 3, 2, 1, 0]], given)
    draws = prior_draws(small, shuffled, method=method, seed=3)
    mean = draws.weights @ draws.beta
    found = (draws.beta - mean).T @ ((draws.beta - mean) * draws.weights[:, None])
    sd = np.sqrt(np.diag(expected))
    # Cubature is exact for squares; 1,024 Sobol draws err in a correlation by about 0.002.
    limit = 1e-12 if method == "cubature" else 0.01
    np.testing.assert_allclose(mean, fit.coefficients, rtol=0, atol=limit)
    np.testing.assert_allclose(found / np.outer(sd, sd), expected / np.outer(sd, sd), rtol=0, atol=limit)


def test_a_fit_is_a_pilot(small, small_choices):
    fit = dce.fit_mnl(small_choices)
    draws = prior_draws(small, fit)
    assert draws.mean.to_dict() == pytest.approx(fit.coefficients.to_dict())
    mean = draws.weights @ draws.beta
    found = (draws.beta - mean).T @ ((draws.beta - mean) * draws.weights[:, None])
    np.testing.assert_allclose(found, fit.covariance, rtol=1e-9, atol=1e-14)


def test_a_covariance_of_lower_rank_takes_fewer_dimensions(small):
    root = np.array([[0.1, 0.02, 0.2, 0, 0.3], [0.1, -0.02, 0, 0, 0.1]])
    draws = prior_draws(small, pilot(root.T @ root))
    assert draws.prior.dimensions == 2
    mean = draws.weights @ draws.beta
    found = (draws.beta - mean).T @ ((draws.beta - mean) * draws.weights[:, None])
    np.testing.assert_allclose(found, root.T @ root, rtol=0, atol=1e-12)
    assert (draws.beta[:, 3] == -0.3).all()


def test_draws_made_elsewhere_are_used_as_they_are(small, rng):
    frame = pd.DataFrame(rng.normal(size=(10, 5)), columns=NAMES[::-1])
    draws = prior_draws(small, frame)
    np.testing.assert_array_equal(draws.beta, frame[NAMES].to_numpy())
    assert draws.weights.tolist() == [0.1] * 10
    assert draws.description == "10 given draws"
    assert draws.mean.to_dict() == pytest.approx(frame.mean().to_dict())


def test_a_mapping_replaces_the_priors_of_the_study(small):
    draws = prior_draws(small, dict(reversed(NORMAL.items())), number=64)
    assert draws.mean.to_dict() == {name: prior.mean for name, prior in NORMAL.items()}


def test_what_is_printed(clinics):
    study = clinics(priors=NORMAL)
    assert prior_draws(study, method="sobol").description == "1,024 Sobol draws"
    assert prior_draws(study, method="halton", number=250).description == "250 Halton draws"
    assert prior_draws(study, number=220).description == "252 cubature points"
    assert prior_draws(clinics(priors=UNCERTAIN)).description == "1,024 Sobol draws"


def test_the_fast_db_error_of_these_tests_is_the_plain_one(clinics, small_design):
    draws = prior_draws(clinics(priors=NORMAL), method="sobol", number=32)
    plain, fast = (make(small_design.X)(draws.beta, draws.weights) for make in (db_error, fast_db_error))
    assert fast == pytest.approx(plain, rel=1e-12)


def test_cubature_agrees_with_brute_force(clinics, small_design):
    study = clinics(priors=NORMAL)
    value = fast_db_error(small_design.X)
    many = prior_draws(study, method="sobol", number=2**17, seed=1)
    few = prior_draws(study, method="cubature", number=220, seed=2)
    brute = value(many.beta, many.weights)
    # Its error is at most 0.0024% over 12 seeds, that of 256 Sobol draws 0.12%, of the brute force 0.0002%.
    assert value(few.beta, few.weights) == pytest.approx(brute, rel=1e-4)
    at_means = value(few.mean.to_numpy()[None], np.ones(1))
    assert abs(at_means / brute - 1) > 0.01


def test_the_integration_error_is_that_of_the_draws(clinics, small_design):
    study = clinics(priors=NORMAL)
    value = fast_db_error(small_design.X)
    draws = prior_draws(study, method="sobol", number=16, seed=7)
    error = integration_error(value, draws)
    many = prior_draws(study, method="sobol", number=2**15, seed=99)
    truth = value(many.beta, many.weights)
    assert error.estimate == value(draws.beta, draws.weights)
    assert error.reference == pytest.approx(truth, rel=1e-4)
    assert error.relative == pytest.approx(error.estimate / truth - 1, abs=1e-4)
    assert abs(error.relative) > 10 * error.standard_error > 0
    assert str(error).startswith(f"integration error {100 * error.relative:+.2g}%, s.e. 0.00")
    assert str(error).endswith("(8 other sets of 4,096 Sobol draws)")


def test_other_sets_are_independent_and_no_smaller(clinics):
    seen = []

    def value(beta, weights):
        seen.append((beta, weights))
        return 1.0

    draws = prior_draws(clinics(priors=NORMAL), method="sobol", number=8192, seed=1)
    error = integration_error(value, draws, sets=2)
    assert (error.relative, error.standard_error, error.sets, error.number) == (0.0, 0.0, 2, 8192)
    assert [len(beta) for beta, _ in seen] == [8192] * 3
    assert all(weights.sum() == pytest.approx(1) for _, weights in seen)
    every = np.vstack([beta for beta, _ in seen])
    assert len(np.unique(every, axis=0)) == len(every)


def test_an_infinite_average_has_an_infinite_error(clinics):
    draws = prior_draws(clinics(priors=NORMAL), number=16)
    error = integration_error(lambda beta, weights: math.inf, draws, sets=2)
    assert math.isinf(error.relative)
    assert str(error).startswith("integration error infinite")
    error = integration_error(lambda beta, weights: math.inf if len(beta) > 1000 else 1.0, draws, sets=2)
    assert math.isinf(error.relative)


def test_nothing_to_err_in(small, rng):
    for prior in (None, pd.DataFrame(rng.normal(size=(10, 5)), columns=NAMES)):
        error = integration_error(
            lambda beta, weights: float(weights @ beta[:, 0]), prior_draws(small, prior)
        )
        assert (error.relative, error.sets, error.number) == (0.0, 0, 0)
        assert "no integration error" in str(error)


def frame(**changes):
    return pd.DataFrame({**{name: [0.1, 0.2] for name in NAMES}, **changes})


def covariance(i, k, value):
    C = np.eye(5)
    C[i, k] = value
    return C


@pytest.mark.parametrize(
    ("prior", "message"),
    [
        ({**NORMAL, "cost": 1}, "prior: 'cost' is not in the utility; allowed: the study's coefficients"),
        ({"wait": 1}, "prior: 'constant.B.', 'parking.yes.', 'mode.phone.', 'mode.group.' is missing"),
        ({**NORMAL, "wait": "x"}, "prior, 'wait': mean: found 'x'; allowed: a finite number"),
        (pilot(np.eye(4), NAMES[:4]), "'mode.group.' is missing"),
        (pilot(np.eye(4)), r"covariance: found shape \(4, 4\); allowed: \(5, 5\)"),
        (pilot(np.eye(5), [*NAMES[:4], "mode[fax]"]), "'mode.group.' is missing; 'mode.fax.' is not in the"),
        (pilot(pd.DataFrame(np.eye(5), NAMES, ["a", *NAMES[1:]])), "'constant.B.' is missing; 'a' is not in"),
        (pilot(pd.DataFrame(np.eye(5), ["a", *NAMES[1:]], NAMES)), "'constant.B.' is missing; 'a' is not in"),
        (pilot(covariance(0, 1, 0.2)), "of 'constant.B.' with 'wait' it is 0.2, the other way round 0"),
        (pilot(np.eye(5) - 0.5), "smallest eigenvalue of the correlations is -3; allowed: zero or more"),
        (pilot(covariance(1, 1, -1)), "the variance of 'wait' is -1; allowed: zero or more"),
        (pilot(covariance(1, 1, np.nan)), "covariance: 'wait' is not finite"),
        (frame(wait=[0.1, np.nan]), "prior: draw 2 is not finite"),
        (frame(wait=["a", "b"]), "prior: cannot be read as numbers"),
        (frame().iloc[:0], "prior: found no draws; allowed: at least one row"),
        (frame().rename(columns={"wait": "cost"}), "'wait' is missing; 'cost' is not in the utility"),
        (frame().iloc[:, [0, 1, 2, 3, 4, 4]], "'mode.group.' is there twice"),
        (np.zeros((2, 5)), "prior: found ndarray; allowed: a mapping of coefficients to priors, a fit, or"),
    ],
)
def test_priors_that_do_not_fit_are_refused(small, prior, message):
    with pytest.raises(dce.DesignError, match=message):
        prior_draws(small, prior)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "montecarlo"}, "method: found 'montecarlo'; allowed: 'auto', 'cubature', 'sobol'"),
        ({"method": "sobol", "number": 250}, "found 250; allowed: a power of two for .* such as 128 or 256"),
        ({"number": 0}, "number: found 0; allowed: a whole number of at least 1"),
        ({"number": 2.5}, "number: found 2.5; allowed: a whole number"),
        ({"seed": -1}, "seed: found -1; allowed: a whole number of at least 0"),
    ],
)
def test_options_that_are_wrong_are_refused(clinics, options, message):
    with pytest.raises(dce.DesignError, match=message):
        prior_draws(clinics(priors=NORMAL), **options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sets": 1}, "sets: found 1; allowed: a whole number of at least 2"),
        ({"number": 32}, "number: found 32; allowed: a whole number of at least 64"),
        ({"number": 100}, "number: found 100; allowed: a power of two"),
    ],
)
def test_too_few_other_sets_are_refused(clinics, options, message):
    draws = prior_draws(clinics(priors=NORMAL), method="sobol", number=64)
    assert isinstance(draws, Draws)
    with pytest.raises(dce.DesignError, match=message):
        integration_error(lambda beta, weights: 1.0, draws, **options)
