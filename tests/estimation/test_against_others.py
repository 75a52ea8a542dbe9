"""Fits of fourteen data sets of very different shapes against R, biogeme, statsmodels and xlogit.

``tests/reference/shapes.json`` describes the sets, ``shapes.py`` simulated some of them, and the scripts
beside made the stored numbers: ``r_shapes.R`` (survival 3.5-3, R 4.2.2), ``biogeme_shapes.py`` (3.3.2).
statsmodels 0.15.0 and xlogit 0.2.7 run here. mlogit is neither in Debian nor in PyPI: of it, what its
authors and others printed.

Their conventions: survival's and biogeme's clustered errors have no G/(G-1); their robust errors take
every task as independent, without a factor, as ours do. Weights enter survival by Breslow's method, which
is exact where one alternative is chosen. statsmodels' ConditionalLogit knows neither weights nor sandwiches,
and xlogit's sandwich is of its own kind: with them, coefficients, log-likelihood and classical errors are
compared. What is not available is left out where a package knows no availability.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import dce

STORED = Path(__file__).parents[1] / "reference"
SETS = json.loads((STORED / "shapes.json").read_text(encoding="utf-8"))
R = json.loads((STORED / "r_shapes.json").read_text(encoding="utf-8"))
BIOGEME = json.loads((STORED / "biogeme_shapes.json").read_text(encoding="utf-8"))

ROLES = ("task", "alternative", "chosen", "respondent", "weight", "available")
KINDS = ("classical", "robust", "clustered")
EXACT = {"rtol": 1e-9, "atol": 0}
"""Newton's method ends here, and in clogit with eps = 1e-14, where rounding hides any gain: the largest
difference was 2e-12, an error of modecanada, whose columns are nearly collinear."""
STOPPED = {"rtol": 1e-6, "atol": 0}
"""biogeme stops where its relative gradient is below a tolerance, xlogit where a gradient is: the
log-likelihood is flat there, and coefficients are off by up to some 1e-7."""
LIKELIHOOD = {"rtol": 1e-10, "atol": 0}
"""Second order in the distance from the maximum: better than the coefficients."""
DIFFERENCED = {"rtol": 1e-5, "atol": 0}
"""Hessians of statsmodels and xlogit are forward differences with a step of 1.5e-8, so that errors have
six or seven digits."""


@pytest.fixture(params=list(SETS))
def name(request) -> str:
    return request.param


@pytest.fixture
def frame(name, request) -> pd.DataFrame:
    described = SETS[name]
    if "package" in described:
        return mode_choice()
    if "shared" in described:
        return pd.read_csv(request.getfixturevalue("reference") / "data" / described["shared"])
    return pd.read_csv(STORED / described["file"])


def mode_choice() -> pd.DataFrame:
    """Greene's travel modes as statsmodels carries them, with AER's names, which R used."""
    datasets = pytest.importorskip("statsmodels.datasets")
    data = datasets.modechoice.load_pandas().data.rename(columns={"ttme": "wait", "gc": "gcost"})
    modes = {f"{mode}": (data["mode"] == k).astype(int) for k, mode in enumerate(("air", "train", "bus"), 1)}
    return data.assign(**modes, air_income=modes["air"] * data["hinc"])


def fitted(frame: pd.DataFrame, name: str, covariance: str = "classical") -> dce.Fit:
    described = SETS[name]
    roles = {role: described[role] for role in ROLES if role in described}
    return dce.fit_mnl(dce.read_long(frame, **roles), " + ".join(described["x"]), covariance)


def assert_same(frame: pd.DataFrame, name: str, numbers: dict, close: dict) -> None:
    for kind in KINDS:
        if kind not in numbers:
            continue
        fit = fitted(frame, name, kind)
        errors = np.array(numbers[kind])
        if kind == "clustered":
            errors = errors * np.sqrt(fit.n_respondents / (fit.n_respondents - 1))
        assert_allclose(fit.standard_errors, errors, **close)
    assert_allclose(fit.coefficients, numbers["coefficients"], **close)
    assert_allclose(fit.log_likelihood, numbers["log_likelihood"], **LIKELIHOOD)


def test_clogit(frame, name):
    assert_same(frame, name, R[name], EXACT)


def test_biogeme(frame, name):
    if name not in BIOGEME:
        pytest.skip("biogeme_shapes.json has no numbers of this set")
    assert_same(frame, name, BIOGEME[name], STOPPED)


@pytest.mark.parametrize("name", ["modecanada", "electricity", "train_nl", "infert", "swissmetro"])
def test_what_mlogit_and_others_printed(reference, name):
    """mlogit's vignettes and outputs; infert of rstanarm's tests; swissmetro of biogeme's documentation.

    ``reference_values.json`` says where each was printed. One unit of its last digit, since some cut off the
    rest, and 2e-6, because mlogit and biogeme stop where the gain is small.
    """
    numbers = json.loads((reference / "reference_values.json").read_text(encoding="utf-8"))[name]
    data = pd.read_csv(reference / "data" / f"{name}.csv")
    fit = fitted(data, name, "robust" if numbers["published_se_kind"] == "rob" else "classical")
    for found, printed in (
        (fit.coefficients, numbers["published_coef"]),
        (fit.standard_errors, numbers["published_se"]),
    ):
        for term, value in printed.items():
            digits = len(repr(value).partition(".")[2])
            assert found[term] == pytest.approx(value, abs=10.0**-digits + 2e-6), term


def test_the_sets_differ_and_tell_covariances_apart():
    """Were weights, availability or clusters of no matter, the tests above would not notice their loss."""
    apart = [
        (name, kind)
        for name in SETS
        for kind in ("robust", "clustered")
        if kind in R[name] and max(abs(np.divide(R[name][kind], R[name]["classical"]) - 1)) > 0.1
    ]
    assert len({name for name, kind in apart if kind == "clustered"}) >= 8
    assert len({name for name, kind in apart if kind == "robust"}) >= 5
    assert sum("weight" in described for described in SETS.values()) == 2
    assert len(R.keys() & SETS) == 14
    assert len(BIOGEME.keys() & SETS) >= 8
    assert set(KINDS) <= set(R["ragged"])


def scaled(frame: pd.DataFrame, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Columns in units of their standard deviation: peers do not converge in others."""
    X = frame[SETS[name]["x"]].to_numpy(dtype=np.float64)
    return X / X.std(axis=0), X.std(axis=0)


