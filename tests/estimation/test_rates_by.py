"""Rates of subgroups: the numbers of the reference study, and one direction for all groups."""

import pandas as pd
import pytest

import dce

UTILITY = (
    "asc2 + support_worker + wait + different_clinician + fu + equipment + group + miles + limited_parking"
)
PRINTED = {  # PHYSIOTHERAPY.md, printed in the paper (doi 10.1186/s12913-024-11585-w)
    "wait": {
        "physiotherapist": [8.76, 13.57, 0.35, 8.82, 0.34, 1.16, 3.53],
        "support_worker": [0.23, 7.71, 0.95, 1.07, 0.49, 1.40, 4.10],
    },
    "miles": {
        "physiotherapist": [7.57, 0.86, 11.72, 0.30, 7.61, 0.29, 3.05],
        "support_worker": [0.17, 0.72, 5.52, 0.68, 0.76, 0.35, 2.94],
    },
}
ROWS = {
    "wait": ["support_worker", "different_clinician", "fu", "group", "equipment", "miles", "limited_parking"],
    "miles": ["support_worker", "wait", "different_clinician", "fu", "group", "equipment", "limited_parking"],
}


@pytest.fixture(scope="module")
def answers(reference) -> dce.Choices:
    """Each possible answer of both groups, weighted by its probability."""
    frames = []
    for k, group in enumerate(("physiotherapist", "support_worker")):
        frame = pd.read_csv(reference / "data" / f"physiotherapy_expected_by_{group}.csv")
        frames.append(frame.assign(chid=frame["chid"] + 10_000 * k, treated_by=group))
    frame = pd.concat(frames).rename(columns={"class": "group"}).drop(columns="set")
    return dce.read_long(frame, task="chid", alternative="alt", chosen="y", weight="weight")


@pytest.mark.parametrize("per", ["wait", "miles"])
def test_the_reference_study(answers, per):
    """To the printed digit: the answers have no sampling noise."""
    fits = dce.fit_by(answers, "treated_by", UTILITY, covariance="classical")
    rates = dce.rates_by(fits, per)
    for group, printed in PRINTED[per].items():
        assert rates[group].frame.loc[ROWS[per], "rate"].round(2).tolist() == printed
    shown = str(rates)
    assert max(map(len, shown.splitlines())) <= 80
    below = shown[shown.index("support_worker, one less") :].splitlines()[1:4]
    assert [line.split()[0] for line in below] == ["All", "physiotherapist", "support_worker"]


def test_one_direction_for_all_groups(small_choices):
    who = small_choices.frame["respondent"]
    choices = dce.Choices(small_choices.frame.assign(group=who % 5, one=(who == 3) * 1), small_choices.study)
    fits = dce.fit_by(choices, ["group", "one"])
    rates = dce.rates_by(fits, "wait", method="fieller")
    assert list(rates.rates) == ["All", *(f"group = {k}" for k in range(5)), "one = 0"]
    labels = {tuple(of.frame["label"]) for of in rates.rates.values()}
    assert len(labels) == 1
    for group, fit in fits.fits.items():
        alone = dce.marginal_rates(fit, "wait", method="fieller", directions_of=fits.everybody).frame
        pd.testing.assert_frame_equal(rates[group].frame, alone)
    assert len(rates.frame) == 4 * 7
    assert rates.frame["effect"].iloc[:7].eq("constant[B]").all()
    with pytest.raises(dce.EstimationError, match=r"one = 1: .*two respondents"):
        rates["one = 1"]
    assert "Not estimated: one = 1" in str(rates)
    assert "<table>" in rates._repr_html_()


def test_an_unknown_reference_is_refused(small_choices):
    frame = small_choices.frame.assign(group=small_choices.frame["respondent"] % 2)
    with pytest.raises(dce.EstimationError, match="'cost' is not a coefficient"):
        dce.rates_by(dce.fit_by(dce.Choices(frame, small_choices.study), "group"), "cost")
