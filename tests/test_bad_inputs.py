"""Wrong input of every kind, and the one sentence that it gives.

The sentences are in reference/bad_inputs.txt, where a change of wording is a readable diff. After a
meant change: DCE_WRITE=1 pytest tests/test_bad_inputs.py
"""

import os
import re
from pathlib import Path

import pandas as pd
import pytest

import dce

EXPECTED = Path(__file__).parent / "reference" / "bad_inputs.txt"

STUDY = """\
title = "Clinics"
utility = "wait + mode"
restrictions = ['not (wait == 2 and mode == "phone")']

[[attributes]]
name = "wait"
unit = "weeks"
levels = [2, 4, 8]

[[attributes]]
name = "mode"
levels = ["face", "phone"]

[[alternatives]]
name = "A"

[[alternatives]]
name = "B"
constant = true

[opt_out]
name = "none"
constant = true

[priors]
"constant[B]" = 0
"constant[none]" = 0
wait = -0.1
"mode[phone]" = { mean = 0.2, sd = 0.1 }

[design]
tasks = 8
blocks = 2
seed = 1
"""

# What a study file says -> what it says instead.
STUDY_FILES = {
    "study: not TOML": ('title = "Clinics"', "title = Clinics"),
    "study: unknown key": ('title = "Clinics"', 'title = "Clinics"\ncolour = "red"'),
    "study: unknown key of an attribute": ('unit = "weeks"', 'units = "weeks"'),
    "study: no title": ('title = "Clinics"', ""),
    "study: title of a wrong type": ('title = "Clinics"', "title = 3"),
    "study: attribute without levels": ("levels = [2, 4, 8]", ""),
    "study: one level": ("levels = [2, 4, 8]", "levels = [2]"),
    "study: levels of two kinds": ("levels = [2, 4, 8]", 'levels = [2, "four"]'),
    "study: level twice": ("levels = [2, 4, 8]", "levels = [2, 4, 2]"),
    "study: levels not a list": ("levels = [2, 4, 8]", 'levels = "2 4 8"'),
    "study: level not finite": ("levels = [2, 4, 8]", "levels = [2, 4, inf]"),
    "study: unit on words": ('levels = ["face", "phone"]', 'levels = ["face", "phone"]\nunit = "m"'),
    "study: labels do not fit": ("levels = [2, 4, 8]", 'levels = [2, 4, 8]\nlabels = ["two"]'),
    "study: label twice": ("levels = [2, 4, 8]", 'levels = [2, 4, 8]\nlabels = ["a", "b", "a"]'),
    "study: attribute twice": ('name = "mode"', 'name = "wait"'),
    "study: name no identifier": ('name = "mode"', 'name = "the mode"'),
    "study: reserved name": ('name = "mode"', 'name = "task"'),
    "study: alternative twice": ('name = "B"', 'name = "A"'),
    "study: attribute of an unknown alternative": (
        'unit = "weeks"',
        'unit = "weeks"\nalternatives = ["C"]',
    ),
    "study: constant of a wrong type": ('name = "B"\nconstant = true', 'name = "B"\nconstant = "yes"'),
    "study: a constant for every alternative": ('name = "A"', 'name = "A"\nconstant = true'),
    "study: prior of no coefficient": ('"mode[phone]" =', '"mode[face]" ='),
    "study: prior missing": ("wait = -0.1\n", ""),
    "study: prior of a wrong type": ("wait = -0.1", 'wait = "less"'),
    "study: prior with a negative sd": ("sd = 0.1", "sd = -0.1"),
    "study: prior with an unknown key": ("sd = 0.1", "variance = 0.1"),
    "study: prior of two kinds": ("wait = -0.1", "wait = { uniform = [-0.2, 0], sd = 0.1 }"),
    "study: prior without a mean": ("wait = -0.1", "wait = { sd = 0.1 }"),
    "study: prior not finite": ("wait = -0.1", "wait = -inf"),
    "study: uniform prior upside down": ("wait = -0.1", "wait = { uniform = [0, -0.2] }"),
    "study: uniform prior of one number": ("wait = -0.1", "wait = { uniform = -0.2 }"),
    "study: uniform prior of words": ("wait = -0.1", 'wait = { uniform = ["low", 0] }'),
    "study: triangular prior without a mode": ("wait = -0.1", "wait = { triangular = [-0.2, 0] }"),
    "study: triangular prior out of order": ("wait = -0.1", "wait = { triangular = [-0.2, 0, -0.1] }"),
    "study: lognormal prior of a list": ("wait = -0.1", "wait = { lognormal = [-0.1, 0.02] }"),
    "study: lognormal prior without a sd": ("wait = -0.1", "wait = { lognormal = { mean = -0.1 } }"),
    "study: lognormal prior of mean zero": ("wait = -0.1", "wait = { lognormal = { mean = 0, sd = 0.1 } }"),
    "study: lognormal prior of sd zero": ("wait = -0.1", "wait = { lognormal = { mean = -0.1, sd = 0 } }"),
    "study: sign of a prior in words": ("wait = -0.1", 'wait = { sign = "minus", size = 0.1 }'),
    "study: sign of a prior without a size": ("wait = -0.1", 'wait = { sign = "-" }'),
    "study: size of a prior with a sign": ("wait = -0.1", 'wait = { sign = "-", size = -0.1 }'),
    "study: size of a prior without a sign": ("wait = -0.1", "wait = { size = 0.1 }"),
    "study: utility with an unknown variable": ('utility = "wait + mode"', 'utility = "wait + cost"'),
    "study: utility that cannot be read": ('utility = "wait + mode"', 'utility = "wait + ("'),
    "study: no tasks": ("tasks = 8", "tasks = 0"),
    "study: more blocks than tasks": ("blocks = 2", "blocks = 9"),
    "study: seed of a wrong type": ("seed = 1", "seed = 1.5"),
    "study: level balance of a wrong type": ("blocks = 2", 'level_balance = "yes"'),
    "study: level balance of an unknown attribute": ("blocks = 2", "level_balance = { cost = true }"),
    "study: level balance of an unknown level": ("blocks = 2", "level_balance = { wait = { 3 = [1, 2] } }"),
    "study: level balance upside down": ("blocks = 2", "level_balance = { wait = [6, 2] }"),
    "study: level balance with one bound": ("blocks = 2", "level_balance = { wait = 2 }"),
    "study: level balance of no level": ("blocks = 2", "level_balance = { wait = {} }"),
    "study: level balance of a level with one bound": (
        "blocks = 2",
        "level_balance = { mode = { phone = [1] } }",
    ),
    "study: dominated of a wrong type": ("blocks = 2", "dominated = 1"),
    "study: dominated in a labelled study": (
        STUDY,
        STUDY.replace("blocks = 2", "dominated = false").replace("utility =", "labelled = true\nutility ="),
    ),
    "study: repeated of a wrong type": ("blocks = 2", 'repeated = "never"'),
    "study: overlap upside down": ("blocks = 2", "overlap = [2, 1]"),
    "study: overlap of halves": ("blocks = 2", "overlap = [0, 0.5]"),
    "study: overlap with one bound": ("blocks = 2", "overlap = 1"),
    "study: overlap of more than there are": ("blocks = 2", "overlap = [0, 3]"),
    "study: better end unknown": ("levels = [2, 4, 8]", 'levels = [2, 4, 8]\nbetter = "low"'),
    "study: restriction on an unknown attribute": ("(wait == 2", "(cost == 2"),
    "study: restriction on an unknown level": ('mode == "phone"', 'mode == "fax"'),
    "study: restriction that is no comparison": ('not (wait == 2 and mode == "phone")', "open(1)"),
    "study: restriction that allows everything": ("not (wait == 2 and", "not (wait > 9 and"),
}

