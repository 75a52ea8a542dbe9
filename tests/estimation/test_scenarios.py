"""Scenarios: probabilities and intervals by hand, by simulation from the covariance, and by name."""

import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit, softmax

import dce

DESIGNS = Path(__file__).parents[2] / "designs"
NEAR = {"wait": 2, "parking": "no", "mode": "face"}
FAR = {"wait": 8, "parking": "yes", "mode": "group"}


@pytest.fixture(scope="module")
def fit(small_choices):
    return dce.fit_mnl(small_choices)


def test_two_services_by_hand(fit):
    result = dce.scenarios(fit, {"one": {"near": NEAR, "far": FAR}}).frame
    b, V = fit.coefficients, fit.covariance
    x = pd.Series({"constant[B]": 0, "wait": -6, "parking[yes]": -1, "mode[phone]": 0, "mode[group]": -1})
    v, se = x @ b, np.sqrt(x @ V @ x)
    assert result["probability"].tolist() == pytest.approx([expit(v), expit(-v)])
    assert result["low"].iloc[0] == pytest.approx(expit(v - 1.959964 * se), rel=1e-6)
    assert result["high"].iloc[0] == pytest.approx(expit(v + 1.959964 * se), rel=1e-6)
    assert result["standard error"].iloc[0] == pytest.approx(expit(v) * expit(-v) * se)


def test_three_services_against_draws_from_the_covariance(fit):
    middle = {"wait": 4, "parking": "yes", "mode": "phone"}
    result = dce.scenarios(fit, {"one": {"near": NEAR, "far": FAR, "middle": middle}}).frame
    X = np.array([[0, 2, 0, 0, 0], [0, 8, 1, 0, 1], [0, 4, 1, 1, 0]])
    draws = np.random.default_rng(1).multivariate_normal(fit.coefficients, fit.covariance, size=200_000)
    P = softmax(draws @ X.T, axis=1)
    assert result["probability"].sum() == pytest.approx(1)
    # 200,000 draws leave an error of about 0.001 in a quantile; linearisation adds as much.
    assert result["low"].to_numpy() == pytest.approx(np.quantile(P, 0.025, axis=0), abs=0.004)
    assert result["high"].to_numpy() == pytest.approx(np.quantile(P, 0.975, axis=0), abs=0.004)


def test_constants_count_only_where_an_alternative_is_named(fit):
    named = {"a": {"alternative": "A", **NEAR}, "b": {"alternative": "B", **NEAR}}
    constant = fit.coefficients["constant[B]"]
    assert dce.scenarios(fit, {"x": named}).frame["probability"].iloc[1] == pytest.approx(expit(constant))
    blank = {"a": NEAR, "b": dict(NEAR)}
    result = dce.scenarios(fit, {"x": blank})
    assert result.frame["probability"].tolist() == pytest.approx([0.5, 0.5])
    assert "no alternative get no constant" in str(result)


def test_a_frame_and_a_mapping_give_the_same(fit):
    frame = pd.DataFrame([{"scenario": "x", "service": "near", **NEAR},
                          {"scenario": "x", "service": "far", **FAR}])  # fmt: skip
    a = dce.scenarios(fit, frame).frame
    b = dce.scenarios(fit, {"x": {"near": NEAR, "far": FAR}}).frame
    pd.testing.assert_frame_equal(a, b)


def test_scenarios_may_be_interleaved_and_of_different_sizes(fit):
    rows = [("x", "n", NEAR), ("y", "n", NEAR), ("x", "f", FAR), ("y", "f", FAR), ("y", "g", FAR)]
    frame = pd.DataFrame([{"scenario": s, "service": n, **a} for s, n, a in rows])
    result = dce.scenarios(fit, frame).frame.groupby("scenario")["probability"].sum()
    assert result.tolist() == pytest.approx([1, 1])


def test_outside_the_studied_range_warns_by_name(fit):
    with pytest.warns(dce.RangeWarning, match="'x', 'far': wait is 12, outside the studied range, 2 to 8"):
        dce.scenarios(fit, {"x": {"near": NEAR, "far": {**FAR, "wait": 12}}})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dce.scenarios(fit, {"x": {"near": NEAR, "far": {**FAR, "wait": 5}}})


