"""The search against every design there is, and the rules that each design keeps."""

import dataclasses
import re
from itertools import combinations, permutations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dce
from dce.design import search as search_module
from dce.design.levels import Feasibility, level_coding
from dce.design.search import SMALLEST_GAIN, Search, d_error, log_determinants

OPT_OUT = dce.Alternative("none", constant=True)


def words_study(sizes, beta, *, alternatives=2, opt_out=False, **changes):
    """A study of attributes with words as levels, no constants but that of an opt-out."""
    parts = {
        "title": "Words",
        "attributes": [dce.Attribute("abcd"[a], list("uvwx")[:n]) for a, n in enumerate(sizes)],
        "alternatives": [dce.Alternative("ABC"[j]) for j in range(alternatives)],
        "opt_out": OPT_OUT if opt_out else None,
    } | changes
    names = dce.Study(**parts).coefficients
    return dce.Study(**parts, priors=dict(zip(names, beta, strict=True)) if beta else {})


@dataclasses.dataclass(frozen=True)
class Tiny:
    """A study small enough to look at every design; its D-errors in a few plain lines."""

    sizes: tuple[int, ...]
    tasks: int
    balanced: bool
    beta: tuple[float, ...] = ()
    alternatives: int = 2
    opt_out: bool = False
    labelled: bool = False
    restricted: bool = False  # not both attributes at their second level

    def __str__(self):
        changed = [f.name for f in dataclasses.fields(self) if getattr(self, f.name) is True]
        return f"{'x'.join(map(str, self.sizes))} in {self.tasks} of {self.alternatives} {' '.join(changed)}"

    def study(self):
        return words_study(
            self.sizes,
            self.beta,
            alternatives=self.alternatives,
            opt_out=self.opt_out,
            labelled=self.labelled,
            restrictions=['not (a == "v" and b == "v")'] if self.restricted else [],
        )

    def make(self, **options):
        return dce.make_design(
            self.study(), tasks=self.tasks, blocks=1, level_balance=self.balanced, **options
        )

    def best(self):
        """The smallest D-error of all designs; infinite without one that identifies the utility."""
        groups = self._distinct_tasks()
        each = [(self._information(task), self._shown(task)) for group in groups for task in group]
        M, shown = (np.array(part) for part in zip(*each, strict=True))
        ends = np.cumsum([len(group) for group in groups])
        members = [range(end - len(group), end) for group, end in zip(groups, ends, strict=True)]
        best = np.inf
        for chosen in combinations(members, self.tasks):
            designs = np.array(list(product(*chosen)))
            if self.balanced:
                designs = designs[self._is_balanced(shown[designs].sum(axis=1))]
            totals = M[designs].sum(axis=1)
            regular = np.linalg.matrix_rank(totals, hermitian=True) == totals.shape[-1]
            if regular.any():
                best = min(best, np.linalg.det(totals[regular]).max() ** (-1 / totals.shape[-1]))
        return best

    def _distinct_tasks(self):
        """Groups of tasks of which a design may have one; the mirrored ones are one group."""
        services = [
            service
            for service in product(*map(range, self.sizes))
            if not (self.restricted and service[:2] == (1, 1))
        ]
        if self.labelled:
            return [[task] for task in product(services, repeat=self.alternatives)]
        return [list(permutations(task)) for task in combinations(services, self.alternatives)]

    def _information(self, task):
        dummies = [
            np.concatenate([np.eye(n)[v][1:] for n, v in zip(self.sizes, s, strict=True)]) for s in task
        ]
        x = np.array(dummies)
        if self.opt_out:
            x = np.block([[np.zeros((len(x), 1)), x], [np.ones((1, 1)), np.zeros((1, x.shape[1]))]])
        p = np.exp(x @ (self.beta or np.zeros(x.shape[1])))
        p /= p.sum()
        return x.T @ (np.diag(p) - np.outer(p, p)) @ x

    def _shown(self, task):
        return [[np.arange(4) == service[a] for a in range(len(self.sizes))] for service in task]

    def _is_balanced(self, counts):
        spans = [np.ptp(counts[:, :, a, :n], axis=-1) for a, n in enumerate(self.sizes)]
        return (np.max(spans, axis=0) <= 1).all(axis=-1)


