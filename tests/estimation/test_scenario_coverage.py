"""Coverage: in simulated studies, 95% intervals hold the truth 95 times out of 100.

Once with 400 studies of 100 respondents (standard error 1.1 points): probability 93.8%, difference
94.5%, threshold 93.5%, elasticity 94.0%, compensating variation 93.8%, difference between groups of 50
respondents 96.8%.
"""

import numpy as np
import pytest

import dce

NEAR = {"wait": 4, "parking": "no", "mode": "group"}
FAR = {"wait": 8, "parking": "yes", "mode": "face"}
BASE = {"one": NEAR, "two": FAR, "three": {"wait": 2, "parking": "no", "mode": "phone"}}
SOONER = {**BASE, "two": {**FAR, "wait": 2}}
PAIR = {"one": NEAR, "two": FAR}
STUDIES = 100


def truth(study):
    b = {name: prior.mean for name, prior in study.priors.items()}
    u = np.array([
        4 * b["wait"] + b["mode[group]"],
        8 * b["wait"] + b["parking[yes]"],
        2 * b["wait"] + b["mode[phone]"],
    ])  # fmt: skip
    v = np.array([u[0], 2 * b["wait"] + b["parking[yes]"], u[2]])
    P, after = (np.exp(x) / np.exp(x).sum() for x in (u, v))
    half = 8 + (b["parking[yes]"] - b["mode[group]"]) / b["wait"]
    gain = (np.log(np.exp(v).sum()) - np.log(np.exp(u).sum())) / -b["wait"]
    return {
        "probability": P[1],
        "difference": after[1] - P[1],
        "threshold": half,
        "elasticity": b["wait"] * 8 * (1 - P[1]),
        "compensating variation": gain,
        "groups": 0.0,
    }


def intervals(choices):
    """Low and high of every quantity in one study."""
    fit = dce.fit_mnl(choices)
    half = choices.frame["respondent"] % 2
    groups = dce.fit_by(dce.Choices(choices.frame.assign(half=half), choices.study), "half")
    rows = {
        "probability": dce.scenarios(fit, {"x": BASE}).frame.iloc[1],
        "difference": dce.scenario_changes(fit, BASE, {"two": {"wait": 2}}).frame.iloc[0],
        "threshold": dce.threshold(fit, PAIR, "one", "wait", within=(-20, 20)).frame.iloc[0],
        "elasticity": dce.elasticities(fit, "wait", BASE).frame.iloc[4],
        "compensating variation": dce.compensating_variation(fit, BASE, SOONER, "wait").frame.iloc[1],
        "groups": dce.scenario_differences(groups, {"x": PAIR}).frame.iloc[0],
    }
    return {name: (row["low"], row["high"]) for name, row in rows.items()}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::dce.RangeWarning")
def test_intervals_cover_the_truth(small, small_design):
    expected = truth(small)
    hits = dict.fromkeys(expected, 0)
    for seed in range(STUDIES):
        found = intervals(dce.simulate_choices(small_design, respondents=100, seed=seed))
        for name, (low, high) in found.items():
            hits[name] += low <= expected[name] <= high
    # 100 studies leave a standard error of 2.2 points; three of them, and one for 100 respondents.
    share = {name: count / STUDIES for name, count in hits.items()}
    assert all(value >= 0.87 for value in share.values()), share
