"""The manifest: what ties a survey, and the answers that come back, to its design."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from dce.design.design import Design
from dce.errors import ChoicesError, listed
from dce.survey.card import Card, cards

SCHEMA = "dce-manifest/1"


@dataclass(frozen=True)
class ManifestTask:
    """How one task was shown: its tag, place, and what each code stands for.

    Attributes
    ----------
    tag : str
        Name of the task in survey platforms and response files.
    block, task, position : int
        As on the :class:`~dce.survey.card.Card`.
    kind : str
        ``"design"``.
    codes : dict of str to str
        Code to alternative, in the order of the screen.
    attributes : tuple of str
        In the order of the screen.
    """

    tag: str
    block: int
    task: int
    position: int
    kind: str
    codes: dict[str, str]
    attributes: tuple[str, ...]


@dataclass(frozen=True)
class Manifest:
    """The tasks of a survey, and the hash of their design."""

    title: str
    design_hash: str
    tasks: tuple[ManifestTask, ...]

    def write(self, path: Path) -> None:
        """Write the manifest as JSON."""
        content = {
            "schema": SCHEMA,
            "dce": version("dce"),
            "title": self.title,
            "design": self.design_hash,
            "tasks": [
                {
                    "tag": task.tag,
                    "block": task.block,
                    "task": task.task,
                    "position": task.position,
                    "kind": task.kind,
                    "alternatives": list(task.codes.values()),
                    "codes": task.codes,
                    "attributes": list(task.attributes),
                }
                for task in self.tasks
            ],
        }
        text = json.dumps(content, indent=1, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8", newline="\n")


def make_manifest(design: Design) -> Manifest:
    """Return the manifest of a design as its cards show it."""
    return Manifest(design.study.title, design.hash, tuple(_task(card) for card in cards(design)))


def _task(card: Card) -> ManifestTask:
    return ManifestTask(
        tag=card.tag,
        block=card.block,
        task=card.task,
        position=card.position,
        kind="design",
        codes=dict(zip(card.codes, card.alternatives, strict=True)),
        attributes=tuple(row.attribute for row in card.rows),
    )


def read_manifest(path: str | Path, design: Design) -> Manifest:
    """Read a manifest and check that it belongs to a design.

    Raises
    ------
    ChoicesError
        If it cannot be read, has another schema, or belongs to another design.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ChoicesError(f"{path}: there is no such file; 'dce survey' writes it.") from None
    except (OSError, ValueError) as error:
        raise ChoicesError(f"{path}: cannot be read: {error}.") from error
    found = content.get("schema") if isinstance(content, dict) else None
    if found != SCHEMA:
        raise ChoicesError(f"{path}: schema is {found!r}; allowed: {SCHEMA!r}.")
    if content.get("design") != design.hash:
        raise ChoicesError(
            f"{path}: belongs to another design ({str(content.get('design'))[:12]}...); the design "
            f"given is {design.hash[:12]}.... Give the design that was fielded."
        )
    fields = ("tag", "block", "task", "position", "kind", "codes", "attributes")
    found_tasks = content.get("tasks")
    if not isinstance(found_tasks, list):
        raise ChoicesError(f"{path}: tasks is {type(found_tasks).__name__}; allowed: a list.")
    names = set(design.study.alternative_names)
    tasks = []
    for k, task in enumerate(found_tasks, 1):
        missing = [name for name in fields if not isinstance(task, dict) or name not in task]
        if missing:
            raise ChoicesError(f"{path}: task {k} lacks {listed(missing)}.")
        codes = task["codes"]
        if not isinstance(codes, dict) or set(codes.values()) != names or len(codes) != len(names):
            raise ChoicesError(
                f"{path}: task {k} has the codes {codes!r}; allowed: one for each of {listed(names)}."
            )
        values = {name: task[name] for name in fields}
        tasks.append(ManifestTask(**{**values, "attributes": tuple(task["attributes"])}))
    known = {int(task) for task in design.frame["task"]}
    if sorted(str(task.task) for task in tasks) != sorted(map(str, known)):
        raise ChoicesError(f"{path}: its tasks are not those of the design.")
    return Manifest(str(content.get("title", "")), design.hash, tuple(tasks))
