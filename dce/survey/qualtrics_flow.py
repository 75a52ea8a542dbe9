"""The flow of a Qualtrics survey: who sees which block, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

from dce.survey.card import Card
from dce.survey.qualtrics_blocks import Block
from dce.survey.survey import Survey

Node = dict[str, Any]


def survey_flow(survey: Survey, before: Sequence[Block], after: Sequence[Block], ids: dict[str, str]) -> Node:
    """Return the root of the flow.

    Each respondent gets one block of the design, evenly. In it the warm-up cards come first, the cards of
    the design in random order, then the dominance cards, which Qualtrics cannot keep in the middle of
    cards in random order, and the repeats. Where tasks are not shuffled all cards stand in their order.

    Parameters
    ----------
    survey : Survey
    before, after : sequence of Block
        What stands around the cards.
    ids : dict of str to str
        Name of each block to its id.
    """
    shown = [_shown(block, ids) for block in before]
    shown[0]["Type"] = "Block"
    groups = [_group(survey, block, cards, ids) for block, cards in survey.blocks]
    if len(groups) > 1:
        randomiser = {"Type": "BlockRandomizer", "FlowID": "", "SubSet": 1, "EvenPresentation": True}
        groups = [{**randomiser, "Flow": groups}]
    end = {"Type": "EndSurvey", "FlowID": ""}
    root: Node = {
        "Type": "Root",
        "FlowID": "",
        "Flow": [*shown, *groups, *(_shown(b, ids) for b in after), end],
    }
    numbers = count(1)
    _number(root, numbers)
    return root | {"Properties": {"Count": next(numbers) - 1}}


def _shown(block: Block, ids: dict[str, str]) -> Node:
    return {"Type": "Standard", "ID": ids[block.name], "FlowID": "", "Autofill": []}


def _group(survey: Survey, block: int, cards: Sequence[Card], ids: dict[str, str]) -> Node:
    data = {
        "Type": "EmbeddedData",
        "FlowID": "",
        "EmbeddedData": [_field("dce_block", str(block)), _field("dce_design", survey.design.hash[:16])],
    }
    return {
        "Type": "Group",
        "FlowID": "",
        "Description": f"DCE block {block}",
        "Flow": [data, *_cards(survey, cards, ids)],
    }


def _cards(survey: Survey, cards: Sequence[Card], ids: dict[str, str]) -> list[Node]:
    def nodes(kinds: Sequence[str]) -> list[Node]:
        return [
            {"Type": "Standard", "ID": ids[card.tag], "FlowID": "", "Autofill": []}
            for card in cards
            if card.kind in kinds
        ]

    if "tasks" not in survey.settings.shuffle:
        return nodes([card.kind for card in cards])
    design = nodes(["design"])
    shuffled = {"Type": "BlockRandomizer", "FlowID": "", "SubSet": len(design), "Flow": design}
    return [*nodes(["warm-up"]), shuffled, *nodes(["dominance"]), *nodes(["repeat"])]


def _field(name: str, value: str) -> Node:
    return {
        "Description": name,
        "Type": "Custom",
        "Field": name,
        "VariableType": "String",
        "DataVisibility": [],
        "AnalyzeText": False,
        "Value": value,
    }


def _number(node: Node, numbers: count[int]) -> None:
    """Give each node of the flow its number, from the top."""
    node["FlowID"] = f"FL_{next(numbers)}"
    for child in node.get("Flow", ()):
        _number(child, numbers)
