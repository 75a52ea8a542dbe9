"""Out of sample: by hand, against a loop of fits and of statsmodels, by simulation; refusals."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from statsmodels.discrete.discrete_model import Logit

import dce


def test_leaving_out_one_by_hand():
    """40 of 50 take a: without one of them the others' share is 39 of 49, else 40 of 49."""
    frame = pd.DataFrame({"task": np.repeat(np.arange(50), 2), "alternative": np.tile(["b", "a"], 50)})
    took_a = np.arange(50) < 40
    frame["chosen"] = np.column_stack([~took_a, took_a]).ravel().astype(int)
    frame["respondent"] = frame["task"]
    found = dce.cross_validate(dce.Choices(frame), "alternative", folds=50)
    expected = (40 * np.log(39 / 49) + 10 * np.log(9 / 49)) / 50
    row = found.frame.iloc[0]
    assert row["log-likelihood"] == pytest.approx(expected, rel=1e-8)
    assert found.constants == pytest.approx(expected, rel=1e-8)
    assert row["against constants"] == pytest.approx(0, abs=1e-8)
    assert row["in sample"] == pytest.approx(0.8 * np.log(0.8) + 0.2 * np.log(0.2))
    assert row["rho2"] == pytest.approx(1 - expected / np.log(0.5))
    assert row["hit rate"] == pytest.approx(0.8)
    assert (found.null, found.guesses) == (pytest.approx(np.log(0.5)), 0.5)


def test_it_is_a_loop_of_fits(small_choices):
    found = dce.cross_validate(small_choices, "wait + parking + mode", folds=4)
    who = found.by_respondent
    for fold in (1, 4):
        out = who.index[who["fold"] == fold]
        fit = dce.fit_mnl(small_choices.drop(list(out), reason="test"), "wait + parking + mode")
        left = small_choices.frame[small_choices.frame["respondent"].isin(out)]
        V = fit.coding.matrix(left) @ fit.coefficients.to_numpy()
        task = [left["respondent"], left["task"]]
        log_P = V - np.log(pd.Series(np.exp(V), left.index).groupby(task).transform("sum"))
        of_chosen = log_P[left["chosen"] == 1].groupby(left["respondent"]).sum()
        assert_allclose(who.loc[of_chosen.index, "wait + parking + mode"], of_chosen, rtol=1e-6)


def test_against_statsmodels(small_choices):
    """Two alternatives: a logit of differences without a constant, fitted by fold."""
    found = dce.cross_validate(small_choices, "wait + parking - constants", folds=5)
    layout = small_choices.layout
    frame = small_choices.frame.assign(parking=(small_choices.frame["parking"] == "yes").astype(float))
    X = frame[["wait", "parking"]].to_numpy(dtype=float)[layout.rows]
    D, y = X[:, 1] - X[:, 0], layout.chosen
    respondent = small_choices.frame["respondent"].to_numpy()[layout.rows[:, 0]]
    fold = found.by_respondent["fold"].loc[respondent].to_numpy()
    total = 0.0
    for k in range(1, 6):
        b = Logit(y[fold != k], D[fold != k]).fit(disp=0, tol=1e-12).params
        V = D[fold == k] @ b
        total += float((y[fold == k] * V - np.logaddexp(0, V)).sum())
    assert found.frame["log-likelihood"].item() == pytest.approx(total / len(y), rel=1e-8)


def test_noise_helps_in_the_sample_only(elsewhere, rng):
    frame = elsewhere.frame.assign(**{f"noise{k}": rng.normal(size=450) for k in range(8)})
    noise = "price + time + " + " + ".join(f"noise{k}" for k in range(8))
    found = dce.cross_validate(dce.Choices(frame), {"true": "price + time", "noise": noise}, folds=10)
    assert found.frame.loc["noise", "in sample"] > found.frame.loc["true", "in sample"]
    assert found.frame.loc["noise", "log-likelihood"] < found.frame.loc["true", "log-likelihood"]
    row, who = found.frame.loc["noise"], found.by_respondent
    assert row["difference"] == pytest.approx((who["noise"] - who["true"]).sum() / 150)
    spread = (who["noise"] - who["true"]) - row["difference"] * who["answers"]
    assert row["standard error"] == pytest.approx(np.sqrt((spread**2).sum() * 30 / 29) / 150)
    assert np.isnan(found.frame.loc["true", "difference"])


