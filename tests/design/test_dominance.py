"""Dominated alternatives, by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import dce
from dce.design.diagnostics import dominated
from dce.design.dominance import preferred
from dce.design.report_tables import dominance_line, task_table

PRIORS = {"wait": -0.5, "parking[yes]": 0.3, "mode[b]": 0.0, "mode[c]": 0.4}
ATTRIBUTES = [
    dce.Attribute("wait", [2, 4, 8]),
    dce.Attribute("parking", ["no", "yes"]),
    dce.Attribute("mode", ["a", "b", "c"]),
]
TASKS = [
    ((2, "yes", "a"), (4, "no", "a")),  # A is better in both that differ
    ((2, "yes", "a"), (4, "no", "b")),  # but nobody knows of a against b
    ((8, "no", "a"), (8, "no", "c")),  # B
    ((2, "no", "a"), (4, "yes", "a")),  # a trade-off
    ((4, "yes", "c"), (4, "yes", "b")),  # A
    ((4, "yes", "b"), (4, "yes", "a")),  # a known tie
]


def design_of(tasks, alternatives=("A", "B"), **changes):
    rows = [
        {"task": s, "alternative": name, **dict(zip(("wait", "parking", "mode"), levels, strict=True))}
        for s, task in enumerate(tasks, 1)
        for name, levels in zip(alternatives, task, strict=True)
    ]
    parts = {"alternatives": [dce.Alternative(name) for name in alternatives], "priors": PRIORS} | changes
    frame = pd.DataFrame(rows)
    if "opt_out" in parts:
        none = pd.DataFrame({"task": range(1, len(tasks) + 1), "alternative": "none"})
        frame = pd.concat([frame, none])
    return dce.evaluate_design(dce.Study("T", ATTRIBUTES, **parts), frame)


def test_directions_are_those_of_the_part_worths():
    design = design_of(TASKS)
    wait, parking, mode = preferred(design.coding, design.study.prior_means.to_numpy())
    assert wait.tolist() == [[False, True, True], [False, False, True], [False, False, False]]
    assert parking.tolist() == [[False, False], [True, False]]
    assert mode.tolist() == [[False, False, False], [False, False, False], [True, True, False]]


def test_dominated_tasks_by_hand():
    design = design_of(TASKS)
    assert dominated(design) == [(0, 0, 1), (2, 1, 0), (4, 0, 1)]
    assert dominance_line(design) == "Dominated alternatives, by the prior means: in 3 of 6 tasks"
    assert task_table(design).to_frame()["dominated"].tolist() == ["1 > 2", "", "2 > 1", "", "1 > 2", ""]


def test_constants_and_the_opt_out_do_not_matter():
    services = [dce.Alternative("A"), dce.Alternative("B", constant=True)]
    opt_out = dce.Alternative("none", constant=True)
    design = design_of(
        TASKS,
        alternatives=("A", "B"),
        opt_out=opt_out,
        priors={"constant[none]": 9, **PRIORS},
    )
    assert dominated(design) == [(0, 0, 1), (2, 1, 0), (4, 0, 1)]
    study = dce.Study("T", ATTRIBUTES, services, priors={"constant[B]": 5, **PRIORS})
    design = dce.evaluate_design(study, design_of(TASKS).frame)
    assert dominated(design) == [(0, 0, 1), (2, 1, 0), (4, 0, 1)]


def test_three_services_are_compared_in_pairs():
    tasks = [
        ((2, "no", "a"), (4, "no", "a"), (8, "no", "a")),
        *(((2, "no", "a"), (4, "yes", "a"), (8, "no", "c")),) * 3,
    ]
    tasks += [((4, "yes", "b"), (2, "no", "c"), (8, "yes", "a"))]
    design = design_of(tasks, ("A", "B", "C"))
    assert dominated(design) == [(0, 0, 1), (0, 0, 2), (0, 1, 2)]
    assert task_table(design).to_frame()["dominated"].iloc[0] == "1 > 2, 1 > 3, 2 > 3"


def test_a_level_whose_worth_turns_with_another_has_no_direction():
    """Parking is worth 0.3 with a, and -0.2 with c."""
    priors = {**PRIORS, "parking[yes]:mode[b]": 0.0, "parking[yes]:mode[c]": -0.5}
    rng = np.random.default_rng(1)
    tasks = [
        tuple((rng.choice([2, 4, 8]), rng.choice(["no", "yes"]), rng.choice(["a", "b", "c"])) for _ in "AB")
        for _ in range(20)
    ]
    design = design_of(tasks, utility="wait + parking * mode", priors=priors)
    wait, parking, _ = preferred(design.coding, design.study.prior_means.to_numpy())
    assert wait[0, 1]
    assert not parking.any()
    milder = {**priors, "parking[yes]:mode[c]": -0.2}
    design = design_of(tasks, utility="wait + parking * mode", priors=milder)
    assert preferred(design.coding, design.study.prior_means.to_numpy())[1].tolist() == [
        [False, False],
        [True, False],
    ]


def test_what_the_utility_leaves_out_has_no_direction():
    priors = {name: PRIORS[name] for name in ("wait", "parking[yes]")}
    design = design_of(TASKS, utility="wait + parking", priors=priors)
    assert dominated(design) == [(0, 0, 1)]


def test_labelled_studies_and_zero_priors_are_not_asked(request):
    design = design_of(TASKS, labelled=True)
    assert dominated(design) == []
    assert "not asked" in dominance_line(design)
    design = design_of(TASKS, priors={})
    assert dominated(design) == []
    assert "not known" in dominance_line(design)


def test_what_the_study_says_is_better_comes_before_the_priors():
    design = design_of(TASKS)
    attributes = [*ATTRIBUTES[:2], dce.Attribute("mode", ["a", "b", "c"], better="first")]
    study = replace(design.study, attributes=attributes)
    told = dce.evaluate_design(study, design.frame)
    # a before b before c: the second and the last task are now told, the third and the fifth turned
    assert dominated(told) == [(0, 0, 1), (1, 0, 1), (2, 0, 1), (4, 1, 0), (5, 1, 0)]
    assert "by what the study says is better, and the prior means: in 5 of 6" in dominance_line(told)


@pytest.mark.parametrize("name", ["physiotherapy", "peer-support"])
def test_the_shipped_designs_show_trade_offs(name, request):
    design = dce.Design.read(request.config.rootpath / "designs" / name)
    beta = design.study.prior_means
    expected = 0
    for task in design.X[:, :2]:  # without the opt-out, and with a utility of main effects
        parts = {}
        for k, part in enumerate(design.study.coding.parts):
            key = next(iter(part))
            if key != "constants":
                parts[key] = parts.get(key, 0) + beta.iloc[k] * (task[0, k] - task[1, k])
        worths = np.array([w for w in parts.values() if w])
        expected += (worths > 0).all() or (worths < 0).all()
    assert len({task for task, _, _ in dominated(design)}) == expected
