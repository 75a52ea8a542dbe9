"""The commands from the survey to the what-if."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from dce.cli.console import (
    DesignPath,
    Formula,
    ManifestPath,
    MapPath,
    Out,
    Respondents,
    Responses,
    Seed,
    StudyPath,
    app,
    fielded_design,
    folder_of,
    publish,
    range_warnings,
    read_answers,
    show,
    wrote,
)
from dce.cli.covariance import (
    AnyCovariance,
    BootstrapSeed,
    ClustersColumn,
    Intervals,
    Replicates,
    WantedCovariance,
    interval_method,
)
from dce.diagnostics.equal_coefficients import equal_coefficients
from dce.errors import ChoicesError, DceError
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_mnl
from dce.estimation.scenarios import ScenarioProbabilities, scenarios
from dce.estimation.subgroups import fit_by
from dce.simulation import simulate_choices
from dce.survey.plain_write import write_responses


@app.command()
def simulate(
    study: StudyPath,
    respondents: Respondents = 400,
    seed: Seed = 1,
    design_path: DesignPath = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="CSV file. Default: simulated.csv in the study.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace a file that is there.")] = False,
) -> None:
    """Simulate answers from the priors, as a file that 'dce fit' reads."""
    fielded = fielded_design(study, design_path)
    path = out or folder_of(study) / "simulated.csv"
    if path.exists() and not force:
        raise DceError(
            f"{path}: exists already, and is left as it is: it may hold real answers. Give --out for "
            "another file, or --force to replace it."
        )
    choices = simulate_choices(fielded, respondents=respondents, seed=seed)
    show(choices)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_responses(choices, fielded, path)
    wrote(path)


@app.command()
def fit(
    study: StudyPath,
    responses: Responses,
    formula: Formula = None,
    covariance: AnyCovariance = "clustered",
    clusters: ClustersColumn = None,
    replicates: Replicates = None,
    seed: BootstrapSeed = 1,
    intervals: Intervals = "normal",
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="Also fit subgroups of this characteristic; may be repeated. Classes of numbers: "
            "age=18,40,65."
        ),
    ] = None,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
    out: Out = None,
) -> None:
    """Fit the multinomial logit, and show the table that a paper prints."""
    wanted, method = WantedCovariance(covariance, clusters, replicates, seed), interval_method(intervals)
    choices = read_answers(study, responses, design_path, mapping, manifest)
    show(choices)
    fitted = wanted.applied(fit_mnl(choices, formula, *wanted.of_fit))
    groups = None
    if by:
        groups = wanted.applied_to_groups(fit_by(choices, characteristics(by), formula, *wanted.of_fit))
    publish("fit", fitted.table(method=method), out)
    if groups is not None:
        for table in groups.tables():
            publish(table.title.replace("By ", "fit_by_", 1), table, out)
        publish("fit_by_equal", equal_coefficients(groups).table(), out)


def characteristics(by: Sequence[str]) -> dict[str, list[float] | None]:
    """Read characteristics such as ``sex``, or ``age=18,40,65`` with the cut points of classes."""
    wanted: dict[str, list[float] | None] = {}
    for text in by:
        name, equals, cuts = text.partition("=")
        if name in wanted:
            raise ChoicesError(f"by: {name!r} is given twice; allowed: each characteristic once.")
        try:
            wanted[name] = [float(cut) for cut in cuts.split(",")] if equals else None
        except ValueError:
            raise ChoicesError(f"by: found {text!r}; allowed: such as 'sex' or 'age=18,40,65'.") from None
    return wanted


def predict(fitted: Fit, path: Path) -> ScenarioProbabilities:
    """Predict scenarios; warnings about the studied range are yellow lines."""
    with range_warnings():
        return scenarios(fitted, path)
