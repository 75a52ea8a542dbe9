"""Wrong use at each step ends in one clear sentence and exit code 2, whatever the verb."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from dce import cli

ANSWERS = {
    "quality": (),
    "fit": (),
    "compare": ("--formula", "wait"),
    "diagnose": (),
    "tests": (),
    "rates": (),
    "scenarios": (),
    "sweep": ("--service", "Doctor", "--attribute", "wait"),
    "whatif": (),
    "report": (),
    "run": (),
}
"""The verbs that read answers, and what else they need."""
OF_DESIGN = ("power", "survey", "simulate")
BY = ("fit", "rates", "scenarios", "whatif", "report")
"""The verbs that fit subgroups."""
BETWEEN = ("tests", "diagnose")
"""The verbs that compare them in one model."""
LONGEST = 500
"""Characters of a sentence that is still read."""


def call(*words: object) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["dce", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def fielded(tmp_path_factory) -> Path:
    """A folder with a study that was fielded and answered by 60 people, in groups of many sizes."""
    folder = tmp_path_factory.mktemp("wrong")
    mine, answers = folder / "mine", folder / "answers.csv"
    for words in (("new", mine), ("design", mine, "--starts", "1"), ("survey", mine),
                  ("simulate", mine, "-n", "60", "-o", answers)):  # fmt: skip
        assert call(*words) == 0
    header, *lines = answers.read_text(encoding="utf-8").splitlines()
    rows = [f"{line},{'mf'[k % 2]},{'a' if k == 0 else 'b'},g{k // 3}" for k, line in enumerate(lines)]
    answers.write_text("\n".join([f"{header},sex,alone,threes", *rows]) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def here(fielded, tmp_path, monkeypatch) -> Path:
    """A copy of it, to do wrong with."""
    shutil.copytree(fielded, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def sentence(capsys, *words: object) -> str:
    """Return the one sentence that a wrong call ends in."""
    capsys.readouterr()
    code = call(*words)
    shown = capsys.readouterr()
    errors = [line for line in shown.err.splitlines() if line and not line.startswith("Warning: ")]
    assert code == 2, (words, shown.out)
    assert "Traceback" not in shown.out + shown.err
    assert len(errors) == 1, (words, errors)
    text = errors[0].removeprefix("Error: ")
    assert text != errors[0]
    assert text.endswith((".", "?"))
    assert len(text) <= LONGEST, text
    return text


def edit(path: str, old: str, new: str) -> None:
    text = Path(path).read_text(encoding="utf-8")
    assert old in text
    Path(path).write_text(text.replace(old, new), encoding="utf-8")


def no_study() -> str:
    Path("mine/study.toml").unlink()
    return "answers.csv"


def no_design() -> str:
    Path("mine/design.csv").unlink()
    return "answers.csv"


def another_design() -> str:
    """The survey in the folder is that of an earlier design."""
    assert call("design", "mine", "--starts", "1", "--seed", "5", "--force") == 0
    return "answers.csv"


def no_manifest_but_a_text() -> str:
    Path("mine/survey/manifest.json").write_text('{"schema": "dce-mani', encoding="utf-8")
    return "answers.csv"


def half_a_row() -> str:
    """A transfer broke off in the middle of a row."""
    text = Path("answers.csv").read_text(encoding="utf-8")
    Path("answers.csv").write_text(text[: text.index("\n30,") + 9], encoding="utf-8")
    return "answers.csv"


def half_the_columns() -> str:
    rows = Path("answers.csv").read_text(encoding="utf-8").splitlines()
    Path("answers.csv").write_text("\n".join(",".join(row.split(",")[:6]) for row in rows), encoding="utf-8")
    return "answers.csv"


def half_of_json() -> str:
    Path("answers.json").write_text('[{"respondent": 1, "b', encoding="utf-8")
    return "answers.json"


def half_of_excel() -> str:
    Path("answers.xlsx").write_bytes(b"PK\x03\x04\x14\x00\x08")
    return "answers.xlsx"


def header_only() -> str:
    header = Path("answers.csv").read_text(encoding="utf-8").splitlines()[0]
    Path("answers.csv").write_text(header + "\n", encoding="utf-8")
    return "answers.csv"


def a_picture() -> str:
    Path("answers.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    return "answers.png"


def csv_under_another_name() -> str:
    shutil.copy("answers.csv", "answers.xlsx")
    return "answers.xlsx"


def a_level_was_changed() -> str:
    edit("mine/study.toml", "levels = [2, 4, 6, 8]", "levels = [2, 4, 6, 10]")
    return "answers.csv"


def an_attribute_was_added() -> str:
    lift = '[[attributes]]\nname = "lift"\nlevels = ["no", "yes"]\n\n'
    first = '[[alternatives]]\nname = "clinic 1"'
    edit("mine/study.toml", first, lift + first)
    edit("mine/study.toml", "[priors]\n", '[priors]\n"lift[yes]" = 0.1\n')
    return "answers.csv"


WRONG = {
    "a folder without a study": (no_study, r"mine/study\.toml: there is no such file; 'dce new' writes one"),
    "no design": (no_design, r"mine/design\.csv: there is no such file; 'dce design' makes one"),
    "the survey of another design": (
        another_design,
        r"manifest\.json: belongs to another design \(.*Give the design that was fielded",
    ),
    "a damaged manifest": (no_manifest_but_a_text, r"manifest\.json: cannot be read: Unterminated string"),
    "half a row": (half_a_row, r"answers\.csv, line 31: has \d cells; allowed: \d+, as many as the header"),
    "half the columns": (half_the_columns, r"answers\.csv, line 1: column 't5'.* is missing; found: "),
    "half of JSON": (half_of_json, r"answers\.json: is not JSON: "),
    "half of Excel": (half_of_excel, r"answers\.xlsx: is no Excel file, or only part of one; allowed: "),
    "no answers": (header_only, r"answers\.csv: there are no answers; found: the header only"),
    "no such file": (lambda: "nowhere.csv", r"nowhere\.csv: there is no such file"),
    "a picture": (a_picture, r"answers\.png: is a picture; allowed: a table"),
    "CSV under another name": (csv_under_another_name, r"answers\.xlsx: is no Excel file.*'\.csv'"),
    "the design for the answers": (lambda: "mine/design.csv", r"design\.csv: is the design of a study; "),
    "the study for the answers": (lambda: "mine/study.toml", r"study\.toml: is a TOML file, such as a study"),
    "the manifest for the answers": (lambda: "mine/survey/manifest.json", r"is the manifest of a survey"),
    "a level was changed after fielding": (
        a_level_was_changed,
        r"design\.csv: task \d+, .*: wait has no level '8'; allowed: 2, 4, 6, 10\. Has study\.toml changed",
    ),
    "an attribute was added after fielding": (
        an_attribute_was_added,
        r"design\.csv: column 'lift' is missing; allowed: .*Has study\.toml changed",
    ),
}
"""What is wrong: how it comes about, and what every verb says."""


@pytest.mark.parametrize("case", WRONG)
def test_every_verb_that_reads_answers_says_the_same_sentence(here, capsys, case):
    make, expected = WRONG[case]
    answers = make()
    said = {sentence(capsys, verb, "mine", answers, *more) for verb, more in ANSWERS.items()}
    assert len(said) == 1, said
    assert re.search(expected, said.pop())
    capsys.readouterr()
    assert call("doctor", "mine", answers) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert re.search(expected, shown.replace("-> ", "")), shown
    assert "-> " in shown  # what to do


def test_the_wrong_folder(here, capsys):
    verbs = {verb: ("answers.csv", *more) for verb, more in ANSWERS.items()}
    verbs |= dict.fromkeys((*OF_DESIGN, "design", "front"), ())
    for verb, more in verbs.items():
        said = sentence(capsys, verb, "nowhere", *more)
        assert said == "nowhere: there is no such file; 'dce new' writes one."


def test_study_and_answers_the_wrong_way_round(here, capsys):
    for verb, more in ANSWERS.items():
        said = sentence(capsys, verb, "answers.csv", "mine", *more)
        assert said == "answers.csv: is no study; allowed: a folder with a study.toml, or that file."


@pytest.mark.parametrize("case", ["no design", "a level was changed after fielding"])
def test_verbs_that_need_the_design(here, capsys, case):
    make, expected = WRONG[case]
    make()
    for verb in OF_DESIGN:
        assert re.search(expected, sentence(capsys, verb, "mine"))


def test_a_subgroup_that_nobody_is_in(here, capsys):
    for verb in (*BY, *BETWEEN):
        said = sentence(capsys, verb, "mine", "answers.csv", "--by", "nonsense")
        assert re.match(r"by: 'nonsense' is no .*; known: 'block', 'sex', 'alone', 'threes'\.$", said), verb


def test_cut_points_of_words(here, capsys):
    for verb in BY:
        said = sentence(capsys, verb, "mine", "answers.csv", "--by", "sex=18,40")
        assert said == "by: 'sex' has the value 'm'; allowed: finite numbers, because cut points are given."


def test_no_subgroup_can_be_estimated(here, capsys):
    for verb in BY[:-1]:
        said = sentence(capsys, verb, "mine", "answers.csv", "--by", "threes")
        assert re.match(
            r"by: no subgroup can be estimated: threes = g0: .*found 3: .* And so 18 more\.$", said
        )


def test_a_subgroup_that_cannot_be_estimated_is_named_beside_the_others(here, capsys):
    for verb in ("fit", "scenarios", "whatif"):
        capsys.readouterr()
        assert call(verb, "mine", "answers.csv", "--by", "alone") == 0
        shown = "".join(capsys.readouterr())
        assert re.search(r"alone\W+without a, not\s+estimated|alone = a: clustered standard errors", shown)


def test_rates_need_two_subgroups(here, capsys):
    said = sentence(capsys, "rates", "mine", "answers.csv", "--by", "alone")
    assert said == "by: alone has one group that could be estimated; allowed: two or more."


def test_a_figure_of_an_unknown_kind(here, capsys):
    """Before the work is done."""
    said = sentence(capsys, "power", "mine", "--figure", "power.xyz")
    assert said == "power.xyz: found '.xyz'; allowed: '.png', '.svg', '.pdf'."


def test_subgroups_whose_tastes_are_not_those_of_the_others(here, capsys):
    for verb in BETWEEN:
        said = sentence(capsys, verb, "mine", "answers.csv", "--by", "alone")
        assert "the scale of a has no positive estimate" in said


@pytest.mark.parametrize(
    ("package", "words", "extra"),
    [
        ("typst", "survey mine --to paper", "paper"),
        ("typst", "survey mine --to image", "paper"),
        ("matplotlib", "power mine -n 50 --simulations 2 --figure power.png", "plot"),
        ("matplotlib", "report mine answers.csv", "plot"),
        ("typst", "report mine answers.csv --to pdf", "paper"),
        ("docx", "report mine answers.csv --to docx", "paper"),
        ("openpyxl", "fit mine answers.xlsx", "excel"),
        ("openpyxl", "report mine answers.csv --to html", "excel"),
    ],
)
def test_a_missing_extra(here, capsys, monkeypatch, package, words, extra):
    shutil.copy("answers.csv", "answers.xlsx")
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    assert sentence(capsys, *words.split()).endswith(f"pip install 'dce[{extra}]'.")
