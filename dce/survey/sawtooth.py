"""The design for Sawtooth Lighthouse Studio: the CSV file that its CBC exercise imports, and a legend."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dce.errors import StudyError, listed
from dce.study import Study
from dce.survey.csv_table import write_table
from dce.survey.level_numbers import has_kinds, level_numbers
from dce.survey.manifest import Manifest, make_manifest
from dce.survey.platform_card import text_html
from dce.survey.survey import Survey

COLUMNS = ("Version", "Task", "Concept")
"""Columns of the design before the attributes."""
FORMULA = "=+-@"
"""Signs at the beginning of a cell that spreadsheets take for a formula."""
NOTES = """\
How to field this design in Sawtooth Lighthouse Studio. The study, its texts and its questions are set up
there; these files hold the choice tasks.

1. Add a CBC exercise, for example CBC. Enter the attributes and levels of sawtooth_attributes.csv in the
   order of the file. Its texts are HTML, to paste as they are.
   {kinds}
2. {random} random tasks, {fixed} fixed tasks, {concepts} concepts a task, {versions} versions. Concepts and
   attributes stay in the order of the file.
3. {none}
4. Import sawtooth_design.csv as the design. A version is a block, version 0 holds the fixed tasks. A 0 is
   an attribute that the concept does not have.
5. Question above the tasks, as HTML: {question}
   Concepts: {labels}
6. Order: {order}
7. Send home a CSV export with sys_RespNum, sys_CBCVersion_CBC, CBC_Random1 ... (and CBC_Fixed1 ...), or
   the .cho file, and read it with the manifest of this folder. Versions must be drawn by Lighthouse Studio
   itself, which records them; a .cho file has no version, so blocks are told by their tasks.
"""


def write_sawtooth(survey: Survey, folder: Path) -> list[Path]:
    """Write ``sawtooth_design.csv``, ``sawtooth_attributes.csv`` that says what its numbers mean, and notes.

    A version is a block, a concept a service. Tasks of the design and those asked again are the random
    tasks of each version; warm-up and dominance tasks, the same for everybody, are fixed tasks in version
    0. The opt-out is the None option and has no row. Where services are of different kinds, the kind is
    the first attribute, on which others depend.

    Parameters
    ----------
    survey : Survey
    folder : Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    StudyError
        If an attribute is called like another column.
    """
    taken = [name for name in survey.study.attribute_names if name in COLUMNS]
    if taken:
        raise StudyError(
            f"attribute {listed(taken)}: is the name of another column of sawtooth_design.csv; allowed: "
            f"names other than {listed(COLUMNS)}."
        )
    folder.mkdir(parents=True, exist_ok=True)
    study = survey.study
    manifest = make_manifest(survey)
    levels = level_numbers(manifest)
    tasks = sawtooth_tasks(manifest)
    first_block = survey.cards[0].block
    rows = [
        [0 if kind == "Fixed" else block, number, concept, *numbers]
        for (block, kind, number), tag in sorted(tasks.items(), key=lambda task: (task[0][1], task[0]))
        if kind == "Random" or block == first_block
        for concept, numbers in enumerate(levels[tag], 1)
    ]
    shown = _attributes(study)
    legend = [
        [k, name, _cell(label), number, _cell(text)]
        for k, (name, label, texts) in enumerate(shown, 1)
        for number, text in enumerate(texts, 1)
    ]
    files = [folder / f"sawtooth_{name}" for name in ("design.csv", "attributes.csv", "notes.txt")]
    write_table(files[0], [*COLUMNS, *(name for name, _, _ in shown)], rows)
    header = ["attribute", "attribute_name", "attribute_text", "level", "level_text"]
    write_table(files[1], header, legend)
    files[2].write_text(_notes(survey, tasks), encoding="utf-8", newline="\n")
    return files


def _attributes(study: Study) -> list[tuple[str, str, Sequence[str]]]:
    """Return name, label and levels of each attribute, the kind of service first if there are kinds."""
    own = [(attribute.name, attribute.label, attribute.labels) for attribute in study.attributes]
    kinds = [alternative.label for alternative in study.alternatives]
    return [("alternative", "Alternative", kinds), *own] if has_kinds(study) else own


def sawtooth_tasks(manifest: Manifest) -> dict[tuple[int, str, int], str]:
    """Return the tag of each task by version, ``"Random"`` or ``"Fixed"``, and number, as Sawtooth counts."""
    found: dict[tuple[int, str, int], str] = {}
    counts: dict[tuple[int, str], int] = {}
    for task in sorted(manifest.tasks, key=lambda task: (task.block, task.position)):
        kind = "Random" if task.kind in ("design", "repeat") else "Fixed"
        number = counts.get((task.block, kind), 0) + 1
        counts[task.block, kind] = number
        found[task.block, kind, number] = task.tag
    return found


def _cell(text: str) -> str:
    """Return a text as HTML in which neither Sawtooth Script nor a spreadsheet finds a command."""
    safe = text_html(text)
    return f"&#{ord(safe[0])};{safe[1:]}" if safe[0] in FORMULA else safe


def _notes(survey: Survey, tasks: dict[tuple[int, str, int], str]) -> str:
    study = survey.study
    block, cards = survey.blocks[0]
    of_block = {tag: (kind, number) for (b, kind, number), tag in tasks.items() if b == block}
    order = ", ".join(f"CBC_{of_block[card.tag][0]}{of_block[card.tag][1]}" for card in cards)
    if study.opt_out is None:
        none = "No None option."
    elif survey.asks_opt_out:
        none = (
            f"Dual-Response None, with the words: {_cell(study.opt_out.label)}\n"
            "   Send home the CSV export, with CBC_Random1_none ..., not the .cho file."
        )
    else:
        none = f"A traditional None option in every task, with the words: {_cell(study.opt_out.label)}"
    kinds = "All services have the same attributes."
    if has_kinds(study):
        kinds = "The first is the kind of service, on which others depend (an alternative-specific design)."
    return NOTES.format(
        kinds=kinds,
        random=max(number for _, kind, number in tasks if kind == "Random"),
        fixed=sum(kind == "Fixed" for b, kind, _ in tasks if b == block),
        concepts=len(study.alternatives),
        versions=len(survey.blocks),
        none=none,
        question=_cell(study.question),
        labels=" | ".join(_cell(alternative.label) for alternative in study.alternatives),
        order=order,
    )
