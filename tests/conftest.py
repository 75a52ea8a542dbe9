"""What many tests share."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

import dce

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT.parent / "shared" / "reference"


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of numbers and data from elsewhere, which is not part of the project."""
    if not (REFERENCE / "reference_values.json").exists():
        pytest.skip("needs ../shared/reference, which is not part of the project")
    return REFERENCE


@pytest.fixture(scope="session")
def load_example() -> Callable[[str], ModuleType]:
    """Import an example script by name, without running it."""

    def load(name: str) -> ModuleType:
        spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def physiotherapy() -> dce.Study:
    return dce.Study.read(ROOT / "designs" / "physiotherapy")


@pytest.fixture(scope="session")
def physiotherapy_design(physiotherapy) -> dce.Design:
    return dce.Design.read(ROOT / "designs" / "physiotherapy")


def make_clinics(**changes) -> dce.Study:
    """A small study: two clinics, three attributes, a constant."""
    parts = {
        "title": "Clinics",
        "attributes": [
            dce.Attribute("wait", [2, 4, 8], "Wait", "weeks"),
            dce.Attribute("parking", ["no", "yes"], "Parking"),
            dce.Attribute("mode", ["face", "phone", "group"], "Mode"),
        ],
        "alternatives": [dce.Alternative("A"), dce.Alternative("B", constant=True)],
        "priors": {
            "constant[B]": 0.1,
            "wait": -0.2,
            "parking[yes]": 0.5,
            "mode[phone]": -0.3,
            "mode[group]": -0.8,
        },
        "design": dce.DesignSettings(tasks=12, blocks=2, seed=3),
    }
    return dce.Study(**{**parts, **changes})


@pytest.fixture(scope="session")
def clinics() -> Callable[..., dce.Study]:
    """The small study, with changes."""
    return make_clinics


@pytest.fixture(scope="session")
def small() -> dce.Study:
    return make_clinics()


@pytest.fixture(scope="session")
def small_design(small) -> dce.Design:
    return dce.make_design(small, starts=1)


@pytest.fixture(scope="session")
def small_choices(small_design) -> dce.Choices:
    return dce.simulate_choices(small_design, respondents=200, seed=5)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(20241122)


@pytest.fixture
def long_frame(rng) -> pd.DataFrame:
    """150 tasks of three alternatives, five per respondent, from elsewhere: no study."""
    T, J = 150, 3
    price = rng.integers(1, 6, size=(T, J)).astype(float)
    time = rng.normal(size=(T, J))
    utility = -0.4 * price + 0.8 * time + rng.gumbel(size=(T, J))
    return pd.DataFrame(
        {
            "id": np.repeat(np.arange(T) // 5, J),
            "t": np.repeat(np.arange(T), J),
            "alt": np.tile(["bus", "car", "train"], T),
            "y": (utility.argmax(axis=1)[:, None] == np.arange(J)).ravel().astype(int),
            "price": price.ravel(),
            "time": time.ravel(),
            "old": np.repeat(rng.integers(0, 2, size=T // 5), 5 * J),
        }
    )


@pytest.fixture
def elsewhere(long_frame) -> dce.Choices:
    return dce.read_long(long_frame, task="t", alternative="alt", chosen="y", respondent="id")
