"""What the tests of reports share: reports with every kind of part."""

import importlib.util
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reports():
    """The module that makes them."""
    spec = importlib.util.spec_from_file_location("reports", Path(__file__).parent / "reports.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def report(reports):
    """One with every kind of part."""
    return reports.every_part()
