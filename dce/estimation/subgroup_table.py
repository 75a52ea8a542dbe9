"""The table of everybody and subgroups side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dce.estimation.fit import Fit
from dce.table import Table, number

if TYPE_CHECKING:
    from dce.estimation.subgroups import SubgroupFits


def subgroup_table(fits: SubgroupFits, characteristics: tuple[str, ...], all_called: str) -> Table:
    """Return coefficients with standard errors in brackets, a column for everybody and each group."""
    everybody = fits.everybody
    groups = [group for group in fits.groups if group.characteristic in characteristics]
    columns = {all_called: _column(everybody, everybody.n_respondents, everybody.n_tasks, everybody)}
    for group in groups:
        heading = group.value if len(characteristics) == 1 else group.name
        fit = fits.fits.get(group.name)
        columns[heading] = _column(fit, group.n_respondents, group.n_tasks, everybody)
    index = [everybody.label(str(name)) for name in everybody.coefficients.index]
    index += ["Respondents", "Answered tasks", "Log-likelihood"]
    frame = pd.DataFrame(columns, index=pd.Index(index, name=""))
    return Table(f"By {', '.join(characteristics)}", frame, {}, tuple(_notes(fits, characteristics)))


def _column(fit: Fit | None, respondents: int | None, tasks: int, like: Fit) -> list[str]:
    """Return the cells of one group, with dashes where it has no fit; ``like`` has its coefficients."""
    counts = [number(respondents), number(tasks)]
    if fit is None:
        return [*["–"] * len(like.coefficients), *counts, "–"]
    pairs = zip(fit.coefficients, fit.standard_errors, strict=True)
    cells = [f"{number(float(b), '4')} ({number(float(e), '4')})" for b, e in pairs]
    return [*cells, *counts, number(fit.log_likelihood)]


def _notes(fits: SubgroupFits, characteristics: tuple[str, ...]) -> list[str]:
    everybody = fits.everybody
    notes = [f"Standard errors in brackets: {everybody.inference}."]
    few = [f"{value}: {n}" for name in characteristics for value, n in fits.few_clusters(name).items()]
    if few:
        notes.append(
            f"Caution: few clusters ({', '.join(few)}), with which these errors are too small; "
            "covariance='CR3' corrects them."
        )
    refused = [
        fits.refused[group.name]
        for group in fits.groups
        if group.characteristic in characteristics and group.name in fits.refused
    ]
    if refused:
        notes += ["–: not estimated.", *map(str, refused)]
    notes += [f"Left out: {n:,d} {what}." for what, n in everybody.left_out.items() if n]
    without = tuple(f" without {name}" for name in characteristics)
    return notes + [
        f"Left out of the groups: {n:,d} {what}."
        for what, n in fits.left_out.items()
        if n and what.endswith(without)
    ]
