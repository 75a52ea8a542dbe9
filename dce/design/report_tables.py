"""The tables of a design's report: what each attribute, level, task and coefficient gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import norm

from dce.design.correlation import BETWEEN, WITH_BLOCK, WITHIN, correlation_pairs, largest
from dce.design.criteria import covariances, s_estimates
from dce.design.diagnostics import (
    block_correlations,
    dominated,
    level_counts,
    orme,
    overlap,
    overlapping,
    standard_errors,
    task_balance,
)
from dce.design.task_rules import better_levels
from dce.table import Table

if TYPE_CHECKING:
    from dce.design.design import Design

NARROW = 16
"""Characters of all alternatives' labels together that fit above their columns, about."""
MOST_BLOCKS = 6
"""Blocks that have a column each."""
MOST_COLUMNS = 4
"""Alternatives and blocks whose columns are headed by a word."""
SHOWN = 5
"""Largest correlations of each kind that are shown."""


def information_table(design: Design) -> Table:
    """Return, per coefficient, its information and what correlation with others takes of it."""
    M = design.information / len(design.blocks)
    information = np.diag(M)
    frame = pd.DataFrame(
        {
            "information": information,
            "lost": 1 - 1 / (information * np.diag(covariances(M))),
            "s.e., N = 100": standard_errors(design, 100).to_numpy(),
        },
        index=_coefficients(design),
    )
    notes = (
        "Information: of one respondent with one block, at the prior means. Lost: the share that goes into "
        "telling the coefficient apart from all others. s.e.: expected after 100 respondents.",
    )
    formats = {"information": "4", "lost": ".1%", "s.e., N = 100": "4"}
    return Table("Information by coefficient", frame, formats, notes)


def sample_size_table(design: Design, significance: float, power: float) -> Table:
    """Return, per coefficient, the respondents that it needs, if its prior is right."""
    means = np.asarray(design.study.prior_means, dtype=np.float64)
    s = s_estimates(design.information / len(design.blocks), means, significance)
    factor = (norm.isf(significance / 2) + norm.ppf(power)) ** 2 / norm.isf(significance / 2) ** 2
    known = np.isfinite(s)
    frame = pd.DataFrame(
        {
            "prior": means,
            "S-estimate": np.where(known, np.ceil(np.where(known, s, 0)), np.nan),
            f"for {power:.0%} power": np.where(known, np.ceil(np.where(known, s * factor, 0)), np.nan),
        },
        index=_coefficients(design),
    )
    n, blocks = orme(design), len(design.blocks)
    each = f", {n * blocks:,d} if each of the {blocks} blocks is to meet it" if blocks > 1 else ""
    notes = [
        f"S-estimate: respondents, with one block each, after which the coefficient is expected to be "
        f"significant at {significance:g}, if its prior is right: half of such studies find it. For "
        f"{power:.0%} power: respondents after which {power:.0%} do.",
        f"Orme's rule of thumb, 500 c / (t a), asks for {n:,d} respondents{each}.",
    ]
    if not known.all():
        notes.append("Empty where the prior is zero.")
    formats = {"prior": "4", "S-estimate": ",.0f", f"for {power:.0%} power": ",.0f"}
    return Table("Sample size by coefficient", frame, formats, tuple(notes))


def effect_table(design: Design, respondents: Sequence[int], significance: float, power: float) -> Table:
    """Return, per coefficient, the smallest size that so many respondents are likely to detect."""
    z = norm.isf(significance / 2) + norm.ppf(power)
    data = {"prior": design.study.prior_means.to_numpy()}
    data |= {f"N = {n:,d}": z * standard_errors(design, n).to_numpy() for n in respondents}
    frame = pd.DataFrame(data, index=_coefficients(design))
    notes = (
        f"Size of a coefficient that N respondents find significant at {significance:g} with {power:.0%} "
        f"power: {z:.2f} times its standard error at the prior means. For numbers, per unit.",
    )
    return Table("Smallest effect that is detected", frame, dict.fromkeys(frame.columns, "4"), notes)


def task_table(design: Design) -> Table:
    """Return, per task, choice probabilities, utility balance, overlap and dominated alternatives."""
    study = design.study
    labels = [alternative.label for alternative in study.all_alternatives]
    notes = [
        "P: probability of choosing it at the prior means. Balance: product of J times P, 100% where all are "
        "equally likely. Overlap: attributes of which all alternatives show the same level."
    ]
    names = [f"P {label}" for label in labels]
    if sum(map(len, names)) > NARROW * 2:
        names = [f"P {j}" for j in range(1, len(labels) + 1)]
        notes.append("; ".join(f"{j}: {label}" for j, label in enumerate(labels, 1)) + ".")
    frame = pd.DataFrame(
        design.probabilities, columns=names, index=pd.Index(range(1, design.n_tasks + 1), name="task")
    )
    if len(design.blocks) > 1:
        frame.insert(0, "block", design.task_blocks)
    frame["balance"] = task_balance(design.probabilities)
    frame["overlap"] = overlapping(design).sum(axis=1)
    pairs = dominated(design)
    if pairs:
        said = dict.fromkeys(range(design.n_tasks), "")
        for task, i, j in pairs:
            said[task] += (", " if said[task] else "") + f"{i + 1} > {j + 1}"
        frame["dominated"] = list(said.values())
        notes.append("Dominated: 1 > 2 where the first is better than the second in all that differs.")
    formats = dict.fromkeys(names, ".1%") | {"balance": ".1%", "block": "d"}
    frame.index = pd.Index(design.frame["task"].iloc[:: len(labels)].to_numpy(), name="task")
    return Table("Tasks", frame, formats, tuple(notes))


