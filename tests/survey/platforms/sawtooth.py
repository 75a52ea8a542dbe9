"""A Sawtooth CBC exercise: a .cho file, or a CSV export where the survey has questions.

Versions, tasks and concepts are those of sawtooth_design.csv; fixed tasks are those of version 0.
"""

import json

import pandas as pd


def respond(folder, choices, rng):
    """Answer as the respondents of the choices."""
    design = pd.read_csv(folder / "sawtooth_design.csv")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    tasks = manifest["tasks"]
    concept = {name: k for k, name in enumerate(tasks[0]["codes"].values(), 1)}
    first = choices.frame.groupby("block")["task"].min()
    dual = manifest["settings"]["opt_out"] == "question"
    respondents = []
    for who, mine in choices.frame[choices.frame["chosen"] == 1].groupby("respondent"):
        block = int(mine["block"].iloc[0])
        chosen = {
            task - first[block] + 1: concept[name]
            for task, name in zip(mine["task"], mine["alternative"], strict=True)
        }
        for number in sorted(design.loc[design["Version"] == block, "Task"].unique()):
            chosen.setdefault(number, int(rng.integers(1, len(concept) + 1)))
        fixed = {int(number): int(rng.integers(1, len(concept) + 1))
                 for number in design.loc[design["Version"] == 0, "Task"].unique()}  # fmt: skip
        respondents.append((who, block, chosen, fixed, mine["task"].tolist()))
    if manifest["questions"]:
        return exported(folder, respondents, concept, rng, dual)
    return cho(folder, design, respondents, concept, rng)


def cho(folder, design, respondents, concept, rng):
    """Write a .cho file, whose tasks are in random order."""
    lines, shown = [], []
    levels = {
        task: [" ".join(map(str, row[3:])) for row in rows.itertuples(index=False)]
        for task, rows in design.groupby(["Version", "Task"])
    }
    for who, block, chosen, fixed, tasks in respondents:
        order = [(block, number) for number in chosen][: len(tasks)]
        rng.shuffle(order)
        order = [
            *((0, number) for number in fixed),
            *order,
            *((block, n) for n in list(chosen)[len(tasks) :]),
        ]
        none = int(len(concept) > design["Concept"].max())
        lines += [f"{who} 2 {design.shape[1] - 3} {len(order)} {none}", f"{rng.integers(5, 9)} 1.5"]
        for version, number in order:
            rows = levels[version, number]
            lines += [f"{len(rows)}  1", *rows]
            seconds = int(rng.integers(3, 90))
            lines.append(f"{(chosen if version else fixed)[number]} {seconds}")
            if version and number <= len(tasks):
                shown.append({"respondent": who, "task": tasks[number - 1], "seconds": seconds})
    path = folder / "CBC.cho"
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8", newline="")
    return [path], pd.DataFrame(shown)


def exported(folder, respondents, concept, rng, dual):
    """Write a CSV export, with system columns and the answer to a question."""
    rows, shown = [], []
    names = {k: name for name, k in concept.items()}
    for who, block, chosen, fixed, tasks in respondents:
        row = {"sys_RespNum": who, "sys_RespStatus": 5, "age_years": int(rng.integers(18, 99))}
        for kind, answers in (("Fixed", fixed), ("Random", chosen)):
            for number, answer in answers.items():
                forced = int(rng.integers(1, len(concept))) if dual and answer == len(concept) else answer
                row[f"Care_{kind}{number}"] = forced
                if dual:
                    row[f"Care_{kind}{number}_none"] = 1 + (forced != answer)
                if dual and kind == "Random" and number <= len(tasks):
                    shown.append({"respondent": who, "task": tasks[number - 1], "forced": names[forced]})
        rows.append({**row, "sys_CBCVersion_Care": block, "sys_ElapsedTime": 400})
    path = folder / "export.csv"
    pd.DataFrame(rows).sample(frac=1, random_state=2).to_csv(path, index=False)
    return [path], pd.DataFrame(shown) if dual else None
