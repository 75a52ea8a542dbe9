"""How long the export of a large survey, and the reading of many answers, take.

Run: ``.venv/bin/python benchmarks/survey.py``
"""

from __future__ import annotations

import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import dce
from dce.survey.export import PLACES

TASKS, ATTRIBUTES, RESPONDENTS = 200, 10, 20_000


def large_design() -> dce.Design:
    """200 tasks of 3 services with 10 attributes, at random: only their size matters here."""
    names = [f"x{k}" for k in range(ATTRIBUTES)]
    study = dce.Study(
        "A large survey",
        attributes=[dce.Attribute(name, ["low", "middle", "high"]) for name in names],
        alternatives=[dce.Alternative("A"), dce.Alternative("B", constant=True), dce.Alternative("C")],
        survey=dce.SurveySettings(certainty=True, attendance=True),
    )
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.choice(["low", "middle", "high"], size=(3 * TASKS, ATTRIBUTES)), columns=names)
    task = np.repeat(np.arange(TASKS), 3)
    frame = frame.assign(block=task // 10 + 1, task=task + 1, alternative=np.tile(["A", "B", "C"], TASKS))
    return dce.Design(study, frame)


def seconds(work) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    warnings.simplefilter("ignore", dce.SurveyWarning)
    rows = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        design = large_design()
        for place in PLACES:
            took = seconds(lambda to=place: dce.export_survey(design, folder / to, to=[to]))
            rows[f"export to {place}: {TASKS} tasks x 3 x {ATTRIBUTES}"] = took
        reference = dce.Design.read(Path(__file__).parents[1] / "designs" / "physiotherapy")
        choices = dce.simulate_choices(reference, respondents=RESPONDENTS, seed=1)
        dce.write_responses(choices, reference, folder / "answers.csv")
        took = seconds(lambda: dce.read_responses(folder / "answers.csv", reference))
        rows[f"read back {RESPONDENTS:,d} respondents x 8 tasks"] = took
    frame = pd.DataFrame({"seconds": list(rows.values())}, index=list(rows))
    print(dce.Table("Survey", frame, {"seconds": ".2f"}))


if __name__ == "__main__":
    main()
