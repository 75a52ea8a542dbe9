"""Answers as a reader takes them from a file, and how they are tied to the design.

Every reader (plain, Qualtrics, LimeSurvey ...) only says which cell belongs to which task; what the
cells mean is decided here, once.
"""

from __future__ import annotations

import html
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from dce.choices import Choices
from dce.design.design import Design
from dce.errors import ChoicesError, listed
from dce.formula import ALTERNATIVE, CONSTANTS
from dce.logit import IntArray
from dce.read_report import ReadReport
from dce.survey.manifest import Manifest, ManifestTask

LONG_FRAME = {
    *("block", "task", ALTERNATIVE, "respondent", "chosen", "available", "weight", CONSTANTS),
    *("position", "seconds", "certainty", "forced", "screen_place"),
}
"""Columns of a long frame, whose names no characteristic can have."""
EMPTY = ("", "NA")
"""Texts that mean no answer."""
ATTENDANCE = {"1": "always", "2": "sometimes", "3": "never"}
"""What the codes of the question on attendance mean."""

Duplicates = Literal["refuse", "first", "last"]
Unknown = Literal["refuse", "missing"]


@dataclass(frozen=True)
class Answers:
    """What a response file says, one entry for each respondent in every list and table.

    Attributes
    ----------
    source : str
        The file, for messages.
    format : str
        What it was taken for.
    where : list of str
        Where each respondent stands in the file, such as ``"line 7"``.
    respondents : list of str or None
        None where the file does not name them: they are numbered.
    blocks : list of str or None
        The recorded block; empty where it is not. None: the block follows from the tasks answered.
    chosen : pandas.DataFrame of str
        Columns are tags; code, name or label of the alternative, empty where there is none.
    opt_out, certainty, seconds, position : pandas.DataFrame of str or None
        Columns are tags: the second question's code (``"1"`` takes the service, ``"2"`` the opt-out) or
        label; 0 to 10; seconds; place in the order of the screen, from 1.
    places : pandas.DataFrame of str or None
        Columns are tags: the alternatives' names in the order of the screen, with ``|`` between.
    characteristics : mapping of str to list of str
        Answers to questions by name, ``attended_`` with an attribute, and whatever else is known.
    finished : list of bool or None
        Whether the file says that they sent off; None where it does not say.
    weights : list of str or None
    names : mapping of str to str
        Name of the column in the file of each tag, ``"respondent"``, ``"block"`` or characteristic, for
        messages; by default the name itself.
    decode : mapping of str to str
        Further texts of answers, to the names of alternatives; replaces codes, names and labels.
    missing : sequence of str
        Texts that mean no answer.
    rows : int
        Rows of respondents in the file, with those dropped.
    dropped : mapping of str to int
        Rows that the reader left out, by reason.
    notes : sequence of str
    """

    source: str
    format: str
    where: list[str]
    respondents: list[str] | None
    blocks: list[str] | None
    chosen: pd.DataFrame
    opt_out: pd.DataFrame | None = None
    certainty: pd.DataFrame | None = None
    seconds: pd.DataFrame | None = None
    position: pd.DataFrame | None = None
    places: pd.DataFrame | None = None
    characteristics: Mapping[str, list[str]] = field(default_factory=dict)
    finished: list[bool] | None = None
    weights: list[str] | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    decode: Mapping[str, str] = field(default_factory=dict)
    missing: Sequence[str] = EMPTY
    rows: int = 0
    dropped: Mapping[str, int] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def error(self, row: int, problem: str) -> ChoicesError:
        """Return the error that says file, row and problem."""
        return ChoicesError(f"{self.source}, {self.where[row]}: {problem}.")

    def column(self, name: str) -> str:
        """Return what the file calls a column."""
        return self.names.get(name, name)


