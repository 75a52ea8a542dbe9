"""The criteria: by hand, by their definitions, by invariance, and against published designs."""

import itertools
import math
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

import dce
from dce.design import criteria as c
from dce.design.certificate import certify
from dce.design.criteria_table import averaged, criteria, db_error
from dce.design.draws import prior_draws
from dce.design.levels import level_coding
from dce.design.neutral_bound import utility_neutral_bound
from dce.logit import information

M = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, -0.2], [0.5, -0.2, 2.0]])
IS_CONSTANT = np.array([True, False, False])
SINGULAR = np.array([[1.0, 1.0], [1.0, 1.0]])


def test_d_errors_by_their_definitions():
    V = np.linalg.inv(M)
    assert float(c.d_errors(M)) == pytest.approx(np.linalg.det(M) ** (-1 / 3))
    nuisance = c.d_errors(M, IS_CONSTANT, "nuisance")
    assert float(nuisance) == pytest.approx(np.linalg.det(V[1:, 1:]) ** (1 / 2))
    absent = c.d_errors(M, IS_CONSTANT, "absent")
    assert float(absent) == pytest.approx(np.linalg.det(M[1:, 1:]) ** (-1 / 2))
    assert absent < nuisance  # estimating the constant costs something
    assert c.d_error(float(c.log_determinants(M)), 3) == pytest.approx(float(c.d_errors(M)))


def test_without_constants_the_three_d_errors_are_one_and_without_others_none():
    none, all_ = np.zeros(3, dtype=bool), np.ones(3, dtype=bool)
    for constants in ("estimated", "nuisance", "absent"):
        assert float(c.d_errors(M, none, constants)) == pytest.approx(float(c.d_errors(M)))
    assert np.isnan(c.d_errors(M, all_, "nuisance"))
    assert np.isnan(c.d_errors(M, all_, "absent"))


def test_a_error_is_the_mean_variance():
    assert float(c.a_error(M)) == pytest.approx(np.trace(np.linalg.inv(M)) / 3)
    assert float(c.a_error(np.diag([1.0, 4.0]))) == 0.625


def test_c_error_by_hand():
    """Independent coefficients 2 and -1 with variances 1 and 1/4: rate -2, variance 1 + 4/4 = 2."""
    beta = np.array([2.0, -1.0])
    assert float(c.c_error(np.diag([1.0, 4.0]), beta, [1])) == pytest.approx(2)
    # the other way round: rate -1/2, variance (1/4 + 1/4 * 1) / 4
    assert float(c.c_error(np.diag([1.0, 4.0]), beta, [0])) == pytest.approx(0.125)
    assert float(c.c_error(np.diag([1.0, 4.0]), beta, [0, 1])) == pytest.approx(2.125)


def test_c_error_is_the_delta_method_with_a_numeric_gradient():
    beta = np.array([0.3, -0.8, 0.5])
    V = np.linalg.inv(M)
    total = 0.0
    for d in (1, 2):
        for k in (1, 2):
            if k == d:
                continue
            step = 1e-6
            g = [
                ((beta + step * e)[k] / (beta + step * e)[d] - (beta - step * e)[k] / (beta - step * e)[d])
                / (2 * step)
                for e in np.eye(3)
            ]
            total += g @ V @ g
    assert float(c.c_error(M, beta, [1, 2], IS_CONSTANT)) == pytest.approx(total, rel=1e-8)
    assert float(c.c_error(M, beta, [1])) > float(c.c_error(M, beta, [1], IS_CONSTANT))


