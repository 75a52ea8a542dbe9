"""REDCap: a data dictionary with one instrument, an allocation table for the blocks, and set-up notes.

Every card is a section, which is a page of the survey, shown to records of its block by branching logic. The
order of cards is fixed: REDCap cannot shuffle the fields of an instrument.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from dce.errors import plain
from dce.survey.card import Card
from dce.survey.csv_table import write_table
from dce.survey.platform_card import card_html, glossary_html, paragraphs_html, text_html
from dce.survey.redcap_fields import FORM, attendance_field, question_fields
from dce.survey.survey import Survey
from dce.survey_settings import Question

HEADER = {
    "name": "Variable / Field Name",
    "form": "Form Name",
    "section": "Section Header",
    "type": "Field Type",
    "label": "Field Label",
    "choices": "Choices, Calculations, OR Slider Labels",
    "note": "Field Note",
    "validation": "Text Validation Type OR Show Slider Number",
    "least": "Text Validation Min",
    "most": "Text Validation Max",
    "identifier": "Identifier?",
    "branching": "Branching Logic (Show field only if...)",
    "required": "Required Field?",
    "alignment": "Custom Alignment",
    "number": "Question Number (surveys only)",
    "matrix": "Matrix Group Name",
    "ranking": "Matrix Ranking?",
    "annotation": "Field Annotation",
}
"""The columns of a data dictionary, in order."""
ALLOCATED = 1000
"""At least how many respondents an allocation table has a block for."""
NOTES = """\
Set-up of the survey in REDCap

1. Take a project without instruments of its own: uploading a data dictionary replaces ALL instruments of a
   project. To add the cards to a project, append the rows below the first of redcap_dictionary.csv to the
   dictionary of that project.
2. Project Setup: enable surveys. Designer > Data Dictionary > Upload: redcap_dictionary.csv.
3. Designer: enable the instrument "{form}" as a survey. In its survey settings:
   - Pagination: one section per page ("multi-page"), so that each card is a page.
   - {back}
   - Survey instructions: leave them empty, the instrument begins with the introduction.
   - Survey completion text:
{ending}
{block}
5. Record ids are numbered by REDCap, and tie the answers to respondents. Do not rename the fields.
6. Data Exports: "CSV / Microsoft Excel (raw data)". Exports with labels as headings do not name the
   tasks. Read the file with dce.read_responses and the manifest.json beside this file.
"""
BLOCK = """\
4. Randomisation draws the block. Project Setup: enable the randomisation module; randomised field
   "dce_block", no strata, open. Upload redcap_allocation_test.csv for development and redcap_allocation.csv
   for production; REDCap wants two that differ. Before version 14.7 the heading of these tables is dce_block
   instead of redcap_randomization_group. Trigger: automatically, for all users with survey respondents, on
   the instrument "{form}", when [dce_design] <> ''. Before 14.7 respondents cannot be randomised by the
   survey itself: staff randomise the record before they send the link, or the link names the block, as in
   ?dce_block=2.
   The tables are for {rows} respondents, in permuted blocks of {blocks}; keep them from those who recruit."""
NO_BLOCK = """\
4. There is one block, and nothing to randomise."""


def write_redcap(survey: Survey, folder: Path) -> list[Path]:
    """Write ``redcap_dictionary.csv``, ``redcap_notes.txt`` and, for several blocks, allocation tables.

    The tables, ``redcap_allocation.csv`` and ``redcap_allocation_test.csv``, hold the blocks of the design in
    permuted blocks, and follow from its hash.

    Parameters
    ----------
    survey : Survey
    folder : Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / "redcap_dictionary.csv", folder / "redcap_notes.txt"]
    rows = [[field.get(key, "") for key in HEADER] for field in _fields(survey)]
    write_table(files[0], list(HEADER.values()), rows)
    blocks = [block for block, _ in survey.blocks]
    files[1].write_text(_notes(survey, len(blocks)), encoding="utf-8", newline="\n")
    if len(blocks) > 1:
        for stream, name in enumerate(("redcap_allocation", "redcap_allocation_test")):
            rng = np.random.default_rng([int(survey.design.hash[:12], 16), stream])
            table = [[block] for _ in range(_groups(len(blocks))) for block in rng.permutation(blocks)]
            files.append(folder / f"{name}.csv")
            write_table(files[-1], ["redcap_randomization_group"], table)
    return files


