"""Answers in the layouts of Apollo, biogeme, mlogit, support.CEs and Stata: small frames, then real data.

The real data are stored in long format; here they are put into the layouts in which these packages ship or
read them. Expected is the log-likelihood of reference_values.json, and that of the stored long frame.
"""

import io
import json

import numpy as np
import pandas as pd
import pytest

import dce

APOLLO = pd.DataFrame(
    {
        "ID": [7, 7, 8, 8],
        "choice": [1, 3, 2, 1],
        "av_car": [1, 0, 1, 1],
        "av_bus": [1, 1, 1, 0],
        "time_car": [10, 20, 30, 40],
        "time_bus": [15, 25, 35, 45],
        "time_rail": [12.5, 22, 32, 42],
        "cost_car": [1, 2, 3, 4],
        "cost_bus": [2, 2, 2, 2],
        "cost_rail": [3, 3, 3, 3],
        "female": ["yes", "yes", "no", "no"],
    }
)
CODES = {1: "car", 2: "bus", 3: "rail"}


def read(frame=APOLLO, **changes):
    roles = {
        "alternatives": CODES,
        "chosen": "choice",
        "attributes": "{attribute}_{alternative}",
        "respondent": "ID",
        "available": {"car": "av_car", "bus": "av_bus"},
    }
    return dce.read_wide(frame, **{**roles, **changes})


def test_a_wide_frame_becomes_the_long_one():
    long = read().frame
    expected = pd.DataFrame(
        {
            "respondent": np.repeat([7, 7, 8, 8], 3),
            "task": np.repeat([1, 2, 1, 2], 3),
            "alternative": ["car", "bus", "rail"] * 4,
            "chosen": [1, 0, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0],
            "available": [1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1],
            "time": [10, 15, 12.5, 20, 25, 22, 30, 35, 32, 40, 45, 42],
            "cost": [1, 2, 3, 2, 2, 3, 3, 2, 3, 4, 2, 3],
            "female": np.repeat(["yes", "yes", "no", "no"], 3),
        }
    )
    pd.testing.assert_frame_equal(long, expected, check_dtype=False)
    assert long["cost"].dtype == np.int64


def test_the_same_said_in_other_ways():
    expected = read().frame
    maps = {name: {alt: f"{name}_{alt}" for alt in CODES.values()} for name in ("time", "cost")}
    patterns = {name: name + "_{alternative}" for name in ("time", "cost")}
    alternative_first = APOLLO.rename(columns=lambda c: ".".join(reversed(c.split("_"))))
    available = {"car": "car.av", "bus": "bus.av", "rail": 1}
    for other in (
        read(attributes=maps),
        read(attributes=patterns),
        read(alternative_first, attributes="{alternative}.{attribute}", available=available),
        read(APOLLO.assign(av_rail=1), available="av_{alternative}"),
        read(APOLLO.assign(choice=APOLLO["choice"].astype(float))),
        read(APOLLO.assign(choice=APOLLO["choice"].astype(str))),
        read(APOLLO.assign(choice=pd.Categorical(APOLLO["choice"]), ID=pd.Categorical(APOLLO["ID"]))),
        read(APOLLO.assign(choice=APOLLO["choice"].map(CODES)), alternatives=list(CODES.values())),
        read(APOLLO.assign(t=[1, 2, 1, 2]), task="t"),
        read(APOLLO.set_index(pd.Index([5, 5, 5, 5]))),
        read(APOLLO.assign(av_car=APOLLO["av_car"].map({1: "TRUE", 0: "FALSE"}))),
    ):
        assert other.alternatives == ("car", "bus", "rail")
        pd.testing.assert_frame_equal(other.frame, expected, check_dtype=False, check_categorical=False)


def test_rows_without_a_choice_are_counted_and_keep_their_numbers():
    frame = APOLLO.assign(choice=[None, 3, 0, 1])
    choices = read(frame, missing=[0])
    assert dict(choices.left_out) == {"rows without a choice": 2}
    assert choices.frame["task"].tolist() == [2] * 6
    assert "Left out: 2 rows without a choice" in str(choices)
    damaged = frame.assign(time_car=["?", 20, "?", 40], av_bus=[None, 1, 9, 0])  # in rows that are not read
    with pytest.raises(dce.ChoicesError, match="row 2: column 'time_car': time is the text"):
        read(damaged.astype({"time_car": str}), missing=[0])
    read(damaged.assign(time_car=20), missing=[0])