def few_rows(name: str, frame: pd.DataFrame) -> None:
    if "weight" in SETS[name]:
        pytest.skip("ConditionalLogit takes no weights")
    if len(frame) > 4000:
        pytest.skip("ConditionalLogit takes a second for 1,000 tasks; as in other sets, but longer")


@pytest.mark.filterwarnings("ignore")  # of statsmodels' own
def test_statsmodels(frame, name):
    models = pytest.importorskip("statsmodels.discrete.conditional_models")
    few_rows(name, frame)
    described = SETS[name]
    there = frame[frame[described["available"]] == 1] if "available" in described else frame
    X, scale = scaled(there, name)
    y, groups = there[described["chosen"]].to_numpy(), pd.factorize(there[described["task"]])[0]
    # bfgs, its default, stops three to six digits short of Newton's method
    other = models.ConditionalLogit(y, X, groups=groups).fit(method="newton", tol=1e-12, disp=0)
    fit = fitted(frame, name)
    assert_allclose(fit.coefficients, other.params / scale, **EXACT)
    assert_allclose(fit.log_likelihood, other.llf, **LIKELIHOOD)
    assert_allclose(fit.standard_errors, other.bse / scale, **DIFFERENCED)


@pytest.mark.filterwarnings("ignore")  # of statsmodels' own
@pytest.mark.parametrize("kind", KINDS)
def test_seven_parties_by_characteristics_of_voters(kind):
    """anes96: party identification, 944 voters; every party with a constant and coefficients of its own.

    Voters of one age stand for a cluster. 1e-8: MNLogit's Newton steps stop at 1e-12.
    """
    api = pytest.importorskip("statsmodels.api")
    data = api.datasets.anes96.load_pandas().data
    x = api.add_constant(data[["educ", "income"]])
    how = {"classical": "nonrobust", "robust": "HC0", "clustered": "cluster"}[kind]
    groups = {"groups": data["age"].to_numpy(), "use_correction": False} if kind == "clustered" else None
    other = api.MNLogit(data["PID"], x).fit(method="newton", tol=1e-12, disp=0, cov_type=how, cov_kwds=groups)
    n = len(data)
    long = data.loc[data.index.repeat(7), ["educ", "income", "age"]].reset_index(drop=True)
    long = long.assign(task=np.repeat(np.arange(n), 7), party=np.tile(np.arange(7), n).astype(str))
    long["y"] = (long["party"].astype(int) == np.repeat(data["PID"].to_numpy(), 7)).astype(int)
    choices = dce.read_long(long, task="task", alternative="party", chosen="y", respondent="age")
    fit = dce.fit_mnl(choices, "alternative + alternative:educ + alternative:income", kind)
    factor = np.sqrt(fit.n_respondents / (fit.n_respondents - 1)) if kind == "clustered" else 1.0
    # theirs: one column a party, one row a variable, in the order of our terms
    assert_allclose(fit.coefficients, other.params.to_numpy().ravel(), rtol=1e-8)
    assert_allclose(fit.standard_errors, other.bse.to_numpy().ravel() * factor, rtol=1e-8)
    assert_allclose(fit.log_likelihood, other.llf, **LIKELIHOOD)
    assert_allclose(fit.log_likelihood_constants, other.llnull, rtol=1e-8)  # by a fit that stops early