def test_s_estimate_by_hand():
    """Variance 4 for a prior of 0.2: 1.96^2 * 4 / 0.04 = 384.1 respondents."""
    of_one = np.diag([1 / 4, 1 / 9])
    assert norm.isf(0.025) == pytest.approx(1.96, abs=1e-4)
    found = c.s_estimates(of_one, np.array([0.2, 0.0]))
    assert found[0] == pytest.approx(norm.isf(0.025) ** 2 * 100)
    assert found[1] == math.inf
    assert float(c.s_estimate(of_one, np.array([0.2, 0.0]))) == pytest.approx(384.146, abs=1e-3)
    assert float(c.s_estimate(of_one, np.array([0.2, 0.3]))) == pytest.approx(384.146, abs=1e-3)
    counted = np.array([False, True])
    assert float(c.s_estimate(of_one, np.array([0.2, 0.3]), counted=counted)) == pytest.approx(
        384.146, abs=1e-3
    )
    assert np.isnan(c.s_estimate(of_one, np.zeros(2)))
    ratio = c.s_estimate(of_one, np.array([0.2, 0.3]), 0.01) / c.s_estimate(of_one, np.array([0.2, 0.3]))
    assert float(ratio) == pytest.approx((norm.isf(0.005) / norm.isf(0.025)) ** 2)


def test_leading_axes_are_one_by_one():
    rng = np.random.default_rng(3)
    A = rng.normal(size=(2, 4, 6, 3))
    many = np.swapaxes(A, -1, -2) @ A
    beta = rng.normal(size=(2, 4, 3))
    means = np.array([0.1, -0.5, 0.0])
    for f in (
        lambda M, b: c.d_errors(M, IS_CONSTANT, "nuisance"),
        lambda M, b: c.d_errors(M, IS_CONSTANT, "absent"),
        lambda M, b: c.a_error(M),
        lambda M, b: c.c_error(M, b, [1, 2], IS_CONSTANT),
        lambda M, b: c.s_estimate(M, means),
    ):
        together = f(many, beta)
        assert together.shape == (2, 4)
        for at in np.ndindex(2, 4):
            assert together[at] == pytest.approx(float(f(many[at], beta[at])), rel=1e-12)


def test_what_is_singular_is_infinite_and_leaves_others_alone():
    both = np.stack([SINGULAR, np.eye(2)])
    beta = np.ones((2, 2))
    assert c.d_errors(both).tolist() == [math.inf, 1]
    assert c.a_error(both).tolist() == [math.inf, 1]
    assert c.c_error(both, beta, [0]).tolist() == [math.inf, 2]
    assert c.s_estimate(both, np.array([1.0, 0.0]))[0] == math.inf
    assert np.isfinite(c.s_estimate(both, np.array([1.0, 0.0]))[1])
    assert float(c.c_error(np.eye(2), np.array([0.0, 1.0]), [0])) == math.inf
    assert c.a_error(np.zeros((2, 2))) == math.inf


@given(st.lists(st.floats(-2, 2), min_size=9, max_size=9), st.floats(0.01, 100), st.integers(0, 2))
def test_errors_scale_with_the_unit_of_an_attribute(values, unit, k):
    A = np.reshape(values, (3, 3)) + 3 * np.eye(3)
    before = A.T @ A + 0.1 * np.eye(3)
    scale = np.ones(3)
    scale[k] = unit
    scaled = before * np.outer(scale, scale)
    assert float(c.d_errors(scaled)) == pytest.approx(float(c.d_errors(before)) * unit ** (-2 / 3))
    means = np.array([0.3, -0.2, 0.5])
    expected = float(c.s_estimate(before, means))
    assert float(c.s_estimate(scaled, means / scale)) == pytest.approx(expected, rel=1e-6)


def test_information_at_draws_is_that_of_each(physiotherapy_design, monkeypatch):
    rng = np.random.default_rng(1)
    X = physiotherapy_design.X
    beta = rng.normal(scale=0.1, size=(7, X.shape[-1]))
    expected = []
    for b in beta:
        total = np.zeros((len(b), len(b)))
        for x in X:
            p = np.exp(x @ b) / np.exp(x @ b).sum()
            total += x.T @ (np.diag(p) - np.outer(p, p)) @ x
        expected.append(total)
    assert c.information_at(X, beta) == pytest.approx(np.array(expected), abs=1e-10)
    monkeypatch.setattr(c, "CELLS", 1)
    assert c.information_at(X, beta) == pytest.approx(np.array(expected), abs=1e-10)