def test_an_alternative_may_lack_an_attribute_or_have_a_value():
    maps = {
        "time": "time_{alternative}",
        "fare": {"bus": "cost_bus", "rail": "cost_rail", "car": 0},
        "petrol": {"car": "cost_car"},
        "asc_bus": {"car": 0, "bus": 1, "rail": 0},
    }
    long = read(attributes=maps).frame
    assert long["fare"].tolist() == [0, 2, 3] * 4
    assert long["asc_bus"].tolist() == [0, 1, 0] * 4
    assert long["petrol"].dropna().tolist() == [1, 2, 3, 4]
    assert long["petrol"].isna().tolist() == [False, True, True] * 4
    with pytest.raises(dce.ChoicesError, match=r"petrol is missing; allowed: a value in every row"):
        dce.fit_mnl(read(attributes=maps), "time + petrol", covariance="classical")


def test_without_respondents_rows_are_tasks():
    choices = read(APOLLO.drop(columns="ID"), respondent=None)
    assert choices.n_tasks == 4
    assert choices.n_respondents is None
    assert choices.frame["task"].unique().tolist() == [1, 2, 3, 4]


def test_weights():
    choices = read(APOLLO.assign(w=[1, 0.5, 0, 2]), weight="w")
    assert choices.layout.weights.tolist() == [1, 0.5, 2]
    assert choices.left_out["answered tasks with a weight of zero"] == 1


def test_a_study_checks_levels_and_knows_which_alternative_has_what(clinics):
    study = clinics(
        attributes=[
            dce.Attribute("wait", [2, 4], "Wait", "weeks"),
            dce.Attribute("mode", ["face", "phone"], "Mode", alternatives=["B"]),
        ],
        opt_out=dce.Alternative("none", constant=True),
        priors={},
        labelled=True,
    )
    frame = pd.DataFrame(
        {"y": [1, 9], "wait.A": [2, 4], "wait.B": [4, 2], "mode.B": ["face", "phone"], "age.A": [30, 40]}
    )
    roles = {"alternatives": {1: "A", 2: "B", 9: "none"}, "chosen": "y", "study": study}
    choices = dce.read_wide(frame, attributes="{attribute}.{alternative}", **roles)
    assert choices.frame["wait"].tolist()[:2] == [2, 4]
    assert choices.frame["mode"].tolist()[1::3] == ["face", "phone"]
    assert choices.frame["age.A"].tolist() == [30] * 3 + [40] * 3
    same = dce.read_wide(
        frame, attributes={"wait": "wait.{alternative}", "mode": "mode.{alternative}"}, **roles
    )
    pd.testing.assert_frame_equal(choices.frame, same.frame)
    for change, message in (
        ({"wait.B": [4, 3]}, r"row 2: column 'wait.B': found 3; allowed: 2, 4\."),
        ({"mode.B": ["face", None]}, r"row 2: column 'mode.B': found .*; allowed: 'face', 'phone'\."),
        (
            {"mode.A": ["face", "face"]},
            r"column 'mode.A': found 'face'; allowed: an empty cell, as 'A' has no",
        ),
    ):
        with pytest.raises(dce.ChoicesError, match=message):
            dce.read_wide(frame.assign(**change), attributes={
                "wait": "wait.{alternative}", "mode": "mode.{alternative}"}, **roles)  # fmt: skip
    with pytest.raises(dce.ChoicesError, match=r"'wait.A' is named as attribute 'wait', .* alternative 'B'"):
        dce.read_wide(frame.drop(columns="wait.B"), attributes="{attribute}.{alternative}", **roles)
    with pytest.raises(dce.ChoicesError, match=r"alternatives: 'C' is not one of 'A', 'B', 'none'"):
        dce.read_wide(frame, attributes="{attribute}.{alternative}", **{**roles, "alternatives": ["A", "C"]})