def test_folds_are_drawn_within_blocks_and_told_by_the_seed(small_choices):
    found = dce.cross_validate(small_choices, "wait", folds=4, seed=3)
    block = small_choices.frame.groupby("respondent")["block"].first()
    counts = pd.crosstab(block, found.by_respondent["fold"])
    assert counts.to_numpy().max() - counts.to_numpy().min() <= 1
    again = dce.cross_validate(small_choices, "wait", folds=4, seed=3)
    pd.testing.assert_frame_equal(again.by_respondent, found.by_respondent)
    shuffled = dce.Choices(small_choices.frame.sample(frac=1, random_state=1), small_choices.study)
    other = dce.cross_validate(shuffled, "wait", folds=4, seed=3)
    assert other.by_respondent["fold"].equals(found.by_respondent["fold"])
    assert_allclose(other.frame, found.frame, rtol=1e-8)
    assert (
        not dce.cross_validate(small_choices, "wait", folds=4)
        .by_respondent["fold"]
        .equals(found.by_respondent["fold"])
    )


def test_a_fit_brings_its_formula(elsewhere, small_choices):
    of_study = dce.cross_validate(dce.fit_mnl(small_choices), folds=3)
    assert of_study.frame.index.tolist() == ["the study's utility"]
    fit = dce.fit_mnl(elsewhere, "price")
    found = dce.cross_validate(fit, folds=3)
    assert found.frame.index.tolist() == ["price"]
    assert_allclose(found.frame, dce.cross_validate(elsewhere, "price", folds=3).frame)


def test_weights_are_duplicates(elsewhere):
    twice = pd.concat([elsewhere.frame, elsewhere.frame.assign(task=elsewhere.frame["task"] + 1000)])
    doubled = dce.cross_validate(dce.Choices(twice), "price + time", folds=5)
    weighted = dce.cross_validate(dce.Choices(elsewhere.frame.assign(weight=2.0)), "price + time", folds=5)
    assert_allclose(weighted.frame, doubled.frame, rtol=1e-6)


def test_alternatives_that_are_not_everywhere(elsewhere):
    frame = elsewhere.frame.copy()
    frame = frame[~((frame["alternative"] == "train") & (frame["task"] % 7 == 0) & (frame["chosen"] == 0))]
    found = dce.cross_validate(dce.Choices(frame), "alternative + price", folds=5)
    assert found.null > -np.log(3)
    assert found.null < found.constants < 0


def test_progress_is_told(elsewhere):
    seen = []
    dce.cross_validate(elsewhere, ["price", "time"], folds=3, progress=lambda *now: seen.append(now))
    assert seen == [(k, 6) for k in range(1, 7)]


def test_what_it_shows(small_choices):
    found = dce.cross_validate(small_choices, [None, "wait", "wait + parking"], folds=5)
    shown = str(found)
    assert max(map(len, shown.splitlines())) <= 80
    assert "the study's utility" in shown
    assert "200 respondents in 5 folds, seed 1" in " ".join(shown.split())
    assert found._repr_html_().startswith("<table>")


def test_refusals(elsewhere):
    with pytest.raises(dce.EstimationError, match=r"folds: found 31 for 30 respondents; allowed: .* 2 to 30"):
        dce.cross_validate(elsewhere, "price", folds=31)
    with pytest.raises(dce.EstimationError, match="folds: found 1 for"):
        dce.cross_validate(elsewhere, "price", folds=1)
    with pytest.raises(dce.EstimationError, match="seed: found -1"):
        dce.cross_validate(elsewhere, "price", seed=-1)
    with pytest.raises(dce.EstimationError, match="allowed: one formula, or several different"):
        dce.cross_validate(elsewhere, ["price", "price"])
    few = dce.Choices(elsewhere.frame[elsewhere.frame["respondent"] < 4])
    with pytest.raises(dce.EstimationError, match=r"price .* 2 coefficients need more .* found 2 of 4"):
        dce.cross_validate(few, "price + time", folds=2)


def test_a_fold_without_estimates_is_named(elsewhere):
    """Nobody but respondent 3 saw the offer."""
    frame = elsewhere.frame.copy()
    only = (frame["respondent"] == 3).to_numpy()
    frame["offer"] = np.where(only & (frame["alternative"] == "bus"), 1.0, 0.0)
    first = only & (frame["task"] == frame.loc[only, "task"].min()).to_numpy()
    frame.loc[only, "chosen"] = (frame.loc[only, "alternative"] == "car").astype(int)
    frame.loc[first, "chosen"] = (frame.loc[first, "alternative"] == "bus").astype(int)
    with pytest.raises(dce.IdentificationError, match=r"price \+ offer, without fold \d+ of 10: not id"):
        dce.cross_validate(dce.Choices(frame), "price + offer")
    with pytest.raises(dce.IdentificationError, match="old: not identified"):
        dce.cross_validate(elsewhere, ["price", "old"])
