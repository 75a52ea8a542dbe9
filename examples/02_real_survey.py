"""A real survey, from its raw export to probabilities, through the command line.

The data (Perez-Troncoso et al. 2021, see nutrition/study.toml) are not part of this project. The
script looks for them beside it, in ../shared/reference/data, or in the folder given as argument.

Run: python examples/02_real_survey.py [FOLDER]
"""

import subprocess
import sys
from pathlib import Path

import pandas as pd

import dce

HERE = Path(__file__).parent
STUDY = HERE / "nutrition"
OUT = Path("out/nutrition")


def main() -> None:
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parents[1] / "shared/reference/data"
    if not (data / "nutrition_design.csv").exists():
        print(f"Skipped: there is no {data / 'nutrition_design.csv'}.")
        return

    # The design came as dummies of both alternatives: put words in their place, once.
    OUT.mkdir(parents=True, exist_ok=True)
    design = dce.evaluate_design(
        dce.Study.read(STUDY), design_frame(pd.read_csv(data / "nutrition_design.csv"))
    )
    design.write(OUT / "design.csv")

    answers = [str(data / "nutrition_survey_wide.csv"), "--map", str(STUDY / "responses.toml")]
    answers += ["--design", str(OUT / "design.csv")]
    shell("design", str(STUDY), "--evaluate", str(OUT / "design.csv"))
    shell("fit", str(STUDY), *answers, "--formula", "personalisation + form + routine + C(price)")
    shell("fit", str(STUDY), *answers, "--by", "sex", "--out", str(OUT))
    shell("rates", str(STUDY), *answers, "--per", "price", "--out", str(OUT))
    shell("scenarios", str(STUDY), *answers, "--out", str(OUT))


def design_frame(dummies: pd.DataFrame) -> pd.DataFrame:
    """Turn the dummies pers1 ... prec4 into levels, with tasks 1 to 8 as block 1."""

    def number(prefix: str) -> pd.Series:
        columns = dummies.filter(regex=f"^{prefix}[0-9]$")
        return columns.idxmax(axis=1).str.removeprefix(prefix).astype(int)

    return pd.DataFrame(
        {
            "block": (dummies["cs"] > 8).astype(int) + 1,
            "task": dummies["cs"],
            "alternative": dummies["alts"].map({1: "service A", 2: "service B"}),
            "personalisation": "level " + number("pers").astype(str),
            "form": "level " + number("form").astype(str),
            "routine": "level " + number("rut").astype(str),
            "price": number("prec"),
        }
    )


def shell(*words: str) -> None:
    print("\n$ dce", *words, flush=True)
    subprocess.run([sys.executable, "-m", "dce.cli", *words], check=True)


if __name__ == "__main__":
    main()
