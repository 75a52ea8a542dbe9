"""The ``dce`` command: one verb per step of a study."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from dce.choices import Choices
from dce.design.design import Design
from dce.design.make import STARTS, make_design
from dce.errors import DceError, DesignError, EstimationError, RangeWarning
from dce.estimation.fit import CovarianceKind, Fit, fit_mnl
from dce.estimation.rates import Convention, marginal_rates
from dce.estimation.scenarios import ScenarioProbabilities, scenarios
from dce.estimation.subgroups import fit_by
from dce.formula import ALTERNATIVE
from dce.simulation import simulate_choices
from dce.study import Study
from dce.survey.export import PLACES, export_survey
from dce.survey.response_file import write_responses
from dce.survey.responses import read_responses
from dce.table import Table

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="""Discrete choice experiments, from the study to the what-if.

A STUDY is a folder with a study.toml (or the file itself). The steps, in order:

[bold]dce new[/bold] FOLDER · [bold]dce design[/bold] STUDY · [bold]dce survey[/bold] STUDY ·
[bold]dce simulate[/bold] STUDY · [bold]dce fit[/bold] STUDY RESPONSES · [bold]dce rates[/bold] STUDY
RESPONSES · [bold]dce scenarios[/bold] STUDY RESPONSES

[bold]dce run[/bold] STUDY takes them all at once. An error is one red line, with exit code 2.""",
)
screen = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

StudyPath = Annotated[
    Path,
    typer.Argument(metavar="STUDY", help="Folder with a study.toml, or the file.", show_default=False),
]
Responses = Annotated[
    Path,
    typer.Argument(
        metavar="RESPONSES",
        help="CSV file, one row per respondent: respondent, block, t1, t2 ...",
        show_default=False,
    ),
]
DesignPath = Annotated[
    Path | None,
    typer.Option("--design", help="The design that was fielded. Default: design.csv of the study."),
]
MapPath = Annotated[
    Path | None, typer.Option("--map", help="TOML file that says what columns and answers mean.")
]
ManifestPath = Annotated[
    Path | None, typer.Option("--manifest", help="The survey's manifest.json, to check against.")
]
Formula = Annotated[
    str | None,
    typer.Option(help="Utility, such as 'clinician + wait + wait:age65'. Default: the study's."),
]
Covariance = Annotated[str, typer.Option(help="Standard errors: clustered, robust or classical.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the tables as CSV and LaTeX.")]
Seed = Annotated[int, typer.Option(min=0, help="Same seed, same answers.")]
Respondents = Annotated[int, typer.Option("--respondents", "-n", min=1, help="Simulated respondents.")]


def main() -> None:
    """Run the command; an error of dce is one red line and exit code 2."""
    try:
        app()
    except (DceError, OSError) as error:
        errors.print(f"Error: {error}", style="red", markup=False, soft_wrap=True)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        errors.print("Interrupted.", style="red")
        raise SystemExit(130) from None


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Made if it does not exist.", show_default=False)],
) -> None:
    """Write a commented study.toml and scenarios.toml to start from."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("study.toml", "scenarios.toml"):
        path = folder / name
        if path.exists():
            raise DceError(f"{path}: exists already, and is left as it is.")
    for name in ("study.toml", "scenarios.toml"):
        text = files("dce").joinpath("templates", name).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        _wrote(folder / name)
    screen.print(f"Edit them, then try: dce run {folder}", markup=False)


