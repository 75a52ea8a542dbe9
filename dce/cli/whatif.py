"""The command that writes the what-if page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dce.cli.answers import characteristics
from dce.cli.console import (
    DesignPath,
    Formula,
    ManifestPath,
    MapPath,
    Responses,
    StudyPath,
    app,
    folder_of,
    read_answers,
    show,
    warn,
    wrote,
)
from dce.cli.covariance import AnyCovariance, BootstrapSeed, ClustersColumn, Replicates, WantedCovariance
from dce.estimation.fit_mnl import fit_mnl
from dce.estimation.subgroups import fit_by
from dce.report.what_if import write_what_if


@app.command()
def whatif(
    study: StudyPath,
    responses: Responses,
    services: Annotated[
        Path | None, typer.Option("--scenarios", help="To begin with. Default: scenarios.toml of the study.")
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(help="Also subgroups of this characteristic; may be repeated, as with 'dce fit'."),
    ] = None,
    people: Annotated[str, typer.Option(help="Who chooses, in the plural, such as 'patients'.")] = "people",
    level: Annotated[float, typer.Option(help="Of the intervals.")] = 0.95,
    formula: Formula = None,
    covariance: AnyCovariance = "clustered",
    clusters: ClustersColumn = None,
    replicates: Replicates = None,
    seed: BootstrapSeed = 1,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="HTML file. Default: what-if.html in the study.")
    ] = None,
) -> None:
    """Write a page on which anybody sees who would choose which service, without a network."""
    wanted = WantedCovariance(covariance, clusters, replicates, seed)
    choices = read_answers(study, responses, design_path, mapping, manifest)
    show(choices)
    own = folder_of(study) / "scenarios.toml"
    groups = None
    if by:
        groups = wanted.applied_to_groups(fit_by(choices, characteristics(by), formula, *wanted.of_fit))
        for error in groups.refused.values():
            warn(f"not on the page: {error}")
    path = write_what_if(
        wanted.applied(fit_mnl(choices, formula, *wanted.of_fit)),
        out or folder_of(study) / "what-if.html",
        groups=groups,
        scenarios=services or (own if own.exists() else None),
        level=level,
        people=people,
    )
    wrote(path)
