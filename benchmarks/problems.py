"""The problems of the design benchmark, and a D-error that owes nothing to dce.

A problem says what a study is, attribute by attribute, and what others have reached. From the same
words it makes the :class:`dce.Study` that dce searches, and, by a coding written out here, the array X
with which every D-error of the benchmark is computed anew from the levels that a design shows.

Notation
--------
S tasks, J alternatives (the opt-out last), K coefficients, R draws of the prior. X has shape (S, J, K).
D-error: the mean over draws of det(sum_s X_s'(diag p_s - p_s p_s')X_s)^(-1/K), for one respondent who
answers all tasks; constants count as coefficients.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations, product
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from dce import Alternative, Attribute, DesignSettings, Study

FloatArray = npt.NDArray[np.float64]
Level = float | str


@dataclass(frozen=True)
class Factor:
    """An attribute and its part of utility.

    The dummies of a factor compare with its first level; effects coding gives its last level -1. With
    ``each`` every alternative has coefficients of its own; the prior then runs through the alternatives.
    """

    name: str
    levels: tuple[Level, ...]
    coding: Literal["linear", "dummy", "effects"]
    prior: tuple[float, ...]
    sd: tuple[float, ...] = ()
    alternatives: tuple[str, ...] = ()
    each: bool = False

    def code(self, values: npt.NDArray[np.object_], J: int) -> FloatArray:
        """Return the columns (S, J, k) of the levels shown, (S, J); None where there is none."""
        if self.coding == "linear":
            columns = np.where(values == None, 0.0, values).astype(float)[..., None]  # noqa: E711
        elif self.coding == "dummy":
            columns = np.stack([values == level for level in self.levels[1:]], axis=-1).astype(float)
        else:
            last = (values == self.levels[-1])[..., None]
            columns = np.stack([values == level for level in self.levels[:-1]], axis=-1) - 1.0 * last
        if not self.each:
            return columns
        owned = [j for j in range(J) if (values[:, j] != None).all()]  # noqa: E711
        own = np.zeros((*values.shape, len(owned)))
        for k, j in enumerate(owned):
            own[:, j, k] = columns[:, j, 0]
        return own

    @property
    def coefficients(self) -> tuple[str, ...]:
        """What dce calls its coefficients."""
        if self.each:
            return tuple(f"{self.name}:alternative[{alternative}]" for alternative in self.alternatives)
        if self.coding == "linear":
            return (self.name,)
        return tuple(
            f"{self.name}[{x}]" for x in (self.levels[1:] if self.coding == "dummy" else self.levels[:-1])
        )

    @property
    def term(self) -> str:
        """Its term in dce's formula of utility."""
        if self.coding == "effects":
            return f"C({self.name}, contr.sum)"
        return f"{self.name}:alternative" if self.each else self.name