@pytest.mark.parametrize(
    "tiny",
    [
        Tiny((2, 2), 3, balanced=False),
        Tiny((2, 2), 4, balanced=True),
        Tiny((2, 2), 3, balanced=False, beta=(0.6, -0.4)),
        Tiny((2, 2), 4, balanced=False, beta=(0.6, -0.4)),
        Tiny((2, 2), 4, balanced=True, beta=(0.6, -0.4)),
        Tiny((2, 2), 3, balanced=False, beta=(-0.3, 0.6, -0.4), opt_out=True),
        Tiny((2, 2), 4, balanced=True, beta=(-0.3, 0.6, -0.4), opt_out=True),
        Tiny((2, 3), 3, balanced=False, beta=(0.5, 0.3, -0.6), restricted=True),
        Tiny((2, 2), 2, balanced=True, beta=(0.7, 0.2), alternatives=3),
        Tiny((2, 2), 4, balanced=True, beta=(0.6, -0.4), labelled=True),
        Tiny((2, 3), 4, balanced=False, beta=(0.5, 0.3, -0.6)),
        Tiny((2, 3), 4, balanced=False, beta=(0.2, 0.5, 0.3, -0.6), opt_out=True, restricted=True),
    ],
    ids=str,
)
def test_no_design_is_better(tiny):
    assert tiny.make().d_error == pytest.approx(tiny.best(), rel=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("opt_out", [False, True])
def test_no_design_of_six_tasks_is_better(opt_out):
    tiny = Tiny((2, 3), 6, balanced=True, beta=(0.2,) * opt_out + (0.5, 0.3, -0.6), opt_out=opt_out)
    assert tiny.make().d_error == pytest.approx(tiny.best(), rel=1e-9)


@pytest.mark.parametrize(
    "tiny",
    [
        Tiny((2, 2), 3, balanced=True, beta=(0.6, -0.4)),
        Tiny((2, 2), 3, balanced=True, beta=(-0.3, 0.6, -0.4), opt_out=True),
        Tiny((2, 3), 4, balanced=True, beta=(0.2, 0.5, 0.3, -0.6), opt_out=True),
    ],
    ids=str,
)
def test_no_design_is_better_where_levels_cannot_be_equally_often(tiny):
    assert max(tiny.make(seed=seed).d_error for seed in (1, 4, 5)) == pytest.approx(tiny.best(), rel=1e-9)


def test_a_balanced_design_that_exists_is_found():
    tiny = Tiny((2, 2), 3, balanced=True, restricted=True)
    assert np.isfinite(tiny.best())
    tiny.make()


def shown(design):
    """Per task, the levels that each service shows, in the order of the card."""
    names = list(design.study.attribute_names)
    services = design.frame[names].notna().any(axis=1)
    rows = design.frame[services].astype(object)
    rows[names] = rows[names].where(rows[names].notna(), "")
    return [list(map(tuple, task[names].to_numpy())) for _, task in rows.groupby("task")]


def check_rules(design, tasks, blocks, balanced):
    study, frame = design.study, design.frame
    assert frame["task"].unique().tolist() == list(range(1, tasks + 1))
    assert (frame.groupby("task")["block"].nunique() == 1).all()
    sizes = frame.groupby("block")["task"].nunique()
    assert sizes.index.tolist() == list(range(1, blocks + 1))
    assert np.ptp(sizes) <= 1
    seen = shown(design)
    if study.labelled:
        assert len({tuple(task) for task in seen}) == tasks
    else:
        assert all(len(set(task)) == len(task) for task in seen)
        assert len({tuple(sorted(task)) for task in seen}) == tasks
    if balanced:
        of_alternatives = [rows for _, rows in frame.groupby("alternative")]
        for attribute, rows in product(study.attributes, of_alternatives):
            if rows[attribute.name].notna().any():
                counts = rows[attribute.name].value_counts().reindex(list(attribute.levels), fill_value=0)
                assert np.ptp(counts) <= 1
    for text in study.restrictions:
        columns = {name: frame[name] for name in study.attribute_names}
        services = frame[list(columns)].notna().all(axis=1)
        kept = [bool(eval(text, {}, {n: c[i] for n, c in columns.items()})) for i in frame.index[services]]
        assert all(kept)
    assert design.broken_restrictions == 0


@st.composite
def small_studies(draw):
    attributes = []
    for name in "abcd"[: draw(st.integers(2, 4))]:
        levels = draw(
            st.sampled_from([list("uv"), list("uvw"), list("uvwx"), [1, 3], [1, 2, 4], [0.5, 1, 2, 8]])
        )
        attributes.append(dce.Attribute(name, levels))
    first, second = ([repr(level) for level in a.levels] for a in attributes[:2])
    rule = f"not (a == {draw(st.sampled_from(first))} and b == {draw(st.sampled_from(second))})"
    number = draw(st.integers(2, 3))
    with_constant = draw(st.booleans())
    alternatives = [dce.Alternative("ABC"[j], constant=with_constant and j > 0) for j in range(number)]
    parts = {
        "title": "Small",
        "attributes": attributes,
        "alternatives": alternatives,
        "labelled": draw(st.booleans()),
        "opt_out": OPT_OUT if draw(st.booleans()) else None,
        "restrictions": [rule] if draw(st.booleans()) else [],
    }
    K = len(dce.Study(**parts).coefficients)
    priors = draw(st.lists(st.sampled_from([-0.5, -0.1, 0, 0.2, 0.8]), min_size=K, max_size=K))
    return dce.Study(**parts, priors=dict(zip(dce.Study(**parts).coefficients, priors, strict=True)))


REASONS = (
    "no design of [0-9]+ tasks that keeps the restrictions|the design does not identify the utility|"
    "tasks: found [0-9]+; allowed: at least [0-9]+, because the utility has [0-9]+ coefficients"
)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(
    study=small_studies(),
    tasks=st.integers(4, 12),
    blocks=st.integers(1, 3),
    balanced=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_a_design_keeps_the_rules_or_says_why_not(study, tasks, blocks, balanced, seed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_module, "KICKS", 2)
        patch.setattr(search_module, "REPAIRS", 150)
        try:
            design = dce.make_design(
                study, tasks=tasks, blocks=blocks, level_balance=balanced, seed=seed, starts=1
            )
        except dce.DesignError as error:
            design, reason = None, str(error)
    if design is None:
        assert re.match(REASONS, reason)
    else:
        check_rules(design, tasks, blocks, balanced)


def test_attributes_of_some_alternatives_keep_the_rules(request):
    study = dce.Study.read(request.config.rootpath / "designs" / "staff-support")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search_module, "KICKS", 0)
        design = dce.make_design(study, starts=1)
    event = design.frame[design.frame["alternative"] == "employer"]
    assert not ((event["event"] == "one-hour session") & (event["meals"] == "free")).any()
    assert design.broken_restrictions == 0
    assert sorted(design.frame["wait"].value_counts()) == [18] * 4
    for name in ("profession", "event", "sessions"):
        assert design.frame[name].value_counts().nunique() == 1


def random_designs(study, tasks, balanced, seeds):
    search = Search(level_coding(study), study.prior_means.to_numpy(), tasks, balanced)
    return search, [search.random_start(np.random.default_rng(seed)) for seed in seeds]


@pytest.mark.parametrize("balanced", [True, False])
@pytest.mark.parametrize("name", ["clinics", "opt-out", "labelled", "free three"])
def test_descent_never_falls_and_keeps_its_accounts(name, balanced, clinics, monkeypatch):
    study = {
        "clinics": clinics(),
        "opt-out": clinics(opt_out=OPT_OUT, priors={}, restrictions=['not (mode == "group" and wait > 4)']),
        "labelled": clinics(labelled=True, utility="wait:alternative + parking + mode", priors={}),
        "free three": words_study((3, 2, 4), (), alternatives=3),
    }[name]
    search, designs = random_designs(study, 12, balanced, range(4))
    for start in designs:
        values = [full_value(search, start)]
        improve = Search._improve_column

        def recorded(self, L, X, M, j, a, value, values=values, improve=improve):
            gained = improve(self, L, X, M, j, a, value)
            if gained is not None:
                values.append(gained)
                assert gained == pytest.approx(full_value(self, L), rel=1e-9, abs=1e-9)
            np.testing.assert_array_equal(X, self.coding.code(L))
            return gained

        monkeypatch.setattr(Search, "_improve_column", recorded)
        before = start.copy()
        L, value = search.descend(start)
        monkeypatch.setattr(Search, "_improve_column", improve)
        np.testing.assert_array_equal(start, before)
        assert value == pytest.approx(full_value(search, L), rel=1e-9, abs=1e-9)
        assert (np.diff(values) > SMALLEST_GAIN).all()
        assert value == values[-1]
        assert search.feasibility.is_feasible(L)
        if balanced:
            np.testing.assert_array_equal(level_totals(search, L), level_totals(search, start))
        # A local optimum: descending again changes nothing.
        again, same = search.descend(L)
        np.testing.assert_array_equal(again, L)
        assert same == pytest.approx(value, abs=1e-9)


def full_value(search, L):
    X = search.coding.code(L)
    return float(log_determinants(search.information(X).sum(axis=0)))


def level_totals(search, L):
    return [[(L[:, j, a] == n).sum() for n in range(4)] for j, a in search.columns]


def test_descent_finds_no_better_swap_than_trying_them_all(small):
    """At its end, no swap of two tasks' levels and no rule-keeping design next to it is better."""
    search, (start,) = random_designs(small, 8, True, [1])
    L, value = search.descend(start)
    for (j, a), (s, t) in product(search.columns, combinations(range(8), 2)):
        trial = L.copy()
        trial[[s, t], j, a] = trial[[t, s], j, a]
        if search.feasibility.is_feasible(trial):
            assert full_value(search, trial) <= value + 2 * SMALLEST_GAIN


def test_free_descent_finds_no_better_exchange_than_trying_them_all(small):
    search, (start,) = random_designs(small, 8, False, [1])
    L, value = search.descend(start)
    for (j, a), s, n in product(search.columns, range(8), range(3)):
        trial = L.copy()
        trial[s, j, a] = n
        if n < search.coding.sizes[a] and search.feasibility.is_feasible(trial):
            assert full_value(search, trial) <= value + 2 * SMALLEST_GAIN


@pytest.mark.parametrize("balanced", [True, False])
def test_random_starts_keep_the_rules(balanced, clinics):
    study = clinics(restrictions=['not (mode == "group" and wait > 4)', 'parking == "yes" or wait < 8'])
    search, designs = random_designs(study, 12, balanced, range(20))
    assert all(Feasibility(search.coding).is_feasible(L) for L in designs)
    if balanced:
        assert {max(map(max, level_totals(search, L))) for L in designs} == {6}
        assert all([4, 4, 4, 0] in level_totals(search, L) for L in designs)


def test_more_starts_are_never_worse(small):
    errors = [dce.make_design(small, starts=starts).d_error for starts in (1, 2, 4)]
    assert errors == sorted(errors, reverse=True)


def test_free_levels_are_never_worse(small):
    balanced, free = (dce.make_design(small, starts=2, level_balance=b) for b in (True, False))
    assert free.d_error < balanced.d_error


def test_the_same_seed_gives_the_same_bytes(small, tmp_path):
    for name, seed in (("first", 3), ("second", 3), ("other", 4)):
        dce.make_design(small, starts=1, seed=seed).write(tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    assert (tmp_path / "first").read_bytes() != (tmp_path / "other").read_bytes()


def test_the_study_says_tasks_blocks_and_seed(small, small_design):
    again = dce.make_design(small, tasks=12, blocks=2, seed=3, level_balance=True, starts=1)
    assert again.hash == small_design.hash
    assert again.origin.endswith("D-efficient, level-balanced, 1 start, seed 3")


def test_progress_is_told_all_along(small):
    told = []
    design = dce.make_design(small, starts=3, progress=lambda *state: told.append(state))
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)
    assert {done for done, _, _ in told} == {0, 1, 2, 3}
    assert {of for _, of, _ in told} == {3}
    errors = [error for _, _, error in told]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] == pytest.approx(design.d_error, rel=1e-9)


