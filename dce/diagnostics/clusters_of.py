"""The clusters of a fit."""

from __future__ import annotations

from dce.estimation.clusters import Clusters, find_clusters, respondents_or_tasks
from dce.estimation.fit import Fit


def clusters_of(fit: Fit) -> Clusters:
    """Return the clusters of the fit's errors, else the respondents, else the answered tasks."""
    column = fit.inference.clusters
    return find_clusters(fit.choices, column) if column else respondents_or_tasks(fit.choices)
