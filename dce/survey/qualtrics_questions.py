"""Questions as QSF holds them."""

from __future__ import annotations

from typing import Any

from dce.errors import plain
from dce.survey.qualtrics_blocks import Item

CLICKS = ("First Click", "Last Click", "Page Submit", "Click Count")
"""What a timer records."""


def question_payload(item: Item, number: int) -> dict[str, Any]:
    """Return the payload of a question.

    Parameters
    ----------
    item : Item
    number : int
        Of its ``QID``.
    """
    payload: dict[str, Any] = {
        "QuestionText": item.html,
        "DefaultChoices": False,
        "DataExportTag": item.tag,
        "QuestionID": f"QID{number}",
        "DataVisibility": {"Private": False, "Hidden": False},
        "Configuration": {"QuestionDescriptionOption": "SpecifyLabel"},
        "QuestionDescription": item.tag,
        "GradingData": [],
        "Language": [],
        "NextChoiceId": len(item.options) + 1,
        "NextAnswerId": 1,
    }
    return payload | KINDS[item.kind](item)


def _text(_: Item) -> dict[str, Any]:
    return {
        "QuestionType": "DB",
        "Selector": "TB",
        "ChoiceOrder": [],
        "Validation": {"Settings": {"Type": "None"}},
    }


def _choice(item: Item) -> dict[str, Any]:
    choices = [str(k) for k in range(1, len(item.options) + 1)]
    return {
        "QuestionType": "MC",
        "Selector": "SAHR" if item.horizontal else "SAVR",
        "SubSelector": "TX",
        "Configuration": {
            "QuestionDescriptionOption": "SpecifyLabel",
            **({"LabelPosition": "BELOW"} if item.horizontal else {}),
        },
        "Choices": {k: {"Display": html} for k, (_, html) in zip(choices, item.options, strict=True)},
        "ChoiceOrder": choices,
        "RecodeValues": {k: value for k, (value, _) in zip(choices, item.options, strict=True)},
        "Validation": {"Settings": {**_forced(item), "Type": "None"}},
    }


def _number(item: Item) -> dict[str, Any]:
    ends = (item.least, item.most)
    least, most = ("" if end is None else plain(end) for end in ends)
    return {
        "QuestionType": "TE",
        "Selector": "SL",
        "SearchSource": {"AllowFreeResponse": "false"},
        "Validation": {
            "Settings": {
                **_forced(item),
                "Type": "ContentType",
                "ContentType": "ValidNumber",
                "ValidNumber": {"Min": least, "Max": most, "NumDecimals": ""},
            }
        },
    }


def _essay(item: Item) -> dict[str, Any]:
    return {
        "QuestionType": "TE",
        "Selector": "ML",
        "SearchSource": {"AllowFreeResponse": "false"},
        "Validation": {"Settings": {**_forced(item), "Type": "None"}},
    }


def _timer(_: Item) -> dict[str, Any]:
    return {
        "QuestionType": "Timing",
        "Selector": "PageTimer",
        "Configuration": {
            "QuestionDescriptionOption": "SpecifyLabel",
            "MinSeconds": "0",
            "MaxSeconds": "0",
        },
        "Choices": {str(k): {"Display": words} for k, words in enumerate(CLICKS, 1)},
        "NextChoiceId": len(CLICKS) + 1,
    }


def _forced(item: Item) -> dict[str, str]:
    return {"ForceResponse": item.force, "ForceResponseType": item.force}


KINDS = {"text": _text, "choice": _choice, "number": _number, "essay": _essay, "timer": _timer}
