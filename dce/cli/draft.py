"""A study that was just begun, as the commented files that it is written to."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tomli_w
from jinja2 import Environment, PackageLoader, StrictUndefined

from dce.attributes import RESERVED, Attribute
from dce.errors import StudyError
from dce.study import Study
from dce.study_file import parts_of

WORTH = 0.5
"""What the whole range of a number is worth in the first priors."""
INFORMED = 2
"""Differences between services that a design shows for each coefficient, at least."""


@dataclass(frozen=True)
class Draft:
    """What ``dce new`` asks about.

    Attributes
    ----------
    title, question : str
    services : sequence of str
        What the alternatives are called.
    labelled : bool
    opt_out : str
        Empty: there is none.
    attributes : sequence of Attribute
    wanted : mapping of str to int
        Attribute whose levels are numbers to 1 if people want more of it, -1 if less; others are not known.
    tasks : int
        For each respondent.
    """

    title: str
    question: str
    services: Sequence[str]
    labelled: bool
    opt_out: str
    attributes: Sequence[Attribute]
    wanted: Mapping[str, int]
    tasks: int

    @property
    def needed(self) -> int:
        """Tasks that the coefficients need."""
        others = len(self.services) + bool(self.opt_out) - 1
        coefficients = others + sum(1 if a.is_numeric else len(a.levels) - 1 for a in self.attributes)
        return math.ceil(INFORMED * coefficients / others)

    @property
    def possible(self) -> int:
        """Different tasks that the attributes make; of services of one kind their order does not count."""
        services = math.prod(len(attribute.levels) for attribute in self.attributes)
        J = len(self.services)
        return int(services**J) if self.labelled else math.comb(services, J)

    @property
    def blocks(self) -> int:
        """As many versions as the coefficients need and the attributes make."""
        return max(1, min(math.ceil(self.needed / self.tasks), self.possible // self.tasks))

    def study_text(self) -> str:
        """Return the study file.

        Raises
        ------
        StudyError
            If the answers contradict one another.
        """
        bare = _environment().get_template("draft_study.toml.j2")
        without = bare.render(draft=self, priors={}, worth=WORTH)
        names = Study(**parts_of(tomllib.loads(without), list(Study.__dataclass_fields__))).coefficients
        priors = {name: self._prior(name) for name in names}
        text = bare.render(draft=self, priors=priors, worth=WORTH)
        Study(**parts_of(tomllib.loads(text), list(Study.__dataclass_fields__)))
        return text

    def _prior(self, coefficient: str) -> float:
        for attribute in self.attributes:
            if attribute.name == coefficient and attribute.name in self.wanted:
                levels = [float(level) for level in attribute.levels]
                size = WORTH / (max(levels) - min(levels))
                return self.wanted[attribute.name] * float(f"{size:.2g}")
        return 0

    def scenarios_text(self) -> str:
        """Return a file with one scenario: a service at the first levels, and one with the last of the first
        attribute.
        """
        first = {a.name: a.levels[0] for a in self.attributes}
        other = first | {self.attributes[0].name: self.attributes[0].levels[-1]}
        names = self.services if self.labelled else ("As it is", "Changed")
        services = [
            {"name": name, "alternative": name if self.labelled else "", "levels": other if k == 1 else first}
            for k, name in enumerate(names)
        ]
        if len(services) == 1:
            services.append({"name": self.opt_out, "alternative": self.opt_out, "levels": {}})
        return _environment().get_template("draft_scenarios.toml.j2").render(services=services)


def name_of(label: str, taken: Sequence[str]) -> str:
    """Return a name for files and formulas that a label suggests, and no other attribute has.

    Examples
    --------
    >>> name_of("Wait for the appointment", []), name_of("Task", []), name_of("Wait!", ["wait"])
    ('wait', 'task_', 'wait_2')
    """
    words = re.findall(r"[a-z0-9]+", label.lower()) or ["attribute"]
    name = words[0] if words[0][0].isalpha() else f"a{words[0]}"
    try:
        Attribute(name, ["x", "y"])
    except StudyError:
        name += "_"
    k, found = 1, name
    while found in taken or found in RESERVED:
        k += 1
        found = f"{name}_{k}"
    return found


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("dce"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["toml"] = _value
    made.filters["key"] = _key
    return made


def _value(value: Any) -> str:
    """Return a value as TOML writes it, in one line."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").strip()


def _key(name: str) -> str:
    return tomli_w.dumps({name: 0}).removesuffix(" = 0\n")
