"""The tutorial is true: its commands run in their order, and print what it shows; its Python runs."""

import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from dce import cli

ROOT = Path(__file__).parents[1]
TUTORIAL = (ROOT / "examples" / "TUTORIAL.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TUTORIAL, flags=re.DOTALL)
SET_UP = ("python", ".")
"""What begins a command that installs, which the tests have done already."""


def commands(block: str) -> list[list[str]]:
    """Return the words of each line; comments are left out."""
    lines = [shlex.split(line, comments=True) for line in block.splitlines()]
    return [words for words in lines if words and not words[0].startswith(SET_UP)]


def run(words: list[str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", words)
        with pytest.raises(SystemExit) as stop:
            cli.main()
        assert not stop.value.code, words


def assert_shown(block: str, output: str) -> None:
    """Every line of the block stands in the output, in this order; dots are for lines left out."""
    found = [line.rstrip() for line in output.splitlines()]
    for line in block.splitlines():
        if line != "...":
            assert line.rstrip() in found, line
            found = found[found.index(line.rstrip()) + 1 :]


@pytest.mark.slow
def test_every_step(tmp_path, monkeypatch, capsys):
    pytest.importorskip("typst")
    pytest.importorskip("docx")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    output = ""
    for language, block in BLOCKS:
        if language == "sh":
            for words in commands(block):
                run(words)
            output = capsys.readouterr().out
        elif language == "toml":
            Path(block.splitlines()[0].removeprefix("# ")).write_text(block, encoding="utf-8")
        elif language == "text":
            assert_shown(block, output)
        else:
            exec(compile(block, "TUTORIAL.md", "exec"), {})
    made = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert made >= {"practice/what-if.html", "practice/report/report.html", "practice/survey/survey.html"}


def test_every_command_and_file_exists():
    """Quickly: the test above is slow."""
    verbs = {command.name or command.callback.__name__ for command in cli.app.registered_commands}
    used = [words for language, block in BLOCKS if language == "sh" for words in commands(block)]
    assert {words[0] for words in used} == {"dce"}
    assert {words[1] for words in used} <= verbs
    for name in re.findall(r"\]\((?!http)([^)]+)\)", TUTORIAL):
        assert (ROOT / "examples" / name).exists(), name
    for name in re.findall(r"`(examples/\S+\.py|tests/\S+\.py)`", TUTORIAL):
        assert (ROOT / name).exists(), name
    assert len(re.findall(r"^## \d+\.", TUTORIAL, flags=re.MULTILINE)) == 10
    assert os.path.getsize(ROOT / "examples" / "TUTORIAL.md") < 16_000
