"""What is impossible, by name, and what is only hard."""

import dataclasses
import re

import numpy as np
import pytest

import dce
from dce.design import counting, possibility
from dce.design.balance import level_bounds
from dce.design.levels import level_coding
from dce.design.possibility import find_conflict, refuse_impossible, why_none
from dce.design.task_rules import task_rules

LEVELS = list("uvwx")


def study_of(*sizes, alternatives=2, opt_out=False, **changes):
    """A study of attributes a, b, c, d with levels u, v, w, x."""
    attributes = [dce.Attribute("abcdefg"[a], LEVELS[:n]) for a, n in enumerate(sizes)]
    parts = {"opt_out": dce.Alternative("none", constant=True) if opt_out else None} | changes
    return dce.Study("T", attributes, [dce.Alternative("ABC"[j]) for j in range(alternatives)], **parts)


def conflict(
    study,
    tasks,
    level_balance=False,
    dominated=True,
    overlap=None,
    repeated=False,
    most_tasks=possibility.MOST_TASKS,
):
    coding = level_coding(study)
    rules = task_rules(coding, dominated, overlap, repeated)
    bounds = level_bounds(study, rules.services, tasks, level_balance)
    return find_conflict(coding, rules, bounds, most_tasks)


def refused(study, **options):
    with pytest.raises(dce.DesignError) as caught:
        dce.make_design(study, **options, starts=1, rounds=1, workers=1)
    return str(caught.value)


