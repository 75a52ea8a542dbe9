"""The report of the reference study carries the numbers that the paper prints.

Data are in ../shared/reference, which is not part of the project; without it the test skips.
"""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dce
from dce.report.study_report import study_report
from dce.table import number

# PHYSIOTHERAPY.md, which the paper prints (doi 10.1186/s12913-024-11585-w), in the order of the tables.
WEEKS = {
    "physiotherapist": [8.76, 13.57, 0.35, 0.34, 8.82, 1.16, 3.53],
    "support worker": [0.23, 7.71, 0.95, 0.49, 1.07, 1.40, 4.10],
}
MILES = {
    "physiotherapist": [7.57, 0.86, 11.72, 0.30, 0.29, 7.61, 3.05],
    "support worker": [0.17, 0.72, 5.52, 0.68, 0.35, 0.76, 2.94],
}
SCENARIOS = Path(__file__).parents[2] / "designs" / "physiotherapy" / "scenarios.toml"
PROBABILITIES = {"physiotherapist": [97.80, 83.81, 59.82], "support worker": [90.74, 50.10, 30.44]}


def answers(reference, study):
    """Each possible answer of both groups, weighted by its probability."""
    frames = []
    for group in WEEKS:
        path = reference / "data" / f"physiotherapy_expected_by_{group.replace(' ', '_')}.csv"
        frame = pd.read_csv(path)
        mode = np.select([frame["equipment"] == 1, frame["class"] == 1], [1, 2], default=0)
        continuity = np.where(frame["different_clinician"] == 1, "different clinician", "same clinician")
        long = pd.DataFrame(
            {
                "t": group + frame["chid"].astype(str),
                "alternative": np.where(frame["asc2"] == 1, "service 2", "service 1"),
                "y": frame["y"],
                "w": frame["weight"],
                "treated_by": group,
                "clinician": np.where(frame["support_worker"] == 1, "support worker", "physiotherapist"),
                "wait": frame["wait"],
                "continuity": continuity,
                "sessions": frame["fu"],
                "mode": np.array(study.attribute("mode").levels)[mode],
                "distance": frame["miles"],
                "parking": np.where(frame["limited_parking"] == 1, "limited", "ample"),
            }
        )
        frames.append(long)
    roles = {"task": "t", "alternative": "alternative", "chosen": "y", "weight": "w"}
    return dce.read_long(pd.concat(frames, ignore_index=True), **roles, study=study)


@pytest.mark.slow
def test_figures_and_tables_carry_the_printed_numbers(reference, physiotherapy, physiotherapy_design):
    report = study_report(
        physiotherapy_design,
        answers(reference, physiotherapy),
        by="treated_by",
        covariance="classical",
        scenarios=SCENARIOS,
    )
    tables = {part.name: part.table.frame for part in report.tables()}
    figures = {part.name: part for part in report.figures()}
    for per, printed in (("wait", WEEKS), ("distance", MILES)):
        rates = tables[f"rates_per_{per}_by_treated_by"]["rate"]
        alt = figures[f"rates_per_{per}_by_treated_by_figure"].alt
        for group, expected in printed.items():
            found = rates[rates.index == f"  {group}"].iloc[1:]  # the paper has none for the constant
            assert [round(rate, 2) for rate in found] == expected
            for rate in expected:
                assert f" {number(rate, '.2f')} (" in alt
    chosen = tables["scenarios_by_treated_by"]["P"]
    for group, expected in PROBABILITIES.items():
        found = chosen[chosen.index == f"  Service 1, {group}"]
        assert [round(100 * P, 2) for P in found] == expected
        for P in found:
            assert number(P, ".1%") in figures["scenarios_by_treated_by_figure"].alt
