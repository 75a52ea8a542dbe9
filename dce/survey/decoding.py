"""What the answers in a response file stand for: alternatives, and options of questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from dce.cell_texts import plain_code, plain_text, readings
from dce.errors import ChoicesError, listed
from dce.logit import IntArray
from dce.study import Study
from dce.survey.answers import Answers
from dce.survey.manifest import Manifest, ManifestTask

Unknown = Literal["refuse", "missing"]


@dataclass(frozen=True)
class Decoder:
    """Looks up what cells mean. What is unknown is refused, or counted and taken for missing.

    Attributes
    ----------
    answers : Answers
    unknown : str
        ``"refuse"`` or ``"missing"``.
    seen : dict of str to int
        What was taken for missing, as ``"t4: 'C'"``, and how often.
    """

    answers: Answers
    unknown: Unknown
    seen: dict[str, int] = field(default_factory=dict)

    def look_up(self, values: pd.Series, known: Mapping[str, int], column: str) -> IntArray:
        """Return the number that each text stands for; -1 for no answer."""
        numbers, distinct = pd.factorize(values.to_numpy(dtype=object))
        meaning = np.full(len(distinct) + 1, -1, dtype=np.intp)
        for n, value in enumerate(distinct):
            if str(value).strip() in self.answers.missing:
                continue
            text = plain_code(plain_text(str(value)), known)
            if text in known:
                meaning[n] = known[text]
                continue
            rows = np.flatnonzero(numbers == n)
            if self.unknown == "refuse":
                written = self.answers.written.get(column, {})
                allowed = listed([written.get(code, code) for code in known], 20)
                raise self.answers.error(
                    int(rows[0]), f"column {column!r}: answer {text!r} is not one of {allowed}"
                )
            key = f"{column}: {text!r}"
            self.seen[key] = self.seen.get(key, 0) + len(rows)
        return np.asarray(meaning[numbers])

    def options(
        self, texts: Sequence[str], codes: Mapping[str, str], column: str, shown: Sequence[str] = ()
    ) -> pd.Series:
        """Return the options that texts stand for: codes, options, or what was shown of each."""
        options = list(codes.values())
        known = {code: k for k, code in enumerate(codes)}
        for texts_of in (shown, options):
            known |= {reading: k for k, text in enumerate(texts_of) for reading in readings(text)}
        index = self.look_up(pd.Series(list(texts), dtype=object), known, column)
        return pd.Series(np.array([*options, None], dtype=object)[index], dtype=object)


@dataclass(frozen=True)
class ChosenCodes:
    """What was chosen, by respondent and task.

    Attributes
    ----------
    final : (R, S) integer array
        Index of the alternative; -1 where there is no answer.
    first : (R, S) integer array or None
        The choice among the services, where the opt-out was asked in a second question.
    """

    final: IntArray
    first: IntArray | None


def chosen_codes(decoder: Decoder, study: Study, manifest: Manifest) -> ChosenCodes:
    """Decode the choices of R respondents in the S tasks of a manifest.

    Raises
    ------
    ChoicesError
    """
    answers = decoder.answers
    codes = np.full((len(answers.where), len(manifest.tasks)), -1, dtype=np.intp)
    for k, task in enumerate(manifest.tasks):
        if task.tag in answers.chosen:
            known = _alternatives(task, answers, study, manifest)
            codes[:, k] = decoder.look_up(answers.chosen[task.tag], known, answers.column(task.tag))
    if not manifest.asks_opt_out or study.opt_out is None:
        return ChosenCodes(codes, None)
    index = study.alternative_names.index(study.opt_out.name)
    if answers.opt_out is not None:
        return ChosenCodes(_after_second_question(codes, index, decoder, manifest), codes)
    if not (codes == index).any():
        raise ChoicesError(
            f"{answers.source}: found no answers to the second question, whether respondents would really "
            f"choose the service, and nobody who chose {study.opt_out.name!r}; allowed: columns such as "
            "t1_opt_out, or final choices."
        )
    return ChosenCodes(codes, None)


def _after_second_question(codes: IntArray, opt_out: int, decoder: Decoder, manifest: Manifest) -> IntArray:
    """Return the final choices; a first choice without the second answer is none."""
    answers = decoder.answers
    known = {"1": 0, "2": 1}
    options = enumerate(manifest.settings.get("opt_out_options", []))
    known |= {reading: k for k, text in options for reading in readings(text)}
    final = codes.copy()
    for k, task in enumerate(manifest.tasks):
        first = codes[:, k] >= 0
        if answers.opt_out is None or task.tag not in answers.opt_out:
            if first.any():
                raise answers.error(
                    int(first.argmax()),
                    f"column {answers.column(task.tag)!r} is answered, but there is no column for the second "
                    f"question, such as {answers.column(task.tag) + '_opt_out'!r}",
                )
            continue
        column = answers.column(f"{task.tag}_opt_out")
        second = decoder.look_up(answers.opt_out[task.tag], known, column)
        final[first & (second == 1), k] = opt_out
        final[first & (second < 0), k] = -1
    return final


def _alternatives(task: ManifestTask, answers: Answers, study: Study, manifest: Manifest) -> dict[str, int]:
    """Return what answers to a task mean: codes, names and labels of the alternatives."""
    names = study.alternative_names
    pairs = list(answers.decode.items())
    if not pairs:
        labels = {a.name: a.label for a in study.all_alternatives}
        shown = {**labels, **manifest.words.get("alternatives", {})}
        asked_later = study.opt_out.name if study.opt_out and answers.opt_out is not None else None
        offered = [n for n in task.codes.values() if not (manifest.asks_opt_out and n == asked_later)]
        pairs = [(code, name) for code, name in task.codes.items() if name in offered]
        pairs += [(name, name) for name in offered]
        pairs += [(label[name], name) for label in (labels, shown) for name in offered]
    decode: dict[str, int] = {}
    for text, name in pairs:
        if name not in names:
            raise ChoicesError(
                f"{answers.source}: the map gives answer {text!r} the alternative {name!r}; allowed: "
                f"{listed(names)}."
            )
        for answer in dict.fromkeys(readings(text)):
            if answer in answers.missing:
                raise ChoicesError(
                    f"{answers.source}: {answer!r} is both an answer and a text for no answer; give a map "
                    "with answers, or with other texts under missing."
                )
            if decode.setdefault(answer, names.index(name)) != names.index(name):
                raise ChoicesError(
                    f"{answers.source}: answer {answer!r} could mean two alternatives; give a map of answers."
                )
    return decode
