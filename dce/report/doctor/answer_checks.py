"""Can the answers be read, and what do they look like?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dce.choices import Choices
from dce.design.design import Design
from dce.errors import DceError
from dce.quality.quality import quality
from dce.report.doctor.checkup import Finding, fine, look, wrong
from dce.survey.responses import read_responses

SUBJECT = "Responses"
UNEVEN = 1.5
"""Largest over smallest block, from which on blocks are uneven."""
SIGNALS = {
    "dominance_failed": "did not choose the service that is better in everything",
    "repeat_disagreed": "answered the same task in two ways",
    "straight_lined": "always chose the same place on the card",
    "always_opted_out": "never chose a service",
    "lexicographic": "always chose by the same attribute",
    "speeding": "answered much faster than the others",
}
"""Signals of respondents, in words; those who left tasks out are told apart."""


def check_answers(
    paths: Sequence[Path], design: Design, manifest: Path | None, mapping: Path | None, where: Path
) -> tuple[Choices | None, list[Finding]]:
    """Read the answers, and say what was left out and which signals they give."""
    try:
        choices = read_responses(list(paths), design, manifest, mapping=mapping)
    except DceError as error:
        then = "Correct the file, or export it again; a file of an unknown kind needs --map."
        if "pip install" in str(error):
            then = "Install that, or save the file as CSV."
        return None, [wrong(SUBJECT, str(error), then)]
    found = [fine(SUBJECT, _what(choices)), *_left_out(choices), *_uneven(choices)]
    return choices, [*found, *_signals(choices, where, paths)]


def _what(choices: Choices) -> str:
    report, who = choices.report, f"{choices.n_respondents or 0:,d} respondents, "
    finished = f"; {report.finished:,d} finished, {report.partial:,d} in part" if report else ""
    return f"{choices.source}: {who}{choices.n_tasks:,d} answered tasks{finished}."


def _left_out(choices: Choices) -> list[Finding]:
    counts = [f"{count:,d} {what}" for what, count in choices.left_out.items() if count]
    if not counts:
        return []
    return [
        look(SUBJECT, f"Left out: {'; '.join(counts)}.", "Say so in the paper; is it as many as expected?")
    ]


def _uneven(choices: Choices) -> list[Finding]:
    blocks = choices.report.blocks if choices.report else {}
    if len(blocks) < 2 or max(blocks.values()) <= UNEVEN * min(blocks.values()):
        return []
    each = ", ".join(f"{block}: {count:,d}" for block, count in blocks.items())
    then = "Does the platform give out blocks evenly? Invite more people to the small ones."
    return [look(SUBJECT, f"Blocks have very different numbers of respondents ({each}).", then)]


def _signals(choices: Choices, where: Path, paths: Sequence[Path]) -> list[Finding]:
    signals = quality(choices)
    found = {words: len(signals.flagged(flag)) for flag, words in SIGNALS.items()}
    said = "; ".join(f"{count:,d} {words}" for words, count in found.items() if count)
    if not said:
        return [fine(SUBJECT, "No respondent gives a signal of inattention.")]
    then = (
        "A signal is no proof. Report results with and without them, by a rule written before: "
        f"dce quality {where} {paths[0] if len(paths) == 1 else paths[0].parent}"
    )
    return [look(SUBJECT, f"Of {len(signals.frame):,d} respondents, {said}.", then)]
