"""The design for Sawtooth Lighthouse Studio, and answers in its two layouts."""

import warnings
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

import dce
from dce.errors import ChoicesError
from dce.survey.level_numbers import level_numbers
from dce.survey.manifest import make_manifest

ROOT = Path(__file__).parents[2]


def export(design, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dce.SurveyWarning)
        dce.export_survey(design, folder, to=["sawtooth"])
    return pd.read_csv(folder / "sawtooth_design.csv")


@pytest.fixture(scope="module")
def design(small_design):
    """The small design, with a task to practise on, one that is asked again, and an opt-out."""
    made = small_design.study
    study = replace(
        made,
        opt_out=dce.Alternative("none", "None of them", constant=True),
        priors={},
        survey=dce.SurveySettings(warm_up=True, repeat=[2]),
    )
    return with_opt_out(small_design, study)


def with_opt_out(design, study):
    rows = []
    for _, task in design.frame.groupby("task", sort=True):
        none = task.iloc[[0]].copy()
        none[list(study.attribute_names)] = None
        rows += [task, none.assign(alternative="none")]
    frame = pd.concat(rows, ignore_index=True).astype({"wait": float})
    return dce.Design(study, frame)


@pytest.fixture
def table(design, tmp_path):
    return export(design, tmp_path)


def shown(table, version, task):
    """Return the concepts of a task as lines of a .cho file."""
    rows = table[(table["Version"] == version) & (table["Task"] == task)]
    return [" ".join(map(str, row[3:])) for row in rows.itertuples(index=False)]


def record(table, tasks, who="7", none=1, extras="", attributes=3):
    """Return the record of a respondent: tasks are version, number, answer and duration."""
    lines = [f"{who} {len(extras.split())} {attributes} {len(tasks)} {none}", *([extras] if extras else [])]
    for version, number, *answer in tasks:
        concepts = shown(table, version, number)
        lines += [f"{len(concepts)} 1", *concepts, " ".join(map(str, answer))]
    return lines


def read(folder, design, lines, name="cbc.CHO", **options):
    path = folder / name
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8", newline="")
    return dce.read_responses(path, design, folder / "manifest.json", **options)


def test_the_design_file(design, table):
    assert list(table) == ["Version", "Task", "Concept", "wait", "parking", "mode"]
    assert table.groupby("Version")["Task"].max().to_dict() == {0: 1, 1: 7, 2: 7}
    assert (table.groupby(["Version", "Task"])["Concept"].agg(list).map(tuple) == (1, 2)).all()
    levels = {attribute.name: attribute.levels for attribute in design.study.attributes}
    services = design.frame[design.frame["alternative"] != "none"]
    for block, rows in services.groupby("block"):
        mine = table[(table["Version"] == block) & (table["Task"] <= 6)]
        for name in levels:
            assert [levels[name][k - 1] for k in mine[name]] == rows[name].tolist()
        assert shown(table, block, 7) == shown(table, block, 2)


def test_services_of_different_kinds(tmp_path):
    folder = tmp_path / "made"
    made = dce.Design.read(ROOT / "designs" / "staff-support")
    table = export(made, folder)
    assert list(table)[3:5] == ["alternative", "wait"]
    assert (table["alternative"] == table["Concept"]).all()
    own = {1: {"profession", "workplace"}, 2: {"event", "meals", "parking"}, 3: {"sessions", "delivery"}}
    for kind, names in own.items():
        rows = table[table["alternative"] == kind]
        assert (rows[list(names)] > 0).all(axis=None)
        others = set().union(*own.values()) - names
        assert (rows[list(others)] == 0).all(axis=None)
    legend = pd.read_csv(folder / "sawtooth_attributes.csv")
    assert legend["level_text"][:3].tolist() == [a.label for a in made.study.alternatives]
    assert "alternative-specific" in (folder / "sawtooth_notes.txt").read_text(encoding="utf-8")


