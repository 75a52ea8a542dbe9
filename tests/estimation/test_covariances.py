"""Covariances for clusters: by hand, by invariances, and against sandwich and clubSandwich of R.

``tests/reference/r_covariances.R`` made the numbers, and says how.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import t

import dce

REFERENCE = Path(__file__).parents[1] / "reference"
R = json.loads((REFERENCE / "r_covariances.json").read_text())
UTILITY = "wait + distance + mode"
RTOL = 1e-6
"""fit_mnl stops within a squared Newton decrement of 1e-12, so at the worst 1e-6 of a standard error from
the maximum. When the numbers were made standard errors agreed to 1e-10."""


def read(frame, **roles):
    roles = {"task": "t", "alternative": "alt", "chosen": "y", "respondent": "id"} | roles
    return dce.read_long(frame, **{k: v for k, v in roles.items() if v})


def shares(chose, of):
    """Respondents who chose a so many times of so many."""
    rows = [(g, task, alt, int((alt == "a") == (task < k)))
            for g, (k, n) in enumerate(zip(chose, of, strict=True)) for task in range(n)
            for alt in ("b", "a")]  # fmt: skip
    return pd.DataFrame(rows, columns=["id", "t", "alt", "y"])


def reference_answers(which):
    """The answers that the R script used: some respondents, perhaps with two alternatives only."""
    frame = pd.read_csv(REFERENCE / "r_clogit_data.csv").assign(clinic=lambda f: f["respondent"] % 25)
    if which in ("25 respondents", "two alternatives"):
        frame = frame[frame["respondent"] <= 25]
    if which == "two alternatives":
        unchosen = frame[frame["chosen"] == 0]
        frame = frame.drop(unchosen.groupby(["respondent", "task"]).tail(1).index)
    weight = "weight" if which == "weighted" else None
    frame = frame if weight else frame.drop(columns="weight")
    roles = {"task": "task", "alternative": "alternative", "chosen": "chosen", "respondent": "respondent"}
    return dce.read_long(frame, **roles, weight=weight)


def covariance_in_r(which, kind):
    """The order of coefficients is the same, K = 4."""
    return np.reshape(R[which][kind], (4, 4))


@pytest.mark.parametrize("which", ["two alternatives", "25 respondents", "25 clinics", "weighted"])
@pytest.mark.parametrize("kind", ["CR2", "CR3"])
def test_corrected_for_leverage_as_by_club_sandwich(which, kind):
    clusters = "clinic" if which in ("25 clinics", "weighted") else None
    fit = dce.fit_mnl(reference_answers(which), UTILITY, covariance=kind, clusters=clusters)
    expected = covariance_in_r(which, kind)
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert_allclose(fit.coefficients, R[which]["coefficients"], rtol=RTOL)
    assert_allclose(fit.covariance / scale, expected / scale, atol=RTOL)
    assert fit.inference.degrees_of_freedom == 24
    assert f"{kind}, clustered by" in str(fit)
    assert "t with 24 degrees of" in str(fit)


@pytest.mark.parametrize("which", ["25 respondents", "25 clinics", "weighted"])
def test_clustered_by_any_column(which):
    column = "respondent" if which == "25 respondents" else "clinic"
    fit = dce.fit_mnl(reference_answers(which), UTILITY, clusters=column)
    assert_allclose(fit.covariance, covariance_in_r(which, "CR0") * 25 / 24, rtol=1e-5)
    assert fit.inference.clusters == column
    assert fit.inference.n_clusters == 25


@pytest.mark.parametrize("which", ["25 respondents", "25 clinics"])
def test_the_jackknife_of_clogit(which):
    clusters = "clinic" if which == "25 clinics" else None
    fit = dce.fit_mnl(reference_answers(which), UTILITY).with_covariance("jackknife", clusters)
    expected = covariance_in_r(which, "jackknife")
    scale = np.sqrt(np.outer(np.diag(expected), np.diag(expected)))
    assert_allclose(fit.covariance / scale, expected / scale, atol=RTOL)
    assert "jackknife by" in str(fit)
    assert "t with 24 degrees" in str(fit)


def test_two_alternatives_are_the_logit_of_glm():
    fit = dce.fit_mnl(reference_answers("two alternatives"), UTILITY)
    assert_allclose(fit.covariance, covariance_in_r("two alternatives", "clustered"), rtol=1e-5)
    # clubSandwich takes another root of the same correction for a glm, which depends on how answers
    # are coded: both are unbiased, and here their errors differ by less than one in 200.
    ours = np.sqrt(np.diag(fit.with_covariance("CR2").covariance))
    theirs = np.sqrt(np.diag(covariance_in_r("two alternatives", "CR2 of glm")))
    assert_allclose(ours, theirs, rtol=0.005)


def test_corrections_by_hand():
    """One constant: the leverage of a cluster is its share of the tasks."""
    chose, of = np.array([3, 1, 4, 2, 0]), np.array([4, 3, 5, 2, 2])
    p, n = chose.sum() / of.sum(), of.sum()
    scores = chose - of * p
    bread = 1 / (n * p * (1 - p))
    fit = dce.fit_mnl(read(shares(chose, of)), "alternative", covariance="CR2")
    assert fit.covariance.iloc[0, 0] == pytest.approx(bread**2 * (scores**2 / (1 - of / n)).sum())
    corrected = fit.with_covariance("CR3").covariance.iloc[0, 0]
    assert corrected == pytest.approx(bread**2 * (scores**2 / (1 - of / n) ** 2).sum())
    # one cluster less than there are: t with 4 degrees of freedom
    frame = fit.to_frame(0.9)
    half = t.ppf(0.95, 4) * fit.standard_errors.iloc[0]
    assert frame["high"].iloc[0] - frame["coefficient"].iloc[0] == pytest.approx(half)
    assert frame["p"].iloc[0] == pytest.approx(2 * t.sf(abs(frame["z"].iloc[0]), 4))
    assert " t " in str(fit).splitlines()[1]


def test_three_alternatives_by_the_formula(long_frame):
    """With residuals and hat matrices of whole clusters, which the package never forms."""
    choices = read(long_frame)
    fit = dce.fit_mnl(choices, "price + time + price:old", covariance="CR2")
    layout, b = choices.layout, fit.coefficients.to_numpy()
    X = fit.coding.matrix(choices.frame)[layout.rows]
    P = np.exp(X @ b) / np.exp(X @ b).sum(axis=1, keepdims=True)
    y = layout.chosen[:, None] == np.arange(3)
    Z = np.sqrt(P)[..., None] * (X - np.einsum("tj,tjk->tk", P, X)[:, None])
    u = (y - P) / np.sqrt(P)
    M = np.linalg.inv(np.einsum("tjk,tjl->kl", Z, Z))
    for kind, power in (("CR2", -0.5), ("CR3", -1.0)):
        meat = np.zeros((3, 3))
        for g in range(30):
            of = layout.respondents == g
            Zg, ug = Z[of].reshape(-1, 3), u[of].ravel()
            values, vectors = np.linalg.eigh(np.eye(len(ug)) - Zg @ M @ Zg.T)
            s = Zg.T @ (vectors * values**power) @ vectors.T @ ug
            meat += np.outer(s, s)
        assert_allclose(fit.with_covariance(kind).covariance, M @ meat @ M, rtol=1e-8)


def test_a_new_fit_and_nothing_in_place(elsewhere):
    fit = dce.fit_mnl(elsewhere, "price + time")
    before = fit.covariance.copy()
    for kind in ("clustered", "robust", "classical", "CR2", "CR3"):
        direct = dce.fit_mnl(elsewhere, "price + time", covariance=kind)
        other = fit.with_covariance(kind)
        assert other.covariance_kind == kind
        assert_allclose(other.covariance, direct.covariance, rtol=1e-9)
        assert other.inference == direct.inference
    pd.testing.assert_frame_equal(fit.covariance, before)
    assert fit.covariance_kind == "clustered"


@pytest.mark.parametrize("kind", ["CR2", "CR3"])
def test_order_scale_and_collapsing_do_not_matter(long_frame, kind, monkeypatch):
    frame = long_frame.assign(time=long_frame["time"].round())
    fit = dce.fit_mnl(read(frame), "price + time", covariance=kind)
    shuffled = dce.fit_mnl(read(frame.sample(frac=1, random_state=3)), "price + time", covariance=kind)
    assert_allclose(shuffled.covariance, fit.covariance, rtol=1e-10)
    dear = dce.fit_mnl(read(frame.assign(price=1e6 * frame["price"])), "price + time", covariance=kind)
    assert_allclose(dear.standard_errors["price"] * 1e6, fit.standard_errors["price"], rtol=1e-9)
    assert_allclose(dear.standard_errors["time"], fit.standard_errors["time"], rtol=1e-9)
    weighted = dce.fit_mnl(read(frame.assign(w=3.0), weight="w"), "price + time", covariance=kind)
    assert_allclose(weighted.covariance, fit.covariance, rtol=1e-9)
    monkeypatch.setattr("dce.estimation.leverage.PART", 7)
    monkeypatch.setattr("dce.estimation.leverage.BLOCK", 11)
    assert_allclose(fit.with_covariance(kind).covariance, fit.covariance, rtol=1e-10)
    monkeypatch.setattr("dce.estimation.tasks.REPEATED", 0.0)
    apart = dce.fit_mnl(read(frame), "price + time", covariance=kind)
    assert apart.tasks.which is None
    assert_allclose(apart.covariance, fit.covariance, rtol=1e-10)


def test_collapsed_tasks(small_choices):
    fit = dce.fit_mnl(small_choices)
    assert fit.tasks.which is not None
    errors = {kind: fit.with_covariance(kind).standard_errors for kind in ("clustered", "CR2", "CR3")}
    # 200 clusters of equal leverage: the corrections are near G/(G-1), and larger from one to the next
    assert (errors["CR2"] < errors["CR3"]).all()
    assert_allclose(errors["CR2"], errors["clustered"], rtol=0.02)


def test_unavailable_alternatives(long_frame):
    gone = (long_frame["alt"] == "train") & (long_frame["y"] == 0)
    there = long_frame.assign(there=(~gone).astype(int))
    flagged = dce.fit_mnl(read(there, available="there"), "price + time", covariance="CR2")
    dropped = dce.fit_mnl(read(long_frame[~gone]), "price + time", covariance="CR2")
    assert_allclose(flagged.covariance, dropped.covariance, rtol=1e-9)


def test_clusters_that_divide_respondents_are_said_so(long_frame):
    frame = long_frame.assign(place=long_frame["t"] % 20)
    fit = dce.fit_mnl(read(frame), "price + time", clusters="place")
    text = " ".join(str(fit).split())
    assert "clustered by place (20 clusters), with G/(G-1). Caution: the answers of 30 respondents" in text
    whole = dce.fit_mnl(read(frame.assign(place=frame["id"] % 10)), "price + time", clusters="place")
    assert "Caution" not in str(whole)


def test_clusters_without_respondents(long_frame):
    frame = long_frame.assign(place=long_frame["id"])
    by_place = dce.fit_mnl(read(frame, respondent=None), "price + time", clusters="place")
    assert_allclose(by_place.covariance, dce.fit_mnl(read(long_frame), "price + time").covariance)


def test_wrong_clusters_are_refused(long_frame):
    frame = long_frame.assign(
        half=np.where(long_frame["t"] % 2 == 0, 1.0, np.nan), one=1, two=long_frame["id"] % 2
    )
    choices = read(frame)
    for clusters, message in [
        ("clinic", "there is no column 'clinic'; found: 'respondent'"),
        ("price", "'price' differs within a task"),
        ("half", "'half' is missing in 225 rows"),
        ("one", r"need two clusters \(one\), found one"),
        ("two", r"need more than 2 clusters \(two\), found 2"),
    ]:
        for kind in ("clustered", "CR2"):
            with pytest.raises(dce.EstimationError, match=message):
                dce.fit_mnl(choices, "price + time", covariance=kind, clusters=clusters)
        with pytest.raises(dce.EstimationError, match=message):
            dce.fit_mnl(choices, "price + time").with_covariance("jackknife", clusters=clusters)
    with pytest.raises(dce.EstimationError, match="allowed: none, because covariance='robust'"):
        dce.fit_mnl(choices, "price + time", covariance="robust", clusters="id")
    with pytest.raises(dce.EstimationError, match=r"need respondents.*clusters="):
        dce.fit_mnl(read(long_frame, respondent=None), "price + time", covariance="CR3")


def test_kinds_are_checked(elsewhere):
    with pytest.raises(dce.EstimationError, match=r"found 'HC3'; allowed: 'clustered', .*'CR3'\.$"):
        dce.fit_mnl(elsewhere, "price + time", covariance="HC3")
    with pytest.raises(dce.EstimationError, match=r"Resample a fit: fit.with_covariance\('bootstrap'\)"):
        dce.fit_mnl(elsewhere, "price + time", covariance="bootstrap")
    fit = dce.fit_mnl(elsewhere, "price + time")
    with pytest.raises(dce.EstimationError, match="'CR3', 'bootstrap', 'jackknife'"):
        fit.with_covariance("HC3")


@pytest.mark.parametrize("kind", ["CR2", "CR3"])
def test_a_cluster_that_alone_tells_a_coefficient_is_named(long_frame, kind):
    frame = long_frame.assign(only=(long_frame["id"] == 7) * long_frame["time"])
    with pytest.raises(dce.EstimationError, match=r"^'only': nothing but the answers of respondent 7 tells"):
        dce.fit_mnl(read(frame), "price + time + only", covariance=kind)
