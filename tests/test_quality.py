"""Signals by respondent: by hand, against plain loops, at the rate of chance, and through the command."""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import dce
from dce import cli

ROOT = Path(__file__).parents[1]
WAIT = [(2, 4), (8, 4), (4, 8), (8, 2), (2, 8), (4, 4)]
PARKING = [("no", "yes"), ("yes", "yes"), ("no", "yes"), ("yes", "no"), ("no", "yes"), ("yes", "no")]
BY_HAND = {
    "short wait": "ABABAA",
    "parking": "BABABA",
    "left": "AAAAAA",
    "right": "BBBBBB",
    "none": "NNNNNN",
    "left or none": "ANAAAA",
    "long wait": "BABABB",
    "short wait or none": "ABNBAA",
    "few": "A.A.A.",
}
"""What is chosen in tasks 1 to 6: the left service, the right one, none; a dot: not answered."""


@pytest.fixture
def two_or_none(clinics):
    """People want short waits; of parking and mode the study does not say what they want."""
    attributes = [
        dce.Attribute("wait", [2, 4, 8], better="first"),
        dce.Attribute("parking", ["no", "yes"]),
        dce.Attribute("mode", ["face", "phone", "group"]),
    ]
    return clinics(attributes=attributes, priors={}, opt_out=dce.Alternative("none"))


def long_frame_of(picks, **columns):
    rows = []
    for who, answers in picks.items():
        for t, answer in enumerate(answers):
            for j, name in enumerate(["A", "B", "none"]):
                if answer != ".":
                    level = {} if j == 2 else {"wait": WAIT[t][j], "parking": PARKING[t][j], "mode": "face"}
                    chosen = int(answer == name[0].upper())
                    rows.append(
                        {"respondent": who, "task": t + 1, "alternative": name, "chosen": chosen, **level}
                    )
    return pd.DataFrame(rows).assign(**columns)


def flags(found, name):
    return dict(zip(found.frame["respondent"], found.frame[name], strict=True))


def checks(*rows):
    names = ["respondent", "kind", "chosen", "expected", "repeats"]
    return pd.DataFrame(rows, columns=names).astype({"repeats": "Int64"})


def test_places_and_opting_out_by_hand(two_or_none):
    found = dce.quality(dce.Choices(long_frame_of(BY_HAND), two_or_none))
    assert found.flagged("straight_lined") == ["left", "right"]
    assert found.flagged("always_opted_out") == ["none"]
    for name in ("straight_lined", "always_opted_out", "lexicographic"):
        assert [who for who, flag in flags(found, name).items() if flag is pd.NA] == ["few"]
    places = flags(found, "straight_place")
    assert (places["left"], places["right"], places["none"]) == ("left", "right", pd.NA)
    assert found.flagged("incomplete") == ["few"]
    assert flags(found, "missing")["few"] == 3
    assert dce.quality(dce.Choices(long_frame_of(BY_HAND), two_or_none), straight_tasks=3).flagged(
        "straight_lined"
    ) == ["left", "right", "few"]


def test_lexicographic_choice_by_hand(two_or_none):
    """Identical services do not count; none is no level; the study knows that short waits are better."""
    found = dce.quality(dce.Choices(long_frame_of(BY_HAND), two_or_none))
    assert found.flagged("lexicographic") == ["short wait", "parking"]
    on, tasks = flags(found, "lexicographic_on"), flags(found, "lexicographic_tasks")
    assert (on["short wait"], tasks["short wait"]) == ("wait", 5)
    assert (on["parking"], tasks["parking"]) == ("parking", 5)
    assert on["long wait"] is pd.NA
    assert "no level is known to be best: mode." in str(found)
    stricter = dce.quality(dce.Choices(long_frame_of(BY_HAND), two_or_none), lexicographic_tasks=6)
    assert stricter.frame["lexicographic"].isna().all()
    only = dce.quality(dce.Choices(long_frame_of(BY_HAND), two_or_none), attributes=["parking"])
    assert only.flagged("lexicographic") == ["parking"]


def test_either_way_where_nobody_knows_and_several_attributes(clinics):
    attributes = [dce.Attribute("wait", [2, 4, 8]), dce.Attribute("parking", ["no", "yes"])]
    study = clinics(attributes=attributes, priors={}, opt_out=dce.Alternative("none"))
    frame = long_frame_of({"long wait": "BABABB", "both": "ABABAB"}).drop(columns="mode")
    on = flags(dce.quality(dce.Choices(frame, study)), "lexicographic_on")
    assert on == {"long wait": "wait", "both": "wait, parking"}  # short waits, and no parking