def interrupt(*state):
    raise KeyboardInterrupt


def test_an_interrupt_gives_the_best_so_far(small, small_design):
    design = dce.make_design(small, starts=5, progress=interrupt)
    assert "interrupted after 0 of 5 starts" in design.origin
    assert design.d_error >= small_design.d_error * (1 - 1e-9)
    assert design.broken_restrictions == 0


def test_an_interrupt_of_a_later_start_gives_the_best_so_far(small, small_design, monkeypatch):
    random_start, begun = Search.random_start, []

    def begin(self, rng):
        begun.append(True)
        return random_start(self, rng) if len(begun) == 1 else interrupt()

    monkeypatch.setattr(Search, "random_start", begin)
    pd.testing.assert_frame_equal(dce.make_design(small, starts=5).frame, small_design.frame)
    assert len(begun) == 2


def test_an_interrupt_of_the_first_start_is_an_interrupt(small, monkeypatch):
    monkeypatch.setattr(Search, "descend", interrupt)
    with pytest.raises(KeyboardInterrupt):
        dce.make_design(small, starts=2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tasks": 0}, "tasks: found 0; allowed: a whole number of at least 1"),
        ({"tasks": 4}, "tasks: found 4; allowed: at least 5, because the utility has 5 coefficients"),
        ({"blocks": 13}, "blocks: found 13; allowed: at most the number of tasks, 12"),
        ({"blocks": True}, "blocks: found True; allowed: a whole number of at least 1"),
        ({"starts": 0}, "starts: found 0; allowed: a whole number of at least 1"),
    ],
)
def test_impossible_orders_are_refused(small, options, message):
    with pytest.raises(dce.DesignError, match=message):
        dce.make_design(small, **options)