@pytest.mark.filterwarnings("ignore")  # of xlogit's own
def test_xlogit(frame, name):
    xlogit = pytest.importorskip("xlogit")
    described = SETS[name]
    X, scale = scaled(frame, name)
    task = pd.factorize(frame[described["task"]])[0]
    place = frame.groupby(task).cumcount().to_numpy()
    T, J = task.max() + 1, place.max() + 1

    def arranged(values: np.ndarray) -> np.ndarray:
        """Rows for every alternative of every task, which xlogit needs."""
        full = np.zeros((T, J, *values.shape[1:]))
        full[task, place] = values
        return full.reshape(T * J, *values.shape[1:])

    there = frame[described["available"]].to_numpy() if "available" in described else np.ones(len(frame))
    per_task = np.ones(T)
    if "weight" in described:
        per_task[task] = frame[described["weight"]]
    given = {
        "X": arranged(X),
        "y": arranged(frame[described["chosen"]].to_numpy()),
        "varnames": described["x"],
        "alts": np.tile(np.arange(J), T),
        "ids": np.repeat(np.arange(T), J),
        "avail": None if there.sum() == J * T else arranged(there),
        "weights": np.repeat(per_task, J) if "weight" in described else None,
        "verbose": 0,
    }
    model, start = xlogit.MultinomialLogit(), None
    for _ in range(40):  # it stops where the gradient is 1e-6 in some metric: again from there, to be nearer
        model.fit(**given, init_coeff=start, tol_opts={"ftol": -1.0}, skip_std_errs=True)
        if start is not None and abs(model.coeff_ / start - 1).max() < 1e-9:
            break
        start = model.coeff_.copy()
    model.fit(**given, init_coeff=start, tol_opts={"ftol": -1.0})
    fit = fitted(frame, name)
    assert_allclose(fit.coefficients, model.coeff_ / scale, **STOPPED)
    assert_allclose(fit.log_likelihood, model.loglikelihood, **LIKELIHOOD)
    assert_allclose(fit.standard_errors, model.stderr / scale, **DIFFERENCED)
