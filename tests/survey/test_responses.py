"""Answers that come back: round trips, other files through a map, what is counted and refused."""

import json

import numpy as np
import pandas as pd
import pytest

import dce

PLAIN = """\
respondent,block,t1,t2,t3,t4,t5,t6,age,sex
7,1,1,2,A,B,1,1,34,woman
8,2,2,2,2,2,2,2,,man
9,2,,NA,1,1,1,1,51,
10,1,,,,,,,60,man
"""


@pytest.fixture
def written(tmp_path):
    def write(text: str, name: str = "answers.csv", encoding: str = "utf-8"):
        path = tmp_path / name
        path.write_bytes(text.encode(encoding))
        return path

    return write


def test_the_plain_file(written, small_design):
    choices = dce.read_responses(written(PLAIN), small_design)
    assert choices.n_respondents == 3
    assert choices.n_tasks == 6 + 6 + 4
    assert {k: n for k, n in choices.left_out.items() if n} == {
        "rows without any answer": 1,
        "tasks left unanswered by respondents who answered others": 2,
    }
    first = choices.frame[(choices.frame["respondent"] == 7) & (choices.frame["chosen"] == 1)]
    assert first["alternative"].tolist() == ["A", "B", "A", "B", "A", "A"]
    block_1 = small_design.frame[small_design.frame["block"] == 1]["task"].unique()
    assert first["task"].tolist() == block_1.tolist()
    assert choices.frame["age"].dtype == np.float64
    assert choices.frame.loc[choices.frame["respondent"] == 8, "age"].isna().all()
    assert choices.frame.loc[choices.frame["respondent"] == 9, "sex"].isna().all()


def test_levels_are_those_of_the_design(written, small_design):
    frame = dce.read_responses(written(PLAIN), small_design).frame
    shown = frame.merge(small_design.frame, on=["task", "alternative"], suffixes=("", "_design"))
    for name in (*small_design.study.attribute_names, "block"):
        assert (shown[name] == shown[f"{name}_design"]).all()


@pytest.mark.parametrize(
    ("change", "encoding"),
    [
        (lambda text: text, "utf-8-sig"),
        (lambda text: text.replace(",", ";"), "utf-8"),
        (lambda text: text.replace(",", "\t"), "utf-8"),
        (lambda text: text.replace("\n", "\r\n"), "utf-8"),
        (lambda text: '"' + text.strip().replace(",", '","').replace("\n", '"\n"') + '"\n', "utf-8"),
        (lambda text: text.replace("A,B", " A , B "), "utf-8"),
        (lambda text: text + "\n" * 3, "utf-8"),
    ],
    ids=["BOM", "semicolons", "tabs", "Windows", "quoted", "spaces", "empty lines"],
)
def test_the_same_file_in_other_clothes(written, small_design, change, encoding):
    plain = dce.read_responses(written(PLAIN, "plain.csv"), small_design)
    other = dce.read_responses(written(change(PLAIN), encoding=encoding), small_design)
    pd.testing.assert_frame_equal(plain.frame, other.frame)


def test_blank_lines_of_a_spreadsheet_are_counted(written, small_design):
    choices = dce.read_responses(written(PLAIN + ",,,,,,,,,\n" * 2), small_design)
    assert choices.left_out["blank lines"] == 2


def test_simulated_answers_round_trip(small_design, tmp_path):
    choices = dce.simulate_choices(small_design, respondents=40, seed=3)
    frame = choices.frame.assign(age=20.0 + choices.frame["respondent"], sex="woman")
    dce.write_responses(dce.Choices(frame, choices.study), small_design, tmp_path / "a.csv")
    back = dce.read_responses(tmp_path / "a.csv", small_design)
    order = ["respondent", "task", "alternative"]
    pd.testing.assert_frame_equal(
        back.frame.sort_values(order, ignore_index=True)[list(frame)],
        frame.sort_values(order, ignore_index=True),
        check_dtype=False,
    )
    assert not any(back.left_out.values())


def test_columns_may_be_the_tags_of_the_survey(written, small_design, tmp_path):
    manifest = dce.export_survey(small_design, tmp_path)[-1]
    tags = [f"b{block}_t{position}" for block in (1, 2) for position in range(1, 7)]
    text = ",".join(["respondent", *tags]) + "\n"
    text += "a," + ",".join("1" * 6) + "," * 6 + "\n"
    text += "b" + "," * 6 + "," + ",".join("2" * 6) + "\n"
    choices = dce.read_responses(written(text), small_design, manifest=manifest)
    blocks = choices.frame.drop_duplicates("respondent").set_index("respondent")["block"]
    assert blocks.to_dict() == {"a": 1, "b": 2}


def test_a_map_says_what_columns_and_answers_mean(written, small_design):
    columns = {f"Q{task}": task for task in range(1, 13)}
    mapping = dce.ResponseMap(
        columns=columns, answers={"the  first": "A", "the second": "B"}, weight="w", missing=["", "-99"]
    )
    text = ",".join([*columns, "w"]) + "\n"
    text += ",".join(["the first"] * 6 + ["-99"] * 6 + ["1.5"]) + "\n"
    text += ",".join([""] * 6 + ["the second"] * 6 + ["0.5"]) + "\n"
    choices = dce.read_responses(written(text), small_design, mapping=mapping)
    assert choices.frame["respondent"].unique().tolist() == [1, 2]
    assert choices.layout.weights.tolist() == [1.5] * 6 + [0.5] * 6
    assert choices.layout.chosen.tolist() == [0] * 6 + [1] * 6


