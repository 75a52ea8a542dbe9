"""The command that begins a study."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from rich.prompt import Confirm, IntPrompt, Prompt

from dce.attributes import Attribute, Level
from dce.cli.console import app, screen, wrote
from dce.cli.draft import Draft, name_of
from dce.errors import DceError, StudyError

NAMES = ("study.toml", "scenarios.toml")
PREFERENCES = {"more": 1, "less": -1}
QUESTION = "Which would you choose?"
LEAST, MOST = 2, 30
"""Choices for each respondent."""


@app.command()
def new(
    folder: Annotated[Path, typer.Argument(help="Made if it does not exist.", show_default=False)],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: write an example to start from.")
    ] = False,
) -> None:
    """Ask a few questions, and write a commented study.toml and scenarios.toml that run at once.

    Without a terminal, or with --yes, they are an example to start from.
    """
    for name in NAMES:
        if (folder / name).exists():
            raise DceError(f"{folder / name}: exists already, and is left as it is.")
    texts = _example() if yes or not is_terminal() else _asked()
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
        wrote(folder / name)
    screen.print(f"Edit them, then try: dce run {folder}", markup=False)


def is_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return screen.is_terminal and sys.stdin.isatty()


def _example() -> dict[str, str]:
    return {name: files("dce").joinpath("templates", name).read_text(encoding="utf-8") for name in NAMES}


def _asked() -> dict[str, str]:
    screen.print("A few questions; Enter takes what stands in brackets. Everything can be changed later.\n")
    draft = _ask()
    return dict(zip(NAMES, (draft.study_text(), draft.scenarios_text()), strict=True))


def _ask() -> Draft:
    title = _text("Title of the study", "Preferences for a service")
    labelled = _confirm("Are the services on a card of different kinds, each with a name of its own?")
    if labelled:
        services = _services()
    else:
        services = [f"Service {k}" for k in range(1, _number("How many services on a card", 2, 2, 6) + 1)]
    needs_out = len(services) == 1
    opt_out = ""
    if needs_out or _confirm("May respondents choose none of them?"):
        opt_out = _text("What is choosing none called", "None of these")
        while opt_out in services:
            _refuse("A service is called so; choosing none needs another name.")
            opt_out = _text("What is choosing none called", "None of these")
    screen.print(
        "\nNow what services differ in: one attribute after the other, Enter when there are no more."
    )
    draft = Draft(title, QUESTION, services, labelled, opt_out, [], {}, 1)
    while not draft.attributes or draft.possible < max(draft.needed, LEAST):
        if draft.attributes:
            _refuse(f"These make only {draft.possible} different cards: one more attribute, please.")
        draft = _with_attributes(draft)
    most = min(draft.possible, MOST)
    tasks = _number("\nHow many choices for each respondent", min(8, most), LEAST, most)
    return replace(draft, tasks=tasks, question=_text("Question below each card", QUESTION))


def _services() -> list[str]:
    while True:
        names = _parts(_text("Their names, with commas between", "Clinic, At home"))
        if names and len(set(names)) == len(names):
            return names
        _refuse("Each name once, please.")


def _with_attributes(draft: Draft) -> Draft:
    """Ask for attributes, besides those that are there, until Enter."""
    attributes, wanted = list(draft.attributes), dict(draft.wanted)
    while True:
        label = Prompt.ask(
            f"\nAttribute {len(attributes) + 1}", console=screen, default="", show_default=False
        )
        if not label.strip():
            if len(attributes) > len(draft.attributes):
                return replace(draft, attributes=attributes, wanted=wanted)
            _refuse("At least one attribute, such as: Wait for the appointment")
            continue
        if label.strip() in [attribute.label for attribute in attributes]:
            _refuse("That attribute is there already.")
            continue
        attribute = _attribute(label.strip(), [attribute.name for attribute in attributes])
        attributes.append(attribute)
        if attribute.is_numeric:
            what = Prompt.ask(
                "  Would people rather have more or less of it",
                choices=[*PREFERENCES, "unknown"],
                default="unknown",
                console=screen,
            )
            if what in PREFERENCES:
                wanted[attribute.name] = PREFERENCES[what]


def _attribute(label: str, taken: list[str]) -> Attribute:
    """Ask for levels until they are those of an attribute."""
    while True:
        texts = _parts(_text("  Its levels, with commas between (words, or numbers such as 2, 4, 8)", ""))
        try:
            attribute = Attribute(name_of(label, taken), _levels(texts), label)
        except StudyError as error:
            _refuse(str(error))
            continue
        unit = _text("  Unit, in the plural, such as weeks (Enter: none)", "") if attribute.is_numeric else ""
        return Attribute(attribute.name, attribute.levels, label, unit or None)


def _levels(texts: list[str]) -> list[Level]:
    """Return numbers if all are, else the words.

    Raises
    ------
    StudyError
        If some are numbers only.
    """
    numbers = [float(text) for text in texts if re.fullmatch(r"[-+]?\d+(\.\d+)?", text)]
    if not numbers:
        return list(texts)
    if len(numbers) < len(texts):
        raise StudyError("Numbers alone, please (their unit comes next), or words alone.")
    return [int(number) if number.is_integer() else number for number in numbers]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _text(question: str, default: str) -> str:
    return (
        Prompt.ask(question, console=screen, default=default, show_default=bool(default)).strip() or default
    )


def _confirm(question: str) -> bool:
    return Confirm.ask(question, console=screen, default=False)


def _number(question: str, default: int, least: int, most: int) -> int:
    while True:
        number = IntPrompt.ask(question, console=screen, default=default)
        if least <= number <= most:
            return number
        _refuse(f"From {least} to {most}, please.")


def _refuse(text: str) -> None:
    screen.print(f"  {text}", style="yellow", markup=False)
