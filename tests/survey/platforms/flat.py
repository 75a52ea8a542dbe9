"""A surveydown survey on the flat design: one row per session, ``cbc_q1`` holds ``option_2``."""

import json

import pandas as pd


def respond(folder, choices, rng):
    """Answer as the respondents of the choices, with ids of sessions that end in their numbers."""
    design = pd.read_csv(folder / "flat_design.csv", keep_default_na=False)
    tasks = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["tasks"]
    tag_of = {task["task"]: task["tag"] for task in tasks if task["task"] is not None}
    option = {(r.dce_tag, r.dce_alternative): (r.qID, r.altID) for r in design.itertuples()}
    extra = {block: [t["tag"] for t in tasks if t["block"] == block and t["kind"] != "design"]
             for block in {task["block"] for task in tasks}}  # fmt: skip
    rows = []
    chosen = choices.frame[choices.frame["chosen"] == 1]
    for who, mine in chosen.groupby("respondent"):
        block = int(mine["block"].iloc[0])
        row = {"session_id": f"session_{who}", "time_start": "2026-11-25 10:00:00", "respID": block}
        answers = [
            option[tag_of[task], name] for task, name in zip(mine["task"], mine["alternative"], strict=True)
        ]
        for tag in extra[block]:
            first = design[design["dce_tag"] == tag]
            answers.append((first["qID"].iloc[0], rng.choice(first["altID"])))
        rows.append(row | {f"cbc_q{q}": f"option_{alternative}" for q, alternative in answers})
    pd.DataFrame(rows).sample(frac=1, random_state=1).to_csv(folder / "responses.csv", index=False, na_rep="")
    return [folder / "responses.csv"], None