def test_an_answer_that_could_mean_two_alternatives_is_refused(written, clinics):
    study = clinics(
        alternatives=[dce.Alternative("2", "Two"), dce.Alternative("1", "One", constant=True)],
        priors={},
    )
    design = dce.make_design(study, starts=1)
    with pytest.raises(dce.ChoicesError, match="answer '2' could mean two alternatives"):
        dce.read_responses(written(PLAIN), design)


def test_answers_without_respondents_cannot_be_written(small_design, elsewhere, tmp_path):
    frame = elsewhere.frame.drop(columns="respondent")
    with pytest.raises(dce.ChoicesError, match="no 'respondent', 'block' is known"):
        dce.write_responses(dce.Choices(frame), small_design, tmp_path / "a.csv")


def test_codes_are_those_of_each_task(written, small_design, tmp_path):
    """A survey may show the alternatives of a task in another order: its manifest says so."""
    manifest = dce.export_survey(small_design, tmp_path)[-1]
    content = json.loads(manifest.read_text())
    content["tasks"][0]["codes"] = {"1": "B", "2": "A"}
    manifest.write_text(json.dumps(content))
    plain = dce.read_responses(written(PLAIN), small_design)
    swapped = dce.read_responses(written(PLAIN), small_design, manifest=manifest)
    assert plain.layout.chosen[:2].tolist() == [0, 1]
    assert swapped.layout.chosen[:2].tolist() == [1, 1]


def test_what_a_row_per_respondent_cannot_hold_is_not_written(small_choices, small_design, tmp_path):
    frame = small_choices.frame
    for changed, message in (
        (frame.assign(weight=2.0), "weights and availability"),
        (frame.assign(mood=frame["task"]), "'mood' differs within a respondent"),
        (frame.assign(t1=1), "'t1' differs .* or is named as a task"),
    ):
        with pytest.raises(dce.ChoicesError, match=message):
            dce.write_responses(dce.Choices(changed, small_choices.study), small_design, tmp_path / "a.csv")


def test_a_task_that_nobody_answered_round_trips(small_choices, small_design, tmp_path):
    frame = small_choices.frame[~small_choices.frame["task"].isin([2, 8])]
    dce.write_responses(dce.Choices(frame, small_choices.study), small_design, tmp_path / "a.csv")
    back = dce.read_responses(tmp_path / "a.csv", small_design)
    assert back.n_tasks == 1000
    assert back.left_out["tasks left unanswered by respondents who answered others"] == 200


def test_codes_with_leading_zeros_are_words(written, small_design):
    text = PLAIN.replace("34,", "034,").replace(",51", ",051").replace(",60", ",060")
    assert dce.read_responses(written(text), small_design).frame["age"].iloc[0] == "034"


def test_an_answer_that_also_means_no_answer_is_refused(written, clinics):
    study = clinics(alternatives=[dce.Alternative("NA"), dce.Alternative("B", constant=True)], priors={})
    design = dce.make_design(study, starts=1)
    with pytest.raises(dce.ChoicesError, match="'NA' is both an answer and a text for no answer"):
        dce.read_responses(written(PLAIN), design)


@pytest.mark.parametrize("code", ["1.0", "1,0", "1.00"])
def test_codes_as_spreadsheets_write_them(written, small_design, code):
    text = PLAIN.replace(",", ";").replace("7;1;1;2;", f"7;{code};{code};2;")
    plain = dce.read_responses(written(PLAIN, "plain.csv"), small_design)
    pd.testing.assert_frame_equal(dce.read_responses(written(text), small_design).frame, plain.frame)


def test_a_map_of_places_within_the_block(written, small_design, tmp_path):
    text = PLAIN.replace("respondent,block,t1,t2,t3,t4,t5,t6", "Patient,Version,q1,q2,q3,q4,q5,q6")
    path = tmp_path / "map.toml"
    columns = "\n".join(f'q{n} = "t{n}"' for n in range(1, 7))
    path.write_text(f'respondent = "Patient"\nblock = "Version"\n[columns]\n{columns}\n')
    mapped = dce.read_responses(written(text), small_design, mapping=path)
    plain = dce.read_responses(written(PLAIN, "plain.csv"), small_design)
    pd.testing.assert_frame_equal(mapped.frame, plain.frame)


def test_a_map_that_only_renames_keeps_the_plain_columns(written, small_design):
    text = PLAIN.replace(",age,", ",wait,")
    with pytest.raises(dce.ChoicesError, match="under rename"):
        dce.read_responses(written(text), small_design)
    mapping = dce.ResponseMap(rename={"wait": "waited"})
    frame = dce.read_responses(written(text), small_design, mapping=mapping).frame
    assert frame["waited"].iloc[0] == 34
