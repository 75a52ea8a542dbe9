"""A survey in REDCap: branching logic follows the allocated block, and records are exported as raw data."""

import csv
import json
import re

import pandas as pd


def read_dictionary(path):
    """Return the fields of a data dictionary, in order."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def choices_of(field):
    """Return code and label of the choices of a field, as REDCap takes them apart."""
    cell = field["Choices, Calculations, OR Slider Labels"]
    pairs = (choice.strip().partition(",") for choice in cell.split("|") if choice.strip())
    return {code.strip(): label.strip() for code, _, label in pairs}


def is_shown(field, block):
    logic = field["Branching Logic (Show field only if...)"]
    return not logic or int(re.fullmatch(r"\[dce_block\] = '(\d+)'", logic)[1]) == block


def respond(folder, choices, rng):
    """Answer as the respondents of the choices."""
    fields = read_dictionary(folder / "redcap_dictionary.csv")
    tasks = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["tasks"]
    task_of = {task["tag"]: task for task in tasks}
    record, *others = (field for field in fields if field["Field Type"] != "descriptive")
    rows, shown = [], []
    for who, mine in choices.frame[choices.frame["chosen"] == 1].groupby("respondent"):
        block = int(mine["block"].iloc[0])
        wanted = dict(zip(mine["task"], mine["alternative"], strict=True))
        row = {record["Variable / Field Name"]: str(who), "redcap_survey_identifier": ""}
        row["dce_timestamp"] = "2026-11-25 10:12:01"
        for field in others:
            name = field["Variable / Field Name"]
            task = task_of.get(re.match(r"b\d+_[twdr]\d+|", name)[0], {})
            alternative = wanted.get(task.get("task"))
            answer = answered(field, block, task, alternative, rng) if is_shown(field, block) else ""
            row[name] = answer
        row["dce_complete"] = "2"
        rows.append(row)
        shown += [recorded(who, task, row) for task in tasks if task["task"] in wanted]
    path = folder / "DCE_DATA_2026-11-25.csv"
    pd.DataFrame(rows).to_csv(path, index=False, encoding="utf-8")
    frame = pd.DataFrame(shown)
    return [path], frame if len(frame.columns) > 2 else None


def answered(field, block, task, alternative, rng):
    """Return what stands in a field that is shown: the code of the alternative in a task, else any."""
    name, offered = field["Variable / Field Name"], list(choices_of(field))
    default = re.search(r"@DEFAULT='([^']*)'", field["Field Annotation"])
    if default or name == "dce_block":
        assert name != "dce_block" or str(block) in offered
        return default[1] if default else str(block)
    if field["Field Type"] == "notes":
        return str(rng.choice(["", "None; really", 'a "word"\nand a line']))
    if field["Field Type"] == "text":
        least, most = int(field["Text Validation Min"]), int(field["Text Validation Max"])
        return str(rng.integers(least, most + 1))
    if not alternative or name.endswith("_certainty"):
        return str(rng.choice(offered))
    number = task["alternatives"].index(alternative)
    if name.endswith("_opt_out"):
        return offered[number == len(task["alternatives"]) - 1]
    return offered[number] if number < len(offered) else str(rng.choice(offered))


def recorded(who, task, row):
    """Return what a file says of the answer to a task besides the choice."""
    found = {"respondent": who, "task": task["task"]}
    tag = task["tag"]
    if f"{tag}_certainty" in row:
        found["certainty"] = float(row[f"{tag}_certainty"])
    if f"{tag}_opt_out" in row:
        found["forced"] = task["codes"][row[tag]]
    return found
