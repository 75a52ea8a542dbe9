"""Is the study file in order?"""

from __future__ import annotations

from pathlib import Path

from dce.errors import StudyError
from dce.report.doctor.checkup import Finding, fine, look, wrong
from dce.study import Study

SUBJECT = "Study"


def check_study(path: Path) -> tuple[Study | None, list[Finding]]:
    """Read a study file, and say what of it is unusual."""
    try:
        study = Study.read(path)
    except StudyError as error:
        then = f"Correct that line, then: dce doctor {path}"
        if "there is no such file" in str(error):
            then = f"Give the folder with the study.toml, or begin one: dce new {path}"
        return None, [wrong(SUBJECT, str(error), then)]
    return study, [fine(SUBJECT, _what(study)), *_unusual(study)]


def _what(study: Study) -> str:
    kinds = "labelled" if study.labelled else "unlabelled"
    out = " and an opt-out" if study.opt_out else ""
    return (
        f"{study.title}: {len(study.attributes)} attributes, {len(study.alternatives)} {kinds} "
        f"alternatives{out}, {len(study.coefficients)} coefficients."
    )


def _unusual(study: Study) -> list[Finding]:
    found = []
    if not study.priors:
        found.append(
            look(
                SUBJECT,
                "There are no priors: the design is made as if nobody preferred anything.",
                "Give a prior for each coefficient in [priors], from a pilot or the literature; the sign "
                'alone helps: { sign = "-", size = 0.1 }.',
            )
        )
    if study.caution:
        found.append(look(SUBJECT, f"{study.caution[0].upper()}{study.caution[1:]}.", "Is that meant?"))
    unused = [a.label for a in study.attributes if a.name not in study.coding.variables]
    if unused:
        found.append(
            look(
                SUBJECT,
                f"On the cards, but not in the utility: {', '.join(unused)}.",
                "Add it to the utility, or leave it off the cards.",
            )
        )
    return found
