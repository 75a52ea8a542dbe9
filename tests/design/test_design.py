"""D-errors against a few plain lines and a published design; reading, writing, refusing."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

import dce


def plain_d_error(X, beta):
    """det(sum over tasks of X'(diag p - pp')X)^(-1/K)."""
    total = np.zeros((len(beta), len(beta)))
    for x in X:
        p = np.exp(x @ beta)
        p /= p.sum()
        total += x.T @ (np.diag(p) - np.outer(p, p)) @ x
    return np.linalg.det(total) ** (-1 / len(beta))


def by_hand(design, columns):
    """The D-error of columns coded by hand, at the priors of the same names."""
    X = np.column_stack([np.asarray(column, dtype=float) for column in columns.values()])
    X = X.reshape(design.n_tasks, -1, len(columns))
    assert sorted(columns) == sorted(design.study.coefficients)
    return plain_d_error(X, design.study.prior_means[list(columns)].to_numpy())


def shipped(name, request):
    return dce.Design.read(request.config.rootpath / "designs" / name)


def test_d_error_of_physiotherapy_by_hand(physiotherapy_design):
    f = physiotherapy_design.frame
    columns = {
        "constant[service 2]": f["alternative"] == "service 2",
        "clinician[support worker]": f["clinician"] == "support worker",
        "wait": f["wait"],
        "continuity[different clinician]": f["continuity"] == "different clinician",
        "sessions": f["sessions"],
        "mode[one-to-one with equipment]": f["mode"] == "one-to-one with equipment",
        "mode[exercise class]": f["mode"] == "exercise class",
        "distance": f["distance"],
        "parking[limited]": f["parking"] == "limited",
    }
    assert physiotherapy_design.d_error == pytest.approx(by_hand(physiotherapy_design, columns), rel=1e-10)


def test_d_error_with_an_opt_out_by_hand(request):
    design = shipped("peer-support", request)
    f = design.frame
    words = {
        "provider": ["peer support worker", "both together"],
        "format": ["one-to-one online", "group in person", "group online"],
        "matching": ["shared experience", "you choose"],
        "training": ["yes"],
        "continuity": ["drop-in group", "named contact"],
    }
    columns = {
        "constant[service 2]": f["alternative"] == "service 2",
        "constant[neither]": f["alternative"] == "neither",
        "sessions": f["sessions"].fillna(0),
        "wait": f["wait"].fillna(0),
    } | {f"{name}[{level}]": f[name] == level for name, levels in words.items() for level in levels}
    assert design.d_error == pytest.approx(by_hand(design, columns), rel=1e-10)


def test_d_error_of_labelled_alternatives_by_hand(request):
    design = shipped("staff-support", request)
    f = design.frame
    words = {
        "when": ["own time"],
        "privacy": ["taking part"],
        "profession": ["another"],
        "workplace": ["another"],
        "event": ["half day", "whole day"],
        "meals": ["free"],
        "parking": ["free"],
        "delivery": ["video call"],
    }
    columns = {"sessions": f["sessions"].fillna(0)}
    for name in ("peers", "employer", "external"):
        columns[f"constant[{name}]"] = f["alternative"] == name
        columns[f"wait:alternative[{name}]"] = f["wait"].where(f["alternative"] == name, 0)
    columns |= {f"{name}[{level}]": f[name] == level for name, levels in words.items() for level in levels}
    assert design.d_error == pytest.approx(by_hand(design, columns), rel=1e-10)
    assert design.d_error == pytest.approx(
        plain_d_error(design.X, design.study.prior_means.to_numpy()), rel=1e-10
    )


@pytest.mark.parametrize(
    ("utility", "d_error"),
    [
        ("C(a, contr.sum) + C(b, contr.sum) + C(c, contr.sum)", 0.19245008972987526),
        ("a + b + c", 0.5773502691896261),
    ],
    ids=["effects", "dummies"],
)
def test_d_error_of_huber_and_zwerina(utility, d_error):
    """Huber and Zwerina (1996), 3^3 in nine tasks of three: an orthogonal array, shifted by 1 and 2."""
    attributes = [dce.Attribute(name, ["1", "2", "3"]) for name in "abc"]
    study = dce.Study("L9", attributes, [dce.Alternative(name) for name in "ABC"], utility=utility)
    rows = [
        {"task": task, "alternative": "ABC"[shift]}
        | {name: str((level + shift) % 3 + 1) for name, level in zip("abc", (i, j, (i + j) % 3), strict=True)}
        for task, (i, j) in enumerate(product(range(3), repeat=2), 1)
        for shift in range(3)
    ]
    design = dce.evaluate_design(study, pd.DataFrame(rows))
    assert design.d_error == pytest.approx(d_error, rel=1e-12)


def test_d_error_is_in_the_units_of_an_attribute(small_design, clinics):
    """A wait in days rather than weeks divides the information's root by 7^2: one of K coefficients."""
    study = small_design.study
    wait, *others = study.attributes
    days = clinics(
        attributes=[dce.Attribute("wait", [7 * level for level in wait.levels]), *others],
        priors={**study.priors, "wait": study.priors["wait"].mean / 7},
    )
    frame = small_design.frame.assign(wait=small_design.frame["wait"] * 7)
    expected = small_design.d_error * 7 ** (-2 / 5)
    assert dce.evaluate_design(days, frame).d_error == pytest.approx(expected, rel=1e-10)


