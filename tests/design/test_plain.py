"""The plain search: it descends to local optima, keeps its accounts and the rules."""

from itertools import combinations, product

import numpy as np
import pytest

import dce
from dce.design.levels import level_coding
from dce.design.plain import SMALLEST_GAIN, Search, d_error, log_determinants

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
        assert not search.broken(L).any()
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
        if not search.broken(trial).any():
            assert full_value(search, trial) <= value + 2 * SMALLEST_GAIN


def test_free_descent_finds_no_better_exchange_than_trying_them_all(small):
    search, (start,) = random_designs(small, 8, False, [1])
    L, value = search.descend(start)
    for (j, a), s, n in product(search.columns, range(8), range(3)):
        trial = L.copy()
        trial[s, j, a] = n
        if n < search.coding.sizes[a] and not search.broken(trial).any():
            assert full_value(search, trial) <= value + 2 * SMALLEST_GAIN


@pytest.mark.parametrize("balanced", [True, False])
def test_random_starts_keep_the_rules(balanced, clinics):
    study = clinics(restrictions=['not (mode == "group" and wait > 4)', 'parking == "yes" or wait < 8'])
    search, designs = random_designs(study, 12, balanced, range(20))
    assert not any(search.broken(L).any() for L in designs)
    if balanced:
        assert {max(map(max, level_totals(search, L))) for L in designs} == {6}
        assert all([4, 4, 4, 0] in level_totals(search, L) for L in designs)


def test_d_error_of_a_log_determinant():
    assert d_error(np.log(16.0), 4) == pytest.approx(0.5)
    assert d_error(-np.inf, 4) == np.inf
    values = log_determinants(np.array([np.eye(2) * 3, np.zeros((2, 2)), np.diag([1.0, -1.0])]))
    assert values.tolist() == [pytest.approx(np.log(9)), -np.inf, -np.inf]
