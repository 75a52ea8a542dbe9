"""Models that are not nested: the bound by hand, in any order, and what is refused."""

import numpy as np
import pytest
from scipy.stats import norm

import dce


def test_the_bound_by_hand(small_choices):
    first, second = dce.fit_mnl(small_choices, "wait + mode"), dce.fit_mnl(small_choices, "parking")
    found = dce.ben_akiva_swait(first, second)
    K1, K2 = len(first.coefficients), len(second.coefficients)
    gain = (first.log_likelihood - K1) - (second.log_likelihood - K2)
    assert found.better is first
    assert found.statistic == pytest.approx(np.sqrt(2 * gain + K1 - K2))
    assert found.p == pytest.approx(norm.sf(found.statistic))
    assert found.degrees_of_freedom == K1 - K2
    assert dce.ben_akiva_swait(second, first).p == found.p
    assert "If 'parking' were the true model, the adjusted R2 of 'wait + mode'" in found.sentence
    assert max(map(len, str(found).splitlines())) <= 80


def test_models_as_good_as_one_another_have_no_bound(small_choices):
    """The same columns but for noise that explains nothing: the bound is one, not a small number."""
    rng = np.random.default_rng(1)
    frame = small_choices.frame.assign(x=rng.normal(size=len(small_choices.frame)))
    frame["y"] = frame["x"].sample(frac=1, random_state=1).to_numpy()
    choices = dce.Choices(frame)
    found = dce.ben_akiva_swait(dce.fit_mnl(choices, "wait + x"), dce.fit_mnl(choices, "wait + y"))
    assert found.p > 0.05
    few = choices.drop(list(range(31, 201)), reason="a pilot")
    fits = dce.fit_mnl(few, "wait"), dce.fit_mnl(few, "parking")
    assert "the bound is meant for 250 or more" in str(dce.ben_akiva_swait(*fits))


def test_refusals(small_choices):
    fit, less = dce.fit_mnl(small_choices, "wait + mode"), dce.fit_mnl(small_choices, "wait")
    with pytest.raises(dce.EstimationError, match="'wait' is a special case of 'wait \\+ mode'"):
        dce.ben_akiva_swait(less, fit)
    other = dce.fit_mnl(small_choices.drop([1], reason="no consent"), "parking")
    with pytest.raises(dce.EstimationError, match="different answers"):
        dce.ben_akiva_swait(fit, other)


@pytest.mark.slow
def test_a_wrong_model_seldom_fits_better(answered):
    """If the wait alone matters: another model is better at p below 10% in at most 10%."""
    p = []
    for seed in range(200):
        choices = answered(lambda frame: -0.1 * frame["wait"], seed, respondents=60)
        true, wrong = dce.fit_mnl(choices, "wait - constants"), dce.fit_mnl(choices, "parking - constants")
        found = dce.ben_akiva_swait(true, wrong)
        p.append(found.p if found.better is wrong else 1.0)
    assert (np.array(p) < 0.1).mean() < 0.1