def test_words_are_no_commands(small_design, tmp_path):
    first, *others = small_design.study.attributes
    hostile = ["=1+1", "[% Debug() %] <script>", "+2 weeks"]
    study = replace(
        small_design.study,
        attributes=[replace(first, label="@SUM", labels=hostile), *others],
        question="[%x%]",
    )
    export(dce.Design(study, small_design.frame), tmp_path)
    legend = pd.read_csv(tmp_path / "sawtooth_attributes.csv")
    assert legend["attribute_text"][0] == "&#64;SUM"
    assert legend["level_text"][:3].tolist() == [
        "&#61;1+1",
        "&#91;% Debug() %&#93; &lt;script&gt;",
        "&#43;2 weeks",
    ]
    assert legend["level"].tolist() == [1, 2, 3, 1, 2, 1, 2, 3]
    assert "&#91;%x%&#93;" in (tmp_path / "sawtooth_notes.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("opt_out", "words"),
    [("column", "A traditional None option in every task, with the words: None of them"),
     ("question", "Dual-Response None, with the words: None of them")],
)  # fmt: skip
def test_notes(design, tmp_path, opt_out, words):
    settings = dce.SurveySettings(opt_out=opt_out, warm_up=True, repeat=[2])
    export(dce.Design(replace(design.study, survey=settings), design.frame), tmp_path)
    notes = (tmp_path / "sawtooth_notes.txt").read_text(encoding="utf-8")
    assert words in notes
    assert "7 random tasks, 1 fixed tasks, 2 concepts a task, 2 versions" in notes
    assert "CBC_Fixed1, CBC_Random1, CBC_Random2" in notes


def test_same_survey_same_bytes(design, tmp_path):
    for name in ("one", "two"):
        export(design, tmp_path / name)
    for file in ("sawtooth_design.csv", "sawtooth_attributes.csv", "sawtooth_notes.txt"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_cho(design, table, tmp_path):
    tasks = [(0, 1, 1, 9), (2, 5, 1, 40), (2, 2, 2, 12), (2, 1, 3, 8), (2, 3, 0, 2), (2, 2, 1, 7)]
    lines = [*record(table, tasks, extras="6 1.5"), *record(table, [(1, 1, 2, 11)], who="8", extras="4 2")]
    choices = read(tmp_path, design, lines)
    assert choices.report.format == "answers of Sawtooth, .cho"
    chosen = choices.frame.query("chosen == 1").set_index(["respondent", "task"])
    first = int(design.frame.query("block == 2")["task"].min()) - 1
    assert chosen["alternative"].to_dict() == {
        (7, first + 1): "none", (7, first + 2): "B", (7, first + 5): "A", (8, 1): "B"
    }  # fmt: skip
    assert chosen["seconds"].to_dict() == {
        (7, first + 1): 8, (7, first + 2): 12, (7, first + 5): 40, (8, 1): 11
    }  # fmt: skip
    assert chosen["block"].tolist() == [2, 2, 2, 1]
    assert set(chosen["extra_2"]) == {1.5, 2}
    checks = choices.checks.set_index("tag")
    assert checks["chosen"].to_dict() == {"b2_w1": "A", "b2_r1": "A"}


@pytest.mark.parametrize(
    ("tasks", "alike"),
    [
        ([(1, 1, 1, 9), (1, 2, 2, 9), (1, 7, 1, 9)], "'b1_t2', 'b1_r1' in block 1"),
        ([(1, 1, 1, 9), (1, 7, 1, 9)], "'b1_t2', 'b1_r1' in block 1"),
        ([(1, 1, 1, 9), (1, 2, 0, 9), (1, 7, 0, 9)], None),
        ([(1, 1, 1, 9), (1, 3, 1, 9)], None),
    ],
    ids=["both", "one", "unanswered", "neither"],
)
def test_tasks_that_look_the_same_are_noted(design, table, tmp_path, tasks, alike):
    same = "Tasks with the same services in the same order were told apart by their order in the file"
    notes = read(tmp_path, design, record(table, tasks)).report.notes
    assert [*notes] == ["The order of tasks was not recorded.", *([f"{same}: {alike}."] if alike else [])]


def test_tasks_that_look_the_same_in_several_blocks_are_noted(design, table, tmp_path):
    lines = [*record(table, [(2, 2, 1, 9)]), *record(table, [(1, 2, 1, 9), (1, 7, 2, 9)], who="8")]
    notes = read(tmp_path, design, lines).report.notes
    assert notes[-1].endswith(": 'b1_t2', 'b1_r1' in block 1; 'b2_t2', 'b2_r1' in block 2.")


def test_durations_that_never_change_are_no_times(design, table, tmp_path):
    tasks = [(1, number, 1, 99) for number in range(1, 7)]
    assert "seconds" not in read(tmp_path, design, record(table, tasks)).frame


def test_tasks_that_fit_two_blocks(design, table, tmp_path):
    with pytest.raises(ChoicesError, match="respondent 7 are in the blocks 1, 2; allowed: in one"):
        read(tmp_path, design, record(table, [(0, 1, 1, 9)]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: ["7 0 3 1", *lines[1:]], "line 1: found '7 0 3 1'; allowed: respondent, and numbers"),
        (lambda lines: ["7 0 3 1 2", *lines[1:]], "line 1: has a Dual-Response None"),
        (lambda lines: [*lines[:1], "2 2", *lines[2:]], "line 2: found 2 2; allowed: the number of concepts"),
        (lambda lines: [*lines[:2], "1 2", *lines[3:]], "line 3: found '1 2'; allowed: 3 numbers, the"),
        (lambda lines: [*lines[:2], "1 x 2", *lines[3:]], "line 3: found '1 x 2'; allowed: 3 numbers"),
        (lambda lines: lines[:-1], "line 4: ends before the concept chosen"),
        (lambda lines: lines[:3], "line 3: ends before the levels of a concept"),
        (lambda lines: [*lines[:2], *["1 1 1"] * 2, *lines[4:]], "line 2: respondent 7 was shown 1 1 1 / 1"),
        (lambda lines: [*lines[:2], "1 1 1.5", *lines[3:]], "line 2: respondent 7 was shown 1 1 1.5 /"),
        (lambda lines: [*lines[:-1], "5 9"], "line 1: column 'b1_t1': answer '5' is not one of"),
        (lambda lines: [], "there are no answers"),
    ],
)  # fmt: skip
def test_cho_files_that_do_not_fit_are_refused(design, table, tmp_path, change, message):
    with pytest.raises(ChoicesError, match=message):
        read(tmp_path, design, change(record(table, [(1, 1, 1, 9)])))