def test_probabilities_close_to_one_keep_their_intervals(fit):
    with pytest.warns(dce.RangeWarning):
        result = dce.scenarios(fit, {"x": {"now": NEAR, "never": {**NEAR, "wait": 200}}}).frame
    assert (result["low"] <= result["probability"]).all()
    assert (result["probability"] <= result["high"]).all()
    assert np.isfinite(result[["probability", "low", "high"]]).all(axis=None)
    assert result["probability"].iloc[1] > 0


@pytest.fixture(scope="module")
def with_age(small_choices):
    """Answers of respondents of whom every third is old, and a utility that depends on it."""
    frame = small_choices.frame
    return dce.Choices(frame.assign(age65=(frame["respondent"] % 3 == 0).astype(int)), small_choices.study)


@pytest.fixture(scope="module")
def fit_with_age(with_age):
    return dce.fit_mnl(with_age, "wait + parking + wait:age65")


def test_a_characteristic_that_is_given_is_a_condition(fit_with_age):
    old = {"near": {**NEAR, "age65": 1}, "far": {**FAR, "age65": 1}}
    b = fit_with_age.coefficients
    v = -6 * (b["wait"] + b["wait:age65"]) - b["parking[yes]"]
    assert dce.scenarios(fit_with_age, {"x": old}).frame["probability"].iloc[0] == pytest.approx(expit(v))


def test_without_it_probabilities_are_averaged_over_the_respondents(fit_with_age, with_age):
    result = dce.scenarios(fit_with_age, {"x": {"near": NEAR, "far": FAR}})
    b, V = fit_with_age.coefficients, fit_with_age.covariance
    who = with_age.frame.drop_duplicates("respondent")["age65"]
    xs = [
        pd.Series({"constant[B]": 0, "wait": -6, "parking[yes]": -1, "wait:age65": -6 * age}) for age in who
    ]
    P = np.array([expit(x @ b) for x in xs])
    gradient = np.mean([p * (1 - p) * x for p, x in zip(P, xs, strict=True)], axis=0)
    row = result.frame.iloc[0]
    assert row["probability"] == pytest.approx(P.mean(), rel=1e-12)
    assert row["standard error"] == pytest.approx(np.sqrt(gradient @ V.to_numpy() @ gradient), rel=1e-10)
    text = " ".join(str(result).split())
    assert "Averaged over age65 of the 200 respondents." in text
    assert "take the mix of respondents as known" in text


def test_averages_are_weighted_and_count_each_respondent_once(small_choices):
    frame = small_choices.frame
    frame = frame[~((frame["respondent"] == 3) & (frame["task"] > frame["task"].min() + 3))]
    frame = frame.assign(age65=frame["respondent"] % 2, weight=1.0 + (frame["respondent"] % 5))
    fit = dce.fit_mnl(dce.Choices(frame, small_choices.study), "wait + wait:age65")
    P = dce.scenarios(fit, {"x": {"near": NEAR, "far": FAR}}).frame["probability"].iloc[0]
    b = fit.coefficients
    each = frame.drop_duplicates("respondent")
    by_hand = expit(-6 * (b["wait"] + b["wait:age65"] * each["age65"]))
    assert pytest.approx(np.average(by_hand, weights=each["weight"]), rel=1e-12) == P


def test_a_characteristic_is_given_for_all_services_or_none(fit_with_age):
    with pytest.raises(dce.ScenarioError, match="age65 differs between services"):
        dce.scenarios(fit_with_age, {"x": {"near": {**NEAR, "age65": 1}, "far": FAR}})


def test_krinsky_robb_is_close_to_the_delta_method_and_repeats_itself(fit):
    three = {"one": {"near": NEAR, "far": FAR, "middle": {"wait": 4, "parking": "yes", "mode": "phone"}}}
    delta = dce.scenarios(fit, three).frame
    drawn = dce.scenarios(fit, three, method="krinsky-robb", draws=40_000, seed=3)
    again = dce.scenarios(fit, three, method="krinsky-robb", draws=40_000, seed=3)
    pd.testing.assert_frame_equal(drawn.frame, again.frame, check_exact=True)
    # 40,000 draws leave an error of about 0.001 in a percentile.
    for column in ("standard error", "low", "high"):
        assert drawn.frame[column].to_numpy() == pytest.approx(delta[column].to_numpy(), abs=0.004)
    assert "Krinsky-Robb, percentiles of 40,000 draws (seed 3)" in " ".join(str(drawn).split())


