"""The search against every design there is, and what it promises of its results."""

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations, permutations, product

import numpy as np
import pandas as pd
import pytest

import dce
from dce.design import rounds, search
from dce.design.method import Criterion

OPT_OUT = dce.Alternative("none", constant=True)


@pytest.fixture
def little_effort(monkeypatch):
    """A search of little effort, for quick tests of anything but how good its designs are."""
    for name, value in {"BUDGET": 1e6, "FEWEST_SWEEPS": 15, "MOST_SWEEPS": 30, "MOST_CHAINS": 8}.items():
        monkeypatch.setattr(rounds, name, value)


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
            self.study(),
            tasks=self.tasks,
            blocks=1,
            level_balance=self.balanced,
            starts=1,
            rounds=1,
            workers=1,
            **options,
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


def quick(study, **options):
    """A design after little effort."""
    return dce.make_design(study, **{"starts": 1, "rounds": 1, "workers": 1} | options)


def counts_of(design):
    """How often each alternative shows each level of the attributes that it has."""
    study = design.study
    return {
        (name, attribute.name): rows[attribute.name]
        .value_counts()
        .reindex(list(attribute.levels), fill_value=0)
        .tolist()
        for name, rows in design.frame.groupby("alternative")
        for attribute in study.attributes
        if study.has(name, attribute)
    }


def is_balanced(design):
    return all(np.ptp(counts) <= 1 for counts in counts_of(design).values())


def criterion_of(design, kind):
    V = np.linalg.inv(design.information)
    if kind == "D":
        return np.linalg.det(V) ** (1 / len(V))
    if kind == "A":
        return np.diag(V).mean()
    means = design.study.prior_means.to_numpy()
    if kind == "S":
        return (1.959963984540054**2 * np.diag(V) / means**2).max()
    total, names = 0.0, list(design.study.coefficients)
    d = names.index("wait")
    for k, name in enumerate(names):
        if k != d and not name.startswith("constant["):
            gradient = np.zeros(len(names))
            gradient[k], gradient[d] = 1 / means[d], -means[k] / means[d] ** 2
            total += gradient @ V @ gradient
    return total


@pytest.mark.usefixtures("little_effort")
def test_each_criterion_is_best_by_its_own_design(small):
    """No design made for another criterion beats the one made for it."""
    kinds = {"D": "D", "A": "A", "S": "S", "C": Criterion("C", per=["wait"])}
    designs = {kind: quick(small, criterion=criterion) for kind, criterion in kinds.items()}
    table = {kind: [criterion_of(design, kind) for design in designs.values()] for kind in kinds}
    for kind, values in table.items():
        assert values.index(min(values)) == list(kinds).index(kind), table


ODD = {
    "one attribute of two levels": (words_study((2,), (0.5,)), 1),
    "one attribute of four levels": (words_study((4,), (0.5, 0.1, -0.2)), 3),
    "one alternative and an opt-out": (words_study((2, 3), (), alternatives=1, opt_out=True), 6),
    "one service that may be had or not": (
        words_study((2,), (), alternatives=1, opt_out=True, utility="a - constants"),
        1,
    ),
    "as many differences as coefficients": (words_study((2, 2, 2), (0.5, 0.2, 0.1)), 3),
    "as many of three as coefficients": (words_study((3, 3), (), alternatives=3), 2),
    "all tasks there are": (words_study((2, 2), (0.6, -0.4)), 6),
    "attributes of some alternatives": (
        dce.Study(
            "T",
            attributes=[
                dce.Attribute("wait", [1, 2, 4]),
                dce.Attribute("visits", [1, 2], alternatives=["B"]),
                dce.Attribute("tea", ["no", "yes"], alternatives=["A", "C"]),
            ],
            alternatives=[dce.Alternative(name, constant=name != "A") for name in "ABC"],
            labelled=True,
            opt_out=OPT_OUT,
        ),
        6,
    ),
    "unlabelled, with an attribute of one alternative": (
        dce.Study(
            "T",
            attributes=[
                dce.Attribute("wait", [1, 2]),
                dce.Attribute("tea", ["no", "yes"], alternatives=["B"]),
            ],
            alternatives=[dce.Alternative("A"), dce.Alternative("B")],
        ),
        4,
    ),
    "priors that decide": (words_study((2, 3), (2.5, 2.0, -2.5)), 6),
}


