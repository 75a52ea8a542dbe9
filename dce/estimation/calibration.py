"""Constants that make known shares come out: uptake as it is observed.

Notation: C classes of respondents, J services, K coefficients, R draws; n = J - 1 constants are free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import log_softmax, logsumexp

from dce.errors import ConvergenceError, ScenarioError, listed, plain, quoted
from dce.estimation.calibrated import CalibratedFit, check_fit
from dce.estimation.fit import Fit
from dce.estimation.probabilities import in_parts, log_odds_gradients
from dce.estimation.scenario import OneScenario, Scenario, base_frame, check_scale, coded_scenarios
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import FloatArray, IntArray

CLOSE = 1e-12
"""Largest error of a log share that is taken for none."""
MOST_STEPS = 100
PIVOTS = 3
"""Steps that would be exact for one kind of respondent, before Newton's."""
SHARES = 1e-6
"""Largest difference from one of shares that are rounded."""


@dataclass(frozen=True)
class _Constants:
    """Which coefficient is the constant of each service that has a free one.

    Attributes
    ----------
    services : (n,) integer array
        Places of the services.
    columns : (n,) integer array
        Places of the coefficients.
    """

    services: IntArray
    columns: IntArray


def calibrate(
    fit: Fit,
    shares: Mapping[str, float],
    base: OneScenario,
    *,
    scenario: str | None = None,
    scale: float = 1.0,
) -> CalibratedFit:
    """Set constants so that known shares come out in a scenario, such as today's uptake.

    Parameters
    ----------
    fit : Fit
    shares : mapping of service to share
        Known shares of the services of the base, that sum to one; one may be left out, and has the
        rest.
    base : path, pandas.DataFrame or mapping
        The scenario in which they are known, as for :func:`dce.scenarios`; a mapping may be of
        service to attributes. Every service names its ``alternative``, and all but one have a constant.
    scenario : str, optional
        Which scenario the base is, where there are several.
    scale : float, optional
        Multiplies all utilities before the constants are set: the ratio of the scale of real choices
        to that of the stated ones.

    Returns
    -------
    CalibratedFit
        What scenarios, changes, sweeps, thresholds, elasticities and welfare accept. Its intervals
        take the shares as known: in the base they have no width, and elsewhere they are those of what
        differs from the base.

    Raises
    ------
    ScenarioError
        If shares or base are wrong, or a service has no constant.
    ConvergenceError
        If no constants give the shares.

    Notes
    -----
    Where one kind of respondent chooses, c_j = log(s_j / s_0) - (x_j - x_0)'b, with x without the
    constants: the pivot-point logit. Averaged over respondents, the constants are found by Newton's
    method on the log shares, and their derivatives by the implicit function theorem.

    References
    ----------
    Train (2009), Discrete Choice Methods with Simulation, 2nd ed., section 2.8; Berry (1994), RAND
    Journal of Economics 25:242, for shares that are averages.
    """
    if isinstance(fit, CalibratedFit):
        raise ScenarioError("fit: its constants are calibrated already; allowed: the fit itself, fit.fit.")
    check_fit(fit)
    check_scale(fit, scale)
    (one,) = coded_scenarios(fit, base_frame(base, scenario), least=2, stacklevel=3)
    known = _known_shares(one, shares)
    constants = _constants(fit, one)

    def recalibrated(B: FloatArray) -> FloatArray:
        return _solved(one, known, constants, scale * B)

    beta = np.asarray(fit.coefficients, dtype=np.float64)
    after = recalibrated(beta[None])[0]
    A = scale * _jacobian(one, constants, after)
    names = fit.coefficients.index
    V = A @ fit.covariance.to_numpy() @ A.T
    column = {int(j): int(k) for j, k in zip(constants.services, constants.columns, strict=True)}
    table = pd.DataFrame(
        {
            "service": one.services,
            "share": known,
            "constant": [fit.coding.names[column[j]] if j in column else "" for j in range(len(known))],
            "estimated": [scale * beta[column[j]] if j in column else np.nan for j in range(len(known))],
            "calibrated": [after[column[j]] if j in column else np.nan for j in range(len(known))],
        }
    )
    return CalibratedFit(
        fit,
        pd.Series(after, index=names, name="coefficient"),
        pd.DataFrame(V, index=names, columns=names),
        recalibrated,
        table,
        scale,
        tuple(_notes(one, known, scale)),
    )


