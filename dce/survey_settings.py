"""What a study says once of its survey: what is asked around the tasks, and how the cards are shown."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from dce.attributes import RESERVED, Level, check_distinct, check_texts, refusal
from dce.cell_texts import EMPTY, plain_text
from dce.errors import StudyError, listed

Kind = Literal["choice", "number", "text"]
ExtraKind = Literal["warm-up", "dominance"]
SHUFFLED = ("tasks", "alternatives", "attributes")
"""What may stand in random order."""
QUESTION_NAME = r"[a-z][a-z0-9_]{0,19}"
"""Names of questions that every survey platform allows."""
NUMBER = r"\d+([.,]0*)?"
"""Options that could be taken for a code, which spreadsheets change to ``1.0``."""
ADDRESS = r"(https://[A-Za-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:\d{1,5})?([/?][!-~]*)?"
"""Addresses that answers may be sent to; the part before the path may stand in a page's security policy."""
OF_TASKS = r"(b\d+_)?[twdr]\d+(_.*)?|dce.*"
"""Names that columns of tasks have in response files, such as ``t3`` and ``b1_t3_seconds``."""
OWN_NAMES = RESERVED | {
    "seconds",
    "certainty",
    "forced",
    "screen_place",
    "attribute_order",
    "id",
    "consent",
    "tag",
    "kind",
    "seed",
}
"""Names that have a meaning in survey platforms and response files."""


@dataclass(frozen=True)
class Question:
    """A question besides the tasks, whose answer is a characteristic of the respondent.

    Parameters
    ----------
    name : str
        The column of its answers: small letters, digits and ``_``, up to 20.
    text : str
        What is asked.
    options : sequence of str, optional
        What can be answered, one of them; none for a number or free text.
    kind : str, optional
        ``"choice"``, ``"number"`` or ``"text"``. Default: choice where there are options, else text.
    when : str, optional
        ``"before"`` or ``"after"`` the tasks.
    required : bool, optional
        Whether it must be answered to go on.
    least, most : float, optional
        Of a number.

    Examples
    --------
    >>> Question("sex", "Are you", ["a woman", "a man", "neither"]).kind
    'choice'
    """

    name: str
    text: str
    options: Sequence[str] = ()
    kind: Kind | Literal[""] = ""
    when: Literal["before", "after"] = "after"
    required: bool = False
    least: float | None = None
    most: float | None = None

    def __post_init__(self) -> None:
        key = f"question {self.name!r}"
        check_texts(key, self, ("name", "text"))
        if not re.fullmatch(QUESTION_NAME, self.name):
            raise refusal(key, self.name, "a name of small letters, digits and _, at most 20, a letter first")
        if self.name in OWN_NAMES or re.fullmatch(OF_TASKS, self.name):
            raise refusal(key, self.name, "a name with no meaning of its own in surveys and long frames")
        if not self.text.strip():
            raise refusal(f"{key}, text", self.text, "a text that is not empty")
        if isinstance(self.options, str) or not isinstance(self.options, Sequence):
            raise refusal(f"{key}, options", self.options, "a list of texts")
        object.__setattr__(self, "options", tuple(self.options))
        if not self.kind:
            object.__setattr__(self, "kind", "choice" if self.options else "text")
        if self.kind not in ("choice", "number", "text"):
            raise refusal(f"{key}, kind", self.kind, "'choice', 'number' or 'text'")
        if not all(isinstance(option, str) and option.strip() for option in self.options):
            raise refusal(f"{key}, options", list(self.options), "texts that are not empty")
        shown = [plain_text(option) for option in self.options]
        check_distinct(f"{key}, options", shown)
        for text in shown:
            if text in EMPTY:
                raise refusal(f"{key}, options", text, "texts that do not stand for no answer")
        if (self.kind == "choice") != bool(self.options) or len(self.options) == 1:
            raise refusal(
                f"{key}, options", list(self.options), "two or more for a choice, none for a number or text"
            )
        if self.when not in ("before", "after"):
            raise refusal(f"{key}, when", self.when, "'before' or 'after'")
        if not isinstance(self.required, bool):
            raise refusal(f"{key}, required", self.required, "true or false")
        self._check_range(key)

    def _check_range(self, key: str) -> None:
        for name in ("least", "most"):
            value = getattr(self, name)
            if value is None:
                continue
            if self.kind != "number":
                raise refusal(f"{key}, {name}", value, "no bound, because the answer is no number")
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e15:
                raise refusal(f"{key}, {name}", value, "a finite number")
        if self.least is not None and self.most is not None and self.least > self.most:
            raise refusal(f"{key}, least", self.least, f"at most {self.most}")

    @property
    def codes(self) -> dict[str, str]:
        """Code of each option in response files to the option: ``"1"``, ``"2"`` ...

        ``"o1"``, ``"o2"`` ... where an option is a number itself, or with further letters where an option
        is such a code, so that no answer could mean two.
        """
        shown = [plain_text(option) for option in self.options]
        letter = "o" if any(re.fullmatch(NUMBER, text) for text in shown) else ""
        while any(f"{letter}{k}" in shown for k in range(1, len(shown) + 1)):
            letter += "o"
        return {f"{letter}{k}": option for k, option in enumerate(self.options, 1)}