def test_priors_say_what_is_best(clinics):
    study = clinics(opt_out=dce.Alternative("none"))  # mode: face, then phone, then group
    frame = long_frame_of({"best": "AAAAA", "worst": "BBBBB"})
    frame.loc[frame["alternative"] == "B", "mode"] = ["phone", "group", "phone", "group", "phone"] * 2
    assert flags(dce.quality(dce.Choices(frame, study)), "lexicographic_on") == {
        "best": "mode",
        "worst": pd.NA,
    }


def test_the_first_choice_counts_where_none_was_a_second_question(two_or_none):
    frame = long_frame_of({"left": "ANANAA", "parking": "BABNBA"})
    forced = {"left": "AAAAAA", "parking": "BABABA"}
    frame["forced"] = [forced[who][t - 1] for who, t in zip(frame["respondent"], frame["task"], strict=True)]
    rows = checks(("left", "dominance", "none", "A", None), ("parking", "dominance", "none", "A", None))
    found = dce.quality(dce.Choices(frame, two_or_none, checks=rows.assign(forced=["A", "B"])))
    assert found.flagged("straight_lined") == ["left"]
    assert found.flagged("lexicographic") == ["parking"]
    assert found.flagged("dominance_failed") == ["parking"]
    assert found.tasks["share_opt_out"].tolist() == [0, 0.5, 0, 1, 0, 0]


def test_dominance_by_hand(two_or_none):
    rows = checks(
        ("left", "dominance", "A", "A", None),
        ("left", "dominance", "B", "A", None),
        ("right", "dominance", "B", "B", None),
        ("none", "dominance", "none", "A", None),
        ("parking", "warm-up", "B", "A", None),
        ("few", "dominance", None, "A", None),
        ("few", "dominance", "A", None, None),  # nobody says which service is better
    )
    found = dce.quality(dce.Choices(long_frame_of(BY_HAND), two_or_none, checks=rows))
    counts = found.frame.set_index("respondent").filter(like="dominance").astype(object)
    assert counts.loc["left"].tolist() == [2, 1, 0, True]
    assert counts.loc["right"].tolist() == [1, 0, 0, False]
    assert counts.loc["none"].tolist() == [0, 0, 1, pd.NA]
    assert counts.loc["parking"].tolist() == [0, 0, 0, pd.NA]
    assert counts.loc["few"].tolist() == [0, 0, 0, pd.NA]


def test_repeats_by_hand(two_or_none):
    rows = checks(
        ("left", "repeat", "A", None, 2),
        ("right", "repeat", "B", None, 2),
        ("right", "repeat", "none", None, 4),
        ("parking", "repeat", "A", None, 1),
        ("few", "repeat", "A", None, 2),  # the task itself was not answered
    )
    found = dce.quality(dce.Choices(long_frame_of(BY_HAND), two_or_none, checks=rows))
    counts = found.frame.set_index("respondent").filter(like="repeat").astype(object)
    assert counts.loc["left"].tolist() == [1, 0, False]
    assert counts.loc["right"].tolist() == [2, 1, True]
    assert counts.loc["parking"].tolist() == [1, 1, True]
    assert counts.loc["few"].tolist() == [0, 0, pd.NA]
    assert counts.loc["none"].tolist() == [0, 0, pd.NA]


def test_the_place_is_that_of_the_screen(two_or_none):
    """A recorded place wins; the opt-out takes none of the services' places; what is unknown is no place."""
    picks = {"moves": "ABABAB", "same side": "ABABAB", "unknown": "ABABAB", "unknown, differs": "ABABAB"}
    frame = long_frame_of(picks)
    usual = frame["alternative"].map({"A": 1, "B": 3, "none": 2}).astype(float)
    mirrored = frame["alternative"].map({"A": 3, "B": 1, "none": 2}).astype(float)
    frame["screen_place"] = usual.where(frame["task"] % 2 == 1, mirrored)
    frame.loc[frame["respondent"].str.startswith("moves"), "screen_place"] = usual
    frame.loc[frame["respondent"].str.startswith("unknown") & (frame["task"] == 3), "screen_place"] = np.nan
    swapped = (frame["respondent"] == "unknown, differs") & (frame["task"] == 6)
    frame.loc[swapped, "screen_place"] = usual
    found = dce.quality(dce.Choices(frame, two_or_none))
    assert flags(found, "straight_lined") == {
        "moves": False, "same side": True, "unknown": pd.NA, "unknown, differs": False
    }  # fmt: skip
    assert flags(found, "straight_place")["same side"] == "left"
    assert "none was recorded" not in str(found)


