"""A survey in LimeSurvey: groups change places as its function does, and responses are exported as CSV."""

import csv
import json
import re

import pandas as pd


def read_structure(path):
    """Return the rows of a survey structure as dictionaries, as LimeSurvey reads them."""
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return list(csv.DictReader(lines, delimiter="\t"))


def groups_of(rows):
    """Return the groups in order, each with its questions, each with its answers and subquestions."""
    groups = []
    for row in rows:
        if row["class"] == "G":
            groups.append({**row, "questions": []})
        elif row["class"] == "Q":
            groups[-1]["questions"].append({**row, "A": [], "SQ": []})
        elif row["class"] in ("A", "SQ"):
            groups[-1]["questions"][-1][row["class"]].append(row["name"])
    return groups


def in_random_order(groups, rng):
    """Let groups of one randomisation group change places among one another, as LimeSurvey does."""
    order = list(range(len(groups)))
    for name in sorted({group["random_group"] for group in groups} - {""}):
        places = [k for k, group in enumerate(groups) if group["random_group"] == name]
        for place, k in zip(places, rng.permutation(places), strict=True):
            order[place] = int(k)
    return [groups[k] for k in order]


def is_relevant(relevance, block):
    if relevance in ("", "1"):
        return True
    return int(re.fullmatch(r"dceblock == (\d+)", relevance)[1]) == block


def respond(folder, choices, rng):
    """Answer as the respondents of the choices; headings are codes with the texts of questions."""
    groups = groups_of(read_structure(folder / "limesurvey.txt"))
    tasks = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["tasks"]
    task_of = {task["tag"].replace("_", ""): task for task in tasks}
    rows, shown = [], []
    for who, mine in choices.frame[choices.frame["chosen"] == 1].groupby("respondent"):
        block, card = int(mine["block"].iloc[0]), 0
        wanted = dict(zip(mine["task"], mine["alternative"], strict=True))
        row = {"id": str(who), "submitdate": "2026-11-25 10:12:01", "lastpage": str(len(groups))}
        row |= {"startlanguage": "en", "seed": str(rng.integers(1, 2**31)), "token": f"tok{who}"}
        for place, group in enumerate(in_random_order(groups, rng)):
            relevant = is_relevant(group["relevance"], block)
            seconds = f"{rng.integers(300, 9000) / 100:g}"
            number = 700 + groups.index(group)
            row[f"groupTime{number}. Group time: {group['name']}"] = seconds if relevant else ""
            task = task_of.get(group["name"], {})
            name = wanted.get(task.get("task"))
            answered = {}
            for question in group["questions"]:
                answered |= answers(question, block, place, task, name, rng)
            texts = {question["name"]: question["text"] for question in group["questions"]}
            for code, answer in answered.items():
                row[f"{code}. {texts[code.partition('[')[0]]}"] = answer if relevant else ""
            card += relevant and bool(task)
            if relevant and name:
                record = recorded(task, group["name"], answered)
                shown.append(
                    {"respondent": who, "task": task["task"], "position": card, "seconds": float(seconds)}
                    | record
                )
        rows.append(row)
    columns = [heading for group in groups for heading in rows[0] if of_group(heading, group)]
    first = [heading for heading in rows[0] if heading not in columns and "groupTime" not in heading]
    times = [heading for heading in rows[0] if "groupTime" in heading]
    frame = pd.DataFrame(rows)[[*first, *columns, *times]]
    path = folder / "survey-results.csv"
    frame.to_csv(path, index=False, quoting=csv.QUOTE_ALL, encoding="utf-8-sig")
    return [path], pd.DataFrame(shown)


def of_group(heading, group):
    """Whether a heading is of a question of a group: columns stand in the order of the survey."""
    return re.match(r"\w+", heading)[0] in [question["name"] for question in group["questions"]]


def answers(question, block, place, task, name, rng):
    """Return the answers to a question by code, with subquestions in brackets."""
    code, kind = question["name"], question["type/scale"]
    if kind == "*":
        return {code: worked_out(code, question["text"], block, place)}
    if kind == "F":
        return {f"{code}[{name}]": str(rng.choice(question["A"])) for name in question["SQ"]}
    if kind in ("L", "!"):
        return {code: ticked(code, question["A"], task, name, rng)}
    if kind == "N":
        least, most = int(question["min_num_value_n"]), int(question["max_num_value_n"])
        return {code: f"{rng.integers(least, most + 1)}.0000000000"}
    return {code: str(rng.choice(["", "None; really", 'a "word"\nand a line']))} if kind == "S" else {}


def worked_out(code, text, block, place):
    """Return what a hidden equation holds; the block is drawn."""
    if code == "dceblock":
        assert 1 <= block <= int(re.search(r"rand\(1,(\d+)\)", text)[1])
        return str(block)
    return str(place + 1) if text == "{self.gseq + 1}" else text


def ticked(code, offered, task, name, rng):
    """Return the code that was ticked: the alternative of that name in a task, else any."""
    if not name or code.endswith("cert"):
        return str(rng.choice(offered))
    number = task["alternatives"].index(name)
    if code.endswith("opt"):
        return offered[number == len(task["alternatives"]) - 1]
    return offered[number] if number < len(offered) else str(rng.choice(offered))


def recorded(task, code, answered):
    """Return what a file says of the answer to a task besides the choice."""
    found = {}
    if f"{code}cert" in answered:
        found["certainty"] = float(answered[f"{code}cert"][1:])
    if f"{code}opt" in answered:
        found["forced"] = task["codes"][answered[code][1:]]
    return found
