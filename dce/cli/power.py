"""The commands on what designs are worth: their power, and what they trade."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dce.cli.console import (
    DesignPath,
    Out,
    Seed,
    StudyPath,
    app,
    fielded_design,
    folder_of,
    progress_bar,
    publish,
    screen,
    wrote,
)
from dce.design.make_front import ROUNDS, STARTS, pareto_front
from dce.errors import DceError
from dce.figure import check_name, save
from dce.power import SIMULATIONS, power
from dce.study import Study


@app.command()
def front(
    study: StudyPath,
    seconds: Annotated[
        float | None, typer.Option(help="Search for so long.", show_default=f"{ROUNDS} rounds")
    ] = None,
    starts: Annotated[int, typer.Option(min=1, help="How often everything is searched.")] = STARTS,
    seed: Annotated[int | None, typer.Option(help="Same seed, same front. Default: the study's.")] = None,
    pick: Annotated[
        int | None, typer.Option(help="Number of the design to write. Default: by the rule that is shown.")
    ] = None,
    balanced: Annotated[
        bool, typer.Option("--balanced", help="By the rule, but among the most balanced designs only.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder. Default: front in the study.")
    ] = None,
) -> None:
    """Search for designs that trade D-error for balance, overlap and correlation; write the one picked.

    The rule: of the designs within 2% of the lowest D-error, that with most level balance and utility
    balance, least correlation and overlap.
    """
    folder = out or folder_of(study) / "front"
    with progress_bar("Searching") as move:
        found = pareto_front(
            Study.read(study),
            seconds=seconds,
            starts=starts,
            seed=seed,
            progress=lambda done, total, best: move(done, total, f"lowest D-error so far {best:.5g}"),
        )
    publish("front", found.table(), folder)
    least = int(found.measures["level_imbalance"].min()) if balanced else None
    design = found.pick(pick) if pick is not None else found.pick(level_imbalance=least)
    number = next(k for k, other in enumerate(found.designs, 1) if other.hash == design.hash)
    screen.print(f"\nPicked: design {number}")
    design.write(folder / "design.csv")
    wrote(folder / "design.csv")


@app.command(name="power")
def power_command(
    study: StudyPath,
    respondents: Annotated[
        str, typer.Option("--respondents", "-n", help="Sample sizes, with commas between.")
    ] = "100,250,400",
    simulations: Annotated[int, typer.Option(min=1, help="Simulated studies of each size.")] = SIMULATIONS,
    seed: Seed = 1,
    design_path: DesignPath = None,
    figure: Annotated[
        Path | None, typer.Option(help="Draw power against sample size: a file .png, .svg or .pdf.")
    ] = None,
    out: Out = None,
) -> None:
    """Simulate and fit studies, and tell how often each coefficient is found significant."""
    try:
        sizes = [int(size) for size in respondents.split(",")]
    except ValueError:
        raise DceError(
            f"respondents: found {respondents!r}; allowed: numbers with commas between, such as 100,250,400."
        ) from None
    if figure is not None:
        check_name(figure)
    design = fielded_design(study, design_path)
    with progress_bar("Simulating") as move:
        result = power(
            design,
            respondents=sizes,
            simulations=simulations,
            seed=seed,
            progress=lambda done, total: move(done, total, f"{done:,d} of {total:,d} studies"),
        )
    screen.print(f"\n{result.in_words()}", markup=False, soft_wrap=True)
    for number, table in enumerate(result.tables(), 1):
        publish("power" if number == 1 else f"power quality {number - 1}", table, out)
    if figure is not None:
        save(result.plot(), figure)
        wrote(figure)
