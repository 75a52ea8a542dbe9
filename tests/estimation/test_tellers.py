"""Coefficients that few respondents tell: refused for one, cautioned for few."""

import numpy as np
import pandas as pd
import pytest

import dce


def answers(tellers):
    """Sixty respondents, of whom some see an offer that the others never see."""
    rng = np.random.default_rng(3)
    people, tasks = 60, 6
    frame = pd.DataFrame(
        {
            "id": np.repeat(np.arange(people), 2 * tasks),
            "t": np.tile(np.repeat(np.arange(tasks), 2), people),
            "alt": ["a", "b"] * (people * tasks),
            "price": rng.normal(size=2 * people * tasks),
        }
    )
    frame["offer"] = np.where(frame["id"] < tellers, rng.normal(size=len(frame)), 0.7)
    utility = -0.5 * frame["price"] + 0.3 * frame["offer"] + rng.gumbel(size=len(frame))
    first = utility.to_numpy().reshape(-1, 2).argmax(axis=1)
    frame["y"] = np.column_stack([first == 0, first == 1]).ravel().astype(int)
    return dce.read_long(frame, task="t", alternative="alt", chosen="y", respondent="id")


@pytest.mark.parametrize("kind", ["clustered", "CR2", "CR3"])
def test_one_alone_has_no_clustered_error(kind):
    with pytest.raises(
        dce.EstimationError, match=r"'offer'.*nothing but the answers of respondent 0 tells it"
    ):
        dce.fit_mnl(answers(1), "price + offer", covariance=kind)


def test_one_alone_has_a_classical_error():
    assert dce.fit_mnl(answers(1), "price + offer", covariance="classical").standard_errors["offer"] > 0.1


def test_few_are_cautioned():
    fit = dce.fit_mnl(answers(4), "price + offer")
    assert fit.inference.few == {"offer": 4}
    assert "Caution: offer is told by 4 clusters only" in " ".join(str(fit).split())


@pytest.mark.parametrize("tellers", [10, 60])
def test_enough_are_not(tellers):
    assert dce.fit_mnl(answers(tellers), "price + offer").inference.few == {}


def test_a_characteristic_of_few_people():
    choices = answers(60)
    few = (choices.frame["respondent"] < 3).astype(int)
    fit = dce.fit_mnl(dce.Choices(choices.frame.assign(old=few)), "price + offer + price:old")
    assert fit.inference.few == {"price:old": 3}
