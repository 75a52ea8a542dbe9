"""Every example runs; without the data that it needs it says so."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("[0-9]*.py"))


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