DESIGN = """\
block,task,alternative,wait,mode
1,1,A,2,face
1,1,B,4,phone
1,1,none,,
1,2,A,4,phone
1,2,B,8,face
1,2,none,,
2,3,A,8,phone
2,3,B,2,face
2,3,none,,
2,4,A,4,face
2,4,B,4,phone
2,4,none,,
"""

DESIGNS = {
    "design: column missing": ("wait,mode", "weight,mode"),
    "design: unknown level": ("1,1,A,2,face", "1,1,A,3,face"),
    "design: level is a word": ("1,1,A,2,face", "1,1,A,two,face"),
    "design: level missing": ("1,1,A,2,face", "1,1,A,,face"),
    "design: unknown alternative": ("1,1,A,2,face", "1,1,C,2,face"),
    "design: alternative twice": ("1,1,A,2,face", "1,1,B,2,face"),
    "design: alternative missing": ("1,1,A,2,face\n", ""),
    "design: opt-out with an attribute": ("1,1,none,,", "1,1,none,2,"),
    "design: task in two blocks": ("1,1,A,2,face", "2,1,A,2,face"),
    "design: task no number": ("1,1,A,2,face", "1,one,A,2,face"),
    "design: not identified": ("phone", "face"),
    "design: empty": (DESIGN.split("\n", 1)[1], ""),
}