def test_the_bootstrap_takes_percentiles_of_replicates(fit, rng):
    with pytest.raises(dce.EstimationError, match=r"fit.with_covariance\(\"bootstrap\"\) makes them"):
        dce.scenarios(fit, {"x": {"near": NEAR, "far": FAR}}, method="bootstrap")
    replicates = rng.multivariate_normal(fit.coefficients, fit.covariance, size=500)
    resampled = replace(fit, inference=replace(fit.inference, replicates=replicates))
    row = dce.scenarios(resampled, {"x": {"near": NEAR, "far": FAR}}, method="bootstrap").frame.iloc[0]
    P = expit(replicates @ np.array([0, -6, -1, 0, -1]))
    assert row[["low", "high"]].tolist() == pytest.approx(np.quantile(P, [0.025, 0.975]).tolist())
    assert row["standard error"] == pytest.approx(P.std(ddof=1))


def test_few_clusters_make_intervals_wider(fit):
    few = replace(fit, inference=replace(fit.inference, degrees_of_freedom=9.0))
    x = {"x": {"near": NEAR, "far": FAR}}
    wide, plain = dce.scenarios(few, x).frame.iloc[0], dce.scenarios(fit, x).frame.iloc[0]
    odds = [logit(row["high"]) - logit(row["probability"]) for row in (wide, plain)]
    assert odds[0] / odds[1] == pytest.approx(2.262157 / 1.959964, rel=1e-5)


def test_scale_multiplies_utilities(fit):
    x = {"x": {"near": NEAR, "far": FAR}}
    plain, scaled = dce.scenarios(fit, x), dce.scenarios(fit, x, scale=0.5)
    for column in ("probability", "low", "high"):
        half = expit(logit(plain.frame[column]) / 2)
        assert scaled.frame[column].to_numpy() == pytest.approx(half.to_numpy())
    assert "multiplied by 0.5, which is taken as known" in " ".join(str(scaled).split())
    with pytest.raises(dce.ScenarioError, match="scale: found 0; allowed: a positive number"):
        dce.scenarios(fit, x, scale=0)


def test_subgroups_are_side_by_side(with_age):
    fits = dce.fit_by(with_age, "age65", "wait + parking")
    x = {"x": {"near": NEAR, "far": FAR}, "y": {"far": FAR, "near": NEAR}}
    result = dce.scenarios(fits, x)
    assert result.frame["group"].tolist()[:6] == ["All", "0", "1"] * 2
    alone = dce.scenarios(fits["1"], x).frame
    pd.testing.assert_frame_equal(
        result.frame[result.frame["group"] == "1"].drop(columns="group").reset_index(drop=True), alone
    )
    assert "  near, All" in str(result)
    assert max(map(len, str(result).splitlines())) <= 80


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "jackknife"}, "method: found 'jackknife'; allowed: 'delta', 'krinsky-robb', 'bootstrap'"),
        ({"method": "krinsky-robb", "draws": 5}, "draws: found 5; allowed: a whole number"),
        ({"method": "krinsky-robb", "seed": -1}, "seed: found -1; allowed: a whole number from 0"),
        ({"seed": None}, "seed: found None; allowed: a whole number from 0"),
        ({"level": 95}, "level: found 95; allowed: between 0 and 1"),
    ],
)
def test_wrong_settings_are_refused(fit, settings, message):
    with pytest.raises(dce.EstimationError, match=message):
        dce.scenarios(fit, {"x": {"near": NEAR, "far": FAR}}, **settings)


def test_labelled_services_must_say_which_they_are():
    study = dce.Study(
        "Labelled",
        attributes=[dce.Attribute("wait", [1, 2, 4])],
        alternatives=[dce.Alternative("bus"), dce.Alternative("car", constant=True)],
        labelled=True,
        utility="wait:alternative",
        priors={"constant[car]": 0.3, "wait:alternative[bus]": -0.5, "wait:alternative[car]": -0.2},
    )
    design = dce.make_design(study, tasks=9, starts=1)
    fit = dce.fit_mnl(dce.simulate_choices(design, respondents=100, seed=1))
    with pytest.raises(dce.ScenarioError, match="alternative is missing, and the utility depends on it"):
        dce.scenarios(fit, {"x": {"a": {"wait": 1}, "b": {"wait": 2}}})
    both = {"a": {"alternative": "bus", "wait": 1}, "b": {"alternative": "car", "wait": 2}}
    v = fit.coefficients @ pd.Series(
        [-1, 1, -2], index=["constant[car]", "wait:alternative[bus]", "wait:alternative[car]"]
    )
    assert dce.scenarios(fit, {"x": both}).frame["probability"].iloc[0] == pytest.approx(expit(v))