@pytest.mark.usefixtures("little_effort")
@pytest.mark.parametrize("level_balance", [True, False])
@pytest.mark.parametrize("name", ODD)
def test_odd_studies_have_designs(name, level_balance):
    study, tasks = ODD[name]
    if name == "all tasks there are" or "as many differences" in name:
        level_balance = False  # otherwise impossible, or not identified
    design = quick(study, tasks=tasks, blocks=1, level_balance=level_balance)
    assert design.n_tasks == tasks
    assert design.broken_rules == {}
    assert is_balanced(design) or not level_balance


@pytest.mark.usefixtures("little_effort")
@pytest.mark.parametrize("name", ["physiotherapy", "peer-support", "staff-support"])
def test_designs_of_the_shipped_studies_keep_the_rules(name, request):
    study = dce.Study.read(request.config.rootpath / "designs" / name)
    design = quick(study)
    assert design.broken_rules == {}
    assert is_balanced(design)


@pytest.mark.usefixtures("little_effort")
@pytest.mark.parametrize(
    ("method", "level_balance"),
    [(m, b) for m in ("auto", "coordinate", "orthogonal") for b in (True, False)]
    + [("swap", True), ("fedorov", False)],
)
def test_every_method_keeps_the_rules(method, level_balance):
    study = words_study(
        (3, 3, 3), (0.5, -0.5, 0.5, -0.5, 0.5, -0.5), restrictions=['not (a == "v" and b == "v")']
    )
    design = quick(study, tasks=9, blocks=1, method=method, level_balance=level_balance)
    assert design.broken_rules == {}
    assert is_balanced(design) or not level_balance


@pytest.mark.usefixtures("little_effort")
def test_bounds_of_levels_are_kept(small):
    balance = {"wait": (2, 6), "mode": {"phone": (1, 2)}, "parking": False}
    counts = counts_of(quick(small, level_balance=balance))
    for (_, name), of_levels in counts.items():
        if name == "wait":
            assert all(2 <= n <= 6 for n in of_levels)
        if name == "mode":
            assert 1 <= of_levels[1] <= 2


@pytest.mark.usefixtures("little_effort")
def test_more_rounds_and_starts_are_never_worse(small):
    errors = [
        quick(small, starts=starts, rounds=rounds).d_error for starts, rounds in ((1, 1), (1, 2), (2, 2))
    ]
    assert errors == sorted(errors, reverse=True)


@pytest.mark.usefixtures("little_effort")
def test_free_levels_are_never_worse(small):
    balanced, free = (quick(small, level_balance=balance) for balance in (True, False))
    assert free.d_error < balanced.d_error


def test_a_design_beats_random_ones(small):
    design = quick(small)
    rng = np.random.default_rng(1)
    for _ in range(20):
        frame = design.frame.copy()
        for name, (alternative, rows) in product(
            small.attribute_names, frame.groupby("alternative").groups.items()
        ):
            assert alternative in "AB"
            frame.loc[rows, name] = rng.permutation(frame.loc[rows, name].to_numpy())
        assert dce.evaluate_design(small, frame).d_error > design.d_error


@pytest.mark.usefixtures("little_effort")
def test_the_same_seed_gives_the_same_bytes(small, tmp_path):
    for name, seed in (("first", 3), ("second", 3), ("other", 4)):
        quick(small, seed=seed).write(tmp_path / name)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()
    assert (tmp_path / "first").read_bytes() != (tmp_path / "other").read_bytes()


@pytest.mark.usefixtures("little_effort")
def test_the_result_does_not_depend_on_who_works(small, monkeypatch):
    monkeypatch.setattr(search, "ENOUGH_WORK", 0)
    options = {"starts": 3, "rounds": 2}
    alone = quick(small, **options)
    assert alone.hash == quick(small, **options, workers=2).hash
    with ThreadPoolExecutor(3) as threads:
        assert alone.hash == quick(small, **options, executor=threads).hash


@pytest.mark.usefixtures("little_effort")
def test_the_study_says_what_is_wanted(clinics):
    study = clinics(
        design=dce.DesignSettings(
            tasks=9, blocks=3, seed=7, level_balance={"mode": False}, dominated=False, overlap=(0, 1)
        )
    )
    said = quick(study)
    same = quick(
        clinics(),
        tasks=9,
        blocks=3,
        seed=7,
        level_balance={"mode": False},
        dominated=False,
        overlap=(0, 1),
    )
    pd.testing.assert_frame_equal(said.frame, same.frame)
    assert said.broken_rules == {}
    other = quick(study, dominated=True, overlap=(0, 3), level_balance=True)
    assert "dominated services" in other.broken_rules


