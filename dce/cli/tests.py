"""The command that tests what the fit assumes."""

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
    StudyPath,
    app,
    publish,
    read_answers,
    show,
)
from dce.cli.covariance import ClustersColumn
from dce.diagnostics.pooled import fit_pooled
from dce.diagnostics.standard_tests import standard_tests
from dce.diagnostics.swait_louviere import swait_louviere
from dce.estimation.fit_mnl import fit_mnl
from dce.estimation.inference import CovarianceKind


@app.command(name="tests")
def standard_tests_command(
    study: StudyPath,
    responses: Responses,
    formula: Formula = None,
    covariance: Covariance = "clustered",
    clusters: ClustersColumn = None,
    by: Annotated[
        str | None, typer.Option(help="Also test whether groups of this characteristic differ.")
    ] = None,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
    out: Out = None,
) -> None:
    """Test each attribute, left against right, straight lines, and IIA."""
    choices = read_answers(study, responses, design_path, mapping, manifest)
    show(choices)
    kind = cast(CovarianceKind, covariance)  # fit_mnl refuses others
    for number, tests in enumerate(standard_tests(fit_mnl(choices, formula, kind, clusters)), 1):
        publish("tests" if number == 1 else "tests_iia", tests.table(), out)
    if by is not None:
        publish(f"tests_by_{by}", swait_louviere(choices, by, formula, kind).table(), out)
        publish(f"differences_by_{by}", fit_pooled(choices, by, formula, None, kind, clusters).table(), out)