def l9(effects):
    """The 3^3 design in 9 tasks of 3 that Huber and Zwerina (1996) make of an L9 with shifts (1, 2)."""
    first = np.array([(a, b, (a + b) % 3) for a, b in itertools.product(range(3), repeat=2)])
    levels = np.stack([first, (first + 1) % 3, (first + 2) % 3], axis=1)
    code = np.array([[1, 0], [0, 1], [-1, -1]]) if effects else np.array([[0, 0], [1, 0], [0, 1]])
    return levels, code[levels].reshape(9, 3, 6).astype(float)


@pytest.mark.parametrize(("effects", "d_error"), [(True, 0.19245008972987526), (False, 0.5773502691896261)])
def test_utility_neutral_of_huber_and_zwerina(effects, d_error):
    """Huber and Zwerina (1996), table 1: .19245 with effects coding; the digits are the closed form."""
    assert c.utility_neutral(l9(effects)[1]) == pytest.approx(d_error, rel=1e-12)


def words(n):
    return [f"l{k}" for k in range(n)]


def study_of(sizes, alternatives, utility="", **changes):
    attributes = [dce.Attribute(f"a{k}", words(n)) for k, n in enumerate(sizes)]
    return dce.Study(
        "T", attributes, [dce.Alternative(f"s{j}") for j in range(alternatives)], utility=utility, **changes
    )


@pytest.mark.parametrize(
    ("sizes", "tasks", "alternatives", "bound"),
    [
        ((3, 3, 3), 9, 3, 0.19245),  # the bounds at zero of Huber and Zwerina (1996), as printed
        ((4, 4, 4, 4), 16, 4, 0.15749),
        ((2,) * 6, 8, 2, 0.125),  # eight foldover pairs: information 8 for each effect
    ],
)
def test_bounds_of_known_optima(sizes, tasks, alternatives, bound):
    utility = " + ".join(f"C(a{k}, contr.sum)" for k in range(len(sizes)))
    assert utility_neutral_bound(study_of(sizes, alternatives, utility), tasks) == pytest.approx(
        bound, abs=5e-6
    )


def test_the_bound_is_reached_by_the_l9():
    levels, _ = l9(effects=False)
    study = study_of((3, 3, 3), 3)
    rows = [
        {"task": s + 1, "alternative": f"s{j}", **{f"a{k}": f"l{levels[s, j, k]}" for k in range(3)}}
        for s in range(9)
        for j in range(3)
    ]
    design = dce.evaluate_design(study, pd.DataFrame(rows))
    assert utility_neutral_bound(study, 9) == pytest.approx(c.utility_neutral(design.X), rel=1e-12)
    table = criteria(design).to_frame()
    assert table.loc["D-error, utility-neutral", "% of bound"] == pytest.approx(1)


@pytest.mark.parametrize("alternatives", [2, 3])
@pytest.mark.parametrize("constant", [False, True])
def test_nothing_is_better_than_the_bound(alternatives, constant):
    """Random designs of two-, three- and four-level attributes, linear and dummy; and the best of them."""
    rng = np.random.default_rng(4)
    attributes = [dce.Attribute("a", words(2)), dce.Attribute("b", words(3)), dce.Attribute("c", [1, 2, 4])]
    services = [dce.Alternative(f"s{j}", constant=constant and j > 0) for j in range(alternatives)]
    study = dce.Study("T", attributes, services)
    bound = utility_neutral_bound(study, 6)
    coding = level_coding(study)
    L = np.stack([rng.integers(n, size=(4000, 6, alternatives)) for n in (2, 3, 3)], axis=-1)
    P = np.full((6, alternatives), 1 / alternatives)
    X = coding.code(L)
    errors = c.d_errors(np.array([information(x, P) for x in X]))
    assert errors.min() >= bound * (1 - 1e-12)
    if not constant:
        assert errors.min() < 1.4 * bound