def test_times_by_hand(two_or_none):
    seconds = {
        "usual": [30] * 6,
        "slow": [40] * 6,
        "fast": [9] * 6,
        "paused": [2, 2, 2, 2, 2, 500],  # the mean is long, the median short
        "hurried": [29, 29, 29, 29, 1, 1],
        "skipped": [12, 12, 12, 12, 0, 0],  # the other way round
        "few": [30, 30],
        "one unknown": [30, 30, 30, 30, 30, np.nan],
        "unknown": [np.nan] * 6,
    }
    frame = long_frame_of({who: "ABABAB"[: len(values)] for who, values in seconds.items()})
    frame["seconds"] = [
        seconds[who][t - 1] for who, t in zip(frame["respondent"], frame["task"], strict=True)
    ]
    found = dce.quality(dce.Choices(frame, two_or_none))
    assert found.flagged("speeding") == ["fast", "paused", "skipped"]
    assert flags(found, "speeding")["unknown"] is pd.NA
    total, median = flags(found, "seconds"), flags(found, "median_seconds")
    assert (total["paused"], median["paused"], total["few"]) == (510, 2, 60)
    assert np.isnan(total["one unknown"])
    assert median["one unknown"] == 30
    assert found.tasks["median_seconds"].tolist() == [29.5, 29.5, 29, 29, 9, 19.5]
    assert dce.quality(dce.Choices(frame, two_or_none), speeding=0).flagged("speeding") == []


def test_certainty_and_shares_by_hand(two_or_none):
    frame = long_frame_of({"a": "AANB", "b": "ABNB", "c": "BBAN"})
    frame["certainty"] = frame["task"].where(frame["respondent"] != "c") * 2.0
    found = dce.quality(dce.Choices(frame, two_or_none))
    assert found.frame["certainty"].fillna(-1).tolist() == [5, 5, -1]
    expected = [[2 / 3, 1 / 3, 0], [1 / 3, 2 / 3, 0], [1 / 3, 0, 2 / 3], [0, 2 / 3, 1 / 3]]
    shares = found.tasks[["share_left", "share_right", "share_opt_out"]].to_numpy()
    np.testing.assert_allclose(shares, expected)
    assert found.tasks["answered"].tolist() == [3, 3, 3, 3]


def test_without_a_study_alternatives_and_attributes_are_named(two_or_none):
    choices = dce.Choices(long_frame_of(BY_HAND))
    found = dce.quality(choices, opt_out="none", attributes=["wait", "parking"])
    assert flags(found, "straight_place")["right"] == "B"
    assert found.flagged("always_opted_out") == ["none"]
    assert found.flagged("lexicographic") == ["short wait", "parking", "long wait"]
    plain = dce.quality(choices)
    assert flags(plain, "straight_place")["none"] == "none"
    assert plain.frame["lexicographic"].isna().all()
    assert plain.frame["always_opted_out"].isna().all()
    assert "attributes= are named" in str(plain)


def test_what_could_not_be_chosen_is_no_better_level(two_or_none):
    frame = long_frame_of({"short wait": "ABABBA"})
    frame["available"] = 1
    frame.loc[(frame["task"] == 5) & (frame["alternative"] == "A"), "available"] = 0
    found = dce.quality(dce.Choices(frame, two_or_none), lexicographic_tasks=4)
    assert flags(found, "lexicographic_tasks") == {"short wait": 4}


def test_tasks_of_several_sizes_and_a_first_choice_that_is_unknown():
    rows = [(1, t, name, int(name == "a"), None) for t in range(4) for name in ("abc" if t % 2 else "ab")]
    frame = pd.DataFrame(rows, columns=["respondent", "task", "alternative", "chosen", "forced"])
    assert flags(dce.quality(dce.Choices(frame)), "straight_place") == {1: "a"}


