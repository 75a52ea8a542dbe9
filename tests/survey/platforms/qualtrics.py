"""Qualtrics: plays the flow of the QSF, and exports two CSV files with three header rows.

The first has codes and -99 for what was seen and not answered, the second texts of choices and a byte order
mark; both have display-order columns, timers and a preview.
"""

import csv
import json
import re

import pandas as pd

METADATA = {
    "StartDate": ("startDate", "2026-11-25 10:00:00"),
    "Status": ("status", "0"),
    "IPAddress": ("ipAddress", "203.0.113.1"),
    "Finished": ("finished", "1"),
    "ResponseId": ("_recordId", ""),
    "LocationLatitude": ("locationLatitude", "52.5"),
}
CLICKS = ("First Click", "Last Click", "Page Submit", "Click Count")
TEXT = ("Status", {"0": "IP Address", "1": "Survey Preview"}), ("Finished", {"1": "True"})


class Definition:
    """What is in the QSF."""

    def __init__(self, folder):
        elements = json.loads((folder / "qualtrics.qsf").read_text(encoding="ascii"))["SurveyElements"]
        self.blocks = {b["ID"]: b for e in elements if e["Element"] == "BL" for b in e["Payload"]}
        self.questions = {e["PrimaryAttribute"]: e["Payload"] for e in elements if e["Element"] == "SQ"}
        self.flow = next(e["Payload"] for e in elements if e["Element"] == "FL")

    def asked(self, block):
        ids = [e["QuestionID"] for e in block["BlockElements"] if e["Type"] == "Question"]
        return [self.questions[i] for i in ids]

    def columns(self):
        """Names, labels and ids of all columns, as Qualtrics exports them."""
        found = {name: (name, {"ImportId": told}) for name, (told, _) in METADATA.items()}
        for block in self.blocks.values():
            for question in self.asked(block):
                tag, qid = question["DataExportTag"], question["QuestionID"]
                label = re.sub(r"<[^>]+>", "\r\n", question["QuestionText"])
                if question["QuestionType"] == "Timing":
                    for click in CLICKS:
                        told = f"{qid}_{click.upper().replace(' ', '_')}"
                        found[f"{tag}_{click}"] = (f"Timing - {click}", {"ImportId": told})
                elif question["QuestionType"] == "TE":
                    found[tag] = (label, {"ImportId": f"{qid}_TEXT"})
                elif question["QuestionType"] == "MC":
                    found[tag] = (label, {"ImportId": qid})
        self._flow_columns(self.flow, found)
        return found

    def _flow_columns(self, node, found):
        for field in node.get("EmbeddedData", ()):
            found[field["Field"]] = (field["Field"], {"ImportId": field["Field"]})
        for child in node.get("Flow", ()):
            if node["Type"] == "BlockRandomizer":
                name = self.name(child)
                told = {"ImportId": f"{node['FlowID']}_DO", "choiceId": name}
                found[f"{node['FlowID']}_DO_{name}"] = (f"{node['FlowID']} - {name}", told)
            self._flow_columns(child, found)

    def name(self, node):
        if "ID" in node:
            return "".join(self.blocks[node["ID"]]["Description"].split())
        return node["FlowID"]


def walk(node, block, definition, rng, row):
    """The questions that a respondent of a block meets, in order; fills embedded data and display order."""
    for field in node.get("EmbeddedData", ()):
        row[field["Field"]] = field["Value"]
    children = list(node.get("Flow", ()))
    if node["Type"] == "BlockRandomizer":
        if node["SubSet"] == 1 and children[0]["Type"] == "Group":
            children = [child for child in children if value_of(child, "dce_block") == str(block)]
        else:
            children = [children[k] for k in rng.permutation(len(children))[: node["SubSet"]]]
        for place, child in enumerate(children, 1):
            row[f"{node['FlowID']}_DO_{definition.name(child)}"] = str(place)
    if "ID" in node:
        yield definition.asked(definition.blocks[node["ID"]])
    for child in children:
        yield from walk(child, block, definition, rng, row)


def value_of(group, name):
    data = next(child for child in group["Flow"] if child["Type"] == "EmbeddedData")
    return next(field["Value"] for field in data["EmbeddedData"] if field["Field"] == name)


