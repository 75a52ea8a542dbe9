"""Is there a survey, of this design?"""

from __future__ import annotations

from pathlib import Path

from dce.design.design import Design
from dce.errors import ChoicesError
from dce.report.doctor.checkup import Finding, fine, look, wrong
from dce.survey.manifest import read_manifest

SUBJECT = "Survey"


def check_survey(
    design: Design, path: Path, where: Path, answered: bool
) -> tuple[Path | None, list[Finding]]:
    """Read the manifest that ties answers to the design, and return its path if it does.

    Parameters
    ----------
    design : Design
    path : Path
        Of the manifest.
    where : Path
        Of the study, as commands name it.
    answered : bool
        Whether there are answers.
    """
    if not path.exists():
        then = f"dce survey {where} writes the survey and its manifest."
        if answered:
            then = "Give --manifest; without it answers are taken as the study is worded now."
        return None, [look(SUBJECT, f"{path}: there is no manifest yet.", then)]
    try:
        manifest = read_manifest(path, design)
    except ChoicesError as error:
        then = (
            "If that survey is in the field, give the design that it shows (--design). If not, write it "
            f"again: dce survey {where} --force"
        )
        return None, [wrong(SUBJECT, str(error), then)]
    found = [fine(SUBJECT, f"{path} belongs to the design: {len(manifest.tasks)} tasks.")]
    changed = manifest.changed_words(design.study)
    if changed:
        said = f"The study is worded otherwise now: {' '.join(changed)}"
        found.append(look(SUBJECT, said, "Tables show the new words; respondents saw the old ones."))
    return path, found
