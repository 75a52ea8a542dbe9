"""A SurveyJS survey: pages by block, and the data of each respondent as survey-core returns it.

Half of the respondents come home in a JSON file, and half in a CSV file.
"""

import csv
import json
import re

import pandas as pd


def respond(folder, choices, rng):
    """Answer as the respondents of the choices, with tasks in random order where the script shuffles."""
    survey = json.loads((folder / "surveyjs.json").read_text(encoding="utf-8"))
    script = (folder / "surveyjs_start.js").read_text(encoding="utf-8")
    settings = json.loads(re.match(r"const DCE = (.*);", script)[1])
    tasks = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["tasks"]
    codes = {task["tag"]: {name: code for code, name in task["codes"].items()} for task in tasks}
    tag_of = {task["task"]: task["tag"] for task in tasks if task["task"] is not None}
    design = next(v["expression"] for v in survey["calculatedValues"] if v["name"] == "dce_design").strip("'")
    results, shown = [], []
    for who, mine in choices.frame[choices.frame["chosen"] == 1].groupby("respondent"):
        block = int(mine["block"].iloc[0])
        final = {tag_of[task]: name for task, name in zip(mine["task"], mine["alternative"], strict=True)}
        condition = f"{{dce_block}} = {block}"
        order = [page["name"] for page in survey["pages"] if page.get("visibleIf") == condition]
        if settings["shuffle"]:
            drawn = iter(rng.permutation([tag for tag in order if "_t" in tag]))
            order = [str(next(drawn)) if "_t" in tag else tag for tag in order]
        data = {"respondent": str(who), "dce_block": block, "dce_order": "|".join(order)}
        for page in survey["pages"]:
            if page.get("visibleIf") not in (None, condition):
                continue
            for element in page["elements"]:
                data |= answer(element, page["name"], data, final, codes, rng)
            if page["name"] in order and settings["timers"]:
                data[f"{page['name']}_seconds"] = round(float(rng.uniform(1, 60)), 3)
        results.append(data | {"dce_design": design})
        for task in mine["task"]:
            tag = tag_of[task]
            row = {"respondent": who, "task": task, "position": order.index(tag) + 1}
            row["seconds"] = data[f"{tag}_seconds"]
            if f"{tag}_certainty" in data:
                row["certainty"] = data[f"{tag}_certainty"]
            if f"{tag}_opt_out" in data:
                row["forced"] = {code: name for name, code in codes[tag].items()}[data[tag]]
            shown.append(row)
    return write(folder, results), pd.DataFrame(shown)


def answer(element, page, data, final, codes, rng):
    """Return the value of one element by its name: the simulated choice, or one at random."""
    name, kind = element["name"], element["type"]
    if kind == "html" or (kind == "comment" and rng.random() < 0.5):
        return {}
    if kind == "comment":
        return {name: 'None, thanks:\n"all" | fine; {really}'}
    if kind == "rating":
        return {name: int(rng.integers(element["rateMin"], element["rateMax"] + 1))}
    if kind == "text":
        return {name: int(rng.integers(element["min"], element["max"] + 1))}
    offered = [choice["value"] for choice in element["choices"]]
    picked = str(rng.choice(offered))
    if name in final and codes[name][final[name]] in offered:
        picked = codes[name][final[name]]
    elif name == f"{page}_opt_out" and page in final:
        picked = "1" if codes[page][final[page]] == data[page] else "2"
    return {name: [picked] if kind == "checkbox" else picked}


def write(folder, results):
    """Write half of the results as JSON, and half as CSV with a column for each name."""
    files = [folder / "results.json", folder / "results.csv"]
    files[0].write_text(json.dumps(results[::2], ensure_ascii=False), encoding="utf-8")
    names = list(dict.fromkeys(name for result in results for name in result))
    with files[1].open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(results[1::2])
    return files