def test_what_is_missing_is_told_by_the_block(two_or_none):
    frame = long_frame_of({"one": "ABA", "two": "AB", "three": "AB."})
    frame["block"] = frame["respondent"].map({"one": 1, "two": 2, "three": 1})
    assert flags(dce.quality(dce.Choices(frame, two_or_none)), "missing") == {"one": 0, "two": 0, "three": 1}


def test_what_is_missing_is_told_by_the_response_file(tmp_path, physiotherapy_design):
    choices = dce.simulate_choices(physiotherapy_design, respondents=5, seed=1)
    dce.write_responses(choices, physiotherapy_design, tmp_path / "all.csv")
    wide = pd.read_csv(tmp_path / "all.csv").assign(t8="")
    wide["t2"] = wide["t2"].astype(str).where(wide["respondent"] != 3, "")
    wide.to_csv(tmp_path / "some.csv", index=False)
    found = dce.quality(dce.read_responses(tmp_path / "some.csv", physiotherapy_design))
    assert flags(found, "missing") == {1: 1, 2: 1, 3: 2, 4: 1, 5: 1}
    assert flags(found, "answered")[3] == 6
    assert found.summary().to_frame().loc["incomplete", "share"] == 1


def in_plain_loops(choices, names, directions):
    """Return, by respondent, places and attributes that were always followed, in plain loops."""
    found = {}
    for who, tasks in choices.frame.groupby("respondent", sort=False):
        places, followed = set(), {name: {sign: [] for sign in directions} for name in names}
        for _, task in tasks.groupby("task"):
            chosen = task[task["chosen"] == 1].iloc[0]
            places.add(chosen["alternative"])
            for name in names:
                if task[name].nunique() > 1:
                    for sign in directions:
                        followed[name][sign].append(sign * chosen[name] == (sign * task[name]).max())
        on = [
            name
            for name in names
            if any(len(values) >= 3 and all(values) for values in followed[name].values())
        ]
        enough = any(len(values) >= 3 for name in names for values in followed[name].values())
        straight = pd.NA if tasks["task"].nunique() < 3 else len(places) == 1
        found[who] = (straight, ", ".join(on) or pd.NA, bool(on) if enough else pd.NA)
    return found


@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_plain_loops(seed):
    rng = np.random.default_rng(seed)
    rows = []
    for who in range(80):
        for task in range(int(rng.integers(1, 6))):
            names = ["a", "b", "c"][: int(rng.integers(2, 4))]
            pick = int(rng.integers(len(names)))
            levels = rng.integers(0, 3, size=(len(names), 2))
            for j, name in enumerate(names):
                rows.append((who, task, name, int(j == pick), float(levels[j, 0]), int(levels[j, 1])))
    columns = ["respondent", "task", "alternative", "chosen", "price", "time"]
    frame = pd.DataFrame(rows, columns=columns)
    choices = dce.Choices(frame)
    names = ["price", "time"]
    kept = {"straight_tasks": 3, "lexicographic_tasks": 3, "attributes": names}
    found = dce.quality(choices, **kept)
    got = found.frame[["straight_lined", "lexicographic_on", "lexicographic"]].astype(object)
    got = dict(zip(found.frame["respondent"], got.itertuples(index=False, name=None), strict=True))
    expected = in_plain_loops(choices, names, (1, -1))
    assert sum(flag is True for _, _, flag in expected.values()) > 3
    assert {who: tuple(map(str, cells)) for who, cells in got.items()} == {
        who: tuple(map(str, cells)) for who, cells in expected.items()
    }
    shuffled = dce.quality(dce.Choices(frame.sample(frac=1, random_state=seed)), **kept).frame
    shuffled = shuffled.sort_values("respondent", ignore_index=True)
    columns = ["answered", "straight_lined", "straight_place", "lexicographic_on", "lexicographic"]
    pd.testing.assert_frame_equal(shuffled[columns], found.frame[columns])


def test_chance_gives_the_rate_of_chance(physiotherapy_design):
    """Of 8 tasks with two services: 2 / 2^8 always the same place; 1 / 2^n the better in n that differ."""
    n = 8_000
    nothing = dict.fromkeys(physiotherapy_design.study.coefficients, 0)
    choices = dce.simulate_choices(physiotherapy_design, nothing, respondents=n, seed=3)
    found = dce.quality(choices, attributes=["wait"])
    p = 2 / 2**8
    assert abs(len(found.flagged("straight_lined")) - n * p) < 4 * np.sqrt(n * p)
    differ = physiotherapy_design.frame.groupby(["block", "task"])["wait"].nunique().gt(1)
    p = float((0.5 ** differ.groupby("block").sum()).mean())
    assert abs(len(found.flagged("lexicographic")) - n * p) < 4 * np.sqrt(n * p)


