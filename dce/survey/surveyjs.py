"""The survey for SurveyJS: its JSON, with a page for each task, and the script that starts it."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from dce.survey.card import Card
from dce.survey.platform_card import card_html, glossary_html, paragraphs_html, text_html
from dce.survey.survey import Survey
from dce.survey_settings import Question

Element = dict[str, Any]

BRACE = "{dce_brace}"
"""What SurveyJS shows as ``{``: the name of a value that is one. So no words of the study name a value."""
START = files("dce.survey") / "templates" / "surveyjs_start.js"
NOTES = """\
surveyjs.json is the survey, for survey-core 2 or later and its renderers. Start it with surveyjs_start.js:

  const block = new URLSearchParams(location.search).get("block");
  const survey = dceStart(Survey.Model, json, { block });
  survey.onComplete.add((sender) => save(sender.data));   // your own function
  survey.render(...);                                     // as your renderer does it

The block is the one of the address (?block=2), or drawn at random. Give { block, respondent } to name the
respondent; otherwise a random id is made. Save the data of each respondent whole, and read them back as a
.json file with the list of them, or as a CSV file with a column for each name.

Without the script there is no block, and the survey says so. Should your system set the value dce_block by
itself, tasks stand in the order of the design, and neither their order nor their times are recorded.
The words of SurveyJS itself are in the language of the survey where the page loads survey.i18n.
A language that runs from right to left needs <html dir="rtl">.
"""


def write_surveyjs(survey: Survey, folder: Path) -> list[Path]:
    """Write ``surveyjs.json``, ``surveyjs_start.js`` that starts it, and ``surveyjs_notes.txt``.

    Cards of the design change places among one another; all others stay where they are.

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
    settings = {"shuffle": _is_shuffled(survey), "timers": survey.settings.timers}
    contents = {
        "surveyjs.json": json.dumps(_content(survey), indent=1, ensure_ascii=False) + "\n",
        "surveyjs_start.js": f"const DCE = {json.dumps(settings)};\n" + START.read_text(encoding="utf-8"),
        "surveyjs_notes.txt": NOTES,
    }
    for name, text in contents.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in contents]


def _is_shuffled(survey: Survey) -> bool:
    return "tasks" in survey.settings.shuffle


def _content(survey: Survey) -> Element:
    content: Element = {
        "title": _plain(survey.study.title),
        "locale": survey.texts.language,
        "showPrevButton": survey.settings.back,
        "showProgressBar": True,
        "showQuestionNumbers": "off",
        "calculatedValues": [
            {"name": BRACE.strip("{}"), "expression": "'{'"},
            {"name": "dce_design", "expression": f"'{survey.design.hash[:16]}'", "includeIntoResult": True},
        ],
        "pages": _pages(survey),
    }
    if survey.ending:
        content["completedHtml"] = _directed(survey, paragraphs_html(survey.ending))
    return content


def _plain(text: str) -> str:
    """Return a text of the study as SurveyJS shows it word for word, where it is no HTML."""
    return text.replace("{", BRACE)


def _directed(survey: Survey, html: str) -> str:
    return f'<div dir="{survey.texts.direction}">{html}</div>'


def _pages(survey: Survey) -> list[Element]:
    no_block = "No block was drawn: start this survey with surveyjs_start.js."
    pages = [{**_page("dce_no_block", [_html(survey, "dce_no_block_text", no_block)]),
              "visibleIf": "{dce_block} empty"}]  # fmt: skip
    if survey.introduction:
        words = _html(survey, "dce_introduction_text", paragraphs_html(survey.introduction))
        pages.append(_page("dce_introduction", [words]))
    if survey.consent:
        words = _html(survey, "dce_consent_text", paragraphs_html(survey.consent))
        pages.append(_page("dce_consent", [words, _consent(survey)]))
    if survey.questions("before"):
        pages.append(_page("dce_before", [_question(question) for question in survey.questions("before")]))
    if survey.has_glossary:
        heading = f"<h2>{text_html(survey.texts['card.glossary'])}</h2>"
        words = _html(survey, "dce_glossary_text", heading + glossary_html(survey))
        pages.append(_page("dce_glossary", [words]))
    pages += [_task(survey, card) for card in survey.cards]
    if survey.settings.attendance:
        pages.append(_page("dce_attendance", _attendance(survey)))
    if survey.questions("after"):
        pages.append(_page("dce_after", [_question(question) for question in survey.questions("after")]))
    return pages


def _page(name: str, elements: list[Element]) -> Element:
    return {"name": name, "elements": elements}


def _html(survey: Survey, name: str, html: str) -> Element:
    return {"type": "html", "name": name, "html": _directed(survey, html)}


def _radio(name: str, title: str, options: list[tuple[str, str]], required: bool) -> Element:
    return {
        "type": "radiogroup",
        "name": name,
        "title": _plain(title),
        "isRequired": required,
        "choices": [{"value": code, "text": _plain(text)} for code, text in options],
    }


def _consent(survey: Survey) -> Element:
    agree = survey.texts["page.agree"]
    return {
        "type": "checkbox",
        "name": "consent",
        "title": _plain(agree),
        "titleLocation": "hidden",
        "isRequired": True,
        "choices": [{"value": "1", "text": _plain(agree)}],
    }


def _task(survey: Survey, card: Card) -> Element:
    """Return the page of a card. The question is shown with the card, and names the answers for readers."""
    choice = _radio(card.tag, card.question, list(survey.answers(card)), required=True)
    elements = [
        _html(survey, f"{card.tag}_card", card_html(survey, card, heading=not _is_shuffled(survey))),
        {**choice, "titleLocation": "hidden"},
    ]
    if survey.asks_opt_out:
        options = list(zip(("1", "2"), survey.opt_out_options, strict=True))
        second = _radio(f"{card.tag}_opt_out", survey.texts["card.opt_out"], options, required=True)
        elements.append({**second, "visibleIf": f"{{{card.tag}}} notempty"})
    if survey.settings.certainty:
        elements.append(_certainty(survey, f"{card.tag}_certainty"))
    return {**_page(card.tag, elements), "visibleIf": f"{{dce_block}} = {card.block}"}


def _certainty(survey: Survey, name: str) -> Element:
    return {
        "type": "rating",
        "name": name,
        "title": _plain(survey.texts["card.certainty"]),
        "isRequired": True,
        "rateMin": 0,
        "rateMax": 10,
        "minRateDescription": _plain(survey.texts["card.certainty_least"]),
        "maxRateDescription": _plain(survey.texts["card.certainty_most"]),
        "displayMode": "buttons",
    }


def _attendance(survey: Survey) -> list[Element]:
    options = list(zip(("1", "2", "3"), survey.attendance_options, strict=True))
    asked = [
        _radio(f"attended_{attribute.name}", attribute.label, options, required=True)
        for attribute in survey.study.attributes
    ]
    question = paragraphs_html((survey.texts["attendance.question"],))
    return [_html(survey, "dce_attendance_text", question), *asked]


def _question(question: Question) -> Element:
    if question.kind == "choice":
        return _radio(question.name, question.text, list(question.codes.items()), question.required)
    element: Element = {
        "type": "comment" if question.kind == "text" else "text",
        "name": question.name,
        "title": _plain(question.text),
        "isRequired": question.required,
    }
    if question.kind == "number":
        bounds = {"min": question.least, "max": question.most}
        element["inputType"] = "number"
        element |= {key: bound for key, bound in bounds.items() if bound is not None}
    return element
