"""What a Bayesian criterion averages over: draws of the priors, and how far their average errs.

Notation
--------
R draws, K coefficients.

beta : (R, K) array
    Draws of the coefficients.
weights : (R,) array
    Their weights, positive, with sum one: the average of f is the sum of w_r f(beta_r).

Root mean square error of the DB-error over 12 seeds, in percent, against 8 x 2^13 Sobol draws, for the
designs in designs/ (normal priors; of physiotherapy with sd half the mean, and as large as the mean)
and two classic problems; d uncertain coefficients:

===================================== ==== ============= ===== ===== =====
design                                d    cubature      Sobol Sobol Sobol
                                           (points)        256   512  1024
===================================== ==== ============= ===== ===== =====
peer-support                            10 0.0004  (277)  .052  .024  .007
staff-support                           13 0.0014  (539)  .085  .036  .025
physiotherapy, sd half the mean          9 0.0015  (292)  .121  .061  .013
physiotherapy, sd of the mean            9 0.046   (292)  .650  .348  .074
3^3, 8 tasks of 2 and a constant, sd 1   7 0.18    (312) 1.23   .71   .56
3^3, 9 tasks of 3, k = 1, sd 0.5         6 0.30    (264)  .88   .44   .28
3^3, 9 tasks of 3, k = 1, sd 1           6 5.5     (264) 15.0  7.3   4.7
===================================== ==== ============= ===== ===== =====

The last is dominated by draws in the far tail: no number of draws that a search can afford converges,
which the integration error tells. Uniform and triangular priors have ends that are not smooth in a
normal: cubature errs by .02 to .4 there, 1,024 Sobol draws by .002 to .2.

References: Yu, Goos and Vandebroek (2010), Transportation Research B 44:1268; Bliemer, Rose and Hess
(2008), Journal of Choice Modelling 1:98.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy.stats import norm, qmc

from dce.design.cubature import normal_cubature, smallest_cubature
from dce.design.joint_prior import JointPrior, PilotFit, check_names, joint_prior
from dce.errors import DesignError, listed, quoted
from dce.logit import FloatArray
from dce.prior import Prior
from dce.study import Study

Method = Literal["auto", "cubature", "sobol", "halton"]

QUASI_RANDOM = 1024
"""Sobol or Halton draws, unless told otherwise; also the most points of cubature by ``"auto"``."""
CUBATURE = 200
"""Least number of points of cubature, unless told otherwise."""
SETS = 8
"""Other sets of draws that tell the integration error."""
IN_A_SET = 4096
"""Least number of draws in each of them."""
HALF_CELL = 2.0**-31
"""Half of the 30-bit cell in which a Sobol draw lies; moves it to the middle, away from 0."""


@dataclass(frozen=True, eq=False)
class Draws:
    """Draws of the coefficients with weights. Make them with :func:`prior_draws`.

    Attributes
    ----------
    names : tuple of str
        The K coefficients.
    beta : (R, K) array
    weights : (R,) array
        Above zero, with sum one.
    description : str
        For print, such as ``"256 Sobol draws"``.
    prior : JointPrior or None
        Where they are drawn from; None if the draws were given, and so are the prior themselves.
    seed : int
    """

    names: tuple[str, ...]
    beta: FloatArray
    weights: FloatArray
    description: str
    prior: JointPrior | None = None
    seed: int = 0

    def __len__(self) -> int:
        return len(self.beta)

    @property
    def mean(self) -> pd.Series[float]:
        """Mean of the prior, by coefficient: exact, not that of the draws."""
        values = self.weights @ self.beta if self.prior is None else self.prior.means
        return pd.Series(values, index=list(self.names), dtype=np.float64)


def prior_draws(
    study: Study,
    prior: Mapping[str, Prior | float] | PilotFit | pd.DataFrame | None = None,
    *,
    method: Method = "auto",
    number: int | None = None,
    seed: int = 0,
) -> Draws:
    """Draw coefficients from the priors of a study.

    Parameters
    ----------
    study : Study
    prior : mapping, fit or DataFrame, optional
        Instead of the study's priors: priors by coefficient; a pilot's fit, whose estimates and
        covariance make a multivariate normal; or draws made elsewhere, a row each and a column per
        coefficient, which are used as they are with equal weights.
    method : str, optional
        ``"cubature"`` (:mod:`dce.design.cubature`), scrambled ``"sobol"`` or ``"halton"`` draws, or
        ``"auto"``: cubature where all priors are normal and at most 18 uncertain, so that it needs
        no more than 1,024 points; Sobol draws otherwise. Priors that are not normal enter cubature
        as functions of normals.
    number : int, optional
        Number of draws: a power of two for Sobol; the least number for cubature, which takes as
        many as its rule asks for. Default: 200 for cubature, 1,024 otherwise.
    seed : int, optional
        Same seed, same draws.

    Returns
    -------
    Draws
        A single one where all coefficients are taken as known, whatever the method.

    Raises
    ------
    DesignError
        If names or numbers are not what is allowed.
    """
    if method not in get_args(Method):
        raise DesignError(f"method: found {quoted(method)}; allowed: {listed(get_args(Method))}.")
    seed = _whole("seed", seed, 0)
    if number is not None:
        number = _whole("number", number, 1)
    if isinstance(prior, pd.DataFrame):
        return _given(prior, study.coefficients)
    joint = joint_prior(study, prior)
    d = joint.dimensions
    if d == 0:
        return Draws(joint.names, joint.means[None], np.ones(1), "fixed priors", joint, seed)
    rng = np.random.default_rng(seed)
    if method == "auto":
        is_normal = all(prior.kind == "normal" for prior in joint.priors)
        method = "cubature" if is_normal and smallest_cubature(d) <= QUASI_RANDOM else "sobol"
    if method == "cubature":
        e, weights = normal_cubature(d, number or CUBATURE, rng)
        description = f"{len(e):,d} cubature points"
    else:
        number = number or QUASI_RANDOM
        e = _sobol(d, number, rng) if method == "sobol" else _halton(d, number, rng)
        weights = np.full(number, 1 / number)
        description = f"{number:,d} {method.capitalize()} draws"
    return Draws(joint.names, _finite(joint.at(e)), weights, description, joint, seed)


@dataclass(frozen=True)
class IntegrationError:
    """How far an average over draws is from that over many others. Printing it says so.

    Attributes
    ----------
    estimate : float
        The average over the draws.
    reference : float
        The average over all other sets of draws.
    relative : float
        ``estimate / reference - 1``; infinite where either is infinite.
    standard_error : float
        Of the reference, relative to it: what is smaller is noise.
    sets, number : int
        How many other sets, and how many draws in each; 0 where there is nothing to err in.
    """

    estimate: float
    reference: float
    relative: float
    standard_error: float
    sets: int
    number: int

    def __str__(self) -> str:
        if not self.sets:
            return "no integration error: the average is over all that the prior allows"
        others = f"{self.sets} other sets of {self.number:,d} Sobol draws"
        if math.isinf(self.relative):
            return f"integration error infinite: the average is, over the draws or over {others}"
        relative, error = f"{100 * self.relative:+.2g}%", f"{100 * self.standard_error:.2g}%"
        return f"integration error {relative}, s.e. {error} ({others})"


def integration_error(
    value: Callable[[FloatArray, FloatArray], float],
    draws: Draws,
    *,
    sets: int = SETS,
    number: int | None = None,
) -> IntegrationError:
    """Evaluate an average again over other, independent and more, draws of the same prior.

    Parameters
    ----------
    value : callable
        ``value(beta, weights)`` returns the average: the DB-error of a design, say.
    draws : Draws
        Those that the search used.
    sets : int, optional
        Independent sets of scrambled Sobol draws.
    number : int, optional
        Draws in each set, a power of two. Default: 4,096, or more if the search used more.

    Returns
    -------
    IntegrationError
        Zero where priors are fixed or draws were given: those are the prior.

    Raises
    ------
    DesignError
        For fewer than two sets, or fewer draws in a set than the search used.
    """
    sets = _whole("sets", sets, 2)
    least = max(IN_A_SET, 1 << (len(draws) - 1).bit_length())
    number = least if number is None else _whole("number", number, len(draws))
    estimate = value(draws.beta, draws.weights)
    if draws.prior is None or draws.prior.dimensions == 0:
        return IntegrationError(estimate, estimate, 0.0, 0.0, 0, 0)
    weights = np.full(number, 1 / number)
    others = []
    for k in range(1, sets + 1):
        rng = np.random.default_rng([draws.seed, k])
        e = _sobol(draws.prior.dimensions, number, rng)
        others.append(value(_finite(draws.prior.at(e)), weights))
    reference = float(np.mean(others))
    if not (math.isfinite(estimate) and math.isfinite(reference)):
        return IntegrationError(estimate, reference, math.inf, math.inf, sets, number)
    spread = float(np.std(others, ddof=1)) / math.sqrt(sets) / abs(reference)
    return IntegrationError(estimate, reference, estimate / reference - 1, spread, sets, number)


def _sobol(d: int, number: int, rng: np.random.Generator) -> FloatArray:
    """Return scrambled Sobol draws of d independent standard normals, shape (number, d)."""
    power = number.bit_length() - 1
    if number != 1 << power:
        raise DesignError(
            f"number: found {number}; allowed: a power of two for Sobol draws, such as {1 << power} or "
            f"{2 << power}, because others are not even."
        )
    u = qmc.Sobol(d, seed=rng).random_base2(power) + HALF_CELL
    return np.asarray(norm.ppf(u), dtype=np.float64)


def _halton(d: int, number: int, rng: np.random.Generator) -> FloatArray:
    """Return scrambled Halton draws of d independent standard normals, shape (number, d)."""
    return np.asarray(norm.ppf(qmc.Halton(d, seed=rng).random(number)), dtype=np.float64)


def _given(frame: pd.DataFrame, names: tuple[str, ...]) -> Draws:
    check_names(list(frame.columns), names)
    if frame.empty:
        raise DesignError("prior: found no draws; allowed: at least one row.")
    try:
        beta = frame[list(names)].to_numpy(dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DesignError(f"prior: cannot be read as numbers: {error}.") from None
    weights = np.full(len(beta), 1 / len(beta))
    return Draws(names, _finite(beta), weights, f"{len(beta):,d} given draws")


def _finite(beta: FloatArray) -> FloatArray:
    finite = np.isfinite(beta).all(axis=1)
    if not finite.all():
        rows = [int(r) + 1 for r in np.flatnonzero(~finite)]
        raise DesignError(f"prior: draw {listed(rows)} is not finite; allowed: finite numbers.")
    return beta


def _whole(name: str, value: object, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise DesignError(f"{name}: found {quoted(value)}; allowed: a whole number of at least {least}.")
    return int(value)
