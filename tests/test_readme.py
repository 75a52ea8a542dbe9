"""README is true: its Python runs, its commands exist, its files are there; docstring examples hold."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import dce
from dce import cli

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)


@pytest.mark.slow
def test_python_of_the_readme_runs(tmp_path, monkeypatch, capsys):
    (tmp_path / "designs").symlink_to(ROOT / "designs")
    monkeypatch.chdir(tmp_path)
    code = "\n".join(blocks("python"))
    exec(compile(code, "README.md", "exec"), {})
    assert "Multinomial logit" in capsys.readouterr().out


def test_two_commands_do_all_the_set_up():
    set_up = [line for block in blocks("sh") for line in block.splitlines() if "venv" in line]
    assert len(set_up) == 2
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "README.md" in ci  # it takes the command from there


def test_every_verb_of_the_readme_exists():
    verbs = {command.name or command.callback.__name__ for command in cli.app.registered_commands}
    used = set(re.findall(r"^dce (\w+)", "\n".join(blocks("sh")), flags=re.MULTILINE))
    assert used <= verbs
    assert verbs - used <= {"run"}


def test_links_and_files_exist():
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
    for name in re.findall(r"`(dce/[\w/]+(?:\.py)?)/?`", README):
        assert (ROOT / name).exists(), name


def test_the_rooms_of_the_readme_are_those_of_the_package():
    rooms = {path.name for path in (ROOT / "dce").glob("*.py")} - {"__init__.py"}
    rooms |= {path.parent.name for path in (ROOT / "dce").glob("*/__init__.py")}
    table = README[README.index("| room |") : README.index("Imports go down")]
    named = {name.rstrip("/").rpartition("/")[2] for name in re.findall(r"`(dce/[\w./]+)`", table)}
    assert named == rooms


MODULES = [m.name for m in pkgutil.walk_packages(dce.__path__, "dce.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


@pytest.mark.parametrize("folder", sorted((ROOT / "designs").iterdir()), ids=lambda folder: folder.name)
def test_readmes_of_the_studies_are_true(folder):
    text = (folder / "README.md").read_text(encoding="utf-8")
    design = dce.Design.read(folder)
    assert f"D-error {design.d_error:.5f}" in text
    assert f"seed {design.study.design.seed}" in text
    settings = design.study.design
    assert f"{settings.tasks} in {settings.blocks} blocks" in text
    assert design.broken_restrictions == 0
    assert (folder / "scenarios.toml").exists()


@pytest.mark.slow
def test_the_main_job_gives_what_the_readme_shows(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "sys.argv", ["dce", "run", str(ROOT / "designs/physiotherapy"), "--out", str(tmp_path)]
    )
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert not stop.value.code
    found = (tmp_path / "results.txt").read_text(encoding="utf-8")
    assert "The design is the same as" in found
    for line in blocks("text")[0].splitlines():
        if line != "...":
            assert line in found