@dataclass(frozen=True)
class Problem:
    """A design to be searched, and what is known about it.

    Attributes
    ----------
    name, title, source : str
    factors : tuple of Factor
    tasks, blocks : int
    alternatives : tuple of str
    constants : mapping of alternative to (mean, sd) of its constant
    opt_out : str, or empty
    balanced : bool
        Whether each level has to occur equally often in each alternative, counts within one.
    repeated : bool
        Whether a task may occur twice, also with its services in another order.
    draws : array (R, K), or None
        Saved draws of the prior, in the order of ``coefficients``. None: one draw, the means.
    at_most : mapping of seconds to D-error
        What issue 3 asks of dce, from a cold start.
    seconds : tuple of float
        How long dce searches where nothing is asked.
    random : bool
        Whether to compare with random level-balanced designs.
    best : float, or None
        The lowest D-error known here.
    bound : float, or None
        A D-error that no design can be below.
    published : mapping of where to D-error
    """

    name: str
    title: str
    source: str
    factors: tuple[Factor, ...]
    tasks: int
    alternatives: tuple[str, ...] = ("1", "2")
    constants: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    opt_out: str = ""
    balanced: bool = False
    blocks: int = 1
    repeated: bool = False
    restrictions: tuple[str, ...] = ()
    draws: FloatArray | None = None
    at_most: Mapping[float, float] = field(default_factory=dict)
    seconds: tuple[float, ...] = (10,)
    random: bool = False
    best: float | None = None
    bound: float | None = None
    published: Mapping[str, float] = field(default_factory=dict)

    @property
    def all_alternatives(self) -> tuple[str, ...]:
        """The alternatives, the opt-out last."""
        return (*self.alternatives, *([self.opt_out] if self.opt_out else []))

    @property
    def coefficients(self) -> tuple[str, ...]:
        """What dce calls the coefficients, in the order of X here: constants, then factors."""
        constants = (f"constant[{alternative}]" for alternative in self.constants)
        return (*constants, *(name for factor in self.factors for name in factor.coefficients))

    @property
    def means(self) -> FloatArray:
        """Prior means, (K,)."""
        constants = [mean for mean, _ in self.constants.values()]
        return np.array([*constants, *(b for factor in self.factors for b in factor.prior)], dtype=float)

    @property
    def sds(self) -> FloatArray:
        """Prior standard deviations, (K,)."""
        constants = [sd for _, sd in self.constants.values()]
        sds = [factor.sd or (0.0,) * len(factor.prior) for factor in self.factors]
        return np.array([*constants, *(sd for each in sds for sd in each)], dtype=float)

    @property
    def betas(self) -> FloatArray:
        """The draws over which the D-error is averaged, (R, K)."""
        return self.means[None] if self.draws is None else self.draws

    @property
    def is_simple(self) -> bool:
        """Whether every alternative has every attribute, with the same coefficient, and no opt-out."""
        return not (self.opt_out or self.restrictions or any(f.alternatives for f in self.factors))

    def study(self) -> Study:
        """Return the study that dce searches, with the prior means; saved draws are handed over apart."""
        study = Study(
            self.title,
            [Attribute(f.name, f.levels, alternatives=f.alternatives) for f in self.factors],
            [Alternative(name, constant=name in self.constants) for name in self.alternatives],
            labelled=any(f.alternatives for f in self.factors),
            opt_out=Alternative(self.opt_out, constant=self.opt_out in self.constants)
            if self.opt_out
            else None,
            utility=" + ".join(factor.term for factor in self.factors),
            priors=dict(zip(self.coefficients, self.means.tolist(), strict=True)),
            restrictions=self.restrictions,
            design=DesignSettings(
                self.tasks, self.blocks, seed=1, level_balance=self.balanced, repeated=self.repeated
            ),
        )
        assert set(study.coefficients) == set(self.coefficients), (study.coefficients, self.coefficients)
        return study

    def draws_frame(self) -> pd.DataFrame | None:
        """Return the saved draws, a column per coefficient in the order of the study."""
        if self.draws is None:
            return None
        order = list(self.study().coefficients)
        return pd.DataFrame(self.draws, columns=list(self.coefficients))[order]

    def shown(self, frame: pd.DataFrame) -> dict[str, npt.NDArray[np.object_]]:
        """Return the levels that a long frame shows, each (S, J); None where there is none."""
        rank = {name: j for j, name in enumerate(self.all_alternatives)}
        frame = frame.assign(rank=frame["alternative"].map(rank)).sort_values(["task", "rank"])
        levels = {}
        for f in self.factors:
            column = frame[f.name].astype(object).where(frame[f.name].notna(), None)
            levels[f.name] = column.to_numpy().reshape(-1, len(rank))
        return levels

    def code(self, shown: Mapping[str, npt.ArrayLike]) -> FloatArray:
        """Return X, (S, J, K), of the levels shown, each (S, J)."""
        arrays = {name: np.asarray(values, dtype=object) for name, values in shown.items()}
        S, J = arrays[self.factors[0].name].shape
        assert len(self.all_alternatives) == J, "an alternative is missing"
        constants = [np.tile(np.eye(J)[self.all_alternatives.index(name)], (S, 1)) for name in self.constants]
        return np.concatenate(
            [
                *(column[..., None] for column in constants),
                *(f.code(arrays[f.name], J) for f in self.factors),
            ],
            axis=-1,
        )

    def d_error(self, shown: Mapping[str, npt.ArrayLike]) -> float:
        """Return the D-error of the levels shown, each (S, J), after a check of what is shown."""
        self.check(shown)
        return d_error(self.code(shown), self.betas)

    def check(self, shown: Mapping[str, npt.ArrayLike]) -> None:
        """Refuse levels or a balance that the problem does not allow."""
        for f in self.factors:
            values = np.asarray(shown[f.name], dtype=object)
            assert values.shape == (self.tasks, len(self.all_alternatives)), f"{f.name}: {values.shape}"
            for j, alternative in enumerate(self.all_alternatives):
                owns = alternative in (f.alternatives or self.alternatives)
                if not owns:
                    assert all(x is None for x in values[:, j]), f"{f.name}: {alternative} has none"
                    continue
                counts = [(values[:, j] == level).sum() for level in f.levels]
                assert sum(counts) == self.tasks, f"{f.name}, {alternative}: unknown levels"
                if self.balanced:
                    assert np.ptp(counts) <= 1, f"{f.name}, {alternative}: not balanced: {counts}"


