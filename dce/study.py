"""A study: what is asked of respondents, said once.

Labels, units and reference levels go from here to the card and to the tables; the utility and its
priors go to the design; the same coding serves design, choices and scenarios. Studies are kept in
``study.toml`` files.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import tomli_w

from dce.attributes import (
    Alternative,
    Attribute,
    Level,
    check_distinct,
    check_texts,
    refusal,
)
from dce.coding import Coding, drop_columns, learn_coding
from dce.design_settings import DesignSettings
from dce.errors import FormulaError, StudyError, listed, plain
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.prior import Prior
from dce.restrictions import Restriction, read_restriction
from dce.study_file import parts_of, table_of
from dce.survey_settings import SurveySettings
from dce.table import Table
from dce.toml import read_toml


@dataclass(frozen=True)
class Study:
    """A choice experiment as its researcher describes it.

    Parameters
    ----------
    title : str
    attributes : sequence of Attribute
    alternatives : sequence of Alternative
        In the order in which they stand on the card, without the opt-out.
    question : str, optional
        What is asked below each card.
    introduction : str, optional
        What respondents read first.
    labelled : bool, optional
        Whether the alternatives are different kinds of service, rather than two of a kind.
    opt_out : Alternative, optional
        Choosing none of the services. It has no attributes.
    utility : str, optional
        A formula; see :mod:`dce.coding`. Default: the main effect of every attribute, and the
        constants that alternatives have.
    priors : mapping of str to Prior or float, optional
        For every coefficient of the utility, or none at all.
    design : DesignSettings, optional
    restrictions : sequence of str, optional
        What holds of every service on a card, such as
        ``'not (mode == "group" and matching == "you choose")'``.
    survey : SurveySettings, optional

    Raises
    ------
    StudyError
        If the parts contradict one another; the message says key, found and allowed.

    Examples
    --------
    >>> study = Study(
    ...     "Clinics",
    ...     attributes=[Attribute("wait", [2, 4, 8], unit="weeks"), Attribute("parking", ["no", "yes"])],
    ...     alternatives=[Alternative("A"), Alternative("B", constant=True)],
    ...     priors={"constant[B]": 0, "wait": -0.1, "parking[yes]": Prior(0.4, sd=0.1)},
    ... )
    >>> study.coefficients
    ('constant[B]', 'wait', 'parking[yes]')
    """

    title: str
    attributes: Sequence[Attribute]
    alternatives: Sequence[Alternative]
    question: str = "Which would you choose?"
    introduction: str = ""
    labelled: bool = False
    opt_out: Alternative | None = None
    utility: str = ""
    priors: Mapping[str, Prior] = field(default_factory=dict)
    design: DesignSettings = field(default_factory=DesignSettings)
    restrictions: Sequence[str] = ()
    survey: SurveySettings = field(default_factory=SurveySettings)

    def __post_init__(self) -> None:
        for name, kind in (
            ("attributes", Attribute),
            ("alternatives", Alternative),
            ("restrictions", str),
        ):
            value = getattr(self, name)
            is_list = isinstance(value, Sequence) and not isinstance(value, str)
            if not is_list or not all(isinstance(item, kind) for item in value):
                raise refusal(name, value, f"a list of {kind.__name__}")
            object.__setattr__(self, name, tuple(value))
        check_texts("study", self, ("title", "question", "introduction", "utility"))
        if not self.title.strip():
            raise refusal("title", self.title, "a text that is not empty")
        if not (self.opt_out is None or isinstance(self.opt_out, Alternative)):
            raise refusal("opt_out", self.opt_out, "an Alternative, or None")
        if not isinstance(self.design, DesignSettings):
            raise refusal("design", self.design, "DesignSettings")
        if not isinstance(self.labelled, bool):
            raise refusal("labelled", self.labelled, "true or false")
        if not self.attributes:
            raise refusal("attributes", [], "at least one attribute")
        if len(self.alternatives) + (self.opt_out is not None) < 2:
            names = [alternative.name for alternative in self.alternatives]
            raise refusal("alternatives", names, "at least two, or one and an opt-out")
        if not self.alternatives:
            raise refusal("alternatives", [], "at least one besides the opt-out")
        self._check_names()
        if all(alternative.constant for alternative in self.all_alternatives):
            raise StudyError("constant: every alternative has one; allowed: at least one without.")
        if not self.utility:
            object.__setattr__(self, "utility", " + ".join(self.attribute_names))
        if not self.question.strip():
            raise refusal("question", self.question, "a text that is not empty")
        self._check_priors()
        self._check_restrictions()
        self._check_design()
        self._check_survey()

    @cached_property
    def rules(self) -> tuple[Restriction, ...]:
        """The restrictions, with the combinations of levels that each allows."""
        levels = {attribute.name: tuple(attribute.levels) for attribute in self.attributes}
        return tuple(read_restriction(text, levels) for text in self.restrictions)

    def _check_names(self) -> None:
        check_distinct("attributes", [attribute.name for attribute in self.attributes])
        check_distinct("attributes, label", [attribute.label for attribute in self.attributes])
        check_distinct("alternatives", self.alternative_names)
        check_distinct("alternatives, label", [a.label for a in self.all_alternatives])
        for attribute in self.attributes:
            for name in attribute.alternatives:
                if name not in [alternative.name for alternative in self.alternatives]:
                    allowed = listed([alternative.name for alternative in self.alternatives])
                    raise refusal(f"attribute {attribute.name!r}, alternatives", name, allowed)
            check_distinct(f"attribute {attribute.name!r}, alternatives", attribute.alternatives)

    def _check_restrictions(self) -> None:
        for rule in self.rules:
            attributes = [self.attribute(name) for name in rule.attributes]
            for axis, attribute in enumerate(attributes):
                others = tuple(k for k in range(len(attributes)) if k != axis)
                never = [
                    level
                    for level, shown in zip(
                        attribute.levels, np.asarray(rule.allowed.any(axis=others)), strict=True
                    )
                    if not shown
                ]
                if never:
                    raise StudyError(
                        f"restriction {rule.text!r}: {attribute.name} can never be {listed(never)}; "
                        "leave out that level, or change the restriction."
                    )
            names = [alternative.name for alternative in self.alternatives]
            if not any(all(self.has(name, a) for a in attributes) for name in names):
                raise StudyError(
                    f"restriction {rule.text!r}: no alternative has {listed(rule.attributes)} together; "
                    "allowed: attributes of one service."
                )

    def _check_design(self) -> None:
        try:
            self.check_settings(self.design)
        except StudyError as error:
            raise StudyError(f"design: {error}") from None

    def _check_survey(self) -> None:
        if not isinstance(self.survey, SurveySettings):
            raise refusal("survey", self.survey, "SurveySettings")
        names = [alternative.name for alternative in self.alternatives]
        try:
            self.survey.check_fit(self.attribute_names, names, has_opt_out=self.opt_out is not None)
        except StudyError as error:
            raise StudyError(f"survey: {error}") from None

    def check_settings(self, settings: DesignSettings) -> None:
        """Refuse settings of a design that speak of what the study does not have.

        Raises
        ------
        StudyError
        """
        names = [alternative.name for alternative in self.alternatives]
        settings.check_fit(self.attributes, names, self.labelled)

    def _check_priors(self) -> None:
        if not isinstance(self.priors, Mapping):
            raise refusal("priors", self.priors, "a table of coefficients and numbers")
        priors: dict[str, Prior] = {}
        for name, prior in self.priors.items():
            try:
                priors[name] = prior if isinstance(prior, Prior) else Prior(prior)
            except StudyError as error:
                raise StudyError(f"priors, {name!r}: {error}") from None
        names = self.coefficients
        for name in priors:
            if name not in names:
                raise refusal("priors", name, f"the coefficients {listed(names, 40)}")
        missing = [name for name in names if name not in priors]
        if priors and missing:
            raise StudyError(
                f"priors: {listed(missing, 40)} is missing; allowed: a prior for every coefficient (0 "
                "where nothing is known), or no priors at all."
            )
        object.__setattr__(self, "priors", {name: priors[name] for name in names if priors})

    @property
    def all_alternatives(self) -> tuple[Alternative, ...]:
        """The alternatives in the order of the card, the opt-out last."""
        return (*self.alternatives, *([self.opt_out] if self.opt_out else []))

    @property
    def alternative_names(self) -> tuple[str, ...]:
        """Names of the alternatives in the order of the card, the opt-out last."""
        return tuple(alternative.name for alternative in self.all_alternatives)

    @property
    def constants(self) -> tuple[str, ...]:
        """Names of the alternatives that have a constant."""
        return tuple(a.name for a in self.all_alternatives if a.constant)

    def attribute(self, name: str) -> Attribute:
        """Return the attribute of that name."""
        for attribute in self.attributes:
            if attribute.name == name:
                return attribute
        raise StudyError(f"attribute {name!r}: unknown; allowed: {listed(self.attribute_names)}.")

    @property
    def attribute_names(self) -> tuple[str, ...]:
        """Names of the attributes, in the order of the card."""
        return tuple(attribute.name for attribute in self.attributes)

    @property
    def caution(self) -> str:
        """What is allowed, but perhaps unwanted; empty if nothing is."""
        if self.opt_out is None or self.opt_out.constant or all(a.constant for a in self.alternatives):
            return ""
        return (
            f"no constant sets the opt-out {self.opt_out.label!r} apart, so that choosing it is taken to be "
            "worth what a service with all attributes zero or at their reference is; "
            "constant = true gives it one"
        )

    def has(self, alternative: str, attribute: Attribute) -> bool:
        """Whether an alternative has an attribute; the opt-out has none."""
        if self.opt_out is not None and alternative == self.opt_out.name:
            return False
        return not attribute.alternatives or alternative in attribute.alternatives

    @property
    def levels(self) -> dict[str, tuple[Level, ...]]:
        """Levels of the attributes, and the alternatives, as :func:`dce.coding.learn_coding` wants."""
        levels = {a.name: tuple(a.levels) for a in self.attributes}
        return {**levels, ALTERNATIVE: self.alternative_names}

    def learn(self, formula: str | None, frame: pd.DataFrame, fixed: Collection[str] = ()) -> Coding:
        """Return the coding of a formula (default: the utility) for frames of this study.

        Coefficients that are zero for every alternative, such as ``wait:alternative[neither]``
        where the opt-out has no wait, are left out.
        """
        coding = learn_coding(formula or self.utility, frame, self.levels, self.constants, fixed)
        return drop_columns(coding, self._always_zero(coding, frame))

    def _always_zero(self, coding: Coding, frame: pd.DataFrame) -> list[int]:
        """Return the coefficients of alternatives that lack the attribute they multiply.

        A term is left whole if all its columns are zero: that is a fault to be reported.
        """
        zero: list[int] = []
        for part in set(coding.parts):
            if not (part & {ALTERNATIVE, CONSTANTS} and part & set(self.attribute_names)):
                continue
            columns = [k for k, other in enumerate(coding.parts) if other == part]
            X = coding.matrix(self._all_levels(part, coding, frame))[:, columns]
            is_zero = np.asarray(~X.any(axis=0))
            if not is_zero.all():
                zero += [k for k, empty in zip(columns, is_zero, strict=True) if empty]
        return zero

    def _all_levels(self, part: frozenset[str], coding: Coding, frame: pd.DataFrame) -> pd.DataFrame:
        """Every alternative with every combination of levels of the attributes in a term."""
        attributes = [attribute for attribute in self.attributes if attribute.name in part]
        others = sorted(part - set(self.levels) - {CONSTANTS})
        known = _spread(frame[others]) if others else [{}]
        unused = {name: frame[name].dropna().iloc[0] for name in coding.variables
                  if name in frame and name not in self.levels and name not in others}  # fmt: skip
        rows: list[dict[str, object]] = []
        for name in self.alternative_names:
            mine = [attribute.levels if self.has(name, attribute) else (None,) for attribute in attributes]
            blank: dict[str, object] = {ALTERNATIVE: name, **dict.fromkeys(self.attribute_names), **unused}
            names = [attribute.name for attribute in attributes]
            for levels in product(*mine):
                at = blank | dict(zip(names, levels, strict=True))
                rows += [{**at, **{str(k): v for k, v in respondent.items()}} for respondent in known]
        return self.typed(pd.DataFrame(rows))

    def typed(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a frame whose numeric attributes are floats and the others objects."""
        kinds = {a.name: np.float64 if a.is_numeric else object for a in self.attributes}
        return frame.astype({name: kind for name, kind in kinds.items() if name in frame.columns})

    @cached_property
    def coding(self) -> Coding:
        """The coding of the utility.

        Raises
        ------
        StudyError
            If the utility cannot be read, or uses something that no card shows.
        """
        try:
            return self.learn(None, pd.DataFrame())
        except FormulaError as error:
            raise StudyError(f"utility: {error}") from error

    @property
    def coefficients(self) -> tuple[str, ...]:
        """Names of the coefficients of the utility."""
        return self.coding.names

    @property
    def prior_means(self) -> pd.Series[float]:
        """Prior mean of every coefficient; zero where the study has no priors."""
        means = [self.priors[name].mean if self.priors else 0.0 for name in self.coefficients]
        return pd.Series(means, index=list(self.coefficients), dtype=np.float64)

    def label(self, coefficient: str) -> str:
        """Return what tables call a coefficient.

        Examples
        --------
        >>> study = Study("T", [Attribute("wait", [1, 2], "Wait", "weeks")],
        ...               [Alternative("A"), Alternative("B", "Clinic B", constant=True)])
        >>> study.label("wait"), study.label("constant[B]"), study.label("wait:age65")
        ('Wait (weeks)', 'Constant: Clinic B', 'Wait (weeks) × age65')
        """
        if coefficient in self._labels:
            return self._labels[coefficient]
        parts = coefficient.split(":")
        if any(part in self._labels for part in parts):
            return " × ".join(self._labels.get(part, part) for part in parts)
        return coefficient

    @cached_property
    def _labels(self) -> dict[str, str]:
        labels: dict[str, str] = {}
        for alternative in self.all_alternatives:
            labels[f"constant[{alternative.name}]"] = f"Constant: {alternative.label}"
            labels[f"{ALTERNATIVE}[{alternative.name}]"] = alternative.label
        for attribute in self.attributes:
            labels[attribute.name] = attribute.heading
            for level, text in zip(attribute.levels, attribute.labels, strict=True):
                shown = plain(level) if isinstance(level, (int, float)) else level
                labels[f"{attribute.name}[{shown}]"] = f"{attribute.label}: {text}"
        return labels

    def table(self) -> Table:
        """Return the attributes with their levels, and what else is asked below."""
        rows = {
            a.label: {
                "levels": "; ".join(a.labels),
                "of": ", ".join(a.alternatives) or "all services",
                "name": a.name,
            }
            for a in self.attributes
        }
        frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("attribute")
        if not any(a.alternatives for a in self.attributes):
            frame = frame.drop(columns="of")
        asked, K = self.design, len(self.coefficients)
        notes = [
            f"{self.question} {', '.join(a.label for a in self.all_alternatives)}.",
            f"Utility: {self.utility}; {K} coefficients{'' if self.priors else ', without priors'}.",
            f"Design: {asked.tasks} tasks in {asked.blocks} block{'' if asked.blocks == 1 else 's'}.",
            *(f"Of every service: {rule}." for rule in self.restrictions),
        ]
        return Table(self.title, frame, {}, tuple(notes))

    def __str__(self) -> str:
        return str(self.table())

    def _repr_html_(self) -> str:
        return self.table().to_html()

    @classmethod
    def read(cls, path: str | Path) -> Study:
        """Read a study file, or the ``study.toml`` of a folder.

        Raises
        ------
        StudyError
            Saying file, key, what was found and what is allowed.
        """
        path = Path(path)
        path = path / "study.toml" if path.is_dir() else path
        if path.suffix.lower() in (".csv", ".xlsx", ".json"):
            raise StudyError(f"{path}: is no study; allowed: a folder with a study.toml, or that file.")
        table = read_toml(path, StudyError, "; 'dce new' writes one")
        try:
            return cls(**parts_of(table, [f.name for f in fields(cls)]))
        except StudyError as error:
            raise StudyError(f"{path}: {error}") from error

    def write(self, path: str | Path) -> None:
        """Write the study to a file; reading it again gives an equal study."""
        table = table_of(self)
        multiline = "\\r" not in repr(table)
        text = tomli_w.dumps(table, multiline_strings=multiline)
        Path(path).write_text(text, encoding="utf-8", newline="\n")


def _spread(characteristics: pd.DataFrame) -> list[dict[Any, Any]]:
    """Return every combination of the words, each with numbers spread from least to most."""
    distinct = characteristics.dropna().drop_duplicates()
    numbers = [str(name) for name in distinct if pd.api.types.is_numeric_dtype(distinct[name])]
    words = [name for name in distinct if name not in numbers]
    distinct = distinct.sort_values(numbers) if numbers else distinct
    groups = [rows for _, rows in distinct.groupby(words, observed=True)] if words else [distinct]
    picked = [rows.iloc[np.unique(np.linspace(0, len(rows) - 1, 50).astype(int))] for rows in groups]
    return pd.concat(picked).to_dict("records")