RESPONSES = """\
respondent,block,t1,t2,age
1,1,1,2,30
2,1,A,none,40
3,2,3,,50
4,2,B,A,60
"""

ANSWERS = {
    "answers: no respondent column": ("respondent,", "person,"),
    "answers: no block column": ("block", "part"),
    "answers: task column missing": ("t2", "task2"),
    "answers: a task too many": ("t2,age", "t2,t3"),
    "answers: column twice": ("t2,age", "t2,t2"),
    "answers: unknown code": ("1,1,1,2,30", "1,1,1,4,30"),
    "answers: unknown label": ("2,1,A,none,40", "2,1,A,neither,40"),
    "answers: unknown block": ("1,1,1,2,30", "1,7,1,2,30"),
    "answers: block missing": ("1,1,1,2,30", "1,,1,2,30"),
    "answers: respondent twice": ("2,1,A,none,40", "1,1,A,none,40"),
    "answers: respondent missing": ("2,1,A,none,40", ",1,A,none,40"),
    "answers: a cell too many": ("1,1,1,2,30", "1,1,1,2,30,9"),
    "answers: half a row": ("1,1,1,2,30", "1,1,1"),
    "answers: reserved column name": ("t2,age", "t2,weight"),
    "answers: column named as an attribute": ("t2,age", "t2,wait"),
    "answers: nobody answered": (RESPONSES.split("\n", 1)[1], "1,1,,,30\n"),
    "answers: empty file": (RESPONSES, ""),
}

MAP = """\
respondent = "respondent"

[columns]
a1 = 1
a2 = 2
b1 = 3
b2 = 4

[answers]
"first" = "A"
"second" = "B"

[rename]
weight = "body_weight"
"""

MAPPED = """\
respondent,a1,a2,b1,b2,weight
1,first,second,,,70
2,,,second,first,80
"""

# Map, and answers: both may change.
MAPS = {
    "map: unknown key": (MAP.replace("[answers]", "[replies]"), MAPPED),
    "map: not TOML": (MAP.replace("a1 = 1", "a1 = "), MAPPED),
    "map: task of a wrong type": (MAP.replace("a1 = 1", "a1 = 1.5"), MAPPED),
    "map: task not in the design": (MAP.replace("b2 = 4", "b2 = 5"), MAPPED),
    "map: task twice": (MAP.replace("b2 = 4", "b2 = 3"), MAPPED),
    "map: task without a column": (MAP.replace("b2 = 4\n", ""), MAPPED),
    "map: unknown alternative": (MAP.replace('= "B"', '= "C"'), MAPPED),
    "map: column missing": (MAP, MAPPED.replace("b2", "b3")),
    "map: renames nothing": (MAP.replace("weight =", "height ="), MAPPED),
    "map: answers of two blocks": (MAP, MAPPED.replace("1,first,second,,,", "1,first,second,first,,")),
    "map: unknown answer": (MAP, MAPPED.replace("2,,,second", "2,,,third")),
}

