"""What the commands share: the screen, their options, what they read and write."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from dce.choices import Choices
from dce.design.design import Design
from dce.errors import DceError, DesignError, RangeWarning
from dce.study import Study
from dce.survey.responses import read_responses
from dce.table import Table

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="""Discrete choice experiments, from the study to the what-if.

A STUDY is a folder with a study.toml (or the file itself). The steps, in order:

[bold]dce new[/bold] FOLDER · [bold]design[/bold] · [bold]front[/bold] · [bold]power[/bold] ·
[bold]survey[/bold] · [bold]texts[/bold] · [bold]simulate[/bold] STUDY

[bold]quality[/bold] · [bold]fit[/bold] · [bold]compare[/bold] · [bold]diagnose[/bold] · [bold]tests[/bold] ·
[bold]rates[/bold] · [bold]scenarios[/bold] · [bold]sweep[/bold] · [bold]whatif[/bold] · [bold]report[/bold] ·
[bold]doctor[/bold] STUDY RESPONSES

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
        help="The file that the survey's platform exported, or a folder of such files (many tablets).",
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
    Path | None,
    typer.Option("--manifest", help="The survey's manifest.json. Default: the one in survey of the study."),
]
Formula = Annotated[
    str | None,
    typer.Option(help="Utility, such as 'clinician + wait + wait:age65'. Default: the study's."),
]
Covariance = Annotated[str, typer.Option(help="Standard errors: clustered, robust, classical, CR2 or CR3.")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Folder for the tables as CSV and LaTeX.")]
Seed = Annotated[int, typer.Option(min=0, help="Same seed, same answers.")]
Respondents = Annotated[int, typer.Option("--respondents", "-n", min=1, help="Simulated respondents.")]


def folder_of(study: Path) -> Path:
    """Return the folder of a study."""
    return study if study.is_dir() else study.parent


def fielded_design(study: Path, path: Path | None) -> Design:
    """Read the design that was fielded, and warn where it is not what the study says."""
    described = Study.read(study)
    fielded = Design.read(path or folder_of(study), described)
    settings = described.design
    if fielded.broken_rules:
        kinds = "; ".join(f"{kind}: {n}" for kind, n in fielded.broken_rules.items())
        warn(f"the design breaks rules of the study: {kinds}.")
    if (fielded.n_tasks, len(fielded.blocks)) != (settings.tasks, settings.blocks):
        warn(f"the design has {fielded.n_tasks} tasks in {len(fielded.blocks)} blocks; the study says "
              f"{settings.tasks} in {settings.blocks}.")  # fmt: skip
    return fielded


def holds(path: Path, design: Design) -> bool:
    """Whether a file holds this very design."""
    try:
        return Design.read(path, design.study).hash == design.hash
    except DesignError:
        return False  # it belongs to an earlier version of the study


def warn(text: str) -> None:
    """Show a warning as a yellow line."""
    errors.print(f"Warning: {text}", style="yellow", markup=False, soft_wrap=True)


def read_answers(
    study: Path,
    responses: Path,
    design_path: Path | None,
    mapping: Path | None,
    manifest: Path | None,
) -> Choices:
    """Read answers to the design that was fielded, tied by the manifest of its survey."""
    fielded = fielded_design(study, design_path)
    written = folder_of(study) / "survey" / "manifest.json"
    tied = manifest or (written if written.exists() else None)
    files = response_files(responses) if responses.is_dir() else [responses]
    return read_responses(files, fielded, tied, mapping=mapping)


def response_files(folder: Path) -> list[Path]:
    """Return the response files in a folder.

    Raises
    ------
    DceError
        If there are none.
    """
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in (".csv", ".json", ".xlsx"))
    if not files:
        raise DceError(f"{folder}: holds no response files; allowed: .csv, .json or .xlsx.")
    return files


@contextmanager
def range_warnings() -> Iterator[None]:
    """Show warnings about the studied range as yellow lines."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RangeWarning)
        yield
    for warning in caught:
        warn(str(warning.message))


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[float, float, str], None]]:
    """Yield what moves a progress bar: called with the work done, all of it, and a text."""
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(label, total=None)

        def show(done: float, total: float, text: str) -> None:
            bar.update(task, completed=done, total=total, description=f"{label}; {text}" if text else label)

        yield show


def publish(name: str, table: Table, out: Path | None) -> None:
    """Show a table, and write it as CSV (unrounded) and LaTeX if a folder is given."""
    screen.print()
    screen.print(table)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        safe = re.sub(r"[^\w-]+", "_", name)
        table.to_frame().to_csv(out / f"{safe}.csv", lineterminator="\n")
        (out / f"{safe}.tex").write_text(table.to_latex(), encoding="utf-8", newline="\n")


def show(thing: Design | Choices) -> None:
    """Show an object."""
    screen.print(str(thing), markup=False, soft_wrap=True)


def wrote(path: Path, what: str = "") -> None:
    """Say that a file was written, or what was written in a folder."""
    screen.print(f"Wrote {what}{path}", markup=False, soft_wrap=True)


def step(number: int, name: str) -> None:
    """Begin a step of ``dce run``."""
    screen.print()
    screen.rule(f"{number}. {name}", align="left", style="dim")
