"""COMING_FROM.md is true: its code prints what it shows, and the tests that it names exist."""

import contextlib
import io
import itertools
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import dce

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "examples" / "COMING_FROM.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", PAGE, flags=re.DOTALL)


def code(language: str) -> list[tuple[str, str]]:
    """Return each block in a language with the output that is shown under it."""
    pairs = itertools.pairwise(BLOCKS)
    return [(block, shown) for (name, block), (under, shown) in pairs if (name, under) == (language, "text")]


@pytest.mark.filterwarnings("ignore")  # of xlogit's own
def test_python(monkeypatch):
    pytest.importorskip("xlogit")
    monkeypatch.chdir(ROOT)
    names: dict = {}
    assert len(code("python")) == 2
    for block, shown in code("python"):
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            exec(compile(block, "COMING_FROM.md", "exec"), names)
        assert output.getvalue() == shown


def test_r():
    if shutil.which("Rscript") is None:
        pytest.skip("needs R, with survival and car")
    [(block, shown)] = code("r")
    here = 'for (p in c("survival", "car")) if (!requireNamespace(p, quietly = TRUE)) quit(status = 77)\n'
    done = subprocess.run(
        ["Rscript", "-e", here + block], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode == 77:
        pytest.skip("needs survival and car of R")
    assert done.stdout.splitlines() == shown.splitlines(), done.stderr


def test_numbers_are_equal_in_both_languages():
    [(_, of_r)], of_dce = code("r"), code("python")[0][1]
    numbers = r"-?\d+\.\d+"
    assert re.findall(numbers, of_r.replace("2.5 % 97.5 %", "")) == re.findall(numbers, of_dce)


def test_what_it_names_exists():
    for path, function in set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)):
        assert f"\ndef {function}(" in (ROOT / path).read_text(encoding="utf-8"), (path, function)
    for name in set(re.findall(r"\bdce\.(\w+)", PAGE)):
        assert hasattr(dce, name), name