def test_a_task_that_was_shown_too_often(design, table, tmp_path):
    with pytest.raises(ChoicesError, match="line 6: respondent 7 was shown"):
        read(tmp_path, design, record(table, [(1, 1, 1, 9), (1, 1, 1, 9)]))


HEADER = "sys_RespNum,sys_RespStatus,sys_CBCVersion_Care,Care_Fixed1," + ",".join(
    f"Care_Random{k}" for k in range(1, 8)
)


def test_csv(design, table, tmp_path):
    lines = [f"{HEADER},age", "1,5,1,2,1,2,3,1,2,3,1,40", "2,2,2,1,3,,,,,,,", "3,2,,,,,,,,,,"]
    choices = read(tmp_path, design, lines, "export.csv")
    assert choices.report.format == "answers of Sawtooth, CSV"
    chosen = choices.frame.query("chosen == 1")
    assert chosen["alternative"].tolist() == ["A", "B", "none", "A", "B", "none", "none"]
    assert chosen["block"].tolist() == [1] * 6 + [2]
    assert choices.report.finished == 1
    assert chosen["age"].tolist()[:6] == [40] * 6
    assert choices.checks.set_index("tag")["chosen"].to_dict() == {"b1_w1": "B", "b1_r1": "A", "b2_w1": "A"}
    assert choices.report.dropped["rows without any answer"] == 1
    assert "Not used: the columns 'sys_RespStatus'." in choices.report.notes


