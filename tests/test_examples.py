"""Every example and notebook runs; without the data that it needs it says so."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "examples").glob("[0-9]*.py"))
NOTEBOOKS = sorted((ROOT / "examples").glob("*.ipynb"))
AGAIN = "store it again: jupyter nbconvert --to notebook --execute --inplace examples/*.ipynb"


@pytest.mark.slow
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs(path, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(path)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()


@pytest.mark.parametrize("name", ["02_real_survey", "03_data_from_elsewhere"])
def test_example_without_its_data_says_so(name, tmp_path):
    path = next(path for path in EXAMPLES if path.stem == name)
    done = subprocess.run(
        [sys.executable, str(path), str(tmp_path)], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("Skipped: there is no ")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_shows_what_it_computes(path, tmp_path, monkeypatch):
    """Cells run as in Jupyter, and the tables that are stored under them are those that come out."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    pyplot.switch_backend("agg")
    (tmp_path / "designs").symlink_to(ROOT / "designs")
    (tmp_path / "examples").mkdir()
    monkeypatch.chdir(tmp_path / "examples")
    names: dict = {}
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell in cells:
        if cell["cell_type"] == "code":
            last = run_cell("".join(cell["source"]), names)
            if hasattr(last, "_repr_html_"):
                [output] = cell["outputs"]
                stored = "".join(output["data"]["text/html"])
                assert but_rounding(last._repr_html_()) == but_rounding(stored), AGAIN
    pyplot.close("all")


def but_rounding(html: str) -> str:
    """Leave out the one number that is made of rounding errors."""
    return re.sub(r"decrement [-\de.]+", "", html)


def run_cell(source: str, names: dict) -> object:
    """Run a cell, and return the value of its last line, if that is an expression to be shown."""
    tree = ast.parse(source)
    shown = isinstance(tree.body[-1], ast.Expr) and not source.rstrip().endswith(";")
    last = ast.Expression(tree.body.pop().value) if shown else None
    exec(compile(tree, "cell", "exec"), names)
    return eval(compile(last, "cell", "eval"), names) if last else None
