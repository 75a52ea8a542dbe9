"""The survey as one page that runs on a tablet without a network, and keeps the answers there."""

from __future__ import annotations

import re
import string
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dce.cell_texts import EMPTY
from dce.icons import ICONS
from dce.survey.card import Card
from dce.survey.manifest import make_manifest
from dce.survey.offline_answers import FORMAT
from dce.survey.page import as_script, page_environment
from dce.survey.survey import Survey, line_feeds
from dce.survey_settings import Question


def write_offline(survey: Survey, folder: Path) -> list[Path]:
    """Write a survey as ``survey.html``, which holds everything that it needs.

    The page draws a block at random, or takes that of its address (``survey.html?block=2``); likewise the
    respondent (``?id=P12``). Answers are saved on the device after each page, so that a survey goes on
    where it was after a reload or crash. ``survey.html#data`` shows how many there are, and saves them as
    CSV and JSON for :func:`dce.read_responses`. That page has no password: who has the device has the
    answers.

    Cards of the design change places with one another; warm-up cards stay first, repeats last, and a
    dominance card where it is in the order. Where alternatives are shuffled, the label stands with its
    alternative. Only labels that do no more than number the columns of an unlabelled study, such as
    "Service 1" and "Service 2", stay in their places. In either case the answer is recorded as the code
    of the alternative whose levels were chosen, and ``<tag>_places`` says where each stood.

    Parameters
    ----------
    survey : Survey
    folder : Path
        Made if it is not there.

    Returns
    -------
    list of Path
        The file. Same survey, same bytes.
    """
    environment = page_environment()
    assert environment.loader is not None
    script, _, _ = environment.loader.get_source(environment, "offline.js")
    page = environment.get_template("offline.html.j2").render(
        survey=survey,
        texts=survey.texts,
        icons={name: drawing for name, drawing in ICONS.items() if name in _icons(survey)},
        script=script,
        data=as_script(_content(survey)),
        connect=_origin(survey.settings.post),
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "survey.html"
    path.write_text(line_feeds(page), encoding="utf-8", newline="\n")
    return [path]


def labels_number_columns(survey: Survey) -> bool:
    """Whether the labels of the services say no more than which column it is, as "Service 1" does."""
    labels = [alternative.label.strip() for alternative in survey.study.alternatives]
    if survey.study.labelled or len(labels) < 2:
        return False
    return any(
        len({label.removesuffix(sign) for label, sign in zip(labels, signs, strict=False)}) == 1
        and all(re.search(rf"(^|\W){sign}$", label) for label, sign in zip(labels, signs, strict=False))
        for signs in (string.digits[1:], string.ascii_uppercase)
        if len(labels) <= len(signs)
    )


def _origin(post: str) -> str:
    """Return the source that a content security policy lets the page send to."""
    parts = urlsplit(post)
    return f"{parts.scheme}://{parts.netloc}" if post else "'none'"


def _icons(survey: Survey) -> set[str]:
    return {name for card in survey.cards for row in card.rows for name in (row.icon, *row.icons)}


def _content(survey: Survey) -> dict[str, Any]:
    """Return what the script reads: the survey as plain values."""
    study, settings, texts = survey.study, survey.settings, survey.texts
    kept = ("card.", "attendance.", "offline.")
    return {
        "format": FORMAT,
        "study": study.title,
        "design": survey.design.hash[:16],
        "cards": make_manifest(survey).cards_hash[:16],
        "introduction": survey.introduction,
        "consent": survey.consent,
        "ending": survey.ending,
        "glossary": survey.glossary,
        "hasGlossary": survey.has_glossary,
        "hasTooltips": survey.has_tooltips,
        "question": study.question,
        "names": study.alternative_names,
        "labels": [alternative.label for alternative in study.all_alternatives],
        "services": len(study.alternatives),
        "labelsStay": labels_number_columns(survey),
        "attributes": [{"name": a.name, "label": a.label, "icon": a.icon} for a in study.attributes],
        "blocks": {block: [_card(card) for card in cards] for block, cards in survey.blocks},
        "questions": [_question(question) for question in settings.questions],
        "shuffle": settings.shuffle,
        "back": settings.back,
        "timers": settings.timers,
        "highlight": settings.highlight == "differences" and len(study.alternatives) > 1,
        "asksOptOut": survey.asks_opt_out,
        "optOutOptions": survey.opt_out_options,
        "certainty": settings.certainty,
        "attendance": settings.attendance,
        "attendanceOptions": survey.attendance_options,
        "post": settings.post,
        "noAnswer": EMPTY,
        "agree": texts["page.agree"],
        "texts": {key: text for key, text in sorted(texts.texts.items()) if key.startswith(kept)},
    }


def _card(card: Card) -> dict[str, Any]:
    return {
        "tag": card.tag,
        "kind": card.kind,
        "cells": [row.cells for row in card.rows],
        "icons": [row.icons for row in card.rows],
        "differs": [row.differs for row in card.rows],
    }


def _question(question: Question) -> dict[str, Any]:
    return {
        "name": question.name,
        "text": question.text,
        "kind": question.kind,
        "options": list(question.codes.items()),
        "when": question.when,
        "required": question.required,
        "least": question.least,
        "most": question.most,
    }
