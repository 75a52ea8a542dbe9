"""The commands that make a study and its design."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from dce.cli.console import StudyPath, app, folder_of, holds, progress_bar, screen, show, wrote
from dce.design.certificate import certify
from dce.design.criteria_table import db_integration
from dce.design.design import Design
from dce.design.draws import prior_draws
from dce.design.make import ROUNDS, STARTS, make_design
from dce.design.method import Criterion
from dce.errors import DceError, DesignError
from dce.study import Study


@app.command()
def design(
    study: StudyPath,
    tasks: Annotated[int | None, typer.Option(help="Tasks in all blocks. Default: the study's.")] = None,
    blocks: Annotated[int | None, typer.Option(help="Blocks. Default: the study's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Same seed, same design. Default: the study's.")] = None,
    seconds: Annotated[
        float | None,
        typer.Option(help="Search for so long.", show_default=f"{STARTS} starts of {ROUNDS} rounds"),
    ] = None,
    starts: Annotated[int, typer.Option(min=1, help="Populations of designs: more take longer.")] = STARTS,
    rounds: Annotated[int, typer.Option(min=1, help="How often each is annealed.")] = ROUNDS,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes. Default: one a core.")] = None,
    criterion: Annotated[str, typer.Option(help="D, A, C or S.")] = "D",
    constants: Annotated[
        str, typer.Option(help="Constants are estimated, a nuisance, or absent (taken as known).")
    ] = "estimated",
    per: Annotated[
        list[str] | None, typer.Option(help="For the criterion C: coefficient that rates divide by.")
    ] = None,
    draws: Annotated[
        str | None,
        typer.Option(help="Draws of uncertain priors: a number, cubature, sobol, halton, or mean for none."),
    ] = None,
    method: Annotated[str, typer.Option(help="auto, coordinate, swap, fedorov or orthogonal.")] = "auto",
    level_balance: Annotated[
        bool | None,
        typer.Option(
            "--level-balance/--free-levels",
            help="Each level equally often, or free.",
            show_default=False,
        ),
    ] = None,
    dominated: Annotated[
        bool | None,
        typer.Option(
            "--dominated/--no-dominated",
            help="Whether a service may be better than its rival in everything.",
            show_default=False,
        ),
    ] = None,
    repeated: Annotated[
        bool | None,
        typer.Option(
            "--repeated/--no-repeated",
            help="Whether a task may occur twice, also with its services in another order.",
            show_default=False,
        ),
    ] = None,
    overlap: Annotated[
        str | None,
        typer.Option(help="Least and most attributes with the same level in a task, such as 1,3."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File. Default: design.csv of the study.")
    ] = None,
    force: Annotated[bool, typer.Option(help="Replace a design that is there.")] = False,
    evaluate: Annotated[
        Path | None, typer.Option(help="Show the quality of this design instead of searching for one.")
    ] = None,
    certificate: Annotated[
        bool, typer.Option("--certificate", help="Prove how near to the best possible D-error it is.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write the full report too: a file .html, .tex or .txt.")
    ] = None,
) -> None:
    """Search for an efficient design in blocks, show its quality, and write design.csv.

    Ctrl-C ends the search, and keeps the best so far.
    """
    described = Study.read(study)
    if evaluate is not None:
        made = Design.read(evaluate, described)
        _show_quality(made, certificate, report)
        return
    path = out or folder_of(study) / "design.csv"
    if path.is_dir():
        raise DceError(f"{path}: is a folder; give --out a file, such as {path / 'design.csv'}.")
    made = searched(
        described,
        tasks=tasks,
        blocks=blocks,
        seed=seed,
        seconds=seconds,
        starts=starts,
        rounds=rounds,
        workers=workers,
        criterion=Criterion(criterion, constants, per or ()),  # type: ignore[arg-type]  # it checks
        draws=int(draws) if draws is not None and draws.isdigit() else draws,
        method=method,
        level_balance=level_balance,
        dominated=dominated,
        repeated=repeated,
        overlap=None if overlap is None else _pair(overlap),
    )
    _show_quality(made, certificate, report)
    if path.exists() and not force and not holds(path, made):
        raise DceError(
            f"{path}: holds another design, and is left as it is: it may be in the field. "
            "Give --out for another file, or --force to replace it."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    made.write(path)
    wrote(path)


def searched(study: Study, **options: Any) -> Design:
    """Search for a design, with a progress bar."""
    with progress_bar("Searching") as move:

        def progress(done: float, total: float, best: float) -> None:
            move(done, total, f"best so far {best:.5g}")

        return make_design(study, progress=progress, **options)


def _show_quality(made: Design, certificate: bool, report: Path | None) -> None:
    show(made)
    draws = prior_draws(made.study)
    if len(draws) > 1:
        screen.print(f"\nDB-error: {db_integration(made, draws)}.", markup=False, soft_wrap=True)
    proof = None
    if certificate:
        with progress_bar("Proving") as move:
            proof = certify(made, progress=lambda *_: move(0, 1, ""))
        screen.print(f"\n{proof}", markup=False, soft_wrap=True)
    if report is not None:
        full = made.report(certificate=proof)
        writers = {".html": full.to_html, ".tex": full.to_latex, ".txt": full.__str__}
        if report.suffix not in writers:
            raise DceError(f"{report}: found {report.suffix!r}; allowed: .html, .tex or .txt.")
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(writers[report.suffix]() + "\n", encoding="utf-8", newline="\n")
        wrote(report)


def _pair(text: str) -> tuple[int, int]:
    try:
        least, most = (int(part) for part in text.split(","))
    except ValueError:
        raise DesignError(f"overlap: found {text!r}; allowed: least and most, such as 1,3.") from None
    return least, most
