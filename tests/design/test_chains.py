"""What the search keeps of its designs, against the criteria computed plainly."""

import numpy as np
import pytest

import dce
from dce.design.chains import Chains
from dce.design.draws import prior_draws
from dce.design.method import Criterion, problem_of, utilities_of
from dce.logit import information, log_probabilities

NONE = dce.Alternative("none", constant=True)
SAME = {"rtol": 1e-7, "atol": 1e-9}
"""What rounding may leave after a few changes of designs whose information is well-conditioned."""


def study_of(J=2, opt_out=False, sd=0.0, **changes):
    attributes = [
        dce.Attribute("wait", [1, 2, 4, 8]),
        dce.Attribute("mode", ["face", "phone", "group"]),
        dce.Attribute("tea", ["no", "yes"]),
    ]
    priors = {
        "constant[B]": 0.3,
        "constant[none]": -0.4,
        "wait": dce.Prior(-0.2, sd * 0.1),
        "mode[phone]": dce.Prior(-0.3, sd * 0.3),
        "mode[group]": dce.Prior(-0.8, sd * 0.3),
        "tea[yes]": dce.Prior(0.5, sd * 0.2),
    }
    parts = {
        "attributes": attributes,
        "alternatives": [dce.Alternative("ABCD"[j], constant=j == 1) for j in range(J)],
        "opt_out": NONE if opt_out else None,
    } | changes
    bare = dce.Study("T", **parts)
    return dce.Study("T", **parts, priors={name: priors.get(name, 0.1) for name in bare.coefficients})


def problem_and_plain(study, criterion, tasks=8, utilities=None, draws=8):
    """The problem, and a plain function of a design p (S, J) that gives its criterion."""
    parts = [(s, prior_draws(s, method="sobol", number=draws), w) for s, w in utilities_of(study, utilities)]
    settings = dce.DesignSettings(tasks, level_balance=False)
    problem = problem_of(study, settings, parts, criterion, "auto")

    def plain(p):
        return sum(w * criterion_of(s, d, problem.services.unpack(p), criterion) for s, d, w in parts)

    return problem, plain


def criterion_of(study, draws, L, criterion):
    X = dce.design.levels.level_coding(study).code(L)
    names = list(study.coefficients)
    c = np.array([name.startswith("constant[") for name in names])
    values = []
    for beta in draws.beta:
        M = information(X, np.exp(log_probabilities(X, beta)))
        keep = ~c if criterion.constants == "absent" else np.ones(len(names), dtype=bool)
        counts = keep & ~c if criterion.constants == "nuisance" else keep
        M = M[np.ix_(keep, keep)]
        if np.linalg.matrix_rank(M, hermitian=True) < len(M):
            values.append(np.inf)
            continue
        V = np.full((len(names), len(names)), np.nan)
        V[np.ix_(keep, keep)] = np.linalg.inv(M)
        own = np.flatnonzero(counts)
        if criterion.kind == "D":
            values.append(np.linalg.det(V[np.ix_(own, own)]) ** (1 / len(own)))
        elif criterion.kind == "A":
            values.append(np.diag(V)[own].mean())
        elif criterion.kind == "S":
            means = np.array([draws.mean[name] for name in names])
            known = own[means[own] != 0]
            values.append((1.959963984540054**2 * np.diag(V)[known] / means[known] ** 2).max())
        else:
            total = 0.0
            for per in criterion.per:
                d = names.index(per)
                for k in np.flatnonzero(keep & ~c):
                    if k != d:
                        g = np.zeros(len(names))
                        g[k], g[d] = 1 / beta[d], -beta[k] / beta[d] ** 2
                        total += g[keep] @ V[np.ix_(keep, keep)] @ g[keep]
            values.append(total)
    return float(draws.weights @ np.array(values))


def score_of(problem, value):
    return -problem.objective.parts[0].counted * np.log(value)


CASES = {
    "D of 2": (study_of(), Criterion("D")),
    "D of 3": (study_of(3), Criterion("D")),
    "D of 4 and none": (study_of(4, opt_out=True), Criterion("D")),
    "D over draws": (study_of(2, sd=1.0), Criterion("D")),
    "D over draws of 3": (study_of(3, sd=1.0, opt_out=True), Criterion("D")),
    "D, constants nuisance": (study_of(3, sd=1.0, opt_out=True), Criterion("D", "nuisance")),
    "D, constants nuisance, of 2": (study_of(2), Criterion("D", "nuisance")),
    "D, constants absent": (study_of(3, opt_out=True), Criterion("D", "absent")),
    "A": (study_of(2, sd=1.0), Criterion("A")),
    "A, constants nuisance": (study_of(3, opt_out=True), Criterion("A", "nuisance")),
    "C": (study_of(2), Criterion("C", per=["wait"])),
    "C of several over draws": (study_of(3, sd=0.5), Criterion("C", per=["wait", "tea[yes]"])),
    "S": (study_of(2), Criterion("S")),
    "S over draws, constants absent": (study_of(3, sd=1.0, opt_out=True), Criterion("S", "absent")),
    "with an interaction": (study_of(2, utility="wait * tea + mode"), Criterion("D")),
    "of one attribute less": (
        study_of(2, attributes=[dce.Attribute("wait", [1, 2, 4]), dce.Attribute("tea", ["no", "yes"])]),
        Criterion("D"),
    ),
    "labelled": (
        study_of(
            3,
            labelled=True,
            attributes=[
                dce.Attribute("wait", [1, 2, 4]),
                dce.Attribute("tea", ["no", "yes"], alternatives=["A", "C"]),
            ],
            utility="wait:alternative + tea",
        ),
        Criterion("D"),
    ),
}


