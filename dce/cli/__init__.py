"""The ``dce`` command: one verb per step of a study."""

from __future__ import annotations

from dce.cli import (  # noqa: F401  # they add their commands to the app
    answers,
    design,
    diagnose,
    doctor,
    new,
    power,
    quality,
    rates,
    report,
    run,
    scenarios,
    survey,
    sweep,
    tests,
    whatif,
)
from dce.cli.console import app, errors
from dce.errors import DceError

VERBS = ["new", "design", "front", "power", "survey", "texts", "simulate", "quality",
         "fit", "compare", "diagnose", "tests", "rates", "scenarios", "sweep", "whatif", "report", "doctor",
         "run"]  # fmt: skip
"""The commands in the order of a study, in which they are listed."""

app.registered_commands.sort(key=lambda c: VERBS.index(str(c.name or getattr(c.callback, "__name__", ""))))


def main() -> None:
    """Run the command; an error of dce is one red line and exit code 2."""
    try:
        app(prog_name="dce")
    except (DceError, OSError) as error:
        errors.print(f"Error: {error}", style="red", markup=False, soft_wrap=True)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        errors.print("Interrupted.", style="red")
        raise SystemExit(130) from None