def test_rows_and_columns_in_any_order_are_the_same_design(small_design):
    frame = small_design.frame.sample(frac=1, random_state=3)[small_design.frame.columns[::-1]]
    design = dce.evaluate_design(small_design.study, frame)
    pd.testing.assert_frame_equal(design.frame, small_design.frame)
    assert design.hash == small_design.hash
    assert design.d_error == small_design.d_error


def test_a_frame_without_blocks_is_one_block(small_design):
    design = dce.evaluate_design(small_design.study, small_design.frame.drop(columns="block"))
    assert design.blocks == (1,)
    assert design.d_error == pytest.approx(small_design.d_error, rel=1e-12)


@pytest.mark.parametrize("name", ["physiotherapy", "peer-support", "staff-support"])
def test_what_is_written_is_read_again(name, request, tmp_path):
    design = shipped(name, request)
    design.study.write(tmp_path / "study.toml")
    design.write(tmp_path / "design.csv")
    again = dce.Design.read(tmp_path)
    assert again.hash == design.hash
    assert again.d_error == design.d_error
    again.write(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "design.csv").read_bytes()


def test_awkward_levels_are_read_again(tmp_path):
    study = dce.Study(
        "Awkward",
        [
            dce.Attribute("words", ["NA", "None", 'a "quoted", word', "two\nlines", " é"]),
            dce.Attribute("numbers", [1 / 3, 0.1 + 0.2, 1e-7, -123456789.125]),
        ],
        [dce.Alternative("nan"), dce.Alternative("1", constant=True)],
    )
    design = dce.make_design(study, tasks=10, starts=1)
    design.write(tmp_path / "design.csv")
    again = dce.Design.read(tmp_path / "design.csv", study)
    assert again.hash == design.hash
    assert again.d_error == design.d_error


def test_the_hash_is_of_what_respondents_see(small_design, clinics):
    study, frame = small_design.study, small_design.frame
    assert dce.evaluate_design(study, frame, "from elsewhere").hash == small_design.hash
    assert dce.evaluate_design(clinics(priors={}), frame).hash == small_design.hash
    level = frame.copy()
    level.loc[0, "wait"] = 8 if level.loc[0, "wait"] != 8 else 4
    block = frame.assign(block=3 - frame["block"])
    numbers = frame.assign(task=frame["task"] + 1)
    reordered = clinics(alternatives=study.alternatives[::-1])
    other = [dce.evaluate_design(study, changed).hash for changed in (level, block, numbers)]
    other.append(dce.evaluate_design(reordered, frame).hash)
    assert len({small_design.hash, *other}) == 5


def test_broken_restrictions_are_counted(small_design, clinics):
    assert small_design.broken_restrictions == 0
    frame = small_design.frame
    groups = int(((frame["mode"] == "group") & (frame["parking"] == "no")).sum())
    strict = clinics(restrictions=['not (mode == "group" and parking == "no")'])
    assert dce.evaluate_design(strict, frame).broken_restrictions == groups > 0
    names = list(small_design.study.attribute_names)
    identical = frame.copy()
    identical.loc[1, names] = identical.loc[0, names]
    assert dce.evaluate_design(small_design.study, identical).broken_rules == {"identical services": 1}
    mirrored = frame.copy()
    mirrored.loc[[2, 3], names] = mirrored.loc[[1, 0], names].to_numpy()
    assert dce.evaluate_design(small_design.study, mirrored).broken_rules == {"repeated tasks": 1}
    asks = clinics(design=dce.DesignSettings(overlap=(3, 3), repeated=True))
    assert dce.evaluate_design(asks, mirrored).broken_rules == {"overlap of 3 to 3 attributes": 12}


def test_what_is_not_identified_is_named(small_design):
    study, frame = small_design.study, small_design.frame
    same = frame.assign(mode=frame["mode"].where(frame["mode"] != "group", "phone"))
    with pytest.raises(dce.DesignError, match=r"not identified: 'mode\[group\]' never differs"):
        dce.evaluate_design(study, same)
    alike = frame.assign(parking=np.where(frame["wait"] == 2, "no", "yes"))
    alike["wait"] = alike["wait"].where(alike["wait"] == 2, 8)
    with pytest.raises(dce.DesignError, match=r"cannot tell apart 'wait', 'parking\[yes\]'; leave out 1"):
        dce.evaluate_design(study, alike)


