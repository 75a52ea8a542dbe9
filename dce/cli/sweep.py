"""The command that follows one attribute of a service through its values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, cast

import typer

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
)
from dce.cli.covariance import AnyCovariance, ClustersColumn, Replicates, WantedCovariance
from dce.errors import ScenarioError, quoted
from dce.estimation.fit_mnl import fit_mnl
from dce.estimation.propagation import Method
from dce.estimation.sweep import sweep
from dce.estimation.threshold import ThresholdMethod, threshold
from dce.study import Study


@app.command(name="sweep")
def sweep_command(
    study: StudyPath,
    responses: Responses,
    service: Annotated[str, typer.Option(help="Name of the service, as in the scenarios.")],
    attribute: Annotated[str, typer.Option(help="What changes, such as wait.")],
    values: Annotated[
        str | None, typer.Option(help="Such as 2,4,6. Default: the levels of the study.")
    ] = None,
    share: Annotated[
        float | None, typer.Option(help="Also find where this share choose it, such as 0.5.")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(help="Name of the scenario, where the file has several.")
    ] = None,
    services: Annotated[
        Path | None, typer.Option("--scenarios", help="Default: scenarios.toml of the study.")
    ] = None,
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
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
    out: Out = None,
) -> None:
    """Choice probabilities as one attribute of a service goes through its values."""
    wanted = WantedCovariance(covariance, clusters, replicates, seed)
    points = _points(Study.read(study), attribute, values)
    choices = read_answers(study, responses, design_path, mapping, manifest)
    fitted = wanted.applied(fit_mnl(choices, formula, *wanted.of_fit))
    path = services or folder_of(study) / "scenarios.toml"
    with range_warnings():
        found = sweep(
            fitted, path, {attribute: points}, service=service, scenario=scenario,
            method=cast(Method, method), draws=draws, seed=seed, scale=scale,
        )  # fmt: skip
        publish(f"sweep_{attribute}", found.table(), out)
        if share is not None:
            way: ThresholdMethod = "fieller" if method == "delta" else cast(Method, method)
            root = threshold(
                fitted, path, service, attribute, share, method=way, scenario=scenario, draws=draws,
                seed=seed, scale=scale,
            )  # fmt: skip
            publish(f"threshold_{attribute}", root.table(), out)


def _points(study: Study, attribute: str, values: str | None) -> list[object]:
    """Return the values that an option names; by default the levels of the attribute."""
    known = study.attribute(attribute)
    if values is None:
        return list(known.levels)
    texts = [text.strip() for text in values.split(",")]
    if not known.is_numeric:
        return list(texts)
    try:
        return [float(text) for text in texts]
    except ValueError:
        raise ScenarioError(f"values: found {quoted(values)}; allowed: numbers, such as 2,4,6.") from None
