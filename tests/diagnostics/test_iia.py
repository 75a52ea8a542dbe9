"""Hausman and McFadden: Greene's example, invariances, simulation, and where it does not exist."""

import numpy as np
import pandas as pd
import pytest

import dce
from dce.diagnostics.hypothesis_test import HypothesisTest

MODES = {1: "air", 2: "train", 3: "bus", 4: "car"}


def travel(first: str = "car") -> dce.Choices:
    """The travel mode data of Greene, Econometric Analysis, with one alternative first."""
    data = pytest.importorskip("statsmodels.datasets").modechoice.load_pandas().data
    mode = data["mode"].map(MODES)
    frame = data.drop(columns="mode").assign(
        alt=pd.Categorical(mode, categories=[first, *(m for m in MODES.values() if m != first)]),
        hinc_air=data["hinc"] * (mode == "air"),
    )
    frame = frame.sort_values(["individual", "alt"])
    return dce.read_long(frame, task="individual", alternative="alt", chosen="choice")


UTILITY = "alternative + gc + ttme + hinc_air"


def test_greene():
    """Greene, Econometric Analysis, the chapter on discrete choice: 33.34, 4 d.f., air left out."""
    fit = dce.fit_mnl(travel(), UTILITY, "classical")
    assert fit.coefficients["gc"] == pytest.approx(-0.0155, abs=5e-5)
    assert fit.log_likelihood == pytest.approx(-199.1284, abs=5e-5)
    found = dce.iia(fit, "air")["Hausman-McFadden"]
    assert found.statistic == pytest.approx(33.34, abs=0.005)
    assert found.degrees_of_freedom == 4


@pytest.mark.parametrize("first", ["air", "train", "bus"])
def test_the_reference_alternative_does_not_matter(first):
    """Even where it is the one left out, and only differences of constants can be compared."""
    expected = dce.iia(dce.fit_mnl(travel("car"), UTILITY, "classical"))
    found = dce.iia(dce.fit_mnl(travel(first), UTILITY, "classical"))
    for gone in MODES.values():
        of = [
            [test.statistic for test in tests.tests if test.hypothesis.endswith(gone)]
            for tests in (expected, found)
        ]
        assert of[0] == pytest.approx(of[1], rel=1e-6, nan_ok=True)


def test_units_do_not_matter():
    choices = travel()
    cents = dce.Choices(choices.frame.assign(gc=choices.frame["gc"] * 100 + 5))
    found, other = (dce.iia(dce.fit_mnl(c, UTILITY, "classical"), "air") for c in (choices, cents))
    assert found.frame["statistic"].tolist() == pytest.approx(other.frame["statistic"].tolist(), rel=1e-7)


def test_no_generalised_inverse_where_the_difference_is_not_positive():
    tests = dce.iia(dce.fit_mnl(travel(), UTILITY, "classical"))
    bus = next(t for t in tests.tests if t.hypothesis.endswith("bus") and t.name == "Hausman-McFadden")
    assert np.isnan(bus.statistic)
    assert np.isnan(bus.p)
    assert "not defined" in bus.sentence
    shown = str(tests).replace("\n", " ")
    assert "Without bus: the difference of the covariances is not positive definite" in shown
    assert max(map(len, str(tests).splitlines())) <= 80
    by_scores = [t.statistic for t in tests.tests if t.name == "scores by task"]
    assert np.isfinite(by_scores).all()


def test_each_alternative_in_turn(elsewhere, long_frame):
    found = dce.iia(dce.fit_mnl(elsewhere, "price + time"))
    assert [test.degrees_of_freedom for test in found.tests] == [2] * 6
    assert [test.name for test in found.tests] == ["Hausman-McFadden", "scores by respondent"] * 3
    for gone in ("bus", "car", "train"):
        left = long_frame[long_frame["alt"] != gone]
        left = left[left.groupby("t")["y"].transform("sum") == 1]
        assert f"Without {gone}: {left['t'].nunique()} answered tasks, 2 coefficients" in str(found)


def test_the_scores_by_hand(elsewhere, long_frame):
    """The gradient without the car, at the estimates with it, and its covariance from plain scores."""
    fit = dce.fit_mnl(elsewhere, "price + time", "classical")
    left = long_frame[long_frame["alt"] != "car"]
    left = left[left.groupby("t")["y"].transform("sum") == 1]
    of_left, A = scores(fit, left)
    of_all, _ = scores(fit, long_frame)
    of_left = of_left.reindex(of_all.index, fill_value=0.0)
    U = of_left - of_all.to_numpy() @ fit.covariance.to_numpy() @ A
    B = (U.T @ U).to_numpy() * len(U) / (len(U) - 1)
    gradient = of_left.sum().to_numpy()
    found = dce.iia(fit, "car")["scores by respondent"]
    assert found.statistic == pytest.approx(gradient @ np.linalg.inv(B) @ gradient, rel=1e-8)