def test_text_is_that_of_a_paper(fit, tmp_path):
    shown = str(dce.scenarios(fit, {"What if nearer?": {"near": NEAR, "far": FAR}}))
    assert "What if nearer?" in shown
    assert "%" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_a_service_that_was_never_shown_warns(clinics):
    study = clinics(restrictions=["not (mode == 'group' and wait == 8)"], design=dce.DesignSettings(tasks=12))
    design = dce.make_design(study, starts=1)
    fit = dce.fit_mnl(dce.simulate_choices(design, respondents=100, seed=1))
    with pytest.warns(dce.RangeWarning, match="'far': such a service was never shown"):
        dce.scenarios(fit, {"x": {"near": NEAR, "far": FAR}})


def test_a_scenario_without_a_name_is_refused(fit):
    frame = pd.DataFrame([{"scenario": "x", "service": "near", **NEAR},
                          {"scenario": None, "service": "far", **FAR}])  # fmt: skip
    with pytest.raises(dce.ScenarioError, match="row 2: scenario is missing"):
        dce.scenarios(fit, frame)


def test_one_person_chooses_in_a_scenario(small_choices):
    frame = small_choices.frame.assign(old=small_choices.frame["respondent"] % 2 == 0)
    fit = dce.fit_mnl(dce.Choices(frame, small_choices.study), "wait + parking + wait:old")
    both = {"near": {**NEAR, "old": True}, "far": {**FAR, "old": True}}
    assert dce.scenarios(fit, {"x": both}).frame["probability"].sum() == pytest.approx(1)
    both["far"]["old"] = False
    with pytest.raises(dce.ScenarioError, match="'x': old differs between services"):
        dce.scenarios(fit, {"x": both})


@pytest.mark.parametrize("services", [[1], {"a": {"A": 3}}, 7])
def test_scenarios_of_a_wrong_kind_are_refused(fit, services):
    with pytest.raises(dce.ScenarioError, match="allowed: a path, a frame, or a mapping"):
        dce.scenarios(fit, services)


def test_uptake_is_what_is_not_opted_out():
    design = dce.Design.read(DESIGNS / "staff-support")
    fit = dce.fit_mnl(dce.simulate_choices(design, respondents=150, seed=2))
    for method in ("delta", "krinsky-robb"):
        result = dce.scenarios(fit, DESIGNS / "staff-support" / "scenarios.toml", method=method, draws=1_000)
        out = result.frame[result.frame["service"] == "No support"]
        assert result.uptake["scenario"].tolist() == out["scenario"].tolist()
        assert result.uptake["probability"].to_numpy() == pytest.approx(1 - out["probability"].to_numpy())
        assert result.uptake["low"].to_numpy() == pytest.approx(1 - out["high"].to_numpy())
        assert result.uptake["standard error"].to_numpy() == pytest.approx(out["standard error"].to_numpy())
    assert str(result).count("  any of the services") == len(out)


def test_without_an_opt_out_or_with_one_service_beside_it_there_is_no_uptake(fit):
    assert dce.scenarios(fit, {"x": {"near": NEAR, "far": FAR}}).uptake.empty
    design = dce.Design.read(DESIGNS / "peer-support")
    peers = dce.fit_mnl(dce.simulate_choices(design, respondents=150, seed=2))
    result = dce.scenarios(peers, DESIGNS / "peer-support" / "scenarios.toml")
    assert result.frame["scenario"].iloc[0] not in result.uptake["scenario"].tolist()


@pytest.mark.parametrize(
    "function",
    [
        lambda fits, x: dce.sweep(fits, x, wait=[2, 4]),
        lambda fits, x: dce.scenario_changes(fits, x, {"near": {"wait": 4}}),
        lambda fits, x: dce.threshold(fits, x, "near", "wait"),
        lambda fits, x: dce.elasticities(fits, "wait", x),
        lambda fits, x: dce.compensating_variation(fits, x, x),
        lambda fits, x: dce.calibrate(fits, {"near": 0.5}, x),
    ],
)
def test_what_takes_one_fit_says_so(with_age, function):
    fits = dce.fit_by(with_age, "age65", "wait + parking")
    with pytest.raises(dce.EstimationError, match="fit: found SubgroupFits; allowed: one fit"):
        function(fits, {"near": NEAR, "far": FAR})