NO_SERVICE = [f'a == "{a}" or b == "{b}"' for a in "uv" for b in "uv"]
IMPOSSIBLE = {
    "no service": (
        study_of(2, 2, restrictions=NO_SERVICE),
        {"tasks": 3},
        """impossible: restriction 'a == "u" or b == "u"', restriction 'a == "u" or b == "v"',
        restriction 'a == "v" or b == "u"' and restriction 'a == "v" or b == "v"' together allow no
        service for 'A'.""",
    ),
    "two services are not three": (
        study_of(2, alternatives=3),
        {"tasks": 2},
        "impossible: the levels of the attributes allow no task of different services.",
    ),
    "one attribute and no dominance": (
        study_of(3, priors={"a[v]": 0.5, "a[w]": 1}),
        {"tasks": 3, "dominated": False},
        "impossible: dominated=False allows no task of different services.",
    ),
    "nothing overlaps of two levels among three": (
        study_of(2, 2, alternatives=3, labelled=True),
        {"tasks": 3, "overlap": (2, 2)},
        """impossible: overlap of at least 2 allows no design of 3 tasks that identifies the utility:
        'a[v]', 'b[v]' never differs between the alternatives of a task.""",
    ),
    "too few tasks": (
        study_of(2, 2),
        {"tasks": 7},
        """impossible: repeated=False allows only 6 different tasks (mirrored ones are the same task);
        7 are asked for.""",
    ),
    "too few labelled tasks": (
        study_of(2, labelled=True),
        {"tasks": 5},
        "impossible: repeated=False allows only 4 different tasks; 5 are asked for.",
    ),
    "too few tasks without dominance": (
        study_of(2, 2, priors={"a[v]": 0.5, "b[v]": 0.2}),
        {"tasks": 2, "dominated": False},
        """impossible: repeated=False and dominated=False together allow only 1 different task
        (mirrored ones are the same task); 2 are asked for.""",
    ),
    "a level that cannot be balanced": (
        study_of(2, 2, 3, restrictions=['a == "u" or c == "w"', 'b == "u" or c != "v"']),
        {"tasks": 12, "level_balance": True},
        """impossible: level_balance of 'a', level_balance of 'c' and restriction 'a == "u" or c ==
        "w"' together allow no design of 12 tasks.""",
    ),
    "a level that no service shows": (
        study_of(2, 2, 3, restrictions=['b == "u" or c == "w"', 'b == "v" or c == "w"']),
        {"tasks": 9, "level_balance": {"a": False, "b": False, "c": {"u": (2, 9)}}},
        """impossible: level_balance of 'c', restriction 'b == "u" or c == "w"' and restriction 'b ==
        "v" or c == "w"' together allow no design of 9 tasks: c can never be 'u' for 'A', but is
        asked for 2 times.""",
    ),
    "attributes that balance ties": (
        study_of(2, 2, 3, restrictions=['not (a == "u" and b == "u")']),
        {"tasks": 6, "level_balance": True},
        """impossible: level_balance of 'a', level_balance of 'b' and restriction 'not (a == "u" and b
        == "u")' together allow no design of 6 tasks that identifies the utility: the tasks cannot
        tell apart 'a[v]', 'b[v]'; leave out 1 of them. Differences within tasks: b[v] = -a[v].""",
    ),
    "attributes that restrictions tie": (
        study_of(2, 2, 2, restrictions=['not (a == "u" and b == "v")', 'a == "u" or b == "v"']),
        {"tasks": 4},
        """impossible: restriction 'not (a == "u" and b == "v")' and restriction 'a == "u" or b == "v"'
        together allow no design of 4 tasks that identifies the utility: the tasks cannot tell apart
        'a[v]', 'b[v]'; leave out 1 of them. Differences within tasks: b[v] = a[v].""",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_what_is_impossible_is_named(name):
    study, options, message = IMPOSSIBLE[name]
    options = {"level_balance": False} | options
    assert refused(study, **options) == " ".join(message.split())


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_each_rule_that_is_named_is_needed(name):
    """The named rules alone are impossible; without any one of them they are not, or for another reason."""
    study, options, _ = IMPOSSIBLE[name]
    options = {"level_balance": False} | options
    found = conflict(study, **options)
    again = conflict(*without(study, options, found.demands))
    assert [demand.name for demand in again.demands] == [demand.name for demand in found.demands]
    assert again.lack == found.lack
    for demand in found.demands:
        left = conflict(*without(study, options, [other for other in found.demands if other is not demand]))
        assert left is None or left.lack.kind != found.lack.kind


def without(study, options, demands):
    """Return the arguments of a conflict of those demands only, in the order of its parameters."""
    kept = {kind: [d.number for d in demands if d.kind == kind] for kind in ("restriction", "balance")}
    kinds = {demand.kind for demand in demands}
    rules = [study.restrictions[k] for k in kept["restriction"]]
    balance = options["level_balance"]
    balance = {
        name: (balance.get(name, True) if isinstance(balance, dict) else balance)
        if a in kept["balance"]
        else False
        for a, name in enumerate(study.attribute_names)
    }
    fewer = dataclasses.replace(study, restrictions=rules)
    overlap = options.get("overlap") if {"least", "most"} & kinds else None
    return fewer, options["tasks"], balance, "dominated" not in kinds, overlap, "repeated" not in kinds


def test_what_is_possible_is_not_called_impossible():
    assert conflict(study_of(2, 2), 6, True) is None
    assert conflict(study_of(2, 2), 12, True, repeated=True) is None
    assert conflict(study_of(2, 3, restrictions=['not (a == "u" and b == "u")']), 6, {"a": False}) is None
    assert conflict(study_of(3, 3, alternatives=3), 9, True, overlap=(0, 0)) is None
    assert conflict(study_of(4, 4, 4), 16, True, overlap=(0, 0)) is None


def test_halves_of_tasks_make_no_design():
    """An odd number of v in each service: no two of them differ in every attribute, but halves do."""
    odd = [("u", "u", "u"), ("u", "v", "v"), ("v", "u", "v"), ("v", "v", "u")]
    rules = [f"not (a == {a!r} and b == {b!r} and c == {c!r})" for a, b, c in odd]
    study = study_of(2, 2, 2, labelled=True, restrictions=rules)
    coding = level_coding(study)
    bounds = level_bounds(study, task_rules(coding).services, 2, True)
    assert find_conflict(coding, task_rules(coding), bounds, 0, whole=False) is None
    found = find_conflict(coding, task_rules(coding), bounds, 0)
    assert {demand.kind for demand in found.demands} == {"balance", "restriction"}
    assert len(found.demands) == 7
    assert found.lack.left == "no design of 2 tasks"


def counted(study, tasks, level_balance, keys=True):
    coding = level_coding(study)
    rules = task_rules(coding)
    bounds = level_bounds(study, rules.services, tasks, level_balance)
    every = np.stack(np.meshgrid(*map(np.arange, rules.services.counts), indexing="ij"), axis=-1)
    p = every.reshape(-1, len(rules.services.counts))
    p = p[rules.broken(p) == 0]
    columns = [
        counting.Column(j, a, bounds.least[j, a, :n], bounds.most[j, a, :n])
        for j, a in rules.services.columns
        if not bounds.is_free(j, a, n := int(rules.services.sizes[j, a]))
    ]
    return counting.Counting(rules.services, p, tasks, columns, rules.keys(p) if keys else None)


@pytest.mark.parametrize("tasks", [2, 3, 4, 6, 8, 12])
@pytest.mark.parametrize("restricted", [False, True])
def test_many_tasks_are_counted_as_few_are(tasks, restricted, monkeypatch):
    """Column generation, for many tasks, says what the programme over all of them says."""
    rules = ['not (a == "u" and c == "u")', 'not (a == "v" and c == "v")'] * restricted
    balances = [True, {"c": {"u": (0, tasks // 3)}}, {"a": (tasks // 2, tasks), "b": False, "c": False}]
    if tasks >= 4:
        balances.append({"c": {"u": (tasks // 2 + 1, tasks)}, "b": False})
    for balance in balances:
        of = counted(study_of(2, 2, 3, restrictions=rules), tasks, balance, keys=False)
        fractions = of.is_impossible(whole=False)
        with monkeypatch.context() as patch:
            patch.setattr(counting, "MOST_WHOLE", 0)
            patch.setattr(counting, "FIRST", 5)
            patch.setattr(counting, "ADDED", 3)
            assert of.is_impossible() == fractions
        assert of.is_impossible() >= fractions
        assert (of.solution(np.random.default_rng(0)) is None) == of.is_impossible()
    assert fractions == (restricted and tasks >= 4)


def test_a_solution_is_counted_as_asked():
    of = counted(study_of(2, 3, 2), 6, {"a": True, "b": {"v": (1, 1)}, "c": False})
    chosen = of.solution(np.random.default_rng(0))
    p = of.p[chosen]
    assert len(p) == 6
    assert len(np.unique(of.keys[chosen])) == 6
    for column in of.columns:
        shown = of.services.level(column.alternative, column.attribute, p[:, column.alternative])
        counts = np.bincount(shown, minlength=len(column.least))
        assert (column.least <= counts).all()
        assert (counts <= column.most).all()


def test_usable_tasks_are_those_of_some_design():
    """u of a and u of b exclude one another, and both are due in half of the tasks."""
    study = study_of(2, 2, restrictions=['not (a == "u" and b == "u")'])
    of = counted(study, 2, True, keys=False)
    L = of.services.unpack(of.p)
    expected = (L[..., 0] != L[..., 1]).all(axis=1)
    np.testing.assert_array_equal(of.usable(), expected)
    assert counted(study, 2, False).usable().all()


def test_services_alone_prove_it_where_tasks_are_too_many():
    study = study_of(2, 2, 3, 4, 4, 4, restrictions=['a == "u" or c == "w"'])
    found = str(conflict(study, 12, True, most_tasks=0))
    expected = """impossible: level_balance of 'a', level_balance of 'c' and restriction 'a == "u" or c ==
        "w"' together allow no design of 12 tasks."""
    assert found == " ".join(expected.split())
    assert conflict(study, 12, {"a": False}, most_tasks=0) is None


def test_impossible_is_refused_before_the_search(monkeypatch):
    monkeypatch.setattr("dce.design.make.search", lambda *_, **__: pytest.fail("searched"))
    assert refused(study_of(2, 2), tasks=7, level_balance=False).startswith("impossible: ")


def test_hard_says_what_is_known_and_how_near_it_came():
    study = study_of(3, 3, 3)
    coding = level_coding(study)
    rules = task_rules(coding, overlap=(1, 1))
    p = np.tile(rules.services.pack(np.array([[[0, 0, 0], [1, 1, 1]]])), (9, 1))
    said = why_none(coding, rules, level_bounds(study, rules.services, 9, True), p)
    assert said == (
        "hard: no design of 9 tasks was found that keeps the rules and identifies the utility. Designs that "
        "keep the rules exist. The nearest breaks overlap of 1 to 1 attributes (9 times), repeated tasks (8 "
        "times). What may help: level_balance=False (--free-levels), another number of tasks, another seed, "
        "more starts, rounds or seconds, fewer rules."
    )
    free = why_none(coding, rules, level_bounds(study, rules.services, 9, False), p[:1])
    assert "What may help: another number of tasks" in free


def test_hard_says_how_rare_tasks_are_where_they_are_too_many(monkeypatch):
    monkeypatch.setattr(possibility, "MOST_TASKS", 0)
    study = study_of(2, 2)
    coding = level_coding(study)
    rules = task_rules(coding, overlap=(1, 1))
    said = why_none(coding, rules, level_bounds(study, rules.services, 2, False), np.zeros((2, 2), dtype=int))
    share = float(re.search(r"of 100,000 random tasks ([\d.]+)% keep the rules", said)[1])
    assert share == pytest.approx(50, abs=1)  # 8 of 16; the standard error is 0.16
    assert "Whether one exists is not known" in said


def test_a_utility_that_no_task_identifies_is_refused_at_once():
    attributes = [dce.Attribute("wait", [1, 2, 4])]
    alternatives = [dce.Alternative("A"), dce.Alternative("B")]
    study = dce.Study("T", attributes, alternatives, utility="wait + I(2 * wait)")
    coding = level_coding(study)
    rules = task_rules(coding)
    with pytest.raises(dce.DesignError, match=r"cannot tell apart 'wait', 'I\(2 \* wait\)'; leave out 1"):
        refuse_impossible(coding, rules, level_bounds(study, rules.services, 3, False))
