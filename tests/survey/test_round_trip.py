"""From the design to respondents and back, for each study and each place: nothing gets mixed up.

``platforms/PLACE.py`` plays the platform: it opens the exported files and writes answers in the platform's
own export format, which ``read_responses`` must turn into the very choices that were simulated. What else the
platform recorded (the order of the screen ...) it returns as a frame, and that must come back too.
"""

import dataclasses
import importlib.util
import warnings
from pathlib import Path

import pandas as pd
import pytest

import dce
from dce.survey.export import PLACES
from dce.survey.response_file import open_responses
from dce.survey.responses import READERS

ROOT = Path(__file__).parents[2]
DRAWN = ("image", "paper")
"""Places whose files take seconds to draw."""
STUDIES = ("physiotherapy", "peer-support", "staff-support")
NO_ANSWERS = ("html", "image")
"""Places that show cards only; their answers come in the plain file."""
CASES = [
    pytest.param(study, place, marks=pytest.mark.slow)
    if place in DRAWN and study != "physiotherapy"
    else (study, place)
    for study in STUDIES
    for place in PLACES
]
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


def in_random_order(study):
    """Return a survey in which only tasks change places, as is the default."""
    return dce.SurveySettings(shuffle=["tasks"], warm_up=True, dominance=study != "staff-support", repeat=[2])


def with_everything(study):
    """Return a survey that asks for whatever a survey can ask."""
    questions = [
        dce.Question("age_years", "How old are you?", kind="number", least=18, most=99),
        dce.Question("work", "Do you {work} [now]?", ["Yes, I do", 'No | not "now"', "=1+1"], when="before"),
        dce.Question("remarks", "Anything else?", required=False),
    ]
    return dataclasses.replace(
        in_random_order(study),
        shuffle=["tasks", "alternatives", "attributes"],
        consent="I agree.\n\nI may stop.",
        questions=questions,
        highlight="differences",
        definitions="both",
        opt_out="question" if study == "staff-support" else "column",
        certainty=True,
        attendance=True,
    )


@pytest.mark.parametrize("settings", [in_random_order, with_everything])
@pytest.mark.parametrize(("study", "place"), CASES)
def test_what_comes_back_is_what_was_answered(study, place, settings, tmp_path, rng):
    design, choices = simulated(study, settings(study))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dce.SurveyWarning)
        dce.export_survey(design, tmp_path, to=[place])
    if place in NO_ANSWERS:
        files, shown = [tmp_path / "answers.csv"], None
        dce.write_responses(choices, design, files[0])
    else:
        files, shown = platform(place).respond(tmp_path, choices, rng)
    for file in files:
        known = [reader for reader in READERS if reader.recognises(open_responses(file))]
        assert len(known) == (place not in NO_ANSWERS), file
    back = dce.read_responses(files, design, tmp_path / "manifest.json")
    assert len(back.frame) == len(choices.frame) > 0
    found = with_known_respondents(back.frame, choices.frame)
    pd.testing.assert_frame_equal(
        found.sort_values(KEYS, ignore_index=True)[list(choices.frame)],
        choices.frame.sort_values(KEYS, ignore_index=True),
        check_dtype=False,
    )
    assert back.report.finished == 200
    if shown is not None:
        keys = [key for key in KEYS if key in shown]
        rows = found.drop_duplicates(keys).sort_values(keys, ignore_index=True)
        pd.testing.assert_frame_equal(
            rows[list(shown)], shown.sort_values(keys, ignore_index=True), check_dtype=False
        )


def with_known_respondents(frame, simulated):
    """Return the frame with the simulated respondents' numbers, in a platform that gives ids of its own.

    Such ids end in the number of the respondent, as in ``R_000000000000017``.
    """
    if frame["respondent"].isin(simulated["respondent"]).all():
        return frame
    return frame.assign(respondent=frame["respondent"].str.extract(r"(\d+)$")[0].astype(int))
