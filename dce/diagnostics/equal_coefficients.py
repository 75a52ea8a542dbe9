"""Whether the coefficients of subgroups that were fitted one by one are equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.linalg import block_diag

from dce.diagnostics.hypothesis_test import HypothesisTest, HypothesisTests
from dce.diagnostics.likelihood_ratio import ratio
from dce.errors import EstimationError
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_coded
from dce.estimation.newton import solve
from dce.estimation.subgroups import SubgroupFits
from dce.identification import is_singular


def equal_coefficients(fits: SubgroupFits) -> HypothesisTests:
    """Test whether the groups of each characteristic have equal coefficients.

    Parameters
    ----------
    fits : SubgroupFits
        From :func:`dce.fit_by`.

    Returns
    -------
    HypothesisTests
        A Wald and a likelihood ratio test per characteristic. Groups that cannot be estimated are left
        out, and named in the notes. Term by term: :func:`dce.fit_pooled`.

    Raises
    ------
    EstimationError
        If clusters have answers in several groups, whose estimates then depend on one another.

    Notes
    -----
    Nobody is in two groups of a characteristic, so that their estimates b_g are independent. With the
    differences d_g = b_g - b_1 stacked, W = d' V(d)^-1 d is chi-squared with (groups - 1) K degrees of
    freedom; in place of it F with the fewest degrees of freedom of any group where t is used. The
    likelihood ratio is 2 (sum of LL_g - LL of their answers together); Swait and Louviere (1993) call
    it the test of equal parameters, scale included.

    References
    ----------
    Greene (2012), Econometric Analysis, 7th ed., section 6.4.
    """
    tests: list[HypothesisTest] = []
    for name in fits.characteristics:
        groups = fits.of(name)
        refused = [g.value for g in fits.groups if g.characteristic == name and g.name in fits.refused]
        notes = [f"Standard errors: {fits.everybody.inference}."]
        notes += [f"{name}: without {', '.join(refused)}, not estimated."] if refused else []
        hypothesis = f"equal coefficients by {name}"
        if len(groups) < 2:
            notes.append(f"{name}: one group only could be estimated.")
            for test in ("Wald test", "Likelihood ratio test"):
                tests.append(HypothesisTest(test, hypothesis, np.nan, 0, notes=tuple(notes)))
            continue
        _check_independent(name, groups)
        likelihood = _likelihood_ratio(fits.everybody, groups, hypothesis)
        tests.append(_wald(groups, hypothesis, tuple(notes)))
        tests.append(replace(likelihood, notes=likelihood.notes[1:]))
    return HypothesisTests("Equal coefficients in all groups", tuple(tests))


def _check_independent(name: str, groups: Mapping[str, Fit]) -> None:
    for (one, a), (other, b) in combinations(groups.items(), 2):
        clusters = a.inference.clusters
        if clusters is None or clusters == "respondent":
            continue
        both = set(a.choices.frame[clusters]) & set(b.choices.frame[clusters])
        if both:
            raise EstimationError(
                f"equal coefficients by {name}: {len(both):,d} clusters ({clusters}) have answers in both "
                f"{one} and {other}, whose estimates depend on one another; use dce.fit_pooled."
            )


def _wald(groups: Mapping[str, Fit], hypothesis: str, notes: tuple[str, ...]) -> HypothesisTest:
    first, *others = groups.values()
    K = len(first.coefficients)
    d = np.concatenate([fit.coefficients.to_numpy() - first.coefficients.to_numpy() for fit in others])
    V = block_diag(*(fit.covariance.to_numpy() for fit in others))
    V += np.kron(np.ones((len(others), len(others))), first.covariance.to_numpy())
    if is_singular(V):
        raise EstimationError(
            f"Wald test of {hypothesis}: the covariance ({first.inference.kind}) is singular."
        )
    W, q = float(d @ solve(V, d)), len(others) * K
    freedom = min(fit.inference.degrees_of_freedom for fit in groups.values())
    if not np.isinf(freedom):
        W /= q
    return HypothesisTest("Wald test", hypothesis, W, q, float(freedom), notes)


def _likelihood_ratio(everybody: Fit, groups: Mapping[str, Fit], hypothesis: str) -> HypothesisTest:
    together = everybody
    if sum(fit.n_tasks for fit in groups.values()) < everybody.n_tasks:
        frame = pd.concat([fit.choices.frame for fit in groups.values()], ignore_index=True)
        choices = replace(everybody.choices, frame=frame)
        together = fit_coded(choices, everybody.coding, "classical")
    apart = sum(fit.log_likelihood for fit in groups.values())
    q = (len(groups) - 1) * len(everybody.coefficients)
    return ratio(replace(everybody, log_likelihood=apart), together.log_likelihood, q, hypothesis)