def _known_shares(one: Scenario, shares: Mapping[str, float]) -> FloatArray:
    """Return the share of every service, (J,)."""
    unknown = [name for name in shares if name not in one.services]
    if unknown:
        raise ScenarioError(
            f"shares: {listed(unknown)} is no service of the base; allowed: {listed(one.services)}."
        )
    for name, share in shares.items():
        is_number = isinstance(share, (int, float, np.number)) and not isinstance(share, bool)
        if not (is_number and 0 < share < 1):
            raise ScenarioError(f"shares, {name!r}: found {quoted(share)}; allowed: between 0 and 1.")
    missing = [name for name in one.services if name not in shares]
    total = float(sum(shares.values()))
    if len(missing) > 1:
        raise ScenarioError(
            f"shares: {listed(missing)} are missing; allowed: at most one, which has the rest."
        )
    if missing and total >= 1:
        raise ScenarioError(f"shares: they sum to {plain(total)}, which leaves nothing for {missing[0]!r}.")
    if not missing and abs(total - 1) > SHARES:
        raise ScenarioError(f"shares: they sum to {plain(total)}; allowed: 1.")
    every = np.array([float(shares.get(str(name), 1 - total)) for name in one.services])
    return np.asarray(every / every.sum())


def _constants(fit: Fit, one: Scenario) -> _Constants:
    """Find the constants of all services but one."""
    coding = fit.coding
    candidates = [k for k, part in enumerate(coding.parts) if part in ({CONSTANTS}, {ALTERNATIVE})]
    column: dict[int, int] = {}
    for k in candidates:
        has = (one.X[..., k] != 0).any(axis=0)
        if has.sum() == 1 and (one.X[:, has, k] == 1).all():
            column[int(has.argmax())] = k
    without = [j for j in range(len(one.services)) if j not in column]
    if len(without) > 1:
        names = [one.services[j] for j in without]
        raise ScenarioError(
            f"base: {listed(names)} have no constant of their own; allowed: at most one service without. "
            "A service gets one by naming an alternative that has one in the utility, such as by "
            "constant = true in the study."
        )
    reference = without[0] if without else 0
    free = [j for j in range(len(one.services)) if j != reference]
    return _Constants(np.array(free), np.array([column[j] for j in free]))


def _solved(one: Scenario, known: FloatArray, constants: _Constants, B: FloatArray) -> FloatArray:
    """Return (R, K) coefficients with constants that give the known shares."""
    return in_parts(lambda b: _solved_together(one, known, constants, b), B, one.X[..., 0].size)


def _solved_together(one: Scenario, known: FloatArray, constants: _Constants, B: FloatArray) -> FloatArray:
    B, free = B.copy(), constants.services
    (reference,) = set(range(len(known))) - set(free.tolist())
    log_s = np.log(known)
    for number in range(MOST_STEPS):
        log_P = np.asarray(log_softmax(np.moveaxis(one.X @ B.T, -1, 0), axis=-1))  # (R, C, J)
        log_mean = logsumexp(log_P + np.log(one.shares)[:, None], axis=1)
        miss = log_s - log_mean
        if np.abs(miss).max() < CLOSE:
            return B
        if number < PIVOTS or len(one.shares) == 1:
            B[:, constants.columns] += miss[:, free] - miss[:, [reference]]
        else:
            B[:, constants.columns] += _newton(
                np.exp(log_P[..., free]), one.shares, log_mean[:, free], miss[:, free]
            )
    raise ConvergenceError(f"shares: no constants were found that give them in {MOST_STEPS} steps.")


def _newton(P: FloatArray, shares: FloatArray, log_mean: FloatArray, miss: FloatArray) -> FloatArray:
    """Return the step that would make the log shares right were they linear, (R, n).

    d log P_a / dc_b = 1[a = b] - sum_c s_c P_ca P_cb / P_a for P (R, C, n).
    """
    within = np.swapaxes(shares[:, None] * P, 1, 2) @ P / np.exp(log_mean)[..., None]
    own = np.einsum("c,rca->ra", shares, P) / np.exp(log_mean)
    slope = own[..., None] * np.eye(P.shape[-1]) - within
    return np.asarray(np.linalg.solve(slope, miss[..., None])[..., 0])


def _jacobian(one: Scenario, constants: _Constants, beta: FloatArray) -> FloatArray:
    """Return the derivatives of calibrated coefficients with respect to the estimated ones, (K, K)."""
    K = len(beta)
    G = log_odds_gradients(one.X, one.shares, beta)[constants.services]
    others = np.setdiff1d(np.arange(K), constants.columns)
    A = np.eye(K)
    A[constants.columns] = 0.0
    A[np.ix_(constants.columns, others)] = -np.linalg.solve(G[:, constants.columns], G[:, others])
    return A


def _notes(one: Scenario, known: FloatArray, scale: float) -> list[str]:
    shares = ", ".join(f"{name} {share:.1%}" for name, share in zip(one.services, known, strict=True))
    notes = [f"Constants give the known shares in the base ({shares}); intervals take these as known."]
    if scale != 1:
        notes.append(f"All utilities are multiplied by {plain(float(scale))}, which is taken as known.")
    return notes