REFUSED = {
    "unknown code": (
        {"frame": APOLLO.assign(choice=[1, 3, 4, 1])},
        r"the wide frame, row 3: column 'choice': found 4; allowed: '1', '2', '3', or what 'missing' names\.",
    ),
    "no choice at all": (
        {"frame": APOLLO.assign(choice=None)},
        "column 'choice': no row has a choice; allowed: '1', '2', '3'",
    ),
    "chosen but not available": (
        {"frame": APOLLO.assign(choice=[1, 1, 2, 1])},
        "row 2: column 'av_car': found 0, but column 'choice' says that 'car' was chosen",
    ),
    "available is no 0 or 1": (
        {"frame": APOLLO.assign(av_bus=[1, 2, 1, 0])},
        "row 2: column 'av_bus': found 2; allowed: 0 or 1",
    ),
    "available is missing": (
        {"frame": APOLLO.assign(av_bus=[1, None, 1, 0])},
        "row 2: column 'av_bus': found missing; allowed: 0 or 1",
    ),
    "task twice": (
        {"frame": APOLLO.assign(t=[1, 1, 1, 2]), "task": "t"},
        r"row 2: ID 7, t 1 was already in row 1; allowed: each task once\.",
    ),
    "task twice, respondent forgotten": (
        {"frame": APOLLO.assign(t=[1, 2, 1, 2]), "task": "t", "respondent": None},
        r"row 3: t 1 was already in row 1; allowed: each task once\. Is the respondent's column missing\?",
    ),
    "task missing": (
        {"frame": APOLLO.assign(t=[1, None, 1, 2]), "task": "t"},
        "row 2: column 't' is empty; allowed: a task",
    ),
    "respondent missing": (
        {"frame": APOLLO.assign(ID=[7, 7, None, 8])},
        "row 3: column 'ID' is empty; allowed: a respondent",
    ),
    "column of a role missing": (
        {"chosen": "CHOICE"},
        "chosen: column 'CHOICE' is missing; found: 'ID', 'choice'",
    ),
    "column of an alternative missing": (
        {"attributes": {"time": {"car": "time_car", "bus": "time_buss", "rail": 0}}},
        "time of 'bus': column 'time_buss' is missing; found",
    ),
    "a pattern that lacks an alternative": (
        {"frame": APOLLO.rename(columns={"time_bus": "tme_bus"})},
        "column 'time_car', 'time_rail' is named as attribute 'time', which has none for alternative 'bus'",
    ),
    "a pattern that matches nothing": (
        {"attributes": "{attribute}-{alternative}"},
        "no column is named as '{attribute}-{alternative}' says; found: 'ID'",
    ),
    "a pattern of one attribute that matches nothing": (
        {"attributes": {"speed": "speed_{alternative}"}},
        "speed of 'car': column 'speed_car' is missing",
    ),
    "a pattern without alternatives": (
        {"attributes": "{attribute}"},
        "found '{attribute}'; allowed: '{attribute}' and '{alternative}' once each",
    ),
    "a column that matches two": (
        {
            "frame": pd.DataFrame({"choice": [1, 11], "x1": [1, 2], "x11": [1, 2]}),
            "alternatives": [1, 11],
            "attributes": "{attribute}{alternative}",
            "respondent": None,
            "available": None,
        },
        "column 'x11' could be 'x1' of 1 or 'x' of 11; allowed: one; give a map",
    ),
    "a column given twice": (
        {"attributes": {"time": {"car": "time_car", "bus": "time_car", "rail": "time_rail"}}},
        "column 'time_car' is given twice, as time of 'car' and as time of 'bus'; allowed: once",
    ),
    "a column that is a role too": (
        {"attributes": {"time": {"car": "choice", "bus": 0, "rail": 0}}},
        "column 'choice' is given twice, as chosen and as time of 'car'",
    ),
    "a map with an unknown alternative": (
        {"attributes": {"time": {"car": "time_car", "tram": "time_bus"}}},
        "time: 'tram' is no alternative; allowed: 'car', 'bus', 'rail'",
    ),
    "a map of a wrong kind": (
        {"attributes": {"time": {"car": True, "bus": 0}}},
        "time of 'car': found True; allowed: a column or a number",
    ),
    "no attributes": ({"attributes": {}}, "attributes: found {}; allowed: a pattern, or"),
    "an attribute with a reserved name": (
        {"attributes": {"weight": "time_{alternative}"}},
        "attribute 'weight' has a name with a meaning in dce",
    ),
    "a characteristic named as an attribute": (
        {"frame": APOLLO.assign(time=1)},
        "column 'time' was given no role, but has the name of an attribute",
    ),
    "a characteristic with a reserved name": (
        {"frame": APOLLO.assign(weight=1)},
        "column 'weight' was given no role",
    ),
    "two roles in one column": ({"task": "ID"}, "every role needs a column of its own"),
    "one alternative": ({"alternatives": ["car"]}, "allowed: two or more, each once"),
    "two codes of one alternative": ({"alternatives": {1: "a", 2: "a"}}, "two or more, each once"),
    "alternatives as a text": ({"alternatives": "car"}, "alternatives: found 'car'; allowed: a list"),
    "missing is a code too": ({"missing": [1]}, "missing: '1' is the code of an alternative too"),
    "weight negative": (
        {"frame": APOLLO.assign(w=[1, 1, -1, 1]), "weight": "w"},
        "row 3: column 'w': weight is -1; allowed: finite numbers of zero or more",
    ),
    "numbers in one column, text in another": (
        {"frame": APOLLO.assign(cost_bus=["2", "2", "2,5", "2"])},
        "row 3: column 'cost_bus': cost is the text '2,5', but column 'cost_car' has numbers",
    ),
    "column twice": (
        {"frame": pd.concat([APOLLO, APOLLO[["female"]]], axis=1)},
        "column 'female' occurs twice; allowed: once",
    ),
    "empty": ({"frame": APOLLO[:0]}, "there are no answers"),
    "a path": ({"frame": "apollo.csv"}, "found a str; allowed: a pandas.DataFrame"),
}


