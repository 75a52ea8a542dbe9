"""Is there a design, of this study, that can tell what the study asks?"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dce.attributes import Attribute
from dce.design.design import Design
from dce.errors import DesignError, FormulaError, plain
from dce.logit import FloatArray
from dce.report.doctor.checkup import Finding, Verdict, count, fine, look, wrong
from dce.study import Study

SUBJECT = "Design"
CERTAIN = 0.9
"""Probability of a service from which on its task tells little."""


def check_design(study: Study, path: Path, where: Path, fielded: bool) -> tuple[Design | None, list[Finding]]:
    """Read the design, and say what it breaks and what it cannot tell.

    Parameters
    ----------
    study : Study
    path : Path
        Of the design.
    where : Path
        Of the study, as commands name it.
    fielded : bool
        Whether there are answers, so that it is too late for another design.
    """
    try:
        design = Design.read(path, study)
    except DesignError as error:
        then = (
            "If it is in the field, restore the study.toml that it was made from; if not: "
            f"dce design {where} --force"
        )
        if not path.exists():
            then = f"Make one: dce design {where}"
        return None, [wrong(SUBJECT, str(error), then)]
    found = [fine(SUBJECT, _what(design)), *_broken(design, where, fielded), *_untold(design)]
    return design, found


def _what(design: Design) -> str:
    return (
        f"{design.n_tasks} tasks in {count(len(design.blocks), 'block')}, D-error {design.d_error:.4g}; it "
        f"identifies all {len(design.study.coefficients)} coefficients of the utility."
    )


def _broken(design: Design, where: Path, fielded: bool) -> list[Finding]:
    """Return what is not as the study says, and where cards hardly ask anything."""
    settings, found = design.study.design, []
    again = "It is in the field: say so in the paper." if fielded else f"dce design {where} --force"
    verdict: Verdict = "look" if fielded else "wrong"
    if design.broken_rules:
        kinds = "; ".join(f"{kind}: {n}" for kind, n in design.broken_rules.items())
        found.append(Finding(SUBJECT, verdict, f"It breaks rules of the study: {kinds}.", again))
    if (design.n_tasks, len(design.blocks)) != (settings.tasks, settings.blocks):
        said = f"The study says {settings.tasks} tasks in {count(settings.blocks, 'block')}."
        found.append(Finding(SUBJECT, verdict, said, again))
    certain = int((design.probabilities.max(axis=1) > CERTAIN).sum())
    if certain:
        said = f"In {certain} of {design.n_tasks} tasks one service is chosen by more than {CERTAIN:.0%}."
        found.append(look(SUBJECT, said, "Such tasks tell little: are the priors too large?"))
    return found


def _untold(design: Design) -> list[Finding]:
    """Return levels that no card shows, and curves that the tasks cannot tell from a line."""
    found = []
    for a, attribute in enumerate(design.study.attributes):
        seen = set(np.unique(design.levels[:, :, a]).tolist())
        never = [text for k, text in enumerate(attribute.labels) if k not in seen]
        if never:
            said = f"{attribute.label}: no card shows {', '.join(never)}."
            found.append(look(SUBJECT, said, "Nothing is learned of it but by the straight line."))
        if attribute.is_numeric and attribute.name in design.study.coefficients:
            found += _line(design, attribute, len(attribute.levels) - len(never))
    return found


def _line(design: Design, attribute: Attribute, levels: int) -> list[Finding]:
    """Say how far the tasks can tell whether a number counts in a straight line."""
    if levels < 3:
        said = f"{attribute.label}: with two levels nobody can tell whether it counts in a straight line."
        return [look(SUBJECT, said, "A third level would; scenarios between the levels take the line.")]
    told, square = (
        _departures(design, f"C({attribute.name})"),
        _departures(design, f"poly({attribute.name}, 2)"),
    )
    if told >= levels - 2:
        return []
    pairs = _pairs(design, attribute)
    said = (
        f"{attribute.label}: the tasks tell {told} of {levels - 2} departures from a straight line"
        f"{pairs}; a square can{'' if square else 'not'} be told from the line."
    )
    then = (
        f"Where the line is in doubt, make the design for the curve, with C({attribute.name}) in the "
        "utility. 'dce tests' tests the departures that are told."
    )
    return [look(SUBJECT, said, then)]


def _departures(design: Design, term: str) -> int:
    """Return how many coefficients a term adds that the tasks tell from all others."""
    study = design.study
    try:
        coding = study.learn(f"{study.utility} + {term}", design.frame)
    except FormulaError:
        return 0
    S, J = design.probabilities.shape
    return _rank(coding.matrix(design.frame).reshape(S, J, -1)) - _rank(design.X)


def _rank(X: FloatArray) -> int:
    """Return the rank of the differences within tasks, (S, J, K)."""
    differences = (X - X.mean(axis=1, keepdims=True)).reshape(-1, X.shape[2])
    size = np.sqrt((differences**2).sum(axis=0))
    return int(np.linalg.matrix_rank(differences[:, size > 0] / size[size > 0], tol=1e-8))


def _pairs(design: Design, attribute: Attribute) -> str:
    """Say which levels meet on cards, where they are few pairs."""
    a = design.study.attribute_names.index(attribute.name)
    met = {tuple(sorted(set(row) - {-1})) for row in design.levels[:, :, a].tolist()}
    pairs = sorted(pair for pair in met if len(pair) == 2)
    if not pairs or len(pairs) > 3:
        return ""
    levels = [plain(x) if isinstance(x, (int, float)) else x for x in attribute.levels]
    return ", because only " + " and ".join(f"{levels[i]}/{levels[j]}" for i, j in pairs) + " meet on a card"