@app.command()
def design(
    study: StudyPath,
    tasks: Annotated[int | None, typer.Option(help="Tasks in all blocks. Default: the study's.")] = None,
    blocks: Annotated[int | None, typer.Option(help="Blocks. Default: the study's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same design. Default: the study's.")] = None,
    starts: Annotated[int, typer.Option(min=1, help="Random starts: more take longer.")] = STARTS,
    level_balance: Annotated[
        bool | None,
        typer.Option(
            "--level-balance/--free-levels",
            help="Each level equally often, or free.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File. Default: design.csv of the study.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace a design that is there.")] = False,
    evaluate: Annotated[
        Path | None, typer.Option(help="Show the quality of this design instead of searching for one.")
    ] = None,
) -> None:
    """Search for a D-efficient design in blocks, show its quality, and write design.csv."""
    described = Study.read(study)
    if evaluate is not None:
        _show(Design.read(evaluate, described))
        return
    path = out or _folder(study) / "design.csv"
    if path.is_dir():
        raise DceError(f"{path}: is a folder; give --out a file, such as {path / 'design.csv'}.")
    made = _search(described, tasks, blocks, seed, starts, level_balance)
    _show(made)
    if path.exists() and not force and not _holds(path, made):
        raise DceError(
            f"{path}: holds another design, and is left as it is: it may be in the field. "
            "Give --out for another file, or --force to replace it."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    made.write(path)
    _wrote(path)


@app.command()
def survey(
    study: StudyPath,
    to: Annotated[str, typer.Option(help=f"Where to, with commas between: {', '.join(PLACES)}.")] = "html",
    design_path: DesignPath = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for the files. Default: survey in the study.")
    ] = None,
) -> None:
    """Write the choice cards, and the manifest that ties answers to the design."""
    fielded = _design(study, design_path)
    folder = out or _folder(study) / "survey"
    for path in export_survey(fielded, folder, [place.strip() for place in to.split(",")]):
        _wrote(path)


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
    fielded = _design(study, design_path)
    path = out or _folder(study) / "simulated.csv"
    if path.exists() and not force:
        raise DceError(
            f"{path}: exists already, and is left as it is: it may hold real answers. Give --out for "
            "another file, or --force to replace it."
        )
    choices = simulate_choices(fielded, respondents=respondents, seed=seed)
    _show(choices)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_responses(choices, fielded, path)
    _wrote(path)


@app.command()
def fit(
    study: StudyPath,
    responses: Responses,
    formula: Formula = None,
    covariance: Covariance = "clustered",
    by: Annotated[str | None, typer.Option(help="Also fit subgroups of this characteristic.")] = None,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
    out: Out = None,
) -> None:
    """Fit the multinomial logit, and show the table that a paper prints."""
    choices = _read(study, responses, design_path, mapping, manifest)
    _show(choices)
    kind = _kind(covariance)
    _publish("fit", fit_mnl(choices, formula, kind).table(), out)
    if by is not None:
        _publish(f"fit_by_{by}", fit_by(choices, by, formula, kind).table(), out)


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
    ratio: Annotated[
        bool, typer.Option("--ratio", help="Plain ratios, not the gain for the better level.")
    ] = False,
    formula: Formula = None,
    covariance: Covariance = "clustered",
    by: Annotated[str | None, typer.Option(help="In subgroups of this characteristic.")] = None,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
    out: Out = None,
) -> None:
    """Marginal rates of substitution: what each attribute is worth, in weeks or miles."""
    choices = _read(study, responses, design_path, mapping, manifest)
    everybody = fit_mnl(choices, formula, _kind(covariance))
    for group, fitted in _groups(everybody, choices, by, formula, _kind(covariance)):
        _publish_rates(fitted, per, "ratio" if ratio else "gain", out, group, everybody)


@app.command(name="scenarios")
def scenarios_command(
    study: StudyPath,
    responses: Responses,
    services: Annotated[
        Path | None, typer.Option("--scenarios", help="Default: scenarios.toml of the study.")
    ] = None,
    formula: Formula = None,
    covariance: Covariance = "clustered",
    by: Annotated[str | None, typer.Option(help="In subgroups of this characteristic.")] = None,
    design_path: DesignPath = None,
    mapping: MapPath = None,
    manifest: ManifestPath = None,
    out: Out = None,
) -> None:
    """What if: probabilities of choosing each of some services, with intervals."""
    choices = _read(study, responses, design_path, mapping, manifest)
    path = services or _folder(study) / "scenarios.toml"
    everybody = fit_mnl(choices, formula, _kind(covariance))
    for group, fitted in _groups(everybody, choices, by, formula, _kind(covariance)):
        _publish(f"scenarios {group}".strip(), _predict(fitted, path).table(), out)


