"""Power: against the fit that it repeats, the normal approximation, and on any executor."""

import importlib
import math
import sys
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import dce
from dce.estimation.repeated import fit_answers, information_at_zero
from dce.logit import log_probabilities
from dce.power_result import Power, Simulated
from dce.simulation import simulate_answers, true_coefficients


@pytest.fixture(scope="module")
def staff(request):
    return dce.Design.read(request.config.rootpath / "designs" / "staff-support")


@pytest.fixture(scope="module")
def power(small_design):
    return dce.power(small_design, respondents=[60, 150], simulations=60, seed=3, workers=1)


def same(one, other):
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame(), check_exact=True)
    pd.testing.assert_frame_equal(one.failures(), other.failures())
    assert {N: s.seeds for N, s in one.simulated.items()} == {N: s.seeds for N, s in other.simulated.items()}


@pytest.mark.parametrize("covariance", ["clustered", "robust", "classical"])
@pytest.mark.parametrize("respondents", [25, 40])
def test_each_simulation_is_a_fit_of_simulated_choices(small_design, staff, covariance, respondents):
    """The estimates differ by rounding alone: Newton's last step leaves 1e-12 of a likelihood."""
    for design in (small_design, staff):
        found = dce.power(
            design, respondents=[respondents], simulations=4, seed=9, covariance=covariance, workers=1
        ).simulated[respondents]
        for seed, b, se, failure in zip(
            found.seeds, found.estimates, found.standard_errors, found.failures, strict=True
        ):
            choices = dce.simulate_choices(design, respondents=respondents, seed=seed)
            fit = dce.fit_mnl(choices, covariance=covariance)
            assert not failure
            assert b == pytest.approx(fit.coefficients.to_numpy(), rel=1e-9)
            assert se == pytest.approx(fit.standard_errors.to_numpy(), rel=1e-9)


def test_coefficients_may_be_a_series_and_zero_is_zero(small_design):
    truth = small_design.study.prior_means.mask(lambda b: b.index == "parking[yes]", 0.0)
    found = dce.power(small_design, truth, respondents=[40], simulations=2, workers=1)
    assert found.coefficients["parking[yes]"] == 0  # and not 4e-17
    np.testing.assert_allclose(found.coefficients, truth, rtol=1e-12)
    same(found, dce.power(small_design, truth.to_dict(), respondents=[40], simulations=2, workers=1))


def test_so_is_one_with_a_formula(small_design):
    formula = "wait + parking + wait:parking - constants"
    found = dce.power(
        small_design, respondents=[40], simulations=3, seed=2, formula=formula, workers=1
    ).simulated[40]
    for seed, b in zip(found.seeds, found.estimates, strict=True):
        fit = dce.fit_mnl(dce.simulate_choices(small_design, respondents=40, seed=seed), formula)
        assert b == pytest.approx(fit.coefficients.to_numpy(), rel=1e-9)


def test_a_fit_of_answers_by_block_of_any_order(staff):
    beta = true_coefficients(staff.study, None)
    X = [staff.X[staff.task_blocks == block] for block in staff.blocks]
    answers = [chosen for _, chosen in simulate_answers([log_probabilities(x, beta) for x in X], 50, 1)]
    sizes = [len(chosen) for chosen in answers]
    names = staff.study.coefficients
    b, V = fit_answers(X, answers, names, "clustered", information_at_zero(X, sizes, names))
    turned = [X[::-1], answers[::-1]]
    at_zero = information_at_zero(X[::-1], sizes[::-1], names)
    b_turned, V_turned = fit_answers(*turned, names, "clustered", at_zero)
    assert b_turned == pytest.approx(b, rel=1e-10)
    assert V_turned == pytest.approx(V, rel=1e-9)


