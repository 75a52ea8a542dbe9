"""The commands that compare fits, and tell whether one can be trusted."""

from __future__ import annotations

from typing import Annotated, cast

import typer

from dce.cli.console import (
    Covariance,
    DesignPath,
    Formula,
    ManifestPath,
    MapPath,
    Out,
    Responses,
    Seed,
    StudyPath,
    app,
    progress_bar,
    publish,
    read_answers,
    show,
)
from dce.diagnostics.collinearity import collinearity
from dce.diagnostics.compare import compare
from dce.diagnostics.cross_validation import cross_validate
from dce.diagnostics.goodness import goodness
from dce.diagnostics.influence import TOP, influence
from dce.errors import DceError, listed
from dce.estimation.fit_mnl import fit_mnl
from dce.estimation.fit_scales import fit_scales
from dce.estimation.inference import CovarianceKind

THE_STUDYS = "the study's"
"""What the utility of the study is called beside formulas."""


@app.command(name="compare")
def compare_command(
    study: StudyPath,
    responses: Responses,
    formula: Annotated[
        list[str] | None,
        typer.Option(help="Utility; repeat it for each model. The study's utility is always the first."),
    ] = None,
    covariance: Covariance = "clustered",
    folds: Annotated[
        int, typer.Option(help="Also predict respondents left out, in so many folds; 0: do not.")
    ] = 0,
    seed: Seed = 1,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
    out: Out = None,
) -> None:
    """Fit several utilities to the same answers, and show them side by side."""
    formulas = list(formula or ())
    if not formulas or len(set(formulas)) < len(formulas):
        raise DceError(f"formula: found {listed(formulas, 20) or 'none'}; allowed: one or more, each once.")
    choices = read_answers(study, responses, design_path, mapping, manifest)
    show(choices)
    kind = cast(CovarianceKind, covariance)  # fit_mnl refuses others
    named = {THE_STUDYS: None} | {text: text for text in formulas}
    found = compare({name: fit_mnl(choices, text, kind) for name, text in named.items()})
    publish("compare", found.table(), out)
    if folds:
        with progress_bar("Cross-validating") as move:
            validated = cross_validate(
                choices,
                named,
                folds=folds,
                seed=seed,
                progress=lambda done, total: move(done, total, f"{done:,d} of {total:,d} fits"),
            )
        publish("cross_validation", validated.table(), out)


@app.command()
def diagnose(
    study: StudyPath,
    responses: Responses,
    formula: Formula = None,
    covariance: Covariance = "clustered",
    by: Annotated[
        str | None, typer.Option(help="Also the scale of utility in groups of this column.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Influential respondents to show.")] = TOP,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
    out: Out = None,
) -> None:
    """Goodness of fit, shares by level, collinearity, and influential respondents."""
    choices = read_answers(study, responses, design_path, mapping, manifest)
    show(choices)
    kind = cast(CovarianceKind, covariance)  # fit_mnl refuses others
    fitted = fit_mnl(choices, formula, kind)
    found = goodness(fitted)
    publish("goodness", found.table(), out)
    publish("shares", found.shares_table(), out)
    publish("collinearity", collinearity(fitted).table(), out)
    publish("influence", influence(fitted).table(top), out)
    if by is not None:
        publish(f"scales_by_{by}", fit_scales(choices, by, formula, kind).scales_table(), out)
