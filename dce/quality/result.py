"""What the answers of every respondent look like, and which signals they give."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from dce.errors import ChoicesError, listed, quoted
from dce.table import WIDTH, Table, html_of

FLAGS = ("dominance_failed", "repeat_disagreed", "straight_lined", "always_opted_out", "lexicographic",
         "speeding", "incomplete")  # fmt: skip
"""The signals, columns of the frame."""
ENQUIRY = (
    "A flag is a signal for enquiry, not a reason to exclude: someone may have a habit, or know well what "
    "they want (MacDonald et al., Value in Health 2025;28(11)). Nobody was excluded. If you do, then by a "
    "rule that was written down before: choices.drop(quality.flagged(...), reason=...) counts them; and "
    "report results with and without them."
)


@dataclass(frozen=True, eq=False)
class Quality:
    """What the answers of every respondent look like. Printing it shows the signals in all.

    Attributes
    ----------
    frame : pandas.DataFrame
        A row for each respondent: ``respondent``, ``block``, ``answered`` tasks, ``missing`` ones and
        ``incomplete``; ``dominance_tasks``, ``dominance_wrong``, ``dominance_opted_out`` and
        ``dominance_failed``; ``repeat_tasks``, ``repeat_changed`` and ``repeat_disagreed``;
        ``straight_place`` and ``straight_lined``; ``always_opted_out``; ``lexicographic_on``,
        ``lexicographic_tasks`` and ``lexicographic``; ``seconds`` in total, ``median_seconds`` of a
        task and ``speeding``; mean ``certainty``. Flags are True, False or missing.
    tasks : pandas.DataFrame
        A row for each task: ``answered``, ``median_seconds``, and the share that chose each place.
    source : str
        Where the answers come from.
    rules : mapping of str to str
        From when on a flag is raised.
    notes : tuple of str
        What the flags stand on.
    """

    frame: pd.DataFrame
    tasks: pd.DataFrame
    source: str
    rules: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def flagged(self, flag: str) -> list[object]:
        """Return the respondents with a flag, as ``choices.drop`` takes them.

        Raises
        ------
        ChoicesError
            If there is no such flag.
        """
        if flag not in FLAGS:
            raise ChoicesError(f"flag: found {quoted(flag)}; allowed: {listed(FLAGS)}.")
        return list(self.frame.loc[self.frame[flag].fillna(False), "respondent"])

    def summary(self) -> Table:
        """Return how many respondents have each flag, of how many it is known, and their share."""
        flags = self.frame[list(FLAGS)]
        flagged, known = flags.fillna(False).sum(), flags.notna().sum()
        frame = pd.DataFrame({"flagged": flagged.astype(int), "known": known.astype(int)})
        frame["share"] = frame["flagged"] / frame["known"]
        notes = [f"{flag}: {rule}" for flag, rule in self.rules.items()]
        return Table("Signals by respondent", frame, {"share": ".1%"}, tuple(notes))

    @property
    def heading(self) -> str:
        """What the signals are of."""
        respondents, answered = len(self.frame), int(self.frame["answered"].sum())
        return f"Quality: {respondents:,d} respondents, {answered:,d} answered tasks, from {self.source}"

    def facts(self) -> tuple[str, ...]:
        """Return, a sentence each, what the signals are made of and what they mean."""
        places = self.frame["straight_place"].value_counts()
        attributes = self.frame["lexicographic_on"].dropna().str.split(", ").explode().value_counts()
        seconds = self.frame["median_seconds"].dropna()
        facts = []
        if len(places):
            facts.append(f"Always the same place: {_counts(places)}.")
        if len(attributes):
            facts.append(f"Always by the same attribute: {_counts(attributes)}.")
        if len(seconds):
            facts.append(f"Seconds per task: {seconds.median():.1f} by the median of respondents' medians.")
        unknown = [flag for flag in FLAGS if self.frame[flag].isna().all()]
        if unknown:
            facts.append(f"Known of nobody, as it was not asked or recorded: {', '.join(unknown)}.")
        return (*facts, *self.notes, ENQUIRY)

    def __str__(self) -> str:
        facts = map(_wrapped, self.facts())
        return "\n".join([_wrapped(self.heading), "", str(self.summary()), "", *facts])

    def _repr_html_(self) -> str:
        return html_of([self.heading], [self.summary()]) + html_of(self.facts())


def _counts(counts: pd.Series) -> str:
    return ", ".join(f"{name} {count:,d}" for name, count in counts.items())


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_on_hyphens=False)