@pytest.mark.usefixtures("little_effort")
def test_progress_is_told_all_along(small):
    told = []
    quick(small, starts=2, rounds=2, progress=lambda *state: told.append(state))
    assert [done for done, _, _ in told] == [1, 2, 3, 4]
    assert {of for _, of, _ in told} == {4}
    values = [value for _, _, value in told]
    assert values == sorted(values, reverse=True)


def interrupt(*_):
    raise KeyboardInterrupt


@pytest.mark.usefixtures("little_effort")
def test_an_interrupt_gives_the_best_so_far(small):
    design = quick(small, starts=5, progress=interrupt)
    assert "interrupted in round 1 of 5 starts" in design.origin
    assert design.broken_rules == {}
    assert design.d_error == pytest.approx(quick(small).d_error, rel=1e-9)


def test_an_interrupt_before_there_is_anything_is_an_interrupt(small, monkeypatch):
    monkeypatch.setattr(search, "take_round", interrupt)
    with pytest.raises(KeyboardInterrupt):
        quick(small)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tasks": 0}, "tasks: found 0; allowed: a whole number of at least 1"),
        ({"tasks": 4}, "tasks: found 4; allowed: at least 5, because the utility has 5 coefficients"),
        ({"blocks": 13}, "blocks: found 13; allowed: at most the number of tasks, 12"),
        ({"blocks": True}, "blocks: found True; allowed: a whole number of at least 1"),
        ({"starts": 0}, "starts: found 0; allowed: a whole number of at least 1"),
        ({"rounds": 1.5}, "rounds: found 1.5; allowed: a whole number of at least 1"),
        ({"seconds": 0}, "seconds: found 0; allowed: a number above zero"),
        ({"method": "luck"}, "method: found 'luck'; allowed: 'auto', 'coordinate'"),
        ({"dominated": 0}, "dominated: found 0; allowed: true or false"),
        ({"repeated": "no"}, "repeated: found 'no'; allowed: true or false"),
        ({"overlap": (2, 1)}, r"overlap: found \[2, 1\]; allowed: least and most attributes"),
        ({"overlap": (0, 4)}, r"overlap: found \[0, 4\]; allowed: at most 3, the attributes"),
        ({"overlap": 1}, "overlap: found 1; allowed: least and most attributes"),
        ({"overlap": (0, True)}, r"overlap: found \[0, True\]; allowed: least and most"),
        ({"level_balance": {"cost": True}}, "level_balance: found 'cost'; allowed: the attributes 'wait'"),
        ({"level_balance": {"wait": (5, 6)}}, "'wait': the 3 levels occur between 15 and 18 times"),
        ({"method": "swap", "level_balance": False}, "method 'swap' keeps counts of levels"),
        ({"method": "fedorov"}, "method 'fedorov' replaces whole services"),
        ({"method": "orthogonal", "tasks": 13}, "no orthogonal array of 13 rows"),
    ],
)
def test_impossible_orders_are_refused(small, options, message):
    with pytest.raises(dce.DesignError, match=message):
        quick(small, **options)


def test_dominance_needs_to_know_what_people_prefer(clinics):
    with pytest.raises(dce.DesignError, match="dominated: found False, but nothing says which levels"):
        quick(clinics(priors={}), dominated=False)
    labelled = clinics(labelled=True)
    with pytest.raises(dce.DesignError, match="alternatives that are labelled do not dominate"):
        quick(labelled, dominated=False)


@pytest.mark.usefixtures("little_effort")
def test_priors_that_are_given_say_what_people_prefer(clinics):
    """By the study's own priors long waits are preferred; by those given, short ones."""
    priors = {name: (0.2 if name == "wait" else prior) for name, prior in clinics().priors.items()}
    study = clinics(priors=priors)
    given = {"prior": clinics().priors, "draws": "mean", "tasks": 9}
    design = quick(study, **given, dominated=False)
    strict = dataclasses.replace(design.study, design=dce.DesignSettings(dominated=False))
    assert dce.evaluate_design(strict, design.frame).broken_rules == {}
    turned = dataclasses.replace(study, design=dce.DesignSettings(dominated=False))
    assert "dominated services" in dce.evaluate_design(turned, design.frame).broken_rules


@pytest.mark.slow
@pytest.mark.parametrize("name", ["physiotherapy", "peer-support", "staff-support"])
def test_the_shipped_designs_are_those_of_their_seeds(name, request):
    shipped = dce.Design.read(request.config.rootpath / "designs" / name)
    made = dce.make_design(shipped.study)
    assert made.d_error == pytest.approx(shipped.d_error, rel=1e-9)
    pd.testing.assert_frame_equal(made.frame, shipped.frame)
