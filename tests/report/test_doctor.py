"""The checkup: what is wrong is found and said, with what to do; what is well is not bothered."""

import random
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dce
from dce import cli

DESIGNS = Path(__file__).parents[2] / "designs"


@pytest.fixture(scope="module")
def fielded(tmp_path_factory) -> Path:
    """The physiotherapy study, with its survey and 150 simulated answers."""
    folder = tmp_path_factory.mktemp("doctor")
    shutil.copytree(DESIGNS / "physiotherapy", folder / "mine")
    design = dce.Design.read(folder / "mine")
    dce.export_survey(design, folder / "mine" / "survey")
    dce.write_responses(
        dce.simulate_choices(design, respondents=150, seed=2), design, folder / "responses.csv"
    )
    return folder


@pytest.fixture
def here(fielded, tmp_path, monkeypatch) -> Path:
    shutil.copytree(fielded, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def of(found: dce.Checkup, subject: str, verdict: str | None = None) -> list:
    return [f for f in found.findings if f.subject == subject and verdict in (None, f.verdict)]


def edit(path: str, old: str, new: str) -> None:
    text = Path(path).read_text(encoding="utf-8")
    assert old in text
    Path(path).write_text(text.replace(old, new), encoding="utf-8")


def test_a_study_in_order_is_well(here):
    found = dce.doctor("mine", "responses.csv")
    assert found.is_well
    assert found.conclusion.startswith("Nothing is wrong")
    subjects = list(dict.fromkeys(f.subject for f in found.findings))
    assert subjects == ["Study", "Design", "Survey", "Responses", "Model", "Scenarios", "Extras"]
    assert all(of(found, subject, "fine") for subject in subjects)
    assert all(f.next for f in found.findings if f.verdict != "fine")
    assert max(map(len, str(found).splitlines())) <= 80
    assert max(map(len, str(found.table()).splitlines())) <= 80
    assert "<caption>Checkup of" in found._repr_html_()


def test_the_lines_that_a_design_cannot_test(here):
    """By hand: 8^2 - 2^2 = 10 (8 - 2) and 6^2 - 4^2 = 10 (6 - 4), so that no square is told from the line;
    16^2 - 2^2 = 18 (16 - 2), but 8^2 - 4^2 = 12 (8 - 4).
    """
    said = {f.found.split(":")[0]: f.found for f in of(dce.doctor("mine"), "Design", "look")}
    wait, distance = said["Wait to first follow-up"], said["Distance to the clinic"]
    assert "1 of 2 departures from a straight line, because only 2/8 and 4/6 meet" in wait
    assert wait.endswith("a square cannot be told from the line.")
    assert "only 2/16 and 4/8 meet" in distance
    assert distance.endswith("a square can be told from the line.")


def test_linearity_of_the_answers_agrees(here):
    """The checkup of the design says what the test of the answers finds."""
    design = dce.Design.read("mine")
    fit = dce.fit_mnl(dce.simulate_choices(design, respondents=50, seed=1))
    assert dce.linearity(fit, "wait").degrees_of_freedom == 1


@pytest.mark.parametrize("study", ["peer-support", "staff-support"])
def test_the_other_studies_are_well(study):
    found = dce.doctor(DESIGNS / study)
    assert found.is_well
    assert not of(found, "Design", "look")


def first_lines(count: int) -> None:
    lines = Path("responses.csv").read_text(encoding="utf-8").splitlines()
    Path("responses.csv").write_text("\n".join(lines[:count]) + "\n", encoding="utf-8")


WRONG = {
    "no study": (lambda: Path("mine/study.toml").unlink(), "Study", "no such file", "dce new mine"),
    "a study that contradicts itself": (
        lambda: edit("mine/study.toml", "levels = [2, 4, 6, 8]", "levels = [2]"),
        "Study",
        "at least two levels",
        "Correct that line",
    ),
    "no design": (lambda: Path("mine/design.csv").unlink(), "Design", "no such file", "dce design mine"),
    "a design of another study": (
        lambda: edit("mine/study.toml", "levels = [2, 4, 8, 16]", "levels = [2, 4, 8, 20]"),
        "Design",
        "has no level '16'",
        "restore the study.toml",
    ),
    "a survey of another design": (
        lambda: edit("mine/survey/manifest.json", dce.Design.read("mine").hash, "0" * 64),
        "Survey",
        "belongs to another design",
        "dce survey mine --force",
    ),
    "answers that cannot be read": (
        lambda: Path("responses.csv").write_text("respondent,block,t1\n1,1,2\n"),
        "Responses",
        "is missing",
        "Correct the file",
    ),
    "too few answers": (
        lambda: first_lines(6),
        "Model",
        "more than 9 respondents",
        "Collect more answers",
    ),
    "a scenario that cannot be": (
        lambda: edit("mine/scenarios.toml", 'clinician = "physiotherapist"', 'clinician = "robot"'),
        "Scenarios",
        "robot",
        "Correct that service",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_with_what_to_do(here, case):
    break_it, subject, said, then = WRONG[case]
    break_it()
    found = dce.doctor("mine", "responses.csv")
    assert [f.subject for f in found.wrong] == [subject]
    assert said in found.wrong[0].found
    assert then in found.wrong[0].next
    assert then in found.conclusion
    assert of(found, "Extras")
    assert max(map(len, str(found).splitlines())) <= 80


def test_looks_at_answers(here):
    """Left-out rows, respondents in part, signals, a word that was changed, and services out of range."""
    frame = pd.read_csv("responses.csv", dtype=object)
    tasks = [name for name in frame if name.startswith("t")]
    frame.loc[0, tasks] = np.nan
    frame.loc[3, tasks] = "1"
    frame.to_csv("responses.csv", index=False)
    edit("mine/study.toml", 'label = "Parking at the clinic"', 'label = "Parking"')
    edit("mine/scenarios.toml", "wait = 2", "wait = 12")
    found = dce.doctor("mine", "responses.csv")
    assert found.is_well
    said = " ".join(f.found for f in found.findings if f.verdict == "look")
    for part in ("Left out: 1 ", "always chose the same place", "worded otherwise now", "12"):
        assert part in said


def test_signs_against_the_priors(here):
    """Every answer the other way round: the signs turn, and the checkup asks for the coding."""
    frame = pd.read_csv("responses.csv", dtype=object)
    tasks = [name for name in frame if name.startswith("t")]
    frame[tasks] = frame[tasks].replace({"1": "2", "2": "1"})
    frame.to_csv("responses.csv", index=False)
    said = [f.found for f in of(dce.doctor("mine", "responses.csv"), "Model", "look")]
    assert sum("not of the sign of its prior" in text for text in said) >= 5


def test_few_respondents(here):
    first_lines(31)
    said = [f.found for f in of(dce.doctor("mine", "responses.csv"), "Model", "look")]
    assert any("rest on 30 respondents" in text for text in said)


def test_missing_extras(here, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    found = of(dce.doctor("mine"), "Extras", "look")
    assert [f.next for f in found] == ["pip install 'dce[paper]'"]


def test_a_level_on_no_card_and_too_few_levels(tmp_path):
    (tmp_path / "study.toml").write_text(
        'title = "S"\n[[attributes]]\nname = "wait"\nlevels = [1, 2, 3]\n[[attributes]]\nname = "cost"\n'
        'levels = [1, 2]\n[[alternatives]]\nname = "A"\n[[alternatives]]\nname = "B"\n[design]\ntasks = 3\n'
    )
    rows = ["task,alternative,wait,cost", "1,A,1,2", "1,B,2,1", "2,A,2,2", "2,B,1,2", "3,A,1,1", "3,B,1,2"]
    (tmp_path / "design.csv").write_text("\n".join(rows) + "\n")
    found = dce.doctor(tmp_path)
    said = [f.found for f in of(found, "Design", "look")]
    assert "wait: no card shows 3." in said
    assert sum("with two levels nobody can tell" in text for text in said) == 2
    assert "no priors" in of(found, "Study", "look")[0].found


def test_the_command(here, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    for words, code in ((["mine", "responses.csv"], 0), (["nowhere"], 1)):
        monkeypatch.setattr(sys, "argv", ["dce", "doctor", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        assert int(stop.value.code or 0) == code
        shown = capsys.readouterr().out
        assert "Checkup of" in shown
        assert max(map(len, shown.splitlines())) <= 80


def damaged(text: str, rng: random.Random) -> str:
    """Return a text with a sign changed, a line gone or twice, the end gone, or another number."""
    lines, at = text.split("\n"), rng.randrange(len(text))
    numbers = list(re.finditer(r"\d+", text))
    number = rng.choice(numbers)
    other = rng.choice(["0", "-1", "1e9", "99", "x", ""])
    return rng.choice(
        [
            text[:at] + rng.choice('0123456789",[]=abz\n') + text[at + 1 :],
            "\n".join(lines[: at % len(lines)] + lines[at % len(lines) + 1 :]),
            "\n".join([*lines, lines[at % len(lines)]]),
            text[:at],
            text[: number.start()] + other + text[number.end() :],
        ]
    )


@pytest.mark.slow
def test_whatever_is_damaged_is_said_and_never_raised(here):
    names = ("mine/study.toml", "mine/design.csv", "mine/scenarios.toml", "mine/survey/manifest.json",
             "responses.csv")  # fmt: skip
    rng = random.Random(1)
    for _ in range(60):
        path = Path(rng.choice(names))
        whole = path.read_text(encoding="utf-8")
        path.write_text(damaged(whole, rng), encoding="utf-8")
        text = str(dce.doctor("mine", "responses.csv"))
        assert max(map(len, text.splitlines())) <= 80, text
        path.write_text(whole, encoding="utf-8")
