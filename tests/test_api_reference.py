"""The reference builds with the command of the tutorial, and holds every public name with what it says."""

import re
import shlex
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

import dce

TUTORIAL = Path(__file__).parents[1] / "examples" / "TUTORIAL.md"


def test_every_public_name_says_what_it_is():
    assert not [name for name in dce.__all__ if not (getattr(dce, name).__doc__ or "").strip()]


@pytest.mark.slow
def test_reference(tmp_path):
    pytest.importorskip("pdoc")
    [command] = re.findall(
        r"^python (.* -m pdoc .*)$", TUTORIAL.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    done = subprocess.run(
        [sys.executable, *shlex.split(command)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    page = (tmp_path / "api" / "dce.html").read_text(encoding="utf-8")
    assert not [name for name in dce.__all__ if f'id="{name}"' not in page]
    text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))
    for name in ("make_design", "fit_mnl", "scenarios"):
        first = getattr(dce, name).__doc__.splitlines()[0]
        assert first in text