def _groups(blocks: int) -> int:
    """Return how many permuted blocks are allocated."""
    return -(-ALLOCATED // blocks)


def _notes(survey: Survey, blocks: int) -> str:
    back = 'allow the button "Previous page".' if survey.settings.back else 'hide the button "Previous page".'
    ending = "\n".join(f"     {' '.join(part.split())}" for part in survey.ending) or "     (yours)"
    rows = _groups(blocks) * blocks
    block = BLOCK.format(form=FORM, rows=rows, blocks=blocks) if blocks > 1 else NO_BLOCK
    return NOTES.format(form=FORM, back=back, ending=ending, block=block)


Field = dict[str, str]
"""Cells of a row by the keys of :data:`HEADER`; the others are empty."""


def _fields(survey: Survey) -> list[Field]:
    """Return the rows of the dictionary."""
    blocks = [block for block, _ in survey.blocks]
    title = f"<h3>{text_html(survey.study.title)}</h3>"
    drawn = {str(block): f"Block {block}" for block in blocks}
    fields: list[Field] = [
        {"name": "record_id", "type": "text", "label": "Record ID"},
        {"name": "dce_intro", "type": "descriptive", "label": title + paragraphs_html(survey.introduction)},
        {
            "name": "dce_design",
            "type": "text",
            "label": "Design",
            "annotation": f"@HIDDEN-SURVEY @READONLY @DEFAULT='{survey.design.hash[:16]}'",
        },
        {
            **_radio("dce_block", "Block", drawn, required=False),
            "annotation": "@HIDDEN-SURVEY" + (f" @DEFAULT='{blocks[0]}'" if len(blocks) == 1 else ""),
        },
    ]
    if survey.consent:
        agree = {"1": survey.texts["page.agree"]}
        fields.append(_radio("consent", paragraphs_html(survey.consent), agree))
    fields += _questions(survey, "before")
    if survey.has_glossary:
        fields.append(
            {
                "name": "dce_glossary",
                "section": text_html(survey.texts["card.glossary"]),
                "type": "descriptive",
                "label": _allowed(glossary_html(survey)),
            }
        )
    for card in survey.cards:
        fields += _card(survey, card)
    if survey.settings.attendance:
        fields += _attendance(survey)
    fields += _questions(survey, "after")
    return [{"form": FORM} | field for field in fields]


def _radio(name: str, label: str, choices: Mapping[str, str], *, required: bool = True) -> Field:
    """Return a field of radio buttons; the label is HTML, the choices are texts of the study."""
    return {
        "name": name,
        "type": "radio",
        "label": label,
        "choices": " | ".join(f"{code}, {text_html(text)}" for code, text in choices.items()),
        "required": "y" if required else "",
        "alignment": "LV",
    }


def _card(survey: Survey, card: Card) -> list[Field]:
    """Return the fields of a card, a page of their own."""
    texts = survey.texts
    label = _allowed(
        card_html(survey, card).replace(f"<p><strong>{text_html(card.heading)}</strong></p>", "")
    )
    fields = [{**_radio(card.tag, label, dict(survey.answers(card))), "section": text_html(card.heading)}]
    if survey.asks_opt_out:
        yes, no = survey.opt_out_options
        fields.append(_radio(f"{card.tag}_opt_out", text_html(texts["card.opt_out"]), {"1": yes, "2": no}))
    if survey.settings.certainty:
        ends = f"{texts['card.certainty_least']} – {texts['card.certainty_most']}"
        question = f"{text_html(texts['card.certainty'])}<br />{text_html(ends)}"
        numbers = {str(number): str(number) for number in range(11)}
        fields.append({**_radio(f"{card.tag}_certainty", question, numbers), "alignment": "LH"})
    return [field | {"branching": f"[dce_block] = '{card.block}'"} for field in fields]


def _attendance(survey: Survey) -> list[Field]:
    """Return a matrix of the attributes, in the order of the study."""
    options = dict(zip("123", survey.attendance_options, strict=True))
    fields = [
        {
            **_radio(attendance_field(number), text_html(attribute.label), options),
            "alignment": "",
            "matrix": "dce_attended",
        }
        for number, attribute in enumerate(survey.study.attributes, 1)
    ]
    fields[0]["section"] = text_html(survey.texts["attendance.question"])
    return fields


def _questions(survey: Survey, when: str) -> list[Field]:
    """Return the questions before or after the tasks, on a page of their own."""
    names = question_fields([question.name for question in survey.settings.questions])
    fields = [_question(question, names[question.name]) for question in survey.questions(when)]
    if fields:
        fields[0]["section"] = text_html(survey.texts["offline.questions"])
    return fields


def _question(question: Question, name: str) -> Field:
    label = text_html(question.text)
    if question.kind == "choice":
        return _radio(name, label, question.codes, required=question.required)
    field = {"name": name, "label": label, "required": "y" if question.required else ""}
    if question.kind == "text":
        return field | {"type": "notes"}
    limits = {"least": question.least, "most": question.most}
    return (
        field
        | {"type": "text", "validation": "number"}
        | {key: plain(value) for key, value in limits.items() if value is not None}
    )


def _allowed(html: str) -> str:
    """Return a card of dce with the elements only that REDCap keeps in labels.

    It takes away ``thead``, ``caption``, ``details`` and lists of definitions, whose texts would then run
    into one another.
    """
    html = re.sub(r"(<table[^>]*>)<caption[^>]*>(.*?)</caption>", r"<p>\2</p>\1", html)
    html = re.sub(r"</?(?:thead|details|dl)[^>]*>", "", html)
    html = re.sub(r"<summary[^>]*>(.*?)</summary>", r"<p><strong>\1</strong></p>", html)
    return re.sub(r"<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>", r"<p>\1<br />\2</p>", html)