def test_the_columns_by_hand():
    """Four studies, one coefficient of 1: estimates 1, 3, 0.5, none; standard errors 1, 1, 0.1, none."""
    studies = Simulated(
        (1, 2, 3, 4),
        np.array([[1.0], [3.0], [0.5], [np.nan]]),
        np.array([[1.0], [1.0], [0.1], [np.nan]]),
        ("", "", "", "separated"),
    )
    made = Power("T", pd.Series({"x": 1.0}), ("X",), {20: studies}, {20: 4}, "robust", 0.95, 7)
    row = made.to_frame().iloc[0]
    assert (row["simulations"], row["fits"]) == (4, 3)
    assert row["power"] == 0.5  # 3 and 0.5 are significant, of four
    assert row["power_error"] == 0.25
    assert row["bias"] == pytest.approx(0.5)
    assert row["standard_deviation"] == pytest.approx(np.std([1, 3, 0.5], ddof=1))
    assert row["bias_error"] == pytest.approx(row["standard_deviation"] / math.sqrt(3))
    assert row["coverage"] == pytest.approx(1 / 3)  # 1 is at most 1.96 away from the first alone
    assert row["coverage_error"] == pytest.approx(math.sqrt(2 / 9 / 3))
    assert row["mean_standard_error"] == pytest.approx(0.7)
    assert made.failures().loc[20].to_dict() == {
        "simulations": 4,
        "fits": 3,
        "separated": 1,
        "not converged": 0,
    }
    assert "4 simulations; 1 of them without estimates" in " ".join(str(made).split())
    assert "Simulations without estimates" in str(made)


def with_power(shares):
    """A result in which coefficients have given power at given sizes."""
    simulated = {}
    for N, row in shares.items():
        found = np.array([[10.0 if r < round(100 * p) else 0.0 for p in row] for r in range(100)])
        simulated[N] = Simulated(tuple(range(100)), found, np.ones_like(found), ("",) * 100)
    K = len(next(iter(shares.values())))
    names = [f"x{k}" for k in range(K)]
    truth = pd.Series(np.ones(K), index=names)
    return Power(
        "T",
        truth,
        tuple(name.upper() for name in names),
        simulated,
        dict.fromkeys(shares, 100),
        "robust",
        0.95,
        1,
    )


def test_the_least_size_is_that_from_which_power_stays():
    made = with_power({200: (0.9, 0.79, 0.8), 100: (0.81, 0.9, 0.1), 300: (1.0, 0.7, 0.95)})
    assert made.smallest().tolist() == pytest.approx([100, math.nan, 200], nan_ok=True)
    assert made.smallest(0.95).tolist() == pytest.approx([300, math.nan, 300], nan_ok=True)
    words = made.in_words()
    assert "From 100 respondents, 80% power for: X0." in words
    assert "From 200 respondents, 80% power for: X2." in words
    assert "Not reached with 300, 80% power for: X1 (70%)." in words


def test_many_sizes_stand_in_several_tables():
    made = with_power({100 * k: (0.5, 0.9) for k in range(1, 7)})
    titles = [table.title for table in made.tables()]
    assert titles.count("Power") == 2
    assert max(map(len, str(made).splitlines())) <= 80
    assert made.table().to_frame().shape == (2, 8)


@pytest.mark.slow
def test_power_is_that_of_the_normal_approximation(physiotherapy_design):
    """Power is about Phi(|b| / se - z) + Phi(-|b| / se - z), with se from the information of the design."""
    N, R = 250, 2000
    made = dce.power(
        physiotherapy_design, respondents=[N], simulations=R, seed=5, covariance="classical", workers=1
    ).to_frame()
    M = physiotherapy_design.information / 2 * N
    b, se = made["truth"].to_numpy(), np.sqrt(np.diag(np.linalg.inv(M)))
    ratio, z = np.abs(b) / se, norm.isf(0.025)
    expected = norm.cdf(ratio - z) + norm.cdf(-ratio - z)
    # four Monte Carlo errors, and half a point for what is not normal with 2,000 answered tasks
    allowed = 4 * np.sqrt(expected * (1 - expected) / R) + 0.005
    assert (np.abs(made["power"] - expected) < allowed).all()
    assert (np.abs(made["coverage"] - 0.95) < 4 * math.sqrt(0.95 * 0.05 / R) + 0.005).all()
    assert made["mean_standard_error"].to_numpy() == pytest.approx(se, rel=0.02)
    assert made["standard_deviation"].to_numpy() == pytest.approx(se, rel=0.08)  # 4 / sqrt(2 R)
    # within four errors and the small-sample bias of a logit, of size b times K over the tasks
    assert (np.abs(made["bias"]) < 4 * made["bias_error"] + 0.01 * np.abs(b)).all()