@pytest.mark.parametrize("name", list(REFUSED))
def test_what_is_wrong_is_refused(name):
    changes, message = REFUSED[name]
    with pytest.raises(dce.ChoicesError, match=message.replace("{", r"\{").replace("}", r"\}")):
        read(**changes)


@pytest.fixture(scope="module")
def expected(reference):
    return json.loads((reference / "reference_values.json").read_text(encoding="utf-8"))


def stored(reference, name):
    frame = pd.read_csv(reference / "data" / f"{name}.csv")
    return frame.rename(columns={"gid": "chid", "alts": "alt", "choice": "y"})


def wide_frame(long, columns, pattern, respondent):
    """Return a long frame with one row per task, the columns of each alternative named by a pattern."""
    table = long.pivot(index="chid", columns="alt", values=columns)
    table.columns = [pattern.format(attribute=a, alternative=alt) for a, alt in table.columns]
    tasks = long[long["y"] == 1].set_index("chid")
    table["choice"] = tasks["alt"]
    if respondent:
        table[respondent] = tasks[respondent]
    return table.reset_index()


# data set: respondent, and the names of columns in the wide layout.
WIDE = {
    "electricity": (
        "id",
        "{attribute}{alternative}",
    ),  # as mlogit's Electricity: pf1 ... seas4, choice 1 ... 4
    "train_nl": ("id", "{attribute}_{alternative}"),  # as mlogit's Train: price_A ... comfort_B
    "kenya": ("respondent_id", "{attribute}.{alternative}"),  # as reshape() of R names columns
    "modecanada": (None, "{attribute}_{alternative}"),  # as Apollo's databases: cost_train ... freq_car
    "nutrition": ("id", "alt{alternative}.{attribute}"),
}


@pytest.mark.parametrize("name", list(WIDE))
def test_wide_layouts_of_real_data(reference, expected, name):
    respondent, pattern = WIDE[name]
    long = stored(reference, "nutrition_long" if name == "nutrition" else name)
    columns = expected[name]["cols"]
    choices = dce.read_wide(
        wide_frame(long, columns, pattern, respondent),
        alternatives=list(long["alt"].unique()),
        chosen="choice",
        attributes=pattern,
        respondent=respondent,
        task="chid",
    )
    check_fit(choices, long, expected[name], respondent)


def test_biogeme_layout_of_swissmetro(reference, expected):
    """As Swissmetro's swissmetro.dat: codes 1 to 3, 0 where the choice is not known, CAR_AV."""
    long = stored(reference, "swissmetro")
    wide = wide_frame(long, ["time", "cost"], "{alternative}_{attribute}", "ID")
    names = {"TRAIN": 1, "SM": 2, "CAR": 3}
    wide = wide.rename(columns=lambda name: name.replace("_time", "_TT").replace("_cost", "_CO"))
    wide["CHOICE"] = wide.pop("choice").map(names)
    wide["CAR_AV"] = wide["CAR_TT"].notna().astype(int)
    unknown = wide[:5].assign(CHOICE=0, chid=-np.arange(1, 6))
    choices = dce.read_wide(
        pd.concat([wide, unknown]).fillna(0),
        alternatives={code: name for name, code in names.items()},
        chosen="CHOICE",
        attributes={
            "time": "{alternative}_TT",
            "cost": "{alternative}_CO",
            "asc_train": {"TRAIN": 1, "SM": 0, "CAR": 0},
            "asc_car": {"TRAIN": 0, "SM": 0, "CAR": 1},
        },
        respondent="ID",
        task="chid",
        available={"CAR": "CAR_AV"},
        missing=[0],
    )
    assert dict(choices.left_out) == {"rows without a choice": 5}
    check_fit(choices, long, expected["swissmetro"], "ID")


