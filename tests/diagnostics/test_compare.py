"""Models side by side: what the table says, and whether they were fitted to the same answers."""

import numpy as np
import pandas as pd
import pytest

import dce
from dce.diagnostics.compare import fingerprint


@pytest.fixture(scope="module")
def fits(small_choices) -> list[dce.Fit]:
    formulas = (None, "wait + parking", "C(wait) + parking + mode")
    return [dce.fit_mnl(small_choices, formula) for formula in formulas]


def test_numbers_are_those_of_the_fits(fits):
    found = dce.compare(fits, names=["all", "two", "steps"])
    for name, fit in zip(("all", "two", "steps"), fits, strict=True):
        own = found.frame[name].dropna()
        assert own["coefficient"].to_dict() == fit.coefficients.to_dict()
        assert own["standard error"].to_dict() == fit.standard_errors.to_dict()
        of_fit = [fit.log_likelihood, len(fit.coefficients), fit.aic, fit.bic, fit.mcfadden_r2,
                  fit.adjusted_r2, fit.n_respondents, fit.n_tasks]  # fmt: skip
        assert found.statistics[name].tolist() == pytest.approx(of_fit, rel=1e-14)
    assert found.comparable
    assert found.frame.index[0] == "constant[B]"
    assert np.isnan(found.frame.loc["mode[phone]", ("two", "coefficient")])


def test_what_it_shows(fits):
    found = dce.compare({f"model {k}": fit for k, fit in enumerate([*fits, *fits])})
    shown = str(found)
    assert max(map(len, shown.splitlines())) <= 80
    for part in ("Parking: yes", "Log-likelihood", "AIC", "Respondents", "Answered tasks", "1,200", "(0.0",
                 "Standard errors in brackets: clustered by respondent", "All were fitted"):  # fmt: skip
        assert part in shown
    assert "*" not in shown
    lowest = min(range(3), key=lambda k: fits[k].aic)
    assert f"Lowest AIC: model {lowest};" in " ".join(shown.split())
    assert found._repr_html_().startswith("<table>")
    assert "\\begin{table}" in found.table().to_latex()


def test_different_answers_are_marked(fits, small_choices):
    half = small_choices.frame["respondent"] <= 100
    part = dce.fit_mnl(dce.Choices(small_choices.frame[half], small_choices.study))
    found = dce.compare([fits[0], part, fits[1]])
    assert found.answers == {"(1)": "a", "(2)": "b", "(3)": "a"}
    assert not found.comparable
    shown = " ".join(str(found).split())
    assert "Answers a b a" in shown
    assert "Caution: models whose row Answers has different letters" in shown
    assert "Lowest AIC" not in shown


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.assign(weight=2.0),
        lambda f: f.assign(chosen=np.where(f["task"] == f["task"].iloc[0], 1 - f["chosen"], f["chosen"])),
        lambda f: f.assign(respondent=f["respondent"] + 1),
        lambda f: f[f["task"] != f["task"].iloc[0]],
    ],
)
def test_a_fingerprint_sees_every_change(small_choices, change):
    changed = dce.Choices(change(small_choices.frame.copy()), small_choices.study)
    assert fingerprint(changed) != fingerprint(small_choices)


def test_a_fingerprint_does_not_see_what_is_no_answer(small_choices):
    frame = small_choices.frame.sample(frac=1, random_state=1).assign(age=3, weight=1.0)
    assert fingerprint(dce.Choices(frame, small_choices.study)) == fingerprint(small_choices)


def test_one_name_for_two_things_is_marked(elsewhere):
    """The reference of words is the first in the alphabet, or of a category; poly learns from its rows."""
    words = elsewhere.frame.assign(kind=np.where(elsewhere.frame["price"] > 3, "dear", "cheap"))
    words.loc[words["price"] == 3, "kind"] = "fair"
    order = pd.Categorical(words["kind"], categories=["fair", "cheap", "dear"])
    first = dce.fit_mnl(dce.Choices(words), "kind + time")
    second = dce.fit_mnl(dce.Choices(words.assign(kind=order)), "kind + time")
    shown = " ".join(str(dce.compare([first, second])).split())
    assert "Caution: 'kind[dear]' is coded differently in these models" in shown
    assert "coded differently" not in str(dce.compare([first, dce.fit_mnl(dce.Choices(words), "kind")]))
    whole = dce.fit_mnl(elsewhere, "poly(time, 2)")
    part = dce.fit_mnl(dce.Choices(elsewhere.frame[elsewhere.frame["respondent"] < 20]), "poly(time, 2)")
    shown = " ".join(str(dce.compare([whole, part])).split())
    assert "Caution: 'poly(time, 2)[1]', 'poly(time, 2)[2]' is coded differently" in shown


def test_scales_stand_beside_fits(elsewhere):
    plain = dce.fit_mnl(elsewhere, "price + time")
    scaled = dce.fit_scales(elsewhere, "old", "price + time")
    found = dce.compare({"equal": plain, "scales": scaled})
    assert found.comparable
    assert found.frame.loc["log scale[1]", ("scales", "coefficient")] == scaled.coefficients.iloc[-1]
    assert found.statistics.loc["Coefficients"].tolist() == [2, 3]
    assert found.statistics.loc["AIC", "scales"] == pytest.approx(6 - 2 * scaled.log_likelihood)


def test_answers_without_respondents_and_other_errors(elsewhere):
    without = dce.Choices(elsewhere.frame.drop(columns="respondent"))
    robust = dce.fit_mnl(without, "price", covariance="robust")
    found = dce.compare([robust, dce.fit_mnl(without, "price", covariance="classical")])
    shown = " ".join(str(found).split())
    assert "(1): robust (sandwich, tasks independent). (2): classical" in shown
    assert found.statistics.loc["Respondents"].isna().all()


def test_refusals(fits):
    with pytest.raises(dce.EstimationError, match="models: found none"):
        dce.compare([])
    with pytest.raises(
        dce.EstimationError, match=r"names: found 'a' for 3 models; allowed: a different name"
    ):
        dce.compare(fits, names=["a"])
    with pytest.raises(dce.EstimationError, match="names: found with a mapping"):
        dce.compare({"a": fits[0]}, names=["a"])
    with pytest.raises(dce.EstimationError, match=r"models: \(2\) is a DataFrame; allowed: what fit_mnl"):
        dce.compare([fits[0], pd.DataFrame()])
