"""Fits with the covariance that the options of a command name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast, get_args

import typer

from dce.cli.console import progress_bar
from dce.errors import EstimationError
from dce.estimation.fit import Fit
from dce.estimation.inference import CovarianceKind, InferenceKind, ResampledKind, check_covariance
from dce.estimation.intervals import IntervalMethod, check_method
from dce.estimation.subgroups import SubgroupFits

REPLICATES = 1_000

AnyCovariance = Annotated[
    str,
    typer.Option(
        help="Standard errors: clustered, robust or classical; CR2 or CR3 for few clusters; bootstrap or "
        "jackknife."
    ),
]
ClustersColumn = Annotated[
    str | None,
    typer.Option("--clusters", help="Column of the answers whose values are clusters. Default: respondent."),
]
Replicates = Annotated[
    int | None,
    typer.Option(min=1, help="Resamples of the bootstrap.", show_default=str(REPLICATES)),
]
BootstrapSeed = Annotated[int, typer.Option(min=0, help="Of the bootstrap: same seed, same replicates.")]
Intervals = Annotated[str, typer.Option(help="normal; or percentile or bca, after a bootstrap.")]


@dataclass(frozen=True)
class WantedCovariance:
    """What the options say: a kind, the column of clusters, and the bootstrap's replicates and seed.

    Raises
    ------
    EstimationError
        If the kind does not exist, or replicates are given for another one than the bootstrap.
    """

    kind: str
    clusters: str | None
    replicates: int | None
    seed: int

    def __post_init__(self) -> None:
        check_covariance(self.kind, get_args(InferenceKind))
        if self.replicates is not None and self.kind != "bootstrap":
            raise EstimationError(
                f"replicates: found {self.replicates}; allowed: with --covariance bootstrap only."
            )

    @property
    def resampled(self) -> bool:
        """Whether it needs many fits."""
        return self.kind in get_args(ResampledKind)

    @property
    def of_fit(self) -> tuple[CovarianceKind, str | None]:
        """The covariance and clusters of the one fit that comes first."""
        return ("classical", None) if self.resampled else (cast(CovarianceKind, self.kind), self.clusters)

    def applied(self, fit: Fit) -> Fit:
        """Return the fit with the covariance, under a progress bar where it needs many fits."""
        if not self.resampled:
            return fit
        with progress_bar("Resampling") as move:
            return fit.with_covariance(
                cast(InferenceKind, self.kind),
                self.clusters,
                replicates=self.replicates or REPLICATES,
                seed=self.seed,
                progress=lambda done, total: move(done, total, f"{done:,d} of {total:,d} fits"),
            )

    def applied_to_groups(self, fits: SubgroupFits) -> SubgroupFits:
        """Return the fits of subgroups with the covariance."""
        return fits.changed(self.applied) if self.resampled else fits


def interval_method(text: str) -> IntervalMethod:
    """Return the kind of interval that an option names."""
    check_method(text)
    return cast(IntervalMethod, text)
