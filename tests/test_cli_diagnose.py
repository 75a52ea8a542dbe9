"""The commands that compare and diagnose, at 80 columns."""

import sys
from pathlib import Path

import pytest

from dce import cli


def run(*words: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["dce", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> Path:
    """A new study with a design and answers, where one in two answered on a phone."""
    folder = tmp_path_factory.mktemp("diagnose")
    study, file = str(folder / "mine"), folder / "answers.csv"
    assert run("new", study) == 0
    assert run("design", study, "--starts", "1") == 0
    assert run("simulate", study, "-n", "120", "--out", str(file)) == 0
    lines = file.read_text().splitlines()
    lines = [
        f"{lines[0]},device",
        *(f"{line},{('phone', 'desk')[k % 2]}" for k, line in enumerate(lines[1:])),
    ]
    file.write_text("\n".join(lines))
    return folder


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def test_diagnose(answers, capsys):
    words = ("diagnose", str(answers / "mine"), str(answers / "answers.csv"))
    assert run(*words, "--by", "device", "--top", "3", "--out", str(answers / "out")) == 0
    shown = capsys.readouterr().out
    for part in ("Goodness of fit", "Observed and predicted shares", "Collinearity",
                 "Influence on the estimates", "Scale by device"):  # fmt: skip
        assert part in shown
    assert max(map(len, shown.splitlines()[2:])) <= 80
    for name in ("goodness", "shares", "collinearity", "influence", "scales_by_device"):
        assert (answers / "out" / f"{name}.csv").stat().st_size > 0


def test_compare(answers, capsys):
    words = ("compare", str(answers / "mine"), str(answers / "answers.csv"))
    assert run(*words, "--formula", "wait", "--formula", "wait + parking", "--folds", "3") == 0
    shown = capsys.readouterr().out
    for part in ("Models side by side", "the study's", "AIC", "Out of sample, per answer"):
        assert part in shown
    assert max(map(len, shown.splitlines()[2:])) <= 80


def test_compare_needs_a_formula(answers, capsys):
    words = ("compare", str(answers / "mine"), str(answers / "answers.csv"))
    assert run(*words) == 2
    assert "formula: found none; allowed: one or more" in " ".join(capsys.readouterr().err.split())
    assert run(*words, "--formula", "wait", "--formula", "wait") == 2
