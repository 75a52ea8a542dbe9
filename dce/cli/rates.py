"""The command that shows trade-offs: rates, what attributes weigh, what people accept."""

from __future__ import annotations

from collections.abc import Sequence
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
    publish,
    read_answers,
    screen,
)
from dce.cli.covariance import AnyCovariance, ClustersColumn, Replicates, WantedCovariance
from dce.errors import EstimationError
from dce.estimation.acceptable import maximum_acceptable
from dce.estimation.effects_at import effects_at
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_mnl
from dce.estimation.importance import ImportanceMethod, importance
from dce.estimation.rate_differences import rate_differences
from dce.estimation.rates import marginal_rates
from dce.estimation.rates_by import rates_by
from dce.estimation.rates_result import Convention, RateMethod
from dce.estimation.references import references
from dce.estimation.subgroups import fit_by


@app.command()
def rates(
    study: StudyPath,
    responses: Responses,
    per: Annotated[
        list[str] | None,
        typer.Option(
            help="Reference coefficient, such as wait; may be repeated. Default: every numeric "
            "attribute that people want less of."
        ),
    ] = None,
    method: Annotated[
        str, typer.Option(help="Of the intervals: delta, fieller, krinsky-robb or bootstrap.")
    ] = "delta",
    at: Annotated[
        list[str] | None,
        typer.Option(
            help="Point at which rates of curves and interactions hold, such as wait=4; may be repeated."
        ),
    ] = None,
    ratio: Annotated[
        bool, typer.Option("--ratio", help="Plain ratios, not the gain for the better level.")
    ] = False,
    weights: Annotated[
        bool, typer.Option("--importance", help="Also how much each attribute matters beside the others.")
    ] = False,
    accept: Annotated[
        str | None,
        typer.Option(help="Also how much of this attribute people accept for better levels, such as wait."),
    ] = None,
    draws: Annotated[int, typer.Option(min=100, help="For krinsky-robb.")] = 10_000,
    seed: Annotated[int, typer.Option(min=0, help="Of the draws and the bootstrap.")] = 1,
    formula: Formula = None,
    covariance: AnyCovariance = "clustered",
    clusters: ClustersColumn = None,
    replicates: Replicates = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="In subgroups of this characteristic, with tests of their differences; may be repeated. "
            "Classes of numbers: age=18,40,65."
        ),
    ] = None,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
    out: Out = None,
) -> None:
    """Marginal rates of substitution: what each attribute is worth, in weeks or miles."""
    wanted = WantedCovariance(covariance, clusters, replicates, seed)
    convention: Convention = "ratio" if ratio else "gain"
    how = cast(RateMethod, method)  # marginal_rates refuses others
    choices = read_answers(study, responses, design_path, mapping, manifest)
    fitted = wanted.applied(fit_mnl(choices, formula, *wanted.of_fit))
    point = point_of(fitted, at)
    if not by:
        publish_rates(fitted, per, convention, out, method=how, at=point, draws=draws, seed=seed)
    else:
        groups = wanted.applied_to_groups(fit_by(choices, characteristics(by), formula, *wanted.of_fit))
        for name in _references(fitted, per, point):
            found = rates_by(groups, name, convention, method=how, at=point, draws=draws, seed=seed)
            publish(f"rates_per_{name}_by_{groups.by}", found.table(), out)
            differences = rate_differences(groups, per=name, convention=convention, at=point, seed=seed)
            publish(f"rate_differences_per_{name}_by_{groups.by}", differences.table(), out)
    if weights:
        drawn = cast(ImportanceMethod, "krinsky-robb" if method == "fieller" else method)
        publish("importance", importance(fitted, drawn, at=point, draws=draws, seed=seed).table(), out)
    if accept is not None:
        most = maximum_acceptable(fitted, accept, None, point, how, draws=draws, seed=seed)
        publish(f"accepted_{accept}", most.table(), out)


def publish_rates(
    fitted: Fit,
    per: Sequence[str] | None,
    convention: Convention,
    out: Path | None,
    *,
    method: RateMethod = "delta",
    at: dict[str, object] | None = None,
    draws: int = 10_000,
    seed: int = 1,
) -> None:
    """Show rates per each reference, and write them if a folder is given."""
    for name in _references(fitted, per, at):
        found = marginal_rates(fitted, name, convention, method=method, at=at, draws=draws, seed=seed)
        publish(f"rates_per_{name}", found.table(), out)


def _references(fitted: Fit, per: Sequence[str] | None, at: dict[str, object] | None) -> list[str]:
    """Return the references that are given, or else the numeric attributes that people want less of."""
    found = list(per or (references(fitted) if at is None else _wanted_less_at(fitted, at)))
    if not found:
        screen.print("No numeric attribute has a negative coefficient: say with --per what to divide by.")
    return found


def _wanted_less_at(fitted: Fit, at: dict[str, object]) -> list[str]:
    effects = effects_at(fitted, at).values()
    return [effect.name for effect in effects if effect.kind == "number" and effect.value(fitted) < 0]


def point_of(fitted: Fit, at: Sequence[str] | None) -> dict[str, object] | None:
    """Read a point such as ``wait=4`` and ``mode=class``; None where none is given.

    Raises
    ------
    EstimationError
        If a text is not a name and a value.
    """
    if not at:
        return None
    point: dict[str, object] = {}
    for text in at:
        name, equals, value = text.partition("=")
        if not equals or name in point:
            raise EstimationError(f"at: found {text!r}; allowed: such as 'wait=4', each variable once.")
        if name not in fitted.coding.ranges:
            point[name] = value
            continue
        try:
            point[name] = float(value)
        except ValueError:
            raise EstimationError(f"at: found {text!r}; allowed: a number, such as '{name}=4'.") from None
    return point