def random_designs(problem, rng, number, S):
    counts = problem.services.counts
    return np.stack([rng.integers(n, size=(number, S)) for n in counts], axis=-1)


def checked(chains, problem, plain):
    expected = score_of(problem, np.array([plain(p) for p in chains.p]))
    np.testing.assert_allclose(chains.score, expected, **SAME)


@pytest.mark.parametrize("name", CASES)
def test_scores_are_those_of_the_plain_criteria(name, rng):
    study, criterion = CASES[name]
    problem, plain = problem_and_plain(study, criterion)
    chains = Chains(problem, random_designs(problem, rng, 3, 8))
    assert not chains.singular.any()
    checked(chains, problem, plain)
    np.testing.assert_array_equal(chains.net, chains.score - problem.losses(chains.p))


@pytest.mark.parametrize("name", CASES)
def test_candidates_are_scored_as_designs_are(name, rng):
    study, criterion = CASES[name]
    problem, plain = problem_and_plain(study, criterion)
    chains = Chains(problem, random_designs(problem, rng, 2, 8))
    tasks = np.array([0, 3, 7])
    candidates = np.stack([random_designs(problem, rng, 2, 4) for _ in tasks], axis=1)
    scored = chains.scored(tasks, candidates)
    for c in range(2):
        for g, task in enumerate(tasks):
            for i in range(4):
                p = chains.p[c].copy()
                p[task] = candidates[c, g, i]
                np.testing.assert_allclose(scored.score[c, g, i], score_of(problem, plain(p)), **SAME)


@pytest.mark.parametrize("name", CASES)
def test_changes_keep_the_accounts(name, rng):
    """Many changes of one task and of two, some accepted: as if computed anew."""
    study, criterion = CASES[name]
    problem, plain = problem_and_plain(study, criterion, tasks=10)
    chains = Chains(problem, random_designs(problem, rng, 3, 10))
    for step in range(6):
        candidates = np.stack([random_designs(problem, rng, 3, 2) for _ in range(10)], axis=1)
        scored = chains.scored(np.arange(10), candidates)
        who = np.array([0, 2])
        tasks = np.array([rng.choice(10, 1 + step % 2, replace=False) for _ in who])
        number = rng.integers(2, size=tasks.shape)
        changed = chains.change(scored, who, tasks, tasks, number)
        after = chains.p[who]
        after[np.arange(2)[:, None], tasks] = candidates[who[:, None], tasks, number]
        expected = score_of(problem, np.array([plain(p) for p in after]))
        np.testing.assert_allclose(changed.score, expected, **SAME)
        which = np.isfinite(changed.score) & np.array([True, step % 3 != 1])
        before = chains.p.copy()
        chains.accept(changed, which, problem.losses(after))
        np.testing.assert_array_equal(chains.p[who[which]], after[which])
        np.testing.assert_array_equal(chains.p[who[~which]], before[who[~which]])
        np.testing.assert_array_equal(chains.p[1], before[1])
        np.testing.assert_array_equal(chains.keys, problem.rules.keys(chains.p))
        np.testing.assert_array_equal(chains.losses, problem.losses(chains.p))
        checked(chains, problem, plain)
    score = chains.score.copy()
    chains.refresh()
    np.testing.assert_allclose(chains.score, score, **SAME)


def test_several_utilities_are_weighed(rng):
    study = study_of(2)
    utilities = {study.utility: 1.0, "wait * tea + mode": 0.5}
    problem, plain = problem_and_plain(study, Criterion("D"), utilities=utilities)
    chains = Chains(problem, random_designs(problem, rng, 2, 8))
    checked(chains, problem, plain)


def test_information_that_is_singular_counts_for_nothing_and_can_be_left(rng):
    """One task repeated: the plain criterion is infinite; changes lead out of it, computed anew."""
    study = study_of(2)
    problem, plain = problem_and_plain(study, Criterion("D"))
    p = random_designs(problem, rng, 2, 8)
    p[0] = p[0, :1]
    chains = Chains(problem, p.copy())
    assert plain(p[0]) == np.inf
    assert chains.singular.tolist() == [True, False]
    assert chains.net[0] == -np.inf
    assert np.isfinite(chains.score).all()
    low = chains.score[0]
    other = np.broadcast_to(p[1][None, :, None], (2, 8, 1, 2))
    for s in range(8):
        scored = chains.scored(np.array([s]), other[:, s : s + 1])
        one = np.array([[0]])
        changed = chains.change(scored, np.array([0]), one + s, one, one)
        chains.accept(changed, np.isfinite(changed.score), np.zeros(1))
    np.testing.assert_array_equal(chains.p[0], p[1])
    assert chains.score[0] > low
    chains.refresh()
    assert not chains.singular.any()
    np.testing.assert_allclose(chains.score[0], score_of(problem, plain(p[1])), **SAME)


def test_a_draw_that_is_singular_is_not_dropped(rng):
    """At one of two draws every choice is certain, so that nothing is learnt from it."""
    study = study_of(2)
    beta = np.tile(study.prior_means.to_numpy(), (2, 1))
    draws = prior_draws(study, dict(study.priors))
    extreme = beta.copy()
    extreme[1] *= 5000
    two = type(draws)(study.coefficients, extreme, np.full(2, 0.5), "two draws")
    settings = dce.DesignSettings(8, level_balance=False)
    problem = problem_of(study, settings, [(study, two, 1.0)], Criterion("D"), "auto")
    chains = Chains(problem, random_designs(problem, rng, 2, 8))
    assert chains.singular.all()
    assert (chains.net == -np.inf).all()