@dataclass(frozen=True)
class ExtraTask:
    """A task besides the design, left out of estimation.

    Parameters
    ----------
    kind : str
        ``"warm-up"`` to practise on, or ``"dominance"``, in which one service is better in everything.
    services : sequence of mapping of str to level
        Levels of each alternative but the opt-out, by attribute.
    expected : str, optional
        Of a dominance task, the alternative that is better.
    """

    kind: ExtraKind
    services: Sequence[Mapping[str, Level]]
    expected: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("warm-up", "dominance"):
            raise refusal("extra task, kind", self.kind, "'warm-up' or 'dominance'")
        is_list = isinstance(self.services, Sequence) and not isinstance(self.services, str)
        if not is_list or not all(isinstance(service, Mapping) for service in self.services):
            raise refusal(f"{self.kind} task, services", self.services, "a list of tables of levels")
        object.__setattr__(self, "services", tuple(dict(service) for service in self.services))
        if (self.kind == "dominance") != isinstance(self.expected, str):
            allowed = "the name of the better alternative" if self.kind == "dominance" else "nothing"
            raise refusal(f"{self.kind} task, expected", self.expected, allowed)


@dataclass(frozen=True)
class SurveySettings:
    """How the survey of a study looks and runs, wherever it goes.

    Parameters
    ----------
    language : str, optional
        Of what dce itself says to respondents: a language that it knows (``"en"``, ``"de"``).
    texts : mapping of str to str, optional
        Own wording for some of these texts.
    consent : str, optional
        What respondents agree to before they begin; empty: they are not asked.
    ending : str, optional
        What respondents read last.
    questions : sequence of Question, optional
    shuffle : sequence of str, optional
        What stands in random order, anew for each respondent: ``"tasks"``, ``"alternatives"``,
        ``"attributes"``. Places that cannot shuffle something say so.
    back : bool, optional
        Whether respondents may go back to earlier tasks.
    timers : bool, optional
        Whether the time that each task takes is recorded.
    definitions : str, optional
        Where attributes are explained: ``"glossary"`` before the tasks, ``"tooltip"`` on the cards,
        ``"both"`` or ``"none"``.
    highlight : str, optional
        ``"differences"`` marks the attributes in which the services of a task differ; ``"none"``.
    opt_out : str, optional
        ``"column"``: choosing none is one of the answers; ``"question"``: it is asked in a second
        question, after a choice among the services.
    certainty : bool, optional
        Whether each task is followed by how sure the respondent is, from 0 to 10.
    attendance : bool, optional
        Whether respondents are asked at the end how often they considered each attribute.
    warm_up : bool, optional
        Whether respondents begin with a task to practise on, made by dce.
    dominance : bool, optional
        Whether there is a task in which one service is better in everything, made by dce.
    repeat : sequence of int, optional
        Tasks, by their place in the block, that are asked again at the end.
    tasks : sequence of ExtraTask, optional
        Own warm-up and dominance tasks.
    image_width : int, optional
        Of the pictures of cards, in pixels of a screen: 320 to 2400.
    post : str, optional
        Address that the offline survey sends finished answers to when there is a network, beginning with
        ``https://``; for tries, ``http://localhost`` or ``http://127.0.0.1``. Empty: nothing is sent.

    Examples
    --------
    >>> SurveySettings(repeat=[2], opt_out="question").shuffle
    ('tasks',)
    """

    language: str = "en"
    texts: Mapping[str, str] = field(default_factory=dict)
    consent: str = ""
    ending: str = ""
    questions: Sequence[Question] = ()
    shuffle: Sequence[str] = ("tasks",)
    back: bool = False
    timers: bool = True
    definitions: Literal["glossary", "tooltip", "both", "none"] = "glossary"
    highlight: Literal["none", "differences"] = "none"
    opt_out: Literal["column", "question"] = "column"
    certainty: bool = False
    attendance: bool = False
    warm_up: bool = False
    dominance: bool = False
    repeat: Sequence[int] = ()
    tasks: Sequence[ExtraTask] = ()
    image_width: int = 800
    post: str = ""

    def __post_init__(self) -> None:
        check_texts("survey", self, ("language", "consent", "ending", "post"))
        if self.post and not re.fullmatch(ADDRESS, self.post):
            allowed = "an address that begins with https:// (http:// for localhost and 127.0.0.1 only)"
            raise refusal("post", self.post, allowed)
        for name, kind in (("questions", Question), ("tasks", ExtraTask), ("shuffle", str), ("repeat", int)):
            value = getattr(self, name)
            is_list = isinstance(value, Sequence) and not isinstance(value, str)
            if not is_list or any(not isinstance(item, kind) or item is True for item in value):
                raise refusal(name, value, f"a list of {kind.__name__}")
            object.__setattr__(self, name, tuple(value))
        for name in ("back", "timers", "certainty", "attendance", "warm_up", "dominance"):
            if not isinstance(getattr(self, name), bool):
                raise refusal(name, getattr(self, name), "true or false")
        for name, words in (
            ("definitions", ("glossary", "tooltip", "both", "none")),
            ("highlight", ("none", "differences")),
            ("opt_out", ("column", "question")),
        ):
            if getattr(self, name) not in words:
                raise refusal(name, getattr(self, name), listed(words))
        width = self.image_width
        if isinstance(width, bool) or not isinstance(width, int) or not 320 <= width <= 2400:
            raise refusal("image_width", width, "a whole number of pixels, 320 to 2400")
        for what in self.shuffle:
            if what not in SHUFFLED:
                raise refusal("shuffle", what, listed(SHUFFLED))
        check_distinct("shuffle", self.shuffle)
        check_distinct("repeat", self.repeat)
        texts = self.texts
        if not isinstance(texts, Mapping) or not all(isinstance(text, str) for text in texts.values()):
            raise refusal("texts", texts, "a table of texts")
        object.__setattr__(self, "texts", dict(texts))
        names = [question.name for question in self.questions]
        check_distinct("questions", names)
        check_distinct("questions, names without _", [name.replace("_", "") for name in names])

    def check_fit(self, attributes: Sequence[str], alternatives: Sequence[str], *, has_opt_out: bool) -> None:
        """Refuse what speaks of attributes and alternatives that a study does not have.

        Parameters
        ----------
        attributes, alternatives : sequence of str
            Names; the alternatives without the opt-out.
        has_opt_out : bool

        Raises
        ------
        StudyError
        """
        if self.opt_out == "question" and not has_opt_out:
            raise StudyError("opt_out: found 'question'; allowed: 'column', the study has no opt-out.")
        if self.opt_out == "question" and len(alternatives) < 2:
            raise StudyError(
                "opt_out: found 'question'; allowed: 'column', with one service there is no first choice."
            )
        for question in self.questions:
            if question.name in attributes or question.name.startswith("attended_"):
                allowed = "a name that no attribute has, and that does not begin with attended_"
                raise refusal("questions", question.name, allowed)
        for name in attributes:
            if self.attendance and f"attended_{name}" in attributes:
                allowed = f"false, the column of {name!r} would have the name of another attribute"
                raise refusal("attendance", self.attendance, allowed)
        if "attributes" in self.shuffle and "attribute_order" in attributes:
            raise refusal("shuffle", "attributes", "no such order, an attribute has the name of its column")
        for task in self.tasks:
            if len(task.services) != len(alternatives):
                raise StudyError(
                    f"tasks, {task.kind}: found {len(task.services)} services; allowed: "
                    f"{len(alternatives)}, one for each of {listed(alternatives)}."
                )
            if task.expected is not None and task.expected not in alternatives:
                raise refusal(f"tasks, {task.kind}, expected", task.expected, listed(alternatives))


def survey_table(settings: SurveySettings) -> dict[str, Any]:
    """Return what of these settings changes answers or cards, as plain values for a manifest."""
    return {
        "language": settings.language,
        "shuffle": list(settings.shuffle),
        "opt_out": settings.opt_out,
        "certainty": settings.certainty,
        "attendance": settings.attendance,
        "timers": settings.timers,
        "highlight": settings.highlight,
        "definitions": settings.definitions,
    }
