"""How close a design is to the best that any design can be, as proven by :mod:`dce.design.bound`."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dce.design.bound import GAP, ROUNDING, Bound, Progress, d_error_bound, draws_or_means
from dce.design.criteria import d_errors, information_at
from dce.design.design import Design
from dce.design.draws import Draws
from dce.design.level_shares import level_shares
from dce.design.task_rules import task_rules
from dce.design_settings import LevelBalance
from dce.table import html_of


@dataclass(frozen=True)
class Certificate(Bound):
    """How far a design is from the best that any design can be. Printing it says so.

    Attributes
    ----------
    d_error : float
        Of the design; its DB-error if the bound is over draws.
    is_member : bool
        Whether the design is one of those that the bound is about. Another may be below it.
    averaged_over : str
        The draws; empty for a bound at the prior means.
    free_bound : float or None
        The bound on designs of any counts of levels, where ``bound`` is on balanced ones.
    """

    d_error: float = np.nan
    is_member: bool = True
    averaged_over: str = ""
    free_bound: float | None = None

    @property
    def efficiency(self) -> float:
        """The bound over the design's error: the design is at least so efficient."""
        return self.bound / self.d_error

    def __str__(self) -> str:
        name = "DB-error" if self.averaged_over else "D-error"
        kind = "level-balanced design" if self.level_balance else "design"
        if not isinstance(self.level_balance, bool):
            kind = "design with such counts of levels"
        percent = np.floor(1000 * self.efficiency) / 10
        text = (
            f"At least {percent:.1f}% efficient: no {kind} of {self.tasks} tasks "
            f"has a {name} below {_rounded_down(self.bound)} (this one: {self.d_error:.5g}), proven over "
            f"all {self.tasks_considered:,d} possible tasks."
        )
        if not self.is_member:
            text += " But this design breaks the rules that those designs keep."
        if self.free_bound is not None and self.is_member:
            cost = np.ceil(1000 * (self.d_error / self.free_bound - 1)) / 10
            text += (
                f" Level balance costs at most {cost:.1f}% in {name}: without it the bound is "
                f"{_rounded_down(self.free_bound)}."
            )
        if self.stopped:
            text += f" The bound could be higher: {self.stopped}."
        return text

    def _repr_html_(self) -> str:
        return html_of([str(self)])


def certify(
    design: Design,
    *,
    level_balance: LevelBalance | None = None,
    draws: Draws | None = None,
    gap: float = GAP,
    seconds: float | None = None,
    progress: Progress | None = None,
) -> Certificate:
    """Prove how close a design is to the best that any design of its study can be.

    Parameters
    ----------
    design : Design
    level_balance : bool or mapping, optional
        Among which designs: as for :func:`make_design`. Default: what the study says if the design
        keeps it, otherwise all designs.
    draws : Draws, optional
        Certify the DB-error over them rather than the D-error at the prior means.
    gap : float, optional
        How close the bound comes to the best that this method can prove.
    seconds : float, optional
        Stop after the first pass over all tasks that ends later: what is proven by then holds.
        Ctrl-C does the same.
    progress : callable, optional
        Called after each pass with the bound and the D-error of the best measure.

    Returns
    -------
    Certificate

    Raises
    ------
    DesignError
        If there are too many possible tasks, or no measure on them keeps the level balance.
    """
    study, L, coding = design.study, design.levels, design.coding
    if level_balance is None:
        wanted = study.design.level_balance
        level_balance = wanted if level_shares(coding, len(L), wanted).kept_by(L) else False
    found = d_error_bound(
        study, len(L), level_balance=level_balance, draws=draws, gap=gap, seconds=seconds, progress=progress
    )
    free = None
    if level_balance is not False:
        free = d_error_bound(
            study, len(L), level_balance=False, draws=draws, gap=gap, seconds=seconds, progress=progress
        ).bound
    rules = task_rules(coding)
    keeps_rules = not rules.broken(rules.services.pack(L)).any()
    is_member = level_shares(coding, len(L), level_balance).kept_by(L) and keeps_rules
    betas, omega = draws_or_means(study, draws)
    error = float(omega @ d_errors(information_at(design.X, betas)))
    averaged_over = draws.description if draws is not None and len(draws) > 1 else ""
    return Certificate(
        **vars(found), d_error=error, is_member=is_member, averaged_over=averaged_over, free_bound=free
    )


def _rounded_down(bound: float) -> str:
    """Return five digits of a bound, never rounded up: what is said is proven."""
    unit = 10.0 ** (np.floor(np.log10(bound)) - 4)
    return f"{np.floor(bound / unit * (1 + ROUNDING)) * unit:.5g}"
