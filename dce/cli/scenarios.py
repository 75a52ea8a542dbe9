"""The command that predicts who would choose which service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

from dce.cli.answers import characteristics
from dce.cli.console import (
    DesignPath,
    Formula,
    ManifestPath,
    MapPath,
    Out,
    Responses,
    StudyPath,
    app,
    folder_of,
    publish,
    range_warnings,
    read_answers,
    screen,
)
from dce.cli.covariance import AnyCovariance, ClustersColumn, Replicates, WantedCovariance
from dce.estimation.fit_mnl import fit_mnl
from dce.estimation.propagation import Method
from dce.estimation.scenario_differences import scenario_differences
from dce.estimation.scenarios import scenarios
from dce.estimation.subgroups import SubgroupFits, fit_by


@app.command(name="scenarios")
def scenarios_command(
    study: StudyPath,
    responses: Responses,
    services: Annotated[
        Path | None, typer.Option("--scenarios", help="Default: scenarios.toml of the study.")
    ] = None,
    base: Annotated[str | None, typer.Option(help="Also compare the other scenarios with this one.")] = None,
    method: Annotated[
        str, typer.Option(help="Of the intervals: delta, krinsky-robb or bootstrap.")
    ] = "delta",
    draws: Annotated[int, typer.Option(min=100, help="For krinsky-robb.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws and the bootstrap.")] = 1,
    scale: Annotated[
        float, typer.Option(help="Multiplies utilities: scale of real choices over that of stated ones.")
    ] = 1.0,
    formula: Formula = None,
    covariance: AnyCovariance = "clustered",
    clusters: ClustersColumn = None,
    replicates: Replicates = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="In subgroups of this characteristic, with their differences; may be repeated. "
            "Classes of numbers: age=18,40,65."
        ),
    ] = None,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
    out: Out = None,
) -> None:
    """What if: probabilities of choosing each of some services, with intervals."""
    wanted = WantedCovariance(covariance, clusters, replicates, seed)
    how = cast(Method, method)  # scenarios refuses others
    choices = read_answers(study, responses, design_path, mapping, manifest)
    path = services or folder_of(study) / "scenarios.toml"
    fitted = wanted.applied(fit_mnl(choices, formula, *wanted.of_fit))
    if not by:
        with range_warnings():
            found = scenarios(fitted, path, method=how, draws=draws, seed=seed, scale=scale)
        publish("scenarios", found.table(), out)
    else:
        groups = wanted.applied_to_groups(fit_by(choices, characteristics(by), formula, *wanted.of_fit))
        _publish_groups(groups, path, how, draws, seed, scale, out)
    if base is not None:
        with range_warnings():
            changes = scenario_differences(
                fitted, path, base, method=how, draws=draws, seed=seed, scale=scale
            )
        publish("scenario_differences", changes.table(), out)


def _publish_groups(
    groups: SubgroupFits, path: Path, how: Method, draws: int, seed: int, scale: float, out: Path | None
) -> None:
    """Show subgroups side by side, and how they differ from the first of each characteristic."""
    with range_warnings():
        found = scenarios(groups, path, method=how, draws=draws, seed=seed, scale=scale)
        publish(f"scenarios_by_{groups.by}", found.table(), out)
        for name in groups.characteristics:
            estimated = [g.name for g in groups.groups if g.characteristic == name and g.name in groups.fits]
            if len(estimated) < 2:
                screen.print(
                    f"{name}: fewer than two groups were estimated, so none are compared.", markup=False
                )
                continue
            differences = scenario_differences(
                groups, path, estimated[0], method=how, draws=draws, seed=seed, scale=scale
            )
            publish(f"scenario_differences_by_{name}", differences.table(), out)