def tie(
    answers: Answers,
    design: Design,
    manifest: Manifest,
    *,
    duplicates: Duplicates = "refuse",
    unknown: Unknown = "refuse",
) -> Choices:
    """Tie answers to the design that was fielded.

    Parameters
    ----------
    answers : Answers
    design : Design
    manifest : Manifest
    duplicates : str, optional
        What of a respondent with several rows: refuse, or keep the first or the last row and count.
    unknown : str, optional
        What of answers that mean nothing: refuse, or take them for missing and count.

    Raises
    ------
    ChoicesError
    """
    return _Tie(answers, design, manifest, duplicates, unknown).choices()


@dataclass(frozen=True)
class _Tie:
    answers: Answers
    design: Design
    manifest: Manifest
    duplicates: Duplicates
    unknown: Unknown
    unknown_seen: dict[str, int] = field(default_factory=dict)
    duplicates_seen: dict[str, int] = field(default_factory=dict)

    def choices(self) -> Choices:
        answers, J = self.answers, len(self.design.study.alternative_names)
        kept, respondents = self._respondents()
        tags = [task.tag for task in self.manifest.tasks]
        code = self._codes(tags)[kept]
        code, forced = self._opted_out(code, tags, kept)
        given = self._given_blocks()[kept]
        block = self._blocks(code, given, tags, kept, respondents)
        fielded = [k for k, task in enumerate(self.manifest.tasks) if task.kind == "design"]
        order = self._task_order(fielded)
        r, s = np.nonzero(code[:, order] >= 0)
        if not len(r):
            raise ChoicesError(f"{answers.source}: there are no answers in {len(answers.where):,d} rows.")
        long = self.design.frame.iloc[(s[:, None] * J + np.arange(J)).ravel()].reset_index(drop=True)
        long.insert(0, "respondent", np.repeat(respondents[r], J))
        long["respondent"] = long["respondent"].infer_objects()
        chosen = code[:, order][r, s]
        long["chosen"] = (chosen[:, None] == np.arange(J)).ravel().astype(np.int64)
        for name, numbers in self._of_tasks([tags[k] for k in order], kept).items():
            if not np.isnan(numbers[r, s]).all():
                long[name] = np.repeat(numbers[r, s], J)
        if forced is not None:
            names = np.array([*self.design.study.alternative_names, None], dtype=object)
            long["forced"] = np.repeat(names[forced[:, order][r, s]], J)
        places = self._places([tags[k] for k in order], kept)
        if places is not None:
            long["screen_place"] = places[r, s].ravel()
        for name, values in self._characteristics().items():
            long[name] = values.iloc[kept].iloc[np.repeat(r, J)].to_numpy()
        report = self._report(code, block, tags, kept, respondents)
        is_answered = (code[:, order] >= 0).any(axis=1)
        sizes = {b: sum(self.manifest.tasks[k].block == b for k in fielded) for b in self.design.blocks}
        expected = sum(sizes[b] for b in block[is_answered])
        left_out = {
            **{reason: n for reason, n in report.dropped.items() if n},
            "tasks left unanswered by respondents who answered others": int(expected) - len(r),
            **{f"unknown answers taken for missing: {value}": n for value, n in self.unknown_seen.items()},
        }
        return Choices(
            long, self.design.study, left_out, answers.source.rpartition("/")[2],
            checks=self._checks(code, block, tags, kept, respondents), report=report,
        )  # fmt: skip

    def _task_order(self, fielded: list[int]) -> IntArray:
        """Return the columns of the design's tasks, in the order of the design's frame."""
        place = {self.manifest.tasks[k].task: k for k in fielded}
        J = len(self.design.study.alternative_names)
        return np.array([place[int(task)] for task in self.design.frame["task"].to_numpy()[::J]])

    def _respondents(self) -> tuple[IntArray, np.ndarray]:
        """Return the rows that are kept, and the respondents of these."""
        answers = self.answers
        count = len(answers.where)
        if answers.respondents is None:
            return np.arange(count), np.arange(1, count + 1).astype(object)
        column = answers.column("respondent")
        names = [name.strip() for name in answers.respondents]
        rows: dict[str, list[int]] = {}
        for row, name in enumerate(names):
            if name in answers.missing:
                raise answers.error(row, f"column {column!r} is empty")
            rows.setdefault(name, []).append(row)
        twice = {name: found for name, found in rows.items() if len(found) > 1}
        if twice and self.duplicates == "refuse":
            name, found = next(iter(twice.items()))
            raise answers.error(
                found[1],
                f"respondent {name!r} was already on {answers.where[found[0]]}; allowed: one row each",
            )
        self.duplicates_seen.update({name: len(found) - 1 for name, found in twice.items()})
        pick = -1 if self.duplicates == "last" else 0
        kept = np.array(sorted(found[pick] for found in rows.values()), dtype=np.intp)
        numbers = all(re.fullmatch(r"0|[1-9]\d{0,17}", name) for name in names)
        values = [int(names[k]) if numbers else names[k] for k in kept]
        return kept, np.array(values, dtype=object)

    def _codes(self, tags: Sequence[str]) -> IntArray:
        """Return the index of the chosen alternative by row and tag; -1 where there is none."""
        answers = self.answers
        code = np.full((len(answers.where), len(tags)), -1, dtype=np.intp)
        for k, tag in enumerate(tags):
            if tag in answers.chosen:
                known = self._decode(self.manifest.by_tag[tag])
                code[:, k] = self._look_up(answers.chosen[tag], known, answers.column(tag), "answer")
        return code

    def _look_up(self, values: pd.Series, known: Mapping[str, int], column: str, what: str) -> IntArray:
        """Return what texts mean; -1 for none. What is unknown is refused, or counted."""
        numbers, distinct = pd.factorize(values.to_numpy(dtype=object))
        meaning = np.full(len(distinct) + 1, -1, dtype=np.intp)
        for n, value in enumerate(distinct):
            if pd.isna(value) or str(value).strip() in self.answers.missing:
                continue
            text = plain_code(plain_text(str(value)), known)
            if text in known:
                meaning[n] = known[text]
                continue
            rows = np.flatnonzero(numbers == n)
            if self.unknown == "refuse":
                raise self.answers.error(
                    int(rows[0]), f"column {column!r}: {what} {text!r} is not one of {listed(known, 20)}"
                )
            self.unknown_seen[f"{column}: {text!r}"] = len(rows)
        return np.asarray(meaning[numbers])

    def _decode(self, task: ManifestTask) -> dict[str, int]:
        """Return what answers to a task mean: codes, names and labels of the alternatives."""
        study, answers = self.design.study, self.answers
        names = study.alternative_names
        pairs = list(answers.decode.items())
        if not pairs:
            labels = {a.name: a.label for a in study.all_alternatives}
            shown = {**labels, **self.manifest.words.get("alternatives", {})}
            asked_later = self.manifest.asks_opt_out and answers.opt_out is not None
            offered = [name for name in task.codes.values() if not (asked_later and name == self._opt_out)]
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
            answer = plain_text(text)
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

    @property
    def _opt_out(self) -> str:
        return self.design.study.opt_out.name if self.design.study.opt_out else ""

    def _opted_out(
        self, code: IntArray, tags: Sequence[str], kept: IntArray
    ) -> tuple[IntArray, IntArray | None]:
        """Return the final choice, and the first one where the opt-out was a second question."""
        if not self.manifest.asks_opt_out:
            return code, None
        if self.answers.opt_out is None:
            opt_out = self.design.study.alternative_names.index(self._opt_out)
            if not (code == opt_out).any():
                raise ChoicesError(
                    f"{self.answers.source}: found no answers to the second question, whether respondents "
                    f"would really choose the service, and nobody who chose {self._opt_out!r}; allowed: "
                    "columns such as t1_opt_out, or final choices."
                )
            return code, None
        final = code.copy()
        index = self.design.study.alternative_names.index(self._opt_out)
        from_manifest = self.manifest.settings.get("opt_out_options", [])
        known = {"1": 0, "2": 1}
        known |= {plain_text(text): k for k, text in enumerate(from_manifest)}
        for k, tag in enumerate(tags):
            column = self.answers.column(f"{tag}_opt_out")
            if tag not in self.answers.opt_out:
                continue
            second = self._look_up(self.answers.opt_out[tag], known, column, "answer")[kept]
            final[(code[:, k] >= 0) & (second == 1), k] = index
            final[(code[:, k] >= 0) & (second < 0), k] = -1  # half an answer is none
        return final, code

    def _given_blocks(self) -> IntArray:
        """Return the recorded block of every row; -1 where there is none."""
        answers = self.answers
        given = np.full(len(answers.where), -1, dtype=np.intp)
        if answers.blocks is None:
            return given
        known = {str(block): block for block in self.design.blocks}
        for row, value in enumerate(answers.blocks):
            text = plain_code(value.strip(), known)
            if text not in known:
                if not text and not self._is_answered[row]:
                    continue  # they never came as far as being given a block
                raise answers.error(
                    row, f"column {answers.column('block')!r}: {text!r} is no block; allowed: {listed(known)}"
                )
            given[row] = known[text]
        return given

    @property
    def _is_answered(self) -> np.ndarray:
        cells = self.answers.chosen.to_numpy(dtype=object).astype(str)
        return np.asarray((~np.isin(cells, list(self.answers.missing))).any(axis=1))

    def _blocks(
        self, code: IntArray, given: IntArray, tags: Sequence[str], kept: IntArray, respondents: np.ndarray
    ) -> IntArray:
        """Return the block of every row: the recorded one, checked against the tasks answered."""
        of_tag = np.array([self.manifest.by_tag[tag].block for tag in tags])
        answered = code >= 0
        first = np.where(answered.any(axis=1), of_tag[answered.argmax(axis=1)], -1)
        block = np.where(given >= 0, given, first)
        wrong = answered & (of_tag[None, :] != block[:, None])
        if wrong.any():
            row = int(np.flatnonzero(wrong.any(axis=1))[0])
            columns = [self.answers.column(tags[int(k)]) for k in np.flatnonzero(wrong[row])]
            of = "is in" if given[row] >= 0 else "answered"
            raise self.answers.error(
                int(kept[row]),
                f"respondent {respondents[row]} {of} block {block[row]}, but also answered "
                f"{listed(columns)}; allowed: tasks of one block",
            )
        return np.asarray(block)

    def _of_tasks(self, tags: Sequence[str], kept: IntArray) -> dict[str, np.ndarray]:
        """Return what is known of each answer besides the choice: numbers by row and task."""
        found = {}
        kinds = {"position": (1, len(self.manifest.tasks)), "seconds": (0, np.inf), "certainty": (0, 10)}
        for name, (least, most) in kinds.items():
            table: pd.DataFrame | None = getattr(self.answers, name)
            if table is not None:
                found[name] = self._numbers(table, tags, name, least, most)[kept]
        return found

    def _numbers(
        self, table: pd.DataFrame, tags: Sequence[str], name: str, least: float, most: float
    ) -> np.ndarray:
        numbers = np.full((len(table), len(tags)), np.nan)
        for k, tag in enumerate(tags):
            if tag in table:
                texts = table[tag].where(~table[tag].isin(list(self.answers.missing)), None)
                numbers[:, k] = pd.to_numeric(texts, errors="coerce").astype(np.float64)
                value = numbers[:, k]
                wrong = texts.notna().to_numpy() & ~((value >= least) & (value <= most))
                if wrong.any():
                    row = int(np.flatnonzero(wrong)[0])
                    column = self.answers.column(f"{tag}_{name}")
                    raise self.answers.error(
                        row, f"column {column!r}: {name} is {texts.iloc[row]!r}; allowed: a number from "
                        f"{least:g}" + (f" to {most:g}" if np.isfinite(most) else "")
                    )  # fmt: skip
        return numbers

    def _places(self, tags: Sequence[str], kept: IntArray) -> np.ndarray | None:
        """Return where each alternative stood on the screen, (rows, tasks, J)."""
        table = self.answers.places
        if table is None:
            return None
        names = self.design.study.alternative_names
        places = np.full((len(table), len(tags), len(names)), np.nan)
        for k, tag in enumerate(tags):
            if tag not in table:
                continue
            numbers, distinct = pd.factorize(table[tag].to_numpy(dtype=object))
            by_value = np.full((len(distinct) + 1, len(names)), np.nan)
            for n, value in enumerate(distinct):
                if not str(value).strip():
                    continue
                order = str(value).split("|")
                if sorted(order) != sorted(names):
                    row = int(np.flatnonzero(numbers == n)[0])
                    column = self.answers.column(f"{tag}_places")
                    allowed = f"each of {listed(names)} once, with | between"
                    raise self.answers.error(row, f"column {column!r}: found {value!r}; allowed: {allowed}")
                by_value[n] = [order.index(name) + 1 for name in names]
            places[:, k] = by_value[numbers]
        return None if np.isnan(places).all() else places[kept]

    def _characteristics(self) -> dict[str, pd.Series]:
        """Return what is known of respondents: numbers where every value is one, else texts."""
        found: dict[str, pd.Series] = {}
        questions = {question.name: question for question in self.manifest.questions}
        if self.answers.weights is not None:
            found["weight"] = typed(self.answers.weights, self.answers.missing)
        taken = LONG_FRAME | set(self.design.study.attribute_names)
        attended = {f"attended_{attribute}" for attribute in self.design.study.attribute_names}
        for name, texts in self.answers.characteristics.items():
            column = self.answers.column(name)
            if name in taken or name in found:
                raise ChoicesError(
                    f"{self.answers.source}, line 1: column {column!r} has a name with another meaning in "
                    "dce; give it a new one in the map, under rename"
                    + (", or say weight = 'weight' there if it weights answers" if name == "weight" else "")
                    + "."
                )
            if name in questions and questions[name].kind == "choice":
                of_code = questions[name].codes
                found[name] = self._options(texts, list(of_code.values()), list(of_code), column)
            elif name in attended:
                shown = self.manifest.settings.get("attendance_options", [])
                options = list(ATTENDANCE.values())
                found[name] = self._options(texts, options, list(ATTENDANCE), column, shown)
            else:
                found[name] = typed(texts, self.answers.missing)
                is_number = name in questions and questions[name].kind == "number"
                if is_number and found[name].dtype == object and found[name].notna().any():
                    self._refuse_words(found[name], column)
        return found

    def _options(
        self, texts: list[str], options: list[str], codes: list[str], column: str, shown: Sequence[str] = ()
    ) -> pd.Series:
        known = {plain_text(text): k for k, text in enumerate(options)}
        known |= {plain_text(text): k for k, text in enumerate(shown)}
        for k, code in enumerate(codes):
            known.setdefault(code, k)
        index = self._look_up(pd.Series(texts, dtype=object), known, column, "answer")
        return pd.Series(np.array([*options, None], dtype=object)[index], dtype=object)

    def _refuse_words(self, values: pd.Series, column: str) -> None:
        wrong = values.notna() & pd.to_numeric(values, errors="coerce").isna()
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise self.answers.error(row, f"column {column!r}: found {values.iloc[row]!r}; allowed: a number")

    def _checks(
        self, code: IntArray, block: IntArray, tags: Sequence[str], kept: IntArray, respondents: np.ndarray
    ) -> pd.DataFrame | None:
        """Return the answers to tasks besides the design, one row each."""
        extra = [k for k, task in enumerate(self.manifest.tasks) if task.kind != "design"]
        if not extra:
            return None
        r, s = np.nonzero(code[:, extra] >= 0)
        names = np.array(self.design.study.alternative_names, dtype=object)
        tasks = [self.manifest.tasks[extra[k]] for k in s]
        numbers = {tag: task.task for tag, task in self.manifest.by_tag.items()}
        frame = pd.DataFrame(
            {
                "respondent": pd.Series(respondents[r], dtype=object).infer_objects(),
                "block": block[r],
                "tag": [task.tag for task in tasks],
                "kind": [task.kind for task in tasks],
                "chosen": names[code[:, extra][r, s]],
                "expected": pd.Series([task.expected for task in tasks], dtype=object),
                "repeats": pd.array([numbers.get(task.repeats or "") for task in tasks], dtype="Int64"),
            }
        )
        for name, values in self._of_tasks([tags[k] for k in extra], kept).items():
            frame[name] = values[r, s]
        return frame

    def _report(
        self, code: IntArray, block: IntArray, tags: Sequence[str], kept: IntArray, respondents: np.ndarray
    ) -> ReadReport:
        answers = self.answers
        tasks = self.manifest.tasks
        is_design = np.array([task.kind == "design" for task in tasks])
        of_tag = np.array([task.block for task in tasks])
        answered = code >= 0
        any_design = np.asarray(answered[:, is_design].any(axis=1))
        mine = of_tag[None, :] == block[:, None]
        n_tasks = (mine & is_design).sum(axis=1)
        n_answered = (answered & is_design).sum(axis=1)
        sent = (
            np.ones(len(kept), dtype=bool) if answers.finished is None else np.array(answers.finished)[kept]
        )
        table = pd.DataFrame(
            {
                "respondent": pd.Series(respondents, dtype=object).infer_objects(),
                "block": block,
                "answered": n_answered,
                "tasks": n_tasks,
                "finished": sent & (n_answered == n_tasks),
                "where": [answers.where[k] for k in kept],
            }
        ).loc[any_design]
        table = table.reset_index(drop=True)
        counted = mine & any_design[:, None]
        of_tasks = pd.DataFrame(
            {
                "block": of_tag,
                "kind": [task.kind for task in tasks],
                "answered": (answered & counted).sum(axis=0),
                "unanswered": (~answered & counted).sum(axis=0),
            },
            index=pd.Index(tags, name="tag"),
        )
        dropped = {
            **answers.dropped,
            "rows without any answer": int((~any_design).sum()),
            "further rows of the same respondent": sum(self.duplicates_seen.values()),
        }
        words = self.manifest.changed_words(self.design.study)
        return ReadReport(
            source=answers.source,
            format=answers.format,
            rows=answers.rows or len(answers.where),
            dropped=dropped,
            respondents=table,
            tasks=of_tasks,
            unknown=dict(self.unknown_seen),
            duplicates=dict(self.duplicates_seen),
            notes=(*answers.notes, *words),
        )


def plain_text(text: str) -> str:
    """Return a text with single blanks, and with the characters that HTML entities stand for."""
    return " ".join(html.unescape(text).replace("\u200b", "").split()) if text else text


def plain_code(text: str, known: Collection[str]) -> str:
    """Return a code without the decimals that spreadsheets add: ``2`` for ``2.0`` or ``2,0``."""
    match = re.fullmatch(r"(\d+)[.,]0+", text)
    return match[1] if match and text not in known and match[1] in known else text


def typed(texts: Sequence[str], missing: Collection[str]) -> pd.Series:
    """Return texts as numbers if every one is a number; codes such as ``01`` are words."""
    values = pd.Series([None if text.strip() in missing else text.strip() for text in texts], dtype=object)
    present = values.dropna()
    if present.str.match(r"[+-]?0\d").any():
        return values
    numbers = pd.to_numeric(values, errors="coerce")
    return numbers.astype(np.float64) if numbers.notna().equals(values.notna()) else values