def change(column, value, row=0):
    def changed(frame):
        frame = frame.astype(object)
        frame.loc[row, column] = value
        return frame

    return changed


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (lambda f: f.drop(columns="wait"), "column 'wait' is missing; allowed: 'block', 'task'"),
        (lambda f: f.assign(age=1), "column unknown 'age'; allowed: 'block'"),
        (lambda f: f.iloc[:0], "the design has no rows"),
        (change("task", "one"), "row 1: task is 'one'; allowed: whole numbers from 1"),
        (change("task", 0), "row 1: task is 0; allowed: whole numbers from 1"),
        (change("block", 1.5), "row 1: block is 1.5; allowed: whole numbers from 1"),
        (change("alternative", "C"), "task 1: alternative 'C' is not one of 'A', 'B'"),
        (change("wait", 3), "task 1, alternative 'A': wait has no level 3; allowed: 2, 4, 8"),
        (change("mode", "Phone"), "task 1, alternative 'A': mode has no level 'Phone'; allowed: 'face'"),
        (change("mode", ""), "task 1, alternative 'A': mode is ''; allowed: 'face'"),
        (change("mode", None), "task 1, alternative 'A': mode is ''; allowed: 'face'"),
        (change("block", 2), "task 1: is in blocks 2, 1; allowed: one block|in blocks 1, 2"),
        (lambda f: f.iloc[1:], "task 1: has the alternatives 'B'; allowed: 'A', 'B', each once"),
        (lambda f: pd.concat([f, f[:1]]), "task 1: has the alternatives 'A', 'A', 'B'; allowed"),
    ],
)
def test_what_is_no_design_of_the_study_is_refused(small_design, changed, message):
    with pytest.raises(dce.DesignError, match=message):
        dce.evaluate_design(small_design.study, changed(small_design.frame))


def test_an_opt_out_has_empty_cells(request):
    design = shipped("peer-support", request)
    frame = design.frame.astype(object)
    frame.loc[2, "wait"] = 4
    with pytest.raises(
        dce.DesignError, match="task 1, alternative 'neither': wait is 4; allowed: an empty cell"
    ):
        dce.evaluate_design(design.study, frame)


def test_errors_of_files_say_which(small, tmp_path):
    with pytest.raises(dce.DesignError, match=r"none\.csv: there is no such file; 'dce design' makes one"):
        dce.Design.read(tmp_path / "none.csv", small)
    (tmp_path / "design.csv").write_text("block,task,alternative,wait,parking,mode\n1,1,A,3,no,face\n")
    with pytest.raises(dce.DesignError, match=r"design\.csv: task 1, alternative 'A': wait has no level '3'"):
        dce.Design.read(tmp_path / "design.csv", small)
    (tmp_path / "design.csv").write_bytes(b"")
    with pytest.raises(dce.DesignError, match=r"design\.csv: cannot be read"):
        dce.Design.read(tmp_path / "design.csv", small)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seed": -1}, "seed: found -1; allowed: a whole number of at least 0"),
        ({"seed": "x"}, "seed: found 'x'"),
        ({"tasks": 2.5}, "tasks: found 2.5"),
        ({"blocks": 20}, "blocks: found 20; allowed: at most the number of tasks"),
        ({"level_balance": 3}, "level_balance: found 3; allowed: true, false, or a table of attributes"),
        ({"starts": 0}, "starts: found 0"),
    ],
)
def test_bad_options_are_refused(small, options, message):
    with pytest.raises(dce.DesignError, match=message):
        dce.make_design(small, **options)


def test_numpy_numbers_are_numbers(small):
    assert dce.make_design(small, tasks=np.int64(9), blocks=np.int64(1), starts=1).n_tasks == 9


@pytest.mark.parametrize("value", [float("inf"), 1e30, 0, 1.5])
def test_task_numbers_are_whole_and_of_a_size(small_design, value):
    frame = small_design.frame.astype({"task": float})
    frame.loc[0, "task"] = value
    with pytest.raises(dce.DesignError, match=r"row 1: task is .*; allowed: whole numbers from 1"):
        dce.evaluate_design(small_design.study, frame)


def test_a_column_that_occurs_twice_is_refused(small_design):
    frame = pd.concat([small_design.frame, small_design.frame[["wait"]]], axis=1)
    with pytest.raises(dce.DesignError, match="column 'wait' occurs twice"):
        dce.evaluate_design(small_design.study, frame)


@pytest.mark.parametrize("wait", [-14.0, -25.0, -2000.0])
def test_priors_that_make_choices_certain_are_refused(small_design, clinics, wait):
    priors = {**{name: p.mean for name, p in small_design.study.priors.items()}, "wait": wait}
    with pytest.raises(dce.DesignError, match=r"choices are all but certain.* Is every prior per unit"):
        dce.evaluate_design(clinics(priors=priors), small_design.frame)


def test_a_design_of_one_task_prints(clinics):
    study = clinics(attributes=[dce.Attribute("wait", [2, 4])], priors={}, utility="wait - constants",
                    alternatives=[dce.Alternative("A"), dce.Alternative("B")])  # fmt: skip
    assert "1 tasks of 2 alternatives" in str(dce.make_design(study, tasks=1, blocks=1, starts=1))
