"""Pictures of cards: as wide as asked for, the same bytes, and words for those who do not see them."""

import csv
import dataclasses
import re
import struct
import sys
import xml.etree.ElementTree as ET

import pytest

import dce
from dce.survey.image import alt_text, write_image
from dce.survey.survey import make_survey

pytest.importorskip("typst", reason="needs typst, of the extra paper")
SVG = "{http://www.w3.org/2000/svg}"


def surveyed(design, **settings):
    study = dataclasses.replace(design.study, survey=dce.SurveySettings(**settings))
    return make_survey(dce.Design(study, design.frame))


def pixels(png):
    """Return width and height of a PNG file."""
    content = png.read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", content[16:24])


def points(svg):
    """Return width and height of an SVG file in points."""
    root = ET.fromstring(svg.read_text(encoding="utf-8"))
    return [float(root.get(side).removesuffix("pt")) for side in ("width", "height")]


def table(folder):
    with (folder / "alt_texts.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_each_card_is_a_png_and_an_svg(small_design, tmp_path):
    survey = surveyed(small_design, warm_up=True, repeat=[1])
    files = write_image(survey, tmp_path)
    names = [f"cards/{card.tag}.{kind}" for card in survey.cards for kind in ("png", "svg")]
    assert [file.relative_to(tmp_path).as_posix() for file in files] == [*names, "alt_texts.csv"]
    rows = table(tmp_path)
    assert [row["dce_tag"] for row in rows] == [card.tag for card in survey.cards]
    assert [row["kind"] for row in rows[:2]] == ["warm-up", "design"]
    assert {row["answers"] for row in rows} == {"1 = A; 2 = B"}
    assert len({(tmp_path / row["png"]).read_bytes() for row in rows[1:7]}) == 6


@pytest.mark.parametrize("width", [320, 800, 1200])
def test_pictures_are_as_wide_as_asked_for(small_design, tmp_path, width):
    survey = surveyed(small_design, image_width=width)
    write_image(survey, tmp_path)
    for card in survey.cards:
        assert pixels(tmp_path / f"cards/{card.tag}.png")[0] == 2 * width
        assert points(tmp_path / f"cards/{card.tag}.svg")[0] == pytest.approx(0.75 * width)


def test_narrow_pictures_are_taller(small_design, tmp_path):
    heights = []
    for width in (320, 800):
        write_image(surveyed(small_design, image_width=width), tmp_path)
        heights.append(points(tmp_path / "cards/b1_t1.svg")[1])
    assert heights[0] > 1.2 * heights[1]


@pytest.mark.parametrize("width", [319, 2401, 800.0, True, "800"])
def test_other_widths_are_refused(width):
    with pytest.raises(dce.StudyError, match=r"image_width: found .* allowed: a whole number of pixels"):
        dce.SurveySettings(image_width=width)


def test_same_survey_same_bytes(small_design, tmp_path):
    survey = surveyed(small_design, highlight="differences")
    first, second = (write_image(survey, tmp_path / name) for name in ("first", "second"))
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


def show(level):
    return level if isinstance(level, str) else f"{level:g}"


def test_words_for_those_who_do_not_see_the_picture(small_design, tmp_path):
    survey = surveyed(small_design, shuffle=[], highlight="differences")
    write_image(survey, tmp_path)
    frame = small_design.frame
    for card, row in zip(survey.cards, table(tmp_path), strict=True):
        shown = frame[frame["task"] == card.task]
        sentences = [card.heading + "."]
        for alternative, levels in zip("AB", shown.to_dict("records"), strict=True):
            other = shown[shown["alternative"] != alternative].iloc[0]
            said = [
                f"{label}{' (differs)' if levels[name] != other[name] else ''}: {show(levels[name])}{unit}"
                for name, label, unit in (
                    ("wait", "Wait", " weeks"),
                    ("parking", "Parking", ""),
                    ("mode", "Mode", ""),
                )
            ]
            sentences.append(f"{alternative}: {'; '.join(said)}.")
        assert row["alt_text"] == " ".join(sentences) == alt_text(survey, card)
        root = ET.fromstring((tmp_path / row["svg"]).read_text(encoding="utf-8"))
        assert root.get("role") == "img"
        named = {child.get("id"): child.text for child in root if child.tag in (f"{SVG}title", f"{SVG}desc")}
        assert [named[i] for i in root.get("aria-labelledby").split()] == [card.heading, row["alt_text"]]


def test_a_card_whose_place_is_drawn_has_no_number(small_design):
    survey = surveyed(small_design, warm_up=True)
    words = [alt_text(survey, card) for card in survey.cards[:2]]
    assert words[0].startswith("A card to practise on. A: Wait: ")
    assert words[1].startswith("Choice card. A: Wait: ")


def test_number_of_the_card_in_the_picture_only_where_it_is_known(small_design, tmp_path):
    heights = []
    for shuffle in ([], ["tasks"]):
        write_image(surveyed(small_design, shuffle=shuffle), tmp_path)
        heights.append(points(tmp_path / "cards/b1_t1.svg")[1])
    assert heights[0] > heights[1] + 10


def test_every_text_is_data(small_design, tmp_path):
    text = """#panic("x") $x$ *b* @ref \\ `c` "q" 'q' <b>&amp;</desc> ]]> <!-- é"""
    attributes = [dataclasses.replace(small_design.study.attributes[0], label=text)]
    study = dataclasses.replace(
        small_design.study, attributes=[*attributes, *small_design.study.attributes[1:]]
    )
    survey = make_survey(dce.Design(study, small_design.frame))
    write_image(survey, tmp_path)
    root = ET.fromstring((tmp_path / "cards/b1_t1.svg").read_text(encoding="utf-8"))
    assert text in root.find(f"{SVG}desc").text
    assert text in table(tmp_path)[0]["alt_text"]


def test_a_sign_without_a_glyph_is_refused(small_design, tmp_path):
    attribute = dataclasses.replace(small_design.study.attributes[0], label="Wait 🕐")
    study = dataclasses.replace(
        small_design.study, attributes=[attribute, *small_design.study.attributes[1:]]
    )
    with pytest.raises(dce.DceError, match=r"text 'Wait 🕐': found 🕐 \(U\+1F550\)"):
        write_image(make_survey(dce.Design(study, small_design.frame)), tmp_path)
    assert not list(tmp_path.iterdir())


def test_long_words_stay_in_their_columns(small_design, tmp_path):
    """A word wider than its column takes more lines, and nothing reaches the margin of the picture."""
    image = pytest.importorskip("PIL.Image", reason="needs Pillow, which comes with matplotlib")

    attribute = dataclasses.replace(
        small_design.study.attributes[1],
        labels=["no", "W" * 120],
        label="Rehabilitationsmaßnahmenkoordination",
    )
    parts = [*small_design.study.attributes[:1], attribute, *small_design.study.attributes[2:]]
    settings = dce.SurveySettings(language="de", image_width=320)
    study = dataclasses.replace(small_design.study, attributes=parts, survey=settings)
    survey = make_survey(dce.Design(study, small_design.frame))
    write_image(survey, tmp_path)
    for card in survey.cards:
        picture = image.open(tmp_path / f"cards/{card.tag}.png").convert("L")
        edge = picture.crop((picture.width - 16, 0, picture.width, picture.height))
        assert edge.getextrema() == (255, 255), card.tag


def test_what_a_picture_does_not_show_is_said(small_design, tmp_path):
    design = surveyed(small_design, certainty=True, shuffle=["tasks", "attributes"]).design
    with pytest.warns(dce.SurveyWarning) as caught:
        dce.export_survey(design, tmp_path, to=["image"])
    said = " ".join(str(warning.message) for warning in caught)
    assert re.search("leaves out shuffled attributes: the cards are as in the design", said)
    assert re.search("leaves out shuffled tasks, .*certainty: the pictures show the cards only", said)


def test_without_typst(small_design, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(dce.DceError, match=r"pip install 'dce\[paper\]'"):
        write_image(surveyed(small_design), tmp_path)
