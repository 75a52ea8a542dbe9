"""Linearity: the same as two fits compared; designs that cannot tell; what is refused."""

import numpy as np
import pandas as pd
import pytest

import dce

ROLES = {"task": "t", "alternative": "alt", "chosen": "y", "respondent": "id"}


def read(frame: pd.DataFrame) -> dce.Choices:
    return dce.read_long(frame, **ROLES)


def test_levels_are_two_fits_compared(long_frame):
    """price has five levels: the model of levels has three coefficients more."""
    choices = read(long_frame)
    found = dce.linearity(dce.fit_mnl(choices, "price + time"), "price")
    of_levels = dce.fit_mnl(choices, "C(price) + time")
    assert found.curved.log_likelihood == pytest.approx(of_levels.log_likelihood)
    expected = dce.likelihood_ratio(of_levels, dce.fit_mnl(choices, "price + time"))
    assert found.likelihood_ratio.statistic == pytest.approx(expected.statistic)
    assert found.degrees_of_freedom == expected.degrees_of_freedom == 3
    line = "price[3] = 2*price[2], price[4] = 3*price[2], price[5] = 4*price[2]"
    assert found.wald.statistic == pytest.approx(dce.wald(of_levels, line).statistic)
    assert found.p == found.wald.p
    own = of_levels.to_frame()
    assert found.frame["utility"].tolist()[1:] == pytest.approx(own["coefficient"][:4].tolist())
    assert found.frame["standard error"].tolist()[1:] == pytest.approx(own["standard error"][:4].tolist())
    assert found.frame["line"][5.0] == pytest.approx(4 * found.straight.coefficients["price"])


@pytest.mark.parametrize("degree", [2, 3])
def test_polynomials_are_two_fits_compared(long_frame, degree):
    choices = read(long_frame)
    fit = dce.fit_mnl(choices, "price + time")
    found = dce.linearity(fit, "price", degree)
    powers = [f"price{d}" for d in range(2, degree + 1)]
    frame = long_frame.assign(**{f"price{d}": long_frame["price"] ** d for d in range(2, degree + 1)})
    plain = dce.fit_mnl(read(frame), "price + time + " + " + ".join(powers))
    restriction = ", ".join(f"{power} = 0" for power in powers)
    assert found.wald.statistic == pytest.approx(dce.wald(plain, restriction).statistic)
    assert found.likelihood_ratio.statistic == pytest.approx(
        dce.likelihood_ratio(plain, restriction).statistic
    )


def test_a_polynomial_through_all_levels_is_the_levels(long_frame):
    fit = dce.fit_mnl(read(long_frame), "price + time")
    levels, powers = dce.linearity(fit, "price"), dce.linearity(fit, "price", 4)
    assert powers.wald.statistic == pytest.approx(levels.wald.statistic)
    assert powers.frame.to_numpy() == pytest.approx(levels.frame.to_numpy(), abs=1e-8)


def test_units_do_not_matter(long_frame):
    pence = read(long_frame.assign(price=100 * long_frame["price"] + 3))
    of_pence = dce.linearity(dce.fit_mnl(pence, "price + time"), "price")
    of_pounds = dce.linearity(dce.fit_mnl(read(long_frame), "price + time"), "price")
    assert of_pence.statistic == pytest.approx(of_pounds.statistic, rel=1e-8)
    assert of_pence.likelihood_ratio.statistic == pytest.approx(of_pounds.likelihood_ratio.statistic)


def test_interactions_stay_as_they_are(long_frame):
    fit = dce.fit_mnl(read(long_frame), "price*old + time - old")
    found = dce.linearity(fit, "price")
    assert "price:old" in found.curved.coding.names
    assert found.degrees_of_freedom == 3


def test_a_design_of_few_pairs_tells_in_part(physiotherapy_design):
    """Its two services have waits of 2 and 8 weeks, or 4 and 6: no task compares 2 with 4."""
    choices = dce.simulate_choices(physiotherapy_design, respondents=300, seed=4)
    found = dce.linearity(choices, "wait")
    assert found.degrees_of_freedom == 1
    assert "The tasks tell 1 of 2 departures" in str(found)
    assert np.isnan(found.frame["utility"]).tolist() == [False, True, True, False]
    pairs = choices.frame.groupby(["respondent", "task"])["wait"].agg(["min", "max"]).drop_duplicates()
    assert sorted(map(tuple, pairs.to_numpy())) == [(2, 8), (4, 6)]
    assert max(map(len, str(found).splitlines())) <= 80


def test_a_curve_is_found_and_a_line_is_not(answered):
    """Waits of 2, 4 and 8 weeks: worth -0.2 a week, or best at four."""

    def by_level(worth):
        return answered(lambda frame: frame["wait"].map(worth), seed=3)

    assert dce.linearity(by_level({2: -0.4, 4: -0.8, 8: -1.6}), "wait").p > 0.05
    assert dce.linearity(by_level({2: 0.0, 4: 0.4, 8: -1.2}), "wait").p < 0.01


@pytest.mark.parametrize(
    ("formula", "attribute", "degree", "message"),
    [
        ("wait + parking", "mode", None, "'mode' is not linear in this fit; allowed: 'wait'"),
        ("C(wait) + parking", "wait", None, "'wait' is not linear in this fit; allowed: none"),
        ("wait + parking", "wait", 3, "degree: found 3; allowed: 2 to 2, because 'wait' has 3 levels"),
        ("wait + parking", "wait", 1, "degree: found 1; allowed: 2 to 2"),
        ("wait + I(wait**2)", "wait", None, "'wait' is curved already, by 'I"),
    ],
)
def test_refusals(small_choices, formula, attribute, degree, message):
    with pytest.raises(dce.EstimationError, match=message):
        dce.linearity(dce.fit_mnl(small_choices, formula), attribute, degree)


def test_too_many_values_need_a_polynomial(long_frame):
    fit = dce.fit_mnl(read(long_frame), "price + time")
    with pytest.raises(dce.EstimationError, match=r"'time' has 450 values.*degree=2"):
        dce.linearity(fit, "time")
    curved = dce.linearity(fit, "time", 2)
    assert curved.degrees_of_freedom == 1
    assert len(curved.frame) == 5
    two = read(long_frame.assign(price=long_frame["price"].clip(1, 2)))
    with pytest.raises(dce.EstimationError, match="'price' has 2 levels"):
        dce.linearity(dce.fit_mnl(two, "price + time"), "price")


@pytest.mark.slow
def test_p_is_uniform_for_a_straight_line(small_design):
    p = [
        dce.linearity(dce.simulate_choices(small_design, respondents=60, seed=k), "wait").p
        for k in range(100)
    ]
    assert abs(np.mean(np.array(p) < 0.05) - 0.05) < 0.06  # binomial standard error 2.2%
    assert abs(np.mean(np.array(p) < 0.5) - 0.5) < 0.15
