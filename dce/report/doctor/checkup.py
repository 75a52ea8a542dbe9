"""What a checkup found: a sentence each, with what to do next."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from dce.table import WIDTH, Table

Verdict = Literal["fine", "look", "wrong"]
"""Nothing to do; worth a thought, and perhaps meant; something needs doing."""


@dataclass(frozen=True)
class Finding:
    """One thing that was checked.

    Attributes
    ----------
    subject : str
        The part of the study.
    verdict : {"fine", "look", "wrong"}
    found : str
        In plain words.
    next : str
        What to do, or think of; empty where nothing is.
    """

    subject: str
    verdict: Verdict
    found: str
    next: str = ""


def fine(subject: str, found: str) -> Finding:
    """Return a finding that needs nothing."""
    return Finding(subject, "fine", found)


def look(subject: str, found: str, then: str) -> Finding:
    """Return a finding that may be meant, but should be known."""
    return Finding(subject, "look", found, then)


def wrong(subject: str, found: str, then: str) -> Finding:
    """Return a finding that needs doing."""
    return Finding(subject, "wrong", found, then)


def count(number: int, thing: str) -> str:
    """Return a number of things in words.

    Examples
    --------
    >>> count(1, "block"), count(2, "block")
    ('1 block', '2 blocks')
    """
    return f"{number:,d} {thing}{'' if number == 1 else 's'}"


@dataclass(frozen=True)
class Checkup:
    """What was checked of a study. Printing it says what is wrong and what to do next.

    Attributes
    ----------
    name : str
        The study.
    findings : tuple of Finding
        In the order of a study.
    """

    name: str
    findings: Sequence[Finding]

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """What needs doing."""
        return tuple(finding for finding in self.findings if finding.verdict == "wrong")

    @property
    def is_well(self) -> bool:
        """Whether nothing needs doing."""
        return not self.wrong

    @property
    def conclusion(self) -> str:
        """The outcome in a sentence."""
        looks = sum(finding.verdict == "look" for finding in self.findings)
        known = f"; {looks} worth a look" if looks else ""
        if self.is_well:
            return f"Nothing is wrong{known}."
        things = f"{count(len(self.wrong), 'thing')} need{'s' if len(self.wrong) == 1 else ''}"
        return f"{things} doing{known}. Begin with: {self.wrong[0].next}"

    @property
    def frame(self) -> pd.DataFrame:
        """One row per finding: ``subject``, ``verdict``, ``found``, ``next``."""
        columns = ["subject", "verdict", "found", "next"]
        rows = [[finding.subject, finding.verdict, finding.found, finding.next] for finding in self.findings]
        return pd.DataFrame(rows, columns=columns)

    def table(self) -> Table:
        """Return the findings as a table."""
        frame = self.frame.set_index("subject").rename(columns={"next": "what to do"})
        return Table(f"Checkup of {self.name}", frame, {}, (self.conclusion,))

    def __str__(self) -> str:
        lines = [textwrap.fill(f"Checkup of {self.name}", WIDTH)]
        subject = ""
        for finding in self.findings:
            if finding.subject != subject:
                subject = finding.subject
                lines += ["", subject]
            lines.append(_hanging(f"{finding.verdict:6}", finding.found))
            if finding.next:
                lines.append(_hanging(f"{'':6}-> ", finding.next))
        return "\n".join([*lines, "", textwrap.fill(self.conclusion, WIDTH, break_on_hyphens=False)])

    def _repr_html_(self) -> str:
        return self.table().to_html()


def _hanging(begin: str, text: str) -> str:
    begin = f"  {begin}"
    return textwrap.fill(
        text, WIDTH, initial_indent=begin, subsequent_indent=" " * len(begin), break_on_hyphens=False
    )
