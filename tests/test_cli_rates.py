"""``dce rates``: every option, and what is refused."""

import sys
from pathlib import Path

import pandas as pd
import pytest

import dce
from dce import cli


@pytest.fixture(scope="module")
def folder(tmp_path_factory, small, small_design):
    folder = tmp_path_factory.mktemp("rates")
    small.write(folder / "study.toml")
    small_design.write(folder / "design.csv")
    choices = dce.simulate_choices(small_design, respondents=120, seed=2)
    dce.write_responses(choices, small_design, folder / "answers.csv")
    frame = pd.read_csv(folder / "answers.csv")
    frame.assign(sex=["f" if k % 2 else "m" for k in range(len(frame))]).to_csv(
        folder / "answers.csv", index=False
    )
    return folder


def rates(folder: Path, *words: str) -> int:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["dce", "rates", str(folder), str(folder / "answers.csv"), *words])
        with pytest.raises(SystemExit) as stop:
            cli.main()
    return stop.value.code or 0


def test_one_table_per_reference(folder, capsys, tmp_path):
    assert (
        rates(folder, "--per", "wait", "--per", "parking[yes]", "--method", "fieller", "-o", str(tmp_path))
        == 0
    )
    shown = capsys.readouterr().out
    assert "rates of substitution per Wait (weeks)" in shown
    assert "rates of substitution per Parking: yes" in shown
    assert "Fieller's intervals" in " ".join(shown.split())
    assert {path.name for path in tmp_path.glob("*.csv")} == {
        "rates_per_wait.csv",
        "rates_per_parking_yes_.csv",
    }


def test_a_curve_at_a_point_and_what_else_there_is_to_say(folder, capsys):
    words = ("--formula", "poly(wait, 2) + parking + mode", "--at", "wait=4")
    assert rates(folder, *words, "--importance", "--accept", "wait", "--method", "krinsky-robb") == 0
    shown = capsys.readouterr().out
    assert "Marginal rates of substitution per Wait (weeks)" in shown
    assert "At wait = 4." in shown
    assert "Relative importance of the attributes" in shown
    assert "Accepted for a better service: Wait (weeks)" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_groups_and_their_differences(folder, capsys, tmp_path):
    assert rates(folder, "--by", "sex", "--per", "wait", "--out", str(tmp_path)) == 0
    shown = capsys.readouterr().out
    assert "per Wait (weeks), by sex" in shown
    assert "f less m" in shown
    assert (tmp_path / "rates_per_wait_by_sex.csv").exists()
    assert (tmp_path / "rate_differences_per_wait_by_sex.csv").exists()


def test_bootstrap(folder, capsys):
    words = ("--per", "wait", "--method", "bootstrap")
    assert rates(folder, *words, "--covariance", "bootstrap", "--replicates", "60") == 0
    assert "percentiles of 60 replicates" in " ".join(capsys.readouterr().out.split())
    assert rates(folder, *words) == 2
    assert "needs replicates" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--at", "wait"), "at: found 'wait'; allowed: such as 'wait=4'"),
        (("--at", "wait=long"), "at: found 'wait=long'; allowed: a number"),
        (("--at", "cost=4"), "at: 'cost' is not part of the utility"),
        (("--method", "exact"), "method: found 'exact'"),
        (("--accept", "mode"), "attribute: 'mode' is no numeric attribute"),
    ],
)
def test_refusals(folder, capsys, words, message):
    assert rates(folder, *words) == 2
    assert message in " ".join(capsys.readouterr().err.split())
