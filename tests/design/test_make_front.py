"""Pareto fronts against every design there is, and what every design of a front keeps."""

import dataclasses
from itertools import combinations, product

import numpy as np
import pytest

import dce
from dce.design.diagnostics import correlations, level_imbalance, overlap, utility_balance
from dce.design.draws import prior_draws
from dce.design.front import Front
from dce.design.front_search import capped, ladder
from dce.design.make_front import pareto_front
from dce.design.method import Criterion, problem_of
from dce.errors import DesignError

EQUAL = 1e-8  # the search compares nine digits

QUICK = {"rounds": 1, "workers": 1}


@pytest.fixture(scope="module")
def tiny():
    """Few levels and tasks, but a linear attribute that trades D-error for balance."""
    return dce.Study(
        title="Tiny",
        attributes=[dce.Attribute("wait", [1, 2, 4]), dce.Attribute("parking", ["no", "yes"])],
        alternatives=[dce.Alternative("A"), dce.Alternative("B", constant=True)],
        priors={"constant[B]": 0.2, "wait": -0.3, "parking[yes]": 0.6},
        design=dce.DesignSettings(tasks=4),
    )


@pytest.fixture(scope="module")
def front(tiny):
    return pareto_front(tiny, d_error=np.inf, designs=1000, **QUICK)


def every_design():
    """D-error and level imbalance of every design of the tiny study, in plain code."""
    beta = np.array([0.2, -0.3, 0.6])
    services = list(product([1, 2, 4], [0, 1]))
    tasks = [pair for a, b in combinations(services, 2) for pair in ((a, b), (b, a))]
    M, shown = [], []
    for a, b in tasks:
        x = np.array([[0, *a], [1, *b]], dtype=float)
        P = np.exp(x @ beta) / np.exp(x @ beta).sum()
        M.append(x.T @ (np.diag(P) - np.outer(P, P)) @ x)
        shown.append(
            [[[wait == w for w in (1, 2, 4)], [parking == p for p in (-1, 0, 1)]] for wait, parking in (a, b)]
        )
    M, shown = np.array(M), np.array(shown, dtype=int)
    for chosen in combinations(range(len(tasks) // 2), 4):
        each = np.array(list(product(*((2 * k, 2 * k + 1) for k in chosen))))
        counts = shown[each].sum(axis=1)
        wait = counts[:, :, 0].max(axis=-1) - counts[:, :, 0].min(axis=-1)
        parking = counts[:, :, 1, 1:].max(axis=-1) - counts[:, :, 1, 1:].min(axis=-1)
        determinant = np.linalg.det(M[each].sum(axis=1))
        for imbalance, value in zip(np.maximum(wait, parking).max(axis=1), determinant, strict=True):
            if value > 1e-9:
                yield value ** (-1 / 3), int(imbalance)


@pytest.mark.slow
def test_every_trade_off_of_d_error_and_level_imbalance_is_found(front):
    lowest: dict[int, float] = {}
    for d_error, imbalance in every_design():
        lowest[imbalance] = min(lowest.get(imbalance, np.inf), d_error)
    steps = [i for i in lowest if all(lowest[i] < lowest[k] - EQUAL for k in lowest if k < i)]
    assert len(steps) > 1  # there is something to trade
    found = front.measures
    for imbalance in steps:
        d_errors = found["d_error"][found["level_imbalance"] == imbalance]
        assert d_errors.min() == pytest.approx(lowest[imbalance], rel=EQUAL)


def test_no_design_beats_another(front):
    rows = front.measures.to_numpy() * [1, 1, -1, 1, 1]
    for a, b in product(rows, rows):
        assert not ((a <= b + EQUAL).all() and (a < b - EQUAL).any())


def test_the_table_is_what_the_diagnostics_say(front):
    assert front.measures["d_error"].is_monotonic_increasing
    for design, (_, row) in zip(front.designs, front.measures.iterrows(), strict=True):
        assert row["d_error"] == design.d_error
        assert row["level_imbalance"] == level_imbalance(design)
        assert row["utility_balance"] == utility_balance(design.probabilities)
        assert row["overlap"] == overlap(design).mean()
        assert row["correlation"] == correlations(design)["correlation"].abs().max()
    table = front.table()
    assert list(table.frame.index) == list(range(1, len(front) + 1))
    assert table.frame["of lowest"].iloc[0] == 1
    text = str(front)
    assert all(len(line) <= 80 for line in str(table).splitlines())
    assert text.startswith(f"Tiny\n{len(front)} designs of 4 tasks; dce ")
    assert "<caption>Designs of which none beats another</caption>" in front._repr_html_()


@pytest.mark.slow
def test_d_errors_are_near_the_lowest_of_designs_as_balanced(tiny):
    measures = pareto_front(tiny, d_error=0.1, **QUICK).measures
    for _, row in measures.iterrows():
        as_balanced = measures["d_error"][measures["level_imbalance"] <= row["level_imbalance"]]
        assert row["d_error"] <= 1.1 * as_balanced.min() + EQUAL


@pytest.mark.slow
def test_few_designs_are_kept_and_the_pick_is_among_them(tiny, front):
    few = pareto_front(tiny, d_error=np.inf, designs=3, **QUICK)
    assert len(few) == 3
    assert few.pick().hash == front.pick().hash
    assert few.measures["level_imbalance"].min() == front.measures["level_imbalance"].min()


def hashes(front):
    return [design.hash for design in front.designs]


@pytest.mark.slow
def test_same_seed_same_front_on_one_process_or_two(small):
    one = hashes(pareto_front(small, rounds=1, workers=1))
    assert one == hashes(pareto_front(small, rounds=1, workers=2))
    assert one != hashes(pareto_front(small, rounds=1, workers=2, seed=4))


@pytest.mark.slow
def test_every_design_keeps_all_rules(clinics):
    study = clinics(restrictions=['not (parking == "yes" and mode == "group")'])
    study = dataclasses.replace(
        study,
        design=dataclasses.replace(
            study.design, level_balance={"mode": {"group": (2, 3)}}, overlap=(0, 1), dominated=False
        ),
    )
    front = pareto_front(study, rounds=1)
    assert len(front) > 5
    assert front.measures["level_imbalance"].nunique() > 1  # the other attributes are free
    better = {"wait": [3, 2, 1], "parking": [1, 2], "mode": [3, 2, 1]}
    for design in front.designs:
        assert design.broken_restrictions == 0
        assert np.bincount(design.task_blocks).tolist() == [0, 6, 6]
        L = design.levels
        groups = (L[:, :, 2] == 2).sum(axis=0)
        assert ((groups >= 2) & (groups <= 3)).all()
        assert ((L[:, 0] == L[:, 1]).sum(axis=1) <= 1).all()
        worth = np.stack([np.array(better[name])[L[:, :, a]] for a, name in enumerate(better)], axis=-1)
        assert not (worth[:, 0] >= worth[:, 1]).all(axis=1).any()
        assert not (worth[:, 0] <= worth[:, 1]).all(axis=1).any()


def test_caps_bound_the_difference_of_counts(physiotherapy):
    settings = dataclasses.replace(physiotherapy.design, level_balance=False)
    draws = prior_draws(physiotherapy, dict.fromkeys(physiotherapy.coefficients, 0.0))
    problem = problem_of(physiotherapy, settings, [(physiotherapy, draws, 1.0)], Criterion(), "auto")
    assert ladder(problem) == (1, 2, 4, 16)
    for cap in ladder(problem)[:-1]:
        bounds = capped(problem, cap)
        for j, a in problem.services.columns:
            n = problem.services.sizes[j, a]
            least, most = bounds.least[j, a, :n], bounds.most[j, a, :n]
            assert (most - least).max() <= cap
            assert least.sum() <= 16 <= most.sum()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupt_returns_what_was_found(tiny, workers):
    called = []

    def stop(*passed):
        called.append(passed)
        raise KeyboardInterrupt

    front = pareto_front(tiny, progress=stop, rounds=1, workers=workers)
    assert len(called) == 1
    assert "0 rounds of 1 start, interrupted" in str(front)


def test_progress_tells_the_lowest_d_error(tiny):
    told = []
    front = pareto_front(tiny, progress=lambda *passed: told.append(passed), **QUICK)
    done, total, best = zip(*told, strict=True)
    assert done == tuple(range(1, int(total[0]) + 1))
    assert set(total) == {done[-1]}
    assert list(best) == sorted(best, reverse=True)
    assert best[-1] == pytest.approx(front.designs[0].d_error, rel=EQUAL)


def test_a_limit_of_seconds(tiny):
    assert "in 0.5 s, seed 1" in pareto_front(tiny, seconds=0.5, workers=1).designs[0].origin


def test_no_design_is_told_as_for_one_design(tiny):
    # 4 tasks that share both levels
    with pytest.raises(DesignError, match="overlap"):
        pareto_front(tiny, overlap=(2, 2), **QUICK)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"designs": 0}, r"designs: found 0; allowed: a whole number of at least 1"),
        ({"rounds": 1.5}, r"rounds: found 1.5; allowed: a whole number"),
        ({"starts": True}, r"starts: found True; allowed: a whole number"),
        ({"d_error": -0.1}, r"d_error: found -0.1; allowed: a share of at least 0"),
        ({"seconds": 0}, r"seconds: found 0; allowed: a number above zero"),
        ({"tasks": 2}, r"tasks: found 2; allowed: at least 3"),
        ({"blocks": 5}, r"blocks: found 5; allowed: at most the number of tasks, 4"),
    ],
)
def test_wrong_options(tiny, options, message):
    with pytest.raises(DesignError, match=message):
        pareto_front(tiny, **options)


