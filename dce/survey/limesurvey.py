"""LimeSurvey: the structure of a survey as a table with tabs, which LimeSurvey imports.

Every card is a group of questions on a page of its own, shown to respondents of its block. LimeSurvey draws
the block, and lets the groups of the design's tasks change places among one another; all other groups
stay where they are, so a dominance card in the middle stays in the middle, and repeats stay last. Where tasks
are shuffled, a hidden equation in each group records its place in the order of the screen.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from dce.errors import plain
from dce.survey.card import Card
from dce.survey.limesurvey_answers import MISSING
from dce.survey.limesurvey_codes import answer_codes, question_codes, task_code
from dce.survey.platform_card import card_html, glossary_html, paragraphs_html, text_html
from dce.survey.survey import Survey
from dce.survey.told_apart import check_no_answer_is
from dce.survey_settings import Question

HEADER = (
    *("id", "related_id", "class", "type/scale", "name", "relevance", "text", "help", "language"),
    *("validation", "mandatory", "other", "default", "same_default"),
    *("hidden", "hide_tip", "max_num_value_n", "min_num_value_n", "random_group"),
)
"""Columns in the order of LimeSurvey's own export; after ``same_default`` the attributes of questions."""
NAMED = {"&amp;": "&#38;", "&lt;": "&#60;", "&gt;": "&#62;", "&quot;": "&#34;"}
"""Entities that early versions of LimeSurvey undo when they look for expressions, and what they leave."""
NO_XML = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
"""What cannot stand in the XML that LimeSurvey makes of the table, and what would end a line."""
NOTES = """\
Set-up of the survey in LimeSurvey

1. Surveys > Create > Import: choose limesurvey.txt. Let a super administrator import it, or keep the XSS
   filter from taking the layout of the cards away (Global settings > Security).
2. Preview it. The block is drawn when a respondent begins: simple randomisation, so blocks differ somewhat
   in size.
3. Do not change codes of questions or answers, names of groups, or the hidden equations: they tie the
   answers to the design.
4. Activate it{timers}.
5. Export responses as CSV with headings "Question code & question text" and responses as answer codes
   (full answers are read as well). Read them with dce.read_responses and the manifest.json beside this file.
"""

Row = dict[str, str]
"""Cells of a row by column; the others are empty."""


