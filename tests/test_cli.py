"""The command line: every verb, its files, its errors, at 80 columns."""

import subprocess
import sys
from pathlib import Path

import pytest

import dce
from dce import cli

ROOT = Path(__file__).parents[1]


@pytest.fixture
def study(tmp_path, monkeypatch) -> Path:
    """A new study, in a folder of its own, as `dce new` writes it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    run("new", "mine")
    return Path("mine")


def run(*words: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["dce", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        assert not stop.value.code


def fails(*words: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["dce", *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
    return stop.value.code


def test_step_by_step(study, capsys):
    run("design", "mine", "--starts", "1")
    run("survey", "mine", "--out", "cards")
    run("simulate", "mine", "-n", "150", "--out", "answers.csv")
    run("fit", "mine", "answers.csv", "--manifest", "cards/manifest.json", "--out", "tables")
    run("rates", "mine", "answers.csv", "--per", "wait", "--ratio")
    run("scenarios", "mine", "answers.csv")
    shown = capsys.readouterr().out
    for part in ("D-error", "150 respondents, 1,200 answered tasks", "Wait for the appointment (weeks)",
                 "Marginal rates of substitution per Wait", "A doctor later"):  # fmt: skip
        assert part in shown
    assert max(map(len, shown.splitlines())) <= 80
    for path in ("mine/design.csv", "cards/cards.html", "answers.csv", "tables/fit.csv", "tables/fit.tex"):
        assert Path(path).stat().st_size > 0


def test_run_takes_all_steps(study, capsys):
    run("run", "--no-report", "mine", "-n", "200")
    folder = Path("out/mine")
    names = {path.name for path in folder.iterdir()}
    assert names >= {"design.csv", "cards.html", "manifest.json", "simulated.csv", "fit.csv", "fit.tex",
                     "rates_per_wait.csv", "scenarios.csv", "what-if.html", "results.txt"}  # fmt: skip
    text = (folder / "results.txt").read_text(encoding="utf-8")
    assert "Multinomial logit" in text
    assert "Probability of choosing each service" in text


@pytest.mark.slow
def test_run_writes_the_report(study, capsys):
    run("run", "mine", "-n", "200", "--out", "a")
    assert "Wrote a/report.docx" in capsys.readouterr().out
    assert 'href="what-if.html"' in Path("a/report.html").read_text(encoding="utf-8")
    assert {path.name for path in Path("a").iterdir()} >= {"report.pdf", "tables", "figures", "tables.xlsx"}


def test_run_again_gives_the_same_bytes(study):
    run("run", "--no-report", "mine", "-n", "60", "--out", "a")
    run("run", "--no-report", "mine", "-n", "60", "--out", "b")
    for path in Path("a").iterdir():
        if path.name != "results.txt":  # it names the folder
            assert path.read_bytes() == (Path("b") / path.name).read_bytes(), path.name


def test_subgroups(study, capsys):
    run("design", "mine", "--starts", "1")
    run("simulate", "mine", "-n", "100", "--out", "responses.csv")
    lines = Path("responses.csv").read_text().splitlines()
    lines = [lines[0] + ",sex"] + [f"{line},{'mf'[k % 2]}" for k, line in enumerate(lines[1:])]
    Path("responses.csv").write_text("\n".join(lines))
    run("fit", "mine", "responses.csv", "--by", "sex")
    run("rates", "mine", "responses.csv", "--by", "sex")
    run("scenarios", "mine", "responses.csv", "--by", "sex", "--out", "t")
    shown = capsys.readouterr().out
    assert "By sex" in shown
    assert {path.name for path in Path("t").glob("*.csv")} == {"scenarios_by_sex.csv",
                                                              "scenario_differences_by_sex.csv"}  # fmt: skip
    assert "Probabilities compared with: f, by sex" in shown


def test_scenarios_with_every_kind_of_interval(study, capsys):
    run("design", "mine", "--starts", "1")
    run("simulate", "mine", "-n", "60", "--out", "responses.csv")
    text = Path("mine/scenarios.toml").read_text()
    again = text[text.index("[[scenarios]]") :].replace("A doctor later", "2: a doctor later")
    Path("mine/scenarios.toml").write_text(text + again.replace("wait = 8", "wait = 4"))
    base = "A doctor later, or an assistant sooner"
    run("scenarios", "mine", "responses.csv", "--base", base, "--method", "krinsky-robb", "--draws", "200")
    shown = capsys.readouterr().out
    assert f"Probabilities compared with: {base}" in " ".join(shown.split())
    assert "Krinsky-Robb, percentiles of 200 draws" in shown
    run("scenarios", "mine", "responses.csv", "--covariance", "bootstrap", "--replicates", "100",
        "--method", "bootstrap", "--scale", "0.5")  # fmt: skip
    shown = capsys.readouterr().out
    assert "percentiles of 100 bootstrap replicates" in shown
    assert "multiplied by 0.5" in shown
    assert fails("scenarios", "mine", "responses.csv", "--method", "bootstrap") == 2
    assert "needs replicates" in capsys.readouterr().err


def test_sweep(study, capsys):
    run("design", "mine", "--starts", "1")
    run("simulate", "mine", "-n", "60", "--out", "responses.csv")
    one = ("--service", "Doctor", "--attribute")
    run("sweep", "mine", "responses.csv", *one, "wait", "--share", "0.5", "--out", "t")
    shown = capsys.readouterr().out
    assert "Probability of choosing Doctor" in shown
    assert "Doctor: where 50% choose it" in shown
    assert {path.name for path in Path("t").glob("*.csv")} == {"sweep_wait.csv", "threshold_wait.csv"}
    run("sweep", "mine", "responses.csv", *one, "wait", "--values", "2,12")
    assert "wait is 12, outside the studied range" in capsys.readouterr().err
    run("sweep", "mine", "responses.csv", *one, "parking", "--method", "krinsky-robb", "--draws", "200")
    assert "percentiles of 200 draws" in capsys.readouterr().out
    assert fails("sweep", "mine", "responses.csv", *one, "wait", "--values", "soon") == 2
    assert "values: found 'soon'; allowed: numbers" in capsys.readouterr().err


def test_several_characteristics(study, capsys):
    """Classes of numbers, a group that cannot be estimated, and tests that groups are equal."""
    run("design", "mine", "--starts", "1")
    run("simulate", "mine", "-n", "60", "--out", "responses.csv")
    lines = Path("responses.csv").read_text().splitlines()
    asked = [",sex,age", *(f",{'mf'[k % 2]},{20 + k}" for k in range(58)), ",x,", ",f,"]
    Path("responses.csv").write_text("\n".join(a + b for a, b in zip(lines, asked, strict=True)))
    capsys.readouterr()
    run("fit", "mine", "responses.csv", "--by", "sex", "--by", "age=30,60", "--out", "t")
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    joined = " ".join(shown.split())
    for text in ("By sex", "sex = x: clustered standard errors need two respondents", "By age", "under 30",
                 "30-59", "60+", "Left out of the groups: 2 respondents without age.",
                 "Equal coefficients in all groups"):  # fmt: skip
        assert text in joined, text
    assert {path.name for path in Path("t").glob("*.csv")} == {
        "fit.csv", "fit_by_sex.csv", "fit_by_age.csv", "fit_by_equal.csv"
    }  # fmt: skip
    for by, message in [
        (("sex", "sex"), "by: 'sex' is given twice"),
        (("age=a,b",), "by: found 'age=a,b'; allowed: such as 'sex' or 'age=18,40,65'"),
        (("size",), "'size' is no characteristic"),
    ]:
        options = [word for text in by for word in ("--by", text)]
        assert fails("fit", "mine", "responses.csv", *options) == 2
        assert message in " ".join(capsys.readouterr().err.split())


def test_the_what_if_page(study, capsys):
    run("design", "mine", "--starts", "1")
    run("simulate", "mine", "-n", "60", "--out", "answers.csv")
    run("whatif", "mine", "answers.csv", "--people", "patients", "--covariance", "CR2", "--level", "0.9")
    assert "Wrote mine/what-if.html" in capsys.readouterr().out
    page = Path("mine/what-if.html").read_text(encoding="utf-8")
    assert '"people":"patients","level":0.9' in page
    assert "A doctor later" in page


def test_covariances(study, capsys):
    run("design", "mine", "--starts", "1")
    run("simulate", "mine", "-n", "60", "--out", "responses.csv")
    lines = Path("responses.csv").read_text().splitlines()
    lines = [lines[0] + ",sex,site"] + [f"{line},{'mf'[k % 2]},{k % 20}" for k, line in enumerate(lines[1:])]
    Path("responses.csv").write_text("\n".join(lines))
    capsys.readouterr()
    run("fit", "mine", "responses.csv", "--covariance", "CR2", "--clusters", "site", "--by", "sex")
    shown = " ".join(capsys.readouterr().out.split())
    assert "CR2, clustered by site (20 clusters); t with 19 degrees" in shown
    boot = ("--covariance", "bootstrap", "--replicates", "200", "--seed", "7")
    run("fit", "mine", "responses.csv", *boot, "--intervals", "percentile", "--by", "sex", "--out", "t")
    shown = " ".join(capsys.readouterr().out.split())
    assert "Intervals: percentiles of the replicates; p by their standard deviation." in shown
    assert "bootstrap by respondent, 200 replicates, seed 7." in shown
    assert "Standard errors in brackets: bootstrap" in shown
    before = Path("t/fit.csv").read_bytes()
    run("fit", "mine", "responses.csv", *boot, "--intervals", "percentile", "--out", "t")
    assert Path("t/fit.csv").read_bytes() == before
    for words, message in [
        (("--covariance", "HC3"), "covariance: found 'HC3'; allowed: 'clustered'"),
        (("--intervals", "bca"), "'bca' needs replicates, and this covariance is clustered"),
        (("--replicates", "9"), "replicates: found 9; allowed: with --covariance bootstrap only"),
    ]:
        assert fails("fit", "mine", "responses.csv", *words) == 2
        assert message in capsys.readouterr().err


def test_a_fielded_design_is_not_overwritten(study, capsys):
    run("design", "mine", "--starts", "1")
    before = Path("mine/design.csv").read_bytes()
    run("design", "mine", "--starts", "1")
    assert fails("design", "mine", "--starts", "1", "--seed", "99") == 2
    assert Path("mine/design.csv").read_bytes() == before
    assert "it may be in the field" in capsys.readouterr().err
    run("design", "mine", "--starts", "1", "--seed", "99", "--force")
    assert Path("mine/design.csv").read_bytes() != before


def test_a_new_study_is_not_overwritten(study, capsys):
    assert fails("new", "mine") == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["fit", "nowhere", "x.csv"], "nowhere: there is no such"),
        (["survey", "mine"], "design.csv: there is no such file; 'dce design' makes one."),
        (["survey", "mine", "--to", "fax"], "there is no such file"),
        (["fit", "mine", "nowhere.csv"], "there is no such file"),
    ],
)
def test_an_error_is_one_line_and_exit_code_2(study, capsys, words, message):
    capsys.readouterr()
    assert fails(*words) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.strip().splitlines()) == 1
    assert "Traceback" not in error


def test_warnings_about_the_range_are_shown(study, capsys):
    run("design", "mine", "--starts", "1")
    run("simulate", "mine", "-n", "100", "--out", "responses.csv")
    text = Path("mine/scenarios.toml").read_text()
    Path("mine/scenarios.toml").write_text(text.replace("wait = 8", "wait = 12"))
    run("scenarios", "mine", "responses.csv")
    assert "wait is 12, outside the studied range, 2 to 8" in capsys.readouterr().err


@pytest.mark.parametrize(
    "verb",
    ["", "new", "design", "survey", "simulate", "quality", "fit", "rates", "scenarios", "sweep", "run"],
)
def test_help_reads_at_80_columns(verb, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERMINAL_WIDTH", "80")
    run(*([verb] if verb else []), "--help")
    shown = capsys.readouterr().out
    assert "Usage" in shown
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80


def test_it_is_a_module_too():
    done = subprocess.run(
        [sys.executable, "-m", "dce.cli", "fit", "nowhere", "x.csv"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: ")


def test_the_template_is_a_good_study(study):
    made = dce.Study.read("mine")
    assert made.priors
    assert dce.make_design(made, starts=1).broken_restrictions == 0


def test_answers_are_not_overwritten(study, capsys):
    run("design", "mine", "--starts", "1")
    Path("answers.csv").write_text("real answers")
    assert fails("simulate", "mine", "--out", "answers.csv") == 2
    assert Path("answers.csv").read_text() == "real answers"
    assert "it may hold real answers" in capsys.readouterr().err
    run("simulate", "mine", "--out", "answers.csv", "--force")


def test_results_of_real_answers_have_a_folder_of_their_own(study):
    run("design", "mine", "--starts", "1")
    run("simulate", "mine", "-n", "100", "--out", "clinic.csv")
    run("run", "--no-report", "mine", "clinic.csv")
    run("run", "--no-report", "mine", "-n", "100")
    assert "from clinic.csv" in Path("out/mine-clinic/results.txt").read_text()
    assert "from simulated.csv" in Path("out/mine/results.txt").read_text()


def test_a_design_that_is_no_longer_the_studys_is_told(study, capsys):
    run("design", "mine", "--starts", "1")
    text = Path("mine/study.toml").read_text()
    Path("mine/study.toml").write_text(text.replace("tasks = 8", "tasks = 12"))
    run("survey", "mine")
    assert "the design has 8 tasks in 1 blocks; the study says 12 in 1" in capsys.readouterr().err
    rule = "restrictions = ['not (clinician == \"assistant\" and wait > 4)']\n"
    Path("mine/study.toml").write_text(text.replace("[[attributes]]", rule + "[[attributes]]", 1))
    run("survey", "mine")
    assert "the design breaks rules of the study: restriction" in capsys.readouterr().err
    Path("mine/study.toml").write_text(text.replace('"ample"', '"plenty"'))
    assert fails("survey", "mine") == 2
    assert "Has study.toml changed since the design was made?" in capsys.readouterr().err
    Path("mine/scenarios.toml").unlink()
    run("run", "--no-report", "mine", "-n", "60")  # a rehearsal searches anew


def test_a_run_does_not_write_into_the_study(study, capsys):
    assert fails("run", "mine", "--out", "mine") == 2
    assert "is the folder of the study" in capsys.readouterr().err
