"""Tastes and scale: by fits put together, by simulation, and what is refused."""

import numpy as np
import pandas as pd
import pytest

import dce


@pytest.fixture(scope="module")
def groups(answered):
    """Answer with tastes that are multiplied by something for every second respondent."""

    def make(scale: float, taste: float = 0.0, seed: int = 1) -> dce.Choices:
        def utility(frame: pd.DataFrame) -> pd.Series:
            second = frame["respondent"] % 2 == 1
            parking, wait = frame["parking"] == "yes", frame["wait"]
            value = 0.8 * parking - 0.2 * wait - 0.8 * (frame["mode"] == "group") + taste * parking * second
            return value * np.where(second, scale, 1.0)

        choices = answered(utility, seed)
        sex = np.where(choices.frame["respondent"] % 2 == 1, "woman", "man")
        return dce.Choices(choices.frame.assign(sex=sex), choices.study)

    return make


def test_it_is_made_of_the_fits(groups):
    choices = groups(2.0)
    found = dce.swait_louviere(choices, "sex")
    alone = [dce.fit_mnl(choices.of("sex", sex)) for sex in ("man", "woman")]
    pooled = dce.fit_mnl(choices)
    scaled = dce.fit_scales(choices, "sex")
    separate = sum(fit.log_likelihood for fit in alone)
    tastes, _, scales, wald, both, difference = found.tests.tests
    assert tastes.statistic == pytest.approx(2 * (separate - scaled.log_likelihood))
    assert scales.statistic == pytest.approx(2 * (scaled.log_likelihood - pooled.log_likelihood))
    assert both.statistic == pytest.approx(tastes.statistic + scales.statistic)
    K = len(pooled.coefficients)
    assert [t.degrees_of_freedom for t in found.tests.tests] == [K - 1, K - 1, 1, 1, K, K]
    z = scaled.log_scales["woman"] / scaled.standard_errors.iloc[-1]
    assert wald.statistic == pytest.approx(z**2)
    gap = (alone[0].coefficients - alone[1].coefficients).to_numpy()
    V = (alone[0].covariance + alone[1].covariance).to_numpy()
    assert difference.statistic == pytest.approx(gap @ np.linalg.solve(V, gap), rel=1e-6)


def test_a_difference_in_scale_is_not_one_in_taste(groups):
    found = dce.swait_louviere(groups(2.0), "sex")
    assert found.tastes.p > 0.05
    assert found.scales.p < 0.001
    scale = found.scaled.scales().loc["woman"]
    assert scale["low"] < 2.0 < scale["high"]
    shown = str(found)
    assert "Scale of woman relative to man" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_difference_in_taste_forbids_to_compare_scales(groups):
    found = dce.swait_louviere(groups(1.0, taste=-1.5), "sex")
    assert found.tastes.p < 0.001
    assert found.tests.tests[1].p < 0.001
    assert found.sentence.endswith("so tastes differ by sex, and scales cannot be compared.")


def test_units_do_not_matter(groups):
    frame = groups(1.5).frame
    days = frame.assign(wait=7 * frame["wait"])
    plain, other = (
        dce.swait_louviere(dce.Choices(f), "sex", "wait + parking + mode").tests.frame["statistic"]
        for f in (frame, days)
    )
    assert plain.tolist() == pytest.approx(other.tolist(), rel=1e-6)


def test_refusals(groups, small_choices):
    choices = groups(1.0)
    with pytest.raises(dce.EstimationError, match="with one coefficient tastes and scale are one"):
        dce.swait_louviere(choices, "sex", "wait - constants")
    by_task = dce.Choices(choices.frame.assign(half=choices.frame["task"] > 3), choices.study)
    with pytest.raises(dce.EstimationError, match="'half' differs within respondent 2; allowed"):
        dce.swait_louviere(by_task, "half")
    with pytest.raises(dce.ChoicesError, match="'age'"):
        dce.swait_louviere(choices, "age")
    who = choices.frame["respondent"].where(choices.frame["respondent"] <= 3, 0)
    few = dce.Choices(choices.frame.assign(sex=np.where(who > 0, "rare", "other")), choices.study)
    with pytest.raises(dce.EstimationError, match="sex = rare: "):
        dce.swait_louviere(few, "sex")


@pytest.mark.slow
def test_p_is_uniform_if_groups_differ_in_scale_alone(groups):
    p = np.array(
        [[t.p for t in dce.swait_louviere(groups(1.6, seed=k), "sex").tests.tests[:2]] for k in range(200)]
    )
    assert (abs((p < 0.05).mean(axis=0) - 0.05) < 0.05).all()  # binomial standard error 1.5%
    assert (abs((p < 0.5).mean(axis=0) - 0.5) < 0.12).all()
