"""What each level is worth beside the first of its attribute, and at which point that holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dce.estimation.effects_at import attributes_of, is_continuous, needs
from dce.estimation.fit import Fit
from dce.estimation.part_worths import PartWorths, part_worths
from dce.estimation.rate_notes import point_notes
from dce.formula import ALTERNATIVE
from dce.table import Table

Point = dict[str, object]


@dataclass(frozen=True)
class LevelsWorth:
    """Worth of the levels of every attribute less that of its first level.

    Attributes
    ----------
    frame : pandas.DataFrame
        One row per level: ``attribute`` (its label, with the alternative where it depends on that),
        ``level``, ``worth``, ``standard error``, ``low``, ``high``; the first level of each is zero.
    level : float
        Of the intervals.
    notes : tuple of str
    """

    frame: pd.DataFrame
    level: float
    notes: tuple[str, ...]

    @property
    def labels(self) -> list[tuple[str, list[str]]]:
        """The attributes with the texts of their levels."""
        groups = self.frame.groupby("attribute", sort=False)["level"]
        return [(str(attribute), list(levels)) for attribute, levels in groups]

    def table(self) -> Table:
        """Return the table that a paper prints: below each attribute, its levels."""
        columns = ["worth", "standard error", "low", "high"]
        rows: list[list[float]] = []
        labels: list[str] = []
        for attribute, levels in self.frame.groupby("attribute", sort=False):
            labels += [str(attribute), *(f"  {level}" for level in levels["level"])]
            values = levels[columns].to_numpy(dtype=np.float64).tolist()
            rows += [[np.nan] * 4, [0.0, np.nan, np.nan, np.nan], *values[1:]]
        names = ["worth", "s.e.", f"{self.level:.0%} low", "high"]
        frame = pd.DataFrame(rows, columns=names, index=pd.Index(labels, name=""))
        return Table("What each level is worth", frame, dict.fromkeys(names, ".3f"), self.notes)


def levels_worth(fit: Fit, level: float = 0.95) -> LevelsWorth:
    """Return the part-worths of all levels less those of the first levels, with intervals."""
    rows = []
    for label, worth in _named(fit):
        D = worth.X - worth.X[0]
        error = np.sqrt(np.einsum("lk,km,lm->l", D, fit.covariance.to_numpy(), D))
        value, half = D @ fit.coefficients.to_numpy(), fit.quantile(level) * error
        for k, text in enumerate(worth.texts):
            rows.append((label, text, value[k], error[k], value[k] - half[k], value[k] + half[k]))
    columns = ["attribute", "level", "worth", "standard error", "low", "high"]
    notes = (
        "Utility less that of the first level of the attribute, whose worth is zero.",
        *point_notes(fit, usual_point(fit)),
        f"Standard errors: {fit.inference}.",
    )
    return LevelsWorth(pd.DataFrame(rows, columns=columns), level, notes)


def usual_point(fit: Fit) -> Point:
    """Return a value for everything that attributes interact with, besides the alternative.

    First levels and middle values of attributes, the most frequent or median value of respondents.
    """
    coding, study = fit.coding, fit.study
    own = set(study.attribute_names) if study else set()
    wanted = {other for name in attributes_of(fit) for other in needs(coding, name) - {name}}
    point: Point = {}
    for name in sorted(wanted - {ALTERNATIVE}):
        values = fit.choices.frame[name].dropna()
        if name in own and not is_continuous(coding, name):
            point[name] = coding.steps.get(name, coding.categories.get(name, ()))[0]
        elif is_continuous(coding, name):
            known = np.unique(values) if name in own else np.sort(values)
            point[name] = float(known[(len(known) - 1) // 2])
        else:
            point[name] = values.mode().iloc[0]
    return point


def points(fit: Fit) -> dict[str, Point]:
    """Return the usual point; one for each service, by its label, where worth depends on which it is."""
    point, study = usual_point(fit), fit.study
    names = [name for name in attributes_of(fit) if name != ALTERNATIVE]
    depends = any(ALTERNATIVE in needs(fit.coding, name) for name in names)
    if study is None or not depends:
        return {"": point}
    return {a.label: {**point, ALTERNATIVE: a.name} for a in study.alternatives}


def _named(fit: Fit) -> list[tuple[str, PartWorths]]:
    """Return part-worths with the label of the attribute, and of the service where it matters."""
    found: list[tuple[str, PartWorths]] = []
    for service, point in points(fit).items():
        for worth in part_worths(fit, point):
            is_own = ALTERNATIVE in needs(fit.coding, worth.attribute)
            label = f"{worth.label}: {service}" if service and is_own else worth.label
            if label not in dict(found):
                found.append((label, worth))
    return found
