"""`dce new` on a terminal: a few questions, and a study that runs at once."""

import io
import sys
import tomllib
from pathlib import Path

import pytest

import dce
from dce import cli
from dce.cli import new
from dce.cli.draft import name_of

CLINICS = """Clinics for knees
n
2
y

Who treats you
A doctor, A nurse
Wait for the appointment
2, 4, 8
weeks
less
Cost
0, 10.5, 20
pounds
less
Parking? "here"
none, some, plenty

6

"""
"""Unlabelled, with an opt-out; Enter takes what is suggested."""
KINDS = """Help for staff
y
Peers, Employer, Outside
n
Wait
1, 2, 4
weeks
less
Where
at work, at home

8
Which would you use?
"""
SINGLE = """One clinic
y
The clinic
Not go
Wait
1, 2, 4
weeks

Open
early, late

6

"""
"""Asked again: no and wrong numbers, no attribute, one level, words and numbers, the same twice."""
MISTAKES = """

n
9
2
n


Wait
2
2, soon
2, 4
days
perhaps
less
Wait
Task
a, a
a, b

50
6

"""


def call(*words: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["dce", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
    return int(stop.value.code or 0)


@pytest.fixture
def answer(tmp_path, monkeypatch):
    """Answer the questions with lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(new, "is_terminal", lambda: True)

    def begin(lines: str, *words: str) -> dce.Study:
        monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
        assert call("new", "mine", *words) == 0
        return dce.Study.read("mine")

    return begin


def test_what_was_answered_is_written(answer):
    study = answer(CLINICS)
    assert study.title == "Clinics for knees"
    assert not study.labelled
    assert study.alternative_names == ("Service 1", "Service 2", "None of these")
    assert study.constants == ("Service 2", "None of these")
    assert study.attribute_names == ("who", "wait", "cost", "parking")
    assert study.attribute("parking").label == 'Parking? "here"'
    assert study.attribute("cost").levels == (0, 10.5, 20)
    assert study.attribute("wait").unit == "weeks"
    means = study.prior_means
    assert means["wait"] == pytest.approx(-0.5 / 6, abs=0.001)
    assert means["cost"] == -0.025
    assert means["parking[plenty]"] == 0
    assert study.design.tasks == 6 * study.design.blocks
    text = Path("mine/study.toml").read_text(encoding="utf-8")
    assert text.count("\n#") > 15
    assert "\n\n\n" not in text


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(CLINICS, id="two", marks=pytest.mark.slow),
        pytest.param(KINDS, id="kinds", marks=pytest.mark.slow),
        pytest.param(SINGLE, id="one"),
        pytest.param(MISTAKES, id="mistakes"),
    ],
)
def test_every_step_works_at_once_and_the_doctor_is_content(answer, lines, capsys):
    answer(lines)
    for words in ("design mine --starts 1 --rounds 1", "survey mine", "simulate mine -n 150",
                  "scenarios mine mine/simulated.csv", "doctor mine mine/simulated.csv"):  # fmt: skip
        assert call(*words.split()) == 0, capsys.readouterr().out
    assert max(map(len, Path("mine/study.toml").read_text(encoding="utf-8").splitlines())) <= 125


@pytest.mark.slow
def test_it_runs_at_once(answer, capsys):
    answer(CLINICS)
    assert call("run", "mine", "-n", "150") == 0
    assert "Probability of choosing each service" in capsys.readouterr().out


def test_kinds_of_service(answer):
    study = answer(KINDS)
    assert study.labelled
    assert study.opt_out is None
    assert study.constants == ("Employer", "Outside")
    assert study.question == "Which would you use?"
    scenarios = tomllib.loads(Path("mine/scenarios.toml").read_text(encoding="utf-8"))["scenarios"]
    assert [s["alternative"] for s in scenarios[0]["services"]] == ["Peers", "Employer", "Outside"]


def test_one_service_has_an_opt_out(answer):
    study = answer(SINGLE.replace("The clinic", "The clinic", 1))
    assert study.alternative_names == ("The clinic", "Not go")
    assert study.constants == ("The clinic",)


def test_mistakes_are_asked_again(answer, capsys):
    study = answer(MISTAKES)
    assert study.title == "Preferences for a service"
    assert study.attribute_names == ("wait", "task_")
    assert study.attribute("wait").levels == (2, 4)
    said = capsys.readouterr().out
    for part in ("From 2 to 6", "At least one attribute", "at least two levels", "is there already", "twice"):
        assert part in said
    assert "Traceback" not in said


def test_nobody_is_asked_without_a_terminal_or_with_yes(answer, monkeypatch, tmp_path):
    assert answer("", "--yes").title == "Preferences for a clinic"
    monkeypatch.setattr(new, "is_terminal", lambda: False)
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert call("new", "other") == 0
    assert Path("other/study.toml").read_bytes() == Path("mine/study.toml").read_bytes()


def test_breaking_off_writes_nothing(answer, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("Clinics\nn\n"))
    assert call("new", "mine") != 0
    assert not Path("mine").exists()


@pytest.mark.parametrize(
    ("label", "name"),
    [("Wait (weeks)", "wait"), ("2 beds", "a2"), ("Größe", "gr"), ("???", "attribute"), ("Class", "class_")],
)
def test_names_that_labels_suggest(label, name):
    assert name_of(label, []) == name
    assert name_of(label, [name]) == f"{name}_2"


def test_too_few_cards_need_another_attribute(answer, capsys):
    study = answer("Few\nn\n2\nn\nOpen\nearly, late\n\nParking\nyes, no\n\n\n\n")
    assert "make only 1 different cards" in capsys.readouterr().out
    assert study.attribute_names == ("open", "parking")
    assert study.design.tasks == 6


def test_the_shell_completes_verbs(monkeypatch, capsys):
    for name, value in (("_DCE_COMPLETE", "complete_bash"), ("COMP_WORDS", "dce wh"), ("COMP_CWORD", "1")):
        monkeypatch.setenv(name, value)
    assert call() == 0
    assert capsys.readouterr().out.split() == ["whatif"]