LONG = {
    "t": [1, 1, 1, 2, 2, 2],
    "alt": ["A", "B", "none"] * 2,
    "y": [1, 0, 0, 0, 1, 0],
    "who": [1] * 6,
    "wait": [2, 4, None, 4, 8, None],
    "mode": ["face", "phone", None, "phone", "face", None],
}

LONGS = {
    "long: column missing": {"y": None},
    "long: nothing chosen": {"y": [0, 0, 0, 0, 1, 0]},
    "long: two chosen": {"y": [1, 1, 0, 0, 1, 0]},
    "long: chosen is no 0 or 1": {"y": [2, 0, 0, 0, 1, 0]},
    "long: chosen but not available": {"there": [0, 1, 1, 1, 1, 1]},
    "long: alternative twice": {"alt": ["A", "A", "none"] * 2},
    "long: unknown alternative": {"alt": ["A", "C", "none"] * 2},
    "long: alternative missing": {"alt": ["A", None, "none"] * 2},
    "long: unknown level": {"wait": [3, 4, None, 4, 8, None]},
    "long: level missing": {"wait": [None, 4, None, 4, 8, None]},
    "long: opt-out with an attribute": {"wait": [2, 4, 0, 4, 8, None]},
    "long: one alternative only": {"t": [1, 1, 1, 2, 2, 3], "y": [1, 0, 0, 0, 1, 1]},
    "long: weight negative": {"w": [-1] * 6},
    "long: weight differs within a task": {"w": [1, 2, 1, 1, 1, 1]},
    "long: reserved name with another role": {"chosen": [1] * 6},
}

SCENARIOS = """\
[[scenarios]]
name = "one"

[[scenarios.services]]
name = "near"
wait = 2
mode = "face"

[[scenarios.services]]
name = "far"
wait = 8
mode = "phone"
"""

SCENARIO_FILES = {
    "scenarios: unknown key": ("wait = 2", "weight = 2"),
    "scenarios: attribute missing": ("wait = 2\n", ""),
    "scenarios: unknown level": ('mode = "face"', 'mode = "fax"'),
    "scenarios: number is a word": ("wait = 2", 'wait = "two"'),
    "scenarios: service twice": ('name = "far"', 'name = "near"'),
    "scenarios: one service only": (SCENARIOS[SCENARIOS.rindex("[[scen") :], ""),
    "scenarios: unknown alternative": ('name = "near"', 'name = "near"\nalternative = "C"'),
    "scenarios: opt-out with an attribute": ('name = "near"', 'name = "near"\nalternative = "none"'),
    "scenarios: none": (SCENARIOS, ""),
    "scenarios: unknown key of a scenario": ('name = "one"', 'nome = "one"'),
}


def changed(text: str, change: tuple[str, str]) -> str:
    old, new = change
    assert old in text
    return text.replace(old, new)


def message(action) -> str:
    with pytest.raises(dce.DceError) as caught:
        action()
    return f"{type(caught.value).__name__}: {caught.value}"


