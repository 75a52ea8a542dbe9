"""Three tablets with the offline survey, whose answers are saved as CSV and as JSON."""

import csv
import json
import re

import pandas as pd


def respond(folder, choices, rng):
    """Answer as the respondents of the choices; the first tablet saves JSON, the others CSV."""
    survey = survey_of(folder / "survey.html")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    tag_of = {task["task"]: task["tag"] for task in manifest["tasks"] if task["task"] is not None}
    answered = choices.frame[choices.frame["chosen"] == 1]
    tablets, shown = [[], [], []], []
    for number, (who, mine) in enumerate(answered.groupby("respondent")):
        chosen = {tag_of[task]: name for task, name in zip(mine["task"], mine["alternative"], strict=True)}
        record, seen = one(survey, who, str(mine["block"].iloc[0]), chosen, rng)
        tablets[number % 3].append(record)
        numbers = {tag: task for task, tag in tag_of.items()}
        shown += [row | {"task": numbers[row.pop("tag")]} for row in seen]
    files = [folder / "answers_1.json", folder / "answers_2.csv", folder / "answers_3.csv"]
    names = list(dict.fromkeys(name for records in tablets for record in records for name in record))
    files[0].write_text(json.dumps({
        "dce": survey["format"],
        "records": [{name: record.get(name, "") for name in names} for record in tablets[0]],
    }), encoding="utf-8")  # fmt: skip
    for path, records in zip(files[1:], tablets[1:], strict=True):
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, names, restval="")
            writer.writeheader()
            writer.writerows(records)
    return files, pd.DataFrame(shown)


def survey_of(page):
    """Return what the page holds for its script."""
    text = page.read_text(encoding="utf-8")
    return json.loads(re.search(r'<script type="application/json" id="survey">(.*?)</script>', text)[1])


def one(survey, who, block, chosen, rng):
    """Return the record of one respondent, and a row for each alternative of each task of the design."""
    cards = survey["blocks"][block]
    tasks = [card["tag"] for card in cards if card["kind"] == "design"]
    drawn = iter(rng.permutation(tasks) if "tasks" in survey["shuffle"] else tasks)
    order = [str(next(drawn)) if card["kind"] == "design" else card["tag"] for card in cards]
    services, names = survey["services"], survey["names"]
    record = {
        "dce_study": survey["study"], "dce_design": survey["design"], "dce_cards": survey["cards"],
        "respondent": str(who), "dce_session": f"S{who:015d}", "dce_block": block,
        "dce_started": "2026-11-25T10:00:00.000Z", "dce_ended": "2026-11-25T10:20:00.000Z",
        "dce_finished": "1",
    }  # fmt: skip
    seen, of_all = [], {}
    if "attributes" in survey["shuffle"]:
        of_all["attribute_order"] = "|".join(rng.permutation([a["name"] for a in survey["attributes"]]))
        record |= of_all
    for position, tag in enumerate(order, 1):
        final = chosen.get(tag, names[rng.integers(len(names))])
        first = final
        if survey["asksOptOut"]:
            if names.index(final) >= services:
                first = names[rng.integers(services)]
            record[f"{tag}_opt_out"] = "1" if first == final else "2"
        record[tag] = str(names.index(first) + 1)
        record[f"{tag}_position"] = str(position)
        row = {"respondent": who, "tag": tag, "position": position, **of_all}
        if survey["timers"]:
            record[f"{tag}_seconds"] = f"{rng.gamma(4, 5):.2f}"
            row["seconds"] = float(record[f"{tag}_seconds"])
        if survey["certainty"]:
            record[f"{tag}_certainty"] = str(rng.integers(11))
            row["certainty"] = int(record[f"{tag}_certainty"])
        if survey["asksOptOut"]:
            row["forced"] = first
        places = names
        if "alternatives" in survey["shuffle"]:
            places = [*(str(name) for name in rng.permutation(names[:services])), *names[services:]]
            record[f"{tag}_places"] = "|".join(places)
            seen += [row | {"tag": tag, "alternative": n, "screen_place": places.index(n) + 1}
                     for n in names if tag in tasks]  # fmt: skip
        elif tag in tasks:
            seen += [row | {"alternative": name} for name in names]
    return record | after_the_tasks(survey, rng), seen


def after_the_tasks(survey, rng):
    """Return what is asked besides the tasks, answered at random."""
    record = {}
    if survey["attendance"]:
        record |= {f"attended_{a['name']}": str(rng.integers(1, 4)) for a in survey["attributes"]}
    for question in survey["questions"]:
        if question["kind"] == "choice":
            record[question["name"]] = question["options"][rng.integers(len(question["options"]))][0]
        elif question["kind"] == "number":
            record[question["name"]] = str(rng.integers(question["least"], question["most"] + 1))
        else:
            record[question["name"]] = str(rng.choice(["", 'Yes, "quite"\nwell', "=1+1"]))
    return record
