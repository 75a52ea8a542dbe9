"""The tasks of a survey as numbers of levels, as Sawtooth's files hold them."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from dce.attributes import Level
from dce.errors import ChoicesError
from dce.study import Study
from dce.survey.manifest import Manifest

Concepts = tuple[tuple[float, ...], ...]
"""The services of a task, each with the number of its level of every attribute."""


def has_kinds(study: Study) -> bool:
    """Whether services are of different kinds, so that the kind is an attribute of its own, the first one."""
    return study.labelled or any(attribute.alternatives for attribute in study.attributes)


def level_numbers(manifest: Manifest) -> dict[str, Concepts]:
    """Return the levels of every task by tag: numbered from 1 as in the study, 0 where a service has none.

    Where services are of different kinds, the number of the alternative comes first.

    Raises
    ------
    ChoicesError
        If the manifest does not say the levels of a task.
    """
    if manifest.design is None:
        raise ChoicesError("manifest: has no design; read it with the design that was fielded.")
    study = manifest.design.study
    of_task = {
        int(str(task)): _concepts(_services(rows, study), study)
        for task, rows in manifest.design.frame.groupby("task", sort=True)
    }
    found: dict[str, Concepts] = {}
    for task in manifest.tasks:
        number = manifest.by_tag[task.repeats].task if task.repeats else task.task
        if number is not None:
            found[task.tag] = of_task[number]
        elif task.tag in manifest.extra_levels:
            found[task.tag] = _concepts(manifest.extra_levels[task.tag], study)
        else:
            raise ChoicesError(f"manifest: task {task.tag!r} lacks its levels; export the survey again.")
    return found


def _concepts(services: Mapping[str, Mapping[str, Level | None]], study: Study) -> Concepts:
    kinds = has_kinds(study)
    made = []
    for k, alternative in enumerate(study.alternatives, 1):
        levels = services[alternative.name]
        numbers = [
            0 if levels.get(a.name) is None else a.levels.index(levels[a.name]) + 1 for a in study.attributes
        ]
        made.append((*([k] if kinds else []), *numbers))
    return tuple(made)


def _services(rows: pd.DataFrame, study: Study) -> dict[str, dict[str, Level | None]]:
    """Return the levels of each alternative of a task by attribute; None where it has none."""
    columns = {name: [None if pd.isna(x) else x for x in rows[name]] for name in study.attribute_names}
    return {
        str(alternative): {name: levels[k] for name, levels in columns.items()}
        for k, alternative in enumerate(rows["alternative"])
    }