def test_matched_sets_in_columns(reference, expected):
    """One set of infert has two members only: the third was not available."""
    long = stored(reference, "infert")
    wide = wide_frame(long, ["spontaneous", "induced"], "{attribute}_{alternative}", None)
    wide["there"] = wide["induced_3"].notna()
    choices = dce.read_wide(
        wide, alternatives=[1, 2, 3], chosen="choice", attributes="{attribute}_{alternative}",
        task="chid", available={3: "there"},
    )  # fmt: skip
    check_fit(choices, long, expected["infert"], None)


def support_ces(long, respondent):
    """As make.dataset() of support.CEs: RES, STR, and the opt-out's row with ASC 0."""
    named = long.rename(columns={"chid": "STR", "alt": "ALT", respondent: "ID"})
    named["RES"] = named.pop("y") == 1
    named["ASC"] = 1 - named["asc_optout"]
    named["QES"] = named.groupby(["ID", "ALT"]).cumcount() + 1
    return named.assign(BLOCK=1), {"task": "QES", "alternative": "ALT", "chosen": "RES", "respondent": "ID"}


def mlogit_idx(long, respondent):
    """As dfidx() of mlogit, written by write.csv(): a logical choice, and idx in two columns."""
    named = long.rename(columns={"chid": "idx.chid", "alt": "idx.alt", respondent: "id"})
    named["choice"] = named.pop("y").map({1: "TRUE", 0: "FALSE"})
    named.loc[0, "choice"] = f" {named.loc[0, 'choice']} "  # keeps pandas from making them logical
    roles = {"task": "idx.chid", "alternative": "idx.alt", "chosen": "choice", "respondent": "id"}
    return pd.read_csv(io.StringIO(named.to_csv(index=False))), roles


def stata(long, respondent):
    """As a .dta file with labelled values, for asclogit with case() and alternatives()."""
    file = io.BytesIO()
    named = long.rename(columns={respondent: "id"}).assign(alt="service " + long["alt"].astype(str))
    named["y"] = named["y"].map({1: "yes", 0: "no"})
    named.astype({"alt": "category", "y": "category"}).to_stata(file, write_index=False)
    file.seek(0)
    return pd.read_stata(file), {"task": "chid", "alternative": "alt", "chosen": "y", "respondent": "id"}


LONG = {"kenya": support_ces, "electricity": mlogit_idx, "nutrition": stata, "train_nl": stata}


@pytest.mark.parametrize("name", list(LONG))
def test_long_layouts_of_real_data(reference, expected, name):
    long = stored(reference, "nutrition_long" if name == "nutrition" else name)
    if name == "nutrition":
        long = long.drop(columns=["resp", "age", "height"])
    respondent = WIDE[name][0]
    frame, roles = LONG[name](long, respondent)
    check_fit(dce.read_long(frame, **roles), long, expected[name], respondent)


def check_fit(choices, long, expected, respondent):
    """The same log-likelihood as the stored long frame to 1e-8, and as the reference to 1e-6."""
    formula = " + ".join(expected["cols"])
    as_stored = dce.read_long(long, task="chid", alternative="alt", chosen="y", respondent=respondent)
    fit = dce.fit_mnl(choices, formula, covariance="classical")
    same = dce.fit_mnl(as_stored, formula, covariance="classical")
    assert fit.log_likelihood == pytest.approx(same.log_likelihood, abs=1e-8)
    # the reference's own precision, as in test_reference.py
    assert fit.log_likelihood == pytest.approx(expected["LL"], abs=1e-6)
    assert fit.coefficients.to_numpy() == pytest.approx(expected["coef"], rel=1e-8)
    assert fit.n_tasks == expected["n_sets"]
    assert fit.n_respondents == (expected["n_clusters"] if respondent else None)
