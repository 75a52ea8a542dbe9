"""Coding: what X is, for every kind of term, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import dce
from dce.coding import learn_coding

LEVELS = {"mode": ["face", "phone", "group"], "wait": [2, 4, 8], "alternative": ["A", "B", "none"]}
FRAME = pd.DataFrame(
    {
        "alternative": ["A", "B", "none"],
        "mode": ["group", "face", None],
        "wait": [2.0, 8.0, np.nan],
        "age65": [1, 1, 1],
    }
)


def coded(formula, constants=("B", "none"), frame=FRAME, levels=LEVELS, fixed=()):
    coding = learn_coding(formula, frame, levels, constants, fixed)
    return pd.DataFrame(coding.matrix(frame), columns=list(coding.names))


def test_main_effects_and_constants():
    X = coded("mode + wait")
    assert list(X) == ["constant[B]", "constant[none]", "mode[phone]", "mode[group]", "wait"]
    assert X.to_numpy().tolist() == [[0, 0, 0, 1, 2], [1, 0, 0, 0, 8], [0, 1, 0, 0, 0]]


def test_constants_can_be_left_out_or_replaced():
    assert list(coded("wait - constants")) == ["wait"]
    assert list(coded("wait + alternative", constants=("none",))) == [
        "wait",
        "alternative[B]",
        "alternative[none]",
    ]


def test_the_opt_out_is_zero_but_for_its_constant():
    X = coded("C(mode, contr.sum) + poly(wait, 2) + log(wait) + wait:age65")
    assert (X.loc[2].drop("constant[none]") == 0).all()


def test_effects_coding():
    X = coded("C(mode, contr.sum)", constants=())
    assert list(X) == ["mode[face]", "mode[phone]"]
    assert X.to_numpy().tolist() == [[-1, -1], [1, 0], [0, 0]]


def test_levels_of_a_number_as_dummies():
    X = coded("C(wait)", constants=())
    assert list(X) == ["wait[4]", "wait[8]"]
    assert X.to_numpy().tolist() == [[0, 0], [0, 1], [0, 0]]


def test_interactions_with_alternatives_and_respondents():
    X = coded("wait:alternative + wait:age65", constants=())
    assert X["wait:alternative[B]"].tolist() == [0, 8, 0]
    assert X["wait:age65"].tolist() == [2, 8, 0]


def test_poly_is_learned_from_the_levels_alone():
    few = FRAME.iloc[[0, 0, 0, 1]]
    all_levels = pd.DataFrame({"wait": [2.0, 4.0, 8.0], "alternative": "A"})
    a = learn_coding("poly(wait, 2)", few, LEVELS).matrix(all_levels)
    b = learn_coding("poly(wait, 2)", all_levels, LEVELS).matrix(all_levels)
    assert a == pytest.approx(b)
    assert a.T @ a / len(a) == pytest.approx(np.diag(np.diag(a.T @ a)) / len(a))  # orthogonal
    assert a.sum(axis=0) == pytest.approx([0, 0])


def test_poly_without_levels_is_that_of_the_data():
    # Orthonormal polynomials are the Q of a QR decomposition of 1, x, x^2, up to sign, as in R's poly.
    frame = pd.DataFrame({"x": [1.0, 2.0, 2.0, 5.0], "alternative": "A"})
    X = learn_coding("poly(x, 2)", frame).matrix(frame)
    Q = np.linalg.qr(np.vander(frame["x"], 3, increasing=True))[0][:, 1:]
    assert np.abs(X) == pytest.approx(np.abs(Q))


def test_a_transform_may_remember_respondents():
    frame = FRAME.assign(age=[20.0, 30.0, 70.0])
    X = coded("wait:center(age)", constants=(), frame=frame)
    assert X.iloc[:, 0].tolist() == pytest.approx([2 * -20, 8 * -10, 0])


def test_every_distinct_row_is_coded_alike():
    frame = pd.concat([FRAME] * 50, ignore_index=True).sample(frac=1, random_state=1)
    coding = learn_coding("mode + wait + poly(wait, 2):age65", FRAME, LEVELS, ["B", "none"])
    one_by_one = np.vstack([coding.matrix(frame.iloc[[i]]) for i in range(len(frame))])
    assert (coding.matrix(frame) == one_by_one).all()


def test_interaction_of_two_categorical_attributes_keeps_all_columns(clinics):
    study = clinics(utility="parking * mode", priors={})
    assert study.coefficients == (
        "constant[B]",
        "parking[yes]",
        "mode[phone]",
        "mode[group]",
        "parking[yes]:mode[phone]",
        "parking[yes]:mode[group]",
    )


def test_an_alternative_that_lacks_an_attribute_has_no_coefficient_for_it(clinics):
    study = clinics(opt_out=dce.Alternative("none", constant=True), utility="wait:alternative", priors={})
    assert study.coefficients == (
        "constant[B]",
        "constant[none]",
        "wait:alternative[A]",
        "wait:alternative[B]",
    )


def test_a_term_that_is_zero_for_all_respondents_is_not_dropped(clinics):
    study = clinics(opt_out=dce.Alternative("none", constant=True), priors={})
    frame = pd.DataFrame({"young": [0, 0], "alternative": ["A", "B"]})
    coding = study.learn("wait:alternative:young", frame)
    assert sum("young" in name for name in coding.names) == 3


def test_what_has_no_effect_by_itself_takes_the_reference_level_along():
    fixed = {"age65"}
    assert list(coded("mode:age65 - constants", fixed=fixed)) == ["mode[phone]:age65", "mode[group]:age65"]
    assert list(coded("age65:alternative - constants", fixed=fixed)) == [
        "age65:alternative[B]",
        "age65:alternative[none]",
    ]


def test_a_categorical_attribute_by_alternative_goes_with_constants(clinics):
    study = clinics(
        utility="wait + mode:alternative", opt_out=dce.Alternative("none", constant=True), priors={}
    )
    assert study.coefficients == (
        "constant[B]",
        "constant[none]",
        "wait",
        "mode[phone]:alternative[A]",
        "mode[group]:alternative[A]",
        "mode[phone]:alternative[B]",
        "mode[group]:alternative[B]",
    )
    assert dce.make_design(study, tasks=24, starts=1).d_error < 10  # identified
    main = clinics(utility="mode + mode:alternative", priors={})
    assert main.coefficients[-2:] == ("mode[phone]:alternative[B]", "mode[group]:alternative[B]")


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("wait +", "misplaced"),
        ("", "empty"),
        ("wait + zzz", "unknown variable 'zzz'; known: 'age65', 'alternative', 'mode', 'wait'"),
        ("0 + wait", "a logit has no intercept"),
        ("wait - 1", "a logit has no intercept"),
        ("chosen ~ wait", "one side only"),
        ("mode + C(mode)", "occurs twice"),
        ("wait - wait - constants", "no term is left"),
    ],
)
def test_bad_formulas(formula, message):
    with pytest.raises(dce.FormulaError, match=message):
        coded(formula)


def test_an_infinite_term_is_refused():
    levels = {**LEVELS, "wait": [0, 4, 8]}
    with pytest.raises(dce.FormulaError, match=r"log\(wait\): not a finite number where wait is 0"):
        learn_coding("log(wait)", FRAME, levels).matrix(FRAME.assign(wait=[0.0, 4.0, 8.0]))


def test_unknown_levels_are_refused():
    coding = learn_coding("mode", FRAME, LEVELS)
    with pytest.raises(dce.FormulaError, match="mode: unknown level 'zoom'; allowed: 'face'"):
        coding.matrix(FRAME.assign(mode="zoom"))
    coding = learn_coding("C(wait)", FRAME, LEVELS)
    with pytest.raises(dce.FormulaError, match=r"wait: unknown level 5; allowed: 2, 4, 8"):
        coding.matrix(FRAME.assign(wait=5.0))


def test_braces_and_backticks_keep_their_meaning(rng):
    frame = pd.DataFrame({"my cost": rng.normal(size=9), "time": rng.normal(size=9), "alternative": "A"})
    x, t = frame["my cost"], frame["time"]
    for formula, expected in (
        ("{time**2}", t**2),
        ("`my cost`", x),
        ("I(`my cost`**2)", x**2),
        ("{`my cost`/time}", x / t),
        ("I([v**2 for v in time])", t**2),
    ):
        X = learn_coding(formula, frame).matrix(frame)
        assert X[:, 0] == pytest.approx(expected.to_numpy()), formula


@pytest.mark.parametrize(
    "formula",
    [
        "I(x - x.mean())",
        "I(x / np.max(x))",
        "x.rank()",
        "np.cumsum(x)",
        "np.random.normal(x)",
        "I(x.shift(1).fillna(0))",
    ],
)
def test_a_term_that_depends_on_other_rows_is_refused(formula, rng):
    frame = pd.DataFrame({"x": rng.normal(size=20), "alternative": "A"})
    with pytest.raises(dce.FormulaError, match=r"depends on other rows|Unable to evaluate"):
        learn_coding(formula, frame)


def test_categories_that_the_formula_leaves_out_are_refused():
    with pytest.raises(dce.FormulaError, match="categories"):
        coded("C(mode, levels=['face', 'phone'])")


@pytest.mark.parametrize("formula", ["C(wait > 2)", "C(np.round(wait))", "age65:C(wait > 2)"])
def test_categories_of_an_expression(formula):
    coding = learn_coding(formula, FRAME, LEVELS, fixed={"age65"})
    coding.matrix(FRAME.assign(wait=[2.0, 4.0, 8.0]))


def test_levels_of_many_respondents_are_all_kept(clinics, rng):
    study = clinics(opt_out=dce.Alternative("none", constant=True), priors={})
    regions = np.repeat(["N", "S", "W"], 100)
    frame = pd.DataFrame({"region": regions, "income": rng.normal(size=300), "alternative": "A"})
    coding = study.learn("wait:alternative:region + wait:income", frame, {"region", "income"})
    assert sum("region" in name for name in coding.names) == 2 * 3  # two services, three regions
    assert any("region[W]" in name for name in coding.names)
    assert not any("none" in name and "wait" in name for name in coding.names)


@pytest.mark.parametrize(
    "formula", ["mode + wait", "mode:wait + mode", "wait:x + alternative", "mode:alternative"]
)
def test_plain_products_are_what_formulaic_makes(formula):
    frame = FRAME.assign(x=[0.5, -1.0, 3.0], wait=[2.0, 8.0, 4.0], mode=["group", "face", "phone"])
    frame = pd.concat([frame, frame.assign(x=2.0, wait=[4.0, np.nan, 2.0])], ignore_index=True)
    coding = learn_coding(formula, frame)
    assert coding.products is not None
    plain = replace(coding, products=None)
    np.testing.assert_array_equal(coding.matrix(frame), plain.matrix(frame))
    long = pd.concat([frame] * 2_000, ignore_index=True).assign(
        x=np.random.default_rng(1).normal(size=12_000)
    )
    np.testing.assert_array_equal(coding.matrix(long), plain.matrix(long))


def test_transforms_are_no_plain_products():
    assert learn_coding("poly(wait, 2) + mode", FRAME, LEVELS).products is None
