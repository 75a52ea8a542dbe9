"""The manifest: what ties a survey, and the answers that come back, to its design."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dce.attributes import Level
from dce.design.design import Design
from dce.errors import ChoicesError, listed, plain
from dce.study import Study
from dce.survey.card import Card
from dce.survey.survey import LETTERS, Survey, make_survey
from dce.survey_settings import Question, survey_table

SCHEMA = "dce-manifest/2"
EARLIER = "dce-manifest/1"
"""The schema of surveys that had tasks of the design only, and no questions; still read."""


@dataclass(frozen=True)
class ManifestTask:
    """How one task was shown: its tag, place, and what each code stands for.

    Attributes
    ----------
    tag : str
        Name of the task in survey platforms and response files.
    block : int
    task : int or None
        Number in the design; None for a task besides it.
    position : int
        Place in the block, from 1, where tasks are not shuffled.
    kind : str
        ``"design"``, ``"warm-up"``, ``"dominance"`` or ``"repeat"``.
    codes : dict of str to str
        Code to alternative, in the order of the screen.
    attributes : tuple of str
        In the order of the screen.
    repeats : str or None
        The tag of the task that a repeat asks again.
    expected : str or None
        The better alternative of a dominance task.
    """

    tag: str
    block: int
    task: int | None
    position: int
    kind: str
    codes: dict[str, str]
    attributes: tuple[str, ...]
    repeats: str | None = None
    expected: str | None = None

    @property
    def column(self) -> str:
        """The tag without the block, which names the task in files with a column for the block."""
        return self.tag.partition("_")[2]


@dataclass(frozen=True)
class ManifestQuestion:
    """A question besides the tasks: the name of its column, its kind, and the options by code."""

    name: str
    kind: str
    codes: dict[str, str]


@dataclass(frozen=True)
class Manifest:
    """The tasks of a survey, its questions, and the hashes of its design and cards.

    Attributes
    ----------
    title, design_hash : str
    tasks : tuple of ManifestTask
    questions : tuple of ManifestQuestion
    settings : mapping
        What of the survey's settings answers depend on; see
        :func:`dce.survey_settings.survey_table`. ``opt_out`` is ``"column"`` or ``"question"``.
    words : mapping
        The labels that respondents saw: ``alternatives``, ``attributes`` and their ``levels``.
    cards_hash : str
        SHA-256 of everything on the cards.
    extra_levels : mapping
        Tag of each warm-up and dominance task to the levels of its alternatives.
    design : Design or None
        That it belongs to; not in the file.
    """

    title: str
    design_hash: str
    tasks: tuple[ManifestTask, ...]
    questions: tuple[ManifestQuestion, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)
    cards_hash: str = ""
    extra_levels: Mapping[str, Any] = field(default_factory=dict)
    design: Design | None = field(default=None, repr=False, compare=False)

    @cached_property
    def by_tag(self) -> dict[str, ManifestTask]:
        """Tag to task."""
        return {task.tag: task for task in self.tasks}

    @property
    def asks_opt_out(self) -> bool:
        """Whether choosing none was asked in a second question."""
        return bool(self.settings.get("opt_out") == "question")

    def content(self) -> dict[str, Any]:
        """Return what the file says."""
        tasks = []
        for task in self.tasks:
            item: dict[str, Any] = {
                "tag": task.tag,
                "block": task.block,
                "task": task.task,
                "position": task.position,
                "kind": task.kind,
                "alternatives": list(task.codes.values()),
                "codes": task.codes,
                "attributes": list(task.attributes),
            }
            extra = {
                "repeats": task.repeats,
                "expected": task.expected,
                "levels": self.extra_levels.get(task.tag),
            }
            tasks.append(item | {key: value for key, value in extra.items() if value is not None})
        return {
            "schema": SCHEMA,
            "dce": version("dce"),
            "title": self.title,
            "design": self.design_hash,
            "cards": self.cards_hash,
            "settings": dict(self.settings),
            "words": dict(self.words),
            "questions": [{"name": q.name, "kind": q.kind, "codes": q.codes} for q in self.questions],
            "tasks": tasks,
        }

    def write(self, path: Path) -> None:
        """Write the manifest as JSON."""
        text = json.dumps(self.content(), indent=1, ensure_ascii=False) + "\n"
        path.write_text(text, encoding="utf-8", newline="\n")

    def changed_words(self, study: Study) -> tuple[str, ...]:
        """Return what was worded otherwise when the survey was made.

        Raises
        ------
        ChoicesError
            If a word that was shown for one level, attribute or alternative now stands for another: the
            answers would be tied to the wrong one.
        """
        now = _words(study)
        changed: list[str] = []
        for kind, labels in self.words.items():
            found = now.get(kind, {})
            for key, label in labels.items():
                if key not in found or found[key] == label:
                    continue
                group = key.partition(": ")[0] if kind == "levels" else None
                taken = [
                    other
                    for other, word in found.items()
                    if word == label and other != key and (group is None or other.startswith(f"{group}: "))
                ]
                if taken:
                    raise ChoicesError(
                        f"manifest: respondents saw {label!r} for {key!r}; in the study {label!r} is now "
                        f"{taken[0]!r}. Use the study that was fielded."
                    )
                changed.append(f"{key}: respondents saw {label!r}, the study now says {found[key]!r}")
        return tuple(changed)


def make_manifest(survey: Survey | Design) -> Manifest:
    """Return the manifest of a survey, or of the survey of a design as its study describes it."""
    survey = make_survey(survey) if isinstance(survey, Design) else survey
    everything = json.dumps([astuple(card) for card in survey.cards], ensure_ascii=True)
    return Manifest(
        title=survey.study.title,
        design_hash=survey.design.hash,
        tasks=tuple(_task(card) for card in survey.cards),
        questions=tuple(_question(question) for question in survey.settings.questions),
        settings={
            **survey_table(survey.settings),
            "opt_out_options": list(survey.opt_out_options) if survey.asks_opt_out else [],
            "attendance_options": list(survey.attendance_options),
        },
        words=_words(survey.study),
        cards_hash=hashlib.sha256(everything.encode()).hexdigest(),
        extra_levels=_extra_levels(survey),
        design=survey.design,
    )


def _task(card: Card) -> ManifestTask:
    return ManifestTask(
        tag=card.tag,
        block=card.block,
        task=card.task,
        position=card.position,
        kind=card.kind,
        codes=dict(zip(card.codes, card.alternatives, strict=True)),
        attributes=tuple(row.attribute for row in card.rows),
        repeats=card.repeats,
        expected=card.expected,
    )


def _question(question: Question) -> ManifestQuestion:
    return ManifestQuestion(question.name, str(question.kind), question.codes)


def _words(study: Study) -> dict[str, dict[str, str]]:
    return {
        "alternatives": {a.name: a.label for a in study.all_alternatives},
        "attributes": {a.name: a.label for a in study.attributes},
        "levels": {
            f"{a.name}: {plain(level) if isinstance(level, (int, float)) else level}": label
            for a in study.attributes
            for level, label in zip(a.levels, a.labels, strict=True)
        },
    }


def _extra_levels(survey: Survey) -> dict[str, Any]:
    """Return the levels of the tasks besides the design, which no other file holds."""
    level_of = {
        attribute.name: dict(zip(attribute.labels, attribute.levels, strict=True))
        for attribute in survey.study.attributes
    }
    levels: dict[str, dict[str, dict[str, Level]]] = {}
    for card in survey.cards:
        if card.kind in ("warm-up", "dominance"):
            levels[card.tag] = {
                name: {r.attribute: level_of[r.attribute][r.cells[j]] for r in card.rows if r.cells[j]}
                for j, name in enumerate(card.alternatives[: card.services])
            }
    return levels


def read_manifest(path: str | Path, design: Design) -> Manifest:
    """Read a manifest and check that it belongs to a design.

    Raises
    ------
    ChoicesError
        If it cannot be read, has another schema, or belongs to another design.
    """
    path = Path(path)
    content = _content(path)
    if content.get("design") != design.hash:
        raise ChoicesError(
            f"{path}: belongs to another design ({str(content.get('design'))[:12]}...); the design "
            f"given is {design.hash[:12]}.... Give the design that was fielded."
        )
    tasks = _tasks(path, content, design)
    _check_tasks(path, tasks, design)
    made = Manifest(
        title=str(content.get("title", "")),
        design_hash=design.hash,
        tasks=tasks,
        questions=_questions(path, content.get("questions", [])),
        settings=_table(path, content, "settings"),
        words=_table(path, content, "words"),
        cards_hash=str(content.get("cards", "")),
        extra_levels={
            task["tag"]: task["levels"] for task in content["tasks"] if task.get("levels") is not None
        },
        design=design,
    )
    for labels in made.words.values():
        if not isinstance(labels, dict) or not all(isinstance(word, str) for word in labels.values()):
            raise ChoicesError(f"{path}: words is {dict(made.words)!r}; allowed: tables of labels.")
    try:
        made.changed_words(design.study)
    except ChoicesError as error:
        raise ChoicesError(str(error).replace("manifest", str(path), 1)) from None
    return made


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ChoicesError(f"{path}: there is no such file; 'dce survey' writes it.") from None
    except (OSError, ValueError) as error:
        raise ChoicesError(f"{path}: cannot be read: {error}.") from error
    found = content.get("schema") if isinstance(content, dict) else None
    if found not in (SCHEMA, EARLIER):
        raise ChoicesError(f"{path}: schema is {found!r}; allowed: {listed((SCHEMA, EARLIER))}.")
    return dict(content)


def _table(path: Path, content: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = content.get(key, {})
    if not isinstance(value, dict):
        raise ChoicesError(f"{path}: {key} is {type(value).__name__}; allowed: a table.")
    return value


def _tasks(path: Path, content: Mapping[str, Any], design: Design) -> tuple[ManifestTask, ...]:
    fields = ("tag", "block", "task", "position", "kind", "codes", "attributes")
    found = content.get("tasks")
    if not isinstance(found, list):
        raise ChoicesError(f"{path}: tasks is {type(found).__name__}; allowed: a list.")
    names = set(design.study.alternative_names)
    tasks = []
    for k, task in enumerate(found, 1):
        missing = [name for name in fields if not isinstance(task, dict) or name not in task]
        if missing:
            raise ChoicesError(f"{path}: task {k} lacks {listed(missing)}.")
        codes = task["codes"]
        if not isinstance(codes, dict) or set(codes.values()) != names or len(codes) != len(names):
            raise ChoicesError(
                f"{path}: task {k} has the codes {codes!r}; allowed: one for each of "
                f"{listed(design.study.alternative_names)}."
            )
        values = {name: task[name] for name in fields}
        values["attributes"] = tuple(task["attributes"])
        tasks.append(ManifestTask(**values, repeats=task.get("repeats"), expected=task.get("expected")))
    return tuple(tasks)


def _check_tasks(path: Path, tasks: tuple[ManifestTask, ...], design: Design) -> None:
    """Refuse tasks that are not those of the design, with their blocks, and none besides of its own kind."""
    J = len(design.study.alternative_names)
    numbers = [int(number) for number in design.frame["task"].to_numpy()[::J]]
    block_of = dict(zip(numbers, map(int, design.task_blocks), strict=True))
    found = [(task.task, task.block) for task in tasks if task.kind == "design"]
    wrong = next((f"task {t} in block {b}" for t, b in found if block_of.get(t or 0) != b), None)
    missing = [number for number in numbers if number not in dict(found)]
    if wrong or missing or len(found) != len(block_of):
        problem = wrong or (f"no task {listed(missing)}" if missing else f"{len(found)} tasks")
        allowed = f"the {len(block_of)} tasks of the design, in its blocks"
        raise ChoicesError(
            f"{path}: its tasks are not those of the design: found {problem}; allowed: {allowed}."
        )
    tags = [task.tag for task in tasks]
    for task in tasks:
        repeated = task.repeats is None or (task.repeats in tags) == (task.kind == "repeat")
        if task.kind not in LETTERS or tags.count(task.tag) > 1 or not repeated:
            raise ChoicesError(f"{path}: task {task.tag!r} of kind {task.kind!r} is unknown or occurs twice.")


def _questions(path: Path, found: object) -> tuple[ManifestQuestion, ...]:
    if not isinstance(found, list):
        raise ChoicesError(f"{path}: questions is {type(found).__name__}; allowed: a list.")
    for k, item in enumerate(found, 1):
        if not isinstance(item, dict) or set(item) != {"name", "kind", "codes"}:
            raise ChoicesError(f"{path}: question {k} is {item!r}; allowed: a name, a kind and codes.")
        if not isinstance(item["codes"], dict):
            raise ChoicesError(f"{path}: question {k} has the codes {item['codes']!r}; allowed: a table.")
    return tuple(ManifestQuestion(**item) for item in found)
