"""The likelihood ratio test."""

from __future__ import annotations

from dce.diagnostics.hypothesis_test import HypothesisTest
from dce.diagnostics.linear_restrictions import read_restrictions
from dce.diagnostics.nesting import check_same_answers, nesting
from dce.diagnostics.restricted import restricted_maximum
from dce.errors import EstimationError
from dce.estimation.fit import Fit


def likelihood_ratio(fit: Fit, restricted: Fit | str) -> HypothesisTest:
    """Test restrictions by what they cost in log-likelihood.

    Parameters
    ----------
    fit : Fit
        The larger model.
    restricted : Fit or str
        A fit of a smaller model to the same answers, or linear restrictions as for
        :func:`dce.wald`, with which the model is then estimated again.

    Returns
    -------
    HypothesisTest
        2 (LL - LL restricted), chi-squared.

    Raises
    ------
    EstimationError
        If the fits are of different answers or not nested, or the restrictions cannot be read.

    References
    ----------
    Train (2009), Discrete Choice Methods with Simulation, 2nd ed., section 3.8.2.
    """
    if isinstance(restricted, str):
        restrictions = read_restrictions(restricted, fit.coding)
        q = len(restrictions.R)
        at = restricted_maximum(fit.tasks, restrictions, fit.coefficients)
        return ratio(fit, at.log_likelihood, q, str(restrictions))
    check_same_answers(fit, restricted)
    K, k = len(fit.coding.names), len(restricted.coding.names)
    if nesting(fit.choices, fit.coding, restricted.coding) is None:
        reverse = nesting(fit.choices, restricted.coding, fit.coding) is not None
        raise EstimationError(
            "likelihood ratio: the second model is the larger one; give the larger one first."
            if reverse
            else f"likelihood ratio: {restricted.coding.formula!r} is not a special case of "
            f"{fit.coding.formula!r}. For models that are not nested there is dce.ben_akiva_swait."
        )
    if k >= K:
        raise EstimationError(f"likelihood ratio: both models have {K} coefficients and are the same one.")
    return ratio(fit, restricted.log_likelihood, K - k, _difference(fit, restricted))


def ratio(fit: Fit, log_likelihood: float, q: int, hypothesis: str) -> HypothesisTest:
    """Return the test of q restrictions under which the largest log-likelihood is that."""
    notes = [f"Log-likelihood {fit.log_likelihood:.3f}, under the hypothesis {log_likelihood:.3f}."]
    if fit.inference.clusters is not None:
        notes.append(
            "The likelihood ratio takes all answers as independent, also those of one "
            f"{fit.inference.clusters}; the Wald test of the fit does not (standard errors "
            f"{fit.inference.kind})."
        )
    if "weight" in fit.choices.frame:
        notes.append("It takes weights as counts of answers; for other weights use the Wald test.")
    statistic = max(0.0, 2 * (fit.log_likelihood - log_likelihood))
    return HypothesisTest("Likelihood ratio test", hypothesis, statistic, q, notes=tuple(notes))


def _difference(fit: Fit, restricted: Fit) -> str:
    gone = [name for name in fit.coding.names if name not in restricted.coding.names]
    if len(gone) == len(fit.coding.names) - len(restricted.coding.names):
        return ", ".join(f"{name} = 0" for name in gone)
    return f"'{restricted.coding.formula}' within '{fit.coding.formula}'"