def d_error(X: FloatArray, betas: FloatArray) -> float:
    """Return the mean over draws (R, K) of det(information)^(-1/K) of a design X, (S, J, K)."""
    K = X.shape[-1]
    errors = []
    for beta in np.atleast_2d(betas):
        V = X @ beta
        p = np.exp(V - V.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        C = p[:, :, None] * np.eye(X.shape[1]) - p[:, :, None] * p[:, None, :]
        information = (X.swapaxes(1, 2) @ C @ X).sum(axis=0)
        sign, log = np.linalg.slogdet(information)
        errors.append(np.exp(-log / K) if sign > 0 else np.inf)
    return float(np.mean(errors))


def random_balanced(problem: Problem, rng: np.random.Generator) -> dict[str, npt.NDArray[np.object_]]:
    """Return the levels of a random level-balanced design: every column shuffled alone."""
    shown = {}
    for f in problem.factors:
        values = np.full((problem.tasks, len(problem.all_alternatives)), None, dtype=object)
        for j, alternative in enumerate(problem.alternatives):
            if alternative in (f.alternatives or problem.alternatives):
                levels = rng.permutation(len(f.levels))[np.arange(problem.tasks) % len(f.levels)]
                values[:, j] = [f.levels[x] for x in rng.permutation(levels)]
        shown[f.name] = values
    return shown


def normal_draws(problem: Problem, draws: int, seed: int) -> FloatArray:
    """Return independent normal draws of the prior, (R, K)."""
    z = np.random.default_rng(seed).standard_normal((draws, len(problem.means)))
    return problem.means + z * problem.sds


# Problem 1 of issue 3, "Must show". The numbers found elsewhere are those of the issue.


def _seven_attributes() -> list[Problem]:
    free = Problem(
        name="seven-free",
        title="Problem 1, levels free",
        source="issue 3, must show 1",
        factors=(
            Factor("clinician", ("support worker", "physiotherapist"), "dummy", (0.6,)),
            Factor("continuity", ("different clinician", "same clinician"), "dummy", (1.0,)),
            Factor("parking", ("limited", "ample"), "dummy", (0.3,)),
            Factor("mode", ("class", "one-to-one", "with equipment"), "dummy", (0.6, 0.6)),
            Factor("wait", (2, 4, 8, 12), "linear", (-0.08,)),
            Factor("distance", (2, 6, 10, 16), "linear", (-0.09,)),
            Factor("sessions", (2, 4, 6, 8), "linear", (0.03,)),
        ),
        tasks=16,
        constants={"1": (0.0, 0.0)},
        at_most={5: 0.0844, 60: 0.0840},
        best=0.08395,
        bound=0.08286,
        published={
            "compiled local search, 280 s": 0.08395,
            "idefix CEA, 120 starts, 127 s": 0.08476,
            "idefix CEA, 12 starts, 6 to 19 s": 0.08535,
            "idefix Modfed, 1 start, 33 s": 0.08641,
            "cbcTools modfed": 0.0945,
            "pyDOE3, Fedorov types": 0.115,
            "spdesign": 0.143,
        },
    )
    balanced = replace(
        free,
        name="seven-balanced",
        title="Problem 1, level-balanced",
        balanced=True,
        at_most={5: 0.0972, 60: 0.0969},
        best=0.09662,
        bound=0.09553,
        published={"compiled local search, 136 s": 0.09685, "choicedesign, 60 s": 0.0987},
    )
    return [free, balanced]


# Huber and Zwerina (1996), Journal of Marketing Research 33:307-317. Attributes/levels/tasks/alternatives;
# part-worths equally spaced from -k to k. Published: as issue 3 quotes them. Best: the lowest that
# simulated annealing, idefix or dce found in a minute or so; no bound but for k = 0, see zero_bound.
#
# The lowest of 3^3/9/3 with k > 0 show one task twice, its services in another order. Without repeats
# annealing from every start ends at DISTINCT, and 0.28104 is above the published 0.280.

_SPACING = (0.0, 0.75, 1.0, 1.25)
_HUBER_ZWERINA = {
    (3, 3, 9, 3): ((0.259, 0.280, 0.311), (0.19245009, 0.25327611, 0.27842051, 0.30323434)),
    (4, 3, 15, 2): ((0.231, 0.253, 0.265), (0.15396007, 0.20872, 0.22365184, 0.23726438)),
    (4, 4, 16, 4): ((0.188, 0.198, 0.208), (0.15749013, 0.18675680, 0.19555629, 0.20297466)),
}
DISTINCT = {0.75: 0.25462972, 1.0: 0.28104407, 1.25: 0.30326512}


def _huber_zwerina() -> list[Problem]:
    source = "Huber and Zwerina (1996)"
    made = []
    for (attributes, levels, tasks, J), (published, best) in _HUBER_ZWERINA.items():
        for n, k in enumerate(_SPACING):
            known = {source: published[n - 1]} if k else {}
            name = f"hz-{levels}^{attributes}-{tasks}-{J}-k{k:g}"
            problem = effects_problem(name, source, [levels] * attributes, tasks, J, k, known)
            if J == levels == 3 and k:
                problem = replace(problem, published=known | {"lowest without repeated tasks": DISTINCT[k]})
            if not k and (attributes, levels) != (4, 3):
                problem = replace(problem, at_most={10: problem.bound * (1 + 1e-9)})
            made.append(replace(problem, best=best[n], repeated=True))
    return made


def effects_problem(
    name: str,
    source: str,
    sizes: Sequence[int],
    tasks: int,
    J: int,
    k: float = 0.0,
    published: Mapping[str, float] | None = None,
) -> Problem:
    """Return a generic problem with effects coding and part-worths from -k to k in each attribute."""
    factors = tuple(
        Factor(
            f"a{n}",
            tuple(f"l{x}" for x in range(1, size + 1)),
            "effects",
            tuple(np.linspace(-k, k, size)[:-1].tolist()),
        )
        for n, size in enumerate(sizes, 1)
    )
    at_most = {10: min(published.values())} if published else {}
    bound = zero_bound(sizes, tasks, J) if k == 0 else None
    names = tuple(str(j) for j in range(1, J + 1))
    title = f"{source}: {'x'.join(map(str, sizes))}, {tasks} tasks of {J}, k = {k:g}"
    return Problem(
        name, title, source, factors, tasks, names, at_most=at_most, bound=bound, published=published or {}
    )


def zero_bound(sizes: Sequence[int], tasks: int, J: int) -> float:
    """Return the lowest D-error, effects coding, that main effects can have where all priors are zero.

    With orthonormal contrasts an attribute's information is at most the multiple
    2 S n / (J^2 (l - 1)) of the identity, n being the most pairs of a task that can differ in an
    attribute of l levels; effects coding multiplies the determinant by l. Burgess and Street (2005),
    Journal of Statistical Planning and Inference 134:288, theorem 2.
    """
    log = 0.0
    for size in sizes:
        counts = np.bincount(np.arange(J) % size)
        pairs = (J**2 - (counts**2).sum()) / 2
        log += np.log(size) + (size - 1) * np.log(2 * tasks * pairs / (J**2 * (size - 1)))
    return float(np.exp(-log / sum(size - 1 for size in sizes)))


# Street and Burgess type optima: where the bound is reached, nothing is better.


def _street_burgess() -> list[Problem]:
    source = "Street, Burgess and Louviere (2005)"  # Int. J. of Research in Marketing 22:459-470
    pairs = effects_problem("sb-2^6-8-2", source, [2] * 6, 8, 2)
    triples = effects_problem("sb-2^2.4^2-16-3", source, [2, 2, 4, 4], 16, 3)
    return [replace(p, at_most={10: p.bound * (1 + 1e-9)}, best=p.bound) for p in (pairs, triples) if p.bound]


# Bayesian, with saved draws.

# idefix 1.0.3, manual, example of Modfed (Traets, Sanchez and Vandebroek 2020, Journal of Statistical
# Software 96(3)): three attributes of three levels, all dummy-coded, 8 tasks of 2, a constant on
# alternative 1; in R 4.2.2, set.seed(123); MASS::mvrnorm(10, c(.5, .8, .2, -.3, -1.2, 1.6, 2.2), diag(7)).
# Columns: constant, then the attributes.
IDEFIX_DRAWS = np.fromstring(
    """
    0.8796394827598821298 1.05331851399475473 -0.4947069789205126855 0.12646422147681358
    -2.267823705986844907 2.82408179743946164 1.63952435344778769
    -0.0023234531093022648 0.77145324465129705 -0.0079172780195987669 -0.59507148299227119
    -1.417974914658295171 1.95981382705736396 1.96982251051672019
    0.1667926163305799014 0.75712954270868393 -1.0653963515682645102 0.59512566104502218
    -2.226004448307239869 2.00077145059405215 3.75870831414912399
    -0.5185753831070887276 2.16860228401445765 2.3689559653385128257 0.57813348753304217
    -1.928891229291140208 1.71068271594511989 2.27050839142457628
    -0.5717912264755777851 0.57422901434073248 1.4079619983049904697 0.52158108163748707
    -1.825039267849256630 1.04415886524592505 2.32928773516094623
    0.8035286414042580594 2.31647060442954000 -0.9231085832033492089 0.38864025410009101
    -2.886693310742413310 3.38691313680307804 3.91506498688328097
    0.9482097786294261255 -0.74875280423022117 -0.2028848352990759718 0.25391765353758883
    -0.362212955505475276 2.09785047822923953 2.66091620598920242
    0.5530042267305042003 1.38461374963606909 -0.2666553536232188493 -0.36191171057672167
    -1.046626882163484762 -0.36661715662963812 0.93493876539346621
    1.4222674678797375680 0.92385424384461379 0.9799651183363178308 -0.60596266373991670
    -2.338136937011947580 2.30135590156368552 1.51314714810647422
    2.5500846856271444096 1.01594156874397279 0.1166309335281707354 -0.68047100101238267
    0.053814921069926802 1.12720859227206605 1.75433802990004217
    """,
    sep=" ",
).reshape(10, 7)


def _bayesian() -> list[Problem]:
    one = (1.0, 1.0)
    three = ("1", "2", "3")
    idefix = Problem(
        name="idefix-3^3",
        title="idefix: 3x3x3, 8 tasks of 2, a constant, 10 saved draws",
        source="Traets, Sanchez and Vandebroek (2020), J. Stat. Software 96(3); manual of idefix, Modfed",
        factors=(
            Factor("a1", three, "dummy", (0.8, 0.2), one),
            Factor("a2", three, "dummy", (-0.3, -1.2), one),
            Factor("a3", three, "dummy", (1.6, 2.2), one),
        ),
        tasks=8,
        constants={"1": (0.5, 1.0)},
        draws=IDEFIX_DRAWS,
        at_most={10: 1.84},
        best=1.83489289,
        published={"idefix Modfed": 1.9293},
    )
    # Fixed priors, dummy coding, price linear; the page's D-error is that of one respondent's 6 tasks.
    # Between two builds of the page the one start of CEA gave 1.009140 and 1.043690.
    apple = Problem(
        name="cbctools-apple",
        title="cbcTools: apples, 6 tasks of 2",
        source="cbcTools, vignette Generating Designs, cbc_compare (jhelvy.github.io/cbcTools)",
        factors=(
            Factor("price", (1, 1.5, 2, 2.5, 3), "linear", (-0.25,)),
            Factor("type", ("Fuji", "Gala", "Honeycrisp"), "dummy", (0.5, 1.0)),
            Factor("freshness", ("Poor", "Average", "Excellent"), "dummy", (0.6, 1.2)),
        ),
        tasks=6,
        at_most={10: 1.010},
        best=1.00913958,
        published={
            "cbcTools modfed": 1.023292,
            "cbcTools CEA": 1.009140,
            "cbcTools stochastic": 1.485359,
        },
    )
    return [idefix, apple]


# The notebooks of choicedesign (github.com/ighdez/choicedesign, examples/). Its columns are shuffled
# from counts as equal as the number of tasks allows, so the problems are level-balanced; 60 s each.


def _choicedesign() -> list[Problem]:
    where = "choicedesign, examples/d_efficient_rum_{}.ipynb"
    A, C, D = (1, 2, 3), (0, 3, 5), (0, 1, 2)
    three = ("1", "2", "3")
    dummy = Problem(
        name="choicedesign-dummy",
        title="choicedesign: two dummy-coded and two linear attributes",
        source=where.format("dummy"),
        factors=(
            Factor("A", three, "dummy", (-0.1, -0.4)),
            Factor("B", three, "dummy", (-0.02, -0.01)),
            Factor("c", C, "linear", (0.1,)),
            Factor("d", D, "linear", (0.15,)),
        ),
        tasks=16,
        balanced=True,
        best=0.20343,
        published={"choicedesign": 0.206886},
    )
    simple = replace(
        dummy,
        name="choicedesign-simple",
        title="choicedesign: four linear attributes",
        source=where.format("simple"),
        factors=(
            Factor("A", A, "linear", (-0.1,)),
            Factor("B", (10, 15, 15.5), "linear", (-0.02,)),
            *dummy.factors[2:],
        ),
        best=0.03625,
        published={"choicedesign": 0.037141},
    )
    avail = replace(
        simple,
        name="choicedesign-avail",
        title="choicedesign: an attribute that one alternative lacks",
        source=where.format("avail"),
        factors=(*simple.factors[:2], replace(simple.factors[2], alternatives=("1",)), simple.factors[3]),
        best=0.03891,
        published={"choicedesign": 0.041171},
    )
    return [dummy, simple, avail]


# dce's own: the studies in designs/, written out by hand, with priors from there.


def _own() -> list[Problem]:
    physiotherapy = Problem(
        name="physiotherapy",
        title="Physiotherapy study, level-balanced",
        source="designs/physiotherapy; Sarigiovannis et al. (2024), BMC Health Services Research 24:1095",
        factors=(
            Factor("clinician", ("physiotherapist", "support worker"), "dummy", (-0.4455,)),
            Factor("wait", (2, 4, 6, 8), "linear", (-0.0615,)),
            Factor("continuity", ("same clinician", "different clinician"), "dummy", (-0.7865,)),
            Factor("sessions", (2, 4, 6, 8), "linear", (0.0295,)),
            Factor(
                "mode",
                ("one-to-one", "one-to-one with equipment", "exercise class"),
                "dummy",
                (0.0215, -0.4655),
            ),
            Factor("distance", (2, 4, 8, 16), "linear", (-0.07586,)),
            Factor("parking", ("ample", "limited"), "dummy", (-0.2328,)),
        ),
        tasks=16,
        blocks=2,
        constants={"2": (0.0195, 0.0)},
        balanced=True,
        best=0.10365,
    )
    peers = Problem(
        name="peer-support",
        title="Peer support: opt-out, restrictions, level-balanced, at the means",
        source="designs/peer-support; priors from judgement",
        factors=(
            Factor(
                "provider",
                ("mental health professional", "peer support worker", "both together"),
                "dummy",
                (0.25, 0.4),
                (0.2, 0.2),
            ),
            Factor(
                "format",
                ("one-to-one in person", "one-to-one online", "group in person", "group online"),
                "dummy",
                (-0.35, -0.45, -0.75),
                (0.15, 0.25, 0.25),
            ),
            Factor("sessions", (4, 8, 12, 16), "linear", (0.05,), (0.02,)),
            Factor("wait", (1, 4, 8, 12), "linear", (-0.08,), (0.02,)),
            Factor(
                "matching",
                ("next available", "shared experience", "you choose"),
                "dummy",
                (0.35, 0.35),
                (0.15, 0.2),
            ),
            Factor("training", ("no", "yes"), "dummy", (0.4,)),
            Factor(
                "continuity", ("nothing further", "drop-in group", "named contact"), "dummy", (0.25, 0.45)
            ),
        ),
        tasks=24,
        blocks=3,
        constants={"2": (0.0, 0.0), "neither": (-0.2, 0.4)},
        opt_out="neither",
        balanced=True,
        restrictions=(
            'not (format in ["group in person", "group online"] and matching == "you choose")',
            'not (provider == "mental health professional" and matching == "shared experience")',
        ),
        best=0.19645,
    )
    bayesian = replace(
        peers,
        best=None,
        name="peer-support-bayes",
        title="Peer support: the same, 200 draws, free",
        balanced=False,
    )
    bayesian = replace(bayesian, draws=normal_draws(bayesian, 200, seed=1))
    kinds = ("peers", "employer", "external")
    staff = Problem(
        name="staff-support",
        title="Staff support: labelled, opt-out, level-balanced, at the means",
        source="designs/staff-support; priors from judgement",
        factors=(
            Factor(
                "wait",
                (2, 7, 14, 28),
                "linear",
                (-0.04, -0.02, -0.03),
                (0.015, 0.01, 0.01),
                alternatives=kinds,
                each=True,
            ),
            Factor("when", ("working hours", "own time"), "dummy", (-0.6,), (0.2,)),
            Factor("privacy", ("nothing", "taking part"), "dummy", (-0.5,), (0.2,)),
            Factor("profession", ("same", "another"), "dummy", (-0.3,), (0.2,), ("peers",)),
            Factor("workplace", ("same", "another"), "dummy", (0.25,), (0.25,), ("peers",)),
            Factor(
                "event",
                ("one-hour session", "half day", "whole day"),
                "dummy",
                (0.3, 0.4),
                (0.2, 0.25),
                ("employer",),
            ),
            Factor("meals", ("none", "free"), "dummy", (0.3,), alternatives=("employer",)),
            Factor("parking", ("paid", "free"), "dummy", (0.3,), alternatives=("employer",)),
            Factor("sessions", (2, 4, 6, 8), "linear", (0.1,), alternatives=("external",)),
            Factor("delivery", ("in person", "video call"), "dummy", (-0.3,), (0.2,), ("external",)),
        ),
        tasks=24,
        blocks=3,
        alternatives=kinds,
        constants={"peers": (1.2, 0.4), "employer": (0.5, 0.4), "external": (0.8, 0.4)},
        opt_out="none",
        balanced=True,
        restrictions=('not (event == "one-hour session" and meals == "free")',),
        best=0.17519,
    )
    return [physiotherapy, peers, bayesian, staff]


# Problem 6 of "Must show": 10 attributes x 5 levels. Part-worths rise in equal steps from 0, by a total
# of 0.2, 0.4 ... 2.0 over the attributes, each with a standard deviation of a quarter of that total.


def _scale() -> list[Problem]:
    levels = ("l1", "l2", "l3", "l4", "l5")
    most = np.linspace(0.2, 2.0, 10)
    dummies = tuple(
        Factor(f"a{n}", levels, "dummy", tuple((m * np.arange(1, 5) / 4).tolist()), (float(m) / 4,) * 4)
        for n, m in enumerate(most, 1)
    )
    mixed = tuple(
        f if n % 2 else Factor(f.name, (0, 1, 2, 3, 4), "linear", (f.prior[0],), (f.sd[0] / 4,))
        for n, f in enumerate(dummies, 1)
    )
    made = [
        Problem(
            name=name,
            title=f"Scale: 10 attributes x 5 levels ({what}), 60 tasks of 4 in 6 blocks, 250 draws",
            source="issue 3, must show 6; priors of our own",
            factors=factors,
            tasks=60,
            blocks=6,
            alternatives=("1", "2", "3", "4"),
            balanced=True,
            seconds=(100,),
            random=True,
        )
        for name, what, factors in (
            ("scale", "40 dummies", dummies),
            ("scale-mixed", "20 dummies, 5 linear", mixed),
        )
    ]
    return [replace(problem, draws=normal_draws(problem, 250, seed=1)) for problem in made]


PROBLEMS = {
    problem.name: problem
    for problem in (
        *_seven_attributes(),
        *_huber_zwerina(),
        *_street_burgess(),
        *_bayesian(),
        *_choicedesign(),
        *_own(),
        *_scale(),
    )
}
"""All problems, by name."""


def shifted_array(sizes: int = 3) -> dict[str, npt.NDArray[np.object_]]:
    """Return Huber and Zwerina's L9 design: three columns of L9, alternatives shifted by 1 and 2."""
    a, b = np.divmod(np.arange(sizes**2), sizes)
    columns = np.stack([a, b, (a + b) % sizes], axis=-1)
    levels = np.array([f"l{x}" for x in range(1, sizes + 1)], dtype=object)
    return {f"a{n}": levels[(columns[:, [n - 1]] + np.arange(3)) % sizes] for n in (1, 2, 3)}


def relabelled() -> list[dict[str, npt.NDArray[np.object_]]]:
    """Return the 216 designs that permuting the levels of each attribute makes of the L9 design."""
    shown = shifted_array()
    names = ("l1", "l2", "l3")
    maps = [dict(zip(names, order, strict=True)) for order in permutations(names)]
    return [
        {
            name: np.array([[to[x] for x in row] for row in values], dtype=object)
            for (name, values), to in zip(shown.items(), each, strict=True)
        }
        for each in product(maps, repeat=3)
    ]
