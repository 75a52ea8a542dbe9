"""Bad data of every kind: each gives the right answer, or a sentence that names the column and the tasks.

The sentences are in tests/reference/bad_data.txt, where a change of wording is a readable diff. After a
meant change: DCE_WRITE=1 pytest tests/estimation/test_bad_data.py
"""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

import dce

EXPECTED = Path(__file__).parents[1] / "reference" / "bad_data.txt"
T, J = 60, 3
ROLES = {"task": "t", "alternative": "alt", "chosen": "y", "respondent": "id"}


def clean() -> pd.DataFrame:
    """60 tasks of three alternatives, five per respondent, without random numbers."""
    t, j = np.divmod(np.arange(T * J), J)
    price = 1.0 + (t * (j + 2) + j * j) % 5
    time = (t * 7 + j * 11) % 13 / 4
    utility = -0.5 * price + 0.4 * time + (t * 31 + j * 17) % 19 / 4 + 1e-3 * j
    best = utility.reshape(T, J).argmax(axis=1)
    alternative = np.array(["bus", "car", "train"])[j]
    return pd.DataFrame(
        {"id": t // 5, "t": t, "alt": alternative, "y": (best[t] == j) * 1, "price": price, "time": time}
    )


def fitted(frame: pd.DataFrame, formula: str, covariance: str, roles: dict[str, str]) -> dce.Fit:
    roles = {role: column for role, column in {**ROLES, **roles}.items() if column}
    return dce.fit_mnl(dce.read_long(frame, **roles), formula, covariance)


class Wrong(NamedTuple):
    """Data that are refused, and what the message must name."""

    change: Callable[[pd.DataFrame], pd.DataFrame]
    error: type[dce.DceError]
    names: tuple[str, ...]
    formula: str = "price + time"
    covariance: str = "clustered"
    roles: dict[str, str] = {}  # noqa: RUF012 - never changed


def column(**columns) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda f: f.assign(**columns)


def is_33(f: pd.DataFrame) -> pd.Series:
    return f["t"] == 33


def chosen(f: pd.DataFrame) -> pd.Series:
    return f["y"] == 1


def never_train(f: pd.DataFrame) -> pd.DataFrame:
    other = (f["alt"] == "bus") & is_of(f, "train")
    return f.assign(y=((f["alt"] != "train") & chosen(f) | other).astype(int))


def is_of(f: pd.DataFrame, alternative: str) -> pd.Series:
    """Whether this alternative was chosen in the task."""
    return f["t"].isin(f.loc[chosen(f) & (f["alt"] == alternative), "t"])


def dummy(alternative: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda f: (f["alt"] == alternative).astype(int)


TASK_33 = "respondent 6, task 33"
SEPARATED, TIED, DATA = dce.SeparationError, dce.IdentificationError, dce.ChoicesError

WRONG = {
    "separation": Wrong(
        column(sure=lambda f: np.where(chosen(f), 1 + f["t"] % 3, -1)),
        SEPARATED, ("'sure'", "60 of 60", "respondent 0, task 0"), "price + sure"),
    "separation, in millions": Wrong(
        column(sure=lambda f: 1e6 * np.where(chosen(f), 1 + f["t"] % 3, -1) + 1e9),
        SEPARATED, ("'sure'", "60 of 60", "respondent 0, task 0"), "price + sure"),
    "separation by a sum": Wrong(
        column(a=lambda f: f["time"] - f["price"], b=lambda f: 3 * chosen(f) - f["time"] + f["price"]),
        SEPARATED, ("'a', 'b' together", "60 of 60", "task 0"), "time + a + b"),
    "quasi-separation: never": Wrong(
        column(red=lambda f: ((f["t"] % 7 == 0) & ~chosen(f)) * 1),
        SEPARATED, ("'red'", "9 of 60", "never chosen", "respondent 1, task 7"), "price + time + red"),
    "quasi-separation: always": Wrong(
        column(red=lambda f: ((f["t"] % 7 == 0) & chosen(f)) * 1),
        SEPARATED, ("'red'", "9 of 60", "always chosen", "respondent 1, task 7"), "price + time + red"),
    "quasi-separation: a number": Wrong(
        column(far=lambda f: np.where((f["t"] % 7 == 0), 2 * chosen(f) + f["alt"].eq("bus") - 4.0, 0.0)),
        SEPARATED, ("'far'", "9 of 60", "respondent 1, task 7"), "price + time + far"),
    "a level never chosen": Wrong(
        column(kind=lambda f: np.where(
            (f["t"] % 7 == 0) & ~chosen(f), "red", np.where(f["t"] % 2, f["alt"], "b"))),
        SEPARATED, ("'kind[red]'", "9 of 60", "never", "respondent 1, task 7"), "price + kind"),
    "an alternative never chosen": Wrong(
        never_train, SEPARATED, ("'alternative[train]'", "60 of 60", "never"), "price + alternative"),
    "collinear": Wrong(
        column(double=lambda f: 2 * f["price"] - f["time"] / 3),
        TIED, ("'price', 'time', 'double'", "double = 2 price - 0.3333 time"), "price + time + double"),
    "nearly collinear": Wrong(
        column(double=lambda f: 2 * f["price"] - f["time"] / 3 + 1e-7 * np.sin(np.arange(len(f)))),
        TIED, ("'price', 'time', 'double'", "double = 2 price - 0.3333 time"), "price + time + double"),
    "collinear: dummies of every alternative": Wrong(
        column(**{name: dummy(name) for name in ("bus", "car", "train")}),
        TIED, ("'bus', 'car', 'train'", "train = -bus - car"), "price + bus + car + train"),
    "collinear: two sums": Wrong(
        column(twice=lambda f: 2 * f["price"], **{name: dummy(name) for name in ("bus", "car", "train")}),
        TIED, ("leave out 2", "twice = 2 price", "train = -bus - car"), "price + bus + car + train + twice"),
    "collinear: a number and its levels": Wrong(
        lambda f: f, TIED, ("'price', 'price[2]'",), "price + C(price)"),
    "more coefficients than differences": Wrong(
        lambda f: f[is_33(f)], TIED, ("leave out 2",), "price + time + alternative", "classical"),
    "constant within every task": Wrong(
        column(age=lambda f: 20.0 + f["id"]), TIED, ("'age' never differs",), "price + age"),
    "constant everywhere": Wrong(column(one=0.1), TIED, ("'one' never differs",), "price + one"),
    "zero everywhere": Wrong(column(none=0.0), TIED, ("'none' is zero everywhere",), "price + none"),
    "an offset that leaves no digits": Wrong(
        column(price=lambda f: f["price"] + 1e13), TIED, ("'price'", "subtract a constant")),
    "too large to square": Wrong(
        column(price=lambda f: f["price"] * 1e200), TIED, ("'price'", "too large", "another unit")),
    "too small to square": Wrong(
        column(price=lambda f: f["price"] * 1e-155), TIED, ("'price'", "too small", "another unit")),
    "NaN": Wrong(column(price=lambda f: f["price"].mask(is_33(f))), DATA, (TASK_33, "price is missing")),
    "inf": Wrong(column(time=lambda f: f["time"].mask(is_33(f), np.inf)), DATA, (TASK_33, "time is inf")),
    "a word missing": Wrong(
        column(kind=lambda f: f["alt"].mask(is_33(f))), DATA, (TASK_33, "kind is missing"), "price + kind"),
    "chosen and not available": Wrong(
        column(there=lambda f: 1 - (is_33(f) & chosen(f))), DATA, (TASK_33, "chosen but not available"),
        roles={"available": "there"}),
    "nothing chosen": Wrong(
        column(y=lambda f: f["y"].mask(is_33(f), 0)), DATA, (TASK_33, "0 alternatives")),
    "everything chosen": Wrong(
        column(y=lambda f: f["y"].mask(is_33(f), 1)), DATA, (TASK_33, "3 alternatives")),
    "chosen is 2": Wrong(column(y=lambda f: f["y"].mask(is_33(f), 2)), DATA, (TASK_33, "chosen is 2")),
    "a negative weight": Wrong(
        column(w=lambda f: 1 - 2 * is_33(f)), DATA, (TASK_33, "weight is -1"), roles={"weight": "w"}),
    "a weight of NaN": Wrong(
        column(w=lambda f: np.where(is_33(f), np.nan, 1.0)), DATA, (TASK_33, "weight is missing"),
        roles={"weight": "w"}),
    "an infinite weight": Wrong(
        column(w=lambda f: np.where(is_33(f), np.inf, 1.0)), DATA, (TASK_33, "weight is inf"),
        roles={"weight": "w"}),
    "a tiny weight": Wrong(
        column(w=lambda f: np.where(is_33(f), 1e-300, 1.0)), DATA, (TASK_33, "weight is 1e-300"),
        roles={"weight": "w"}),
    "no weight above zero": Wrong(column(w=0), DATA, ("every weight is zero",), roles={"weight": "w"}),
    "a weight for each alternative": Wrong(
        column(w=lambda f: 1 + (is_33(f) & chosen(f))), DATA, (TASK_33, "weight differs"),
        roles={"weight": "w"}),
    "a task twice": Wrong(lambda f: pd.concat([f, f[is_33(f)]]), DATA, (TASK_33, "'bus' occurs twice")),
    "respondents of one number": Wrong(
        column(t=lambda f: f["t"] % 5), DATA, ("task 0", "respondent's column missing"),
        roles={"respondent": ""}, covariance="robust"),
    "one alternative": Wrong(
        lambda f: f[~is_33(f) | chosen(f)], DATA, (TASK_33, "one alternative only")),
    "one respondent": Wrong(lambda f: f[f["id"] == 3], dce.EstimationError, ("found one",)),
    "two respondents": Wrong(lambda f: f[f["id"] < 2], dce.EstimationError, ("found 2",)),
    "one task": Wrong(
        lambda f: f[is_33(f)], SEPARATED, ("'price'", "1 of 1", TASK_33), "price", "classical"),
    "one task, robust": Wrong(
        lambda f: f[is_33(f)], dce.EstimationError, ("more than 1 answered tasks, found 1",), "price",
        "robust"),
}  # fmt: skip


def message(case: Wrong) -> str:
    with pytest.raises(case.error) as caught:
        fitted(case.change(clean()), case.formula, case.covariance, case.roles)
    return f"{type(caught.value).__name__}: {caught.value}"


@pytest.mark.parametrize("name", WRONG)
def test_bad_data_are_refused_by_name(name):
    case = WRONG[name]
    sentence = message(case)
    assert sentence.startswith(case.error.__name__)
    for part in case.names:
        assert part in sentence
    assert not re.search(r"\n|\bNone\b|\bnan\b|np\.", sentence)


def test_each_gives_its_sentence():
    text = "".join(f"{name}\n    {message(case)}\n" for name, case in WRONG.items())
    if os.environ.get("DCE_WRITE"):
        EXPECTED.write_text(text, encoding="utf-8")
    assert text == EXPECTED.read_text(encoding="utf-8")


class Right(NamedTuple):
    """Data that are odd but right, and by what their coefficients of price and time are multiplied."""

    change: Callable[[pd.DataFrame], pd.DataFrame]
    price: float = 1.0
    time: float = 1.0
    roles: dict[str, str] = {}  # noqa: RUF012 - never changed


def shuffled(f: pd.DataFrame) -> pd.DataFrame:
    return f.sample(frac=1, random_state=7)[list(f.columns[::-1])]


def with_ghosts(f: pd.DataFrame) -> pd.DataFrame:
    """Alternatives that nobody could choose, of which nothing is known."""
    ghosts = f[f["alt"] == "bus"].assign(alt="tram", y=0, price=np.nan, time=np.nan)
    return pd.concat([f.assign(there=1), ghosts.assign(there=0)])


def with_weightless(f: pd.DataFrame) -> pd.DataFrame:
    others = f.assign(t=f["t"] + 1000, id=f["id"] + 1000, time=-f["time"])
    return pd.concat([f.assign(w=1.0), others.assign(w=0.0)])


RIGHT = {
    "times 1e6": Right(column(price=lambda f: f["price"] * 1e6), price=1e-6),
    "times 1e-6": Right(column(price=lambda f: f["price"] * 1e-6), price=1e6),
    "times 1e6 and 1e-6": Right(
        column(price=lambda f: f["price"] * 1e6, time=lambda f: f["time"] * 1e-6), price=1e-6, time=1e6
    ),
    "times 1e100": Right(column(time=lambda f: f["time"] * 1e100), time=1e-100),
    "minus": Right(column(price=lambda f: -f["price"]), price=-1.0),
    "offset of 1e8": Right(column(price=lambda f: f["price"] + 1e8)),
    "offsets of 1e8 and -1e8": Right(
        column(price=lambda f: f["price"] + 1e8, time=lambda f: f["time"] - 1e8)
    ),
    "an offset for each task": Right(column(price=lambda f: f["price"] + 1000 * f["t"])),
    "shuffled rows and columns": Right(shuffled),
    "alternatives in reverse": Right(lambda f: f[::-1]),
    "an index that repeats": Right(lambda f: f.set_axis(np.zeros(len(f), dtype=int), axis=0)),
    "words for respondents and tasks": Right(
        column(id=lambda f: "r" + f["id"].astype(str), t=lambda f: "t" + (100 - f["t"]).astype(str))
    ),
    "tasks numbered for each respondent": Right(column(t=lambda f: f["t"] % 5)),
    "true and false": Right(column(y=lambda f: f["y"] == 1)),
    "a missing value in a column without use": Right(column(other=np.nan)),
    "alternatives that are not there": Right(with_ghosts, roles={"available": "there"}),
    "weights of zero": Right(with_weightless, roles={"weight": "w"}),
    "numbers in a column of objects": Right(column(price=lambda f: f["price"].astype(object))),
}


@pytest.mark.parametrize("covariance", ["classical", "robust", "clustered"])
@pytest.mark.parametrize("name", RIGHT)
def test_odd_data_give_the_right_answer(name, covariance):
    case = RIGHT[name]
    plain = fitted(clean(), "price + time", covariance, {})
    odd = fitted(case.change(clean()), "price + time", covariance, case.roles)
    factor = np.array([case.price, case.time])
    # 1e-8 is asked for; offsets leave 15 - 8 digits of what is not a multiple of 2^-26, others all
    np.testing.assert_allclose(odd.coefficients / factor, plain.coefficients, rtol=1e-10)
    np.testing.assert_allclose(odd.covariance / np.outer(factor, factor), plain.covariance, rtol=1e-9)
    assert odd.log_likelihood == pytest.approx(plain.log_likelihood, rel=1e-12)
    assert odd.log_likelihood_constants == pytest.approx(plain.log_likelihood_constants, rel=1e-9)
    assert (odd.n_tasks, odd.n_respondents) == (plain.n_tasks, plain.n_respondents)


def test_one_respondent_is_enough_without_clusters():
    everybody = fitted(clean(), "price + time", "robust", {})
    alone = fitted(clean().assign(id=1), "price + time", "robust", {})
    np.testing.assert_array_equal(alone.covariance, everybody.covariance)


def test_one_task_can_have_an_estimate():
    """Of three prices the middle one is chosen: the estimate is where the mean price is the middle one."""
    frame = pd.DataFrame({"id": 1, "t": 1, "alt": list("abc"), "y": [0, 1, 0], "price": [1.0, 2.0, 4.0]})
    fit = fitted(frame, "price", "classical", {})
    P = np.exp(frame["price"] * fit.coefficients["price"])
    mean = np.average(frame["price"], weights=P)
    assert mean == pytest.approx(2, rel=1e-9)
    variance = np.average((frame["price"] - mean) ** 2, weights=P)
    assert fit.standard_errors["price"] == pytest.approx(variance**-0.5, rel=1e-9)


def test_weights_of_zero_are_counted():
    fit = fitted(with_weightless(clean()), "price + time", "robust", {"weight": "w"})
    assert fit.left_out == {"answered tasks with a weight of zero": 60}


def test_a_year_and_its_square_are_told_apart():
    """All but collinear: 2010 and its neighbours. Its centred twin has the same curvature and errors."""
    frame = clean().assign(year=lambda f: 2005 + (f["time"] * 4), near=lambda f: f["time"] * 4 - 5)
    year = fitted(frame, "price + year + I(year**2)", "clustered", {})
    near = fitted(frame, "price + near + I(near**2)", "clustered", {})
    for found, plain in (
        (year.coefficients, near.coefficients),
        (year.standard_errors, near.standard_errors),
    ):
        assert found["I(year ** 2)"] == pytest.approx(plain["I(near ** 2)"], rel=1e-8)
        assert found["price"] == pytest.approx(plain["price"], rel=1e-9)