def test_no_closed_form_is_said_as_nan(physiotherapy):
    assert np.isfinite(utility_neutral_bound(physiotherapy, 16))
    assert np.isnan(utility_neutral_bound(study_of((2, 2), 2, opt_out=dce.Alternative("none")), 8))
    assert np.isnan(utility_neutral_bound(study_of((2, 2), 2, utility="a0 * a1"), 8))
    assert np.isnan(utility_neutral_bound(study_of((2, 2), 2, utility="a0 + a1:alternative"), 8))
    wait = dce.Attribute("wait", [1, 2, 3, 4])
    two = [dce.Alternative("A"), dce.Alternative("B")]
    assert np.isnan(utility_neutral_bound(dce.Study("T", [wait], two, utility="poly(wait, 2)"), 8))
    assert np.isfinite(utility_neutral_bound(dce.Study("T", [wait], two, utility="poly(wait, 3)"), 8))


def test_the_table_of_a_study_with_constants(physiotherapy_design):
    table = criteria(physiotherapy_design)
    value = table.to_frame()["value"]
    whole, means = physiotherapy_design.information, physiotherapy_design.study.prior_means
    V = np.linalg.inv(whole)
    assert value["D-error, all coefficients"] == pytest.approx(physiotherapy_design.d_error)
    assert value["D-error, constants as nuisance"] == pytest.approx(np.linalg.det(V[1:, 1:]) ** (1 / 8))
    assert value["D-error, constants absent"] == pytest.approx(np.linalg.det(whole[1:, 1:]) ** (-1 / 8))
    assert value["A-error, all coefficients"] == pytest.approx(np.trace(V) / 9)
    n = norm.isf(0.025) ** 2 * 2 * np.diag(V) / means**2
    assert value["S-estimate, all coefficients"] == pytest.approx(n.max())
    assert value["S-estimate, constants not counted"] == pytest.approx(n.iloc[1:].max())
    per = [name for name in value.index if name.startswith("C-error")]
    assert per == ["C-error per wait", "C-error per distance"]
    both = c.c_error(whole, means.to_numpy(), [2, 7], np.arange(9) == 0)
    assert list(means.index[[2, 7]]) == ["wait", "distance"]
    assert value[per].sum() == pytest.approx(float(both))
    assert not any(name.startswith("DB") for name in value.index)


def test_priors_with_spread_are_averaged_over(request):
    design = dce.Design.read(request.config.rootpath / "designs" / "peer-support")
    draws = prior_draws(design.study)
    value = criteria(design, draws=draws).to_frame()["value"]
    expected = 0.0
    for w, beta in zip(draws.weights, draws.beta, strict=True):
        total = np.zeros((14, 14))
        for x in design.X:
            p = np.exp(x @ beta) / np.exp(x @ beta).sum()
            total += x.T @ (np.diag(p) - np.outer(p, p)) @ x
        expected += w * np.linalg.det(total) ** (-1 / 14)
    assert value["DB-error, all coefficients"] == pytest.approx(expected, rel=1e-10)
    assert db_error(design, draws) == pytest.approx(expected, rel=1e-10)
    assert value["D-error, all coefficients"] == pytest.approx(design.d_error)
    notes = " ".join(criteria(design, draws=draws).notes)
    assert "277 cubature points" in notes
    assert "integration error" in notes
    assert averaged("A-error, all coefficients") in value.index


def test_draws_that_change_sign_have_no_rates(small, small_design):
    priors = {**small.priors, "wait": dce.Prior(-0.2, sd=0.3)}
    design = dce.evaluate_design(replace(small, priors=priors), small_design.frame)
    table = criteria(design)
    assert np.isnan(table.to_frame().loc["CB-error per wait", "value"])
    assert np.isfinite(table.to_frame().loc["C-error per wait", "value"])
    assert "CB-error per wait: none, because rates divide by draws that change sign." in table.notes


