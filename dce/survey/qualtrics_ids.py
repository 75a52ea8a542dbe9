"""Ids of Qualtrics that follow from the manifest, so that a reader finds what a writer made."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from dce.survey.manifest import Manifest

FOLLOWS = ("opt_out", "certainty", "seconds")
"""What may follow a card in its Qualtrics block, each with a question of its own."""
OWN = ("consent", "dce_introduction", "dce_glossary", "dce_ending")
"""Questions that hold no answers to the study."""


def question_numbers(manifest: Manifest) -> dict[str, int]:
    """Return the number in the ``QID`` of each question by its tag, whether or not the survey asks it.

    Examples
    --------
    >>> from dce.survey.manifest import ManifestTask
    >>> task = ManifestTask("b1_t1", 1, 1, 1, "design", {"1": "A", "2": "B"}, ("wait",))
    >>> numbers = question_numbers(Manifest("A study", "abc", (task,)))
    >>> numbers["b1_t1"], numbers["b1_t1_seconds"], numbers["attended_wait"]
    (1, 4, 5)
    """
    tags = [name for task in manifest.tasks for name in (task.tag, *(f"{task.tag}_{f}" for f in FOLLOWS))]
    tags += [question.name for question in manifest.questions]
    attributes = manifest.tasks[0].attributes if manifest.tasks else ()
    tags += [f"attended_{name}" for name in attributes]
    return {tag: number for number, tag in enumerate([*tags, *OWN], 1)}


def recode_values(codes: Mapping[str, str]) -> dict[str, str]:
    """Return the recode value of each code of a question; Qualtrics allows numbers only.

    Where an option is a number itself no recode value is one of them, so that no answer means two.

    Examples
    --------
    >>> recode_values({"1": "yes", "2": "no"}), recode_values({"o1": "1", "o2": "1002"})
    ({'1': '1', '2': '2'}, {'o1': '2001', 'o2': '2002'})
    """
    if all(code.isdecimal() for code in codes):
        return {code: code for code in codes}
    options = {option.strip() for option in codes.values()}
    start = 1000
    while options & {str(start + k) for k in range(1, len(codes) + 1)}:
        start += 1000
    return {code: str(start + k) for k, code in enumerate(codes, 1)}


def made_id(prefix: str, *parts: str) -> str:
    """Return a well-formed id of Qualtrics, the same for the same parts.

    Examples
    --------
    >>> made_id("BL", "hash of a design", "b1_t1")
    'BL_a4750ccbb39817c'
    """
    return f"{prefix}_{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:15]}"
