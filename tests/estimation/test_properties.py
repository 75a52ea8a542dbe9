"""What must not change an estimate, or must change it in a known way: for every kind of covariance."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import dce
from dce.estimation import tasks as collapsing
from dce.estimation.inference import CovarianceKind, ResampledKind

ANALYTIC = get_args(CovarianceKind)
KINDS = (*ANALYTIC, *get_args(ResampledKind))
NAMES = ["a", "b", "c"]
FORMULA = "a + b + c"
few = settings(max_examples=10, deadline=None, derandomize=True)

CLOSE = 1e-9
"""Of a standard error. Newton's method squares its error, and a last step follows one that was 1e-6 of a
standard error at most: what is left is rounding, which attributes far from zero make larger."""


@st.composite
def answers(draw, weighted: bool | None = None) -> pd.DataFrame:
    """10 to 14 respondents who answer 4 or 5 tasks of 2 to 4 alternatives; designed, weighted, or neither."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    G, per, J = draw(st.integers(10, 14)), draw(st.integers(4, 5)), draw(st.integers(2, 4))
    designed, ragged = draw(st.booleans()), draw(st.booleans())
    T = G * per
    X = rng.integers(-3, 4, size=(T, J, 3)) / 2 + 0.0 if designed else rng.normal(size=(T, J, 3))
    if designed:
        X = np.tile(X[: 2 * per], (G, 1, 1))[:T]
    chosen = (X @ [0.3, -0.4, 0.2] + rng.gumbel(size=(T, J))).argmax(axis=1)
    frame = pd.DataFrame(X.reshape(-1, 3), columns=NAMES).assign(
        id=np.repeat(np.arange(G), per * J),
        t=np.repeat(np.arange(T), J),
        alt=np.tile(np.arange(J), T),
        y=(chosen[:, None] == np.arange(J)).ravel().astype(int),
        w=np.repeat(rng.integers(1, 4, size=T).astype(float), J),
    )
    if weighted is None and not draw(st.booleans()):
        frame["w"] = 1.0
    if ragged and J > 2:
        frame = frame[(frame["y"] == 1) | (frame["alt"] < 2) | (rng.random(len(frame)) < 0.6)]
    return frame


def fitted(frame: pd.DataFrame, formula: str = FORMULA, **roles) -> dce.Fit:
    """Fit, and leave out the rare data that cannot be estimated."""
    roles = {"task": "t", "alternative": "alt", "chosen": "y", "respondent": "id", "weight": "w"} | roles
    try:
        return dce.fit_mnl(dce.read_long(frame, **roles), formula)
    except (dce.SeparationError, dce.IdentificationError):
        assume(False)
        raise


def covariances(fit: dce.Fit, kinds) -> dict[str, np.ndarray]:
    found = {}
    for kind in kinds:
        options = {"replicates": 25, "seed": 3} if kind == "bootstrap" else {}
        try:
            found[kind] = fit.with_covariance(kind, **options).covariance.to_numpy()
        except dce.EstimationError:  # too many resamples without estimates
            assume(False)
    return found


def assert_same(fit: dce.Fit, other: dce.Fit, A: np.ndarray | None = None, kinds=ANALYTIC) -> None:
    """Whether other has the estimates of fit, of coefficients A b, and its covariances, A V A'."""
    A = np.eye(3) if A is None else A
    expected = A @ fit.coefficients.to_numpy()
    V = covariances(fit, kinds)
    for kind, found in covariances(other, kinds).items():
        moved = A @ V[kind] @ A.T
        scale = np.sqrt(np.diag(moved))
        assert np.abs((found - moved) / np.outer(scale, scale)).max() < CLOSE
        assert np.abs((other.coefficients.to_numpy() - expected) / scale).max() < CLOSE
    assert other.log_likelihood == pytest.approx(fit.log_likelihood, rel=1e-12)


