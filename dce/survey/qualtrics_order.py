"""The order of cards on the screen, from what the randomisers of Qualtrics recorded."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dce.errors import listed
from dce.survey.manifest import Manifest, ManifestTask
from dce.survey.qualtrics_table import Header
from dce.survey.response_file import ResponseFile

Places = dict[str, list[str]]
"""Tag of each card of a randomiser to its place in it, one for each respondent."""


def screen_order(
    file: ResponseFile, header: Header, manifest: Manifest, rows: Sequence[list[str]], lines: Sequence[int]
) -> tuple[dict[str, list[str]], list[str]]:
    """Return the place of each card among all of its block, and what could not be told.

    A randomiser knows the order of its own cards. Warm-up cards that are not in it come before them, and
    all others after them, in their order.

    Raises
    ------
    ChoicesError
        If two cards have one place, or a place is none.
    """
    randomisers = _randomisers(header, manifest, rows)
    found: dict[str, list[str]] = {}
    notes = []
    for block in sorted({task.block for task in manifest.tasks}):
        tasks = [task for task in manifest.tasks if task.block == block]
        held = [places for places in randomisers.values() if any(task.tag in places for task in tasks)]
        if not held:
            continue
        design = [task.tag for task in tasks if task.kind == "design"]
        if len(held) > 1 or not set(design) <= set(held[0]):
            notes.append(f"The order of the cards of block {block} is not told by one randomiser: left out.")
            continue
        found |= _of_block(file, tasks, held[0], lines)
    return found, notes


def _randomisers(header: Header, manifest: Manifest, rows: Sequence[list[str]]) -> dict[str, Places]:
    found: dict[str, Places] = {}
    for column in header.columns:
        if column.order is None:
            continue
        randomiser, child = column.order
        cells = [row[column.place].strip() for row in rows]
        tag = re.sub(r"\s", "", child)
        if tag in manifest.by_tag:
            found.setdefault(randomiser, {})[tag] = cells
        elif not child:  # one column for all, such as "b1_t2|b1_t1"
            orders = [[re.sub(r"\s", "", part) for part in cell.split("|")] for cell in cells]
            for tag in dict.fromkeys(part for order in orders for part in order):
                if tag in manifest.by_tag:
                    found.setdefault(randomiser, {})[tag] = [
                        str(order.index(tag) + 1) if tag in order else "" for order in orders
                    ]
    return found


def _of_block(
    file: ResponseFile, tasks: Sequence[ManifestTask], held: Mapping[str, list[str]], lines: Sequence[int]
) -> dict[str, list[str]]:
    drawn = [task.tag for task in tasks if task.tag in held]
    first = [task.tag for task in tasks if task.tag not in held and task.kind == "warm-up"]
    last = [task.tag for task in tasks if task.tag not in held and task.kind != "warm-up"]
    found: dict[str, list[str]] = {task.tag: [""] * len(lines) for task in tasks}
    allowed = {text: k for k in range(1, len(drawn) + 1) for text in (f"{k}", f"{k}.0", f"{k},0")}
    for row, line in enumerate(lines):
        places = {tag: held[tag][row] for tag in drawn if held[tag][row] not in ("", "-99")}
        if not places:
            continue
        for tag, place in places.items():
            if place not in allowed:
                raise file.error(
                    f"the display order of {tag!r} is {place!r}; allowed: 1 to {len(drawn)}", line
                )
            found[tag][row] = str(len(first) + allowed[place])
        if len({allowed[place] for place in places.values()}) < len(places):
            raise file.error(
                f"the display order has {listed(places.values(), 40)} for {listed(places, 40)}; allowed: "
                "each place once",
                line,
            )
        for k, tag in enumerate(first, 1):
            found[tag][row] = str(k)
        for k, tag in enumerate(last, len(first) + len(drawn) + 1):
            found[tag][row] = str(k)
    return found