def test_dual_response_none(design, tmp_path):
    settings = dce.SurveySettings(opt_out="question")
    asked = dce.Design(replace(design.study, survey=settings), design.frame)
    export(asked, tmp_path)
    header = "sys_RespNum,sys_CBCVersion_X," + ",".join(f"X_Random{k},X_Random{k}_none" for k in range(1, 7))
    choices = read(tmp_path, asked, [header, "1,1,1,1,1,2,2,1,2,2,1,1,1,1"], "export.csv")
    chosen = choices.frame.query("chosen == 1")
    assert chosen["alternative"].tolist() == ["A", "none", "B", "none", "A", "A"]
    assert chosen["forced"].tolist() == ["A", "A", "B", "B", "A", "A"]


@pytest.mark.parametrize(
    ("header", "line", "message"),
    [
        (HEADER, "1,5,3,2,1,2,3,1,2,3,1", "line 2: column 'sys_CBCVersion_Care' is '3'; allowed: '1', '2'"),
        (HEADER, "1,5,1,2,4,2,3,1,2,3,1", "column 'Care_Random1': answer '4' is not one of"),
        (HEADER.replace("Random6", "Random8"), "1,5,1,2,1,2,3,1,2,3,1", "'Care_Random8' is no task; allowed"),
        (HEADER.replace("Care_Random6", "age"), "1,5,1,2,1,2,3,1,2,3,1", "column 'Care_Random6' is missing"),
        (f"{HEADER},Care_Random1_none", "1,5,1,2,1,2,3,1,2,3,1,1", "answers a second question on the None"),
        (f"{HEADER},sys_CBCVersion_Two", "1,5,1,2,1,2,3,1,2,3,1,1", "exercises 'Care', 'Two'; allowed: one"),
    ],
)
def test_csv_files_that_do_not_fit_are_refused(design, table, tmp_path, header, line, message):
    with pytest.raises(ChoicesError, match=message):
        read(tmp_path, design, [header, line], "export.csv")


def test_versions_with_other_numbers_of_tasks(small_design, tmp_path):
    frame = small_design.frame
    uneven = dce.Design(small_design.study, frame[frame["task"] != frame["task"].max()])
    export(uneven, tmp_path)
    header = "sys_RespNum,sys_CBCVersion_X," + ",".join(f"X_Random{k}" for k in range(1, 7))
    choices = read(tmp_path, uneven, [header, "1,1,1,1,1,1,1,1", "2,2,2,2,2,2,2,"], "export.csv")
    assert choices.report.finished == 2
    with pytest.raises(ChoicesError, match="'X_Random6' is answered, but version 2 has no such task"):
        read(tmp_path, uneven, [header, "2,2,2,2,2,2,2,1"], "export.csv")


def test_level_numbers_need_the_design_and_the_levels_of_all_tasks(design):
    manifest = make_manifest(design)
    with pytest.raises(ChoicesError, match="manifest: has no design"):
        level_numbers(replace(manifest, design=None))
    with pytest.raises(ChoicesError, match="task 'b1_w1' lacks its levels"):
        level_numbers(replace(manifest, extra_levels={}))


def test_names_that_columns_have_already(small_design, tmp_path):
    study = small_design.study
    attributes = [replace(study.attributes[0], name="Task"), *study.attributes[1:]]
    made = replace(study, attributes=attributes, utility="", priors={})
    with pytest.raises(dce.StudyError, match="attribute 'Task': is the name of another column"):
        export(dce.Design(made, small_design.frame.rename(columns={"wait": "Task"})), tmp_path)
    survey = dce.SurveySettings(questions=[dce.Question("sys_x", "?"), dce.Question("age", "?")])
    design = dce.Design(replace(study, survey=survey), small_design.frame)
    header = "sys_RespNum,sys_CBCVersion_CBC,sys_ElapsedTime,sys_x," + ",".join(
        f"CBC_Random{k}" for k in range(1, 7)
    )
    export(design, tmp_path)
    choices = read(tmp_path, design, [header, "1,1,400,a word" + ",1" * 6], "export.csv")
    assert set(choices.frame["sys_x"]) == {"a word"}
    assert "sys_ElapsedTime" not in choices.frame
