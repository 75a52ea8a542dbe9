"""A checkup of a whole study, from its file to its scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dce.report.doctor.answer_checks import SUBJECT as RESPONSES
from dce.report.doctor.answer_checks import check_answers
from dce.report.doctor.checkup import Checkup, Finding, fine
from dce.report.doctor.design_checks import check_design
from dce.report.doctor.extra_checks import check_extras
from dce.report.doctor.model_checks import check_model
from dce.report.doctor.scenario_checks import check_scenarios
from dce.report.doctor.study_checks import check_study
from dce.report.doctor.survey_checks import check_survey


def doctor(
    study: str | Path,
    responses: str | Path | Sequence[str | Path] | None = None,
    *,
    design: str | Path | None = None,
    manifest: str | Path | None = None,
    mapping: str | Path | None = None,
    scenarios: str | Path | None = None,
    formula: str | None = None,
) -> Checkup:
    """Check everything of a study, and say in plain words what is wrong and what to do next.

    What is wrong is found, not raised: a part that cannot be read ends the checks that need it.

    Parameters
    ----------
    study : path
        Folder with a ``study.toml``, or the file.
    responses : path or sequence of paths, optional
        Answers; without them the study is checked as far as it goes.
    design, manifest, scenarios : path, optional
        Default: ``design.csv``, ``survey/manifest.json`` and ``scenarios.toml`` of the study.
    mapping : path, optional
        TOML file that says what columns and answers mean.
    formula : str, optional
        Utility. Default: the study's.

    Returns
    -------
    Checkup

    Examples
    --------
    >>> dce.doctor("nowhere").wrong[0].found  # doctest: +SKIP
    "nowhere: there is no such file; 'dce new' writes one."
    """
    where = Path(study)
    folder = where if where.is_dir() else where.parent
    paths = [responses] if isinstance(responses, (str, Path)) else list(responses or [])
    described, findings = check_study(where)
    if described is not None:
        at = Path(design) if design else folder / "design.csv"
        made, more = check_design(described, at, where, fielded=bool(paths))
        findings += more
        if made is not None:
            tie = Path(manifest) if manifest else folder / "survey" / "manifest.json"
            tied, more = check_survey(made, tie, where, answered=bool(paths))
            findings += more
            fit = None
            if paths and not _is_wrong(more):
                files = [Path(path) for path in paths]
                choices, more = check_answers(files, made, tied, Path(mapping) if mapping else None, where)
                findings += more
                if choices is not None:
                    fit, more = check_model(choices, formula)
                    findings += more
            elif not paths:
                findings.append(fine(RESPONSES, f"None given: dce doctor {where} RESPONSES checks them too."))
            findings += check_scenarios(Path(scenarios or folder / "scenarios.toml"), fit, made)
    return Checkup(described.title if described else str(where), (*findings, *check_extras()))


def _is_wrong(findings: list[Finding]) -> bool:
    return any(finding.verdict == "wrong" for finding in findings)