def test_a_bootstrap_of_the_answers(small_choices):
    fit = dce.fit_mnl(small_choices).with_covariance("bootstrap", replicates=200, seed=4)
    x = {"x": {"near": NEAR, "far": FAR}}
    result = dce.scenarios(fit, x, method="bootstrap")
    P = expit(fit.replicates @ np.array([0, -6, -1, 0, -1]))
    assert result.frame.iloc[0][["low", "high"]].tolist() == pytest.approx(
        np.quantile(P, [0.025, 0.975]).tolist()
    )
    assert "percentiles of 200 bootstrap replicates" in str(result)
    delta = dce.scenarios(fit, x).frame
    # 200 replicates leave an error of 5% in a standard error.
    assert result.frame["standard error"].to_numpy() == pytest.approx(delta["standard error"], rel=0.2)


def test_scenarios_with_and_without_characteristics_side_by_side(small_choices):
    """Words and numbers; one scenario says who chooses, one in part, one leaves it to the answers."""
    frame = small_choices.frame
    sex = np.where(frame["respondent"] % 4 == 0, "woman", "man")
    choices = dce.Choices(frame.assign(sex=sex, age=20 + frame["respondent"] % 7), small_choices.study)
    fit = dce.fit_mnl(choices, "wait + parking + wait:age + parking:sex")
    who = {"woman of 22": {"sex": "woman", "age": 22}, "women": {"sex": "woman"}, "all": {}}
    both = {name: {"near": {**NEAR, **at}, "far": {**FAR, **at}} for name, at in who.items()}
    found = dce.scenarios(fit, both)
    b = fit.coefficients
    woman = -b["parking[yes]"] - b["parking[yes]:sex[woman]"]

    def P(age, parking):
        return expit(-6 * (b["wait"] + age * b["wait:age"]) + parking)

    each = choices.frame.drop_duplicates("respondent")
    parking = np.where(each["sex"] == "woman", woman, -b["parking[yes]"])
    expected = [P(22, woman), P(each["age"], woman).mean(), P(each["age"], parking).mean()]
    assert found.frame["probability"].to_numpy()[::2] == pytest.approx(np.array(expected), rel=1e-12)
    text = " ".join(str(found).split())
    assert "characteristics that a scenario names are the same for all" in text
    alone = [dce.scenarios(fit, {name: both[name]}).frame for name in both]
    pd.testing.assert_frame_equal(pd.concat(alone, ignore_index=True), found.frame)


def test_the_order_of_services_and_rows_does_not_matter(fit_with_age, with_age):
    services = {"a": NEAR, "b": FAR, "c": {**NEAR, "wait": 4}}
    forward = dce.scenarios(fit_with_age, {"x": services}).frame.set_index("service").drop(columns="scenario")
    turned = dict(reversed(services.items()))
    backward = dce.scenarios(fit_with_age, {"x": turned}).frame.set_index("service").drop(columns="scenario")
    assert backward.loc[forward.index].to_numpy() == pytest.approx(forward.to_numpy(), rel=1e-10)
    shuffled = dce.Choices(with_age.frame.sample(frac=1, random_state=1), with_age.study)
    again = dce.fit_mnl(shuffled, "wait + parking + wait:age65")
    found = dce.scenarios(again, {"x": services}).frame.set_index("service").drop(columns="scenario")
    assert found.to_numpy() == pytest.approx(forward.to_numpy(), rel=1e-8)


def test_answers_from_elsewhere_have_characteristics_too(elsewhere):
    fit = dce.fit_mnl(elsewhere, "price + time + price:old")
    x = {"x": {"a": {"price": 2, "time": 0.0}, "b": {"price": 3, "time": 0.5}}}
    b = fit.coefficients
    each = elsewhere.frame.drop_duplicates("respondent")["old"]
    P = expit(-b["price"] - each * b["price:old"] - 0.5 * b["time"])
    assert dce.scenarios(fit, x).frame["probability"].iloc[0] == pytest.approx(P.mean(), rel=1e-12)
    unknown = dce.Choices(elsewhere.frame.drop(columns="respondent").assign(task=lambda f: f["task"]))
    alone = dce.fit_mnl(unknown, "price + time + price:old", "robust")
    found = dce.scenarios(alone, x)
    assert found.frame["probability"].iloc[0] == pytest.approx(P.mean(), rel=1e-7)
    assert "Averaged over old of the answered tasks." in " ".join(str(found).split())