@few
@given(answers(), st.integers(0, 100))
def test_what_is_common_to_a_task_has_no_effect(frame, seed):
    """Utility shift: a number added to every alternative of a task cancels out."""
    shift = np.random.default_rng(seed).normal(0, 50, size=(frame["t"].max() + 1, 3))[frame["t"]]
    moved = (frame[NAMES] + shift).T.to_numpy()
    assert_same(fitted(frame), fitted(frame.assign(**dict(zip(NAMES, moved, strict=True)))), kinds=KINDS)


@few
@given(answers(), st.randoms(use_true_random=False))
def test_order_and_names_of_rows_have_no_effect(frame, random):
    """Rows, tasks and alternatives in any order; tasks and alternatives of any name."""
    order = list(range(len(frame)))
    random.shuffle(order)
    tasks = list(range(frame["t"].max() + 1))
    random.shuffle(tasks)
    alternatives = list("pqrs")
    random.shuffle(alternatives)
    other = frame.assign(
        t=np.array(tasks)[frame["t"]],
        alt=np.array(alternatives)[frame["alt"]],
    ).iloc[order]
    assert_same(fitted(frame), fitted(other[[*other.columns[::-1]]]), kinds=KINDS)


@few
@given(answers(), st.randoms(use_true_random=False))
def test_names_of_respondents_have_no_effect(frame, random):
    """But on the bootstrap, which draws respondents by their order."""
    names = [f"r{i}" for i in range(frame["id"].max() + 1)]
    random.shuffle(names)
    other = frame.assign(id=np.array(names)[frame["id"]])
    assert_same(fitted(frame), fitted(other), kinds=(*ANALYTIC, "jackknife"))


@few
@given(answers(), st.integers(-6, 6), st.integers(-6, 6), st.booleans())
def test_a_rescaled_attribute_rescales_its_coefficient(frame, a, b, minus):
    factors = np.array([10.0**a, (-1) ** minus * 10.0**b, 1.0])
    other = frame.assign(**{name: frame[name] * factor for name, factor in zip(NAMES, factors, strict=True)})
    assert_same(fitted(frame), fitted(other), np.diag(1 / factors))


@few
@given(answers(), st.integers(0, 1000))
def test_mixed_attributes_mix_their_coefficients(frame, seed):
    """X M has the coefficients M^-1 b: dummies against another reference are such a mixture."""
    M = np.random.default_rng(seed).normal(size=(3, 3)) + 3 * np.eye(3)
    assume(np.linalg.cond(M) < 20)
    other = frame.assign(**dict(zip(NAMES, (frame[NAMES].to_numpy() @ M).T, strict=True)))
    assert_same(fitted(frame), fitted(other), np.linalg.inv(M), KINDS)


@few
@given(answers(weighted=True))
def test_weights_are_repeated_answers_of_the_same_respondent(frame):
    """But for robust errors, which take the copies as independent."""
    copies = [frame[frame["w"] > k].assign(t=frame["t"] + 1000 * k, w=1.0) for k in range(3)]
    kinds = tuple(kind for kind in ANALYTIC if kind != "robust")
    assert_same(fitted(frame), fitted(pd.concat(copies)), kinds=kinds)


@few
@given(answers(), st.floats(1e-6, 1e6))
def test_the_unit_of_weights_has_no_effect(frame, unit):
    """But on the classical covariance, which takes them for numbers of answers."""
    fit, other = fitted(frame), fitted(frame.assign(w=frame["w"] * unit))
    assert other.log_likelihood == pytest.approx(unit * fit.log_likelihood, rel=1e-12)
    V, found = covariances(fit, KINDS), covariances(other, KINDS)
    np.testing.assert_allclose(other.coefficients, fit.coefficients, rtol=1e-9, atol=1e-10)
    found["classical"] = found["classical"] * unit
    for kind in KINDS:
        np.testing.assert_allclose(found[kind], V[kind], rtol=1e-9, atol=1e-10)


