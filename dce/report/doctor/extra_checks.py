"""Are the optional packages there?"""

from __future__ import annotations

from importlib.util import find_spec

from dce.report.doctor.checkup import Finding, fine, look

SUBJECT = "Extras"
EXTRAS = {
    "matplotlib": ("figures and the report", "plot"),
    "typst": ("surveys and reports as PDF", "paper"),
    "docx": ("surveys and reports in Word", "paper"),
    "openpyxl": ("Excel files", "excel"),
}
"""Package to what needs it, and the extra that brings it."""


def check_extras() -> list[Finding]:
    """Say which optional packages are not installed, and what does not work without them."""
    missing = [package for package in EXTRAS if find_spec(package) is None]
    found = [
        look(SUBJECT, f"Without {package} there are no {what}.", f"pip install 'dce[{extra}]'")
        for package, (what, extra) in EXTRAS.items()
        if package in missing
    ]
    return found or [fine(SUBJECT, f"{', '.join(EXTRAS)}: installed.")]
