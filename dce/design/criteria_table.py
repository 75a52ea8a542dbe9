"""Every criterion of a design, beside the best that is known and the best that is possible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pandas as pd

from dce.design.criteria import (
    a_error,
    c_error,
    constants_of,
    d_errors,
    information_at,
    s_estimate,
    utility_neutral,
)
from dce.design.draws import Draws, IntegrationError, integration_error, prior_draws
from dce.design.neutral_bound import utility_neutral_bound
from dce.errors import DesignError, listed, quoted
from dce.logit import BoolArray, FloatArray
from dce.study import Study
from dce.table import Table

if TYPE_CHECKING:
    from dce.design.design import Design

D = "D-error, all coefficients"
D_NUISANCE, D_ABSENT = "D-error, constants as nuisance", "D-error, constants absent"
A = "A-error, all coefficients"
C = "C-error per {}"
S, S_ATTRIBUTES = "S-estimate, all coefficients", "S-estimate, constants not counted"
NEUTRAL = "D-error, utility-neutral"

OTHER_DRAWS = 4096
"""Draws in each of the other sets that tell the integration error, for designs that are not large."""
OTHER_CELLS = 10_000_000
"""Draws times cells of X in such a set, about, for large designs."""
SAME = 1e-6
"""Relative difference up to which the D-error of a certificate is that of the design."""


class Certificate(Protocol):
    """What is used of a :class:`dce.design.certificate.Certificate`."""

    @property
    def bound(self) -> float:
        """Least D-error that any design can have, or DB-error if it is over draws."""

    @property
    def d_error(self) -> float:
        """The same of the design."""

    @property
    def averaged_over(self) -> str:
        """The draws; empty for a bound at the prior means."""


@dataclass(frozen=True)
class _Means:
    """What criteria divide by, and which coefficients count."""

    names: tuple[str, ...]
    means: FloatArray
    is_constant: BoolArray
    blocks: int
    significance: float
    per: tuple[str, ...] = field(default=())

    def values(self, M: FloatArray, beta: FloatArray) -> dict[str, FloatArray]:
        """Return every criterion of information M (R, K, K) at coefficients beta (R, K), each (R,)."""
        found = {D: d_errors(M)}
        some = self.is_constant.any() and not self.is_constant.all()
        if some:
            found[D_NUISANCE] = d_errors(M, self.is_constant, "nuisance")
            found[D_ABSENT] = d_errors(M, self.is_constant, "absent")
        found[A] = a_error(M)
        for name in self.per:
            k = self.names.index(name)
            changes_sign = (beta[:, k] == 0).any() or np.ptp(np.sign(beta[:, k])) > 0
            of_rates = c_error(M, beta, [k], self.is_constant)
            found[C.format(name)] = np.full(len(M), np.nan) if changes_sign else of_rates
        of_one = M / self.blocks
        found[S] = s_estimate(of_one, self.means, self.significance)
        if some:
            counted = ~self.is_constant
            found[S_ATTRIBUTES] = s_estimate(of_one, self.means, self.significance, counted)
        return found


def criteria(
    design: Design,
    *,
    per: str | Sequence[str] | None = None,
    draws: Draws | None = None,
    best: Mapping[str, float] | Design | None = None,
    best_is: str = "",
    certificate: Certificate | None = None,
    significance: float = 0.05,
) -> Table:
    """Evaluate every criterion of a design.

    Parameters
    ----------
    design : Design
    per : str or sequence of str, optional
        Coefficients that rates divide by in C-errors. Default: those of numeric attributes that
        people want less of, by the prior means.
    draws : Draws, optional
        Over which criteria are averaged. Default: those of the study's priors, if they have spread.
    best : mapping or Design, optional
        The best that was found: values by criterion, named as in this table, or a design.
    best_is : str, optional
        Where the best comes from. Default: the origin of the design.
    certificate : Certificate, optional
        A proven bound of the D-error, from :func:`dce.design.certificate.certify`.
    significance : float, optional
        Of S-estimates, two-sided.

    Returns
    -------
    Table
        A row per criterion: its value, its ratio to the best found, and to the proven bound.

    Raises
    ------
    DesignError
        If ``per`` or ``best`` names what there is not, the best has other tasks, or the certificate
        is of another design, or over other draws.
    """
    study = design.study
    per = _per(study, per)
    if not 0 < significance < 1:
        raise DesignError(f"significance: found {quoted(significance)}; allowed: between 0 and 1.")
    draws = prior_draws(study) if draws is None else draws
    if draws.names != study.coefficients:
        raise DesignError(
            f"draws: found coefficients {listed(draws.names)}; allowed: {listed(study.coefficients)}."
        )
    value = _values(design, per, draws, significance)
    bounds = _bounds(design, certificate, value)
    frame = pd.DataFrame({"value": value})
    notes = _notes(design, draws, value, significance)
    if best is not None:
        reference = _best(design, best, per, draws, significance, list(value))
        frame["% of best"] = pd.Series(reference).reindex(frame.index) / frame["value"]
        said = best_is or ("as given" if isinstance(best, Mapping) else best.origin)
        notes.append(f"% of best: the best value found over this one. The best found: {said}.")
    if bounds:
        frame["% of bound"] = pd.Series(bounds).reindex(frame.index) / frame["value"]
        neutral = (
            " With all coefficients zero it is a closed form, for free levels." if NEUTRAL in bounds else ""
        )
        notes.append(f"% of bound: what no design of so many tasks can be below, over this value.{neutral}")
        notes += [] if certificate is None else [str(certificate)]
    formats = {"value": ".5g", "% of best": ".1%", "% of bound": ".1%"}
    return Table("Criteria (less is better)", frame, formats, tuple(notes))


def averaged(label: str) -> str:
    """Return what a criterion is called when averaged over draws: the DB-error of a D-error.

    Examples
    --------
    >>> averaged("D-error, constants absent")
    'DB-error, constants absent'
    """
    return f"{label[0]}B{label[1:]}"


def _per(study: Study, per: str | Sequence[str] | None) -> tuple[str, ...]:
    means = study.prior_means
    if per is None:
        numeric = {attribute.name for attribute in study.attributes if attribute.is_numeric}
        return tuple(name for name in study.coefficients if name in numeric and means[name] < 0)
    per = (per,) if isinstance(per, str) else tuple(per)
    for name in per:
        if name not in study.coefficients:
            raise DesignError(f"per: found {quoted(name)}; allowed: {listed(study.coefficients, 40)}.")
        if means[name] == 0:
            raise DesignError(f"per: the prior of {name} is zero; allowed: one that rates can be divided by.")
    return per


def _values(design: Design, per: tuple[str, ...], draws: Draws, significance: float) -> dict[str, float]:
    study = design.study
    means = np.asarray(study.prior_means, dtype=np.float64)
    of = _Means(study.coefficients, means, constants_of(study), len(design.blocks), significance, per)
    found = {name: float(x[0]) for name, x in of.values(design.information[None], means[None]).items()}
    found = {name: x for name, x in found.items() if not (name.startswith("S") and np.isnan(x))}
    if len(draws) > 1:
        each = of.values(information_at(design.X, draws.beta), draws.beta)
        found |= {averaged(name): float(draws.weights @ each[name]) for name in found}
    found[NEUTRAL] = utility_neutral(design.X)
    return found


def db_error(design: Design, draws: Draws) -> float:
    """Return the average over draws of the D-error for all coefficients."""
    return float(draws.weights @ d_errors(information_at(design.X, draws.beta)))


def db_integration(design: Design, draws: Draws) -> IntegrationError:
    """Return how far the DB-error over draws is from that over others."""
    X = design.X
    number = max(len(draws), min(OTHER_DRAWS, OTHER_CELLS // X.size))
    number = 1 << (number - 1).bit_length()
    return integration_error(
        lambda beta, w: float(w @ d_errors(information_at(X, beta))), draws, number=number
    )


def _notes(design: Design, draws: Draws, value: Mapping[str, float], significance: float) -> list[str]:
    notes = [
        "D, A and C: one respondent who answers all tasks, at the prior means. S: respondents with one "
        "block each, after which every coefficient with a prior other than zero is significant at "
        f"{significance:g}."
    ]
    if any(name.startswith("C") for name in value):
        notes.append("C-error: sum of the variances of all rates per that coefficient, constants left out.")
    if len(draws) > 1:
        notes.append(
            f"B: averaged over {draws.description} of the priors. DB-error: {db_integration(design, draws)}."
        )
        unknown = [name for name, x in value.items() if name.startswith("CB") and np.isnan(x)]
        if unknown:
            notes.append(f"{', '.join(unknown)}: none, because rates divide by draws that change sign.")
    if not any(name.startswith("S") for name in value):
        notes.append("No S-estimate: it needs priors other than zero.")
    return notes


def _best(
    design: Design,
    best: Mapping[str, float] | Design,
    per: tuple[str, ...],
    draws: Draws,
    significance: float,
    names: list[str],
) -> dict[str, float]:
    if isinstance(best, Mapping):
        unknown = [name for name in best if name not in names]
        if unknown:
            raise DesignError(f"best: found {listed(unknown)}; allowed: {listed(names, 30)}.")
        return dict(best)
    if best.n_tasks != design.n_tasks:
        raise DesignError(
            f"best: a design of {best.n_tasks} tasks; allowed: one of {design.n_tasks}, as the design has."
        )
    return _values(replace(best, study=design.study), per, draws, significance)


def _bounds(design: Design, certificate: Certificate | None, value: Mapping[str, float]) -> dict[str, float]:
    bounds = {}
    if certificate is not None:
        name = averaged(D) if certificate.averaged_over else D
        if name not in value:
            raise DesignError(
                f"certificate: over {certificate.averaged_over}; allowed: at the prior means, because the "
                "criteria are not averaged, or draws= the same draws."
            )
        found = value[name]
        if not abs(certificate.d_error / found - 1) <= SAME:
            raise DesignError(
                f"certificate: of a design with a {name} of {certificate.d_error:.6g}; allowed: one of this "
                f"design, {found:.6g}, over the same draws."
            )
        bounds[name] = float(certificate.bound)
    neutral = utility_neutral_bound(design.study, design.n_tasks)
    if np.isfinite(neutral):
        bounds[NEUTRAL] = neutral
    return bounds
