"""Fits against xlogit 0.2.7, which maximises with BFGS and a numerical Hessian."""

import numpy as np
import pytest

import dce

xlogit = pytest.importorskip("xlogit")


@pytest.mark.filterwarnings("ignore")
def test_a_designed_experiment(physiotherapy_design):
    choices = dce.simulate_choices(physiotherapy_design, respondents=382, seed=1)
    fit = dce.fit_mnl(choices, covariance="classical")
    frame = choices.frame
    other = xlogit.MultinomialLogit()
    other.fit(
        X=fit.coding.matrix(frame),
        y=frame["chosen"].to_numpy(),
        varnames=list(fit.coding.names),
        alts=frame["alternative"].to_numpy(),
        ids=np.repeat(np.arange(len(frame) // 2), 2),
        verbose=0,
        skip_std_errs=False,
        tol_opts={"ftol": 1e-14, "gtol": 1e-8},
    )
    # BFGS stops where the gradient is small: the log-likelihood is flat there, coefficients less so.
    assert fit.log_likelihood == pytest.approx(other.loglikelihood, abs=1e-6)
    assert fit.log_likelihood >= other.loglikelihood - 1e-9
    assert fit.coefficients.to_numpy() == pytest.approx(other.coeff_, abs=1e-4)
    # xlogit's standard errors come from finite differences of the gradient
    assert fit.standard_errors.to_numpy() == pytest.approx(other.stderr, rel=1e-2)
