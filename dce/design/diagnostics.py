"""What a reviewer asks of a design, as tables."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dce.design.criteria import covariances
from dce.design.criteria import s_estimates as s_estimates_of
from dce.design.criteria_table import db_error
from dce.design.draws import prior_draws
from dce.design.task_rules import task_rules
from dce.logit import BoolArray, FloatArray
from dce.table import WIDTH, Table, number

if TYPE_CHECKING:
    from dce.design.design import Design

LIKELY = 0.9
"""Choice probability above which a task tells little: one service is all but certain."""


def summary(design: Design) -> str:
    """Return the printed form of a design: its quality, then tables by attribute and coefficient."""
    lines = [textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in quality_lines(design)]
    return "\n".join([*lines, "", str(attribute_table(design)), "", str(coefficient_table(design))])


def quality_lines(design: Design) -> list[str]:
    """Return, a sentence each, what a design is and how good it is."""
    study = design.study
    sizes = np.bincount(design.task_blocks)[1:]
    sizes = sizes[sizes > 0]
    each = "" if len(sizes) == 1 else f" in {len(sizes)} blocks of {_span(sizes)}"
    J = len(study.alternative_names)
    priors = "at the prior means" if study.priors else "no priors given: all are zero"
    P = design.probabilities
    lines = [
        f"Design: {study.title}",
        f"{design.n_tasks} tasks of {J} alternatives{each}; {design.origin}",
        f"D-error {number(design.d_error, '.5g')} ({priors}; all {len(study.coefficients)} coefficients)",
        *_bayesian_line(design),
        f"Utility balance {utility_balance(P):.1%} (100%: all alternatives equally likely); "
        f"{int((P.max(axis=1) > LIKELY).sum())} tasks with a choice above {LIKELY:.0%}",
        _correlation_line(design),
        _balance_line(design),
        *_sample_size_lines(design),
    ]
    unused = [a.label for a in study.attributes if a.name not in study.coding.variables]
    if unused:
        lines.append(f"Not in the utility, and so not optimised: {', '.join(unused)}")
    if study.caution:
        lines.append(f"Caution: {study.caution}")
    if design.broken_rules:
        kinds = "; ".join(f"{kind}: {n}" for kind, n in design.broken_rules.items())
        lines.append(f"Broken rules: {kinds}")
    return lines


def _bayesian_line(design: Design) -> list[str]:
    if all(prior.is_fixed for prior in design.study.priors.values()):
        return []
    draws = prior_draws(design.study)
    value = number(db_error(design, draws), ".5g")
    return [f"DB-error {value} (D-error averaged over {draws.description} of the priors)"]


def _balance_line(design: Design) -> str:
    imbalance = level_imbalance(design)
    if imbalance == 0:
        return "Level balance: each level equally often within each alternative"
    return f"Level balance: counts of the levels of an attribute differ by at most {imbalance}"


def _span(sizes: np.ndarray) -> str:
    low, high = int(sizes.min()), int(sizes.max())
    return f"{low}" if low == high else f"{low} to {high}"


def level_counts(design: Design) -> pd.DataFrame:
    """Return how often each level is shown; one column per alternative."""
    study, L = design.study, design.levels
    rows: dict[tuple[str, str], list[float]] = {}
    for a, attribute in enumerate(study.attributes):
        for n, label in enumerate(attribute.labels):
            rows[attribute.label, label] = [
                float((L[:, j, a] == n).sum()) if design.coding.owned[j, a] else math.nan
                for j in range(L.shape[1])
            ]
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=list(study.alternative_names))
    frame.index = pd.MultiIndex.from_tuples(list(rows), names=["attribute", "level"])
    return frame.dropna(axis=1, how="all")


def level_imbalance(design: Design) -> int:
    """Return the largest difference between counts of two levels within an alternative."""
    groups = level_counts(design).groupby(level="attribute", sort=False)
    return int((groups.max() - groups.min()).max().max())


def overlap(design: Design) -> pd.Series[float]:
    """Return, per attribute, the share of tasks in which all alternatives show the same level."""
    shares = np.where(design.coding.owned.sum(axis=0) > 1, overlapping(design).mean(axis=0), np.nan)
    return pd.Series(shares, index=list(design.study.attribute_names))


def overlapping(design: Design) -> BoolArray:
    """Return whether all alternatives that have an attribute show the same level, shape (S, A).

    False for attributes that one alternative alone has.
    """
    owned, L = design.coding.owned, design.levels
    same = np.zeros((len(L), owned.shape[1]), dtype=bool)
    for a in np.flatnonzero(owned.sum(axis=0) > 1):
        own = L[:, owned[:, a], a]
        same[:, a] = (own == own[:, :1]).all(axis=1)
    return same


def dominated(design: Design) -> list[tuple[int, int, int]]:
    """Return (task, better, worse): numbers, from 0, of tasks, and of services that dominate others.

    One dominates another if they differ, and its level is preferred wherever they do, by what the
    study says of its attributes, or by the prior means. Services of labelled studies do not: their
    labels differ too. Constants do not count.
    """
    if design.study.labelled:
        return []
    rules = task_rules(design.coding, dominated=False)
    p = rules.services.pack(design.levels)
    return sorted(
        (int(s), i, j)
        for i, j in permutations(rules.shown, 2)
        for s in np.flatnonzero(rules.dominates(p, i, j))
    )


def task_balance(P: FloatArray) -> FloatArray:
    """Return the product of J P_j of each task, shape (...): 1 where all are equally likely.

    Kessels, Goos and Vandebroek (2006), Journal of Marketing Research 43:409.
    """
    return np.asarray(np.prod(P * P.shape[-1], axis=-1))


def utility_balance(P: FloatArray) -> float:
    """Return the mean over tasks of their balance."""
    return float(task_balance(P).mean())


def correlations(design: Design) -> pd.DataFrame:
    """Return correlations of the coded attributes within each alternative.

    One row per pair of coefficients: ``alternative``, ``first``, ``second``, ``correlation``. Two
    columns of one attribute are left out.
    """
    names, parts = design.study.coefficients, design.study.coding.parts
    rows: list[tuple[str, str, str, float]] = []
    if design.n_tasks < 2:
        return pd.DataFrame(rows, columns=["alternative", "first", "second", "correlation"])
    for j, alternative in enumerate(design.study.alternative_names):
        X = design.X[:, j]
        varies = np.ptp(X, axis=0) > 0
        with np.errstate(invalid="ignore", divide="ignore"):
            R = np.atleast_2d(np.corrcoef(X, rowvar=False))
        for k in range(len(names)):
            for i in range(k):
                if varies[i] and varies[k] and parts[i] != parts[k]:
                    rows.append((alternative, names[i], names[k], float(R[i, k])))
    return pd.DataFrame(rows, columns=["alternative", "first", "second", "correlation"])


def block_correlations(design: Design) -> pd.Series[float]:
    """Return, per attribute, its largest absolute correlation with belonging to a block."""
    largest = dict.fromkeys(design.study.attribute_names, 0.0)
    if len(design.blocks) == 1:
        return pd.Series(largest)
    for a, attribute in enumerate(design.study.attributes):
        for j in np.flatnonzero(design.coding.owned[:, a]):
            for n in range(len(attribute.levels)):
                shown = design.levels[:, j, a] == n
                for block in design.blocks:
                    r = _correlation(shown, design.task_blocks == block)
                    largest[attribute.name] = max(largest[attribute.name], abs(r))
    return pd.Series(largest)


def _correlation(a: np.ndarray, b: np.ndarray) -> float:
    if a.all() or not a.any() or b.all() or not b.any():
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def orme(design: Design) -> int:
    """Return the respondents that Orme's rule asks for, 500 c / (t a).

    Studies in blocks often ask for as many per block, as the reference study did.

    t is the number of tasks of the smallest block, c the number of levels of an attribute and a the
    number of alternatives that show it; the attribute that needs most counts. Orme (2010),
    Getting Started with Conjoint Analysis, 2nd ed., chapter 7.
    """
    shown = design.coding.owned.sum(axis=0)
    most = max(c / int(a) for c, a in zip(design.coding.sizes, shown, strict=True))
    return math.ceil(500 * most / int(np.bincount(design.task_blocks)[list(design.blocks)].min()))


def s_estimates(design: Design, level: float = 0.95) -> pd.Series[float]:
    """Return the respondents after which each coefficient differs significantly from zero.

    Respondents answer one block each. Infinite where the prior mean is zero. Rose and Bliemer
    (2013), Transportation 40:1021.
    """
    means = np.asarray(design.study.prior_means, dtype=np.float64)
    n = s_estimates_of(design.information / len(design.blocks), means, 1 - level)
    return pd.Series(np.ceil(n), index=list(design.study.coefficients))


def standard_errors(design: Design, respondents: float) -> pd.Series[float]:
    """Return the expected standard errors after so many respondents, each with one block."""
    variance = np.diag(covariances(design.information)) * len(design.blocks)
    return pd.Series(np.sqrt(variance / respondents), index=list(design.study.coefficients))


def _sample_size_lines(design: Design) -> list[str]:
    n, blocks = orme(design), len(design.blocks)
    of_blocks = f"; {n * blocks:,d} if each of the {blocks} blocks is to meet it" if blocks > 1 else ""
    lines = [f"Sample size, Orme's rule 500 c / (t a): {n:,d} respondents{of_blocks}"]
    s = s_estimates(design)
    of_attributes = np.array([not str(name).startswith("constant[") for name in s.index])
    known = s[np.isfinite(s) & of_attributes]
    if known.empty:
        return [*lines, "Sample size, S-estimate: needs priors other than zero"]
    largest = str(known.idxmax())
    zero = [design.study.label(str(name)) for name in s.index[~np.isfinite(s)]]
    lines.append(
        f"Sample size, S-estimate: {int(known.max()):,d} respondents; most are needed for "
        f"{design.study.label(largest)} (constants not counted; all are listed below)"
    )
    return lines + ([f"No S-estimate, because the prior is zero: {', '.join(zero)}"] if zero else [])


def _correlation_line(design: Design) -> str:
    table = correlations(design)
    if table.empty:
        return "Correlation: no two attributes vary within an alternative"
    row = table.iloc[int(table["correlation"].abs().to_numpy().argmax())]
    return (
        f"Largest correlation within an alternative {row['correlation']:.2f} "
        f"({row['first']} with {row['second']}, {row['alternative']})"
    )


def attribute_table(design: Design) -> Table:
    """Return, per attribute, counts of its levels, overlap and correlation with the block."""
    study = design.study
    counts = level_counts(design)
    data: dict[str, Sequence[object]] = {}
    for name in counts.columns:
        data[str(name)] = [
            _counts(counts.xs(attribute.label, level="attribute")[name]) for attribute in study.attributes
        ]
    data["overlap"] = overlap(design).tolist()
    if len(design.blocks) > 1:
        data["block r"] = block_correlations(design).tolist()
    index = pd.Index([attribute.label for attribute in study.attributes], name="")
    notes = [
        "How often each level is shown, in the order of the study; overlap: share of tasks in "
        "which all alternatives show the same level"
        + ("; block r: largest correlation of a level with a block." if len(design.blocks) > 1 else ".")
    ]
    return Table(
        "Attributes",
        pd.DataFrame(data, index=index),
        {"overlap": ".0%", "block r": ".2f"},
        tuple(notes),
    )


def _counts(column: pd.Series) -> str:
    return " ".join(f"{n:.0f}" for n in column.dropna()) or "–"


def coefficient_table(design: Design) -> Table:
    """Return, per coefficient, its prior, the error that 100 respondents leave, and the S-estimate."""
    study = design.study
    frame = pd.DataFrame(
        {
            "prior": study.prior_means.to_numpy(),
            "s.e., N = 100": standard_errors(design, 100).to_numpy(),
            "S-estimate": s_estimates(design).to_numpy(),
        },
        index=pd.Index([study.label(name) for name in study.coefficients], name=""),
    )
    notes = (
        "s.e., N = 100: expected standard error after 100 respondents, each with one block; S-estimate: "
        "respondents after which the coefficient is expected to differ from zero at 5%, if the prior "
        "is right (half of such studies find it).",
    )
    formats = {"prior": "4", "s.e., N = 100": "4", "S-estimate": ",.0f"}
    return Table("Coefficients", frame, formats, notes)
