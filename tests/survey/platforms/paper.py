"""A clerk who enters paper questionnaires: opens ``entry.xlsx``, and takes from each cell's list."""

import json

import openpyxl
import pandas as pd
from openpyxl.utils import range_boundaries

HIDDEN = ("dce_block", "dce_design")


def respond(folder, choices, rng):
    """Enter the questionnaires of the choices, one row each, in the sheet of the block."""
    book = openpyxl.load_workbook(folder / "entry.xlsx")
    tasks = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["tasks"]
    task_of = {task["task"]: task for task in tasks if task["task"] is not None}
    lists = {sheet.title: offered(book, sheet) for sheet in book.worksheets}
    rows, shown = {}, []
    for who, mine in choices.frame[choices.frame["chosen"] == 1].groupby("respondent"):
        sheet = book[f"Block {mine['block'].iloc[0]}"]
        entered = anything(sheet, lists[sheet.title], who, rng)
        for task, name in zip(mine["task"], mine["alternative"], strict=True):
            known = tick(task_of[task], name, entered, lists[sheet.title], rng)
            shown.append({"respondent": who, "task": task, **known})
        rows[sheet.title] = row = rows.get(sheet.title, 2) + 1
        for cell in sheet[1]:
            if cell.value not in HIDDEN:
                write(sheet.cell(row, cell.column), entered[cell.value])
    path = folder / "entered.xlsx"
    book.save(path)
    frame = pd.DataFrame(shown)
    return [path], frame if len(frame.columns) > 2 else None


def anything(sheet, lists, who, rng):
    """Return valid answers to everything, one for each column."""
    entered = {"respondent": str(who), "consent": "1"}
    for name in (cell.value for cell in sheet[1]):
        if name in lists:
            entered.setdefault(name, lists[name][rng.integers(len(lists[name]))])
        entered.setdefault(name, 18 + int(who) % 80 if "age" in name else "=1+1 words")
    return entered


def tick(task, name, entered, lists, rng):
    """Enter the answers to one task, and return what else is recorded of it."""
    tag, names = task["tag"], list(task["codes"].values())
    wanted, known = names.index(name), {}
    if f"{tag}_opt_out" in lists:
        services = len(lists[tag]) // 2
        first = wanted if wanted < services else int(rng.integers(services))
        entered[f"{tag}_opt_out"] = label_or_number(lists[f"{tag}_opt_out"], int(wanted >= services), rng)
        known["forced"], wanted = names[first], first
    entered[tag] = label_or_number(lists[tag], wanted, rng)
    if f"{tag}_certainty" in lists:
        known["certainty"] = float(entered[f"{tag}_certainty"])
    return known


def label_or_number(items, index, rng):
    """Return a label, from the first half of a list, or its number, from the second half."""
    return items[index + (len(items) // 2 if rng.random() < 0.5 else 0)]


def write(cell, value):
    """Write a value; the cells are text, so that nothing becomes a formula."""
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"


def offered(book, sheet):
    """Return what the cells of each column offer."""
    lists = {}
    for rule in sheet.data_validations.dataValidation:
        if rule.type == "list":
            title, _, area = rule.formula1.partition("!")
            left, top, _, bottom = range_boundaries(area.replace("$", ""))
            items = [book[title].cell(row, left).value for row in range(top, bottom + 1)]
            lists |= {sheet.cell(1, found.min_col).value: items for found in rule.sqref.ranges}
    return lists
