"""Figures of scenarios, sweeps and importance: what is drawn is what the table says, and none is cut off."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

import dce

mpl.use("Agg")
FOLDER = "designs/physiotherapy"
SCENARIOS = f"{FOLDER}/scenarios.toml"


@pytest.fixture(scope="module")
def groups():
    study = dce.Study.read(FOLDER)
    design = dce.Design.read(f"{FOLDER}/design.csv", study)
    choices = dce.simulate_choices(design, respondents=200, seed=1)
    sex = np.where(choices.frame["respondent"] % 2 == 0, "women", "men")
    return dce.fit_by(dce.Choices(choices.frame.assign(sex=sex), study), "sex")


@pytest.fixture(autouse=True)
def close():
    yield
    mpl.pyplot.close("all")


@pytest.fixture(scope="module")
def drawn(groups):
    """Every result with a figure."""
    fit = groups.everybody
    first = next(iter(dce.scenarios(fit, SCENARIOS).frame["scenario"]))
    found = {
        "rates": dce.marginal_rates(fit, per="wait"),
        "rates by group": dce.rates_by(groups, per="wait"),
        "importance": dce.importance(fit),
        "scenarios": dce.scenarios(fit, SCENARIOS),
        "scenarios by group": dce.scenarios(groups, SCENARIOS),
        "sweep of a number": dce.sweep(fit, SCENARIOS, {"wait": [2, 3, 4, 6, 8]}, scenario=str(first)),
    }
    words = next(a for a in fit.study.attributes if not a.is_numeric)
    found["sweep of words"] = dce.sweep(fit, SCENARIOS, {words.name: words.levels}, scenario=str(first))
    return found


NAMES = ["rates", "rates by group", "importance", "scenarios", "scenarios by group", "sweep of a number",
         "sweep of words"]  # fmt: skip


def marks(ax):
    return [np.asarray(line.get_xdata()) for line in ax.lines if line.get_marker() in "os^DvPX<>"]


def test_marks_of_scenarios_stand_below_their_names(drawn):
    result = drawn["scenarios"]
    ax = result.plot()
    np.testing.assert_array_equal(marks(ax)[0], result.frame["probability"])
    np.testing.assert_array_equal(
        np.array(ax.collections[0].get_segments())[:, :, 0], result.frame[["low", "high"]]
    )
    bold = [label.get_text() for label in ax.get_yticklabels() if label.get_fontweight() == "bold"]
    assert [text.replace("\n", " ") for text in bold] == list(dict.fromkeys(result.frame["scenario"]))
    rows = [round(float(y)) for line in ax.lines for y in line.get_ydata()]
    services = [ax.get_yticklabels()[row].get_text().replace("\n", " ") for row in rows]
    assert services == result.frame["service"].tolist()
    assert ax.get_xlim() == (0, 1)


def test_scenarios_of_groups_are_series(drawn):
    result = drawn["scenarios by group"]
    ax = result.plot()
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["All", "men", "women"]
    for found, (_, rows) in zip(marks(ax), result.frame.groupby("group", sort=False), strict=True):
        np.testing.assert_array_equal(found, rows["probability"])


def test_importance_the_largest_first(drawn):
    result = drawn["importance"]
    ax = result.plot()
    found = marks(ax)[0]
    np.testing.assert_array_equal(found, sorted(result.frame["importance"], reverse=True))
    assert "95% interval" in ax.get_xlabel()
    top = ax.get_yticklabels()[0].get_text().replace("\n", " ")
    assert top == result.frame.loc[result.frame["importance"].idxmax(), "label"]


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_cut_off(drawn, name):
    figure = drawn[name].plot().figure
    figure.draw_without_rendering()
    box, (width, height) = figure.get_tightbbox(), figure.get_size_inches()  # ticks out of view are not drawn
    assert min(box.x0, box.y0, width - box.x1, height - box.y1) >= -0.01


@pytest.mark.parametrize("name", NAMES)
def test_axes_that_are_given_are_drawn_on(drawn, name):
    ax = mpl.pyplot.subplots()[1]
    assert drawn[name].plot(ax=ax) is ax
    assert len(ax.lines) + len(ax.collections) > 0


def pictures(folder: Path, drawn) -> None:
    """Write the figures to look at them: not a test."""
    for name, result in drawn.items():
        result.plot().figure.savefig(folder / f"{name.replace(' ', '_')}.png", dpi=80)
