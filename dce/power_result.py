"""What samples of some sizes find, as simulated: power, bias, coverage, failures.

Notation
--------
N respondents, R simulations, K coefficients.
"""

from __future__ import annotations

import math
import textwrap
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dce.estimation.inference import CovarianceKind, normal_quantile
from dce.figure import COLOURS, MARKERS, axes
from dce.logit import BoolArray, FloatArray
from dce.table import WIDTH, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TARGET = 0.8
"""Power that studies usually aim for."""
MOST_COLUMNS = 4
"""Sample sizes side by side in a table."""

FAILURES = ("separated", "not converged")
"""Why a simulated study may have no estimates: answers predicted perfectly, or no maximum reached."""


@dataclass(frozen=True, eq=False)
class Simulated:
    """Simulated studies of one size, in order.

    Attributes
    ----------
    seeds : (R,) integer array
        Of each: ``simulate_choices(design, coefficients, respondents=N, seed=seed)`` gives its answers.
    estimates, standard_errors : (R, K) arrays
        NaN where there are none.
    failures : per simulation, str
        Why not; empty where there are.
    """

    seeds: tuple[int, ...]
    estimates: FloatArray
    standard_errors: FloatArray
    failures: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.failures)


@dataclass(frozen=True, eq=False)
class Power:
    """What samples of some sizes find. Printing it says it in words, then in tables.

    Attributes
    ----------
    title : str
    coefficients : pandas.Series
        True values by name; NaN where the fitted utility is not the simulated one.
    labels : tuple of str
        What tables call them.
    simulated : mapping of int to Simulated
        By number of respondents.
    asked : mapping of int to int
        Simulations asked for, by number of respondents; fewer were done if it was interrupted.
    covariance_kind : str
    level : float
        Of confidence intervals; an estimate is significant if its interval leaves out zero.
    seed : int
    """

    title: str
    coefficients: pd.Series[float]
    labels: tuple[str, ...]
    simulated: Mapping[int, Simulated]
    asked: Mapping[int, int]
    covariance_kind: CovarianceKind
    level: float
    seed: int

    def to_frame(self) -> pd.DataFrame:
        """Return a row per sample size and coefficient, unrounded.

        Returns
        -------
        pandas.DataFrame
            ``respondents``, ``coefficient``, ``truth``; ``simulations`` done and ``fits`` among them;
            ``power``: significant ones among all simulations; its Monte Carlo error ``power_error``;
            over the fits ``bias`` and its error, ``coverage`` of the intervals and its error, the mean
            standard error, and the standard deviation of the estimates.
        """
        truth = self.coefficients.to_numpy()
        z = normal_quantile(self.level)
        frames = []
        for N, studies in self.simulated.items():
            fitted = np.array([not failure for failure in studies.failures], dtype=bool)
            b, se = studies.estimates[fitted], studies.standard_errors[fitted]
            R, n = len(studies), len(b)
            power = (np.abs(b) > z * se).sum(axis=0) / R
            covered = _mean(np.abs(b - truth) <= z * se)
            covered = np.where(np.isnan(truth), np.nan, covered)
            sd = b.std(axis=0, ddof=1) if n > 1 else np.full(len(truth), np.nan)
            frames.append(
                pd.DataFrame(
                    {
                        "respondents": N,
                        "coefficient": self.coefficients.index,
                        "truth": truth,
                        "simulations": R,
                        "fits": n,
                        "power": power,
                        "power_error": np.sqrt(power * (1 - power) / R),
                        "bias": _mean(b) - truth,
                        "bias_error": sd / math.sqrt(max(n, 1)),
                        "coverage": covered,
                        "coverage_error": np.sqrt(covered * (1 - covered) / max(n, 1)),
                        "mean_standard_error": _mean(se),
                        "standard_deviation": sd,
                    }
                )
            )
        return pd.concat(frames, ignore_index=True)

    def failures(self) -> pd.DataFrame:
        """Return, per sample size, the simulations, the fits, and what failed, by kind."""
        rows = {}
        for N, studies in self.simulated.items():
            counts = Counter(studies.failures)
            rows[N] = {"simulations": len(studies), "fits": counts[""], **{f: counts[f] for f in FAILURES}}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("respondents")

    def smallest(self, target: float = TARGET) -> pd.Series[float]:
        """Return, per coefficient, the least size tried from which on power is at the target; or NaN."""
        frame = self.to_frame().pivot(index="respondents", columns="coefficient", values="power")
        frame = frame.sort_index()[list(self.coefficients.index)]
        enough = (frame >= target).iloc[::-1].cummin().iloc[::-1]
        first = enough.idxmax().astype(np.float64)
        return first.where(enough.any()).rename(None).rename_axis(None)

    def in_words(self, target: float = TARGET) -> str:
        """Return, in words, how many respondents are enough for which coefficient; lines of 80 characters."""
        return _wrapped("\n".join(self._sentences(target)))

    def _sentences(self, target: float = TARGET) -> list[str]:
        most = max(self.simulated)
        frame = self.to_frame()
        at_most = frame.loc[frame["respondents"] == most, "power"].tolist()
        groups: dict[float, list[str]] = {}
        for label, first, share in zip(self.labels, self.smallest(target), at_most, strict=True):
            enough = not math.isnan(first)
            said = label if enough else f"{label} ({_percent(share)})"
            groups.setdefault(first if enough else math.inf, []).append(said)
        lines = [
            "Power: the share of studies like this one that find an effect, if it is as large as assumed."
        ]
        for first in sorted(groups):
            where = f"Not reached with {most:,d}" if math.isinf(first) else f"From {first:,.0f} respondents"
            lines.append(f"{where}, {target:.0%} power for: {'; '.join(groups[first])}.")
        return lines

    def tables(self, target: float = TARGET) -> list[Table]:
        """Return the tables: power by sample size; bias and coverage of each; failures, if any."""
        sizes = list(self.simulated)
        groups = [sizes[k : k + MOST_COLUMNS] for k in range(0, len(sizes), MOST_COLUMNS)]
        tables = [self._power_table(group, target) for group in groups]
        tables += [self._quality_table(N) for N in sizes]
        failed = self.failures()
        if failed[list(FAILURES)].to_numpy().any():
            failed.index = pd.Index([f"{N:,d}" for N in failed.index], name="respondents")
            notes = ("Separated: answers that some coefficients predict perfectly.",)
            tables.append(Table("Simulations without estimates", failed, {}, notes))
        return tables

    def table(self, target: float = TARGET) -> Table:
        """Return power by coefficient, all sample sizes side by side."""
        return self._power_table(list(self.simulated), target)

    def _power_table(self, sizes: list[int], target: float) -> Table:
        power = self.to_frame()
        frame = pd.DataFrame({"assumed": self.coefficients.to_numpy()}, index=self._index())
        for N in sizes:
            frame[f"N = {N:,d}"] = power.loc[power["respondents"] == N, "power"].to_numpy()
        frame[f"{target:.0%} from"] = self.smallest(target).to_numpy()
        formats = dict.fromkeys(frame.columns, ".1%") | {"assumed": "4", f"{target:.0%} from": ",.0f"}
        error = power.loc[power["respondents"].isin(sizes), "power_error"].max()
        notes = [
            f"Share of simulated studies in which the coefficient differs from zero at {1 - self.level:.3g}, "
            f"two-sided, with {self.covariance_kind} standard errors; a study without estimates counts as "
            "one that does not find it.",
            f"{self._done()}, seed {self.seed}; Monte Carlo error of a share at most {error:.1%}.",
            f"{target:.0%} from: the least of the sample sizes from which on power is {target:.0%}; empty "
            "if none.",
        ]
        return Table("Power", frame, formats, tuple(notes))

    def _done(self) -> str:
        done = sum(len(studies) for studies in self.simulated.values())
        asked = sum(self.asked.values())
        stopped = "" if done == asked else f", interrupted: {asked:,d} of {_list(self.asked)} were asked for"
        lost = int(self.failures()[list(FAILURES)].to_numpy().sum())
        return f"{done:,d} simulations{stopped}; {lost or 'none'} of them without estimates"

    def _quality_table(self, N: int) -> Table:
        rows = self.to_frame().loc[lambda frame: frame["respondents"] == N]
        columns = ["bias", "bias_error", "coverage", "mean_standard_error", "standard_deviation"]
        frame = rows[columns].set_axis(["bias", "±", "coverage", "mean s.e.", "sd"], axis=1)
        frame.index = self._index()
        n = int(rows["fits"].iloc[0])
        error = rows["coverage_error"].max()
        within = "" if math.isnan(error) else f", Monte Carlo error at most {error:.1%}"
        notes = [
            f"Over {n:,d} fits. Bias: mean estimate less the assumed value, ± its Monte Carlo error. "
            f"Coverage: share of {100 * self.level:.4g}% intervals that hold the assumed value{within}. "
            "Standard errors are right where their mean is the sd of the estimates."
        ]
        if self.coefficients.isna().any():
            notes.append("Neither is told, because the fitted utility is not the simulated one.")
        formats = dict.fromkeys(frame.columns, "4") | {"coverage": ".1%"}
        return Table(f"Estimates with {N:,d} respondents", frame, formats, tuple(notes))

    def _index(self) -> pd.Index:
        return pd.Index(self.labels, name="")

    def __str__(self) -> str:
        words = "\n".join([f"Power of {self.title}", *self._sentences()])
        parts = [_wrapped(words), *map(str, self.tables())]
        return "\n\n".join(parts)

    def to_latex(self) -> str:
        """Return the tables for LaTeX, with the package booktabs."""
        return "\n".join(table.to_latex() for table in self.tables())

    def _repr_html_(self) -> str:
        said = "".join(f"<p>{escape(line)}</p>" for line in self._sentences())
        return said + "\n".join(table.to_html() for table in self.tables())

    def plot(self, ax: Axes | None = None, target: float = TARGET) -> Axes:
        """Draw power against the number of respondents, a line per coefficient; needs matplotlib.

        Raises
        ------
        DceError
            If matplotlib is not installed.
        """
        ax = axes(ax)
        power = self.to_frame().sort_values("respondents", kind="stable")
        for k, (name, label) in enumerate(zip(self.coefficients.index, self.labels, strict=True)):
            rows = power[power["coefficient"] == name]
            ax.errorbar(
                rows["respondents"],
                rows["power"],
                yerr=rows["power_error"],
                label=label,
                color=COLOURS[k % len(COLOURS)],
                marker=MARKERS[k % len(MARKERS)],
                markersize=5,
                linewidth=1.5,
                capsize=2,
            )
        ax.axhline(target, color="#43535c", linestyle="--", linewidth=1)
        ax.annotate(
            f"{target:.0%}", (1, target), xycoords=("axes fraction", "data"), xytext=(4, 0),
            textcoords="offset points", va="center", color="#43535c",
        )  # fmt: skip
        ax.set(xlabel="Respondents", ylabel="Power", ylim=(-0.02, 1.04))
        ax.set_title(f"Share of simulated studies that find an effect (p < {1 - self.level:.3g})", loc="left")
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        ax.spines[["top", "right"]].set_visible(False)
        ax.legend(loc="center left", bbox_to_anchor=(1.06, 0.5), frameon=False, fontsize="small")
        return ax


def _mean(values: FloatArray | BoolArray) -> FloatArray:
    """Return the mean over rows; NaN if there are none."""
    return np.asarray(values.mean(axis=0) if len(values) else np.full(values.shape[1], np.nan))


def _percent(share: float) -> str:
    """Show a share so that none is rounded up to a target that it misses."""
    return f"{math.floor(round(100 * share, 6))}%"


def _list(sizes: Mapping[int, int]) -> str:
    return ", ".join(f"{N:,d}" for N in sizes)


def _wrapped(text: str) -> str:
    return "\n".join(textwrap.fill(line, WIDTH, subsequent_indent="  ") for line in text.split("\n"))
