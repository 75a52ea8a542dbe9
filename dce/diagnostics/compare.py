"""Models side by side, as papers print them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.errors import EstimationError, listed
from dce.estimation.fit import Fit
from dce.estimation.scale_fit import ScaleFit
from dce.formula import ALTERNATIVE
from dce.table import Table, number

Model = Fit | ScaleFit
COUNTS = ("Coefficients", "Respondents", "Answered tasks")
"""Statistics that are whole numbers."""
LEARNED = ("poly(", "center(", "scale(", "bs(", "cr(")
"""Transforms whose columns depend on the rows that they were learned from, where no study says the levels."""


@dataclass(frozen=True)
class Comparison:
    """Models side by side. Printing it shows the table of a paper.

    Attributes
    ----------
    frame : pandas.DataFrame
        A row for each coefficient of any model; columns are (model, ``coefficient`` or
        ``standard error``), NaN where a model lacks it.
    statistics : pandas.DataFrame
        A row for each statistic, a column for each model.
    answers : dict of str to str
        Per model a letter; models with the same letter were fitted to the same answers, and only
        their log-likelihood, AIC and BIC can be compared.
    labels : dict of str to str
        What tables call the coefficients.
    notes : tuple of str
    """

    frame: pd.DataFrame
    statistics: pd.DataFrame
    answers: Mapping[str, str]
    labels: Mapping[str, str]
    notes: tuple[str, ...]

    @property
    def comparable(self) -> bool:
        """Whether all models were fitted to the same answers."""
        return len(set(self.answers.values())) == 1

    def table(self) -> Table:
        """Return coefficients with standard errors in brackets, and statistics below, a column per model."""
        columns = {}
        for model in self.statistics.columns:
            b, se = self.frame[model, "coefficient"], self.frame[model, "standard error"]
            cells = [_cell(*pair) for pair in zip(b, se, strict=True)]
            cells += [_statistic(str(name), value) for name, value in self.statistics[model].items()]
            columns[str(model)] = cells + ([] if self.comparable else [self.answers[str(model)]])
        names = [self.labels[str(name)] for name in self.frame.index]
        names += [*map(str, self.statistics.index), *([] if self.comparable else ["Answers"])]
        frame = pd.DataFrame(columns, index=pd.Index(names, name=""))
        return Table("Models side by side", frame, {}, self.notes)

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()


def compare(models: Sequence[Model] | Mapping[str, Model], names: Sequence[str] | None = None) -> Comparison:
    """Put models side by side.

    Parameters
    ----------
    models : sequence of Fit or ScaleFit, or mapping of name to these
    names : sequence of str, optional
        What to call the models of a sequence. Default: (1), (2) ...

    Returns
    -------
    Comparison

    Raises
    ------
    EstimationError
        If there are no models, or names that are not one for each.

    Notes
    -----
    Models fitted to different answers (other respondents, tasks or weights) get different letters, and
    a caution: their log-likelihoods, AIC and BIC are not comparable.
    """
    named = _named(models, names)
    coefficients = list(dict.fromkeys(str(b) for model in named.values() for b in model.coefficients.index))
    frame = pd.concat(
        {
            name: pd.DataFrame(
                {"coefficient": model.coefficients, "standard error": model.standard_errors}
            ).reindex(coefficients)
            for name, model in named.items()
        },
        axis=1,
    )
    statistics = pd.DataFrame({name: _statistics(model) for name, model in named.items()})
    answers = _letters(named)
    labels: dict[str, str] = {}
    for model in named.values():
        labels |= {str(b): model.label(str(b)) for b in model.coefficients.index if b not in labels}
    return Comparison(frame, statistics, answers, labels, tuple(_notes(named, statistics, answers)))


def _named(models: Sequence[Model] | Mapping[str, Model], names: Sequence[str] | None) -> dict[str, Model]:
    if isinstance(models, Mapping):
        if names is not None:
            raise EstimationError("names: found with a mapping, which names the models; allowed: none.")
        named = {str(name): model for name, model in models.items()}
    else:
        called = [f"({k})" for k in range(1, len(models) + 1)] if names is None else [str(n) for n in names]
        if len(called) != len(models) or len(set(called)) < len(called):
            raise EstimationError(
                f"names: found {listed(called, 20)} for {len(models)} models; allowed: a different name each."
            )
        named = dict(zip(called, models, strict=True))
    if not named:
        raise EstimationError("models: found none; allowed: one or more.")
    wrong = [name for name, model in named.items() if not isinstance(model, Model)]
    if wrong:
        kind = type(named[wrong[0]]).__name__
        raise EstimationError(f"models: {wrong[0]} is a {kind}; allowed: what fit_mnl or fit_scales return.")
    return named


def _plain(model: Model) -> Fit:
    """Return the fit that knows the answers of a model."""
    return model.equal if isinstance(model, ScaleFit) else model


def _statistics(model: Model) -> dict[str, float]:
    of_answers, K, LL = _plain(model), len(model.coefficients), model.log_likelihood
    null = of_answers.log_likelihood_null
    respondents = of_answers.n_respondents
    return {
        "Log-likelihood": LL,
        "Coefficients": float(K),
        "AIC": 2 * K - 2 * LL,
        "BIC": float(K * np.log(of_answers.answers) - 2 * LL),
        "McFadden R2": 1 - LL / null,
        "Adjusted R2": 1 - (LL - K) / null,
        "Respondents": float("nan") if respondents is None else float(respondents),
        "Answered tasks": float(of_answers.n_tasks),
    }


def _letters(named: Mapping[str, Model]) -> dict[str, str]:
    """Return a letter for each model, the same where the answers are the same."""
    seen: dict[object, str] = {}
    known: dict[int, tuple[int, ...]] = {}
    letters = {}
    for name, model in named.items():
        choices = _plain(model).choices
        mark = known.setdefault(id(choices), fingerprint(choices) if id(choices) not in known else ())
        letters[name] = seen.setdefault(mark, chr(ord("a") + len(seen) % 26))
    return letters


def fingerprint(choices: Choices) -> tuple[int, ...]:
    """Return numbers that are the same for the same answers, whatever the order of rows.

    Of each row: respondent, task, alternative, whether it was available and chosen, and the weight.
    """
    frame = choices.frame
    columns: dict[str, object] = {
        name: frame[name].astype(str) for name in ("respondent", "task", ALTERNATIVE) if name in frame
    }
    columns["chosen"] = frame["chosen"].astype(np.int64)
    columns["available"] = frame["available"].astype(np.int64) if "available" in frame else 1
    columns["weight"] = frame["weight"].astype(np.float64) if "weight" in frame else 1.0
    hashes = pd.util.hash_pandas_object(pd.DataFrame(columns), index=False).to_numpy()
    mixed = hashes * (hashes >> np.uint64(7) | np.uint64(1))
    return len(frame), int(hashes.sum(dtype=np.uint64)), int(mixed.sum(dtype=np.uint64))


def _notes(named: Mapping[str, Model], statistics: pd.DataFrame, answers: Mapping[str, str]) -> list[str]:
    kinds = {name: str(model.inference) for name, model in named.items()}
    if len(set(kinds.values())) == 1:
        notes = [f"Standard errors in brackets: {next(iter(kinds.values()))}."]
    else:
        notes = ["Standard errors in brackets. " + " ".join(f"{k}: {v}." for k, v in kinds.items())]
    unlike = _meanings(named)
    if unlike:
        notes.append(
            f"Caution: {listed(unlike, 10)} is coded differently in these models (another reference level, "
            "other levels or other rows to learn from), so that its row cannot be compared."
        )
    if len(set(answers.values())) > 1:
        notes.append(
            "Caution: models whose row Answers has different letters were fitted to different answers: "
            "their log-likelihoods, AIC and BIC cannot be compared, and their coefficients may differ in "
            "scale alone."
        )
    elif len(named) > 1:
        lowest = [f"{name}: {statistics.loc[name].astype(float).idxmin()}" for name in ("AIC", "BIC")]
        notes.append(f"Lowest {'; lowest '.join(lowest)}. All were fitted to the same answers.")
    return notes


def _meanings(named: Mapping[str, Model]) -> list[str]:
    """Return the coefficients whose name stands for different things in different models."""
    found: dict[str, set[object]] = {}
    for model in named.values():
        coding = _plain(model).coding
        for name, part, treatment in zip(coding.names, coding.parts, coding.treatment, strict=True):
            levels = [coding.categories.get(variable, ()) for variable in sorted(part)]
            against = [level[:1] if treatment else level for level in levels]
            learned = _plain(model).study is None and any(word in name for word in LEARNED)
            basis = fingerprint(_plain(model).choices) if learned else ()
            found.setdefault(name, set()).add((treatment, *map(tuple, against), basis))
    return [name for name, meanings in found.items() if len(meanings) > 1]


def _cell(b: float, se: float) -> str:
    return "" if np.isnan(b) else f"{number(b, '4')} ({number(se, '4')})"


def _statistic(name: str, value: float) -> str:
    if np.isnan(value):
        return ""
    if name in COUNTS:
        return number(int(value))
    return f"{value:.4f}" if "R2" in name else f"{value:,.2f}"
