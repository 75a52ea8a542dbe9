"""Whether rates differ between groups of respondents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.linalg import qr
from scipy.stats import chi2, f, norm, t

from dce.errors import EstimationError, listed
from dce.estimation.combinatorial import share_below
from dce.estimation.comparable import check_independent, check_same_utility
from dce.estimation.effects import Effect, coefficient_effects
from dce.estimation.effects_at import effects_at
from dce.estimation.fit import Fit
from dce.estimation.rate_differences_result import RateDifferences
from dce.estimation.rate_labels import gain
from dce.estimation.rate_notes import point_notes, reference_z
from dce.estimation.rates_result import Convention
from dce.estimation.ratio_intervals import krinsky_robb_draws, moments, ratio_covariance
from dce.estimation.subgroups import SubgroupFits
from dce.logit import FloatArray


@dataclass(frozen=True)
class GroupRates:
    """The rates of one group: estimates (R,), covariance (R, R), and draws (D, R) in rising order."""

    name: str
    rates: FloatArray
    covariance: FloatArray
    draws: FloatArray
    degrees_of_freedom: float


def rate_differences(
    first: Fit | SubgroupFits,
    second: Fit | None = None,
    *,
    per: str,
    convention: Convention = "gain",
    at: Mapping[str, object] | None = None,
    directions_of: Fit | None = None,
    level: float = 0.95,
    draws: int = 100_000,
    seed: int = 1,
) -> RateDifferences:
    """Compare marginal rates of substitution between independent groups.

    Parameters
    ----------
    first : Fit or SubgroupFits
        Subgroups: every pair of groups of each characteristic.
    second : Fit, optional
        If ``first`` is a Fit: of the same utility and other respondents.
    per, convention, at
        As for :func:`dce.marginal_rates`.
    directions_of : Fit, optional
        Says which level is the better, and the sign of the reference, for all groups. Default:
        everybody for subgroups, else ``first``.
    level : float, optional
        Of the confidence intervals.
    draws, seed : int, optional
        Of each group's coefficients, for the test of Poe et al.; of a bootstrap fit its replicates are
        taken instead. Same seed, same draws.

    Returns
    -------
    RateDifferences

    Raises
    ------
    EstimationError
        If respondents are in both groups, the fits do not have one utility, or the reference is unknown.

    Notes
    -----
    The groups are independent, so that variances (delta method) add up. With few clusters the
    difference is compared with t, whose degrees of freedom are those of Satterthwaite (1946, Biometrics
    Bulletin 2:110). The complete combinatorial test (Poe, Giraud and Loomis 2005, American Journal of
    Agricultural Economics 87:353) compares every draw of one group's rate with every draw of the
    other's; twice the smaller share is shown.
    """
    characteristics, source = _groups(first, second, directions_of)
    pairs, tests = [], []
    for characteristic, fits in characteristics.items():
        for one, two in combinations(fits, 2):
            check_independent(one, fits[one], two, fits[two])
            check_same_utility(fits[one], fits[two], at)
        labels, groups = _rates(fits, per, convention, at, source, draws, seed)
        pairs += [
            _pair(characteristic, one, two, labels, level) for one, two in combinations(groups.values(), 2)
        ]
        tests.append(_equal(characteristic, list(groups.values()), labels))
    notes = _notes(
        {k: v for fits in characteristics.values() for k, v in fits.items()}, source, per, at, level
    )
    if isinstance(first, SubgroupFits):
        notes += [
            f"Not compared: {name}, of which one group could be estimated."
            for name in first.characteristics
            if name not in characteristics
        ]
    heading = source.study.label(per) if source.study else per
    return RateDifferences(per, level, pd.concat(pairs), pd.concat(tests), heading, tuple(notes))


def _groups(
    first: Fit | SubgroupFits, second: Fit | None, directions_of: Fit | None
) -> tuple[dict[str, dict[str, Fit]], Fit]:
    """Return fits by characteristic and group, and the fit that says what is better."""
    if isinstance(first, SubgroupFits):
        if second is not None:
            raise EstimationError("second: found a fit beside subgroups; allowed: nothing, or two fits.")
        found = {name: first.of(name) for name in first.characteristics if len(first.of(name)) > 1}
        if not found:
            raise EstimationError(
                f"by: {first.by} has one group that could be estimated; allowed: two or more."
            )
        return found, directions_of or first.everybody
    if second is None:
        raise EstimationError("second: is missing; allowed: a fit of other respondents.")
    return {"the two fits": {"first": first, "second": second}}, directions_of or first


def _rates(
    fits: Mapping[str, Fit],
    per: str,
    convention: Convention,
    at: Mapping[str, object] | None,
    source: Fit,
    draws: int,
    seed: int,
) -> tuple[dict[str, str], dict[str, GroupRates]]:
    """Return labels by effect, and the rates of each group, with the signs of the source."""
    theirs = _effects(source, at)
    if per not in theirs:
        raise EstimationError(f"per: {per!r} is not a coefficient; allowed: {listed(theirs, 40)}.")
    labels, signs = {}, {}
    of_reference = 1.0 if theirs[per].value(source) >= 0 else -1.0
    for name, effect in theirs.items():
        if name != per:
            label, direction = gain(source, effect, theirs)
            is_ratio = convention == "ratio"
            labels[name] = source.label(name) if is_ratio else label
            signs[name] = 1.0 if is_ratio else direction * of_reference
    found = {}
    for k, (group, fit) in enumerate(fits.items()):
        effects = _effects(fit, at)
        A = np.array([sign * effects[name].weights for name, sign in signs.items()])
        b, beta, V = effects[per].weights, np.asarray(fit.coefficients, np.float64), fit.covariance.to_numpy()
        df = fit.inference.degrees_of_freedom
        drawn = fit.replicates if fit.covariance_kind == "bootstrap" else None
        if drawn is None:
            drawn = krinsky_robb_draws(beta, V, draws, (seed, k), df)
        m = moments(A, b, beta, V)
        ratios = (drawn @ A.T) / (drawn @ b)[:, None]
        found[group] = GroupRates(
            group, m.n / m.d, ratio_covariance(A, b, beta, V), np.sort(ratios, axis=0), df
        )
    return labels, found


def _effects(fit: Fit, at: Mapping[str, object] | None) -> dict[str, Effect]:
    return coefficient_effects(fit) if at is None else effects_at(fit, at)


def _pair(
    characteristic: str, one: GroupRates, two: GroupRates, labels: dict[str, str], level: float
) -> pd.DataFrame:
    difference = one.rates - two.rates
    variances = np.diag(one.covariance), np.diag(two.covariance)
    error = np.sqrt(variances[0] + variances[1])
    small = variances[0] ** 2 / one.degrees_of_freedom + variances[1] ** 2 / two.degrees_of_freedom
    normal = not small.any()
    df = np.inf if normal else error**4 / small
    q = norm.isf((1 - level) / 2) if normal else t.isf((1 - level) / 2, df)
    z = difference / error
    p = 2 * norm.sf(np.abs(z)) if normal else 2 * t.sf(np.abs(z), df)
    shares = [
        (share_below(one.draws[:, k], two.draws[:, k]), share_below(two.draws[:, k], one.draws[:, k]))
        for k in range(len(difference))
    ]
    return pd.DataFrame(
        {
            "characteristic": characteristic,
            "first": one.name,
            "second": two.name,
            "label": list(labels.values()),
            "first rate": one.rates,
            "second rate": two.rates,
            "difference": difference,
            "standard error": error,
            "low": difference - q * error,
            "high": difference + q * error,
            "z": z,
            "p": p,
            "p, all pairs": [min(1.0, 2 * min(pair)) for pair in shares],
        },
        index=list(labels),
    )


def _equal(characteristic: str, groups: list[GroupRates], labels: dict[str, str]) -> pd.DataFrame:
    """Test each rate, and all together, for being equal in every group."""
    rows = []
    for k, label in enumerate(labels.values()):
        rows.append((label, *_wald(groups, [k])))
    # levels of effects coding add up to zero: of these all but one are tested
    scale = np.sqrt(np.diag(groups[0].covariance))
    _, R, order = qr(groups[0].covariance / np.outer(scale, scale), pivoting=True)
    rank = int((np.abs(np.diag(R)) > 1e-9 * abs(R[0, 0])).sum())
    rows.append(("all", *_wald(groups, sorted(int(k) for k in order[:rank]))))
    columns = ["label", "statistic", "degrees of freedom", "p"]
    frame = pd.DataFrame(rows, columns=columns, index=[*labels, "all"])
    frame.insert(0, "characteristic", characteristic)
    return frame


def _wald(groups: list[GroupRates], which: list[int]) -> tuple[float, int, float]:
    """Return statistic, degrees of freedom and p of equal rates in all groups.

    With few clusters the statistic is compared with F, with the fewest degrees of freedom of a group.
    """
    base, others = groups[0], groups[1:]
    cell = np.ix_(which, which)
    D = np.concatenate([group.rates[which] - base.rates[which] for group in others])
    V = np.kron(np.ones((len(others), len(others))), base.covariance[cell])
    size = len(which)
    for k, group in enumerate(others):
        V[k * size : (k + 1) * size, k * size : (k + 1) * size] += group.covariance[cell]
    statistic = float(D @ np.linalg.solve(V, D))
    df = min(group.degrees_of_freedom for group in groups)
    p = chi2.sf(statistic, len(D)) if np.isinf(df) else f.sf(statistic / len(D), len(D), df)
    return statistic, len(D), float(p)


def _notes(
    fits: Mapping[str, Fit], source: Fit, per: str, at: Mapping[str, object] | None, level: float
) -> list[str]:
    kinds = ", ".join(dict.fromkeys(fit.covariance_kind for fit in fits.values()))
    notes = [
        f"p: Wald test of the difference (delta method; standard errors {kinds}). p*: complete "
        "combinatorial test of Poe et al. (2005). Both two-sided; groups are independent."
    ]
    notes += point_notes(source, at or {})
    for group, fit in fits.items():
        b = _effects(fit, at)[per]
        z = reference_z(fit, b)
        if z < fit.quantile(level):
            notes.append(
                f"Caution: {group}: the coefficient of {per} is not clearly different from zero "
                f"(z = {z:.2f}), so that rates and differences mean little."
            )
        if b.value(fit) * _effects(source, at)[per].value(source) < 0:
            notes.append(
                f"Caution: {group}: the coefficient of {per} has the other sign, so that its rates are "
                "no gains."
            )
    if any("respondent" not in fit.choices.frame for fit in fits.values()):
        notes.append("Caution: respondents are unknown; nobody may be in two groups.")
    return notes