def scores(fit: dce.Fit, frame: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Return sums of scores by respondent at the estimates, and the information there."""
    X = frame[["price", "time"]]
    utility = np.exp(X.to_numpy() @ fit.coefficients.to_numpy())
    P = utility / pd.Series(utility, index=frame.index).groupby(frame["t"]).transform("sum")
    centred = X - X.mul(P, axis=0).groupby(frame["t"]).transform("sum")
    information = (centred.mul(P, axis=0).T @ centred).to_numpy()
    return X.mul(frame["y"] - P, axis=0).groupby(frame["id"]).sum(), information


@pytest.mark.parametrize("gone", ["bus", "car", "train"])
def test_ragged_weighted_tasks_by_two_fits(long_frame, gone):
    """Some tasks lack the train, in some it is there but not available, and weights differ."""
    frame = long_frame.assign(w=1.0 + long_frame["t"] % 3, there=1)
    frame = frame[~((frame["alt"] == "train") & (frame["t"] % 5 == 0))]
    frame.loc[(frame["alt"] == "bus") & (frame["t"] % 7 == 0) & (frame["y"] == 0), "there"] = 0
    frame = frame[frame.groupby("t")["y"].transform("sum") == 1]
    roles = {"task": "t", "alternative": "alt", "chosen": "y", "weight": "w"}
    fit = dce.fit_mnl(dce.read_long(frame, available="there", **roles), "price + time", "classical")
    left = frame[(frame["alt"] != gone) & (frame["there"] == 1)]
    left = left[
        (left.groupby("t")["y"].transform("sum") == 1) & (left.groupby("t")["y"].transform("size") > 1)
    ]
    less = dce.fit_mnl(dce.read_long(left.drop(columns="there"), **roles), "price + time", "classical")
    gap, V = less.coefficients - fit.coefficients, less.covariance - fit.covariance
    expected = gap @ np.linalg.solve(V, gap) if np.linalg.eigvalsh(V)[0] > 0 else np.nan
    found = dce.iia(fit, gone)["Hausman-McFadden"]
    assert found.statistic == pytest.approx(expected, rel=1e-6, nan_ok=True)
    assert f"Without {gone}: {left['t'].nunique()} answered tasks" in found.notes[0]


def test_too_few_clusters_for_the_scores(long_frame):
    few = dce.read_long(long_frame.assign(id=1), task="t", alternative="alt", chosen="y", respondent="id")
    found = dce.iia(dce.fit_mnl(few, "price + time", "classical"), "car")
    assert np.isnan(found["scores by respondent"].statistic)
    assert "IIA, without car: too few clusters (respondent)" in str(found)


def test_rows_in_any_order(long_frame):
    def scores(frame):
        choices = dce.read_long(frame, task="t", alternative="alt", chosen="y", respondent="id")
        return dce.iia(dce.fit_mnl(choices, "price + time"), "car").frame["statistic"].tolist()

    assert scores(long_frame) == pytest.approx(
        scores(long_frame.sample(frac=1, random_state=3)), rel=1e-8, nan_ok=True
    )


def test_refusals(small_choices, elsewhere):
    with pytest.raises(dce.EstimationError, match="found 2 alternatives; allowed: three or more"):
        dce.iia(small_choices)
    fit = dce.fit_mnl(elsewhere, "price + time")
    with pytest.raises(dce.EstimationError, match="'ship' is no alternative; allowed: 'bus', 'car', 'train'"):
        dce.iia(fit, "ship")
    with pytest.raises(dce.EstimationError, match="'Hausman' names 0 of these tests; allowed: 'Hausman-Mc"):
        dce.iia(fit, "car")["Hausman"]


def test_an_alternative_that_everybody_chose(long_frame):
    """Without it no answer is left: said, where each is left out in turn, and refused, where asked for."""
    frame = long_frame.assign(y=(long_frame["alt"] == "car").astype(int), cost=long_frame["price"])
    frame.loc[frame["t"] == 0, "y"] = (frame.loc[frame["t"] == 0, "alt"] == "bus").astype(int)
    fit = dce.fit_mnl(
        dce.read_long(frame, task="t", alternative="alt", chosen="y", respondent="id"), "price + time"
    )
    with pytest.raises(dce.EstimationError, match="IIA without car: "):
        dce.iia(fit, "car")
    assert "Without car: " in str(dce.iia(fit))


def simulated(seed: int, noise: float) -> dce.Choices:
    """Answers to 400 tasks of four; the utility of the last may be noisier than those of the others."""
    rng = np.random.default_rng(seed)
    T = 400
    x = rng.normal(size=(T, 4, 2))
    noisier = rng.normal(size=(T, 1)) * noise * np.array([0.0, 0.0, 0.0, 1.0])
    utility = x @ [1.0, -0.7] + noisier + rng.gumbel(size=(T, 4))
    frame = pd.DataFrame(
        {
            "t": np.repeat(np.arange(T), 4),
            "alt": np.tile(list("abcd"), T),
            "y": (utility.argmax(axis=1)[:, None] == np.arange(4)).ravel().astype(int),
            "x": x[..., 0].ravel(),
            "z": x[..., 1].ravel(),
        }
    )
    return dce.read_long(frame, task="t", alternative="alt", chosen="y")


def p_values(seed: int, noise: float) -> list[float]:
    fit = dce.fit_mnl(simulated(seed, noise), "x + z", "classical")
    return [test.p for test in dce.iia(fit, "d").tests]


@pytest.mark.slow
def test_p_is_uniform_if_the_logit_holds_and_small_if_not():
    under = np.array([p_values(seed, 0.0) for seed in range(300)])
    exists = ~np.isnan(under)
    assert exists[:, 0].mean() > 0.8  # in some samples there is no statistic
    assert exists[:, 1].all()
    for p, there in zip(under.T, exists.T, strict=True):
        assert abs((p[there] < 0.05).mean() - 0.05) < 0.04  # binomial standard error 1.3%
    noisy = np.array([p_values(seed, 3.0) for seed in range(60)])
    for p in noisy.T:
        assert (p[~np.isnan(p)] < 0.05).mean() > 0.8


def test_an_undefined_test_has_a_sentence():
    undefined = HypothesisTest("Hausman-McFadden", "IIA", np.nan, 3)
    assert undefined.sentence == "Hausman-McFadden of IIA: not defined for these answers."
