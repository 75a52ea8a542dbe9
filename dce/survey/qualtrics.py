"""The survey for Qualtrics: a QSF file to import, and the same questions in the Advanced Format."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dce.errors import StudyError, plain
from dce.survey.manifest import make_manifest
from dce.survey.qualtrics_answers import SEEN
from dce.survey.qualtrics_blocks import Block, Item, blocks_after, blocks_before, card_block
from dce.survey.qualtrics_flow import survey_flow
from dce.survey.qualtrics_ids import made_id, question_numbers
from dce.survey.qualtrics_questions import question_payload
from dce.survey.qualtrics_txt import advanced_format, notes
from dce.survey.survey import Survey
from dce.survey.told_apart import check_no_answer_is

NEVER = "0000-00-00 00:00:00"
NO_NUMBER = int(SEEN[0])
"""What exports may write for a number that was not given."""
OPTIONS: dict[str, Any] = {
    "BackButton": "false",
    "SaveAndContinue": "true",
    "SurveyProtection": "PublicSurvey",
    "BallotBoxStuffingPrevention": "false",
    "NoIndex": "Yes",
    "SecureResponseFiles": "true",
    "SurveyExpiration": "None",
    "SurveyTermination": "DefaultMessage",
    "Header": "",
    "Footer": "",
    "ProgressBarDisplay": "Text",
    "PartialData": "+1 week",
    "ValidationMessage": "",
    "PreviousButton": "",
    "NextButton": "",
    "SkinLibrary": "qualtrics",
    "SkinType": "templated",
    "Skin": {"brandingId": None, "templateId": "*base", "overrides": None},
    "NewScoring": 1,
    "CustomStyles": "",
}
SCORING: dict[str, Any] = {
    "ScoringCategories": [],
    "ScoringCategoryGroups": [],
    "ScoringSummaryCategory": None,
    "ScoringSummaryAfterQuestions": 0,
    "ScoringSummaryAfterSurvey": 0,
    "DefaultScoringCategory": None,
    "AutoScoringCategory": None,
}


def write_qualtrics(survey: Survey, folder: Path) -> list[Path]:
    """Write ``qualtrics.qsf``, ``qualtrics.txt`` for accounts that import no QSF, and notes on both.

    Each card is a block of Qualtrics with what follows it, named by its tag; its answers come back under
    the same tag. Consent is a question with one answer that is needed to go on. The ending is the last
    page, because messages at the end of a survey come from a library of the account.

    Parameters
    ----------
    survey : Survey
    folder : Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    StudyError
        If an answer could be what exports write for no answer.
    """
    check_no_answer_is(survey, SEEN, "Qualtrics")
    for question in survey.settings.questions:
        if question.least is not None and question.least <= NO_NUMBER <= (question.most or 0):
            raise StudyError(
                f"question {question.name!r}, least: found {plain(question.least)}; allowed: more than "
                f"{NO_NUMBER}, because Qualtrics may write {NO_NUMBER} for no answer."
            )
    folder.mkdir(parents=True, exist_ok=True)
    before, after = blocks_before(survey), blocks_after(survey)
    blocks = [*before, *(card_block(survey, card) for card in survey.cards), *after]
    texts = {
        "qualtrics.qsf": json.dumps(_definition(survey, before, blocks, after), separators=(",", ":")),
        "qualtrics.txt": advanced_format(survey, blocks),
        "qualtrics_notes.txt": notes(survey),
    }
    files = []
    for name, text in texts.items():
        files.append(folder / name)
        files[-1].write_text(text, encoding="utf-8", newline="\n")
    return files


def _definition(
    survey: Survey, before: Sequence[Block], blocks: Sequence[Block], after: Sequence[Block]
) -> dict[str, Any]:
    manifest = make_manifest(survey)
    seed = f"{manifest.design_hash} {manifest.cards_hash}"
    survey_id, response_set = made_id("SV", seed), made_id("RS", seed)
    numbers = question_numbers(manifest)
    ids = {block.name: made_id("BL", seed, block.name) for block in blocks}
    items = [item for block in blocks for page in block.pages for item in page]
    options = OPTIONS | {"BackButton": "true" if survey.settings.back else "false"}
    # The count is of the highest number that was ever used; numbers depend on the manifest only.
    asked = str(max(numbers.values()))
    elements = [
        ("BL", "Survey Blocks", None, None, _blocks(blocks, ids, numbers, made_id("BL", seed, "trash"))),
        ("FL", "Survey Flow", None, None, survey_flow(survey, before, after, ids)),
        ("SO", "Survey Options", None, None, options),
        ("SCO", "Scoring", None, None, SCORING),
        ("PROJ", "CORE", None, "1.1.0", {"ProjectCategory": "CORE", "SchemaVersion": "1.1.0"}),
        ("STAT", "Survey Statistics", None, None, {"MobileCompatible": True, "ID": "Survey Statistics"}),
        ("QC", "Survey Question Count", asked, None, None),
        ("RS", response_set, "Default Response Set", None, None),
        *(_question(item, numbers[item.tag]) for item in items),
    ]
    keys = ("Element", "PrimaryAttribute", "SecondaryAttribute", "TertiaryAttribute", "Payload")
    return {
        "SurveyEntry": _entry(survey, survey_id, made_id("UR", seed), response_set),
        "SurveyElements": [
            {"SurveyID": survey_id, **dict(zip(keys, element, strict=True))} for element in elements
        ],
    }


def _question(item: Item, number: int) -> tuple[str, str, str, None, dict[str, Any]]:
    return "SQ", f"QID{number}", item.tag[:100], None, question_payload(item, number)


def _entry(survey: Survey, survey_id: str, owner: str, response_set: str) -> dict[str, Any]:
    language = survey.texts.language.upper()
    title = " ".join(re.sub(r"[<>${}\[\]|`\\&]", " ", survey.study.title).split())
    return {
        "SurveyID": survey_id,
        "SurveyName": title[:100] or "DCE",
        "SurveyDescription": None,
        "SurveyOwnerID": owner,
        "SurveyBrandID": "dce",
        "DivisionID": None,
        "SurveyLanguage": language if re.fullmatch(r"[A-Z]{2}(-[A-Z]{1,4})?", language) else "EN",
        "SurveyActiveResponseSet": response_set,
        "SurveyStatus": "Inactive",
        "SurveyStartDate": NEVER,
        "SurveyExpirationDate": NEVER,
        "SurveyCreationDate": NEVER,
        "CreatorID": owner,
        "LastModified": NEVER,
        "LastAccessed": NEVER,
        "LastActivated": NEVER,
        "Deleted": None,
    }


def _blocks(
    blocks: Sequence[Block], ids: dict[str, str], numbers: dict[str, int], trash: str
) -> list[dict[str, Any]]:
    listed = [
        {
            "Type": "Standard" if k else "Default",
            "SubType": "",
            "Description": block.name,
            "ID": ids[block.name],
            "BlockElements": _block_elements(block, numbers),
            "Options": {
                "BlockLocking": "false",
                "RandomizeQuestions": "false",
                "BlockVisibility": "Expanded",
            },
        }
        for k, block in enumerate(blocks)
    ]
    unused = {"Type": "Trash", "Description": "Trash / Unused Questions", "ID": trash, "BlockElements": []}
    return [*listed, unused]


def _block_elements(block: Block, numbers: dict[str, int]) -> list[dict[str, Any]]:
    elements: list[dict[str, Any]] = []
    for k, page in enumerate(block.pages):
        elements += [{"Type": "Page Break"}] if k else []
        elements += [{"Type": "Question", "QuestionID": f"QID{numbers[item.tag]}"} for item in page]
    return elements