def test_the_best_is_a_design_or_values(physiotherapy_design, small_design):
    same = criteria(physiotherapy_design, best=physiotherapy_design)
    assert same.to_frame()["% of best"].to_numpy() == pytest.approx(1)
    assert "The best found: read from design.csv." in same.notes[-2]
    name = "D-error, all coefficients"
    table = criteria(physiotherapy_design, best={name: 0.09}, best_is="found in an hour")
    column = table.to_frame()["% of best"]
    assert column[name] == pytest.approx(0.09 / physiotherapy_design.d_error)
    assert column.drop(name).isna().all()
    assert "The best found: found in an hour." in " ".join(table.notes)
    assert "% of best" not in criteria(physiotherapy_design).to_frame()
    with pytest.raises(dce.DesignError, match="best: found 'E-error'; allowed: 'D-error, all coeff"):
        criteria(physiotherapy_design, best={"E-error": 1})
    with pytest.raises(dce.DesignError, match="best: a design of 12 tasks; allowed: one of 16"):
        criteria(physiotherapy_design, best=small_design)


@dataclass(frozen=True)
class Proof:
    """What is used of a certificate."""

    bound: float
    d_error: float
    averaged_over: str = ""

    def __str__(self):
        return "This is proven."


def test_a_certificate_is_a_share_of_the_bound(physiotherapy_design, request):
    d_error = physiotherapy_design.d_error
    made = criteria(physiotherapy_design, certificate=Proof(0.9 * d_error, d_error))
    assert made.to_frame().loc["D-error, all coefficients", "% of bound"] == pytest.approx(0.9)
    assert made.notes[-1] == "This is proven."
    peers = dce.Design.read(request.config.rootpath / "designs" / "peer-support")
    db = db_error(peers, prior_draws(peers.study))
    table = criteria(peers, certificate=Proof(0.1, db, "277 cubature points")).to_frame()
    assert table.loc["DB-error, all coefficients", "% of bound"] == pytest.approx(0.1 / db)
    assert np.isnan(table.loc["D-error, all coefficients", "% of bound"])
    at_means = criteria(peers, certificate=Proof(0.1, peers.d_error)).to_frame()
    assert at_means.loc["D-error, all coefficients", "% of bound"] == pytest.approx(0.1 / peers.d_error)


def test_a_certificate_of_something_else_is_refused(physiotherapy_design):
    with pytest.raises(
        dce.DesignError, match=r"certificate: of a design with a D-error, all coefficients of 0.11"
    ):
        criteria(physiotherapy_design, certificate=Proof(0.1, 0.11))
    over_draws = Proof(0.1, physiotherapy_design.d_error, "1,024 Sobol draws")
    with pytest.raises(dce.DesignError, match="over 1,024 Sobol draws; allowed: at the prior means"):
        criteria(physiotherapy_design, certificate=over_draws)


def test_a_real_certificate(small_design):
    proof = certify(small_design)
    table = criteria(small_design, certificate=proof).to_frame()
    share = table.loc["D-error, all coefficients", "% of bound"]
    assert share == pytest.approx(proof.efficiency)
    assert 0.8 < share <= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"per": "price"}, "per: found 'price'; allowed: 'constant"),
        ({"significance": 0}, "significance: found 0; allowed: between 0 and 1"),
    ],
)
def test_what_cannot_be_asked(physiotherapy_design, options, message):
    with pytest.raises(dce.DesignError, match=message):
        criteria(physiotherapy_design, **options)


def test_rates_per_what_is_not_known_and_draws_of_another_study(small, small_design, request):
    unknown = replace(small, priors=dict.fromkeys(small.coefficients, 0))
    design = dce.evaluate_design(unknown, small_design.frame)
    table = criteria(design)
    assert not [name for name in table.to_frame().index if name.startswith(("C-error", "S-estimate"))]
    assert "No S-estimate: it needs priors other than zero." in table.notes
    with pytest.raises(dce.DesignError, match="per: the prior of wait is zero"):
        criteria(design, per="wait")
    other = dce.Design.read(request.config.rootpath / "designs" / "physiotherapy").study
    with pytest.raises(dce.DesignError, match="draws: found coefficients"):
        criteria(design, draws=prior_draws(other))