def test_power_rises_with_respondents(power):
    frame = power.to_frame().pivot(index="coefficient", columns="respondents", values="power")
    assert (frame[150] >= frame[60] - 0.1).all()
    assert frame[150].mean() > frame[60].mean()


def test_a_coefficient_of_zero_is_found_as_often_as_significance_says(small_design, small):
    truth = {name: prior.mean for name, prior in small.priors.items()} | {"wait": 0.0}
    made = dce.power(small_design, truth, respondents=[150], simulations=400, seed=1, workers=1).to_frame()
    share = made.set_index("coefficient").loc["wait", "power"]
    assert abs(share - 0.05) < 4 * math.sqrt(0.05 * 0.95 / 400) + 0.01  # clustered errors are a little small


class Backwards(Executor):
    """Runs the last job first, all when the first result is asked for."""

    def __init__(self):
        self.jobs = []

    def submit(self, fn, /, *args, **kwargs):
        future = Future()
        self.jobs.append((future, fn, args, kwargs))
        if len(self.jobs) == 6:  # 2 sizes of 60 simulations in 3 parts
            for one, function, a, k in reversed(self.jobs):
                one.set_result(function(*a, **k))
        return future


@pytest.mark.parametrize("make", [lambda: ThreadPoolExecutor(1), lambda: ThreadPoolExecutor(3), Backwards])
def test_any_executor_gives_the_same(small_design, power, make):
    with make() as executor:
        other = dce.power(small_design, respondents=[60, 150], simulations=60, seed=3, executor=executor)
    same(power, other)


@pytest.mark.slow
def test_processes_give_the_same(small_design, power):
    same(power, dce.power(small_design, respondents=[60, 150], simulations=60, seed=3, workers=2))
    with ProcessPoolExecutor(2) as executor:
        other = dce.power(small_design, respondents=[60, 150], simulations=60, seed=3, executor=executor)
    same(power, other)


def test_a_size_keeps_its_simulations_in_other_company(small_design, power):
    alone = dce.power(small_design, respondents=[150], simulations=30, seed=3)
    assert alone.simulated[150].seeds == power.simulated[150].seeds[:30]
    assert np.array_equal(alone.simulated[150].estimates, power.simulated[150].estimates[:30])
    other = dce.power(small_design, respondents=[150], simulations=30, seed=4)
    assert not set(other.simulated[150].seeds) & set(alone.simulated[150].seeds)
    assert len(set(power.simulated[60].seeds + power.simulated[150].seeds)) == 120


def test_progress_ends_with_all(small_design):
    seen = []
    dce.power(
        small_design,
        respondents=[30, 40],
        simulations=30,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (60, 60)
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})


@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor])
def test_an_interrupt_returns_what_is_finished(small_design, power, executor):
    def interrupt(done, total):
        if done >= 50:
            raise KeyboardInterrupt

    pool = executor(1) if executor else None
    cut = dce.power(
        small_design,
        respondents=[60, 150],
        simulations=60,
        seed=3,
        workers=1,
        executor=pool,
        progress=interrupt,
    )
    if pool:
        pool.shutdown()
    done = {N: len(studies) for N, studies in cut.simulated.items()}
    assert 50 <= sum(done.values()) < 120
    for N, studies in cut.simulated.items():
        assert studies.seeds == power.simulated[N].seeds[: done[N]]
    text = " ".join(str(cut).split())
    assert f"{sum(done.values())} simulations, interrupted: 120 of 60, 150 were asked for" in text


