"""From a study and what is asked of its design to the problem that is searched.

Notation as in :mod:`dce.design.objective`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
from pyDOE3 import fullfact
from scipy.stats import norm

from dce.design.balance import level_bounds
from dce.design.draws import Draws
from dce.design.levels import level_coding
from dce.design.objective import Objective, Part, Summary
from dce.design.possibility import refuse_impossible
from dce.design.problem import Problem
from dce.design.services import Services, coded_services
from dce.design.task_rules import TaskRules, task_rules
from dce.design_settings import DesignSettings
from dce.errors import DesignError, listed, quoted
from dce.logit import FloatArray, IntArray
from dce.prior import Prior
from dce.study import Study

CriterionKind = Literal["D", "A", "C", "S"]
Constants = Literal["estimated", "nuisance", "absent"]
Method = Literal["auto", "coordinate", "swap", "fedorov", "orthogonal"]

MOST_CANDIDATES = 2_000
"""Candidate services up to which a full factorial is the candidate set of modified Fedorov."""


@dataclass(frozen=True)
class Criterion:
    """What a design is to make as small as can be.

    Parameters
    ----------
    kind : str, optional
        ``"D"``: det(information)^(-1/K). ``"A"``: mean variance of the coefficients. ``"C"``: sum of
        the variances of the marginal rates of substitution per ``per``. ``"S"``: respondents after
        which every coefficient whose prior mean is not zero is significant.
    constants : str, optional
        ``"estimated"``: constants count like all coefficients. ``"nuisance"``: they are estimated, but
        only the other coefficients count. ``"absent"``: they are taken as known.
    per : sequence of str, optional
        Coefficients that rates divide by, for ``"C"``: such as ``["wait", "distance"]``.
    significance : float, optional
        Two-sided, for ``"S"``.

    References
    ----------
    Kessels, Goos and Vandebroek (2006), Journal of Marketing Research 43:409 (D, A); Scarpa and Rose
    (2008), Australian Journal of Agricultural and Resource Economics 52:253 (C); Rose and Bliemer
    (2013), Transportation 40:1021 (S).
    """

    kind: CriterionKind = "D"
    constants: Constants = "estimated"
    per: Sequence[str] = ()
    significance: float = 0.05

    def __post_init__(self) -> None:
        for name, kind in (("kind", CriterionKind), ("constants", Constants)):
            if getattr(self, name) not in get_args(kind):
                raise DesignError(
                    f"criterion, {name}: found {quoted(getattr(self, name))}; allowed: "
                    f"{listed(get_args(kind))}."
                )
        per = (self.per,) if isinstance(self.per, str) else tuple(self.per)
        object.__setattr__(self, "per", per)
        if bool(per) != (self.kind == "C"):
            raise DesignError(
                f"criterion, per: found {listed(per) or 'nothing'}; allowed: coefficients that rates divide "
                "by, for the criterion 'C' and no other."
            )
        if not 0 < self.significance < 1:
            raise DesignError(
                f"criterion, significance: found {quoted(self.significance)}; allowed: between 0 and 1."
            )

    def __str__(self) -> str:
        name = f"{self.kind}-error" if self.kind != "S" else "S-estimate"
        per = f" per {' and '.join(self.per)}" if self.per else ""
        constants = "" if self.constants == "estimated" else f", constants {self.constants}"
        return f"{name}{per}{constants}"


def problem_of(
    study: Study,
    settings: DesignSettings,
    utilities: Sequence[tuple[Study, Draws, float]],
    criterion: Criterion,
    method: Method,
) -> Problem:
    """Return what is searched.

    Parameters
    ----------
    study : Study
        Its prior means say which levels people prefer.
    settings : DesignSettings
        Of the design that is wanted.
    utilities : sequence of (Study, Draws, float)
        Utilities with their draws and weights.
    criterion : Criterion
    method : str
    """
    coding = level_coding(study)
    services = Services.of(coding)
    bounds = level_bounds(study, services, settings.tasks, settings.level_balance)
    if method == "swap" and bounds.free:
        raise DesignError("method 'swap' keeps counts of levels; found level_balance=False; allowed: True.")
    if method == "fedorov" and not bounds.free:
        raise DesignError(
            "method 'fedorov' replaces whole services, which changes counts of levels; allowed: "
            "level_balance=False, or another method."
        )
    parts = [_part(s, draws, criterion, weight) for s, draws, weight in utilities]
    rules = task_rules(coding, settings.dominated, settings.overlap, settings.repeated)
    if rules.better is not None and not any(better.any() for better in rules.better):
        raise DesignError(
            "dominated: found False, but nothing says which levels people prefer; allowed: priors other than "
            "zero, or attributes that say which end of their levels is better."
        )
    refuse_impossible(coding, rules, bounds)
    candidates = _candidates(rules) if method == "fedorov" else None
    return Problem(Objective(tuple(parts)), rules, bounds, candidates)


def _part(study: Study, draws: Draws, criterion: Criterion, weight: float) -> Part:
    coding = level_coding(study)
    names = list(study.coefficients)
    is_constant = np.array([name.startswith(("constant[", "alternative[")) for name in names])
    columns = np.arange(len(names))
    if criterion.constants == "absent":
        columns = columns[~is_constant]
    kept = [names[k] for k in columns]
    nuisance = np.flatnonzero(is_constant[columns] & (criterion.constants == "nuisance")).astype(np.intp)
    if len(nuisance) == len(kept):
        raise DesignError(f"criterion: the utility {study.utility!r} has no coefficient but constants.")
    counted = np.array([k for k in range(len(kept)) if k not in nuisance], dtype=np.intp)
    F: FloatArray | None = None
    summary: Summary = "determinant"
    if criterion.kind == "A":
        F, summary = np.eye(len(kept))[None, counted], "mean"
    elif criterion.kind == "C":
        F, summary = _rates(kept, draws.beta[:, columns], criterion.per, is_constant[columns]), "mean"
    elif criterion.kind == "S":
        F, summary = _significance(kept, draws, counted, criterion.significance), "largest"
    coded = coded_services(coding, draws.beta, columns)
    return Part(coded, draws.weights, summary, nuisance, F, weight)


def _rates(names: list[str], beta: FloatArray, per: Sequence[str], is_constant: np.ndarray) -> FloatArray:
    """Return gradients (R, I, K) of all rates beta_k / beta_per; their variances are summed."""
    rows = []
    for name in per:
        if name not in names:
            raise DesignError(f"criterion, per: found {quoted(name)}; allowed: {listed(names, 40)}.")
        d = names.index(name)
        at = beta[:, d]
        if (at == 0).any() or ((at > 0).any() and (at < 0).any()):
            found = "zero" if (at == 0).any() else f"both signs, {at.min():.3g} to {at.max():.3g}"
            raise DesignError(
                f"criterion, per: the prior of {name} is {found}; allowed: a prior of one sign, such as a "
                "lognormal or uniform one, because rates divide by it."
            )
        for k in range(len(names)):
            if k != d and not is_constant[k]:
                f = np.zeros_like(beta)
                f[:, k] = 1 / at
                f[:, d] = -beta[:, k] / at**2
                rows.append(f)
    # the summary is a mean, the criterion a sum
    return np.asarray(np.stack(rows, axis=1) * np.sqrt(len(rows)))


def _significance(names: list[str], draws: Draws, counted: IntArray, significance: float) -> FloatArray:
    """Return rows z e_k / mean_k (1, I, K): their variances are respondents."""
    means = draws.mean
    known = [k for k in counted if means[names[k]] != 0]
    if not known:
        raise DesignError("criterion 'S': every prior mean is zero; allowed: a prior for some coefficient.")
    F = np.zeros((1, len(known), len(names)))
    for i, k in enumerate(known):
        F[0, i, k] = norm.isf(significance / 2) / means[names[k]]
    return F


def _candidates(rules: TaskRules) -> tuple[IntArray, ...]:
    """Return the candidate services of every alternative: a full factorial, or a fraction of it."""
    candidates = []
    for j, count in enumerate(rules.services.counts):
        sizes = rules.services.sizes[j]
        if count <= MOST_CANDIDATES:
            levels = fullfact([int(n) for n in sizes]).astype(np.intp)
            p = (levels * rules.services.strides[j]).sum(axis=1)
        else:
            p = _fraction(sizes, rules.services.strides[j])
        p = p[rules.allowed(j, p)]
        if not len(p):
            raise DesignError(
                "method 'fedorov': the restrictions allow no candidate service; allowed: another method."
            )
        candidates.append(p)
    return tuple(candidates)


def _fraction(sizes: IntArray, strides: IntArray) -> IntArray:
    """Return a fraction of a large full factorial: scrambled and spread evenly over its numbers."""
    rng = np.random.default_rng(0)
    columns = [rng.permutation(np.arange(MOST_CANDIDATES) % n) for n in sizes]
    return np.unique((np.stack(columns, axis=1) * strides).sum(axis=1))


def coarser(problem: Problem, draws: int) -> Problem:
    """Return the problem with at most so many draws: their mean if that is less than four."""
    if all(len(part.weights) <= draws for part in problem.objective.parts):
        return problem
    parts = []
    for part in problem.objective.parts:
        R = len(part.weights)
        if draws >= R:
            parts.append(part)
            continue
        if draws < 4:
            beta, weights = part.weights[None] @ part.coded.beta, np.ones(1)
            F = None if part.F is None else (part.F if len(part.F) == 1 else _middle(part, beta))
        else:
            chosen = np.random.default_rng(0).choice(R, draws, replace=False, p=part.weights)
            beta, weights = part.coded.beta[chosen], np.full(draws, 1 / draws)
            F = None if part.F is None else (part.F if len(part.F) == 1 else part.F[chosen])
        parts.append(replace(part, coded=replace(part.coded, beta=beta), weights=weights, F=F))
    return replace(problem, objective=Objective(tuple(parts)))


def _middle(part: Part, beta: FloatArray) -> FloatArray:
    """Return the combinations of the draw nearest to the mean."""
    assert part.F is not None
    nearest = int(np.argmin(((part.coded.beta - beta) ** 2).sum(axis=1)))
    return part.F[nearest : nearest + 1]


def utilities_of(study: Study, utilities: Mapping[str, float] | None) -> list[tuple[Study, float]]:
    """Return the study for each of some utilities, with their weights; the study's own comes first.

    Coefficients that the study has no prior for get zero.
    """
    if not utilities:
        return [(study, 1.0)]
    if not isinstance(utilities, Mapping):
        raise DesignError(f"utilities: found {quoted(utilities)}; allowed: formulas with weights.")
    found = []
    for formula, weight in utilities.items():
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 < weight < np.inf:
            raise DesignError(
                f"utilities, {formula!r}: found {quoted(weight)}; allowed: a weight above zero."
            )
        bare = replace(study, utility=formula, priors={})
        priors = {name: study.priors.get(name, Prior(0)) for name in bare.coefficients}
        found.append((replace(bare, priors=priors), float(weight)))
    return found