def answered(question, code, texts):
    """What the export holds for the choice with a recode value."""
    choice = next(k for k, value in question["RecodeValues"].items() if value == code)
    return question["Choices"][choice]["Display"] if texts else code


def respond(folder, choices, rng):
    """Answer as the respondents of the choices, with ids that end in their numbers."""
    definition = Definition(folder)
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    tasks = {task["tag"]: task for task in manifest["tasks"]}
    header = definition.columns()
    chosen = choices.frame[choices.frame["chosen"] == 1]
    made = {False: [], True: []}
    shown = []
    for who, mine in chosen.groupby("respondent"):
        texts = who > 100
        block = int(mine["block"].iloc[0])
        picked = dict(zip(mine["task"], mine["alternative"], strict=True))
        row = {name: value for name, (_, value) in METADATA.items()} | {"ResponseId": f"R_{who:015d}"}
        position = 0
        for questions in walk(definition.flow, block, definition, rng, row):
            tag = questions[0]["DataExportTag"] if questions else ""
            if tag in tasks:
                position += 1
                told = card(row, questions, tasks[tag], picked, texts, rng)
                if tasks[tag]["task"] is not None:
                    shown.append(
                        {"respondent": who, "task": tasks[tag]["task"], "position": position, **told}
                    )
            else:
                others(row, questions, texts, rng)
        made[texts].append(row)
    files = []
    for texts, rows in made.items():
        if not rows:
            continue
        preview = rows[0] | {"Status": "1", "ResponseId": "R_previewed000001"}
        files.append(folder / f"export_{'texts' if texts else 'codes'}.csv")
        write(files[-1], header, [preview, *rows], texts)
    return files, pd.DataFrame(shown)


def card(row, questions, task, picked, texts, rng):
    """Answer a card and what follows it; returns what was recorded."""
    tag = task["tag"]
    by_tag = {question["DataExportTag"]: question for question in questions}
    code_of = {name: code for code, name in task["codes"].items()}
    offered = list(by_tag[tag]["RecodeValues"].values())
    final = code_of[picked[task["task"]]] if task["task"] in picked else str(rng.choice(offered))
    first = final if final in offered else str(rng.choice(offered))
    row[tag] = answered(by_tag[tag], first, texts)
    told = {}
    if f"{tag}_opt_out" in by_tag:
        takes = "1" if final == first else "2"
        row[f"{tag}_opt_out"] = answered(by_tag[f"{tag}_opt_out"], takes, texts)
        told["forced"] = task["codes"][first]
    if f"{tag}_certainty" in by_tag:
        sure = str(rng.integers(11))
        row[f"{tag}_certainty"] = answered(by_tag[f"{tag}_certainty"], sure, texts)
        told["certainty"] = int(sure)
    if f"{tag}_seconds" in by_tag:
        seconds = float(rng.integers(1000, 90000)) / 1000
        for click, value in zip(CLICKS, (1.5, seconds - 0.5, seconds, 3), strict=True):
            row[f"{tag}_seconds_{click}"] = str(value)
        told["seconds"] = seconds
    return told


def others(row, questions, texts, rng):
    """Answer the questions around the cards at random; free text is left open."""
    for question in questions:
        tag = question["DataExportTag"]
        if question["QuestionType"] == "MC":
            row[tag] = answered(question, str(rng.choice(list(question["RecodeValues"].values()))), texts)
        elif question["QuestionType"] == "TE":
            number = question["Validation"]["Settings"].get("ValidNumber")
            empty = "" if texts else "-99"
            row[tag] = str(rng.integers(int(number["Min"]), int(number["Max"]) + 1)) if number else empty


def write(path, header, rows, texts):
    if texts:
        rows = [row | {name: words[row[name]] for name, words in TEXT} for row in rows]
    with path.open("w", encoding="utf-8-sig" if texts else "utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerow([label for label, _ in header.values()])
        writer.writerow([json.dumps(told, separators=(",", ":")) for _, told in header.values()])
        writer.writerows([[row.get(name, "") for name in header] for row in rows])
