"""Studies: exact round trips, and what the parts mean."""

import dataclasses
import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dce

DESIGNS = Path(__file__).parents[1] / "designs"

STUDIES = sorted(path.parent for path in DESIGNS.glob("*/study.toml"))


@pytest.mark.parametrize("folder", STUDIES, ids=lambda folder: folder.name)
def test_shipped_studies_round_trip(folder, tmp_path):
    study = dce.Study.read(folder)
    study.write(tmp_path / "study.toml")
    assert dce.Study.read(tmp_path / "study.toml") == study


texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=30).filter(
    lambda text: text.strip()
)
numbers = st.one_of(st.integers(-1000, 1000), st.floats(-1e6, 1e6))


@settings(max_examples=60, deadline=None)
@given(
    title=texts,
    introduction=st.one_of(st.text(st.characters(codec="utf-8"), max_size=80), st.just("a\r\nb")),
    words=st.lists(texts.filter(lambda text: "\r" not in text), min_size=2, max_size=4, unique=True),
    levels=st.lists(numbers, min_size=2, max_size=4, unique=True),
    prior=st.floats(-5, 5),
    sd=st.floats(0, 5),
)
def test_any_study_round_trips(tmp_path_factory, title, introduction, words, levels, prior, sd):
    study = dce.Study(
        title,
        attributes=[
            dce.Attribute("wait", levels, "Wait", "weeks", [f"{n}." for n in range(len(levels))]),
            dce.Attribute("mode", words),
        ],
        alternatives=[dce.Alternative("A", words[0]), dce.Alternative("B", words[1], constant=True)],
        introduction=introduction,
        utility="wait",
        priors={"constant[B]": prior, "wait": dce.Prior(prior, sd)},
    )
    path = tmp_path_factory.mktemp("study") / "study.toml"
    study.write(path)
    assert dce.Study.read(path) == study


@pytest.mark.parametrize(
    "settings",
    [
        {"level_balance": False},
        {"level_balance": {"wait": (2, 6), "mode": False, "parking": True}},
        {"level_balance": {"wait": {2: (1, 3), "8": [0, 4]}, "mode": {"phone": (2, 2)}}},
        {"dominated": False, "overlap": (0, 1)},
        {"overlap": (0, 0), "repeated": True},
    ],
)
def test_what_is_said_of_the_design_round_trips(settings, clinics, tmp_path):
    study = clinics(
        design=dce.DesignSettings(tasks=12, **settings),
        attributes=[
            dce.Attribute("wait", [2, 4, 8], better="first"),
            dce.Attribute("parking", ["no", "yes"], better="last"),
            dce.Attribute("mode", ["face", "phone", "group"]),
        ],
    )
    study.write(tmp_path / "study.toml")
    again = dce.Study.read(tmp_path / "study.toml")
    assert again == study
    assert [attribute.better for attribute in again.attributes] == ["first", "last", None]


def test_level_balance_is_read_as_people_write_it():
    written = dce.DesignSettings(level_balance={"wait": [2, 6], "mode": {2.0: [1, np.int64(3)], "b": (0, 1)}})
    assert written.level_balance == {"wait": (2, 6), "mode": {"2": (1, 3), "b": (0, 1)}}
    assert dce.DesignSettings(level_balance={}) == dce.DesignSettings()
    assert dce.DesignSettings(overlap=[0, np.int64(2)]).overlap == (0, 2)
    assert dce.DesignSettings(tasks=np.int64(9)).tasks == 9


def test_defaults(small):
    assert small.utility == "wait + parking + mode"
    assert small.attribute("wait").labels == ("2 weeks", "4 weeks", "8 weeks")
    assert small.attribute("mode").labels == ("face", "phone", "group")
    assert small.coefficients == ("constant[B]", "wait", "parking[yes]", "mode[phone]", "mode[group]")
    assert small.prior_means.to_dict()["wait"] == -0.2


def test_studies_are_frozen(small):
    with pytest.raises(dataclasses.FrozenInstanceError):
        small.title = "other"


def test_labels_of_coefficients(small):
    assert small.label("wait") == "Wait (weeks)"
    assert small.label("mode[group]") == "Mode: group"
    assert small.label("constant[B]") == "Constant: B"
    assert small.label("wait:parking[yes]") == "Wait (weeks) × Parking: yes"
    assert small.label("poly(wait, 2)[1]") == "poly(wait, 2)[1]"


def test_without_priors_all_are_zero(clinics):
    study = clinics(priors={})
    assert (study.prior_means == 0).all()


def test_labelled_alternatives_have_their_own_attributes():
    study = dce.Study.read(DESIGNS / "staff-support")
    assert study.labelled
    owners = {a.name: [n for n in study.alternative_names if study.has(n, a)] for a in study.attributes}
    assert any(len(names) == 1 for names in owners.values())
    assert study.opt_out is not None
    assert all(study.opt_out.name not in names for names in owners.values())


def test_attribute_names_may_not_be_formula_words():
    for name in ("task", "log", "C", "class", "np"):
        with pytest.raises(dce.StudyError, match="a name with no meaning of its own"):
            dce.Attribute(name, [1, 2])


def test_an_attribute_of_odd_levels_is_refused():
    with pytest.raises(dce.StudyError, match="all numbers, or all words"):
        dce.Attribute("parking", [True, False])


@given(st.sampled_from(string.punctuation))
def test_names_are_identifiers(mark):
    if mark != "_":
        with pytest.raises(dce.StudyError, match="letters, digits and _"):
            dce.Attribute(f"a{mark}b", [1, 2])


def test_an_opt_out_without_a_constant_is_cautioned_against(clinics):
    study = clinics(opt_out=dce.Alternative("none"), priors={})
    design = dce.make_design(study, starts=1)
    assert "no constant sets the opt-out 'none' apart" in " ".join(str(design).split())
    assert not clinics().caution
    assert not clinics(opt_out=dce.Alternative("none", constant=True), priors={}).caution


def test_a_level_that_no_card_may_show_is_refused(clinics):
    with pytest.raises(dce.StudyError, match="mode can never be 'face', 'phone'; leave out that level"):
        clinics(restrictions=["mode == 'group'"])


def test_default_labels_keep_every_digit():
    assert dce.Attribute("cost", [1000001, 1250000.5], unit="£").labels == ("1000001 £", "1250000.5 £")
    close = dce.Attribute("x", [0.1234561, 0.1234562])
    assert close.labels == ("0.1234561", "0.1234562")


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"attributes": None}, "attributes: found None; allowed: a list of Attribute"),
        ({"attributes": dce.Attribute("x", [1, 2])}, "allowed: a list of Attribute"),
        ({"opt_out": "none"}, "opt_out: found 'none'; allowed: an Alternative"),
        ({"design": {"tasks": 3}}, "allowed: DesignSettings"),
        ({"question": " "}, "question: found ' '"),
    ],
)
def test_parts_of_a_wrong_kind_are_refused(clinics, part, message):
    with pytest.raises(dce.StudyError, match=message):
        clinics(**part)


def test_numpy_numbers_are_numbers():
    assert dce.Attribute("x", list(np.linspace(0, 1, 3))).levels == (0.0, 0.5, 1.0)
    assert dce.Prior(np.float32(0.5)).mean == 0.5