@app.command()
def run(
    study: StudyPath,
    responses: Annotated[
        Path | None,
        typer.Argument(metavar="[RESPONSES]", help="Answers. Without: simulated ones.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for all files. Default: out/STUDY, or out/STUDY-RESPONSES."),
    ] = None,
    respondents: Respondents = 400,
    seed: Seed = 1,
    per: Annotated[list[str] | None, typer.Option(help="Reference coefficients of the rates.")] = None,
    design_path: DesignPath = None,
    mapping: MapPath = None,
) -> None:
    """Take all steps: design, survey, answers, fit, rates, scenarios, and a folder of files.

    Without RESPONSES the study is tried out: the design is searched anew, with the seed of the study,
    and answers are simulated from the priors. With RESPONSES the design is the one that was fielded.
    """
    described = Study.read(study)
    name = _folder(study).resolve().name
    folder = out or Path("out") / (f"{name}-{responses.stem}" if responses else name)
    if folder.exists() and folder.samefile(_folder(study)):
        raise DceError(
            f"{folder}: is the folder of the study, whose design may be in the field; give another."
        )
    folder.mkdir(parents=True, exist_ok=True)
    screen.record = True
    _step(1, "Design")
    if responses is None and design_path is None:
        made = _search(described, None, None, None, STARTS, None)
        shipped = _folder(study) / "design.csv"
        if shipped.exists():
            same = "the same as" if _holds(shipped, made) else "not that of"
            screen.print(f"The design is {same} {shipped}", markup=False)
    else:
        made = _design(study, design_path)
    _show(made)
    made.write(folder / "design.csv")
    _step(2, "Survey")
    for path in export_survey(made, folder, list(PLACES), replace=True):
        _wrote(path)
    _step(3, "Answers")
    if responses is None:
        simulated = simulate_choices(made, respondents=respondents, seed=seed)
        responses = folder / "simulated.csv"
        write_responses(simulated, made, responses)
        _wrote(responses)
    choices = read_responses(responses, made, mapping, folder / "manifest.json")
    _show(choices)
    _step(4, "Fit")
    fitted = fit_mnl(choices)
    _publish("fit", fitted.table(), folder)
    _step(5, "Marginal rates of substitution")
    _publish_rates(fitted, per, "gain", folder, "", fitted)
    _step(6, "Scenarios")
    path = _folder(study) / "scenarios.toml"
    if path.exists():
        _publish("scenarios", _predict(fitted, path).table(), folder)
    else:
        screen.print(f"{path}: there is no such file, so no scenarios.", markup=False)
    screen.print(f"\nAll files are in {folder}", style="bold", markup=False)
    lines = [line.rstrip() for line in screen.export_text().splitlines()]
    (folder / "results.txt").write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    screen.record = False


def _groups(
    everybody: Fit, choices: Choices, by: str | None, formula: str | None, kind: CovarianceKind
) -> Iterator[tuple[str, Fit]]:
    """Yield the fit of everybody, or of each subgroup under its name."""
    if by is None:
        yield "", everybody
        return
    for group, fitted in fit_by(choices, by, formula, kind).fits.items():
        screen.print(f"\n{by} = {group}", style="bold", markup=False)
        yield f"{by} = {group}", fitted


def _folder(study: Path) -> Path:
    return study if study.is_dir() else study.parent


def _design(study: Path, path: Path | None) -> Design:
    """Read the design that was fielded, and warn where it is not what the study says."""
    described = Study.read(study)
    fielded = Design.read(path or _folder(study), described)
    settings = described.design
    if fielded.broken_restrictions:
        _warn(f"the design breaks the rules of the study {fielded.broken_restrictions} times: "
              "services under a restriction, equal to their rival, or in a repeated task.")  # fmt: skip
    if (fielded.n_tasks, len(fielded.blocks)) != (settings.tasks, settings.blocks):
        _warn(f"the design has {fielded.n_tasks} tasks in {len(fielded.blocks)} blocks; the study says "
              f"{settings.tasks} in {settings.blocks}.")  # fmt: skip
    return fielded