@pytest.fixture(scope="module")
def messages(tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("bad")

    def written(name: str, text: str) -> Path:
        path = folder / name
        path.write_text(text, encoding="utf-8")
        return path

    study = dce.Study.read(written("study.toml", STUDY))
    design = dce.Design.read(written("design.csv", DESIGN), study)
    fit = dce.fit_mnl(dce.simulate_choices(design, respondents=300, seed=1))
    found = {}
    for name, change in STUDY_FILES.items():
        path = written("bad.toml", changed(STUDY, change))
        found[name] = message(lambda path=path: dce.Study.read(path))
    for name, change in DESIGNS.items():
        path = written("bad.csv", changed(DESIGN, change))
        found[name] = message(lambda path=path: dce.Design.read(path, study))
    for name, change in ANSWERS.items():
        path = written("answers.csv", changed(RESPONSES, change))
        found[name] = message(lambda path=path: dce.read_responses(path, design))
    for name, (mapping, answers) in MAPS.items():
        paths = written("answers.csv", answers), written("map.toml", mapping)
        found[name] = message(lambda paths=paths: dce.read_responses(paths[0], design, mapping=paths[1]))
    for name, change in LONGS.items():
        frame = pd.DataFrame({k: v for k, v in {**LONG, **change}.items() if v is not None})
        roles = {"weight": "w"} if "w" in change else {"available": "there"} if "there" in change else {}
        found[name] = message(
            lambda frame=frame, roles=roles: dce.read_long(
                frame, task="t", alternative="alt", chosen="y", respondent="who", study=study, **roles
            )
        )
    for name, change in SCENARIO_FILES.items():
        path = written("bad_scenarios.toml", changed(SCENARIOS, change))
        found[name] = message(lambda path=path: dce.scenarios(fit, path))
    for name, action in {
        "file: no study": lambda: dce.Study.read(folder / "nowhere.toml"),
        "file: no design": lambda: dce.Design.read(folder / "nowhere.csv", study),
        "file: no answers": lambda: dce.read_responses(folder / "nowhere.csv", design),
        "file: no scenarios": lambda: dce.scenarios(fit, folder / "nowhere.toml"),
        "file: answers in Latin-1": lambda: dce.read_responses(latin_1(folder), design),
        "file: manifest of another design": lambda: dce.read_responses(
            written("answers.csv", RESPONSES), design, manifest=other_manifest(folder, study)
        ),
        "rates: unknown reference": lambda: dce.marginal_rates(fit, per="cost"),
        "rates: unknown convention": lambda: dce.marginal_rates(fit, "wait", convention="loss"),
        "fit: unknown covariance": lambda: dce.fit_mnl(
            dce.simulate_choices(design, respondents=9, seed=1), covariance="hc3"
        ),
        "survey: unknown place": lambda: dce.export_survey(design, folder, to=["fax"]),
        "simulation: coefficient missing": lambda: dce.simulate_choices(
            design, {"wait": 1.0}, respondents=5, seed=1
        ),
        "search: too few tasks": lambda: dce.make_design(study, tasks=1, blocks=1),
    }.items():
        found[name] = message(action)
    return {name: text.replace(str(folder), "FOLDER") for name, text in found.items()}


def latin_1(folder: Path) -> Path:
    path = folder / "latin.csv"
    path.write_bytes(RESPONSES.replace("age", "año").encode("latin-1"))
    return path


def other_manifest(folder: Path, study: dce.Study) -> Path:
    frame = dce.Design.read(folder / "design.csv", study).frame
    other = dce.evaluate_design(study, frame.assign(block=3 - frame["block"]))
    return dce.export_survey(other, folder / "other")[-1]


def test_there_are_many(messages):
    assert len(messages) >= 40


def test_each_gives_its_sentence(messages):
    text = "".join(f"{name}\n    {sentence}\n" for name, sentence in messages.items())
    if os.environ.get("DCE_WRITE"):
        EXPECTED.write_text(text, encoding="utf-8")
    assert text == EXPECTED.read_text(encoding="utf-8")


def test_sentences_are_one_line_and_say_what_was_found(messages):
    for name, sentence in messages.items():
        assert "\n" not in sentence, name
        assert sentence.endswith((".", "?")), name
        assert not re.search(r"\bNone\b|\bnan\b|np\.", sentence), name