def test_more_tasks_than_there_are_is_refused(monkeypatch):
    monkeypatch.setattr(search_module, "REPAIRS", 50)
    study = words_study((2, 2), ())  # six pairs of services
    assert dce.make_design(study, tasks=6, starts=1).n_tasks == 6
    refused = r"no design of 7 tasks was found .* level_balance=False .*, another"
    with pytest.raises(dce.DesignError, match=refused):
        dce.make_design(study, tasks=7, starts=1)
    with pytest.raises(dce.DesignError, match="no design of 7 tasks"):
        dce.make_design(study, tasks=7, starts=1, level_balance=False)


def test_restrictions_that_leave_nothing_are_refused():
    both = [f'a == "{a}" or b == "{b}"' for a in "uv" for b in "uv"]
    study = words_study((2, 2), (), restrictions=both)
    with pytest.raises(dce.DesignError, match="the restrictions together allow no service for 'A'"):
        dce.make_design(study, tasks=3, level_balance=False)


def test_restrictions_that_tie_attributes_are_refused_by_name():
    study = words_study((2, 2, 2), (), restrictions=['not (a == "u" and b == "v")', 'a == "u" or b == "v"'])
    with pytest.raises(dce.DesignError, match=r"cannot tell apart 'a\[v\]', 'b\[v\]'; leave out 1"):
        dce.make_design(study, tasks=4, starts=1)


def test_d_error_of_a_log_determinant():
    assert d_error(np.log(16.0), 4) == pytest.approx(0.5)
    assert d_error(-np.inf, 4) == np.inf
    values = log_determinants(np.array([np.eye(2) * 3, np.zeros((2, 2)), np.diag([1.0, -1.0])]))
    assert values.tolist() == [pytest.approx(np.log(9)), -np.inf, -np.inf]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["physiotherapy", "peer-support", "staff-support"])
def test_the_shipped_designs_are_those_of_their_seeds(name, request):
    shipped = dce.Design.read(request.config.rootpath / "designs" / name)
    made = dce.make_design(shipped.study)
    assert made.d_error == pytest.approx(shipped.d_error, rel=1e-9)
    pd.testing.assert_frame_equal(made.frame, shipped.frame)
    check_rules(made, *(getattr(made.study.design, part) for part in ("tasks", "blocks", "level_balance")))