def test_the_inattentive_are_found_and_the_attentive_are_not(physiotherapy_design):
    choices = dce.simulate_choices(physiotherapy_design, respondents=60, seed=2)
    rng = np.random.default_rng(2)
    frame = choices.frame.copy()
    who, J = frame["respondent"], 2
    frame["seconds"] = np.repeat(rng.lognormal(3.4, 0.2, len(frame) // J), J)
    frame.loc[who == 7, "seconds"] = 3.0
    frame.loc[who == 11, "chosen"] = (frame["alternative"] == "service 2").astype(int)
    wait = frame["wait"].to_numpy(float).reshape(-1, J)
    nearest = (wait == wait.min(axis=1, keepdims=True)) & ((wait != wait[:, ::-1]) | np.array([True, False]))
    frame["chosen"] = np.where(who == 23, nearest.ravel(), frame["chosen"]).astype(int)
    found = dce.quality(dce.Choices(frame, choices.study))
    assert found.flagged("speeding") == [7]
    assert 11 in found.flagged("straight_lined")
    assert 23 in found.flagged("lexicographic")
    assert "wait" in flags(found, "lexicographic_on")[23]
    assert len(found.flagged("straight_lined")) <= 4
    kept = choices.drop(found.flagged("speeding"), reason="answered in 3 seconds")
    assert dict(kept.left_out) == {"respondents dropped: answered in 3 seconds": 1}
    assert choices.n_respondents == 60


def test_nothing_is_changed_and_what_was_left_out_is_told(two_or_none):
    frame = long_frame_of(BY_HAND, weight=1.0)
    frame.loc[(frame["respondent"] == "left") & (frame["task"] == 1), "weight"] = 0
    choices = dce.Choices(frame, two_or_none)
    before = choices.frame.copy()
    found = dce.quality(choices)
    pd.testing.assert_frame_equal(choices.frame, before)
    assert len(found.frame) == len(BY_HAND)
    assert "Not looked at: 1 answered tasks with a weight of zero." in str(found)


def test_it_prints_within_80_columns(two_or_none):
    found = dce.quality(dce.Choices(long_frame_of(BY_HAND), two_or_none, source="a/long/name/" * 8))
    shown = str(found)
    assert max(map(len, shown.splitlines())) <= 80
    for part in ("straight_lined          2      8  25.0%", "not a reason to exclude", "2025;28(11)",
                 "left 1, right 1", "Known of nobody"):  # fmt: skip
        assert part in shown
    summary = found.summary().to_frame()
    assert summary.loc["lexicographic"].tolist() == [2, 8, 0.25]
    assert summary.loc["speeding", ["flagged", "known"]].tolist() == [0, 0]


def test_a_habit_of_labelled_services_may_be_a_preference(clinics):
    frame = long_frame_of(BY_HAND)
    study = clinics(priors={}, labelled=True, opt_out=dce.Alternative("none"))
    assert "perhaps the favourite" in " ".join(str(dce.quality(dce.Choices(frame, study))).split())


def test_an_order_that_was_not_recorded_is_told(clinics):
    study = clinics(priors={}, survey=dce.SurveySettings(shuffle=["alternatives"]))
    frame = long_frame_of({"left": "AAAA"})
    found = dce.quality(dce.Choices(frame[frame["alternative"] != "none"], study))
    assert "asks for alternatives in random order" in str(found)


def test_one_service_or_none_has_no_place(clinics):
    study = clinics(alternatives=[dce.Alternative("A")], priors={}, opt_out=dce.Alternative("none"))
    frame = long_frame_of({"accepts": "AAAAAA", "refuses": "NNNNNN"})
    found = dce.quality(dce.Choices(frame[frame["alternative"] != "B"], study))
    assert found.frame["straight_lined"].isna().all()
    assert found.flagged("always_opted_out") == ["refuses"]
    assert found.frame["lexicographic"].isna().all()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"straight_tasks": 0}, "straight_tasks: found 0; allowed: a whole number of at least 1"),
        ({"lexicographic_tasks": 2.5}, "lexicographic_tasks: found 2.5"),
        ({"speeding": 3}, "speeding: found 3; allowed: a number from 0 to 1"),
        ({"opt_out": "neither"}, "opt_out: found 'neither'; allowed: 'none'"),
        ({"attributes": ["cost"]}, "attributes: 'cost' is unknown; allowed: 'wait', 'parking', 'mode'"),
        ({"attributes": "wait"}, "attributes: found 'wait'; allowed: a list"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(two_or_none, changes, message):
    with pytest.raises(dce.ChoicesError, match=message):
        dce.quality(dce.Choices(long_frame_of(BY_HAND), two_or_none), **changes)


def test_answers_that_make_no_sense_are_refused(two_or_none):
    frame = long_frame_of(BY_HAND)
    with pytest.raises(dce.ChoicesError, match="the answers: column 'respondent' is missing"):
        dce.quality(dce.Choices(frame[frame["respondent"] == "left"].drop(columns="respondent"), two_or_none))
    with pytest.raises(dce.ChoicesError, match="task 1: seconds is 'long'; allowed: a number"):
        dce.quality(dce.Choices(frame.assign(seconds="long"), two_or_none))
    with pytest.raises(dce.ChoicesError, match="task 1: screen_place is 0; allowed: whole numbers from 1"):
        dce.quality(dce.Choices(frame.assign(screen_place=0), two_or_none))
    with pytest.raises(dce.ChoicesError, match="flag: found 'lazy'; allowed: 'dominance_failed'"):
        dce.quality(dce.Choices(frame, two_or_none)).flagged("lazy")


@pytest.mark.slow
def test_many_respondents_take_no_time(physiotherapy_design):
    choices = dce.simulate_choices(physiotherapy_design, respondents=20_000, seed=1)
    start = time.perf_counter()
    dce.quality(choices)
    assert time.perf_counter() - start < 5


def test_real_answers(reference):
    """Where to give birth: two facilities or neither (see ../shared/reference/README.md)."""
    frame = pd.read_csv(reference / "data" / "kenya.csv")
    choices = dce.read_long(frame, task="chid", alternative="alt", chosen="y", respondent="respondent_id")
    found = dce.quality(choices, opt_out=3, attributes=["cost", "goodqualityclinicalservices"])
    answers = frame[frame["y"] == 1].groupby("respondent_id")["alt"]
    always = answers.first()[(answers.nunique() == 1) & (answers.size() >= 4)]
    assert set(found.flagged("always_opted_out")) == set(always.index[always == 3])
    assert set(found.flagged("straight_lined")) == set(always.index[always != 3])
    services = frame[frame["alt"] != 3]
    good = services.pivot(index="chid", columns="alt", values="goodqualityclinicalservices")
    differ = good[good[1] != good[2]]
    picked = frame[frame["y"] == 1].set_index("chid").loc[differ.index]
    followed = (
        picked["goodqualityclinicalservices"].where(picked["alt"] != 3).groupby(picked["respondent_id"])
    )
    least, most, known, tasks = followed.min(), followed.max(), followed.count(), followed.size()
    same = tasks.index[(least == most) & (known == tasks) & (tasks >= 5)]
    named = found.frame["lexicographic_on"].fillna("").str.contains("goodquality")
    assert set(found.frame.loc[named, "respondent"]) == set(same)
    assert len(same) > 10


def test_the_command(tmp_path, monkeypatch, capsys, physiotherapy_design):
    monkeypatch.setenv("COLUMNS", "80")
    choices = dce.simulate_choices(physiotherapy_design, respondents=30, seed=1)
    dce.write_responses(choices, physiotherapy_design, tmp_path / "answers.csv")
    table = tmp_path / "new" / "quality.csv"
    words = [
        "quality",
        str(ROOT / "designs/physiotherapy"),
        str(tmp_path / "answers.csv"),
        "--out",
        str(table),
    ]
    monkeypatch.setattr(sys, "argv", ["dce", *words])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert not stop.value.code
    shown = capsys.readouterr().out
    assert "30 respondents, of whom 30 finished" in shown
    assert "Signals by respondent" in shown
    written = pd.read_csv(table)
    assert len(written) == 30
    assert set(written["straight_lined"]) <= {True, False}
    assert written["speeding"].isna().all()