def test_a_design_is_picked_by_its_number_or_by_rule(front):
    assert front.pick(2) is front.designs[1]
    least = front.measures["level_imbalance"].min()
    picked = front.pick(level_imbalance=least, d_error=0)
    balanced = front.measures["level_imbalance"] == least
    assert picked.d_error == front.measures["d_error"][balanced].min()
    assert front.pick(then=[]) is front.designs[0]
    number = next(n for n, design in enumerate(front.designs, start=1) if design is front.pick())
    assert f"pick() takes design {number}." in str(front)


@pytest.mark.parametrize(
    ("number", "options", "message"),
    [
        (0, {}, r"pick: found 0; allowed: a number from 1 to"),
        (1000, {}, r"pick: found 1000; allowed: a number from 1 to"),
        (True, {}, r"pick: found True; allowed: a number from 1 to"),
        (1, {"overlap": 0.5}, r"pick: found a number and a rule; allowed: one of them"),
        (
            None,
            {"correlation": 0, "utility_balance": 1},
            r"no design of the front has .* the nearest is design \d",
        ),
    ],
)
def test_what_cannot_be_picked(front, number, options, message):
    with pytest.raises(DesignError, match=message):
        front.pick(number, **options)


def test_a_front_has_designs():
    with pytest.raises(DesignError, match="a front of no designs; allowed: one or more"):
        Front(())