@few
@given(answers())
def test_everybody_twice_halves_the_variance(frame):
    fit = fitted(frame)
    other = fitted(pd.concat([frame, frame.assign(id=frame["id"] + 100, t=frame["t"] + 1000)]))
    G = fit.n_respondents
    assert other.log_likelihood == pytest.approx(2 * fit.log_likelihood, rel=1e-12)
    halves = {"classical": 2, "robust": 2, "clustered": 2 * (G / (G - 1)) / (2 * G / (2 * G - 1))}
    V, found = covariances(fit, list(halves)), covariances(other, list(halves))
    for kind, half in halves.items():
        np.testing.assert_allclose(found[kind] * half, V[kind], rtol=1e-9, atol=1e-10)


@few
@given(answers(), st.integers(0, 1000))
def test_an_unavailable_alternative_is_as_good_as_absent(frame, seed):
    """Whatever its attributes are, missing ones too."""
    rng = np.random.default_rng(seed)
    ghosts = frame.groupby("t").head(1).assign(alt=9, y=0, there=0)
    ghosts[NAMES] = rng.choice([np.nan, 0.0, 1e9], size=(len(ghosts), 3))
    other = pd.concat([frame.assign(there=1), ghosts]).sample(frac=1, random_state=seed)
    assert_same(fitted(frame), fitted(other, available="there"))


@few
@given(answers())
def test_collapsing_changes_nothing(frame):
    """1e-12: of a standard error, of the log-likelihood, and of the covariances in their own scale."""
    collapsed = fitted(frame)
    assume(collapsed.tasks.which is not None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(collapsing, "REPEATED", -1.0)
        each = fitted(frame)
        assert each.tasks.which is None
        found = covariances(each, KINDS)
    assert each.log_likelihood == pytest.approx(collapsed.log_likelihood, rel=1e-12)
    for kind, V in covariances(collapsed, KINDS).items():
        scale = np.sqrt(np.diag(V))
        assert np.abs((each.coefficients - collapsed.coefficients) / scale).max() < 1e-12
        assert np.abs((found[kind] - V) / np.outer(scale, scale)).max() < 1e-12


@pytest.mark.filterwarnings("ignore::dce.RangeWarning")
@few
@given(answers(), st.lists(st.integers(-4, 4), min_size=9, max_size=9, unique=True))
def test_odds_do_not_depend_on_a_third_alternative(frame, values):
    """IIA: without the third service, the odds between the first two stay as they were."""
    fit = fitted(frame)
    x, y, z = (dict(zip(NAMES, values[i : i + 3], strict=True)) for i in (0, 3, 6))
    found = dce.scenarios(fit, {"three": {"x": x, "y": y, "z": z}, "two": {"x": x, "y": y}}).frame
    P = found.set_index(["scenario", "service"])["probability"]
    odds = P["two", "x"] / P["two", "y"]
    assert P["three", "x"] / P["three", "y"] == pytest.approx(odds, rel=1e-9)
    utility = (fit.coefficients * (pd.Series(x) - pd.Series(y))).sum()
    assert odds == pytest.approx(np.exp(utility), rel=1e-9)


@few
@given(st.integers(0, 2**32 - 1), st.integers(3, 5))
def test_fewer_alternatives_have_the_same_coefficients(seed, J):
    """IIA: answers as the model expects them, with or without those that chose one alternative."""
    rng = np.random.default_rng(seed)
    X, beta = rng.normal(size=(12, J, 3)), np.array([0.5, -0.8, 0.3])
    V = np.exp(X @ beta)
    P = V / V.sum(axis=1, keepdims=True)
    t, k, j = (index.ravel() for index in np.indices((12, J, J)))
    rows = pd.DataFrame(X[t, j], columns=NAMES).assign(t=t * J + k, alt=j, y=(j == k).astype(int), w=P[t, k])
    gone = rows.loc[(rows["alt"] == J - 1) & (rows["y"] == 1), "t"]
    without = rows[~rows["t"].isin(gone) & (rows["alt"] != J - 1)]
    for frame in (rows, without):
        choices = dce.read_long(frame, task="t", alternative="alt", chosen="y", weight="w")
        fit = dce.fit_mnl(choices, FORMULA, "classical")
        np.testing.assert_allclose(fit.coefficients, beta, rtol=1e-9)
