"""Whether the coefficients of subgroups that were fitted one by one are equal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd

from dce.diagnostics.group_wald import group_wald
from dce.diagnostics.hypothesis_test import HypothesisTest, HypothesisTests
from dce.diagnostics.likelihood_ratio import ratio
from dce.estimation.fit import Fit
from dce.estimation.fit_mnl import fit_coded
from dce.estimation.subgroups import SubgroupFits


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
        out, and named in the notes. The Wald test is not defined, NaN, where clusters have answers in
        several groups, whose estimates then depend on one another. Term by term, and with such
        clusters: :func:`dce.fit_pooled`.

    Notes
    -----
    Nobody is in two groups of a characteristic, so that their estimates b_g are independent. With the
    differences d_g = b_g - b_1 stacked, W = d' V(d)^-1 d is chi-squared with (groups - 1) K degrees of
    freedom. Where errors are of clusters it is turned into an F that knows how few clusters the smallest
    groups have (Pustejovsky and Tipton 2018). The likelihood ratio is 2 (sum of LL_g - LL of their answers
    together); Swait and Louviere (1993) call it the test of equal parameters, scale included.

    References
    ----------
    Greene (2012), Econometric Analysis, 7th ed., section 6.4. Pustejovsky and Tipton (2018), Small-sample
    methods for cluster-robust variance estimation and hypothesis testing in fixed effects models, Journal
    of Business and Economic Statistics 36:672, section 3.2.
    """
    tests = [test for name in fits.characteristics for test in _tests(fits, name)]
    return HypothesisTests("Equal coefficients in all groups", tuple(tests))


def _tests(fits: SubgroupFits, name: str) -> list[HypothesisTest]:
    """Return the tests of the groups of one characteristic."""
    hypothesis, groups = f"equal coefficients by {name}", fits.of(name)
    refused = [g.value for g in fits.groups if g.characteristic == name and g.name in fits.refused]
    few = fits.few_clusters(name)
    notes = [f"Standard errors: {fits.everybody.inference}."]
    if refused:
        notes.append(f"{name}: without {', '.join(refused)}, not estimated.")
    if few:
        shown = ", ".join(f"{value}: {n}" for value, n in few.items())
        notes.append(f"{name}: few clusters ({shown}), with which clustered errors are too small.")
    if len(groups) < 2:
        notes.append(f"{name}: one group only could be estimated.")
        undefined = HypothesisTest("Wald test", hypothesis, np.nan, 0, notes=tuple(notes))
        return [undefined, replace(undefined, name="Likelihood ratio test")]
    likelihood = _likelihood_ratio(fits.everybody, groups, hypothesis)
    shared = _shared_clusters(name, groups)
    if shared:
        q = likelihood.degrees_of_freedom
        wald = HypothesisTest("Wald test", hypothesis, np.nan, q, notes=(*notes, shared))
    else:
        wald = _wald(groups, hypothesis, tuple(notes))
    return [wald, replace(likelihood, notes=likelihood.notes[1:])]


def _shared_clusters(name: str, groups: Mapping[str, Fit]) -> str:
    """Say whether clusters have answers in several groups."""
    for (one, a), (other, b) in combinations(groups.items(), 2):
        clusters = a.inference.clusters
        if clusters is None or clusters == "respondent" or clusters not in a.choices.frame:
            continue
        both = set(a.choices.frame[clusters]) & set(b.choices.frame[clusters])
        if both:
            return (
                f"{name}: {len(both):,d} clusters ({clusters}) have answers in both {one} and {other}, whose "
                "estimates depend on one another; the Wald test needs dce.fit_pooled."
            )
    return ""


def _wald(groups: Mapping[str, Fit], hypothesis: str, notes: tuple[str, ...]) -> HypothesisTest:
    first, *others = groups.values()
    d = np.concatenate([fit.coefficients.to_numpy() - first.coefficients.to_numpy() for fit in others])
    parts = [np.kron(np.ones((len(others), len(others))), first.covariance.to_numpy())]
    for k, fit in enumerate(others):
        place = np.zeros((len(others), len(others)))
        place[k, k] = 1.0
        parts.append(np.kron(place, fit.covariance.to_numpy()))
    clusters = [fit.inference.n_clusters for fit in (first, *others)]
    known = [n for n in clusters if n is not None]
    V = np.sum(parts, axis=0)
    return group_wald(d, V, parts if len(known) == len(clusters) else (), known, hypothesis, notes)


def _likelihood_ratio(everybody: Fit, groups: Mapping[str, Fit], hypothesis: str) -> HypothesisTest:
    together = everybody
    if sum(fit.n_tasks for fit in groups.values()) < everybody.n_tasks:
        frame = pd.concat([fit.choices.frame for fit in groups.values()], ignore_index=True)
        choices = replace(everybody.choices, frame=frame)
        together = fit_coded(choices, everybody.coding, "classical")
    apart = sum(fit.log_likelihood for fit in groups.values())
    q = (len(groups) - 1) * len(everybody.coefficients)
    return ratio(replace(everybody, log_likelihood=apart), together.log_likelihood, q, hypothesis)