def dominance_line(design: Design) -> str:
    """Say how many tasks have a dominated alternative, or why that is not asked."""
    study = design.study
    if study.labelled:
        return "Dominated alternatives: not asked, because labelled ones differ in more than attributes"
    if not any(better.any() for better in better_levels(design.coding)):
        return "Dominated alternatives: not known, because nothing says which levels people prefer"
    tasks = {task for task, _, _ in dominated(design)}
    told = any(attribute.better for attribute in study.attributes)
    by = "what the study says is better, and the prior means" if told else "the prior means"
    return f"Dominated alternatives, by {by}: in {len(tasks)} of {design.n_tasks} tasks"


def level_table(design: Design) -> Table:
    """Return how often each level is shown: in all, per alternative, per block."""
    frame = levels_frame(design)
    blocks = [name for name in frame.columns if str(name).startswith("block ")]
    notes = []
    if len(blocks) > MOST_BLOCKS:
        by_block = frame[blocks]
        frame = frame.drop(columns=blocks)
        frame["fewest"], frame["most in a block"] = by_block.min(axis=1), by_block.max(axis=1)
        blocks = []
    alternatives = [name for name in frame.columns if name in design.study.alternative_names]
    short = {name: name for name in alternatives}
    if sum(map(len, alternatives)) > NARROW * 2:
        short = {name: str(j) for j, name in enumerate(alternatives, 1)}
        notes.append("; ".join(f"{short[name]}: {name}" for name in alternatives) + ".")
    if blocks and len(blocks) + len(alternatives) > MOST_COLUMNS:
        short |= {name: str(name).replace("block ", "b") for name in blocks}
        notes.append("b1: block 1, and so on.")
    frame = frame.rename(columns=short)
    frame.index = pd.Index([f"{attribute}: {level}" for attribute, level in frame.index], name="")
    formats = dict.fromkeys(map(str, frame.columns), ".0f")
    return Table("Times each level is shown", frame, formats, tuple(notes))


def levels_frame(design: Design) -> pd.DataFrame:
    """Return counts of every level, (attribute, level) by total, alternatives and blocks."""
    by_alternative = level_counts(design)
    frame = by_alternative.copy()
    frame.insert(0, "all", by_alternative.sum(axis=1))
    if len(design.blocks) > 1:
        for block in design.blocks:
            L = design.levels[design.task_blocks == block]
            frame[f"block {block}"] = [
                int((L[..., a] == n).sum())
                for a, attribute in enumerate(design.study.attributes)
                for n in range(len(attribute.levels))
            ]
    return frame


def overlap_table(design: Design) -> Table:
    """Return, per attribute, its overlap and its largest correlations."""
    study = design.study
    pairs = correlation_pairs(design)
    data = {"overlap": overlap(design).to_numpy()}
    for kind in (WITHIN, BETWEEN):
        rows = pairs[(pairs["kind"] == kind) & ~pairs["same attribute"]]
        data[f"r {kind}"] = np.array(
            [_largest_of(rows, _columns_of(design, name)) for name in study.attribute_names]
        )
    if len(design.blocks) > 1:
        data["r block"] = block_correlations(design).to_numpy()
    frame = pd.DataFrame(data, index=pd.Index([a.label for a in study.attributes], name=""))
    block = " r block: of one of its levels with a block." if len(design.blocks) > 1 else ""
    notes = (
        "Overlap: share of tasks in which all alternatives show the same level. r within, r between: largest "
        f"correlation, in size, with another attribute of the same, or of another alternative.{block}",
    )
    formats = {"overlap": ".0%"} | dict.fromkeys(frame.columns[1:], ".2f")
    return Table("Overlap and correlation by attribute", frame, formats, notes)


def _columns_of(design: Design, attribute: str) -> set[str]:
    coding = design.study.coding
    return {name for name, part in zip(coding.names, coding.parts, strict=True) if attribute in part}


def _largest_of(rows: pd.DataFrame, columns: set[str]) -> float:
    sizes = rows.loc[rows["first"].isin(columns) | rows["second"].isin(columns), "correlation"].abs()
    return float(sizes.max()) if len(sizes) else float("nan")


def correlation_table(design: Design) -> Table:
    """Return the largest correlations within alternatives, between them, and with blocks."""
    pairs = correlation_pairs(design)
    rows = largest(pairs[~pairs["same attribute"]], SHOWN, (WITHIN, BETWEEN, WITH_BLOCK))
    frame = pd.DataFrame(
        {"of": rows["first"], "with": rows["second"], "r": rows["correlation"]},
    )
    frame.index = pd.Index(rows["where"], name="in")
    blocks = ", and with a block" if len(design.blocks) > 1 else ""
    notes = (
        f"The {SHOWN} largest of different attributes within an alternative, between two{blocks}, as the "
        "utility codes them. All are in the report's matrices.",
    )
    return Table("Largest correlations", frame, {"r": ".2f"}, notes)


def _coefficients(design: Design) -> pd.Index:
    return pd.Index([design.study.label(name) for name in design.study.coefficients], name="")
