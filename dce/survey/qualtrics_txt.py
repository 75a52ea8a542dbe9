"""The survey in the Advanced Format of Qualtrics, which has no flow, and notes on setting it up."""

from __future__ import annotations

from collections.abc import Sequence

from dce.survey.platform_card import text_html
from dce.survey.qualtrics_blocks import Block, Item
from dce.survey.survey import Survey

KINDS = {"text": "DB", "number": "TE:SingleLine", "essay": "TE:Essay"}


def advanced_format(survey: Survey, blocks: Sequence[Block]) -> str:
    """Return the questions in the Advanced Format, after a block of notes to delete before deploying.

    Parameters
    ----------
    survey : Survey
    blocks : sequence of Block
        In order; timers are left out, which the format does not know.
    """
    steps = "".join(f"<li>{text_html(step)}</li>" for step in setting_up(survey))
    lines = [
        *("[[AdvancedFormat]]", ""),
        *("[[ED:dce_block]]", f"[[ED:dce_design:{survey.design.hash[:16]}]]", ""),
        *("[[Block:Set-up notes]]", "", "[[Question:DB]]", "[[ID:dce_set_up_notes]]"),
        *(f"<strong>Set-up notes: delete this block before deploying.</strong><ol>{steps}</ol>", ""),
    ]
    for block in blocks:
        pages = [[line for item in page for line in _question(item)] for page in block.pages]
        if not pages:
            continue
        lines += [f"[[Block:{block.name}]]", ""]
        for k, page in enumerate(pages):
            lines += ["[[PageBreak]]", ""] if k else []
            lines += page
    return "\n".join(lines)


def _question(item: Item) -> list[str]:
    if item.kind == "timer":
        return []
    if item.kind != "choice":
        return [f"[[Question:{KINDS[item.kind]}]]", f"[[ID:{item.tag}]]", item.html, ""]
    where = "Horizontal" if item.horizontal else "Vertical"
    lines = [f"[[Question:MC:SingleAnswer:{where}]]", f"[[ID:{item.tag}]]", item.html, "[[AdvancedChoices]]"]
    for value, html in item.options:
        lines += [f"[[Choice:{value}]]", html]
    return [*lines, ""]


def setting_up(survey: Survey) -> list[str]:
    """Return what is left to do by hand in Qualtrics after importing the Advanced Format."""
    settings = survey.settings
    blocks = [block for block, _ in survey.blocks]
    steps = []
    if len(blocks) > 1:
        steps.append(
            "Survey flow: add a Randomizer that presents 1 of its elements, evenly, with one Group in it for "
            f"each block of the design ({blocks[0]} to {blocks[-1]})."
        )
    order = "the blocks b1_w..., b1_t..., b1_d... and b1_r... that exist, in this order"
    steps.append(
        "Survey flow: give each Group the embedded data dce_block = its number first, then its cards; for "
        f"Group 1: {order}."
    )
    if "tasks" in settings.shuffle:
        steps.append(
            "Survey flow: in each Group put its cards b1_t1, b1_t2 ... (of block 1) in a Randomizer that "
            "presents all of them."
        )
    forced = [question.name for question in settings.questions if question.required]
    steps.append(
        "Set 'Force response' for each card and what follows it"
        + ("; for consent" if survey.consent else "")
        + (f"; for {', '.join(forced)}" if forced else "")
        + "."
    )
    bounds = [
        f"{q.name} ({'' if q.least is None else q.least} to {'' if q.most is None else q.most})"
        for q in settings.questions
        if q.kind == "number"
    ]
    if bounds:
        steps.append(f"Set the content type 'number' for {', '.join(bounds)}.")
    if settings.timers:
        steps.append(
            "Add to each card's block a timing question with the export tag b1_t1_seconds, for b1_t1."
        )
    if settings.back:
        steps.append("Switch the back button on.")
    return [*steps, "Keep the export tags and the names of the blocks: answers are read by them."]


def notes(survey: Survey) -> str:
    """Return notes for the researcher on importing, checking and exporting."""
    by_hand = "\n".join(f"   - {step}" for step in setting_up(survey))
    recorded = [
        "   - CSV, choices as numbers or as text.",
        "   - 'Export viewing order data for randomized surveys' ticked: it holds the order of the cards."
        if "tasks" in survey.settings.shuffle
        else "   - All fields.",
    ]
    return f"""Qualtrics

1. Import qualtrics.qsf (new project > survey > import a QSF file). It is complete: blocks, embedded data,
   forced answers, recode values and the survey flow. Qualtrics gives ids of its own; that does no harm.
2. Only where QSF cannot be imported: import qualtrics.txt into an empty survey (Tools > Import), delete
   the block 'Set-up notes', and do by hand what the format cannot say:
{by_hand}
3. Look whether survey flow, forced answers and recode values came through: Qualtrics promises nothing of
   QSF files. Answer the survey once in each block through its own link, export that, read it, and delete
   it before you begin. Previews and tests are left out when answers are read, and counted.
4. Change no export tags, recode values or names of blocks. Questions and embedded data of your own are
   welcome, and come back as characteristics of respondents.
5. Export (Data & analysis > export):
{chr(10).join(recorded)}
   - Keep the three header rows.
   Read the file with dce.read_responses, together with manifest.json.
6. Personal data (IP address, location, names, e-mail) are not read. Switch on 'Anonymize responses' if you
   do not need them.
"""
