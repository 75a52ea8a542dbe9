"""Relative importance: by hand, against a finite difference, by draws, and what it does not depend on."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import logit

import dce


@pytest.fixture(scope="module")
def fit(small_choices):
    return dce.fit_mnl(small_choices)


def shares(beta, names):
    b = dict(zip(names, beta, strict=True))
    mode = [0.0, b["mode[phone]"], b["mode[group]"]]
    ranges = np.array([6 * abs(b["wait"]), abs(b["parking[yes]"]), max(mode) - min(mode)])
    return ranges / ranges.sum()


def test_shares_by_hand(fit):
    found = dce.importance(fit).frame
    assert list(found.index) == ["wait", "parking", "mode"]
    assert found["importance"].to_numpy() == pytest.approx(shares(fit.coefficients, fit.coefficients.index))
    assert found["best"].tolist() == [2, "yes", "face"]
    assert found["worst"].tolist() == [8, "no", "group"]
    assert found["range"].tolist() == pytest.approx(
        [
            6 * abs(fit.coefficients["wait"]),
            fit.coefficients["parking[yes]"],
            -fit.coefficients["mode[group]"],
        ]
    )


def test_errors_and_intervals_by_a_numerical_gradient(fit):
    beta, names, h = fit.coefficients.to_numpy(), fit.coefficients.index, 1e-6
    G = np.array(
        [(shares(beta + h * e, names) - shares(beta - h * e, names)) / (2 * h) for e in np.eye(len(beta))]
    )
    error = np.sqrt(np.diag(G.T @ fit.covariance.to_numpy() @ G))
    found = dce.importance(fit, level=0.9).frame
    assert found["standard error"].to_numpy() == pytest.approx(error, rel=1e-6)
    s = found["importance"]
    half = 1.6448536 * error / (s * (1 - s))
    assert logit(found["high"]).to_numpy() == pytest.approx(logit(s) + half, rel=1e-6)
    assert logit(found["low"]).to_numpy() == pytest.approx(logit(s) - half, rel=1e-6)


def test_draws_have_their_own_best_levels(fit):
    found = dce.importance(fit, "krinsky-robb", draws=2_000, seed=4).frame
    draws = np.random.default_rng(4).standard_normal((2_000, len(fit.coefficients)))
    draws = draws @ np.linalg.cholesky(fit.covariance.to_numpy()).T + fit.coefficients.to_numpy()
    each = np.array([shares(beta, fit.coefficients.index) for beta in draws])
    assert found[["low", "high"]].to_numpy() == pytest.approx(np.quantile(each, [0.025, 0.975], axis=0).T)
    resampled = replace(fit, inference=replace(fit.inference, kind="bootstrap", replicates=draws))
    assert dce.importance(resampled, "bootstrap").frame[["low", "high"]].equals(found[["low", "high"]])
    delta = dce.importance(fit).frame
    assert found["high"].to_numpy() == pytest.approx(delta["high"].to_numpy(), abs=0.01)


@pytest.mark.parametrize(
    "formula", ["wait + parking + C(mode, contr.sum)", "I(wait / 10) + parking + C(mode, contr.helmert)"]
)
def test_any_coding_gives_the_same(small_choices, fit, formula):
    found = dce.importance(dce.fit_mnl(small_choices, formula)).frame
    columns = ["range", "importance", "standard error", "low", "high"]
    assert found[columns].to_numpy() == pytest.approx(dce.importance(fit).frame[columns].to_numpy(), rel=1e-5)


def test_a_curve_has_its_best_in_the_middle(small_choices):
    fit = dce.fit_mnl(small_choices, "I((wait - 4)**2) + parking")
    found = dce.importance(fit).frame.loc["wait"]
    assert found["range"] == pytest.approx(16 * abs(fit.coefficients.iloc[-2]))
    assert {found["best"], found["worst"]} == {4, 8}


def test_what_attributes_interact_with_is_asked_for(small_choices):
    old = small_choices.frame["respondent"] % 2
    choices = dce.Choices(small_choices.frame.assign(old=old), small_choices.study)
    fit = dce.fit_mnl(choices, "wait + wait:old + parking")
    with pytest.raises(dce.EstimationError, match=r"at: 'old' is missing, and what wait is worth"):
        dce.importance(fit)
    found = dce.importance(fit, at={"old": 1})
    assert found.frame.loc["wait", "range"] == pytest.approx(
        6 * abs(fit.coefficients["wait"] + fit.coefficients["wait:old"])
    )
    assert "At old = 1." in str(found)


def test_data_from_elsewhere_use_what_was_shown(elsewhere):
    fit = dce.fit_mnl(elsewhere, "alternative + price + time")
    found = dce.importance(fit).frame
    time = elsewhere.frame["time"]
    assert found.loc["time", "range"] == pytest.approx(np.ptp(time) * fit.coefficients["time"])
    assert list(found.index) == ["price", "time"]


def test_cautions_and_refusals(small_choices, fit, rng):
    noise = rng.permutation(["a", "b", "c"] * (len(small_choices.frame) // 3 + 1))[: len(small_choices.frame)]
    choices = dce.read_long(
        small_choices.frame.drop(columns="block").assign(noise=noise),
        task="task", alternative="alternative", chosen="chosen", respondent="respondent",
    )  # fmt: skip
    shown = " ".join(str(dce.importance(dce.fit_mnl(choices, "wait + parking + noise"))).split())
    assert "not clear which level is the best or the worst of: noise." in shown
    assert "Caution" not in str(dce.importance(fit))
    assert max(map(len, str(dce.importance(fit)).splitlines())) <= 80
    with pytest.raises(dce.EstimationError, match="importance: found 'wait'; allowed: two or more"):
        dce.importance(dce.fit_mnl(small_choices, "wait"))
    with pytest.raises(dce.EstimationError, match="method: found 'fieller'"):
        dce.importance(fit, "fieller")
    with pytest.raises(dce.EstimationError, match="needs replicates"):
        dce.importance(fit, "bootstrap")
    with pytest.raises(dce.EstimationError, match="level: found 0"):
        dce.importance(fit, "krinsky-robb", level=0)