def write_limesurvey(survey: Survey, folder: Path) -> list[Path]:
    """Write ``limesurvey.txt``, to be imported, and ``limesurvey_notes.txt`` for those who do.

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
    check_no_answer_is(survey, MISSING, "LimeSurvey")
    folder.mkdir(parents=True, exist_ok=True)
    stream = io.StringIO()
    writer = csv.DictWriter(stream, HEADER, restval="", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    for row in _rows(survey):
        writer.writerow({name: NO_XML.sub(" ", cell) for name, cell in row.items()})
    files = [folder / "limesurvey.txt", folder / "limesurvey_notes.txt"]
    files[0].write_text(stream.getvalue(), encoding="utf-8-sig", newline="\n")
    timers = ' with "Save timings" on, as the file says' if survey.settings.timers else ""
    files[1].write_text(NOTES.format(timers=timers), encoding="utf-8", newline="\n")
    return files


def _rows(survey: Survey) -> Iterator[Row]:
    yield from _survey_rows(survey)
    language = survey.texts.language
    for number, (group, questions) in enumerate(_groups(survey), 1):
        head = {"class": "G", "type/scale": str(number), "relevance": "1", "language": language}
        yield head | group
        yield from ({"relevance": "1", "language": language} | question for question in questions)


def _survey_rows(survey: Survey) -> Iterator[Row]:
    """Return the settings of the survey, and its texts."""
    settings = survey.settings
    values = {
        "language": survey.texts.language,
        "format": "G",
        "allowprev": "Y" if settings.back else "N",
        "savetimings": "Y" if settings.timers else "N",
        "datestamp": "Y",
        "ipaddr": "N",
        "refurl": "N",
        "showwelcome": "N",
        "showxquestions": "N",
        "showgroupinfo": "X",
        "showqnumcode": "X",
        "shownoanswer": "N",
        "showprogress": "N",
        "questionindex": "0",
    }
    yield from ({"class": "S", "name": name, "text": value} for name, value in values.items())
    texts = {
        "surveyls_title": _html(text_html(survey.study.title)),
        "surveyls_endtext": _html(paragraphs_html(survey.ending)),
    }
    for name, text in texts.items():
        if text:
            yield {"class": "SL", "name": name, "text": text, "language": survey.texts.language}


def _groups(survey: Survey) -> list[tuple[Row, list[Row]]]:
    """Return the groups, one a page, each with the rows of its questions."""
    before = [({"name": "introduction"}, _introduction(survey))]
    if survey.questions("before"):
        before.append(({"name": "questions before"}, _questions(survey, "before")))
    if survey.has_glossary:
        heading = f"<p><strong>{text_html(survey.texts['card.glossary'])}</strong></p>"
        before.append(({"name": "glossary"}, [_shown("dceglossary", heading + glossary_html(survey))]))
    after: list[tuple[Row, list[Row]]] = []
    if survey.settings.attendance:
        after.append(({"name": "attendance"}, _attendance(survey)))
    if survey.questions("after"):
        after.append(({"name": "questions after"}, _questions(survey, "after")))
    return [*before, *(_card(survey, card) for card in survey.cards), *after]


def _introduction(survey: Survey) -> list[Row]:
    """Return the first page. It draws the block, so it is never empty: LimeSurvey passes over such pages."""
    title = f"<p><strong>{text_html(survey.study.title)}</strong></p>"
    rows = [*_hidden(survey), _shown("dceintroduction", title + paragraphs_html(survey.introduction))]
    if survey.consent:
        agree = {"1": survey.texts["page.agree"]}
        rows += _choice("consent", paragraphs_html(survey.consent), agree)
    return rows


def _shown(code: str, html: str) -> Row:
    return {"class": "Q", "type/scale": "X", "name": code, "text": _html(html)}


def _hidden(survey: Survey) -> list[Row]:
    """Return the equations that draw the block and name the design.

    LimeSurvey works equations out more than once; the guard keeps what was drawn first.
    """
    blocks = [block for block, _ in survey.blocks]
    if blocks == list(range(1, len(blocks) + 1)):
        return [_drawn("dceblock", len(blocks)), _equation("dcedesign", survey.design.hash[:16])]
    text = str(blocks[-1])
    for number, block in reversed(list(enumerate(blocks[:-1], 1))):
        text = f"if(dcedraw == {number},{block},{text})"
    return [
        _drawn("dcedraw", len(blocks)),
        _equation("dceblock", f"{{{text}}}"),
        _equation("dcedesign", survey.design.hash[:16]),
    ]


def _drawn(code: str, most: int) -> Row:
    return _equation(code, f"{{if(is_empty({code}),rand(1,{most}),{code})}}")


def _equation(code: str, text: str) -> Row:
    return {"class": "Q", "type/scale": "*", "name": code, "text": text, "hidden": "1"}


def _card(survey: Survey, card: Card) -> tuple[Row, list[Row]]:
    """Return the group of a card: the card with its answers, and what follows it."""
    settings, texts, code = survey.settings, survey.texts, task_code(card.tag)
    shuffled = "tasks" in settings.shuffle
    group = {"name": code, "relevance": f"dceblock == {card.block}"}
    if shuffled and card.kind == "design":
        group["random_group"] = f"dceb{card.block}"
    answers = dict(zip(card.codes, card.labels, strict=True))
    offered = dict(survey.answers(card))
    rows = _choice(code, card_html(survey, card, heading=not shuffled), answers, only=tuple(offered))
    if survey.asks_opt_out:
        yes, no = survey.opt_out_options
        rows += _choice(f"{code}opt", text_html(texts["card.opt_out"]), {"1": yes, "2": no})
    if settings.certainty:
        ends = f"{texts['card.certainty_least']} – {texts['card.certainty_most']}"
        question = f"{text_html(texts['card.certainty'])}<br />{text_html(ends)}"
        numbers = {str(number): str(number) for number in range(11)}
        rows += _choice(f"{code}cert", question, numbers, kind="!")
    if shuffled:
        rows.append(_equation(f"{code}pos", "{self.gseq + 1}"))
    return group, rows


def _choice(
    code: str, html: str, answers: dict[str, str], *, kind: str = "L", required: bool = True,
    only: Sequence[str] | None = None,
) -> list[Row]:  # fmt: skip
    """Return a question with one of several answers, on the screen as buttons (L) or a list (!)."""
    question = {"class": "Q", "type/scale": kind, "name": code, "text": _html(html), "hide_tip": "1"}
    return [question | {"mandatory": "Y" if required else "N", "other": "N"}, *_answers(answers, only)]


def _answers(answers: dict[str, str], only: Sequence[str] | None = None) -> list[Row]:
    return [
        {"class": "A", "type/scale": "0", "name": name, "text": _html(text_html(answers[code])),
         "relevance": ""}
        for name, code in answer_codes(answers).items()
        if only is None or code in only
    ]  # fmt: skip


def _attendance(survey: Survey) -> list[Row]:
    """Return an array of the attributes, in the order of the study."""
    text = _html(text_html(survey.texts["attendance.question"]))
    head = {"class": "Q", "type/scale": "F", "name": "attended", "text": text, "mandatory": "Y", "other": "N"}
    asked = [
        {"class": "SQ", "type/scale": "0", "name": f"a{k}", "text": _html(text_html(attribute.label))}
        for k, attribute in enumerate(survey.study.attributes, 1)
    ]
    options = dict(zip("123", survey.attendance_options, strict=True))
    return [head, *asked, *_answers(options)]


def _questions(survey: Survey, when: str) -> list[Row]:
    codes = question_codes([question.name for question in survey.settings.questions])
    return [row for question in survey.questions(when) for row in _question(question, codes[question.name])]


def _question(question: Question, code: str) -> list[Row]:
    if question.kind == "choice":
        return _choice(code, text_html(question.text), question.codes, required=question.required)
    row = {
        "class": "Q",
        "type/scale": "N" if question.kind == "number" else "S",
        "name": code,
        "text": _html(text_html(question.text)),
        "mandatory": "Y" if question.required else "N",
        "other": "N",
    }
    for name, value in (("min_num_value_n", question.least), ("max_num_value_n", question.most)):
        if value is not None:
            row[name] = plain(value)
    return [row]


def _html(html: str) -> str:
    for name, number in NAMED.items():
        html = html.replace(name, number)
    return html
