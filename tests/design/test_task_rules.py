"""Every design keeps every rule, by plain code that shares nothing with the search."""

import re
from collections import Counter
from itertools import combinations, permutations, product
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dce
from dce.design import rounds
from dce.design.levels import level_coding
from dce.design.task_rules import better_levels, task_rules

A, B, C = (dce.Alternative(name) for name in "ABC")
OPT_OUT = dce.Alternative("none", constant=True)
MOST_STATES = 100_000
"""Counts of levels up to which an exhaustive search for a design goes on."""
MOST_DESIGNS = 20_000
"""Designs up to which each is looked at."""


class Plain:
    """The rules of a study, said again in plain words: levels as they stand on the card."""

    def __init__(self, study, tasks, level_balance=False, dominated=True, overlap=None, repeated=False):
        self.study, self.tasks = study, tasks
        self.options = {
            "tasks": tasks,
            "blocks": 1,
            "level_balance": level_balance,
            "dominated": dominated,
            "overlap": overlap,
            "repeated": repeated,
        }
        self.level_balance, self.dominated = level_balance, dominated
        self.overlap, self.repeated = overlap, repeated
        self.names = [alternative.name for alternative in study.alternatives]
        self.of = {
            name: [a for a in study.attributes if not a.alternatives or name in a.alternatives]
            for name in self.names
        }

    def services(self, name):
        """Return all services of an alternative that keep the restrictions."""
        own = self.of[name]
        every = (dict(zip([a.name for a in own], s, strict=True)) for s in product(*(a.levels for a in own)))
        return [service for service in every if self.is_allowed(service)]

    def is_allowed(self, service):
        for text in self.study.restrictions:
            speaks_of = [a.name for a in self.study.attributes if re.search(rf"\b{a.name}\b", text)]
            if set(speaks_of) <= set(service) and not eval(text, {}, service):
                return False
        return True

    def keeps(self, task):
        """Whether the services of a task, dictionaries in the order of the card, may stand together."""
        if not all(map(self.is_allowed, task)):
            return False
        if not self.study.labelled:
            if any(one == other for one, other in combinations(task, 2)):
                return False
            if not self.dominated and any(self.beats(one, other) for one, other in permutations(task, 2)):
                return False
        if self.overlap:
            same = 0
            for attribute in self.study.attributes:
                shown = [service[attribute.name] for service in task if attribute.name in service]
                same += len(shown) > 1 and len(set(shown)) == 1
            if not self.overlap[0] <= same <= self.overlap[1]:
                return False
        return True

    def beats(self, one, other):
        if set(one) != set(other):
            return False
        differ = [name for name in one if one[name] != other[name]]
        return bool(differ) and all(self.worth(name, one) > self.worth(name, other) for name in differ)

    def worth(self, name, service):
        attribute = self.study.attribute(name)
        position = attribute.levels.index(service[name])
        if attribute.better:
            return position if attribute.better == "last" else -position
        if attribute.is_numeric:
            return float(np.round(self.study.prior_means[name] * service[name], 9))
        return 0.0 if position == 0 else self.study.prior_means[f"{name}[{service[name]}]"]

    def key(self, task):
        rows = [tuple(sorted(service.items())) for service in task]
        return tuple(rows if self.study.labelled else sorted(rows, key=repr))

    def bounds(self, attribute):
        """Return least and most tasks of every level."""
        wanted = self.level_balance
        wanted = wanted.get(attribute.name, True) if isinstance(wanted, dict) else wanted
        n = len(attribute.levels)
        if wanted is True:
            return dict.fromkeys(attribute.levels, (self.tasks // n, -(-self.tasks // n)))
        if wanted is False:
            return dict.fromkeys(attribute.levels, (0, self.tasks))
        if isinstance(wanted, dict):
            return {level: wanted.get(level, (0, self.tasks)) for level in attribute.levels}
        return dict.fromkeys(attribute.levels, wanted)

    def is_balanced(self, tasks):
        for place, name in enumerate(self.names):
            for attribute in self.of[name]:
                counts = Counter(task[place][attribute.name] for task in tasks)
                for level, (least, most) in self.bounds(attribute).items():
                    if not least <= counts[level] <= most:
                        return False
        return True

    def tasks_of(self, design):
        return [
            [
                {a.name: row[a.name] for a in self.of[name]}
                for name, row in zip(self.names, rows.to_dict("records"), strict=False)
            ]
            for _, rows in design.frame.groupby("task")
        ]

    def check(self, design):
        tasks = self.tasks_of(design)
        assert len(tasks) == self.tasks
        assert all(map(self.keeps, tasks))
        assert self.repeated or len(set(map(self.key, tasks))) == self.tasks
        assert self.is_balanced(tasks)
        sizes = design.frame.groupby("block")["task"].nunique()
        assert np.ptp(sizes) <= 1

    def possible(self):
        """Return all tasks that keep the rules, those that a design may have one of together."""
        groups = {}
        for task in product(*map(self.services, self.names)):
            if self.keeps(task):
                groups.setdefault(self.key(task), []).append(task)
        return list(groups.values())

    def is_impossible(self):
        """Whether no design of so many tasks keeps the rules, by trying all; None if they are too many."""
        groups = self.possible()
        if self.repeated:
            groups = [[task] for group in groups for task in group for _ in range(self.tasks)]
        cells = [
            (place, a.name, level, *bounds)
            for place, name in enumerate(self.names)
            for a in self.of[name]
            for level, bounds in self.bounds(a).items()
            if bounds != (0, self.tasks)
        ]
        least, most = (np.array([cell[k] for cell in cells]) for k in (3, 4))
        reached = np.zeros((1, len(cells) + 1), dtype=int)  # tasks, then counts
        for k, group in enumerate(groups):
            shows = [[1, *(task[place][name] == level for place, name, level, *_ in cells)] for task in group]
            reached = np.unique(
                np.concatenate([reached, *(reached + np.array(row) for row in shows)]), axis=0
            )
            tasks, counts = reached[:, 0], reached[:, 1:]
            left = np.minimum(self.tasks - tasks, len(groups) - k - 1)[:, None]
            fine = (tasks <= self.tasks) & (tasks + left[:, 0] >= self.tasks)
            reached = reached[fine & (counts <= most).all(axis=1) & (counts + left >= least).all(axis=1)]
            if len(reached) > MOST_STATES:
                return None
        return not (groups and (reached[:, 0] == self.tasks).any())

    def is_identified(self):
        """Whether a design that keeps the rules identifies the utility; None if there are too many."""
        groups = self.possible()
        orders = max(map(len, groups), default=1)
        if self.repeated or comb(len(groups), self.tasks) * orders**self.tasks > MOST_DESIGNS:
            return None
        known = [[(task, self.information(task)) for task in group] for group in groups]
        for chosen in combinations(known, self.tasks):
            for design in product(*chosen):
                if self.is_balanced([task for task, _ in design]):
                    M = sum(information for _, information in design)
                    if np.linalg.matrix_rank(M, hermitian=True) == len(M):
                        return True
        return False

    def information(self, task):
        names = [*self.names, *([self.study.opt_out.name] if self.study.opt_out else [])]
        rows = [dict.fromkeys(self.study.attribute_names) | {"alternative": name} for name in names]
        rows = [row | service for row, service in zip(rows, [*task, {}], strict=False)]
        x = self.study.coding.matrix(self.study.typed(pd.DataFrame(rows)))
        x = x - x.mean(axis=0)
        return x.T @ x


def bounds_for(draw, tasks, levels):
    """Draw bounds that some counts keep."""
    n = len(levels)
    least = draw(st.integers(0, tasks // n))
    most = draw(st.integers(-(-tasks // n), tasks))
    return least, most


@st.composite
def wanted(draw):
    """A small study with rules of every kind."""
    number = draw(st.integers(2, 3))
    labelled = draw(st.booleans())
    tasks = draw(st.integers(3, 9))
    attributes = []
    for name in "abcd"[: draw(st.integers(1, 4 if number == 2 else 3))]:
        levels = draw(st.sampled_from([["u", "v"], ["u", "v", "w"], [1, 3], [1, 2, 4]]))
        own = draw(st.sampled_from([(), (), (), ("A",)])) if attributes and labelled else ()
        better = draw(st.sampled_from([None, "first", "last"]))
        attributes.append(dce.Attribute(name, levels, alternatives=own, better=better))
    parts = {
        "title": "Small",
        "attributes": attributes,
        "alternatives": [dce.Alternative("ABC"[j], constant=labelled and j > 0) for j in range(number)],
        "labelled": labelled,
        "opt_out": OPT_OUT if draw(st.booleans()) else None,
    }
    K = dce.Study(**parts).coefficients
    priors = [draw(st.sampled_from([-0.5, -0.1, 0, 0.2, 0.8])) for _ in K]
    restrictions = []
    shared = [a for a in attributes if not a.alternatives]
    for one, other in combinations(attributes[:3], 2):
        if draw(st.integers(0, 2)) == 0:
            first, second = draw(st.sampled_from(one.levels)), draw(st.sampled_from(other.levels))
            restrictions.append(f"not ({one.name} == {first!r} and {other.name} == {second!r})")
    balance = draw(st.sampled_from([True, False, "by attribute"]))
    if balance == "by attribute":
        balance = {}
        for attribute in attributes:
            kind = draw(st.sampled_from(["balanced", "free", "bounds", "by level"]))
            if kind == "free":
                balance[attribute.name] = False
            elif kind == "bounds":
                balance[attribute.name] = bounds_for(draw, tasks, attribute.levels)
            elif kind == "by level":
                level = draw(st.sampled_from(attribute.levels))
                balance[attribute.name] = {level: bounds_for(draw, tasks, attribute.levels)}
    overlap = None
    if draw(st.booleans()):
        least = draw(st.integers(0, len(shared)))
        overlap = (least, draw(st.integers(least, len(shared))))
    study = dce.Study(**parts, priors=dict(zip(K, priors, strict=True)), restrictions=restrictions)
    directed = any(table.any() for table in better_levels(level_coding(study)))
    dominated = labelled or not directed or draw(st.booleans())
    return Plain(
        study, tasks, balance, dominated, overlap, draw(st.sampled_from([False, False, False, True]))
    )


@pytest.fixture(scope="module", autouse=True)
def little_effort():
    """A search of little effort, for quick tests of what it keeps."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"BUDGET": 1e6, "FEWEST_SWEEPS": 15, "MOST_SWEEPS": 30, "MOST_CHAINS": 8}.items():
            patch.setattr(rounds, name, value)
        yield


def check_made(plain):
    """Make a design and check its rules, or check that there is none if that is what is said."""
    refused = ""
    try:
        design = dce.make_design(plain.study, **plain.options, starts=1, rounds=1, workers=1)
    except dce.DesignError as error:
        refused = str(error)
    if not refused:
        plain.check(design)
    elif refused.startswith("tasks: "):
        assert plain.tasks * (len(plain.study.alternative_names) - 1) < len(plain.study.coefficients)
    elif refused.startswith("impossible: ") and "identifies the utility" in refused:
        assert plain.is_identified() in (False, None), refused
    elif refused.startswith("impossible: "):
        assert plain.is_impossible() in (True, None), refused
    else:
        assert refused.startswith("hard: ")
        if "Designs that keep the rules exist" in refused:
            assert plain.is_impossible() in (False, None), refused


@settings(max_examples=15, deadline=None, derandomize=True)
@given(wanted())
def test_a_design_keeps_every_rule_or_there_is_none(plain):
    check_made(plain)


@pytest.mark.slow
@settings(max_examples=250, deadline=None, derandomize=True)
@given(wanted())
def test_many_designs_keep_every_rule_or_there_is_none(plain):
    check_made(plain)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(wanted(), st.integers(0, 1000))
def test_rules_are_the_plain_ones(plain, seed):
    """Of random tasks: what is broken, and which are the same."""
    coding = level_coding(plain.study)
    rules = task_rules(coding, plain.dominated, plain.overlap, plain.repeated)
    rng = np.random.default_rng(seed)
    p = np.column_stack([rng.integers(n, size=30) for n in rules.services.counts])
    L = rules.services.unpack(p)
    np.testing.assert_array_equal(rules.services.pack(L), p)
    tasks = [
        [
            {a.name: a.levels[n] for a, n in zip(plain.study.attributes, row, strict=True) if n >= 0}
            for row in task[: len(plain.names)]
        ]
        for task in L
    ]
    np.testing.assert_array_equal(rules.broken(p) == 0, [plain.keeps(task) for task in tasks])
    keys = rules.keys(p)
    same = [[plain.key(one) == plain.key(other) for one in tasks] for other in tasks]
    np.testing.assert_array_equal(keys[:, None] == keys, same)
    repeats = 0 if plain.repeated else len(p) - len(set(map(plain.key, tasks)))
    assert rules.repeated(p) == repeats
    assert rules.broken_by_kind(p).get("repeated tasks", 0) == repeats


def two_attributes(**changes):
    attributes = [dce.Attribute("a", ["u", "v"]), dce.Attribute("b", ["x", "y", "z"])]
    return dce.Study("T", attributes, [A, B], **changes)


def broken(study, tasks, **options):
    rules = task_rules(level_coding(study), **options)
    return rules.broken_by_kind(rules.services.pack(np.array(tasks)))


def test_a_restriction_is_broken_by_a_service():
    study = two_attributes(restrictions=['not (a == "u" and b == "z")', 'b != "y" or a == "v"'])
    assert broken(study, [[[0, 0], [1, 0]], [[0, 2], [1, 0]], [[0, 1], [0, 2]]]) == {
        'restriction \'not (a == "u" and b == "z")\'': 2,
        'restriction \'b != "y" or a == "v"\'': 1,
    }


def test_a_restriction_on_what_an_alternative_lacks_holds():
    attributes = [dce.Attribute("a", ["u", "v"]), dce.Attribute("b", ["x", "y"], alternatives=["B"])]
    study = dce.Study("T", attributes, [A, B], labelled=True, restrictions=['not (a == "u" and b == "x")'])
    assert broken(study, [[[0, -1], [1, 0]], [[0, -1], [0, 0]]]) == {
        'restriction \'not (a == "u" and b == "x")\'': 1
    }


def test_identical_services_and_repeated_tasks_are_broken():
    first, mirrored, other, same = [[0, 0], [1, 1]], [[1, 1], [0, 0]], [[0, 0], [1, 2]], [[1, 1], [1, 1]]
    identical, repeated = {"identical services": 1}, {"repeated tasks": 1}
    assert broken(two_attributes(), [first, other, same]) == identical
    assert broken(two_attributes(), [first, other, first]) == repeated
    assert broken(two_attributes(), [first, mirrored, other]) == repeated
    assert broken(two_attributes(), [first, mirrored, first], repeated=True) == {}
    # A labelled alternative is not its rival, so neither the same levels nor a mirror is the same.
    labelled = two_attributes(labelled=True)
    assert broken(labelled, [first, mirrored, same]) == {}
    assert broken(labelled, [first, other, first]) == repeated


def test_an_opt_out_is_never_the_same_as_a_service():
    study = two_attributes(opt_out=dce.Alternative("none"))
    none = [-1, -1]
    tasks = [[[0, 0], [1, 1], none], [[0, 1], [0, 2], none], [[1, 1], [0, 0], none]]
    assert broken(study, tasks) == {"repeated tasks": 1}


def test_services_with_other_attributes_are_not_the_same():
    """A has no b: its service 1 is (v), and B's is (u, y)."""
    attributes = [dce.Attribute("a", ["u", "v"]), dce.Attribute("b", ["x", "y"], alternatives=["B"])]
    study = dce.Study("T", attributes, [A, B])
    rules = task_rules(level_coding(study))
    assert rules.services.pack(np.array([[[1, -1], [0, 1]]])).tolist() == [[1, 1]]
    assert broken(study, [[[1, -1], [0, 1]]]) == {}
    assert broken(study, [[[0, -1], [0, 1]], [[1, -1], [0, 0]]]) == {}


def test_dominated_services_by_prior_and_by_what_the_study_says():
    attributes = [
        dce.Attribute("wait", [2, 4, 8]),
        dce.Attribute("mode", ["face", "phone"]),
        dce.Attribute("tea", ["no", "yes"]),
    ]
    priors = {"wait": -0.1, "mode[phone]": 0, "tea[yes]": -0.2}
    study = dce.Study("T", attributes, [A, B], priors=priors)
    better, worse, other = [[0, 0, 1], [1, 0, 1]], [[2, 1, 0], [1, 1, 0]], [[0, 0, 0], [1, 1, 0]]
    assert broken(study, [better, worse, other]) == {}
    assert broken(study, [better, worse, other], dominated=False) == {"dominated services": 2}
    attributes[0] = dce.Attribute("wait", [2, 4, 8], better="last")
    attributes[2] = dce.Attribute("tea", ["no", "yes"], better="last")
    said = dce.Study("T", attributes, [A, B], priors=priors)
    tables = better_levels(level_coding(said))
    np.testing.assert_array_equal(tables[0], [[False] * 3, [True, False, False], [True, True, False]])
    assert not tables[1].any()
    np.testing.assert_array_equal(tables[2], [[False, False], [True, False]])
    # 4 weeks with tea against 2 weeks without is now dominance, whichever stands first.
    assert broken(said, [[[1, 0, 1], [0, 0, 0]]], dominated=False) == {"dominated services": 1}
    assert broken(study, [[[1, 0, 1], [0, 0, 0]]], dominated=False) == {"dominated services": 1}
    assert broken(said, [[[1, 0, 0], [0, 0, 1]]], dominated=False) == {}


def test_overlap_counts_attributes_of_which_all_services_show_the_same_level():
    attributes = [dce.Attribute(name, ["u", "v"]) for name in "ab"]
    attributes.append(dce.Attribute("c", ["u", "v"], alternatives=["A", "B"]))
    study = dce.Study("T", attributes, [A, B, C], labelled=True)
    tasks = [[[0, 0, 0], [0, 1, 0], [0, 0, -1]], [[0, 0, 1], [1, 0, 0], [0, 1, -1]]]  # overlap of 2, and of 0
    for overlap, count in {(0, 2): 0, (0, 1): 1, (1, 2): 1, (1, 1): 2}.items():
        found = broken(study, tasks, overlap=overlap)
        assert found == ({f"overlap of {overlap[0]} to {overlap[1]} attributes": count} if count else {})


def test_keys_tell_tasks_apart_where_exact_numbers_would_overflow():
    attributes = [dce.Attribute(f"a{k}", list("uvwxy")) for k in range(20)]
    study = dce.Study("T", attributes, [A, B, C])
    rules = task_rules(level_coding(study))
    rng = np.random.default_rng(1)
    p = rng.integers(rules.services.counts[0], size=(500, 3))
    keys = rules.keys(p)
    assert len(np.unique(keys)) == 500
    np.testing.assert_array_equal(rules.keys(p[:, [2, 0, 1]]), keys)