def test_an_interrupt_before_anything_is_finished_is_one(small_design, monkeypatch):
    def interrupted(job):
        raise KeyboardInterrupt

    monkeypatch.setattr(sys.modules["dce.power"], "simulate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        dce.power(small_design, respondents=[60], simulations=30, workers=1)


@pytest.fixture(scope="module")
def tiny():
    """Three tasks, two coefficients that are large: few respondents often agree about everything."""
    study = dce.Study(
        "Tiny",
        [dce.Attribute("wait", [1, 2, 3]), dce.Attribute("parking", ["no", "yes"])],
        [dce.Alternative("A"), dce.Alternative("B")],
        priors={"wait": -1.2, "parking[yes]": 1.5},
    )
    rows = [(1, "yes"), (2, "no"), (3, "yes"), (1, "no"), (2, "yes"), (3, "yes")]
    frame = pd.DataFrame(rows, columns=["wait", "parking"])
    frame.insert(0, "task", np.repeat([1, 2, 3], 2))
    frame.insert(1, "alternative", ["A", "B"] * 3)
    return dce.evaluate_design(study, frame)


def test_failures_are_counted_and_count_as_not_found(tiny):
    made = dce.power(tiny, respondents=[5, 40], simulations=80, seed=1, covariance="robust", workers=1)
    failures = made.failures()
    assert failures.loc[5, "separated"] > 10
    assert failures.loc[5, "fits"] == 80 - failures.loc[5, "separated"] - failures.loc[5, "not converged"]
    studies = made.simulated[5]
    failed = np.array([bool(failure) for failure in studies.failures])
    for seed, failure in zip(studies.seeds, studies.failures, strict=True):
        choices = dce.simulate_choices(tiny, respondents=5, seed=seed)
        if failure:
            with pytest.raises(dce.SeparationError):
                dce.fit_mnl(choices, covariance="robust")
        else:
            dce.fit_mnl(choices, covariance="robust")
    assert np.isnan(studies.estimates[failed]).all()
    row = made.to_frame().iloc[0]
    significant = (
        np.abs(studies.estimates[~failed, 0]) > norm.isf(0.025) * studies.standard_errors[~failed, 0]
    )
    assert row["power"] == significant.sum() / 80
    assert row["fits"] == (~failed).sum()
    table = next(table for table in made.tables() if table.title == "Simulations without estimates")
    assert table.to_frame().loc["5", "separated"] == failures.loc[5, "separated"]
    assert f"Over {row['fits']} fits." in " ".join(str(made).split())


def test_nothing_but_failures_is_said_without_numbers(tiny):
    truth = {"wait": -40.0, "parking[yes]": 100.0}
    with_nothing = dce.power(tiny, truth, respondents=[6], simulations=5, covariance="robust", workers=1)
    frame = with_nothing.to_frame()
    assert (frame["power"] == 0).all()
    assert frame[["bias", "coverage", "mean_standard_error", "standard_deviation"]].isna().all(axis=None)
    assert "5 of them without estimates" in " ".join(str(with_nothing).split())


def test_a_utility_that_contains_the_true_one_has_zeros_for_the_rest(small_design):
    made = dce.power(
        small_design, respondents=[60], simulations=2, formula="wait * parking + mode", workers=1
    )
    means = small_design.study.prior_means
    assert made.coefficients[means.index].to_numpy() == pytest.approx(means.to_numpy())
    assert made.coefficients["wait:parking[yes]"] == pytest.approx(0, abs=1e-12)


def test_a_utility_that_does_not_has_no_bias(small_design):
    made = dce.power(small_design, respondents=[60], simulations=3, formula="wait", workers=1)
    assert made.coefficients.isna().all()
    frame = made.to_frame()
    assert frame[["bias", "coverage"]].isna().all(axis=None)
    assert frame["mean_standard_error"].notna().all()
    assert "because the fitted utility is not the simulated one" in " ".join(str(made).split())


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"respondents": []}, dce.DceError, r"respondents: found \[\]; allowed: a list of sample sizes"),
        ({"respondents": 250}, dce.DceError, "respondents: found 250; allowed: a list of sample sizes"),
        ({"respondents": [50, 50]}, dce.DceError, "respondents: found 50, 50; allowed: each size once"),
        ({"respondents": [2.5]}, dce.DceError, "respondents: found 2.5; allowed: a whole number"),
        ({"simulations": 0}, dce.DceError, "simulations: found 0; allowed: a whole number of at least 1"),
        ({"seed": -1}, dce.DceError, "seed: found -1; allowed: a whole number of at least 0"),
        ({"workers": 0}, dce.DceError, "workers: found 0; allowed: a whole number of at least 1"),
        ({"level": 95}, dce.EstimationError, "level: found 95; allowed: between 0 and 1"),
        ({"covariance": "bootstrap"}, dce.EstimationError, "covariance: found 'bootstrap'; allowed"),
        ({"formula": "price"}, dce.FormulaError, "unknown variable 'price'"),
        ({"coefficients": {"wait": 1}}, dce.ChoicesError, "coefficients missing: 'constant"),
        ({"respondents": [4]}, dce.EstimationError, "need more than 5 respondents, found 4"),
        (
            {"respondents": [1], "covariance": "robust"},
            dce.IdentificationError,
            "1 respondents: not identified",
        ),
    ],
)
def test_what_cannot_be_simulated(small_design, options, error, message):
    frame = small_design.frame
    if options.get("respondents") == [1]:  # the first block alone does not tell parking
        frame = frame.assign(parking=np.where(frame["block"] == 1, "no", frame["parking"]))
    design = dce.evaluate_design(small_design.study, frame)
    with pytest.raises(error, match=message):
        dce.power(design, **{"respondents": [60], "simulations": 2, "workers": 1, **options})


