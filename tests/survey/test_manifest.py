"""The manifest and the cards: what ties a survey to its design."""

import json

import pytest

import dce
from dce.survey.manifest import make_manifest, read_manifest
from dce.survey.survey import make_survey


def test_cards_show_the_design(small_design):
    made = make_survey(small_design).cards
    assert [card.tag for card in made] == [f"b{b}_t{p}" for b in (1, 2) for p in range(1, 7)]
    labels = {a.name: dict(zip(a.levels, a.labels, strict=True)) for a in small_design.study.attributes}
    for card in made:
        rows = small_design.frame[small_design.frame["task"] == card.task]
        for row in card.rows:
            assert row.cells == tuple(labels[row.attribute][level] for level in rows[row.attribute])


def test_the_manifest_round_trips(small_design, tmp_path):
    made = make_manifest(small_design)
    made.write(tmp_path / "manifest.json")
    assert read_manifest(tmp_path / "manifest.json", small_design) == made
    task = json.loads((tmp_path / "manifest.json").read_text())["tasks"][0]
    assert task["codes"] == {"1": "A", "2": "B"}
    assert task["attributes"] == ["wait", "parking", "mode"]
    assert task["kind"] == "design"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c | {"schema": "dce-manifest/9"}, "schema is 'dce-manifest/9'; allowed: 'dce-manifest/2'"),
        (lambda c: c | {"design": "abc"}, "belongs to another design"),
        (lambda c: c | {"tasks": c["tasks"][1:]}, "its tasks are not those of the design"),
        (lambda c: c | {"tasks": [{"tag": "b1_t1"}]}, "task 1 lacks 'block'"),
        (lambda c: c | {"tasks": None}, "tasks is NoneType; allowed: a list"),
        (lambda c: c | {"tasks": [c["tasks"][0] | {"codes": {"1": "A"}}]}, "task 1 has the codes"),
        (lambda c: [], "schema is None|schema is missing"),
    ],
)
def test_a_changed_manifest_is_refused(small_design, tmp_path, change, message):
    path = tmp_path / "manifest.json"
    make_manifest(small_design).write(path)
    path.write_text(json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(dce.ChoicesError, match=message):
        read_manifest(path, small_design)


def test_export_makes_the_folder_and_is_repeatable(small_design, tmp_path):
    first = dce.export_survey(small_design, tmp_path / "a" / "b")
    second = dce.export_survey(small_design, tmp_path / "c", to=["html"])
    assert [path.name for path in first] == ["cards.html", "manifest.json"]
    for one, two in zip(first, second, strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_the_survey_of_another_design_is_not_replaced(small_design, tmp_path):
    dce.export_survey(small_design, tmp_path)
    frame = small_design.frame
    other = dce.evaluate_design(small_design.study, frame.assign(block=3 - frame["block"]))
    with pytest.raises(dce.DceError, match="belongs to the survey of another design"):
        dce.export_survey(other, tmp_path)
    dce.export_survey(other, tmp_path, replace=True)
    with pytest.raises(dce.DceError, match="is a file; give a folder"):
        dce.export_survey(small_design, tmp_path / "cards.html")
