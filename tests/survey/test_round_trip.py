"""From the design to respondents and back, for each study and each place: nothing gets mixed up.

``platforms/PLACE.py`` plays the platform: it opens the exported files and writes answers in the platform's
own export format, which ``read_responses`` must turn into the very choices that were simulated.
"""

import dataclasses
import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dce
from dce.survey.export import PLACES

ROOT = Path(__file__).parents[2]
STUDIES = ("physiotherapy", "peer-support", "staff-support")
NO_ANSWERS = ("html", "image")
"""Places that show cards only; their answers come in the plain file."""
KEYS = ["respondent", "task", "alternative"]


def platform(place):
    """Return the module that plays a platform."""
    path = Path(__file__).parent / "platforms" / f"{place}.py"
    spec = importlib.util.spec_from_file_location(f"platform_{place}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def simulated(study, settings):
    """Return a design of the study with a survey of these settings, and 200 respondents' choices."""
    made = dce.Design.read(ROOT / "designs" / study)
    described = dataclasses.replace(made.study, survey=settings)
    design = dce.Design(described, made.frame)
    return design, dce.simulate_choices(design, respondents=200, seed=11)


@pytest.mark.parametrize("place", list(PLACES))
@pytest.mark.parametrize("study", STUDIES)
def test_what_comes_back_is_what_was_answered(study, place, tmp_path, rng):
    dominance = study != "staff-support"
    settings = dce.SurveySettings(shuffle=["tasks"], warm_up=True, dominance=dominance, repeat=[2])
    design, choices = simulated(study, settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dce.SurveyWarning)
        dce.export_survey(design, tmp_path, to=[place])
    if place in NO_ANSWERS:
        files, more = [tmp_path / "answers.csv"], {}
        dce.write_responses(choices, design, files[0])
    else:
        files, more = platform(place).respond(tmp_path, choices, rng)
    back = dce.read_responses(files, design, tmp_path / "manifest.json")
    assert len(back.frame) == len(choices.frame) > 0
    found = with_known_respondents(back.frame, choices.frame)
    pd.testing.assert_frame_equal(
        found.sort_values(KEYS, ignore_index=True)[list(choices.frame)],
        choices.frame.sort_values(KEYS, ignore_index=True),
        check_dtype=False,
    )
    assert back.report.finished == 200
    assert np.isin(list(more), list(back.frame)).all()


def with_known_respondents(frame, simulated):
    """Return the frame with the simulated respondents' numbers, in a platform that gives ids of its own.

    Such ids end in the number of the respondent, as in ``R_000000000000017``.
    """
    if frame["respondent"].isin(simulated["respondent"]).all():
        return frame
    return frame.assign(respondent=frame["respondent"].str.extract(r"(\d+)$")[0].astype(int))