def test_coefficients_must_be_finite(small_design, small):
    truth = dict.fromkeys(small.coefficients, 0.0) | {"wait": math.nan}
    with pytest.raises(dce.ChoicesError, match="coefficients, 'wait': allowed: finite numbers"):
        dce.power(small_design, truth, respondents=[60])


def test_a_study_without_priors_needs_coefficients(small_design, clinics):
    design = dce.evaluate_design(clinics(priors={}), small_design.frame)
    with pytest.raises(dce.ChoicesError, match="the study has no priors: give the coefficients"):
        dce.power(design, respondents=[60])
    truth = dict.fromkeys(design.study.coefficients, 0.1)
    assert len(dce.power(design, truth, respondents=[60], simulations=2).simulated[60]) == 2


def test_printed_for_a_reader(power, physiotherapy_design):
    text = str(power)
    assert text.startswith("Power of Clinics\nPower: the share of studies like this one that find an effect")
    assert max(map(len, text.splitlines())) <= 80
    made = dce.power(physiotherapy_design, respondents=[250, 382], simulations=10, workers=1)
    assert max(map(len, str(made).splitlines())) <= 80
    assert "From 250 respondents, 80% power for: Who treats you" in " ".join(str(made).split())
    assert made.to_latex().count(r"\begin{table}") == 3
    assert "<caption>Power</caption>" in made._repr_html_()
    assert "<p>Power: the share of studies" in made._repr_html_()


def test_the_figure_has_a_line_each_and_the_target(power):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    pyplot = importlib.import_module("matplotlib.pyplot")
    ax = power.plot()
    try:
        assert ax.get_xlabel() == "Respondents"
        assert ax.get_ylabel() == "Power"
        labels = [text.get_text() for text in ax.get_legend().get_texts()]
        assert labels == list(power.labels)
        lines = {container.get_label(): container.lines[0] for container in ax.containers}
        frame = power.to_frame()
        for name, label in zip(power.coefficients.index, power.labels, strict=True):
            rows = frame[frame["coefficient"] == name]
            assert lines[label].get_xdata().tolist() == rows["respondents"].tolist()
            assert lines[label].get_ydata().tolist() == rows["power"].tolist()
        looks = {(line.get_color(), line.get_marker()) for line in lines.values()}
        assert len(looks) == len(labels)
        assert any(list(line.get_ydata()) == [0.8, 0.8] for line in ax.get_lines())
        assert power.plot(ax, target=0.9) is ax
        ax.figure.canvas.draw()
    finally:
        pyplot.close("all")


def test_a_figure_without_matplotlib_names_the_extra(power, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(dce.DceError, match=r"figures need matplotlib.*pip install 'dce\[plot\]'"):
        power.plot()