def _holds(path: Path, design: Design) -> bool:
    """Whether a file holds this very design."""
    try:
        return Design.read(path, design.study).hash == design.hash
    except DesignError:
        return False  # it belongs to an earlier version of the study


def _warn(text: str) -> None:
    errors.print(f"Warning: {text}", style="yellow", markup=False, soft_wrap=True)


def _read(
    study: Path,
    responses: Path,
    design_path: Path | None,
    mapping: Path | None,
    manifest: Path | None,
) -> Choices:
    return read_responses(responses, _design(study, design_path), mapping, manifest)


def _kind(text: str) -> CovarianceKind:
    kinds: dict[str, CovarianceKind] = {k: k for k in ("clustered", "robust", "classical")}
    if text not in kinds:
        raise EstimationError(f"covariance: found {text!r}; allowed: 'clustered', 'robust', 'classical'.")
    return kinds[text]


def _search(
    study: Study,
    tasks: int | None,
    blocks: int | None,
    seed: int | None,
    starts: int,
    balance: bool | None,
) -> Design:
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task("Searching", total=starts)

        def show(done: float, total: float, best: float) -> None:
            bar.update(task, completed=done, total=total, description=f"Searching; best so far {best:.5g}")

        return make_design(study, tasks=tasks, blocks=blocks, seed=seed, level_balance=balance,
                           starts=starts, progress=show)  # fmt: skip


@contextmanager
def _range_warnings() -> Iterator[None]:
    """Show warnings about the studied range as yellow lines."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RangeWarning)
        yield
    for warning in caught:
        _warn(str(warning.message))


def _predict(fitted: Fit, path: Path) -> ScenarioProbabilities:
    with _range_warnings():
        return scenarios(fitted, path)


def _publish_rates(
    fitted: Fit,
    per: Sequence[str] | None,
    convention: Convention,
    out: Path | None,
    group: str,
    everybody: Fit,
) -> None:
    chosen = list(per or _wanted_less(everybody))
    if not chosen:
        screen.print("No numeric attribute has a negative coefficient: say with --per what to divide by.")
    for name in chosen:
        _publish(
            f"rates_per_{name} {group}".strip(),
            marginal_rates(fitted, name, convention, directions_of=everybody).table(),
            out,
        )


def _wanted_less(fitted: Fit) -> list[str]:
    """Coefficients below zero of numeric attributes, such as a wait or a cost."""
    numeric = {a.name for a in fitted.study.attributes if a.is_numeric} if fitted.study else set()
    coding = fitted.coding
    return [
        name
        for name, part in zip(coding.names, coding.parts, strict=True)
        if len(part & numeric) == 1
        and part <= numeric | {ALTERNATIVE}
        and fitted.coefficients[name] < 0
        and name.partition(":")[0] in part
    ]


def _publish(name: str, table: Table, out: Path | None) -> None:
    """Show a table, and write it as CSV (unrounded) and LaTeX if a folder is given."""
    screen.print()
    screen.print(table)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        safe = re.sub(r"[^\w-]+", "_", name)
        table.to_frame().to_csv(out / f"{safe}.csv", lineterminator="\n")
        (out / f"{safe}.tex").write_text(table.to_latex(), encoding="utf-8", newline="\n")


def _show(thing: Design | Choices) -> None:
    screen.print(str(thing), markup=False, soft_wrap=True)


def _wrote(path: Path) -> None:
    screen.print(f"Wrote {path}", markup=False, soft_wrap=True)


def _step(number: int, name: str) -> None:
    screen.print()
    screen.rule(f"{number}. {name}", align="left", style="dim")


if __name__ == "__main__":
    main()
