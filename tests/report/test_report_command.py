"""`dce report`: the files, what it says, and what it refuses in one sentence."""

import re
import sys
from pathlib import Path

import pytest

from dce import cli

pytest.importorskip("docx", reason="needs python-docx, of the extra paper")
pytest.importorskip("typst", reason="needs typst, of the extra paper")


def run(*words: str) -> object:
    """Run the command, and return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["dce", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
    return stop.value.code or 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a new study, its design and simulated answers."""
    folder = tmp_path_factory.mktemp("cli")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert run("new", "mine") == 0
        assert run("design", "mine", "--starts", "1") == 0
        assert run("simulate", "mine", "-n", "60", "--out", "responses.csv") == 0
    lines = (folder / "responses.csv").read_text(encoding="utf-8").splitlines()
    lines = [lines[0] + ",sex"] + [f"{line},{'mf'[k % 2]}" for k, line in enumerate(lines[1:])]
    (folder / "responses.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


@pytest.fixture
def here(folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    capsys.readouterr()
    return folder


@pytest.mark.slow
def test_all_files(here, capsys):
    assert (
        run("report", "mine", "responses.csv", "--by", "sex", "--people", "patients", "--recruited", "99")
        == 0
    )
    shown = capsys.readouterr().out
    made = here / "mine" / "report"
    for name in ("report.html", "report.pdf", "report.docx", "what-if.html"):
        assert f"Wrote mine/report/{name}\n" in shown
        assert (made / name).stat().st_size > 10_000
    count = int(re.search(r"Wrote (\d+) files of tables and figures in mine/report\n", shown)[1])
    others = [path for path in made.rglob("*") if path.is_file() and path.parent != made]
    assert len(others) + 1 == count
    assert (made / "tables.xlsx").exists()
    assert 'href="what-if.html"' in (made / "report.html").read_text(encoding="utf-8")
    page = (made / "what-if.html").read_text(encoding="utf-8")
    assert '"people":"patients"' in page
    assert '"name":"f"' in page


def test_one_file_and_where(here, capsys):
    assert run("report", "mine", "responses.csv", "--to", "html", "--no-exports", "-o", "other") == 0
    assert {path.name for path in (here / "other").iterdir()} == {"report.html", "what-if.html"}
    assert "tables and figures" not in capsys.readouterr().out


@pytest.mark.slow
def test_without_scenarios(here, capsys, tmp_path):
    for name in ("study.toml", "design.csv"):
        (tmp_path / name).write_bytes((here / "mine" / name).read_bytes())
    assert run("report", str(tmp_path), "responses.csv", "--to", "html", "--no-exports") == 0
    assert (tmp_path / "report" / "report.html").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["mine", "responses.csv", "--to", "html,odt"],
            "to: found 'html', 'odt'; allowed: 'html', 'pdf', 'docx'.",
        ),
        (["mine", "responses.csv", "--to", ""], "to: found ''; allowed: 'html'"),
        (["nowhere", "responses.csv"], "nowhere: there is no such"),
        (["mine", "nowhere.csv"], "there is no such file"),
        (["mine", "responses.csv", "--by", "region"], "'region' is no characteristic"),
        (["mine", "responses.csv", "--by", "sex=a"], "by: found 'sex=a'"),
        (["mine", "responses.csv", "--covariance", "HC3"], "covariance: found 'HC3'"),
        (["mine", "responses.csv", "--scenarios", "nowhere.toml"], "nowhere.toml"),
        (["mine", "responses.csv", "--formula", "nothing"], "nothing"),
        (["mine", "responses.csv", "--recruited", "3"], "recruited: found 3, fewer than the 60 who answered"),
    ],
)
def test_wrong_use_is_one_sentence(here, capsys, words, message):
    assert run("report", *words, "--out", "wrong") == 2
    said = capsys.readouterr().err.strip()
    assert message in said
    assert said.startswith("Error: ")
    assert len(said.splitlines()) == 1
    assert not (here / "wrong").exists()


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("typst", "need typst: pip install 'dce[paper]'."),
        ("docx", "need python-docx: pip install 'dce[paper]'."),
        ("openpyxl", "need openpyxl: pip install 'dce[excel]'."),
    ],
)
def test_a_missing_extra_is_one_sentence_before_any_work(here, capsys, monkeypatch, module, message):
    monkeypatch.setitem(sys.modules, module, None)
    assert run("report", "mine", "responses.csv", "--out", "wrong") == 2
    shown = capsys.readouterr()
    assert message in shown.err
    assert len(shown.err.strip().splitlines()) == 1
    assert shown.out == ""


def test_help(here, monkeypatch, capsys):
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    assert run("report", "--help") == 0
    shown = capsys.readouterr().out
    assert "Write the report of a study" in shown
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80
    assert Path("mine").exists()
